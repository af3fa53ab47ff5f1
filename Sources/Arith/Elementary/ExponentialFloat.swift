/// Elementary functions as the C libraries on which HLS C-simulations run evaluate them.
///
/// They are written with IEEE operations whose results are defined to the last bit, so that tables
/// built from them are the same on every machine.
public enum ElementaryFloat {
  /// `e^x` in binary32, as the GNU C library (2.27 and later) evaluates `expf`.
  ///
  /// `x = (k + r) ln 2 / 32` with integer k, `2^(k/32)` from 32 correctly rounded entries and a cubic in
  /// r, all in binary64; 0.502 units in the last place before rounding. Source: S. Nagy, ARM optimized
  /// routines, `exp2f_data` (coefficients). The one operation that a fused multiply-add could
  /// change is far below binary32's last place.
  ///
  /// Overflow gives +infinity, underflow rounds to a subnormal or +0, NaN stays NaN.
  public static func exp(_ x: Float) -> Float {
    if x.isNaN { return x }
    if x > 0x1.62e42ep6 { return .infinity }
    if x < -0x1.9fe368p6 { return 0 }
    let scaled = 0x1.71547652b82fep+0 * 32 * Double(x)
    let shifted = scaled.rounded(.toNearestOrEven)
    let r = scaled - shifted
    let k = Int(shifted)
    let fraction = k & 31
    let power = Double(
      sign: .plus, exponent: (k - fraction) / 32,
      significand: Double(bitPattern: powers[fraction]))
    let high = (0x1.c6af84b912394p-5 / 32768) * r + (0x1.ebfce50fac4f3p-3 / 1024)
    let low = (0x1.62e42ff0c52d6p-1 / 32) * r + 1
    return Float((high * (r * r) + low) * power)
  }

  /// `2^(i/32)` for i = 0...31 as binary64 bit patterns, correctly rounded.
  static let powers: [UInt64] = [
    0x3ff0_0000_0000_0000, 0x3ff0_59b0_d315_8574, 0x3ff0_b558_6cf9_890f, 0x3ff1_1301_d012_5b51,
    0x3ff1_72b8_3c7d_517b, 0x3ff1_d487_3168_b9aa, 0x3ff2_387a_6e75_6238, 0x3ff2_9e9d_f51f_dee1,
    0x3ff3_06fe_0a31_b715, 0x3ff3_71a7_373a_a9cb, 0x3ff3_dea6_4c12_3422, 0x3ff4_4e08_6061_892d,
    0x3ff4_bfda_d536_2a27, 0x3ff5_342b_569d_4f82, 0x3ff5_ab07_dd48_5429, 0x3ff6_247e_b03a_5585,
    0x3ff6_a09e_667f_3bcd, 0x3ff7_1f75_e8ec_5f74, 0x3ff7_a114_73eb_0187, 0x3ff8_2589_994c_ce13,
    0x3ff8_ace5_422a_a0db, 0x3ff9_3737_b0cd_c5e5, 0x3ff9_c491_82a3_f090, 0x3ffa_5503_b23e_255d,
    0x3ffa_e89f_995a_d3ad, 0x3ffb_7f76_f2fb_5e47, 0x3ffc_199b_dd85_529c, 0x3ffc_b720_dcef_9069,
    0x3ffd_5818_dcfb_a487, 0x3ffd_fc97_337b_9b5f, 0x3ffe_a4af_a2a4_90da, 0x3fff_5076_5b6e_4540,
  ]

  /// `e^x - 1` in binary32, as fdlibm's `expm1f` evaluates it for `|x| < 88`.
  ///
  /// `x = k ln 2 + r`, a rational approximation in r with five coefficients, all in binary32.
  /// Source: Sun fdlibm, `s_expm1.c`, in the binary32 version that GNU C libraries before 2.41 ship.
  static func expMinusOne(_ argument: Float) -> Float {
    var x = argument
    let magnitude = argument.magnitude
    var k = 0
    var correction: Float = 0
    if magnitude.bitPattern > 0x3eb1_7218 {
      let high: Float
      let low: Float
      if magnitude.bitPattern < 0x3f85_1592 {
        k = x < 0 ? -1 : 1
        high = x < 0 ? x + ln2High : x - ln2High
        low = x < 0 ? -ln2Low : ln2Low
      } else {
        let half: Float = x < 0 ? -0.5 : 0.5
        k = Int(Float(bitPattern: 0x3fb8_aa3b) * x + half)
        let multiple = Float(k)
        high = x - multiple * ln2High
        low = multiple * ln2Low
      }
      x = high - low
      correction = (high - x) - low
    } else if magnitude.bitPattern < 0x3300_0000 {
      return x
    }
    let halfX: Float = 0.5 * x
    let square = x * halfX
    // q1...q5 of the source, as bit patterns.
    let q1 = Float(bitPattern: 0xbd08_8889)
    let q2 = Float(bitPattern: 0x3ad0_0d01)
    let q3 = Float(bitPattern: 0xb8a6_70cd)
    let q4 = Float(bitPattern: 0x3686_7e54)
    let q5 = Float(bitPattern: 0xb457_edbb)
    let r1: Float = 1 + square * (q1 + square * (q2 + square * (q3 + square * (q4 + square * q5))))
    let t: Float = 3 - r1 * halfX
    var e = square * ((r1 - t) / (6 - x * t))
    if k == 0 { return x - (x * e - square) }
    e = x * (e - correction) - correction
    e -= square
    if k == -1 { return 0.5 * (x - e) - 0.5 }
    if k == 1 { return x < -0.25 ? -2 * (e - (x + 0.5)) : 1 + 2 * (x - e) }
    if k <= -2 || k > 56 {
      return Float(sign: .plus, exponent: k, significand: 1 - (e - x)) - 1
    }
    if k < 23 {
      let t = 1 - Float(sign: .plus, exponent: -k, significand: 1)
      return Float(sign: .plus, exponent: k, significand: t - (e - x))
    }
    let small = Float(sign: .plus, exponent: -k, significand: 1)
    return Float(sign: .plus, exponent: k, significand: (x - (e + small)) + 1)
  }

  private static let ln2High = Float(bitPattern: 0x3f31_7180)
  private static let ln2Low = Float(bitPattern: 0x3717_f7d1)

  /// `tanh x` in binary32, as fdlibm's `tanhf` evaluates it from `expm1f`.
  ///
  /// About 6% of its results differ from the correctly rounded ones by one unit in the last place;
  /// C-simulations see them through tables of a few bits. Source: Sun fdlibm, `s_tanh.c`, binary32
  /// version (GNU C libraries before 2.41).
  public static func tanh(_ x: Float) -> Float {
    if x.isNaN { return x }
    let magnitude = x.magnitude
    let result: Float
    if magnitude < 22 {
      if magnitude.bitPattern < 0x2400_0000 { return x * (1 + x) }
      if magnitude >= 1 {
        let t = expMinusOne(2 * magnitude)
        result = 1 - 2 / (t + 2)
      } else {
        let t = expMinusOne(-2 * magnitude)
        result = -t / (t + 2)
      }
    } else {
      result = 1
    }
    return x.sign == .minus ? -result : result
  }
}
