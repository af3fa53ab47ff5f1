import Arith
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
    let bound: GraphAllocation
    do throws(AllocationRefusal) {
      bound = try GraphAllocation(allocation, in: graph)
    } catch {
      throw Failure(error, in: path)
    }
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
    var readers: [TensorID: [Int]] = [:]
    for (index, node) in graph.nodes.enumerated() {
      let formats = bound.nodes[index]
      let place = "layers.\(node.name)"
      if formats.grouping != .filters {
        problems.append(
          Diagnostic(
            code: "allocation.value",
            message: "a microcontroller's kernels have one scale a filter, not "
              + formats.grouping.name,
            location: "\(path): \(place).grouping",
            remedy: "take it out; the estimate has no cost for it."))
      }
      for key in formats.unknown(roles: [.weights, .activations, .accumulator]) {
        problems.append(
          Diagnostic(
            code: "allocation.value", message: "the estimate has no cost for '\(key)'",
            location: "\(path): \(place).\(key)", remedy: "take it out of the file."))
      }
      if let weights = formats.weights {
        result.weightBits[index] = bits(weights, "\(place).weights")
      }
      if let activations = formats.activations, let input = node.inputs.first {
        result.tensorBits[input.index] = bits(activations, "\(place).activations")
      }
      if let weights = graph.weights(of: node) { readers[weights, default: []].append(index) }
    }
    for (index, encoding) in bound.tensors.enumerated() {
      guard let encoding else { continue }
      let width = bits(encoding, "tensors.\(graph.tensors[index].name)")
      result.tensorBits[index] = width
      for node in readers[TensorID(index)] ?? [] { result.weightBits[node] = width }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return result
  }
}
