/// One option a layer, with what it loses and costs.
public struct Selection: Sendable, Hashable {
  /// An option index a layer.
  public let choice: [Int]
  /// The summed loss.
  public let loss: Double
  /// The sum of each cost.
  public let costs: [Double]

  public init(choice: [Int], loss: Double, costs: [Double]) {
    self.choice = choice
    self.loss = loss
    self.costs = costs
  }
}

/// Why no allocation meets the budgets.
public struct AllocationInfeasibility: Sendable, Hashable {
  /// The first budget that no choice meets even alone; nil if only their combination fails.
  public let budget: Int?
  /// The smallest total of each cost that ties and fixed options allow, each for itself.
  public let reachableMinimum: [Double]

  public init(budget: Int?, reachableMinimum: [Double]) {
    self.budget = budget
    self.reachableMinimum = reachableMinimum
  }
}

/// The answer of an exact method.
public enum AllocationOutcome: Sendable, Hashable {
  /// Proven to have the smallest loss.
  case optimal(Selection)
  /// Proven to have no solution.
  case infeasible(AllocationInfeasibility)
}

extension AllocationProblem {
  /// Sums losses and costs of a choice as the problem's rule for decimals says.
  ///
  /// - Precondition: `choice` has one valid option index a layer.
  public func evaluate(_ choice: [Int]) -> Selection {
    precondition(choice.count == layers.count, "one option a layer")
    let columns = AllocationColumns(self)
    return columns.allocation(of: choice, in: self)
  }

  /// Whether the summed costs meet every budget, under the rule given for the type.
  public func meetsBudgets(_ choice: [Int]) -> Bool {
    precondition(choice.count == layers.count, "one option a layer")
    guard !budgets.isEmpty else { return true }
    let columns = AllocationColumns(self)
    return columns.meetsBudgets(choice, in: self)
  }

  /// Whether layers of one tie group agree and fixed layers are as given.
  public func respectsTies(_ choice: [Int]) -> Bool {
    choice.count == layers.count
      && zip(choice, layers).allSatisfy { $1.losses.indices.contains($0) }
      && groups.allSatisfy { group in group.allSatisfy { choice[$0] == choice[group[0]] } }
      && fixed.allSatisfy { choice[$0.key] == $0.value }
  }
}
