/// Where a value exactly between two integers goes.
public enum TieRule: String, Hashable, Sendable, CaseIterable {
  case halfEven = "half-even"
  /// Toward plus infinity.
  case halfUp = "half-up"
  /// Away from zero.
  case halfAway = "half-away"
}

/// Division of integers by powers of two, rounded once.
public enum RoundingShift {
  /// `value / 2^shift` rounded to nearest.
  ///
  /// A negative shift multiplies, and wraps as `Int128` does. Shifts of 127 and more give 0 for
  /// every value, whose quotient is below one half in magnitude.
  @inlinable
  public static func divide(_ value: Int128, byPowerOfTwo shift: Int, ties: TieRule) -> Int128 {
    if shift <= 0 { return value &<< Int128(truncatingIfNeeded: min(-shift, 127)) }
    if shift >= 127 { return 0 }
    let quotient = value >> shift
    let rest = value - (quotient << shift)
    let half = Int128(1) << (shift - 1)
    if rest != half { return rest > half ? quotient + 1 : quotient }
    switch ties {
    case .halfEven: return quotient + (quotient & 1)
    case .halfUp: return quotient + 1
    case .halfAway: return value < 0 ? quotient : quotient + 1
    }
  }

  /// `value / 2^shift` rounded to nearest, ties away from zero, as gemmlowp's
  /// `RoundingDivideByPOT` computes it.
  ///
  /// Source: gemmlowp, `fixedpoint.h`. The result is that of ``divide(_:byPowerOfTwo:ties:)``
  /// with `halfAway`.
  ///
  /// - Precondition: `shift` is less than the type's width.
  @inlinable
  public static func divideByPOT<Number: FixedWidthInteger & SignedInteger>(
    _ value: Number, _ shift: Int
  ) -> Number {
    let mask = (Number(1) &<< Number(truncatingIfNeeded: shift)) &- 1
    let rest = value & mask
    let threshold = (mask >> 1) &+ (value < 0 ? 1 : 0)
    return (value >> Number(truncatingIfNeeded: shift)) &+ (rest > threshold ? 1 : 0)
  }
}
