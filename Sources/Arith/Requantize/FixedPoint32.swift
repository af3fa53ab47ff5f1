/// The 32-bit fixed-point arithmetic of gemmlowp: a raw code with a stated number of integer bits
/// and `31 - integerBits` fraction bits.
///
/// Source: gemmlowp, `fixedpoint/fixedpoint.h`; the constants are its own, in its rounding.
public enum FixedPoint32 {
  /// The high half of `2 * a * b`, rounded, ties toward plus infinity; saturates only for -1 * -1.
  ///
  /// gemmlowp adds 2^30 or 1 - 2^30 by the product's sign and divides toward zero; that is this
  /// shift for every product.
  @inlinable
  public static func roundingDoublingHighMultiply(_ a: Int32, _ b: Int32) -> Int32 {
    if a == .min && b == .min { return .max }
    return Int32(truncatingIfNeeded: (Int64(a) * Int64(b) + (1 << 30)) >> 31)
  }

  /// `value * 2^shift`, saturated; a negative shift divides with ties away from zero.
  @inlinable
  public static func saturatingShift(_ value: Int32, by shift: Int) -> Int32 {
    if shift <= 0 { return RoundingShift.divideByPOT(value, -shift) }
    if shift >= 32 { return value == 0 ? 0 : value < 0 ? .min : .max }
    return Int32(clamping: Int64(value) << Int64(shift))
  }

  /// `(a + b) / 2` rounded, ties away from zero.
  @inlinable
  public static func roundingHalfSum(_ a: Int32, _ b: Int32) -> Int32 {
    let sum = Int64(a) + Int64(b)
    return Int32(truncatingIfNeeded: (sum + (sum >= 0 ? 1 : -1)) / 2)
  }

  /// `e^x` with 0 integer bits, for x in [-1/4, 0) with 0 integer bits.
  ///
  /// A Taylor series around -1/8 to the fourth power.
  static func exponentialOfQuarter(_ a: Int32) -> Int32 {
    let constantTerm: Int32 = 1_895_147_668  // e^(-1/8)
    let third: Int32 = 715_827_883  // 1/3
    let x = a &+ (1 << 28)
    let x2 = roundingDoublingHighMultiply(x, x)
    let x3 = roundingDoublingHighMultiply(x2, x)
    let x4 = roundingDoublingHighMultiply(x2, x2)
    let x4Over4 = saturatingShift(x4, by: -2)
    let sum = saturatingShift(
      roundingDoublingHighMultiply(x4Over4 &+ x3, third) &+ x2, by: -1)
    return constantTerm &+ roundingDoublingHighMultiply(constantTerm, x &+ sum)
  }

  /// `e^x` with 0 integer bits, for `x <= 0` with `integerBits` of them.
  public static func exponentialOfNegative(_ a: Int32, integerBits: Int) -> Int32 {
    let fractionBits = 31 - integerBits
    let quarter = Int32(1) << (fractionBits - 2)
    let fraction = (a & (quarter &- 1)) &- quarter
    var result = exponentialOfQuarter(saturatingShift(fraction, by: integerBits))
    let remainder = fraction &- a
    // e^(-2^k) for k from -2 on, with 0 integer bits.
    let factors: [Int32] = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
    ]
    for (index, factor) in factors.enumerated() where integerBits > index - 2 {
      let bit = fractionBits + index - 2
      if remainder & (Int32(1) &<< Int32(bit)) != 0 {
        result = roundingDoublingHighMultiply(result, factor)
      }
    }
    if integerBits > 5, a < -(Int32(1) << (fractionBits + 5)) { result = 0 }
    return a == 0 ? .max : result
  }

  /// `(1 - x) / (1 + x)` with 0 integer bits, for x in [0, 1] with 0 integer bits.
  ///
  /// Three Newton steps from 48/17 - 32/17 d, after the division by 2 that makes d one half to one.
  static func oneMinusOverOnePlus(_ a: Int32) -> Int32 {
    let x = reciprocalOfHalf(a)
    return saturatingShift(x &- (1 << 29), by: 2)
  }

  /// `1 / (1 + x)` with 0 integer bits, for x in [0, 1] with 0 integer bits.
  public static func oneOverOnePlus(_ a: Int32) -> Int32 {
    saturatingShift(reciprocalOfHalf(a), by: 1)
  }

  /// `2 / (1 + a)` with 2 integer bits.
  private static func reciprocalOfHalf(_ a: Int32) -> Int32 {
    let halfDenominator = roundingHalfSum(a, .max)
    let fortyEightOver17: Int32 = 1_515_870_810
    let minusThirtyTwoOver17: Int32 = -1_010_580_540
    var x =
      fortyEightOver17 &+ roundingDoublingHighMultiply(halfDenominator, minusThirtyTwoOver17)
    for _ in 0..<3 {
      let product = roundingDoublingHighMultiply(halfDenominator, x)
      let distance = (Int32(1) << 29) &- product
      x = x &+ saturatingShift(roundingDoublingHighMultiply(x, distance), by: 2)
    }
    return x
  }

  /// `1 / (1 + e^-x)` with 0 integer bits, for x with `integerBits` of them.
  public static func logistic(_ a: Int32, integerBits: Int) -> Int32 {
    if a == 0 { return 1 << 30 }
    let magnitude = a < 0 ? a : 0 &- a
    let positive = oneOverOnePlus(exponentialOfNegative(magnitude, integerBits: integerBits))
    return a < 0 ? Int32.max &- positive : positive
  }

  /// `tanh x` with 0 integer bits, for x with `integerBits` of them.
  public static func tanh(_ a: Int32, integerBits: Int) -> Int32 {
    if a == 0 { return 0 }
    let magnitude = a < 0 ? a : 0 &- a
    // The doubling of the argument is one integer bit more under the same code.
    let exponential = exponentialOfNegative(magnitude, integerBits: integerBits + 1)
    let result = oneMinusOverOnePlus(exponential)
    return a < 0 ? 0 &- result : result
  }

  /// The reciprocal of a positive `x` with `integerBits`: a code with 0 integer bits, and the bits by
  /// which the value lies above one.
  ///
  /// Source: TensorFlow Lite, `kernels/internal/common.h` (`GetReciprocal`).
  ///
  /// - Precondition: `x > 0`.
  public static func reciprocal(_ x: Int32, integerBits: Int) -> (scale: Int32, bitsOverUnit: Int) {
    let headroom = x.leadingZeroBitCount
    let bitsOverUnit = integerBits - headroom
    let shifted = Int32(
      truncatingIfNeeded: (Int64(x) << Int64(headroom)) - (Int64(1) << 31))
    return (oneOverOnePlus(shifted), bitsOverUnit)
  }
}
