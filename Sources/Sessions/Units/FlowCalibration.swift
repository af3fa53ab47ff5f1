package import Documents
import HWModel
import Importers
package import QuantGraph
import Schedules

/// A flow's factors fitted to a user's synthesized units: `hwsim targets --calibrate UNITS`.
///
/// The units are a file as of `unit --cost`, each with `logic_luts` and perhaps `depth`, or a table with
/// columns `family`, `params` (such as `w=8;a=8;signed=true`) and `logic_luts`.
package struct FlowCalibration: Sendable {
  package let json: JSON
  private let description: JSON

  /// - Parameters:
  ///   - path: the units, `.csv` or JSON.
  ///   - target: the flow whose rules hold; its factors are fitted anew.
  /// - Throws: a ``Failure`` with the unit that is wrong, or for fewer than six of them.
  package init(_ path: String, target: TargetChoice) throws(Failure) {
    guard let device = try target.device() as? LogicDevice else {
      throw Failure(
        "usage.arguments", "'\(target.description.id)' is no synthesis flow",
        remedy: "name the flow whose rules hold, such as xc7_nodsp: hwsim targets.")
    }
    let units = path.hasSuffix(".csv") ? try Self.table(path) : try Self.list(path)
    var samples: [UnitFit.Sample] = []
    var depths: [(family: String, error: Double)] = []
    for (index, unit) in units.enumerated() {
      let place = "\(path): unit \(index + 1)"
      guard let measured = unit["logic_luts"]?.doubleValue, measured >= 0 else {
        throw Failure(
          "unit.list", "'logic_luts' is \(unit["logic_luts"]?.compact ?? "missing")", at: place,
          remedy: "give the look-up tables that synthesis counted.")
      }
      let name = unit["family"]?.text ?? ""
      let family: UnitFamily
      do throws(Diagnostic) {
        family = try UnitFamily(family: name, parameters: unit["params"] ?? .null)
      } catch {
        throw Failure(
          error.code, error.message, at: place, remedy: error.remedy ?? "correct the unit.")
      }
      let cost = device.flow.cost(of: family)
      samples.append(
        .init(family: name, counted: cost.counted, fixed: cost.fixed, measured: measured))
      let levels = unit["depth"]?.doubleValue ?? unit["depth"]?["lut_levels"]?.doubleValue
      if let levels, levels > 0 {
        depths.append((name, abs(Double(cost.levels) / levels - 1)))
      }
    }
    guard samples.count >= 6 else {
      throw Failure(
        "unit.list", "\(samples.count) units fit no flow", at: path,
        remedy: "synthesize six units or more, of the families that you use.")
    }
    let fit = UnitFit(samples)
    let source =
      "fit: hwsim targets --calibrate, \(samples.count) units of "
      + (path.split(separator: "/").last.map(String.init) ?? path)
    var members: [JSON.Member] = [
      .init(key: "schema", value: .string(TargetDescription.format)),
      .init(key: "id", value: .string("my-flow")),
      .init(key: "family", value: .string("logic")),
      .init(key: "name", value: .string("My flow, calibrated")),
      .init(key: "base", value: .string(target.description.id)),
    ]
    for (part, factor) in zip(UnitPart.allCases, fit.factors) {
      members.append(
        .init(
          key: "\(part.rawValue)_factor",
          value: ["value": .number(Self.rounded(factor, 1000)), "source": .string(source)]))
    }
    let families = Set(samples.map(\.family)).sorted()
    var rows: [JSON] = []
    for family in [nil] + families.map(Optional.some) {
      let chosen = samples.filter { $0.measured > 0 && (family == nil || $0.family == family) }
      guard let mape = fit.mape(samples, family: family) else { continue }
      var row: [JSON.Member] = [
        .init(key: "quantity", value: "lut"), .init(key: "family", value: .string(family ?? "all")),
        .init(key: "units", value: .integer(chosen.count)),
        .init(key: "mape", value: .number(Self.rounded(mape, 10))),
      ]
      if family == nil {
        row.append(.init(key: "spearman", value: .number(Self.rounded(fit.spearman, 10_000))))
      }
      rows.append(.object(row))
    }
    for family in [nil] + families.map(Optional.some) {
      let chosen = depths.filter { family == nil || $0.family == family }.map(\.error)
      guard !chosen.isEmpty else { continue }
      let mape = 100 * chosen.reduce(0, +) / Double(chosen.count)
      rows.append([
        "quantity": "depth", "family": .string(family ?? "all"),
        "units": .integer(chosen.count), "mape": .number(Self.rounded(mape, 10)),
      ])
    }
    members.append(
      .init(
        key: "errors",
        value: [
          "rows": .array(rows),
          "source": .string("\(source), a third of them left out at a time; depth is not fitted"),
        ]))
    description = .object(members)
    json = ["template": description]
  }

  /// The description, to be kept as a file.
  package var text: String { description.document }

  private static func rounded(_ value: Double, _ steps: Double) -> Double {
    (value * steps).rounded() / steps
  }

  private static func list(_ path: String) throws(Failure) -> [JSON] {
    let document = try JSON(file: path, code: "unit.list")
    return document.elements ?? document["units"]?.elements ?? []
  }

  private static func table(_ path: String) throws(Failure) -> [JSON] {
    try CSVRows(path).rows.map { row in
      var members: [JSON.Member] = []
      for part in (row["params"]?.text ?? "").split(separator: ";") {
        let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2 else { continue }
        let flag: JSON? = sides[1] == "true" ? true : sides[1] == "false" ? false : nil
        members.append(
          .init(key: sides[0], value: flag ?? Int(sides[1]).map(JSON.integer) ?? .string(sides[1])))
      }
      return .object(
        (row.members ?? []).filter { $0.key != "params" }
          + [.init(key: "params", value: .object(members))])
    }
  }
}
