import Arith
import Documents
import HWModel
import QuantGraph

/// Puts layers together to a network's schedule.
struct FabricSchedule {
  let deployment: FabricDeployment
  let layers: [FabricLayer]
  let costs: [FabricLayerCost]

  private var target: FabricTarget { deployment.target }
  private static let resources: [CostQuantity] = [.lut, .ff, .dsp, .bram18]

  /// Layers that take a stage of their own; reshapes and copies are wires.
  private var stages: [FabricLayerCost] { costs.filter { $0.path != "wires" } }

  private var cycles: FabricCycles {
    deployment.settings.isStream
      ? .dataflow(stages.map(\.cycles), waits: stages.map(\.waits))
      : .pipeline(
        stages.map(\.cycles), products: stages.map { $0.strategy != nil }, tool: target.flow.tool)
  }

  var schedule: Schedule {
    let steps = layers.indices.map(step)
    let network = cycles
    var unknowns: [Schedule.Unknown] = []
    func reason(_ quantity: CostQuantity) -> String? {
      for (layer, cost) in zip(layers, costs) {
        if let reason = cost.unknown[quantity] {
          return "\(reason) ('\(deployment.graph.nodes[layer.node].name)')"
        }
      }
      return nil
    }
    var rules: [Cost.Rule] = []
    func add(_ quantity: CostQuantity, _ fold: Cost.Fold, _ basis: CostBasis) {
      if let reason = reason(quantity) {
        unknowns.append(.init(quantity, available: target.available(quantity), reason: reason))
      } else {
        rules.append(.init(quantity, fold, basis: basis, available: target.available(quantity)))
      }
    }
    let time = basis("cycles", "layers by their trees of adders and reuse factors")
    add(.cycles, .whole(.count("cycles from input to result", Double(network.latency))), time)
    if reason(.cycles) == nil {
      rules.append(
        .init(
          .latency, .scaled(.cycles, by: deployment.period * 1e-9, over: 1), basis: time))
    } else {
      unknowns.append(
        .init(.latency, available: nil, reason: reason(.cycles) ?? "no rule for its cycles"))
    }
    add(
      .interval, .whole(.count("cycles between two inputs", Double(network.interval))),
      basis("ii", "slowest layer"))
    add(.lut, .sum, basis("lut", "adders and multipliers counted, fitted LUT a bit"))
    add(.ff, .sum, basis("ff", "adders and outputs counted, fitted flip-flops a bit"))
    add(.dsp, .sum, basis("dsp", "multipliers counted by their widths and values"))
    add(.bram18, .sum, basis("bram18", "memories counted by aspect ratio"))
    add(.energy, .sum, deployment.energy.basis)
    if target.resources.uram > 0 {
      rules.append(
        .init(
          .uram, .whole(.count("hls4ml binds no memory to it", 0)),
          available: target.available(.uram)))
    }
    var schedule = Schedule(
      steps: steps, rules: rules, macs: steps.reduce(0) { $0 + $1.macs },
      clockHz: 1e9 / deployment.period, columns: [.cycles, .lut, .ff, .dsp, .bram18])
    schedule.unknowns = unknowns
    schedule.sections = [
      .init(
        key: "ii", value: reason(.interval) == nil ? .integer(network.interval) : .null)
    ]
    schedule.notes = notes
    return schedule
  }

  /// How a quantity is known: by the kind of layers of which the least is.
  private func basis(_ quantity: String, _ model: String) -> CostBasis {
    let kinds = Set(costs.compactMap(\.kind))
    let errors = ["stream", "latency", "resource", "adders"].filter(kinds.contains).map {
      target.error(of: quantity, $0)
    }
    guard !errors.isEmpty, !errors.contains(nil) else {
      return .estimate(model: model, error: nil)
    }
    return .estimate(
      model: model, error: errors.compactMap(\.self).max { $0.median < $1.median })
  }

  private func step(_ index: Int) -> Schedule.Step {
    let (layer, cost) = (layers[index], costs[index])
    let graph = deployment.graph
    let node = graph.nodes[layer.node]
    var terms = cost.terms
    terms[.cycles] = .count("cycles", Double(cost.cycles.latency))
    var step = Schedule.Step(
      name: node.name, node: layer.node, operation: node.operation.name, path: cost.path,
      shape: node.outputs.first.map { graph[$0].shape.extents } ?? [],
      macs: graph.multiplyAccumulates(of: node), bits: bits(layer, node),
      work: cost.multipliers > 0 ? [.init("multipliers", Double(cost.multipliers))] : [],
      terms: terms)
    func number(_ quantity: CostQuantity) -> JSON {
      cost.unknown[quantity] == nil ? .amount(terms[quantity]?.value ?? 0) : .null
    }
    step.sections =
      [
        .init(key: "strategy", value: .optional(cost.strategy?.rawValue)),
        .init(key: "reuse_factor", value: .optional(cost.reuse)),
        .init(
          key: "configuration",
          value: .optional(deployment.settings.layers[layer.node]?.configuration)),
        .init(key: "latency", value: number(.cycles)),
        .init(
          key: "ii",
          value: cost.unknown[.interval] == nil ? .integer(cost.cycles.interval) : .null),
      ] + Self.resources.map { .init(key: $0.name, value: number($0)) }
    return step
  }

  private func bits(_ layer: FabricLayer, _ node: Node) -> [Schedule.Amount<Int>] {
    let graph = deployment.graph
    func width(_ tensor: TensorID?) -> Int? { tensor.flatMap { graph[$0].encoding.scalarWidth } }
    let weights = graph.linear(node)?.weights
    return [("weight", width(weights)), ("input", width(node.inputs.first))].compactMap {
      name, width in width.map { .init(name, $0) }
    }
  }

  /// What logic synthesis has made of such numbers, and what they rest on.
  private var notes: [String] {
    var notes: [String] = []
    let ratios = target.description.table("synthesis_ratio") ?? []
    let words = ratios.compactMap { row -> String? in
      guard let resource = row.text("resource"), let low = row.number("low"),
        let high = row.number("high")
      else { return nil }
      return low == high ? "\(resource) \(low)" : "\(resource) \(low) to \(high)"
    }
    if !words.isEmpty {
      notes.append(
        "numbers are those of high-level synthesis; logic synthesis kept of them: "
          + words.joined(separator: ", ") + " (\(ratios.first?.source ?? ""))")
    }
    if costs.contains(where: { $0.strategy == .distributedArithmetic }) {
      notes.append(
        "distributed arithmetic: adders as the project has them, by the constants of Latency strategy; "
          + "there is no report to compare with")
    }
    notes.append(deployment.energy.note)
    return notes + target.description.notes.filter { $0.contains("alone means") }
  }
}
