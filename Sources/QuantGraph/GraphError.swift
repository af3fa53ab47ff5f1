/// What is wrong with a graph, a tensor or a node's operands.
public enum GraphError: Error, Hashable, Sendable {
  case invalidShape([Int])
  case duplicateTensor(String)
  case duplicateNode(String)
  /// A tensor position that does not exist.
  case danglingTensor(Int)
  case undefinedTensor(String)
  case severalProducers(String)
  case constantCount(tensor: String, expected: Int, found: Int)
  case cycle([String])
  case operandCount(expected: String, found: Int)
  case shapeMismatch(operand: String, expected: [Int], found: [Int])
  case elementCount(operand: String, expected: Int, found: Int)
  case parameter(String, reason: String)
  case notConstant(String)
  case encodingMismatch(operand: String, expected: String)
  /// A constant's code that its encoding does not have.
  case codeRange(tensor: String, found: Int64, allowed: ClosedRange<Int64>)
  /// More of something than is possible.
  case limit(String, Int)
}

/// An error and the node it belongs to; nil if it belongs to the graph as a whole.
public struct GraphProblem: Hashable, Sendable {
  public let node: String?
  public let error: GraphError

  public init(node: String?, error: GraphError) {
    self.node = node
    self.error = error
  }
}

/// Every problem of one graph, in the order found.
public struct GraphProblems: Error, Hashable, Sendable {
  public let problems: [GraphProblem]

  public init(problems: [GraphProblem]) { self.problems = problems }
}

extension Diagnostic {
  /// The message for a graph error raised at `node`.
  public init(_ problem: GraphProblem, file: String? = nil) {
    let place = [file, problem.node.map { "node '\($0)'" }].compactMap { $0 }
    let location = place.isEmpty ? nil : place.joined(separator: ": ")
    let (code, message, remedy) = Self.words(for: problem.error)
    self.init(code: code, message: message, location: location, remedy: remedy)
  }

  private static func words(for error: GraphError) -> (String, String, String) {
    let export = "check the export, or the edit that produced this model."
    switch error {
    case .invalidShape(let extents):
      return ("graph.shape", "shape \(extents) is negative or too large", export)
    case .duplicateTensor(let name):
      return ("graph.duplicate", "tensor '\(name)' is defined twice", export)
    case .duplicateNode(let name):
      return ("graph.duplicate", "node '\(name)' is defined twice", export)
    case .danglingTensor(let index):
      return ("graph.dangling", "tensor number \(index) does not exist", export)
    case .undefinedTensor(let name):
      return ("graph.undefined", "tensor '\(name)' is read but never written", export)
    case .severalProducers(let name):
      return ("graph.duplicate", "tensor '\(name)' is written more than once", export)
    case .constantCount(let tensor, let expected, let found):
      return (
        "graph.constant",
        "constant '\(tensor)' has \(found) values, its shape asks for \(expected)",
        export
      )
    case .cycle(let names):
      let shown = names.prefix(5).joined(separator: ", ")
      let more = names.count > 5 ? " and \(names.count - 5) more" : ""
      return ("graph.cycle", "nodes wait for each other: \(shown)\(more)", export)
    case .operandCount(let expected, let found):
      return ("graph.operands", "expected \(expected), found \(found) operands", export)
    case .shapeMismatch(let operand, let expected, let found):
      return ("graph.shape-mismatch", "\(operand) has shape \(found), expected \(expected)", export)
    case .elementCount(let operand, let expected, let found):
      return (
        "graph.shape-mismatch", "\(operand) has \(found) elements, expected \(expected)", export
      )
    case .parameter(let name, let reason):
      return ("graph.parameter", "\(name): \(reason)", export)
    case .notConstant(let operand):
      return ("graph.constant", "\(operand) must be a constant", export)
    case .encodingMismatch(let operand, let expected):
      return ("graph.encoding", "\(operand) must be \(expected)", export)
    case .codeRange(let tensor, let found, let allowed):
      return (
        "graph.constant",
        "constant '\(tensor)' has the code \(found), outside \(allowed.lowerBound) to "
          + "\(allowed.upperBound)", export
      )
    case .limit(let what, let most):
      return ("graph.limit", "\(what): more than \(most)", "make the model smaller.")
    }
  }
}
