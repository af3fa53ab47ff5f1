/// A floating-point format that the field has named, with its other names and its source.
public struct NamedFloatFormat: Hashable, Sendable {
  /// The canonical name.
  public let name: String
  public let aliases: [String]
  public let format: FloatFormat
  /// Standard and clause, or the publication that defined it.
  public let source: String
}

extension FloatFormat {
  /// IEEE 754-2019 binary16.
  public static let float16 = FloatFormat(unchecked: 5, 10, 15, .ieee)
  /// The top half of binary32.
  public static let bfloat16 = FloatFormat(unchecked: 8, 7, 127, .ieee)
  /// IEEE 754-2019 binary32.
  public static let float32 = FloatFormat(unchecked: 8, 23, 127, .ieee)
  /// IEEE 754-2019 binary64.
  public static let float64 = FloatFormat(unchecked: 11, 52, 1023, .ieee)
  public static let tf32 = FloatFormat(unchecked: 8, 10, 127, .ieee)
  /// OCP OFP8 E4M3.
  public static let e4m3 = FloatFormat(unchecked: 4, 3, 7, .nanOnly)
  /// OCP OFP8 E5M2.
  public static let e5m2 = FloatFormat(unchecked: 5, 2, 15, .ieee)
  /// OCP MX FP6 E3M2.
  public static let e3m2 = FloatFormat(unchecked: 3, 2, 3, .finite)
  /// OCP MX FP6 E2M3.
  public static let e2m3 = FloatFormat(unchecked: 2, 3, 1, .finite)
  /// OCP MX FP4 E2M1.
  public static let e2m1 = FloatFormat(unchecked: 2, 1, 1, .finite)
  /// OCP MX E8M0 scale.
  public static let e8m0 = FloatFormat(unchecked: 8, 0, 127, .powerOfTwo, false, false)

  /// Every named format, widest first; names and aliases are unique.
  public static let named: [NamedFloatFormat] = [
    row("float64", ["fp64", "binary64", "double"], .float64, "IEEE 754-2019, 3.6"),
    row("float32", ["fp32", "binary32", "single", "e8m23"], .float32, "IEEE 754-2019, 3.6"),
    row(
      "tf32", ["tensorfloat32", "e8m10"], .tf32,
      "NVIDIA A100 architecture whitepaper (2020), TF32: 8 exponent, 10 mantissa bits"),
    row("float16", ["fp16", "binary16", "half", "e5m10"], .float16, "IEEE 754-2019, 3.6"),
    row(
      "bfloat16", ["bf16", "e8m7"], .bfloat16,
      "the upper 16 bits of binary32 (Intel bfloat16 numerics definition, 2018)"),
    row(
      "dlfloat16", [], FloatFormat(unchecked: 6, 9, 31, .nanOnly),
      "fields of DLFloat (Agrawal et al., ARITH 2019); its merged NaN-infinity symbol is read as "
        + "one NaN, which could not be checked against the paper"),
    row(
      "e4m3", ["ocp_e4m3", "fp8_e4m3", "fp8e4m3", "float8_e4m3fn", "e4m3fn"], .e4m3,
      "OCP 8-bit Floating Point Specification (OFP8) 1.0, 5"),
    row(
      "e5m2", ["ocp_e5m2", "fp8_e5m2", "fp8e5m2", "float8_e5m2"], .e5m2,
      "OCP 8-bit Floating Point Specification (OFP8) 1.0, 5"),
    row(
      "e4m3fnuz", ["float8_e4m3fnuz", "e4m3-fnuz"],
      FloatFormat(
        unchecked: 4, 3, 8, .nanAtNegativeZero),
      "8-bit Numerical Formats for Deep Neural Networks (arXiv 2206.02915)"),
    row(
      "e5m2fnuz", ["float8_e5m2fnuz", "e5m2-fnuz"],
      FloatFormat(
        unchecked: 5, 2, 16, .nanAtNegativeZero),
      "8-bit Numerical Formats for Deep Neural Networks (arXiv 2206.02915)"),
    row(
      "e4m3b11fnuz", ["float8_e4m3b11fnuz", "e4m3b11-fnuz"],
      FloatFormat(
        unchecked: 4, 3, 11, .nanAtNegativeZero),
      "ml_dtypes float8_e4m3b11fnuz"),
    row(
      "e4m3-ieee", ["float8_e4m3", "e4m3_ieee"], FloatFormat(unchecked: 4, 3, 7, .ieee),
      "ml_dtypes float8_e4m3"),
    row(
      "e3m4", ["float8_e3m4", "e3m4-ieee", "e3m4_ieee"], FloatFormat(unchecked: 3, 4, 3, .ieee),
      "ml_dtypes float8_e3m4"),
    row(
      "ue4m3", ["fp8_ue4m3"], FloatFormat(unchecked: 4, 3, 7, .nanOnly, true, false),
      "PTX ISA, block scaling with .ue4m3 scale factors: E4M3 without sign"),
    row(
      "e3m2", ["ocp_e3m2", "fp6_e3m2", "fp6e3m2", "float6_e3m2fn"], .e3m2,
      "OCP Microscaling Formats (MX) 1.0, 5.3.2"),
    row(
      "e2m3", ["ocp_e2m3", "fp6_e2m3", "fp6e2m3", "float6_e2m3fn"], .e2m3,
      "OCP Microscaling Formats (MX) 1.0, 5.3.2"),
    row(
      "e2m1", ["ocp_e2m1", "fp4_e2m1", "fp4e2m1", "float4_e2m1fn"], .e2m1,
      "OCP Microscaling Formats (MX) 1.0, 5.3.3"),
    row(
      "e8m0", ["ocp_e8m0", "ue8m0", "float8_e8m0fnu"], .e8m0,
      "OCP Microscaling Formats (MX) 1.0, 5.4.1"),
  ]

  private static func row(
    _ name: String, _ aliases: [String], _ format: FloatFormat, _ source: String
  ) -> NamedFloatFormat {
    NamedFloatFormat(name: name, aliases: aliases, format: format, source: source)
  }

  /// The format `binaryKpP` of the IEEE P3109 working group's draft.
  ///
  /// A `width`-bit code with `precision` significant bits; the bias is `2^(K-P-1)` signed, `2^(K-P)`
  /// unsigned; NaN is at the code of -0, in unsigned formats at the top; `extended` formats have
  /// infinities below it (as gfloat 0.5.2 implements the draft).
  ///
  /// - Throws: ``FormatError`` if the width is beyond 2...16 or leaves no exponent bit.
  public static func p3109(
    width: Int, precision: Int, isSigned: Bool, extended: Bool
  ) throws(FormatError) -> FloatFormat {
    guard (2...16).contains(width) else {
      throw .parameterOutOfRange("P3109 width", value: width, allowed: 2...16)
    }
    let largest = isSigned ? width - 1 : width
    guard (1...largest).contains(precision) else {
      throw .parameterOutOfRange("P3109 precision", value: precision, allowed: 1...largest)
    }
    return try FloatFormat(
      exponentBits: width - precision + (isSigned ? 0 : 1), mantissaBits: precision - 1,
      specials: extended ? .p3109Extended : .p3109Finite, isSigned: isSigned)
  }
}
