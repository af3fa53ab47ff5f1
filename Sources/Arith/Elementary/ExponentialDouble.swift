extension ElementaryDouble {
  /// `e^x` in binary64 from integer arithmetic, the same on every machine.
  ///
  /// `x = k ln 2 + r` with r in 124-bit fixed point and the power series of `e^r`: below 2^-100 before the
  /// one rounding to binary64, for `|x| <= 700`. Beyond, infinity or 0; NaN stays NaN.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709 { return .infinity }
    if x < -700 { return 0 }
    if x == 0 { return 1 }
    // Ten integer bits are enough for |x|, so 116 fraction bits fit in Int128.
    let fractionBits = 116
    let scaled = Int128(x.significandBitPattern | (1 << 52))
    let shift = Int(x.exponent) - 52 + fractionBits
    var fixed: Int128 = shift >= 0 ? scaled << Int128(shift) : scaled >> Int128(min(-shift, 127))
    if x < 0 { fixed = -fixed }
    let ln2: Int128 = 14_741_610_201_594_580_883_621_508_922_759_655_274 >> 8
    var power = fixed / ln2
    if fixed - power * ln2 < 0 { power -= 1 }
    let rest = fixed - power * ln2
    let one: Int128 = 1 << Int128(fractionBits)
    var sum = one
    var term = one
    var divisor: Int128 = 1
    while term > 0 {
      let (high, low) = term.multipliedFullWidth(by: rest)
      term = ((high << 12) | Int128(truncatingIfNeeded: low >> 116)) / divisor
      sum += term
      divisor += 1
    }
    // 1 <= sum < 2 has 117 bits: 62 of them and a sticky bit decide the rounding to 53.
    let dropped = 55
    var kept = Int64(truncatingIfNeeded: sum >> Int128(dropped))
    if sum & ((1 << Int128(dropped)) - 1) != 0 { kept |= 1 }
    return Double(
      sign: .plus, exponent: Int(power) + dropped - fractionBits, significand: Double(kept))
  }
}
