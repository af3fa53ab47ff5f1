/// A formula of a family's description, over keys of the configuration.
///
/// Names are numbered when it is read, so that evaluating one looks nothing up.
indirect enum Expression: Sendable {
  case constant(ConfigurationValue)
  /// A key, a `let` or a size of the run, by number.
  case slot(Int)
  /// Whether a key is other than null, by the configuration or by default.
  case present(Int)
  case unary(Unary, Expression)
  case binary(Binary, Expression, Expression)
  /// Evaluates one of two.
  case choice(Expression, Expression, Expression)
  case call(Function, [Expression])

  enum Unary: Sendable { case negate, not }

  enum Binary: String, Sendable {
    case or, and
    case otherwise = "??"
    case equal = "=="
    case unequal = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    /// Division without remainder; a remainder is an error.
    case divide = "/"
    /// Division rounded down.
    case floorDivide = "//"
    case remainder = "%"

    var precedence: Int {
      switch self {
      case .otherwise: 1
      case .or: 2
      case .and: 3
      case .equal, .unequal, .lessOrEqual, .greaterOrEqual, .less, .greater: 4
      case .add, .subtract: 5
      case .multiply, .divide, .floorDivide, .remainder: 6
      }
    }
  }

  enum Function: String, Sendable {
    case min, max
    /// Division rounded up.
    case ceil
    /// Element of a list.
    case at
    /// Elements of a list.
    case count
    /// Whether a list has an element.
    case contains
    /// A real number rounded down.
    case floor
    /// Whether a text begins with, or ends in, another.
    case begins, ends
  }

  /// Numbers of the names that the formula reads.
  func slots(into found: inout [Int]) {
    switch self {
    case .constant: break
    case .slot(let slot), .present(let slot): found.append(slot)
    case .unary(_, let a): a.slots(into: &found)
    case .binary(_, let a, let b):
      a.slots(into: &found)
      b.slots(into: &found)
    case .choice(let a, let b, let c):
      a.slots(into: &found)
      b.slots(into: &found)
      c.slots(into: &found)
    case .call(_, let arguments): for argument in arguments { argument.slots(into: &found) }
    }
  }
}

/// Names of a description, numbered in the order of their first mention.
struct NameTable: Sendable {
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]

  mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = names.count
    names.append(name)
    return names.count - 1
  }
}

/// Reads formulas, and what stands around them in a line of a description.
struct ExpressionReader {
  private let text: [UInt8]
  private var position = 0
  private let line: Int

  init(_ text: Substring, line: Int) {
    self.text = Array(text.utf8)
    self.line = line
  }

  func fault(_ problem: String) -> TransformerError {
    .description("\(problem) in '\(String(decoding: text, as: UTF8.self))'", line: line)
  }

  mutating func skipSpace() {
    while position < text.count, text[position] == 0x20 { position += 1 }
  }

  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position >= text.count
    }
  }

  mutating func takes(_ symbol: StaticString) -> Bool {
    skipSpace()
    let count = symbol.utf8CodeUnitCount
    guard position + count <= text.count else { return false }
    let matches = symbol.withUTF8Buffer { $0.elementsEqual(text[position..<position + count]) }
    if matches { position += count }
    return matches
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E: true
    default: false
    }
  }

  /// A name of letters, digits, `_` and `.`; with `wildcard` also `*`.
  mutating func name(wildcard: Bool = false) -> String? {
    skipSpace()
    let start = position
    while position < text.count,
      Self.isNamePart(text[position]) || (wildcard && text[position] == UInt8(ascii: "*"))
    {
      position += 1
    }
    return start == position ? nil : String(decoding: text[start..<position], as: UTF8.self)
  }

  /// The name that is next, without taking it.
  mutating func peekName() -> String? {
    let start = position
    defer { position = start }
    return name()
  }

  /// The label that is next; a word with nothing to label after it is a name.
  mutating func label() -> Statement.Label? {
    let start = position
    if let label = name().flatMap({ Statement.Label.named[$0] }) {
      skipSpace()
      if position < text.count, Self.isNamePart(text[position]) || text[position] == 0x27 {
        return label
      }
    }
    position = start
    return nil
  }

  mutating func expression(
    _ names: inout NameTable, above precedence: Int = 0
  ) throws(TransformerError) -> Expression {
    var left = try operand(&names)
    while let (operation, length) = nextOperation(), operation.precedence > precedence {
      position += length
      let right = try expression(&names, above: operation.precedence)
      left = .binary(operation, left, right)
    }
    return left
  }

  private mutating func nextOperation() -> (Expression.Binary, Int)? {
    skipSpace()
    guard position < text.count else { return nil }
    let first = text[position]
    if Self.isNamePart(first) {
      switch peekName() {
      case "or": return (.or, 2)
      case "and": return (.and, 3)
      default: return nil
      }
    }
    let second = position + 1 < text.count ? text[position + 1] : 0
    switch (first, second) {
    case (UInt8(ascii: "?"), UInt8(ascii: "?")): return (.otherwise, 2)
    case (UInt8(ascii: "="), UInt8(ascii: "=")): return (.equal, 2)
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): return (.unequal, 2)
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): return (.lessOrEqual, 2)
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): return (.greaterOrEqual, 2)
    case (UInt8(ascii: "/"), UInt8(ascii: "/")): return (.floorDivide, 2)
    case (UInt8(ascii: "-"), UInt8(ascii: ">")): return nil
    case (UInt8(ascii: "<"), _): return (.less, 1)
    case (UInt8(ascii: ">"), _): return (.greater, 1)
    case (UInt8(ascii: "+"), _): return (.add, 1)
    case (UInt8(ascii: "-"), _): return (.subtract, 1)
    case (UInt8(ascii: "*"), _): return (.multiply, 1)
    case (UInt8(ascii: "/"), _): return (.divide, 1)
    case (UInt8(ascii: "%"), _): return (.remainder, 1)
    default: return nil
    }
  }

  private mutating func operand(_ names: inout NameTable) throws(TransformerError) -> Expression {
    skipSpace()
    guard position < text.count else { throw fault("a formula ends too early") }
    if takes("(") {
      let inner = try expression(&names)
      guard takes(")") else { throw fault("expected ')'") }
      return inner
    }
    if takes("-") { return .unary(.negate, try operand(&names)) }
    if takes("[]") { return .constant(.list([])) }
    if takes("'") {
      guard let end = text[position...].firstIndex(of: UInt8(ascii: "'")) else {
        throw fault("a text does not end")
      }
      defer { position = end + 1 }
      return .constant(.text(String(decoding: text[position..<end], as: UTF8.self)))
    }
    guard let word = name() else { throw fault("expected a value") }
    if let first = word.utf8.first, (0x30...0x39).contains(first) {
      if let value = Int(word) { return .constant(.integer(value)) }
      guard let value = Double(word) else { throw fault("'\(word)' is no number") }
      return .constant(.real(value))
    }
    switch word {
    case "true": return .constant(.flag(true))
    case "false": return .constant(.flag(false))
    case "null": return .constant(.null)
    case "not": return .unary(.not, try expression(&names, above: 3))
    default: break
    }
    guard takes("(") else { return .slot(names.number(of: word)) }
    if word == "has" {
      guard let key = name(), takes(")") else { throw fault("expected has(KEY)") }
      return .present(names.number(of: key))
    }
    var arguments = [try expression(&names)]
    while takes(",") { arguments.append(try expression(&names)) }
    guard takes(")") else { throw fault("expected ')'") }
    if word == "if" {
      guard arguments.count == 3 else { throw fault("if takes three values") }
      return .choice(arguments[0], arguments[1], arguments[2])
    }
    guard let function = Expression.Function(rawValue: word) else {
      throw fault("there is no function '\(word)'")
    }
    return .call(function, arguments)
  }
}
