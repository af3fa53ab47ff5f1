/// A position in a list of tokens, and the steps that every parser of the C++ subset takes.
struct CppCursor {
  let file: String
  private let tokens: ArraySlice<CppToken>
  private var position: Int

  init(_ tokens: ArraySlice<CppToken>, file: String) {
    self.tokens = tokens
    self.file = file
    position = tokens.startIndex
  }

  var isAtEnd: Bool { position >= tokens.endIndex }

  /// Where the next token is, or the last one at the end.
  var place: HLS4MLProblem.Place {
    .init(file: file, line: peek()?.line ?? tokens.last?.line)
  }

  func peek(_ distance: Int = 0) -> CppToken? {
    let index = position + distance
    return index < tokens.endIndex ? tokens[index] : nil
  }

  mutating func next() -> CppToken? {
    guard let token = peek() else { return nil }
    position += 1
    return token
  }

  /// Line of the token taken last; nil at the start.
  var previousLine: Int? { position > tokens.startIndex ? tokens[position - 1].line : nil }

  mutating func skipComments() {
    while peek()?.kind == .comment { position += 1 }
  }

  /// Takes the next token if it is the punctuator `text`.
  mutating func take(_ text: String) -> Bool {
    guard let token = peek(), token.is(text) else { return false }
    position += 1
    return true
  }

  /// Takes the next token if it is the word `text`.
  mutating func takeWord(_ text: String) -> Bool {
    guard let token = peek(), token.isWord(text) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ text: String) throws(HLS4MLProblem) {
    guard take(text) else { throw mismatch("'\(text)'") }
  }

  mutating func identifier(_ what: String) throws(HLS4MLProblem) -> String {
    guard let token = peek(), token.kind == .identifier else { throw mismatch(what) }
    position += 1
    return token.text
  }

  /// The problem that the next token is not `expected`.
  func mismatch(_ expected: String) -> HLS4MLProblem {
    HLS4MLProblem(
      .syntax(expected: expected, found: peek().map { "'\($0.text)'" } ?? "the end of the text"),
      at: place)
  }

  /// Tokens up to the first of `ends` that is inside no bracket; the end is not taken.
  ///
  /// Comments are left out. Angle brackets nest only if `countingAngles`: in an expression they are
  /// comparisons.
  mutating func collect(
    until ends: [String], countingAngles: Bool = false
  ) throws(HLS4MLProblem) -> ArraySlice<CppToken> {
    var collected: [CppToken] = []
    var depth = 0
    while let token = peek() {
      if depth == 0, token.kind == .punctuator, ends.contains(token.text) {
        return collected[...]
      }
      if token.kind == .punctuator {
        switch token.text {
        case "(", "[", "{": depth += 1
        case ")", "]", "}": depth -= 1
        case "<" where countingAngles: depth += 1
        case ">" where countingAngles: depth -= 1
        default: break
        }
        if depth < 0 { break }
      }
      if token.kind != .comment { collected.append(token) }
      position += 1
    }
    throw mismatch(ends.map { "'\($0)'" }.joined(separator: " or "))
  }

  /// Passes over a bracketed group; the next token must open it.
  mutating func skipGroup() throws(HLS4MLProblem) {
    var depth = 0
    let opened = place
    while let token = next() {
      guard token.kind == .punctuator else { continue }
      switch token.text {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      default: break
      }
      if depth == 0 { return }
    }
    throw HLS4MLProblem(
      .syntax(expected: "a closing bracket", found: "the end of the text"), at: opened)
  }

  /// The comma-separated parts of a list whose opening bracket has been taken, and that ends in
  /// `end`, which is taken.
  mutating func list(
    until end: String, countingAngles: Bool = false
  ) throws(HLS4MLProblem) -> [ArraySlice<CppToken>] {
    if take(end) { return [] }
    var parts: [ArraySlice<CppToken>] = []
    while true {
      parts.append(try collect(until: [",", end], countingAngles: countingAngles))
      if take(end) { return parts }
      try expect(",")
    }
  }
}
