import Arith
package import HWModel
import Importers
package import QuantGraph
import Search

extension ModelFile {
  /// The float network whose layers have the formats of an allocation, with the rules that run it.
  ///
  /// Its outputs are the model's and, if that is a softmax, the scores that it is made from. With
  /// `cores` layers multiply on them.
  ///
  /// - Throws: a ``Failure`` with every node that cannot be run, and every name, format or range
  ///   that does not go with the network.
  package func fakeQuantized(
    _ allocation: AllocationFile, cores: TensorCoreRules? = nil
  ) throws(Failure) -> (file: ModelFile, rules: DatapathChoice) {
    let network: FloatNetwork
    do throws(FloatNetworkProblems) {
      network = try FloatNetwork(graph)
    } catch {
      throw Failure(FloatSubject.diagnostics(error, path: path))
    }
    let layers = SearchLayer.list(of: network)
    let candidates = try allocation.candidates(of: layers, in: graph)
    var quantized: [String: LayerQuantization] = [:]
    var problems: [Diagnostic] = []
    for (layer, candidate) in zip(layers, candidates) {
      for key in candidate.unknown(
        roles: [.weights, .activations, .accumulator],
        choices: [NodeAllocation.weightRewriteKey])
      {
        problems.append(
          Diagnostic(
            code: "allocation.value", message: "no rule for '\(key)' in a float network",
            location: "\(allocation.path): layers.\(layer.name).\(key)",
            remedy: "take it out of the file."))
      }
      if let activations = candidate.activations, candidate.inputRange == nil {
        problems.append(
          Diagnostic(
            code: "allocation.input-range",
            message: "layer '\(layer.name)' takes its input as \(activations.name), and nothing "
              + "says which values it has", location: "\(allocation.path): layers.\(layer.name)",
            remedy: "add \"input_range\": [smallest, largest]; hwsim search writes what "
              + "calibration saw."))
      }
      quantized[layer.name] = LayerQuantization(
        LayerFormats(candidate),
        inputRange: candidate.inputRange.map {
          InputRange(minimum: $0.minimum, maximum: $0.maximum)
        }, rule: QuantizationRule(weights: candidate.weightScale ?? .maxAbs))
    }
    guard problems.isEmpty else { throw Failure(problems) }
    let rules = FakeQuantized(layers: quantized, cores: cores)
    var outputs = graph.outputs
    if !outputs.contains(network.scoresTensor) { outputs.append(network.scoresTensor) }
    let whole: Graph
    do throws(GraphProblems) {
      whole = try Graph(
        name: graph.name, tensors: graph.tensors, nodes: graph.nodes, inputs: graph.inputs,
        outputs: outputs)
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: path) })
    }
    // Formats are the allocation's: what is wrong with one is said of its file.
    do throws(PlanProblems) {
      _ = try Plan(whole, on: rules)
    } catch {
      if case .refused(let refusal)? = error.problems.first?.error {
        throw Failure(EvaluationError(refusal), model: allocation.path)
      }
      throw Failure(error.diagnostics(file: path))
    }
    return (allocated(whole, takesNumbers: true), DatapathChoice(rules))
  }
}

extension ModelFile {
  /// Whether this is a network without a quantized tensor: its formats are an allocation's alone.
  package var isFloatNetwork: Bool {
    if case .onnx(let model, _, _) = source { return model.kind == .float }
    return false
  }

  /// The quantized model in which layers have the formats of an allocation.
  ///
  /// - Throws: a ``Failure`` for a kind of graph, a name or a format that cannot be changed.
  package func applying(_ file: AllocationFile) throws(Failure) -> ModelFile {
    let rules = try requantizing()
    do throws(AllocationRefusal) {
      return allocated(try graph.applying(file.allocation, by: rules))
    } catch {
      throw Failure(error, in: file.path)
    }
  }

  /// The rules by which this kind of model takes other formats.
  private func requantizing() throws(Failure) -> any Requantizing {
    switch source {
    case .tflite: return AffineRequantization(graph)
    case .hls4ml(let info):
      do throws(PlanEvaluatorError) {
        return try HLSRequantization(self, info, calibration: nil, threads: 1)
      } catch {
        throw Failure(error, file: self, place: path)
      }
    case .onnx(let model, _, _) where model.kind == .qonnx: return QONNXRequantization(graph)
    case .onnx:
      throw Failure(
        "allocation.unsupported", "formats of \(summary) cannot be changed", at: path,
        remedy: "give the float ONNX network that was searched, or leave --allocation out.")
    }
  }
}
