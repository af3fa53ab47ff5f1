extension Explanation {
  /// Codes of patch schedules.
  static let schedules: [Explanation] = [
    Explanation(
      "patch.grid", "the patch stage's output cannot be cut in so many tiles",
      """
      --patch N cuts the stage's output in N rows and N columns of tiles. Each tile needs at least one
      row and one column, and something of every tensor that is not padding.
      """),
    Explanation(
      "patch.operator", "the patch stage holds an operator that has no tiles",
      """
      Tiles are computed from a window of their operands: convolutions, poolings, elementwise functions
      and paddings have one, a mean over the whole image or a transposition have not. Split after an
      earlier block.
      """),
    Explanation(
      "patch.split", "the network cannot be split there",
      """
      A patch stage ends with a block (a depthwise convolution with those around it, and the addition
      that may follow), and nothing else inside it may be read later. Blocks are numbered from 0, the
      layers before the first depthwise block. Pass another --split-after.
      """),
  ]
}
