/// A quantized network: tensors of codes, typed operators, and the order they run in.
///
/// A graph that exists is valid: names are unique, each tensor has at most one producer, nodes are
/// in an order in which every input is there when it is read, each node's tensors satisfy its
/// operator's shape rule, codes of parameters are within their encodings, scales belong to an axis
/// that has as many indices, and the tensors' elements and bits can be counted in an `Int`.
public struct Graph: Sendable {
  public let name: String
  public let tensors: [Tensor]
  /// Nodes in execution order: the given order where it is valid, else a stable topological one.
  public let nodes: [Node]
  public let inputs: [TensorID]
  public let outputs: [TensorID]
  /// What a run leaves to the next one.
  public let states: [StateTensor]
  /// Names, producers and readers.
  public let index: GraphIndex
  /// What the nodes were in their file, as far as they are still what the file has.
  public private(set) var program: RuntimeProgram?

  /// - Throws: a ``GraphProblems`` with every violation found.
  public init(
    name: String, tensors: [Tensor], nodes: [Node], inputs: [TensorID], outputs: [TensorID],
    states: [StateTensor] = []
  ) throws(GraphProblems) {
    try self.init(
      name: name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs,
      states: states, valid: [])
  }

  // `valid` are positions of tensors that another graph has checked one by one.
  private init(
    name: String, tensors given: [Tensor], nodes: [Node], inputs: [TensorID],
    outputs: [TensorID], states: [StateTensor], valid: Set<Int>
  ) throws(GraphProblems) {
    let tensors = Self.markingStates(states, in: given)
    var check = GraphCheck(
      tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs, states: states)
    let ordered = try check.order(skipping: valid)
    self.name = name
    self.tensors = tensors
    self.nodes = ordered
    self.inputs = inputs
    self.outputs = outputs
    self.states = states
    index = GraphIndex(tensors: check.tensorNames, nodes: ordered)
  }

  /// States that a caller described as computed tensors, as what they are.
  private static func markingStates(_ states: [StateTensor], in tensors: [Tensor]) -> [Tensor] {
    var tensors = tensors
    for state in states where tensors.indices.contains(state.tensor.index) {
      let tensor = tensors[state.tensor.index]
      guard tensor.contents == .computed else { continue }
      tensors[state.tensor.index] = Tensor(
        name: tensor.name, shape: tensor.shape, encoding: tensor.encoding,
        contents: .state(growing: nil))
    }
    return tensors
  }

  /// The graph with what its nodes were in their file.
  ///
  /// - Precondition: steps name nodes of the graph, in its order, and tensors that it has.
  public func described(by program: RuntimeProgram?) -> Graph {
    var graph = self
    graph.program = program
    return graph
  }

  public subscript(id: TensorID) -> Tensor { tensors[id.index] }

  /// The tensor with this name, or nil.
  public func tensor(named name: String) -> TensorID? { index.tensor(named: name) }

  /// The first tensor that a node reads and whose codes the graph lacks; nil if it can run.
  public var parameterWithoutCodes: Tensor? {
    for node in nodes {
      for id in node.inputs where self[id].contents == .parameter(nil) { return self[id] }
    }
    return nil
  }

  /// The same graph with some tensors and nodes exchanged; shapes and order are checked again.
  ///
  /// - Throws: ``GraphProblems`` if the result is no valid graph.
  public func replacing(
    tensors newTensors: [TensorID: Tensor] = [:], nodes newNodes: [Int: Node] = [:]
  ) throws(GraphProblems) -> Graph {
    var tensors = self.tensors
    for (id, tensor) in newTensors { tensors[id.index] = tensor }
    var nodes = self.nodes
    for (index, node) in newNodes { nodes[index] = node }
    return try Graph(
      name: name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs,
      states: states,
      valid: Set(tensors.indices).subtracting(newTensors.keys.map(\.index))
    ).described(by: newNodes.isEmpty ? program : nil)
  }
}

extension Graph: Hashable {
  public static func == (lhs: Graph, rhs: Graph) -> Bool {
    lhs.name == rhs.name && lhs.nodes == rhs.nodes && lhs.inputs == rhs.inputs
      && lhs.outputs == rhs.outputs && lhs.states == rhs.states && lhs.tensors == rhs.tensors
  }

  /// Names, nodes and shapes; two graphs that differ in codes only have the same hash.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(nodes)
    hasher.combine(inputs)
    hasher.combine(outputs)
    for tensor in tensors {
      hasher.combine(tensor.name)
      hasher.combine(tensor.shape)
      hasher.combine(tensor.encoding)
    }
  }
}
