internal import Arith
internal import QuantGraph

/// Turns a graph into the steps of a ``FloatNetwork``, collecting every problem on the way.
struct NetworkLowering {
  private let graph: Graph
  private(set) var values: [NetworkValue] = []
  private(set) var steps: [NetworkStep] = []
  private(set) var parameters: [LayerParameters] = []
  private(set) var problems: [FloatNetworkProblem] = []
  private(set) var input: Int?
  private(set) var scores: Int?
  /// What the last softmax reads, if there is one.
  private(set) var scoresTensor: TensorID?
  private(set) var valueOf: [TensorID: Int] = [:]
  private let keepsTensors: Bool
  /// The other storage of a value, once it was made.
  private var rearranged: [Int: Int] = [:]
  /// Tensors that depend on a node with a problem.
  private var poisoned: Set<TensorID> = []
  /// The first layer that reads a tensor.
  private var readers: [TensorID: Int] = [:]

  init(_ graph: Graph, keepsTensors: Bool) {
    self.graph = graph
    self.keepsTensors = keepsTensors
  }

  private enum Failure: Error {
    case form(String)
    case unsupported
    case kind(FloatNetworkProblem.Kind)
  }

  mutating func run() {
    guard graph.inputs.count == 1, graph.outputs.count == 1 else {
      report(nil, .count(inputs: graph.inputs.count, outputs: graph.outputs.count))
      return
    }
    let source = graph.inputs[0]
    for id in [source] + graph.nodes.flatMap(\.outputs) where graph[id].encoding != .float(.float32)
    {
      report(nil, .notFloat32(tensor: graph[id].name))
    }
    guard problems.isEmpty else { return }
    let first = addValue(graph[source].shape.count)
    input = first
    valueOf[source] = first
    for node in orderedNodes() {
      guard node.inputs.allSatisfy({ !poisoned.contains($0) }) else {
        poisoned.formUnion(node.outputs)
        continue
      }
      do throws(Failure) {
        try lower(node)
      } catch {
        poisoned.formUnion(node.outputs)
        switch error {
        case .unsupported: report(node.name, .unsupportedOperator(node.operation.name))
        case .form(let reason):
          report(node.name, .unsupportedForm(operator: node.operation.name, reason: reason))
        case .kind(let kind): report(node.name, kind)
        }
      }
    }
    guard problems.isEmpty else { return }
    guard !parameters.isEmpty else {
      report(nil, .noLayers)
      return
    }
    finishOutput()
  }

  private mutating func report(_ node: String?, _ kind: FloatNetworkProblem.Kind) {
    problems.append(FloatNetworkProblem(node: node, kind: kind))
  }

  /// Scores are what the last softmax is made from: a loss takes its own logarithm.
  private mutating func finishOutput() {
    guard let output = valueOf[graph.outputs[0]] else {
      report(nil, .count(inputs: 1, outputs: 0))
      return
    }
    if let last = steps.last, last.output == output,
      case .softmax(let outer, _, let inner, let beta, _) = last.operation, outer == 1,
      inner == 1, beta == 1
    {
      scores = last.first
      scoresTensor = graph.nodes.first { $0.name == last.node }?.inputs.first
      if !keepsTensors { steps.removeLast() }
    } else {
      scores = declared(output)
    }
    if !keepsTensors { clampAfterPools() }
  }

  /// Exchanges a clamp with the maxima that alone read its result: the same values, fewer of them to
  /// clamp.
  private mutating func clampAfterPools() {
    var readers: [Int: Int] = [:]
    for step in steps {
      for value in [step.first, step.second].compactMap({ $0 }) { readers[value, default: 0] += 1 }
    }
    for index in steps.indices {
      guard case .pool(let pool) = steps[index].operation, pool.isMaximum, pool.isInside,
        readers[steps[index].first] == 1, steps[index].first != scores,
        let clamp = steps[..<index].firstIndex(where: { $0.output == steps[index].first }),
        case .element(.clamp) = steps[clamp].operation, clamp == index - 1
      else { continue }
      let output = steps[index].output
      let maxima = addValue(values[output].count, isRearranged: values[output].isRearranged)
      let (earlier, later) = (steps[clamp], steps[index])
      steps[clamp] = NetworkStep(
        node: later.node, operation: later.operation, first: earlier.first, second: nil,
        output: maxima)
      steps[index] = NetworkStep(
        node: earlier.node, operation: earlier.operation, first: maxima, second: nil,
        output: output)
    }
  }

  /// Nodes in the graph's order, except that a layer whose input an earlier addition reads follows
  /// the producer of that input: the addition takes what the layer makes of it.
  private func orderedNodes() -> [Node] {
    var producer: [TensorID: Int] = [:]
    for (position, node) in graph.nodes.enumerated() {
      for id in node.outputs { producer[id] = position }
    }
    var addition: [TensorID: Int] = [:]
    for (position, node) in graph.nodes.enumerated() where isAddition(node) {
      for id in node.inputs { addition[id] = min(addition[id] ?? position, position) }
    }
    let keys = graph.nodes.enumerated().map { position, node -> (Int, Int, Int) in
      guard isLayer(node), let earlier = addition[node.inputs[0]], earlier < position else {
        return (position, 0, position)
      }
      return (producer[node.inputs[0]] ?? -1, 1, position)
    }
    return graph.nodes.indices.sorted { keys[$0] < keys[$1] }.map { graph.nodes[$0] }
  }

  private func isLayer(_ node: Node) -> Bool {
    switch node.operation {
    case .convolution, .dense, .matMul:
      node.inputs.count > 1 && graph[node.inputs[1]].constant != nil
        && graph[node.inputs[0]].constant == nil
    default: false
    }
  }

  private func isAddition(_ node: Node) -> Bool {
    guard case .binary(let binary) = node.operation, binary.function == .add else { return false }
    return node.inputs.allSatisfy { graph[$0].constant == nil }
  }

  // MARK: Values

  private mutating func addValue(_ count: Int, isRearranged: Bool = false) -> Int {
    values.append(NetworkValue(count: count, isRearranged: isRearranged))
    return values.count - 1
  }

  private mutating func addStep(
    _ node: String, _ operation: NetworkOperation, _ first: Int, _ second: Int? = nil, count: Int,
    isRearranged: Bool = false
  ) -> Int {
    let output = addValue(count, isRearranged: isRearranged)
    steps.append(
      NetworkStep(
        node: node, operation: operation, first: first, second: second, output: output))
    return output
  }

  private func value(_ id: TensorID) throws(Failure) -> Int {
    guard let value = valueOf[id] else {
      throw .form("operand '\(graph[id].name)' is constant")
    }
    return value
  }

  /// Extents of the planes of values that are stored rearranged.
  private(set) var planes: [Int: (channels: Int, plane: Int)] = [:]

  /// The value in the model's own order.
  private mutating func declared(_ value: Int) -> Int {
    guard values[value].isRearranged, let (channels, plane) = planes[value] else { return value }
    if let other = rearranged[value] { return other }
    let other = addStep(
      "", .toChannelsFirst(channels: channels, plane: plane), value, count: values[value].count)
    rearranged[value] = other
    return other
  }

  /// The value with `channels` innermost, given that the model has them before the plane.
  private mutating func channelsLast(_ value: Int, channels: Int) -> Int {
    let plane = channels > 0 ? values[value].count / channels : 0
    guard !values[value].isRearranged, channels > 1, plane > 1 else { return value }
    if let other = rearranged[value] { return other }
    let other = addStep(
      "", .toChannelsLast(channels: channels, plane: plane), value, count: values[value].count,
      isRearranged: true)
    planes[other] = (channels, plane)
    rearranged[value] = other
    return other
  }

  private mutating func imageResult(
    _ node: Node, _ operation: NetworkOperation, _ data: Int, channels: Int, plane: Int,
    isChannelsFirst: Bool
  ) -> Int {
    let isRearranged = isChannelsFirst && channels > 1 && plane > 1
    let value = addStep(
      node.name, operation, data, count: channels * plane, isRearranged: isRearranged)
    if isRearranged { planes[value] = (channels, plane) }
    return value
  }

  private func constant(_ id: TensorID) throws(Failure) -> [Float] {
    let tensor = graph[id]
    guard case .float32(let numbers)? = tensor.constant else {
      throw .form("operand '\(tensor.name)' is not a float32 constant")
    }
    guard numbers.allSatisfy(\.isFinite) else { throw .kind(.notFinite(tensor: tensor.name)) }
    return numbers
  }

  // MARK: Nodes

  private mutating func lower(_ node: Node) throws(Failure) {
    let result = node.outputs[0]
    let count = graph[result].shape.count
    switch node.operation {
    case .convolution(let convolution): try lowerConvolution(node, convolution)
    case .dense(let dense):
      guard dense.accumulation == nil else { throw .unsupported }
      let depth = graph[node.inputs[0]].shape.count / max(dense.rows, 1)
      try lowerDense(
        node, vectors: dense.rows, depth: depth, isFilterMajor: dense.weightsAreOutputMajor,
        range: dense.range)
    case .matMul(let product): try lowerProduct(node, product)
    case .pool(let pool):
      guard pool.accumulator == nil, pool.arrangement == .window,
        let geometry = PoolGeometry(
          pool, data: graph[node.inputs[0]].shape, result: graph[result].shape)
      else { throw .form("windows over more than two axes of one sample") }
      let isFirst = pool.layout == .channelsFirst
      var data = try value(node.inputs[0])
      data = isFirst ? channelsLast(data, channels: geometry.channels) : declared(data)
      var output = imageResult(
        node, .pool(geometry), data, channels: geometry.channels,
        plane: geometry.resultRows * geometry.resultColumns, isChannelsFirst: isFirst)
      output = clamped(output, pool.range, node)
      valueOf[result] = output
    case .unary(let function):
      guard let function = ElementFunction(function) else { throw .unsupported }
      valueOf[result] = elementwise(.element(function), try value(node.inputs[0]), node)
    case .binary(let binary): try lowerBinary(node, binary)
    case .reduce(let reduction): try lowerMean(node, reduction)
    case .normalizeBatch(let epsilon): try lowerBatchNormalization(node, epsilon: epsilon)
    case .axisSoftmax(let softmax):
      let shape = graph[node.inputs[0]].shape
      let data = declared(try value(node.inputs[0]))
      valueOf[result] = addStep(
        node.name,
        .softmax(
          outer: shape.extents[..<softmax.axis].reduce(1, *), count: shape[softmax.axis],
          inner: shape.extents[(softmax.axis + 1)...].reduce(1, *), beta: softmax.beta,
          isLogarithm: softmax.isLogarithm), data, count: count)
    case .reshape:
      let data = try value(node.inputs[0])
      valueOf[result] = graph[node.inputs[0]].shape == graph[result].shape ? data : declared(data)
    case .copy:
      let data = try value(node.inputs[0])
      for id in node.outputs { valueOf[id] = data }
    default: throw .unsupported
    }
  }

  /// A step that keeps its operand's storage.
  private mutating func elementwise(
    _ operation: NetworkOperation, _ data: Int, second: Int? = nil, _ node: Node
  ) -> Int {
    let output = addStep(
      node.name, operation, data, second, count: values[data].count,
      isRearranged: values[data].isRearranged)
    if let plane = planes[data] { planes[output] = plane }
    return output
  }

  private mutating func clamped(_ value: Int, _ range: ValueRange, _ node: Node) -> Int {
    range.isUnbounded
      ? value
      : elementwise(
        .element(.clamp(low: range.minimum, high: range.maximum)), value, node)
  }

  private mutating func lowerConvolution(
    _ node: Node, _ convolution: Convolution
  ) throws(Failure) {
    guard convolution.accumulation == nil else { throw .unsupported }
    let result = graph[node.outputs[0]].shape
    guard
      let geometry = LayerGeometry(
        convolution, data: graph[node.inputs[0]].shape, result: result)
    else { throw .form("one or two spatial axes of one sample and moderate margins are supported") }
    let isFirst = convolution.layout == .channelsFirst
    var data = try value(node.inputs[0])
    data = isFirst ? channelsLast(data, channels: geometry.channels) : declared(data)
    let layer = try addLayer(
      node, geometry, order: geometry.weightOrder(convolution),
      weights: try constant(node.inputs[1]),
      bias: node.inputs.count > 2 ? try constant(node.inputs[2]) : [])
    var output = imageResult(
      node, .layer(layer), data, channels: geometry.filters, plane: geometry.positions,
      isChannelsFirst: isFirst)
    output = clamped(output, convolution.range, node)
    valueOf[node.outputs[0]] = output
  }

  private mutating func lowerProduct(_ node: Node, _ product: MatMul) throws(Failure) {
    let (data, weights) = (graph[node.inputs[0]], graph[node.inputs[1]])
    guard data.constant == nil, weights.constant != nil else {
      throw .form("a product of two tensors without constant weights")
    }
    guard weights.shape.rank == 2, data.shape.rank >= 1, !product.transposesLeft else {
      throw .form("weights that are not one matrix, or transposed data")
    }
    let depth = data.shape[data.shape.rank - 1]
    try lowerDense(
      node, vectors: depth > 0 ? data.shape.count / depth : 0, depth: depth,
      isFilterMajor: product.transposesRight, range: product.range,
      factor: product.productFactor, biasFactor: product.biasFactor)
  }

  private mutating func lowerDense(
    _ node: Node, vectors: Int, depth: Int, isFilterMajor: Bool, range: ValueRange,
    factor: Float = 1, biasFactor: Float = 1
  ) throws(Failure) {
    let all = try constant(node.inputs[1])
    guard vectors > 0, depth > 0, all.count % depth == 0, !all.isEmpty else {
      throw .form("no elements")
    }
    let filters = all.count / depth
    let geometry = LayerGeometry(vectors: vectors, depth: depth, filters: filters)
    var order: [Int] = []
    order.reserveCapacity(all.count)
    for filter in 0..<filters {
      for index in 0..<depth {
        order.append(isFilterMajor ? filter * depth + index : index * filters + filter)
      }
    }
    var bias = node.inputs.count > 2 ? try constant(node.inputs[2]) : []
    if bias.count == 1 { bias = [Float](repeating: bias[0], count: filters) }
    guard bias.isEmpty || bias.count == filters else { throw .form("a bias for each vector") }
    let data = declared(try value(node.inputs[0]))
    let layer = try addLayer(
      node, geometry, order: order, weights: factor == 1 ? all : all.map { $0 * factor },
      bias: biasFactor == 1 ? bias : bias.map { $0 * biasFactor })
    var output = addStep(node.name, .layer(layer), data, count: geometry.resultCount)
    output = clamped(output, range, node)
    valueOf[node.outputs[0]] = output
  }

  private mutating func addLayer(
    _ node: Node, _ geometry: LayerGeometry, order: [Int], weights: [Float], bias: [Float]
  ) throws(Failure) -> Int {
    guard order.count == weights.count else { throw .form("weights of another size") }
    let layer = SearchLayer(
      name: node.name, weightCount: weights.count, macs: graph.multiplyAccumulates(of: node),
      filters: geometry.filters)
    parameters.append(
      LayerParameters(
        layer: layer, geometry: geometry, weights: weights, order: order,
        bias: bias.isEmpty ? [Float](repeating: 0, count: geometry.filters) : bias,
        quantizedInput: nil))
    if readers[node.inputs[0]] == nil { readers[node.inputs[0]] = parameters.count - 1 }
    return parameters.count - 1
  }

  /// What an addition reads of a tensor: what the first layer that reads it makes of it.
  private mutating func addend(_ id: TensorID) throws(Failure) -> Int {
    guard let layer = readers[id] else { return try value(id) }
    if let known = parameters[layer].quantizedInput { return known }
    guard
      let step = steps.first(where: {
        if case .layer(layer) = $0.operation { true } else { false }
      })
    else { return try value(id) }
    let data = values[step.first]
    let quantized = addValue(data.count, isRearranged: data.isRearranged)
    if let plane = planes[step.first] { planes[quantized] = plane }
    parameters[layer].quantizedInput = quantized
    return quantized
  }

  private mutating func lowerBinary(_ node: Node, _ binary: Binary) throws(Failure) {
    guard let function = PairFunction(binary.function) else { throw .unsupported }
    let shapes = node.inputs.map { graph[$0].shape }
    let shape = graph[node.outputs[0]].shape
    var output: Int
    if let fixed = node.inputs.firstIndex(where: { graph[$0].constant != nil }) {
      guard shapes[1 - fixed] == shape else { throw .form("data repeated along an axis") }
      let data = try value(node.inputs[1 - fixed])
      let numbers = try constant(node.inputs[fixed])
      let expanded = arranged(expand(numbers, shapes[fixed], to: shape), as: data)
      output = elementwise(
        .constantPair(function, expanded, constantIsFirst: fixed == 0), data, node)
    } else {
      guard shapes[0] == shape, shapes[1] == shape else {
        throw .form("data repeated along an axis")
      }
      let isAddition = function == .add
      var first = isAddition ? try addend(node.inputs[0]) : try value(node.inputs[0])
      var second = isAddition ? try addend(node.inputs[1]) : try value(node.inputs[1])
      if values[first].isRearranged != values[second].isRearranged {
        (first, second) = (declared(first), declared(second))
      }
      output = elementwise(.pair(function), first, second: second, node)
    }
    output = clamped(output, binary.range, node)
    valueOf[node.outputs[0]] = output
  }

  /// A constant repeated to a shape, in the model's order.
  private func expand(_ numbers: [Float], _ own: Shape, to shape: Shape) -> [Float] {
    let strides = own.broadcastStrides(to: shape)
    return (0..<shape.count).map { offset in
      let place = zip(shape.index(ofOffset: offset), strides).reduce(0) { $0 + $1.0 * $1.1 }
      return numbers[place]
    }
  }

  /// Numbers in the model's order as a value stores them.
  private func arranged<Element>(_ numbers: [Element], as value: Int) -> [Element] {
    guard values[value].isRearranged, let (channels, plane) = planes[value] else { return numbers }
    return numbers.indices.map { numbers[$0 % channels * plane + $0 / channels] }
  }

  private mutating func lowerMean(_ node: Node, _ reduction: Reduction) throws(Failure) {
    let shape = graph[node.inputs[0]].shape
    guard reduction.function == .mean else { throw .unsupported }
    // An axis of extent 1 may be named or not.
    let axes = reduction.axes.filter { shape[$0] > 1 }
    guard let first = axes.first, let last = axes.last else {
      valueOf[node.outputs[0]] = try value(node.inputs[0])
      return
    }
    guard (first...last).allSatisfy({ axes.contains($0) || shape[$0] == 1 }) else {
      throw .form("axes that are not neighbours")
    }
    let count = shape.extents[first...last].reduce(1, *)
    let result = graph[node.outputs[0]].shape.count
    let data = try value(node.inputs[0])
    if values[data].isRearranged, let (channels, plane) = planes[data], plane == count,
      shape.extents[..<first].reduce(1, *) == channels
    {
      valueOf[node.outputs[0]] = addStep(
        node.name, .mean(outer: 1, count: plane, inner: channels), data, count: result)
      return
    }
    valueOf[node.outputs[0]] = addStep(
      node.name,
      .mean(
        outer: shape.extents[..<first].reduce(1, *), count: count,
        inner: shape.extents[(last + 1)...].reduce(1, *)), declared(data), count: result)
  }

  private mutating func lowerBatchNormalization(
    _ node: Node, epsilon: Float
  ) throws(Failure) {
    let shape = graph[node.inputs[0]].shape
    guard shape.rank >= 2, node.inputs.count == 5 else { throw .form("data without channels") }
    let channels = shape[1]
    var numbers: [[Float]] = []
    for id in node.inputs.dropFirst() { numbers.append(try constant(id)) }
    guard numbers.allSatisfy({ $0.count == channels }) else { throw .form("channels") }
    let data = try value(node.inputs[0])
    let factors = (0..<channels).map {
      Double(numbers[0][$0]) / (Double(numbers[3][$0]) + Double(epsilon)).squareRoot()
    }
    let shifts = (0..<channels).map {
      Double(numbers[1][$0]) - Double(numbers[2][$0]) * factors[$0]
    }
    let plane = shape.extents[2...].reduce(1, *)
    let channelOf = (0..<shape.count).map { $0 / max(plane, 1) % max(channels, 1) }
    valueOf[node.outputs[0]] = elementwise(
      .scaleShift(
        factors: arranged(channelOf.map { factors[$0] }, as: data),
        shifts: arranged(channelOf.map { shifts[$0] }, as: data)), data, node)
  }
}
