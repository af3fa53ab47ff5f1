public import Knapsack

/// The quality that a search keeps high.
public enum QualityObjective: String, Sendable, Hashable, CaseIterable {
  /// Share of samples with the right class; needs labels.
  case accuracy
  /// Mean cross-entropy with labels, else the mean divergence from the unquantized network.
  case loss
  /// The sum over layers of a sensitivity, which is known before anything runs.
  case score

  /// The number to minimise: the share of wrong samples, or the loss; of a score, which no evaluation
  /// measures, the loss that stands beside it.
  ///
  /// A loss that is NaN counts as infinite: such an allocation is worse than any other, and its
  /// reported loss stays what it is.
  public func deficit(_ quality: Quality) -> Double {
    switch self {
    case .accuracy:
      guard let correct = quality.correct, quality.samples > 0 else { return 1 }
      return Double(quality.samples - correct) / Double(quality.samples)
    case .loss, .score: return quality.loss.isNaN ? .infinity : quality.loss
    }
  }
}

/// Ways to choose which allocations are evaluated.
public enum SearchMethod: String, Sendable, Hashable, CaseIterable {
  /// Exact frontiers of predicted losses, corrected by the evaluations as they come in.
  case auto
  /// The exact frontier of the summed sensitivities, evaluated.
  case exact
  /// The path of single changes in the order of the loss each adds (AIMET, MPTQ).
  case greedy
  /// Bisection over the order of sensitivities, for budgets all over the range.
  case bisect
  /// The exact frontier of the first cost and the summed sensitivities (ZeroQ).
  case zeroq
  /// Evolution, NSGA-II.
  case nsga2
  /// AutoQuantize's program on scores made monotone, for budgets all over the range.
  case autoQuantizeGradient = "autoquantize-gradient"
  /// AutoQuantize's bisection of one threshold of the score, for budgets all over the range.
  case autoQuantizeThreshold = "autoquantize-threshold"
  /// Widths of maps by patches, from their values (QuantMCU); needs ``SearchTask/patches``.
  case quantMCU = "quantmcu"
}

/// A part of a search that runs apart from the others.
public struct SearchShard: Sendable, Hashable {
  /// Counted from 1.
  public let index: Int
  public let count: Int

  /// Nil unless `1 <= index <= count <= 4096`.
  public init?(index: Int, count: Int) {
    guard count >= 1, count <= 4096, (1...count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether this part evaluates `choice`; every choice belongs to one part (FNV-1a of its indices).
  func owns(_ choice: [Int]) -> Bool {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for option in choice {
      hash = (hash ^ UInt64(truncatingIfNeeded: option)) &* 0x0000_0100_0000_01b3
    }
    // The low bits of FNV-1a alone are weak for short keys.
    hash ^= hash >> 32
    return hash % UInt64(count) == UInt64(index - 1)
  }
}

/// What is searched, and how.
public struct SearchTask: Sendable {
  public var space: SearchSpace
  public var quality: QualityObjective
  /// Costs that are known of every evaluation; the objectives first.
  public var costs: [any CostModel]
  /// How many of ``costs`` are objectives.
  public var objectiveCount: Int
  /// The most that each of ``costs`` may be; infinity without a budget.
  public var budgets: [Double]
  /// The largest deficit, or score, that is good enough.
  ///
  /// What is better than that is no gain. Infinity without a floor on the quality.
  public var deficitLimit = Double.infinity
  public var method: SearchMethod
  /// The most allocations that are evaluated.
  public var evaluations: Int
  /// The most allocations that are run on the calibration data to guide the search.
  public var screening: Int
  public var seed: UInt64
  public var shard: SearchShard?
  /// Predicted loss of each candidate of each layer, all other layers as the model has them.
  public var sensitivities: [[Double]]
  /// What ``SearchMethod/quantMCU`` knows of the patches.
  ///
  /// Without it that method has nothing to propose.
  /// ``SearchMethod/auto`` begins with its proposals.
  public var patches: PatchPrecisionSearch?

  public init(
    space: SearchSpace, quality: QualityObjective, costs: [any CostModel], objectiveCount: Int,
    budgets: [Double], method: SearchMethod, evaluations: Int, screening: Int, seed: UInt64,
    shard: SearchShard? = nil, sensitivities: [[Double]]
  ) {
    self.space = space
    self.quality = quality
    self.costs = costs
    self.objectiveCount = objectiveCount
    self.budgets = budgets
    self.method = method
    self.evaluations = evaluations
    self.screening = screening
    self.seed = seed
    self.shard = shard
    self.sensitivities = sensitivities
  }

  /// Whether ``SearchMethod/auto`` evaluates the uniform allocations, too, with a limit of evaluations.
  public static func includesUniform(_ evaluations: Int) -> Bool { evaluations >= 40 }

  /// Every cost of a choice, in the order of ``costs``.
  func totals(_ choice: [Int]) throws(CostError) -> [Double] {
    var totals: [Double] = []
    totals.reserveCapacity(costs.count)
    for cost in costs { totals.append(try cost.total(of: choice, in: space)) }
    return totals
  }

  func meetsBudgets(_ totals: [Double]) -> Bool { zip(totals, budgets).allSatisfy { $0 <= $1 } }
}

/// Why a search ended without a result.
public enum SearchError: Error, Sendable, Hashable {
  case evaluation(EvaluationError)
  case study(StudyError)
  case cost(CostError)
  case allocation(AllocationError)
  /// No allocation meets the budgets: the index of one that fails by itself, nil if several together
  /// fail, and the smallest total of each cost. `isProved` is false where a cost is no sum over
  /// layers, so that only what was tried can be said.
  case infeasible(budget: Int?, reachableMinimum: [Double], isProved: Bool)
}
