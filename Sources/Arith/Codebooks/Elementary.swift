/// Powers and logarithms to base two in 240-bit fixed point, for tables of irrational values.
///
/// C libraries disagree in the last bit of `exp2` and `log2`; here the error is below 2^-120, far
/// under half a unit of binary64, so that the tables are correctly rounded everywhere.
enum Elementary {
  /// Fraction bits of intermediate values.
  static let precision = 240

  static let one = Int512.one << precision

  /// The natural logarithm of 2 by Machin's formula
  /// `ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749)`.
  static let naturalLogarithmOfTwo: Int512 =
    Int512(18) * inverseAtanh(26) - Int512(2) * inverseAtanh(4801) + Int512(8) * inverseAtanh(8749)

  /// `atanh(1 / n)` by its power series.
  private static func inverseAtanh(_ n: UInt64) -> Int512 {
    var power = one.quotient(dividingBySmall: n)
    var sum = Int512.zero
    var index: UInt64 = 1
    while power != Int512.zero {
      sum = sum + power.quotient(dividingBySmall: index)
      power = power.quotient(dividingBySmall: n * n)
      index += 2
    }
    return sum
  }

  /// `2^x` of a fixed-point `x`.
  static func exp2(_ x: Int512) -> ExactNumber<Int512> {
    let whole = x >> precision
    let fraction = x - (whole << precision)
    let argument = (fraction * naturalLogarithmOfTwo) >> precision
    var term = one
    var sum = one
    var index: UInt64 = 1
    while term != Int512.zero {
      term = ((term * argument) >> precision).quotient(dividingBySmall: index)
      sum = sum + term
      index += 1
    }
    return ExactNumber(sum, scaledBy: Int(whole.low64) - precision)
  }

  /// `2^(numerator / denominator)`; exact where the exponent is whole.
  static func exp2(_ numerator: Int, over denominator: Int) -> ExactNumber<Int512> {
    if numerator % denominator == 0 {
      return ExactNumber(Int512.one, scaledBy: numerator / denominator)
    }
    let scaled = Int512(Int64(numerator)) << precision
    let quotient = scaled.quotient(dividingBySmall: UInt64(denominator))
    return exp2(quotient)
  }

  /// `log2(x)` in fixed point, correct to about 2^-130; exact for powers of two.
  ///
  /// - Precondition: `x` is finite and above zero.
  static func log2(_ x: ExactNumber<Int512>) -> Int512 {
    let top = x.leadingExponent
    let shift = precision - (x.magnitude.significantBits - 2)
    var mantissa = shift >= 0 ? x.magnitude << shift : x.magnitude >> -shift
    var digits = Int512.zero
    // Each squaring doubles the error of 2^-240; 136 digits stay right.
    for position in 1...136 {
      mantissa = (mantissa * mantissa) >> precision
      if mantissa >= one << 1 {
        mantissa = mantissa >> 1
        digits = digits | (Int512.one << (precision - position))
      }
    }
    return (Int512(Int64(top)) << precision) + digits
  }
}

extension Int512 {
  /// The quotient by a 64-bit number, truncated toward zero.
  func quotient(dividingBySmall divisor: UInt64) -> Int512 {
    let source = magnitudeWrapping
    var result = Int512.zero
    var remainder: UInt64 = 0
    for index in stride(from: 7, through: 0, by: -1) {
      let (quotient, rest) = divisor.dividingFullWidth((remainder, source.limbs[index]))
      result.limbs[index] = quotient
      remainder = rest
    }
    return isNegative ? -result : result
  }
}
