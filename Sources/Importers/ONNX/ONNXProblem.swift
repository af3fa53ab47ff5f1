public import QuantGraph

/// Why an ONNX file could not be read.
public enum ONNXError: Error, Sendable, Hashable {
  /// The file, or one beside it, cannot be opened or read.
  case file(ImportError)
  /// Everything that is wrong with the model, in file order.
  case model(path: String, [ONNXProblem])

  /// The messages; all problems of a file at once.
  public var diagnostics: [Diagnostic] {
    switch self {
    case .file(let error): [Diagnostic(error)]
    case .model(let path, let problems): problems.map { Diagnostic($0, path: path) }
    }
  }
}

/// One thing that is wrong with a model, and where.
public struct ONNXProblem: Error, Sendable, Hashable {
  /// `node 'name' (3 of 41), input float32[1,16]`, `initializer 'w'`, or nil for the file.
  public let place: String?
  public let kind: Kind

  public enum Kind: Error, Sendable, Hashable {
    /// The bytes are no protocol buffer of this schema.
    case damaged(reason: String, offset: Int?)
    /// More of something than is read.
    case limit(String, found: Int, limit: Int)
    case irVersion(Int64, supported: ClosedRange<Int64>)
    case operatorSet(domain: String, version: Int64, supported: ClosedRange<Int64>)
    case unsupportedOperator(name: String, domain: String, count: Int = 1)
    /// A subgraph, training data or a model's own function.
    case unsupportedFeature(String)
    case missingAttribute(String)
    case attribute(String, found: String, expected: String)
    case operandCount(expected: String, found: Int)
    case operandType(operand: String, expected: String, found: String)
    /// An operand that has to be known before the model runs.
    case notConstant(operand: String, purpose: String)
    case undefinedTensor(String)
    case duplicateTensor(String)
    /// An input whose extents are not all given; `example` is an argument that gives them.
    case dynamicShape(input: String, dimensions: [String], example: String)
    /// A shape given on the command line that does not fit the model's.
    case givenShape(input: String, given: [Int], declared: [String])
    case unknownName(String, kind: String, available: [String])
    case shape([Int64])
    case elementType(Int32)
    /// A constant whose data do not fit its type and shape.
    case tensorData(reason: String)
    case sparse
    case externalData(path: String, reason: String)
    case graph(GraphError)
  }
}

extension Diagnostic {
  /// The message for a problem of the ONNX file at `path`.
  public init(_ problem: ONNXProblem, path: String) {
    var place = [path]
    if let inner = problem.place { place.append(inner) }
    if case .damaged(_, let offset?) = problem.kind { place.append("byte \(offset)") }
    let location = place.joined(separator: ": ")
    if case .graph(let error) = problem.kind {
      let inner = Diagnostic(GraphProblem(node: nil, error: error))
      self.init(
        code: inner.code, message: inner.message, location: location, remedy: inner.remedy)
      return
    }
    let words = problem.kind.words
    self.init(
      code: words.code, message: words.message, location: location,
      notes: problem.kind.notes, remedy: words.remedy)
  }
}

extension ONNXProblem.Kind {
  var words: (code: String, message: String, remedy: String) {
    let copy = "write or copy the file again: it is incomplete or damaged."
    let export = "check the model with onnx.checker, or export it again."
    switch self {
    case .damaged(let reason, _):
      return ("onnx.damaged", "the file is no ONNX model: \(reason)", copy)
    case .limit(let what, let found, let limit):
      return ("onnx.limit", "\(what): \(found), at most \(limit) are read", export)
    case .irVersion(let version, let supported):
      return (
        "onnx.ir-version",
        "IR version \(version) is outside \(supported.lowerBound) to \(supported.upperBound)",
        "convert the model with onnx.version_converter."
      )
    case .operatorSet(let domain, let version, let supported):
      let name = domain.isEmpty ? "ai.onnx" : domain
      return (
        "onnx.opset",
        "operator set \(name) \(version) is outside \(supported.lowerBound) to "
          + "\(supported.upperBound)",
        "convert the model with onnx.version_converter."
      )
    case .unsupportedOperator(let name, let domain, let count):
      let full = domain.isEmpty ? name : "\(domain).\(name)"
      return (
        "onnx.unsupported-op",
        "operator '\(full)' has no rule in any datapath"
          + (count > 1 ? "; \(count) nodes are of it, the first is named here" : ""),
        "cut the graph before it with --outputs TENSOR."
      )
    case .unsupportedFeature(let what):
      return ("onnx.unsupported", "\(what) cannot be run", "export the model without it.")
    case .missingAttribute(let name):
      return ("onnx.attribute", "attribute '\(name)' is missing", export)
    case .attribute(let name, let found, let expected):
      return ("onnx.attribute", "attribute '\(name)' is \(found), expected \(expected)", export)
    case .operandCount(let expected, let found):
      return ("onnx.operands", "expected \(expected) operands, found \(found)", export)
    case .operandType(let operand, let expected, let found):
      return ("onnx.type", "\(operand) is \(found), expected \(expected)", export)
    case .notConstant(let operand, let purpose):
      return (
        "onnx.not-constant", "\(operand) must be known before the model runs: it gives \(purpose)",
        "fold constants first, for example with onnxruntime's basic optimizations."
      )
    case .undefinedTensor(let name):
      return ("onnx.undefined", "tensor '\(name)' is read but never written", export)
    case .duplicateTensor(let name):
      return ("onnx.duplicate", "tensor '\(name)' is written more than once", export)
    case .dynamicShape(let input, let dimensions, let example):
      return (
        "onnx.dynamic-shape",
        "input '\(input)' has the dynamic shape [\(dimensions.joined(separator: ","))]",
        "give its extents, for example --shape \(example)"
      )
    case .givenShape(let input, let given, let declared):
      return (
        "onnx.shape",
        "--shape gives \(given) for input '\(input)', "
          + "the model has [\(declared.joined(separator: ","))]",
        "keep the extents that the model fixes."
      )
    case .unknownName(let name, let kind, _):
      return ("onnx.unknown-name", "the model has no \(kind) '\(name)'", "use a name of the model.")
    case .shape(let extents):
      return ("onnx.shape", "shape \(extents) is negative or too large", export)
    case .elementType(let type):
      return (
        "onnx.type", "element type \(ONNXElementType.name(of: type)) is not supported", export
      )
    case .tensorData(let reason): return ("onnx.tensor", reason, copy)
    case .sparse:
      return (
        "onnx.sparse", "sparse tensors are not supported",
        "store the tensor densely (onnx.helper.make_tensor)."
      )
    case .externalData(let path, let reason):
      return (
        "onnx.external-data", "external data '\(path)': \(reason)",
        "keep the data file beside the model, as it was exported."
      )
    case .graph: return ("onnx.graph", "", export)
    }
  }

  var notes: [String] {
    switch self {
    case .unsupportedOperator:
      let names = ONNXGraphBuilder.operatorNames
      return ["supported: " + names.prefix(5).joined(separator: ", ") + ", ... (\(names.count))"]
    case .unknownName(_, _, let available):
      let shown = available.prefix(10).joined(separator: ", ")
      return ["names: " + shown + (available.count > 10 ? ", ..." : "")]
    case .elementType:
      return [
        "supported: bool, int2 to int64, uint2 to uint64, float4 to float8, float16, bfloat16, "
          + "float32, float64"
      ]
    default: return []
    }
  }
}

extension [ONNXProblem] {
  /// The same problems, each operator without a rule once: at its first node, with how many there are.
  func countingOperators() -> [ONNXProblem] {
    var counts: [String: Int] = [:]
    func key(_ problem: ONNXProblem) -> String? {
      guard case .unsupportedOperator(let name, let domain, _) = problem.kind else { return nil }
      return domain + "." + name
    }
    for problem in self {
      if let key = key(problem) { counts[key, default: 0] += 1 }
    }
    return compactMap { problem in
      guard case .unsupportedOperator(let name, let domain, _) = problem.kind,
        let key = key(problem)
      else { return problem }
      return counts.removeValue(forKey: key).map { count in
        ONNXProblem(
          place: problem.place,
          kind: .unsupportedOperator(name: name, domain: domain, count: count))
      }
    }
  }
}
