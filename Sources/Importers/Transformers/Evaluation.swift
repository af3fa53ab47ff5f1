import Documents

/// Values of a description's names for one configuration and one run.
struct Evaluation {
  let family: String
  let names: [String]
  /// Keys that stand in for another, in the order in which they are tried.
  private let aliases: [Int: [String]]
  private let defaults: [Int: ConfigurationValue]
  private let keys: [String: JSON]
  private var values: [ConfigurationValue?]
  /// Elements of lists that were searched.
  private var members: [Int: Set<ConfigurationValue>] = [:]
  /// Formulas of names that are no keys.
  private var sources: [Int: Expression] = [:]

  init(family: FamilyDescription, keys: [String: JSON]) {
    self.family = family.name
    names = family.names.names
    aliases = family.aliases
    defaults = family.defaults
    self.keys = keys
    values = Array(repeating: nil, count: names.count)
  }

  /// Gives a name the value of a formula; errors then name the keys of the formula.
  mutating func define(_ slot: Int, as expression: Expression) throws(TransformerError) {
    set(slot, try self(expression))
    sources[slot] = expression
  }

  mutating func set(_ slot: Int, _ value: ConfigurationValue) {
    values[slot] = value
    if !members.isEmpty { members[slot] = nil }
  }

  /// What the configuration says of a key; nil if it does not have it.
  private func given(_ name: String) -> JSON? {
    if let value = keys[name] { return value }
    guard name.contains(".") else { return nil }
    var parts = name.split(separator: ".").map(String.init)
    guard var value = keys[parts.removeFirst()] else { return nil }
    for part in parts {
      guard let inner = value[part] else { return nil }
      value = inner
    }
    return value
  }

  /// What the configuration, else the family, says of the first of some keys; nil for nothing.
  func setting(_ keys: String...) -> ConfigurationValue? {
    for key in keys {
      if let value = given(key).map(ConfigurationValue.init), value != .null { return value }
      if let slot = names.firstIndex(of: key), let value = defaults[slot], value != .null {
        return value
      }
    }
    return nil
  }

  /// A missing key takes the family's default; an explicit null does not.
  private mutating func value(of slot: Int) throws(TransformerError) -> ConfigurationValue {
    if let known = values[slot] { return known }
    let name = names[slot]
    var found = given(name).map(ConfigurationValue.init)
    for alias in aliases[slot] ?? [] where found == nil {
      found = given(alias).map(ConfigurationValue.init)
    }
    guard let value = found ?? defaults[slot] else {
      throw .missingKey(name, family: family)
    }
    if case .integer(let number) = value, number < 0 {
      throw .badValue(key: name, found: "\(number)", expected: "a whole number of at least 0")
    }
    if found != nil, case .integer? = defaults[slot], case .real(let number) = value {
      throw .badValue(key: name, found: "\(number)", expected: "a whole number")
    }
    values[slot] = value
    return value
  }

  private mutating func isPresent(_ slot: Int) -> Bool {
    if let known = values[slot] { return known != .null }
    var found = given(names[slot])
    for alias in aliases[slot] ?? [] where found == nil { found = given(alias) }
    if let found { return found != .null }
    return defaults[slot].map { $0 != .null } ?? false
  }

  // MARK: Formulas

  mutating func callAsFunction(
    _ expression: Expression
  ) throws(TransformerError) -> ConfigurationValue {
    switch expression {
    case .constant(let value): return value
    case .slot(let slot): return try value(of: slot)
    case .present(let slot): return .flag(isPresent(slot))
    case .unary(.not, let operand):
      return .flag(!(try truth(operand)))
    case .unary(.negate, let operand):
      let (value, overflow) = 0.subtractingReportingOverflow(try number(operand))
      if overflow { throw self.fault("is too large", expression) }
      return .integer(value)
    case .choice(let condition, let first, let second):
      return try truth(condition) ? self(first) : self(second)
    case .binary(.or, let left, let right):
      return .flag(try truth(left) ? true : try truth(right))
    case .binary(.and, let left, let right):
      return .flag(try truth(left) ? try truth(right) : false)
    case .binary(.otherwise, let left, let right):
      let value = try self(left)
      return value == .null ? try self(right) : value
    case .binary(.equal, let left, let right): return .flag(try self(left) == self(right))
    case .binary(.unequal, let left, let right): return .flag(try self(left) != self(right))
    case .binary(let operation, let left, let right):
      return try arithmetic(operation, self(left), self(right), in: expression)
    case .call(let function, let arguments):
      return try apply(function, arguments, in: expression)
    }
  }

  /// - Throws: if the value is no whole number.
  mutating func number(_ expression: Expression) throws(TransformerError) -> Int {
    let value = try self(expression)
    guard case .integer(let number) = value else {
      throw fault("is \(value.words), expected a whole number", expression)
    }
    return number
  }

  mutating func truth(_ expression: Expression) throws(TransformerError) -> Bool {
    switch try self(expression) {
    case .flag(let flag): return flag
    case .null: return false
    case .integer(let value): return value != 0
    case let other: throw fault("is \(other.words), expected true or false", expression)
    }
  }

  private mutating func arithmetic(
    _ operation: Expression.Binary, _ left: ConfigurationValue, _ right: ConfigurationValue,
    in expression: Expression
  ) throws(TransformerError) -> ConfigurationValue {
    if case .real = left { return try real(operation, left, right, in: expression) }
    if case .real = right { return try real(operation, left, right, in: expression) }
    guard case .integer(let a) = left, case .integer(let b) = right else {
      let bad = if case .integer = left { right } else { left }
      throw fault("\(bad.words) stands where a whole number belongs", expression)
    }
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .divide, .floorDivide, .remainder:
      guard b > 0, a >= 0 else { throw fault("\(a) is divided by \(b)", expression) }
      if operation == .divide, a % b != 0 {
        throw fault("\(a) is no multiple of \(b)", expression)
      }
      result = (operation == .remainder ? a % b : a / b, false)
    case .less: return .flag(a < b)
    case .greater: return .flag(a > b)
    case .lessOrEqual: return .flag(a <= b)
    case .greaterOrEqual: return .flag(a >= b)
    case .or, .and, .otherwise, .equal, .unequal:
      throw fault("is no arithmetic", expression)
    }
    if result.overflow {
      throw fault("\(a) \(operation.rawValue) \(b) is beyond 64 bits", expression)
    }
    return .integer(result.partialValue)
  }

  private func real(
    _ operation: Expression.Binary, _ left: ConfigurationValue, _ right: ConfigurationValue,
    in expression: Expression
  ) throws(TransformerError) -> ConfigurationValue {
    func double(_ value: ConfigurationValue) -> Double? {
      switch value {
      case .integer(let number): Double(number)
      case .real(let number): number
      default: nil
      }
    }
    guard operation == .multiply, let a = double(left), let b = double(right) else {
      throw fault("a fraction stands where a whole number belongs", expression)
    }
    let product = a * b
    return Int(exactly: product).map(ConfigurationValue.integer) ?? .real(product)
  }

  private mutating func apply(
    _ function: Expression.Function, _ arguments: [Expression], in expression: Expression
  ) throws(TransformerError) -> ConfigurationValue {
    switch function {
    case .min, .max:
      var best: Int?
      for argument in arguments {
        let value = try number(argument)
        best = best.map { function == .min ? Swift.min($0, value) : Swift.max($0, value) } ?? value
      }
      return .integer(best ?? 0)
    case .ceil where arguments.count == 2:
      let (a, b) = (try number(arguments[0]), try number(arguments[1]))
      guard a >= 0, b > 0 else { throw fault("\(a) is divided by \(b)", expression) }
      return .integer(a == 0 ? 0 : (a - 1) / b + 1)
    case .floor where arguments.count == 1:
      switch try self(arguments[0]) {
      case .integer(let value): return .integer(value)
      case .real(let value):
        guard let whole = Int(exactly: value.rounded(.down)) else {
          throw fault("\(value) is too large", expression)
        }
        return .integer(whole)
      case let other: throw fault("\(other.words) is no number", expression)
      }
    case .at where arguments.count == 2:
      // One number may stand for a list of equal ones.
      let list = try self(arguments[0])
      guard case .list(let elements) = list else { return list }
      let index = try number(arguments[1])
      guard elements.indices.contains(index) else {
        throw fault("the list of \(elements.count) has no element \(index)", expression)
      }
      let value = ConfigurationValue(elements[index])
      if case .integer(let number) = value, number < 0 {
        throw fault("element \(index) is \(number)", expression)
      }
      return value
    case .count where arguments.count == 1:
      let list = try self(arguments[0])
      if case .object(let count) = list { return .integer(count) }
      guard case .list(let elements) = list else {
        throw fault("\(list.words) stands where a list belongs", expression)
      }
      return .integer(elements.count)
    case .contains where arguments.count == 2:
      let list = try self(arguments[0])
      if list == .null { return .flag(false) }
      guard case .list(let elements) = list else {
        throw fault("\(list.words) stands where a list belongs", expression)
      }
      let value = try self(arguments[1])
      guard case .slot(let slot) = arguments[0] else {
        return .flag(elements.contains { ConfigurationValue($0) == value })
      }
      // Each layer asks.
      if let known = members[slot] { return .flag(known.contains(value)) }
      let all = Set(elements.lazy.map(ConfigurationValue.init))
      members[slot] = all
      return .flag(all.contains(value))
    case .begins where arguments.count == 2, .ends where arguments.count == 2:
      let (whole, part) = (try self(arguments[0]), try self(arguments[1]))
      guard case .text(let text) = whole, case .text(let other) = part else {
        return .flag(false)
      }
      return .flag(function == .begins ? text.hasPrefix(other) : text.hasSuffix(other))
    case .ceil, .floor, .at, .count, .contains, .begins, .ends:
      throw fault("\(function.rawValue) has \(arguments.count) values", expression)
    }
  }

  /// A formula's fault with the keys that it reads.
  func fault(_ problem: String, _ expression: Expression) -> TransformerError {
    fault(problem, [expression], place: nil)
  }

  func fault(_ problem: String, _ expressions: [Expression], place: String?) -> TransformerError {
    var slots: [Int] = []
    for expression in expressions { expression.slots(into: &slots) }
    var seen: Set<Int> = []
    var keys: [String] = []
    while !slots.isEmpty {
      let slot = slots.removeFirst()
      guard seen.insert(slot).inserted else { continue }
      if let source = sources[slot] {
        source.slots(into: &slots)
      } else {
        keys.append("\(names[slot]) = \(values[slot]?.words ?? "?")")
      }
    }
    return .badExpression(place: place ?? "'\(family)'", problem: problem, keys: keys)
  }
}
