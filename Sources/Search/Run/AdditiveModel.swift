import Knapsack

/// The separable picture of a task: summed sensitivities against summed costs.
struct AdditiveModel {
  private let task: SearchTask
  /// The allocation problem over the costs that fit in one, budgets of additive costs included.
  let problem: AllocationProblem
  /// Smallest and largest total of each cost of the task, by the (linearised) table.
  let ranges: [ClosedRange<Double>]
  /// `tables[cost][layer][candidate]`, whose sums are the totals of additive costs and follow others.
  let tables: [[[Double]]]
  /// Whether each cost is the sum of its table.
  let isAdditive: [Bool]

  /// - Throws: ``SearchError/infeasible(budget:reachableMinimum:isProved:)`` if a budget of an
  ///   additive cost cannot be met.
  init(_ task: SearchTask) throws(SearchError) {
    self.task = task
    var tables: [[[Double]]] = []
    var isAdditive: [Bool] = []
    do throws(CostError) {
      for cost in task.costs {
        tables.append(try cost.linearised(in: task.space))
        isAdditive.append(cost.additive(in: task.space) != nil)
      }
    } catch {
      throw .cost(error)
    }
    self.tables = tables
    self.isAdditive = isAdditive
    // Objectives first, then costs with a budget, as many as a problem takes.
    let chosen = task.costs.indices.filter { $0 < task.objectiveCount || task.budgets[$0].isFinite }
      .prefix(AllocationProblem.maximumCostCount)
    var layers: [AllocationLayer] = []
    for (index, layer) in task.space.layers.enumerated() {
      layers.append(
        AllocationLayer(
          name: layer.name, losses: task.sensitivities[index],
          costs: chosen.map { tables[$0][index] }))
    }
    let outcome: AllocationOutcome
    do throws(AllocationError) {
      problem = try AllocationProblem(
        layers: layers, ties: task.space.ties,
        budgets: chosen.map { isAdditive[$0] ? task.budgets[$0] : .infinity },
        fixed: task.space.fixed)
      outcome = try problem.optimum()
    } catch {
      throw .allocation(error)
    }
    if case .infeasible(let found) = outcome {
      var minimum = [Double](repeating: .nan, count: task.costs.count)
      for (position, index) in chosen.enumerated() {
        minimum[index] = found.reachableMinimum[position]
      }
      throw .infeasible(
        budget: found.budget.map { Array(chosen)[$0] }, reachableMinimum: minimum, isProved: true)
    }
    ranges = tables.map { table in
      var low = 0.0
      var high = 0.0
      for group in task.space.groups.indices {
        let totals = task.space.allowed(ofGroup: group).map { option in
          task.space.groups[group].reduce(0.0) { $0 + table[$1][option] }
        }
        low += totals.min() ?? 0
        high += totals.max() ?? 0
      }
      return low...max(low, high)
    }
  }

  /// Summed sensitivities of a choice.
  func loss(of choice: [Int]) -> Double {
    zip(task.sensitivities, choice).reduce(0) { $0 + $1.0[$1.1] }
  }

  /// Costs of a choice: sums where costs are sums, else what the cost model says of the whole.
  func totals(_ choice: [Int]) throws(SearchError) -> [Double] {
    do throws(CostError) {
      return try task.totals(choice)
    } catch {
      throw .cost(error)
    }
  }

  /// The costs of a choice at the positions in `wanted`, NaN elsewhere.
  func totals(_ choice: [Int], of wanted: Set<Int>) throws(SearchError) -> [Double] {
    var totals = [Double](repeating: .nan, count: task.costs.count)
    for cost in task.costs.indices where wanted.contains(cost) {
      totals[cost] = try total(cost, choice)
    }
    return totals
  }

  /// One cost of a choice.
  func total(_ cost: Int, _ choice: [Int]) throws(SearchError) -> Double {
    if isAdditive[cost] { return zip(tables[cost], choice).reduce(0) { $0 + $1.0[$1.1] } }
    do throws(CostError) {
      return try task.costs[cost].total(of: choice, in: task.space)
    } catch {
      throw .cost(error)
    }
  }

  /// Whether a choice meets every budget; costs without one are not asked for.
  func meetsBudgets(_ choice: [Int]) throws(SearchError) -> Bool {
    for (cost, budget) in task.budgets.enumerated() where budget < .infinity {
      if try total(cost, choice) > budget { return false }
    }
    return true
  }

  /// For each cost a choice that no change of one group makes cheaper, found by descent from the
  /// first candidates.
  func cheapestChoices() throws(SearchError) -> [[Int]] {
    var found: [[Int]] = []
    let grid = ChoiceGrid(task.space)
    for cost in task.costs.indices {
      var point = [Int](repeating: 0, count: grid.free.count)
      if isAdditive[cost] {
        // A sum is smallest where each of its parts is.
        point = grid.sums(of: tables[cost]).groups.map { options in
          options.indices.min { options[$0] < options[$1] } ?? 0
        }
        found.append(grid.choice(point))
        continue
      }
      var best = try total(cost, grid.choice(point))
      var improved = true
      while improved {
        improved = false
        for group in point.indices {
          for option in grid.options[group].indices where option != point[group] {
            var near = point
            near[group] = option
            let total = try total(cost, grid.choice(near))
            if total < best { (best, point, improved) = (total, near, true) }
          }
        }
      }
      found.append(grid.choice(point))
    }
    return found
  }

  /// Choices of the frontier of summed sensitivities and the objectives' costs, and whether it is whole.
  func frontier(
    effort: AllocationEffort = AllocationEffort()
  ) throws(SearchError) -> (choices: [[Int]], isComplete: Bool) {
    let costs = min(task.objectiveCount, AllocationProblem.maximumCostCount)
    do throws(AllocationError) {
      let found = try problem.paretoFrontier(
        of: [.loss] + (0..<costs).map { .cost($0) }, effort: effort)
      return (found.points.map(\.choice), found.isComplete)
    } catch {
      throw .allocation(error)
    }
  }
}
