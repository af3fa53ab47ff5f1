/// How the numbers of one column (the losses, or one cost) are summed.
///
/// An exact column is held in whole units of its last decimal digit, so its sums are integers below
/// 2^53 and do not depend on their order. Every column is then scaled by a power of two to sums of
/// at most 1, which is exact and keeps multipliers of different columns comparable.
struct AllocationColumn: Sendable {
  /// Whether every value is a whole number of `1 / unitsPerOne`, and sums stay below 2^53 units.
  let isExact: Bool
  /// A power of ten; 1 for columns that are not exact.
  let unitsPerOne: Double
  /// A power of two: scaled value = units * scale.
  let scale: Double
  /// The most that a scaled total may be; infinity without a budget.
  let limit: Double

  /// Finds the unit and scale of a column from all its values.
  ///
  /// `largest` is the sum over layers of the largest magnitude, in the problem's own unit.
  init(values: [Double], largest: Double, budget: Double, layerCount: Int) {
    let power = Self.decimalPower(values: values, largest: largest)
    isExact = power != nil
    unitsPerOne = power ?? 1
    let largestUnits = largest * unitsPerOne
    scale =
      largestUnits > 0
      ? Double(sign: .plus, exponent: -(largestUnits.exponent + 1), significand: 1) : 1
    guard budget.isFinite else {
      limit = budget
      return
    }
    if isExact && unitsPerOne == 1 {
      limit = budget.rounded(.down) * scale
    } else {
      // Twice the error of one summation: the budget may be a rounded sum as well.
      let slack = 2 * Double(layerCount + 1) * 0x1p-53 * largestUnits
      let units = budget * unitsPerOne + slack
      limit = (isExact ? units.rounded(.down) : units) * scale
    }
  }

  func scaled(_ value: Double) -> Double {
    (isExact ? (value * unitsPerOne).rounded() : value) * scale
  }

  /// The number in the problem's own unit that a scaled total stands for.
  func value(ofScaled total: Double) -> Double {
    total / scale / unitsPerOne
  }

  /// The smallest power of ten that makes every value whole, nil if sums could pass 2^53.
  private static func decimalPower(values: [Double], largest: Double) -> Double? {
    var power = 1.0
    for value in values {
      while !isWhole(value, unitsPerOne: power) {
        power *= 10
        // Powers of ten are exact in binary64 up to 10^22.
        guard power <= 1e22 else { return nil }
        guard largest * power < 0x1p53 else { return nil }
      }
    }
    return largest * power < 0x1p53 ? power : nil
  }

  /// Whether `value` is the binary64 number nearest to a whole number of units.
  private static func isWhole(_ value: Double, unitsPerOne: Double) -> Bool {
    let units = (value * unitsPerOne).rounded()
    // A quotient of two exact numbers is rounded once, as a decimal is when it is read.
    return abs(units) < 0x1p53 && units / unitsPerOne == value
  }
}

/// The columns of a problem: losses first, then each cost.
struct AllocationColumns: Sendable {
  let columns: [AllocationColumn]

  init(_ problem: AllocationProblem) {
    columns = (0...problem.costCount).map { column in
      var values: [Double] = []
      var largest = 0.0
      for layer in problem.layers {
        let own = column == 0 ? layer.losses : layer.costs[column - 1]
        values += own
        largest += own.reduce(0) { max($0, abs($1)) }
      }
      let budget = column == 0 || problem.budgets.isEmpty ? .infinity : problem.budgets[column - 1]
      return AllocationColumn(
        values: values, largest: largest, budget: budget, layerCount: problem.layers.count)
    }
  }

  /// Limits of scaled totals; lane 0 (the loss) and absent costs have none.
  var limit: SIMD4<Double> {
    var limit = SIMD4<Double>(repeating: .infinity)
    for column in columns.indices { limit[column] = columns[column].limit }
    return limit
  }

  /// Scaled loss and costs of one option.
  func scaled(_ layer: AllocationLayer, option: Int) -> SIMD4<Double> {
    var value = SIMD4<Double>()
    value[0] = columns[0].scaled(layer.losses[option])
    for cost in layer.costs.indices {
      value[cost + 1] = columns[cost + 1].scaled(layer.costs[cost][option])
    }
    return value
  }

  func total(of choice: [Int], in problem: AllocationProblem) -> SIMD4<Double> {
    var total = SIMD4<Double>()
    for (layer, option) in zip(problem.layers, choice) { total += scaled(layer, option: option) }
    return total
  }

  func allocation(of choice: [Int], in problem: AllocationProblem) -> Selection {
    let total = total(of: choice, in: problem)
    return Selection(
      choice: choice, loss: columns[0].value(ofScaled: total[0]),
      costs: (0..<problem.costCount).map { columns[$0 + 1].value(ofScaled: total[$0 + 1]) })
  }

  func meetsBudgets(_ choice: [Int], in problem: AllocationProblem) -> Bool {
    let total = total(of: choice, in: problem)
    return columns.indices.allSatisfy { total[$0] <= columns[$0].limit }
  }
}
