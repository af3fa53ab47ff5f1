import Arith
package import Documents
import HWModel
package import Importers
package import QuantGraph
package import Schedules
package import Search

/// What a kind of quantized graph adds to a search.
package struct QuantizedKind {
  package let requantization: any GraphRequantization
  package let defaults: SpaceDefaults
  /// Groups of layers whose inputs have one encoding, beyond those of the graph's own rules.
  package var sharedInputs: [[Int]] = []
  /// What a reader of the results must know of the model.
  package var notes: [String] = []
  /// The formats that an allocation gives the graph, for its costs on a device.
  package let choices: DeviceCosts.Choices
  /// Documents that a point has beside its allocation file.
  package var documents: @Sendable ([Candidate]) -> [(suffix: String, document: JSON)] = { _ in [] }
}

/// A quantized graph with its data: searched from what it is, run by its own rules.
package struct QuantizedSubject: SearchSubject {
  package let file: ModelFile
  package let records: [InputRecord]
  package let warnings: [Diagnostic]
  package let datapath: String?
  private let kind: QuantizedKind
  private let rules: DatapathChoice
  /// The calibration samples, values of each input.
  private let samples: [[Double]]
  private let deciding: PlanEvaluator
  private let calibrating: PlanEvaluator
  /// Runs the calibration samples with their labels, if they have any: for sensitivities.
  private let measured: PlanEvaluator

  package var layers: [SearchLayer] { kind.requantization.layers }
  package var evaluator: any Evaluator { deciding }
  package var screener: any Evaluator { calibrating }
  package var spaceDefaults: SpaceDefaults { kind.defaults }
  package var notes: [String] { kind.notes }
  package var sharedInputs: [[Int]] { kind.sharedInputs }

  /// - Throws: a ``Failure`` for a graph without layers, that the rules cannot run, or whose data do
  ///   not go with it.
  package init(
    _ file: ModelFile, kind: QuantizedKind, datapath: DatapathChoice, data: SearchDataFiles,
    threads: Int
  ) throws(Failure) {
    guard let inputs = data.inputs else {
      throw Failure(
        "usage.arguments", "--inputs is missing",
        remedy: "give the samples that decide: --inputs X.npy.")
    }
    guard !kind.requantization.layers.isEmpty else {
      throw Failure(
        "search.network", "no layer has quantized weights: \(file.summary)", at: file.path,
        remedy: "give a quantized model, or the float ONNX network that it was made from.")
    }
    guard try data.rule() == QuantizationRule() else {
      throw Failure(
        "usage.arguments", "scales of a quantized model are its own",
        remedy: "leave out --weight-scale and --activation-scale; they are for float networks.")
    }
    self.file = file
    self.kind = kind
    rules = datapath
    self.datapath = datapath.name
    var labels: [Int]?
    if let path = data.labels { labels = try SearchSamples.labels(path) }
    let samples = try Self.values(inputs, of: file, role: "inputs")
    deciding = try datapath.evaluator(
      kind.requantization, inputs: samples, labels: labels, threads: threads, file: file,
      place: labels == nil ? inputs : "\(inputs), \(data.labels ?? "")")
    if let path = data.calibration {
      let calibration = try Self.values(path, of: file, role: "calibration")
      self.samples = calibration
      calibrating = try datapath.evaluator(
        kind.requantization, inputs: calibration, labels: nil, threads: threads, file: file,
        place: path)
      if let labels = data.calibrationLabels {
        measured = try datapath.evaluator(
          kind.requantization, inputs: calibration, labels: try SearchSamples.labels(labels),
          threads: threads, file: file, place: "\(path), \(labels)")
      } else {
        measured = calibrating
      }
      warnings = file.warnings
    } else {
      self.samples = samples
      calibrating =
        labels == nil
        ? deciding
        : try datapath.evaluator(
          kind.requantization, inputs: samples, labels: nil, threads: threads, file: file,
          place: inputs)
      measured = deciding
      warnings = file.warnings + [SearchSamples.calibrationWarning(inputs: inputs)]
    }
    records = [file.record] + data.records
  }

  package func resolved(_ space: SearchSpace) throws(Failure) -> SearchSpace {
    try space.checkChoices(kind.requantization.hardwareChoices, of: file.summary)
    do throws(EvaluationError) {
      return try space.replacingFormats { (layer, candidate) throws(EvaluationError) in
        let formats = candidate.formats
        var resolved = try kind.requantization.candidate(
          layer: layer, weightBits: formats.weights?.integerWidth,
          activationBits: formats.activations?.integerWidth,
          accumulatorBits: formats.accumulator?.integerWidth)
        // Formats that are more than a number of bits are taken as they are.
        if let format = formats.weights, format.integerWidth == nil { resolved.weights = format }
        if let format = formats.activations, format.integerWidth == nil {
          resolved.activations = format
        }
        if let format = formats.accumulator, format.integerWidth == nil {
          resolved.accumulator = format
        }
        resolved.grouping = formats.grouping
        resolved.choices = formats.choices
        return resolved
      }
    } catch {
      throw Failure(error, model: file.path)
    }
  }

  package func sensitivities(
    _ metric: SensitivityMetric, of candidates: [[Candidate]], traces: [Double]?, threads: Int
  ) throws(SensitivityError) -> SensitivityScores {
    try PlanSensitivities(measured).scores(metric, of: candidates, threads: threads)
  }

  package var tiles: ModelFile.Tiles? { file.tiles }

  package func patchPrecision(_ options: PatchPrecision) throws(Failure) -> PatchPrecisionSearch {
    guard let tiles else {
      throw Failure(
        "search.patches", "no stage of the model is in tiles", at: file.path,
        remedy: "add --patch N --split-after B.")
    }
    do throws(PatchPrecisionError) {
      return try PatchPrecisionSearch(
        tiles.whole, tiling: tiles.tiling, tiles: tiles.patched, layers: layers,
        on: rules.datapath, samples: samples, options: options)
    } catch {
      throw Failure(error, model: file.path)
    }
  }

  package var workload: Workload { file.workload }
  package var choices: DeviceCosts.Choices { kind.choices }
  package var hasFreeFormats: Bool { false }

  package func documents(of allocation: [Candidate]) -> [(suffix: String, document: JSON)] {
    kind.documents(allocation)
  }

  /// Values of each input of the model, samples one after the other; integers are codes of the
  /// model's own encoding.
  package static func values(
    _ path: String, of file: ModelFile, role: String
  ) throws(Failure) -> [[Double]] {
    let graph = file.graph
    let files = try TensorFiles(
      [path], for: graph.inputs, of: graph,
      role: .init(option: role, what: "the model's inputs", linesTogether: 1))
    var all: [[Double]] = []
    for (id, source) in try files.open(file) {
      let tensor = graph[id]
      let decoded = OwnCodes(source, of: tensor, wrapsCodes: false) ?? source
      var values: [Double] = []
      do throws(Diagnostic) {
        while true {
          switch try decoded.next(1024) {
          case .values(let block), .printed(let block, _), .rounded(let block, _):
            guard !block.isEmpty else { break }
            values += block
            continue
          case .codes(let codes):
            guard !codes.isEmpty else { break }
            throw Diagnostic(
              .codesForNumbers(tensor: tensor.name, format: tensor.encoding.name), file: path)
          }
          break
        }
      } catch {
        throw Failure(error)
      }
      all.append(values)
    }
    return all
  }
}

extension Failure {
  /// Why widths of patches cannot be chosen.
  package init(_ error: PatchPrecisionError, model: String) {
    switch error {
    case .parameter(let name, let value, let allowed):
      self.init(
        "usage.arguments", "--\(name) \(value) is out of range", at: "--\(name)",
        remedy: "give \(allowed).")
    case .map(let name, let known):
      self.init(
        "search.patches",
        name.isEmpty
          ? "no tensor of the stage has codes of one scale" : "'\(name)' is no map of the stage",
        at: model, notes: ["its maps: \(known.prefix(12).joined(separator: ", "))"],
        remedy: "give one of them as --outlier-map, or leave it out for the image.")
    case .plan(let reason):
      self.init(
        "search.data", "the calibration samples cannot be run: \(reason)", at: model,
        remedy: "check that the samples belong to this model.")
    }
  }
}

extension Encoding {
  /// Bits of a plain integer; nil for other formats.
  fileprivate var integerWidth: Int? {
    guard case .fixed(let format) = self, format.fractionBits == 0, format.dialect == .plain else {
      return nil
    }
    return format.width
  }
}

extension DatapathChoice {
  /// An evaluator of a quantized graph by these rules.
  ///
  /// - Throws: a ``Failure`` if the rules cannot run the graph, or the data are not the graph's.
  package func evaluator(
    _ requantization: any GraphRequantization, inputs: [[Double]], labels: [Int]?, threads: Int,
    file: ModelFile, place: String
  ) throws(Failure) -> PlanEvaluator {
    do throws(PlanEvaluatorError) {
      return try Self.evaluator(
        requantization, on: datapath, inputs: inputs, labels: labels, threads: threads)
    } catch {
      throw Failure(error, file: file, place: place)
    }
  }

  private static func evaluator(
    _ requantization: some GraphRequantization, on datapath: some Datapath, inputs: [[Double]],
    labels: [Int]?, threads: Int
  ) throws(PlanEvaluatorError) -> PlanEvaluator {
    try PlanEvaluator(
      requantization, on: datapath, inputs: inputs, labels: labels, threads: threads)
  }
}

extension Failure {
  /// Why a quantized graph cannot be evaluated; `place` is where its data are.
  package init(_ error: PlanEvaluatorError, file: ModelFile, place: String) {
    func data(_ message: String) -> Failure {
      Failure(
        "search.data", message, at: place,
        remedy: "check that samples and labels belong to this model and to each other.")
    }
    switch error {
    case .evaluation(let error): self.init(error, model: file.path)
    case .plan(let problems): self.init(problems.diagnostics(file: file.path))
    case .outputs(let count):
      self.init(
        "search.network", "the model has \(count) outputs, a search decides by one",
        at: file.path, remedy: "export the network as one classifier.")
    case .states:
      self.init(
        "search.network", "results depend on the samples before", at: file.path,
        remedy: "export the network without states.")
    case .inputs(let expected, let found):
      self = data("the model has \(expected) inputs, there are arrays for \(found)")
    case .sampleElements(let input, let expected, let found):
      self = data(
        "\(found) numbers are no whole number of samples of '\(input)' (\(expected) each)")
    case .notFinite(let input, let sample, let element):
      self = data("sample \(sample) of '\(input)' has no finite number at element \(element)")
    case .labelCount(let expected, let found):
      self = data("\(found) labels for \(expected) samples")
    case .label(let sample, let value, let classes):
      self = data("label \(value) of sample \(sample) is none of the classes 0 to \(classes - 1)")
    case .samples(let error): self.init(Diagnostic(error, file: place))
    }
  }
}
