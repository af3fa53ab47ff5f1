public import Arith
public import HWModel

/// A layer whose formats a search chooses: a node with weights, in the graph's order.
public struct SearchLayer: Sendable, Hashable {
  public let name: String
  /// Number of weights; biases are not counted.
  public let weightCount: Int
  /// Multiply-accumulates of one sample.
  public let macs: Int
  /// Filters, which share the weights evenly and whose blocks and runs are their own; nil if unknown.
  public let filters: Int?

  public init(name: String, weightCount: Int, macs: Int, filters: Int? = nil) {
    self.name = name
    self.weightCount = weightCount
    self.macs = macs
    self.filters = filters
  }
}

/// What one layer takes: the encodings of its weights, of its input and of its sums; nil leaves them
/// as the model or the evaluator has them.
///
/// Scales that a format needs and its name does not give come from the evaluator's rule. An
/// evaluator or cost refuses what it does not know; it leaves nothing out of account.
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

  /// `weights/activations` by the names of their formats, `-` for a tensor that stays as it is; then
  /// the accumulator and the grouping of the weights, if there are any.
  public var name: String {
    var text = "\(weights?.name ?? "-")/\(activations?.name ?? "-")"
    if let accumulator { text += "/\(accumulator.name)" }
    if grouping != .filters { text += " \(grouping.name)" }
    return text
  }
}
