/// Which weights of a layer share a scale, or a width.
public enum WeightGrouping: Sendable, Hashable {
  /// One scale a filter.
  case filters
  /// One scale for so many neighbouring weights of a filter, along its depth (kernel row, kernel
  /// column, input channel; the last changes fastest); the last run of a filter may be shorter.
  case runs(Int)
  /// One scale a filter; filters take one bit more or less than the others so that the mean stays
  /// (MPQ-DM's outlier-driven mixed quantization). Calibration decides which.
  case unequalFilters
  /// One scale a filter and a width of its own for each, in the model's order.
  case widths([Int])

  /// Bits that the scale of a run takes: half precision, as in GGUF's `Q4_0`.
  public static let runScaleBits = 16
  /// Weights of the longest run.
  public static let longestRun = 65_536

  /// `filters`, `runs<32>`, `unequal-filters` or `widths<4,5,3>`; ``init(name:)`` reads it back.
  public var name: String {
    switch self {
    case .filters: "filters"
    case .runs(let count): "runs<\(count)>"
    case .unequalFilters: "unequal-filters"
    case .widths(let bits): "widths<\(bits.map(String.init).joined(separator: ","))>"
    }
  }

  /// Nil for a text that ``name`` never is, a run of no or more than ``longestRun`` weights, and
  /// widths outside 2...16.
  public init?(name: some StringProtocol) {
    func numbers(_ word: String) -> [Int]? {
      guard name.hasPrefix(word + "<"), name.hasSuffix(">") else { return nil }
      let parts = name.dropFirst(word.count + 1).dropLast()
        .split(separator: ",", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { Int($0) }
      return numbers.count == parts.count ? numbers : nil
    }
    if name == "filters" {
      self = .filters
    } else if name == "unequal-filters" {
      self = .unequalFilters
    } else if let counts = numbers("runs"), counts.count == 1,
      (1...Self.longestRun).contains(counts[0])
    {
      self = .runs(counts[0])
    } else if let bits = numbers("widths"), bits.allSatisfy((2...16).contains) {
      self = .widths(bits)
    } else {
      return nil
    }
  }
}
