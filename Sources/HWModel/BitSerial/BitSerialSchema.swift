extension BitSerialTarget {
  /// What descriptions of family `bitserial` may state.
  public static let schema = TargetSchema(
    family: "bitserial", title: "bit-serial and precision-scalable arrays",
    example: (id: "my-array", name: "My array, after Bit Fusion"), keys: keys)

  private static let extents = 1...1 << 16
  private static let bytes = 1...1 << 40
  private static let bits = 1...64
  private static let picojoules = 0.0...1e9

  private static let keys: [TargetKey] = [
    TargetKey(
      "rules", .text(Rules.allCases.map(\.rawValue)), required: true,
      "whose rules hold: terms of weights (bitmod), fused elements (bitfusion, ant), bits of weights "
        + "(bbs), bits of both operands (bismo)"),
    TargetKey("rows", .integer(extents), required: true, "rows of elements"),
    TargetKey("columns", .integer(extents), required: true, "columns of elements"),
    TargetKey(
      "lanes", .integer(extents), "inputs of one element's dot product (bitmod, bbs, bismo)"),
    TargetKey("decode_rows", .integer(extents), "rows for passes of one token (bitmod)"),
    TargetKey("decode_columns", .integer(extents), "columns for passes of one token (bitmod)"),
    TargetKey("clock_hz", .number(1...1e12), unit: "Hz", "clock of the array"),
    TargetKey(
      "weight_buffer_bytes", .integer(bytes), unit: "B", required: true, "buffer of weights"),
    TargetKey(
      "input_buffer_bytes", .integer(bytes), unit: "B", required: true, "buffer of inputs"),
    TargetKey(
      "output_buffer_bytes", .integer(bytes), unit: "B", "buffer of results (bitfusion, ant)"),
    TargetKey("weight_banks", .integer(extents), "banks of the weight buffer (bitmod, bbs)"),
    TargetKey("input_banks", .integer(extents), "banks of the input buffer (bitmod, bbs)"),
    TargetKey(
      "weight_port_bits", .integer(1...1 << 30), unit: "bit",
      "one access to the weight buffer, all banks (bbs)"),
    TargetKey(
      "input_port_bits", .integer(1...1 << 30), unit: "bit",
      "one access to the input buffer, all banks (bbs)"),
    TargetKey(
      "dram_bits", .integer(1...1 << 30), unit: "bit", required: true,
      "one transfer of DRAM: two a cycle, or one (bitfusion, ant, bismo)"),
    TargetKey(
      "dram_pj_per_bit", .number(picojoules), unit: "pJ",
      "a bit from DRAM (bitmod, bitfusion, ant, bbs)"
    ),
    TargetKey(
      "power_w", .number(0...1e6), unit: "W", "the board at most; without it no energy (bismo)"),
    TargetKey(
      "dram_write_pj_per_bit", .number(picojoules), unit: "pJ",
      "a bit to DRAM, if it is another (ant)"),
    TargetKey(
      "weight_bits", .integer(bits), unit: "bit", required: true,
      "of weights that the model does not quantize; planes of a weight (bbs)"),
    TargetKey(
      "input_bits", .integer(bits), unit: "bit", required: true,
      "of inputs that the model does not quantize"),
    // Terms of weights.
    TargetKey(
      "bit_serial", .flag, "whether an element takes one term of a weight a cycle (bitmod)"),
    TargetKey(
      "element_pj", .number(picojoules), unit: "pJ",
      "one element, one cycle, place and route included (bitmod, bbs)"),
    TargetKey("group_size", .integer(extents), "weights of a group (bitmod)"),
    TargetKey("group_bits", .integer(0...64), unit: "bit", "what a group stores besides (bitmod)"),
    TargetKey(
      "grouped_below_bits", .integer(bits), unit: "bit",
      "weights of so many bits and more have no groups (bitmod)"),
    TargetKey(
      "attention", .text(["A", "B"]),
      "how attention is counted: as published (A), or by key-value head (B) (bitmod)"),
    // Fused elements.
    TargetKey("maximum_bits", .integer(bits), unit: "bit", "widest operands (bitfusion, ant)"),
    TargetKey("minimum_bits", .integer(bits), unit: "bit", "narrowest elements (bitfusion, ant)"),
    TargetKey("weight_stationary", .flag, "whether weights stay inside a tile, else outputs (ant)"),
    TargetKey("core_pj_per_cycle", .number(picojoules), unit: "pJ", "the array while it computes"),
    TargetKey("core_leakage_pj_per_cycle", .number(picojoules), unit: "pJ", "leakage of the array"),
    TargetKey(
      "memory_leakage_pj_per_cycle", .number(picojoules), unit: "pJ",
      "leakage of buffers and DRAM"),
    TargetKey("weight_read_pj_per_bit", .number(picojoules), unit: "pJ", "weight buffer, read"),
    TargetKey("weight_write_pj_per_bit", .number(picojoules), unit: "pJ", "weight buffer, written"),
    TargetKey("input_read_pj_per_bit", .number(picojoules), unit: "pJ", "input buffer, read"),
    TargetKey("input_write_pj_per_bit", .number(picojoules), unit: "pJ", "input buffer, written"),
    TargetKey("output_read_pj_per_bit", .number(picojoules), unit: "pJ", "output buffer, read"),
    TargetKey("output_write_pj_per_bit", .number(picojoules), unit: "pJ", "output buffer, written"),
    // Bits of weights.
    TargetKey(
      "tile_cost", .text(TileCost.allCases.map(\.rawValue)),
      "cycles of a tile: bits of a weight, ones of a weight or of a plane, non-zero columns, planes "
        + "over half the lanes, columns kept by pruning (bbs)"),
    TargetKey(
      "pruned_columns", .integer(0...7),
      "columns that pruned channels lose, with tile cost pruned-columns (bbs)"),
    TargetKey(
      "kept_share", .number(0...1), "share of output channels that are not pruned (bbs)"),
    TargetKey(
      "weight_storage", .text(["bytes", "planes", "kept-columns"]),
      "what weights take in memory: whole bytes, planes of eight channels, kept columns (bbs)"),
    TargetKey(
      "arrangements",
      .table([
        .init("lanes", .integer(extents), "inputs of an element"),
        .init("rows", .integer(extents), "rows of elements"),
        .init("columns", .integer(extents), "columns of elements"),
      ]), "ways to arrange the elements, of which each layer takes the fastest (bbs)"),
    TargetKey(
      "refetches_weights", .flag,
      "whether weights may be fetched once for each part of the inputs (bbs)"),
    TargetKey(
      "weight_register_pj", .number(picojoules), unit: "pJ",
      "weight registers of a row, one cycle (bbs)"),
    TargetKey(
      "input_register_pj", .number(picojoules), unit: "pJ",
      "input registers of a column, one tile (bbs)"),
    TargetKey(
      "schedulers_pj", .number(picojoules), unit: "pJ",
      "weight schedulers of the array, one cycle (bbs)"),
    TargetKey(
      "weights_each_cycle", .flag,
      "whether weights come from the buffer in every cycle and registers are not counted (bbs)"),
  ]
}
