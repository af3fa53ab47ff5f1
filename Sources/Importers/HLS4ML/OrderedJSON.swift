/// A JSON value whose objects keep the order of their keys.
///
/// The order of `model_arch.json` is the order of execution, which Foundation's decoder drops.
/// Python's `NaN` and `Infinity` are read too.
indirect enum OrderedJSON: Sendable {
  case null
  case bool(Bool)
  case number(Double, text: String)
  case string(String)
  case array([OrderedJSON])
  case object([(key: String, value: OrderedJSON)])

  /// Deepest nesting of arrays and objects.
  static let depthLimit = 64

  /// The value that `bytes` spell.
  ///
  /// - Throws: ``HLS4MLProblem`` with the line for anything that is no JSON, or nests too deeply.
  static func parse(_ bytes: [UInt8], file: String) throws(HLS4MLProblem) -> OrderedJSON {
    var parser = OrderedJSONParser(bytes: bytes, file: file)
    return try parser.document()
  }

  /// The value under `key` of an object; nil for other values and missing keys.
  subscript(key: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var array: [OrderedJSON]? { if case .array(let values) = self { values } else { nil } }
  var members: [(key: String, value: OrderedJSON)]? {
    if case .object(let members) = self { members } else { nil }
  }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var double: Double? { if case .number(let value, _) = self { value } else { nil } }
  /// The value of a number that is written as an integer.
  var integer: Int? { if case .number(_, let text) = self { Int(text) } else { nil } }
}

private struct OrderedJSONParser {
  let bytes: [UInt8]
  let file: String
  var position = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func failure(_ expected: String) -> HLS4MLProblem {
    let line = 1 + bytes[..<min(position, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    let found = peek.map { byte in
      (0x20..<0x7F).contains(byte)
        ? "'\(String(decoding: [byte], as: UTF8.self))'" : "byte 0x\(String(byte, radix: 16))"
    }
    return HLS4MLProblem(
      .syntax(expected: expected, found: found ?? "the end of the file"),
      at: .init(file: file, line: line))
  }

  mutating func document() throws(HLS4MLProblem) -> OrderedJSON {
    let value = try value(depth: 0)
    skipBlanks()
    guard position == bytes.count else { throw failure("the end of the file") }
    return value
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipBlanks()
    guard let wanted = byte.asciiValue, peek == wanted else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) throws(HLS4MLProblem) -> OrderedJSON {
    guard depth < OrderedJSON.depthLimit else {
      throw HLS4MLProblem(
        .limit("the nesting of JSON", limit: OrderedJSON.depthLimit), at: failure("").place)
    }
    skipBlanks()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t") where takeWord("true"): return .bool(true)
    case UInt8(ascii: "f") where takeWord("false"): return .bool(false)
    case UInt8(ascii: "n") where takeWord("null"): return .null
    case UInt8(ascii: "N") where takeWord("NaN"): return .number(.nan, text: "NaN")
    case UInt8(ascii: "I") where takeWord("Infinity"): return .number(.infinity, text: "Infinity")
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(HLS4MLProblem) -> OrderedJSON {
    position += 1
    var members: [(key: String, value: OrderedJSON)] = []
    var keys: Set<String> = []
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard peek == UInt8(ascii: "\"") else { throw failure("a key") }
      let key = try string()
      guard keys.insert(key).inserted else {
        throw HLS4MLProblem(.duplicate(kind: "key", name: key), at: failure("").place)
      }
      guard take(":") else { throw failure("':'") }
      members.append((key, try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw failure("',' or '}'") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(HLS4MLProblem) -> OrderedJSON {
    position += 1
    var values: [OrderedJSON] = []
    if take("]") { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw failure("',' or ']'") }
    return .array(values)
  }

  private mutating func number() throws(HLS4MLProblem) -> OrderedJSON {
    let start = position
    if peek == UInt8(ascii: "-") {
      position += 1
      if takeWord("Infinity") { return .number(-.infinity, text: "-Infinity") }
    }
    while let byte = peek, (0x30...0x39).contains(byte) || ".eE+-".utf8.contains(byte) {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard !text.isEmpty, let value = Double(text) else {
      position = start
      throw failure("a value")
    }
    return .number(value, text: text)
  }

  private mutating func string() throws(HLS4MLProblem) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("UTF-8 text")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw failure("text without control characters")
      default: content.append(byte)
      }
    }
    throw failure("a closing '\"'")
  }

  private mutating func escape(into content: inout [UInt8]) throws(HLS4MLProblem) {
    guard let byte = peek else { throw failure("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), takeWord("\\u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("a low surrogate") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("a Unicode scalar") }
      content += Array(String(Character(scalar)).utf8)
    default: throw failure("an escape")
    }
  }

  private mutating func hexadecimal() throws(HLS4MLProblem) -> UInt32 {
    guard position + 4 <= bytes.count,
      let code = UInt32(
        String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits") }
    position += 4
    return code
  }
}
