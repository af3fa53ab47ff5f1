import Arith
public import QuantGraph

/// Counts what each node's arithmetic did: roundings and overflows of results and accumulators.
///
/// Every node runs its step-by-step definition beside the plan; use it on as many samples as that
/// is worth.
public struct EventCounter: EventCounting {
  public let plan: Plan
  private let narrow: [Int: any HLSStep<Int64>]
  private let wide: [Int: any HLSStep<Int512>]

  /// - Throws: ``DatapathError`` as planning does.
  public init(_ plan: Plan) throws(DatapathError) {
    self.plan = plan
    var narrow: [Int: any HLSStep<Int64>] = [:]
    var wide: [Int: any HLSStep<Int512>] = [:]
    for (index, node) in plan.graph.nodes.enumerated() {
      let binding = HLSBinding(node: node, graph: plan.graph)
      if try binding.width() <= 64 {
        narrow[index] = try binding.step(Int64.self)
      } else {
        wide[index] = try binding.step(Int512.self)
      }
    }
    self.narrow = narrow
    self.wide = wide
  }

  /// Products and results of one sample: a measure of how long counting takes.
  public var workPerSample: Int {
    plan.graph.nodes.indices.reduce(0) { $0 + plan.graph.products(of: $1) }
  }

  /// The events of each node over `count` samples.
  ///
  /// - Throws: ``InputError`` for inputs that the graph cannot take.
  public func count(
    _ inputs: [TensorValues], samples count: Int, wrapsCodes: Bool
  ) throws(InputError) -> [NodeEvents] {
    let graph = plan.graph
    let kept = Set(
      graph.tensors.indices.filter { graph.tensors[$0].constant == nil }.map(TensorID.init))
    let runner = PlanRunner(plan, keeping: kept)
    var events = [NodeEvents](repeating: NodeEvents(), count: graph.nodes.count)
    var first = 0
    while first < count {
      let used = min(runner.lanes, count - first)
      for (id, values) in zip(graph.inputs, inputs) {
        try runner.load(
          values, first: first, count: used, into: id, firstSample: first, wrapsCodes: wrapsCodes)
      }
      runner.run(usedLanes: used)
      for (index, node) in graph.nodes.enumerated() {
        let operands = node.inputs.compactMap { runner.buffer(of: $0) }
        for lane in 0..<used {
          if let step = narrow[index] {
            let codes = operands.map {
              StepKernel<Int64>.load($0, lane: lane, lanes: runner.lanes)
            }
            _ = step.evaluate(codes, events: &events[index])
          } else if let step = wide[index] {
            let codes = operands.map {
              StepKernel<Int512>.load($0, lane: lane, lanes: runner.lanes)
            }
            _ = step.evaluate(codes, events: &events[index])
          }
        }
      }
      first += used
    }
    return events
  }
}

extension HLSFixed: CountsEvents {
  public func eventCounter(_ plan: Plan) throws(DatapathError) -> any EventCounting {
    try EventCounter(plan)
  }
}
