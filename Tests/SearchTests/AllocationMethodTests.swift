import Arith
import Knapsack
import Search
import Testing

@Suite("Published heuristics")
struct AllocationMethodTests {
  @Test("proposals respect ties, say truly whether budgets are met, and never beat the optimum")
  func againstOptimum() throws {
    var better = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let costs = random.draw(1...3)
      let problem = try random.problem(
        layers: random.draw(2...6), options: 1...4, costs: costs, tightness: 10...80)
      let outcome = try problem.optimum()
      for method in AllocationMethod.allCases {
        let proposal = try problem.proposal(by: method, seed: seed)
        guard let allocation = proposal.allocation else {
          #expect(!proposal.meetsBudgets)
          if method == .exact, case .optimal = outcome { Issue.record("seed \(seed)") }
          continue
        }
        #expect(problem.respectsTies(allocation.choice), "\(method), seed \(seed)")
        #expect(allocation == problem.evaluate(allocation.choice), "\(method), seed \(seed)")
        #expect(
          proposal.meetsBudgets == problem.meetsBudgets(allocation.choice),
          "\(method), seed \(seed)")
        guard proposal.meetsBudgets else { continue }
        guard case .optimal(let optimum) = outcome else {
          Issue.record("\(method) met budgets that cannot be met, seed \(seed)")
          continue
        }
        #expect(allocation.loss >= optimum.loss, "\(method), seed \(seed)")
        if method == .exact || (method == .zeroQ && costs == 1) {
          #expect(allocation.loss == optimum.loss, "\(method), seed \(seed)")
        }
        if allocation.loss > optimum.loss { better += 1 }
      }
    }
    #expect(better > 5)
  }

  @Test("the greedy path applies single changes in the order of the loss each adds")
  func greedyOrder() throws {
    let problem = try AllocationProblem(
      layers: [
        AllocationLayer(losses: [9, 4, 0], costs: [[1, 2, 4]]),
        AllocationLayer(losses: [5, 1, 0], costs: [[1, 2, 4]]),
      ], budgets: [5])
    // Changes by added loss: layer 1 to 1 (+1), layer 0 to 1 (+4), layer 1 to 0 (+5), layer 0 to 0.
    #expect(problem.greedyPath().map(\.choice) == [[2, 2], [2, 1], [1, 1], [1, 0], [0, 0]])
    let proposal = try problem.proposal(by: .greedy)
    #expect(proposal.allocation?.choice == [1, 1])
  }

  @Test("a change that raises the cost of its group is passed over")
  func greedyPassesOver() throws {
    let problem = try AllocationProblem(
      layers: [AllocationLayer(losses: [3, 8, 0], costs: [[1, 2, 4]])], budgets: [1])
    #expect(problem.greedyPath().map(\.choice) == [[2], [0]])
  }

  @Test func bisectionIsLogarithmic() throws {
    // Layer i loses i+1 at its only cheaper option; every layer lowered saves 1 of 300.
    let layers = (0..<100).map { AllocationLayer(losses: [Double($0 + 1), 0], costs: [[2, 3]]) }
    let problem = try AllocationProblem(layers: layers, budgets: [263])
    var calls = 0
    let choice = problem.sensitivityBisection {
      calls += 1
      return problem.meetsBudgets($0)
    }
    #expect(choice == (0..<100).map { $0 < 37 ? 0 : 1 })
    #expect(calls <= 9)
  }

  @Test("the threshold search reports a budget as unmet that its last threshold but one meets")
  func thresholdSearchMissesABudget() throws {
    // Above 2 the neighbours of 2 + 2^-51 are even; halving towards it rounds down to 2 for ever.
    let score = Double(2).nextUp
    let problem = try AllocationProblem(
      layers: [AllocationLayer(losses: [score, 1], costs: [[1, 4]])], budgets: [1])
    let missed = try problem.autoQuantizeThreshold()
    #expect(!missed.meetsBudgets && missed.allocation?.choice == [1])
    guard case .optimal(let optimum) = try problem.optimum() else {
      Issue.record("feasible")
      return
    }
    #expect(optimum.choice == [0])
    // An even score is reached.
    let even = try AllocationProblem(
      layers: [AllocationLayer(losses: [2, 1], costs: [[1, 4]])], budgets: [1])
    #expect(try even.autoQuantizeThreshold().meetsBudgets)
  }

  @Test("the gradient program counts an option no worse than a cheaper one")
  func gradientScoresAreMadeMonotone() throws {
    // The dear option of layer 0 measures worse than the cheap one. Made monotone they are equal.
    let problem = try AllocationProblem(
      layers: [
        AllocationLayer(losses: [5, 9, 1], costs: [[1, 2, 3]]),
        AllocationLayer(losses: [4, 0], costs: [[1, 2]]),
      ], budgets: [4])
    let proposal = try problem.autoQuantizeGradient()
    guard case .optimal(let optimum) = try problem.optimum(), let found = proposal.allocation else {
      Issue.record("feasible")
      return
    }
    #expect(optimum.loss == 5)
    #expect(found.loss >= optimum.loss && found.costs[0] <= 4)
  }

  @Test func evolutionDependsOnTheSeedAlone() throws {
    var random = RandomProblem(seed: 3)
    let problem = try random.problem(layers: 12, options: 4...4, costs: 2, tightness: 40...60)
    let settings = NSGA2Settings(population: 16, generations: 40, seed: 7)
    let first = try problem.nsga2(settings: settings)
    #expect(try problem.nsga2(settings: settings) == first)
    let other = try problem.nsga2(
      settings: NSGA2Settings(population: 16, generations: 40, seed: 8))
    #expect(other.front != first.front)
    // The front is nondominated and grows better with generations.
    for a in first.front {
      for b in first.front where a != b {
        let (p, q) = ([a.loss] + a.costs, [b.loss] + b.costs)
        #expect(zip(p, q).contains { $0 < $1 })
      }
    }
    let start = try problem.nsga2(
      settings: NSGA2Settings(population: 16, generations: 0, seed: 7))
    if start.proposal.meetsBudgets, let early = start.proposal.allocation,
      let late = first.proposal.allocation
    {
      #expect(late.loss <= early.loss)
    }
    #expect(throws: AllocationError.setting(name: "population", value: 3, minimum: 4)) {
      try problem.nsga2(settings: NSGA2Settings(population: 3))
    }
  }

  @Test func splitMix64() {
    // Reference outputs for seed 1234567 of the public-domain C source (Vigna).
    var generator = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() }
        == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
