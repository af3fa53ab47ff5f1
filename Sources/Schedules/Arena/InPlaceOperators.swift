public import QuantGraph

extension ArenaRequest {
  /// The request with results that overwrite an operand sharing its buffer.
  ///
  /// A reshape never moves anything: its result is its operand. An elementwise result takes the
  /// place of an operand of as many elements that has its last reader there, needs no fewer bytes
  /// and is no output of the graph. Runtimes differ in what they do: TensorFlow Lite Micro's
  /// planner shares nothing.
  ///
  /// - Throws: ``ArenaError``, which does not happen for a request of this graph.
  public func sharingInPlace(
    _ graph: Graph, lifetimes: TensorLifetimes
  ) throws(ArenaError) -> ArenaRequest {
    var merger = BufferMerger(self)
    let kept = Set(graph.outputs)
    for (step, entry) in lifetimes.steps.enumerated() {
      for node in graph.nodes[entry.nodes] {
        guard let result = node.outputs.first, node.outputs.count == 1 else { continue }
        if node.operation == .reshape, let source = node.inputs.first {
          merger.merge(source, result)
        } else if node.operation.isElementwise {
          let operand = node.inputs.first { id in
            graph[id].shape.count == graph[result].shape.count && !kept.contains(id)
              && merger.canOverwrite(id, with: result, at: step)
          }
          if let operand { merger.merge(operand, result) }
        }
      }
    }
    return try ArenaRequest(buffers: merger.buffers(), alignment: alignment)
  }
}

extension Operator {
  /// Whether element i of the result depends on element i of the operands alone.
  fileprivate var isElementwise: Bool {
    switch self {
    case .activation, .unary, .arithmetic, .binary, .convert, .cast, .normalize, .threshold: true
    default: false
    }
  }
}

/// Buffers that become one.
private struct BufferMerger {
  private let request: ArenaRequest
  /// The buffer of each tensor.
  private let position: [TensorID: Int]
  /// The buffer that each has been merged into; itself if none.
  private var root: [Int]
  private var lifetimes: [Lifetime]
  private var bytes: [Int]

  init(_ request: ArenaRequest) {
    self.request = request
    var position: [TensorID: Int] = [:]
    for (index, buffer) in request.buffers.enumerated() {
      for case .tensor(let id) in buffer.contents { position[id] = index }
    }
    self.position = position
    root = Array(request.buffers.indices)
    lifetimes = request.buffers.map(\.lifetime)
    bytes = request.buffers.map(\.bytes)
  }

  private func buffer(of id: TensorID) -> Int? {
    guard var index = position[id] else { return nil }
    while root[index] != index { index = root[index] }
    return index
  }

  func canOverwrite(_ operand: TensorID, with result: TensorID, at step: Int) -> Bool {
    guard let old = buffer(of: operand), let new = buffer(of: result), old != new else {
      return false
    }
    return lifetimes[old].last == step && bytes[old] >= bytes[new]
  }

  mutating func merge(_ first: TensorID, _ second: TensorID) {
    guard let old = buffer(of: first), let new = buffer(of: second), old != new else { return }
    root[new] = old
    lifetimes[old] = Lifetime(
      first: min(lifetimes[old].first, lifetimes[new].first),
      last: max(lifetimes[old].last, lifetimes[new].last))
    bytes[old] = max(bytes[old], bytes[new])
  }

  func buffers() -> [ArenaBuffer] {
    var contents = [[ArenaBuffer.Content]](repeating: [], count: root.count)
    for index in root.indices {
      var target = index
      while root[target] != target { target = root[target] }
      contents[target] += request.buffers[index].contents
    }
    return root.indices.filter { root[$0] == $0 }.map {
      ArenaBuffer(contents: contents[$0], bytes: bytes[$0], lifetime: lifetimes[$0])
    }
  }
}
