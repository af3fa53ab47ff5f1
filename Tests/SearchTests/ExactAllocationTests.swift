import Arith
import Knapsack
import Search
import Synchronization
import Testing

@Suite("Exact allocation against enumeration")
struct ExactAllocationTests {
  /// Whole numbers, and decimals that binary64 does not hold: the optimum is that of the decimals.
  @Test(arguments: [1.0, 10, 1000])
  func optimumOfRandomProblems(perOne: Double) throws {
    var counts = (optimal: 0, alone: 0, combined: 0)
    for seed in 0..<1200 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let costs = random.draw(0...3)
      let problem = try random.problem(
        layers: random.draw(1...6), options: 1...4, costs: costs, perOne: perOne)
      let budgets = wholeBudgets(problem, perOne: perOne)
      let totals = allChoices(of: problem).map { wholeTotals(of: $0, in: problem, perOne: perOne) }
      let feasible = totals.filter { zip($0.dropFirst(), budgets).allSatisfy { $0 <= $1 } }
      let minima = (0..<costs).map { cost in totals.map { $0[cost + 1] }.min() ?? 0 }
      switch try problem.optimum() {
      case .optimal(let allocation):
        counts.optimal += 1
        let found = wholeTotals(of: allocation.choice, in: problem, perOne: perOne)
        #expect(found[0] == feasible.map { $0[0] }.min(), "seed \(seed)")
        #expect(zip(found.dropFirst(), budgets).allSatisfy { $0 <= $1 }, "seed \(seed)")
        #expect(problem.respectsTies(allocation.choice), "seed \(seed)")
        #expect(problem.meetsBudgets(allocation.choice), "seed \(seed)")
        #expect(allocation == problem.evaluate(allocation.choice), "seed \(seed)")
        #expect(abs(allocation.loss - Double(found[0]) / perOne) < 1e-9, "seed \(seed)")
      case .infeasible(let infeasibility):
        #expect(feasible.isEmpty, "seed \(seed)")
        #expect(
          infeasibility.budget == (0..<costs).first { minima[$0] > budgets[$0] }, "seed \(seed)")
        for (cost, minimum) in infeasibility.reachableMinimum.enumerated() {
          #expect(abs(minimum - Double(minima[cost]) / perOne) < 1e-9, "seed \(seed)")
        }
        if infeasibility.budget == nil { counts.combined += 1 } else { counts.alone += 1 }
      }
    }
    // The sample must reach all three answers.
    #expect(counts.optimal > 100 && counts.alone > 100 && counts.combined > 10, "\(counts)")
  }

  /// Fractions without a short decimal: agreement to the rounding of the sums.
  @Test func optimumOfFractions() throws {
    for seed in 0..<300 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let costs = random.draw(1...3)
      let problem = try random.problem(
        layers: random.draw(2...6), options: 2...4, costs: costs, perOne: 3,
        tightness: 20...70)
      var best = Double.infinity
      for choice in allChoices(of: problem) where problem.meetsBudgets(choice) {
        best = min(best, problem.evaluate(choice).loss)
      }
      switch try problem.optimum() {
      case .optimal(let allocation):
        #expect(abs(allocation.loss - best) <= 1e-12 * max(1, abs(best)), "seed \(seed)")
        #expect(problem.meetsBudgets(allocation.choice), "seed \(seed)")
      case .infeasible: #expect(best == .infinity, "seed \(seed)")
      }
    }
  }

  @Test("a loss far above the others does not blur them")
  func penaltyLoss() throws {
    // 1e30 as a penalty: binary64 sums with it lose everything below 1e14.
    let layers = (0..<6).map { index in
      AllocationLayer(
        losses: [1e30, 0.3 + Double(index) / 7, 0.1 + Double(index) / 11], costs: [[1, 2, 3]])
    }
    let problem = try AllocationProblem(layers: layers, budgets: [15])
    var best = Double.infinity
    for choice in allChoices(of: problem) where problem.meetsBudgets(choice) {
      best = min(best, problem.evaluate(choice).loss)
    }
    guard case .optimal(let allocation) = try problem.optimum() else {
      Issue.record("feasible")
      return
    }
    #expect(abs(allocation.loss - best) < 1e-12)
  }

  @Test func budgetsThatOnlyFailTogether() throws {
    let problem = try AllocationProblem(
      layers: [AllocationLayer(losses: [0, 0], costs: [[1, 9], [9, 1]])], budgets: [5, 5])
    #expect(
      try problem.optimum()
        == .infeasible(AllocationInfeasibility(budget: nil, reachableMinimum: [1, 1])))
    let second = try problem.withBudgets([5, 0])
    #expect(
      try second.optimum()
        == .infeasible(AllocationInfeasibility(budget: 1, reachableMinimum: [1, 1])))
  }

  @Test func decimalsAddUpAsDecimals() throws {
    // 0.1 + 0.2 is 0.30000000000000004 in binary64, and meets a budget of 0.3.
    let layers = [
      AllocationLayer(losses: [1, 0], costs: [[0, 0.1]]),
      AllocationLayer(losses: [1, 0], costs: [[0, 0.2]]),
    ]
    guard case .optimal(let both) = try AllocationProblem(layers: layers, budgets: [0.3]).optimum()
    else {
      Issue.record("feasible")
      return
    }
    #expect(both == Selection(choice: [1, 1], loss: 0, costs: [0.3]))
    guard case .optimal(let one) = try AllocationProblem(layers: layers, budgets: [0.29]).optimum()
    else {
      Issue.record("feasible")
      return
    }
    #expect(one.loss == 1)
    // Whole numbers have no tolerance at all.
    let whole = [AllocationLayer(losses: [1, 0], costs: [[0, 3]])]
    guard
      case .optimal(let strict) = try AllocationProblem(
        layers: whole, budgets: [Double(3).nextDown]
      ).optimum()
    else {
      Issue.record("feasible")
      return
    }
    #expect(strict.loss == 1)
  }

  @Test func unlimitedBudgetsAndNone() throws {
    let layers = [AllocationLayer(losses: [3, 1, 2], costs: [[0, 5, 9]])]
    for budgets in [[], [Double.infinity]] {
      guard
        case .optimal(let best) = try AllocationProblem(layers: layers, budgets: budgets).optimum()
      else {
        Issue.record("feasible")
        return
      }
      #expect(best == Selection(choice: [1], loss: 1, costs: [5]))
    }
  }

  @Test func sameAnswerFromManyTasks() async throws {
    var random = RandomProblem(seed: 5)
    let problem = try random.problem(
      layers: 24, options: 3...3, costs: 2, tightness: 30...50)
    let first = try problem.optimum()
    let others = try await withThrowingTaskGroup(of: AllocationOutcome.self) { group in
      for _ in 0..<8 { group.addTask { try problem.optimum() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(others.allSatisfy { $0 == first })
  }

  @Test func cancellationAndStateLimit() throws {
    // Losses that fall as costs rise, nearly in proportion: many partial allocations look alike.
    var random = RandomProblem(seed: 9)
    let layers = (0..<20).map { _ in
      let costs = (0..<2).map { _ in (0..<4).map { _ in random.draw(1...9999) } }
      return AllocationLayer(
        losses: (0..<4).map { Double(20000 - costs[0][$0] - costs[1][$0] + random.draw(0...99)) },
        costs: costs.map { $0.map(Double.init) })
    }
    let problem = try AllocationProblem(layers: layers, budgets: [70000, 70000])
    let ended = #expect(throws: AllocationError.self) {
      try problem.optimum(effort: AllocationEffort(isCancelled: { true }))
    }
    guard case .stopped(let first, let below)? = ended else {
      Issue.record("\(String(describing: ended))")
      return
    }
    let error = #expect(throws: AllocationError.self) {
      try problem.optimum(effort: AllocationEffort(stateLimit: 4))
    }
    guard case .stateLimit(let limit, let best, let bound)? = error else {
      Issue.record(
        "four partial allocations cannot prove this problem: \(String(describing: error))")
      return
    }
    #expect(limit == 4)
    guard case .optimal(let optimum) = try problem.optimum() else {
      Issue.record("feasible")
      return
    }
    #expect(best.map { $0.loss >= optimum.loss && problem.meetsBudgets($0.choice) } ?? true)
    #expect(bound.map { $0 <= optimum.loss } ?? true)
    #expect(first.map { $0.loss >= optimum.loss && problem.meetsBudgets($0.choice) } ?? true)
    #expect(try #require(below) <= optimum.loss)
    // What is stopped while it searches is a solution with a bound of its own.
    let asked = Mutex(0)
    let stopped = try problem.solution(
      by: .exact,
      effort: AllocationEffort(
        isCancelled: {
          asked.withLock {
            $0 += 1
            return $0 > 30
          }
        }))
    #expect(stopped.status == .feasible || stopped.status == .optimal)
    let found = try #require(stopped.allocation)
    #expect(problem.meetsBudgets(found.choice) && found.loss >= optimum.loss)
    #expect((stopped.lowerBound ?? optimum.loss) <= optimum.loss)
  }

  /// Losses as layers have them: real numbers over many orders of magnitude, falling with the bits.
  @Test func lossesOverManyOrdersOfMagnitude() throws {
    for seed in 0..<400 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      func unit() -> Double { Double(random.generator.next() >> 11) * 0x1p-53 }
      var layers: [AllocationLayer] = []
      for _ in 0..<random.draw(3...6) {
        var loss = unit() * 5
        let size = Double(random.draw(1...60) * 8)
        var losses: [Double] = []
        for _ in 0..<3 {
          losses.append(loss)
          loss *= unit() * 0.01
        }
        layers.append(AllocationLayer(losses: losses, costs: [[2, 4, 8].map { $0 * size }]))
      }
      let largest = layers.reduce(0) { $0 + $1.costs[0][2] }
      for share in [25, 30, 50, 62, 75, 90, 99, 100] {
        let problem = try AllocationProblem(
          layers: layers, budgets: [largest * Double(share) / 100])
        let best = allChoices(of: problem).filter { problem.meetsBudgets($0) }
          .map { problem.evaluate($0).loss }.min()
        guard case .optimal(let found) = try problem.optimum() else {
          #expect(best == nil, "seed \(seed), \(share)%")
          continue
        }
        let smallest = try #require(best)
        #expect(problem.meetsBudgets(found.choice), "seed \(seed), \(share)%")
        #expect(found.loss <= smallest * (1 + 1e-14), "seed \(seed), \(share)%")
      }
    }
  }
}
