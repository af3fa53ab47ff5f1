import Arith

/// A smooth guess of a quantity over choices, from some that are known: a Gaussian process.
///
/// Works on logarithms: `y = m(prior) + g(choice)`. `m` is a cubic polynomial of the logarithm of a
/// prior prediction, fitted by ridge regression; `g` has the covariance
/// `a^2 (3 s + exp(-4 (1 - s)))`, where `s` is the share of groups with equal options: effects of
/// single groups, and of their combinations near a known choice. Rasmussen and Williams, "Gaussian
/// Processes for Machine Learning" (2006), section 2.2 and algorithm 2.1.
///
/// Points are appended: each adds a row to the Cholesky factor, O(points^2), so that a model that
/// grows to n points costs O(n^3) once and not each time that it is fitted. Whoever has more than
/// ``pointLimit`` points takes a part of them (the subset-of-data approximation, section 8.3.2).
struct KernelModel {
  /// The most points of a model: 8 MiB of factor, and a third of a second to make.
  static let pointLimit = 1000
  private static let noise = 0.03
  /// With more points than this the deviation is taken as the same everywhere.
  private static let deviationLimit = 300

  private(set) var points: [[Int]] = []
  /// The option of each point in a group, `columns[group][point]`.
  private var columns: [[UInt16]]
  private var coefficients = [0.0, 0, 0, 0]
  private var weights: [Double] = []
  /// Lower triangle of the Cholesky factor, row by row.
  private var factor: [Double] = []
  private var meanDeviation = 0.0
  /// Covariance for a share of equal groups, by the number of equal groups.
  private let covariance: [Double]

  /// A model without points.
  ///
  /// - Parameters:
  ///   - groups: how many options a choice has.
  ///   - scale: `a`, how far truth is from the prior.
  init(groups: Int, scale: Double) {
    columns = Array(repeating: [], count: groups)
    covariance = (0...groups).map { equal in
      let share = groups == 0 ? 1 : Double(equal) / Double(groups)
      return scale * scale * (3 * share + StableExponential.exp(-4 * (1 - share)))
    }
  }

  private var count: Int { points.count }

  /// Makes `wanted` the known choices.
  ///
  /// Appends what is missing, or begins anew with an empty model where they do not start with those
  /// that there are. ``fit(priors:targets:)`` has to follow before anything is predicted.
  mutating func extend(to wanted: [[Int]], anew empty: KernelModel) {
    if !wanted.starts(with: points) { self = empty }
    for point in wanted.dropFirst(count) { append(point) }
  }

  private mutating func append(_ point: [Int]) {
    let equal = matches(of: point)
    var row = equal.map { covariance[Int($0)] }
    row.append((covariance.last ?? 0) + Self.noise * Self.noise)
    for (group, option) in point.enumerated() {
      columns[group].append(code(option))
    }
    Self.extend(&factor, rows: count, by: row)
    points.append(point)
  }

  /// Fits the model to what is known of its points.
  ///
  /// - Parameters:
  ///   - priors: logarithm of the prior prediction of each.
  ///   - targets: logarithm of what was measured of each.
  mutating func fit(priors: [Double], targets: [Double]) {
    precondition(priors.count == count && targets.count == count, "one a point")
    coefficients = Self.cubic(priors, targets)
    let residuals = zip(priors, targets).map { prior, target in
      target - Self.polynomial(coefficients, prior)
    }
    weights = Self.solveUpper(factor, Self.solveLower(factor, residuals))
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    meanDeviation = (squares / Double(max(residuals.count, 1)) + 1e-4).squareRoot()
  }

  // MARK: Prediction

  /// A choice from which predictions start, and in how many groups each known choice is like it.
  struct Centre {
    fileprivate let point: [Int]
    fileprivate let equal: [UInt32]
  }

  /// Counts once what predictions for the neighbours of a choice share.
  func centre(_ point: [Int]) -> Centre { Centre(point: point, equal: matches(of: point)) }

  /// Expected logarithm at a choice that differs from `centre` by `moves`.
  func mean(_ centre: Centre, _ moves: Moves, prior: Double) -> Double {
    var mean = Self.polynomial(coefficients, prior)
    eachCovariance(centre, moves) { index, value in mean += value * weights[index] }
    return mean
  }

  /// A choice that differs from a centre by some moves, with its prior.
  struct Question {
    let centre: Centre
    let moves: Moves
    let prior: Double
  }

  /// Expected logarithms at choices, and their standard deviations.
  func predictions(_ questions: [Question]) -> [(mean: Double, deviation: Double)] {
    guard count <= Self.deviationLimit else {
      return questions.map { (mean($0.centre, $0.moves, prior: $0.prior), meanDeviation) }
    }
    var predictions: [(mean: Double, deviation: Double)] = []
    predictions.reserveCapacity(questions.count)
    // Eight at a time, since the sums of one are chains of subtractions.
    var rows = [SIMD8<Double>](repeating: .zero, count: count)
    for first in stride(from: 0, to: questions.count, by: SIMD8<Double>.scalarCount) {
      let group = questions[first..<min(first + SIMD8<Double>.scalarCount, questions.count)]
      var means = SIMD8<Double>.zero
      rows.withUnsafeMutableBufferPointer { rows in
        for (lane, question) in group.enumerated() {
          var mean = Self.polynomial(coefficients, question.prior)
          eachCovariance(question.centre, question.moves) { index, value in
            mean += value * weights[index]
            rows[index][lane] = value
          }
          means[lane] = mean
        }
        Self.solveLower(factor, rows)
      }
      var explained = SIMD8<Double>.zero
      for row in rows { explained += row * row }
      for lane in 0..<group.count {
        let variance = max((covariance.last ?? 0) - explained[lane], 1e-6)
        predictions.append((means[lane], variance.squareRoot()))
      }
    }
    return predictions
  }

  /// Covariances of a choice with the known ones: only what the moves change is compared again.
  @inline(__always)
  private func eachCovariance(
    _ centre: Centre, _ moves: Moves, _ body: (Int, Double) -> Void
  ) {
    guard let first = moves.first else {
      for index in 0..<count { body(index, covariance[Int(centre.equal[index])]) }
      return
    }
    let (from, to) = (code(centre.point[first.group]), code(first.option))
    let column = columns[first.group]
    guard let second = moves.second else {
      for index in 0..<count {
        let option = column[index]
        let change = (option == to ? 1 : 0) - (option == from ? 1 : 0)
        body(index, covariance[Int(centre.equal[index]) + change])
      }
      return
    }
    let (secondFrom, secondTo) = (code(centre.point[second.group]), code(second.option))
    let secondColumn = columns[second.group]
    for index in 0..<count {
      let (option, other) = (column[index], secondColumn[index])
      let change =
        (option == to ? 1 : 0) - (option == from ? 1 : 0) + (other == secondTo ? 1 : 0)
        - (other == secondFrom ? 1 : 0)
      body(index, covariance[Int(centre.equal[index]) + change])
    }
  }

  private func code(_ option: Int) -> UInt16 { UInt16(truncatingIfNeeded: option) }

  /// In how many groups each known choice has the option of `point`.
  private func matches(of point: [Int]) -> [UInt32] {
    var equal = [UInt32](repeating: 0, count: count)
    for (column, option) in zip(columns, point) {
      let option = code(option)
      for index in 0..<count { equal[index] &+= column[index] == option ? 1 : 0 }
    }
    return equal
  }

  // MARK: Linear algebra

  private static func polynomial(_ c: [Double], _ x: Double) -> Double {
    ((c[3] * x + c[2]) * x + c[1]) * x + c[0]
  }

  /// Ridge regression of targets on powers of the priors.
  private static func cubic(_ priors: [Double], _ targets: [Double]) -> [Double] {
    let ridge = [1e-6, 1e-4, 1e-3, 1e-3]
    var matrix = (0..<4).map { row in [Double](repeating: 0, count: row + 1) }
    var right = [Double](repeating: 0, count: 4)
    for (x, y) in zip(priors, targets) {
      let powers = [1, x, x * x, x * x * x]
      for row in 0..<4 {
        for column in 0...row { matrix[row][column] += powers[row] * powers[column] }
        right[row] += powers[row] * y
      }
    }
    var factor: [Double] = []
    for row in 0..<4 {
      matrix[row][row] += ridge[row]
      extend(&factor, rows: row, by: matrix[row])
    }
    return solveUpper(factor, solveLower(factor, right))
  }

  /// Adds a row of a matrix to its Cholesky factor; a pivot that rounding made too small is raised.
  ///
  /// - Parameters:
  ///   - factor: the lower triangle row by row; row `r` begins at `r (r + 1) / 2`.
  ///   - rows: how many it has.
  ///   - row: `rows + 1` numbers of the matrix, the diagonal last.
  private static func extend(_ factor: inout [Double], rows: Int, by row: [Double]) {
    var row = row
    factor.withUnsafeBufferPointer { factor in
      row.withUnsafeMutableBufferPointer { row in
        var start = 0
        for column in 0..<rows {
          var sum = row[column]
          for k in 0..<column { sum -= row[k] * factor[start + k] }
          row[column] = sum / factor[start + column]
          start += column + 1
        }
        var sum = row[rows]
        for k in 0..<rows { sum -= row[k] * row[k] }
        row[rows] = max(sum, 1e-12).squareRoot()
      }
    }
    factor += row
  }

  private static func solveLower(_ factor: [Double], _ right: [Double]) -> [Double] {
    var solution = right
    factor.withUnsafeBufferPointer { factor in
      solution.withUnsafeMutableBufferPointer { solution in
        var start = 0
        for row in solution.indices {
          var sum = solution[row]
          for column in 0..<row { sum -= factor[start + column] * solution[column] }
          solution[row] = sum / factor[start + row]
          start += row + 1
        }
      }
    }
    return solution
  }

  /// The same of eight right sides, in place.
  private static func solveLower(
    _ factor: [Double], _ solution: UnsafeMutableBufferPointer<SIMD8<Double>>
  ) {
    factor.withUnsafeBufferPointer { factor in
      var start = 0
      for row in solution.indices {
        var sum = solution[row]
        for column in 0..<row { sum -= factor[start + column] * solution[column] }
        solution[row] = sum / factor[start + row]
        start += row + 1
      }
    }
  }

  private static func solveUpper(_ factor: [Double], _ right: [Double]) -> [Double] {
    var solution = right
    factor.withUnsafeBufferPointer { factor in
      solution.withUnsafeMutableBufferPointer { solution in
        var start = factor.count
        for row in solution.indices.reversed() {
          start -= row + 1
          solution[row] /= factor[start + row]
          for column in 0..<row { solution[column] -= factor[start + column] * solution[row] }
        }
      }
    }
    return solution
  }
}
