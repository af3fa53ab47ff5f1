extension ExactNumber where Raw == Int512 {
  /// `a / b` with at least 440 significant bits, the last one sticky.
  ///
  /// Rounding it once gives the correctly rounded quotient in every format whose least significant
  /// bit lies less than 400 bits below the quotient's leading bit. `x / 0` is an infinity, `0 / 0`
  /// and infinity by infinity are NaN (IEEE 754-2019, 7.2 and 7.3).
  ///
  /// - Precondition: the magnitude of `b` has at most 64 bits.
  static func quotient(_ a: ExactNumber, _ b: ExactNumber) -> ExactNumber {
    if a.kind == .notANumber || b.kind == .notANumber { return notANumber }
    let isNegative = a.isNegative != b.isNegative
    if a.kind == .infinity {
      return b.kind == .infinity ? notANumber : infinity(isNegative: isNegative)
    }
    if b.kind == .infinity { return zero(isNegative: isNegative) }
    if b.isZero { return a.isZero ? notANumber : infinity(isNegative: isNegative) }
    if a.isZero { return zero(isNegative: isNegative) }
    let numerator = a.keeping(bits: 440)
    let shift = max(
      440 + b.magnitude.significantBits - numerator.magnitude.significantBits, 0)
    let shifted = numerator.magnitude << shift
    let quotient =
      b.magnitude.significantBits <= 64
      ? shifted.quotient(dividingBySmall: UInt64(bitPattern: b.magnitude.low64))
      : shifted.quotient(dividingBy: b.magnitude)
    let isInexact = quotient * b.magnitude != shifted
    let doubled = quotient << 1
    return ExactNumber(
      kind: .finite, isNegative: isNegative,
      magnitude: isInexact ? doubled.settingLowestBit : doubled,
      exponent: numerator.exponent - shift - b.exponent - 1)
  }
}
