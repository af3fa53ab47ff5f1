extension Explanation {
  /// Codes of memory plans and patch schedules.
  static let schedules: [Explanation] = [
    Explanation(
      "memory.size", "a tensor or a plan needs more bytes than a 64-bit number counts",
      """
      Shapes of this size do not occur in networks that run; the file is damaged, or an export wrote a
      wrong dimension. hwsim inspect MODEL shows the shapes.
      """),
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
    Explanation(
      "search.patches", "a search over patches that the network does not have",
      """
      --patch and --method quantmcu search a TFLite model of images whose first blocks run tile by
      tile (hwsim estimate --patch). Each tile is a tensor of its own there, t@r0c1 for row 0 and
      column 1 of tensor t, with conversions where its branch begins and ends, so that it may have
      other bits than its neighbours; tiles of a layer share its weights, which stay. Without
      --split-after the schedule is the cheapest that keeps --limit, as estimate --patch auto finds.

      quantmcu (Tao et al., arXiv 2401.13714) fits a Gaussian to the values of the image, or of
      --outlier-map, over the calibration samples. A patch of which more than --outlier-share lie
      beyond --outlier-sigma standard deviations keeps its bits along its whole branch. Every map of
      the other branches takes the bits with the largest score -lambda * (part of the entropy lost) +
      (1 - lambda) * (part of the bit operations saved), map by map in --map-order; while a limit is
      broken each map in turn takes fewer bits. The full paper was not at hand: these parameters are
      hwsim's, and printed with the result. Any other --method searches the same space by running the
      network. Redistributing the receptive field, as MCUNetV2 does, changes the network and is not
      done.

      A point is applied with the same schedule: run, check and estimate take --patch N
      --split-after B --allocation POINT.json; check --against model compares with the network as
      its file has it. Narrow codes save memory, not time: Cortex-M cores unpack them.
      """),
  ]
}
