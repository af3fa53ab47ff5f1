extension MCUTarget {
  /// What descriptions of family `mcu` may state.
  public static let schema = TargetSchema(
    family: "mcu", title: "microcontrollers",
    example: (id: "my-board+my-stack", name: "My board, core, software stack"), keys: keys)

  private static let cycles = 0.0...1e9
  private static let bytes = 0...1 << 40
  private static let percent = 0.0...1e4

  /// The board, the software stack, the fitted cost model.
  private static let keys: [TargetKey] = [
    TargetKey("core", .text([]), required: true, "processor core, such as Cortex-M4"),
    TargetKey("core_class", .text([]), "cores that are fitted together, such as M4/M33"),
    TargetKey("clock_hz", .number(1...1e12), unit: "Hz", required: true, "clock of the core"),
    TargetKey("dmips_per_mhz", .number(0.01...100), unit: "DMIPS/MHz", "published Dhrystone speed"),
    TargetKey(
      "simd", .text(["none", "dsp", "mve", "other"]), required: true,
      "instructions for several products at once"),
    TargetKey(
      "vector_beats", .integer(1...64), unit: "32 bits",
      "beats of vectors that the core executes in a cycle; 1, if it is not stated"),
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
      "removes_constant_channels", .flag,
      "whether filters without weights are left out; not, if it is not stated"),
    TargetKey(
      "sub_byte_weights", .flag, required: true,
      "whether the stack has kernels for weights of less than 8 bits"),
    TargetKey(
      "sub_byte_activations", .flag,
      "whether the stack has kernels for activations of less than 8 bits; not, if it is not stated"),
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
      "latency_interval_factor", .number(1...1e4), inherited: false,
      "the time lies within the estimate over and times this factor with 90 %, where fewer than four rows "
        + "of the stack are of its core class"),
    TargetKey(
      "latency_board_interval_factor", .number(1...1e4),
      "the same for a board without measured rows that is described like this one"),
    TargetKey(
      "memory_error_percent", .number(0...1e3), unit: "%", inherited: false,
      "median error of SRAM against published figures of the stack"),
    TargetKey(
      "memory_worst_error_percent", .number(0...1e3), unit: "%", inherited: false,
      "the largest of them, of either figure"),
    TargetKey(
      "active_power_w", .number(0...1e3), unit: "W", inherited: false,
      "mean power while it computes"),
    TargetKey("code_bytes", .integer(bytes), unit: "B", required: true, "program of the runtime"),
    TargetKey(
      "code_bytes_per_layer", .number(0...1e9), unit: "B", required: true,
      "program that a layer adds"),
    TargetKey(
      "runtime_ram_bytes", .integer(bytes), unit: "B", required: true,
      "stack and runtime beside the arena"),
  ]
}
