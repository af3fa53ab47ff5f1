/// A part and the flow that synthesizes for it, as a description states them.
public struct FabricTarget: Sendable, Hashable {
  /// Whether a softmax has a table an element, or one for two.
  public enum SoftmaxTables: String, Sendable, Hashable { case each, half }

  /// What the part has.
  public struct Resources: Sendable, Hashable {
    public let lut: Int
    public let ff: Int
    public let dsp: Int
    public let bram18: Int
    public let uram: Int

    /// - Throws: ``TargetProblems`` for keys that the description lacks.
    init(_ description: TargetDescription) throws(TargetProblems) {
      lut = try description.required(description.integer, "lut")
      ff = try description.required(description.integer, "ff")
      dsp = try description.required(description.integer, "dsp")
      bram18 = try description.required(description.integer, "bram18")
      uram = try description.required(description.integer, "uram")
    }
  }

  public let description: TargetDescription
  public let technology: String
  public let resources: Resources
  public let flow: FabricFlow
  public let logic: FabricLogic
  public let softmaxTables: SoftmaxTables
  public let clockHz: Double
  /// Technologies that the flow's constants were measured on.
  public let measuredOn: [String]

  /// - Throws: ``TargetProblems`` for keys that the description lacks, and lists of another length.
  public init(
    _ description: TargetDescription, clockHz: Double? = nil
  ) throws(TargetProblems) {
    self.description = description
    technology = try description.required(description.text, "technology")
    resources = try Resources(description)
    let clock = try description.required(description.number, "clock_hz")
    self.clockHz = clockHz ?? clock
    measuredOn = description.texts("measured_on") ?? []
    softmaxTables = try description.required(SoftmaxTables.self, "softmax_tables")
    flow = try Self.flow(description)
    let lut = try Self.numbers("latency_lut", count: 5, description)
    let ff = try Self.numbers("latency_ff", count: 3, description)
    let latency = FabricLogic.Latency(
      adder: lut[0],
      adderExtra: try description.required(description.number, "adder_extra_lut"),
      output: lut[1], multiplier: lut[2], sharing: lut[3], delay: lut[4],
      stageRegister: ff[0], delayRegister: ff[1], productRegister: ff[2])
    let rows = try description.required(description.table, "multiplier_lut").compactMap { row in
      row.integer("bits").flatMap { bits in
        row.number("lut").map { FabricLogic.Multiplier.Row(bits: bits, lut: $0) }
      }
    }
    logic = FabricLogic(
      multiplier: .init(rows: rows.sorted { $0.bits < $1.bits }), latency: latency,
      folded: .init(
        lut: try Self.numbers("folded_lut", count: 4, description),
        ff: try Self.numbers("folded_ff", count: 3, description)))
  }

  static func numbers(
    _ key: String, count: Int, _ description: TargetDescription
  ) throws(TargetProblems) -> [Double] {
    let numbers = try description.required(description.numbers, key)
    guard numbers.count == count else {
      throw TargetProblems(problems: [
        .outOfRange(
          path: "\(key).value", value: "\(numbers.count) numbers", allowed: "\(count) numbers")
      ])
    }
    return numbers
  }

  private static func flow(
    _ description: TargetDescription
  ) throws(TargetProblems) -> FabricFlow {
    let ports = try numbers("dsp_ports", count: 2, description)
    let table = try description.required(description.table, "convolution_cycles")
    return FabricFlow(
      tool: try description.required(FabricFlow.Tool.self, "tool"),
      dsp: .init(
        ports: (wide: Int(ports.max() ?? 1), narrow: Int(ports.min() ?? 1)),
        constantInputBits: try description.required(
          description.integer, "constant_dsp_input_bits"),
        constantWeightBits: try description.required(
          description.integer, "constant_dsp_weight_bits"),
        foldedBits: try description.required(description.integer, "folded_dsp_bits"),
        foldedOtherBits: try description.required(description.integer, "folded_dsp_other_bits")),
      timing: .init(
        usableShare: 1 - (try description.required(description.number, "clock_uncertainty")),
        adderNanoseconds: try description.required(description.number, "adder_ns"),
        productNanoseconds: try description.required(description.number, "product_ns"),
        forcedDSPCycles: try description.required(description.integer, "forced_dsp_cycles")),
      streams: .init(
        convolutionCycles: table.compactMap { row in
          row.integer("bits").flatMap { bits in row.number("cycles").map { (bits, $0) } }
        }.sorted { $0.0 < $1.0 },
        poolCyclesPerPixel: try description.required(
          description.integer, "pool_cycles_per_pixel")),
      fifoLogicBits: try description.required(description.integer, "fifo_logic_bits"),
      romLogicBits: try description.required(description.integer, "rom_logic_bits"),
      tableLogicWords: try description.required(description.integer, "table_logic_words"))
  }

  /// How far a quantity was off for layers of a kind (`latency`, `resource`, `stream`); nil where
  /// nobody measured it.
  public func error(of quantity: String, _ kind: String) -> MeasuredError? {
    description.table("errors")?.first {
      $0.text("quantity") == quantity && $0.text("of") == kind
    }?.measuredError
  }

  /// Tables of a softmax with so many multipliers.
  public func softmaxTableCount(_ multipliers: Int) -> Int {
    softmaxTables == .each ? multipliers : (multipliers + 1) / 2 + 1
  }
}

extension TargetRow {
  /// A row of a table of errors: median, worst, scope; nil without a median.
  var measuredError: MeasuredError? {
    number("median").map {
      MeasuredError(
        median: $0, worst: number("worst"), scope: text("scope") ?? "", source: source)
    }
  }
}
