public import Arith
public import QuantGraph

/// A `Precision` key of a layer in hls4ml's configuration, with its type.
public struct HLSPrecisionKey: Sendable, Hashable {
  /// Name under `HLSConfig.LayerName`.
  public let layer: String
  /// `weight`, `result`, `accum` and so on.
  public let key: String
  public let type: FixedPointFormat

  public init(layer: String, key: String, type: FixedPointFormat) {
    self.layer = layer
    self.key = key
    self.type = type
  }
}

extension HLSRequantization {
  /// The keys that make hls4ml write the model under an allocation, where they are not those that
  /// the model has; inputs first, then layers in their order.
  ///
  /// Beside the types of the allocation: a linear activation that hls4ml joined with the layer before
  /// it is given the same result, else it would stay and cast; and a threshold whose type hls4ml would
  /// take from an input that changes is given the type that it has.
  ///
  /// - Throws: ``EvaluationError`` as ``graph(_:)``.
  public func precision(of allocation: [Candidate]) throws(EvaluationError) -> [HLSPrecisionKey] {
    let chosen = try chosenTypes(allocation)
    let changed = try graph(allocation)
    var keys: [HLSPrecisionKey] = []
    for id in graph.inputs {
      guard let format = chosen.results[id] else { continue }
      keys.append(HLSPrecisionKey(layer: graph[id].name, key: "result", type: format))
    }
    var layerOfNode: [Int: Int] = [:]
    for (layer, detail) in details.enumerated() { layerOfNode[detail.node] = layer }
    let names = Set(graph.nodes.map(\.name))
    for (index, node) in graph.nodes.enumerated() {
      func add(_ key: HLSPrecisionSettings.Key, _ type: FixedPointFormat) {
        let place = settings.place(node.name, key)
        keys.append(HLSPrecisionKey(layer: place.layer, key: place.key, type: type))
      }
      if let format = layerOfNode[index].flatMap({ chosen.weights[$0] }) { add(.weight, format) }
      if let format = chosen.accumulators[index] { add(.accum, format) }
      if let format = node.outputs.first.flatMap({ chosen.results[$0] }) {
        add(.result, format)
        let linear = node.name + "_linear"
        if settings.layers[linear] != nil, !names.contains(linear) {
          keys.append(HLSPrecisionKey(layer: linear, key: "result", type: format))
        }
      }
      if case .activation(.thresholdedReLU) = node.operation,
        settings.isAutomatic(node.name, .param),
        changed[node.inputs[0]].encoding != graph[node.inputs[0]].encoding,
        node.inputs.count > 1, case .fixed(let format) = graph[node.inputs[1]].encoding,
        // 0, a plain rectifier's, is 0 in every type.
        graph[node.inputs[1]].constant?.int64 != [0]
      {
        add(.param, format)
      }
    }
    return keys
  }

  /// What a user of the keys must know.
  public var notes: [String] {
    var notes: [String] = []
    if settings.layers.isEmpty {
      notes.append(
        "the configuration lists no layers: every type that is not searched stays as the project has "
          + "it, also those that hls4ml may find itself")
    }
    let quantizers = details.indices.filter {
      let name = layers[$0].name
      return details[$0].weightFormat != nil && settings.layers[name] != nil
        && settings.text(name, .weight) == nil
    }
    if !quantizers.isEmpty {
      notes.append(
        "weights of \(quantizers.map { layers[$0].name }.joined(separator: ", ")) have a quantizer in "
          + "the source model, which a Precision key does not change: change it there")
    }
    let kept = details.indices.filter { details[$0].weightFormat == nil }
    if !kept.isEmpty {
      notes.append(
        "weights stay as the model has them in \(kept.map { layers[$0].name }.joined(separator: ", "))"
      )
    }
    let inputs = details.indices.filter { details[$0].source == nil }
    if !inputs.isEmpty {
      notes.append(
        "the input's type stays as the model has it in "
          + inputs.map { layers[$0].name }.joined(separator: ", "))
    }
    return notes
  }
}
