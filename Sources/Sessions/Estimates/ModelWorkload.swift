import Importers
import QuantGraph
package import Schedules

extension ModelFile {
  /// The model as devices are asked of it, with what its project says of its synthesis.
  package var workload: Workload {
    var workload = Workload(tiles?.whole ?? graph, modelBytes: byteCount, place: path)
    if let tiles {
      workload.tiled = tiles.patched
      workload.options = [
        "patch": String(tiles.tiling.grid), "split-after": String(tiles.splitAfter),
      ]
    }
    if let project { workload.synthesis = SynthesisSettings(project, in: self) }
    return workload
  }
}

extension SynthesisSettings {
  /// What an hls4ml project asks for; a layer that is several nodes says it of each.
  init(_ project: HLS4MLProjectInfo, in file: ModelFile) {
    self.init(isStream: project.ioType == .stream, periodNanoseconds: project.clockPeriod)
    let layers = Dictionary(
      project.layers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (index, node) in file.graph.nodes.enumerated() {
      let name = node.name.split(separator: ".").first.map(String.init) ?? node.name
      guard let layer = layers[node.name] ?? layers[name] else { continue }
      self.layers[index] = Layer(
        strategy: layer.adders == nil
          ? layer.strategy.flatMap { ProductStrategy(rawValue: $0) } : .distributedArithmetic,
        reuseFactor: layer.reuseFactor, unreported: Self.unreported(layer.function),
        configuration: layer.configuration, pixelsAtOnce: layer.pixelsAtOnce ?? 1,
        adders: layer.adders)
    }
  }

  /// Layers that are computed as nodes of other kinds, which are built otherwise.
  private static func unreported(_ function: String) -> String? {
    switch function {
    case "nnet::einsum_dense": "EinsumDense"
    case "nnet::layernormalize": "LayerNormalization"
    case let name where name.hasPrefix("nnet::read_time_step"): "TimeDistributed"
    case let name where name.hasPrefix("nnet::write_time_step"): "TimeDistributed"
    default: nil
    }
  }
}
