/// One layer of an allocation problem: what each of its options loses and costs.
public struct AllocationLayer: Sendable, Hashable {
  /// Name for messages; empty where the source has none.
  public let name: String
  /// Loss of each option; the sum over layers is minimised, negative values are taken as they are.
  public let losses: [Double]
  /// Each cost of each option, `costs[cost][option]`; negative values are taken as they are.
  public let costs: [[Double]]

  public init(name: String = "", losses: [Double], costs: [[Double]]) {
    self.name = name
    self.losses = losses
    self.costs = costs
  }
}

/// A separable bit-allocation problem: a multiple-choice knapsack with tie groups.
///
/// Pick one option a layer. Losses and costs add up over layers; layers of one tie group pick the
/// same option index; with budgets, each summed cost may not exceed its budget. Costs that do not
/// add up over layers (peak memory) are no part of this type.
///
/// Numbers are taken as decimals: a column (the losses, or one cost) whose values have few enough
/// digits for every sum to stay below 2^53 units of the last digit is summed exactly. Other columns
/// are summed in binary64. A total of whole numbers meets its budget if it is at most the budget;
/// a total of fractions meets it within the error that adding in binary64 may have,
/// `(layers + 1) * 2^-53 * sum(max |cost|)`, because published budgets are such sums themselves.
public struct AllocationProblem: Sendable, Hashable {
  /// At most this many costs: what the search keeps in one vector register beside the loss.
  public static let maximumCostCount = 3

  public let layers: [AllocationLayer]
  /// Groups of layer indices that must choose the same option index; overlapping groups join.
  public let ties: [[Int]]
  /// One budget a cost, or none at all (frontiers); infinity means that a cost has no limit.
  public let budgets: [Double]
  /// Layers whose option is given; their losses and costs count.
  public let fixed: [Int: Int]

  /// Number of costs each option has.
  public let costCount: Int
  /// Layers that choose together, in order of their first member; members ascend.
  public let groups: [[Int]]

  /// Checks and stores a problem.
  ///
  /// - Throws: ``AllocationError`` for a problem that has no meaning: no layers or options, uneven
  ///   lists, NaN or infinite numbers, indices out of range, tied layers with different numbers of
  ///   options or different fixed options, totals beyond 1e300.
  public init(
    layers: [AllocationLayer], ties: [[Int]] = [], budgets: [Double] = [], fixed: [Int: Int] = [:]
  ) throws(AllocationError) {
    guard let first = layers.first else { throw .noLayers }
    let costCount = first.costs.count
    guard costCount <= Self.maximumCostCount else { throw .tooManyCosts(count: costCount) }
    guard budgets.isEmpty || budgets.count == costCount else {
      throw .budgetCount(expected: costCount, found: budgets.count)
    }
    for (index, budget) in budgets.enumerated() where budget.isNaN || budget == -.infinity {
      throw .budgetNotANumber(budget: index, value: budget)
    }
    for (index, layer) in layers.enumerated() {
      try Self.check(layer, at: index, costCount: costCount)
    }
    try Self.checkTotals(of: layers, costCount: costCount)
    let groups = try Self.groups(of: layers, ties: ties)
    for (layer, option) in fixed.sorted(by: { $0.key < $1.key }) {
      guard layers.indices.contains(layer) else { throw .fixedLayerOutOfRange(layer: layer) }
      guard layers[layer].losses.indices.contains(option) else {
        throw .fixedOptionOutOfRange(layer: layer, option: option)
      }
    }
    for group in groups {
      var seen: (layer: Int, option: Int)?
      for layer in group {
        guard let option = fixed[layer] else { continue }
        if let seen, seen.option != option {
          throw .fixedOptionsDiffer(layer: seen.layer, tiedLayer: layer)
        }
        seen = (layer, option)
      }
    }
    self.layers = layers
    self.ties = ties
    self.budgets = budgets
    self.fixed = fixed
    self.costCount = costCount
    self.groups = groups
  }

  /// The same layers, ties and fixed options under other budgets.
  public func withBudgets(_ budgets: [Double]) throws(AllocationError) -> AllocationProblem {
    try AllocationProblem(layers: layers, ties: ties, budgets: budgets, fixed: fixed)
  }

  /// The option indices that a group may choose: all, or the one that is fixed.
  func allowedOptions(ofGroup group: [Int]) -> [Int] {
    for layer in group {
      if let option = fixed[layer] { return [option] }
    }
    return Array(layers[group[0]].losses.indices)
  }
}

extension AllocationProblem {
  private static func check(
    _ layer: AllocationLayer, at index: Int, costCount: Int
  ) throws(AllocationError) {
    guard !layer.losses.isEmpty else { throw .noOptions(layer: index) }
    guard layer.costs.count == costCount else {
      throw .costCount(layer: index, expected: costCount, found: layer.costs.count)
    }
    for (option, loss) in layer.losses.enumerated() where !loss.isFinite {
      throw .notFinite(layer: index, option: option, quantity: .loss, value: loss)
    }
    for (cost, values) in layer.costs.enumerated() {
      guard values.count == layer.losses.count else {
        throw .optionCount(
          layer: index, cost: cost, expected: layer.losses.count, found: values.count)
      }
      for (option, value) in values.enumerated() where !value.isFinite {
        throw .notFinite(layer: index, option: option, quantity: .cost(cost), value: value)
      }
    }
  }

  private static func checkTotals(
    of layers: [AllocationLayer], costCount: Int
  ) throws(AllocationError) {
    for column in 0...costCount {
      var total = 0.0
      for layer in layers {
        let values = column == 0 ? layer.losses : layer.costs[column - 1]
        total += values.reduce(0) { max($0, abs($1)) }
      }
      guard total <= 1e300 else {
        throw .totalTooLarge(quantity: column == 0 ? .loss : .cost(column - 1))
      }
    }
  }

  private static func groups(
    of layers: [AllocationLayer], ties: [[Int]]
  ) throws(AllocationError) -> [[Int]] {
    // Union-find with the smallest member as root, so that groups come out in layer order.
    var root = Array(layers.indices)
    func find(_ layer: Int) -> Int {
      var layer = layer
      while root[layer] != layer {
        root[layer] = root[root[layer]]
        layer = root[layer]
      }
      return layer
    }
    for (tie, members) in ties.enumerated() {
      guard let first = members.first else { continue }
      for layer in members {
        guard layers.indices.contains(layer) else {
          throw .tiedLayerOutOfRange(tie: tie, layer: layer)
        }
        let expected = layers[first].losses.count
        guard layers[layer].losses.count == expected else {
          throw .tiedOptionCounts(layer: first, tiedLayer: layer)
        }
        let (a, b) = (find(first), find(layer))
        root[max(a, b)] = min(a, b)
      }
    }
    var members: [[Int]] = []
    var position: [Int: Int] = [:]
    for layer in layers.indices {
      let representative = find(layer)
      if let group = position[representative] {
        members[group].append(layer)
      } else {
        position[representative] = members.count
        members.append([layer])
      }
    }
    return members
  }
}
