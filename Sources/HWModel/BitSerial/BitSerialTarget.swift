/// A bit-serial or precision-scalable array as its description states it.
public struct BitSerialTarget: Sendable, Hashable {
  /// Whose rules hold.
  public enum Rules: String, CaseIterable, Sendable, Hashable {
    case bitmod, bitfusion, ant, bbs, bismo

    /// The simulator, or the design where nobody published one.
    public var source: String {
      switch self {
      case .bitmod: "github abdelfattah-lab/BitMoD-HPCA-25, bitmod_sim"
      case .bitfusion: "github hsharma35/bitfusion@04ec1c8"
      case .ant: "github clevercool/ANT-Quantization@bc84067, ant_simulator"
      case .bbs: "github yc2367/BitSim@6845fad2882d"
      case .bismo: "arXiv 1806.08862 and github EECS-NTNU/bismo"
      }
    }

    /// Cases of that simulator that the rules were found equal on; nil without a simulator.
    public var comparedCases: Int? {
      switch self {
      case .bitmod: 174
      case .bitfusion, .ant: 24
      case .bbs: 22
      case .bismo: nil
      }
    }
  }

  /// Words for ``WeightBitArray/TileCost``.
  public enum TileCost: String, CaseIterable, Sendable, Hashable {
    case bits
    case onesOfWeight = "ones-of-weight"
    case onesOfPlane = "ones-of-plane"
    case nonzeroColumns = "nonzero-columns"
    case halvedPlanes = "halved-planes"
    case prunedColumns = "pruned-columns"
  }

  /// The array, by its rules.
  public enum Machine: Sendable, Hashable {
    /// For passes over many rows, and for those of one token.
    case terms(TermArray, decode: TermArray, attention: String)
    case fused(FusionArray)
    case weightBits(WeightBitArray)
    case planes(PlaneArray)
  }

  /// What groups of weights store besides.
  public struct Grouping: Sendable, Hashable {
    public let size: Int
    public let bits: Int
    public let belowBits: Int
  }

  public let description: TargetDescription
  public let rules: Rules
  public let machine: Machine
  /// Nil where the simulator has no clock.
  public let clockHz: Double?
  /// Bits of operands that the model does not quantize.
  public let weightBits: Int
  public let inputBits: Int
  /// Nil where weights have no groups.
  public let grouping: Grouping?
  /// Share of output channels that keep all columns.
  public let keptShare: Double

  /// - Throws: ``TargetProblems`` for keys that the rules need and the description lacks, and for
  ///   buffers that do not hold the operands of one cycle, by name.
  public init(
    _ description: TargetDescription, clockHz: Double? = nil
  ) throws(TargetProblems) {
    self.description = description
    rules = try description.required(Rules.self, "rules")
    self.clockHz = clockHz ?? description.number("clock_hz")
    weightBits = try description.required(description.integer, "weight_bits")
    inputBits = try description.required(description.integer, "input_bits")
    keptShare = description.number("kept_share") ?? 0
    if let size = description.integer("group_size") {
      grouping = Grouping(
        size: size, bits: try description.required(description.integer, "group_bits"),
        belowBits: try description.required(description.integer, "grouped_below_bits"))
    } else {
      grouping = nil
    }
    switch rules {
    case .bitmod: machine = try Self.terms(description)
    case .bitfusion, .ant: machine = .fused(try Self.fused(description, rules))
    case .bbs: machine = .weightBits(try Self.weightBits(description))
    case .bismo: machine = .planes(try Self.planes(description))
    }
    try checkBuffers()
  }

  /// The operands of one cycle fit: what every tile needs, whatever the layer.
  private func checkBuffers() throws(TargetProblems) {
    let weights: Int
    let inputs: Int
    switch machine {
    case .terms(let array, let decode, _):
      weights = max(array.rows * array.lanes, decode.rows * decode.lanes) * weightBits
      inputs = max(array.columns * array.lanes, decode.columns * decode.lanes) * inputBits
    case .weightBits(let array):
      weights = array.arrangement.rows * array.arrangement.lanes * array.parallelBits
      inputs = array.arrangement.columns * array.arrangement.lanes * array.parallelBits
    case .planes(let array):
      weights = array.rows * array.lanes
      inputs = array.columns * array.lanes
    case .fused(let array):
      // Half of a double buffer: a tile of one input channel and one output.
      weights = 2 * array.rows * array.maximumBits
      inputs = 2 * array.maximumBits
    }
    for (key, bits) in [("weight_buffer_bytes", weights), ("input_buffer_bytes", inputs)] {
      let bytes = try description.required(description.integer, key)
      let needed = ceilingDivide(bits, 8)
      guard bytes < needed else { continue }
      throw TargetProblems(problems: [
        .outOfRange(
          path: "\(key).value", value: "\(bytes)",
          allowed: "at least \(needed): the smallest tile of this array")
      ])
    }
  }

  private static func terms(_ description: TargetDescription) throws(TargetProblems) -> Machine {
    func array(_ rows: String, _ columns: String) throws(TargetProblems) -> TermArray {
      TermArray(
        rows: try description.required(description.integer, rows),
        columns: try description.required(description.integer, columns),
        lanes: try description.required(description.integer, "lanes"),
        isBitSerial: try description.required(description.flag, "bit_serial"),
        elementPJ: try description.required(description.number, "element_pj"), routingFactor: 1,
        weightBufferBytes: try description.required(description.integer, "weight_buffer_bytes"),
        inputBufferBytes: try description.required(description.integer, "input_buffer_bytes"),
        bufferBanks: try description.required(description.integer, "weight_banks"),
        busBits: try description.required(description.integer, "dram_bits"),
        dramPJPerBit: try description.required(description.number, "dram_pj_per_bit"))
    }
    let wide = try array("rows", "columns")
    let hasDecode = description.integer("decode_rows") != nil
    let decode = hasDecode ? try array("decode_rows", "decode_columns") : wide
    return .terms(
      wide, decode: decode, attention: try description.required(description.text, "attention"))
  }

  private static func planes(_ description: TargetDescription) throws(TargetProblems) -> PlaneArray
  {
    func integer(_ key: String) throws(TargetProblems) -> Int {
      try description.required(description.integer, key)
    }
    return PlaneArray(
      rows: try integer("rows"), columns: try integer("columns"), lanes: try integer("lanes"),
      weightBufferBytes: try integer("weight_buffer_bytes"),
      inputBufferBytes: try integer("input_buffer_bytes"), portBits: try integer("dram_bits"),
      powerW: description.number("power_w"))
  }

  private static func fused(
    _ description: TargetDescription, _ rules: Rules
  ) throws(TargetProblems) -> FusionArray {
    func number(_ key: String) throws(TargetProblems) -> Double {
      try description.required(description.number, key) / 1000
    }
    func integer(_ key: String) throws(TargetProblems) -> Int {
      try description.required(description.integer, key)
    }
    let kind: FusionArray.Kind =
      rules == .ant
      ? .columns(
        weightStationary: try description.required(description.flag, "weight_stationary"))
      : .fused
    let widest = try integer("maximum_bits")
    let narrowest = try integer("minimum_bits")
    guard narrowest <= widest else {
      throw TargetProblems(problems: [
        .outOfRange(
          path: "minimum_bits.value", value: "\(narrowest)", allowed: "1 to \(widest), maximum_bits"
        )
      ])
    }
    let read = try number("dram_pj_per_bit")
    return FusionArray(
      kind: kind, rows: try integer("rows"), columns: try integer("columns"),
      maximumBits: widest, minimumBits: narrowest,
      weightBufferBytes: try integer("weight_buffer_bytes"),
      inputBufferBytes: try integer("input_buffer_bytes"),
      outputBufferBytes: try integer("output_buffer_bytes"), portBits: try integer("dram_bits"),
      energy: .init(
        coreNJ: try number("core_pj_per_cycle"),
        coreLeakageNJ: try number("core_leakage_pj_per_cycle"),
        memoryLeakageNJ: try number("memory_leakage_pj_per_cycle"),
        weightRead: try number("weight_read_pj_per_bit"),
        weightWrite: try number("weight_write_pj_per_bit"),
        inputRead: try number("input_read_pj_per_bit"),
        inputWrite: try number("input_write_pj_per_bit"),
        outputRead: try number("output_read_pj_per_bit"),
        outputWrite: try number("output_write_pj_per_bit"), dramRead: read,
        dramWrite: description.number("dram_write_pj_per_bit").map { $0 / 1000 } ?? read))
  }

  private static func weightBits(
    _ description: TargetDescription
  ) throws(TargetProblems) -> WeightBitArray {
    func integer(_ key: String) throws(TargetProblems) -> Int {
      try description.required(description.integer, key)
    }
    func number(_ key: String) throws(TargetProblems) -> Double {
      try description.required(description.number, key)
    }
    let shape = WeightBitArray.Arrangement(
      lanes: try integer("lanes"), rows: try integer("rows"), columns: try integer("columns"))
    var arrangements: [WeightBitArray.Arrangement] = []
    for row in description.table("arrangements") ?? [] {
      guard let lanes = row.integer("lanes"), let rows = row.integer("rows"),
        let columns = row.integer("columns")
      else { continue }
      arrangements.append(.init(lanes: lanes, rows: rows, columns: columns))
    }
    let bits = try integer("weight_bits")
    guard bits <= 8 else {
      throw TargetProblems(problems: [
        .outOfRange(path: "weight_bits.value", value: "\(bits)", allowed: "1 to 8 planes")
      ])
    }
    let cost: WeightBitArray.TileCost
    switch try description.required(TileCost.self, "tile_cost") {
    case .bits: cost = .bits
    case .onesOfWeight: cost = .onesOfWeight
    case .onesOfPlane: cost = .onesOfPlane
    case .nonzeroColumns: cost = .nonzeroColumns
    case .halvedPlanes: cost = .halvedPlanes
    case .prunedColumns:
      cost = .prunedColumns(low: Double(max(bits - (try integer("pruned_columns")), 1)))
    }
    let storage: WeightBitArray.Storage
    switch try description.required(description.text, "weight_storage") {
    case "planes": storage = .planes
    case "kept-columns": storage = .keptColumns
    default: storage = .bytes
    }
    let weightBytes = try integer("weight_buffer_bytes")
    let inputBytes = try integer("input_buffer_bytes")
    let weightPort = try integer("weight_port_bits")
    let inputPort = try integer("input_port_bits")
    let bus = try integer("dram_bits")
    return WeightBitArray(
      tileCost: cost, serialBits: bits, parallelBits: min(try integer("input_bits"), 8),
      arrangement: shape, arrangements: arrangements.isEmpty ? [shape] : arrangements,
      storage: storage, weightBufferBytes: weightBytes, inputBufferBytes: inputBytes,
      busBits: bus,
      refetchesWeights: try description.required(description.flag, "refetches_weights"),
      weightPortBits: weightPort, inputPortBits: inputPort,
      energy: .init(
        elementPJ: try number("element_pj"), weightRegisterPJ: try number("weight_register_pj"),
        inputRegisterPJ: try number("input_register_pj"), schedulersPJ: try number("schedulers_pj"),
        readsWeightsEachCycle: try description.required(description.flag, "weights_each_cycle"),
        dramPJ: try number("dram_pj_per_bit") * Double(bus),
        weightBuffer: SRAMAccess(
          bytes: weightBytes, banks: try integer("weight_banks"), portBits: Double(weightPort)),
        inputBuffer: SRAMAccess(
          bytes: inputBytes, banks: try integer("input_banks"), portBits: Double(inputPort))))
  }

  /// Bits of a weight of `width` bits as it is stored.
  public func storedWeightBits(_ width: Int) -> Double {
    guard let grouping, width < grouping.belowBits else { return Double(width) }
    return Double(width) + Double(grouping.bits) / Double(grouping.size)
  }
}
