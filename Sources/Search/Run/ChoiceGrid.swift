import QuantGraph

/// The free decisions of a space: one option a group of tied layers that is not fixed.
struct ChoiceGrid: Sendable {
  let space: SearchSpace
  /// Indices of the groups with more than one option.
  let free: [Int]
  /// Candidate indices of each free group.
  let options: [[Int]]
  private let fixedChoice: [Int]

  init(_ space: SearchSpace) {
    self.space = space
    free = space.groups.indices.filter { space.allowed(ofGroup: $0).count > 1 }
    options = free.map { space.allowed(ofGroup: $0) }
    var choice = [Int](repeating: 0, count: space.layers.count)
    for group in space.groups.indices {
      for layer in space.groups[group] { choice[layer] = space.allowed(ofGroup: group)[0] }
    }
    fixedChoice = choice
  }

  /// A candidate index a layer from an option a free group.
  func choice(_ point: [Int]) -> [Int] {
    var choice = fixedChoice
    for (position, option) in point.enumerated() {
      for layer in space.groups[free[position]] { choice[layer] = options[position][option] }
    }
    return choice
  }

  /// The option of each free group in a choice that respects ties and fixed layers.
  func point(_ choice: [Int]) -> [Int] {
    free.indices.map { position in
      let layer = space.groups[free[position]][0]
      return options[position].firstIndex(of: choice[layer]) ?? 0
    }
  }

  /// Points that differ from `point` in one group, and with `pairs` also those that differ in two.
  func neighbours(of point: [Int], pairs: Bool) -> [[Int]] {
    var found: [[Int]] = []
    for group in point.indices {
      for option in options[group].indices where option != point[group] {
        var near = point
        near[group] = option
        found.append(near)
        guard pairs else { continue }
        for other in point.indices.dropFirst(group + 1) {
          for second in options[other].indices where second != point[other] {
            var far = near
            far[other] = second
            found.append(far)
          }
        }
      }
    }
    return found
  }

  /// How many neighbours a point has.
  func neighbourCount(pairs: Bool) -> Int {
    let changes = options.map { $0.count - 1 }
    let single = changes.reduce(0, +)
    guard pairs else { return single }
    let squares = changes.reduce(0) { $0 + $1 * $1 }
    return single + (single * single - squares) / 2
  }

  /// Every point, in lexicographic order; only for spaces that are known to be small.
  func allPoints() -> [[Int]] {
    var points: [[Int]] = [[]]
    for list in options {
      points = points.flatMap { point in list.indices.map { point + [$0] } }
    }
    return points
  }
}
