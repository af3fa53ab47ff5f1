internal import Arith
internal import QuantGraph

/// What of an hls4ml graph's layers can take other types.
struct HLSStructure {
  let graph: Graph
  let settings: HLSPrecisionSettings
  let rules: [HLSTypeRule]
  private let writer: [TensorID: Int]
  private let readers: [TensorID: [Int]]

  init(_ graph: Graph, settings: HLSPrecisionSettings, rules: [HLSTypeRule]) {
    self.graph = graph
    self.settings = settings
    self.rules = rules
    var writer: [TensorID: Int] = [:]
    var readers: [TensorID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for id in node.outputs { writer[id] = index }
      for id in Set(node.inputs) { readers[id, default: []].append(index) }
    }
    self.writer = writer
    self.readers = readers
  }

  /// The layer of a node with weights; nil for other nodes, and for parts of a layer that is written
  /// out as several nodes.
  func layer(_ index: Int) -> HLSRequantization.Layer? {
    let node = graph.nodes[index]
    let product: ProductRule
    switch node.operation {
    case .dense(let dense):
      guard let rule = dense.accumulation?.product else { return nil }
      product = rule
    case .convolution(let convolution):
      guard let rule = convolution.accumulation?.product else { return nil }
      product = rule
    default: return nil
    }
    guard node.inputs.count >= 2, graph[node.inputs[0]].constant == nil,
      let codes = graph[node.inputs[1]].constant, readers[node.inputs[1]]?.count == 1,
      isWhole(node.name)
    else { return nil }
    var format: FixedPointFormat?
    var range = (low: Int512.zero, high: Int512.zero)
    if product == .multiply, case .fixed(let own) = graph[node.inputs[1]].encoding,
      own.width <= HLSRequantization.widthLimit, let values = codes.int64,
      let low = values.min(), let high = values.max()
    {
      format = own
      range = (Int512(low), Int512(high))
    }
    let takesAnyInput: Bool =
      switch product {
      case .multiply, .weightBinary, .weightTernary, .weightExponential: true
      case .dataBinary, .bothBinary: false
      }
    return HLSRequantization.Layer(
      node: index, weights: node.inputs[1], weightFormat: format, weightRange: range,
      source: takesAnyInput ? source(of: node.inputs[0]) : nil,
      accumulator: node.operation.fixedAccumulator)
  }

  /// Whether no other node is a part of the layer `name`.
  private func isWhole(_ name: String) -> Bool {
    if name.contains(".") { return false }
    return !graph.nodes.contains { $0.name.hasPrefix(name + ".") }
  }

  /// The tensor whose type a user sets to change that of `tensor`; nil if there is none.
  func source(of tensor: TensorID) -> TensorID? {
    var tensor = tensor
    while let index = writer[tensor], rules[index].isView { tensor = graph.nodes[index].inputs[0] }
    guard case .fixed(let format) = graph[tensor].encoding,
      format.width <= HLSRequantization.widthLimit, canBeRead(tensor)
    else { return nil }
    guard let index = writer[tensor] else { return graph.inputs.contains(tensor) ? tensor : nil }
    let node = graph.nodes[index]
    guard node.outputs.count == 1, isWhole(node.name), settings.mayName(node.name) else {
      return nil
    }
    switch node.operation {
    case .dense, .convolution:
      // A result that is given keeps a normalization from being joined with the layer before it
      // (hls4ml 1.3, `bn_fuse.py`): the model would be another one.
      return settings.isAutomatic(node.name, .result) && hasJoinedNormalization ? nil : tensor
    case .activation(.binaryTanh), .activation(.ternaryTanh), .activation(.lookup): return nil
    case .convert(let elements): return elements.isEmpty ? tensor : nil
    case .activation, .pool, .normalize, .arithmetic, .concatenate, .transpose, .pad, .crop,
      .resizeNearest, .softmax, .dot:
      return tensor
    default: return nil
    }
  }

  /// Whether the configuration has a normalization that is no node of the graph.
  private var hasJoinedNormalization: Bool {
    let names = Set(graph.nodes.map(\.name))
    return settings.layers.contains { $0.value["scale"] != nil && !names.contains($0.key) }
  }

  /// Whether everything that reads a tensor, also through views, computes with other types too.
  private func canBeRead(_ tensor: TensorID) -> Bool {
    for index in readers[tensor] ?? [] {
      let node = graph.nodes[index]
      if rules[index].isView {
        guard node.outputs.allSatisfy(canBeRead) else { return false }
        continue
      }
      switch node.operation {
      case .activation(.lookup), .gather, .threshold: return false
      case .softmax: guard rules[index].derivesSoftmax else { return false }
      case .dense(let dense):
        if dense.accumulation?.product == .dataBinary || dense.accumulation?.product == .bothBinary
        {
          return false
        }
      case .convolution(let convolution):
        let product = convolution.accumulation?.product
        if product == .dataBinary || product == .bothBinary { return false }
      default: continue
      }
    }
    return true
  }
}
