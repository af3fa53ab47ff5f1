/// The 16-bit fixed-point arithmetic of gemmlowp: a raw code with a stated number of integer bits
/// and `15 - integerBits` fraction bits.
///
/// Source: gemmlowp, `fixedpoint/fixedpoint.h`; constants are those of ``FixedPoint32`` rounded to
/// 16 bits.
public enum FixedPoint16 {
  /// The high half of `2 * a * b`, rounded, ties toward plus infinity; saturates only for -1 * -1.
  @inlinable
  public static func roundingDoublingHighMultiply(_ a: Int16, _ b: Int16) -> Int16 {
    if a == .min && b == .min { return .max }
    return Int16(truncatingIfNeeded: (Int32(a) * Int32(b) + (1 << 14)) >> 15)
  }

  /// The high half of `2 * a * b`, cut toward zero; saturates only for -1 * -1.
  @inlinable
  public static func doublingHighMultiply(_ a: Int16, _ b: Int16) -> Int16 {
    if a == .min && b == .min { return .max }
    return Int16(truncatingIfNeeded: (Int32(a) * Int32(b)) / (1 << 15))
  }

  /// `value * 2^shift`, saturated.
  @inlinable
  public static func saturatingLeft(_ value: Int16, _ shift: Int) -> Int16 {
    Int16(clamping: Int64(value) << Int64(min(shift, 40)))
  }

  /// `value * 2^shift`, saturated; a negative shift divides with ties away from zero.
  static func saturatingShift(_ value: Int16, by shift: Int) -> Int16 {
    shift >= 0 ? saturatingLeft(value, shift) : RoundingShift.divideByPOT(value, -shift)
  }

  private static func saturatingSum(_ a: Int16, _ b: Int16) -> Int16 {
    Int16(clamping: Int32(a) + Int32(b))
  }

  private static func constant(_ raw: Int32) -> Int16 {
    Int16(truncatingIfNeeded: RoundingShift.divideByPOT(raw, 16))
  }

  /// `e^x` with 0 integer bits, for x in [-1/4, 0) with 0 integer bits.
  private static func exponentialOfQuarter(_ a: Int16) -> Int16 {
    let constantTerm = constant(1_895_147_668)
    let third = constant(715_827_883)
    let x = a &+ (1 << 12)
    let x2 = roundingDoublingHighMultiply(x, x)
    let x3 = roundingDoublingHighMultiply(x2, x)
    let x4 = roundingDoublingHighMultiply(x2, x2)
    let x4Over4 = saturatingShift(x4, by: -2)
    let sum = saturatingShift(
      roundingDoublingHighMultiply(x4Over4 &+ x3, third) &+ x2, by: -1)
    return saturatingSum(constantTerm, roundingDoublingHighMultiply(constantTerm, x &+ sum))
  }

  /// `e^x` with 0 integer bits, for `x <= 0` with `integerBits` of them.
  static func exponentialOfNegative(_ a: Int16, integerBits: Int) -> Int16 {
    let fractionBits = 15 - integerBits
    // Shifts beyond the type's width give 0, as formats without such bits need.
    func power(_ bit: Int) -> Int16 { bit < 0 ? 0 : Int16(1) << Int16(bit) }
    let quarter = power(fractionBits - 2)
    let fraction = (a & (quarter &- 1)) &- quarter
    var result = exponentialOfQuarter(saturatingShift(fraction, by: integerBits))
    let remainder = fraction &- a
    let factors: [Int32] = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
    ]
    for (index, factor) in factors.enumerated() where integerBits > index - 2 {
      if remainder & power(fractionBits + index - 2) != 0 {
        result = roundingDoublingHighMultiply(result, constant(factor))
      }
    }
    if integerBits > 5, a < 0 &- power(fractionBits + 5) { result = 0 }
    return a == 0 ? .max : result
  }

  /// `2 / (1 + a)` with 2 integer bits, for a in [0, 1] with 0 integer bits.
  private static func reciprocalOfHalf(_ a: Int16) -> Int16 {
    let sum = Int32(a) + Int32(Int16.max)
    let halfDenominator = Int16(truncatingIfNeeded: (sum + (sum >= 0 ? 1 : -1)) / 2)
    var x =
      constant(1_515_870_810)
      &+ roundingDoublingHighMultiply(halfDenominator, constant(-1_010_580_540))
    for _ in 0..<3 {
      let product = roundingDoublingHighMultiply(halfDenominator, x)
      let distance = (Int16(1) << 13) &- product
      x = x &+ saturatingShift(roundingDoublingHighMultiply(x, distance), by: 2)
    }
    return x
  }

  /// `1 / (1 + e^-x)` with 0 integer bits, for x with `integerBits` of them.
  public static func logistic(_ a: Int16, integerBits: Int) -> Int16 {
    if a == 0 { return 1 << 14 }
    let magnitude = a < 0 ? a : 0 &- a
    let exponential = exponentialOfNegative(magnitude, integerBits: integerBits)
    let positive = saturatingShift(reciprocalOfHalf(exponential), by: 1)
    return a < 0 ? Int16.max &- positive : positive
  }

  /// `tanh x` with 0 integer bits, for x with `integerBits` of them.
  public static func tanh(_ a: Int16, integerBits: Int) -> Int16 {
    if a == 0 { return 0 }
    let magnitude = a < 0 ? a : 0 &- a
    let exponential = exponentialOfNegative(magnitude, integerBits: integerBits + 1)
    let result = saturatingShift(reciprocalOfHalf(exponential) &- (1 << 13), by: 2)
    return a < 0 ? 0 &- result : result
  }
}
