/// Why a model's results differ from what was observed, as far as single changes explain it.
public struct MismatchExplanation: Sendable {
  /// Changes that reproduce every value looked at, most plausible first.
  public let causes: [Cause]
  /// Changes tried.
  public let tried: Int
  /// Whether the work limit ended the search before all changes were tried.
  public let isComplete: Bool
}

/// One change to a model that could explain what was observed.
public struct Cause: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case rounding, overflow, width, value
    case tableSize = "table-size"
    case order
  }

  /// What was changed.
  public enum Object: String, Hashable, Sendable, CaseIterable {
    case result, accumulator, weight, bias, input, table
  }

  public let kind: Kind
  public let object: Object
  /// The node at which the change is made.
  public let node: String
  /// The change in words, such as `layer4_t: RND -> TRN`.
  public let detail: String
  /// Observed values that the change reproduces: all that were looked at.
  public let reproduces: Int
  /// Lower is more plausible.
  let cost: Double
}
