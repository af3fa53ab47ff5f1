/// A value as a sum of scaled planes of single digits: `scale_1 * d_1 + scale_2 * d_2 + ...`.
///
/// A code is the number whose digits (in base 2 or 3, plane 1 least significant) are the positions of
/// `d_k` in ``Digits/values``. Scales are shared by a group of values.
public struct PlanesFormat: Hashable, Sendable {
  public enum Digits: String, CaseIterable, Hashable, Sendable {
    /// {0, 1}: flexible dual binarization (DB-LLM, arXiv 2402.11960; definition from
    /// accel/FORMATS.md, the paper could not be checked).
    case bits
    /// {-1, +1}: multi-bit binarization.
    case signs
    /// {-1, 0, +1}: trit planes (PTQTP, arXiv 2509.16989; abstract and published text).
    case trits

    /// The digits in code order.
    public var values: [Int] {
      switch self {
      case .bits: [0, 1]
      case .signs: [-1, 1]
      case .trits: [-1, 0, 1]
      }
    }
  }

  public let digits: Digits
  /// Number of planes, 1 to 8.
  public let count: Int
  /// Values that share scales; 0 for a whole tensor.
  public let group: Int

  /// - Throws: ``FormatError/parameterOutOfRange(_:value:allowed:)`` if the count is outside 1...8 or
  ///   the group outside 0...2^31.
  public init(digits: Digits, count: Int, group: Int) throws(FormatError) {
    guard (1...8).contains(count) else {
      throw .parameterOutOfRange("planes", value: count, allowed: 1...8)
    }
    guard (0...(1 << 31)).contains(group) else {
      throw .parameterOutOfRange("group", value: group, allowed: 0...(1 << 31))
    }
    self.digits = digits
    self.count = count
    self.group = group
  }

  /// Number of codes: the base to the power of the planes.
  public var codeCount: Int { (0..<count).reduce(1) { total, _ in total * digits.values.count } }

  /// Number of bits of a code.
  public var width: Int { Int64(codeCount - 1).significantBits - 1 }

  /// The digits of `code`, plane 1 first, or nil if the code is out of range.
  public func planes(of code: Int64) -> [Int]? {
    guard code >= 0, code < Int64(codeCount) else { return nil }
    let base = Int64(digits.values.count)
    var rest = code
    return (0..<count).map { _ in
      defer { rest /= base }
      return digits.values[Int(rest % base)]
    }
  }

  /// The value of `code` with these scales, exact; nil if the code is out of range or the number
  /// of scales is not ``count``.
  public func decode(_ code: Int64, scales: [Double]) -> ExactNumber<Int512>? {
    guard scales.count == count, let planes = planes(of: code) else { return nil }
    return zip(scales, planes).reduce(ExactNumber(Int512.zero)) { sum, term in
      .sum(sum, .product(ExactNumber(term.0), ExactNumber(Int512(Int64(term.1)))))
    }
  }

  /// The code whose value with these scales is nearest; the smaller code among equals.
  ///
  /// Nil if `value` is not finite or the number of scales is not ``count``.
  public func encode(_ value: Double, scales: [Double]) -> Int64? {
    guard value.isFinite, scales.count == count else { return nil }
    var best: (code: Int64, distance: ExactNumber<Int512>)?
    for code in 0..<Int64(codeCount) {
      guard let candidate = decode(code, scales: scales) else { return nil }
      var distance = ExactNumber.sum(candidate, ExactNumber(-value))
      distance.isNegative = false
      if let found = best, ExactNumber.isLess(distance, than: found.distance) != true { continue }
      best = (code, distance)
    }
    return best?.code
  }
}
