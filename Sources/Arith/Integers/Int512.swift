/// A 512-bit two's-complement integer of eight 64-bit limbs.
///
/// It holds exact intermediates of fixed-point types of up to 256 bits (a product of two such
/// codes needs 512). `+`, `-` and `*` trap on overflow, as for the standard integers; shifts by the
/// width or more give zero or the sign.
public struct Int512: RawInteger {
  /// Limbs, least significant first.
  var limbs: InlineArray<8, UInt64>

  public static let bitWidth = 512
  public static let zero = Int512(0)
  public static let one = Int512(1)

  public init(_ source: Int64) {
    limbs = .init(repeating: source < 0 ? UInt64.max : 0)
    limbs[0] = UInt64(bitPattern: source)
  }

  /// The number of which `limbs` are the 64-bit digits, least significant first; missing digits
  /// are copies of the sign if `signExtending`, else zero.
  ///
  /// - Precondition: at most eight limbs.
  public init(limbs source: some Sequence<UInt64>, signExtending: Bool) {
    var next = 0
    var fill: UInt64 = 0
    limbs = .init(repeating: 0)
    for limb in source {
      limbs[next] = limb
      fill = signExtending && Int64(bitPattern: limb) < 0 ? UInt64.max : 0
      next += 1
    }
    while next < 8 {
      limbs[next] = fill
      next += 1
    }
  }

  /// The hexadecimal number in `digits`, read as two's complement of `width` bits.
  ///
  /// Returns nil if a character is no hexadecimal digit or more than 512 bits are given.
  public init?(hexadecimal digits: some StringProtocol, width: Int, isSigned: Bool) {
    var value = Int512.zero
    guard !digits.isEmpty, digits.utf8.count <= 128, width >= 1, width <= 512 else { return nil }
    for character in digits {
      guard let digit = character.hexDigitValue else { return nil }
      value = (value << 4) | Int512(Int64(digit))
    }
    self = value.truncated(toWidth: width, isSigned: isSigned)
  }

  public var low64: Int64 { Int64(bitPattern: limbs[0]) }

  /// The limb at `index` (0 is the least significant), 0 to 7.
  public func limb(at index: Int) -> UInt64 { limbs[index] }

  var isNegative: Bool { Int64(bitPattern: limbs[7]) < 0 }

  public static func == (lhs: Int512, rhs: Int512) -> Bool {
    var difference: UInt64 = 0
    for index in 0..<8 { difference |= lhs.limbs[index] ^ rhs.limbs[index] }
    return difference == 0
  }

  public func hash(into hasher: inout Hasher) {
    for index in 0..<8 { hasher.combine(limbs[index]) }
  }

  public static func < (lhs: Int512, rhs: Int512) -> Bool {
    if lhs.isNegative != rhs.isNegative { return lhs.isNegative }
    for index in stride(from: 7, through: 0, by: -1) where lhs.limbs[index] != rhs.limbs[index] {
      return lhs.limbs[index] < rhs.limbs[index]
    }
    return false
  }

  private static func wrappingSum(_ lhs: Int512, _ rhs: Int512) -> Int512 {
    var result = lhs
    var carry: UInt64 = 0
    for index in 0..<8 {
      let (partial, first) = lhs.limbs[index].addingReportingOverflow(rhs.limbs[index])
      let (sum, second) = partial.addingReportingOverflow(carry)
      result.limbs[index] = sum
      carry = first || second ? 1 : 0
    }
    return result
  }

  public static func + (lhs: Int512, rhs: Int512) -> Int512 {
    let result = wrappingSum(lhs, rhs)
    precondition(
      lhs.isNegative != rhs.isNegative || result.isNegative == lhs.isNegative,
      "512-bit sum overflows")
    return result
  }

  public static func - (lhs: Int512, rhs: Int512) -> Int512 {
    let result = wrappingSum(lhs, wrappingSum(~rhs, one))
    precondition(
      lhs.isNegative == rhs.isNegative || result.isNegative == lhs.isNegative,
      "512-bit difference overflows")
    return result
  }

  public static prefix func - (value: Int512) -> Int512 { wrappingSum(~value, one) }

  public static prefix func ~ (value: Int512) -> Int512 {
    var result = value
    for index in 0..<8 { result.limbs[index] = ~value.limbs[index] }
    return result
  }

  public static func & (lhs: Int512, rhs: Int512) -> Int512 {
    var result = lhs
    for index in 0..<8 { result.limbs[index] = lhs.limbs[index] & rhs.limbs[index] }
    return result
  }

  public static func | (lhs: Int512, rhs: Int512) -> Int512 {
    var result = lhs
    for index in 0..<8 { result.limbs[index] = lhs.limbs[index] | rhs.limbs[index] }
    return result
  }

  public static func * (lhs: Int512, rhs: Int512) -> Int512 {
    precondition(
      lhs.significantBits + rhs.significantBits <= bitWidth, "512-bit product overflows")
    var result = Int512(0)
    for row in 0..<8 where lhs.limbs[row] != 0 {
      var carry: UInt64 = 0
      for column in 0..<(8 - row) {
        let (high, low) = lhs.limbs[row].multipliedFullWidth(by: rhs.limbs[column])
        let (partial, first) = low.addingReportingOverflow(result.limbs[row + column])
        let (sum, second) = partial.addingReportingOverflow(carry)
        result.limbs[row + column] = sum
        // For a negative operand the last row's carry leaves the width.
        carry = high &+ (first ? 1 : 0) &+ (second ? 1 : 0)
      }
    }
    return result
  }

  public static func << (lhs: Int512, rhs: Int) -> Int512 {
    precondition(rhs >= 0, "shift counts are not negative")
    if rhs >= 512 { return zero }
    let words = rhs / 64
    let bits = UInt64(rhs % 64)
    var result = zero
    for index in stride(from: 7, through: words, by: -1) {
      var limb = lhs.limbs[index - words] << bits
      if bits > 0 && index > words { limb |= lhs.limbs[index - words - 1] >> (64 - bits) }
      result.limbs[index] = limb
    }
    return result
  }

  public static func >> (lhs: Int512, rhs: Int) -> Int512 {
    precondition(rhs >= 0, "shift counts are not negative")
    let fill: UInt64 = lhs.isNegative ? UInt64.max : 0
    var result = Int512(lhs.isNegative ? -1 : 0)
    if rhs >= 512 { return result }
    let words = rhs / 64
    let bits = UInt64(rhs % 64)
    for index in 0..<(8 - words) {
      var limb = lhs.limbs[index + words] >> bits
      if bits > 0 {
        let above = index + words + 1 < 8 ? lhs.limbs[index + words + 1] : fill
        limb |= above << (64 - bits)
      }
      result.limbs[index] = limb
    }
    return result
  }

  public func quotient(dividingBy divisor: Int512) -> Int512 {
    let (quotient, _) = magnitudeQuotientAndRemainder(dividingBy: divisor)
    return isNegative != divisor.isNegative ? -quotient : quotient
  }

  /// Quotient and remainder of the magnitudes, by long division one bit at a time.
  func magnitudeQuotientAndRemainder(dividingBy divisor: Int512) -> (
    quotient: Int512, remainder: Int512
  ) {
    precondition(divisor != Int512.zero, "division by zero")
    let numerator = magnitudeWrapping
    let denominator = divisor.magnitudeWrapping
    var quotient = Int512.zero
    var remainder = Int512.zero
    for position in stride(from: 511, through: 0, by: -1) {
      // The magnitude of the most negative value is itself: read its bits as unsigned.
      let bit = (numerator.limbs[position / 64] >> UInt64(position % 64)) & 1
      remainder = (remainder << 1) | Int512(Int64(bit))
      if !remainder.isBelowUnsigned(denominator) {
        remainder = remainder - denominator
        quotient.limbs[position / 64] |= 1 << UInt64(position % 64)
      }
    }
    return (quotient, remainder)
  }

  private func isBelowUnsigned(_ other: Int512) -> Bool {
    for index in stride(from: 7, through: 0, by: -1) where limbs[index] != other.limbs[index] {
      return limbs[index] < other.limbs[index]
    }
    return false
  }

  public var significantBits: Int {
    let folded = isNegative ? ~self : self
    for index in stride(from: 7, through: 0, by: -1) where folded.limbs[index] != 0 {
      return index * 64 + (64 - folded.limbs[index].leadingZeroBitCount) + 1
    }
    return 1
  }

  /// The value in decimal.
  public var description: String {
    if self == Int512.zero { return "0" }
    let billion = Int512(1_000_000_000)
    var rest = self
    var groups: [Int64] = []
    while rest != Int512.zero {
      let (quotient, remainder) = rest.magnitudeQuotientAndRemainder(dividingBy: billion)
      groups.append(remainder.low64)
      rest = quotient
    }
    var text = isNegative ? "-" : ""
    for (index, group) in groups.reversed().enumerated() {
      let digits = String(group)
      if index > 0 { text += String(repeating: "0", count: 9 - digits.count) }
      text += digits
    }
    return text
  }
}
