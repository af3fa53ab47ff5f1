/// How the largest magnitude that a format represents is chosen.
public enum ScaleSearch: Hashable, Sendable {
  /// The largest magnitude of the data.
  case maxAbs
  /// The magnitude that so many percent of the data do not exceed (nearest rank), 0 to 100.
  case percentile(Double)
  /// The part 1.00, 0.99, ... 0.20 of the largest magnitude with the smallest squared error; of
  /// equal ones the larger.
  case mse

  /// `max`, `mse` or `percentile:99.9`; ``init(name:)`` reads it back.
  public var name: String {
    switch self {
    case .maxAbs: "max"
    case .mse: "mse"
    case .percentile(let percent): "percentile:\(percent)"
    }
  }

  /// Nil for other texts, and for percentiles that are not over 0 and at most 100.
  public init?(name: String) {
    switch name {
    case "max": self = .maxAbs
    case "mse": self = .mse
    default:
      guard name.hasPrefix("percentile:"), let percent = Double(name.dropFirst(11)),
        percent > 0, percent <= 100
      else { return nil }
      self = .percentile(percent)
    }
  }
}
