/// Functions of binary32 as the GNU C library (2.28 and later) evaluates them: in binary64, rounded once.
///
/// Source: S. Nagy, W. Dijkstra, ARM optimized routines (`logf`, `powf`, `sinf`, `cosf`), whose tables and
/// coefficients these are. The polynomials' errors are 0.57 units in the last place and less, so that some
/// results are not the correctly rounded ones. A fused multiply-add changes bits far below
/// binary32's last place.
extension ElementaryFloat {
  /// The position among 16 intervals of a significand, the significand from 0.7 to 1.4, and the exponent.
  private static func interval(_ x: Float) -> (index: Int, significand: Double, exponent: Int) {
    let bits = x.bitPattern &- 0x3f33_0000
    let top = bits & 0xff80_0000
    return (
      Int(bits >> 19) & 15, Double(Float(bitPattern: x.bitPattern &- top)),
      Int(Int32(bitPattern: top) >> 23)
    )
  }

  /// A subnormal number times 2^23, with what its exponent is too large by.
  private static func normalized(_ x: Float) -> (Float, Int) {
    x.bitPattern < 0x0080_0000 ? (x * 0x1p23, 23) : (x, 0)
  }

  /// The natural logarithm; NaN below 0, -infinity at 0.
  public static func log(_ x: Float) -> Float {
    if x == 1 { return 0 }
    if x == 0 { return -.infinity }
    if x < 0 || x.isNaN { return .nan }
    if x == .infinity { return x }
    let (normal, excess) = normalized(x)
    let (index, z, exponent) = interval(normal)
    let r = z * inverses[index] - 1
    let base = logarithms[index] + Double(exponent - excess) * 0x1.62e42fefa39efp-1
    let square = r * r
    var y = 0x1.5575b0be00b6ap-2 * r - 0x1.ffffef20a4123p-2
    y = -0x1.00ea348b88334p-2 * square + y
    return Float(y * square + (base + r))
  }

  /// `x` to the power of `y`, with the results that C's Annex F gives for zeros, infinities and NaN.
  public static func pow(_ x: Float, _ y: Float) -> Float {
    if y == 0 || x == 1 { return 1 }
    if x.isNaN || y.isNaN { return .nan }
    let isInteger = y.rounded(.towardZero) == y
    let isOdd = isInteger && y.magnitude < 0x1p24 && Int(y) & 1 == 1
    if y.isInfinite {
      if x.magnitude == 1 { return 1 }
      return (x.magnitude > 1) == (y > 0) ? .infinity : 0
    }
    if x == 0 || x.isInfinite {
      let large = (x == 0) == (y < 0)
      let magnitude: Float = large ? .infinity : 0
      return x.sign == .minus && isOdd ? -magnitude : magnitude
    }
    if x < 0 && !isInteger { return .nan }
    let (normal, excess) = normalized(x.magnitude)
    let (index, z, exponent) = interval(normal)
    let r = z * inverses[index] - 1
    let base = binaryLogarithms[index] + Double(exponent - excess)
    let square = r * r
    var logarithm = 0x1.27616c9496e0bp-2 * r - 0x1.71969a075c67ap-2
    let middle = 0x1.ec70a6ca7baddp-2 * r - 0x1.7154748bef6c8p-1
    let low = middle * square + (0x1.71547652ab82bp0 * r + base)
    logarithm = logarithm * (square * square) + low
    let magnitude = powerOfTwo(Double(y) * logarithm)
    return x < 0 && isOdd ? -magnitude : magnitude
  }

  /// `2^x` of a binary64 number, as ``exp(_:)`` evaluates it.
  private static func powerOfTwo(_ x: Double) -> Float {
    if x > 0x1.fffffffd1d571p+6 { return .infinity }
    if x <= -150 { return 0 }
    let steps = (x * 32).rounded(.toNearestOrEven)
    let r = x - steps / 32
    let k = Int(steps)
    let fraction = k & 31
    let power = Double(
      sign: .plus, exponent: (k - fraction) / 32,
      significand: Double(bitPattern: powers[fraction]))
    let high = 0x1.c6af84b912394p-5 * r + 0x1.ebfce50fac4f3p-3
    let low = 0x1.62e42ff0c52d6p-1 * r + 1
    return Float((high * (r * r) + low) * power)
  }

  public static func sin(_ x: Float) -> Float { circular(x, isCosine: false) }
  public static func cos(_ x: Float) -> Float { circular(x, isCosine: true) }

  private static func circular(_ y: Float, isCosine: Bool) -> Float {
    guard y.isFinite else { return .nan }
    var x = Double(y)
    let magnitude = y.magnitude
    if magnitude < 0x1.921fb6p-1 {
      if magnitude < 0x1p-12 { return isCosine ? 1 : y }
      return polynomial(x, x * x, isNegative: false, isCosine: isCosine)
    }
    let quadrant: Int
    let turn: Int
    if magnitude < 120 {
      let scaled = x * (0x1.45f306dc9c883p-1 * 0x1p24)
      quadrant = (Int(Int32(scaled)) + 0x800000) >> 24
      x -= Double(quadrant) * 0x1.921fb54442d18p0
      turn = quadrant
    } else {
      (x, quadrant) = reduced(magnitude)
      turn = quadrant + (y.sign == .minus ? 1 : 0)
    }
    return polynomial(
      x * sign(turn), x * x, isNegative: turn & 2 != 0,
      isCosine: isCosine == (quadrant & 1 == 0))
  }

  private static func sign(_ quadrant: Int) -> Double {
    switch quadrant & 3 {
    case 0, 3: 1
    default: -1
    }
  }

  /// What is left of a number of 120 and more beside multiples of a quarter turn, in 192 bits of 4 / pi.
  private static func reduced(_ magnitude: Float) -> (Double, Int) {
    let bits = magnitude.bitPattern
    let first = Int(bits >> 26) & 15
    let significand = ((bits & 0xff_ffff) | 0x80_0000) << (bits >> 23 & 7)
    func product(_ index: Int) -> UInt64 { UInt64(significand) &* UInt64(fourOverPi[index]) }
    let top = UInt64(significand &* fourOverPi[first])
    var rest = (product(first + 8) >> 32 | top << 32) &+ product(first + 4)
    let quadrant = (rest &+ 1 << 61) >> 62
    rest &-= quadrant << 62
    return (Double(Int64(bitPattern: rest)) * 0x1.921fb54442d18p-62, Int(quadrant))
  }

  private static func polynomial(
    _ x: Double, _ square: Double, isNegative: Bool, isCosine: Bool
  ) -> Float {
    if !isCosine {
      let cube = x * square
      let high = 0x1.1107605230bc4p-7 + square * -0x1.994eb3774cf24p-13
      let low = x + cube * -0x1.555545995a603p-3
      return Float(low + cube * square * high)
    }
    let s: Double = isNegative ? -1 : 1
    let fourth = square * square
    let high = s * -0x1.6c087e89a359dp-10 + square * (s * 0x1.99343027bf8c3p-16)
    let low = s + square * (s * -0x1.ffffffd0c621cp-2)
    return Float((low + fourth * (s * 0x1.55553e1068f19p-5)) + fourth * square * high)
  }

  /// `e^x - 1` in binary32, as fdlibm's `expm1f` evaluates it.
  public static func exponentialMinusOne(_ x: Float) -> Float {
    if x.isNaN { return x }
    if x > 0x1.62e42ep6 { return .infinity }
    // 27 ln 2: what is added to -1 is below its last place.
    if x <= -0x1.2b708cp4 { return -1 }
    return expMinusOne(x)
  }

  private static let inverses: [Double] = [
    0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0,
    0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0, 0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
    0x1.0953f419900a7p+0, 0x1p+0, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
    0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1,
  ]
  private static let logarithms: [Double] = [
    -0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
    -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3, -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
    -0x1.252f438e10c1ep-5, 0, 0x1.aa5aa5df25984p-5, 0x1.c5e53aa362eb4p-4, 0x1.526e57720db08p-3,
    0x1.bc2860d22477p-3, 0x1.1058bc8a07ee1p-2, 0x1.4043057b6ee09p-2,
  ]
  private static let binaryLogarithms: [Double] = [
    -0x1.efec65b963019p-2, -0x1.b0b6832d4fca4p-2, -0x1.7418b0a1fb77bp-2, -0x1.39de91a6dcf7bp-2,
    -0x1.01d9bf3f2b631p-2, -0x1.97c1d1b3b7afp-3, -0x1.2f9e393af3c9fp-3, -0x1.960cbbf788d5cp-4,
    -0x1.a6f9db6475fcep-5, 0, 0x1.338ca9f24f53dp-4, 0x1.476a9543891bap-3, 0x1.e840b4ac4e4d2p-3,
    0x1.40645f0c6651cp-2, 0x1.88e9c2c1b9ff8p-2, 0x1.ce0a44eb17bccp-2,
  ]
  /// 32 bits of 4 / pi from every byte on.
  private static let fourOverPi: [UInt32] = [
    0xa2, 0xa2f9, 0xa2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44, 0x6e4e4415, 0x4e441529,
    0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1, 0x2757d1f5, 0x57d1f534, 0xd1f534dd,
    0xf534ddc0, 0x34ddc0db, 0xddc0db62, 0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43,
    0x993c4390, 0x3c439041,
  ]
}
