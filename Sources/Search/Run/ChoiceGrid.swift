import Arith
import QuantGraph

/// The free decisions of a space: one option a group of tied layers that is not fixed.
struct ChoiceGrid: Sendable {
  let space: SearchSpace
  /// Indices of the groups with more than one option.
  let free: [Int]
  /// Candidate indices of each free group.
  let options: [[Int]]
  private let fixedChoice: [Int]
  private let keys: [[UInt64]]

  init(_ space: SearchSpace) {
    self.space = space
    free = space.groups.indices.filter { space.allowed(ofGroup: $0).count > 1 }
    options = free.map { space.allowed(ofGroup: $0) }
    var choice = [Int](repeating: 0, count: space.layers.count)
    for group in space.groups.indices {
      for layer in space.groups[group] { choice[layer] = space.allowed(ofGroup: group)[0] }
    }
    fixedChoice = choice
    keys = options.enumerated().map { group, options in
      var generator = SplitMix64(seed: UInt64(group))
      return options.map { _ in generator.next() }
    }
  }

  /// The part of an option in the hash of a point (Zobrist, "A New Hashing Method with Application for
  /// Game Playing", 1970): a change of one group changes a hash by two keys.
  func key(_ group: Int, _ option: Int) -> UInt64 { keys[group][option] }

  /// The combined keys of a point's options.
  func hash(_ point: [Int]) -> UInt64 {
    var hash: UInt64 = 0
    for (group, option) in point.enumerated() { hash ^= keys[group][option] }
    return hash
  }

  /// Sums over the groups of a table of one number a candidate of each layer.
  func sums(of table: [[Double]]) -> GroupSums {
    GroupSums(
      groups: options.indices.map { group in
        options[group].map { option in
          space.groups[free[group]].reduce(0) { $0 + table[$1][option] }
        }
      })
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

/// What each option of each free group has of a sum.
struct GroupSums: Sendable {
  let groups: [[Double]]

  /// How much `moves` change the sum of a point.
  func change(_ point: [Int], _ moves: Moves) -> Double {
    guard let first = moves.first else { return 0 }
    let change = groups[first.group][first.option] - groups[first.group][point[first.group]]
    guard let second = moves.second else { return change }
    return change + groups[second.group][second.option]
      - groups[second.group][point[second.group]]
  }
}
