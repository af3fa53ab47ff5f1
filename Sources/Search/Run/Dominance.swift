/// Selection by domination in any number of minimised quantities.
enum Dominance {
  /// Positions of the rows that no other row matches or beats everywhere, in ascending order.
  ///
  /// Of equal rows the first stays. O(rows^2).
  static func frontier(_ rows: [[Double]]) -> [Int] {
    rows.indices.filter { a in
      !rows.indices.contains { b in
        guard a != b, zip(rows[b], rows[a]).allSatisfy({ $0 <= $1 }) else { return false }
        return rows[a] != rows[b] || b < a
      }
    }
  }
}

/// Points that cover a range evenly.
enum Spread {
  /// At most `count` of `points`: along one quantity the nearest to evenly spaced values, both ends
  /// included; in several the farthest from those chosen before, each quantity scaled to its range.
  static func points(_ points: [[Int]], count: Int, at totals: [[Double]]) -> [[Int]] {
    guard points.count > count, count > 0, let dimensions = totals.first?.count, dimensions > 0
    else { return points }
    let ranges = (0..<dimensions).map { axis in
      let values = totals.map { $0[axis] }
      return (low: values.min() ?? 0, high: values.max() ?? 0)
    }
    if dimensions == 1 {
      let range = ranges[0]
      var chosen: [Int] = []
      for step in 0..<count {
        let share = count == 1 ? 0 : Double(step) / Double(count - 1)
        let target = range.low + (range.high - range.low) * share
        let nearest = points.indices.min { a, b in
          abs(totals[a][0] - target) < abs(totals[b][0] - target)
        }
        if let nearest, !chosen.contains(nearest) { chosen.append(nearest) }
      }
      return chosen.map { points[$0] }
    }
    let scaled = totals.map { row in
      row.indices.map { axis in
        let width = ranges[axis].high - ranges[axis].low
        return width > 0 ? (row[axis] - ranges[axis].low) / width : 0
      }
    }
    var distance = [Double](repeating: .infinity, count: points.count)
    var next = points.indices.min { scaled[$0][0] < scaled[$1][0] } ?? 0
    var chosen: [Int] = []
    while chosen.count < count {
      chosen.append(next)
      for index in points.indices {
        let square = zip(scaled[index], scaled[next]).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        distance[index] = min(distance[index], square)
      }
      guard let farthest = points.indices.max(by: { distance[$0] < distance[$1] }),
        distance[farthest] > 0
      else { break }
      next = farthest
    }
    return chosen.map { points[$0] }
  }
}
