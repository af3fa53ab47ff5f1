/// A binary fixed-point type: codes of `width` bits, worth `code * 2^-fractionBits`.
///
/// `integerBits` counts the sign bit and may be negative or exceed the width, as in
/// `ap_fixed<W,I,Q,O,N>` (UG1399, "Arbitrary precision fixed-point data types").
public struct FixedPointFormat: Hashable, Sendable {
  /// Number of bits of a code, 1 to 256.
  public let width: Int
  /// Bits left of the binary point, sign included; -4096 to 4096.
  public let integerBits: Int
  public let isSigned: Bool
  /// How assignment rounds.
  public let quantization: Quantization
  /// How assignment treats values out of range.
  public let overflow: Overflow
  /// Saturation bits N, which change `WRAP` and `WRAP_SM` only; 0 to `width`.
  public let saturationBits: Int
  /// Whose definition decides the corner cases.
  public let dialect: Dialect

  /// Where two published definitions of the same type disagree.
  public enum Dialect: Hashable, Sendable {
    /// The textual definition.
    case plain
    /// The `ap_types` headers: `SAT_SYM` of one signed bit turns every negative value into -1.
    case apTypes
  }

  /// Largest width of a stored type in bits.
  public static let maximumWidth = 256

  /// - Throws: ``FormatError`` if a parameter is outside the range its property documents, or
  ///   an unsigned format asks for `WRAP_SM`, which `ap_ufixed` refuses.
  public init(
    width: Int, integerBits: Int, isSigned: Bool = true, quantization: Quantization = .truncate,
    overflow: Overflow = .wrap, saturationBits: Int = 0, dialect: Dialect = .apTypes
  ) throws(FormatError) {
    guard (1...Self.maximumWidth).contains(width) else {
      throw .widthOutOfRange(width, allowed: 1...Self.maximumWidth)
    }
    guard (-4096...4096).contains(integerBits) else { throw .integerBitsOutOfRange(integerBits) }
    guard (0...width).contains(saturationBits) else {
      throw .saturationBitsOutOfRange(saturationBits, width: width)
    }
    guard isSigned || overflow != .wrapSignMagnitude else { throw .signMagnitudeUnsigned }
    self.width = width
    self.integerBits = integerBits
    self.isSigned = isSigned
    self.quantization = quantization
    self.overflow = overflow
    self.saturationBits = saturationBits
    self.dialect = dialect
  }

  /// Bits right of the binary point; may be negative or exceed the width.
  public var fractionBits: Int { width - integerBits }

  /// Bits that a signed integer needs to hold every code.
  public var signedWidth: Int { isSigned ? width : width + 1 }

  /// The largest code.
  @inlinable
  public func maximum<Raw: RawInteger>(as: Raw.Type = Raw.self) -> Raw {
    ~(~Raw.zero << (isSigned ? width - 1 : width))
  }

  /// The smallest code.
  @inlinable
  public func minimum<Raw: RawInteger>(as: Raw.Type = Raw.self) -> Raw {
    isSigned ? ~Raw.zero << (width - 1) : Raw.zero
  }

  /// Every code in ascending order.
  ///
  /// - Precondition: at most 62 bits.
  public var codes: ClosedRange<Int64> {
    precondition(width <= 62, "codes are listed for at most 62 bits")
    return minimum()...maximum()
  }

  /// The same layout with other assignment rules.
  public func with(
    quantization: Quantization? = nil, overflow: Overflow? = nil
  ) throws(FormatError) -> FixedPointFormat {
    try FixedPointFormat(
      width: width, integerBits: integerBits, isSigned: isSigned,
      quantization: quantization ?? self.quantization, overflow: overflow ?? self.overflow,
      saturationBits: saturationBits, dialect: dialect)
  }

  /// Whether every value of `other` is a value of this format, so that a cast changes nothing.
  ///
  /// `SAT_SYM` formats exclude their own minimum.
  public func holds(_ other: FixedPointFormat) -> Bool {
    guard other.fractionBits <= fractionBits, isSigned || !other.isSigned else { return false }
    let magnitudeBits = integerBits - (isSigned ? 1 : 0)
    let otherBits = other.integerBits - (other.isSigned ? 1 : 0)
    if overflow == .saturateSymmetric && other.isSigned { return otherBits < magnitudeBits }
    return otherBits <= magnitudeBits
  }
}

/// Why a number format cannot exist.
public enum FormatError: Error, Hashable, Sendable {
  case widthOutOfRange(Int, allowed: ClosedRange<Int>)
  case integerBitsOutOfRange(Int)
  case saturationBitsOutOfRange(Int, width: Int)
  /// `WRAP_SM` on an unsigned type.
  case signMagnitudeUnsigned
  /// The text is no format; `reason` names the part that is wrong.
  case unreadable(String, reason: String)
  /// A parameter of a named format family is outside its range.
  case parameterOutOfRange(String, value: Int, allowed: ClosedRange<Int>)
  /// A scale that is no finite, positive number.
  case scale(Double)
  /// Numbers of scales and of zero points that do not belong together.
  case scaleCounts(scales: Int, zeroPoints: Int, hasAxis: Bool)
}
