public import QuantGraph

/// A graph bound to a datapath: every choice is made, only codes are missing.
public struct Plan: Sendable {
  public let graph: Graph
  /// The rules that every node runs by.
  public let rules: any Datapath
  /// Name of the rules.
  public var datapath: String { rules.name }
  /// The plan of each tensor that is no constant, by position in `Graph.tensors`.
  public let tensors: [PlannedTensor?]
  let nodes: [PlannedNode]
  /// Lanes that the datapath's kernels need; nil where any number will do.
  let preferredLanes: Int?
  /// Whether a block holds samples one after the other.
  let isSampleMajor: Bool
  /// How numbers given for inputs of codes are rounded.
  let inputRounding: FloatingPointRoundingRule

  /// - Throws: ``PlanProblems`` with every node that the datapath cannot run.
  public init(_ given: Graph, on datapath: some Datapath) throws(PlanProblems) {
    let graph: Graph
    do throws(DatapathError) {
      try given.checkRunnable()
      graph = try datapath.prepare(given)
    } catch {
      throw PlanProblems(graph: given, problems: [.init(node: nil, error: error)])
    }
    var problems: [PlanProblems.Problem] = []
    var tensors = [PlannedTensor?](repeating: nil, count: graph.tensors.count)
    var nodes: [PlannedNode] = []
    for id in graph.inputs + graph.states.map(\.tensor) {
      do throws(DatapathError) {
        tensors[id.index] = try datapath.planInput(graph[id])
      } catch {
        problems.append(.init(node: nil, error: error))
      }
    }
    guard problems.isEmpty else {
      for (index, node) in graph.nodes.enumerated() where !datapath.supports(node.operation) {
        problems.append(
          .init(
            node: index,
            error: .unsupported(operation: node.operation.name, datapath: datapath.name)))
      }
      throw PlanProblems(graph: graph, problems: problems)
    }
    // What follows a node with a problem is left out.
    for (index, node) in graph.nodes.enumerated() {
      guard datapath.supports(node.operation) else {
        problems.append(
          .init(
            node: index,
            error: .unsupported(
              operation: node.operation.name, datapath: datapath.name)))
        continue
      }
      guard
        node.inputs.allSatisfy({ graph[$0].constant != nil || tensors[$0.index] != nil })
      else { continue }
      let inputs = node.inputs.compactMap { tensors[$0.index] }
      do throws(DatapathError) {
        let planned = try datapath.plan(node, in: graph, inputs: inputs)
        nodes.append(planned)
        for (id, output) in zip(node.outputs, planned.outputs) { tensors[id.index] = output }
      } catch {
        problems.append(.init(node: index, error: error))
      }
    }
    if datapath.preferredLanes == nil, let index = Self.nodeBeyondBlock(graph, tensors) {
      problems.append(
        .init(
          node: index, error: .limit("bytes of 16 samples of a layer", RunLimits.blockBytes)))
    }
    guard problems.isEmpty else { throw PlanProblems(graph: graph, problems: problems) }
    self.graph = graph
    rules = datapath
    preferredLanes = graph.states.isEmpty ? datapath.preferredLanes : 1
    isSampleMajor = datapath.isSampleMajor
    inputRounding = datapath.inputRounding
    self.tensors = tensors
    self.nodes = nodes
  }

  /// The first node whose tensors take too much memory for the 16 samples of the smallest block.
  private static func nodeBeyondBlock(_ graph: Graph, _ tensors: [PlannedTensor?]) -> Int? {
    graph.nodes.indices.first { index in
      let node = graph.nodes[index]
      let bytes = (node.inputs + node.outputs).reduce(0) { sum, id in
        sum + graph[id].shape.count * (tensors[id.index]?.storage.stride ?? 0)
      }
      return bytes > RunLimits.blockBytes / 16
    }
  }

  /// The same plan with one node exchanged; what follows it keeps its storage.
  ///
  /// - Throws: ``DatapathError`` if the node cannot run, or needs storage of another kind than the
  ///   plan has for its outputs.
  func replacing(
    node index: Int, of graph: Graph, on datapath: some Datapath
  ) throws(DatapathError) -> Plan {
    let node = graph.nodes[index]
    let inputs = node.inputs.compactMap { tensors[$0.index] }
    let planned = try datapath.plan(node, in: graph, inputs: inputs)
    return Plan(self, graph: graph, node: index, planned: planned)
  }

  private init(_ other: Plan, graph: Graph, node index: Int, planned: PlannedNode) {
    self.graph = graph
    rules = other.rules
    preferredLanes = other.preferredLanes
    isSampleMajor = other.isSampleMajor
    inputRounding = other.inputRounding
    var tensors = other.tensors
    for (id, output) in zip(graph.nodes[index].outputs, planned.outputs) {
      tensors[id.index] = output
    }
    self.tensors = tensors
    var nodes = other.nodes
    nodes[index] = planned
    self.nodes = nodes
  }
}

/// Every node that a datapath cannot run.
public struct PlanProblems: Error, Sendable {
  public struct Problem: Sendable {
    /// Position in `Graph.nodes`; nil for a graph input.
    public let node: Int?
    public let error: DatapathError
  }

  public let graph: Graph
  public let problems: [Problem]

  /// The messages, in execution order.
  public func diagnostics(file: String?) -> [Diagnostic] {
    problems.map { problem in
      let node =
        problem.node.map { graph.nodes[$0] }
        ?? Node(name: "input", operation: .copy, inputs: [], outputs: [])
      return Diagnostic(problem.error, node: node, file: file)
    }
  }
}

extension Plan {
  /// The kernel type chosen for each node, for benchmarks and tests that ask which path runs.
  public var kernelNames: [String] { nodes.map { String(describing: type(of: $0.kernel)) } }
}
