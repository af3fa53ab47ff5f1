/// Selection of the points that no other point matches or beats in every lane.
enum Nondominated {
  /// Positions of the nondominated points in lexicographic order of the lanes.
  ///
  /// The leading `dimensions` lanes count, 1 to 4; smaller is better. Of points that are equal
  /// there, the one at the lowest position stays.
  static func positions(of points: [SIMD4<Double>], dimensions: Int) -> [Int] {
    var order = Array(points.indices)
    order.sort { a, b in
      let (p, q) = (points[a], points[b])
      for lane in 0..<dimensions where p[lane] != q[lane] { return p[lane] < q[lane] }
      return a < b
    }
    return positions(of: points, sorted: order, dimensions: dimensions)
  }

  /// The same for positions that are already in lexicographic order, equals by position.
  static func positions(
    of points: [SIMD4<Double>], sorted order: [Int], dimensions: Int
  ) -> [Int] {
    switch dimensions {
    case 1: return Array(order.prefix(1))
    case 2:
      var kept: [Int] = []
      var smallest = Double.infinity
      for index in order where points[index].y < smallest || kept.isEmpty {
        smallest = points[index].y
        kept.append(index)
      }
      return kept
    case 3:
      var stairs = Staircase()
      return order.filter { stairs.insert(points[$0].y, points[$0].z) }
    default: return divide(order[...], points: points)
    }
  }

  /// Four dimensions: the halves by the first lane, then the later half against the earlier.
  private static func divide(_ order: ArraySlice<Int>, points: [SIMD4<Double>]) -> [Int] {
    guard order.count > 24 else {
      var kept: [Int] = []
      for index in order {
        let point = points[index]
        // Lexicographic order: only what comes earlier can match or beat a point.
        if !kept.contains(where: { all(points[$0] .<= point) }) { kept.append(index) }
      }
      return kept
    }
    let middle = order.startIndex + order.count / 2
    let early = divide(order[..<middle], points: points)
    let late = divide(order[middle...], points: points)
    // The first lane of every early point is at most that of every late one: three lanes decide.
    func precedes(_ a: Int, _ b: Int) -> Bool {
      points[a].y != points[b].y ? points[a].y < points[b].y : a < b
    }
    let earlyByY = early.sorted(by: precedes)
    let latePositions = late.indices.sorted { precedes(late[$0], late[$1]) }
    var beaten = [Bool](repeating: false, count: late.count)
    var stairs = Staircase()
    var next = 0
    for position in latePositions {
      let point = points[late[position]]
      while next < earlyByY.count, points[earlyByY[next]].y <= point.y {
        _ = stairs.insert(points[earlyByY[next]].z, points[earlyByY[next]].w)
        next += 1
      }
      beaten[position] = stairs.covers(point.z, point.w)
    }
    return early + late.indices.filter { !beaten[$0] }.map { late[$0] }
  }
}

/// The nondominated pairs seen so far, the first component ascending, the second descending.
private struct Staircase {
  private var first: [Double] = []
  private var second: [Double] = []

  /// Number of steps whose first component is at most `value`.
  private func steps(upTo value: Double) -> Int {
    var (low, high) = (0, first.count)
    while low < high {
      let middle = (low + high) / 2
      if first[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether a pair seen before is at most this one in both components.
  func covers(_ a: Double, _ b: Double) -> Bool {
    let count = steps(upTo: a)
    return count > 0 && second[count - 1] <= b
  }

  /// Adds a pair unless it is covered; returns whether it was added.
  mutating func insert(_ a: Double, _ b: Double) -> Bool {
    let count = steps(upTo: a)
    if count > 0 && second[count - 1] <= b { return false }
    // Equal first component: the old step has the larger second one, so it goes as well.
    let start = count > 0 && first[count - 1] == a ? count - 1 : count
    var end = start
    while end < first.count && second[end] >= b { end += 1 }
    first.replaceSubrange(start..<end, with: CollectionOfOne(a))
    second.replaceSubrange(start..<end, with: CollectionOfOne(b))
    return true
  }
}
