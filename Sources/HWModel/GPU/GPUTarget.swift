public import Arith

/// A GPU: datasheet facts, and the constants of the kernel paths that are known for it.
public struct GPUTarget: Sendable, Hashable {
  public let description: TargetDescription
  /// Nil for parts without tensor cores that are modelled here.
  public let generation: TensorCoreGeneration?
  /// Missing facts are nil; an estimate that needs one says so.
  public let multiprocessors: Int?
  public let clockHz: Double?
  public let dramBytesPerSecond: Double?
  public let l2Bytes: Double?
  public let memoryBytes: Double?
  public let powerW: Double?
  private let peaks: [GEMMPath.Units: Double]
  private let constants: [String: GEMMConstants]
  public let convolutions: [ConvolutionConstants]

  /// Constants of convolutions by one software.
  public struct ConvolutionConstants: Sendable, Hashable {
    /// What was timed: `layer` or `kernel`.
    public let software: String
    public let launchUs: Double
    public let int4MACsPerUs: Double
    public let int8MACsPerUs: Double
    public let nsPerOutput: Double
    public let nsPerK: Double
    public let error: MeasuredError?
    public let source: String
  }

  /// - Parameters:
  ///   - description: of family `gpu`.
  ///   - clockHz: another clock than the description's.
  /// - Throws: ``TargetProblems`` for an unknown compute capability or a row without its constants.
  public init(
    _ description: TargetDescription, clockHz: Double? = nil
  ) throws(TargetProblems) {
    self.description = description
    generation = description.text("compute_capability").flatMap {
      TensorCoreGeneration(computeCapability: $0)
    }
    multiprocessors = description.integer("multiprocessors")
    self.clockHz = clockHz ?? description.number("tensor_clock_hz")
    dramBytesPerSecond = description.number("dram_bytes_per_second")
    l2Bytes = description.number("l2_bytes")
    memoryBytes = description.number("memory_bytes")
    powerW = description.number("power_w")
    var peaks: [GEMMPath.Units: Double] = [:]
    // Peaks are stated at the description's clock.
    let scale = clockHz.flatMap { clock in
      description.number("tensor_clock_hz").map { clock / $0 }
    }
    for units in GEMMPath.Units.allCases {
      peaks[units] = description.number(units.key).map { $0 * (scale ?? 1) }
    }
    self.peaks = peaks
    var constants: [String: GEMMConstants] = [:]
    for row in description.table("kernel_paths") ?? [] {
      let name = try description.required({ row.text($0) }, "path")
      constants[name] = try GEMMConstants(row, of: description)
    }
    self.constants = constants
    var convolutions: [ConvolutionConstants] = []
    for row in description.table("convolutions") ?? [] {
      func number(_ column: String) throws(TargetProblems) -> Double {
        try description.required({ row.number($0) }, column)
      }
      convolutions.append(
        ConvolutionConstants(
          software: try description.required({ row.text($0) }, "software"),
          launchUs: try number("launch_us"), int4MACsPerUs: try number("int4_macs_per_us"),
          int8MACsPerUs: try number("int8_macs_per_us"), nsPerOutput: try number("ns_per_output"),
          nsPerK: try number("ns_per_k"),
          error: row.number("error_percent").map {
            MeasuredError(median: $0, worst: nil, scope: "on ResNet50", source: row.source)
          }, source: row.source))
    }
    self.convolutions = convolutions
  }

  /// Dense operations a second of some units; nil where no source states it.
  public func peak(_ units: GEMMPath.Units) -> Double? { peaks[units] }

  /// Constants of a path; nil where the device lacks the format or a fact that the path needs.
  public func constants(of path: GEMMPath) -> GEMMConstants? { constants[path.constants] }

  /// Fitted paths that the device has, in the order of ``GEMMPath/fitted``.
  public var paths: [GEMMPath] { GEMMPath.fitted.filter { constants[$0.name] != nil } }

  /// What descriptions of family `gpu` may state.
  public static let schema = TargetSchema(
    family: "gpu", title: "GPUs", example: (id: "my-gpu", name: "My GPU"), keys: keys)

  private static let rate = 0.0...1e19
  private static let keys: [TargetKey] = [
    TargetKey("architecture", .text([]), required: true, "architecture, such as Ampere GA100"),
    TargetKey("compute_capability", .text([]), "such as 8.0; decides the tensor cores' arithmetic"),
    TargetKey("multiprocessors", .integer(1...4096), unit: "SM", "streaming multiprocessors"),
    TargetKey("tensor_clock_hz", .number(1e6...1e11), unit: "Hz", "sustained clock of tensor work"),
    TargetKey("dram_bytes_per_second", .number(1...1e15), unit: "B/s", "bandwidth of the memory"),
    TargetKey("l2_bytes", .number(0...1e12), unit: "B", "last level of cache"),
    TargetKey("memory_bytes", .number(1...1e14), unit: "B", "memory of the device"),
    TargetKey("power_w", .number(0.1...1e5), unit: "W", "thermal design power"),
    TargetKey("shared_memory_bytes", .integer(0...1 << 30), unit: "B", "of one multiprocessor"),
    TargetKey("fp16_ops_per_second", .number(rate), unit: "op/s", "dense peak, float32 sums"),
    TargetKey("int8_ops_per_second", .number(rate), unit: "op/s", "dense peak"),
    TargetKey("int4_ops_per_second", .number(rate), unit: "op/s", "dense peak"),
    TargetKey("fp8_ops_per_second", .number(rate), unit: "op/s", "dense peak, float32 sums"),
    TargetKey("fp4_ops_per_second", .number(rate), unit: "op/s", "dense peak"),
    TargetKey("b1_ops_per_second", .number(rate), unit: "op/s", "dense peak of single bits"),
    TargetKey("kernel_paths", .table(GEMMConstants.columns), "constants of matrix products"),
    TargetKey(
      "convolutions",
      .table([
        .init("software", .text(["layer", "kernel"]), "what was timed"),
        .init("launch_us", .number(0...1e4), unit: "us", "floor"),
        .init("int4_macs_per_us", .number(1...1e12), unit: "MAC/us", "rate of 4-bit products"),
        .init("int8_macs_per_us", .number(1...1e12), unit: "MAC/us", "rate of 8-bit products"),
        .init("ns_per_output", .number(0...1e3), unit: "ns", "one element of the result"),
        .init("ns_per_k", .number(0...1e4), unit: "ns", "one product of a sum, in series"),
        .init(
          "error_percent", .number(0...1e4), unit: "%", required: false,
          "mean error on a network that the fit did not see"),
      ]), "constants of convolutions"),
  ]
}
