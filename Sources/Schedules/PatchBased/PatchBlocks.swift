public import QuantGraph

/// The blocks of a network after which a patch stage may end.
///
/// A block ends at the first non-depthwise convolution after its depthwise one, with the addition that
/// may follow, and the next begins there. What precedes the first depthwise block is block 0: a 1x1
/// convolution right before the first depthwise one expands its channels and belongs to its block, as
/// in the blocks after it, unless it is the network's first. Convolutions after the last depthwise
/// block are one more block. Elementwise functions belong to the convolution that they follow.
public struct PatchBlocks: Sendable, Hashable {
  public struct Block: Sendable, Hashable {
    public let number: Int
    /// Positions of its convolutions in `Graph.nodes`.
    public let convolutions: [Int]
    /// What the block hands on.
    public let output: TensorID
  }

  /// In order; numbers ascend and a number may be missing (block 0 of a network that begins with a
  /// depthwise convolution).
  public let blocks: [Block]

  public init(_ graph: Graph) {
    let convolutions = graph.nodes.indices.filter { graph.isPlaneConvolution($0) }
    let depthwise = convolutions.map { graph.isDepthwise($0) }
    var readers: [TensorID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for id in Set(node.inputs) { readers[id, default: []].append(index) }
    }
    var groups: [(number: Int, range: Range<Int>)] = []
    var start = depthwise.firstIndex(of: true) ?? convolutions.count
    if start > 1, start < convolutions.count, graph.isPointwise(convolutions[start - 1]) {
      start -= 1
    }
    if start > 0 { groups.append((0, 0..<start)) }
    var number = 1
    while start < convolutions.count {
      var end = convolutions.count
      if let middle = depthwise[start...].firstIndex(of: true),
        let last = depthwise[middle...].firstIndex(of: false)
      {
        end = last + 1
      }
      groups.append((number, start..<end))
      number += 1
      start = end
    }
    blocks = groups.compactMap { group in
      guard let last = group.range.last else { return nil }
      let members = group.range.map { convolutions[$0] }
      let output = Self.output(graph, of: convolutions[last], readers: readers)
      return Block(number: group.number, convolutions: members, output: output)
    }
  }

  public func block(_ number: Int) -> Block? { blocks.first { $0.number == number } }

  /// A convolution's result after the elementwise functions and additions that follow it alone.
  private static func output(
    _ graph: Graph, of convolution: Int, readers: [TensorID: [Int]]
  ) -> TensorID {
    var result = graph.nodes[convolution].outputs[0]
    while let readers = readers[result], readers.count == 1, !graph.outputs.contains(result) {
      let position = readers[0]
      let node = graph.nodes[position]
      guard node.outputs.count == 1, node.operation.followsConvolution,
        graph[node.outputs[0]].shape == graph[result].shape
      else { break }
      // The other operand of an addition has to be there already.
      let others = node.inputs.filter { $0 != result && graph[$0].constant == nil }
      let isLater = others.contains { id in
        graph.nodes[convolution...position].contains { $0.outputs.contains(id) }
      }
      if isLater { break }
      result = node.outputs[0]
    }
    return result
  }
}

extension Operator {
  fileprivate var followsConvolution: Bool {
    switch self {
    case .unary, .activation, .binary, .arithmetic: true
    default: false
    }
  }
}

extension Graph {
  func isPlaneConvolution(_ node: Int) -> Bool {
    if case .convolution(let convolution) = nodes[node].operation {
      return convolution.kernel.count == 2
    }
    return false
  }

  /// Whether each filter of a convolution sees one channel.
  func isDepthwise(_ node: Int) -> Bool {
    guard case .convolution(let convolution) = nodes[node].operation else { return false }
    switch convolution.grouping {
    case .depthwise: return true
    case .groups(let count):
      let extents = self[nodes[node].inputs[0]].shape.extents
      let axis = convolution.layout == .channelsLast ? extents.count - 1 : extents.count - 3
      return count > 1 && extents.indices.contains(axis) && extents[axis] == count
    }
  }

  func isPointwise(_ node: Int) -> Bool {
    guard case .convolution(let convolution) = nodes[node].operation else { return false }
    return convolution.kernel.allSatisfy { $0 == 1 } && convolution.strides.allSatisfy { $0 == 1 }
  }
}
