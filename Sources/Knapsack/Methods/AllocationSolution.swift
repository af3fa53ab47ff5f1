/// What a method makes of a problem with budgets, beside what is possible.
public struct AllocationSolution: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable, CaseIterable {
    /// The smallest loss, proven.
    case optimal
    /// Proven: nothing meets the budgets.
    case infeasible
    /// The method's allocation meets the budgets.
    case feasible
    /// The method ends without meeting the budgets, and it is not proven that nothing does.
    case unmet
  }

  public let status: Status
  public let method: AllocationMethod
  /// What the method proposes, also where it misses a budget; nil if it ends without one.
  public let allocation: Selection?
  /// The smallest loss under the budgets; nil if there is none, or if its proof was given up.
  public let optimum: Selection?
  /// The proof that nothing meets the budgets, or nil.
  public let infeasibility: AllocationInfeasibility?
  /// A loss that no allocation is below, where the exact method was stopped before its proof.
  public var lowerBound: Double?

  /// Whether the method's allocation meets every budget.
  public var meetsBudgets: Bool { status == .optimal || status == .feasible }
}

extension AllocationProblem {
  /// Solves by a method, and exactly beside it: what a heuristic reports as unmet may be feasible.
  ///
  /// - Parameters:
  ///   - method: published or exact.
  ///   - seed: of methods that draw random numbers.
  ///   - effort: when to give up.
  /// - Returns: the method's allocation, and whether and how well it could be done; of an exact
  ///   method that was stopped the best so far.
  /// - Throws: what the method throws; the exact method's limit only where it is the method.
  public func solution(
    by method: AllocationMethod, seed: UInt64 = 0, effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> AllocationSolution {
    if method == .exact {
      do throws(AllocationError) {
        switch try optimum(effort: effort) {
        case .optimal(let allocation):
          return AllocationSolution(
            status: .optimal, method: method, allocation: allocation, optimum: allocation,
            infeasibility: nil)
        case .infeasible(let infeasibility):
          return AllocationSolution(
            status: .infeasible, method: method, allocation: nil, optimum: nil,
            infeasibility: infeasibility)
        }
      } catch {
        guard case .stopped(let best, let bound) = error else { throw error }
        return AllocationSolution(
          status: best == nil ? .unmet : .feasible, method: method, allocation: best, optimum: nil,
          infeasibility: nil, lowerBound: bound)
      }
    }
    let proposal = try proposal(by: method, seed: seed, effort: effort)
    var best: Selection?
    var infeasibility: AllocationInfeasibility?
    do throws(AllocationError) {
      switch try optimum(effort: effort) {
      case .optimal(let allocation): best = allocation
      case .infeasible(let found): infeasibility = found
      }
    } catch {
      switch error {
      case .stateLimit, .stopped: break
      default: throw error
      }
    }
    let status: AllocationSolution.Status =
      proposal.meetsBudgets ? .feasible : infeasibility == nil ? .unmet : .infeasible
    return AllocationSolution(
      status: status, method: method, allocation: proposal.allocation, optimum: best,
      infeasibility: infeasibility)
  }

  /// The nondominated points that a method finds: those of ``paretoFrontier(of:effort:)`` with
  /// ``AllocationMethod/exact``.
  ///
  /// ``AllocationMethod/zeroQ`` knows the loss and the first cost, ``AllocationMethod/greedy`` gives the
  /// path of its single changes, ``AllocationMethod/nsga2`` its first front.
  ///
  /// - Throws: ``AllocationError/noBudgets`` for methods that fill a budget, and what
  ///   ``paretoFrontier(of:effort:)`` throws.
  public func frontier(
    of objectives: [AllocationObjective], by method: AllocationMethod, seed: UInt64 = 0,
    effort: AllocationEffort = AllocationEffort()
  ) throws(AllocationError) -> ParetoFrontier {
    let choices: [[Int]]
    switch method {
    case .exact: return try paretoFrontier(of: objectives, effort: effort)
    case .zeroQ:
      guard costCount > 0 else { return try paretoFrontier(of: objectives, effort: effort) }
      choices = try paretoFrontier(of: [.loss, .cost(0)], effort: effort).points.map(\.choice)
    case .greedy: choices = greedyPath().map(\.choice)
    case .nsga2:
      choices = try nsga2(settings: NSGA2Settings(seed: seed), effort: effort).front.map(\.choice)
    case .bisection, .autoQuantizeGradient, .autoQuantizeThreshold: throw .noBudgets
    }
    for objective in objectives {
      if case .cost(let index) = objective, !(0..<costCount).contains(index) {
        throw .objectives(costCount: costCount)
      }
    }
    guard !objectives.isEmpty else { throw .objectives(costCount: costCount) }
    let columns = AllocationColumns(self)
    var points: [ParetoFrontier.Point] = []
    for choice in choices where budgets.isEmpty || columns.meetsBudgets(choice, in: self) {
      let allocation = columns.allocation(of: choice, in: self)
      points.append(
        ParetoFrontier.Point(
          values: objectives.map { objective in
            switch objective {
            case .loss: allocation.loss
            case .cost(let index): allocation.costs[index]
            }
          }, choice: choice))
    }
    let kept = Dominance.frontier(points.map(\.values))
    return ParetoFrontier(
      objectives: objectives,
      points: kept.map { points[$0] }.sorted {
        $0.values.lexicographicallyPrecedes($1.values)
      }, isComplete: false, tolerance: nil)
  }
}
