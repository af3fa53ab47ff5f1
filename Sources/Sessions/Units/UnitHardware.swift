package import Documents
import HWModel
import Importers
package import QuantGraph
import Schedules

/// What units take under a flow, and their Verilog: `hwsim unit --cost` and `hwsim unit FAMILY`.
package struct UnitHardware: Sendable {
  package let json: JSON
  /// A row a unit; empty without a flow.
  package let table: Table
  private let files: [String]
  private let folder: String?
  private let note: String

  /// - Parameters:
  ///   - list: the units.
  ///   - target: the flow; nil for Verilog only.
  ///   - verilog: the folder for modules, benches and vectors; nil for costs only.
  ///   - vectors: golden vectors a unit whose operands are not all tried.
  ///   - seed: of the operands.
  /// - Throws: a ``Failure`` for a target that costs no units, or a file that cannot be written.
  package init(
    _ list: UnitList, target: TargetChoice?, verilog: String?, vectors: Int, seed: UInt64
  ) throws(Failure) {
    guard (1...1_000_000).contains(vectors) else {
      throw Failure(
        "usage.arguments", "--golden \(vectors) is outside 1 to 1,000,000",
        remedy: "write fewer vectors.")
    }
    var answers = list.units.map { [JSON.Member(key: "name", value: .string($0.name))] }
    var errors: JSON?
    if let target {
      guard let device = try target.device() as? any AnswersUnits else {
        throw Failure(
          "usage.arguments", "'\(target.description.id)' costs no arithmetic units",
          remedy: "name a synthesis flow, such as xc7_nodsp; hwsim targets lists them.")
      }
      for (index, unit) in list.units.enumerated() {
        do throws(DeviceProblems) {
          answers[index] += try device.answer(unit: unit.json)
        } catch {
          throw Failure(error, file: unit.name)
        }
      }
      errors = (device as? LogicDevice).map { logic in
        .object(
          ["lut", "depth"].map { quantity in
            .init(
              key: "\(quantity)_mape_percent",
              value: logic.flow.error(of: quantity).map(JSON.number) ?? .null)
          })
      }
    }
    var written: [String] = []
    if let verilog {
      // Everything is made before anything is written.
      var texts: [(path: String, text: String)] = []
      for (index, unit) in list.units.enumerated() {
        let bench = try Self.bench(unit, vectors: vectors, seed: seed)
        let module = UnitVerilog(unit.family.circuit(name: unit.name)).module
        let base = "\(verilog)/\(unit.name)"
        texts.append(("\(base).v", module))
        texts.append(("\(base)_tb.v", bench.bench))
        texts.append(("\(base).hex", bench.vectors.joined(separator: "\n") + "\n"))
        answers[index] += [
          .init(key: "vectors", value: .integer(bench.vectors.count)),
          .init(key: "exhaustive", value: .bool(bench.isExhaustive)),
        ]
      }
      try OutputFolder.create(verilog)
      for (path, text) in texts { try TextFile.replace(path, with: text) }
      written = texts.map(\.path)
    }
    let units = answers.map { JSON.object($0) }
    var members: [JSON.Member] = [.init(key: "units", value: .array(units))]
    if let errors { members.append(.init(key: "errors", value: errors)) }
    if verilog != nil { members.append(.init(key: "files", value: .strings(written))) }
    json = .object(members)
    table = Self.table(units, hasCosts: target != nil)
    files = written
    folder = verilog
    note = errors.map(Self.note) ?? ""
  }

  private static func bench(
    _ unit: UnitList.Unit, vectors: Int, seed: UInt64
  ) throws(Failure) -> UnitBench {
    do {
      return try UnitBench(unit.family, name: unit.name, count: vectors, seed: seed)
    } catch {
      throw Failure(
        "unit.parameters", "the unit's formats are beyond what is computed: \(error)",
        at: unit.name, remedy: "give narrower formats.")
    }
  }

  private static func table(_ units: [JSON], hasCosts: Bool) -> Table {
    guard hasCosts else { return Table([.text("unit", isFlexible: true)]) }
    var table = Table([
      .text("unit", isFlexible: true), .number("LUT"), .number("FF"), .number("DSP"),
      .number("carry"), .number("levels"),
    ])
    for unit in units {
      let luts = unit["logic_luts"]?.doubleValue ?? 0
      func count(_ key: String) -> Table.Cell { .init(unit[key]?.compact ?? "") }
      table.append([
        .init(unit["name"]?.text ?? ""),
        .init(Amounts.significant(luts), plain: unit["logic_luts"]?.compact ?? ""),
        count("ff"), count("dsp"), count("carry"), count("depth_lut_levels"),
      ])
    }
    return table
  }

  private static func note(_ errors: JSON) -> String {
    func words(_ key: String) -> String {
      errors[key]?.doubleValue.map { "+-\(Amounts.significant($0))% MAPE" } ?? "error unknown"
    }
    return "LUT: estimate, \(words("lut_mape_percent")); levels: estimate, "
      + "\(words("depth_mape_percent")); FF and DSP counted\n"
  }

  /// What is printed without `--json`.
  package func text(_ style: Style, showsAll: Bool) -> String {
    var text = note.isEmpty ? "" : table.render(limit: showsAll ? nil : 40, style: style) + note
    if let folder {
      text +=
        "\(folder): \(files.count / 3) modules with benches and golden vectors   exact\n"
        + "hint: in \(folder), iverilog -g2005 -o t NAME.v NAME_tb.v && vvp t\n"
    }
    return text
  }
}
