import Arith
public import QuantGraph

/// The 8-bit network that a converter makes of a float one, as far as its costs depend on it.
///
/// As TensorFlow Lite's converter does it (its 8-bit quantization specification): channels last;
/// weights of 8 bits with a scale a filter, biases of 32 bits, activations of 8 bits; a batch
/// normalization, a constant addition and a ReLU that alone read a layer's result become part of
/// the layer. Scales of activations are not known, and neither work nor sizes depend on them.
public struct IntegerDeployment: Sendable {
  public let graph: Graph
  /// Node of ``graph`` and the tensors that share its input's codes, by name of the layer.
  private let places: [String: (node: Int, tensors: [TensorID])]

  /// - Throws: ``IntegerDeploymentError`` for operators that no rule is known for.
  public init(_ float: Graph) throws(IntegerDeploymentError) {
    var builder = DeploymentBuilder(float)
    let graph = try builder.run()
    self.graph = graph
    var places: [String: (node: Int, tensors: [TensorID])] = [:]
    let sources = CodeSources(graph)
    for (index, node) in graph.nodes.enumerated() where graph.weights(of: node) != nil {
      guard let input = node.inputs.first else { continue }
      places[node.name] = (index, sources.tensors(of: input))
    }
    self.places = places
  }

  /// Whether the network has a layer with weights of this name.
  public func hasLayer(_ name: String) -> Bool { places[name] != nil }

  /// The node of ``graph`` that a layer is, nil for names that it lacks.
  public func node(ofLayer name: String) -> Int? { places[name]?.node }

  /// An allocation of ``graph`` from widths of layers; names that it lacks are passed over.
  ///
  /// A layer's input has its width wherever the codes pass unchanged: through views and maxima that
  /// nothing else reads. A tensor of several layers has the largest of their widths.
  public func allocation(
    _ layers: [(name: String, weights: Int, activations: Int)]
  ) -> CodeWidths {
    var allocation = CodeWidths(graph)
    for layer in layers {
      guard let place = places[layer.name] else { continue }
      allocation.weightBits[place.node] = layer.weights
      for tensor in place.tensors {
        allocation.tensorBits[tensor.index] = max(
          allocation.tensorBits[tensor.index] ?? 0, layer.activations)
      }
    }
    return allocation
  }
}

/// Why a float network has no 8-bit form.
public enum IntegerDeploymentError: Error, Sendable, Hashable {
  /// A node that no rule is known for.
  case unsupported(node: String, reason: String)
}

/// Where a tensor's codes come from.
private struct CodeSources {
  let graph: Graph
  private var writers: [TensorID: Int] = [:]
  private var readers: [TensorID: Int] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    for (index, node) in graph.nodes.enumerated() {
      for id in node.outputs { writers[id] = index }
      for id in node.inputs { readers[id, default: 0] += 1 }
    }
    for id in graph.outputs { readers[id, default: 0] += 1 }
  }

  /// `tensor`, and those before it that hold the same codes and nothing else reads.
  func tensors(of tensor: TensorID) -> [TensorID] {
    var found = [tensor]
    var last = tensor
    while let writer = writers[last], let source = graph.nodes[writer].inputs.first,
      readers[source] == 1, graph[source].constant == nil
    {
      switch graph.nodes[writer].operation {
      case .reshape, .copy: break
      case .pool(let pool) where pool.reduction == .maximum: break
      default: return found
      }
      found.append(source)
      last = source
    }
    return found
  }
}
