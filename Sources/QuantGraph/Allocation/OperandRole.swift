/// What a tensor is to the node that an allocation speaks of.
///
/// Raw values are the keys of allocation files.
public enum OperandRole: String, Hashable, Sendable, CaseIterable {
  /// The constant that a layer multiplies with.
  case weights
  /// The data: the node's first operand.
  case activations
  /// The other computed operand of a node that multiplies two, such as the scores of attention.
  case secondOperand = "second_operand"
  case bias
  /// The sums of products.
  case accumulator
  case result
  /// What one run leaves to the next, such as a cache of keys and values.
  case state
}

/// A named choice of hardware for a node: a reuse factor, a tile, a strategy.
public enum HardwareChoice: Hashable, Sendable {
  case integer(Int)
  case text(String)
}

/// The smallest and the largest value of a tensor; both finite, in this order.
public struct ObservedRange: Hashable, Sendable {
  public let minimum: Float
  public let maximum: Float

  /// Nil unless both are finite and in order.
  public init?(minimum: Float, maximum: Float) {
    guard minimum.isFinite, maximum.isFinite, minimum <= maximum else { return nil }
    self.minimum = minimum
    self.maximum = maximum
  }
}
