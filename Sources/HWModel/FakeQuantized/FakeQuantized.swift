internal import Arith
public import QuantGraph

/// Float32 networks whose layers have formats, by the evaluation that frameworks call fake
/// quantization.
///
/// Convolutions over one or two axes (groups, depthwise, strides, dilations, margins), dense layers
/// and matrix products with constant weights are layers; each has a ``LayerQuantization`` or runs in
/// float32, and its sums are made in a fixed order (`PreparedLayer`). Between them stand maximum
/// and average pools, means over axes, sums, differences, products, quotients, maxima and minima of
/// two tensors or of one and a constant, batch normalization, ReLU and its kin, sigmoid, softmax,
/// reshapes, in float32. An addition that reads the input tensor of a layer takes it as that layer
/// does, quantized; if several layers read the tensor, as the first one. Images are stored with
/// channels innermost.
///
/// With ``cores`` layers multiply on a GPU's tensor cores (``TensorCoreRules``): exact sums of integers as
/// they are, wrapping at 32 bits, all others in floating-point blocks (`TensorCoreLayer`).
///
/// In float64 the same network is computed for measurements: scales stay float32, all else is float64.
public struct FakeQuantized: Datapath {
  public static let name = "fake-quantized"
  public var name: String { cores?.name ?? Self.name }
  public var isSampleMajor: Bool { true }

  /// What numbers between layers are.
  public enum Precision: Hashable, Sendable {
    case float32, float64

    var storage: Storage { self == .float32 ? .float32 : .float64 }
  }

  /// By the names of layers; the others run as they are.
  public var layers: [String: LayerQuantization]
  public let precision: Precision
  /// What multiplies in layers, in float32; nil for sums in float32 in a fixed order.
  public let cores: TensorCoreRules?

  /// Layers without formats as a plan in float32 has them, by name: float64 shares their weights.
  var floatLayers: [String: RealLayer<Float>] = [:]

  public init(
    layers: [String: LayerQuantization] = [:], precision: Precision = .float32,
    cores: TensorCoreRules? = nil
  ) {
    self.layers = layers
    self.precision = precision
    self.cores = cores
  }

  public func supports(_ operation: Operator) -> Bool {
    switch operation {
    case .convolution(let convolution): convolution.accumulation == nil
    case .dense(let dense): dense.accumulation == nil
    case .pool(let pool): pool.accumulator == nil
    case .unary(let function): ElementFunction(function) != nil
    case .binary(let binary): PairFunction(binary.function) != nil
    case .reduce(let reduction): reduction.function == .mean
    case .matMul, .normalizeBatch, .axisSoftmax, .reshape, .copy: true
    default: false
    }
  }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph {
    do throws(GraphProblems) {
      return try FloatForm(graph).graph()
    } catch {
      throw .graph(error)
    }
  }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    try Self.check(tensor)
    return PlannedTensor(storage: precision.storage, bound: nil)
  }

  private static func check(_ tensor: Tensor) throws(DatapathError) {
    guard tensor.encoding == .float(.float32) else {
      throw .encoding(operand: "'\(tensor.name)'", expected: "float32")
    }
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    try plan(node, in: graph, inputs: inputs, made: nil)
  }

  /// The same with weights that were made before.
  package func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor], made: QuantizedWeights?
  ) throws(DatapathError) -> PlannedNode {
    for id in node.outputs { try Self.check(graph[id]) }
    let bound = FakeQuantizedNode(
      node: node, graph: graph, inputs: inputs, precision: precision, cores: cores,
      floatLayer: floatLayers[node.name])
    if LayerParameters.isLayer(node, in: graph) {
      return try bound.layer(layers[node.name], made: made, replaced: nil)
    }
    switch node.operation {
    case .convolution, .dense, .matMul:
      throw .form(node, "a product of two tensors without constant weights")
    default: break
    }
    return try bound.other { (index) throws(DatapathError) in
      try operandFormat(node.inputs[index], in: graph)
    }
  }

  /// A layer in float64 with other weights.
  ///
  /// - Throws: ``DatapathError`` for a layer of a form that is not run.
  package func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor], weights: LayerWeights
  ) throws(DatapathError) -> PlannedNode {
    try FakeQuantizedNode(node: node, graph: graph, inputs: inputs, precision: .float64)
      .layer(nil, made: nil, replaced: weights)
  }

  /// What the first layer that reads a tensor makes of it, and how that layer takes an image; nil
  /// where it is read as it is.
  private func operandFormat(
    _ id: TensorID, in graph: Graph
  ) throws(DatapathError) -> (InputFormat, ImageMove?)? {
    guard !layers.isEmpty,
      let node = graph.nodes.first(where: {
        $0.inputs.first == id && LayerParameters.isLayer($0, in: graph)
      }), let quantization = layers[node.name], quantization.formats.activations != nil
    else { return nil }
    let geometry = try LayerParameters(node, in: graph).geometry
    do throws(FormatRefusal) {
      let format = try InputFormat(
        quantization.formats.activations, range: try quantization.range(of: node.name),
        search: quantization.rule.activations, channels: geometry.channels, layer: node.name)
      guard case .convolution(let convolution) = node.operation,
        convolution.layout == .channelsFirst, case .blocks = format,
        geometry.channels > 1, geometry.rows * geometry.columns > 1
      else { return (format, nil) }
      return (
        format,
        ImageMove(
          channels: geometry.channels, plane: geometry.rows * geometry.columns,
          toChannelsLast: true)
      )
    } catch {
      throw .refused(error)
    }
  }
}

/// The graph as it runs: layers before the additions that read their inputs, maxima before clamps.
private struct FloatForm {
  private let given: Graph

  init(_ graph: Graph) { given = graph }

  func graph() throws(GraphProblems) -> Graph {
    var tensors = given.tensors
    var nodes = orderedNodes()
    exchangeClamps(&nodes, &tensors)
    return try Graph(
      name: given.name, tensors: tensors, nodes: nodes, inputs: given.inputs,
      outputs: given.outputs, states: given.states)
  }

  /// Nodes in the graph's order, except that a layer whose input an earlier addition reads follows
  /// the producer of that input: the addition takes what the layer makes of it.
  private func orderedNodes() -> [Node] {
    var producer: [TensorID: Int] = [:]
    var addition: [TensorID: Int] = [:]
    for (position, node) in given.nodes.enumerated() {
      for id in node.outputs { producer[id] = position }
      guard case .binary(let binary) = node.operation, binary.function == .add,
        node.inputs.allSatisfy({ given[$0].constant == nil })
      else { continue }
      for id in node.inputs { addition[id] = min(addition[id] ?? position, position) }
    }
    let keys = given.nodes.enumerated().map { position, node -> (Int, Int, Int) in
      guard LayerParameters.isLayer(node, in: given), let earlier = addition[node.inputs[0]],
        earlier < position
      else { return (position, 0, position) }
      return (producer[node.inputs[0]] ?? -1, 1, position)
    }
    return given.nodes.indices.sorted { keys[$0] < keys[$1] }.map { given.nodes[$0] }
  }

  /// Lets maxima of windows read what a clamp reads, and clamps their results.
  ///
  /// The same values, fewer of them to clamp; the clamp's own result is computed only where someone
  /// reads it.
  private func exchangeClamps(_ nodes: inout [Node], _ tensors: inout [Tensor]) {
    var readers: [TensorID: Int] = [:]
    for node in nodes { for id in node.inputs { readers[id, default: 0] += 1 } }
    for id in given.outputs { readers[id, default: 0] += 1 }
    var producers: [TensorID: Node] = [:]
    for node in nodes { for id in node.outputs { producers[id] = node } }
    let names = Set(tensors.map(\.name) + nodes.map(\.name))
    func unused(_ name: String) -> String {
      var name = name
      while names.contains(name) { name += "'" }
      return name
    }
    var result: [Node] = []
    for node in nodes {
      guard case .pool(let pool) = node.operation, pool.reduction == .maximum,
        pool.range.isUnbounded, readers[node.inputs[0]] == 1,
        let clamp = producers[node.inputs[0]], case .unary(.clamp) = clamp.operation,
        given[clamp.inputs[0]].constant == nil,
        SamplePool(
          pool, data: given[node.inputs[0]].shape, result: given[node.outputs[0]].shape)?
          .isInside ?? false
      else {
        result.append(node)
        continue
      }
      let own = tensors[node.outputs[0].index]
      let maxima = TensorID(tensors.count)
      tensors.append(
        Tensor(
          name: unused("\(own.name) (before \(clamp.name))"), shape: own.shape,
          encoding: own.encoding))
      result.append(
        Node(
          name: node.name, operation: node.operation, inputs: clamp.inputs, outputs: [maxima],
          origin: node.origin))
      result.append(
        Node(
          name: unused("\(clamp.name) (after \(node.name))"), operation: clamp.operation,
          inputs: [maxima], outputs: node.outputs, origin: clamp.origin))
    }
    nodes = result
  }
}
