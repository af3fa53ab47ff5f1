import Arith
import QuantGraph

/// How bytes in use are counted while a layer runs.
///
/// Source of both: conformance/mcu/patch_ref.py. A layer needs its operands, its result and what later
/// layers still read. Additions work in place, paddings are part of the window that reads them, and
/// conversions of the network's inputs and outputs are not counted.
public enum PatchConvention: String, CaseIterable, Hashable, Sendable {
  case plain
  /// A depthwise layer of stride 1 overwrites its operand: the larger of both counts once.
  case inplaceDepthwise = "inplace-dw"
}

/// A number of bytes under each convention.
public struct ConventionBytes: Sendable, Hashable {
  public internal(set) var plain = 0
  public internal(set) var inplaceDepthwise = 0

  public subscript(_ convention: PatchConvention) -> Int {
    switch convention {
    case .plain: plain
    case .inplaceDepthwise: inplaceDepthwise
    }
  }

  func larger(_ other: ConventionBytes) -> ConventionBytes {
    ConventionBytes(
      plain: max(plain, other.plain),
      inplaceDepthwise: max(inplaceDepthwise, other.inplaceDepthwise))
  }

  init(plain: Int = 0, inplaceDepthwise: Int = 0) {
    self.plain = plain
    self.inplaceDepthwise = inplaceDepthwise
  }
}

/// Which pieces of memory a graph's layers need, with what works in place merged.
struct LayerMemory: Sendable {
  /// One layer and the pieces that are in use while it runs.
  struct Layer: Sendable {
    let node: Int
    /// Tensors that name the pieces, the layer's own operands and result among them.
    let live: [TensorID]
    /// Operand and result of a depthwise layer of stride 1 whose operand nothing else reads.
    let overwrites: (operand: TensorID, result: TensorID)?
  }

  let layers: [Layer]
  /// The tensor that names the piece of memory of each tensor.
  let roots: [TensorID]
  /// Pieces that hold the network's image: no layer has made them.
  let images: Set<TensorID>

  init(_ graph: Graph) {
    var builder = Builder(graph)
    builder.run()
    roots = builder.roots
    images = builder.images
    layers = builder.layers()
  }

  private struct Builder {
    let graph: Graph
    var roots: [TensorID]
    var images: Set<TensorID>
    private var producers: [Int]
    private var lastReader: [Int]
    private var layerNodes: [Int] = []

    init(_ graph: Graph) {
      self.graph = graph
      roots = graph.tensors.indices.map(TensorID.init)
      images = Set(graph.inputs + graph.states.map(\.tensor))
      producers = [Int](repeating: -1, count: graph.tensors.count)
      lastReader = producers
      for (index, node) in graph.nodes.enumerated() {
        for id in node.outputs { producers[id.index] = index }
        for id in node.inputs { lastReader[id.index] = index }
      }
      for id in graph.outputs { lastReader[id.index] = .max }
    }

    mutating func run() {
      for (index, node) in graph.nodes.enumerated() {
        let data = node.inputs.filter { graph[$0].constant == nil }
        let isImage = !data.isEmpty && data.allSatisfy { images.contains(roots[$0.index]) }
        switch kind(node, at: index, data: data) {
        case .layer: layerNodes.append(index)
        case .alias(let operand):
          let root = roots[operand.index]
          for id in node.outputs {
            roots[id.index] = root
            lastReader[root.index] = max(lastReader[root.index], lastReader[id.index])
          }
        case .boundary:
          if isImage { images.formUnion(node.outputs) }
        }
      }
    }

    private enum Kind {
      case layer
      case alias(TensorID)
      /// Not counted, with memory of its own.
      case boundary
    }

    private func kind(_ node: Node, at index: Int, data: [TensorID]) -> Kind {
      guard let result = node.outputs.first, node.outputs.count == 1 else { return .layer }
      switch node.operation {
      case .surround(let surround) where surround.rule == .constant:
        return data.first.map { .alias($0) } ?? .layer
      case .reshape: return data.first.map { .alias($0) } ?? .layer
      case .unary, .activation, .arithmetic, .binary:
        // The operand that was made last and that nothing reads afterwards is overwritten.
        let free = data.filter { id in
          graph[id].shape.count == graph[result].shape.count
            && graph[id].encoding.isAsWide(as: graph[result].encoding)
            && lastReader[id.index] == index && !graph.inputs.contains(id)
        }
        let latest = free.max { producers[$0.index] < producers[$1.index] }
        return latest.map { .alias($0) } ?? .layer
      case .convert, .cast:
        guard let operand = data.first else { return .layer }
        if graph[operand].encoding.isAsWide(as: graph[result].encoding),
          lastReader[operand.index] == index
        {
          return .alias(operand)
        }
        let isEdge = graph.inputs.contains(operand) || graph.outputs.contains(result)
        return isEdge ? .boundary : .layer
      default: return .layer
      }
    }

    func layers() -> [Layer] {
      let pieces = graph.tensors.indices.filter { index in
        roots[index].index == index && graph.tensors[index].constant == nil
          && (producers[index] >= 0 || images.contains(TensorID(index)))
      }
      var waiting = pieces.sorted { producers[$0] < producers[$1] }[...]
      var active: [Int] = []
      return layerNodes.map { position in
        active.removeAll { lastReader[$0] < position }
        while let next = waiting.first, producers[next] <= position {
          if lastReader[next] >= position { active.append(next) }
          waiting.removeFirst()
        }
        let node = graph.nodes[position]
        // A result that nothing reads is there while it is written.
        let own = node.outputs.map { roots[$0.index] }
        let all = Set(active.map(TensorID.init) + own).sorted()
        return Layer(node: position, live: all, overwrites: overwritten(node, at: position))
      }
    }

    private func overwritten(
      _ node: Node, at position: Int
    ) -> (operand: TensorID, result: TensorID)? {
      guard graph.isDepthwise(position), case .convolution(let convolution) = node.operation,
        convolution.strides.allSatisfy({ $0 == 1 })
      else { return nil }
      let operand = roots[node.inputs[0].index]
      guard lastReader[operand.index] == position else { return nil }
      return (operand, roots[node.outputs[0].index])
    }
  }
}

extension LayerMemory.Layer {
  /// Bytes in use while the layer runs, `bytes` giving those of a piece.
  func bytes(_ bytes: (TensorID) -> Int) throws(ArenaError) -> ConventionBytes {
    var total = 0
    for id in live { total = try sum(total, bytes(id), of: "layer memory") }
    guard let overwrites else { return ConventionBytes(plain: total, inplaceDepthwise: total) }
    let saved = min(bytes(overwrites.operand), bytes(overwrites.result))
    return ConventionBytes(plain: total, inplaceDepthwise: total - saved)
  }
}
