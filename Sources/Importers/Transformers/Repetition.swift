/// What tells the repetitions of a `repeat` apart.
struct Repetition {
  /// Names that the statements give values.
  private var own: Set<Int> = []
  /// Those of them that have one by now.
  private var assigned: Set<Int> = []
  private var found: [Expression] = []
  private let variable: Int

  /// The formulas over the number of a repetition that decide what it is; none where all are alike.
  ///
  /// nil if a repetition reads what an earlier one has left.
  static func deciding(variable: Int, _ statements: [Statement]) -> [Expression]? {
    var repetition = Repetition(variable: variable)
    repetition.collect(statements)
    return repetition.keepsNothing(statements) ? repetition.found : nil
  }

  private init(variable: Int) { self.variable = variable }

  private mutating func collect(_ statements: [Statement]) {
    for statement in statements {
      if statement.slot >= 0 { own.insert(statement.slot) }
      collect(statement.children)
    }
  }

  private mutating func keepsNothing(_ statements: [Statement]) -> Bool {
    for statement in statements {
      if statement.keyword == .repeat { assigned.insert(statement.slot) }
      for formula in statement.values + statement.labels.map(\.1) {
        guard keepsNothing(formula) else { return false }
      }
      guard keepsNothing(statement.children) else { return false }
      if statement.slot >= 0 { assigned.insert(statement.slot) }
    }
    return true
  }

  private mutating func keepsNothing(_ formula: Expression) -> Bool {
    var read: [Int] = []
    formula.slots(into: &read)
    guard !read.contains(where: { own.contains($0) && !assigned.contains($0) }) else {
      return false
    }
    if read.contains(variable) { decide(formula) }
    return true
  }

  /// Collects the largest parts that read the number and nothing that depends on it otherwise.
  private mutating func decide(_ formula: Expression) {
    var read: [Int] = []
    formula.slots(into: &read)
    guard read.contains(variable) else { return }
    guard read.contains(where: own.contains) else {
      found.append(formula)
      return
    }
    switch formula {
    case .constant, .slot, .present: found.append(formula)
    case .unary(_, let operand): decide(operand)
    case .binary(_, let left, let right):
      decide(left)
      decide(right)
    case .choice(let condition, let first, let second):
      decide(condition)
      decide(first)
      decide(second)
    case .call(_, let arguments): for argument in arguments { decide(argument) }
    }
  }
}
