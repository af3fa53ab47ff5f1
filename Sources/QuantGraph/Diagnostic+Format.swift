public import Arith

extension Diagnostic {
  /// The message for a number format that cannot exist, written at `location`.
  public init(_ error: FormatError, location: String? = nil) {
    let message: String
    switch error {
    case .widthOutOfRange(let width, let allowed):
      message = "width \(width) is outside \(allowed.lowerBound) to \(allowed.upperBound) bits"
    case .integerBitsOutOfRange(let bits):
      message = "\(bits) integer bits are outside -4096 to 4096"
    case .saturationBitsOutOfRange(let bits, let width):
      message = "\(bits) saturation bits do not fit in \(width) bits"
    case .signMagnitudeUnsigned:
      message = "an unsigned type cannot wrap in sign-magnitude (WRAP_SM)"
    case .unreadable(let text, let reason):
      message = "'\(text)' is no number format: \(reason)"
    case .parameterOutOfRange(let name, let value, let allowed):
      message = "\(name) \(value) is outside \(allowed.lowerBound) to \(allowed.upperBound)"
    case .scale(let scale):
      message = "scale \(scale) is no finite, positive number"
    case .scaleCounts(let scales, let zeroPoints, let hasAxis):
      message =
        "\(scales) scales and \(zeroPoints) zero points, "
        + (hasAxis ? "not one each or one an index of the axis" : "no axis that they vary along")
    }
    self.init(
      code: "format.invalid", message: message, location: location,
      remedy: "write a type such as ap_fixed<16,6,AP_RND,AP_SAT> (hwsim formats lists them).")
  }
}
