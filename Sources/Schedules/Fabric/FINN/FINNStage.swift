import Arith
import HWModel
import QuantGraph

/// What a node of a network becomes under FINN: a stage of the pipeline, wires, or work of the host.
struct FINNStage {
  enum Kind {
    /// A matrix unit, behind a buffer of windows where the layer has some.
    case matrix(Matrix)
    /// A maximum over windows that do not overlap.
    case maximumPool(Window)
    /// A maximum or mean over other windows, behind a buffer of windows.
    case pool(Window)
    /// A mean over the whole image.
    case imageSum
    /// The sum of two streams.
    case join
    /// A quantizer or a function of each element that no unit takes in.
    case elements
    /// Nothing: moves, constants, and what the unit before takes in by its thresholds.
    case wires
    /// Before the first stage, or after the last.
    case host
    /// No rule; the reason in words.
    case unknown(String)
  }

  struct Matrix {
    let linear: LinearNode
    let weights: FINNWeights
    /// Nil for products with vectors and for pixels by themselves.
    let window: Window?
    let vectors: Int
    let isDepthwise: Bool
    /// The quantizer that its thresholds are; nil where sums leave the unit, or a float network says
    /// nothing of it.
    let quantizer: Int?
    /// The layer that reads the result behind functions that thresholds take in; nil for none.
    let reader: Int?
  }

  let node: Int
  let kind: Kind
  /// Pixels and channels of the first input and of the result.
  let input: (pixels: Int, channels: Int)
  let output: (pixels: Int, channels: Int)

  /// Whether it is part of the pipeline, or would be.
  var isStep: Bool {
    switch kind {
    case .wires, .host: false
    default: true
    }
  }
}

/// Finds the stages of a network.
struct FINNStages {
  private let graph: Graph
  /// Whether no node quantizes and no tensor has codes: a float network, whose layers get types.
  let isFloat: Bool
  /// Tensors that follow from constants alone.
  private var isConstant: [Bool]
  /// Tensors that some stage reads, behind moves and functions of elements.
  private(set) var feedsHardware: [Bool]
  /// Tensors that nothing but a host computed: the network's inputs and moves of them.
  private var isFromHost: [Bool]
  /// Tensors that a quantizer reads with nothing between that thresholds do not take in.
  private var isQuantized: [Bool]
  /// Nodes that a matrix unit takes in.
  private var absorbed: Set<Int> = []
  private(set) var stages: [FINNStage] = []

  init(_ graph: Graph) {
    self.graph = graph
    let isFloatTensor = graph.tensors.allSatisfy { FINNType($0.encoding) == nil || $0.isParameter }
    isFloat = isFloatTensor && !graph.nodes.contains { graph.quantizedType($0) != nil }
    isConstant = graph.tensors.map(\.isParameter)
    feedsHardware = Array(repeating: false, count: graph.tensors.count)
    isQuantized = feedsHardware
    isFromHost = Array(repeating: true, count: graph.tensors.count)
    for node in graph.nodes where !node.inputs.isEmpty {
      if node.inputs.allSatisfy({ isConstant[$0.index] }) {
        for output in node.outputs { isConstant[output.index] = true }
      }
    }
    for node in graph.nodes.reversed() {
      let reads = isHardware(node) || node.outputs.contains { feedsHardware[$0.index] }
      if reads { for input in node.inputs { feedsHardware[input.index] = true } }
      guard let input = computedInput(node), let output = node.outputs.first,
        graph.index.readerCount(of: input) == 1
      else { continue }
      isQuantized[input.index] =
        graph.quantizedType(node) != nil
        || (isAbsorbable(node) || isMove(node)) && isQuantized[output.index]
    }
    for index in graph.nodes.indices {
      let stage = stage(index)
      let node = graph.nodes[index]
      let isHost =
        switch stage.kind {
        case .host: true
        case .wires: node.inputs.allSatisfy { isConstant[$0.index] || isFromHost[$0.index] }
        default: false
        }
      for output in node.outputs { isFromHost[output.index] = isHost }
      stages.append(stage)
    }
  }

  /// Whether a node is a stage wherever it stands.
  private func isHardware(_ node: Node) -> Bool {
    if node.outputs.allSatisfy({ isConstant[$0.index] }) { return false }
    switch node.operation {
    case .pool, .argument, .topK: return true
    case .binary: return isJoin(node)
    default: return graph.linear(node) != nil || graph.quantizedType(node) != nil
    }
  }

  private func isJoin(_ node: Node) -> Bool {
    guard case .binary(let binary) = node.operation, binary.function == .add else { return false }
    return node.inputs.allSatisfy { !isConstant[$0.index] }
  }

  /// Whether thresholds take a node in: a monotone function of each element of one computed tensor.
  private func isAbsorbable(_ node: Node) -> Bool {
    switch node.operation {
    case .normalizeBatch, .dequantize, .cast: return true
    case .unary(.identity), .unary(.clamp): return true
    case .activation(.relu), .activation(.clippedReLU), .activation(.linear): return true
    case .binary(let binary):
      let computed = node.inputs.count { !isConstant[$0.index] }
      return computed == 1
        && [.add, .subtract, .multiply, .divide, .maximum, .minimum].contains(binary.function)
    default: return false
    }
  }

  private func isMove(_ node: Node) -> Bool {
    switch node.operation {
    case .reshape, .transpose, .copy, .broadcast: true
    default: false
    }
  }

  private func computedInput(_ node: Node) -> TensorID? {
    node.inputs.first { !isConstant[$0.index] }
  }

  /// The quantizer that follows a tensor with nothing between that thresholds do not take in, what is
  /// between, and the last tensor that was reached.
  private func quantizer(behind tensor: TensorID) -> (
    quantizer: Int?, between: [Int], end: TensorID
  ) {
    var id = tensor
    var between: [Int] = []
    while graph.index.readerCount(of: id) == 1, let next = graph.index.readers(of: id).first {
      let node = graph.nodes[next]
      if graph.quantizedType(node) != nil, node.inputs.first == id { return (next, between, id) }
      guard isAbsorbable(node) || isMove(node), let output = node.outputs.first else { break }
      between.append(next)
      id = output
    }
    return (nil, between, id)
  }

  /// The quantizer whose thresholds a layer's unit has, and the layer that reads the result.
  private mutating func successors(of result: TensorID) -> (quantizer: Int?, reader: Int?) {
    let found = quantizer(behind: result)
    if let quantizer = found.quantizer {
      absorbed.formUnion(found.between + [quantizer])
      return (quantizer, reader(ofNode: quantizer))
    }
    guard isFloat, let reader = reader(found.end) else { return (nil, nil) }
    absorbed.formUnion(found.between)
    return (nil, reader)
  }

  /// The first layer that reads a tensor behind moves, pools and joins.
  private func reader(_ tensor: TensorID) -> Int? {
    var (waiting, seen) = ([tensor], Set([tensor]))
    while let id = waiting.popLast() {
      for next in graph.index.readers(of: id) {
        let node = graph.nodes[next]
        if let linear = graph.linear(node) {
          if linear.data == id { return next }
          continue
        }
        var passes = isMove(node) || isAbsorbable(node) || isJoin(node)
        if case .pool = node.operation { passes = true }
        if passes, let output = node.outputs.first, seen.insert(output).inserted {
          waiting.append(output)
        }
      }
    }
    return nil
  }

  /// The first layer that reads a node's result behind moves, pools and joins.
  func reader(ofNode node: Int) -> Int? { graph.nodes[node].outputs.first.flatMap(reader) }

  private func size(_ id: TensorID?, channels: Int? = nil) -> (pixels: Int, channels: Int) {
    guard let id else { return (1, 1) }
    let shape = graph[id].shape
    // The file's order: samples, channels, then the image.
    let own = channels ?? (shape.rank > 1 ? shape[1] : shape.count)
    return (shape.count / max(own, 1), max(own, 1))
  }

  private mutating func stage(_ index: Int) -> FINNStage {
    let node = graph.nodes[index]
    let window = graph.window(node)
    let kind = kind(index, node, window)
    let data = computedInput(node)
    var input = size(data, channels: window?.channels)
    var output = size(node.outputs.first, channels: window?.resultChannels)
    if case .matrix(let matrix) = kind, matrix.window == nil, window == nil {
      input = (matrix.vectors, matrix.linear.depth)
      output = (matrix.vectors, matrix.linear.filters)
    }
    return FINNStage(node: index, kind: kind, input: input, output: output)
  }

  private mutating func kind(_ index: Int, _ node: Node, _ window: Window?) -> FINNStage.Kind {
    guard let output = node.outputs.first, !isConstant[output.index] else { return .wires }
    if absorbed.contains(index) || isMove(node) { return .wires }
    if let linear = graph.linear(node) { return matrix(linear, node, window) }
    let isLast = !node.outputs.contains { feedsHardware[$0.index] }
    if graph.quantizedType(node) != nil {
      return node.inputs.first.map { isFromHost[$0.index] } ?? true ? .host : .elements
    }
    switch node.operation {
    case .pool(let pool):
      guard let window else { return .imageSum }
      guard window.kernel.count <= 2 else {
        return .unknown("pools over \(window.kernel.count) axes")
      }
      if pool.reduction == .average, window.positionCount == 1 { return .imageSum }
      let isPlain =
        window.kernel == window.strides
        && (window.before + window.after).allSatisfy { $0 == 0 }
      return pool.reduction == .maximum && isPlain ? .maximumPool(window) : .pool(window)
    case .reduce(let reduction) where reduction.function == .mean:
      return isLast ? .host : .imageSum
    case .binary where isJoin(node): return .join
    case .argument, .topK: return .elements
    default:
      if isLast || node.inputs.allSatisfy({ isConstant[$0.index] || isFromHost[$0.index] }) {
        return .host
      }
      // Quantizers that follow take it in, as those do that a float network gets.
      if isAbsorbable(node) {
        return isFloat || isQuantized[output.index] ? .wires : .elements
      }
      return .unknown("operator \(node.operation.name)")
    }
  }

  private mutating func matrix(
    _ linear: LinearNode, _ node: Node, _ window: Window?
  ) -> FINNStage.Kind {
    guard let weights = graph.finnWeights(of: linear) else {
      return .unknown("products of two computed tensors")
    }
    guard linear.depth > 0, linear.filters > 0, linear.products > 0 else {
      return .unknown("a product without terms")
    }
    var isDepthwise = false
    switch linear.form {
    case .dense, .matMul, .dot: break
    case .transposedConvolution: return .unknown("transposed convolutions")
    case .convolution(let convolution):
      guard let window, window.kernel.count <= 2 else {
        return .unknown("convolutions over \(convolution.kernel.count) axes")
      }
      isDepthwise = convolution.isDepthwise
      if case .groups(let groups) = convolution.grouping, groups > 1 {
        guard groups == window.channels else { return .unknown("grouped convolutions") }
        isDepthwise = true
      }
      if isDepthwise, linear.filters != window.channels {
        return .unknown("depthwise convolutions of several filters a channel")
      }
    }
    let next = successors(of: linear.result)
    let isPointwise = window.map { $0.taps == 1 && $0.strides.allSatisfy { $0 == 1 } } ?? true
    let vectors =
      window.map { $0.positionCount.multipliedClamped(by: $0.batch) }
      ?? graph[linear.result].shape.count / linear.filters
    return .matrix(
      FINNStage.Matrix(
        linear: linear, weights: weights,
        window: isPointwise && !isDepthwise ? nil : window, vectors: vectors,
        isDepthwise: isDepthwise, quantizer: next.quantizer, reader: next.reader))
  }
}
