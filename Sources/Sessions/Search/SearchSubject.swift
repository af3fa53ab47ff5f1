package import Arith
package import Documents
package import HWModel
package import Importers
package import QuantGraph
package import Schedules
package import Search

/// A network that is searched, with the samples that decide.
///
/// A search asks nothing else of a model: float networks and quantized graphs differ here alone.
package protocol SearchSubject {
  var file: ModelFile { get }
  /// Layers whose formats may be chosen, in the graph's order.
  var layers: [SearchLayer] { get }
  /// Runs the samples that decide.
  var evaluator: any Evaluator { get }
  /// Runs the calibration samples, without labels.
  var screener: any Evaluator { get }
  /// What a space is made of where the user says nothing.
  var spaceDefaults: SpaceDefaults { get }
  /// The files that were read.
  var records: [InputRecord] { get }
  var warnings: [Diagnostic] { get }
  /// What a reader of the results must know of the model.
  var notes: [String] { get }
  /// What calibration saw of each layer's input; nil where scales are the model's.
  var inputRanges: [InputRange]? { get }
  /// How scales are chosen; nil where they are the model's.
  var rule: QuantizationRule? { get }
  /// Groups of layers whose inputs have one encoding, beyond those that the graph's own rules find.
  var sharedInputs: [[Int]] { get }
  /// The rules that the model runs by, where there are several.
  var datapath: String? { get }

  /// The space with the formats that its candidates' names stand for in each layer.
  func resolved(_ space: SearchSpace) throws(Failure) -> SearchSpace

  /// A metric's value of every candidate, a list a layer, which may be empty; `traces` are second
  /// derivatives a layer.
  func sensitivities(
    _ metric: SensitivityMetric, of candidates: [[Candidate]], traces: [Double]?, threads: Int
  ) throws(SensitivityError) -> SensitivityScores

  /// The range that gives the format of a layer's input its scale; nil where scales are the model's.
  func usedRange(layer: Int, _ encoding: Encoding?) -> InputRange?

  /// The network as devices are asked of it.
  var workload: Workload { get }
  /// The formats that an allocation gives the workload's graph.
  var choices: DeviceCosts.Choices { get }
  /// Whether candidates may have formats that a device has no rule for; those of a quantized graph
  /// are its own.
  var hasFreeFormats: Bool { get }

  /// Whether points can be written as QONNX models.
  var hasQONNXForm: Bool { get }

  /// A point as a QONNX model; nil if QONNX cannot say its formats.
  func qonnx(_ allocation: [Candidate]) throws(Failure) -> [UInt8]?

  /// Its stage in tiles; nil for a model that runs layer by layer.
  var tiles: ModelFile.Tiles? { get }

  /// Widths of its tiles by the values of calibration samples.
  ///
  /// - Throws: a ``Failure`` for a model without tiles, and for parameters that are none.
  func patchPrecision(_ options: PatchPrecision) throws(Failure) -> PatchPrecisionSearch

  /// Documents that a point has beside its allocation file, by what follows its id in their names.
  func documents(of allocation: [Candidate]) -> [(suffix: String, document: JSON)]
}

extension SearchSubject {
  /// The graph's operator of each layer.
  package var operators: [String] {
    let names = Dictionary(
      file.graph.nodes.map { ($0.name, $0.operation.name) }
    ) { first, _ in first }
    return layers.map { names[$0.name] ?? "" }
  }

  package var notes: [String] { [] }

  package var tiles: ModelFile.Tiles? { nil }

  package func patchPrecision(_ options: PatchPrecision) throws(Failure) -> PatchPrecisionSearch {
    throw Failure(
      "search.patches", "\(file.summary) has no stage in tiles", at: file.path,
      remedy: "quantmcu and --patch are for TFLite models of images.")
  }

  package var inputRanges: [InputRange]? { nil }

  package var rule: QuantizationRule? { nil }

  package func usedRange(layer: Int, _ encoding: Encoding?) -> InputRange? { nil }

  package var hasQONNXForm: Bool { false }

  package func qonnx(_ allocation: [Candidate]) throws(Failure) -> [UInt8]? { nil }

  package var sharedInputs: [[Int]] { [] }

  package var datapath: String? { nil }

  package func documents(of allocation: [Candidate]) -> [(suffix: String, document: JSON)] { [] }
}

/// What candidates are where the user names no others.
package struct SpaceDefaults: Sendable {
  /// Widths of weights, and of activations where they vary.
  package let bits: [Int]
  /// What activations have in the space `w_only`: so many bits, or nil for what the model has.
  package let fixedActivationBits: Int?
  /// What `--exclude` gives a layer.
  package let unchanged: SpaceCandidate
  /// Whether a layer as the model has it is a candidate too.
  package var offersUnchanged = false
  /// Layers whose weights stay whatever is asked for.
  package var keptWeights: Set<String> = []
  /// Layers whose input's type stays.
  package var keptInputs: Set<String> = []
  /// Whether layers share weights that no candidate may change: those of tiles.
  ///
  /// They then choose the widths of their data apart from each other.
  package var keepsSharedWeights = false

  /// Of float networks.
  package static let float = SpaceDefaults(
    bits: [2, 3, 4, 8], fixedActivationBits: 8, unchanged: .unchanged)
}
