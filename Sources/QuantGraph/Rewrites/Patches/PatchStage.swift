/// The part of a graph that is computed tile by tile: everything that one tensor is made of.
///
/// Each node in it is a convolution, a pooling, an elementwise function or a padding of an image, so
/// that a tile of its result needs a window of its operands only. The output is the stage's one exit.
public struct PatchStage: Sendable, Hashable {
  /// The tensor that is kept whole and cut in tiles.
  public let output: TensorID
  /// Positions in ``Graph/nodes``, in execution order.
  public let nodes: [Int]
  /// Tensors that the stage reads and does not compute: the network's image.
  public let sources: [TensorID]
  /// Axis of rows and axis of columns in every tensor of the stage.
  public let axes: [Int]

  /// The stage that ends at `output`.
  ///
  /// - Throws: ``PatchError`` if the graph cannot be cut there.
  public init(_ graph: Graph, output: TensorID) throws(PatchError) {
    var producers: [TensorID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for id in node.outputs { producers[id] = index }
    }
    guard let last = producers[output] else {
      throw .output(tensor: graph[output].name)
    }
    var nodes: Set<Int> = [last]
    var sources: Set<TensorID> = []
    var pending = [last]
    while let index = pending.popLast() {
      for id in graph.nodes[index].inputs where graph[id].constant == nil {
        if let producer = producers[id] {
          if nodes.insert(producer).inserted { pending.append(producer) }
        } else {
          sources.insert(id)
        }
      }
    }
    self.output = output
    self.nodes = nodes.sorted()
    self.sources = sources.sorted()
    axes = try Self.axes(graph, self.nodes, output: output)
    try checkOperators(graph)
    try checkExits(graph, inside: nodes)
  }

  private static func axes(
    _ graph: Graph, _ nodes: [Int], output: TensorID
  ) throws(PatchError) -> [Int] {
    let rank = graph[output].shape.rank
    guard rank >= 3 else { throw .output(tensor: graph[output].name) }
    var layout: ImageLayout?
    for index in nodes {
      let found: ImageLayout? =
        switch graph.nodes[index].operation {
        case .convolution(let convolution): convolution.layout
        case .pool(let pool): pool.layout
        default: nil
        }
      guard let found else { continue }
      guard layout == nil || layout == found else { throw .layout(node: graph.nodes[index].name) }
      layout = found
    }
    return layout == .channelsFirst ? [rank - 2, rank - 1] : [rank - 3, rank - 2]
  }

  /// Rows or columns at most, as for the windows of a graph; positions of windows then fit in `Int`.
  private static let largestExtent = 1 << 24

  private func checkOperators(_ graph: Graph) throws(PatchError) {
    let rank = graph[output].shape.rank
    for index in nodes {
      let node = graph.nodes[index]
      guard node.outputs.count == 1, let window = PlaneWindow(node, in: graph, axes: axes) else {
        throw .operation(node: node.name, operation: node.operation.name)
      }
      for id in node.inputs + node.outputs where graph[id].constant == nil {
        let shape = graph[id].shape
        guard shape.rank == rank, shape.count > 0,
          axes.allSatisfy({ shape[$0] <= Self.largestExtent })
        else { throw .layout(node: node.name) }
      }
      // What broadcasts along a plane has no window.
      if window.isElementwise {
        for id in node.inputs where graph[id].constant == nil {
          for axis in axes where graph[id].shape[axis] != graph[node.outputs[0]].shape[axis] {
            throw .operation(node: node.name, operation: node.operation.name)
          }
        }
      }
    }
  }

  private func checkExits(_ graph: Graph, inside: Set<Int>) throws(PatchError) {
    var exits = Set(graph.outputs + graph.states.map(\.next))
    for (index, node) in graph.nodes.enumerated() where !inside.contains(index) {
      exits.formUnion(node.inputs)
    }
    for index in nodes {
      for id in graph.nodes[index].outputs where id != output && exits.contains(id) {
        throw .severalExits(tensor: graph[id].name)
      }
    }
  }
}

/// Which positions of its data a node reads for positions of its result, along rows and columns.
struct PlaneWindow {
  /// Positions that a result needs, cut to those that exist, and how many the cut left out.
  struct Need: Hashable {
    let positions: Range<Int>
    let before: Int
    let after: Int
  }

  private let kernel: [Int]
  private let strides: [Int]
  private let dilations: [Int]
  private let before: [Int]
  /// Whether a result's position needs the same position of every operand.
  let isElementwise: Bool

  /// Nil for an operator that has no such window.
  init?(_ node: Node, in graph: Graph, axes: [Int]) {
    var kernel = [1, 1]
    var strides = [1, 1]
    var dilations = [1, 1]
    var before = [0, 0]
    var isElementwise = false
    switch node.operation {
    case .convolution(let convolution):
      guard convolution.kernel.count == 2 else { return nil }
      (kernel, strides, dilations, before) = (
        convolution.kernel, convolution.strides, convolution.dilations, convolution.paddingBefore
      )
    case .pool(let pool):
      guard pool.kernel.count == 2, !pool.isCeiling, pool.arrangement == .window else {
        return nil
      }
      (kernel, strides, dilations, before) = (
        pool.kernel, pool.strides, pool.dilations, pool.paddingBefore
      )
    case .surround(let surround):
      guard surround.rule == .constant else { return nil }
      for (position, axis) in axes.enumerated() {
        guard surround.before.indices.contains(axis) else { return nil }
        before[position] = surround.before[axis]
      }
    case .unary, .cast: isElementwise = true
    case .convert(let elements):
      guard elements.isEmpty else { return nil }
      isElementwise = true
    case .activation(let activation):
      switch activation {
      case .prelu, .lookup: return nil
      default: isElementwise = true
      }
    case .arithmetic:
      guard Set(node.inputs.map { graph[$0].shape }).count == 1 else { return nil }
      isElementwise = true
    case .binary:
      for id in node.inputs where graph[id].constant != nil {
        // Counted from the end, as numpy's rule does.
        let result = graph[node.outputs[0]].shape
        for axis in axes {
          let own = axis - (result.rank - graph[id].shape.rank)
          if own >= 0, graph[id].shape[own] != 1 { return nil }
        }
      }
      isElementwise = true
    default: return nil
    }
    guard [kernel, strides, dilations, before].allSatisfy({ $0.count == 2 }) else { return nil }
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.isElementwise = isElementwise
  }

  /// What positions `range` of the result need of `extent` positions along rows (0) or columns (1).
  ///
  /// A graph's windows fit their padded planes, so the numbers here are within a few times 2^24.
  func need(_ range: Range<Int>, axis: Int, extent: Int) -> Need {
    let first = range.lowerBound * strides[axis] - before[axis]
    let last =
      (range.upperBound - 1) * strides[axis] - before[axis] + (kernel[axis] - 1) * dilations[axis]
    let low = min(max(first, 0), extent)
    let high = max(min(last, extent - 1) + 1, low)
    return Need(
      positions: low..<high, before: max(0, -first), after: max(0, last - (extent - 1)))
  }
}
