import Arith
import HWModel
import Importers
import QuantGraph
import Search
import Sessions

extension ModelFile {
  /// The float network whose layers have the formats of an allocation, with the rules that run it; its
  /// outputs are the model's and, if that is a softmax, the scores that it is made from.
  ///
  /// - Throws: a ``Failure`` with every node that cannot be run, and every name, format or range
  ///   that does not go with the network.
  func fakeQuantized(
    _ allocation: AllocationFile
  ) throws(Failure) -> (file: ModelFile, rules: DatapathChoice) {
    let network: FloatNetwork
    do throws(FloatNetworkProblems) {
      network = try FloatNetwork(graph)
    } catch {
      throw Failure(error.problems.map { FloatSubject.diagnostic($0, path: path) })
    }
    let layers = network.layers.map { SearchLayer($0) }
    let candidates = try allocation.candidates(of: layers, in: graph)
    var quantized: [String: LayerQuantization] = [:]
    var problems: [Diagnostic] = []
    for (layer, candidate) in zip(layers, candidates) {
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
    let rules = FakeQuantized(layers: quantized)
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

extension ModelArguments {
  /// Refuses options that have no meaning where the layers of a float network follow an allocation.
  ///
  /// - Throws: a ``Failure`` that names each.
  func refuseRules(against: String? = nil) throws(Failure) {
    let given: [(String, Bool)] = [
      ("--datapath", datapath != nil), ("--requantize", requantize != nil),
      ("--patch", patch != nil), ("--against", against != nil),
    ]
    let names = given.filter(\.1).map(\.0)
    guard !names.isEmpty else { return }
    throw Failure(
      "usage.arguments",
      "\(names.joined(separator: " and ")) and --allocation exclude each other for a float network",
      notes: ["its layers run by the rule that hwsim search evaluates with"],
      remedy: "leave out \(names.count == 1 ? "one of them" : "--allocation, or the others").")
  }
}
