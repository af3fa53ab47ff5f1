import Arith
public import QuantGraph

/// Bits of weights and activations that differ from the model's own.
public struct CodeWidths: Sendable, Hashable {
  /// Bits of each node's weights, one a node of the graph; nil as the model has them.
  public var weightBits: [Int?]
  /// Bits of each tensor, one a tensor of the graph; nil as the model has it.
  public var tensorBits: [Int?]

  /// Everything as the model has it.
  public init(_ graph: Graph) {
    weightBits = Array(repeating: nil, count: graph.nodes.count)
    tensorBits = Array(repeating: nil, count: graph.tensors.count)
  }

  /// Every layer's weights and every quantized activation alike.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - weights: bits of weights; nil leaves them.
  ///   - activations: bits of activations; nil leaves them.
  public init(_ graph: Graph, weights: Int?, activations: Int?) {
    self.init(graph)
    for (index, node) in graph.nodes.enumerated() where graph.weights(of: node) != nil {
      weightBits[index] = weights
    }
    for (index, tensor) in graph.tensors.enumerated() where tensor.constant == nil {
      if case .affine = tensor.encoding { tensorBits[index] = activations }
    }
  }
}

extension CodeWidths {
  /// The widths of choices for the graph's nodes and tensors; formats without one width are left out.
  public init(_ graph: Graph, _ choices: FormatChoices) {
    self.init(
      graph, weights: choices.uniform?.weights, activations: choices.uniform?.activations)
    for (index, choice) in choices.nodes {
      if let bits = choice.weights?.scalarWidth { weightBits[index] = bits }
      if let bits = choice.data?.scalarWidth, let data = graph.nodes[index].inputs.first {
        tensorBits[data.index] = bits
      }
    }
    for (index, encoding) in choices.tensors {
      if let bits = encoding.scalarWidth { tensorBits[index] = bits }
    }
  }
}

extension FormatChoices {
  /// The integers of so many bits.
  public init(_ widths: CodeWidths) {
    self.init()
    func integer(_ bits: Int) -> Encoding? {
      (try? FixedPointFormat(width: bits, integerBits: bits, isSigned: true, dialect: .plain))
        .map(Encoding.fixed)
    }
    for (index, bits) in widths.weightBits.enumerated() {
      if let bits { nodes[index] = Node(weights: integer(bits)) }
    }
    for (index, bits) in widths.tensorBits.enumerated() {
      if let bits { tensors[index] = integer(bits) }
    }
  }
}
