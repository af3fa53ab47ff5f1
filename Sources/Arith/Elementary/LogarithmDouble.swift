/// Natural logarithm in binary64, correctly rounded, with integer arithmetic only.
public enum ElementaryDouble {
  /// `ln x`, rounded to nearest even.
  ///
  /// `x = m * 2^k` with `1 <= m < 2`; `ln m = 2 atanh((m - 1) / (m + 1))` by its power series in
  /// 124-bit fixed point, whose error (below 2^-117) decides no rounding of a 53-bit result except
  /// with probability 2^-60. Zero gives -infinity, negative numbers and NaN give NaN.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x.isInfinite || x == 1 { return x == 1 ? 0 : x }
    let exponent = Int(x.exponent)
    let significand = UInt128(x.significand.significandBitPattern | (1 << 52))
    let one: UInt128 = 1 << 52
    // z = (m - 1) / (m + 1) with 124 fraction bits: one long division of a 176-bit numerator.
    let numerator = significand - one
    let denominator = significand + one
    let z = denominator.dividingFullWidth((numerator >> 4, numerator << 124)).quotient
    let square = product(z, z)
    var power = z
    var sum: UInt128 = 0
    var divisor: UInt128 = 1
    while power > 0 {
      sum += power / divisor
      power = product(power, square)
      divisor += 2
    }
    let total = Int128(2 * sum) + Int128(exponent) * ln2
    return double(total)
  }

  /// `ln 2` with 124 fraction bits.
  private static let ln2: Int128 = 14_741_610_201_594_580_883_621_508_922_759_655_274

  /// The product of two numbers with 124 fraction bits, truncated.
  private static func product(_ a: UInt128, _ b: UInt128) -> UInt128 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return (high << 4) | (low >> 124)
  }

  /// `value * 2^-124` rounded to nearest even.
  private static func double(_ value: Int128) -> Double {
    let magnitude = value.magnitude
    let bits = 128 - magnitude.leadingZeroBitCount
    let dropped = max(bits - 62, 0)
    var kept = Int64(truncatingIfNeeded: magnitude >> dropped)
    if dropped > 0 && magnitude & ((1 << dropped) - 1) != 0 { kept |= 1 }
    return Double(
      sign: value < 0 ? .minus : .plus, exponent: dropped - 124, significand: Double(kept))
  }
}
