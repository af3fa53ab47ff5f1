import Arith
import QuantGraph
import Search
import Synchronization
import Testing

@Suite("Searches with evaluations")
struct SearchRunTests {
  /// The share of the true frontier's dominated area, by running every allocation.
  private static func relativeArea(
    _ outcome: SearchOutcome, _ evaluator: SyntheticEvaluator, _ space: SearchSpace
  ) throws -> Double {
    var all: [[Int]] = [[]]
    for list in space.candidates { all = all.flatMap { c in list.indices.map { c + [$0] } } }
    let costs = all.map { BitCost.weightBits.total(of: $0, in: space) }
    let errors = all.map { choice -> Double in
      let loss = evaluator.loss(space.formats(of: choice))
      return (loss / (1 + loss) * 1000).rounded()
    }
    let (low, high) = (try #require(costs.min()), try #require(costs.max()))
    let worst = try #require(errors.max())
    func area(_ points: [(Double, Double)]) -> Double {
      var (area, level) = (0.0, 1.0)
      for (x, y) in points.sorted(by: { $0 < $1 }) where y < level {
        area += (1 - x) * (level - y)
        level = y
      }
      return area
    }
    let truth = area(zip(costs, errors).map { (($0 - low) / (high - low), $1 / worst) })
    let found = area(
      outcome.evaluations.map {
        (
          ($0.costs[0] - low) / (high - low),
          Double($0.samples - ($0.correct ?? 0)) / worst
        )
      })
    return found / truth
  }

  @Test(
    "the default finds more than heuristics, and as much as exact sums where sums are nearly true")
  func areas() throws {
    var areas: [SearchMethod: Double] = [:]
    for method in SearchMethod.allCases {
      let evaluator = SyntheticEvaluator(layers: 7)
      let space = try evaluator.space()
      let outcome = try evaluator.task(space, method: method).run(
        evaluator: evaluator, screener: SyntheticEvaluator(layers: 7, samples: 100, scale: 1.1))
      #expect(outcome.evaluations.count <= 60, "\(method)")
      #expect(evaluator.runs.withLock { $0 } == outcome.evaluations.count, "\(method)")
      #expect(!outcome.isComplete)
      areas[method] = try Self.relativeArea(outcome, evaluator, space)
    }
    let own = try #require(areas[.auto])
    #expect(own > 0.99)
    // The formula's losses are almost sums of the sensitivities, which the exact methods are given.
    for method in [SearchMethod.greedy, .bisect, .nsga2] {
      #expect(own > areas[method] ?? 1, "\(method), auto: \(own)")
    }
    for method in [SearchMethod.exact, .zeroq] {
      #expect(own > (areas[method] ?? 1) - 0.001, "\(method), auto: \(own)")
    }
  }

  @Test("without calibration samples the search finds nearly the whole frontier")
  func withoutScreening() throws {
    let evaluator = SyntheticEvaluator(layers: 7)
    let space = try evaluator.space()
    let task = evaluator.task(space)
    let own = try Self.relativeArea(task.run(evaluator: evaluator), evaluator, space)
    #expect(own > 0.98)
  }

  @Test("a space that fits in the evaluations is run whole, and the frontier is the true one")
  func enumeration() throws {
    let evaluator = SyntheticEvaluator(layers: 3)
    let space = try evaluator.space()
    let outcome = try evaluator.task(space, evaluations: 64).run(evaluator: evaluator)
    #expect(outcome.isComplete && outcome.evaluations.count == 64)
    #expect(try abs(Self.relativeArea(outcome, evaluator, space) - 1) < 1e-12)
    for a in outcome.frontier {
      for b in outcome.evaluations {
        let (p, q) = (outcome.evaluations[a], b)
        #expect(!(q.costs[0] < p.costs[0] && (q.correct ?? 0) >= (p.correct ?? 0)))
      }
    }
  }

  @Test("the same seed gives the same course; ties and fixed layers hold")
  func repeatable() throws {
    let space = try SyntheticEvaluator(layers: 8).space(ties: [[1, 4], [2, 5]], fixed: [0: 3])
    func run(_ seed: UInt64, _ method: SearchMethod) throws -> [Evaluation] {
      let evaluator = SyntheticEvaluator(layers: 8)
      return try evaluator.task(space, method: method, evaluations: 40, seed: seed).run(
        evaluator: evaluator, screener: SyntheticEvaluator(layers: 8, samples: 50)
      ).evaluations
    }
    for method in SearchMethod.allCases {
      let first = try run(3, method)
      #expect(try run(3, method) == first, "\(method)")
      for evaluation in first {
        let choice = evaluation.choice
        #expect(choice[1] == choice[4] && choice[2] == choice[5] && choice[0] == 3, "\(method)")
      }
    }
    #expect(try run(3, .nsga2) != run(4, .nsga2))
  }

  @Test("every evaluation meets the budgets; an impossible one is named with its minimum")
  func budgets() throws {
    let evaluator = SyntheticEvaluator(layers: 6)
    let space = try evaluator.space()
    let costs: [any CostModel] = [BitCost.weightBits, BitCost.bitOperations]
    let limit = 3.1 * Double(evaluator.layers.reduce(0) { $0 + $1.weightCount })
    for method in SearchMethod.allCases {
      let outcome = try evaluator.task(
        space, method: method, evaluations: 30, costs: costs, budgets: [limit, .infinity]
      ).run(evaluator: SyntheticEvaluator(layers: 6))
      #expect(!outcome.frontier.isEmpty, "\(method)")
      #expect(outcome.evaluations.allSatisfy { $0.costs[0] <= limit }, "\(method)")
    }
    let smallest = 2.0 * Double(evaluator.layers.reduce(0) { $0 + $1.weightCount })
    do throws(SearchError) {
      _ = try evaluator.task(space, budgets: [smallest - 1, .infinity]).run(evaluator: evaluator)
      Issue.record("infeasible")
    } catch {
      guard case .infeasible(let budget, let minimum, let isProved) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(budget == 0 && minimum[0] == smallest && isProved)
    }
  }

  @Test("several costs: the frontier is nondominated in all of them")
  func severalCosts() throws {
    let evaluator = SyntheticEvaluator(layers: 6)
    let candidates = try [2, 4, 8].flatMap { w in
      try [4, 8].map { try SpaceCandidate(weightBits: w, activationBits: $0) }
    }
    let space = try SearchSpace(
      layers: evaluator.layers, candidates: evaluator.layers.map { _ in candidates })
    let outcome = try evaluator.task(space, evaluations: 80, objectives: 2).run(
      evaluator: evaluator, screener: SyntheticEvaluator(layers: 6, samples: 10))
    #expect(outcome.evaluations.count == 80)
    func row(_ index: Int) -> [Double] {
      let evaluation = outcome.evaluations[index]
      return evaluation.costs + [-Double(evaluation.correct ?? 0)]
    }
    for a in outcome.frontier {
      for b in outcome.evaluations.indices where row(b) != row(a) {
        #expect(!zip(row(b), row(a)).allSatisfy { $0 <= $1 })
      }
    }
  }

  @Test("a cost that is a maximum over layers is never summed")
  func maximum() throws {
    let evaluator = SyntheticEvaluator(layers: 5)
    let space = try evaluator.space()
    let counts = evaluator.layers.map { Double($0.weightCount) }
    let peak = ScheduleCost(name: "sram_bytes", unit: "B", kind: .exact) { candidates in
      zip(counts, candidates).map { $0 * ($1.weights?.storedBits ?? 32) }.max() ?? 0
    }
    #expect(peak.additive(in: space) == nil)
    let limit = 4 * (counts.max() ?? 0)
    let outcome = try evaluator.task(
      space, evaluations: 50, costs: [BitCost.weightBits, peak], budgets: [.infinity, limit]
    ).run(evaluator: evaluator)
    #expect(!outcome.frontier.isEmpty)
    for evaluation in outcome.evaluations {
      let expected = zip(counts, evaluation.choice).map { $0 * [2, 3, 4, 8][$1] }.max()
      #expect(evaluation.costs[1] == expected && evaluation.costs[1] <= limit)
    }
    // Layers whose 8 bits fit under the limit use them somewhere.
    #expect(outcome.evaluations.contains { $0.choice.contains(3) })
  }

  @Test("parts of a search evaluate different allocations, and together more than one")
  func shards() throws {
    let space = try SyntheticEvaluator(layers: 7).space()
    var seen: Set<[Int]> = []
    for index in 1...3 {
      let evaluator = SyntheticEvaluator(layers: 7)
      let shard = SearchShard(index: index, count: 3)
      let outcome = try evaluator.task(space, evaluations: 30, shard: shard).run(
        evaluator: evaluator)
      #expect(outcome.evaluations.count == 30)
      for evaluation in outcome.evaluations {
        #expect(seen.insert(evaluation.choice).inserted)
      }
    }
    #expect(seen.count == 90)
    #expect(SearchShard(index: 4, count: 3) == nil && SearchShard(index: 0, count: 3) == nil)
  }

  @Test("losses that are no number are the worst, and stay what they are")
  func notANumber() throws {
    struct Broken: Evaluator {
      let base = SyntheticEvaluator(layers: 4)
      var layers: [SearchLayer] { base.layers }
      func evaluate(
        _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
        report: (Int, Quality) -> Void
      ) throws(EvaluationError) {
        for (index, allocation) in allocations.enumerated() {
          let isLow = allocation[2].weights?.storedBits == 2
          report(
            index,
            Quality(correct: nil, samples: 10, loss: isLow ? .nan : base.loss(allocation)))
        }
      }
    }
    let broken = Broken()
    let space = try broken.base.space()
    var task = broken.base.task(space, evaluations: 50)
    task.quality = .loss
    let outcome = try task.run(evaluator: broken, screener: broken)
    #expect(outcome.evaluations.contains { $0.loss.isNaN })
    let finite = outcome.frontier.filter { outcome.evaluations[$0].loss.isFinite }
    #expect(finite.count >= 3)
  }
}
