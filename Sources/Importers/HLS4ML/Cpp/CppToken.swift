/// A token of the C++ subset that hls4ml writes.
struct CppToken: Hashable, Sendable {
  enum Kind: UInt8, Hashable, Sendable {
    case identifier, number, string, punctuator
    /// A `//` comment, without the slashes and surrounding blanks.
    case comment
  }

  let kind: Kind
  let text: String
  /// Line of the token, from 1.
  let line: Int

  func `is`(_ punctuator: String) -> Bool { kind == .punctuator && text == punctuator }
  func isWord(_ word: String) -> Bool { kind == .identifier && text == word }
}

/// Splits the text of a header or source file into tokens.
///
/// Directives are obeyed as g++ does for C simulation: `__SYNTHESIS__` and everything else that the
/// file itself and those before it do not define is undefined. `#include` and `#pragma` lines are
/// dropped. A macro without parameters is replaced by its text, the last definition counting: up to
/// version 1.2 hls4ml writes sizes so.
struct CppLexer {
  /// What macros stand for, by name; a macro with parameters has no text.
  typealias Macros = [String: [CppToken]]

  /// Most tokens that macros of one file may put in.
  static let replacementLimit = 1 << 20

  /// Largest source text, in bytes.
  static let byteLimit = 1 << 24
  /// Deepest nesting of conditional directives.
  static let nestingLimit = 64

  private let bytes: [UInt8]
  private let file: String
  private var position = 0
  private var line: Int
  private var tokens: [CppToken] = []
  private var macros: Macros
  private var replacedTokens = 0
  /// One entry per open conditional: whether its current branch is compiled.
  private var branches: [Bool] = []

  private init(_ bytes: [UInt8], file: String, firstLine: Int, macros: Macros) {
    self.bytes = bytes
    self.file = file
    line = firstLine
    self.macros = macros
  }

  /// The tokens of `bytes`, of which the first is in line `firstLine` of `file`.
  ///
  /// - Throws: ``HLS4MLProblem`` for a byte that is no text, an open string or comment, or more
  ///   than ``byteLimit`` bytes.
  static func tokens(
    _ bytes: [UInt8], file: String, firstLine: Int = 1
  ) throws(HLS4MLProblem) -> [CppToken] {
    var macros: Macros = [:]
    return try tokens(bytes, file: file, firstLine: firstLine, macros: &macros)
  }

  /// The same with the macros of the files before, to which those of this one are added.
  static func tokens(
    _ bytes: [UInt8], file: String, firstLine: Int = 1, macros: inout Macros
  ) throws(HLS4MLProblem) -> [CppToken] {
    guard bytes.count <= byteLimit else {
      throw HLS4MLProblem(
        .limit("the size of the file in bytes", limit: byteLimit), at: .init(file: file))
    }
    var lexer = CppLexer(bytes, file: file, firstLine: firstLine, macros: macros)
    try lexer.run()
    macros = lexer.macros
    return lexer.tokens
  }

  private var place: HLS4MLProblem.Place { .init(file: file, line: line) }

  private var isCompiled: Bool { branches.allSatisfy { $0 } }

  private func byte(after distance: Int = 0) -> UInt8? {
    position + distance < bytes.count ? bytes[position + distance] : nil
  }

  private mutating func run() throws(HLS4MLProblem) {
    var atLineStart = true
    while let byte = byte() {
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        position += 1
        atLineStart = true
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0x0B, 0x0C:
        position += 1
      case UInt8(ascii: "#") where atLineStart:
        try directive()
      case UInt8(ascii: "/") where self.byte(after: 1) == UInt8(ascii: "/"):
        let text = try restOfLine(from: position + 2)
        if isCompiled { tokens.append(CppToken(kind: .comment, text: text, line: line)) }
      case UInt8(ascii: "/") where self.byte(after: 1) == UInt8(ascii: "*"):
        try blockComment()
      default:
        atLineStart = false
        try token(byte)
      }
    }
    guard branches.isEmpty else {
      throw HLS4MLProblem(.syntax(expected: "#endif", found: "the end of the file"), at: place)
    }
  }

  /// The text up to the end of the line, blanks trimmed; the line's end is not consumed.
  private mutating func restOfLine(from start: Int) throws(HLS4MLProblem) -> String {
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    position = end
    let slice = bytes[start..<end]
    guard !slice.contains(0), let text = String(validating: slice, as: UTF8.self) else {
      let bad = slice.first { $0 == 0 || $0 >= 0x80 } ?? 0
      throw HLS4MLProblem(.byte(bad), at: place)
    }
    return text.trimmingBlanks()
  }

  private mutating func blockComment() throws(HLS4MLProblem) {
    let opened = place
    position += 2
    while let byte = byte() {
      if byte == UInt8(ascii: "*"), self.byte(after: 1) == UInt8(ascii: "/") {
        position += 2
        return
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
    throw HLS4MLProblem(.syntax(expected: "*/", found: "the end of the file"), at: opened)
  }

  private mutating func directive() throws(HLS4MLProblem) {
    let text = try restOfLine(from: position + 1)
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    let name = words.count > 1 ? words[1] : ""
    switch words.first {
    case "ifdef", "ifndef":
      guard branches.count < Self.nestingLimit else {
        throw HLS4MLProblem(.limit("nesting of #if", limit: Self.nestingLimit), at: place)
      }
      branches.append((macros[name] != nil) == (words[0] == "ifdef"))
    case "if":
      throw HLS4MLProblem(.unsupported("#\(text)", detail: "only #ifdef and #ifndef"), at: place)
    case "else":
      guard let last = branches.popLast() else {
        throw HLS4MLProblem(.syntax(expected: "#ifdef before #else", found: "none"), at: place)
      }
      branches.append(!last)
    case "endif":
      guard branches.popLast() != nil else {
        throw HLS4MLProblem(.syntax(expected: "#ifdef before #endif", found: "none"), at: place)
      }
    case "define":
      if isCompiled { try define(text.dropFirst("define".count)) }
    case "undef":
      if isCompiled { macros[name] = nil }
    default:
      break
    }
  }

  /// `NAME text` or `NAME(parameters) text`.
  private mutating func define(_ definition: Substring) throws(HLS4MLProblem) {
    let definition = definition.trimmingBlanks()
    let name = definition.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
    let rest = definition.dropFirst(name.count)
    guard rest.first != "(" else {
      macros[String(name)] = []
      return
    }
    macros[String(name)] = nil
    var lexer = CppLexer(Array(rest.utf8), file: file, firstLine: line, macros: macros)
    try lexer.run()
    macros[String(name)] = lexer.tokens.filter { $0.kind != .comment }
  }

  private mutating func append(_ token: CppToken) throws(HLS4MLProblem) {
    guard token.kind == .identifier, let text = macros[token.text] else {
      tokens.append(token)
      return
    }
    replacedTokens += text.count
    guard replacedTokens <= Self.replacementLimit else {
      throw HLS4MLProblem(
        .limit("the number of tokens from macros", limit: Self.replacementLimit), at: place)
    }
    for part in text { tokens.append(CppToken(kind: part.kind, text: part.text, line: token.line)) }
  }

  private mutating func token(_ byte: UInt8) throws(HLS4MLProblem) {
    let start = position
    let kind: CppToken.Kind
    if Self.isLetter(byte) {
      while let next = self.byte(), Self.isLetter(next) || Self.isDigit(next) { position += 1 }
      kind = .identifier
    } else if Self.isDigit(byte)
      || (byte == UInt8(ascii: ".") && self.byte(after: 1).map(Self.isDigit) == true)
    {
      scanNumber()
      kind = .number
    } else if byte == UInt8(ascii: "\"") {
      try string()
      return
    } else {
      guard byte > 0x20, byte < 0x7F else { throw HLS4MLProblem(.byte(byte), at: place) }
      position += Self.isPair(byte, self.byte(after: 1)) ? 2 : 1
      kind = .punctuator
    }
    if isCompiled {
      let text = String(decoding: bytes[start..<position], as: UTF8.self)
      try append(CppToken(kind: kind, text: text, line: line))
    }
  }

  /// Digits, letters, points, and a sign after an exponent's `e`.
  private mutating func scanNumber() {
    let isHexadecimal =
      byte() == UInt8(ascii: "0") && byte(after: 1).map { $0 | 0x20 } == UInt8(ascii: "x")
    while let next = byte() {
      guard Self.isDigit(next) || Self.isLetter(next) || next == UInt8(ascii: ".") else {
        return
      }
      position += 1
      let isExponent = next | 0x20 == UInt8(ascii: "e") && !isHexadecimal
      if isExponent, let sign = byte(), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        position += 1
      }
    }
  }

  private mutating func string() throws(HLS4MLProblem) {
    let start = position + 1
    position = start
    while let byte = byte(), byte != UInt8(ascii: "\"") {
      guard byte != UInt8(ascii: "\n"), byte != 0 else { break }
      position += 1
    }
    guard byte() == UInt8(ascii: "\""),
      let text = String(validating: bytes[start..<position], as: UTF8.self)
    else {
      throw HLS4MLProblem(
        .syntax(expected: "a closing \"", found: "the end of the line"), at: place)
    }
    position += 1
    if isCompiled { tokens.append(CppToken(kind: .string, text: text, line: line)) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Whether two bytes are one punctuator; `>>` is not, since it closes two template lists.
  private static func isPair(_ first: UInt8, _ second: UInt8?) -> Bool {
    switch (first, second) {
    case (UInt8(ascii: ":"), UInt8(ascii: ":")), (UInt8(ascii: "="), UInt8(ascii: "=")),
      (UInt8(ascii: "!"), UInt8(ascii: "=")), (UInt8(ascii: "<"), UInt8(ascii: "=")),
      (UInt8(ascii: ">"), UInt8(ascii: "=")), (UInt8(ascii: "&"), UInt8(ascii: "&")),
      (UInt8(ascii: "|"), UInt8(ascii: "|")):
      true
    default: false
    }
  }
}

extension StringProtocol {
  /// Without blanks, tabs and carriage returns at both ends.
  func trimmingBlanks() -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    guard let first = firstIndex(where: { !isBlank($0) }),
      let last = lastIndex(where: { !isBlank($0) })
    else { return "" }
    return String(self[first...last])
  }
}
