extension AllocationProblem {
  /// The allocations that a sorted list of single changes passes through.
  ///
  /// Every group starts at its smallest loss. All pairs of group and cheaper option are sorted by
  /// the loss that the pair alone adds, and applied cumulatively in that order; a pair whose group
  /// is already cheaper is passed over. Equal losses: the earlier group first, then the dearer
  /// option. This is phase 1 and 2 of AIMET's automatic mixed precision and of Pandey et al., "A
  /// Practical Mixed Precision Algorithm for Post-Training Quantization" (2023), with the table's
  /// losses for measured ones.
  ///
  /// - Returns: at least the start; the last has every group at its smallest weighted cost (costs
  ///   as fractions of their budgets).
  public func greedyPath() -> [Selection] {
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    let ladders = precisionLadders(table, columns: columns)
    var moves: [(added: Double, group: Int, step: Int)] = []
    for (group, ladder) in ladders.enumerated() {
      for step in ladder.indices.dropFirst() {
        moves.append((table.values[ladder[step]][0] - table.values[ladder[0]][0], group, step))
      }
    }
    moves.sort { a, b in
      if a.added != b.added { return a.added < b.added }
      return a.group != b.group ? a.group < b.group : a.step < b.step
    }
    var steps = [Int](repeating: 0, count: ladders.count)
    func allocation() -> Selection {
      let labels = zip(ladders, steps).map { table.labels[$0[$1]] }
      return columns.allocation(of: choice(ofGroups: labels), in: self)
    }
    var path = [allocation()]
    for move in moves where steps[move.group] < move.step {
      steps[move.group] = move.step
      path.append(allocation())
    }
    return path
  }

  /// Keeps as many sensitive groups at high precision as a condition allows, found by bisection.
  ///
  /// Groups are ordered by what their cheapest option adds to the loss. In each round the least
  /// sensitive groups go one option down (from the smallest loss towards the smallest cost), and
  /// bisection finds the smallest number for which the choice is acceptable, assuming that more
  /// groups down never turn an acceptable choice into another; if none is, all go down and the next
  /// round follows. O(options * log groups) calls. After Schaefer et al., "Mixed Precision Post
  /// Training Quantization of Neural Networks with Sensitivity Guided Search" (2023), there with
  /// accuracy as the condition.
  ///
  /// - Parameter isAcceptable: asked about choices, an option a layer.
  /// - Returns: an acceptable choice, or the one with every group at its last option.
  public func sensitivityBisection(isAcceptable: ([Int]) -> Bool) -> [Int] {
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    let ladders = precisionLadders(table, columns: columns)
    func sensitivity(_ group: Int) -> Double {
      guard let first = ladders[group].first, let last = ladders[group].last else { return 0 }
      return table.values[last][0] - table.values[first][0]
    }
    let order = ladders.indices.sorted {
      let (a, b) = (sensitivity($0), sensitivity($1))
      return a != b ? a < b : $0 < $1
    }
    func candidate(round: Int, lowered: Int) -> [Int] {
      var labels = [Int](repeating: 0, count: ladders.count)
      for (position, group) in order.enumerated() {
        let step = min(round + (position < lowered ? 1 : 0), ladders[group].count - 1)
        labels[group] = table.labels[ladders[group][step]]
      }
      return choice(ofGroups: labels)
    }
    let start = candidate(round: 0, lowered: 0)
    if isAcceptable(start) { return start }
    let rounds = (ladders.map(\.count).max() ?? 1) - 1
    for round in 0..<rounds {
      guard isAcceptable(candidate(round: round, lowered: order.count)) else { continue }
      var (refused, accepted) = (0, order.count)
      while accepted - refused > 1 {
        let middle = (accepted + refused) / 2
        if isAcceptable(candidate(round: round, lowered: middle)) {
          accepted = middle
        } else {
          refused = middle
        }
      }
      return candidate(round: round, lowered: accepted)
    }
    return candidate(round: rounds, lowered: 0)
  }

  /// The point of smallest loss on the frontier of the first cost and the loss that meets the budgets.
  ///
  /// ZeroQ (Cai et al., CVPR 2020) adds up sensitivities as if layers were independent, keeps the
  /// smallest sum for each model size, and picks from that frontier. With one budget this is exact;
  /// further budgets only filter the frontier, so that a feasible problem may end without a point.
  public func zeroQAllocation(
    effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> AllocationProposal {
    guard let budget = budgets.first else { throw .noBudgets }
    let others = [Double](repeating: .infinity, count: costCount - 1)
    let frontier = try withBudgets([budget] + others)
      .paretoFrontier(of: [.loss, .cost(0)], effort: effort)
    let columns = AllocationColumns(self)
    guard let point = frontier.points.first(where: { columns.meetsBudgets($0.choice, in: self) })
    else {
      return AllocationProposal(allocation: nil, meetsBudgets: false)
    }
    return proposal(point.choice, columns: columns)
  }
}

extension AllocationProblem {
  /// What ``sensitivityBisection(isAcceptable:)`` ends with under each of several limits of the first
  /// cost.
  ///
  /// - Precondition: there is a cost.
  public func bisections(firstCosts limits: [Double]) -> [[Int]] {
    let columns = AllocationColumns(self)
    return limits.map { limit in
      sensitivityBisection { columns.allocation(of: $0, in: self).costs[0] <= limit }
    }
  }
}
