import HWModel
import Schedules
import Testing

/// Costs are folds of terms; each fold is computed by hand.
@Suite("Costs as folds of terms")
struct CostTests {
  private static let lut = CostQuantity(key: "lut", name: "lut", unit: "LUT", isResource: true)

  @Test("a term is a product, or the sum, largest or smooth maximum of others")
  func terms() throws {
    let compute = CostTerm.product("multiplications", count: 300, each: 2, factor: 0.5, key: "k")
    let memory = CostTerm.product("bytes", count: 400, each: 1)
    #expect(compute.value == 300 && compute.key == "k" && compute.parts.isEmpty)
    #expect(CostTerm.sum("both", [compute, memory]).value == 700)
    #expect(CostTerm.sum("none", []).value == 0)
    #expect(CostTerm.maximum("overlapping", [compute, memory]).value == 400)
    // sqrt(300^2 + 400^2).
    let smooth = CostTerm("overlapping in part", .norm([compute, memory], exponent: 2))
    #expect(abs(smooth.value - 500) < 1e-9)
    // At least the largest part, whatever the exponent, and no power overflows.
    for exponent in [1, 1.5, 4, 64, 1e6] {
      let huge = CostTerm("x", .norm([.count("a", 1e300), .count("b", 2e300)], exponent: exponent))
      #expect(huge.value >= 2e300 && huge.value <= 3e300 * (1 + 1e-12), "\(exponent)")
    }
    #expect(CostTerm("x", .norm([.count("a", 0), .count("b", 0)], exponent: 2)).value == 0)
    let whole = CostTerm.sum("step", [.count("launch", 5), smooth])
    #expect(whole.products.map(\.what) == ["launch", "multiplications", "bytes"])
    #expect(whole.part("bytes")?.value == 400 && whole.part("nothing") == nil)
  }

  private func cost() -> Cost {
    Cost(
      steps: [
        [.cycles: .count("a", 30), Self.lut: .count("a", 7)],
        [.cycles: .count("b", 50)],
        [.cycles: .count("c", 20), Self.lut: .count("c", 5)],
      ],
      rules: [
        .init(.cycles, .sum),
        .init(
          .latency, .scaled(.cycles, by: 1, over: 4),
          basis: .estimate(model: "m", error: .init(median: 3, worst: nil, source: "s"))),
        .init(.energy, .scaled(.latency, by: 2, over: 1)),
        .init(Self.lut, .sum, available: 12),
        .init(
          .sram, .whole(.sum("SRAM", [.count("arena", 90), .count("stack", 9)])), available: 99),
      ])
  }

  @Test("sums, scaled sums, wholes")
  func totals() throws {
    let cost = cost()
    #expect(cost.totals.map(\.value) == [100, 25, 50, 12, 99])
    #expect(cost["sram_bytes"]?.term?.parts.count == 2)
    #expect(cost["nothing"] == nil)
    let slowest = Cost(steps: cost.steps, rules: [.init(.cycles, .maximum)])
    #expect(slowest["cycles"]?.value == 50)
    #expect(Cost(steps: [], rules: [.init(.cycles, .maximum)])["cycles"]?.value == 0)
  }

  @Test("what steps have of a total adds up to it, where it is a sum")
  func parts() throws {
    let cost = cost()
    for key in ["cycles", "latency_seconds", "energy_joules", "lut"] {
      #expect(cost.isSum(key))
      let parts = (0..<3).compactMap { cost.part(of: key, step: $0) }
      #expect(parts.reduce(0, +) == cost[key]?.value, "\(key)")
    }
    #expect(cost.part(of: "lut", step: 1) == nil && cost.part(of: "cycles", step: 3) == nil)
    #expect(!cost.isSum("sram_bytes") && cost.part(of: "sram_bytes", step: 0) == nil)
    #expect(cost.explained("energy_joules") == .cycles && cost.explained("lut") == Self.lut)
    #expect(cost.explained("sram_bytes") == nil)
  }

  @Test("a network fits if every resource does, to the last byte")
  func fits() throws {
    #expect(cost().fits)
    let full = Cost(
      steps: cost().steps, rules: [.init(Self.lut, .sum, available: 11.5), .init(.cycles, .sum)])
    #expect(!full.fits && full["cycles"]?.fits == true)
  }

  @Test("a schedule prints each step and each total")
  func description() throws {
    let step = Schedule.Step(
      name: "conv", node: 0, operation: "Conv2D", path: "systolic", shape: [1, 2], macs: 4,
      liveBytes: 8, terms: [.cycles: .count("tiles", 3)])
    let schedule = Schedule(
      steps: [step], rules: [.init(.cycles, .sum)], macs: 4, clockHz: nil, columns: [.cycles])
    #expect(
      schedule.description
        == "1 conv (Conv2D, systolic): tiles 3.0; 8 B alive\ncycles = 3.0 cycles")
  }
}

/// What the registry answers.
@Suite("Families of devices")
struct DeviceFamilyTests {
  @Test("every shipped target makes a device with some of its family's quantities, or costs units")
  func shipped() throws {
    let families = DeviceFamilies.shipped
    let all = try families.library.all()
    #expect(all.count > 30)
    for description in all {
      let device = try families.device(description)
      let family = try #require(families.family(description.family))
      #expect(!device.quantities.isEmpty || device is any AnswersUnits, "\(description.id)")
      #expect(Set(device.quantities).isSubset(of: family.quantities), "\(description.id)")
      #expect(try !family.headline(description).cells.isEmpty)
    }
    #expect(families.isResource("sram_bytes") && !families.isResource("latency_seconds"))
    #expect(families.quantities.map(\.key).count == Set(families.quantities.map(\.key)).count)
  }
}
