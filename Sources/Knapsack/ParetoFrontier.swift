/// A quantity that a frontier minimises.
public typealias AllocationObjective = AllocationQuantity

/// The nondominated points of a problem.
public struct ParetoFrontier: Sendable, Hashable {
  /// What the values of a point are, in this order.
  public let objectives: [AllocationObjective]
  /// In lexicographic order of their values, without duplicates.
  public let points: [Point]
  /// Whether no nondominated point is missing.
  public let isComplete: Bool

  /// One nondominated point.
  public struct Point: Sendable, Hashable {
    /// One number an objective.
    public let values: [Double]
    /// One allocation with these values: an option index a layer.
    public let choice: [Int]
  }
}

extension AllocationProblem {
  /// The complete set of points that no allocation matches or beats in every objective.
  ///
  /// Partial frontiers are merged group by group, and dominated sums dropped on the way; this keeps
  /// every nondominated total, because a dominated partial sum stays dominated under any completion.
  /// Budgets, where the problem has them, bound the points. Sums of exact columns (see
  /// ``AllocationProblem``) are compared exactly, others as binary64 sums in group order.
  ///
  /// - Parameters:
  ///   - objectives: 1 to 4 different quantities, all minimised.
  ///   - effort: when to give up.
  /// - Returns: an empty frontier if no allocation meets the budgets.
  /// - Throws: ``AllocationError/objectives(costCount:)``, ``AllocationError/stateLimit`` without
  ///   bounds, ``AllocationError/cancelled``.
  public func paretoFrontier(
    of objectives: [AllocationObjective], effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> ParetoFrontier {
    var lanes: [Int] = []
    for objective in objectives {
      let lane =
        switch objective {
        case .loss: 0
        case .cost(let index): index < 0 ? -1 : index + 1
        }
      guard (0...costCount).contains(lane), !lanes.contains(lane) else {
        throw .objectives(costCount: costCount)
      }
      lanes.append(lane)
    }
    guard !lanes.isEmpty else { throw .objectives(costCount: costCount) }
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    let largest = table.maximum()
    let binding = (1...3).filter { columns.limit[$0] < largest[$0] && !lanes.contains($0) }
    var merge = FrontierMerge(
      table: table, lanes: lanes + binding, objectiveCount: lanes.count, limit: columns.limit)
    let points = try merge.run(effort: effort)
    return ParetoFrontier(
      objectives: objectives,
      points: points.map { point in
        ParetoFrontier.Point(
          values: lanes.indices.map {
            columns.columns[lanes[$0]].value(ofScaled: point.values[$0])
          },
          choice: choice(ofGroups: point.labels))
      }, isComplete: true)
  }
}

/// Merging of nondominated sets, group by group.
private struct FrontierMerge {
  /// Sums that are compared at once, 56 bytes each.
  private static let childLimit = 8_000_000
  /// Partial sums of all groups, 8 bytes each, from which choices are read in the end.
  private static let storedLimit = 40_000_000

  private let table: OptionTable
  private let dimensions: Int
  private let objectiveCount: Int
  private let limit: SIMD4<Double>
  private let suffixMinima: [SIMD4<Double>]

  /// Takes the lanes that decide, in the order of comparison; objectives first.
  init(table: OptionTable, lanes: [Int], objectiveCount: Int, limit: SIMD4<Double>) {
    dimensions = lanes.count
    self.objectiveCount = objectiveCount
    var permuted = OptionTable()
    for group in 0..<table.count {
      permuted.append(
        group: table.groups[group],
        options: table.options(of: group).map { option in
          var value = SIMD4<Double>()
          for (position, lane) in lanes.enumerated() {
            value[position] = table.values[option][lane]
          }
          return (value, table.labels[option])
        })
    }
    var permutedLimit = SIMD4<Double>(repeating: .infinity)
    for (position, lane) in lanes.enumerated() { permutedLimit[position] = limit[lane] }
    self.limit = permutedLimit
    self.table = permuted.withoutDominatedOptions(lanes: Array(0..<dimensions))
    suffixMinima = self.table.suffixMinima()
  }

  mutating func run(
    effort: AllocationEffort
  ) throws(AllocationError) -> [(values: SIMD4<Double>, labels: [Int])] {
    var points = [SIMD4<Double>()]
    var stored = 0
    var parents: [[Int32]] = []
    var options: [[Int32]] = []
    for group in 0..<table.count {
      if effort.isCancelled() { throw .cancelled }
      let own = table.options(of: group)
      guard points.count * own.count <= Self.childLimit else {
        throw .stateLimit(limit: effort.stateLimit, best: nil, lowerBound: nil)
      }
      let rest = suffixMinima[group + 1]
      var children: [SIMD4<Double>] = []
      children.reserveCapacity(points.count * own.count)
      var origins: [(parent: Int32, option: Int32)] = []
      origins.reserveCapacity(points.count * own.count)
      var runs: [Int] = [0]
      for option in own {
        // A shifted sorted list stays sorted: each option gives one run to merge.
        let value = table.values[option]
        for (parent, point) in points.enumerated() {
          let child = point + value
          guard all(child + rest .<= limit) else { continue }
          children.append(child)
          origins.append((Int32(truncatingIfNeeded: parent), Int32(truncatingIfNeeded: option)))
        }
        runs.append(children.count)
      }
      let order = merged(runs, of: children)
      let kept = Nondominated.positions(of: children, sorted: order, dimensions: dimensions)
      stored += kept.count
      guard kept.count <= effort.stateLimit, stored <= Self.storedLimit else {
        throw .stateLimit(limit: effort.stateLimit, best: nil, lowerBound: nil)
      }
      points = kept.map { children[$0] }
      parents.append(kept.map { origins[$0].parent })
      options.append(kept.map { origins[$0].option })
    }
    let kept = Nondominated.positions(of: points, dimensions: objectiveCount)
    return kept.map { last in
      var labels = [Int](repeating: 0, count: table.count)
      var position = last
      for group in stride(from: table.count - 1, through: 0, by: -1) {
        labels[group] = table.labels[Int(options[group][position])]
        position = Int(parents[group][position])
      }
      return (points[last], labels)
    }
  }

  /// Positions of `points` in lexicographic order, from runs that are in order; stable.
  private func merged(_ bounds: [Int], of points: [SIMD4<Double>]) -> [Int] {
    var order = Array(points.indices)
    var bounds = bounds
    var buffer = order
    while bounds.count > 2 {
      var next: [Int] = [0]
      var run = 0
      while run + 1 < bounds.count {
        let start = bounds[run]
        let middle = bounds[run + 1]
        let end = run + 2 < bounds.count ? bounds[run + 2] : middle
        var (left, right) = (start, middle)
        for target in start..<end {
          if left < middle,
            right == end || !precedes(points[order[right]], points[order[left]])
          {
            buffer[target] = order[left]
            left += 1
          } else {
            buffer[target] = order[right]
            right += 1
          }
        }
        next.append(end)
        run += 2
      }
      swap(&order, &buffer)
      bounds = next
    }
    return order
  }

  private func precedes(_ a: SIMD4<Double>, _ b: SIMD4<Double>) -> Bool {
    for lane in 0..<dimensions where a[lane] != b[lane] { return a[lane] < b[lane] }
    return false
  }
}
