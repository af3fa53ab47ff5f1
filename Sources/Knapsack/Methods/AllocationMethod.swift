/// Ways to choose an allocation under budgets.
public enum AllocationMethod: String, Sendable, Hashable, CaseIterable {
  /// ``AllocationProblem/optimum(effort:)``.
  case exact
  /// ``AllocationProblem/greedyPath()`` up to the first allocation that meets the budgets.
  case greedy
  /// ``AllocationProblem/sensitivityBisection(isAcceptable:)`` on the budgets.
  case bisection = "bisect"
  /// ``AllocationProblem/zeroQAllocation(effort:)``.
  case zeroQ = "zeroq"
  /// ``AllocationProblem/nsga2(settings:effort:)``.
  case nsga2
  /// ``AllocationProblem/autoQuantizeGradient(effort:)``.
  case autoQuantizeGradient = "autoquantize-gradient"
  /// ``AllocationProblem/autoQuantizeThreshold()``.
  case autoQuantizeThreshold = "autoquantize-threshold"
}

/// What a method proposes.
public struct AllocationProposal: Sendable, Hashable {
  /// Nil if the method ends without one.
  public let allocation: Selection?
  /// Whether the proposal meets every budget.
  ///
  /// False does not mean that none can be met, except for
  /// ``AllocationMethod/exact``.
  public let meetsBudgets: Bool

  public init(allocation: Selection?, meetsBudgets: Bool) {
    self.allocation = allocation
    self.meetsBudgets = meetsBudgets
  }
}

extension AllocationProblem {
  /// Runs a method with its default settings.
  ///
  /// - Parameters:
  ///   - method: the method; those that AutoQuantize and ZeroQ publish need budgets.
  ///   - seed: of methods that draw random numbers.
  ///   - effort: when to give up.
  /// - Returns: a choice that respects ties and fixed options, or none.
  /// - Throws: what the method throws.
  public func proposal(
    by method: AllocationMethod, seed: UInt64 = 0, effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> AllocationProposal {
    switch method {
    case .exact:
      switch try optimum(effort: effort) {
      case .optimal(let allocation):
        return AllocationProposal(allocation: allocation, meetsBudgets: true)
      case .infeasible: return AllocationProposal(allocation: nil, meetsBudgets: false)
      }
    case .greedy:
      let path = greedyPath()
      let columns = AllocationColumns(self)
      let first = path.first { columns.meetsBudgets($0.choice, in: self) }
      return AllocationProposal(allocation: first ?? path.last, meetsBudgets: first != nil)
    case .bisection:
      let columns = AllocationColumns(self)
      let choice = sensitivityBisection { columns.meetsBudgets($0, in: self) }
      return proposal(choice, columns: columns)
    case .zeroQ: return try zeroQAllocation(effort: effort)
    case .nsga2: return try nsga2(settings: NSGA2Settings(seed: seed), effort: effort).proposal
    case .autoQuantizeGradient: return try autoQuantizeGradient(effort: effort)
    case .autoQuantizeThreshold: return try autoQuantizeThreshold()
    }
  }

  func proposal(_ choice: [Int], columns: AllocationColumns) -> AllocationProposal {
    AllocationProposal(
      allocation: columns.allocation(of: choice, in: self),
      meetsBudgets: columns.meetsBudgets(choice, in: self))
  }

  /// Each group's options without those that another matches or beats in loss and weighted cost,
  /// from the smallest loss to the smallest cost.
  ///
  /// The weighted cost is the sum of costs as fractions of their budgets; without a budget, of the
  /// cost's largest total.
  func precisionLadders(_ table: OptionTable, columns: AllocationColumns) -> [[Int]] {
    let largest = table.maximum()
    var weights = SIMD4<Double>()
    for cost in 0..<costCount {
      let limit = columns.limit[cost + 1]
      let reference = limit.isFinite ? abs(limit) : abs(largest[cost + 1])
      weights[cost + 1] = 1 / max(reference, 0x1p-40)
    }
    return (0..<table.count).map { group in
      let options = table.options(of: group).sorted { a, b in
        let (p, q) = (table.values[a], table.values[b])
        if p[0] != q[0] { return p[0] < q[0] }
        let (x, y) = ((weights * p).sum(), (weights * q).sum())
        return x != y ? x < y : a < b
      }
      var ladder: [Int] = []
      var cheapest = Double.infinity
      for option in options {
        let cost = (weights * table.values[option]).sum()
        guard cost < cheapest || ladder.isEmpty else { continue }
        cheapest = cost
        ladder.append(option)
      }
      return ladder
    }
  }
}
