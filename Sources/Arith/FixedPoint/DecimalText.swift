/// Decimal text of binary numbers, correctly rounded as C's `%.*f` and Python's `.Nf` round it.
public enum DecimalText {
  /// The double that the text of `value` with `decimals` digits after the point reads as.
  ///
  /// The text is the exact value rounded to nearest, ties to even (IEEE 754-2019, 5.12.2). A value
  /// whose text has 17 significant digits or is exact reads back unchanged. nil if `value` is not
  /// finite, or has neither property at more than 137 decimals.
  public static func rounding(_ value: Double, toDecimals decimals: Int) -> Double? {
    guard value.isFinite else { return nil }
    if value == 0 { return value }
    let field = max(Int(value.exponentBitPattern), 1)
    var significand = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
    let trailing = significand.trailingZeroBitCount
    significand >>= UInt64(trailing)
    let exponent = field - 1075 + trailing
    // 2^-n has n decimals.
    if -exponent <= decimals { return value }
    let digitsOfInteger = Int((Double(value.exponent) * 0.30102999566398120).rounded(.down))
    if decimals + digitsOfInteger >= 18 { return value }
    guard decimals <= 137 else { return nil }
    var scaled = Int512(Int64(significand))
    let ten = Int512(10)
    for _ in 0..<decimals { scaled = scaled * ten }
    let rounded = Quantization.roundTiesToEven.rounding(scaled, dropping: -exponent).value
    guard rounded.significantBits <= 64 else { return nil }
    var digits = String(rounded.low64)
    if digits.count <= decimals {
      digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits
    }
    let whole = digits.dropLast(decimals)
    let magnitude = Double("\(whole).\(digits.suffix(decimals))0")
    return magnitude.map { value < 0 ? -$0 : $0 }
  }
}
