/// Linear relaxation of what remains of a multiple-choice knapsack, by column generation.
///
/// For multipliers `m >= 0` of the costs, `sum over groups of min(loss + m * cost) - m * limit` is a
/// lower bound of the loss. Its largest value is that of the linear relaxation, since the relaxed
/// choice of a group has only integral extreme points (Geoffrion, "Lagrangean relaxation for integer
/// programming", 1974). Dantzig-Wolfe decomposition finds it: the master problem has one row a
/// cost and one for convexity, so a 4 x 4 basis, and pricing is the inner minimum.
struct LagrangianBound {
  /// Lane 0 is 1; lanes 1 to 3 are the multipliers.
  private(set) var multipliers = SIMD4<Double>(1, 0, 0, 0)
  /// The bound at ``multipliers``, rounding errors not deducted.
  private(set) var value = -Double.infinity
  /// The best feasible choice met on the way: an option index into the table for each group.
  private(set) var incumbent: (loss: Double, options: [Int])?

  /// Solves the relaxation of the groups from `first` on.
  ///
  /// - Parameters:
  ///   - table: the options of every group.
  ///   - first: the first group that counts.
  ///   - limit: what is left of each cost; lane 0 is ignored, infinite lanes have no limit.
  ///   - minimum: the smallest total of each cost, within `limit`.
  ///   - target: a bound at which the search may stop.
  ///   - iterations: how many columns may be tried.
  ///   - seeds: multipliers whose choices enter first, to start near the solution.
  ///   - collectsIncumbent: whether feasible choices are kept.
  init(
    _ table: OptionTable, from first: Int, limit: SIMD4<Double>, minimum: SIMD4<Double>,
    target: Double, iterations: Int, seeds: [SIMD4<Double>] = [], collectsIncumbent: Bool
  ) {
    var basis = Basis(limit: limit, minimum: minimum)
    var picks = [Int](repeating: 0, count: collectsIncumbent ? table.count : 0)
    for iteration in 0..<iterations {
      var trial: SIMD4<Double>
      var duals: SIMD4<Double>?
      if iteration < seeds.count {
        trial = seeds[iteration]
      } else {
        guard let prices = basis.duals() else { return }
        if let lane = (1...3).first(where: { prices[$0] > 1e-13 }) {
          guard basis.enter(.slack(lane)) else { return }
          continue
        }
        trial = SIMD4(1, max(0, -prices[1]), max(0, -prices[2]), max(0, -prices[3]))
        duals = prices
      }
      for lane in 1...3 where limit[lane] == .infinity { trial[lane] = 0 }
      let total = Self.minimize(table, from: first, multipliers: trial, picks: &picks)
      let inner = (trial * total).sum()
      var bound = inner
      for lane in 1...3 where trial[lane] > 0 { bound -= trial[lane] * limit[lane] }
      if bound > value {
        value = bound
        multipliers = trial
      }
      if collectsIncumbent, Self.fits(total, limit), total[0] < incumbent?.loss ?? .infinity {
        incumbent = (total[0], picks)
      }
      if value >= target { return }
      // Reduced cost of the cheapest column under these duals; none below zero: solved.
      if let duals, inner - duals[0] >= -1e-12 * max(abs(duals[0]), 1e-6) { return }
      guard basis.enter(.choice(total)) else { return }
    }
  }

  static func fits(_ total: SIMD4<Double>, _ limit: SIMD4<Double>) -> Bool {
    total[1] <= limit[1] && total[2] <= limit[2] && total[3] <= limit[3]
  }

  /// Total of the choice that minimises loss plus weighted costs, the first of equals a group.
  private static func minimize(
    _ table: OptionTable, from first: Int, multipliers: SIMD4<Double>, picks: inout [Int]
  ) -> SIMD4<Double> {
    var total = SIMD4<Double>()
    let keepsPicks = !picks.isEmpty
    for group in first..<table.count {
      let options = table.options(of: group)
      var best = options.lowerBound
      var smallest = Double.infinity
      for option in options {
        let weighted = (table.values[option] * multipliers).sum()
        if weighted < smallest {
          smallest = weighted
          best = option
        }
      }
      total += table.values[best]
      if keepsPicks { picks[group] = best }
    }
    return total
  }
}

/// The basis of the master problem: columns of (1, cost 1, cost 2, cost 3) and unit slacks.
private struct Basis {
  typealias Matrix = InlineArray<4, SIMD4<Double>>

  enum Column {
    case choice(SIMD4<Double>)
    case slack(Int)
  }

  private var columns: Matrix
  private var prices: SIMD4<Double>
  private var right: SIMD4<Double>
  private let unlimited: [Int]

  /// Starts from a column that stands for no choice: it meets every limit, at a price that no
  /// choice has (scaled losses sum to at most 1).
  init(limit: SIMD4<Double>, minimum: SIMD4<Double>) {
    var artificial = minimum
    right = limit
    artificial[0] = 1
    right[0] = 1
    unlimited = (1...3).filter { limit[$0] == .infinity }
    for lane in unlimited {
      artificial[lane] = 0
      right[lane] = 1
    }
    columns = [artificial, SIMD4(0, 1, 0, 0), SIMD4(0, 0, 1, 0), SIMD4(0, 0, 0, 1)]
    prices = SIMD4(1e4, 0, 0, 0)
  }

  /// Prices of the rows, nil if the basis has become singular in binary64.
  func duals() -> SIMD4<Double>? {
    Self.solve(rows: columns, right: prices)
  }

  /// Brings a column into the basis; false if that is not possible.
  mutating func enter(_ column: Column) -> Bool {
    var vector = SIMD4<Double>()
    var price = 0.0
    switch column {
    case .slack(let lane): vector[lane] = 1
    case .choice(let total):
      vector = total
      vector[0] = 1
      price = total[0]
      // A lane without limit plays no part; its slack stays in the basis.
      for lane in unlimited { vector[lane] = 0 }
    }
    let transposed = Matrix { row in
      SIMD4(columns[0][row], columns[1][row], columns[2][row], columns[3][row])
    }
    guard let amounts = Self.solve(rows: transposed, right: right),
      let direction = Self.solve(rows: transposed, right: vector)
    else { return false }
    var leaving: Int?
    var smallest = Double.infinity
    for index in 0..<4 where direction[index] > 1e-12 {
      let ratio = max(0, amounts[index]) / direction[index]
      if ratio < smallest {
        smallest = ratio
        leaving = index
      }
    }
    guard let leaving else { return false }
    columns[leaving] = vector
    prices[leaving] = price
    return true
  }

  /// Solves `rows * x = right` by elimination with partial pivoting.
  private static func solve(rows: Matrix, right: SIMD4<Double>) -> SIMD4<Double>? {
    var rows = rows
    var right = right
    for pivot in 0..<4 {
      var best = pivot
      for row in pivot..<4 where abs(rows[row][pivot]) > abs(rows[best][pivot]) { best = row }
      guard abs(rows[best][pivot]) > 1e-300 else { return nil }
      (rows[pivot], rows[best]) = (rows[best], rows[pivot])
      (right[pivot], right[best]) = (right[best], right[pivot])
      for row in pivot + 1..<4 where rows[row][pivot] != 0 {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        rows[row] -= factor * rows[pivot]
        right[row] -= factor * right[pivot]
      }
    }
    var solution = SIMD4<Double>()
    for row in stride(from: 3, through: 0, by: -1) {
      var sum = right[row]
      for column in row + 1..<4 { sum -= rows[row][column] * solution[column] }
      solution[row] = sum / rows[row][row]
    }
    return solution
  }
}
