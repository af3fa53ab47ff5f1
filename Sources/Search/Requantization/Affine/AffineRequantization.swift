public import Arith
internal import HWModel
public import QuantGraph
public import Schedules

/// A TensorFlow Lite graph of 8-bit or 16-bit activations whose layers take other widths.
///
/// Layers are the nodes that multiply with constants. Rules:
/// - Weights of 2 bits up to the model's width: symmetric with the model's granularity (a scale a
///   channel or one), the largest magnitude over `2^(bits - 1) - 1`, rounded half to even; the model's
///   width leaves codes and scales as they are. Nodes that share a constant share its width, the
///   largest that one asks for.
/// - Activations of 2 to 8 bits (of a 16-bit tensor 9 to 16, since its kernels keep 16-bit storage):
///   the real range of the tensor stays, see `AffineFormat`. A layer's width is that of its data. It
///   holds wherever codes pass unchanged (views, concatenations, pools, extrema, resampling), the
///   largest that a reader asks for; constants there are quantized again. Other tensors stay.
/// - The role `result` is the width of a layer's own result, for tensors that no layer reads as its data.
/// - Outputs of softmax, logistic, tanh and LSTM have encodings of their own and stay:
///   ``candidate(layer:weightBits:activationBits:accumulatorBits:)`` gives such a layer its own width.
/// - Biases follow the scales of data and weights, rounded half away from zero.
/// - Sums stay int32 (int64 of 16-bit data), as the kernels have them.
/// - Rewrites (`NodeAllocation.weightRewrite`) change the codes of weights in the width that they
///   have then; nodes that share a constant share its rewrite.
public struct AffineRequantization: GraphRequantization {
  /// The graph as the file has it.
  public let model: Graph
  public let layers: [SearchLayer]
  /// Groups of at least two layers whose data have one encoding that can change, ascending.
  public let sharedInputs: [[Int]]

  /// Node of each layer.
  private let nodes: [Int]
  private let shared: SharedEncodings
  /// Weights that were narrowed before.
  private let narrowed = LatestValues<NarrowedKey, Tensor?>(bytes: 1 << 27)

  private struct NarrowedKey: Hashable {
    let tensor: TensorID
    let bits: Int
  }
  private let rewritten = RewrittenWeights()
  /// How many operands of nodes each tensor is.
  private let readerCounts: [Int]
  private let tensorNames: Set<String>

  public var roles: Set<OperandRole> { [.weights, .activations, .accumulator, .result] }

  /// The layers of a graph; there are none in a float network.
  public init(_ graph: Graph) {
    model = graph
    let shared = SharedEncodings(graph)
    self.shared = shared
    var readerCounts = [Int](repeating: 0, count: graph.tensors.count)
    for node in graph.nodes { for input in node.inputs { readerCounts[input.index] += 1 } }
    self.readerCounts = readerCounts
    tensorNames = Set(graph.tensors.map(\.name))
    var nodes: [Int] = []
    var layers: [SearchLayer] = []
    // Weights of several layers are stored once.
    var owners: [TensorID: String] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard let weights = graph.weights(of: node), let data = node.inputs.first,
        Self.affine(graph[weights]) != nil, Self.affine(graph[data]) != nil
      else { continue }
      nodes.append(index)
      layers.append(
        SearchLayer(
          name: node.name, weightCount: graph[weights].shape.count,
          macs: graph.multiplyAccumulates(of: node), storedWith: owners[weights]))
      if owners[weights] == nil { owners[weights] = node.name }
    }
    self.nodes = nodes
    self.layers = layers
    var groups: [[Int]] = []
    var places: [Int: Int] = [:]
    for (layer, node) in nodes.enumerated() {
      let data = graph.nodes[node].inputs[0]
      guard shared.reason(for: data) == nil else { continue }
      let number = shared.number(of: data)
      if let place = places[number] {
        groups[place].append(layer)
      } else {
        places[number] = groups.count
        groups.append([layer])
      }
    }
    sharedInputs = groups.filter { $0.count > 1 }
  }

  /// Whether a layer's data can have another width.
  public func canChangeActivations(ofLayer layer: Int) -> Bool {
    shared.reason(for: data(layer)) == nil
  }

  public func candidate(
    layer: Int, weightBits: Int?, activationBits: Int?, accumulatorBits: Int?
  ) throws(EvaluationError) -> Candidate {
    guard layers.indices.contains(layer) else {
      throw .layerCount(expected: layers.count, found: layer + 1)
    }
    if let accumulatorBits, accumulatorBits != sumBits(layer) {
      throw .unsupported(
        layer: layers[layer].name, role: "accumulator", encoding: "int<\(accumulatorBits)>")
    }
    let weights = model[weights(layer)]
    let activations = model[data(layer)]
    let keeps = !canChangeActivations(ofLayer: layer)
    return Candidate(
      weights: try integer(weightBits, of: weights, layer: layer, role: "weights"),
      activations: try integer(
        keeps ? nil : activationBits, of: activations, layer: layer, role: "activations"))
  }

  public func graph(_ allocation: [Candidate]) throws(EvaluationError) -> Graph {
    let request = try requested(allocation)
    return try rewritten.graph(request.rewrites, of: try graph(widths: request.widths))
  }

  /// The widths and rewrites that an allocation asks for; what it leaves open is nil.
  ///
  /// - Throws: ``EvaluationError`` for a number of candidates or a format that does not fit.
  public func requested(_ allocation: [Candidate]) throws(EvaluationError) -> CodeRequest {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    var widths = CodeWidths(model)
    var rewrites: [Int: WeightRewrite] = [:]
    for (layer, candidate) in allocation.enumerated() {
      let name = layers[layer].name
      rewrites[nodes[layer]] = candidate.weightRewrite
      if let accumulator = candidate.accumulator,
        width(accumulator, isSigned: true) != sumBits(layer)
      {
        throw .unsupported(layer: name, role: "accumulator", encoding: accumulator.name)
      }
      if let weights = candidate.weights {
        guard let bits = width(weights, isSigned: true), candidate.grouping == .filters else {
          throw .unsupported(layer: name, role: "weights", encoding: weights.name)
        }
        widths.weightBits[nodes[layer]] = bits
      }
      if let activations = candidate.activations {
        // The zero point makes signed and unsigned codes the same numbers.
        guard let bits = width(activations, isSigned: nil) else {
          throw .unsupported(layer: name, role: "activations", encoding: activations.name)
        }
        let tensor = data(layer).index
        widths.tensorBits[tensor] = max(widths.tensorBits[tensor] ?? 0, bits)
      }
      if let result = candidate[.result] {
        guard let bits = width(result, isSigned: nil),
          let tensor = model.nodes[nodes[layer]].outputs.first
        else { throw .unsupported(layer: name, role: "result", encoding: result.name) }
        widths.tensorBits[tensor.index] = max(widths.tensorBits[tensor.index] ?? 0, bits)
      }
    }
    return CodeRequest(widths: widths, rewrites: rewrites)
  }

  /// What each tensor and layer gets where `request` is asked for.
  ///
  /// - Returns: widths as of ``effective(_:)-(CodeWidths)``, and the rewrites, also of the nodes that
  ///   share a constant with one that names its rewrite.
  /// - Throws: ``EvaluationError`` for widths and tensors that cannot be had.
  public func effective(_ request: CodeRequest) throws(EvaluationError) -> CodeRequest {
    var result = CodeRequest(widths: try effective(request.widths), rewrites: request.rewrites)
    var shared: [TensorID: WeightRewrite] = [:]
    for (node, rewrite) in request.rewrites {
      if let id = model.weights(of: model.nodes[node]) { shared[id] = rewrite }
    }
    for node in nodes where result.rewrites[node] == nil {
      result.rewrites[node] = model.weights(of: model.nodes[node]).flatMap { shared[$0] }
    }
    return result
  }

  /// The widths that each tensor and layer gets where `widths` are asked for; nil where the model's
  /// own stay.
  ///
  /// - Throws: ``EvaluationError`` for widths and tensors that cannot be had.
  public func effective(_ widths: CodeWidths) throws(EvaluationError) -> CodeWidths {
    var result = CodeWidths(model)
    var asked: [Int: Int] = [:]
    for (index, bits) in widths.tensorBits.enumerated() {
      guard let bits else { continue }
      let number = shared.number(of: TensorID(index))
      asked[number] = max(asked[number] ?? 0, bits)
    }
    for (index, bits) in widths.tensorBits.enumerated() where bits != nil {
      let id = TensorID(index)
      guard let bits = asked[shared.number(of: id)], bits != Self.width(model[id]) else { continue }
      try checkActivation(id, bits: bits)
      for other in shared.tensors(with: id) { result.tensorBits[other.index] = bits }
    }
    var weightBits: [TensorID: Int] = [:]
    for (index, bits) in widths.weightBits.enumerated() {
      guard let bits, let id = model.weights(of: model.nodes[index]) else { continue }
      weightBits[id] = max(weightBits[id] ?? 0, bits)
    }
    for (index, node) in model.nodes.enumerated() {
      guard let id = model.weights(of: node), let bits = weightBits[id],
        bits != Self.width(model[id])
      else { continue }
      guard let own = Self.affine(model[id])?.width, (2...min(own, 8)).contains(bits) else {
        throw .unsupported(layer: node.name, role: "weights", encoding: "int<\(bits)>")
      }
      result.weightBits[index] = bits
    }
    return result
  }

  private func checkActivation(_ id: TensorID, bits: Int) throws(EvaluationError) {
    let name = model[id].name
    if let reason = shared.reason(for: id) {
      throw .fixedEncoding(tensor: model[reason.tensor].name, operation: reason.operation)
    }
    guard let format = Self.affine(model[id]), format.scales.count == 1,
      Self.activationBits(format.width).contains(bits)
    else { throw .unsupported(layer: name, role: "activations", encoding: "int<\(bits)>") }
  }

  /// The graph in these widths.
  ///
  /// - Parameter widths: what is asked for, see ``effective(_:)->CodeWidths``.
  /// - Returns: the model itself if nothing changes.
  /// - Throws: ``EvaluationError`` for widths and tensors that cannot be had, and biases that do not
  ///   fit their type.
  public func graph(widths: CodeWidths) throws(EvaluationError) -> Graph {
    let widths = try effective(widths)
    var tensors = model.tensors
    var isSame = true
    for (index, bits) in widths.tensorBits.enumerated() {
      guard let bits else { continue }
      tensors[index] = try activation(tensors[index], bits: bits)
      isSame = false
    }
    for (index, bits) in widths.weightBits.enumerated() {
      guard let bits, let id = model.weights(of: model.nodes[index]) else { continue }
      let key = NarrowedKey(tensor: id, bits: bits)
      let made = narrowed.value(key) {
        (AffineWidth.weights(model[id], bits: bits), model[id].shape.count)
      }
      guard let made else {
        throw .unsupported(
          layer: model.nodes[index].name, role: "weights", encoding: "int<\(bits)>")
      }
      tensors[id.index] = made
      isSame = false
    }
    if isSame { return model }
    var changed: [Int: Node] = [:]
    var names = tensorNames
    for index in nodes {
      try moveBias(of: index, tensors: &tensors, names: &names, nodes: &changed)
    }
    var nodes = model.nodes
    for (index, node) in changed { nodes[index] = node }
    return try model.replacing(tensors: tensors, nodes: nodes)
  }

  private func activation(_ tensor: Tensor, bits: Int) throws(EvaluationError) -> Tensor {
    let refusal = EvaluationError.unsupported(
      layer: tensor.name, role: "activations", encoding: "int<\(bits)>")
    guard case .affine(let old) = tensor.encoding,
      let new = AffineWidth.activation(old, bits: bits)
    else { throw refusal }
    var constant: Codes?
    if let codes = tensor.constant {
      guard let moved = AffineWidth.constant(codes, from: old, to: new) else { throw refusal }
      constant = moved
    }
    return Tensor(
      name: tensor.name, shape: tensor.shape, encoding: .affine(new), constant: constant)
  }

  /// Gives the layer biases in its new scales, in a tensor of their own if others read them.
  private func moveBias(
    of index: Int, tensors: inout [Tensor], names: inout Set<String>, nodes: inout [Int: Node]
  ) throws(EvaluationError) {
    let node = model.nodes[index]
    guard node.inputs.count > 2, let weights = model.weights(of: node),
      let oldData = Self.affine(model[node.inputs[0]]),
      let oldWeights = Self.affine(model[weights]),
      let newData = Self.affine(tensors[node.inputs[0].index]),
      let newWeights = Self.affine(tensors[weights.index]),
      oldData.scales != newData.scales || oldWeights.scales != newWeights.scales
    else { return }
    let bias = node.inputs[2]
    guard
      let made = AffineWidth.bias(
        model[bias], old: (oldData.scales.first ?? 0, oldWeights.scales),
        new: (newData.scales.first ?? 0, newWeights.scales))
    else {
      throw .unsupported(
        layer: node.name, role: "biases", encoding: "int<\(Self.width(model[bias]))>")
    }
    if readerCounts[bias.index] == 1 {
      tensors[bias.index] = made
      return
    }
    var name = made.name + " (\(node.name))"
    while !names.insert(name).inserted { name += "'" }
    tensors.append(
      Tensor(name: name, shape: made.shape, encoding: made.encoding, constant: made.constant))
    var inputs = node.inputs
    inputs[2] = TensorID(tensors.count - 1)
    nodes[index] = Node(
      name: node.name, operation: node.operation, inputs: inputs, outputs: node.outputs,
      origin: node.origin)
  }

  // MARK: Widths

  private func data(_ layer: Int) -> TensorID { model.nodes[nodes[layer]].inputs[0] }

  private func weights(_ layer: Int) -> TensorID {
    model.weights(of: model.nodes[nodes[layer]]) ?? data(layer)
  }

  /// Bits of the sums that a layer's kernels keep.
  private func sumBits(_ layer: Int) -> Int { Self.width(model[data(layer)]) > 8 ? 64 : 32 }

  /// Widths that activations of so many bits can have.
  private static func activationBits(_ width: Int) -> ClosedRange<Int> {
    width > 8 ? 9...max(width, 9) : 2...max(width, 2)
  }

  /// An integer format of `bits`, or of the tensor's own.
  private func integer(
    _ bits: Int?, of tensor: Tensor, layer: Int, role: String
  ) throws(EvaluationError) -> Encoding? {
    guard let own = Self.affine(tensor) else { return nil }
    let width = bits ?? own.width
    let allowed = role == "weights" ? 2...min(max(own.width, 2), 8) : Self.activationBits(own.width)
    guard width == own.width || allowed.contains(width),
      let format = try? FixedPointFormat(
        width: width, integerBits: width, isSigned: own.isSigned, dialect: .plain)
    else {
      let name = "\(own.isSigned ? "" : "u")int<\(width)>"
      throw .unsupported(layer: layers[layer].name, role: role, encoding: name)
    }
    return .fixed(format)
  }

  /// The width of plain integers; nil for other formats, and for unsigned ones where a sign is needed.
  private func width(_ encoding: Encoding, isSigned: Bool?) -> Int? {
    guard case .fixed(let format) = encoding, format.fractionBits == 0,
      isSigned == nil || format.isSigned == isSigned
    else { return nil }
    return format.width
  }

  private static func affine(_ tensor: Tensor) -> AffineFormat? {
    guard case .affine(let format) = tensor.encoding, !format.scales.isEmpty else { return nil }
    return format
  }

  private static func width(_ tensor: Tensor) -> Int {
    if let format = affine(tensor) { return format.width }
    return tensor.encoding.scalarWidth ?? 0
  }
}

/// What an allocation asks of a graph of integer codes.
public struct CodeRequest: Sendable, Hashable {
  public var widths: CodeWidths
  /// By position of the node.
  public var rewrites: [Int: WeightRewrite]

  public init(widths: CodeWidths, rewrites: [Int: WeightRewrite] = [:]) {
    self.widths = widths
    self.rewrites = rewrites
  }
}

extension FormatChoices {
  /// The integers and rewrites of a request.
  public init(_ request: CodeRequest) {
    self.init(request.widths)
    for (node, rewrite) in request.rewrites {
      nodes[node, default: Node()].hardware[NodeAllocation.weightRewriteKey] = rewrite.name
    }
  }
}
