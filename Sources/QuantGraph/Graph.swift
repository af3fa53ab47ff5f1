public import Arith

/// Position of a tensor in ``Graph/tensors``.
public struct TensorID: Hashable, Sendable, Comparable {
  public let index: Int
  public init(_ index: Int) { self.index = index }
  public static func < (lhs: TensorID, rhs: TensorID) -> Bool { lhs.index < rhs.index }
}

/// A tensor: its name in the model, shape, encoding and, for a constant, its codes.
public struct Tensor: Hashable, Sendable {
  public let name: String
  /// Shape of one sample where the model has no batch axis (hls4ml), else the model's own shape.
  public let shape: Shape
  public let encoding: Encoding
  /// Codes of a constant, `shape.count` of them; nil for what a run computes.
  public let constant: Codes?

  public init(name: String, shape: Shape, encoding: Encoding, constant: Codes? = nil) {
    self.name = name
    self.shape = shape
    self.encoding = encoding
    self.constant = constant
  }
}

/// One operation on tensors.
public struct Node: Hashable, Sendable {
  /// The layer's name in the model; unique in its graph.
  public let name: String
  public let operation: Operator
  /// Data inputs first, then constants in the order that the operator documents.
  public let inputs: [TensorID]
  public let outputs: [TensorID]
  /// Where the node stands in its source, such as `firmware/myproject.cpp:76`.
  public let origin: String?

  public init(
    name: String, operation: Operator, inputs: [TensorID], outputs: [TensorID],
    origin: String? = nil
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.origin = origin
  }
}

/// A tensor whose codes live from one run of the graph to the next.
public struct StateTensor: Hashable, Sendable {
  /// Read by the nodes of a run; written by none of them.
  public let tensor: TensorID
  /// The tensor whose codes ``tensor`` has in the next run; of the same shape and encoding.
  public let next: TensorID
  /// Codes before the first run.
  public let initial: Codes

  public init(tensor: TensorID, next: TensorID, initial: Codes) {
    self.tensor = tensor
    self.next = next
    self.initial = initial
  }
}

/// A quantized network: tensors of codes, typed operators, and the order they run in.
///
/// A graph that exists is valid: names are unique, each tensor has at most one producer, nodes are
/// in an order in which every input is there when it is read, and each node's tensors satisfy
/// its operator's shape rule.
public struct Graph: Hashable, Sendable {
  public let name: String
  public let tensors: [Tensor]
  /// Nodes in execution order: the given order where it is valid, else a stable topological one.
  public let nodes: [Node]
  public let inputs: [TensorID]
  public let outputs: [TensorID]
  /// What a run leaves to the next one.
  public let states: [StateTensor]

  /// - Throws: a ``GraphProblems`` with every violation found.
  public init(
    name: String, tensors: [Tensor], nodes: [Node], inputs: [TensorID], outputs: [TensorID],
    states: [StateTensor] = []
  ) throws(GraphProblems) {
    var problems: [GraphProblem] = []
    Self.checkTensors(
      tensors, given: inputs + outputs + states.flatMap { [$0.tensor, $0.next] }, into: &problems)
    Self.checkNames(nodes, into: &problems)
    let sources = inputs + states.map(\.tensor)
    let ordered = Self.ordering(nodes, tensors: tensors, inputs: sources, into: &problems)
    if problems.isEmpty {
      Self.checkStates(states, tensors: tensors, inputs: inputs, into: &problems)
      let written = Set(ordered.flatMap(\.outputs) + sources)
      for output in outputs + states.map(\.next)
      where tensors[output.index].constant == nil && !written.contains(output) {
        problems.append(
          .init(node: nil, error: .undefinedTensor(tensors[output.index].name)))
      }
    }
    if problems.isEmpty {
      for node in ordered {
        do throws(GraphError) {
          try node.operation.checkShapes(
            inputs: node.inputs.map { tensors[$0.index] },
            outputs: node.outputs.map { tensors[$0.index] })
        } catch {
          problems.append(.init(node: node.name, error: error))
        }
      }
    }
    guard problems.isEmpty else { throw GraphProblems(problems: problems) }
    self.name = name
    self.tensors = tensors
    self.nodes = ordered
    self.inputs = inputs
    self.outputs = outputs
    self.states = states
  }

  public subscript(id: TensorID) -> Tensor { tensors[id.index] }

  /// The tensor with this name, or nil.
  public func tensor(named name: String) -> TensorID? {
    tensors.firstIndex { $0.name == name }.map(TensorID.init)
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
      states: states)
  }
}

extension Graph {
  private static func checkTensors(
    _ tensors: [Tensor], given: [TensorID], into problems: inout [GraphProblem]
  ) {
    var names: Set<String> = []
    for tensor in tensors {
      if !names.insert(tensor.name).inserted {
        problems.append(.init(node: nil, error: .duplicateTensor(tensor.name)))
      }
      if let constant = tensor.constant, constant.count != tensor.shape.count {
        problems.append(
          .init(
            node: nil,
            error: .constantCount(
              tensor: tensor.name, expected: tensor.shape.count, found: constant.count)))
      }
    }
    for id in given where !tensors.indices.contains(id.index) {
      problems.append(.init(node: nil, error: .danglingTensor(id.index)))
    }
  }

  private static func checkStates(
    _ states: [StateTensor], tensors: [Tensor], inputs: [TensorID],
    into problems: inout [GraphProblem]
  ) {
    var seen = Set(inputs)
    for state in states {
      let tensor = tensors[state.tensor.index]
      let next = tensors[state.next.index]
      if !seen.insert(state.tensor).inserted || tensor.constant != nil {
        problems.append(.init(node: nil, error: .severalProducers(tensor.name)))
      }
      if tensor.shape != next.shape {
        problems.append(
          .init(
            node: nil,
            error: .shapeMismatch(
              operand: "next of state '\(tensor.name)'", expected: tensor.shape.extents,
              found: next.shape.extents)))
      }
      if tensor.encoding != next.encoding {
        problems.append(
          .init(
            node: nil,
            error: .encodingMismatch(
              operand: "next of state '\(tensor.name)'", expected: "that of the state")))
      }
      if state.initial.count != tensor.shape.count {
        problems.append(
          .init(
            node: nil,
            error: .constantCount(
              tensor: tensor.name, expected: tensor.shape.count, found: state.initial.count)))
      }
    }
  }

  private static func checkNames(_ nodes: [Node], into problems: inout [GraphProblem]) {
    var names: Set<String> = []
    for node in nodes where !names.insert(node.name).inserted {
      problems.append(.init(node: node.name, error: .duplicateNode(node.name)))
    }
  }

  /// A stable topological order (Kahn's algorithm; ready nodes run in the given order).
  private static func ordering(
    _ nodes: [Node], tensors: [Tensor], inputs: [TensorID], into problems: inout [GraphProblem]
  ) -> [Node] {
    var producer: [Int: Int] = [:]
    let given = Set(inputs.map(\.index))
    for (position, node) in nodes.enumerated() {
      for id in node.inputs + node.outputs where !tensors.indices.contains(id.index) {
        problems.append(.init(node: node.name, error: .danglingTensor(id.index)))
      }
      for id in node.outputs where tensors.indices.contains(id.index) {
        if producer[id.index] != nil || tensors[id.index].constant != nil
          || given.contains(id.index)
        {
          problems.append(
            .init(node: node.name, error: .severalProducers(tensors[id.index].name)))
        }
        producer[id.index] = position
      }
    }
    guard problems.isEmpty else { return nodes }
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers: [Int: [Int]] = [:]
    for (position, node) in nodes.enumerated() {
      for id in Set(node.inputs.map(\.index)) {
        if producer[id] != nil {
          waiting[position] += 1
          readers[id, default: []].append(position)
        } else if tensors[id].constant == nil && !given.contains(id) {
          problems.append(.init(node: node.name, error: .undefinedTensor(tensors[id].name)))
        }
      }
    }
    guard problems.isEmpty else { return nodes }
    var ordered: [Node] = []
    ordered.reserveCapacity(nodes.count)
    var ready = MinimumHeap(nodes.indices.filter { waiting[$0] == 0 })
    while let position = ready.popFirst() {
      ordered.append(nodes[position])
      for id in nodes[position].outputs {
        for reader in readers[id.index] ?? [] {
          waiting[reader] -= 1
          if waiting[reader] == 0 { ready.insert(reader) }
        }
      }
    }
    if ordered.count < nodes.count {
      let stuck = nodes.indices.filter { waiting[$0] > 0 }.map { nodes[$0].name }
      problems.append(.init(node: stuck.first, error: .cycle(stuck)))
      return nodes
    }
    return ordered
  }
}

/// A binary heap of positions, smallest first.
private struct MinimumHeap {
  private var items: [Int]

  init(_ ascending: [Int]) { items = ascending }

  mutating func insert(_ item: Int) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Int? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return first }
    items[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < items.count else { return first }
      let smallest = left + 1 < items.count && items[left + 1] < items[left] ? left + 1 : left
      guard items[smallest] < items[parent] else { return first }
      items.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
