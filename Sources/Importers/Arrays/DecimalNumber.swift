/// A decimal number in text: its value, and how many digits the text shows.
public struct DecimalNumber: Sendable, Hashable {
  /// What the text says, rounded to the nearest `Double`, ties to even.
  public let value: Double
  /// Digits from the first that is not zero to the last such, at most 255; 0 for zeros,
  /// infinities and NaN.
  public let digits: UInt8

  /// Parses `text`: an optional sign, digits with at most one point, an optional exponent; or
  /// `inf` or `nan` in any case.
  ///
  /// - Returns: nil for anything else, and for a finite number beyond the range of `Double`.
  public init?(_ text: some Collection<UInt8>) {
    var significand: UInt64 = 0
    var kept = 0
    var shown = 0
    var zeros = 0
    var exponent = 0
    var sawDigit = false
    var sawPoint = false
    var isNegative = false
    var index = text.startIndex

    func next() -> UInt8? { index < text.endIndex ? text[index] : nil }
    func advance() { index = text.index(after: index) }

    if let sign = next(), sign == 0x2B || sign == 0x2D {
      isNegative = sign == 0x2D
      advance()
    }
    while let byte = next() {
      if byte == 0x2E, !sawPoint {
        sawPoint = true
      } else if (0x30...0x39).contains(byte) {
        sawDigit = true
        if sawPoint { exponent -= 1 }
        if byte == 0x30 {
          zeros += 1
        } else {
          // Zeros count once a digit follows them that does not.
          let added = shown == 0 ? 1 : zeros + 1
          shown += added
          // Nineteen digits always fit in 64 bits; a longer number is left to the library.
          if shown <= 19 {
            for _ in 0..<added { significand = significand &* 10 }
            significand += UInt64(byte - 0x30)
            kept = shown
          }
          zeros = 0
        }
      } else {
        break
      }
      advance()
    }
    guard sawDigit else {
      guard let special = Self.special(text[index...], isNegative: isNegative), !sawPoint else {
        return nil
      }
      value = special
      digits = 0
      return
    }
    if let byte = next(), byte | 0x20 == UInt8(ascii: "e") {
      advance()
      var negativeExponent = false
      if let sign = next(), sign == 0x2B || sign == 0x2D {
        negativeExponent = sign == 0x2D
        advance()
      }
      guard next() != nil else { return nil }
      var written = 0
      while let byte = next() {
        guard (0x30...0x39).contains(byte) else { return nil }
        // Beyond any exponent of a double, even with the longest token's digits.
        if written < 100_000 { written = written * 10 + Int(byte - 0x30) }
        advance()
      }
      exponent += negativeExponent ? -written : written
    }
    guard index == text.endIndex else { return nil }

    digits = UInt8(clamping: shown)
    guard shown > 0 else {
      value = isNegative ? -0.0 : 0.0
      return
    }
    // The significand ends before the trailing zeros.
    let scale = exponent + zeros
    if kept == shown, let magnitude = Self.exact(significand, exponent: scale) {
      value = isNegative ? -magnitude : magnitude
    } else {
      guard let parsed = Double(String(decoding: text, as: UTF8.self)), parsed.isFinite else {
        return nil
      }
      value = parsed
    }
  }

  /// The double nearest to `significand * 10^exponent`, where one rounding gives it, else nil.
  ///
  /// Both factors are exact doubles (Clinger, "How to Read Floating Point Numbers Accurately",
  /// PLDI 1990).
  static func exact(_ significand: UInt64, exponent: Int) -> Double? {
    guard significand <= 1 << 53, abs(exponent) <= 22 else { return nil }
    return exponent < 0
      ? Double(significand) / Printed.powersOfTen[-exponent]
      : Double(significand) * Printed.powersOfTen[exponent]
  }

  private static func special(
    _ word: some Collection<UInt8>, isNegative: Bool
  ) -> Double? {
    guard word.count == 3 else { return nil }
    switch String(decoding: word.map { $0 | 0x20 }, as: UTF8.self) {
    case "inf": return isNegative ? -.infinity : .infinity
    case "nan": return .nan
    default: return nil
    }
  }
}
