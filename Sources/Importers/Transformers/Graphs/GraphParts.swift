import Arith
import QuantGraph

/// Tensors and nodes of a graph that is being made; parameters have no codes.
struct GraphParts {
  let family: String
  /// Encoding of parameters and of what is computed.
  let encoding: Encoding
  private(set) var tensors: [Tensor] = []
  private(set) var nodes: [Node] = []
  private(set) var inputs: [TensorID] = []
  private(set) var states: [StateTensor] = []
  private var named: [String: TensorID] = [:]
  private var nodeNames: [String: Int] = [:]

  init(family: String, encoding: Encoding) {
    self.family = family
    self.encoding = encoding
  }

  func fault(_ problem: String) -> TransformerError { .noGraph(problem, family: family) }

  func extents(_ id: TensorID) -> [Int] { tensors[id.index].shape.extents }

  private mutating func add(
    _ name: String, _ extents: [Int], _ contents: Tensor.Contents, encoding: Encoding? = nil
  ) throws(TransformerError) -> TensorID {
    let shape: Shape
    do throws(GraphError) {
      shape = try Shape(extents)
    } catch {
      throw fault("'\(name)' has too many elements: \(extents)")
    }
    let id = TensorID(tensors.count)
    tensors.append(
      Tensor(name: name, shape: shape, encoding: encoding ?? self.encoding, contents: contents))
    named[name] = id
    return id
  }

  mutating func parameter(_ name: String, _ extents: [Int]) throws(TransformerError) -> TensorID {
    if let known = named[name] { return known }
    return try add(name, extents, .parameter(nil))
  }

  func known(_ name: String) -> TensorID? { named[name] }

  /// An input that all layers share.
  mutating func input(
    _ name: String, _ extents: [Int], encoding: Encoding? = nil
  ) throws(TransformerError) -> TensorID {
    if let known = named[name] { return known }
    let id = try add(name, extents, .computed, encoding: encoding)
    inputs.append(id)
    return id
  }

  /// A state that grows along an axis, with what this run adds; nothing is kept beyond `limit`.
  ///
  /// Returns everything that the run sees.
  mutating func cache(
    _ name: String, adding added: TensorID, axis: Int, past: Int, limit: Int?
  ) throws(TransformerError) -> TensorID {
    var kept = extents(added)
    kept[axis] = min(past, limit ?? past)
    let state = try add(name, kept, .state(growing: axis))
    let count = extents(added)[axis]
    let all =
      kept[axis] == 0
      ? added
      : try node(
        name + ".concatenate", .concatenate(axis: axis), [state, added],
        replacing(added, axis, by: kept[axis] + count))
    var next = all
    let total = kept[axis] + count
    if let limit, total > limit {
      var begin = [Int](repeating: 0, count: kept.count)
      begin[axis] = total - limit
      let extents = replacing(all, axis, by: limit)
      next = try node(
        name + ".recent",
        .slice(Slice(begin: begin, extents: extents, strides: begin.map { _ in 1 })), [all], extents
      )
    }
    states.append(StateTensor(tensor: state, next: next, initial: nil))
    return all
  }

  mutating func state(_ name: String, _ extents: [Int]) throws(TransformerError) -> TensorID {
    try add(name, extents, .state(growing: nil))
  }

  mutating func keep(_ state: TensorID, as next: TensorID) {
    states.append(StateTensor(tensor: state, next: next, initial: nil))
  }

  private func replacing(_ id: TensorID, _ axis: Int, by extent: Int) -> [Int] {
    var extents = extents(id)
    extents[axis] = extent
    return extents
  }

  mutating func nodes(
    _ name: String, _ operation: Operator, _ inputs: [TensorID], _ results: [[Int]],
    encodings: [Encoding?] = []
  ) throws(TransformerError) -> [TensorID] {
    let count = nodeNames[name, default: 0]
    nodeNames[name] = count + 1
    let name = count == 0 ? name : "\(name).\(count + 1)"
    var outputs: [TensorID] = []
    for (index, extents) in results.enumerated() {
      outputs.append(
        try add(
          name + (index == 0 ? ":0" : ":\(index)"), extents, .computed,
          encoding: index < encodings.count ? encodings[index] : nil))
    }
    nodes.append(Node(name: name, operation: operation, inputs: inputs, outputs: outputs))
    return outputs
  }

  mutating func node(
    _ name: String, _ operation: Operator, _ inputs: [TensorID], _ extents: [Int]
  ) throws(TransformerError) -> TensorID {
    try nodes(name, operation, inputs, [extents])[0]
  }

  /// - Throws: if what was made breaks a rule of graphs.
  func graph(_ name: String, outputs: [TensorID]) throws(TransformerError) -> Graph {
    do throws(GraphProblems) {
      return try Graph(
        name: name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs,
        states: states)
    } catch {
      throw fault(error.problems.first.map { "\($0.node ?? ""): \($0.error)" } ?? "\(error)")
    }
  }
}

/// What layers are made of.
extension GraphParts {
  mutating func reshape(
    _ name: String, _ data: TensorID, _ extents: [Int]
  ) throws(TransformerError) -> TensorID {
    self.extents(data) == extents ? data : try node(name + ".reshape", .reshape, [data], extents)
  }

  mutating func transpose(
    _ name: String, _ data: TensorID, _ permutation: [Int]
  ) throws(TransformerError) -> TensorID {
    let extents = extents(data)
    return try node(
      name + ".transpose", .transpose(permutation: permutation), [data],
      permutation.map { extents[$0] })
  }

  mutating func split(
    _ name: String, _ data: TensorID, axis: Int, _ parts: [Int]
  ) throws(TransformerError) -> [TensorID] {
    try nodes(
      name + ".split", .split(axis: axis), [data],
      parts.map { replacing(data, axis, by: $0) })
  }

  mutating func slice(
    _ name: String, _ data: TensorID, _ begin: [Int], _ extents: [Int]
  ) throws(TransformerError) -> TensorID {
    guard extents != self.extents(data) else { return data }
    return try node(
      name, .slice(Slice(begin: begin, extents: extents, strides: begin.map { _ in 1 })), [data],
      extents)
  }

  mutating func concatenate(
    _ name: String, _ parts: [TensorID], axis: Int
  ) throws(TransformerError) -> TensorID {
    let total = parts.reduce(0) { $0 + extents($1)[axis] }
    return try node(
      name + ".concatenate", .concatenate(axis: axis), parts,
      replacing(parts[0], axis, by: total))
  }

  /// `data` has the result's shape; `other` is broadcast.
  mutating func binary(
    _ name: String, _ function: Binary.Function, _ data: TensorID, _ other: TensorID
  ) throws(TransformerError) -> TensorID {
    try node(name, .binary(Binary(function)), [data, other], extents(data))
  }

  mutating func unary(
    _ name: String, _ function: UnaryFunction, _ data: TensorID
  ) throws(TransformerError) -> TensorID {
    try node(name, .unary(function), [data], extents(data))
  }

  mutating func product(
    _ name: String, _ left: TensorID, _ right: TensorID, transposesRight: Bool,
    bias: TensorID? = nil, columns: Int
  ) throws(TransformerError) -> TensorID {
    var extents = extents(left)
    extents[extents.count - 1] = columns
    return try node(
      name, .matMul(MatMul(transposesRight: transposesRight)),
      [left, right] + (bias.map { [$0] } ?? []), extents)
  }
}
