public import Arith

/// A layer whose formats a search chooses: a node with weights, in the graph's order.
public struct SearchLayer: Sendable, Hashable {
  public let name: String
  /// Number of weights; biases are not counted.
  public let weightCount: Int
  /// Multiply-accumulates of one sample.
  public let macs: Int

  public init(name: String, weightCount: Int, macs: Int) {
    self.name = name
    self.weightCount = weightCount
    self.macs = macs
  }
}

/// What one layer takes: the encodings of its weights, of its input and of its sums; nil leaves them
/// as the model or the evaluator has them.
///
/// Scales that a format needs and its name does not give come from the evaluator's rule.
public struct Candidate: Sendable, Hashable {
  public var weights: Encoding?
  public var activations: Encoding?
  /// What holds the sums of products.
  public var accumulator: Encoding?
  public var grouping: WeightGrouping

  public init(
    weights: Encoding?, activations: Encoding?, accumulator: Encoding? = nil,
    grouping: WeightGrouping = .filters
  ) {
    self.weights = weights
    self.activations = activations
    self.accumulator = accumulator
    self.grouping = grouping
  }
}

/// Which weights of a layer share a scale, or a width.
public enum WeightGrouping: Sendable, Hashable {
  /// One scale a filter.
  case filters
  /// One scale for so many neighbouring weights of a filter, along its depth.
  case runs(Int)
  /// One scale a filter; filters take one bit more or less than the others so that the mean stays
  /// (MPQ-DM's outlier-driven mixed quantization).
  case unequalFilters
}
