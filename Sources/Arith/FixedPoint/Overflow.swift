/// What happens to a rounded value outside a format's range.
///
/// `rawValue` is the name that files and reports use (UG1399, "Overflow modes"; `NUMERIC_STD` is
/// IEEE 1076 `resize` as APyTypes names it).
public enum Overflow: String, CaseIterable, Hashable, Sendable, Codable {
  /// Drops the high bits.
  case wrap = "WRAP"
  /// Clamps to the nearest end of the range.
  case saturate = "SAT"
  /// Gives zero.
  case saturateToZero = "SAT_ZERO"
  /// Clamps to +-maximum; the in-range minimum of a signed format becomes -maximum too.
  case saturateSymmetric = "SAT_SYM"
  /// Sign-magnitude wrap of `ap_fixed` (UG1399, "AP_WRAP_SM"); signed formats only.
  case wrapSignMagnitude = "WRAP_SM"
  /// Keeps the sign bit and the low bits, drops those between.
  case numericStandard = "NUMERIC_STD"

  /// The mode with this name, with or without `AP_`.
  public init?(name: some StringProtocol) {
    self.init(rawValue: name.hasPrefix("AP_") ? String(name.dropFirst(3)) : String(name))
  }

  /// The five modes that `ap_fixed` has.
  public static let hls: [Overflow] = [
    .wrap, .saturate, .saturateToZero, .saturateSymmetric, .wrapSignMagnitude,
  ]
}
