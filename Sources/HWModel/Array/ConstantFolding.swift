import QuantGraph

/// Nodes whose operands are all constants, run once when a plan is made.
///
/// Their results, but for the graph's outputs, stay tensors of the graph, as constants, so that a
/// trace still shows them, once for all samples.
enum ConstantFolding {
  /// - Throws: ``GraphProblems`` if the result is no valid graph, which does not happen for a valid
  ///   one.
  static func fold(
    _ graph: Graph, on datapath: some ArrayDatapath
  ) throws(GraphProblems) -> Graph {
    var tensors = graph.tensors
    var nodes: [Node] = []
    let outputs = Set(graph.outputs)
    for node in graph.nodes {
      // A runner has buffers for outputs, not for constants.
      let isConstant =
        node.inputs.allSatisfy { tensors[$0.index].constant != nil }
        && outputs.isDisjoint(with: node.outputs)
      let current = isConstant ? constants(node, tensors, datapath) : nil
      guard let current else {
        nodes.append(node)
        continue
      }
      for (id, codes) in zip(node.outputs, current) {
        let tensor = tensors[id.index]
        tensors[id.index] = Tensor(
          name: tensor.name, shape: tensor.shape, encoding: tensor.encoding, constant: codes)
      }
    }
    guard nodes.count < graph.nodes.count else { return graph }
    return try Graph(
      name: graph.name, tensors: tensors, nodes: nodes, inputs: graph.inputs,
      outputs: graph.outputs, states: graph.states)
  }

  /// Results of a node whose operands are constants; nil where it has to stay.
  static func constants(
    _ node: Node, _ tensors: [Tensor], _ datapath: some ArrayDatapath
  ) -> [Codes]? {
    guard datapath.supports(node.operation),
      let planned = try? datapath.planArrays(node, tensors)
    else { return nil }
    let shapes = node.outputs.map { tensors[$0.index].shape }
    let buffers = zip(planned.outputs, shapes).map {
      TensorBuffer(storage: $0.storage, capacity: $1.count)
    }
    planned.kernel.run(
      KernelOperands(
        inputs: [], outputs: buffers,
        scratch: TensorBuffer(
          storage: .uint8, capacity: planned.kernel.scratchBytes(lanes: 1)),
        lanes: 1, usedLanes: 1))
    var results: [Codes] = []
    for (index, id) in node.outputs.enumerated() {
      guard let kind = ElementKind(tensors[id.index].encoding) else { return nil }
      results.append(buffers[index].codes(count: shapes[index].count, kind: kind))
    }
    return results
  }
}
