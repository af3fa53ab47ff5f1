import Arith
import Knapsack

/// The published methods: which choices they evaluate.
extension SearchTask {
  /// Choices of a method that needs no results to go on, at most ``evaluations`` of them.
  func plannedChoices(_ model: AdditiveModel) throws(SearchError) -> [[Int]] {
    let effort = AllocationEffort()
    var choices: [[Int]]
    switch method {
    case .exact:
      if space.configurationCount <= Double(evaluations) {
        let grid = ChoiceGrid(space)
        return grid.allPoints().map { grid.choice($0) }
      }
      choices = try model.frontier(effort: effort).choices
    case .zeroq: choices = try zeroQChoices(model, effort: effort)
    case .greedy:
      choices = Self.distinct(model.problem.greedyPath().map(\.choice))
    case .bisect:
      choices = Self.distinct(model.problem.bisections(firstCosts: firstCostLimits(model)))
    case .autoQuantizeGradient, .autoQuantizeThreshold:
      choices = try autoQuantizeChoices(model, effort: effort)
    case .quantMCU:
      choices = []
      if let patches { choices = try patchChoices(patches) }
    case .auto, .nsga2: choices = []
    }
    var within: [[Int]] = []
    var totals: [[Double]] = []
    for choice in choices {
      let all = try model.totals(choice)
      guard meetsBudgets(all) else { continue }
      within.append(choice)
      totals.append(Array(all.prefix(objectiveCount)))
    }
    return Spread.points(within, count: evaluations, at: totals)
  }

  /// Limits of the first cost all over its range, as many as evaluations may be made, at most
  /// 100,000.
  private func firstCostLimits(_ model: AdditiveModel) -> [Double] {
    let range = model.ranges[0]
    let count = min(max(evaluations, 1), 100_000)
    return (0..<count).map { step in
      let share = count == 1 ? 1 : Double(step) / Double(count - 1)
      return range.lowerBound + (range.upperBound - range.lowerBound) * share
    }
  }

  /// AutoQuantize knows one cost; a proposal that misses its limit is an allocation all the same.
  private func autoQuantizeChoices(
    _ model: AdditiveModel, effort: AllocationEffort
  ) throws(SearchError) -> [[Int]] {
    let others = [Double](repeating: .infinity, count: max(model.problem.costCount - 1, 0))
    var choices: [[Int]] = []
    for limit in firstCostLimits(model) {
      let proposal: AllocationProposal
      do throws(AllocationError) {
        let limited = try model.problem.withBudgets([limit] + others)
        proposal =
          method == .autoQuantizeGradient
          ? try limited.autoQuantizeGradient(effort: effort)
          : try limited.autoQuantizeThreshold()
      } catch {
        throw .allocation(error)
      }
      if let choice = proposal.allocation?.choice { choices.append(choice) }
    }
    return Self.distinct(choices)
  }

  private static func distinct(_ choices: [[Int]]) -> [[Int]] {
    var seen: Set<[Int]> = []
    return choices.filter { seen.insert($0).inserted }
  }

  /// ZeroQ knows one cost.
  private func zeroQChoices(
    _ model: AdditiveModel, effort: AllocationEffort
  ) throws(SearchError) -> [[Int]] {
    do throws(AllocationError) {
      return try model.problem.paretoFrontier(of: [.loss, .cost(0)], effort: effort)
        .points.map(\.choice)
    } catch {
      throw .allocation(error)
    }
  }
}

/// NSGA-II on measured qualities (Deb et al., IEEE Transactions on Evolutionary Computation 6, 2002).
///
/// Population 24; binary tournaments by rank and crowding distance, uniform crossover with
/// probability 0.9, mutation of each group with probability 1/groups to a random option. Children
/// that were evaluated before cost no evaluation.
struct EvolutionarySearch {
  private static let population = 24
  private static let crossover = 0.9

  private struct Member {
    var point: [Int]
    var values: [Double]
    var rank = 0
    var crowding = 0.0
  }

  private let task: SearchTask
  private let grid: ChoiceGrid
  private var generator: SplitMix64

  init(task: SearchTask) {
    self.task = task
    grid = ChoiceGrid(task.space)
    generator = SplitMix64(seed: task.seed)
  }

  mutating func run(ledger: EvaluationLedger) throws(SearchError) {
    var members: [Member] = []
    var points: [[Int]] = []
    for _ in 0..<Self.population {
      points.append(grid.options.map { generator.draw(below: $0.count) })
    }
    members = Self.selected(try evaluated(points, ledger))
    // A generation of known children costs nothing; a converged population ends the search.
    var idle = 0
    while ledger.remaining > 0, idle < 200 {
      var children: [[Int]] = []
      while children.count < Self.population { children += offspring(of: members) }
      let before = ledger.order.count
      members = Self.selected(members + (try evaluated(children, ledger)))
      idle = ledger.order.count == before ? idle + 1 : 0
    }
  }

  private func evaluated(
    _ points: [[Int]], _ ledger: EvaluationLedger
  ) throws(SearchError) -> [Member] {
    try ledger.evaluate(points.map { grid.choice($0) })
    return points.compactMap { point in
      ledger[grid.choice(point)].map { evaluation in
        Member(
          point: point,
          values: [task.quality.deficit(evaluation.quality)]
            + evaluation.costs.prefix(task.objectiveCount))
      }
    }
  }

  private mutating func offspring(of members: [Member]) -> [[Int]] {
    guard !members.isEmpty else {
      return [grid.options.map { generator.draw(below: $0.count) }]
    }
    var first = parent(members).point
    var second = parent(members).point
    if generator.unit() < Self.crossover {
      for group in first.indices where generator.next() >> 63 == 1 {
        (first[group], second[group]) = (second[group], first[group])
      }
    }
    return [mutated(first), mutated(second)]
  }

  private mutating func mutated(_ point: [Int]) -> [Int] {
    var point = point
    for group in point.indices where generator.draw(below: point.count) == 0 {
      point[group] = generator.draw(below: grid.options[group].count)
    }
    return point
  }

  private mutating func parent(_ members: [Member]) -> Member {
    let a = members[generator.draw(below: members.count)]
    let b = members[generator.draw(below: members.count)]
    if a.rank != b.rank { return a.rank < b.rank ? a : b }
    return a.crowding >= b.crowding ? a : b
  }

  /// The best members by front, the last front by crowding distance; equal points once.
  private static func selected(_ all: [Member]) -> [Member] {
    var seen: Set<[Int]> = []
    let distinct = all.filter { seen.insert($0.point).inserted }
    return Fronts.survivors(
      of: distinct.count, keeping: population, axes: distinct.first?.values.count ?? 0,
      dominates: { a, b in
        zip(distinct[a].values, distinct[b].values).allSatisfy { $0 <= $1 }
          && distinct[a].values != distinct[b].values
      }, value: { distinct[$0].values[$1] }
    ).map { survivor in
      var member = distinct[survivor.index]
      (member.rank, member.crowding) = (survivor.rank, survivor.crowding)
      return member
    }
  }
}
