/// Nondominated points of the plane, both components minimised, and the area they dominate.
struct PlaneFrontier: Sendable {
  /// Ascending first and descending second components.
  private(set) var steps: [(x: Double, y: Double)] = []

  init(_ points: [(x: Double, y: Double)]) {
    for point in points.sorted(by: { $0.x != $1.x ? $0.x < $1.x : $0.y < $1.y })
    where steps.last.map({ point.y < $0.y }) ?? true {
      steps.append(point)
    }
  }

  /// Adds a point.
  mutating func insert(x: Double, y: Double) {
    self = PlaneFrontier(steps + [(x, y)])
  }

  /// The area below (1, 1) that (`x`, `y`) would add to what is dominated.
  func gain(x: Double, y: Double) -> Double {
    var area = 0.0
    var start = 0.0
    var level = 1.0
    for step in steps {
      if step.x > x { area += max(0, step.x - max(start, x)) * max(0, level - y) }
      start = step.x
      level = min(level, step.y)
      // The levels fall from here on.
      if level <= y { return area }
    }
    return area + max(0, 1 - max(start, x)) * max(0, level - y)
  }

  /// The second component that points up to `x` reach; nil before the first point.
  func level(at x: Double) -> Double? {
    var low = 0
    var high = steps.count
    while low < high {
      let middle = (low + high) / 2
      if steps[middle].x <= x { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? steps[low - 1].y : nil
  }

  /// The area below (1, 1) that is dominated.
  var area: Double {
    var area = 0.0
    var level = 1.0
    for step in steps where step.x < 1 && step.y < level {
      area += (1 - step.x) * (level - step.y)
      level = step.y
    }
    return area
  }
}
