/// What one node's arithmetic did over the samples it saw, beyond its results.
///
/// Only the step-by-step definitions count; fast paths produce the same codes without counting.
public struct NodeEvents: Hashable, Sendable {
  /// Result values that the final assignment rounded.
  public var roundedResults = 0
  /// Result values out of the result type's range before wrapping or saturating.
  public var overflowedResults = 0
  /// Assignments to the accumulator that rounded.
  public var roundedSums = 0
  /// Result values in whose accumulation at least one assignment overflowed.
  public var overflowedAccumulations = 0
  /// Bits of the accumulator's own fraction grid that the largest exact sum needed, sign included.
  public var accumulatorBitsNeeded = 0
  /// Bits of the result's fraction grid that the largest value before assignment needed.
  public var resultBitsNeeded = 0
  /// Result values counted.
  public var results = 0

  public init() {}

  public mutating func merge(_ other: NodeEvents) {
    roundedResults += other.roundedResults
    overflowedResults += other.overflowedResults
    roundedSums += other.roundedSums
    overflowedAccumulations += other.overflowedAccumulations
    accumulatorBitsNeeded = max(accumulatorBitsNeeded, other.accumulatorBitsNeeded)
    resultBitsNeeded = max(resultBitsNeeded, other.resultBitsNeeded)
    results += other.results
  }
}
