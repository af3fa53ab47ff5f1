import Arith
import HWModel
import QuantGraph
import Schedules
import Search
import Sessions

/// What an estimate is of: a quantized graph as it is, or the 8-bit form of a float network.
struct EstimatedNetwork {
  let file: ModelFile
  /// The graph whose nodes are counted.
  let graph: Graph
  /// Layers of a float network whose widths can be chosen; nil for a quantized graph.
  private let layers: [SearchLayer]?

  /// - Throws: a ``Failure`` with every node that has no cost on a microcontroller.
  init(_ file: ModelFile) throws(Failure) {
    self.file = file
    guard file.isFloatNetwork else {
      try Self.checkSupported(file)
      graph = file.graph
      layers = nil
      return
    }
    let deployment: IntegerDeployment
    do throws(IntegerDeploymentError) {
      deployment = try IntegerDeployment(file.graph)
    } catch {
      switch error {
      case .unsupported(let node, let reason):
        throw Failure(
          "estimate.unsupported-op", "node '\(node)' has no 8-bit form: \(reason)", at: file.path,
          remedy: "convert the model to TFLite with full integer quantization.")
      }
    }
    graph = deployment.graph
    layers = file.graph.nodes.filter {
      file.graph.weights(of: $0) != nil && deployment.hasLayer($0.name)
    }.map { node in
      SearchLayer(
        name: node.name,
        weightCount: file.graph.weights(of: node).map {
          file.graph[$0].shape.count
        } ?? 0, macs: file.graph.multiplyAccumulates(of: node))
    }
  }

  /// One device with what it needs to estimate the network.
  struct OnDevice {
    let estimator: MCUEstimator
    /// What a reader of the numbers must know of the form that they are of.
    let notes: [String]
    /// Asked for allocations of a float network; nil for a quantized graph.
    fileprivate let costs: MCUCosts?
  }

  /// - Parameters:
  ///   - target: board and stack.
  ///   - work: of ``graph``.
  /// - Returns: the network on the device.
  /// - Throws: a ``Failure`` if a size is beyond what can be counted.
  func onDevice(_ target: MCUTarget, work: [MCULayerWork]) throws(Failure) -> OnDevice {
    if let layers {
      do throws(CostError) {
        let costs = try MCUCosts(file.graph, target: target, layers: layers)
        return OnDevice(estimator: costs.estimator, notes: costs.formNotes, costs: costs)
      } catch {
        throw Failure(Diagnostic(error, file: file.path))
      }
    }
    do throws(ArenaError) {
      let estimator = try MCUEstimator(
        graph, target: target, modelBytes: file.byteCount, work: work)
      return OnDevice(estimator: estimator, notes: [], costs: nil)
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// The widths that a file gives; nil without one, and layers of a float network that it does not
  /// name have 8 bits.
  ///
  /// - Throws: a ``Failure`` for names and formats that do not go with the network.
  func widths(
    _ allocation: AllocationFile?, on device: OnDevice
  ) throws(Failure) -> MCUAllocation? {
    guard let layers, let costs = device.costs else { return try quantizedWidths(allocation) }
    let given =
      try allocation?.candidates(of: layers, in: file.graph)
      ?? layers.map { _ in Candidate(weights: nil, activations: nil) }
    return try widths(given, costs, at: allocation?.path)
  }

  /// Widths of a quantized graph; those of a TensorFlow Lite model are the ones that it runs with.
  private func quantizedWidths(
    _ allocation: AllocationFile?
  ) throws(Failure) -> MCUAllocation? {
    guard let allocation else { return nil }
    guard case .tflite = file.source else { return try allocation.widths(of: graph) }
    let requantization = AffineRequantization(graph)
    let candidates = try allocation.candidates(of: requantization.layers, in: graph)
    do throws(EvaluationError) {
      return try requantization.effective(try requantization.requested(candidates))
    } catch {
      throw Failure(error, model: allocation.path)
    }
  }

  /// The widths of one value of `--bits`.
  ///
  /// - Throws: a ``Failure`` for widths that the device has no cost for.
  func widths(_ bits: BitsOption, on device: OnDevice) throws(Failure) -> MCUAllocation {
    guard let layers, let costs = device.costs else { return bits.allocation(graph) }
    func integer(_ bits: Int?, isSigned: Bool) -> Encoding? {
      bits.flatMap { try? Encoding(name: "\(isSigned ? "" : "u")int<\($0)>") }
    }
    let candidate = Candidate(
      weights: integer(bits.weights, isSigned: true),
      activations: integer(bits.activations, isSigned: false))
    return try widths(layers.map { _ in candidate }, costs, at: "--bits \(bits.text)")
  }

  private func widths(
    _ candidates: [Candidate], _ costs: MCUCosts, at place: String?
  ) throws(Failure) -> MCUAllocation {
    let eight = try? Encoding(name: "int<8>")
    let complete = candidates.map { candidate in
      var candidate = candidate
      candidate.weights = candidate.weights ?? eight
      candidate.activations = candidate.activations ?? eight
      return candidate
    }
    do throws(CostError) {
      return try costs.allocation(complete)
    } catch {
      throw Failure(Diagnostic(error, file: place))
    }
  }

  /// Layers with weights need codes: a microcontroller's kernels are integer ones.
  private static func checkSupported(_ file: ModelFile) throws(Failure) {
    var problems: [Diagnostic] = []
    let graph = file.graph
    for (index, node) in graph.nodes.enumerated() {
      let place = "\(file.path): node '\(node.name)' (\(index + 1) of \(graph.nodes.count))"
      if !MCULayerWork.knows(node.operation) {
        problems.append(
          Diagnostic(
            code: "estimate.unsupported-op",
            message: "operator '\(node.operation.name)' has no cost on a microcontroller",
            location: place,
            remedy: "convert the model to TFLite with full integer quantization, or give the float "
              + "ONNX network: its 8-bit form is estimated."))
        continue
      }
      guard graph.weights(of: node) != nil, let input = node.inputs.first else { continue }
      if case .affine = graph[input].encoding { continue }
      problems.append(
        Diagnostic(
          code: "estimate.not-quantized",
          message: "'\(graph[input].name)' is \(graph[input].encoding.name), not integers with a "
            + "scale", location: place,
          remedy: "quantize the model (full integer quantization, .tflite) before estimating, or "
            + "give the float ONNX network."))
    }
    if !problems.isEmpty { throw Failure(problems) }
  }
}
