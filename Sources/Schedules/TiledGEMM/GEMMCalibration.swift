#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
public import HWModel

/// Constants of a kernel path fitted to a user's own measurements.
///
/// Least squares of the logarithm of times, outliers weighted down (soft L1 at 6 %), each constant held
/// near where it started by a weak prior and inside its physical range; the energy an operation is
/// not separable from the efficiency and stays.
public struct GEMMCalibration: Sendable {
  /// One measurement.
  public struct Row: Sendable, Hashable {
    public let m: Int
    public let n: Int
    public let k: Int
    public let microseconds: Double

    public init(m: Int, n: Int, k: Int, microseconds: Double) {
      self.m = m
      self.n = n
      self.k = k
      self.microseconds = microseconds
    }
  }

  /// Mean and median of the relative error, in percent.
  public struct Residual: Sendable, Hashable {
    public let mean: Double
    public let median: Double
  }

  public let constants: GEMMConstants
  /// With the description's constants, and with the fitted ones.
  public let before: Residual
  public let after: Residual
  /// Of rows that a fit to four fifths of them did not see; nil below ten rows.
  public let folded: Residual?

  private let target: GPUTarget
  private let path: GEMMPath

  /// Fits the constants of `path` to `rows`.
  ///
  /// - Throws: ``DeviceProblems`` for missing facts.
  /// - Precondition: at least one row, extents of at least 1 and positive times.
  public init(
    _ target: GPUTarget, path: GEMMPath, rows: [Row]
  ) throws(DeviceProblems) {
    precondition(!rows.isEmpty && rows.allSatisfy { $0.microseconds > 0 }, "measurements")
    self.target = target
    self.path = path
    let start = try GEMMModel(target, path: path).constants
    let fitted = try Self.fit(target, path, rows, from: start)
    constants = fitted
    before = Self.residual(try Self.errors(target, path, rows, start))
    after = Self.residual(try Self.errors(target, path, rows, fitted))
    if rows.count < 10 {
      folded = nil
    } else {
      var errors: [Double] = []
      for fold in 0..<5 {
        let seen = rows.indices.filter { $0 % 5 != fold }.map { rows[$0] }
        let left = rows.indices.filter { $0 % 5 == fold }.map { rows[$0] }
        let part = try Self.fit(target, path, seen, from: start)
        errors += try Self.errors(target, path, left, part)
      }
      folded = Self.residual(errors)
    }
  }

  private static func residual(_ errors: [Double]) -> Residual {
    let sorted = errors.map { abs(exp($0) - 1) * 100 }.sorted()
    return Residual(
      mean: sorted.reduce(0, +) / Double(max(sorted.count, 1)), median: sorted[sorted.count / 2])
  }

  /// Logarithms of predicted over measured times.
  private static func errors(
    _ target: GPUTarget, _ path: GEMMPath, _ rows: [Row], _ constants: GEMMConstants
  ) throws(DeviceProblems) -> [Double] {
    let model = try GEMMModel(target, path: path, constants: constants)
    return rows.map { row in
      log(
        model.estimate(m: row.m, n: row.n, k: row.k, residency: .repeated(copies: path.copies))
          .microseconds / row.microseconds)
    }
  }

  private static func fit(
    _ target: GPUTarget, _ path: GEMMPath, _ rows: [Row], from start: GEMMConstants
  ) throws(DeviceProblems) -> GEMMConstants {
    let names = GEMMConstants.names
    let free = names.indices.filter { names[$0] != "pj_per_op" && start.values[$0] > 0 }
    func constants(_ steps: [Double]) -> GEMMConstants {
      var values = start.values
      for (position, index) in free.enumerated() {
        let range = GEMMConstants.range(of: names[index])
        let value = values[index] * exp(steps[position])
        values[index] = min(max(value, range.lowerBound), range.upperBound)
      }
      return GEMMConstants(values: values, source: "fitted to \(rows.count) measured products")
    }
    let scale = 0.06
    // A prior of 40 % a constant, as much as a hundredth of the rows.
    let prior = 0.01 * Double(rows.count) / (0.4 * 0.4) * scale * scale
    func loss(_ errors: [Double], _ steps: [Double]) -> Double {
      errors.reduce(0) {
        $0 + 2 * scale * scale * ((1 + $1 * $1 / (scale * scale)).squareRoot() - 1)
      }
        + steps.reduce(0) { $0 + prior * $1 * $1 }
    }
    var steps = [Double](repeating: 0, count: free.count)
    var errors = try Self.errors(target, path, rows, constants(steps))
    var current = loss(errors, steps)
    var damping = 1e-2
    for _ in 0..<40 {
      // Gauss and Newton on the weighted rows, by differences.
      var columns: [[Double]] = []
      for position in free.indices {
        var moved = steps
        moved[position] += 2e-3
        let next = try Self.errors(target, path, rows, constants(moved))
        columns.append(zip(next, errors).map { ($0 - $1) / 2e-3 })
      }
      let weights = errors.map { 1 / (1 + $0 * $0 / (scale * scale)).squareRoot() }
      var matrix = [[Double]](
        repeating: [Double](repeating: 0, count: free.count), count: free.count)
      var right = [Double](repeating: 0, count: free.count)
      for i in free.indices {
        for j in 0...i {
          var sum = 0.0
          for row in rows.indices { sum += weights[row] * columns[i][row] * columns[j][row] }
          matrix[i][j] = sum
          matrix[j][i] = sum
        }
        for row in rows.indices { right[i] -= weights[row] * columns[i][row] * errors[row] }
        right[i] -= prior * steps[i]
        matrix[i][i] += prior
      }
      var improved = false
      while damping < 1e6 {
        var damped = matrix
        for i in free.indices { damped[i][i] *= 1 + damping }
        let change = solve(damped, right)
        let next = zip(steps, change).map { min(max($0 + $1, -3), 3) }
        let nextErrors = try Self.errors(target, path, rows, constants(next))
        let value = loss(nextErrors, next)
        if value < current {
          improved = current - value > 1e-7 * current
          (steps, errors, current) = (next, nextErrors, value)
          damping = max(damping / 5, 1e-6)
          break
        }
        damping *= 5
      }
      if !improved { break }
    }
    return constants(steps)
  }

  /// Elimination with pivots; a column without one is left at zero.
  private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var a = matrix
    var b = right
    let count = b.count
    for column in 0..<count {
      let pivot = (column..<count).max { abs(a[$0][column]) < abs(a[$1][column]) } ?? column
      guard abs(a[pivot][column]) > 1e-12 else { continue }
      a.swapAt(pivot, column)
      b.swapAt(pivot, column)
      for row in (column + 1)..<count {
        let factor = a[row][column] / a[column][column]
        for k in column..<count { a[row][k] -= factor * a[column][k] }
        b[row] -= factor * b[column]
      }
    }
    var x = [Double](repeating: 0, count: count)
    for row in (0..<count).reversed() where abs(a[row][row]) > 1e-12 {
      var sum = b[row]
      for k in (row + 1)..<count { sum -= a[row][k] * x[k] }
      x[row] = sum / a[row][row]
    }
    return x
  }
}
