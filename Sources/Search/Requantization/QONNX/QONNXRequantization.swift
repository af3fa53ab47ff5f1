import Arith
public import QuantGraph

/// A QONNX graph whose `Quant` nodes take other widths.
///
/// Layers are the nodes that multiply with a constant behind a `Quant` node; that node's width is the
/// layer's width of weights, and that of the nearest `Quant` node before its data, with nothing between
/// but moves and maxima, its width of activations. Another width keeps the quantizer's range: the scale
/// grows by two for each bit less, and shrinks for each bit more, so that a power of two stays one.
/// Layers that share a quantizer share its width, the largest that one asks for.
public struct QONNXRequantization: GraphRequantization {
  /// The graph as the file has it.
  public let model: Graph
  public let layers: [SearchLayer]
  /// Groups of at least two layers whose data one quantizer makes, ascending.
  public let sharedInputs: [[Int]]

  /// Node of each layer, of the quantizer of its weights, and of that of its data.
  private let places: [(node: Int, weights: Int, data: Int?)]

  /// Widths that a quantizer can be given.
  public static let widths = 2...16

  public var roles: Set<OperandRole> { [.weights, .activations] }
  public var hardwareChoices: Set<String> { [] }

  public init(_ graph: Graph) {
    model = graph
    var places: [(node: Int, weights: Int, data: Int?)] = []
    var layers: [SearchLayer] = []
    var owners: [Int: String] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard let linear = graph.linear(node),
        let weights = graph.quantizer(before: linear.weights, passesPools: false),
        graph[graph.nodes[weights].inputs[0]].isParameter
      else { continue }
      let data = graph.quantizer(before: linear.data, passesPools: true)
      places.append((index, weights, data))
      layers.append(
        SearchLayer(
          name: node.name, weightCount: graph[linear.weights].shape.count,
          macs: graph.multiplyAccumulates(of: node), storedWith: owners[weights]))
      if owners[weights] == nil { owners[weights] = node.name }
    }
    self.places = places
    self.layers = layers
    var groups: [Int: [Int]] = [:]
    for (layer, place) in places.enumerated() {
      if let data = place.data { groups[data, default: []].append(layer) }
    }
    sharedInputs = groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Whether a quantizer gives the layer's data their width.
  public func canChangeActivations(ofLayer layer: Int) -> Bool { places[layer].data != nil }

  public func candidate(
    layer: Int, weightBits: Int?, activationBits: Int?, accumulatorBits: Int?
  ) throws(EvaluationError) -> Candidate {
    guard layers.indices.contains(layer) else {
      throw .layerCount(expected: layers.count, found: layer + 1)
    }
    if let accumulatorBits {
      throw .unsupported(
        layer: layers[layer].name, role: "accumulator", encoding: "int<\(accumulatorBits)>")
    }
    let place = places[layer]
    var activations: Encoding?
    if let data = place.data {
      activations = try format(activationBits, of: data, layer: layer, role: "activations")
    }
    return Candidate(
      weights: try format(weightBits, of: place.weights, layer: layer, role: "weights"),
      activations: activations)
  }

  private func format(
    _ bits: Int?, of quantizer: Int, layer: Int, role: String
  ) throws(EvaluationError) -> Encoding? {
    guard let bits else { return nil }
    let isSigned = model.isSignedQuantizer(quantizer)
    guard Self.widths.contains(bits) || bits == model.quantizerBits(quantizer),
      let format = try? FixedPointFormat(
        width: bits, integerBits: bits, isSigned: isSigned, dialect: .plain)
    else {
      throw .unsupported(
        layer: layers[layer].name, role: role, encoding: "\(isSigned ? "" : "u")int<\(bits)>")
    }
    return .fixed(format)
  }

  /// What each quantizer gets; nothing of those that stay.
  private func bits(_ allocation: [Candidate]) throws(EvaluationError) -> [Int: Int] {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    var bits: [Int: Int] = [:]
    for (layer, candidate) in allocation.enumerated() {
      let parts = [
        (candidate.weights, Optional(places[layer].weights), "weights"),
        (candidate.activations, places[layer].data, "activations"),
      ]
      for case (let encoding?, let quantizer, let role) in parts {
        // Signs are the quantizer's own: what is asked for is a width.
        guard let quantizer, case .fixed(let format) = encoding, format.fractionBits == 0,
          candidate.grouping == .filters,
          Self.widths.contains(format.width) || format.width == model.quantizerBits(quantizer)
        else {
          throw .unsupported(layer: layers[layer].name, role: role, encoding: encoding.name)
        }
        bits[quantizer] = max(bits[quantizer] ?? 0, format.width)
      }
    }
    return bits.filter { $0.value != model.quantizerBits($0.key) }
  }

  /// The formats that layers have in the end, where they share quantizers.
  public func effective(_ allocation: [Candidate]) throws(EvaluationError) -> [Candidate] {
    let bits = try bits(allocation)
    var result = allocation
    for layer in layers.indices {
      let place = places[layer]
      if let width = bits[place.weights] {
        result[layer].weights = try format(width, of: place.weights, layer: layer, role: "weights")
      }
      if let data = place.data, let width = bits[data] {
        result[layer].activations = try format(width, of: data, layer: layer, role: "activations")
      }
    }
    return result
  }

  public func graph(_ allocation: [Candidate]) throws(EvaluationError) -> Graph {
    let bits = try bits(allocation)
    if bits.isEmpty { return model }
    var tensors = model.tensors
    var nodes = model.nodes
    var names = Set(tensors.map(\.name))
    func add(_ name: String, _ shape: Shape, _ values: [Float]) -> TensorID {
      var name = name
      while !names.insert(name).inserted { name += "'" }
      tensors.append(
        Tensor(name: name, shape: shape, encoding: .float(.float32), constant: .float32(values)))
      return TensorID(tensors.count - 1)
    }
    for (quantizer, width) in bits.sorted(by: { $0.key < $1.key }) {
      let node = nodes[quantizer]
      let scale = model[node.inputs[1]]
      guard let own = model.quantizerBits(quantizer), case .float32(let scales)? = scale.constant
      else {
        throw .notRunnable(node: node.name, reason: "its scale or its width is no constant")
      }
      let factor = Float(sign: .plus, exponent: own - width, significand: 1)
      var inputs = node.inputs
      inputs[1] = add("\(node.name).scale", scale.shape, scales.map { $0 * factor })
      inputs[3] = add("\(node.name).bits", model[inputs[3]].shape, [Float(width)])
      nodes[quantizer] = Node(
        name: node.name, operation: node.operation, inputs: inputs, outputs: node.outputs,
        origin: node.origin)
    }
    return try model.replacing(tensors: tensors, nodes: nodes)
  }
}

extension Graph {
  /// The `Quant` node that makes a tensor, through moves of elements and perhaps maxima; nil where
  /// something else does.
  fileprivate func quantizer(before tensor: TensorID, passesPools: Bool) -> Int? {
    var id = tensor
    while let producer = index.producer(of: id) {
      let node = nodes[producer]
      switch node.operation {
      case .qonnx(.quant): return quantizerBits(producer) == nil ? nil : producer
      case .reshape, .transpose, .copy: break
      case .pool(let pool) where passesPools && pool.reduction == .maximum: break
      default: return nil
      }
      guard let input = node.inputs.first else { return nil }
      id = input
    }
    return nil
  }

  /// The width that a `Quant` node has; nil where it is no whole number that is known.
  fileprivate func quantizerBits(_ node: Int) -> Int? {
    guard nodes[node].inputs.count > 3,
      case .float32(let values)? = self[nodes[node].inputs[3]].constant, values.count == 1
    else { return nil }
    return Int(exactly: values[0])
  }

  fileprivate func isSignedQuantizer(_ node: Int) -> Bool {
    if case .qonnx(.quant(let isSigned, _, _)) = nodes[node].operation { isSigned } else { true }
  }
}
