/// A board with the software that runs networks on it.
public struct MCUTarget: Sendable, Hashable {
  public enum Kernels: String, Sendable, Hashable { case reference, cmsisNN = "cmsis-nn", own }
  public enum Planner: String, Sendable, Hashable { case greedy = "tflm-greedy", offline }
  public enum SIMD: String, Sendable, Hashable { case none, dsp, mve, other }

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
  public let latency: MCULatencyModel?
  /// Nil where nothing was measured: "error unknown".
  public let latencyError: LatencyError?
  public let activePowerW: Double?
  public let codeBytes: Int
  public let codeBytesPerLayer: Double
  public let runtimeRAMBytes: Int
  public let hasSubByteWeights: Bool

  /// What the fit's validation gave, in percent.
  public struct LatencyError: Sendable, Hashable {
    /// Median over networks that were each left out.
    public let median: Double
    public let worst: Double?
    /// Rows and method, in words.
    public let source: String
  }

  /// - Parameters:
  ///   - description: of family `mcu`; the keys that it must have are there.
  ///   - clockHz: another clock than the description's.
  public init(_ description: TargetDescription, clockHz: Double? = nil) {
    self.description = description
    self.clockHz = clockHz ?? description.number("clock_hz") ?? 1
    sramBytes = description.integer("sram_bytes") ?? 0
    flashBytes = description.integer("flash_bytes") ?? 0
    simd = description.text("simd").flatMap(SIMD.init) ?? .none
    kernels = description.text("kernels").flatMap(Kernels.init) ?? .reference
    planner = description.text("arena_planner").flatMap(Planner.init) ?? .greedy
    storesModelFile = description.text("model_in_flash") == "file"
    latency = Self.model(description)
    latencyError = description.number("latency_error_percent").map { median in
      LatencyError(
        median: median, worst: description.number("latency_worst_error_percent"),
        source: description.constants["latency_error_percent"]?.source ?? "")
    }
    activePowerW = description.number("active_power_w")
    codeBytes = description.integer("code_bytes") ?? 0
    codeBytesPerLayer = description.number("code_bytes_per_layer") ?? 0
    runtimeRAMBytes = description.integer("runtime_ram_bytes") ?? 0
    hasSubByteWeights = description.flag("sub_byte_weights") ?? false
  }

  private static func model(_ description: TargetDescription) -> MCULatencyModel? {
    guard let convolution = description.number("cycles_per_convolution_mac"),
      let depthwise = description.number("cycles_per_depthwise_mac"),
      let fullyConnected = description.number("cycles_per_fully_connected_mac"),
      let gathered = description.number("cycles_per_gathered_input"),
      let output = description.number("cycles_per_output"),
      let element = description.number("cycles_per_element"),
      let call = description.number("cycles_per_call"),
      let speed = description.number("dmips_per_mhz")
    else { return nil }
    return MCULatencyModel(
      constants: .init(
        convolutionMAC: convolution, depthwiseMAC: depthwise, fullyConnectedMAC: fullyConnected,
        gatheredInput: gathered, output: output, element: element, call: call),
      coreFactor: MCULatencyModel.referenceDMIPSPerMHz / speed
        * (description.number("core_factor") ?? 1),
      removesConstantChannels: description.flag("removes_constant_channels") ?? false)
  }
}
