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

/// What one layer takes: the encodings of its weights and of its input; nil leaves the tensor as
/// the model has it.
///
/// Scales that a format needs and its name does not give come from the evaluator's rule.
public struct Candidate: Sendable, Hashable {
  public var weights: Encoding?
  public var activations: Encoding?

  public init(weights: Encoding?, activations: Encoding?) {
    self.weights = weights
    self.activations = activations
  }
}
