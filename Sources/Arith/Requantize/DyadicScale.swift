/// A real factor as a dyadic number, `multiplier * 2^-exponent`: what an integer multiplier and a
/// shifter compute.
///
/// Source: Yao et al., "HAWQ-V3: Dyadic Neural Network Quantization", ICML 2021, section 3.1, and
/// its published code, `batch_frexp` and `fixedpoint_fn` (utils/quantization_utils/quant_utils.py).
@frozen
public struct DyadicScale: Hashable, Sendable {
  /// 2^30 to 2^31 in magnitude (the upper end is reached by rounding and kept), or 0.
  public let multiplier: Int64
  public let exponent: Int

  public init(multiplier: Int64, exponent: Int) {
    self.multiplier = multiplier
    self.exponent = exponent
  }

  /// `real = f * 2^x` with f in [1/2, 1): multiplier `floor(f * 2^31 + 1/2)`, exponent `31 - x`.
  ///
  /// A negative factor has the multiplier of its magnitude, negated. Zero gives 0 and exponent 31;
  /// nil for NaN and infinities.
  public init?(approximating real: Double) {
    guard real.isFinite else { return nil }
    guard real != 0 else {
      self.init(multiplier: 0, exponent: 31)
      return
    }
    let magnitude = real.magnitude
    // For positive numbers half up is half away from zero, and the scaling is exact.
    let fixed = Int64((magnitude.significand * 0x1p30).rounded(.toNearestOrAwayFromZero))
    self.init(
      multiplier: real < 0 ? -fixed : fixed, exponent: 30 - Int(magnitude.exponent))
  }

  /// The factor of a sum of products: `float32(data * weights) / result`.
  ///
  /// The product is formed in binary64, rounded to binary32, and divided in binary64, as in
  /// `fixedpoint_fn`.
  public static func factor(data: Float, weights: Float, result: Float) -> Double {
    Double(Float(Double(data) * Double(weights))) / Double(result)
  }

  /// `value * multiplier * 2^-exponent`, exact, rounded once; saturated to 64 bits.
  @inlinable
  public func applied(to value: Int64, ties: TieRule) -> Int64 {
    let (product, overflow) = value.multipliedReportingOverflow(by: multiplier)
    if !overflow, (1...62).contains(exponent) {
      let quotient = product >> Int64(exponent)
      let rest = product - (quotient << Int64(exponent))
      let half = Int64(1) << Int64(exponent - 1)
      if rest != half { return rest > half ? quotient + 1 : quotient }
      switch ties {
      case .halfEven: return quotient + (quotient & 1)
      case .halfUp: return quotient + 1
      case .halfAway: return product < 0 ? quotient : quotient + 1
      }
    }
    let wide = Int128(value) * Int128(multiplier)
    if exponent < -30 {
      // A factor of 2^61 and more moves every value but 0 out of range.
      return wide == 0 ? 0 : wide > 0 ? .max : .min
    }
    return Int64(clamping: RoundingShift.divide(wide, byPowerOfTwo: exponent, ties: ties))
  }

  /// The same as the published simulation computes it: the product is rounded to binary64 before
  /// it is divided, and the quotient to an integer, ties to even.
  ///
  /// It differs from the exact result once the product has more than 53 bits. Not part of any
  /// executed plan.
  public func appliedInBinary64(to value: Int64) -> Double {
    let product = Double(value) * Double(multiplier)
    return Double(sign: .plus, exponent: -exponent, significand: product)
      .rounded(.toNearestOrEven)
  }
}
