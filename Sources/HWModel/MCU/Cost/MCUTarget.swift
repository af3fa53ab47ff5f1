/// A board with the software that runs networks on it.
public struct MCUTarget: Sendable, Hashable {
  public enum Kernels: String, Sendable, Hashable { case reference, cmsisNN = "cmsis-nn", own }
  public enum Planner: String, Sendable, Hashable { case greedy = "tflm-greedy", offline }
  public enum SIMD: String, Sendable, Hashable { case none, dsp, mve, other }

  /// How far the truth may be from an estimate.
  public struct LatencyInterval: Sendable, Hashable {
    public let factor: Double
    /// Rows and method, in words.
    public let source: String
    /// Whether nothing was measured on this board; else too few networks on cores of its class.
    public let isOfOtherBoards: Bool
  }

  public let description: TargetDescription
  public let clockHz: Double
  public let sramBytes: Int
  public let flashBytes: Int
  public let simd: SIMD
  public let kernels: Kernels
  public let planner: Planner
  /// Whether flash holds the model file; else weights, biases and requantization tables alone.
  public let storesModelFile: Bool
  /// Nil where no constants are known for the stack or the core.
  public private(set) var latency: MCULatencyModel?
  /// What the fit's validation gave; nil where nothing was measured: "error unknown".
  public let latencyError: MeasuredError?
  /// The time lies within the estimate over and times this factor with 90 %; nil where the board was
  /// measured and at least four rows of the stack are of its core's class, and where nothing is known.
  public let latencyInterval: LatencyInterval?
  /// Of SRAM, where the stack's own figures were published.
  public let memoryError: MeasuredError?
  public let activePowerW: Double?
  public let codeBytes: Int
  public let codeBytesPerLayer: Double
  public let runtimeRAMBytes: Int
  public let hasSubByteWeights: Bool
  public let hasSubByteActivations: Bool

  /// - Parameters:
  ///   - description: of family `mcu`.
  ///   - clockHz: another clock than the description's.
  /// - Throws: ``TargetProblems`` naming what the description lacks: seven constants of time go
  ///   together, with the core's speed.
  public init(
    _ description: TargetDescription, clockHz: Double? = nil
  ) throws(TargetProblems) {
    self.description = description
    let clock = try description.required(description.number, "clock_hz")
    self.clockHz = clockHz ?? clock
    sramBytes = try description.required(description.integer, "sram_bytes")
    flashBytes = try description.required(description.integer, "flash_bytes")
    simd = try description.required(SIMD.self, "simd")
    kernels = try description.required(Kernels.self, "kernels")
    planner = try description.required(Planner.self, "arena_planner")
    storesModelFile = try description.required(description.text, "model_in_flash") == "file"
    latency = try Self.model(description)
    latencyError = description.number("latency_error_percent").map { median in
      MeasuredError(
        median: median, worst: description.number("latency_worst_error_percent"),
        scope: "on left-out networks", source: description.source("latency_error_percent") ?? "")
    }
    latencyInterval = Self.interval(description, isMeasured: latencyError != nil)
    memoryError = description.number("memory_error_percent").map { median in
      MeasuredError(
        median: median, worst: description.number("memory_worst_error_percent"),
        scope: "on published networks", source: description.source("memory_error_percent") ?? "")
    }
    activePowerW = description.number("active_power_w")
    codeBytes = try description.required(description.integer, "code_bytes")
    codeBytesPerLayer = try description.required(description.number, "code_bytes_per_layer")
    runtimeRAMBytes = try description.required(description.integer, "runtime_ram_bytes")
    hasSubByteActivations = description.flag("sub_byte_activations") == true
    hasSubByteWeights = try description.required(description.flag, "sub_byte_weights")
  }

  /// A board that has no rows takes the interval of boards that folds left out, with its base's stack.
  private static func interval(
    _ description: TargetDescription, isMeasured: Bool
  ) -> LatencyInterval? {
    func interval(_ key: String, isOfOtherBoards: Bool) -> LatencyInterval? {
      description.number(key).map {
        LatencyInterval(
          factor: $0, source: description.source(key) ?? "", isOfOtherBoards: isOfOtherBoards)
      }
    }
    return interval("latency_interval_factor", isOfOtherBoards: false)
      ?? (isMeasured
        ? nil : interval("latency_board_interval_factor", isOfOtherBoards: true))
  }

  private static func model(
    _ description: TargetDescription
  ) throws(TargetProblems) -> MCULatencyModel? {
    let keys = MCULatencyModel.constantKeys
    guard keys.contains(where: { description.number($0) != nil }) else { return nil }
    func number(_ key: String) throws(TargetProblems) -> Double {
      try description.required(description.number, key)
    }
    return MCULatencyModel(
      constants: .init(
        convolutionMAC: try number("cycles_per_convolution_mac"),
        depthwiseMAC: try number("cycles_per_depthwise_mac"),
        fullyConnectedMAC: try number("cycles_per_fully_connected_mac"),
        gatheredInput: try number("cycles_per_gathered_input"),
        output: try number("cycles_per_output"), element: try number("cycles_per_element"),
        call: try number("cycles_per_call")),
      coreFactor: try MCULatencyModel.referenceDMIPSPerMHz / number("dmips_per_mhz")
        * number("core_factor"),
      vectorBeats: description.integer("vector_beats") ?? 1,
      removesConstantChannels: description.flag("removes_constant_channels") == true)
  }
}

extension MCUTarget {
  /// The same board and stack for networks whose time nobody measured there.
  package func withoutLatency() -> MCUTarget {
    var target = self
    target.latency = nil
    return target
  }
}
