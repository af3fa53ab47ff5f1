/// A part, and the versions of FINN and of the vendor's tools that build dataflow networks for it.
public struct FINNTarget: Sendable, Hashable {
  public let description: TargetDescription
  public let technology: String
  public let resources: FabricTarget.Resources
  public let clockHz: Double
  /// Technologies that the flow's constants were measured on.
  public let measuredOn: [String]
  /// Widest word of weights of one row that folding makes by columns; then it takes rows.
  public let weightWordBits: Int
  public let logic: FINNLogic
  /// Whether matrix units take the cores of DSP blocks where they have one.
  public let usesBlockCores: Bool

  /// - Throws: ``TargetProblems`` for keys that the description lacks, and lists of another length.
  public init(
    _ description: TargetDescription, clockHz: Double? = nil
  ) throws(TargetProblems) {
    self.description = description
    technology = try description.required(description.text, "technology")
    resources = try FabricTarget.Resources(description)
    let clock = try description.required(description.number, "clock_hz")
    self.clockHz = clockHz ?? clock
    measuredOn = description.texts("measured_on") ?? []
    weightWordBits = try description.required(description.integer, "weight_word_bits")
    usesBlockCores = description.text("matrix_cores") == "dsp"
    logic = FINNLogic(
      matrixLUT: try FabricTarget.numbers("matrix_lut", count: 3, description),
      matrixFF: try FabricTarget.numbers("matrix_ff", count: 4, description),
      streamLUT: try FabricTarget.numbers("stream_lut", count: 2, description),
      streamFF: try FabricTarget.numbers("stream_ff", count: 2, description))
  }

  /// How far a quantity was off; nil where nobody measured it.
  public func error(of quantity: String) -> MeasuredError? {
    description.table("errors")?.first { $0.text("quantity") == quantity }?.measuredError
  }

  /// What descriptions of family `finn` may state.
  public static let schema = TargetSchema(
    family: "finn", title: "FPGAs: a part and the version of FINN that builds for it",
    example: (id: "my-part+finn", name: "My part, FINN"),
    keys: FabricTarget.resourceKeys + flowKeys)

  private static let constants = TargetKey.Kind.list(.number(0...1e4))

  private static let flowKeys: [TargetKey] = [
    TargetKey(
      "dataflow", .text(["finn"]), required: true, "what makes hardware of a quantized network"),
    TargetKey(
      "measured_on", .list(.text([])), "technologies that the flow's reports are of"),
    TargetKey("clock_hz", .number(1...1e10), unit: "Hz", required: true, "clock that is asked for"),
    TargetKey(
      "weight_word_bits", .integer(1...1 << 20), unit: "bits", required: true,
      "widest word of weights of a row that folding makes before it takes more rows"),
    TargetKey(
      "matrix_cores", .text(["hls", "dsp"]),
      "matrix units by high-level synthesis alone, or by cores of DSP blocks where widths allow"),
    TargetKey(
      "matrix_lut", constants, required: true,
      "look-up tables of a matrix unit: a bit of an accumulator, of thresholds and their comparators, "
        + "of the vector that is kept"),
    TargetKey(
      "matrix_ff", constants, required: true,
      "flip-flops of a matrix unit: a bit of an accumulator, of thresholds, of the vector, of operands"
    ),
    TargetKey(
      "stream_lut", constants, required: true,
      "look-up tables of a memory of weights: a bit of its words, a memory"),
    TargetKey(
      "stream_ff", constants, required: true,
      "flip-flops of a memory of weights: a bit of its words, a memory"),
    TargetKey(
      "errors",
      .table([
        .init(
          "quantity", .text(["lut", "ff", "dsp", "bram18", "cycles", "ii"]), "what is counted"),
        .init("median", .number(0...1e4), unit: "%", "median error"),
        .init("worst", .number(0...1e4), unit: "%", required: false, "the largest"),
        .init("scope", .text([]), "what it was measured on"),
      ]), "how far numbers were off"),
  ]
}
