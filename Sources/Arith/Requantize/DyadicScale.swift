/// A scale that hardware applies without dividing: `multiplier / 2^shift`.
public struct DyadicScale: Hashable, Sendable {
  public let multiplier: Int64
  /// Bits that the product is shifted right by; negative shifts left.
  public let shift: Int

  public init(multiplier: Int64, shift: Int) {
    self.multiplier = multiplier
    self.shift = shift
  }

  /// The nearest scale to `real` whose multiplier has `bits` bits, ties up.
  ///
  /// `real = f * 2^e` with `0.5 <= |f| < 1`; multiplier = half-up(f * 2^bits), shift = bits - e. The
  /// multiplier may be `2^bits` itself; nothing is flushed. Source: HAWQ,
  /// `utils/quantization_utils/quant_utils.py`, `batch_frexp`, whose `bits` is 31. Zero gives
  /// multiplier 0.
  ///
  /// - Precondition: `real` is finite and `bits` is 1 to 52.
  public init(approximating real: Double, bits: Int = 31) {
    precondition(real.isFinite && (1...52).contains(bits), "a scale is a finite number")
    if real == 0 {
      self.init(multiplier: 0, shift: 0)
      return
    }
    let exponent = Int(real.exponent) + 1
    let fraction = Double(sign: real.sign, exponent: -1, significand: real.significand)
    let scaled = fraction * Double(sign: .plus, exponent: bits, significand: 1)
    // Exact: `scaled` has at most `bits` integer bits, so 0.5 more is no rounding below 2^52.
    self.init(multiplier: Int64((scaled + 0.5).rounded(.down)), shift: bits - exponent)
  }

  /// `value * multiplier / 2^shift`, rounded once; the product is exact.
  @inlinable
  public func applied(to value: Int64, ties: TieRule) -> Int128 {
    RoundingShift.divide(
      Int128(value) * Int128(multiplier), byPowerOfTwo: shift, ties: ties)
  }
}
