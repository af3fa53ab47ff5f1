public import QuantGraph

/// Ways to find layers that must, or had better, take the same formats.
public enum LayerTie: String, Sendable, Hashable, CaseIterable {
  /// Layers that read one tensor: it is stored once, in one format.
  case sharedInput = "shared-input"
  /// Layers that read tensors of one residual stream: the operands and the result of an addition
  /// meet in one format (HAWQ-V3, Yao et al., ICML 2021, section 3.3).
  case residual
  /// A depthwise convolution, the layer before it and the layers after it.
  case depthwise
  /// Query, key and value projections of one block, fused by transformer runtimes.
  case attention = "qkv"
  /// Gate and up projections of one block, fused likewise.
  case gate = "gate-up"
  /// Layers of the experts of one block that differ in the expert's number alone.
  case experts

  /// The groups of at least two layers that this rule ties, members ascending.
  public func groups(of layers: [SearchLayer], in graph: Graph) -> [[Int]] {
    let found: [[Int]] =
      switch self {
      case .sharedInput: Flow(graph, layers).sharedInput()
      case .residual: Flow(graph, layers).residual()
      case .depthwise: Flow(graph, layers).depthwise()
      case .attention: Self.byName(layers, Self.attentionKey)
      case .gate: Self.byName(layers, Self.gateKey)
      case .experts: Self.byName(layers, Self.expertKey)
      }
    return found.filter { $0.count > 1 }
  }

  private static func byName(
    _ layers: [SearchLayer], _ key: (String) -> String?
  ) -> [[Int]] {
    var order: [String] = []
    var members: [String: [Int]] = [:]
    for (index, layer) in layers.enumerated() {
      guard let key = key(layer.name) else { continue }
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(index)
    }
    return order.compactMap { members[$0] }
  }

  /// The name with the first of `words` that is a whole part of it replaced; parts end at `.`, `/`,
  /// and at the ends.
  private static func replacing(_ words: [String], in name: String) -> String? {
    var parts = name.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" })
    guard let place = parts.firstIndex(where: { words.contains($0.lowercased()) }) else {
      return nil
    }
    parts[place] = "*"
    return parts.joined(separator: ".")
  }

  private static func attentionKey(_ name: String) -> String? {
    replacing(
      ["q_proj", "k_proj", "v_proj", "query", "key", "value", "q", "k", "v", "wq", "wk", "wv"],
      in: name)
  }

  private static func gateKey(_ name: String) -> String? {
    replacing(["gate_proj", "up_proj", "gate", "up", "w1", "w3"], in: name)
  }

  private static func expertKey(_ name: String) -> String? {
    var parts = name.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "." || $0 == "/" })
    guard let place = parts.firstIndex(where: { $0.lowercased() == "experts" }),
      place + 1 < parts.count, Int(parts[place + 1]) != nil
    else { return nil }
    parts[place + 1] = "*"
    return parts.joined(separator: ".")
  }
}

extension Graph {
  /// Groups of at least two layers whose weights are one tensor, members ascending; they have one
  /// format, whatever is chosen.
  public func sharedWeights(among layers: [SearchLayer]) -> [[Int]] {
    let nodes = Flow(self, layers).nodes
    var order: [TensorID] = []
    var members: [TensorID: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      guard let node, self.nodes[node].inputs.count > 1 else { continue }
      let weights = self.nodes[node].inputs[1]
      if members[weights] == nil { order.append(weights) }
      members[weights, default: []].append(index)
    }
    return order.compactMap { members[$0] }.filter { $0.count > 1 }
  }

  /// Pairs of names of `layers`, the first one's result reaching the second's input through nodes
  /// that are no such layers; in the order of the second, then of the first.
  public func neighbours(among layers: [SearchLayer]) -> [[String]] {
    let flow = Flow(self, layers)
    return layers.indices.flatMap { later in
      flow.earlierLayers(of: later).map { [layers[$0].name, layers[later].name] }
    }
  }
}

/// How tensors run between the layers of a graph.
private struct Flow {
  let graph: Graph
  /// Node of each layer.
  let nodes: [Int?]
  /// Node that writes a tensor.
  let writer: [TensorID: Int]
  private let layerOfNode: [Int: Int]

  init(_ graph: Graph, _ layers: [SearchLayer]) {
    self.graph = graph
    var position: [String: Int] = [:]
    for (index, node) in graph.nodes.enumerated() { position[node.name] = index }
    nodes = layers.map { position[$0.name] }
    var writer: [TensorID: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      for tensor in node.outputs { writer[tensor] = index }
    }
    self.writer = writer
    var layerOfNode: [Int: Int] = [:]
    for (layer, node) in nodes.enumerated() { if let node { layerOfNode[node] = layer } }
    self.layerOfNode = layerOfNode
  }

  private func input(of layer: Int) -> TensorID? {
    nodes[layer].flatMap { graph.nodes[$0].inputs.first }
  }

  /// The tensor that `tensor` is another view of: values and their format pass unchanged.
  private func source(_ tensor: TensorID) -> TensorID {
    var tensor = tensor
    while let index = writer[tensor], let input = graph.nodes[index].inputs.first {
      switch graph.nodes[index].operation {
      case .reshape, .transpose, .copy: tensor = input
      default: return tensor
      }
    }
    return tensor
  }

  private func grouped(_ key: (Int) -> TensorID?) -> [[Int]] {
    var order: [TensorID] = []
    var members: [TensorID: [Int]] = [:]
    for layer in nodes.indices {
      guard let tensor = key(layer) else { continue }
      if members[tensor] == nil { order.append(tensor) }
      members[tensor, default: []].append(layer)
    }
    return order.compactMap { members[$0] }
  }

  func sharedInput() -> [[Int]] {
    grouped { input(of: $0).map(source) }
  }

  func residual() -> [[Int]] {
    var root: [TensorID: TensorID] = [:]
    func find(_ tensor: TensorID) -> TensorID {
      var tensor = tensor
      while let next = root[tensor], next != tensor {
        // Half of the way is left out the next time.
        if let after = root[next] { root[tensor] = after }
        tensor = next
      }
      return tensor
    }
    func join(_ a: TensorID, _ b: TensorID) {
      let (x, y) = (find(a), find(b))
      if x != y { root[max(x, y)] = min(x, y) }
    }
    var streams: Set<TensorID> = []
    for node in graph.nodes where node.inputs.count == 2 && node.outputs.count == 1 {
      guard case .binary(let binary) = node.operation, binary.function == .add,
        node.inputs.allSatisfy({ graph[$0].constant == nil })
      else { continue }
      let operands = node.inputs.map(source)
      join(operands[0], operands[1])
      join(operands[0], node.outputs[0])
      streams.formUnion(operands + node.outputs)
    }
    // A rectified sum stays in the stream.
    for node in graph.nodes {
      switch node.operation {
      case .unary, .activation:
        guard let input = node.inputs.first, let output = node.outputs.first,
          streams.contains(source(input)) || streams.contains(output)
        else { continue }
        join(source(input), output)
        streams.insert(output)
      default: continue
      }
    }
    let roots = Set(streams.map(find))
    return grouped { layer in
      guard let tensor = input(of: layer).map(source) else { return nil }
      let root = find(tensor)
      return roots.contains(root) ? root : nil
    }
  }

  /// Layers whose results reach the input of `layer` through nodes that are no layers, ascending.
  func earlierLayers(of layer: Int) -> [Int] {
    var found: Set<Int> = []
    var seen: Set<TensorID> = []
    var waiting = [input(of: layer)].compactMap { $0 }
    while let tensor = waiting.popLast() {
      guard seen.insert(tensor).inserted, let node = writer[tensor] else { continue }
      if let earlier = layerOfNode[node] {
        found.insert(earlier)
      } else {
        waiting += graph.nodes[node].inputs.filter { graph[$0].constant == nil }
      }
    }
    return found.sorted()
  }

  func depthwise() -> [[Int]] {
    /// The layer whose result reaches `tensor` through nodes that are no layers and have one input.
    func before(_ tensor: TensorID) -> Int? {
      var tensor = tensor
      while let node = writer[tensor] {
        if let layer = layerOfNode[node] { return layer }
        let inputs = graph.nodes[node].inputs.filter { graph[$0].constant == nil }
        guard inputs.count == 1 else { return nil }
        tensor = inputs[0]
      }
      return nil
    }
    let previous = nodes.indices.map { input(of: $0).flatMap(before) }
    var following: [Int: [Int]] = [:]
    for (layer, earlier) in previous.enumerated() {
      if let earlier, earlier != layer { following[earlier, default: []].append(layer) }
    }
    var groups: [[Int]] = []
    for (layer, node) in nodes.enumerated() {
      guard let node, case .convolution(let convolution) = graph.nodes[node].operation,
        isDepthwise(convolution, weights: graph.nodes[node].inputs.dropFirst().first)
      else { continue }
      var members = [layer]
      if let earlier = previous[layer] { members.append(earlier) }
      members += following[layer] ?? []
      groups.append(members.sorted())
    }
    return groups
  }

  private func isDepthwise(_ convolution: Convolution, weights: TensorID?) -> Bool {
    switch convolution.grouping {
    case .depthwise: return true
    case .groups(let count):
      guard count > 1, let weights else { return false }
      // One channel a group: as many weights as filters times kernel positions.
      let filters = graph[weights].shape.extents.first ?? 0
      let taps = convolution.kernel.reduce(1, *)
      return filters >= count && graph[weights].shape.count == filters * taps
    }
  }
}
