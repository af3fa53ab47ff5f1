// NVIDIA Model Optimizer's AutoQuantize, modelopt/torch/quantization/algorithms.py (Apache-2.0),
// as read in its published form. Both searches know one constraint, the size after compression:
// here the first cost. Candidates are in order of that cost, as its formats are in order of bits.

extension AllocationProblem {
  /// AutoQuantize's program on gradient scores: exact, on scores made monotone.
  ///
  /// Before it solves the 0-1 program, the published code replaces each score by the smallest of it
  /// and those of all cheaper candidates; so an option that measures worse than a cheaper one counts
  /// as equal to it, and the choice may differ from the optimum of the true losses. Its retries with
  /// a lower limit on the size (0.99 and 0.90 of the budget) only remove solutions and are not
  /// repeated here.
  ///
  /// - Returns: with the true losses of the choice; without an allocation if the budget cannot be met
  ///   (the published code then takes what its solver last held).
  public func autoQuantizeGradient(
    effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> AllocationProposal {
    guard let budget = budgets.first else { throw .noBudgets }
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    var scored: [AllocationLayer] = []
    var labels: [[Int]] = []
    for group in 0..<table.count {
      let order = byFirstCost(table, group: group)
      var smallest = Double.infinity
      var losses: [Double] = []
      for option in order {
        smallest = min(smallest, table.values[option][0])
        losses.append(columns.columns[0].value(ofScaled: smallest))
      }
      scored.append(
        AllocationLayer(
          losses: losses,
          costs: [order.map { columns.columns[1].value(ofScaled: table.values[$0][1]) }]))
      labels.append(order.map { table.labels[$0] })
    }
    let program = try AllocationProblem(layers: scored, budgets: [budget])
    guard case .optimal(let optimum) = try program.optimum(effort: effort) else {
      return AllocationProposal(allocation: nil, meetsBudgets: false)
    }
    return proposal(
      choice(ofGroups: zip(labels, optimum.choice).map { $0[$1] }), columns: columns)
  }

  /// AutoQuantize's search on KL scores: bisection of one threshold for all groups.
  ///
  /// Every group takes its cheapest candidate whose score is at most the threshold, or its cheapest
  /// of all if there is none. 100 halvings between the smallest and the largest score; the result is
  /// the last threshold *tried*, not the best one found. So a budget that some threshold meets may be
  /// reported as unmet, as the published code does, and one threshold for all groups is no optimum.
  /// Scores are made monotone first, as for the gradient program.
  public func autoQuantizeThreshold() throws(AllocationError) -> AllocationProposal {
    guard let budget = budgets.first else { throw .noBudgets }
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    let orders = (0..<table.count).map { group in
      byFirstCost(table, group: group).map { table.labels[$0] }
    }
    // Plain binary64 sums here: which threshold is tried last depends on the scores' last bits.
    func sum(_ group: Int, _ label: Int, _ value: (AllocationLayer) -> [Double]) -> Double {
      groups[group].reduce(0) { $0 + value(layers[$1])[label] }
    }
    let sizes = orders.enumerated().map { group, order in
      order.map { sum(group, $0) { $0.costs[0] } }
    }
    let scores = orders.enumerated().map { group, order in
      var smallest = Double.infinity
      return order.map { label in
        smallest = min(smallest, sum(group, label) { $0.losses })
        return smallest
      }
    }
    var lower = scores.joined().min() ?? 0
    var upper = scores.joined().max() ?? 0
    var threshold = (lower + upper) / 2
    var selected = [Int](repeating: 0, count: orders.count)
    for _ in 0..<100 {
      var size = 0.0
      for group in orders.indices {
        selected[group] = scores[group].firstIndex { $0 <= threshold } ?? 0
        size += sizes[group][selected[group]]
      }
      if size <= budget { upper = threshold } else { lower = threshold }
      threshold = (lower + upper) / 2
    }
    return proposal(
      choice(ofGroups: zip(orders, selected).map { $0[$1] }), columns: columns)
  }

  private func byFirstCost(_ table: OptionTable, group: Int) -> [Int] {
    table.options(of: group).sorted { a, b in
      let (p, q) = (table.values[a][1], table.values[b][1])
      return p != q ? p < q : a < b
    }
  }
}
