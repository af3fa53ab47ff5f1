import Knapsack

/// A finished search.
public struct SearchOutcome: Sendable {
  /// Everything evaluated, in the order asked for; then what the study held beside.
  public let evaluations: [Evaluation]
  /// Positions in ``evaluations`` of the nondominated ones that meet the budgets and the floor on the
  /// quality, by ascending first cost.
  public let frontier: [Int]
  /// The best quality within the budgets, a position, where the floor on it was not reached.
  public let best: Int?
  /// Evaluations that ran the network now; the others were in the study.
  public let runs: Int
  /// Choices that were run on the calibration data.
  public let screeningRuns: Int
  /// Whether every allocation of the space was evaluated, so that the frontier is the true one.
  public let isComplete: Bool
  /// Whether a time limit ended the search early.
  public let wasStopped: Bool
  /// The frontier of summed scores; nil where a measured quality is the objective.
  public let scoreFrontier: ScoreFrontier?

  /// The frontier of given evaluations.
  ///
  /// - Parameters:
  ///   - evaluations: each allocation once.
  ///   - quality: what is kept high.
  ///   - objectiveCount: how many of their costs are objectives.
  ///   - budgets: one a cost.
  ///   - deficitLimit: as ``SearchTask/deficitLimit``.
  ///   - configurations: size of the space.
  ///   - runs: as the property.
  ///   - screeningRuns: as the property.
  ///   - wasStopped: as the property.
  ///   - score: the score of a choice, where the quality is one.
  ///   - scoreFrontier: as the property.
  public init(
    evaluations: [Evaluation], quality: QualityObjective, objectiveCount: Int, budgets: [Double],
    deficitLimit: Double = .infinity, configurations: Double, runs: Int = 0, screeningRuns: Int = 0,
    wasStopped: Bool = false,
    score: (([Int]) -> Double)? = nil, scoreFrontier: ScoreFrontier? = nil
  ) {
    self.evaluations = evaluations
    self.runs = runs
    self.screeningRuns = screeningRuns
    self.wasStopped = wasStopped
    self.scoreFrontier = scoreFrontier?.keeping { $0.score <= deficitLimit }
    isComplete = Double(evaluations.count) >= configurations
    let within = evaluations.indices.filter { index in
      zip(evaluations[index].costs, budgets).allSatisfy { $0 <= $1 }
    }
    let deficits = within.map { index in
      score?(evaluations[index].choice) ?? quality.deficit(evaluations[index].quality)
    }
    let good = within.indices.filter { deficits[$0] <= deficitLimit }
    best =
      good.isEmpty ? within.indices.min { deficits[$0] < deficits[$1] }.map { within[$0] } : nil
    let rows = good.map { evaluations[within[$0]].costs.prefix(objectiveCount) + [deficits[$0]] }
    let kept = Dominance.frontier(rows.map(Array.init)).map { within[good[$0]] }
    frontier = kept.sorted { a, b in
      let (p, q) = (evaluations[a].costs, evaluations[b].costs)
      return p != q ? p.lexicographicallyPrecedes(q) : a < b
    }
  }
}

extension SearchTask {
  /// Searches.
  ///
  /// - Parameters:
  ///   - evaluator: runs the network on the data that decides.
  ///   - screener: runs it on calibration data without labels; nil if there are none.
  ///   - study: keeps every evaluation; nil keeps none.
  ///   - threads: never changes a result.
  ///   - isCancelled: asked between evaluations; true ends the search with what there is.
  ///   - progress: called with a phase (`screening runs`, `evaluations`), what is done and the total.
  /// - Returns: everything that was evaluated, and the frontier among it.
  /// - Throws: ``SearchError``.
  public func run(
    evaluator: any Evaluator,
    screener: (any Evaluator)? = nil, study: Study? = nil, threads: Int = 1,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping (_ phase: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws(SearchError) -> SearchOutcome {
    try study?.check { choice throws(SearchError) in
      do throws(CostError) {
        return try totals(choice)
      } catch {
        throw .cost(error)
      }
    }
    let ledger = EvaluationLedger(
      task: self, evaluator: evaluator, study: study, threads: threads,
      isCancelled: isCancelled
    ) { progress("evaluations", $0, $1) }
    var screeningRuns = 0
    var screened: [[Int]] = []
    let model = try AdditiveModel(self)
    var scoreFrontier: ScoreFrontier?
    switch method {
    case _ where quality == .score:
      let found = try self.scoreFrontier(model)
      try ledger.evaluate(
        Spread.points(
          found.points.map(\.choice), count: evaluations,
          at: found.points.map { Array($0.costs.prefix(objectiveCount)) }))
      scoreFrontier = found
    case .auto:
      // What a published method proposes is known before anything is guessed, so that the answer is never
      // behind it.
      if let patches { try ledger.evaluate(try patchChoices(patches)) }
      // A space that fits in the limit is evaluated whole: no guess beats knowing.
      if space.configurationCount <= Double(evaluations), shard == nil {
        let grid = ChoiceGrid(space)
        try ledger.evaluate(grid.allPoints().map { grid.choice($0) })
      } else {
        var adaptive = try AdaptiveSearch(task: self, threads: threads)
        var earlier = 0
        try adaptive.run(
          ledger: ledger,
          screener: screener.map { evaluator in
            Screener(
              evaluator: evaluator, space: space, threads: threads, study: study,
              isCancelled: isCancelled
            ) { done, total in
              progress("screening runs", earlier + done, max(screening, earlier + done))
              if done == total { earlier += total }
            }
          })
        screeningRuns = adaptive.screeningRuns
        screened = adaptive.screenedChoices
      }
    case .nsga2:
      var evolution = EvolutionarySearch(task: self)
      try evolution.run(ledger: ledger)
    case .exact, .greedy, .bisect, .zeroq, .autoQuantizeGradient, .autoQuantizeThreshold,
      .quantMCU:
      try ledger.evaluate(try plannedChoices(model))
    }
    // Costs that are no sums do not guide the plan to their budgets: try what is cheapest.
    if ledger.order.isEmpty, !ledger.wasStopped { try ledger.evaluate(try model.cheapestChoices()) }
    if let study {
      do throws(StudyError) {
        try study.reorder(ledger.order, screened: screened)
      } catch {
        throw .study(error)
      }
    }
    let asked = Set(ledger.order)
    let others = (study?.evaluations ?? []).filter { !asked.contains($0.choice) }
    let outcome = SearchOutcome(
      evaluations: ledger.evaluations + others, quality: quality, objectiveCount: objectiveCount,
      budgets: budgets, deficitLimit: deficitLimit, configurations: space.configurationCount,
      runs: ledger.runs,
      screeningRuns: screeningRuns, wasStopped: ledger.wasStopped,
      score: quality == .score ? { model.loss(of: $0) } : nil, scoreFrontier: scoreFrontier)
    let isEmpty =
      scoreFrontier?.points.isEmpty ?? (outcome.frontier.isEmpty && outcome.best == nil)
    if isEmpty, !outcome.wasStopped, shard == nil, evaluations > 0 {
      let cheapest = try model.cheapestChoices()
      var minimum: [Double] = []
      for cost in costs.indices { minimum.append(try model.total(cost, cheapest[cost])) }
      throw .infeasible(
        budget: costs.indices.first { minimum[$0] > budgets[$0] }, reachableMinimum: minimum,
        isProved: false)
    }
    return outcome
  }
}
