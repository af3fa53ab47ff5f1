package import Arith
import Documents
package import HWModel
package import Importers
package import QuantGraph
package import Schedules
package import Search

/// A float network with its data, ready to be evaluated.
package struct FloatSubject: SearchSubject {
  package let file: ModelFile
  package let network: FloatNetwork
  /// Runs the samples that decide.
  package let quantized: QuantizedEvaluator
  package let screener: any Evaluator
  package let records: [InputRecord]
  package let warnings: [Diagnostic]
  package let calibration: EvaluationData
  /// What multiplies in layers, in words; nil for the evaluation in float32.
  package let datapath: String?
  /// The calibration samples, with labels where there are some.
  private let measured: EvaluationData

  package var layers: [SearchLayer] { quantized.layers }
  package var evaluator: any Evaluator { quantized }
  package var inputRanges: [InputRange]? { quantized.inputRanges }
  package var spaceDefaults: SpaceDefaults { .float }
  package var rule: QuantizationRule? { quantized.rule }

  package func usedRange(layer: Int, _ encoding: Encoding?) -> InputRange? {
    quantized.usedRange(layer: layer, encoding)
  }

  package init(
    _ file: ModelFile, data: SearchDataFiles, threads: Int
  ) throws(Failure) {
    guard let inputs = data.inputs else {
      throw Failure(
        "usage.arguments", "--inputs is missing",
        remedy: "give the samples that decide: --inputs X.npy.")
    }
    self.file = file.withoutContents()
    let path = file.path
    do throws(FloatNetworkProblems) {
      network = try FloatNetwork(file.graph)
    } catch {
      throw Failure(Self.diagnostics(error, path: path))
    }
    let cores = try Self.cores(data, network, path: path)
    datapath = cores?.summary
    var labels: [Int]?
    if let path = data.labels { labels = try SearchSamples.labels(path) }
    let deciding = try Self.samples(inputs, labels: labels, of: file, network, role: "--inputs")
    if let path = data.calibration {
      var labels: [Int]?
      if let path = data.calibrationLabels { labels = try SearchSamples.labels(path) }
      measured = try Self.samples(
        path, labels: labels, of: file, network, role: "--calibration")
      calibration = try Self.unlabelled(measured, network)
      warnings = []
    } else {
      measured = deciding
      calibration = try Self.unlabelled(deciding, network)
      warnings = [SearchSamples.calibrationWarning(inputs: inputs)]
    }
    let rule = try data.rule()
    let evaluator = QuantizedEvaluator(
      network, calibration: calibration, evaluation: deciding, rule: rule, cores: cores,
      threads: threads)
    quantized = evaluator
    screener =
      data.calibration == nil && labels == nil
      ? evaluator : QuantizedEvaluator(sharing: evaluator, evaluation: calibration)
    records = [file.record] + data.records
  }

  /// The space with the sign that each layer's input asks for, and the widths of filters that
  /// calibration chooses.
  package func resolved(_ space: SearchSpace) throws(Failure) -> SearchSpace {
    try space.checkChoices([NodeAllocation.weightRewriteKey], of: file.summary)
    do throws(EvaluationError) {
      return try space.replacingFormats { (layer, candidate) throws(EvaluationError) in
        try quantized.realised(
          layer: layer, try quantized.candidate(layer: layer, candidate.formats))
      }
    } catch {
      throw Failure(error, model: file.path)
    }
  }

  package func sensitivities(
    _ metric: SensitivityMetric, of candidates: [[Candidate]], traces: [Double]?, threads: Int
  ) throws(SensitivityError) -> SensitivityScores {
    let analysis = SensitivityAnalysis(
      network, data: measured, inputRanges: quantized.inputRanges, rule: quantized.rule)
    return try analysis.scores(metric, of: candidates, traces: traces, threads: threads)
  }

  package var workload: Workload { file.workload }
  package var hasFreeFormats: Bool { true }

  package var choices: DeviceCosts.Choices {
    let nodes = file.graph.positions(of: layers)
    return { FormatChoices($0, nodes: nodes, unchanged: .float(.float32)) }
  }

  /// The tensor cores that the network is evaluated on; nil for float32.
  ///
  /// - Throws: a ``Failure`` for rules that run no float network, and a network that they do not run.
  private static func cores(
    _ data: SearchDataFiles, _ network: FloatNetwork, path: String
  ) throws(Failure) -> TensorCoreRules? {
    guard let name = data.datapath, name != FakeQuantized.name else { return nil }
    let choice = try DatapathChoice(name, DatapathParameters(cores: data.cores))
    guard let cores = (choice.datapath as? TensorCoreDatapath)?.rules else {
      throw Failure(
        "usage.arguments", "--datapath \(name) runs no float network under formats", at: path,
        remedy: "take tensor-core with a --target, or leave it out.")
    }
    do throws(PlanProblems) {
      _ = try Plan(network.graph, on: FakeQuantized(cores: cores))
    } catch {
      throw Failure(error.diagnostics(file: path))
    }
    return cores
  }

  // MARK: Samples

  private static func samples(
    _ path: String, labels: [Int]?, of file: ModelFile, _ network: FloatNetwork, role: String
  ) throws(Failure) -> EvaluationData {
    let model = file.graph.inputs.first.map { file.graph[$0].shape.extents } ?? []
    let array = try SearchSamples.array(
      path, sampleShape: Array(model.dropFirst()), role: role)
    let values = try SearchSamples.numbers(array, path: path)
    do throws(EvaluationDataError) {
      return try EvaluationData(values.map { Float($0) }, labels: labels, for: network)
    } catch {
      throw Failure(SearchSamples.diagnostic(error, path: path))
    }
  }

  private static func unlabelled(
    _ data: EvaluationData, _ network: FloatNetwork
  ) throws(Failure) -> EvaluationData {
    do throws(EvaluationDataError) {
      return try EvaluationData(data.samples, for: network)
    } catch {
      throw Failure(SearchSamples.diagnostic(error, path: "--inputs"))
    }
  }

  /// Every problem once: what many tensors or nodes share is one message that counts and names them.
  package static func diagnostics(
    _ found: FloatNetworkProblems, path: String
  ) -> [Diagnostic] {
    let tensors = found.problems.compactMap { problem -> String? in
      if case .notFloat32(let tensor) = problem.kind { tensor } else { nil }
    }
    var nodes: [String: [String]] = [:]
    for problem in found.problems {
      guard case .unsupportedOperator(let name) = problem.kind, let node = problem.node else {
        continue
      }
      nodes[name, default: []].append(node)
    }
    func named(_ list: [String]) -> String {
      list.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (list.count > 3 ? ", ..." : "")
    }
    var told: Set<String> = []
    var diagnostics: [Diagnostic] = []
    for problem in found.problems {
      switch problem.kind {
      case .notFloat32 where tensors.count > 1:
        guard told.insert("").inserted else { continue }
        diagnostics.append(
          Diagnostic(
            code: "search.network",
            message:
              "\(Quantity.count(tensors.count, "tensor")) are not float32: \(named(tensors))",
            location: path, remedy: "export or convert the network with float32 tensors."))
      case .unsupportedOperator(let name) where (nodes[name]?.count ?? 0) > 1:
        guard told.insert(name).inserted, let places = nodes[name] else { continue }
        diagnostics.append(
          Diagnostic(
            code: "search.network",
            message: "operator '\(name)' is not evaluated in a search: "
              + "\(Quantity.count(places.count, "node"))", location: "\(path): \(named(places))",
            remedy: "search a network without it, or give scores: --table SCORES.json."))
      default: diagnostics.append(diagnostic(problem, path: path))
      }
    }
    return diagnostics
  }

  private static func diagnostic(_ problem: FloatNetworkProblem, path: String) -> Diagnostic {
    let message =
      switch problem.kind {
      case .unsupportedOperator(let name): "operator '\(name)' is not evaluated in a search"
      case .unsupportedForm(let name, let reason): "operator '\(name)': \(reason)"
      case .notFloat32(let tensor): "tensor '\(tensor)' is not float32"
      case .count(let inputs, let outputs):
        "the network has \(inputs) inputs and \(outputs) outputs, expected one of each"
      case .noLayers: "no layer has constant weights"
      case .notFinite(let tensor): "constant '\(tensor)' has no finite number"
      }
    return Diagnostic(
      code: "search.network", message: message,
      location: problem.node.map { "\(path): node '\($0)'" } ?? path,
      remedy: "export the network as one classifier with float32 tensors.")
  }
}

extension Graph {
  /// The position of the node that each layer is; nil for names that no node has.
  package func positions(of layers: [SearchLayer]) -> [Int?] {
    let known = Dictionary(
      nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    return layers.map { known[$0.name] }
  }
}
