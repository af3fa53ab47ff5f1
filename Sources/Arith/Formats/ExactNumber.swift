/// Whether a code or an operand is a number, an infinity or a NaN.
@frozen
public enum NumberKind: Hashable, Sendable {
  case finite, infinity, notANumber
}

/// A number as arithmetic units see it before rounding: exact, or an infinity, or a NaN.
///
/// A finite number is `magnitude * 2^exponent` with its sign kept apart, so that zero has one too.
/// Results of ``sum(_:_:exactZeroIsNegative:)`` and ``product(_:_:)`` round nothing; a sum whose
/// operands lie further apart than `Raw` is wide keeps the larger one and a sticky bit, which rounds
/// to the same code in every format that has at most `Raw.bitWidth / 2` bits.
@frozen
public struct ExactNumber<Raw: RawInteger>: Hashable, Sendable {
  public var kind: NumberKind
  public var isNegative: Bool
  /// Zero or positive; zero unless the number is finite.
  public var magnitude: Raw
  public var exponent: Int

  @inlinable
  public init(kind: NumberKind, isNegative: Bool, magnitude: Raw, exponent: Int) {
    self.kind = kind
    self.isNegative = isNegative
    self.magnitude = magnitude
    self.exponent = exponent
  }

  /// `value * 2^exponent`; zero is positive.
  @inlinable
  public init(_ value: Raw, scaledBy exponent: Int = 0) {
    self.init(
      kind: .finite, isNegative: value < Raw.zero, magnitude: value.magnitudeWrapping,
      exponent: exponent)
  }

  /// The exact value of a double.
  public init(_ value: Double) {
    self = FloatFormat.float64.decode(value.bitPattern)
  }

  /// The exact value of a float.
  public init(_ value: Float) {
    self = FloatFormat.float32.decode(UInt64(value.bitPattern))
  }

  @inlinable
  public static var notANumber: ExactNumber {
    ExactNumber(kind: .notANumber, isNegative: false, magnitude: Raw.zero, exponent: 0)
  }

  @inlinable
  public static func infinity(isNegative: Bool) -> ExactNumber {
    ExactNumber(kind: .infinity, isNegative: isNegative, magnitude: Raw.zero, exponent: 0)
  }

  @inlinable
  public static func zero(isNegative: Bool) -> ExactNumber {
    ExactNumber(kind: .finite, isNegative: isNegative, magnitude: Raw.zero, exponent: 0)
  }

  @inlinable
  public var isZero: Bool { kind == .finite && magnitude == Raw.zero }

  @inlinable
  public var isFinite: Bool { kind == .finite }

  /// The signed significand, a whole number of `2^exponent`.
  @inlinable
  public var significand: Raw { isNegative ? -magnitude : magnitude }

  /// Position of the leading bit: `2^leadingExponent <= |x| < 2^(leadingExponent + 1)`.
  ///
  /// - Precondition: finite and not zero.
  @inlinable
  public var leadingExponent: Int { exponent + magnitude.significantBits - 2 }

  /// The number with the opposite sign; a NaN stays as it is.
  @inlinable
  public var negated: ExactNumber {
    var result = self
    if kind != .notANumber { result.isNegative.toggle() }
    return result
  }

  /// The number with at most `bits` bits of magnitude: lower ones become one sticky bit.
  @inlinable
  func keeping(bits: Int) -> ExactNumber {
    let dropped = magnitude.significantBits - 1 - bits
    if dropped <= 0 { return self }
    var result = self
    let kept = magnitude >> dropped
    result.magnitude = magnitude.hasBitsSet(below: dropped) ? kept.settingLowestBit : kept
    result.exponent += dropped
    return result
  }

  /// The number in the widest integer type.
  public var widened: ExactNumber<Int512> {
    let wide: Int512
    if magnitude.significantBits <= 64 {
      wide = Int512(magnitude.low64)
    } else {
      var limbs: [UInt64] = []
      for index in 0..<(Raw.bitWidth / 64) {
        limbs.append(UInt64(bitPattern: (magnitude >> (64 * index)).low64))
      }
      wide = Int512(limbs: limbs, signExtending: false)
    }
    return ExactNumber<Int512>(
      kind: kind, isNegative: isNegative, magnitude: wide, exponent: exponent)
  }

  /// The nearest double, ties to even; infinite beyond the range.
  public var doubleValue: Double {
    let code = FloatFormat.float64.encode(self, rounding: .deterministic(.roundTiesToEven))
    // Binary64 has a code for every number, infinity and NaN.
    return Double(bitPattern: code ?? Double.nan.bitPattern)
  }

  /// `a * b`, exact.
  ///
  /// Infinity times zero is NaN (IEEE 754-2019, 7.2).
  ///
  /// - Precondition: the product of the magnitudes fits in `Raw`.
  @inlinable
  public static func product(_ a: ExactNumber, _ b: ExactNumber) -> ExactNumber {
    if a.kind == .notANumber || b.kind == .notANumber { return notANumber }
    let isNegative = a.isNegative != b.isNegative
    if a.kind == .infinity || b.kind == .infinity {
      return a.isZero || b.isZero ? notANumber : infinity(isNegative: isNegative)
    }
    return ExactNumber(
      kind: .finite, isNegative: isNegative, magnitude: a.magnitude * b.magnitude,
      exponent: a.exponent + b.exponent)
  }

  /// `a + b`, exact or with a sticky bit far below any rounding position.
  ///
  /// Opposite infinities give NaN. An exact zero of two operands that are not zeros of one sign
  /// is positive unless `exactZeroIsNegative`, which rounding toward negative asks for (IEEE
  /// 754-2019, 6.3).
  @inlinable
  public static func sum(
    _ a: ExactNumber, _ b: ExactNumber, exactZeroIsNegative: Bool = false
  ) -> ExactNumber {
    if a.kind == .notANumber || b.kind == .notANumber { return notANumber }
    if a.kind == .infinity || b.kind == .infinity {
      if a.kind == b.kind && a.isNegative != b.isNegative { return notANumber }
      return a.kind == .infinity ? a : b
    }
    if a.isZero && b.isZero {
      return zero(isNegative: a.isNegative == b.isNegative ? a.isNegative : exactZeroIsNegative)
    }
    if a.isZero { return b }
    if b.isZero { return a }
    let (high, low) = a.exponent >= b.exponent ? (a, b) : (b, a)
    let gap = high.exponent - low.exponent
    let room = Raw.bitWidth - 3 - high.magnitude.significantBits
    if gap <= room && low.magnitude.significantBits <= Raw.bitWidth - 3 {
      let total = (high.significand << gap) + low.significand
      if total == Raw.zero { return zero(isNegative: exactZeroIsNegative) }
      return ExactNumber(total, scaledBy: low.exponent)
    }
    // `low` ends far below the lowest bit that `high` can be shifted to: only its sign counts.
    let shifted = high.magnitude << room
    let nudged =
      high.isNegative == low.isNegative ? shifted + Raw.one : shifted - Raw.one
    return ExactNumber(
      kind: .finite, isNegative: high.isNegative, magnitude: nudged,
      exponent: high.exponent - room)
  }

  /// Whether `a < b`, or nil if one is a NaN; zeros are equal.
  public static func isLess(_ a: ExactNumber, than b: ExactNumber) -> Bool? {
    if a.kind == .notANumber || b.kind == .notANumber { return nil }
    if a.kind == .infinity || b.kind == .infinity {
      let ranks = [a, b].map { $0.kind == .infinity ? ($0.isNegative ? -1 : 1) : 0 }
      return ranks[0] < ranks[1]
    }
    let difference = sum(a, b.negated)
    return !difference.isZero && difference.isNegative
  }
}
