/// A floating-point format, described by its parameters.
///
/// One struct covers every format; a named one is a row of data, never a type of its own. The code
/// of a number is sign, exponent field, mantissa field, from the most significant bit down.
public struct FloatFormat: Hashable, Sendable {
  /// Width of the exponent field in bits.
  public let exponentBits: Int
  /// Width of the mantissa field in bits, hidden bit not counted.
  public let mantissaBits: Int
  /// What is subtracted from the exponent field of a normal number.
  public let bias: Int
  public let specials: Specials
  /// Whether an exponent field of 0 means a subnormal number; if not, only the all-zero magnitude
  /// is zero and a nonzero mantissa with it is the normal number `1.m * 2^-bias`.
  public let hasSubnormals: Bool
  public let isSigned: Bool

  /// Which codes do not stand for finite numbers; `rawValue` is the word of the format grammar.
  public enum Specials: String, CaseIterable, Hashable, Sendable {
    /// Top exponent holds infinities and NaNs (IEEE 754).
    case ieee
    /// Only all ones is NaN, a sign each; there is no infinity (OCP OFP8 E4M3).
    case nanOnly = "fn"
    /// One NaN at the code of -0; no infinity, no -0.
    case nanAtNegativeZero = "fnuz"
    /// Every code is finite (OCP MX FP6, FP4).
    case finite
    /// IEEE P3109 extended: NaN at the code of -0, the top code of each sign is infinite.
    case p3109Extended = "p3109e"
    /// IEEE P3109 finite: NaN at the code of -0, no infinity.
    case p3109Finite = "p3109f"
    /// Powers of two without sign or zero; all ones is NaN (OCP MX E8M0).
    case powerOfTwo = "e8m0"
  }

  /// A format with these fields; `bias` defaults to ``defaultBias(exponentBits:specials:)``.
  ///
  /// ``Specials/powerOfTwo`` has neither sign nor subnormals, whatever the flags say.
  ///
  /// - Throws: ``FormatError`` if a field is wider than 11 (exponent) or 52 (mantissa) bits, the
  ///   exponent field is empty, the bias is beyond +-4096, special codes leave no number but zero,
  ///   or an unsigned format keeps its NaN at the code of -0 (`fnuz`).
  public init(
    exponentBits: Int, mantissaBits: Int, bias: Int? = nil, specials: Specials,
    hasSubnormals: Bool = true, isSigned: Bool = true
  ) throws(FormatError) {
    guard (1...11).contains(exponentBits) else {
      throw .parameterOutOfRange("exponent bits", value: exponentBits, allowed: 1...11)
    }
    guard (0...52).contains(mantissaBits) else {
      throw .parameterOutOfRange("mantissa bits", value: mantissaBits, allowed: 0...52)
    }
    let bias = bias ?? Self.defaultBias(exponentBits: exponentBits, specials: specials)
    guard (-4096...4096).contains(bias) else {
      throw .parameterOutOfRange("bias", value: bias, allowed: -4096...4096)
    }
    guard isSigned || specials != .nanAtNegativeZero else {
      throw .unreadable("fnuz", reason: "an unsigned format has no code of -0 to hold the NaN")
    }
    let hasFlags = specials != .powerOfTwo
    let specialCodes =
      switch specials {
      case .ieee: 1 << mantissaBits
      case .nanOnly, .p3109Extended, .powerOfTwo: isSigned ? 1 : 2
      case .p3109Finite: isSigned ? 0 : 1
      case .nanAtNegativeZero, .finite: 0
      }
    guard (1 << (exponentBits + mantissaBits)) - specialCodes >= 2 else {
      throw .parameterOutOfRange(
        "exponent and mantissa bits", value: exponentBits + mantissaBits, allowed: 2...63)
    }
    self.init(
      unchecked: exponentBits, mantissaBits, bias, specials, hasFlags && hasSubnormals,
      hasFlags && isSigned)
  }

  /// The usual bias: `2^(E-1) - 1`, or `2^(E-1)` where the code of -0 is NaN (FNUZ and P3109).
  public static func defaultBias(exponentBits: Int, specials: Specials) -> Int {
    let half = 1 << (exponentBits - 1)
    return switch specials {
    case .ieee, .nanOnly, .finite, .powerOfTwo: half - 1
    case .nanAtNegativeZero, .p3109Extended, .p3109Finite: half
    }
  }

  init(
    unchecked exponentBits: Int, _ mantissaBits: Int, _ bias: Int, _ specials: Specials,
    _ hasSubnormals: Bool = true, _ isSigned: Bool = true
  ) {
    self.exponentBits = exponentBits
    self.mantissaBits = mantissaBits
    self.bias = bias
    self.specials = specials
    self.hasSubnormals = hasSubnormals
    self.isSigned = isSigned
  }

  /// Number of bits of a code.
  public var width: Int { exponentBits + mantissaBits + (isSigned ? 1 : 0) }
}
