import Arith
import HWModel
import Knapsack
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
  /// Choices whose costs are asked for as a whole in a round, before it goes on with what was found.
  private static let wholeCostLimit = 1000
  /// Added to the share of wrong samples, and to losses, before logarithms are taken.
  private static let errorOffset = 0.01
  private static let lossOffset = 1e-3
  /// Scales of ``KernelModel``: sums of sensitivities are a rough prior, the divergence of the whole
  /// network on other samples is a close one.
  private static let looseScale = 0.3
  private static let tightScale = 0.15

  private let task: SearchTask
  /// Workers for predictions; nothing depends on them.
  private let threads: Int
  private let grid: ChoiceGrid
  private let additive: AdditiveModel
  private var generator: SplitMix64
  /// What each option has of the summed sensitivities, and of each cost.
  private let lossSums: GroupSums
  private let costSums: [GroupSums]
  /// Costs with a budget.
  private let bounded: [Int]
  /// Costs that decide something: objectives and those with a budget.
  private let totalled: Set<Int>
  /// The most points of a frontier that are candidates themselves in every round.
  private let priorLimit: Int
  private let whole = WholeCosts()
  /// Divergence on the calibration data of choices that were screened.
  private var screened: [[Int]: Double] = [:]
  private var screenedOrder: [[Int]] = []
  private var screenedHashes: Set<UInt64> = []
  /// Costs of the choices that were screened.
  private var screenedTotals: [[Double]] = []
  /// Guesses the divergence of choices that were not screened.
  private var screeningModel: KernelModel
  /// Guesses the measured quality; it grows with the evaluations as long as these are few.
  private var qualityModel: KernelModel
  var screeningRuns: Int { screenedOrder.count }
  /// What was screened, in the order asked for.
  var screenedChoices: [[Int]] { screenedOrder.map { grid.choice($0) } }

  init(task: SearchTask, threads: Int = 1) throws(SearchError) {
    let grid = ChoiceGrid(task.space)
    let additive = try AdditiveModel(task)
    let bounded = task.budgets.indices.filter { task.budgets[$0] < .infinity }
    let model = KernelModel(groups: grid.free.count, scale: Self.looseScale)
    self.task = task
    self.threads = threads
    self.grid = grid
    self.additive = additive
    self.bounded = bounded
    generator = SplitMix64(seed: task.seed)
    lossSums = grid.sums(of: task.sensitivities)
    costSums = additive.tables.map { grid.sums(of: $0) }
    totalled = Set(0..<task.objectiveCount).union(bounded)
    priorLimit = max(100, min(2000, 200_000 / max(grid.free.count, 1)))
    screeningModel = model
    qualityModel = model
  }

  /// Runs to the evaluation limit.
  mutating func run(
    ledger: EvaluationLedger, screener: Screener?
  ) throws(SearchError) {
    let first = try additive.frontier().choices
    let predicted = first.map { grid.point($0) }
    try screen(predicted, with: screener)
    if !screened.isEmpty {
      qualityModel = KernelModel(groups: grid.free.count, scale: Self.tightScale)
      fitScreeningModel(nearest: screenedOrder.map { logPrior(screened[$0] ?? 0) })
    }
    let prior = screened.isEmpty ? predicted : screenedFrontier()
    var priorTotals: [[Double]] = []
    for point in prior { priorTotals.append(try totals(point)) }
    try evaluateStart(prior, priorTotals, ledger)
    let others =
      Spread.points(prior, count: priorLimit, at: objectiveTotals(priorTotals))
      + Spread.points(screenedOrder, count: priorLimit, at: objectiveTotals(screenedTotals))
    var round = 0
    while ledger.remaining > 0 {
      let batch = max(1, min(ledger.remaining, task.evaluations / 20))
      let chosen = try bestCandidates(count: batch, round: round, prior: others, ledger: ledger)
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

  /// Where totals lie: each cost scaled to its range, then weighted.
  private func position(_ totals: [Double], _ weights: [Double]) -> Double {
    var sum = 0.0
    for (index, weight) in weights.enumerated() where weight > 0 {
      let range = additive.ranges[index]
      let width = range.upperBound - range.lowerBound
      sum += weight * (width > 0 ? (totals[index] - range.lowerBound) / width : 0)
    }
    return sum
  }

  /// How much a step of `position` moves change it, by tables of sums.
  private func shift(_ point: [Int], _ moves: Moves, _ weights: [Double]) -> Double {
    var sum = 0.0
    for (index, weight) in weights.enumerated() where weight > 0 {
      let range = additive.ranges[index]
      let width = range.upperBound - range.lowerBound
      sum += weight * (width > 0 ? costSums[index].change(point, moves) / width : 0)
    }
    return sum
  }

  /// What a neighbourhood's centres have: every cost as it is, and the summed sensitivities.
  private struct Known {
    let totals: [[Double]]
    let losses: [Double]
  }

  private func known(_ neighbourhood: Neighbourhood) throws(SearchError) -> Known {
    var totals: [[Double]] = []
    for point in neighbourhood.centres { totals.append(try self.totals(point)) }
    return Known(
      totals: totals, losses: neighbourhood.centres.map { additive.loss(of: grid.choice($0)) })
  }

  /// Whether a member may meet the budgets: costs that are no sums are guessed from its centre's.
  private func mayMeetBudgets(_ total: [Double], _ point: [Int], _ moves: Moves) -> Bool {
    bounded.allSatisfy { cost in
      let guess = total[cost] + costSums[cost].change(point, moves)
      return !additive.isAdditive[cost]
        || guess <= task.budgets[cost] + 1e-9 * abs(task.budgets[cost])
    }
  }

  /// Whether costs of a member have to be asked for before it is chosen.
  private var needsWholeCosts: Bool {
    !bounded.isEmpty || (0..<task.objectiveCount).contains { !additive.isAdditive[$0] }
  }

  private func meetsBudgets(_ totals: [Double]) -> Bool {
    bounded.allSatisfy { totals[$0] <= task.budgets[$0] }
  }

  // MARK: Screening

  /// Runs choices on the calibration data, nearest to the known frontier first.
  private mutating func screen(
    _ predicted: [[Int]], with screener: Screener?
  ) throws(SearchError) {
    guard let screener, task.screening > 0 else { return }
    try runScreening(
      Spread.points(
        predicted, count: max(2, task.screening / 3),
        at: objectiveTotals(try predicted.map(totals))), screener)
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
      screenedHashes.insert(grid.hash(point))
      screenedTotals.append(try totals(point))
    }
  }

  private mutating func screeningCandidates(
    count: Int, round: Int
  ) throws(SearchError) -> [[Int]] {
    let weights = costWeights(round: round)
    let places = screenedTotals.map { position($0, weights) }
    let targets = screenedOrder.map { logPrior(screened[$0] ?? 0) }
    let frontier = PlaneFrontier(Array(zip(places, targets)).map { (x: $0.0, y: $0.1) })
    let excess = places.indices.map { index in
      targets[index] - (frontier.level(at: places[index]) ?? targets[index])
    }
    fitScreeningModel(nearest: excess)
    let nondominated = screenedOrder.indices.filter {
      frontier.has(x: places[$0], y: targets[$0])
    }.map { screenedOrder[$0] }
    let near = Neighbourhood(
      grid, points: [], around: nondominated, excluding: screenedHashes, using: &generator)
    let known = try self.known(near)
    let centres = near.centres.map(screeningModel.centre)
    let centrePlaces = known.totals.map { position($0, weights) }
    nonisolated(unsafe) let now = self
    var ranked = eachPart(of: near.members.count) { part -> [(margin: Double, member: Int)] in
      part.compactMap { index in
        let (centre, moves) = (near.members[index].centre, near.members[index].moves)
        let point = near.centres[centre]
        guard now.mayMeetBudgets(known.totals[centre], point, moves) else { return nil }
        let prior = now.logPrior(known.losses[centre] + now.lossSums.change(point, moves))
        let mean = now.screeningModel.mean(centres[centre], moves, prior: prior)
        let place = centrePlaces[centre] + now.shift(point, moves, weights)
        let level = frontier.level(at: place) ?? mean + 5
        return (level - mean, index)
      }
    }
    ranked.sort { a, b in
      a.margin != b.margin
        ? a.margin > b.margin
        : near.point(near.members[a.member])
          .lexicographicallyPrecedes(near.point(near.members[b.member]))
    }
    var chosen: [[Int]] = []
    var asked = 0
    for (_, index) in ranked {
      let point = near.point(near.members[index])
      if !bounded.isEmpty {
        asked += 1
        if asked > Self.wholeCostLimit, !chosen.isEmpty { break }
        guard meetsBudgets(try totals(point)) else { continue }
      }
      chosen.append(point)
      if chosen.count == count { break }
    }
    return chosen
  }

  /// Fits the model of the divergence to what was screened.
  private mutating func fitScreeningModel(nearest distances: [Double]) {
    let used = Self.modelled(distances)
    let points = used.map { screenedOrder[$0] }
    let empty = KernelModel(groups: grid.free.count, scale: Self.looseScale)
    let priors = points.map { logPrior(additive.loss(of: grid.choice($0))) }
    let targets = points.map { logPrior(screened[$0] ?? 0) }
    screeningModel.extend(to: points, anew: empty)
    screeningModel.fit(priors: priors, targets: targets)
  }

  /// Positions of the points that a model takes: all, or those nearest to the frontier where there
  /// are more than it holds.
  private static func modelled(_ distances: [Double]) -> [Int] {
    guard distances.count > KernelModel.pointLimit else { return Array(distances.indices) }
    return distances.indices.sorted {
      distances[$0] != distances[$1] ? distances[$0] < distances[$1] : $0 < $1
    }.prefix(KernelModel.pointLimit).sorted()
  }

  private func screenedFrontier() -> [[Int]] {
    let values = zip(screenedOrder, objectiveTotals(screenedTotals)).map {
      [screened[$0] ?? 0] + $1
    }
    return Dominance.frontier(values).map { screenedOrder[$0] }
  }

  private func objectiveTotals(_ totals: [[Double]]) -> [[Double]] {
    totals.map { Array($0.prefix(task.objectiveCount)) }
  }

  // MARK: Evaluation

  private func evaluateStart(
    _ prior: [[Int]], _ totals: [[Double]], _ ledger: EvaluationLedger
  ) throws(SearchError) {
    let count = max(2, task.evaluations / 5)
    var start = Spread.points(prior, count: count, at: objectiveTotals(totals))
      .map { grid.choice($0) }
    // People compare with uniform allocations; with few evaluations they are left out.
    if SearchTask.includesUniform(task.evaluations) {
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
    let largest = deficits.filter(\.isFinite).max() ?? 0
    let scale = largest > 0 ? largest : 1
    // Where a quality is good enough, better ones gain nothing.
    let floor = task.deficitLimit < .infinity ? max(min(task.deficitLimit / scale, 1), 0) : 0
    let measured = evaluations.indices.map { index in
      (
        x: position(evaluations[index].costs, weights),
        y: max(min(deficits[index] / scale, 1), floor)
      )
    }
    var frontier = PlaneFrontier(measured)
    let nondominated = points.indices.filter {
      frontier.has(x: measured[$0].x, y: measured[$0].y)
    }.map { points[$0] }
    let excess = measured.map { $0.y - (frontier.level(at: $0.x) ?? 1) }
    fitQualityModel(points, deficits, nearest: excess)
    let near = Neighbourhood(
      grid, points: prior, around: nondominated, excluding: Set(points.map(grid.hash)),
      using: &generator)
    let known = try self.known(near)
    let centres = near.centres.map(qualityModel.centre)
    let screenedCentres = screened.isEmpty ? [] : near.centres.map(screeningModel.centre)
    let centrePlaces = known.totals.map { position($0, weights) }
    nonisolated(unsafe) let now = self
    let candidates = eachPart(of: near.members.count) { part -> [Proposal] in
      var members: [Int] = []
      var questions: [KernelModel.Question] = []
      for index in part {
        let member = near.members[index]
        let (centre, moves) = (member.centre, member.moves)
        guard now.mayMeetBudgets(known.totals[centre], near.centres[centre], moves) else {
          continue
        }
        if let shard = now.task.shard, !shard.owns(now.grid.choice(near.point(member))) { continue }
        let sum = now.logPrior(
          known.losses[centre] + now.lossSums.change(near.centres[centre], moves))
        var guess = sum
        if !now.screened.isEmpty {
          if now.screenedHashes.contains(near.hash(member)),
            let loss = now.screened[near.point(member)]
          {
            guess = now.logPrior(loss)
          } else {
            guess = now.screeningModel.mean(screenedCentres[centre], moves, prior: sum)
          }
        }
        members.append(index)
        questions.append(KernelModel.Question(centre: centres[centre], moves: moves, prior: guess))
      }
      return zip(members, now.qualityModel.predictions(questions)).map { index, prediction in
        let (centre, moves) = (near.members[index].centre, near.members[index].moves)
        let (mean, deviation) = prediction
        return Proposal(
          member: index,
          x: centrePlaces[centre] + now.shift(near.centres[centre], moves, weights),
          levels: Self.quantiles.map { step in
            min(max(now.deficit(mean + step.place * deviation) / scale, floor), 1)
          },
          mean: min(max(now.deficit(mean) / scale, floor), 1))
      }
    }
    return try chosen(count, of: candidates, in: near, weights, &frontier)
  }

  /// What parts of `0..<count` give on several threads, in their order.
  private func eachPart<Element: Sendable>(
    of count: Int, _ body: @Sendable (Range<Int>) -> [Element]
  ) -> [Element] {
    let size = 256
    return ParallelFor.map((count + size - 1) / size, threads: threads) { part in
      body(part * size..<min((part + 1) * size, count))
    }.flatMap(\.self)
  }

  /// The choices that gain most area, each under the assumption that those before are as good as
  /// expected.
  ///
  /// Gains only fall as the frontier grows, so a gain that is still the largest after it was computed
  /// again is the largest of all (Minoux, "Accelerated greedy algorithms for maximizing submodular set
  /// functions", 1978). Costs that are no sums are asked for of what is about to be chosen.
  private func chosen(
    _ count: Int, of candidates: [Proposal], in near: Neighbourhood, _ weights: [Double],
    _ frontier: inout PlaneFrontier
  ) throws(SearchError) -> [[Int]] {
    func gain(_ proposal: Proposal) -> Double {
      var gain = 0.0
      for (step, level) in zip(Self.quantiles, proposal.levels) {
        gain += step.weight * frontier.gain(x: proposal.x, y: level)
      }
      return gain
    }
    var candidates = candidates
    var queue = GainQueue(candidates.map(gain))
    var chosen: [[Int]] = []
    var asked = 0
    while chosen.count < count, let index = queue.popFirst(recomputing: { gain(candidates[$0]) }) {
      let point = near.point(near.members[candidates[index].member])
      if needsWholeCosts, !candidates[index].hasWholeCosts {
        asked += 1
        if asked > max(Self.wholeCostLimit, 2 * count), !chosen.isEmpty { break }
        let totals = try self.totals(point)
        guard meetsBudgets(totals) else { continue }
        candidates[index].x = position(totals, weights)
        candidates[index].hasWholeCosts = true
        queue.insert(index, gain: gain(candidates[index]))
        continue
      }
      chosen.append(point)
      // Until it is measured, the choice is taken to be as good as expected.
      frontier.insert(x: candidates[index].x, y: candidates[index].mean)
    }
    return chosen
  }

  /// Fits the model of the measured quality to evaluations.
  private mutating func fitQualityModel(
    _ points: [[Int]], _ deficits: [Double], nearest distances: [Double]
  ) {
    let used = Self.modelled(distances)
    let wanted = used.map { points[$0] }
    let empty = KernelModel(
      groups: grid.free.count, scale: screened.isEmpty ? Self.looseScale : Self.tightScale)
    let priors = wanted.map(logPriorLoss)
    let targets = used.map { logDeficit(deficits[$0]) }
    qualityModel.extend(to: wanted, anew: empty)
    qualityModel.fit(priors: priors, targets: targets)
  }

  private struct Proposal {
    /// Position among the members of the neighbourhood.
    let member: Int
    var x: Double
    let levels: [Double]
    let mean: Double
    var hasWholeCosts = false
  }

  /// Places of a normal distribution, in deviations, and their weights: densities, normalised.
  private static let quantiles: [(place: Double, weight: Double)] = {
    let places = [-1.5, -0.75, 0, 0.75, 1.5]
    let densities = places.map { StableExponential.exp(-$0 * $0 / 2) }
    let sum = densities.reduce(0, +)
    return Array(zip(places, densities.map { $0 / sum })).map { (place: $0.0, weight: $0.1) }
  }()

  // MARK: Shared

  /// Costs of a point that decide something, NaN for others; whole costs are asked for once.
  private func totals(_ point: [Int]) throws(SearchError) -> [Double] {
    guard totalled.contains(where: { !additive.isAdditive[$0] }) else {
      return try additive.totals(grid.choice(point), of: totalled)
    }
    if let known = whole.totals[point] { return known }
    let totals = try additive.totals(grid.choice(point), of: totalled)
    if whole.totals.count >= WholeCosts.limit { whole.totals.removeAll() }
    whole.totals[point] = totals
    return totals
  }

  /// Costs of points that no table says.
  private final class WholeCosts {
    static let limit = 20_000
    var totals: [[Int]: [Double]] = [:]
  }

  /// The logarithm of what is expected before any evaluation: the divergence on the calibration
  /// samples, measured or guessed; without screening the summed sensitivities.
  private func logPriorLoss(_ point: [Int]) -> Double {
    if let loss = screened[point] { return logPrior(loss) }
    let sum = logPrior(additive.loss(of: grid.choice(point)))
    guard !screened.isEmpty else { return sum }
    return screeningModel.mean(screeningModel.centre(point), Moves(), prior: sum)
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
  /// Keeps what was screened; nil keeps nothing.
  let study: Study?
  let isCancelled: @Sendable () -> Bool
  let progress: (Int, Int) -> Void

  /// The divergence of each choice from the unquantized network; nil for what a time limit left out.
  ///
  /// What the study holds is not run again.
  func losses(_ choices: [[Int]]) throws(SearchError) -> [Double?] {
    var losses = choices.map { study?.screened[$0] }
    let order = choices.indices.filter { losses[$0] == nil }.sorted {
      choices[$0].lexicographicallyPrecedes(choices[$1])
    }
    var done = choices.count - order.count
    var failure: SearchError?
    if done > 0 { progress(done, choices.count) }
    guard !order.isEmpty else { return losses }
    do throws(EvaluationError) {
      try evaluator.evaluate(
        order.map { space.formats(of: choices[$0]) }, threads: threads, isCancelled: isCancelled
      ) { index, quality in
        losses[order[index]] = quality.loss
        done += 1
        progress(done, choices.count)
        guard failure == nil else { return }
        do throws(StudyError) {
          try study?.append(Screening(screened: choices[order[index]], loss: quality.loss))
        } catch {
          failure = .study(error)
        }
      }
    } catch {
      throw .evaluation(error)
    }
    if let failure { throw failure }
    return losses
  }
}
