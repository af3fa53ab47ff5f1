/// Points that cover a range evenly.
public enum Spread {
  /// At most `count` of `points`: along one quantity the nearest to evenly spaced values, both ends
  /// included; in several the farthest from those chosen before, each quantity scaled to its range.
  public static func points(_ points: [[Int]], count: Int, at totals: [[Double]]) -> [[Int]] {
    guard points.count > count, count > 0, let dimensions = totals.first?.count, dimensions > 0
    else { return points }
    let ranges = (0..<dimensions).map { axis in
      let values = totals.map { $0[axis] }
      return (low: values.min() ?? 0, high: values.max() ?? 0)
    }
    if dimensions == 1 {
      let range = ranges[0]
      let order = totals.indices.sorted { a, b in
        totals[a][0] != totals[b][0] ? totals[a][0] < totals[b][0] : a < b
      }
      var chosen: [Int] = []
      var seen: Set<Int> = []
      for step in 0..<count {
        let share = count == 1 ? 0 : Double(step) / Double(count - 1)
        let target = range.low + (range.high - range.low) * share
        let nearest = nearest(to: target, order, totals)
        if seen.insert(nearest).inserted { chosen.append(nearest) }
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
      var farthest = 0
      for index in points.indices {
        var square = 0.0
        for axis in 0..<dimensions {
          let difference = scaled[index][axis] - scaled[next][axis]
          square += difference * difference
        }
        distance[index] = min(distance[index], square)
        if distance[index] > distance[farthest] { farthest = index }
      }
      guard distance[farthest] > 0 else { break }
      next = farthest
    }
    return chosen.map { points[$0] }
  }

  /// The first point whose total is nearest to `target`; `order` is by total, then by position.
  private static func nearest(to target: Double, _ order: [Int], _ totals: [[Double]]) -> Int {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if totals[order[middle]][0] < target { low = middle + 1 } else { high = middle }
    }
    // The first of the totals that are not below, and the first of the largest ones below.
    guard low > 0 else { return order[0] }
    var below = low - 1
    while below > 0, totals[order[below - 1]][0] == totals[order[below]][0] { below -= 1 }
    guard low < order.count else { return order[below] }
    let (left, right) = (target - totals[order[below]][0], totals[order[low]][0] - target)
    if left == right { return min(order[below], order[low]) }
    return left < right ? order[below] : order[low]
  }
}
