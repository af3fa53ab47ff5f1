/// The selection of NSGA-II: ranks by fronts, crowding distances within one (Deb et al., IEEE
/// Transactions on Evolutionary Computation 6, 2002, sections III-A and III-B).
public enum Fronts {
  /// A member that stays.
  public struct Survivor: Sendable, Hashable {
    public let index: Int
    /// 0 for the nondominated ones, 1 for what only these dominate, and so on.
    public let rank: Int
    /// The sum over axes of the distance between a member's neighbours in its front, by the front's
    /// range; infinite at the ends.
    public fileprivate(set) var crowding: Double
  }

  /// The best members by front, of the last front those that are least crowded.
  ///
  /// - Parameters:
  ///   - count: how many members there are.
  ///   - room: how many of them stay.
  ///   - axes: quantities that distances are measured in.
  ///   - dominates: whether the first of two members beats the second; a strict partial order.
  ///   - value: a quantity of a member; axes without a finite range count nothing.
  /// - Returns: front after front; equals by position.
  /// - Complexity: O(count^2).
  public static func survivors(
    of count: Int, keeping room: Int, axes: Int, dominates: (Int, Int) -> Bool,
    value: (_ member: Int, _ axis: Int) -> Double
  ) -> [Survivor] {
    var beatenBy = [Int](repeating: 0, count: count)
    var beats = [[Int]](repeating: [], count: count)
    for a in 0..<count {
      for b in 0..<count where dominates(a, b) {
        beats[a].append(b)
        beatenBy[b] += 1
      }
    }
    var front = (0..<count).filter { beatenBy[$0] == 0 }
    var kept: [Survivor] = []
    var rank = 0
    while !front.isEmpty, kept.count < room {
      var members = front.map { Survivor(index: $0, rank: rank, crowding: 0) }
      crowd(&members, axes: axes, value: value)
      if members.count > room - kept.count {
        members.sort {
          $0.crowding != $1.crowding ? $0.crowding > $1.crowding : $0.index < $1.index
        }
      }
      kept += members.prefix(room - kept.count)
      var next: [Int] = []
      for index in front {
        for beaten in beats[index] {
          beatenBy[beaten] -= 1
          if beatenBy[beaten] == 0 { next.append(beaten) }
        }
      }
      front = next.sorted()
      rank += 1
    }
    return kept
  }

  private static func crowd(
    _ front: inout [Survivor], axes: Int, value: (_ member: Int, _ axis: Int) -> Double
  ) {
    for axis in 0..<axes {
      let values = front.map { value($0.index, axis) }
      let order = front.indices.sorted {
        values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1
      }
      guard let first = order.first, let last = order.last else { return }
      let range = values[last] - values[first]
      guard range > 0, range.isFinite else { continue }
      front[first].crowding = .infinity
      front[last].crowding = .infinity
      for place in order.indices.dropFirst().dropLast() {
        front[order[place]].crowding +=
          (values[order[place + 1]] - values[order[place - 1]]) / range
      }
    }
  }
}
