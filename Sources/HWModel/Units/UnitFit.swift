/// The factors of a flow, fitted to synthesized units.
///
/// Least mean relative error: relative least squares with weights that turn it into the sum of absolute
/// errors, no factor below 0. Errors are of units that a fit left out, a third at a time (every third
/// unit in the file's order).
public struct UnitFit: Sendable {
  /// A synthesized unit, and what was counted of it.
  public struct Sample: Sendable {
    public let family: String
    /// Tables by part, in the order of ``UnitPart``'s cases.
    public let counted: [Double]
    public let fixed: Double
    public let measured: Double

    public init(family: String, counted: [Double], fixed: Double, measured: Double) {
      self.family = family
      self.counted = counted
      self.fixed = fixed
      self.measured = measured
    }
  }

  /// By part, in the order of ``UnitPart``'s cases.
  public let factors: [Double]
  /// Predicted over measured, less 1, of each sample while it was left out; nil where nothing was
  /// measured.
  public let errors: [Double?]
  /// Rank correlation of predicted and measured tables, both left out.
  public let spearman: Double

  public init(_ samples: [Sample]) {
    factors = Self.factors(samples)
    var predictions = [Double](repeating: 0, count: samples.count)
    for third in 0..<3 {
      let left = Self.factors(
        samples.enumerated().filter { $0.offset % 3 != third }.map(\.element))
      for index in samples.indices where index % 3 == third {
        predictions[index] = Self.predicted(samples[index], left)
      }
    }
    errors = zip(predictions, samples).map { prediction, sample in
      sample.measured > 0 ? prediction / sample.measured - 1 : nil
    }
    spearman = Self.correlation(
      Self.ranks(predictions), Self.ranks(samples.map(\.measured)))
  }

  /// Mean absolute relative error in percent of one family, or of all; nil without a sample.
  public func mape(_ samples: [Sample], family: String? = nil) -> Double? {
    let chosen = zip(samples, errors).filter { family == nil || $0.0.family == family }
      .compactMap { $0.1.map(abs) }
    return chosen.isEmpty ? nil : 100 * chosen.reduce(0, +) / Double(chosen.count)
  }

  private static func predicted(_ sample: Sample, _ factors: [Double]) -> Double {
    zip(factors, sample.counted).reduce(sample.fixed) { $0 + $1.0 * $1.1 }
  }

  private static func factors(_ samples: [Sample]) -> [Double] {
    let known = samples.filter { $0.measured > 0 }
    let count = UnitPart.allCases.count
    var factors = [Double](repeating: 1, count: count)
    for _ in 0..<30 {
      let weights = known.map {
        1 / max(abs(predicted($0, factors) / $0.measured - 1), 0.02)
      }
      // Coordinate descent on the weighted squares of relative errors.
      for _ in 0..<60 {
        for part in 0..<count {
          var (product, square) = (0.0, 0.0)
          for (sample, weight) in zip(known, weights) where sample.counted[part] > 0 {
            let x = sample.counted[part] / sample.measured
            let rest =
              (sample.measured - predicted(sample, factors)) / sample.measured
              + factors[part] * x
            product += weight * x * rest
            square += weight * x * x
          }
          // A part that no sample has stays as counted.
          if square > 0 { factors[part] = max(product / square, 0) }
        }
      }
    }
    return factors
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 }
      start = end + 1
    }
    return ranks
  }

  private static func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let count = Double(a.count)
    guard count > 1 else { return 0 }
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - meanA) * (y - meanB)
      aa += (x - meanA) * (x - meanA)
      bb += (y - meanB) * (y - meanB)
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
  }
}
