public import Arith

/// What an accumulator can reach, whatever the inputs, and the smallest type that is safe for it.
public struct AccumulatorRange: Hashable, Sendable {
  /// Position in `Graph.nodes`.
  public let node: Int
  public let format: FixedPointFormat
  /// Smallest and largest partial sum in any order, as values.
  public let lowest: Double
  public let highest: Double
  /// The narrowest type in which no sum overflows and no product is rounded; nil if it has more than
  /// 256 bits.
  public let safe: FixedPointFormat?
  /// Whether the type in use can overflow.
  public let canOverflow: Bool
  /// Whether a product or a bias can be rounded on its way into the type in use.
  public let canRound: Bool
}
