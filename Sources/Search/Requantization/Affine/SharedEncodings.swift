internal import Arith
internal import QuantGraph

/// Which activations of a graph must keep one encoding, and which cannot have another.
///
/// Source: the reference kernels of TensorFlow Lite, `tensorflow/lite/kernels`: operators that move
/// codes, pools, extrema and resampling read one scale and zero point for data and result
/// (`reshape.cc`, `transpose.cc`, `pad.cc`, `concatenation.cc`, `split.cc`, `slice.cc`, `pack.cc`,
/// `pooling.cc`, `maximum_minimum.cc`, `reduce.cc`, `resize_bilinear.cc`); softmax, logistic and tanh
/// write an encoding of their own (TensorFlow Lite's 8-bit quantization specification).
struct SharedEncodings {
  /// Why a tensor keeps its encoding.
  struct Fixed: Hashable {
    let tensor: TensorID
    /// The operator that asks for it.
    let operation: String
  }

  private var parents: [Int]
  private var fixedTensors: [(tensor: TensorID, operation: String)] = []
  /// Why the tensors of a class cannot change, by its representative.
  private var fixed: [Int: Fixed] = [:]
  /// Tensors of a class, ascending, by its representative.
  private var members: [Int: [TensorID]] = [:]

  init(_ graph: Graph) {
    parents = Array(graph.tensors.indices)
    for node in graph.nodes { add(node, of: graph) }
    for state in graph.states {
      join(state.tensor, state.next)
      fix(state.tensor, "a state")
    }
    for index in graph.tensors.indices {
      members[root(index), default: []].append(TensorID(index))
    }
    for (tensor, operation) in fixedTensors {
      let root = root(tensor.index)
      if fixed[root] == nil { fixed[root] = Fixed(tensor: tensor, operation: operation) }
    }
  }

  /// Tensors that have one encoding with `tensor`, itself among them.
  func tensors(with tensor: TensorID) -> [TensorID] { members[root(tensor.index)] ?? [tensor] }

  /// The number of the tensor's class.
  func number(of tensor: TensorID) -> Int { root(tensor.index) }

  /// Why the tensor cannot have another encoding; nil if it can.
  func reason(for tensor: TensorID) -> Fixed? { fixed[root(tensor.index)] }

  private func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index { index = parents[index] }
    return index
  }

  private mutating func join(_ a: TensorID, _ b: TensorID) {
    let (first, second) = (root(a.index), root(b.index))
    // The smaller position represents both, so that results do not depend on the order of nodes.
    parents[max(first, second)] = min(first, second)
  }

  private mutating func fix(_ tensor: TensorID, _ operation: String) {
    fixedTensors.append((tensor, operation))
  }

  private mutating func add(_ node: Node, of graph: Graph) {
    switch node.operation {
    case .reshape, .copy, .transpose, .slice, .split, .broadcast, .tile, .rearrange, .pad, .crop:
      share(node.inputs.prefix(1) + node.outputs, node, graph)
    case .gatherAxis, .gatherND: share(node.inputs.prefix(1) + node.outputs, node, graph)
    case .gather: share(node.inputs.suffix(1) + node.outputs, node, graph)
    case .surround, .concatenate: share(node.inputs + node.outputs, node, graph)
    case .pool, .resize, .resizeNearest: share(node.inputs.prefix(1) + node.outputs, node, graph)
    case .reduce(let reduction):
      switch reduction.function {
      case .maximum, .minimum: share(node.inputs.prefix(1) + node.outputs, node, graph)
      default: break
      }
    case .binary(let binary):
      switch binary.function {
      case .maximum, .minimum: share(node.inputs + node.outputs, node, graph)
      default: break
      }
    case .unary(let function):
      switch function {
      case .sigmoid, .tanh: for id in node.outputs { fix(id, node.operation.name) }
      case .clamp(.relu6):
        // The micro runtime clamps codes of the input's scale and reads no other.
        if let input = node.inputs.first, let output = node.outputs.first,
          graph[input].encoding == graph[output].encoding
        {
          join(input, output)
        }
      default: break
      }
    case .axisSoftmax, .normalizeLength: for id in node.outputs { fix(id, node.operation.name) }
    case .lstm:
      // Biases and the gated cell follow from the encodings of data and states.
      for id in node.inputs + node.outputs { fix(id, node.operation.name) }
    default: break
    }
    // Constants that are multiplied have widths of their own.
    for id in node.inputs.dropFirst() where isWeight(id, of: node, graph) {
      fix(id, node.operation.name)
    }
  }

  private func isWeight(_ id: TensorID, of node: Node, _ graph: Graph) -> Bool {
    guard graph[id].constant != nil else { return false }
    switch node.operation {
    case .dense, .convolution, .transposedConvolution, .matMul, .svdf: return true
    default: return false
    }
  }

  /// Operands whose codes go over to results unchanged.
  private mutating func share(
    _ operands: some Sequence<TensorID>, _ node: Node, _ graph: Graph
  ) {
    let affine = operands.filter { id in
      if case .affine = graph[id].encoding { return true }
      return false
    }
    guard let first = affine.first else { return }
    let isOne = affine.allSatisfy { graph[$0].encoding == graph[first].encoding }
    for other in affine {
      if isOne { join(first, other) } else { fix(other, node.operation.name) }
    }
  }
}
