/// A constant that descriptions of a family may state.
public struct TargetKey: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// One of these words; any word if the list is empty.
    case text([String])
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case flag
  }

  public let name: String
  public let kind: Kind
  public let unit: String
  public let meaning: String
  /// Whether a description, its bases included, must state it.
  public let isRequired: Bool
  /// Whether a description takes it from its base; what was measured is its own.
  public let isInherited: Bool

  init(
    _ name: String, _ kind: Kind, unit: String = "", required: Bool = false,
    inherited: Bool = true, _ meaning: String
  ) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.meaning = meaning
    isRequired = required
    isInherited = inherited
  }
}

extension TargetKey {
  private static let cycles = 0.0...1e9
  private static let bytes = 0...1 << 40
  private static let percent = 0.0...1e4

  /// Constants of microcontrollers: the board, the software stack, the fitted cost model.
  public static let mcu: [TargetKey] = [
    TargetKey("core", .text([]), required: true, "processor core, such as Cortex-M4"),
    TargetKey("core_class", .text([]), "cores that are fitted together, such as M4/M33"),
    TargetKey("clock_hz", .number(1...1e12), unit: "Hz", required: true, "clock of the core"),
    TargetKey("dmips_per_mhz", .number(0.01...100), unit: "DMIPS/MHz", "published Dhrystone speed"),
    TargetKey(
      "simd", .text(["none", "dsp", "mve", "other"]), required: true,
      "instructions for several products at once"),
    TargetKey("sram_bytes", .integer(bytes), unit: "B", required: true, "memory that is written"),
    TargetKey(
      "flash_bytes", .integer(bytes), unit: "B", required: true,
      "memory that holds program and weights"),
    TargetKey("flash_wait_states", .integer(0...64), unit: "cycles", "at this clock"),
    TargetKey("instruction_cache_bytes", .integer(bytes), unit: "B", "cache before the flash"),
    TargetKey("data_cache_bytes", .integer(bytes), unit: "B", "cache of the core"),
    TargetKey("accelerator", .text([]), "unit beside the core that computes networks"),
    TargetKey("stack", .text([]), required: true, "software that runs the network"),
    TargetKey(
      "kernels", .text(["reference", "cmsis-nn", "own"]), required: true,
      "which kernels ask for working memory"),
    TargetKey(
      "arena_planner", .text(["tflm-greedy", "offline"]), required: true,
      "who places buffers: the runtime's planner, or a compiler"),
    TargetKey(
      "model_in_flash", .text(["file", "tables"]), required: true,
      "whether the model file is stored, or weights and tables alone"),
    TargetKey(
      "removes_constant_channels", .flag, "whether filters without weights are left out"),
    TargetKey(
      "sub_byte_weights", .flag, "whether the stack has kernels for weights of less than 8 bits"),
    TargetKey(
      "cycles_per_convolution_mac", .number(cycles), unit: "cycles of a Cortex-M4",
      "one multiplication of a convolution"),
    TargetKey(
      "cycles_per_depthwise_mac", .number(cycles), unit: "cycles of a Cortex-M4",
      "one multiplication of a depthwise convolution"),
    TargetKey(
      "cycles_per_fully_connected_mac", .number(cycles), unit: "cycles of a Cortex-M4",
      "one multiplication of a fully connected layer"),
    TargetKey(
      "cycles_per_gathered_input", .number(cycles), unit: "cycles of a Cortex-M4",
      "one input value copied into a column (im2col)"),
    TargetKey(
      "cycles_per_output", .number(cycles), unit: "cycles of a Cortex-M4",
      "one result requantized and stored"),
    TargetKey(
      "cycles_per_element", .number(cycles), unit: "cycles of a Cortex-M4",
      "one value of an elementwise layer, pooling or softmax"),
    TargetKey("cycles_per_call", .number(cycles), unit: "cycles of a Cortex-M4", "one layer"),
    TargetKey(
      "core_factor", .number(1e-3...1e3), "what the Dhrystone ratio leaves of this core's speed"),
    TargetKey(
      "latency_error_percent", .number(percent), unit: "%", inherited: false,
      "median error of latency, each network predicted without its own rows"),
    TargetKey(
      "latency_worst_error_percent", .number(percent), unit: "%", inherited: false,
      "the largest of them"),
    TargetKey(
      "latency_board_error_percent", .number(percent), unit: "%", inherited: false,
      "median error of latency with the whole board left out of the fit"),
    TargetKey(
      "active_power_w", .number(0...1e3), unit: "W", inherited: false,
      "mean power while it computes"),
    TargetKey("code_bytes", .integer(bytes), unit: "B", "program of the runtime"),
    TargetKey(
      "code_bytes_per_layer", .number(0...1e9), unit: "B", "program that a layer adds"),
    TargetKey(
      "runtime_ram_bytes", .integer(bytes), unit: "B", "stack and runtime beside the arena"),
  ]
}
