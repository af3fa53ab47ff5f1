import Arith
import HWModel
import Importers
package import QuantGraph
package import Search

/// Which points of a search become QONNX models.
package enum QONNXChoice: String, CaseIterable, Sendable {
  /// All, where weights have at most ``automaticBytes``.
  case auto
  case all, knee, none

  /// The largest weights that are written again for every point without being asked for.
  package static let automaticBytes = 1 << 20

  /// The points to write of a network with so many bytes of weights.
  package func points(of answer: SearchAnswer, weightBytes: Int) -> [SearchPoint] {
    switch self {
    case .auto: weightBytes <= Self.automaticBytes ? answer.points : []
    case .all: answer.points
    case .knee: answer.points.filter { $0.isKnee }
    case .none: []
    }
  }
}

/// The QONNX models that a search wrote.
package struct QONNXFiles: Sendable {
  /// Names of files in the folder, by the points' ids.
  package private(set) var names: [String: String] = [:]
  /// What a reader must know, in words.
  package private(set) var notes: [String] = []

  /// No files.
  package init() {}

  /// Writes the points that were chosen and that QONNX can say.
  ///
  /// - Throws: a ``Failure`` if a file cannot be written or the model's constants cannot be read.
  package init(
    _ choice: QONNXChoice, _ answer: SearchAnswer, of model: any SearchSubject, folder: String
  ) throws(Failure) {
    guard model.hasQONNXForm, !answer.points.isEmpty else { return }
    let bytes = model.layers.reduce(0) { $0 + 4 * $1.weightCount }
    let chosen = choice.points(of: answer, weightBytes: bytes)
    if choice == .auto, chosen.isEmpty {
      notes.append(
        "no QONNX models were written, since weights have more than "
          + "\(Amounts.kibibytes(QONNXChoice.automaticBytes)) KiB: --qonnx knee or all writes them")
    }
    var refused: [String] = []
    for point in chosen {
      let allocation = answer.space.formats(of: point.choice)
      guard let file = try model.qonnx(allocation) else {
        refused.append(point.id)
        continue
      }
      let name = "\(point.id).qonnx.onnx"
      do throws(ImportError) {
        let output = try OutputFile(path: "\(folder)/\(name)")
        try output.write(file)
        try output.commit()
      } catch {
        throw Failure(Diagnostic(error))
      }
      names[point.id] = name
    }
    if !refused.isEmpty {
      let shown = refused.prefix(8).joined(separator: ", ") + (refused.count > 8 ? ", ..." : "")
      notes.append(
        "no QONNX model of \(shown): not all of their formats are integers of 2 to 16 bits with a "
          + "scale a filter")
    }
  }
}

extension FloatSubject {
  package var hasQONNXForm: Bool { true }

  /// The model with the quantizers of an allocation; nil if QONNX cannot say its formats.
  package func qonnx(_ allocation: [Candidate]) throws(Failure) -> [UInt8]? {
    let integers: [LayerIntegers]
    do throws(EvaluationError) {
      guard let found = try quantized.integers(of: allocation) else { return nil }
      integers = found
    } catch {
      throw Failure(error, model: file.path)
    }
    let written = integers.compactMap { quantizers($0) }
    guard written.count == integers.count else { return nil }
    let model: ONNXModel
    do throws(ONNXError) {
      model = try ONNXModel(path: file.path)
    } catch {
      throw Failure(error.diagnostics)
    }
    do throws(QONNXWriteError) {
      return try model.qonnx(written)
    } catch {
      switch error {
      case .layer: return nil
      case .constant(let problem): throw Failure(Diagnostic(problem, path: file.path))
      case .tooLarge:
        throw Failure(
          "search.qonnx", "the QONNX model is larger than a file of this kind can be (2 GiB)",
          at: file.path, remedy: "leave it out with --qonnx none.")
      }
    }
  }

  /// One layer's quantizers in the words of the file; nil if its node is not the file's.
  private func quantizers(_ layer: LayerIntegers) -> QONNXLayer? {
    let graph = file.graph
    func result(of name: String) -> String? {
      graph.nodes.first { $0.name == name }?.outputs.first.map { graph[$0].name }
    }
    guard let node = graph.nodes.first(where: { $0.name == layer.layer }),
      let written = result(of: layer.layer), node.inputs.count > 1,
      case .float32(let values)? = graph[node.inputs[1]].constant
    else { return nil }
    // A product's factor belongs to the weights here, and stands beside them in the file.
    var factor: Float = 1
    if case .matMul(let product) = node.operation { factor = product.productFactor }
    guard factor != 0 else { return nil }
    let tensor = graph[node.inputs[1]]
    let weights = layer.weights.map { weights in
      QONNXLayer.Weights(
        bits: weights.bits, tensor: tensor.name, extents: tensor.shape.extents, values: values,
        codes: factor < 0 ? weights.codes.map { -$0 } : weights.codes,
        scales: factor == 1 ? weights.scales : weights.scales.map { $0 / factor.magnitude })
    }
    let additions = layer.additions.compactMap { result(of: $0) }
    guard additions.count == layer.additions.count else { return nil }
    return QONNXLayer(
      name: layer.layer, result: written, weights: weights,
      input: layer.input.map { .init(bits: $0.bits, isSigned: $0.isSigned, scale: $0.scale) },
      additions: additions)
  }
}
