extension FabricTarget {
  /// What descriptions of family `fpga` may state: a part, and the flow that synthesizes for it.
  public static let schema = TargetSchema(
    family: "fpga", title: "FPGAs: a part and the flow that synthesizes for it",
    example: (id: "my-part+my-flow", name: "My part, my tool and version"),
    keys: resourceKeys + partKeys + flowKeys)

  private static let resource = 0...1 << 32
  private static let delay = 0.01...1e3
  private static let bits = 0...64

  /// What a part has.
  static let resourceKeys: [TargetKey] = [
    TargetKey(
      "technology", .text(["7-series", "ultrascale", "ultrascale+", "versal"]), required: true,
      "family of devices"),
    TargetKey("lut", .integer(resource), unit: "LUT", required: true, "look-up tables of 6 inputs"),
    TargetKey("ff", .integer(resource), unit: "FF", required: true, "flip-flops"),
    TargetKey("dsp", .integer(resource), unit: "DSP", required: true, "multiplier blocks"),
    TargetKey(
      "bram18", .integer(resource), unit: "BRAM18", required: true, "memory blocks of 18 Kib"),
    TargetKey("uram", .integer(resource), unit: "URAM", required: true, "memory blocks of 288 Kib"),
  ]

  /// Facts of a part that rules of high-level synthesis ask for.
  static let partKeys: [TargetKey] = [
    TargetKey(
      "dsp_ports", .list(.integer(1...64)), unit: "bits", required: true,
      "the multiplier's two ports, the wider first"),
    TargetKey(
      "adder_ns", .number(delay), unit: "ns", required: true, "one level of a tree of adders"),
    TargetKey(
      "product_ns", .number(delay), unit: "ns", required: true, "a product before such a tree"),
    TargetKey(
      "forced_dsp_cycles", .integer(0...64), unit: "cycles", required: true,
      "what a product adds that the user puts into a DSP block"),
    TargetKey(
      "pool_cycles_per_pixel", .integer(1...64), unit: "cycles", required: true,
      "a pooling window on streams, a pixel of its input"),
  ]

  /// Rules and constants of a flow.
  static let flowKeys: [TargetKey] = [
    TargetKey(
      "tool", .text(["vivado-hls", "vitis-hls"]), required: true, "high-level synthesis tool"),
    TargetKey(
      "measured_on", .list(.text([])), "technologies that the flow's reports are of"),
    TargetKey("clock_hz", .number(1...1e10), unit: "Hz", required: true, "clock that is asked for"),
    TargetKey(
      "clock_uncertainty", .number(0...0.9), required: true,
      "share of the period that scheduling keeps free"),
    TargetKey(
      "constant_dsp_input_bits", .integer(bits), unit: "bits", required: true,
      "widest input of a product by a constant that stays in logic"),
    TargetKey(
      "constant_dsp_weight_bits", .integer(bits), unit: "bits", required: true,
      "narrowest constant whose product takes a DSP block"),
    TargetKey(
      "folded_dsp_bits", .integer(bits), unit: "bits", required: true,
      "least bits of the wider operand of a product of variables in a DSP block"),
    TargetKey(
      "folded_dsp_other_bits", .integer(bits), unit: "bits", required: true,
      "least bits of its narrower operand"),
    TargetKey(
      "fifo_logic_bits", .integer(0...1 << 20), unit: "bits", required: true,
      "largest first-in first-out buffer made of logic"),
    TargetKey(
      "rom_logic_bits", .integer(0...1 << 20), unit: "bits", required: true,
      "largest memory of weights made of logic"),
    TargetKey(
      "table_logic_words", .integer(0...1 << 20), required: true, "deepest table made of logic"),
    TargetKey(
      "softmax_tables", .text(["each", "half"]), required: true,
      "tables of a softmax of n elements: n, or ceil(n/2) + 1"),
    TargetKey(
      "convolution_cycles",
      .table([
        .init("bits", .integer(1...64), unit: "bits", "widest operand"),
        .init("cycles", .number(0...1e3), unit: "cycles", "a pixel, beside the reuse factor"),
      ]), required: true, "convolutions on streams in Resource strategy"),
    TargetKey(
      "multiplier_lut",
      .table([
        .init("bits", .integer(1...64), unit: "bits", "wider operand"),
        .init("lut", .number(0...1e5), unit: "LUT", "look-up tables"),
      ]), required: true, "a product in logic"),
    TargetKey(
      "latency_lut", .list(.number(0...1e4)), required: true,
      "look-up tables in Latency strategy: a bit of an adder, of an output; a product in logic; a bit "
        + "of a shared product, of a delay"),
    TargetKey(
      "adder_extra_lut", .number(0...64), unit: "LUT", required: true,
      "what an adder takes beyond a table a bit"),
    TargetKey(
      "latency_ff", .list(.number(0...1e4)), required: true,
      "flip-flops in Latency strategy: a bit that a stage hands on, the same more at reuse factor 1; a "
        + "bit of a product"),
    TargetKey(
      "folded_lut", .list(.number(0...1e4)), required: true,
      "look-up tables in Resource strategy: an output and bit, an input, an output, a multiplier and "
        + "bit"),
    TargetKey(
      "folded_ff", .list(.number(0...1e4)), required: true,
      "flip-flops in Resource strategy: an input, an output, a multiplier and bit"),
    TargetKey(
      "synthesis_ratio",
      .table([
        .init("resource", .text(["lut", "ff", "dsp", "bram18"]), "what is counted"),
        .init("low", .number(0...1e3), "least that logic synthesis kept"),
        .init("high", .number(0...1e3), "most that logic synthesis kept"),
      ]), "what logic synthesis makes of the counts of high-level synthesis"),
    TargetKey(
      "errors",
      .table([
        .init(
          "quantity", .text(["lut", "ff", "dsp", "bram18", "cycles", "ii"]), "what is counted"),
        .init("of", .text(["latency", "resource", "stream"]), "strategy, or layers on streams"),
        .init("median", .number(0...1e4), unit: "%", "median error"),
        .init("worst", .number(0...1e4), unit: "%", required: false, "the largest"),
        .init("scope", .text([]), "what it was measured on"),
      ]), "how far numbers were off"),
  ]
}
