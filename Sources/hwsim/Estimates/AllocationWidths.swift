import Arith
import HWModel
import QuantGraph
import Schedules
import Search

extension AllocationFile {
  /// The widths of a quantized graph's layers and tensors, for an estimate.
  ///
  /// What calibration saw of inputs has no meaning there and is passed over.
  ///
  /// - Throws: a ``Failure`` with every name that the model does not have, and everything that an
  ///   estimate cannot take.
  func widths(of graph: Graph) throws(Failure) -> MCUAllocation {
    var result = MCUAllocation(graph)
    var problems: [Diagnostic] = []
    func bits(_ encoding: Encoding, _ place: String) -> Int? {
      if let width = encoding.scalarWidth, (1...64).contains(width) { return width }
      problems.append(
        Diagnostic(
          code: "allocation.value", message: "\(encoding.name) has no width of one code",
          location: "\(path): \(place)", remedy: "take an integer format such as int<4>."))
      return nil
    }
    for layer in layers {
      guard let index = graph.nodes.firstIndex(where: { $0.name == layer.name }) else {
        problems.append(unknown("layer", "layers", layer.name, among: graph.nodes.map(\.name)))
        continue
      }
      if layer.grouping != .filters {
        problems.append(
          Diagnostic(
            code: "allocation.value",
            message: "a microcontroller's kernels have one scale a filter, not "
              + layer.grouping.name,
            location: "\(path): layers.\(layer.name).grouping",
            remedy: "take it out; the estimate has no cost for it."))
      }
      if let weights = layer.weights {
        result.weightBits[index] = bits(weights, "layers.\(layer.name).weights")
      }
      if let activations = layer.activations, let input = graph.nodes[index].inputs.first {
        result.tensorBits[input.index] = bits(activations, "layers.\(layer.name).activations")
      }
    }
    for tensor in tensors {
      guard let id = graph.tensor(named: tensor.name) else {
        problems.append(unknown("tensor", "tensors", tensor.name, among: graph.tensors.map(\.name)))
        continue
      }
      let width = bits(tensor.encoding, "tensors.\(tensor.name)")
      result.tensorBits[id.index] = width
      for (index, node) in graph.nodes.enumerated() where graph.weights(of: node) == id {
        result.weightBits[index] = width
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return result
  }
}
