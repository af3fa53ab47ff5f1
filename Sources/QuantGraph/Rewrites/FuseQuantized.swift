import Arith

extension Operator {
  /// Whether the operator is about codes: it quantizes, dequantizes, or computes between codes.
  public var quantizes: Bool {
    switch self {
    case .quantize, .dequantize, .dynamicQuantize, .quantized, .integerProduct, .qonnx: true
    default: false
    }
  }
}

extension Graph {
  /// The first tensor of real numbers: an input if one is, else whatever a node writes first.
  public var firstFloatTensor: String? {
    let order = inputs + nodes.flatMap(\.outputs) + tensors.indices.map(TensorID.init)
    let first = order.first { id in
      if case .float = self[id].encoding { return true }
      return false
    }
    return first.map { self[$0].name }
  }

  /// The graph with float sums of products between dequantization and quantization as operators on
  /// codes.
  ///
  /// `DequantizeLinear* -> Conv, MatMul, Gemm, average -> QuantizeLinear` becomes one operator with
  /// two results: the codes, and the values under the name that they had. Clamps (Relu, Clip)
  /// before QuantizeLinear cut the codes; as operators on the values they stay, for whoever asks
  /// for their results. Functions of one code and movements of codes have the same results either
  /// way and become operators on codes, too; sums and products of two tensors stay in float. A bias
  /// must be an int32 constant at the scale of the sums, which is
  /// what quantizers write; a pattern with another bias stays in float.
  ///
  /// - Throws: ``GraphProblems`` if the result is no valid graph, which does not happen for a valid
  ///   one.
  public func fusingQuantizedProducts() throws(GraphProblems) -> Graph {
    try QuantizedFusion(self, includesElementwise: false).result()
  }

  /// As ``fusingQuantizedProducts()``, and with the operators whose rule between codes rounds otherwise
  /// than floats do: sums and products of two tensors, and maxima of windows.
  public func fusingQuantizedOperators() throws(GraphProblems) -> Graph {
    try QuantizedFusion(self, includesElementwise: true).result()
  }
}

/// Finds `DequantizeLinear -> operator -> QuantizeLinear` and makes it one operator.
private struct QuantizedFusion {
  private let graph: Graph
  private let includesElementwise: Bool

  init(_ graph: Graph, includesElementwise: Bool) {
    self.graph = graph
    self.includesElementwise = includesElementwise
  }

  func result() throws(GraphProblems) -> Graph {
    var replaced: [Int: Node] = [:]
    var dropped: Set<Int> = []
    for (index, node) in graph.nodes.enumerated() {
      guard node.outputs.count == 1, let (target, range) = clampedQuantizer(of: node.outputs[0]),
        !dropped.contains(target),
        let (quantized, operands, bias) = form(node, range: range)
      else { continue }
      let quantizer = graph.nodes[target]
      var inputs = operands.flatMap { $0 }
      inputs += [quantizer.inputs[1], quantizer.inputs[2]]
      if let bias { inputs.append(bias) }
      replaced[index] = Node(
        name: node.name, operation: .quantized(quantized), inputs: inputs,
        outputs: [quantizer.outputs[0], node.outputs[0]], origin: node.origin)
      dropped.insert(target)
    }
    var nodes: [Node] = []
    for (index, node) in graph.nodes.enumerated() where !dropped.contains(index) {
      nodes.append(replaced[index] ?? node)
    }
    return try Graph(
      name: graph.name, tensors: graph.tensors, nodes: nodes, inputs: graph.inputs,
      outputs: graph.outputs, states: graph.states)
  }

  /// The first node that quantizes a tensor with one constant scale and an integer result.
  private func quantizer(of id: TensorID) -> Int? {
    graph.index.readers(of: id).first { index in
      let node = graph.nodes[index]
      guard case .quantize(let quantize) = node.operation, quantize.granularity == .tensor,
        quantize.precision == .float32, node.inputs[0] == id, isConstant(node.inputs[1]),
        isConstant(node.inputs[2]), case .affine = graph[node.outputs[0]].encoding
      else { return false }
      return true
    }
  }

  /// The first node that quantizes a tensor, or what clamps make of it, with the range that they
  /// leave.
  private func clampedQuantizer(of id: TensorID) -> (node: Int, range: ValueRange)? {
    var (id, range) = (id, ValueRange.unbounded)
    while true {
      if let node = quantizer(of: id) { return (node, range) }
      // Where several clamps read a tensor, none is the one that codes are of.
      let readers = graph.index.readers(of: id)
      guard readers.count == 1, case .unary(.clamp(let clamp)) = graph.nodes[readers[0]].operation,
        graph[id].encoding == .float(.float32), !graph.outputs.contains(id)
      else { return nil }
      range = range.clamped(by: clamp)
      id = graph.nodes[readers[0]].outputs[0]
    }
  }

  private func isConstant(_ id: TensorID) -> Bool { graph[id].constant != nil }

  /// `codes, scale, zero point` of a tensor that is dequantized from integers in float32.
  private func source(_ id: TensorID, axes: [Int] = []) -> [TensorID]? {
    guard let index = graph.index.producer(of: id),
      case .dequantize(let granularity) = graph.nodes[index].operation,
      graph[id].encoding == .float(.float32)
    else { return nil }
    let inputs = graph.nodes[index].inputs
    guard isConstant(inputs[1]), isConstant(inputs[2]),
      case .affine = graph[inputs[0]].encoding, graph[inputs[1]].encoding == .float(.float32)
    else { return nil }
    switch granularity {
    case .tensor: return inputs
    case .axis(let axis): return axes.contains(axis) ? inputs : nil
    case .blocks: return nil
    }
  }

  /// The operator with `range` cutting its codes, its operands and its bias.
  private func form(
    _ node: Node, range: ValueRange
  ) -> (Quantized, [[TensorID]], TensorID?)? {
    let inputs = node.inputs
    switch node.operation {
    case .convolution(let convolution):
      guard convolution.weightLayout == .filtersChannelsKernel, convolution.range.isUnbounded,
        let data = source(inputs[0]), let weights = source(inputs[1], axes: [0]),
        let bias = bias(of: inputs, data, weights, factor: 1)
      else { return nil }
      return (
        Quantized(.convolution(convolution), hasBias: bias.id != nil, range: range),
        [data, weights], bias.id
      )
    case .matMul(let product):
      let rank = graph[inputs[1]].shape.rank
      let axis = rank - (product.transposesRight ? 2 : 1)
      guard product.range.isUnbounded, product.biasFactor == 1 || inputs.count < 3,
        let left = source(inputs[0]), let right = source(inputs[1], axes: rank >= 2 ? [axis] : []),
        let bias = bias(of: inputs, left, right, factor: product.productFactor)
      else { return nil }
      return (
        Quantized(.matMul(product), hasBias: bias.id != nil, range: range), [left, right], bias.id
      )
    case .reduce(let reduction):
      guard reduction.function == .mean, let data = source(inputs[0]) else { return nil }
      return (
        Quantized(.mean(axes: reduction.axes, keepsAxes: reduction.keepsAxes), range: range),
        [data], nil
      )
    case .pool(let pool):
      guard pool.reduction == .average || includesElementwise, let data = source(inputs[0])
      else { return nil }
      return (Quantized(.pool(pool), range: range), [data], nil)
    case .binary:
      return includesElementwise ? elementwiseForm(node, range: range) : nil
    default: return elementwiseForm(node, range: range)
    }
  }

  private func elementwiseForm(
    _ node: Node, range: ValueRange
  ) -> (Quantized, [[TensorID]], TensorID?)? {
    var operands: [[TensorID]] = []
    for id in node.inputs {
      guard let source = source(id) else { return nil }
      operands.append(source)
    }
    switch node.operation {
    case .binary(let binary):
      guard [.add, .subtract, .multiply].contains(binary.function), binary.range.isUnbounded
      else { return nil }
      return (Quantized(.binary(binary.function), range: range), operands, nil)
    case .unary(let function): return (Quantized(.unary(function), range: range), operands, nil)
    case .concatenate(let axis):
      return (Quantized(.concatenate(axis: axis), range: range), operands, nil)
    case .reshape: return (Quantized(.reshape, range: range), operands, nil)
    case .transpose(let permutation):
      return (Quantized(.transpose(permutation: permutation), range: range), operands, nil)
    default: return nil
    }
  }

  /// The codes of a bias, if it has none or one at the scale of the sums.
  ///
  /// The scale may differ by float32's rounding of the product, a part in 2^20 at most.
  private func bias(
    of inputs: [TensorID], _ data: [TensorID], _ weights: [TensorID], factor: Float
  ) -> (id: TensorID?, Void)? {
    guard inputs.count > 2 else { return (nil, ()) }
    guard let index = graph.index.producer(of: inputs[2]),
      case .dequantize(let granularity) = graph.nodes[index].operation
    else { return nil }
    if case .blocks = granularity { return nil }
    let bias = graph.nodes[index].inputs
    guard let codes = graph[bias[0]].constant, case .int32 = codes,
      let scales = numbers(bias[1]), let first = numbers(data[1])?.first,
      let others = numbers(weights[1]),
      graph[bias[2]].constant?.int64?.allSatisfy({ $0 == 0 }) ?? false,
      graph[bias[0]].shape.rank <= 1
    else { return nil }
    for position in 0..<max(scales.count, others.count) {
      let expected =
        first * others[others.count == 1 ? 0 : position % others.count] * Double(factor)
      let found = scales[scales.count == 1 ? 0 : position % scales.count]
      guard abs(found - expected) <= abs(expected) * 0x1p-20 else { return nil }
    }
    return (bias[0], ())
  }

  private func numbers(_ id: TensorID) -> [Double]? {
    if case .float32(let values)? = graph[id].constant { return values.map(Double.init) }
    return nil
  }
}
