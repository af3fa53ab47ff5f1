public import QuantGraph

/// What is wrong with one tensor or operator of a TFLite file, or with the file itself.
public struct TFLiteProblem: Hashable, Sendable {
  /// Where the problem is.
  public enum Place: Hashable, Sendable {
    case file
    case byte(Int)
    case tensor(index: Int, name: String)
    case `operator`(index: Int, name: String)
  }

  public enum Kind: Hashable, Sendable {
    /// No `TFL3` at byte 4.
    case notTFLite(firstBytes: [UInt8])
    /// An offset, length or table that leads out of the file.
    case damaged(reason: String)
    /// A version of the schema other than 3.
    case schemaVersion(UInt32)
    case noSubgraph
    /// A dimension that is known only at run time.
    case dynamicShape([Int])
    /// A tensor whose shape the file leaves open, which an operator needs.
    case runTimeShape(tensor: String, extents: [Int])
    case sparse
    case tensorType(String)
    case shape([Int], reason: String)
    case quantization(reason: String)
    case constant(expectedBytes: Int, foundBytes: Int)
    /// No operator writes a tensor of this name.
    case unknownTensor(String, written: [String])
    /// No rule turns the operator into the graph's own; the computed tensors that it reads.
    case unsupportedOperator(reads: [String] = [])
    case unsupportedOption(String)
    /// An operand that must be a constant, is missing, or has another shape or type.
    case operand(String)
    case graph(GraphError)
  }

  public let place: Place
  public let kind: Kind

  public init(_ place: Place, _ kind: Kind) {
    self.place = place
    self.kind = kind
  }
}

/// Why a TFLite file gives no graph.
public enum TFLiteError: Error, Hashable, Sendable {
  case file(ImportError)
  /// Every problem found, in the order of the file.
  case problems(path: String, [TFLiteProblem])

  /// The messages, one a problem.
  public var diagnostics: [Diagnostic] {
    switch self {
    case .file(let error): [Diagnostic(error)]
    case .problems(let path, let problems): problems.map { Diagnostic($0, file: path) }
    }
  }
}

extension Diagnostic {
  /// The message for a problem of a TFLite file.
  public init(_ problem: TFLiteProblem, file: String) {
    let place: String
    switch problem.place {
    case .file: place = file
    case .byte(let offset): place = "\(file): byte \(offset)"
    case .tensor(let index, let name): place = "\(file): tensor #\(index) '\(name)'"
    case .operator(let index, let name): place = "\(file): operator \(index) (\(name))"
    }
    if case .graph(let error) = problem.kind {
      let inner = Diagnostic(GraphProblem(node: nil, error: error))
      self.init(
        code: inner.code, message: inner.message, location: place, notes: inner.notes,
        remedy: inner.remedy)
      return
    }
    let (code, message, remedy) = problem.kind.words(at: problem.place)
    self.init(code: code, message: message, location: place, remedy: remedy)
  }
}

extension TFLiteProblem.Kind {
  fileprivate func words(
    at place: TFLiteProblem.Place
  ) -> (code: String, message: String, remedy: String) {
    let again = "Convert or copy the model again: the file is damaged."
    let freeze = "Convert the model again with the option that avoids this."
    switch self {
    case .notTFLite(let bytes):
      let found = bytes.map { String($0, radix: 16) }.joined(separator: " ")
      return (
        "tflite.identifier", "the identifier TFL3 is missing (bytes 4 to 7 are \(found))",
        "Give a .tflite file (FlatBuffer schema version 3)."
      )
    case .damaged(let reason): return ("tflite.damaged", reason, again)
    case .schemaVersion(let version):
      return ("tflite.version", "schema version \(version) is not 3", again)
    case .noSubgraph:
      return ("tflite.subgraphs", "the model has no subgraph", again)
    case .dynamicShape(let extents):
      return (
        "tflite.dynamic-shape", "shape \(extents) is known only at run time",
        "Convert the model with a fixed input shape."
      )
    case .runTimeShape(let name, let extents):
      return (
        "tflite.dynamic-shape",
        "the shape of '\(name)' is known only at run time (the file has \(extents))",
        "Convert the model with fixed input shapes (batch size included), or end the graph before it "
          + "(--outputs TENSOR)."
      )
    case .sparse:
      return ("tflite.sparse", "sparse tensors are not supported", "Convert without sparsity.")
    case .tensorType(let name):
      return ("tflite.tensor-type", "tensors of type \(name) are not supported", freeze)
    case .shape(let extents, let reason):
      return ("tflite.shape", "shape \(extents): \(reason)", again)
    case .quantization(let reason): return ("tflite.quantization", reason, again)
    case .constant(let expected, let found):
      return (
        "tflite.constant", "the shape asks for \(expected) bytes, the buffer has \(found)", again
      )
    case .unknownTensor(let name, let written):
      let shown = written.filter { !$0.isEmpty }.suffix(8).joined(separator: ", ")
      return (
        "tflite.unknown-name", "no operator of the model writes a tensor '\(name)'",
        "Use the name of one that an operator writes; the last are: \(shown)."
      )
    case .unsupportedOperator(let reads):
      let name = if case .operator(_, let name) = place { name } else { "?" }
      let end =
        reads.isEmpty
        ? "--outputs TENSOR" : reads.map { "--outputs '\($0)'" }.joined(separator: " ")
      return (
        "tflite.unsupported-op", "operator \(name) is not supported",
        "End the graph before it (\(end)), or replace the operator in the model."
      )
    case .unsupportedOption(let reason): return ("tflite.unsupported-option", reason, freeze)
    case .operand(let reason): return ("tflite.operand", reason, again)
    case .graph(let error): return ("tflite.graph", "\(error)", again)
    }
  }
}
