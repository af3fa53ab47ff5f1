/// Evaluates integer constant expressions: `+ - * / %`, comparisons, `?:`, `DIV_ROUNDUP`, `MIN`,
/// `MAX` and names.
///
/// Values are 64-bit and checked. A negative number in an unsigned constant stays negative, so that
/// hls4ml's idiom `n_filt == -1` holds for a constant that was written as -1.
struct CppExpression {
  /// Operations and names that one expression may use, those of the names it refers to included.
  static let stepLimit = 100_000
  /// Deepest nesting of parentheses and referenced constants.
  static let depthLimit = 64

  /// Counts work over all expressions that one evaluation touches.
  struct Budget {
    var steps = 0
    var depth = 0
  }

  typealias Lookup = (_ path: [String], inout Budget) throws(HLS4MLProblem) -> Int

  private var cursor: CppCursor
  private let text: String
  private let lookup: Lookup

  /// The value of `tokens`.
  ///
  /// - Throws: ``HLS4MLProblem`` for a syntax error, an unknown name, overflow, division by zero,
  ///   or too much work.
  static func evaluate(
    _ tokens: ArraySlice<CppToken>, file: String, budget: inout Budget, lookup: @escaping Lookup
  ) throws(HLS4MLProblem) -> Int {
    budget.depth += 1
    defer { budget.depth -= 1 }
    var expression = CppExpression(
      cursor: CppCursor(tokens, file: file),
      text: tokens.prefix(32).map(\.text).joined(separator: " "), lookup: lookup)
    let value = try expression.conditional(&budget)
    guard expression.cursor.isAtEnd else { throw expression.cursor.mismatch("an operator") }
    return value
  }

  private init(cursor: CppCursor, text: String, lookup: @escaping Lookup) {
    self.cursor = cursor
    self.text = text
    self.lookup = lookup
  }

  private func step(_ budget: inout Budget) throws(HLS4MLProblem) {
    budget.steps += 1
    guard budget.steps <= Self.stepLimit, budget.depth <= Self.depthLimit else {
      throw HLS4MLProblem(.cyclic(name: text), at: cursor.place)
    }
  }

  private func checked(
    _ result: (partialValue: Int, overflow: Bool)
  ) throws(HLS4MLProblem) -> Int {
    guard !result.overflow else { throw failure("the result is beyond 64 bits") }
    return result.partialValue
  }

  private func failure(_ reason: String) -> HLS4MLProblem {
    HLS4MLProblem(.arithmetic(expression: text, reason: reason), at: cursor.place)
  }

  private mutating func conditional(_ budget: inout Budget) throws(HLS4MLProblem) -> Int {
    budget.depth += 1
    defer { budget.depth -= 1 }
    try step(&budget)
    let condition = try binary(0, &budget)
    guard cursor.take("?") else { return condition }
    let first = try conditional(&budget)
    try cursor.expect(":")
    let second = try conditional(&budget)
    return condition != 0 ? first : second
  }

  /// Logical and comparison operators, loosest first (ISO C++, [expr]); sums bind tighter.
  private static let levels: [[String]] = [
    ["||"], ["&&"], ["==", "!="], ["<", ">", "<=", ">="],
  ]

  private mutating func binary(_ level: Int, _ budget: inout Budget) throws(HLS4MLProblem) -> Int {
    guard level < Self.levels.count else { return try sum(&budget) }
    var left = try binary(level + 1, &budget)
    while let token = cursor.peek(), token.kind == .punctuator,
      Self.levels[level].contains(token.text)
    {
      _ = cursor.next()
      try step(&budget)
      let right = try binary(level + 1, &budget)
      let holds =
        switch token.text {
        case "||": left != 0 || right != 0
        case "&&": left != 0 && right != 0
        case "==": left == right
        case "!=": left != right
        case "<": left < right
        case ">": left > right
        case "<=": left <= right
        default: left >= right
        }
      left = holds ? 1 : 0
    }
    return left
  }

  private mutating func sum(_ budget: inout Budget) throws(HLS4MLProblem) -> Int {
    var left = try product(&budget)
    while true {
      if cursor.take("+") {
        left = try checked(left.addingReportingOverflow(try product(&budget)))
      } else if cursor.take("-") {
        left = try checked(left.subtractingReportingOverflow(try product(&budget)))
      } else {
        return left
      }
      try step(&budget)
    }
  }

  private mutating func product(_ budget: inout Budget) throws(HLS4MLProblem) -> Int {
    var left = try unary(&budget)
    while true {
      if cursor.take("*") {
        left = try checked(left.multipliedReportingOverflow(by: try unary(&budget)))
      } else if cursor.take("/") {
        left = try divided(left, by: try unary(&budget))
      } else if cursor.take("%") {
        let divisor = try unary(&budget)
        guard divisor != 0 else { throw failure("division by zero") }
        left = try checked(left.remainderReportingOverflow(dividingBy: divisor))
      } else {
        return left
      }
      try step(&budget)
    }
  }

  private func divided(_ value: Int, by divisor: Int) throws(HLS4MLProblem) -> Int {
    guard divisor != 0 else { throw failure("division by zero") }
    return try checked(value.dividedReportingOverflow(by: divisor))
  }

  private mutating func unary(_ budget: inout Budget) throws(HLS4MLProblem) -> Int {
    budget.depth += 1
    defer { budget.depth -= 1 }
    try step(&budget)
    if cursor.take("-") {
      return try checked(0.subtractingReportingOverflow(try unary(&budget)))
    }
    if cursor.take("+") { return try unary(&budget) }
    if cursor.take("!") { return try unary(&budget) == 0 ? 1 : 0 }
    if cursor.take("(") {
      let value = try conditional(&budget)
      try cursor.expect(")")
      return value
    }
    guard let token = cursor.next() else { throw cursor.mismatch("a number or a name") }
    switch token.kind {
    case .number: return try Self.integer(token, file: cursor.file)
    case .identifier: return try name(token, &budget)
    default:
      throw HLS4MLProblem(
        .syntax(expected: "a number or a name", found: "'\(token.text)'"),
        at: .init(file: cursor.file, line: token.line))
    }
  }

  private mutating func name(
    _ first: CppToken, _ budget: inout Budget
  ) throws(HLS4MLProblem) -> Int {
    switch first.text {
    case "true": return 1
    case "false": return 0
    case "DIV_ROUNDUP":
      let (a, b) = try pair(&budget)
      let raised = try checked(a.addingReportingOverflow(b)).subtractingReportingOverflow(1)
      return try divided(try checked(raised), by: b)
    case "MIN":
      let (a, b) = try pair(&budget)
      return min(a, b)
    case "MAX":
      let (a, b) = try pair(&budget)
      return max(a, b)
    default:
      var path = [first.text]
      while cursor.take("::") { path.append(try cursor.identifier("a name after '::'")) }
      return try lookup(path, &budget)
    }
  }

  private mutating func pair(_ budget: inout Budget) throws(HLS4MLProblem) -> (Int, Int) {
    try cursor.expect("(")
    let first = try conditional(&budget)
    try cursor.expect(",")
    let second = try conditional(&budget)
    try cursor.expect(")")
    return (first, second)
  }

  /// The value of an integer literal: decimal or `0x`, with or without `u` and `l`.
  static func integer(_ token: CppToken, file: String) throws(HLS4MLProblem) -> Int {
    var digits = token.text.lowercased()
    while digits.hasSuffix("u") || digits.hasSuffix("l") { digits.removeLast() }
    let value = digits.hasPrefix("0x") ? Int(digits.dropFirst(2), radix: 16) : Int(digits)
    guard let value else {
      throw HLS4MLProblem(
        .number(token: token.text), at: .init(file: file, line: token.line))
    }
    return value
  }
}
