import HWModel
package import Search

/// One point of a search's frontier.
package struct SearchPoint: Sendable {
  /// A to Z, then AA and so on.
  package let id: String
  /// Position among the evaluations; nil for an allocation that was not run.
  package let evaluation: Int?
  /// A candidate index a layer.
  package let choice: [Int]
  /// One number a cost of the study.
  package let costs: [Double]
  /// What is minimised beside the costs.
  package let deficit: Double
  package var isKnee = false
  /// Ids of points whose objective costs all differ by no more than the errors of their estimates.
  package var indistinguishable: [String] = []

  package init(id: String, evaluation: Int?, choice: [Int], costs: [Double], deficit: Double) {
    self.id = id
    self.evaluation = evaluation
    self.choice = choice
    self.costs = costs
    self.deficit = deficit
  }

  /// The points of an outcome, by ascending first cost.
  package static func points(
    _ outcome: SearchOutcome, header: StudyHeader, objectiveCount: Int, quality: QualityObjective
  ) -> [SearchPoint] {
    var points: [SearchPoint]
    if let frontier = outcome.scoreFrontier {
      var position: [[Int]: Int] = [:]
      for (index, evaluation) in outcome.evaluations.enumerated() {
        position[evaluation.choice] = index
      }
      points = frontier.points.enumerated().map { index, point in
        SearchPoint(
          id: label(index), evaluation: position[point.choice], choice: point.choice,
          costs: point.costs, deficit: point.score)
      }
    } else {
      points = outcome.frontier.enumerated().map { index, position in
        let evaluation = outcome.evaluations[position]
        return SearchPoint(
          id: label(index), evaluation: position, choice: evaluation.choice,
          costs: evaluation.costs,
          deficit: quality == .score
            ? header.score(of: evaluation.choice) : quality.deficit(evaluation.quality))
      }
    }
    if let knee = knee(points) { points[knee].isKnee = true }
    markIndistinguishable(&points, costs: Array(header.costs.prefix(objectiveCount)))
    return points
  }

  /// The most points that are named on either side of one.
  private static let closeLimit = 100

  private static func markIndistinguishable(
    _ points: inout [SearchPoint], costs: [StudyHeader.Cost]
  ) {
    guard costs.contains(where: { $0.errorPercent != nil }) else { return }
    func isClose(_ a: Int, _ b: Int, _ cost: Int) -> Bool {
      let (x, y) = (points[a].costs[cost], points[b].costs[cost])
      return abs(x - y) <= (costs[cost].errorPercent ?? 0) / 100 * max(abs(x), abs(y))
    }
    // By ascending first cost, what is close in it stands around a point.
    for a in points.indices {
      var close: [Int] = []
      for b in points[..<a].indices.reversed() {
        guard isClose(a, b, 0), close.count < closeLimit else { break }
        if costs.indices.allSatisfy({ isClose(a, b, $0) }) { close.append(b) }
      }
      close.reverse()
      let limit = close.count + closeLimit
      for b in points[(a + 1)...].indices {
        guard isClose(a, b, 0), close.count < limit else { break }
        if costs.indices.allSatisfy({ isClose(a, b, $0) }) { close.append(b) }
      }
      points[a].indistinguishable = close.map { points[$0].id }
    }
  }

  /// `0` is A, `25` Z, `26` AA.
  package static func label(_ index: Int) -> String {
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
  private static func knee(_ points: [SearchPoint]) -> Int? {
    guard points.count >= 3, let first = points.first, let last = points.last else { return nil }
    func coordinates(_ point: SearchPoint) -> (x: Double, y: Double) {
      (point.costs[0], point.deficit)
    }
    let (a, b) = (coordinates(first), coordinates(last))
    let (width, height) = (b.x - a.x, a.y - b.y)
    guard width > 0, height > 0, height.isFinite else { return nil }
    var best: (distance: Double, index: Int)?
    for (index, candidate) in points.enumerated() {
      let point = coordinates(candidate)
      let distance = 1 - (point.x - a.x) / width - (point.y - b.y) / height
      if distance > (best?.distance ?? 1e-9) { best = (distance, index) }
    }
    return best?.index
  }
}

extension StudyHeader {
  /// The sum of the layers' sensitivities.
  package func score(of choice: [Int]) -> Double {
    zip(sensitivities, choice).reduce(0) { $0 + $1.0[$1.1] }
  }
}

/// Agreement of two orders.
package enum RankCorrelation {
  /// Spearman's coefficient, with mean ranks for ties; nil where one side is constant.
  package static func spearman(_ a: [Double], _ b: [Double]) -> Double? {
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
