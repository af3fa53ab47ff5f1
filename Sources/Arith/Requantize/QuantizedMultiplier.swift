/// A real factor as the TensorFlow Lite runtimes hold it: `multiplier * 2^(shift - 31)`.
///
/// Source: TensorFlow Lite, `kernels/internal/quantization_util.cc` (`QuantizeMultiplier`) and
/// `kernels/internal/common.cc` (`MultiplyByQuantizedMultiplier`); CMSIS-NN,
/// `Include/arm_nnsupportfunctions.h`.
public struct QuantizedMultiplier: Hashable, Sendable {
  /// 0, or 2^30 to 2^31 - 1 in magnitude.
  public let multiplier: Int32
  /// Positive shifts left; -31 to 30 for factors that an accumulator can take.
  public let shift: Int

  public init(multiplier: Int32, shift: Int) {
    self.multiplier = multiplier
    self.shift = shift
  }

  /// `real` rounded to 31 bits, ties away from zero; 0 where it is below 2^-32 in magnitude.
  ///
  /// Factors of 2^31 and more keep their shift: what applies them shifts out every bit. Not a
  /// number, or infinite, gives 0.
  public init(_ real: Double) {
    guard real.isFinite, real != 0 else {
      self.init(multiplier: 0, shift: 0)
      return
    }
    var shift = Int(real.exponent) + 1
    let fraction = Double(sign: real.sign, exponent: -1, significand: real.significand)
    var fixed = Int64((fraction * 0x1p31).rounded(.toNearestOrAwayFromZero))
    if fixed == 1 << 31 {
      fixed /= 2
      shift += 1
    }
    if shift < -31 {
      self.init(multiplier: 0, shift: 0)
    } else {
      self.init(multiplier: Int32(clamping: fixed), shift: shift)
    }
  }

  /// `value * multiplier * 2^(shift - 31)` rounded twice, the default of TensorFlow Lite Micro.
  ///
  /// The value is shifted left (it wraps), the high half of twice the product is rounded with ties
  /// toward plus infinity, and what a negative shift drops with ties away from zero.
  @inlinable
  public func appliedRoundingTwice(to value: Int32) -> Int32 {
    let shifted = value << Int32(truncatingIfNeeded: max(shift, 0))
    let high = FixedPoint32.roundingDoublingHighMultiply(shifted, multiplier)
    return RoundingShift.divideByPOT(high, max(-shift, 0))
  }

  /// The same product rounded once, ties toward plus infinity (`TFLITE_SINGLE_ROUNDING`).
  ///
  /// - Precondition: the shift is at most 30.
  @inlinable
  public func appliedRoundingOnce(to value: Int32) -> Int32 {
    let total = 31 - shift
    let product = Int64(value) * Int64(multiplier)
    return Int32(truncatingIfNeeded: (product &+ (1 << (total - 1))) >> total)
  }

  /// The exact product rounded once, ties away from zero, saturated to 32 bits.
  ///
  /// Source: measured on LiteRT's reference fully connected kernel (SEMANTICS.md of the
  /// microcontroller conformance data, section 2).
  @inlinable
  public func appliedRoundingAway(to value: Int32) -> Int32 {
    let product = Int64(value) * Int64(multiplier)
    if shift < 31 {
      // Below 2^62 in magnitude, so that a shift of 62 and less keeps one half representable.
      return Int32(clamping: RoundingShift.divideByPOT(product, min(31 - shift, 62)))
    }
    let wide = RoundingShift.divide(Int128(product), byPowerOfTwo: 31 - shift, ties: .halfAway)
    return Int32(clamping: wide)
  }

  /// The product of a 48-bit sum with the upper 16 bits of the multiplier, ties toward plus infinity.
  ///
  /// Source: `common.cc`, the overload for `int64_t` (activations of 16 bits).
  ///
  /// - Precondition: the shift is at most 14.
  @inlinable
  public func applied(toWide value: Int64) -> Int32 {
    let reduced: Int64 =
      multiplier < 0x7FFF_0000 ? (Int64(multiplier) + (1 << 15)) >> 16 : 0x7FFF
    let total = 15 - shift
    let product = value &* reduced
    return Int32(truncatingIfNeeded: (product &+ (1 << (total - 1))) >> total)
  }

  /// The multiplier rounded to 16 bits, saturated (`DownScaleInt32ToInt16Multiplier`).
  public var multiplier16: Int16 {
    if multiplier >= Int32.max - (1 << 15) { return .max }
    return Int16(truncatingIfNeeded: (multiplier + (1 << 15)) >> 16)
  }
}
