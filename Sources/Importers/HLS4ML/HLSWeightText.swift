import Arith
import QuantGraph

/// Reads the numbers of a `weights/*.txt` file (or of a C array) as C simulation reads them.
///
/// The text is the first line only; values are separated by commas. Fixed-point values are read as
/// doubles and assigned with the type's own rounding and overflow (`operator>>` of
/// `ap_fixed_base.h`); integer types read digits up to a point and wrap (`ap_private::fromString`).
struct HLSWeightText {
  private let bytes: ArraySlice<UInt8>
  private let place: HLS4MLProblem.Place
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>, place: HLS4MLProblem.Place) {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    self.bytes = bytes[..<end]
    self.place = place
    position = bytes.startIndex
  }

  /// The codes of `count` numbers of `format`.
  ///
  /// - Throws: ``HLS4MLProblem`` if a token is no finite number, or there are more or fewer.
  static func codes(
    _ bytes: ArraySlice<UInt8>, format: FixedPointFormat, isInteger: Bool, count: Int,
    place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> Codes {
    var text = HLSWeightText(bytes, place: place)
    var builder = CodesBuilder(format, capacity: min(count, bytes.count))
    var found = 0
    while !text.isAtEnd {
      let token = text.token()
      found += 1
      if found <= count {
        try builder.append(token, isInteger: isInteger, place: place)
      }
      guard text.takeComma() else { break }
      // Nothing behind the last comma is no value: getline stops there.
      if text.isAtEnd { break }
    }
    guard found == count else {
      throw HLS4MLProblem(.count("weights", expected: count, found: found), at: place)
    }
    return builder.codes
  }

  /// Gives `body` the tokens of each of `count` groups of `size` numbers, such as `{1.0, -3}`.
  static func groups(
    _ bytes: ArraySlice<UInt8>, size: Int, count: Int, place: HLS4MLProblem.Place,
    body: (_ values: [ArraySlice<UInt8>]) throws(HLS4MLProblem) -> Void
  ) throws(HLS4MLProblem) {
    var text = HLSWeightText(bytes, place: place)
    var found = 0
    while text.skipTo(UInt8(ascii: "{")) {
      var values = [text.token()]
      while values.count <= size, text.takeComma() { values.append(text.token()) }
      guard values.count == size, text.skipTo(UInt8(ascii: "}")) else {
        let shown = values.map { Self.shown($0) }.joined(separator: ", ")
        throw HLS4MLProblem(
          .syntax(expected: "{\(size) numbers}", found: "'\(shown)'"), at: place)
      }
      found += 1
      if found <= count { try body(values) }
    }
    guard found == count else {
      throw HLS4MLProblem(.count("weights", expected: count, found: found), at: place)
    }
  }

  private var isAtEnd: Bool {
    var index = position
    while index < bytes.endIndex, Self.isBlank(bytes[index]) { index += 1 }
    return index >= bytes.endIndex
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  /// The bytes up to a comma, a brace or the end, blanks trimmed.
  private mutating func token() -> ArraySlice<UInt8> {
    while position < bytes.endIndex, Self.isBlank(bytes[position]) { position += 1 }
    let start = position
    while position < bytes.endIndex, bytes[position] != UInt8(ascii: ","),
      bytes[position] != UInt8(ascii: "}"), bytes[position] != UInt8(ascii: "{")
    {
      position += 1
    }
    var end = position
    while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
    return bytes[start..<end]
  }

  private mutating func takeComma() -> Bool {
    guard position < bytes.endIndex, bytes[position] == UInt8(ascii: ",") else { return false }
    position += 1
    return true
  }

  /// Passes over blanks, commas and the byte `wanted`; false if it does not come next.
  private mutating func skipTo(_ wanted: UInt8) -> Bool {
    while position < bytes.endIndex,
      Self.isBlank(bytes[position]) || bytes[position] == UInt8(ascii: ",")
    {
      position += 1
    }
    guard position < bytes.endIndex, bytes[position] == wanted else { return false }
    position += 1
    return true
  }

  /// The integer that an `ap_int` reads from `token`: a sign, digits, and whatever follows a point.
  static func integer(
    _ token: ArraySlice<UInt8>, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> Int {
    let whole = token.prefix { $0 != UInt8(ascii: ".") }
    let fraction = token.dropFirst(whole.count + 1)
    guard let value = Int(String(decoding: whole, as: UTF8.self)),
      fraction.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw HLS4MLProblem(.number(token: shown(token)), at: place) }
    return value
  }

  /// The double that `token` reads as, correctly rounded.
  static func double(
    _ token: ArraySlice<UInt8>, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> Double {
    if let value = shortDecimal(token) { return value }
    // Words such as nan and inf are no numbers to a C++ stream.
    guard let first = token.first(where: { $0 != 0x2D && $0 != 0x2B }),
      (0x30...0x39).contains(first) || first == 0x2E,
      !token.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }),
      let value = Double(String(decoding: token, as: UTF8.self)), value.isFinite
    else { throw HLS4MLProblem(.number(token: shown(token)), at: place) }
    return value
  }

  /// A number of at most 15 digits and 22 decimals: the quotient of two exact doubles.
  ///
  /// Both are exact, so one division rounds once and correctly (Clinger, "How to read floating
  /// point numbers accurately", PLDI 1990).
  private static func shortDecimal(_ token: ArraySlice<UInt8>) -> Double? {
    guard token.count <= 24, var index = token.indices.first else { return nil }
    let isNegative = token[index] == UInt8(ascii: "-")
    if isNegative { index += 1 }
    var mantissa: Int64 = 0
    var digits = 0
    var decimals = 0
    var seenPoint = false
    while index < token.endIndex {
      let byte = token[index]
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if (0x30...0x39).contains(byte) {
        mantissa = mantissa * 10 + Int64(byte - 0x30)
        if mantissa > 0 { digits += 1 }
        if seenPoint { decimals += 1 }
        guard digits <= 15 else { return nil }
      } else {
        return nil
      }
      index += 1
    }
    guard decimals <= 22, token.count > (isNegative ? 1 : 0) + (seenPoint ? 1 : 0) else {
      return nil
    }
    let magnitude = Double(mantissa) / powersOfTen[decimals]
    return isNegative ? -magnitude : magnitude
  }

  private static let powersOfTen: [Double] = {
    var powers = [1.0]
    // Powers up to 10^22 are exact doubles.
    for _ in 0..<22 { powers.append((powers.last ?? 1) * 10) }
    return powers
  }()

  private static func shown(_ token: ArraySlice<UInt8>) -> String {
    String(decoding: token.prefix(40), as: UTF8.self)
  }
}

/// Collects codes of one fixed-point format in the smallest storage that holds them.
struct CodesBuilder {
  let format: FixedPointFormat
  private var narrow: [Int64] = []
  private var wide: [Int512] = []
  /// Whether codes fit in 64-bit signed numbers.
  private let isNarrow: Bool

  init(_ format: FixedPointFormat, capacity: Int) {
    self.format = format
    isNarrow = format.width + (format.isSigned ? 0 : 1) <= 64
    if isNarrow { narrow.reserveCapacity(capacity) } else { wide.reserveCapacity(capacity) }
  }

  mutating func append(
    _ token: ArraySlice<UInt8>, isInteger: Bool, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    if isInteger {
      append(integer: try HLSWeightText.integer(token, place: place))
    } else {
      append(try HLSWeightText.double(token, place: place))
    }
  }

  /// Assigns an integer to the format, which drops high bits.
  mutating func append(integer: Int) {
    let code = format.cast(raw: Int512(Int64(integer)), sourceFractionBits: 0)
    append(code: code)
  }

  mutating func append(_ value: Double) {
    // The cast aligns a 53-bit integer to the format: that fits in 64 bits up to this exponent.
    let isSmall =
      value == 0 || (value.isNormal && Int(value.exponent) + format.fractionBits <= 61)
    if isNarrow && format.width <= 60 && isSmall {
      narrow.append(format.cast(value, as: Int64.self))
    } else {
      append(code: format.cast(value, as: Int512.self))
    }
  }

  /// A code of the format itself.
  mutating func append(code: Int512) {
    if isNarrow { narrow.append(code.low64) } else { wide.append(code) }
  }

  /// The codes so far.
  var codes: Codes {
    guard isNarrow else { return .wide(wide) }
    switch (format.width, format.isSigned) {
    case (...8, true): return .int8(narrow.map { Int8(truncatingIfNeeded: $0) })
    case (...8, false): return .uint8(narrow.map { UInt8(truncatingIfNeeded: $0) })
    case (...16, true): return .int16(narrow.map { Int16(truncatingIfNeeded: $0) })
    case (...16, false): return .uint16(narrow.map { UInt16(truncatingIfNeeded: $0) })
    case (...32, true): return .int32(narrow.map { Int32(truncatingIfNeeded: $0) })
    default: return .int64(narrow)
    }
  }
}
