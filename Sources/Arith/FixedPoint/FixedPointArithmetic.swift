/// The type that an `ap_fixed` expression has before it is assigned: exact, nothing rounded.
///
/// Growth rules: UG1399, "Arbitrary precision fixed-point operators", and `RType` of the open
/// `ap_types` headers. Widths here may pass 256 bits, up to 512; `storedFormat` does not.
public struct ExactLayout: Hashable, Sendable {
  public let width: Int
  public let integerBits: Int
  public let isSigned: Bool

  public init(width: Int, integerBits: Int, isSigned: Bool) {
    self.width = width
    self.integerBits = integerBits
    self.isSigned = isSigned
  }

  public init(_ format: FixedPointFormat) {
    self.init(width: format.width, integerBits: format.integerBits, isSigned: format.isSigned)
  }

  public var fractionBits: Int { width - integerBits }

  /// Bits that a signed integer needs to hold every code.
  public var signedWidth: Int { isSigned ? width : width + 1 }

  /// `a + b`: one bit above the wider integer part; a mixed sign costs the unsigned operand one.
  public static func sum(_ a: ExactLayout, _ b: ExactLayout) -> ExactLayout {
    let integer =
      max(
        a.integerBits + (b.isSigned && !a.isSigned ? 1 : 0),
        b.integerBits + (a.isSigned && !b.isSigned ? 1 : 0)) + 1
    return ExactLayout(
      width: integer + max(a.fractionBits, b.fractionBits), integerBits: integer,
      isSigned: a.isSigned || b.isSigned)
  }

  /// `a - b`: as the sum, always signed.
  public static func difference(_ a: ExactLayout, _ b: ExactLayout) -> ExactLayout {
    let sum = sum(a, b)
    return ExactLayout(width: sum.width, integerBits: sum.integerBits, isSigned: true)
  }

  /// `a * b`: widths and integer bits add.
  public static func product(_ a: ExactLayout, _ b: ExactLayout) -> ExactLayout {
    ExactLayout(
      width: a.width + b.width, integerBits: a.integerBits + b.integerBits,
      isSigned: a.isSigned || b.isSigned)
  }

  /// `a / b`: the dividend shifted left by b's fraction bits, the quotient truncated toward zero.
  public static func quotient(_ a: ExactLayout, _ b: ExactLayout) -> ExactLayout {
    let sign = b.isSigned ? 1 : 0
    return ExactLayout(
      width: sign + a.width + max(b.fractionBits, 0),
      integerBits: sign + a.integerBits + b.fractionBits, isSigned: a.isSigned || b.isSigned)
  }

  /// `-a`: one bit wider, signed.
  public static func negation(_ a: ExactLayout) -> ExactLayout {
    ExactLayout(width: a.width + 1, integerBits: a.integerBits + 1, isSigned: true)
  }
}

/// Exact fixed-point operations on raw codes, as `ap_fixed` expressions compute them.
///
/// The results are raw codes of the layouts that ``ExactLayout`` names. `Raw` must hold them.
public enum FixedPointArithmetic {
  /// `a + b` with both aligned to the larger number of fraction bits.
  @inlinable
  public static func sum<Raw: RawInteger>(
    _ a: Raw, fractionBits fa: Int, _ b: Raw, fractionBits fb: Int
  ) -> Raw {
    (a << max(fb - fa, 0)) + (b << max(fa - fb, 0))
  }

  /// `a - b` with both aligned to the larger number of fraction bits.
  @inlinable
  public static func difference<Raw: RawInteger>(
    _ a: Raw, fractionBits fa: Int, _ b: Raw, fractionBits fb: Int
  ) -> Raw {
    (a << max(fb - fa, 0)) - (b << max(fa - fb, 0))
  }

  /// Whether `a < b` as values.
  @inlinable
  public static func isLess<Raw: RawInteger>(
    _ a: Raw, fractionBits fa: Int, than b: Raw, fractionBits fb: Int
  ) -> Bool {
    (a << max(fb - fa, 0)) < (b << max(fa - fb, 0))
  }

  /// `a / b` in the layout of ``ExactLayout/quotient(_:_:)``; division by zero gives nil.
  ///
  /// The open `ap_types` headers divide in the width of the shifted dividend, so the signed minimum
  /// divided by the code -1 stays the minimum although the result's layout could hold its negative.
  public static func quotient<Raw: RawInteger>(
    _ a: Raw, _ layoutA: ExactLayout, _ b: Raw, _ layoutB: ExactLayout
  ) -> Raw? {
    if b == Raw.zero { return nil }
    let shift = max(layoutB.fractionBits, 0)
    let quotient = (a << shift).quotient(dividingBy: b)
    guard layoutA.isSigned && layoutB.isSigned else { return quotient }
    return quotient.truncated(toWidth: layoutA.width + shift, isSigned: true)
  }

  /// `raw` shifted by `count` bits inside `format` (negative shifts right): bits fall off both ends.
  @inlinable
  public static func shifted<Raw: RawInteger>(
    _ raw: Raw, by count: Int, in format: FixedPointFormat
  ) -> Raw {
    if count < 0 { return raw >> -count }
    return (raw << count).truncated(toWidth: format.width, isSigned: format.isSigned)
  }

  /// The value of `raw` converted to an integer, truncated toward zero.
  @inlinable
  public static func integerPart<Raw: RawInteger>(_ raw: Raw, fractionBits: Int) -> Raw {
    if fractionBits <= 0 { return raw << -fractionBits }
    return Quantization.truncateToZero.rounding(raw, dropping: fractionBits).value
  }
}
