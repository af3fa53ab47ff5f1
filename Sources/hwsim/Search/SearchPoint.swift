import Search

/// One point of a search's frontier.
struct SearchPoint: Sendable {
  /// A to Z, then AA and so on.
  let id: String
  /// Position among the evaluations.
  let evaluation: Int
  var isKnee = false
  /// Ids of points whose objective costs all differ by no more than the errors of their estimates.
  var indistinguishable: [String] = []

  /// The points of a frontier, which is sorted by the first cost.
  static func points(
    _ frontier: [Int], of evaluations: [Evaluation], header: StudyHeader,
    objectiveCount: Int, quality: QualityObjective
  ) -> [SearchPoint] {
    var points = frontier.enumerated().map { index, evaluation in
      SearchPoint(id: label(index), evaluation: evaluation)
    }
    if let knee = knee(frontier.map { evaluations[$0] }, quality: quality) {
      points[knee].isKnee = true
    }
    let costs = header.costs.prefix(objectiveCount)
    guard costs.contains(where: { $0.errorPercent != nil }) else { return points }
    for a in points.indices {
      for b in points.indices where a != b {
        let (x, y) = (
          evaluations[points[a].evaluation].costs, evaluations[points[b].evaluation].costs
        )
        let isClose = costs.indices.allSatisfy { cost in
          let error = costs[cost].errorPercent ?? 0
          return abs(x[cost] - y[cost]) <= error / 100 * max(abs(x[cost]), abs(y[cost]))
        }
        if isClose { points[a].indistinguishable.append(points[b].id) }
      }
    }
    return points
  }

  /// `0` is A, `25` Z, `26` AA.
  static func label(_ index: Int) -> String {
    var rest = index
    var text = ""
    repeat {
      text = String(UnicodeScalar(UInt8(65 + rest % 26))) + text
      rest = rest / 26 - 1
    } while rest >= 0
    return text
  }

  /// The point farthest below the line between the ends, each axis scaled to its range; nil for fewer
  /// than three points or where none is below it.
  private static func knee(_ evaluations: [Evaluation], quality: QualityObjective) -> Int? {
    guard evaluations.count >= 3, let first = evaluations.first, let last = evaluations.last else {
      return nil
    }
    func coordinates(_ evaluation: Evaluation) -> (x: Double, y: Double) {
      (evaluation.costs[0], quality.deficit(evaluation.quality))
    }
    let (a, b) = (coordinates(first), coordinates(last))
    let (width, height) = (b.x - a.x, a.y - b.y)
    guard width > 0, height > 0, height.isFinite else { return nil }
    var best: (distance: Double, index: Int)?
    for (index, evaluation) in evaluations.enumerated() {
      let point = coordinates(evaluation)
      let distance = 1 - (point.x - a.x) / width - (point.y - b.y) / height
      if distance > (best?.distance ?? 1e-9) { best = (distance, index) }
    }
    return best?.index
  }
}

/// Agreement of two orders.
enum RankCorrelation {
  /// Spearman's coefficient, with mean ranks for ties; nil where one side is constant.
  static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(x.count + 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (p, q) in zip(x, y) {
      xy += (p - mean) * (q - mean)
      xx += (p - mean) * (p - mean)
      yy += (q - mean) * (q - mean)
    }
    guard xx > 0, yy > 0 else { return nil }
    return xy / (xx * yy).squareRoot()
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    // NaN has no order: it counts as the largest.
    let keys = values.map { $0.isNaN ? .infinity : $0 }
    let order = keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, keys[order[end + 1]] == keys[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}
