import FoundationEssentials
import Knapsack
import QuantGraph
import Search
import Synchronization
import Testing

@Suite("Files of scores")
struct ScoreFileTests {
  private static func file(_ groups: String) throws -> ScoreFile {
    try ScoreFile(json: Data(#"{"schema": "hwsim.scores/1", "groups": [\#(groups)]}"#.utf8))
  }

  private static func space(
    _ names: [String], candidates: [String] = ["w4a8", "w8a8"], ties: [[Int]] = []
  ) throws -> SearchSpace {
    let list = try candidates.map { try SpaceCandidate($0) }
    return try SearchSpace(
      layers: names.map { SearchLayer(name: $0, weightCount: 10, macs: 100) },
      candidates: names.map { _ in list }, ties: ties)
  }

  @Test("roles and what stands beside the groups are read; unknown keys and roles are named")
  func keys() throws {
    let text = """
      {"schema": "hwsim.scores/1", "metric": "kl", "model": {"sha256": "ab"}, "notes": [1],
       "groups": [{"group": "kv", "role": "kv", "formats": ["FP8"], "scores": [1]}]}
      """
    let file = try ScoreFile(json: Data(text.utf8))
    #expect(file.metric == "kl" && file.modelDigest == "ab")
    #expect(file.groups[0].role == .keyValue && file.groups[0].layers == ["kv"])
    let wrong = text.replacing(#""role": "kv""#, with: #""role": "KV", "layer": ["a"]"#)
      .replacing("notes", with: "note")
    let found = #expect(throws: ScoreFileProblems.self) { try ScoreFile(json: Data(wrong.utf8)) }
    #expect(
      found?.problems == [
        .unknownKey("note", group: nil), .unknownKey("layer", group: 0),
        .role(group: "kv", "KV"),
      ])
  }

  @Test("numbers that JSON lacks are read in both spellings")
  func spellings() throws {
    let file = try Self.file(
      """
      {"group": "a", "formats": ["1", "2", "3", "4", "5", "6", "7"],
       "scores": ["nan", "NaN", "inf", "Infinity", "-inf", "-Infinity", null]}
      """)
    #expect(file.notFinite.count == 7)
    #expect(file.groups[0].scores[2...5] == [.infinity, .infinity, -.infinity, -.infinity])
  }

  @Test("formats without a finite score are not chosen, and choices keep the file's indices")
  func notFinite() throws {
    let file = try Self.file(
      """
      {"group": "a", "formats": ["x", "y", "z"], "scores": ["inf", 5, 1],
       "costs": {"b": [1, 2, 9], "a": [1, 1, 1]}},
      {"group": "b", "formats": ["x", "y"], "scores": [3, null],
       "costs": {"b": [4, 5], "a": [1, 1]}}
      """)
    #expect(file.costNames == ["a", "b"])
    let problem = try ScoreProblem(file, costs: ["b"], budgets: [6])
    #expect(problem.options == [[1, 2], [0]])
    let solution = try problem.problem.solution(by: .exact)
    let choice = try #require(solution.allocation).choice
    #expect(problem.formats(of: choice) == [1, 0] && solution.status == .optimal)
    #expect(ScoreProblem.largestTotal(of: "b", in: file) == 14)
    #expect(throws: ScoreProblemError.unknownCost("c", known: ["a", "b"])) {
      try ScoreProblem(file, costs: ["c"])
    }
  }

  @Test("labels match candidates by meaning; a file may know more formats and more layers together")
  func match() throws {
    let file = try Self.file(
      """
      {"group": "ab", "layers": ["a", "b"], "formats": ["int8/int8", "e4m3", "int<4>/uint<8>"],
       "scores": [1, 7, 4]},
      {"group": "c", "formats": ["w4a8", "w8a8"], "scores": [0.5, 0.25]}
      """)
    let match = try ScoreMatch(file, space: Self.space(["a", "b", "c"]))
    #expect(match.scores == [[4, 1], [0, 0], [0.5, 0.25]])
    #expect(match.space.groups == [[0, 1], [2]])
    // A tie of the space over two groups takes their sum.
    let tied = try ScoreMatch(file, space: Self.space(["a", "b", "c"], ties: [[1, 2]]))
    #expect(tied.space.groups == [[0, 1, 2]])
    #expect((0..<2).map { option in tied.scores.reduce(0) { $0 + $1[option] } } == [4.5, 1.25])
  }

  @Test("everything that does not fit a search is named at once")
  func mismatch() throws {
    let file = try Self.file(
      """
      {"group": "a", "formats": ["w4a8", "int4/int8", "w8a8"], "scores": [1, 2, "inf"]},
      {"group": "b", "formats": ["w4a8"], "scores": [1]},
      {"group": "z", "layers": ["y", "z"], "formats": ["w4a8"], "scores": [1]},
      {"group": "kv", "role": "kv", "formats": ["FP8"], "scores": [1]}
      """)
    let found = #expect(throws: ScoreMatchProblems.self) {
      try ScoreMatch(file, space: Self.space(["a", "b", "c"]))
    }
    #expect(
      found?.problems == [
        .keyValueGroups(["kv"]), .unknownLayers(["y", "z"]), .unscoredLayers(["c"]),
        .sameFormat(group: "a", formats: ["w4a8", "int4/int8"]),
        .notFinite(group: "a", candidate: "w8a8", value: .infinity),
        .missing(group: "b", candidate: "w8a8", formats: ["w4a8"]),
      ])
  }

  @Test("a search's sensitivities as a file lead to the same optimum as the search's own table")
  func ofSpace() throws {
    var random = RandomProblem(seed: 4)
    for round in 0..<20 {
      let count = random.draw(3...6)
      let candidates = try [2, 3, 4, 8].map {
        try SpaceCandidate(weightBits: $0, activationBits: 8)
      }
      let layers = (0..<count).map {
        SearchLayer(name: "l\($0)", weightCount: random.draw(1...50), macs: random.draw(1...50))
      }
      let space = try SearchSpace(
        layers: layers, candidates: layers.map { _ in candidates },
        ties: [[0, random.draw(1...count - 1)]], fixed: [count - 1: random.draw(0...3)])
      let scores = layers.map { _ in candidates.map { _ in Double(random.draw(0...30)) / 8 } }
      let file = try ScoreFile(
        space: space, scores: scores, costs: BitCost.allCases, metric: "kl", modelDigest: nil)
      #expect(file.costNames == ["bops", "size_bytes", "weight_bits"])
      let largest = ScoreProblem.largestTotal(of: "weight_bits", in: file)
      #expect(try largest == BitCost.weightBits.largest(in: space), "round \(round)")
      let budget = (largest * 0.6).rounded()
      let solved = try ScoreProblem(file, costs: ["weight_bits"], budgets: [budget])
      let own = try AllocationProblem(
        layers: layers.indices.map { layer in
          AllocationLayer(
            losses: scores[layer],
            costs: [candidates.map { Double(layers[layer].weightCount) * $0.weightBits }])
        }, ties: space.ties, budgets: [budget], fixed: space.fixed)
      let (a, b) = (
        try solved.problem.solution(by: .exact), try own.solution(by: .exact)
      )
      #expect(a.status == b.status && a.allocation?.loss == b.allocation?.loss, "round \(round)")
      // What is written matches the space again, score for score.
      let match = try ScoreMatch(file, space: space)
      for group in space.groups {
        for option in space.allowed(ofGroup: space.groups.firstIndex(of: group) ?? 0) {
          let sums = [match.scores, scores].map { table in
            group.reduce(0.0) { $0 + table[$1][option] }
          }
          #expect(sums[0] == sums[1])
        }
      }
    }
  }
}

@Suite("Solutions by a method")
struct AllocationSolutionTests {
  @Test("statuses are true, judged by every choice there is")
  func statuses() throws {
    var seen: [AllocationSolution.Status: Int] = [:]
    for seed in 0..<30 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let problem = try random.problem(
        layers: random.draw(2...5), options: 1...4, costs: random.draw(1...2), tightness: 0...50)
      let feasible = allChoices(of: problem).filter { problem.meetsBudgets($0) }
      let best = feasible.map { problem.evaluate($0).loss }.min()
      for method in AllocationMethod.allCases {
        let solution = try problem.solution(by: method, seed: seed)
        seen[solution.status, default: 0] += 1
        #expect(solution.optimum?.loss == best, "\(method), seed \(seed)")
        switch solution.status {
        case .optimal: #expect(method == .exact && solution.allocation?.loss == best)
        case .infeasible: #expect(best == nil && solution.infeasibility != nil)
        case .feasible:
          #expect(try feasible.contains(#require(solution.allocation).choice))
        case .unmet: #expect(method != .exact && best != nil)
        }
        #expect(
          solution.meetsBudgets == (solution.status == .optimal || solution.status == .feasible))
      }
    }
    #expect(seen.count == 4, "\(seen)")
  }

  @Test("a budget that AutoQuantize's threshold search reports as unmet is told to be feasible")
  func unmet() throws {
    // As in the test of the search itself: its last threshold but one meets the budget.
    let problem = try AllocationProblem(
      layers: [AllocationLayer(losses: [Double(2).nextUp, 1], costs: [[1, 4]])], budgets: [1])
    let solution = try problem.solution(by: .autoQuantizeThreshold)
    #expect(solution.status == .unmet && solution.optimum?.choice == [0])
    #expect(solution.infeasibility == nil)
  }

  @Test("frontiers by a method hold reachable points, none better than the whole frontier")
  func frontiers() throws {
    for seed in 0..<8 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let problem = try random.problem(layers: 4, options: 2...4, costs: 2, budgeted: false)
      let objectives: [AllocationObjective] = [.loss, .cost(0)]
      let whole = try problem.frontier(of: objectives, by: .exact)
      #expect(whole == (try problem.paretoFrontier(of: objectives)))
      for method in [AllocationMethod.greedy, .zeroQ, .nsga2] {
        let found = try problem.frontier(of: objectives, by: method, seed: seed)
        #expect(!found.points.isEmpty)
        for point in found.points {
          let allocation = problem.evaluate(point.choice)
          #expect(point.values == [allocation.loss, allocation.costs[0]])
          #expect(
            whole.points.contains { zip($0.values, point.values).allSatisfy { $0 <= $1 } })
          #expect(
            !found.points.contains {
              $0.values != point.values && zip($0.values, point.values).allSatisfy { $0 <= $1 }
            })
        }
        if method == .zeroQ { #expect(found.points.map(\.values) == whole.points.map(\.values)) }
      }
      #expect(throws: AllocationError.noBudgets) {
        try problem.frontier(of: objectives, by: .autoQuantizeThreshold)
      }
    }
  }
}

@Suite("Searches for a summed score")
struct ScoreSearchTests {
  private static func run(
    _ method: SearchMethod, evaluations: Int, budgets: [Double]? = nil,
    costs: [any CostModel] = [BitCost.weightBits, BitCost.bitOperations]
  ) throws -> (SearchOutcome, SearchTask) {
    let evaluator = SyntheticEvaluator(layers: 5)
    var task = evaluator.task(
      try evaluator.space(), method: method, evaluations: evaluations, costs: costs,
      budgets: budgets)
    task.quality = .score
    let outcome = try task.run(evaluator: evaluator)
    #expect(evaluator.runs.withLock { $0 } == outcome.evaluations.count)
    return (outcome, task)
  }

  /// Every nondominated pair of first cost and score, by looking at every allocation.
  private static func truth(_ task: SearchTask, budget: Double = .infinity) -> [[Double]] {
    var all: [[Int]] = [[]]
    for list in task.space.candidates { all = all.flatMap { c in list.indices.map { c + [$0] } } }
    let rows = all.map { choice in
      [
        BitCost.weightBits.total(of: choice, in: task.space),
        zip(task.sensitivities, choice).reduce(0) { $0 + $1.0[$1.1] },
      ]
    }.filter { $0[0] <= budget }.sorted { $0.lexicographicallyPrecedes($1) }
    var frontier: [[Double]] = []
    for row in rows where row[1] < frontier.last?[1] ?? .infinity { frontier.append(row) }
    return frontier
  }

  @Test("the frontier is whole and proved, and only so many of its points are run")
  func proved() throws {
    for budget in [Double.infinity, 6000] {
      let (outcome, task) = try Self.run(
        .auto, evaluations: 7, budgets: [budget, .infinity])
      let found = try #require(outcome.scoreFrontier)
      let truth = Self.truth(task, budget: budget)
      #expect(found.isProved && found.points.count == truth.count && truth.count > 20)
      for (point, row) in zip(found.points, truth) {
        #expect(point.costs[0] == row[0] && abs(point.score - row[1]) < 1e-12)
      }
      #expect((2...7).contains(outcome.evaluations.count))
      let choices = Set(found.points.map(\.choice))
      #expect(outcome.evaluations.allSatisfy { choices.contains($0.choice) })
    }
  }

  @Test("other methods find points of it without a proof")
  func heuristics() throws {
    // Without patches quantmcu proposes nothing.
    for method in SearchMethod.allCases where ![.auto, .exact, .quantMCU].contains(method) {
      let (outcome, task) = try Self.run(method, evaluations: 12)
      let found = try #require(outcome.scoreFrontier)
      #expect(!found.isProved && !found.points.isEmpty, "\(method)")
      let truth = Self.truth(task)
      for point in found.points {
        #expect(
          truth.contains { $0[0] <= point.costs[0] && $0[1] <= point.score + 1e-12 }, "\(method)")
      }
    }
  }

  @Test("a cost that is no sum leaves the frontier without a proof")
  func notAdditive() throws {
    let peak = ScheduleCost(name: "peak", unit: "B", kind: .exact) { allocation in
      allocation.map { $0.weights?.storedBits ?? 0 }.max() ?? 0
    }
    let (outcome, _) = try Self.run(.exact, evaluations: 4, costs: [peak])
    #expect(outcome.scoreFrontier?.isProved == false)
  }
}
