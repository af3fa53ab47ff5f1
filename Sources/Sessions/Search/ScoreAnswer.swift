import Arith
package import Documents
package import Knapsack
package import QuantGraph
package import Search

/// The answer of `hwsim search --table` for a file of scores.
package struct ScoreAnswer: Sendable {
  package let path: String
  package let file: ScoreFile
  /// Names of the objectives' costs; empty where only the score counts.
  package let objectives: [String]
  package let budgets: [(cost: String, limit: Double)]
  package let method: AllocationMethod
  package let problem: ScoreProblem
  /// One allocation under the budgets; nil without budgets.
  package let solution: AllocationSolution?
  /// Every nondominated point; nil where one allocation is asked for.
  package let frontier: ParetoFrontier?
  /// The points of the frontier, by ascending first objective after the score.
  package let points: [Point]
  /// What the score may be, where an allocation is sought that is cheap and good enough.
  package private(set) var scoreLimit: ScoreLimit?

  /// A bound of the score.
  package struct ScoreLimit: Sendable {
    package let limit: Double
    /// What is as small as can be under it.
    package let cost: String
    /// The smallest score there is, where the bound cannot be met.
    package let reachable: Double?
  }

  /// Time of solving; the one number of a result that differs from run to run.
  package let seconds: Double

  /// Solves.
  ///
  /// With budgets one allocation; without, or with objectives that were asked for, the frontier. The
  /// costs of the objectives are all of the file's where none is named.
  package init(
    path: String, file: ScoreFile, objectives: [String]?,
    budgets: [(cost: String, limit: Double)], method: AllocationMethod, seed: UInt64,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(Failure) {
    self.path = path
    self.file = file
    self.budgets = budgets
    self.method = method
    let wantsFrontier = budgets.isEmpty || objectives != nil
    let named = objectives ?? (budgets.isEmpty ? file.costNames : [])
    self.objectives = named
    // The costs with budgets come first: published methods know the first one alone.
    let costs = budgets.map(\.cost) + named.filter { name in !budgets.contains { $0.cost == name } }
    guard costs.count <= AllocationProblem.maximumCostCount else {
      throw Failure(
        "allocation.cost-count", "\(costs.count) costs, at most 3 are minimised or limited",
        at: path, notes: ["costs: \(costs.joined(separator: ", "))"],
        remedy: "name those that count: --objective score,\(costs[0]).")
    }
    let start = ContinuousClock.now
    var effort = AllocationEffort(isCancelled: isCancelled)
    effort.progress = progress
    do throws(ScoreProblemError) {
      problem = try ScoreProblem(
        file, costs: costs,
        budgets: budgets.isEmpty
          ? []
          : costs.indices.map { $0 < budgets.count ? budgets[$0].limit : .infinity })
    } catch {
      throw Failure(Diagnostic(error, file: path))
    }
    do throws(AllocationError) {
      solution =
        budgets.isEmpty ? nil : try problem.problem.solution(by: method, seed: seed, effort: effort)
      frontier =
        wantsFrontier
        ? try problem.problem.frontier(
          of: [.loss]
            + named.compactMap { name in costs.firstIndex(of: name).map { .cost($0) } },
          by: method, seed: seed, effort: effort) : nil
    } catch {
      if case .noBudgets = error {
        throw Failure(
          "search.method", "'\(method.rawValue)' fills a budget, and there is none",
          at: "--method", remedy: "give --budget COST=MAX, or take exact, greedy, zeroq or nsga2.")
      }
      throw Failure(Diagnostic(error, problem: path))
    }
    points =
      if let frontier { Self.points(of: frontier, problem, objectives: named) } else { [] }
    let (whole, attoseconds) = (ContinuousClock.now - start).components
    seconds = Double(whole) + Double(attoseconds) * 1e-18
  }

  /// The allocation of the smallest `cost` whose score is at most `limit`.
  ///
  /// The frontier of both says how small the cost can be, and the best score at that cost is the answer.
  package static func smallest(
    _ cost: String, withScoreUpTo limit: Double, path: String, file: ScoreFile,
    budgets: [(cost: String, limit: Double)], method: AllocationMethod, seed: UInt64,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(Failure) -> ScoreAnswer {
    var all = try ScoreAnswer(
      path: path, file: file, objectives: [cost], budgets: budgets, method: method, seed: seed,
      isCancelled: isCancelled, progress: progress)
    let slack = limit.magnitude * 1e-12
    // Points come by ascending cost.
    guard let place = all.problem.costs.firstIndex(of: cost),
      let best = all.points.first(where: { $0.score <= limit + slack })
    else {
      all.scoreLimit = ScoreLimit(
        limit: limit, cost: cost, reachable: all.points.map(\.score).min())
      return all
    }
    let others = budgets.filter { $0.cost != cost }
    var answer = try ScoreAnswer(
      path: path, file: file, objectives: nil, budgets: [(cost, best.costs[place])] + others,
      method: method, seed: seed, isCancelled: isCancelled, progress: progress)
    answer.scoreLimit = ScoreLimit(limit: limit, cost: cost, reachable: nil)
    return answer
  }

  /// `optimal`, `infeasible`, `feasible` or `unmet`.
  package var state: AllocationSolution.Status {
    if let scoreLimit, scoreLimit.reachable != nil { return .infeasible }
    if let solution { return solution.status }
    if frontier?.points.isEmpty ?? true { return .infeasible }
    return method == .exact && frontier?.isComplete == true ? .optimal : .feasible
  }

  /// Whether there is an allocation.
  package var isSolved: Bool { state == .optimal || state == .feasible }

  // MARK: Allocations

  /// One allocation with the name of its files.
  package struct Point: Sendable {
    /// Empty for the one allocation under budgets.
    package let id: String
    /// Index of the format of each group.
    package let formats: [Int]
    package let score: Double
    /// One number a cost of the problem.
    package let costs: [Double]
  }

  /// The one allocation; nil where there is none.
  package var chosen: Point? {
    solution?.allocation.map {
      Point(id: "", formats: problem.formats(of: $0.choice), score: $0.loss, costs: $0.costs)
    }
  }

  /// By ascending first objective after the score.
  private static func points(
    of frontier: ParetoFrontier, _ problem: ScoreProblem, objectives: [String]
  ) -> [Point] {
    let allocations = frontier.points.map { problem.problem.evaluate($0.choice) }
    let first = objectives.first.flatMap { problem.costs.firstIndex(of: $0) }
    let sorted = allocations.sorted { a, b in
      let (x, y) = (first.map { a.costs[$0] } ?? a.loss, first.map { b.costs[$0] } ?? b.loss)
      if x != y { return x < y }
      return a.loss != b.loss
        ? a.loss < b.loss : a.choice.lexicographicallyPrecedes(b.choice)
    }
    return sorted.enumerated().map { index, allocation in
      Point(
        id: SearchPoint.label(index), formats: problem.formats(of: allocation.choice),
        score: allocation.loss, costs: allocation.costs)
    }
  }

  /// How much better than the frontier an allocation that it lacks can be, by objective; nil where
  /// that is unknown or nothing is missing.
  package var tolerance: [(objective: String, value: Double)]? {
    guard let frontier, !frontier.isComplete, let tolerance = frontier.tolerance else { return nil }
    return zip(["score"] + objectives, tolerance).map { ($0, $1) }
  }

  private var thinning: String? {
    guard let frontier, method == .exact, !frontier.isComplete else { return nil }
    let start = "the whole frontier is too large to be held; of points that are alike one is shown"
    guard let tolerance else { return start + ", how alike is unknown" }
    let parts = tolerance.enumerated().filter { $1.value > 0 }.map { index, entry in
      let values = frontier.points.map { $0.values[index] }
      let range = (values.max() ?? 0) - (values.min() ?? 0)
      let percent = SearchQuantity.threeDigits(entry.value / range * 100)
      let share = range > 0 ? " (\(percent)% of its range)" : ""
      return "\(SearchQuantity.threeDigits(entry.value)) in \(entry.objective)\(share)"
    }
    return start + ", and no allocation is better than a point by more than "
      + parts.joined(separator: " and ")
  }

  /// What a reader must know.
  package var notes: [String] {
    guard let solution else { return thinning.map { [$0] } ?? [] }
    var notes = thinning.map { [$0] } ?? []
    if let scoreLimit {
      notes.append(
        "no smaller \(scoreLimit.cost) has a score of at most "
          + SearchQuantity.threeDigits(scoreLimit.limit)
          + (method == .exact ? "" : " that \(method.rawValue) finds"))
    }
    if solution.method == .exact, solution.status == .feasible || solution.status == .unmet {
      notes.append(
        "stopped before the proof"
          + (solution.lowerBound.map {
            ": no allocation has a score below \(SearchQuantity.threeDigits($0))"
          } ?? ""))
    } else if solution.status == .unmet, let optimum = solution.optimum {
      notes.append(
        "\(method.rawValue) ends without meeting the budgets; the exact method meets them, "
          + "score \(SearchQuantity.threeDigits(optimum.loss))")
    } else if solution.status == .unmet {
      notes.append("\(method.rawValue) ends without meeting the budgets; that proves nothing")
    } else if solution.status == .feasible, let optimum = solution.optimum,
      let found = solution.allocation, found.loss > optimum.loss
    {
      notes.append(
        "the smallest score is \(SearchQuantity.threeDigits(optimum.loss)), by the exact method")
    }
    return notes
  }
}

// MARK: Files

extension ScoreAnswer {
  /// Files of the allocations that are asked for, by name.
  ///
  /// `unscored` are the model's other linear layers: they stay as they are, which files of checkpoints
  /// say of each.
  ///
  /// - Throws: a ``Failure`` with every layer whose format a file cannot say.
  package func documents(
    _ products: SearchProducts, unscored: [String] = []
  ) throws(Failure) -> [(name: String, document: JSON)] {
    let wanted = solution == nil ? points : [isSolved ? chosen : nil].compactMap { $0 }
    var files: [(name: String, document: JSON)] = []
    var problems: [Diagnostic] = []
    // Labels that an allocation file cannot say, with the groups that took them.
    var labels: [(label: String, groups: [String])] = []
    for point in wanted {
      if products.allocations {
        let (document, unsaid) = allocation(point)
        files.append((point.id.isEmpty ? "allocation.json" : "\(point.id).json", document))
        for (group, label) in unsaid {
          guard let place = labels.firstIndex(where: { $0.label == label }) else {
            labels.append((label, [group]))
            continue
          }
          if !labels[place].groups.contains(group) { labels[place].groups.append(group) }
        }
      }
      if products.hasCheckpoints {
        do throws(QuantizedCheckpointProblems) {
          files += try checkpoint(point, unscored).files(
            in: point.id.isEmpty ? "" : "\(point.id)/", products)
        } catch {
          problems += Diagnostic.messages(error, place: path)
        }
      }
    }
    problems += labels.map { label, groups in
      Diagnostic(
        code: "scores.label", message: "'\(label)' is no format of an allocation file",
        location: path,
        notes: [
          "chosen for \(groups.prefix(3).joined(separator: ", "))"
            + (groups.count > 3 ? " and \(groups.count - 3) more" : "")
        ],
        remedy: "write formats such as w4a8 or e4m3 in the file, or take --write hf or none.")
    }
    var distinct: [Diagnostic] = []
    for problem in problems where !distinct.contains(problem) { distinct.append(problem) }
    guard distinct.isEmpty else { throw Failure(distinct) }
    return files
  }

  private func checkpoint(
    _ point: Point, _ unscored: [String]
  ) throws(QuantizedCheckpointProblems) -> QuantizedCheckpoint {
    let scored = zip(file.groups, point.formats).map { group, format in
      QuantizedCheckpoint.Assignment(
        group: group.name, layers: group.layers, role: group.role,
        format: group.formats[format])
    }
    return try QuantizedCheckpoint(
      scored + [.init(group: "unscored", layers: unscored, role: .linear, format: "none")])
  }

  /// The allocation file of a point, and each group whose label it cannot say.
  private func allocation(
    _ point: Point
  ) -> (document: JSON, unsaid: [(group: String, label: String)]) {
    var allocation = Allocation(modelSum: file.modelDigest)
    var unsaid: [(group: String, label: String)] = []
    for (group, format) in zip(file.groups, point.formats) {
      let label = group.formats[format]
      guard let candidate = try? SpaceCandidate(label) else {
        unsaid.append((group.name, label))
        continue
      }
      for layer in group.layers {
        switch group.role {
        case .linear: allocation[node: layer] = candidate.formats
        case .keyValue:
          allocation[tensor: layer] = candidate.formats.activations ?? candidate.formats.weights
        }
      }
    }
    return (allocation.document, unsaid)
  }
}
