/// How far an exact method may go.
public struct AllocationEffort: Sendable {
  /// The most partial allocations kept at a time; beyond it
  /// ``AllocationError/stateLimit(limit:best:lowerBound:)`` is thrown, and a frontier is thinned.
  public var stateLimit: Int
  /// The sums that a frontier compares in all; beyond it they are thinned.
  public var frontierSums = 24_000_000
  /// Told the groups that a frontier has merged, and how many there are.
  public var progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  /// Asked between steps of at most a few milliseconds; true ends an exact method with what it has,
  /// and thins a frontier from then on.
  public var isCancelled: @Sendable () -> Bool

  public init(stateLimit: Int = 2_000_000, isCancelled: @escaping @Sendable () -> Bool = { false })
  {
    self.stateLimit = stateLimit
    self.isCancelled = isCancelled
  }
}

extension AllocationProblem {
  /// Finds an allocation of smallest loss under the budgets, and proves it.
  ///
  /// Groups are decided one after the other, the one with the largest weighted cost range first, so
  /// that what remains fills the budgets ever more finely and Lagrangian bounds of the rest become
  /// tight; partial allocations that are dominated, or whose bound reaches the best loss known, are
  /// dropped. A run keeps a limited number of partial allocations; if it had to drop others that
  /// could have led to a smaller loss, it is repeated with a larger number and the better loss.
  /// One thread, no randomness: the same problem gives the same choice.
  ///
  /// With an exact loss column (see ``AllocationProblem``) the loss is the optimum; otherwise it is
  /// the optimum within the rounding of binary64 sums.
  ///
  /// - Returns: the optimum, or the proof that there is none. Of several optima it is unspecified,
  ///   but always the same, which is returned. Without budgets the smallest losses are chosen.
  /// - Throws: ``AllocationError/stateLimit(limit:best:lowerBound:)`` and
  ///   ``AllocationError/stopped(best:lowerBound:)``.
  public func optimum(
    effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> AllocationOutcome {
    let columns = AllocationColumns(self)
    let table = OptionTable(self, columns: columns)
    let minimum = table.minimum()
    let limit = columns.limit
    let infeasibility = AllocationInfeasibility(
      budget: (0..<costCount).first { minimum[$0 + 1] > limit[$0 + 1] },
      reachableMinimum: (0..<costCount).map {
        columns.columns[$0 + 1].value(ofScaled: minimum[$0 + 1])
      })
    guard infeasibility.budget == nil else { return .infeasible(infeasibility) }
    var search = ExactSearch(
      table: table, limit: limit,
      lossStep: columns.columns[0].isExact ? columns.columns[0].scale : 0)
    let best: [Int]?
    do {
      best = try search.run(effort: effort)
    } catch {
      switch error {
      case .cancelled(let labels, let bound):
        throw .stopped(
          best: labels.map { columns.allocation(of: choice(ofGroups: $0), in: self) },
          lowerBound: bound.isFinite ? columns.columns[0].value(ofScaled: bound) : nil)
      case .stateLimit(let labels, let bound):
        throw .stateLimit(
          limit: effort.stateLimit,
          best: labels.map { columns.allocation(of: choice(ofGroups: $0), in: self) },
          lowerBound: bound.isFinite ? columns.columns[0].value(ofScaled: bound) : nil)
      }
    }
    guard let best else { return .infeasible(infeasibility) }
    return .optimal(columns.allocation(of: choice(ofGroups: best), in: self))
  }

  /// An option a layer from an option a group.
  func choice(ofGroups options: [Int]) -> [Int] {
    var choice = [Int](repeating: 0, count: layers.count)
    for (group, option) in zip(groups, options) {
      for layer in group { choice[layer] = option }
    }
    return choice
  }
}
