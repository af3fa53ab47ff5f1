import Arith
import QuantGraph

/// The default method: exact frontiers of predicted losses, corrected by what is measured.
///
/// 1. The exact frontier of summed sensitivities and costs gives the first choices.
/// 2. Screening: choices near the frontier known so far are run on the calibration data; a model
///    (``KernelModel``) of that divergence says which are worth it. This costs no evaluation.
/// 3. A spread of the screened frontier is evaluated; then, in small batches, the choices with the
///    largest expected gain of dominated area, by a model of the measured quality whose prior is the
///    screened divergence (expected hypervolume improvement: Emmerich et al., "Single- and
///    multiobjective evolutionary optimization assisted by Gaussian random field metamodels", 2006).
///
/// With several costs, each batch looks at another weighting of them. Nothing depends on time or
/// threads; random numbers, drawn where a neighbourhood is too large to be looked at whole, come
/// from the seed.
struct AdaptiveSearch {
  private static let poolLimit = 20_000
  /// Added to the share of wrong samples, and to losses, before logarithms are taken.
  private static let errorOffset = 0.01
  private static let lossOffset = 1e-3
  /// Scales of ``KernelModel``: sums of sensitivities are a rough prior, the divergence of the whole
  /// network on other samples is a close one.
  private static let looseScale = 0.3
  private static let tightScale = 0.15

  private let task: SearchTask
  private let grid: ChoiceGrid
  private let additive: AdditiveModel
  private var generator: SplitMix64
  /// Divergence on the calibration data of choices that were screened.
  private var screened: [[Int]: Double] = [:]
  private var screenedOrder: [[Int]] = []
  /// Guesses the divergence of choices that were not screened.
  private var screeningModel: KernelModel?
  private(set) var screeningRuns = 0

  init(task: SearchTask) throws(SearchError) {
    self.task = task
    grid = ChoiceGrid(task.space)
    additive = try AdditiveModel(task)
    generator = SplitMix64(seed: task.seed)
  }

  /// Runs to the evaluation limit.
  mutating func run(
    ledger: EvaluationLedger, screener: Screener?
  ) throws(SearchError) {
    let first = try additive.frontier(effort: AllocationEffort())
    let predicted = first.map { grid.point($0) }
    try screen(predicted, with: screener)
    let prior = screened.isEmpty ? predicted : try screenedFrontier()
    if !screened.isEmpty { screeningModel = modelOfScreened() }
    try evaluateStart(prior, ledger)
    var round = 0
    while ledger.remaining > 0 {
      let batch = max(1, min(ledger.remaining, task.evaluations / 20))
      let chosen = try bestCandidates(
        count: batch, round: round, prior: prior + screenedOrder, ledger: ledger)
      guard !chosen.isEmpty else { return }
      let before = ledger.order.count
      try ledger.evaluate(chosen.map { grid.choice($0) })
      // Nothing was taken: a shard, a budget or the time limit refuses all that is left.
      if ledger.order.count == before { return }
      round += 1
    }
  }

  // MARK: Costs on one scale

  /// Weights of the objectives' costs in a round: each alone, then draws of mixtures.
  private mutating func costWeights(round: Int) -> [Double] {
    let count = task.objectiveCount
    guard count > 1 else { return [1] }
    let turn = round % (2 * count)
    if turn < count { return (0..<count).map { $0 == turn ? 1 : 0 } }
    let draws = (0..<count).map { _ in generator.unit() + 1e-9 }
    let sum = draws.reduce(0, +)
    return draws.map { $0 / sum }
  }

  private func position(_ point: [Int], _ weights: [Double]) throws(SearchError) -> Double {
    let choice = grid.choice(point)
    var sum = 0.0
    for (index, weight) in weights.enumerated() where weight > 0 {
      let range = additive.ranges[index]
      let width = range.upperBound - range.lowerBound
      let total = try additive.total(index, choice)
      sum += weight * (width > 0 ? (total - range.lowerBound) / width : 0)
    }
    return sum
  }

  // MARK: Screening

  /// Runs choices on the calibration data, nearest to the known frontier first.
  private mutating func screen(
    _ predicted: [[Int]], with screener: Screener?
  ) throws(SearchError) {
    guard let screener, task.screening > 0 else { return }
    try runScreening(
      Spread.points(
        predicted, count: max(2, task.screening / 3), at: try predicted.map(totals)), screener)
    var round = 0
    while screenedOrder.count < task.screening {
      let count = min(max(10, task.screening / 8), task.screening - screenedOrder.count)
      let chosen = try screeningCandidates(count: count, round: round)
      guard !chosen.isEmpty else { return }
      let before = screenedOrder.count
      try runScreening(chosen, screener)
      if screenedOrder.count == before { return }
      round += 1
    }
  }

  private mutating func runScreening(
    _ points: [[Int]], _ screener: Screener
  ) throws(SearchError) {
    let missing = points.filter { screened[$0] == nil }
    let losses = try screener.losses(missing.map { grid.choice($0) })
    for (point, loss) in zip(missing, losses) where screened[point] == nil {
      guard let loss else { continue }
      screened[point] = loss.isNaN ? .infinity : loss
      screenedOrder.append(point)
    }
    screeningRuns = screenedOrder.count
  }

  private mutating func screeningCandidates(
    count: Int, round: Int
  ) throws(SearchError) -> [[Int]] {
    let weights = costWeights(round: round)
    let known = screenedOrder
    let model = modelOfScreened()
    var places: [Double] = []
    for point in known { places.append(try position(point, weights)) }
    let targets = known.map { logPrior(screened[$0] ?? 0) }
    let frontier = PlaneFrontier(Array(zip(places, targets)).map { (x: $0.0, y: $0.1) })
    let nondominated = zip(known, zip(places, targets)).filter { _, value in
      frontier.steps.contains { $0.x == value.0 && $0.y == value.1 }
    }.map(\.0)
    var ranked: [(margin: Double, point: [Int])] = []
    for point in pool(around: nondominated, adding: []) where screened[point] == nil {
      guard try isWithinBudgets(point) else { continue }
      let mean = model.mean(point, prior: logPrior(additive.loss(of: grid.choice(point)))).mean
      let level = frontier.level(at: try position(point, weights)) ?? mean + 5
      ranked.append((level - mean, point))
    }
    ranked.sort { a, b in
      a.margin != b.margin ? a.margin > b.margin : a.point.lexicographicallyPrecedes(b.point)
    }
    return ranked.prefix(count).map(\.point)
  }

  private func modelOfScreened() -> KernelModel {
    KernelModel(
      points: screenedOrder,
      priors: screenedOrder.map { logPrior(additive.loss(of: grid.choice($0))) },
      targets: screenedOrder.map { logPrior(screened[$0] ?? 0) }, scale: Self.looseScale)
  }

  private func screenedFrontier() throws(SearchError) -> [[Int]] {
    var values: [[Double]] = []
    for point in screenedOrder { values.append([screened[point] ?? 0] + (try totals(point))) }
    return Dominance.frontier(values).map { screenedOrder[$0] }
  }

  // MARK: Evaluation

  private func evaluateStart(_ prior: [[Int]], _ ledger: EvaluationLedger) throws(SearchError) {
    let count = max(2, task.evaluations / 5)
    var totals: [[Double]] = []
    for point in prior { totals.append(try self.totals(point)) }
    var start = Spread.points(prior, count: count, at: totals).map { grid.choice($0) }
    // People compare with uniform allocations; with few evaluations they are left out.
    if task.evaluations >= 40 {
      start += task.space.uniformChoices.map(\.choice).filter { respectsGroups($0) }
    }
    try ledger.evaluate(start)
    // Shards and budgets may have refused all of these.
    if ledger.order.isEmpty { try ledger.evaluate(prior.map { grid.choice($0) }) }
    if ledger.order.isEmpty { try ledger.evaluate(try additive.cheapestChoices()) }
  }

  private func respectsGroups(_ choice: [Int]) -> Bool {
    task.space.groups.allSatisfy { group in group.allSatisfy { choice[$0] == choice[group[0]] } }
  }

  private mutating func bestCandidates(
    count: Int, round: Int, prior: [[Int]], ledger: EvaluationLedger
  ) throws(SearchError) -> [[Int]] {
    let weights = costWeights(round: round)
    let evaluations = ledger.evaluations
    let points = evaluations.map { grid.point($0.choice) }
    let deficits = evaluations.map { task.quality.deficit($0.quality) }
    let model = KernelModel(
      points: points, priors: points.map(logPriorLoss), targets: deficits.map(logDeficit),
      scale: screened.isEmpty ? Self.looseScale : Self.tightScale)
    let largest = deficits.filter(\.isFinite).max() ?? 0
    let scale = largest > 0 ? largest : 1
    var known: [(x: Double, y: Double)] = []
    for (point, deficit) in zip(points, deficits) {
      known.append((try position(point, weights), min(deficit / scale, 1)))
    }
    var frontier = PlaneFrontier(known)
    let nondominated = zip(points, known).filter { _, value in
      frontier.steps.contains { $0.x == value.x && $0.y == value.y }
    }.map(\.0)
    var candidates: [Candidate] = []
    for point in pool(around: nondominated, adding: prior) {
      let choice = grid.choice(point)
      guard !ledger.isAsked(choice), task.shard?.owns(choice) ?? true,
        try isWithinBudgets(point)
      else { continue }
      let (mean, deviation) = model.prediction(point, prior: logPriorLoss(point))
      let levels = Self.quantiles.map { step in
        min(max(deficit(mean + step.place * deviation) / scale, 0), 1)
      }
      candidates.append(
        Candidate(
          point: point, x: try position(point, weights), levels: levels,
          mean: min(max(deficit(mean) / scale, 0), 1)))
    }
    var chosen: [[Int]] = []
    while chosen.count < count {
      var best: (gain: Double, index: Int)?
      for (index, candidate) in candidates.enumerated() where !candidate.isTaken {
        var gain = 0.0
        for (step, level) in zip(Self.quantiles, candidate.levels) {
          gain += step.weight * frontier.gain(x: candidate.x, y: level)
        }
        if best.map({ gain > $0.gain }) ?? true { best = (gain, index) }
      }
      guard let best else { break }
      let candidate = candidates[best.index]
      candidates[best.index].isTaken = true
      chosen.append(candidate.point)
      // Until it is measured, the choice is taken to be as good as expected.
      frontier.insert(x: candidate.x, y: candidate.mean)
    }
    return chosen
  }

  private struct Candidate {
    let point: [Int]
    let x: Double
    let levels: [Double]
    let mean: Double
    var isTaken = false
  }

  /// Places of a normal distribution, in deviations, and their weights: densities, normalised.
  private static let quantiles: [(place: Double, weight: Double)] = {
    let places = [-1.5, -0.75, 0, 0.75, 1.5]
    let densities = places.map { StableExponential.exp(-$0 * $0 / 2) }
    let sum = densities.reduce(0, +)
    return Array(zip(places, densities.map { $0 / sum })).map { (place: $0.0, weight: $0.1) }
  }()

  // MARK: Shared

  /// `points`, and all that differ from one of `centres` in one or two groups, without repetitions,
  /// in a fixed order; a sample of the pairs where there are too many.
  private mutating func pool(around centres: [[Int]], adding points: [[Int]]) -> [[Int]] {
    var seen: Set<[Int]> = []
    var pool: [[Int]] = []
    func add(_ point: [Int]) {
      if seen.insert(point).inserted { pool.append(point) }
    }
    for point in points { add(point) }
    let withPairs = centres.count * grid.neighbourCount(pairs: true) <= Self.poolLimit
    for centre in centres {
      for point in grid.neighbours(of: centre, pairs: withPairs) { add(point) }
    }
    guard !withPairs, !centres.isEmpty, grid.free.count > 1 else { return pool }
    for _ in 0..<Self.poolLimit / 4 {
      var point = centres[generator.draw(below: centres.count)]
      for _ in 0..<2 {
        let group = generator.draw(below: point.count)
        point[group] = generator.draw(below: grid.options[group].count)
      }
      add(point)
    }
    return pool
  }

  private func totals(_ point: [Int]) throws(SearchError) -> [Double] {
    let choice = grid.choice(point)
    var totals: [Double] = []
    for cost in 0..<task.objectiveCount { totals.append(try additive.total(cost, choice)) }
    return totals
  }

  private func isWithinBudgets(_ point: [Int]) throws(SearchError) -> Bool {
    try additive.meetsBudgets(grid.choice(point))
  }

  /// The logarithm of what is expected before any evaluation: the divergence on the calibration
  /// samples, measured or guessed; without screening the summed sensitivities.
  private func logPriorLoss(_ point: [Int]) -> Double {
    if let loss = screened[point] { return logPrior(loss) }
    let sum = logPrior(additive.loss(of: grid.choice(point)))
    return screeningModel.map { $0.mean(point, prior: sum).mean } ?? sum
  }

  private func logPrior(_ loss: Double) -> Double {
    StableExponential.log(min(max(loss, 0), 1e12) + 1e-9)
  }

  private func logDeficit(_ deficit: Double) -> Double {
    switch task.quality {
    case .accuracy: StableExponential.log(deficit + Self.errorOffset)
    case .loss, .score: StableExponential.log(min(max(deficit, 0), 1e12) + Self.lossOffset)
    }
  }

  private func deficit(_ logarithm: Double) -> Double {
    StableExponential.exp(min(logarithm, 30))
      - (task.quality == .accuracy ? Self.errorOffset : Self.lossOffset)
  }
}

/// Runs choices on the calibration data.
struct Screener {
  let evaluator: any Evaluator
  let space: SearchSpace
  let threads: Int
  let isCancelled: @Sendable () -> Bool
  let progress: (Int, Int) -> Void

  /// The divergence of each choice from the unquantized network; nil for what a time limit left out.
  func losses(_ choices: [[Int]]) throws(SearchError) -> [Double?] {
    let order = choices.indices.sorted { choices[$0].lexicographicallyPrecedes(choices[$1]) }
    var losses = [Double?](repeating: nil, count: choices.count)
    var done = 0
    do throws(EvaluationError) {
      try evaluator.evaluate(
        order.map { space.formats(of: choices[$0]) }, threads: threads, isCancelled: isCancelled
      ) { index, quality in
        losses[order[index]] = quality.loss
        done += 1
        progress(done, choices.count)
      }
    } catch {
      throw .evaluation(error)
    }
    return losses
  }
}
