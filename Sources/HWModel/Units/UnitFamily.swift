/// An arithmetic unit by its parameters; the families are those of published studies of units.
///
/// Units are behavioural and not pipelined; those that accumulate have one register, cleared by `clr`.
public enum UnitFamily: Hashable, Sendable {
  /// `a + b` of `width` bits, one bit more.
  case adder(width: Int, signed: Bool)
  /// `w * a`, all bits.
  case multiplier(w: Int, a: Int, signed: Bool)
  /// `y <= (clr ? 0 : y) + w * a`.
  case multiplyAccumulate(w: Int, a: Int, accumulator: Int, activationSigned: Bool)
  /// Sign, exponent sum and significand product of two minifloats.
  case floatMultiplier(w: FloatShape, a: FloatShape)
  /// An exact (Kulisch) register of minifloat products, with `growth` bits above one product.
  case floatAccumulate(w: FloatShape, a: FloatShape, growth: Int)
  /// The sum of two minifloats, to nearest, ties to even, saturating.
  case floatAdder(FloatShape)
  /// Equal bits of two vectors.
  case xnorPopcount(count: Int)
  /// `y <= (clr ? 0 : y) +- (popcount(w & a) << sh)`.
  case bitSerial(count: Int, accumulator: Int, shiftBits: Int)
  /// A sum of `terms` signed powers of two times `a`.
  case powerOfTwo(a: Int, exponentBits: Int, terms: Int)
  /// `a` times a constant.
  case constantMultiplier(constant: Int, a: Int)
  /// `saturate((x * m + 2^(shift-1)) >> shift)`.
  case requantizer(accumulator: Int, multiplierBits: Int, shift: Int, out: Int)
  /// The sum of `count` products.
  case dot(count: Int, w: Int, a: Int)
  /// How many of `count` thresholds are at most `x`.
  case thresholds(a: Int, count: Int)
  /// Products of several factors by one multiplier.
  case packed(Packing)

  /// A minifloat without infinities and NaN: sign, exponent (0 bits: an integer), mantissa.
  public struct FloatShape: Hashable, Sendable {
    public let exponent: Int
    public let mantissa: Int

    public init(exponent: Int, mantissa: Int) {
      self.exponent = exponent
      self.mantissa = mantissa
    }

    var significand: Int { mantissa + (exponent > 0 ? 1 : 0) }
    var largestShift: Int { exponent > 0 ? (1 << exponent) - 2 : 0 }
    var width: Int { 1 + exponent + mantissa }
  }
}
