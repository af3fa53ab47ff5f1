extension FixedPointFormat {
  /// Reads a fixed-point or integer type as C++ headers, JSON and YAML spell it.
  ///
  /// `ap_fixed<16,6,AP_RND,AP_SAT,0>`, `ap_ufixed<7,3>`, `ap_int<4>`, `ap_uint<1>`, the same without
  /// `ap_` and `AP_`. Names with `ap_` (and hls4ml's own without) have the headers' corner cases
  /// when `dialect` is `.apTypes`.
  ///
  /// - Throws: ``FormatError/unreadable(_:reason:)`` or the error of the initializer.
  public init(name: some StringProtocol, dialect: Dialect = .apTypes) throws(FormatError) {
    let text = String(name.filter { !$0.isWhitespace })
    guard let open = text.firstIndex(of: "<"), text.last == ">" else {
      throw .unreadable(String(name), reason: "expected NAME<...>")
    }
    var family = String(text[..<open])
    if family.hasPrefix("ap_") { family.removeFirst(3) }
    let inner = text[text.index(after: open)..<text.index(before: text.endIndex)]
    let parts = inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    func number(_ index: Int, _ what: String) throws(FormatError) -> Int {
      guard let value = Int(parts[index]) else {
        throw .unreadable(String(name), reason: "\(what) '\(parts[index])' is not an integer")
      }
      return value
    }
    switch family {
    case "int", "uint":
      guard parts.count == 1 else {
        throw .unreadable(String(name), reason: "expected one parameter, the width")
      }
      let width = try number(0, "width")
      try self.init(
        width: width, integerBits: width, isSigned: family == "int", dialect: dialect)
    case "fixed", "ufixed":
      guard (2...5).contains(parts.count) else {
        throw .unreadable(String(name), reason: "expected 2 to 5 parameters: W,I[,Q[,O[,N]]]")
      }
      let width = try number(0, "width")
      let integerBits = try number(1, "integer bits")
      var quantization = Quantization.truncate
      var overflow = Overflow.wrap
      if parts.count > 2 {
        guard let mode = Quantization(name: parts[2]) else {
          throw .unreadable(String(name), reason: "unknown quantization mode '\(parts[2])'")
        }
        quantization = mode
      }
      if parts.count > 3 {
        guard let mode = Overflow(name: parts[3]) else {
          throw .unreadable(String(name), reason: "unknown overflow mode '\(parts[3])'")
        }
        overflow = mode
      }
      try self.init(
        width: width, integerBits: integerBits, isSigned: family == "fixed",
        quantization: quantization, overflow: overflow,
        saturationBits: parts.count > 4 ? number(4, "saturation bits") : 0, dialect: dialect)
    default:
      throw .unreadable(String(name), reason: "unknown type '\(family)'")
    }
  }

  /// Canonical name: `ap_fixed<16,6,RND,SAT>`, `ap_int<4>`; `fixed<...>` in the plain dialect.
  ///
  /// Modes are left out when they are the defaults of HLS, N when it is 0.
  public var name: String {
    let prefix = (dialect == .apTypes ? "ap_" : "") + (isSigned ? "" : "u")
    let plain = quantization == .truncate && overflow == .wrap && saturationBits == 0
    if plain && integerBits == width { return "\(prefix)int<\(width)>" }
    var text = "\(prefix)fixed<\(width),\(integerBits)"
    if !plain {
      text += ",\(quantization.rawValue),\(overflow.rawValue)"
      if saturationBits > 0 { text += ",\(saturationBits)" }
    }
    return text + ">"
  }
}
