import HWModel

/// What one layer costs on an array, as terms that explain it.
struct ArrayStepCost {
  let terms: Cost.StepTerms
  let dramBytes: Double
  let path: String
  let hasEnergy: Bool

  private static let joulesPerPicojoule = 1e-12

  private init(
    path: String, cycles: CostTerm, picojoules: [(String, Double?)], dramBytes: [(String, Double)],
    count: Int = 1
  ) {
    self.path = path
    let times = Double(count)
    hasEnergy = picojoules.allSatisfy { $0.1 != nil }
    var terms: Cost.StepTerms = [.cycles: .repeated(cycles, count: times)]
    terms[.dramTraffic] = .sum(
      "DRAM", dramBytes.map { .count($0.0, $0.1 * times) })
    if hasEnergy {
      terms[.energy] = .sum(
        "energy",
        picojoules.map {
          .product(
            "pJ of \($0.0)", count: ($0.1 ?? 0) * times, each: Self.joulesPerPicojoule)
        })
    }
    self.terms = terms
    self.dramBytes = dramBytes.reduce(0) { $0 + $1.1 } * times
  }

  /// A layer of a term array.
  init(_ layer: TermLayer, on array: TermArray) {
    let schedule = TermSchedule([layer], on: array)
    let buffers = schedule.sramPJ(
      portWeightBits: layer.operands.serialBits, inputBits: layer.operands.inputBits)
    let count = layer.work.count
    let perTile = array.cyclesPerTile(weightBits: layer.operands.serialBits)
    let interpolated = buffers?.isInterpolated == true ? ", interpolated" : ""
    self.init(
      path: layer.computeCycles >= layer.dramCycles ? "compute" : "dram",
      cycles: .maximum(
        layer.computeCycles >= layer.dramCycles
          ? "computing hides DRAM" : "DRAM stalls the array",
        [
          .product("tiles", count: Double(layer.tiles), each: Double(perTile)),
          .count(
            "DRAM, weights fetched \(layer.weightFetches)x, inputs \(layer.inputFetches)x",
            Double(layer.dramCycles)),
        ]),
      picojoules: [
        ("array", schedule.arrayPJ / Double(count)),
        ("buffers (CACTI\(interpolated))", buffers.map { $0.pJ / Double(count) }),
        ("DRAM", schedule.dramPJ / Double(count)),
      ],
      dramBytes: [
        ("weights", Double(layer.weightBytes * layer.weightFetches)),
        ("inputs", Double(layer.inputBytes * layer.inputFetches)),
        ("outputs", Double(layer.outputBytes)),
      ], count: count)
  }

  /// A layer of a fusing array.
  init(_ schedule: FusionSchedule, count: Int = 1) {
    let cost = schedule.cost
    let energy = schedule.array.energy
    let tile = schedule.tile
    let first = cost.firstBits
    let last = cost.lastBits
    let port = schedule.array.portBits
    func cycles(_ bits: Int) -> Int { bits > 0 ? ceilingDivide(bits, port) : bits / port }
    let exposed = max(cost.stallCycles - cycles(first) - cycles(last), 0)
    let order = schedule.order.map(\.name).joined(separator: " ")
    let cut =
      "tile of batch \(tile.batch), output \(tile.output.height) x \(tile.output.width), "
      + "\(tile.inputChannels) inputs, \(tile.outputChannels) outputs; loops \(order)"
    func nano(_ bits: Int, _ each: Double) -> Double { Double(bits) * each * 1000 }
    self.init(
      path: exposed > 0 ? "dram" : "compute",
      cycles: .sum(
        "cycles",
        [
          .count("computing: \(cut)", Double(cost.computeCycles)),
          .count("stalled by DRAM in the middle", Double(exposed)),
          .count("first fills of buffers", Double(cycles(first))),
          .count("last drains", Double(cycles(last))),
        ]),
      picojoules: [
        ("array", Double(cost.computeCycles) * energy.coreNJ * 1000),
        (
          "leakage",
          Double(cost.cycles) * (energy.coreLeakageNJ + energy.memoryLeakageNJ) * 1000
        ),
        (
          "weight buffer",
          nano(cost.weightReads, energy.weightRead) + nano(cost.weightWrites, energy.weightWrite)
        ),
        (
          "input buffer",
          nano(cost.inputReads, energy.inputRead) + nano(cost.inputWrites, energy.inputWrite)
        ),
        (
          "output buffer",
          nano(cost.outputReads, energy.outputRead) + nano(cost.outputWrites, energy.outputWrite)
        ),
        (
          "DRAM", nano(cost.dramReads, energy.dramRead) + nano(cost.dramWrites, energy.dramWrite)
        ),
      ],
      dramBytes: [
        ("read", Double(cost.dramReads) / 8), ("written", Double(cost.dramWrites) / 8),
      ], count: count)
  }

  /// A layer of an array that takes bits of weights.
  init(_ layer: WeightBitLayer, of schedule: WeightBitSchedule, count: Int = 1) {
    let flow = layer.arrangement
    let energy = schedule.energy(of: layer)
    self.init(
      path: layer.computeCycles >= Double(layer.dramCycles) ? "compute" : "dram",
      cycles: .maximum(
        layer.computeCycles >= Double(layer.dramCycles)
          ? "computing hides DRAM" : "DRAM stalls the array",
        [
          .count(
            "\(layer.tiles) tiles of \(flow.lanes) lanes, \(flow.rows) x \(flow.columns)",
            layer.computeCycles),
          .count(
            "DRAM, weights fetched \(layer.weightFetches)x, inputs "
              + (layer.readsInput ? "\(layer.inputFetches)x" : "kept"), Double(layer.dramCycles)),
        ]),
      picojoules: [
        ("array", energy.compute), ("buffers and registers, read", energy.read),
        ("buffers, written", energy.write), ("DRAM", energy.dram),
      ],
      dramBytes: [
        ("weights", layer.weightBytes * Double(layer.weightFetches)),
        ("inputs", layer.readsInput ? Double(layer.inputBytes * layer.inputFetches) : 0),
        ("outputs", layer.writesOutput ? Double(layer.outputBytes) : 0),
      ], count: count)
  }

  /// Steps with their totals on a device.
  static func schedule(
    _ steps: [Schedule.Step], on device: BitSerialDevice, energyIsKnown: Bool
  ) -> Schedule {
    var rules = [Cost.Rule(.cycles, .sum, basis: device.basis(of: .cycles))]
    let clock = device.target.clockHz
    if let clock {
      rules.append(
        Cost.Rule(
          .latency, .scaled(.cycles, by: 1, over: clock), basis: device.basis(of: .latency)))
    }
    if energyIsKnown {
      rules.append(Cost.Rule(.energy, .sum, basis: device.basis(of: .energy)))
    }
    rules.append(Cost.Rule(.dramTraffic, .sum, basis: device.basis(of: .dramTraffic)))
    var schedule = Schedule(
      steps: steps, rules: rules, macs: steps.reduce(0) { $0 + $1.macs }, clockHz: clock,
      columns: [.cycles] + (energyIsKnown ? [.energy] : []) + [.dramTraffic])
    if !energyIsKnown {
      schedule.notes.append("energy is left out: no cost of such buffers is tabulated")
    }
    schedule.notes += device.description.notes
    return schedule
  }
}
