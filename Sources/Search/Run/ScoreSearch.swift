import Knapsack

/// A frontier of summed scores and costs, known without running a network.
public struct ScoreFrontier: Sendable, Hashable {
  /// One nondominated allocation.
  public struct Point: Sendable, Hashable {
    /// A candidate index a layer.
    public let choice: [Int]
    /// The sum of its layers' scores.
    public let score: Double
    /// One number a cost of the task.
    public let costs: [Double]
  }

  /// By ascending first cost.
  public let points: [Point]
  /// Whether no allocation of the space that meets the budgets is missing.
  public let isProved: Bool

  /// Without the points that `isGood` refuses.
  func keeping(_ isGood: (Point) -> Bool) -> ScoreFrontier {
    ScoreFrontier(points: points.filter(isGood), isProved: isProved)
  }
}

extension SearchTask {
  /// Nondominated points of the summed sensitivities and the objectives' costs, under the budgets.
  ///
  /// `auto` and `exact` give the whole frontier, thinned where it is too large; the other methods what they find. Costs that are no
  /// sums over layers guide by their linear picture, are then asked for as a whole, and leave the
  /// frontier without a proof.
  func scoreFrontier(_ model: AdditiveModel) throws(SearchError) -> ScoreFrontier {
    let additive = costs.map { $0.additive(in: space) != nil }
    let bounding = costs.indices.filter { $0 < objectiveCount || budgets[$0].isFinite }
    var isProved =
      bounding.allSatisfy { additive[$0] }
      && bounding.count <= AllocationProblem.maximumCostCount
    var choices: [[Int]]
    switch method {
    case .auto, .exact:
      let frontier = try model.frontier()
      choices = frontier.choices
      isProved = isProved && frontier.isComplete
    case .nsga2:
      do throws(AllocationError) {
        choices = try model.problem.nsga2(settings: NSGA2Settings(seed: seed)).front.map(\.choice)
      } catch {
        throw .allocation(error)
      }
      isProved = false
    case .zeroq, .greedy, .bisect, .autoQuantizeGradient, .autoQuantizeThreshold, .quantMCU:
      choices = try plannedChoices(model)
      isProved = false
    }
    var points: [ScoreFrontier.Point] = []
    for choice in choices {
      let totals = try model.totals(choice)
      guard meetsBudgets(totals) else { continue }
      points.append(
        ScoreFrontier.Point(choice: choice, score: model.loss(of: choice), costs: totals))
    }
    // A proved frontier has no dominated point, and may be long.
    if !isProved {
      let rows = points.map { Array($0.costs.prefix(objectiveCount)) + [$0.score] }
      points = Dominance.frontier(rows).map { points[$0] }
    }
    return ScoreFrontier(
      points: points.sorted { a, b in
        a.costs != b.costs
          ? a.costs.lexicographicallyPrecedes(b.costs)
          : a.choice.lexicographicallyPrecedes(b.choice)
      }, isProved: isProved)
  }
}
