/// Why a text is no JSON document, with the place of the first fault.
public struct JSONSyntaxError: Error, Hashable {
  /// Counted from 1.
  public let line: Int
  /// Bytes from the start of the line, counted from 1.
  public let column: Int
  public let reason: String

  public init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }
}

extension JSON {
  /// Reads one document (RFC 8259), at most 128 levels deep; a key may occur once an object.
  ///
  /// - Throws: ``JSONSyntaxError``. Integers outside `Int` become binary64 numbers.
  public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.document()
  }
}

private struct JSONReader {
  private static let maximumDepth = 128
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONSyntaxError) -> JSON {
    let value = try self.value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("text after the end of the document") }
    return value
  }

  private func fault(_ reason: String) -> JSONSyntaxError {
    let before = bytes[..<min(position, bytes.count)]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return JSONSyntaxError(
      line: before.count(where: { $0 == UInt8(ascii: "\n") }) + 1,
      column: before.count - lineStart + 1, reason: reason)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSON {
    guard depth < Self.maximumDepth else { throw fault("more than 128 levels") }
    skipSpace()
    guard position < bytes.count else { throw fault("the text ends where a value should be") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONSyntaxError) -> JSON {
    let text = Array(word.description.utf8)
    guard bytes[position...].starts(with: text) else { throw fault("expected a value") }
    position += text.count
    return value
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if takes("]") { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if takes("]") { return .array(elements) }
      guard takes(",") else { throw fault("expected ',' or ']'") }
    }
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSON {
    position += 1
    var members: [JSON.Member] = []
    var keys: Set<String> = []
    skipSpace()
    if takes("}") { return .object([]) }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw fault("expected a key in double quotes")
      }
      let key = try string()
      guard keys.insert(key).inserted else { throw fault("key '\(key)' occurs twice") }
      skipSpace()
      guard takes(":") else { throw fault("expected ':' after key '\(key)'") }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if takes("}") { return .object(members) }
      guard takes(",") else { throw fault("expected ',' or '}'") }
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    // What stands before an escape is taken as a whole.
    var text: [UInt8] = []
    var start = position
    while position < bytes.count {
      let byte = bytes[position]
      // A quote or a backslash.
      if byte == 0x22 {
        let rest = bytes[start..<position]
        let whole =
          text.isEmpty
          ? String(validating: rest, as: UTF8.self)
          : String(validating: text + rest, as: UTF8.self)
        guard let whole else { throw fault("a string is not UTF-8") }
        position += 1
        return whole
      }
      if byte == 0x5C {
        text += bytes[start..<position]
        position += 1
        text += try escape()
        start = position
        continue
      }
      if byte < 0x20 { throw fault("a control character in a string") }
      position += 1
    }
    throw fault("a string does not end")
  }

  /// The UTF-8 of the escape whose letter is next.
  private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
    guard position < bytes.count else { throw fault("a string does not end") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var scalar = try hexadecimal()
      if (0xD800..<0xDC00).contains(scalar) {
        guard takes("\\"), takes("u") else { throw fault("half of a surrogate pair") }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let character = Unicode.Scalar(scalar) else { throw fault("half of a surrogate pair") }
      return Array(String(Character(character)).utf8)
    default: throw fault("an unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw fault("expected four hexadecimal digits") }
    position += 4
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> JSON {
    let start = position
    var isInteger = true
    _ = takes("-")
    let leadingZero = takes("0")
    let digits = skipDigits()
    guard leadingZero != (digits > 0) else {
      position = start
      let words = ["NaN", "-NaN", "nan", "Infinity", "-Infinity", "inf", "-inf"]
      if let word = words.first(where: { bytes[position...].starts(with: $0.utf8) }) {
        throw fault("\(word) is no JSON number")
      }
      throw fault("expected a value")
    }
    if takes(".") {
      isInteger = false
      guard skipDigits() > 0 else { throw fault("expected a digit after '.'") }
    }
    if takes("e") || takes("E") {
      isInteger = false
      if !takes("-") { _ = takes("+") }
      guard skipDigits() > 0 else { throw fault("expected a digit in the exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw fault("number '\(text.prefix(40))' is out of range")
    }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    // Digits 0 to 9.
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
    return position - start
  }
}
