extension FixedPoint32 {
  /// The factor `1 / sqrt(value)`; that of 0 and 1 is the largest below one.
  ///
  /// Five Newton steps from 1 in 3 integer bits, then half the square root of two. Source: TensorFlow
  /// Lite, `kernels/internal/common.h`, `GetInvSqrtQuantizedMultiplierExp`.
  ///
  /// - Precondition: `value` is not negative.
  public static func inverseSquareRoot(of value: Int32) -> QuantizedMultiplier {
    guard value > 1 else { return QuantizedMultiplier(multiplier: .max, shift: 0) }
    var input = value
    var rightShift = 11
    while input >= 1 << 29 {
      input /= 4
      rightShift += 1
    }
    let pairs = (input.leadingZeroBitCount - 1) / 2 - 1
    rightShift -= pairs
    input <<= Int32(2 * pairs)
    let whole = input >> 1
    let half = saturatingShift(whole, by: -1)
    let threeHalves: Int32 = (1 << 28) + (1 << 27)
    var x: Int32 = 1 << 28
    for _ in 0..<5 {
      let square = roundingDoublingHighMultiply(x, x)
      let cube = saturatingShift(roundingDoublingHighMultiply(square, x), by: 6)
      let step =
        roundingDoublingHighMultiply(threeHalves, x) &- roundingDoublingHighMultiply(half, cube)
      x = saturatingShift(step, by: 3)
    }
    let halfSquareRootOfTwo: Int32 = 1_518_500_250
    x = roundingDoublingHighMultiply(x, halfSquareRootOfTwo)
    if rightShift < 0 {
      x = x &<< Int32(-rightShift)
      rightShift = 0
    }
    return QuantizedMultiplier(multiplier: x, shift: -rightShift)
  }

  /// `ln x` with `resultBits` integer bits, for x of at least 1 with `integerBits` of them.
  ///
  /// A power of two times a number near `2^-1/4`, whose logarithm is a rational function. Source:
  /// TensorFlow Lite, `kernels/internal/common.h`, `log_x_for_x_greater_than_or_equal_to_1_impl`.
  public static func logarithm(_ a: Int32, integerBits: Int, resultBits: Int) -> Int32 {
    let sumBits = resultBits + 1
    let logarithmOfTwo: Int32 = 1_488_522_236
    let fourthRootOfHalf: Int32 = 1_805_811_301
    let rootOfHalf: Int32 = 1_518_500_250
    // 11/240, 1/20, 2 / s - s and 1/4 of s = 2^(1/4).
    let numeratorTerm: Int32 = 117_049_297
    let squareTerm: Int32 = 127_690_142
    let constantTerm: Int32 = 1_057_819_769
    let linearTerm: Int32 = 638_450_708
    func product(_ a: Int32, _ b: Int32) -> Int32 { roundingDoublingHighMultiply(a, b) }
    let quarter = saturatingShift(536_870_912, by: -sumBits)
    func power(_ exponent: Int, adding term: Int32) -> Int32 {
      let scaled = saturatingShift(Int32(truncatingIfNeeded: exponent), by: 31 - sumBits)
      return Int32(clamping: Int64(scaled) + Int64(term))
    }
    let headroom = a.leadingZeroBitCount
    let normalized = saturatingShift(a, by: headroom - 1)
    let first = saturatingShift(product(normalized, rootOfHalf), by: 1)
    let firstPower = power(integerBits - headroom, adding: quarter)
    let otherHeadroom = product(a, rootOfHalf).leadingZeroBitCount - 1
    let second = saturatingShift(a, by: otherHeadroom)
    let secondPower = power(integerBits - otherHeadroom, adding: 0 &- quarter)
    let r = min(first, second)
    let p = roundingHalfSum(r, fourthRootOfHalf)
    let distance = r &- fourthRootOfHalf
    let q = distance &+ distance
    let square = product(q, q)
    let numerator = product(q, r) &+ product(product(q, square), numeratorTerm)
    let denominator =
      product(p, constantTerm &+ q &+ product(squareTerm, square)) &+ product(linearTerm, q)
    let fraction = product(saturatingShift(numerator, by: -sumBits), oneOverOnePlus(denominator))
    let sum = product(max(firstPower, secondPower), logarithmOfTwo) &+ fraction
    return saturatingShift(sum, by: 1)
  }
}
