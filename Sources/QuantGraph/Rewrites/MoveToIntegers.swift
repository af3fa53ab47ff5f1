import Arith

extension Graph {
  /// The graph with integers only: scales in the tensors' encodings, no float tensor in between.
  ///
  /// Operators between dequantization and quantization are fused, scales and zero points that were
  /// operands become encodings, a float input that is quantized at once and a float output that was
  /// dequantized last become codes of the same name, and what nothing reads is left out. What
  /// cannot be moved stays, for a datapath to name.
  ///
  /// - Throws: ``GraphProblems`` if the result is no valid graph.
  public func movedToIntegers() throws(GraphProblems) -> Graph {
    var mover = IntegerMover(try fusingQuantizedOperators())
    return try mover.result()
  }
}

extension Graph {
  /// The graph without nodes that no output depends on.
  ///
  /// - Throws: ``GraphProblems`` if the result is no valid graph, which does not happen for a valid
  ///   one.
  public func droppingUnreadNodes() throws(GraphProblems) -> Graph {
    let kept = read(of: nodes)
    guard kept.count < nodes.count else { return self }
    return try Graph(
      name: name, tensors: tensors, nodes: kept, inputs: inputs, outputs: outputs, states: states)
  }

  /// Those of `nodes` that outputs and states depend on.
  fileprivate func read(of nodes: [Node]) -> [Node] {
    var read = Set(outputs + states.map(\.next))
    var kept: [Node] = []
    for node in nodes.reversed() where !read.isDisjoint(with: node.outputs) {
      read.formUnion(node.inputs)
      kept.append(node)
    }
    return kept.reversed()
  }
}

private struct IntegerMover {
  private let graph: Graph
  private var tensors: [Tensor]
  private var nodes: [Node]

  init(_ graph: Graph) {
    self.graph = graph
    tensors = graph.tensors
    nodes = graph.nodes
  }

  mutating func result() throws(GraphProblems) -> Graph {
    joinConversions()
    for index in nodes.indices { encodeScales(index) }
    moveInputs()
    moveOutputs()
    return try Graph(
      name: graph.name, tensors: tensors, nodes: graph.read(of: nodes), inputs: graph.inputs,
      outputs: graph.outputs, states: graph.states)
  }

  /// A tensor that is dequantized and quantized again is requantized.
  private mutating func joinConversions() {
    var sources: [TensorID: [TensorID]] = [:]
    for node in nodes {
      if case .dequantize(.tensor) = node.operation { sources[node.outputs[0]] = node.inputs }
    }
    for (index, node) in nodes.enumerated() {
      guard case .quantize(let quantize) = node.operation, quantize.granularity == .tensor,
        let source = sources[node.inputs[0]]
      else { continue }
      nodes[index] = Node(
        name: node.name, operation: .quantized(Quantized(.reshape)),
        inputs: source + node.inputs.dropFirst(), outputs: node.outputs, origin: node.origin)
    }
  }

  private func numbers(_ id: TensorID) -> [Double]? {
    switch tensors[id.index].constant {
    case .float32(let values)?: return values.map(Double.init)
    case .float64(let values)?: return values
    default: return nil
    }
  }

  /// Gives a tensor of codes the scale of an operand; false if it has another already.
  private mutating func encode(
    _ id: TensorID, scale: TensorID, zeroPoint: TensorID, axis: Int
  ) -> Bool {
    let tensor = tensors[id.index]
    guard case .affine(let format) = tensor.encoding, let scales = numbers(scale),
      let zeroPoints = tensors[zeroPoint.index].constant?.int64
    else { return false }
    let isFree = format.scales == [1] && format.zeroPoints.allSatisfy { $0 == 0 }
    let isSame =
      format.scales == scales && (format.zeroPoints.first ?? 0) == (zeroPoints.first ?? 0)
    guard isFree || isSame else { return false }
    guard
      let encoded = try? AffineFormat(
        width: format.width, isSigned: format.isSigned, scales: scales, zeroPoints: zeroPoints,
        axis: scales.count > 1 ? axis : nil)
    else { return false }
    tensors[id.index] = Tensor(
      name: tensor.name, shape: tensor.shape, encoding: .affine(encoded), constant: tensor.constant)
    return true
  }

  /// Turns an operator with scale operands into the one whose tensors carry them.
  private mutating func encodeScales(_ index: Int) {
    let node = nodes[index]
    guard case .quantized(let quantized) = node.operation, quantized.requantizes,
      let operation = quantized.function.operation(range: quantized.range),
      let count = quantized.operandCount(inputs: node.inputs.count)
    else { return }
    let saved = tensors
    for operand in 0..<count {
      let id = node.inputs[3 * operand]
      var axis = 0
      if case .matMul(let product) = quantized.function {
        axis = max(tensors[id.index].shape.rank - (product.transposesRight ? 2 : 1), 0)
      }
      guard
        encode(
          id, scale: node.inputs[3 * operand + 1], zeroPoint: node.inputs[3 * operand + 2],
          axis: axis)
      else {
        tensors = saved
        return
      }
    }
    guard
      encode(
        node.outputs[0], scale: node.inputs[3 * count], zeroPoint: node.inputs[3 * count + 1],
        axis: 0)
    else {
      tensors = saved
      return
    }
    var inputs = (0..<count).map { node.inputs[3 * $0] }
    if quantized.hasBias { inputs.append(node.inputs[node.inputs.count - 1]) }
    nodes[index] = Node(
      name: node.name, operation: operation, inputs: inputs,
      outputs: [node.outputs[0]], origin: node.origin)
  }

  private func isFloat(_ id: TensorID) -> Bool {
    if case .float = tensors[id.index].encoding { return true }
    return false
  }

  /// The codes that a conversion from or to floats is about, if the node is one.
  private func conversion(_ node: Node) -> (codes: TensorID, values: TensorID)? {
    switch node.operation {
    case .quantize(let quantize) where quantize.granularity == .tensor:
      return (node.outputs[0], node.inputs[0])
    case .dequantize(.tensor): return (node.inputs[0], node.outputs[0])
    case .convert(let elements) where elements.isEmpty:
      let (data, result) = (node.inputs[0], node.outputs[0])
      if isFloat(data) && !isFloat(result) { return (result, data) }
      if !isFloat(data) && isFloat(result) { return (data, result) }
      return nil
    default: return nil
    }
  }

  private mutating func retype(_ id: TensorID, as other: TensorID) {
    let tensor = tensors[id.index]
    tensors[id.index] = Tensor(
      name: tensor.name, shape: tensor.shape, encoding: tensors[other.index].encoding)
  }

  private mutating func copy(_ index: Int) {
    let node = nodes[index]
    nodes[index] = Node(
      name: node.name, operation: .copy, inputs: [node.inputs[0]], outputs: node.outputs,
      origin: node.origin)
  }

  /// Float inputs whose readers all quantize them alike become codes.
  private mutating func moveInputs() {
    for input in graph.inputs where isFloat(input) {
      let readers = nodes.indices.filter { nodes[$0].inputs.contains(input) }
      var encoding: Encoding?
      var isMovable = !readers.isEmpty
      for reader in readers {
        // A parameter that a node computes (a scale, say) is no such input.
        guard let (codes, values) = conversion(nodes[reader]), values == input,
          encoding == nil || encoding == tensors[codes.index].encoding
        else {
          isMovable = false
          continue
        }
        encoding = tensors[codes.index].encoding
      }
      guard isMovable, let first = readers.first, let (codes, _) = conversion(nodes[first]),
        case .affine = tensors[codes.index].encoding
      else { continue }
      retype(input, as: codes)
      for reader in readers { copy(reader) }
    }
  }

  /// Float outputs that are dequantized codes, and read by nothing else, become codes.
  private mutating func moveOutputs() {
    for output in graph.outputs where isFloat(output) {
      guard let index = nodes.firstIndex(where: { $0.outputs.contains(output) }),
        let (codes, values) = conversion(nodes[index]), values == output,
        !nodes.contains(where: { $0.inputs.contains(output) }),
        case .affine(let format) = tensors[codes.index].encoding
      else { continue }
      if case .dequantize = nodes[index].operation,
        let scales = numbers(nodes[index].inputs[1]), scales != format.scales
      {
        continue
      }
      retype(output, as: codes)
      copy(index)
    }
  }
}

extension Quantized.Function {
  /// The operator on tensors whose encodings hold the scales, results cut to `range`; nil where it
  /// has no range.
  func operation(range: ValueRange) -> Operator? {
    switch self {
    case .convolution(var convolution):
      convolution.range = range
      return .convolution(convolution)
    case .matMul(var product):
      product.range = range
      return .matMul(product)
    case .pool(var pool):
      pool.range = range
      return .pool(pool)
    case .binary(let function): return .binary(Binary(function, range: range))
    case .unary(.identity) where !range.isUnbounded: return .unary(.clamp(range))
    default: return range.isUnbounded ? operation : nil
    }
  }

  /// The operator on tensors whose encodings hold the scales.
  public var operation: Operator {
    switch self {
    case .convolution(let convolution): .convolution(convolution)
    case .matMul(let product): .matMul(product)
    case .binary(let function): .binary(Binary(function))
    case .unary(let function): .unary(function)
    case .pool(let pool): .pool(pool)
    case .mean(let axes, let keepsAxes):
      .reduce(Reduction(.mean, axes: axes, keepsAxes: keepsAxes))
    case .concatenate(let axis): .concatenate(axis: axis)
    case .reshape: .reshape
    case .transpose(let permutation): .transpose(permutation: permutation)
    case .softmax(let axis): .axisSoftmax(AxisSoftmax(axis: axis))
    }
  }
}
