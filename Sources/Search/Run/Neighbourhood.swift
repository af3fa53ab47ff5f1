import Arith

/// One group that takes another option.
struct Move: Hashable, Sendable {
  let group: Int
  let option: Int
}

/// At most two changes of a point, of different groups.
struct Moves: Hashable, Sendable {
  var first: Move?
  var second: Move?
}

/// Points that differ from one of some centres in at most two groups, each once, in a fixed order.
///
/// A point is told by its centre and its moves, so that what is known of the centre serves all of its
/// neighbours, and memory does not grow with the number of groups.
struct Neighbourhood {
  struct Member {
    let centre: Int
    let moves: Moves
  }

  /// About how many points are looked at; beyond it a sample is.
  static let limit = 20_000

  private(set) var centres: [[Int]] = []
  private(set) var members: [Member] = []
  private var hashes: [UInt64] = []
  private var seen: Set<UInt64> = []
  private let grid: ChoiceGrid

  /// - Parameters:
  ///   - grid: the space.
  ///   - points: members themselves, without their neighbours.
  ///   - nearby: points whose neighbours are members.
  ///   - excluded: hashes of points that are no members, see ``ChoiceGrid/hash(_:)``.
  ///   - generator: draws the sample where there are too many.
  init(
    _ grid: ChoiceGrid, points: [[Int]], around nearby: [[Int]], excluding excluded: Set<UInt64>,
    using generator: inout SplitMix64
  ) {
    self.grid = grid
    seen = excluded
    for point in points {
      let hash = grid.hash(point)
      // A point that is known or comes twice needs no centre.
      if !seen.contains(hash) { add(centre(point, hash), hash, Moves()) }
    }
    guard !nearby.isEmpty else { return }
    let first = centres.count
    for point in nearby { _ = centre(point, grid.hash(point)) }
    let withPairs = nearby.count * grid.neighbourCount(pairs: true) <= Self.limit
    if nearby.count * grid.neighbourCount(pairs: false) <= 4 * Self.limit {
      for (index, point) in nearby.enumerated() {
        addNeighbours(
          of: point, centre: first + index, hash: hashes[first + index], pairs: withPairs)
      }
    } else {
      for _ in 0..<Self.limit {
        let index = generator.draw(below: nearby.count)
        addDraw(
          nearby[index], centre: first + index, hash: hashes[first + index], moves: 1, &generator)
      }
    }
    guard !withPairs, grid.free.count > 1 else { return }
    for _ in 0..<Self.limit / 4 {
      let index = generator.draw(below: nearby.count)
      addDraw(
        nearby[index], centre: first + index, hash: hashes[first + index], moves: 2, &generator)
    }
  }

  /// A member as an option a free group.
  func point(_ member: Member) -> [Int] {
    var point = centres[member.centre]
    for move in [member.moves.first, member.moves.second].compactMap(\.self) {
      point[move.group] = move.option
    }
    return point
  }

  /// The hash of a member, see ``ChoiceGrid/hash(_:)``.
  func hash(_ member: Member) -> UInt64 {
    let point = centres[member.centre]
    var hash = hashes[member.centre]
    for move in [member.moves.first, member.moves.second].compactMap(\.self) {
      hash ^= grid.key(move.group, point[move.group]) ^ grid.key(move.group, move.option)
    }
    return hash
  }

  private mutating func centre(_ point: [Int], _ hash: UInt64) -> Int {
    centres.append(point)
    hashes.append(hash)
    return centres.count - 1
  }

  private mutating func add(_ centre: Int, _ hash: UInt64, _ moves: Moves) {
    if seen.insert(hash).inserted { members.append(Member(centre: centre, moves: moves)) }
  }

  private mutating func addNeighbours(of point: [Int], centre: Int, hash: UInt64, pairs: Bool) {
    for group in point.indices {
      let rest = hash ^ grid.key(group, point[group])
      for option in grid.options[group].indices where option != point[group] {
        let first = Move(group: group, option: option)
        let near = rest ^ grid.key(group, option)
        add(centre, near, Moves(first: first))
        guard pairs else { continue }
        for other in point.indices.dropFirst(group + 1) {
          let far = near ^ grid.key(other, point[other])
          for second in grid.options[other].indices where second != point[other] {
            add(
              centre, far ^ grid.key(other, second),
              Moves(first: first, second: Move(group: other, option: second)))
          }
        }
      }
    }
  }

  /// Adds a point with so many groups drawn and their options drawn; a draw may change nothing.
  private mutating func addDraw(
    _ point: [Int], centre: Int, hash: UInt64, moves count: Int, _ generator: inout SplitMix64
  ) {
    var moves: [Move] = []
    for _ in 0..<count {
      let group = generator.draw(below: point.count)
      let option = generator.draw(below: grid.options[group].count)
      moves.removeAll { $0.group == group }
      if option != point[group] { moves.append(Move(group: group, option: option)) }
    }
    var hash = hash
    for move in moves {
      hash ^= grid.key(move.group, point[move.group]) ^ grid.key(move.group, move.option)
    }
    add(centre, hash, Moves(first: moves.first, second: moves.dropFirst().first))
  }
}
