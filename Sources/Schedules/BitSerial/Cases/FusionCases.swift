import Documents
import HWModel

/// Cases of Bit Fusion's and ANT's simulators.
struct FusionCases {
  private let configurations: [String: CaseValue]

  init(_ family: CaseValue) throws(CaseProblem) {
    var configurations: [String: CaseValue] = [:]
    for item in try family.member("configurations").elements() {
      configurations[try item.member("config").text()] = item
    }
    self.configurations = configurations
  }

  func answer(_ item: CaseValue, isANT: Bool) throws(CaseProblem) -> JSON {
    let name = try item.member("config").text()
    guard let configuration = configurations[name] else {
      throw CaseProblem(item.path, "there is no configuration '\(name)'")
    }
    let array =
      isANT
      ? try Self.ant(
        configuration, weightStationary: try item.member("weight_stationary").flag())
      : try Self.bitFusion(configuration)
    let (layer, operands) = try Self.layer(item.member("layer"), asColumns: isANT)
    do throws(BitSerialError) {
      let schedule = try FusionSchedule(layer, on: array, operands: operands)
      let computed = isANT ? schedule.antAnswer : schedule.bitFusionAnswer
      return item.json.setting("result", (item.json["result"] ?? .null).ordering(computed))
    } catch {
      throw CaseProblem(error, at: item.path)
    }
  }

  private static func layer(
    _ value: CaseValue, asColumns: Bool
  ) throws(CaseProblem) -> (ArrayLayer, FusionOperands) {
    func extent(_ key: String) throws(CaseProblem) -> Int {
      try value.member(key).integer(1...1 << 31)
    }
    let kernel = try extent("k")
    let output = try extent("out")
    let stride = try extent("stride")
    let channels = try extent("ic")
    let outputs = try extent("oc")
    let batch = try extent("batch")
    let operands = FusionOperands(
      inputBits: try extent("a_bits"), weightBits: try extent("w_bits"),
      asColumns: try value.optional("im2col")?.flag() ?? asColumns)
    let name = try value.optional("name")?.text() ?? value.path
    let input = (output - 1) * stride + kernel
    do throws(BitSerialError) {
      let layer = try ArrayLayer(
        convolution: name, batch: batch, inputChannels: channels, channelsPerOutput: channels,
        outputChannels: outputs, kernel: Plane(kernel, kernel), stride: Plane(stride, stride),
        input: Plane(input, input), output: Plane(output, output))
      return (layer, operands)
    } catch {
      throw CaseProblem(error, at: value.path)
    }
  }

  private static let buffer = 1...1 << 40

  private static func bitFusion(_ value: CaseValue) throws(CaseProblem) -> FusionArray {
    let parameters = try value.member("parameters")
    let energies = try value.member("energy_nJ_per")
    func energy(_ key: String) throws(CaseProblem) -> Double { try energies.member(key).number() }
    func integer(_ key: String) throws(CaseProblem) -> Int {
      try parameters.member(key).integer(buffer)
    }
    return try checked(
      FusionArray(
        kind: .fused, rows: integer("a"), columns: integer("c"),
        maximumBits: integer("high_prec"), minimumBits: integer("low_prec"),
        weightBufferBytes: integer("wgt_sram"), inputBufferBytes: integer("act_sram"),
        outputBufferBytes: integer("out_sram"), portBits: integer("if_width"),
        energy: .init(
          coreNJ: energy("core_per_cycle"), coreLeakageNJ: 0, memoryLeakageNJ: 0,
          weightRead: energy("wbuf_read_bit"),
          weightWrite: energy("wbuf_write_bit"), inputRead: energy("ibuf_read_bit"),
          inputWrite: energy("ibuf_write_bit"), outputRead: energy("obuf_read_bit"),
          outputWrite: energy("obuf_write_bit"), dramRead: FusionArray.Energy.fusedDRAM,
          dramWrite: FusionArray.Energy.fusedDRAM)), at: parameters.path)
  }

  private static func ant(
    _ value: CaseValue, weightStationary: Bool
  ) throws(CaseProblem) -> FusionArray {
    let parameters = try value.member("parameters")
    let buffers = try parameters.member("sram")
    let energies = try value.member("energy_nJ_per")
    func energy(_ key: String) throws(CaseProblem) -> Double {
      try energies.member("\(key)_energy").number()
    }
    func integer(_ key: String) throws(CaseProblem) -> Int {
      try parameters.member(key).integer(buffer)
    }
    let dram = FusionArray.Energy.columnsDRAM
    return try checked(
      FusionArray(
        kind: .columns(weightStationary: weightStationary), rows: integer("N"),
        columns: integer("M"), maximumBits: integer("pmax"), minimumBits: integer("pmin"),
        weightBufferBytes: buffers.member("wgt").integer(buffer),
        inputBufferBytes: buffers.member("act").integer(buffer),
        outputBufferBytes: buffers.member("out").integer(buffer), portBits: integer("if_width"),
        energy: .init(
          coreNJ: energy("core_dynamic"),
          coreLeakageNJ: energy("core_leak"),
          memoryLeakageNJ: energy("sram_leak") + dram.leakage,
          weightRead: energy("wbuf_read"), weightWrite: energy("wbuf_write"),
          inputRead: energy("ibuf_read"), inputWrite: energy("ibuf_write"),
          outputRead: energy("obuf_read"), outputWrite: energy("obuf_write"),
          dramRead: dram.read, dramWrite: dram.write)), at: parameters.path)
  }

  private static func checked(
    _ array: FusionArray, at path: String
  ) throws(CaseProblem) -> FusionArray {
    guard array.minimumBits <= array.maximumBits, array.maximumBits <= 64,
      array.rows <= 1 << 20, array.columns <= 1 << 20, array.portBits <= 1 << 30
    else {
      throw CaseProblem(
        path,
        "an array has up to 2^20 rows and columns, a port of up to 2^30 bits, and widths "
          + "from the least to the most of at most 64 bits")
    }
    return array
  }
}

extension FusionSchedule {
  /// Bits read and written by memory, in the order of `names`.
  private func bits(_ cost: FusionCost, _ names: [String], writes: Bool) -> JSON {
    .object(
      names.map { name in
        let amount =
          switch (name, writes) {
          case ("dram", false): cost.dramReads
          case ("dram", true): cost.dramWrites
          case ("wgt", false): cost.weightReads
          case ("wgt", true): cost.weightWrites
          case ("act", false): cost.inputReads
          case ("act", true): cost.inputWrites
          case (_, false): cost.outputReads
          case (_, true): cost.outputWrites
          }
        return .init(key: name, value: .integer(amount))
      })
  }

  /// Statistics of the ways that tie, each once, in one order whatever the search met first.
  private func statistics(_ make: (FusionCost) -> JSON) -> JSON {
    var seen: Set<JSON> = []
    let ordered = ties.sorted {
      ($0.stallCycles, $0.dramReads, $0.weightReads, $0.inputReads, $0.outputReads)
        < ($1.stallCycles, $1.dramReads, $1.weightReads, $1.inputReads, $1.outputReads)
    }
    return .array(ordered.map(make).filter { seen.insert($0).inserted })
  }

  var bitFusionAnswer: JSON {
    let names = ["dram", "wgt", "act", "out"]
    return [
      "cycles": .integer(cycles),
      "perf_factor": .integer(
        array.fused(operands.inputBits) * array.fused(operands.weightBits)),
      "stats_of_optimal_choices": statistics {
        [
          "writes": bits($0, names, writes: true), "stall": .integer($0.stallCycles),
          "reads": bits($0, names, writes: false), "cycles": .integer($0.cycles),
        ]
      },
      "energy_nJ": .number(energyNJ),
      "mem_stall_cycles": .integer(cost.stallCycles),
    ]
  }

  var antAnswer: JSON {
    let names = ["act", "wgt", "out", "dram"]
    return [
      "cycles": .integer(cycles),
      "energy_nJ": .number(energyNJ),
      "mem_stall_cycles": .integer(cost.stallCycles),
      "stats_of_optimal_choices": statistics {
        [
          "cycles": .integer($0.cycles), "stall": .integer($0.stallCycles),
          "reads": bits($0, names, writes: false), "writes": bits($0, names, writes: true),
          "breakdown_nJ": breakdown($0),
        ]
      },
    ]
  }

  /// nJ of leakage, DRAM, buffers and array as ANT's simulator reports them, with other costs of DRAM
  /// than its search has (stats.py, get_energy_breakdown).
  private func breakdown(_ cost: FusionCost) -> JSON {
    let energy = array.energy
    let cycles = Double(cost.cycles)
    let dram =
      Double(cost.dramReads) * (0.644304 / 1024) + Double(cost.dramWrites) * (0.784104 / 1024)
    var buffers = Double(cost.weightReads) * energy.weightRead
    buffers += Double(cost.weightWrites) * energy.weightWrite
    buffers += Double(cost.inputReads) * energy.inputRead
    buffers += Double(cost.inputWrites) * energy.inputWrite
    buffers += Double(cost.outputReads) * energy.outputRead
    buffers += Double(cost.outputWrites) * energy.outputWrite
    let core = cycles * energy.coreLeakageNJ + Double(cost.computeCycles) * energy.coreNJ
    return .array([cycles * (484.615 / 500), dram, buffers, core].map(JSON.number))
  }
}
