import Arith

/// What must hold before a graph exists, and the order of its nodes.
struct GraphCheck {
  let tensors: [Tensor]
  let nodes: [Node]
  let inputs: [TensorID]
  let outputs: [TensorID]
  let states: [StateTensor]
  /// Position of each tensor by its name.
  private(set) var tensorNames: [String: Int] = [:]
  private var problems: [GraphProblem] = []

  init(
    tensors: [Tensor], nodes: [Node], inputs: [TensorID], outputs: [TensorID],
    states: [StateTensor]
  ) {
    self.tensors = tensors
    self.nodes = nodes
    self.inputs = inputs
    self.outputs = outputs
    self.states = states
  }

  /// The nodes in execution order.
  ///
  /// - Parameter valid: tensors whose encoding and codes are known to be right.
  /// - Returns: the given nodes, in the given order where that is valid.
  /// - Throws: every problem found; a later kind is looked for only if there is none of an earlier.
  mutating func order(skipping valid: Set<Int>) throws(GraphProblems) -> [Node] {
    guard max(tensors.count, nodes.count) < Int(Int32.max) else {
      throw GraphProblems(problems: [.init(node: nil, error: .limit("tensors or nodes", 1 << 31))])
    }
    checkTensors(skipping: valid)
    checkReferences()
    checkNames()
    try stopAtProblems()
    let ordered = ordering()
    try stopAtProblems()
    checkStates()
    checkOutputs(ordered)
    try stopAtProblems()
    for node in ordered {
      do throws(GraphError) {
        try node.operation.checkShapes(
          inputs: node.inputs.map { tensors[$0.index] },
          outputs: node.outputs.map { tensors[$0.index] })
      } catch {
        report(error, at: node)
      }
    }
    try stopAtProblems()
    return ordered
  }

  private func stopAtProblems() throws(GraphProblems) {
    guard problems.isEmpty else { throw GraphProblems(problems: problems) }
  }

  private mutating func report(_ error: GraphError, at node: Node? = nil) {
    problems.append(.init(node: node?.name, error: error))
  }

  private mutating func checkTensors(skipping valid: Set<Int>) {
    tensorNames.reserveCapacity(tensors.count)
    var total = 0
    for (index, tensor) in tensors.enumerated() {
      if tensorNames.updateValue(index, forKey: tensor.name) != nil {
        report(.duplicateTensor(tensor.name))
      }
      let (sum, overflow) = total.addingReportingOverflow(tensor.shape.count)
      total = overflow ? Int.max : sum
      guard !valid.contains(index) else { continue }
      do throws(GraphError) { try tensor.check() } catch { report(error) }
    }
    if total > Shape.elementLimit { report(.limit("elements of all tensors", Shape.elementLimit)) }
  }

  private mutating func checkReferences() {
    for id in inputs + outputs + states.flatMap({ [$0.tensor, $0.next] })
    where !tensors.indices.contains(id.index) {
      report(.danglingTensor(id.index))
    }
    for node in nodes {
      for id in node.inputs + node.outputs where !tensors.indices.contains(id.index) {
        report(.danglingTensor(id.index), at: node)
      }
    }
  }

  private mutating func checkNames() {
    var names = Set<String>(minimumCapacity: nodes.count)
    for node in nodes where !names.insert(node.name).inserted {
      report(.duplicateNode(node.name), at: node)
    }
  }

  private mutating func checkStates() {
    var seen = Set(inputs)
    for state in states {
      let tensor = tensors[state.tensor.index]
      let next = tensors[state.next.index]
      guard seen.insert(state.tensor).inserted, case .state(let growing) = tensor.contents else {
        report(.severalProducers(tensor.name))
        continue
      }
      var expected = tensor.shape.extents
      if let growing, next.shape.rank == expected.count {
        expected[growing] = max(expected[growing], next.shape[growing])
      }
      if next.shape.extents != expected {
        report(
          .shapeMismatch(
            operand: "next of state '\(tensor.name)'", expected: expected,
            found: next.shape.extents))
      }
      if tensor.encoding != next.encoding {
        report(
          .encodingMismatch(
            operand: "next of state '\(tensor.name)'", expected: "that of the state"))
      }
      if let initial = state.initial {
        do throws(GraphError) { try tensor.check(initial) } catch { report(error) }
      }
    }
    for (index, tensor) in tensors.enumerated() {
      if case .state = tensor.contents, !seen.contains(TensorID(index)) {
        report(.undefinedTensor(tensor.name))
      }
    }
  }

  private mutating func checkOutputs(_ ordered: [Node]) {
    var isThere = tensors.map(\.isParameter)
    for id in inputs + states.map(\.tensor) { isThere[id.index] = true }
    for node in ordered {
      for id in node.outputs { isThere[id.index] = true }
    }
    for output in outputs + states.map(\.next) where !isThere[output.index] {
      report(.undefinedTensor(tensors[output.index].name))
    }
  }

  /// A stable topological order (Kahn's algorithm; ready nodes run in the given order).
  private mutating func ordering() -> [Node] {
    let given = Set(inputs + states.map(\.tensor))
    var producer = [Int](repeating: -1, count: tensors.count)
    for (position, node) in nodes.enumerated() {
      for id in node.outputs {
        if producer[id.index] >= 0 || tensors[id.index].isParameter || given.contains(id) {
          report(.severalProducers(tensors[id.index].name), at: node)
        }
        producer[id.index] = position
      }
    }
    guard problems.isEmpty else { return nodes }
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers = [[Int]](repeating: [], count: nodes.count)
    for (position, node) in nodes.enumerated() {
      for id in Set(node.inputs) {
        if producer[id.index] >= 0 {
          waiting[position] += 1
          readers[producer[id.index]].append(position)
        } else if !tensors[id.index].isParameter && !given.contains(id) {
          report(.undefinedTensor(tensors[id.index].name), at: node)
        }
      }
    }
    guard problems.isEmpty else { return nodes }
    var ordered: [Node] = []
    ordered.reserveCapacity(nodes.count)
    var ready = MinimumHeap(nodes.indices.filter { waiting[$0] == 0 })
    while let position = ready.popFirst() {
      ordered.append(nodes[position])
      for reader in readers[position] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.insert(reader) }
      }
    }
    if ordered.count < nodes.count {
      let stuck = nodes.indices.filter { waiting[$0] > 0 }.map { nodes[$0].name }
      problems.append(.init(node: stuck.first, error: .cycle(stuck)))
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
