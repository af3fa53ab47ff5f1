public import QuantGraph

/// Bits of codes where the tiles of a stage have encodings of their own.
///
/// Kernels read weights of a layer from one constant, whatever tile runs: they have one width.
public struct PatchWidths: Sendable, Hashable {
  /// Of the network as a whole: weights of every layer, tensors outside the stage, and the stage's
  /// image and output as what is around it has them.
  public let whole: CodeWidths
  /// By tile, row by row, then by tensor of the network; nil as the network has it.
  public let tiles: [[Int?]]

  /// The widths of a network with tiles as those of its schedule.
  ///
  /// - Parameters:
  ///   - widths: of the nodes and tensors of `patched`.
  ///   - patched: `graph` with a stage in tiles.
  ///   - graph: the network.
  public init(_ widths: CodeWidths, of patched: PatchedGraph, in graph: Graph) {
    var whole = CodeWidths(graph)
    for index in graph.tensors.indices { whole.tensorBits[index] = widths.tensorBits[index] }
    var writers: [TensorID: Int] = [:]
    for (index, node) in patched.graph.nodes.enumerated() {
      for id in node.outputs { writers[id] = index }
    }
    let first = patched.tiles.first ?? [:]
    for (index, node) in graph.nodes.enumerated() {
      guard let result = node.outputs.first else { continue }
      if let writer = writers[first[result] ?? result] {
        whole.weightBits[index] = widths.weightBits[writer]
      }
    }
    self.whole = whole
    tiles = patched.tiles.map { map in
      var bits = [Int?](repeating: nil, count: graph.tensors.count)
      for (id, tile) in map { bits[id.index] = widths.tensorBits[tile.index] }
      return bits
    }
  }

  /// Every width that differs from the network's.
  var all: [Int] {
    (whole.weightBits + whole.tensorBits + tiles.joined()).compactMap(\.self)
  }
}

extension PatchPlanner {
  /// Bits of a tensor as the network has it.
  func ownBits(_ id: TensorID) -> Int { graph[id].encoding.codeBits }

  /// Bits of a tensor outside the stage.
  func bits(_ id: TensorID, _ widths: PatchWidths?) -> Int {
    widths?.whole.tensorBits[id.index] ?? ownBits(id)
  }

  /// Bits of a tile's part of a tensor of the stage.
  func bits(_ id: TensorID, _ widths: PatchWidths?, tile: Int) -> Int {
    guard let widths else { return ownBits(id) }
    return widths.tiles[tile][id.index] ?? ownBits(id)
  }

  /// Bits of the second operand of each multiplication of a node.
  func weightBits(_ node: Int, _ widths: PatchWidths?) -> Int {
    if let bits = widths?.whole.weightBits[node] { return bits }
    let inputs = graph.nodes[node].inputs
    return inputs.count > 1 ? bits(inputs[1], widths) : 1
  }

  /// `multiplications * bits a weight * bits a value`, of the whole network layer by layer.
  ///
  /// - Throws: ``ArenaError`` beyond `Int`.
  func bitOperations(_ widths: PatchWidths?, outside stage: Set<Int>) throws(ArenaError) -> Int {
    var total = 0
    for (index, node) in graph.nodes.enumerated() where macs[index] > 0 && !stage.contains(index) {
      let own = try product(
        macs[index], weightBits(index, widths), bits(node.inputs[0], widths), of: "bit operations")
      total = try sum(total, own, of: "bit operations")
    }
    return total
  }
}
