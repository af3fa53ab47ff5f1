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
  /// How much an allocation that is missing may be better, at most.
  ///
  /// For any allocation there is a point whose values are at most its own plus these numbers, one an
  /// objective. Zeros where the frontier is complete, nil where nothing is known.
  public let tolerance: [Double]?

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
  /// The number of nondominated sums can grow exponentially with the groups. Where more of them would
  /// have to be compared than `effort` allows, they are thinned: of those that are alike one is kept, and
  /// ``ParetoFrontier/tolerance`` says how much that can have lost, as in the approximation schemes for
  /// knapsacks (Erlebach, Kellerer and Pferschy, Management Science 48, 2002).
  ///
  /// - Parameters:
  ///   - objectives: 1 to 4 different quantities, all minimised.
  ///   - effort: when to thin.
  /// - Returns: an empty frontier if no allocation meets the budgets.
  /// - Throws: ``AllocationError/objectives(costCount:)``.
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
    // A sum that stands for others may break a budget that they meet: then nothing is known.
    let isKnown = !merge.isThinned || (1...3).allSatisfy { columns.limit[$0] >= largest[$0] }
    return ParetoFrontier(
      objectives: objectives,
      points: points.map { point in
        ParetoFrontier.Point(
          values: lanes.indices.map {
            columns.columns[lanes[$0]].value(ofScaled: point.values[$0])
          },
          choice: choice(ofGroups: point.labels))
      }, isComplete: !merge.isThinned,
      tolerance: isKnown
        ? lanes.indices.map { columns.columns[lanes[$0]].value(ofScaled: merge.tolerance[$0]) }
        : nil
    )
  }
}

/// Merging of nondominated sets, group by group.
private struct FrontierMerge {
  /// Sums that are compared at once, 56 bytes each.
  private static let childLimit = 4_000_000
  /// Choices of all points in the end, 8 bytes each.
  private static let choiceLimit = 20_000_000
  /// The fewest partial sums that thinning leaves, and the most points of a thinned frontier.
  private static let thinnedCount = 4096
  /// Sums that are kept once the caller wants an end.
  private static let hurriedCount = 64

  private let table: OptionTable
  private let dimensions: Int
  private let objectiveCount: Int
  private let limit: SIMD4<Double>
  private let suffixMinima: [SIMD4<Double>]
  /// Whether sums were dropped for others that are no better.
  private(set) var isThinned = false
  /// Whether the caller wants an end: few sums are kept from then on.
  private var isHurried = false
  /// What thinning may have lost in each lane.
  private(set) var tolerance = SIMD4<Double>()

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
    var parents: [[Int32]] = []
    var options: [[Int32]] = []
    var compared = 0
    for group in 0..<table.count {
      isHurried = isHurried || effort.isCancelled()
      effort.progress(group, table.count)
      let own = table.options(of: group)
      compared += points.count * own.count
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
      var kept = Nondominated.positions(of: children, sorted: order, dimensions: dimensions)
      let most = allowance(after: group, compared: compared, effort: effort)
      if kept.count > most { kept = thinned(kept, of: children, to: most) }
      points = kept.map { children[$0] }
      parents.append(kept.map { origins[$0].parent })
      options.append(kept.map { origins[$0].option })
    }
    var kept = Nondominated.positions(of: points, dimensions: objectiveCount)
    if isThinned, kept.count > Self.thinnedCount {
      kept = thinned(kept, of: points, to: Self.thinnedCount)
    }
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

  /// The most sums that may be kept after a group, so that the rest stays within the effort.
  private func allowance(after group: Int, compared: Int, effort: AllocationEffort) -> Int {
    guard group + 1 < table.count else {
      return min(effort.stateLimit, max(1, Self.choiceLimit / table.count))
    }
    if isHurried { return Self.hurriedCount }
    let next = table.options(of: group + 1).count
    let left = table.offsets[table.count] - table.offsets[group + 1]
    let most = min(
      max(effort.frontierSums - compared, 0) / max(left, 1), Self.childLimit / max(next, 1))
    return min(effort.stateLimit, max(most, Self.thinnedCount))
  }

  /// Keeps one of the sums that are alike: those in one cell of a grid over all lanes but the first.
  ///
  /// - Parameters:
  ///   - positions: in lexicographic order, so that the first of a cell is the smallest in the first lane.
  ///   - points: all sums.
  ///   - most: how many are left at most, besides the smallest of each lane.
  /// - Returns: the positions that are left, in their order.
  private mutating func thinned(
    _ positions: [Int], of points: [SIMD4<Double>], to most: Int
  ) -> [Int] {
    var low = points[positions[0]]
    var high = low
    // The smallest of a lane stays, so that thinning never narrows the frontier.
    var extremes = [Int](repeating: positions[0], count: dimensions)
    for position in positions {
      for lane in 0..<dimensions where points[position][lane] < points[extremes[lane]][lane] {
        extremes[lane] = position
      }
      low = pointwiseMin(low, points[position])
      high = pointwiseMax(high, points[position])
    }
    func kept(cells: Int) -> [Int] {
      var seen: Set<SIMD4<Int32>> = []
      return positions.filter { position in
        var cell = SIMD4<Int32>()
        for lane in 1..<dimensions where high[lane] > low[lane] {
          let place = (points[position][lane] - low[lane]) / (high[lane] - low[lane])
          cell[lane] = Int32(min(place * Double(cells), Double(cells - 1)))
        }
        return seen.insert(cell).inserted || extremes.contains(position)
      }
    }
    // At least so many a lane; more where sums lie on a surface and leave most cells empty.
    var cells = 1
    while wholePower(cells + 1, dimensions - 1) <= most { cells += max(1, cells / 64) }
    while cells > 1, wholePower(cells, dimensions - 1) > most { cells -= 1 }
    var best = kept(cells: cells)
    while cells < 1 << 30 {
      let next = cells + cells / 3 + 1
      let finer = kept(cells: next)
      guard finer.count <= most + dimensions else { break }
      (cells, best) = (next, finer)
    }
    isThinned = true
    for lane in 1..<dimensions { tolerance[lane] += (high[lane] - low[lane]) / Double(cells) }
    return best
  }

  private func wholePower(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
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
