public import QuantGraph

/// Why a graph has no patch schedule as asked for.
public enum PatchScheduleError: Error, Hashable, Sendable {
  /// There is no block of this number after which the network could be split.
  case noSuchBlock(Int, blocks: Int)
  /// The stage cannot be computed tile by tile.
  case stage(PatchError)
  /// A size beyond `Int`.
  case size(ArenaError)
}
