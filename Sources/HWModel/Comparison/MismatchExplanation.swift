/// Why a model's results differ from what was observed, as far as single changes explain it.
public struct MismatchExplanation: Sendable {
  /// Changes that reproduce every value looked at, most plausible first.
  public let causes: [Cause]
  /// Changes tried.
  public let tried: Int
  /// Whether all changes were tried before the limits of work and time.
  public let isComplete: Bool
  /// Observed values that differ, of those looked at.
  public var differing = 0
  /// What is known of the layer's weights where they explain more than any single change.
  public var otherWeights: OtherWeights?

  public init(
    causes: [Cause], tried: Int, isComplete: Bool, differing: Int = 0,
    otherWeights: OtherWeights? = nil
  ) {
    self.causes = causes
    self.tried = tried
    self.isComplete = isComplete
    self.differing = differing
    self.otherWeights = otherWeights
  }
}

/// A layer whose inputs agree with what was observed, and whose results do not, because more than
/// one of its weights is another.
public struct OtherWeights: Hashable, Sendable {
  /// Position in the graph's nodes.
  public let node: Int
  /// Output channels with a value that differs, and all of them.
  public let channels: Int
  public let channelCount: Int
  /// Values that differ, and all that were looked at.
  public let values: Int
  public let valueCount: Int
}

/// How much a search for causes may do.
public struct ExplanationLimits: Sendable {
  /// Asked between changes; false ends the search.
  public let mayGoOn: @Sendable () -> Bool
  /// Whether only the type of the result may be changed: nothing else gives values that the type
  /// does not have.
  public let onlyResultTypes: Bool
  /// Products that the search may compute, about ten thousand million a minute.
  public let work: Int

  public init(
    onlyResultTypes: Bool = false, work: Int = 4_000_000_000,
    mayGoOn: @escaping @Sendable () -> Bool = { true }
  ) {
    self.work = work
    self.onlyResultTypes = onlyResultTypes
    self.mayGoOn = mayGoOn
  }
}

/// One change to a model that could explain what was observed.
public struct Cause: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case rounding, overflow, width, value
    case tableSize = "table-size"
    case order
    /// Another algorithm for the same function.
    case implementation
    /// Of the data given: samples in another order, files exchanged, numbers of another scale, axes
    /// or channels in another order.
    case sampleOrder = "sample-order"
    case exchange, scale, layout
  }

  /// What was changed.
  public enum Object: String, Hashable, Sendable, CaseIterable {
    case result, accumulator, weight, bias, input, table, softmax
    /// The values that results are compared with.
    case expected
  }

  public let kind: Kind
  public let object: Object
  /// The node at which the change is made.
  public let node: String
  /// The change in words, such as `layer4_t: RND -> TRN`.
  public let detail: String
  /// Observed values that the change reproduces; all that were looked at, of a change of the model.
  public let reproduces: Int
  /// Lower is more plausible.
  let cost: Double
}
