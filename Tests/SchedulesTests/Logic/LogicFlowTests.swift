import Documents
import FoundationEssentials
import HWModel
import Schedules
import TestSupport
import Testing

/// Units that Yosys synthesized (`conformance/accel/synth_<flow>.json`).
private enum Synthesized {
  static let isPresent = SharedData.path("conformance/accel/synth_xc7_nodsp.json") != nil

  /// Every unit where long tests are asked for, else those that unoptimized code counts in no time:
  /// a fit of fewer units would be another.
  static func units(_ flow: String) throws -> [JSON] {
    let path = try #require(SharedData.path("conformance/accel/synth_\(flow).json"))
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let units = try #require(try JSON(parsing: bytes)["units"]?.elements)
    return sweep ? units : units.filter { ($0["logic_luts"]?.doubleValue ?? 0) <= 16 }
  }

  static func device(_ flow: String) throws -> LogicDevice {
    let families = DeviceFamilies.shipped
    let description = try #require(try families.library.description(named: flow))
    return try #require(try families.device(description) as? LogicDevice)
  }

  static func family(_ unit: JSON) throws -> UnitFamily {
    try UnitFamily(
      family: try #require(unit["family"]?.text), parameters: unit["params"] ?? .null)
  }
}

@Suite(
  "Units against synthesis", .enabled(if: Synthesized.isPresent, "../shared is absent"))
struct LogicFlowTests {
  private static let flows = [
    "xc7_nodsp", "xcup_nodsp", "ice40", "ecp5_nodsp", "xc7_dsp", "ice40_dsp", "ecp5_dsp",
  ]

  @Test("registers and multiplier blocks are exact, tables of small units near", arguments: flows)
  func counted(flow: String) throws {
    let logic = try Synthesized.device(flow).flow
    var errors: [Double] = []
    for unit in try Synthesized.units(flow) {
      let cost = logic.cost(of: try Synthesized.family(unit))
      let name = unit["name"]?.text ?? ""
      #expect(Double(cost.ff) == unit["ff"]?.doubleValue, "\(flow) \(name)")
      #expect(Double(cost.dsp) == unit["dsp"]?.doubleValue, "\(flow) \(name)")
      let measured = try #require(unit["logic_luts"]?.doubleValue)
      if measured > 0 { errors.append(abs(cost.luts / measured - 1)) }
    }
    if !errors.isEmpty { #expect(errors.reduce(0, +) / Double(errors.count) < 0.25) }
  }

  /// The bounds are what was reached; goals are 12, 16, 10 and 20 %, ranks 0.985, depth 10 % on xc7.
  @Test(
    "a third of the units left out", .enabled(if: sweep, "HWSIM_SWEEP is not 1"),
    arguments: [
      ("xc7_nodsp", 9.0, 6.0), ("xcup_nodsp", 13.5, 9.5), ("ice40", 8.5, 6.0),
      ("ecp5_nodsp", 9.5, 6.5),
    ])
  func leftOut(flow: String, luts: Double, depth: Double) throws {
    let logic = try Synthesized.device(flow).flow
    var samples: [UnitFit.Sample] = []
    var depths: [Double] = []
    for unit in try Synthesized.units(flow) {
      let cost = logic.cost(of: try Synthesized.family(unit))
      samples.append(
        .init(
          family: unit["family"]?.text ?? "", counted: cost.counted, fixed: cost.fixed,
          measured: unit["logic_luts"]?.doubleValue ?? 0))
      if let levels = unit["depth"]?["lut_levels"]?.doubleValue, levels > 0 {
        depths.append(abs(Double(cost.levels) / levels - 1))
      }
    }
    let fit = UnitFit(samples)
    let error = try #require(fit.mape(samples))
    #expect(error <= luts)
    #expect(fit.spearman >= 0.985)
    let mean = 100 * depths.reduce(0, +) / Double(depths.count)
    #expect(mean <= depth)
    // The description holds this fit and these errors.
    for (part, factor) in zip(UnitPart.allCases, fit.factors) {
      #expect(abs((logic.factors[part] ?? 0) - factor) <= 0.0005, "\(flow) \(part)")
    }
    #expect(abs((logic.error(of: "lut") ?? 0) - error) <= 0.05)
    #expect(abs((logic.error(of: "depth") ?? 0) - mean) <= 0.05)
  }

  @Test("a unit without parameters is refused, an alias names a flow")
  func refusal() throws {
    let device = try Synthesized.device("xc7")
    #expect(device.description.id == "xc7_nodsp")
    #expect(throws: DeviceProblems.self) { try device.answer(unit: ["family": "mul"]) }
  }
}

@Suite("Fits of units")
struct UnitFitTests {
  @Test("known factors come back, a part without samples stays")
  func recovery() {
    let samples = (1...30).map { index in
      let counted = [Double(index * 7 % 13 + 1), Double(index * 5 % 11), 0, Double(index % 4)]
      let measured = 0.8 * counted[0] + 1.5 * counted[1] + 2 * counted[3] + 3
      return UnitFit.Sample(family: "x", counted: counted, fixed: 3, measured: measured)
    }
    let fit = UnitFit(samples)
    for (factor, expected) in zip(fit.factors, [0.8, 1.5, 1, 2]) {
      #expect(abs(factor - expected) < 1e-3)
    }
    #expect(fit.spearman > 0.999)
    #expect((fit.mape(samples) ?? 100) < 0.1)
    #expect(fit.mape(samples, family: "y") == nil)
  }
}

@Suite("Parts of synthesis flows")
struct LogicPartTests {
  private func flow(_ name: String) throws -> LogicFlow {
    let families = DeviceFamilies.shipped
    let description = try #require(try families.library.description(named: name))
    return try #require(try families.device(description) as? LogicDevice).flow
  }

  @Test("a part has its flow's rules, and room for so many units")
  func copies() throws {
    let product = try UnitFamily(family: "mul", parameters: ["w": 8, "a": 8, "signed": true])
    // 8 blocks of one product each; the part without blocks has 7,680 tables.
    let (blocks, tables) = (try flow("up5k"), try flow("ice40-hx8k+yosys-0.23"))
    #expect(blocks.cost(of: product).dsp == 1)
    #expect(blocks.copies(of: blocks.cost(of: product)) == 8)
    let (cost, plain) = (tables.cost(of: product), try flow("ice40"))
    #expect(cost.dsp == 0 && cost == plain.cost(of: product))
    #expect(tables.copies(of: cost) == Int(7680 / cost.luts))
    #expect(plain.copies(of: cost) == nil)
    let large = try flow("lfe5u-85f")
    #expect(large.copies(of: large.cost(of: product)) == 156)
  }
}
