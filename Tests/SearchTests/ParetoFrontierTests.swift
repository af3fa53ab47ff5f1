import Knapsack
import Search
import Testing

@Suite("Frontiers against enumeration")
struct ParetoFrontierTests {
  /// Nondominated rows by the definition, sorted, without duplicates.
  private func frontier(_ rows: [[Int]]) -> [[Int]] {
    let distinct = Array(Set(rows)).sorted { $0.lexicographicallyPrecedes($1) }
    return distinct.filter { row in
      !distinct.contains { other in other != row && zip(other, row).allSatisfy { $0 <= $1 } }
    }
  }

  @Test(arguments: [1.0, 100])
  func randomProblems(perOne: Double) throws {
    let objectiveSets: [[AllocationObjective]] = [
      [.loss], [.loss, .cost(0)], [.cost(1), .loss], [.loss, .cost(0), .cost(2)],
      [.loss, .cost(0), .cost(1), .cost(2)],
    ]
    for seed in 0..<300 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let budgeted = random.draw(0...1) == 1
      let problem = try random.problem(
        layers: random.draw(1...5), options: 1...4, costs: 3, perOne: perOne, tightness: 30...90,
        budgeted: budgeted)
      let budgets = wholeBudgets(problem, perOne: perOne)
      let totals = allChoices(of: problem).map { wholeTotals(of: $0, in: problem, perOne: perOne) }
        .filter { !budgeted || zip($0.dropFirst(), budgets).allSatisfy { $0 <= $1 } }
      for objectives in objectiveSets {
        let lanes = objectives.map { objective in
          switch objective {
          case .loss: 0
          case .cost(let cost): cost + 1
          }
        }
        let expected = frontier(totals.map { row in lanes.map { row[$0] } })
        let found = try problem.paretoFrontier(of: objectives)
        #expect(
          found.points.map { $0.values.map { Int(($0 * perOne).rounded()) } } == expected,
          "seed \(seed), \(objectives)")
        for point in found.points {
          let own = wholeTotals(of: point.choice, in: problem, perOne: perOne)
          #expect(
            lanes.map { Double(own[$0]) / perOne }.elementsEqual(point.values) {
              abs($0 - $1) < 1e-9
            }
          )
          #expect(problem.respectsTies(point.choice))
        }
      }
    }
  }

  /// One layer with many options is the nondominated filter by itself, beyond its small cases.
  @Test(arguments: [3, 4])
  func manyPoints(dimensions: Int) throws {
    for seed in 0..<6 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let span = seed % 2 == 0 ? 30 : 1000
      let columns = (0..<4).map { _ in (0..<400).map { _ in random.draw(0...span) } }
      let layer = AllocationLayer(
        losses: columns[0].map(Double.init),
        costs: (1...3).map { column in columns[column].map(Double.init) })
      // A second layer without effect, so that the merge sees the points twice.
      let none = AllocationLayer(losses: [0, 0], costs: [[0, 0], [0, 1], [0, 0]])
      let problem = try AllocationProblem(layers: [none, layer])
      let objectives: [AllocationObjective] =
        dimensions == 3
        ? [.loss, .cost(0), .cost(1)] : [.loss, .cost(0), .cost(1), .cost(2)]
      let rows = (0..<400).map { index in (0..<dimensions).map { columns[$0][index] } }
      let found = try problem.paretoFrontier(of: objectives).points.map {
        $0.values.map { Int($0) }
      }
      #expect(found == frontier(rows), "seed \(seed)")
    }
  }

  /// Where sums are thinned, every allocation has a point that is at most the tolerance worse.
  @Test(arguments: [2, 3, 4])
  func thinnedFrontiers(dimensions: Int) throws {
    let objectives: [AllocationObjective] = Array(
      [.loss, .cost(0), .cost(1), .cost(2)].prefix(dimensions))
    var thinned = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = RandomProblem(seed: seed)
      let problem = try random.problem(
        layers: random.draw(4...6), options: 3...4, costs: 3, budgeted: false)
      let whole = try problem.paretoFrontier(of: objectives)
      #expect(whole.isComplete && whole.tolerance == [Double](repeating: 0, count: dimensions))
      let found = try problem.paretoFrontier(
        of: objectives, effort: AllocationEffort(stateLimit: 5))
      if found.isComplete {
        #expect(found.points == whole.points)
        continue
      }
      thinned += 1
      let tolerance = try #require(found.tolerance)
      for point in whole.points {
        #expect(
          found.points.contains { candidate in
            zip(zip(candidate.values, point.values), tolerance).allSatisfy {
              $0.0 <= $0.1 + $1 + 1e-9
            }
          }, "seed \(seed): \(point.values), \(tolerance)")
      }
      for point in found.points {
        let own = problem.evaluate(point.choice)
        let values = [own.loss] + own.costs
        #expect(zip(point.values, values).allSatisfy { abs($0 - $1) < 1e-9 })
      }
      // The smallest of each objective is never lost.
      for lane in 0..<dimensions {
        #expect(
          found.points.map { $0.values[lane] }.min() == whole.points.map { $0.values[lane] }.min())
      }
    }
    #expect(thinned > 20)
  }

  /// Sums that are all different, and more of them than are kept.
  @Test func frontiersThatAreNotHeld() throws {
    var random = RandomProblem(seed: 7)
    let layers = (0..<120).map { _ in
      AllocationLayer(
        losses: (0..<3).map { Double(random.draw(0...1_000_000)) / 3 + Double($0) },
        costs: [(0..<3).map { Double(random.draw(0...1_000_000)) / 7 + Double(2 - $0) }])
    }
    let problem = try AllocationProblem(layers: layers)
    let found = try problem.paretoFrontier(
      of: [.loss, .cost(0)], effort: AllocationEffort(stateLimit: 500))
    let tolerance = try #require(found.tolerance)
    #expect(!found.isComplete && found.points.count <= 502 && tolerance[1] > 0)
    // Optima under budgets are found by another algorithm.
    let costs = found.points.map { $0.values[1] }
    let (low, high) = (try #require(costs.min()), try #require(costs.max()))
    for share in [0.1, 0.35, 0.6, 0.9] {
      let budget = low + (high - low) * share
      guard case .optimal(let best) = try problem.withBudgets([budget]).optimum() else {
        Issue.record("no optimum under \(budget)")
        continue
      }
      #expect(
        found.points.contains {
          $0.values[0] <= best.loss * (1 + 1e-12) && $0.values[1] <= budget + tolerance[1]
        })
    }
  }

  @Test func objectivesAreChecked() throws {
    let problem = try AllocationProblem(layers: [AllocationLayer(losses: [1], costs: [[2]])])
    for objectives: [AllocationObjective] in [[], [.cost(1)], [.loss, .loss], [.cost(-1)]] {
      #expect(throws: AllocationError.objectives(costCount: 1)) {
        try problem.paretoFrontier(of: objectives)
      }
    }
  }

  /// What is given once the caller wants an end are real allocations, and no allocation is better
  /// than one of them by more than the tolerance.
  @Test func stoppedFrontier() throws {
    var random = RandomProblem(seed: 11)
    let layers = (0..<10).map { _ in
      let costs = (0..<4).map { _ in random.draw(1...9999) }
      return AllocationLayer(
        losses: costs.map { Double(20000 - $0 + random.draw(0...99)) },
        costs: [costs.map(Double.init)])
    }
    let problem = try AllocationProblem(layers: layers)
    let whole = try problem.paretoFrontier(of: [.loss, .cost(0)])
    let stopped = try problem.paretoFrontier(
      of: [.loss, .cost(0)], effort: AllocationEffort(isCancelled: { true }))
    #expect(whole.isComplete && !stopped.isComplete)
    #expect(stopped.points.count >= 2 && stopped.points.count < whole.points.count)
    for point in stopped.points {
      let allocation = problem.evaluate(point.choice)
      #expect([allocation.loss] + allocation.costs == point.values)
    }
    let tolerance = try #require(stopped.tolerance)
    for point in whole.points {
      #expect(
        stopped.points.contains { found in
          zip(zip(found.values, point.values), tolerance).allSatisfy {
            $0.0 <= $0.1 + $1 * (1 + 1e-9)
          }
        })
    }
  }
}
