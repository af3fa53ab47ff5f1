/// What a piece of logic is for; each has one factor between counted and synthesized tables in a flow.
public enum UnitPart: String, CaseIterable, Sendable {
  /// Partial products and the full adders that compress sums of many operands.
  case compression
  /// Stages of shifters.
  case shift
  /// Choices between two values.
  case selection
  /// Everything else: single gates, priority, comparisons.
  case logic

  /// What it holds, in words.
  var meaning: String {
    switch self {
    case .compression: "partial products and full adders"
    case .shift: "stages of shifters"
    case .selection: "choices between two values"
    case .logic: "everything else"
    }
  }

  init(_ operation: UnitCircuit.Operation) {
    switch operation {
    case .sum, .difference, .negated, .product: self = .compression
    case .shiftedLeft, .shiftedRight: self = .shift
    case .selected: self = .selection
    default: self = .logic
    }
  }
}
