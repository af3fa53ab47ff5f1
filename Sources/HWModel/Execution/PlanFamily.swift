public import QuantGraph
import Synchronization

/// A node as one plan of a family has it; equal ids, equal results of equal operands.
final class BoundNode: Sendable {
  let planned: PlannedNode
  let id: Int

  init(_ planned: PlannedNode, id: Int) {
    self.planned = planned
    self.id = id
  }
}

/// One plan of a family: what its nodes run, and what tells their results apart.
public struct PlanForm: Sendable {
  /// The graph with the encodings of this form.
  public let graph: Graph
  let nodes: [BoundNode]
  let inputs: [PlannedTensor]
  /// One an input, then one a node: equal numbers, equal codes for equal samples.
  public let results: [Int]
}

/// Plans of one structure whose tensors, constants or formats differ; what two of them have in common
/// is bound once.
///
/// Nodes are told apart by their operation, by the encodings and constants of their tensors and by
/// what the plan knows of their operands: nothing else decides how a datapath binds them.
public final class PlanFamily: Sendable {
  /// The plan that the others are like.
  public let base: Plan

  private struct NodeKey: Hashable {
    let node: Int
    let version: Int
    let tensors: [Int]
    let inputs: [PlannedTensor]
  }

  private struct ResultKey: Hashable {
    let binding: Int
    let operands: [Int]
  }

  private struct Contents {
    /// Tensors and nodes that were met, by position.
    var tensors: [[Tensor]]
    var nodes: [[Node]]
    var ids: [NodeKey: Int] = [:]
    /// Of nodes that a caller numbers.
    var keyed: [[Int]: Int] = [:]
    var nextID = 0
    var results: [ResultKey: Int] = [:]
    var constantBytes = 0
    /// Of all kernels that were made.
    var kernelBytes = 0
  }

  private let contents: Mutex<Contents>
  private let bound: LatestValues<Int, BoundNode>
  private let baseForm: Mutex<PlanForm?> = Mutex(nil)

  /// - Parameters:
  ///   - base: the plan that the others are like.
  ///   - bytes: what kernels may take before old ones are dropped, an estimate by their constants.
  public init(_ base: Plan, bytes: Int = 1 << 28) {
    self.base = base
    contents = Mutex(
      Contents(tensors: base.graph.tensors.map { [$0] }, nodes: base.graph.nodes.map { [$0] }))
    bound = LatestValues(bytes: bytes)
  }

  /// Whether so many differences were met that a family made anew takes less memory.
  public var isLarge: Bool {
    contents.withLock { $0.results.count + $0.ids.count > 1 << 18 || $0.constantBytes > 1 << 28 }
  }

  /// Bytes of all kernels that were made so far, by their constants.
  public var kernelBytes: Int { contents.withLock { $0.kernelBytes } }

  /// Bytes that a kernel that was made of a node takes: what it says, else as if its constants were
  /// float64.
  private func bytes(_ node: Int, _ planned: PlannedNode) -> Int {
    let bytes =
      512
      + (planned.kernel.constantBytes
        ?? base.graph.nodes[node].inputs.reduce(0) {
          $0 + (base.graph[$1].constant == nil ? 0 : base.graph[$1].shape.count * 8)
        })
    contents.withLock { $0.kernelBytes += bytes }
    return bytes
  }

  // MARK: Graphs

  /// The form of a graph with the nodes and tensors of the base's.
  ///
  /// - Parameters:
  ///   - given: another graph of the same structure; tensors may follow the base's own.
  ///   - datapath: the rules of the base.
  /// - Returns: the form.
  /// - Throws: ``PlanProblems`` for the first node that cannot run.
  public func form(
    of given: Graph, on datapath: some Datapath
  ) throws(PlanProblems) -> PlanForm {
    func problem(_ node: Int?, _ error: DatapathError) -> PlanProblems {
      PlanProblems(graph: given, problems: [.init(node: node, error: error)])
    }
    let graph: Graph
    do throws(DatapathError) {
      graph = try datapath.prepare(given)
    } catch {
      throw problem(nil, error)
    }
    guard graph.nodes.count == base.graph.nodes.count,
      graph.tensors.count >= base.graph.tensors.count
    else { throw problem(nil, .parameter("graph", reason: "another structure")) }
    let (tensorVersions, nodeVersions) = versions(graph)
    var tensors = [PlannedTensor?](repeating: nil, count: graph.tensors.count)
    for id in graph.inputs {
      do throws(DatapathError) {
        tensors[id.index] = try datapath.planInput(graph[id])
      } catch {
        throw problem(nil, error)
      }
    }
    var nodes: [BoundNode] = []
    nodes.reserveCapacity(graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.compactMap { tensors[$0.index] }
      let key = NodeKey(
        node: index, version: nodeVersions[index],
        tensors: (node.inputs + node.outputs).map { tensorVersions[$0.index] }, inputs: inputs)
      let number = contents.withLock { Self.number(key, in: &$0) }
      let made: BoundNode
      do throws(DatapathError) {
        made = try bound.value(number) { () throws(DatapathError) in
          guard datapath.supports(node.operation) else {
            throw .unsupported(operation: node.operation.name, datapath: datapath.name)
          }
          let planned = try datapath.plan(node, in: graph, inputs: inputs)
          return (BoundNode(planned, id: number), bytes(index, planned))
        }
      } catch {
        throw problem(index, error)
      }
      nodes.append(made)
      for (id, output) in zip(node.outputs, made.planned.outputs) { tensors[id.index] = output }
    }
    return PlanForm(
      graph: graph, nodes: nodes, inputs: graph.inputs.compactMap { tensors[$0.index] },
      results: results(graph, nodes, inputs: graph.inputs.map { tensorVersions[$0.index] }))
  }

  private static func number(_ key: NodeKey, in contents: inout Contents) -> Int {
    if let known = contents.ids[key] { return known }
    contents.nextID += 1
    contents.ids[key] = contents.nextID
    return contents.nextID
  }

  /// Numbers of what inputs and nodes give.
  private func results(_ graph: Graph, _ nodes: [BoundNode], inputs: [Int]) -> [Int] {
    contents.withLock { contents in
      func number(_ key: ResultKey) -> Int {
        if let known = contents.results[key] { return known }
        let number = contents.results.count
        contents.results[key] = number
        return number
      }
      var known = [Int](repeating: -1, count: graph.tensors.count)
      var ids: [Int] = []
      ids.reserveCapacity(inputs.count + nodes.count)
      for (id, version) in zip(graph.inputs, inputs) {
        known[id.index] = number(ResultKey(binding: -1 - id.index, operands: [version]))
        ids.append(known[id.index])
      }
      for (node, bound) in zip(graph.nodes, nodes) {
        var operands: [Int] = []
        for id in node.inputs where known[id.index] >= 0 { operands.append(known[id.index]) }
        let own = number(ResultKey(binding: bound.id, operands: operands))
        ids.append(own)
        for id in node.outputs { known[id.index] = own }
      }
      return ids
    }
  }

  /// The number of each tensor and node among those that stood in its place.
  private func versions(_ graph: Graph) -> (tensors: [Int], nodes: [Int]) {
    contents.withLock { contents in
      while contents.tensors.count < graph.tensors.count { contents.tensors.append([]) }
      let tensors = graph.tensors.indices.map { place -> Int in
        let tensor = graph.tensors[place]
        if let known = contents.tensors[place].firstIndex(where: { $0 == tensor }) { return known }
        contents.tensors[place].append(tensor)
        contents.constantBytes += tensor.constant.map { $0.count * 4 } ?? 0
        return contents.tensors[place].count - 1
      }
      let nodes = graph.nodes.indices.map { place -> Int in
        let node = graph.nodes[place]
        if let known = contents.nodes[place].firstIndex(where: { $0 == node }) { return known }
        contents.nodes[place].append(node)
        return contents.nodes[place].count - 1
      }
      return (tensors, nodes)
    }
  }

  // MARK: Nodes

  /// The base with some nodes bound in another way.
  ///
  /// - Parameters:
  ///   - changes: nodes with numbers above 0 that tell their bindings apart; 0 is the base's own.
  ///   - bind: binds one of these nodes.
  /// - Returns: the form; storage of results is that of the base.
  /// - Throws: what `bind` throws.
  public func form<Failure: Error>(
    replacing changes: [(node: Int, keys: [Int])],
    bind: (_ node: Int) throws(Failure) -> PlannedNode
  ) throws(Failure) -> PlanForm {
    let form = start()
    var nodes = form.nodes
    for change in changes {
      let number = contents.withLock { contents -> Int in
        let key = [change.node] + change.keys
        if let known = contents.keyed[key] { return known }
        contents.nextID += 1
        contents.keyed[key] = contents.nextID
        return contents.nextID
      }
      nodes[change.node] = try bound.value(number) { () throws(Failure) in
        let planned = try bind(change.node)
        return (BoundNode(planned, id: number), bytes(change.node, planned))
      }
    }
    return PlanForm(
      graph: base.graph, nodes: nodes, inputs: form.inputs,
      results: results(base.graph, nodes, inputs: base.graph.inputs.map { _ in 0 }))
  }

  /// The base as a form.
  public var unchanged: PlanForm { start() }

  private func start() -> PlanForm {
    if let known = baseForm.withLock({ $0 }) { return known }
    let nodes = base.nodes.enumerated().map { index, planned in
      BoundNode(
        planned,
        id: contents.withLock {
          Self.number(NodeKey(node: index, version: 0, tensors: [], inputs: []), in: &$0)
        })
    }
    let graph = base.graph
    let form = PlanForm(
      graph: graph, nodes: nodes, inputs: graph.inputs.compactMap { base.tensors[$0.index] },
      results: results(graph, nodes, inputs: graph.inputs.map { _ in 0 }))
    baseForm.withLock { $0 = form }
    return form
  }
}
