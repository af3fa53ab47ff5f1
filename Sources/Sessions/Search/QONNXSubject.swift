import QuantGraph
import Schedules
import Search

extension QuantizedKind {
  /// QONNX graphs: widths of their `Quant` nodes.
  package static func qonnx(_ file: ModelFile) -> QuantizedKind {
    let requantization = QONNXRequantization(file.graph)
    let layers = requantization.layers
    let kept = layers.indices.filter { !requantization.canChangeActivations(ofLayer: $0) }
    var notes = [
      "another width keeps a quantizer's range: its scale grows by two for each bit less"
    ]
    if !kept.isEmpty {
      notes.append(
        "no quantizer stands before the data of "
          + kept.prefix(4).map { layers[$0].name }.joined(separator: ", ")
          + (kept.count > 4 ? " and \(kept.count - 4) more layers" : "")
          + ", which stay as they are")
    }
    return QuantizedKind(
      requantization: requantization,
      defaults: SpaceDefaults(
        bits: [2, 3, 4, 6, 8], fixedActivationBits: nil, unchanged: .asModel,
        offersUnchanged: true, keptInputs: Set(kept.map { layers[$0].name })),
      sharedInputs: requantization.sharedInputs, notes: notes,
      choices: { [graph = file.graph] candidates throws(CostError) in
        do throws(EvaluationError) {
          return FormatChoices(
            try requantization.effective(candidates), nodes: graph.positions(of: layers))
        } catch {
          throw .refused(
            DeviceProblems(Diagnostic(code: "cost.unsupported", message: error.words)))
        }
      })
  }
}
