/// How an integer is written as bit planes: a sign plane and planes of magnitude, or of two's complement.
public enum PlaneCode: String, Hashable, Sendable {
  /// A set top bit means negative; the rest is the magnitude. The least integer takes the place of
  /// the one above it, since it has no magnitude.
  case signMagnitude = "sign-magnitude"
  case twosComplement = "twos-complement"

  /// Widths that planes are cut for.
  public static let widths = 2...16

  /// The planes of `value` as bits of a word, the sign at bit `width - 1`.
  ///
  /// - Precondition: `width` is in ``widths``.
  /// - Returns: the word; values beyond `width` bits are clamped.
  public func word(of value: Int, width: Int) -> UInt16 {
    precondition(Self.widths.contains(width), "planes of 2 to 16 bits")
    let top = 1 << (width - 1)
    switch self {
    case .twosComplement:
      let clamped = min(max(value, -top), top - 1)
      return UInt16(truncatingIfNeeded: clamped & (2 * top - 1))
    case .signMagnitude:
      let clamped = min(max(value, 1 - top), top - 1)
      return UInt16(truncatingIfNeeded: clamped < 0 ? top | -clamped : clamped)
    }
  }
}

/// Why weights cannot be rewritten.
public enum WeightRewriteError: Error, Hashable, Sendable {
  /// `columns` planes cannot be cleared of `width`.
  case columns(Int, width: Int)
  case width(Int)
  case group(Int)
  /// A weight, or what a rewrite makes of one, that `width` bits do not hold.
  case range(Int, width: Int)
}

extension WeightRewriteError {
  /// The error in one line.
  public var reason: String {
    switch self {
    case .columns(let columns, let width):
      "\(columns) columns cannot be taken from weights of \(width) bits"
    case .width(let width): "weights of \(width) bits have no planes (2 to 16 have)"
    case .group(let group): "groups of \(group) weights"
    case .range(let value, let width): "it makes \(value) of a weight of \(width) bits"
    }
  }
}

/// Groups of `group` weights that follow one another, the last one shorter if they do not divide.
///
/// - Returns: `weights` with each group replaced by what `rewrite` makes of it.
func rewritingGroups(
  of weights: [Int], group: Int, _ rewrite: (ArraySlice<Int>) -> [Int]
) -> [Int] {
  var result: [Int] = []
  result.reserveCapacity(weights.count)
  for start in stride(from: 0, to: weights.count, by: group) {
    result += rewrite(weights[start..<min(start + group, weights.count)])
  }
  return result
}
