import Arith
import QuantGraph

/// Writes the graph of an ``IntegerDeployment`` node by node.
struct DeploymentBuilder {
  /// So small that no constant result but 0 becomes 0.
  private static let unknownScale = 0x1p-20

  private let float: Graph
  private let images: ChannelsFirstImages
  private var readers: [TensorID: [Int]] = [:]
  private var tensors: [Tensor] = []
  private var nodes: [Node] = []
  private var names: Set<String> = []
  /// Written tensors by those of the float graph.
  private var written: [TensorID: TensorID] = [:]
  private var fused: Set<Int> = []

  init(_ float: Graph) {
    self.float = float
    images = ChannelsFirstImages(float)
    for (index, node) in float.nodes.enumerated() {
      for id in node.inputs { readers[id, default: []].append(index) }
    }
  }

  mutating func run() throws(IntegerDeploymentError) -> Graph {
    for id in float.inputs { _ = try activation(id) }
    for (index, node) in float.nodes.enumerated() where !fused.contains(index) {
      try write(node)
    }
    var outputs: [TensorID] = []
    for id in float.outputs { outputs.append(try activation(id)) }
    let inputs = float.inputs.compactMap { written[$0] }
    do throws(GraphProblems) {
      return try Graph(
        name: float.name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs)
    } catch {
      throw .unsupported(
        node: error.problems.first?.node ?? float.name,
        reason: "its shapes have no form with channels last")
    }
  }

  private func refusal(_ node: Node, _ reason: String) -> IntegerDeploymentError {
    .unsupported(node: node.name, reason: reason)
  }

  // MARK: Tensors

  private mutating func add(
    _ name: String, _ extents: [Int], width: Int, scales: [Double], axis: Int? = nil,
    constant: Codes? = nil
  ) throws(IntegerDeploymentError) -> TensorID {
    var unique = name
    var number = 1
    while !names.insert(unique).inserted {
      number += 1
      unique = "\(name) #\(number)"
    }
    guard let shape = try? Shape(extents),
      let format = try? AffineFormat(
        width: width, isSigned: true, scales: scales,
        zeroPoints: [Int64](repeating: 0, count: scales.count), axis: axis)
    else { throw .unsupported(node: name, reason: "its shape is too large") }
    tensors.append(
      Tensor(name: unique, shape: shape, encoding: .affine(format), constant: constant))
    return TensorID(tensors.count - 1)
  }

  /// The 8-bit form of a tensor that a run computes.
  private mutating func activation(_ id: TensorID) throws(IntegerDeploymentError) -> TensorID {
    if let known = written[id] { return known }
    guard float[id].constant == nil else {
      throw .unsupported(node: float[id].name, reason: "a constant where data are expected")
    }
    let new = try add(
      float[id].name, images.extents(of: id), width: 8, scales: [Self.unknownScale])
    written[id] = new
    return new
  }

  private func numbers(_ id: TensorID, _ node: Node) throws(IntegerDeploymentError) -> [Double] {
    guard case .float32(let values)? = float[id].constant else {
      throw refusal(node, "operand '\(float[id].name)' is not a float32 constant")
    }
    return values.map { Double($0) }
  }

  private static func codes(_ values: [Double], scale: (Int) -> Double, limit: Double) -> [Double] {
    values.enumerated().map { index, value in
      let code = (value / scale(index)).rounded()
      return code.isNaN ? 0 : min(max(code, -limit), limit)
    }
  }

  // MARK: Layers

  /// A layer while later nodes join it.
  private struct Layer {
    /// Filters outermost.
    var weights: [Double]
    var bias: [Double]?
    var range: ValueRange
    var result: TensorID
    let filters: Int
  }

  /// The only node that reads a tensor; nil for a result of the network.
  private func soleReader(_ id: TensorID) -> Int? {
    guard let found = readers[id], found.count == 1, !float.outputs.contains(id) else { return nil }
    return found[0]
  }

  private func isFused(_ range: ValueRange) -> Bool {
    range == .relu || range == .relu6 || range == .reluOne
  }

  /// The ReLU that alone reads `result`, as part of what writes it.
  private mutating func takeClamp(_ range: inout ValueRange, _ result: inout TensorID) {
    guard range.isUnbounded, let next = soleReader(result),
      case .unary(.clamp(let clamp)) = float.nodes[next].operation, isFused(clamp)
    else { return }
    range = clamp
    result = float.nodes[next].outputs[0]
    fused.insert(next)
  }

  private mutating func takeFollowers(_ layer: inout Layer) throws(IntegerDeploymentError) {
    while layer.range.isUnbounded, let next = soleReader(layer.result) {
      let node = float.nodes[next]
      switch node.operation {
      case .normalizeBatch(let epsilon) where node.inputs.first == layer.result:
        let (factors, shifts) = try normalization(node, epsilon: epsilon)
        guard factors.count == layer.filters else { return }
        let size = layer.weights.count / max(layer.filters, 1)
        for index in layer.weights.indices { layer.weights[index] *= factors[index / max(size, 1)] }
        let bias = layer.bias ?? [Double](repeating: 0, count: layer.filters)
        layer.bias = bias.indices.map { bias[$0] * factors[$0] + shifts[$0] }
      case .binary(let binary) where binary.function == .add && binary.range.isUnbounded:
        guard let constant = node.inputs.first(where: { float[$0].constant != nil }),
          float[constant].shape.count == layer.filters,
          images.constantExtents(float[constant].shape.extents, beside: node.outputs[0]).last
            == layer.filters
        else { return }
        let values = try numbers(constant, node)
        let bias = layer.bias ?? [Double](repeating: 0, count: layer.filters)
        layer.bias = bias.indices.map { bias[$0] + values[$0] }
      default:
        takeClamp(&layer.range, &layer.result)
        return
      }
      fused.insert(next)
      layer.result = node.outputs[0]
    }
  }

  /// `data * factor + shift` of each channel.
  private func normalization(
    _ node: Node, epsilon: Float
  ) throws(IntegerDeploymentError) -> (factors: [Double], shifts: [Double]) {
    guard node.inputs.count == 5 else { throw refusal(node, "not four parameters") }
    var parameters: [[Double]] = []
    for id in node.inputs.dropFirst() { parameters.append(try numbers(id, node)) }
    let (scale, bias, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    guard Set(parameters.map(\.count)).count == 1 else {
      throw refusal(node, "parameters of different counts")
    }
    let factors = scale.indices.map { scale[$0] / (variance[$0] + Double(epsilon)).squareRoot() }
    return (factors, factors.indices.map { bias[$0] - mean[$0] * factors[$0] })
  }

  /// Writes weights, given filters outermost, in the order that `place` says, and the bias.
  private mutating func parameters(
    _ node: Node, _ layer: Layer, extents: [Int], filterAxis: Int, place: (Int) -> Int
  ) throws(IntegerDeploymentError) -> [TensorID] {
    let size = max(layer.weights.count / max(layer.filters, 1), 1)
    var scales = [Double](repeating: 0, count: layer.filters)
    for (index, weight) in layer.weights.enumerated() where index / size < layer.filters {
      scales[index / size] = max(scales[index / size], abs(weight) / 127)
    }
    scales = scales.map { $0 > 0 && $0.isFinite ? $0 : 1 }
    let codes = Self.codes(layer.weights, scale: { scales[$0 / size] }, limit: 127)
    var ordered = [Int8](repeating: 0, count: codes.count)
    for (index, code) in codes.enumerated() { ordered[place(index)] = Int8(code) }
    var ids = [
      try add(
        float[node.inputs[1]].name, extents, width: 8, scales: scales, axis: filterAxis,
        constant: .int8(ordered))
    ]
    if let bias = layer.bias {
      let codes = Self.codes(bias, scale: { _ in Self.unknownScale }, limit: 0x1p31 - 1)
      let name = node.inputs.count > 2 ? float[node.inputs[2]].name : node.name + ".bias"
      ids.append(
        try add(
          name, [layer.filters], width: 32, scales: [Self.unknownScale],
          constant: .int32(codes.map { Int32($0) })))
    }
    return ids
  }

  private mutating func convolution(
    _ node: Node, _ convolution: Convolution
  ) throws(IntegerDeploymentError) {
    guard convolution.layout == .channelsFirst, convolution.weightLayout == .filtersChannelsKernel,
      case .groups(let groups) = convolution.grouping, (1...2).contains(convolution.kernel.count),
      convolution.accumulation == nil, images.axes(of: node.inputs[0]) != nil
    else { throw refusal(node, "a convolution that is not as ONNX has it, of one or two axes") }
    let taps = convolution.kernel.reduce(1, *)
    let filters = float[node.outputs[0]].shape[1]
    let channels = float[node.inputs[0]].shape[1]
    let values = try numbers(node.inputs[1], node)
    let depth = taps > 0 && filters > 0 ? values.count / taps / filters : 0
    guard depth > 0, depth * taps * filters == values.count else {
      throw refusal(node, "weights without elements")
    }
    var layer = Layer(
      weights: values, bias: [Double](repeating: 0, count: filters), range: convolution.range,
      result: node.outputs[0], filters: filters)
    if node.inputs.count > 2 { layer.bias = try numbers(node.inputs[2], node) }
    try takeFollowers(&layer)
    let isDepthwise = groups > 1 && groups == channels
    func two(_ list: [Int], missing: Int) -> [Int] { list.count == 2 ? list : [missing] + list }
    let kernel = two(convolution.kernel, missing: 1)
    let data = try activation(node.inputs[0])
    let constants = try parameters(
      node, layer, extents: isDepthwise ? [1] + kernel + [filters] : [filters] + kernel + [depth],
      filterAxis: isDepthwise ? 3 : 0
    ) { index in
      let (filter, channel, tap) = (index / (depth * taps), index / taps % depth, index % taps)
      return isDepthwise ? tap * filters + filter : (filter * taps + tap) * depth + channel
    }
    let operation = Convolution(
      kernel: kernel, strides: two(convolution.strides, missing: 1),
      dilations: two(convolution.dilations, missing: 1),
      paddingBefore: two(convolution.paddingBefore, missing: 0),
      paddingAfter: two(convolution.paddingAfter, missing: 0), layout: .channelsLast,
      grouping: isDepthwise ? .depthwise : .groups(groups),
      weightLayout: isDepthwise ? .kernelChannelsFilters : .filtersKernelChannels,
      range: layer.range)
    try finish(node, .convolution(operation), [data] + constants, layer.result)
  }

  private mutating func dense(
    _ node: Node, isFilterMajor: Bool, range: ValueRange
  ) throws(IntegerDeploymentError) {
    let values = try numbers(node.inputs[1], node)
    let source = float[node.inputs[0]].shape
    guard images.axes(of: node.inputs[0]) == nil, float[node.inputs[1]].shape.rank == 2,
      let depth = source.extents.last, depth > 0, values.count >= depth,
      values.count % depth == 0
    else { throw refusal(node, "a product that is no matrix applied to vectors") }
    let filters = values.count / depth
    var weights = values
    if !isFilterMajor {
      weights = values.indices.map { values[$0 % depth * filters + $0 / depth] }
    }
    var layer = Layer(
      weights: weights, bias: nil, range: range, result: node.outputs[0], filters: filters)
    if node.inputs.count > 2, float[node.inputs[2]].shape.count == filters {
      layer.bias = try numbers(node.inputs[2], node)
    }
    try takeFollowers(&layer)
    let data = try activation(node.inputs[0])
    let constants = try parameters(node, layer, extents: [filters, depth], filterAxis: 0) { $0 }
    let operation = Dense(
      weightsAreOutputMajor: true, accumulation: nil, rows: max(source.count / depth, 1),
      range: layer.range)
    try finish(node, .dense(operation), [data] + constants, layer.result)
  }

  private mutating func finish(
    _ node: Node, _ operation: Operator, _ inputs: [TensorID], _ result: TensorID
  ) throws(IntegerDeploymentError) {
    let output = try activation(result)
    nodes.append(Node(name: node.name, operation: operation, inputs: inputs, outputs: [output]))
  }

  // MARK: Other nodes

  private mutating func write(_ node: Node) throws(IntegerDeploymentError) {
    guard let first = node.inputs.first, var result = node.outputs.first else {
      throw refusal(node, "no operands")
    }
    switch node.operation {
    case .convolution(let convolution): try self.convolution(node, convolution)
    case .dense(let dense):
      try self.dense(node, isFilterMajor: dense.weightsAreOutputMajor, range: dense.range)
    case .matMul(let product):
      guard !product.transposesLeft else { throw refusal(node, "transposed data") }
      try dense(node, isFilterMajor: product.transposesRight, range: product.range)
    case .pool(let pool):
      var range = pool.range
      takeClamp(&range, &result)
      guard let operation = pooled(pool, range: range) else {
        throw refusal(node, "windows that are not as ONNX has them, of one or two axes")
      }
      try finish(node, .pool(operation), [try activation(first)], result)
    case .binary(let binary): try self.binary(node, binary)
    case .reduce(let reduction):
      let axes = images.axes(reduction.axes, of: first)
      try finish(
        node,
        .reduce(Reduction(reduction.function, axes: axes, keepsAxes: reduction.keepsAxes)),
        [try activation(first)], result)
    case .axisSoftmax(let softmax):
      let axis = images.axes([softmax.axis], of: first).last ?? softmax.axis
      try finish(
        node,
        .axisSoftmax(AxisSoftmax(axis: axis, beta: softmax.beta, isLogarithm: softmax.isLogarithm)),
        [try activation(first)], result)
    case .normalizeBatch: try normalizeAlone(node)
    case .unary, .reshape:
      try finish(node, node.operation, [try activation(first)], result)
    case .copy:
      var outputs: [TensorID] = []
      let data = try activation(first)
      for id in node.outputs { outputs.append(try activation(id)) }
      nodes.append(Node(name: node.name, operation: .copy, inputs: [data], outputs: outputs))
    default: throw refusal(node, "no rule for operator '\(node.operation.name)'")
    }
  }

  private func pooled(_ pool: Pool, range: ValueRange) -> Pool? {
    guard pool.layout == .channelsFirst, (1...2).contains(pool.kernel.count) else { return nil }
    func two(_ list: [Int], missing: Int) -> [Int] { list.count == 2 ? list : [missing] + list }
    return Pool(
      reduction: pool.reduction, kernel: two(pool.kernel, missing: 1),
      strides: two(pool.strides, missing: 1), dilations: two(pool.dilations, missing: 1),
      paddingBefore: two(pool.paddingBefore, missing: 0),
      paddingAfter: two(pool.paddingAfter, missing: 0), countsPadding: pool.countsPadding,
      isCeiling: pool.isCeiling, range: range)
  }

  private mutating func binary(
    _ node: Node, _ binary: Binary
  ) throws(IntegerDeploymentError) {
    var (range, result) = (binary.range, node.outputs[0])
    if node.inputs.allSatisfy({ float[$0].constant == nil }) { takeClamp(&range, &result) }
    var inputs: [TensorID] = []
    for id in node.inputs {
      if float[id].constant == nil {
        inputs.append(try activation(id))
      } else {
        inputs.append(
          try constant(
            float[id].name, try numbers(id, node),
            images.constantExtents(float[id].shape.extents, beside: node.outputs[0])))
      }
    }
    try finish(node, .binary(Binary(binary.function, range: range)), inputs, result)
  }

  /// Values of 8 bits; their order does not matter to costs.
  private mutating func constant(
    _ name: String, _ values: [Double], _ extents: [Int]
  ) throws(IntegerDeploymentError) -> TensorID {
    let scale = (values.map { abs($0) }.max() ?? 0) / 127
    let used = scale > 0 && scale.isFinite ? scale : 1
    let codes = Self.codes(values, scale: { _ in used }, limit: 127)
    return try add(
      name, extents, width: 8, scales: [used], constant: .int8(codes.map { Int8($0) }))
  }

  /// A normalization that no layer takes in: a product and a sum.
  private mutating func normalizeAlone(_ node: Node) throws(IntegerDeploymentError) {
    guard case .normalizeBatch(let epsilon) = node.operation else { return }
    let (factors, shifts) = try normalization(node, epsilon: epsilon)
    let data = try activation(node.inputs[0])
    let isImage = images.axes(of: node.inputs[0]) != nil
    let ones = isImage ? 0 : max(float[node.inputs[0]].shape.rank - 2, 0)
    let extents = [factors.count] + [Int](repeating: 1, count: ones)
    let product = try add(
      node.name + ".product", tensors[data.index].shape.extents, width: 8,
      scales: [Self.unknownScale])
    let factor = try constant(node.name + ".factor", factors, extents)
    nodes.append(
      Node(
        name: node.name + ".product", operation: .binary(Binary(.multiply)),
        inputs: [data, factor], outputs: [product]))
    var (range, result) = (ValueRange.unbounded, node.outputs[0])
    takeClamp(&range, &result)
    let shift = try constant(node.name + ".shift", shifts, extents)
    try finish(node, .binary(Binary(.add, range: range)), [product, shift], result)
  }
}

/// Tensors that hold images with channels before their rows and columns.
private struct ChannelsFirstImages {
  private let graph: Graph
  /// Spatial axes by tensor.
  private var spatialAxes: [TensorID: Int] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    for node in graph.nodes {
      switch node.operation {
      case .convolution(let convolution) where convolution.layout == .channelsFirst:
        mark([node.inputs[0], node.outputs[0]], convolution.kernel.count)
      case .pool(let pool) where pool.layout == .channelsFirst:
        mark([node.inputs[0], node.outputs[0]], pool.kernel.count)
      default: break
      }
    }
    var count = -1
    while count != spatialAxes.count {
      count = spatialAxes.count
      for node in graph.nodes {
        switch node.operation {
        case .unary, .binary, .copy, .normalizeBatch, .axisSoftmax, .reduce:
          let ids = (node.inputs + node.outputs).filter { graph[$0].constant == nil }
          guard let axes = ids.compactMap({ spatialAxes[$0] }).first else { continue }
          mark(ids, axes)
        default: break
        }
      }
    }
  }

  private mutating func mark(_ ids: [TensorID], _ axes: Int) {
    for id in ids where graph[id].shape.rank == axes + 2 && axes <= 2 && spatialAxes[id] == nil {
      spatialAxes[id] = axes
    }
  }

  /// Spatial axes of an image; nil for any other tensor.
  func axes(of id: TensorID) -> Int? { spatialAxes[id] }

  /// Extents with channels last; an image of one axis has one row.
  func extents(of id: TensorID) -> [Int] {
    let own = graph[id].shape.extents
    guard let axes = spatialAxes[id] else { return own }
    return [own[0]] + (axes == 1 ? [1] : []) + own[2...] + [own[1]]
  }

  /// Extents of a constant that meets an image.
  func constantExtents(_ own: [Int], beside id: TensorID) -> [Int] {
    guard let axes = spatialAxes[id], own.count <= axes + 2 else { return own }
    let full = [Int](repeating: 1, count: axes + 2 - own.count) + own
    return [full[0]] + (axes == 1 ? [1] : []) + full[2...] + [full[1]]
  }

  /// The places of axes, ascending.
  func axes(_ own: [Int], of id: TensorID) -> [Int] {
    guard let axes = spatialAxes[id] else { return own }
    var places: Set<Int> = []
    for axis in own {
      switch axis {
      case 0: places.insert(0)
      case 1: places.insert(3)
      default:
        places.insert(axes == 1 ? 2 : axis - 1)
        // The one row goes with the columns.
        if axes == 1 { places.insert(1) }
      }
    }
    return places.sorted()
  }
}
