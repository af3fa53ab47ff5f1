public import QuantGraph

/// A layer whose formats a search chooses: a node with weights, in the graph's order.
public struct SearchLayer: Sendable, Hashable {
  public let name: String
  /// Number of weights; biases are not counted.
  public let weightCount: Int
  /// Multiply-accumulates of one sample.
  public let macs: Int
  /// Filters, which share the weights evenly and whose blocks and runs are their own; nil if unknown.
  public let filters: Int?
  /// The layer before it whose weights are the same tensor, so that they are stored once; nil if
  /// they are its own.
  public let storedWith: String?

  public init(
    name: String, weightCount: Int, macs: Int, filters: Int? = nil, storedWith: String? = nil
  ) {
    self.name = name
    self.weightCount = weightCount
    self.macs = macs
    self.filters = filters
    self.storedWith = storedWith
  }
}

/// What one layer takes, of the roles that a search chooses: weights, data and sums.
public typealias Candidate = NodeAllocation
