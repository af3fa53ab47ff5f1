import Documents
import HWModel
import QuantGraph

/// What a network takes that a part does not have, and the nearest change of folding that fits.
///
/// A layer in Latency strategy has multipliers only for products of three or more signed digits, so
/// that a reuse factor frees nothing where there are none; such a layer is tried in Resource strategy.
struct FabricFit {
  struct Excess {
    let quantity: CostQuantity
    let used: Double
    let available: Double
  }

  /// A layer, or all of them, folded otherwise.
  struct Change {
    /// Nil for every layer with products.
    let layer: String?
    let strategy: ProductStrategy
    let reuse: Int
    let addedCycles: Int
  }

  private let deployment: FabricDeployment
  private let layers: [FabricLayer]
  private let plans: [FabricLayerPlan]
  private let costs: [FabricLayerCost]
  let excess: [Excess]
  /// Of each of ``resources``, what all layers take and what the part has.
  private let used: [Double]
  private let available: [Double?]

  private static let resources: [CostQuantity] = [.lut, .ff, .dsp, .bram18]
  /// Factors that are tried of one layer.
  private static let factorLimit = 64

  /// Nil where the part has as much as is known to be needed.
  init?(
    _ deployment: FabricDeployment, layers: [FabricLayer], plans: [FabricLayerPlan],
    costs: [FabricLayerCost]
  ) {
    self.deployment = deployment
    self.layers = layers
    self.plans = plans
    self.costs = costs
    used = Self.resources.map { quantity in
      costs.reduce(0) { $0 + ($1.terms[quantity]?.value ?? 0) }
    }
    available = Self.resources.map { deployment.target.available($0) }
    excess = Self.excess(costs, on: deployment.target)
    if excess.isEmpty { return nil }
  }

  private static func excess(
    _ costs: [FabricLayerCost], on target: FabricTarget
  ) -> [Excess] {
    resources.compactMap { quantity in
      guard let available = target.available(quantity) else { return nil }
      let used = costs.reduce(0) { $0 + ($1.terms[quantity]?.value ?? 0) }
      return used > available
        ? Excess(quantity: quantity, used: used, available: available) : nil
    }
  }

  private func latency(_ costs: [FabricLayerCost]) -> Int {
    costs.reduce(0) { $0 + $1.cycles.latency }
  }

  /// Reuse factors of a layer beyond its own, ascending; none without products.
  private func factors(_ index: Int) -> [Int] {
    guard case .product(let linear, _) = layers[index].kind, linear.depth > 0, linear.filters > 0
    else { return [] }
    let all = ReuseFactor(inputs: linear.depth, outputs: linear.filters).valid
    return Array(all.filter { $0 > plans[index].reuse }.prefix(Self.factorLimit))
  }

  private func fits(_ costs: [FabricLayerCost]) -> Bool {
    Self.excess(costs, on: deployment.target).isEmpty
  }

  /// Whether the part has enough where one layer costs something else.
  private func fits(_ cost: FabricLayerCost, at index: Int) -> Bool {
    Self.resources.indices.allSatisfy { place in
      let quantity = Self.resources[place]
      guard let available = available[place] else { return true }
      let own = costs[index].terms[quantity]?.value ?? 0
      return used[place] - own + (cost.terms[quantity]?.value ?? 0) <= available
    }
  }

  /// The change of one layer that adds the fewest cycles, or the smallest factor for all of them; nil
  /// if none fits.
  var nearest: Change? {
    var best: Change?
    let before = latency(costs)
    for index in layers.indices {
      let own = plans[index].strategy
      for strategy in own == .resource ? [own] : [own, .resource] {
        for factor in factors(index) {
          var plan = plans[index]
          plan.strategy = strategy
          plan.reuse = factor
          let cost = deployment.cost(layers[index], plan)
          guard fits(cost, at: index) else { continue }
          let added = cost.cycles.latency - costs[index].cycles.latency
          let change = Change(
            layer: deployment.graph.nodes[layers[index].node].name, strategy: strategy,
            reuse: factor, addedCycles: added)
          if best.map({ change.addedCycles < $0.addedCycles }) ?? true { best = change }
          break
        }
      }
    }
    return best ?? common(before)
  }

  /// The smallest power of two that, asked of every layer in Resource strategy, fits.
  private func common(_ before: Int) -> Change? {
    var request = 2
    while request <= 1 << 20 {
      var changed = costs
      for index in layers.indices {
        guard case .product(let linear, _) = layers[index].kind else { continue }
        var plan = plans[index]
        plan.strategy = .resource
        plan.reuse = max(
          plan.strategy == plans[index].strategy ? plans[index].reuse : 1,
          ReuseFactor(inputs: linear.depth, outputs: linear.filters).snapped(request))
        changed[index] = deployment.cost(layers[index], plan)
      }
      if fits(changed) {
        return Change(
          layer: nil, strategy: .resource, reuse: request,
          addedCycles: latency(changed) - before)
      }
      request *= 2
    }
    return nil
  }

  /// Says it in a schedule's summary and in its result.
  func add(to schedule: inout Schedule) {
    let change = nearest
    let words: String
    if let change {
      let place = change.layer.map { "layer '\($0)'" } ?? "every layer with weights"
      words =
        "\(place) in \(change.strategy.configurationName) strategy at reuse factor "
        + "\(change.reuse) (\(change.addedCycles < 0 ? "" : "+")\(change.addedCycles) cycles)"
    } else {
      words = "no reuse factor does; take narrower types or a larger part"
    }
    Self.add(
      excess, words: [.words(words)], change: change.map(Self.json) ?? .null, to: &schedule)
  }

  /// Says what is too much, and in `words` and `change` what fits.
  static func add(
    _ excess: [Excess], words: [Schedule.Remark.Part], change: JSON, to schedule: inout Schedule
  ) {
    for entry in excess {
      schedule.remarks.append(
        .init(
          "too much",
          [
            .words("\(entry.quantity.title): "),
            .amount(entry.used - entry.available, unit: entry.quantity.unit),
            .words(" more than the part has"),
          ]))
    }
    schedule.remarks.append(.init("fits with", words))
    schedule.sections.append(
      .init(
        key: "fit",
        value: [
          "excess": .array(
            excess.map {
              [
                "resource": .string($0.quantity.name), "used": .amount($0.used),
                "available": .amount($0.available),
              ]
            }),
          "change": change,
        ]))
  }

  private static func json(_ change: Change) -> JSON {
    [
      "layer": .optional(change.layer), "strategy": .string(change.strategy.rawValue),
      "reuse_factor": .integer(change.reuse), "added_cycles": .integer(change.addedCycles),
    ]
  }
}

extension FabricTarget {
  /// What the part has of a quantity; nil for what is no resource.
  func available(_ quantity: CostQuantity) -> Double? { resources.available(quantity) }
}

extension FabricTarget.Resources {
  /// What there is of a quantity; nil for what is no resource.
  func available(_ quantity: CostQuantity) -> Double? {
    switch quantity {
    case .lut: Double(lut)
    case .ff: Double(ff)
    case .dsp: Double(dsp)
    case .bram18: Double(bram18)
    case .uram: Double(uram)
    default: nil
    }
  }
}
