import Arith
import HWModel
import Importers
import QuantGraph

/// The rules that a command runs a model by: `--datapath` and what belongs to it.
struct DatapathChoice: Sendable {
  /// Names that `--datapath` takes.
  static let names = [
    HLSFixed.name, TFLiteReference.name, TFLiteMicro.name, ONNXIntegerDatapath.name,
    ONNXReferenceDatapath.name, QONNXDatapath.name, DyadicDatapath.name,
  ]

  let name: String
  /// Of the dyadic datapath; nil for its default.
  let ties: TieRule?

  /// - Throws: a ``Failure`` for a name that is none, and for `--requantize` without `dyadic`.
  init(_ name: String, requantize: TieRule? = nil, option: String = "datapath") throws(Failure) {
    guard Self.names.contains(name) else {
      throw .unknown(
        "datapath", name, code: "usage.unknown-datapath", among: Self.names,
        listedBy: "hwsim check --help", at: "--\(option) \(name)")
    }
    self.name = name
    ties = requantize
  }

  /// The rules that a user asked for, or those of the file's kind.
  ///
  /// - Throws: as ``init(_:requantize:option:)``.
  init(_ name: String?, requantize: TieRule?, for file: ModelFile) throws(Failure) {
    try self.init(name ?? file.defaultDatapath, requantize: requantize)
  }

  /// The graph bound to these rules.
  ///
  /// - Throws: a ``Failure`` with every node that the datapath cannot run.
  func plan(_ file: ModelFile) throws(Failure) -> Plan {
    do throws(PlanProblems) {
      return try plan(file.graph)
    } catch {
      throw Failure(error.diagnostics(file: file.path))
    }
  }

  private func plan(_ graph: Graph) throws(PlanProblems) -> Plan {
    switch name {
    case TFLiteReference.name: try Plan(graph, on: TFLiteReference())
    case TFLiteMicro.name: try Plan(graph, on: TFLiteMicro())
    case ONNXIntegerDatapath.name: try Plan(graph, on: ONNXIntegerDatapath())
    case ONNXReferenceDatapath.name: try Plan(graph, on: ONNXReferenceDatapath())
    case QONNXDatapath.name: try Plan(graph, on: QONNXDatapath())
    case DyadicDatapath.name: try Plan(graph, on: DyadicDatapath(requantize: ties ?? .halfEven))
    default: try Plan(graph, on: HLSFixed())
    }
  }

  /// Whether the rules have an operator at all.
  func supports(_ operation: Operator) -> Bool {
    switch name {
    case TFLiteReference.name: TFLiteReference().supports(operation)
    case TFLiteMicro.name: TFLiteMicro().supports(operation)
    case ONNXIntegerDatapath.name: ONNXIntegerDatapath().supports(operation)
    case ONNXReferenceDatapath.name: ONNXReferenceDatapath().supports(operation)
    case QONNXDatapath.name: QONNXDatapath().supports(operation)
    case DyadicDatapath.name: DyadicDatapath().supports(operation)
    default: HLSFixed().supports(operation)
    }
  }
}

extension ModelFile {
  /// The rules of the file's kind.
  var defaultDatapath: String {
    switch source {
    case .hls4ml: HLSFixed.name
    case .tflite: TFLiteReference.name
    case .onnx(let model, _, _):
      model.kind == .qonnx ? QONNXDatapath.name : ONNXIntegerDatapath.name
    }
  }
}
