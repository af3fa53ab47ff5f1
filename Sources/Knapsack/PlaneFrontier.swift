/// Nondominated points of the plane, both components minimised, and the area they dominate.
public struct PlaneFrontier: Sendable {
  /// Ascending first and descending second components.
  public private(set) var steps: [(x: Double, y: Double)] = []

  public init(_ points: [(x: Double, y: Double)]) {
    for point in points.sorted(by: { $0.x != $1.x ? $0.x < $1.x : $0.y < $1.y })
    where steps.last.map({ point.y < $0.y }) ?? true {
      steps.append(point)
    }
  }

  /// Adds a point; those that it matches or beats go.
  public mutating func insert(x: Double, y: Double) {
    let place = steps(upTo: x)
    if place > 0, steps[place - 1].y <= y { return }
    let start = place > 0 && steps[place - 1].x == x ? place - 1 : place
    var end = start
    while end < steps.count, steps[end].y >= y { end += 1 }
    steps.replaceSubrange(start..<end, with: [(x: x, y: y)])
  }

  /// Whether this very point is one of the nondominated.
  public func has(x: Double, y: Double) -> Bool {
    let place = steps(upTo: x)
    return place > 0 && steps[place - 1].x == x && steps[place - 1].y == y
  }

  /// The area below (1, 1) that (`x`, `y`) would add to what is dominated.
  public func gain(x: Double, y: Double) -> Double {
    let first = steps(upTo: x)
    var area = 0.0
    var start = first > 0 ? steps[first - 1].x : 0
    var level = first > 0 ? min(1, steps[first - 1].y) : 1
    if level <= y { return 0 }
    for step in steps[first...] {
      area += max(0, step.x - max(start, x)) * max(0, level - y)
      start = step.x
      level = min(level, step.y)
      // The levels fall from here on.
      if level <= y { return area }
    }
    return area + max(0, 1 - max(start, x)) * max(0, level - y)
  }

  /// The second component that points up to `x` reach; nil before the first point.
  public func level(at x: Double) -> Double? {
    let count = steps(upTo: x)
    return count > 0 ? steps[count - 1].y : nil
  }

  /// Number of points whose first component is at most `x`.
  private func steps(upTo x: Double) -> Int {
    var (low, high) = (0, steps.count)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle].x <= x { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
