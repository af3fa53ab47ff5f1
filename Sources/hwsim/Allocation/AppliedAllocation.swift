import ArgumentParser
import Importers
import QuantGraph
import Search
import Sessions

/// `--allocation` of commands that run a model.
struct AllocationOption: ParsableArguments {
  @Option(
    help: .init("Formats of layers, as hwsim search writes them.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var allocation: String?

  /// The file, checked against the model; nil without one.
  ///
  /// - Throws: a ``Failure`` with every problem of the file, or if it is another model's.
  func file(for model: ModelFile) throws(Failure) -> AllocationFile? {
    guard let allocation else { return nil }
    let file = try AllocationFile(path: allocation)
    try file.checkModel(model)
    return file
  }
}

extension AllocationOption {
  /// The entry of the envelope; none without the option.
  var records: [InputRecord] {
    allocation.map { [InputRecord(role: "allocation", path: $0, kind: "allocation")] } ?? []
  }
}

extension ModelFile {
  /// Whether this is a network without a quantized tensor: its formats are an allocation's alone.
  var isFloatNetwork: Bool {
    if case .onnx(let model, _, _) = source { return model.kind == .float }
    return false
  }

  /// The quantized model in which layers have the formats of an allocation.
  ///
  /// - Throws: a ``Failure`` for a kind of graph, a name or a format that cannot be changed.
  func applying(_ file: AllocationFile) throws(Failure) -> ModelFile {
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
    case .onnx:
      throw Failure(
        "allocation.unsupported", "formats of \(summary) cannot be changed", at: path,
        remedy: "give the float ONNX network that was searched, or leave --allocation out.")
    }
  }
}
