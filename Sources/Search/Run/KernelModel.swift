internal import Arith

/// A smooth guess of a quantity over choices, from some that are known: a Gaussian process.
///
/// Works on logarithms: `y = m(prior) + g(choice)`. `m` is a cubic polynomial of the logarithm of a
/// prior prediction, fitted by ridge regression; `g` has the covariance
/// `a^2 (3 s + exp(-4 (1 - s)))`, where `s` is the share of groups with equal options: effects of
/// single groups, and of their combinations near a known choice. Rasmussen and Williams, "Gaussian
/// Processes for Machine Learning" (2006), section 2.2 and algorithm 2.1.
struct KernelModel {
  private static let noise = 0.03
  /// With more points than this the deviation is taken as the same everywhere.
  private static let deviationLimit = 300

  private let points: [[UInt16]]
  private let coefficients: [Double]
  private let weights: [Double]
  /// Lower triangle of the Cholesky factor, row by row.
  private let factor: [[Double]]
  private let meanDeviation: Double
  /// Covariance for a share of equal groups, by the number of equal groups.
  private let covariance: [Double]

  /// - Parameters:
  ///   - points: known choices, an option a group.
  ///   - priors: logarithm of the prior prediction of each.
  ///   - targets: logarithm of what was measured of each.
  ///   - scale: `a`, how far truth is from the prior.
  init(points: [[Int]], priors: [Double], targets: [Double], scale: Double) {
    let groups = points.first?.count ?? 0
    self.points = points.map { $0.map { UInt16(truncatingIfNeeded: $0) } }
    covariance = (0...groups).map { equal in
      let share = groups == 0 ? 1 : Double(equal) / Double(groups)
      return scale * scale * (3 * share + StableExponential.exp(-4 * (1 - share)))
    }
    coefficients = Self.cubic(priors, targets)
    var matrix: [[Double]] = []
    for (row, point) in self.points.enumerated() {
      var values: [Double] = []
      values.reserveCapacity(row + 1)
      for column in 0...row {
        values.append(covariance[Self.equal(point, self.points[column])])
      }
      values[row] += Self.noise * Self.noise
      matrix.append(values)
    }
    Self.factorize(&matrix)
    factor = matrix
    var residuals: [Double] = []
    for (prior, target) in zip(priors, targets) {
      residuals.append(target - Self.polynomial(coefficients, prior))
    }
    let forward = Self.solveLower(matrix, residuals)
    weights = Self.solveUpper(matrix, forward)
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    meanDeviation = (squares / Double(max(residuals.count, 1)) + 1e-4).squareRoot()
  }

  /// Expected logarithm at a choice, and its standard deviation.
  func prediction(_ point: [Int], prior: Double) -> (mean: Double, deviation: Double) {
    let (mean, row) = mean(point, prior: prior)
    guard points.count <= Self.deviationLimit else { return (mean, meanDeviation) }
    let solved = Self.solveLower(factor, row)
    let explained = solved.reduce(0) { $0 + $1 * $1 }
    let variance = max((covariance.last ?? 0) - explained, 1e-6)
    return (mean, variance.squareRoot())
  }

  /// Expected logarithm at a choice, and its covariances with the known ones.
  func mean(_ point: [Int], prior: Double) -> (mean: Double, row: [Double]) {
    let code = point.map { UInt16(truncatingIfNeeded: $0) }
    var mean = Self.polynomial(coefficients, prior)
    var row: [Double] = []
    row.reserveCapacity(points.count)
    for (index, known) in points.enumerated() {
      let value = covariance[Self.equal(code, known)]
      mean += value * weights[index]
      row.append(value)
    }
    return (mean, row)
  }

  private static func equal(_ a: [UInt16], _ b: [UInt16]) -> Int {
    var count = 0
    for index in a.indices where a[index] == b[index] { count += 1 }
    return count
  }

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
    for row in 0..<4 { matrix[row][row] += ridge[row] }
    factorize(&matrix)
    return solveUpper(matrix, solveLower(matrix, right))
  }

  /// The Cholesky factor in place; a pivot that rounding made too small is raised.
  private static func factorize(_ matrix: inout [[Double]]) {
    for row in matrix.indices {
      for column in 0...row {
        var sum = matrix[row][column]
        for k in 0..<column { sum -= matrix[row][k] * matrix[column][k] }
        if row == column {
          matrix[row][row] = max(sum, 1e-12).squareRoot()
        } else {
          matrix[row][column] = sum / matrix[column][column]
        }
      }
    }
  }

  private static func solveLower(_ factor: [[Double]], _ right: [Double]) -> [Double] {
    var solution = right
    for row in factor.indices {
      let values = factor[row]
      var sum = right[row]
      for column in 0..<row { sum -= values[column] * solution[column] }
      solution[row] = sum / values[row]
    }
    return solution
  }

  private static func solveUpper(_ factor: [[Double]], _ right: [Double]) -> [Double] {
    var solution = right
    for row in factor.indices.reversed() {
      solution[row] /= factor[row][row]
      for column in 0..<row { solution[column] -= factor[row][column] * solution[row] }
    }
    return solution
  }
}
