public import Arith
public import QuantGraph

/// Why a datapath cannot run a node.
public enum DatapathError: Error, Hashable, Sendable {
  /// The datapath has no rule for this operator.
  case unsupported(operation: String, datapath: String)
  case encoding(operand: String, expected: String)
  /// An exact intermediate needs more bits than any integer type here has.
  case tooWide(bits: Int, limit: Int)
  case format(FormatError)
  case parameter(String, reason: String)
  /// The datapath is about quantized graphs, and nothing in this one is; the tensor is a float one.
  case notQuantized(tensor: String)
  /// A parameter of a graph that is about shapes only.
  case withoutCodes(tensor: String)
  /// More of something than a run may ask for.
  case limit(String, Int)
  /// A constant that is not a finite number.
  case notFinite(tensor: String)
  /// A format that a layer cannot have.
  case refused(FormatRefusal)
  /// Operands that a GPU's tensor cores do not multiply.
  case instruction(TensorCoreError)
  /// A rewrite for the datapath gave no valid graph.
  case graph(GraphProblems)
}

extension Diagnostic {
  /// The message for a datapath error at `node` of `file`.
  public init(_ error: DatapathError, node: Node, file: String? = nil) {
    let place = [file, "node '\(node.name)'" + (node.origin.map { " (\($0))" } ?? "")]
    let location = place.compactMap { $0 }.joined(separator: ": ")
    switch error {
    case .unsupported(let operation, let datapath):
      self.init(
        code: "datapath.unsupported",
        message: "operator '\(operation)' has no rule in datapath '\(datapath)'",
        location: location,
        remedy: "choose another --datapath; hwsim formats --operators --datapath \(datapath) lists "
          + "its operators.")
    case .encoding(let operand, let expected):
      self.init(
        code: "datapath.encoding", message: "\(operand) must be \(expected)", location: location,
        remedy: "check the types that this layer was given.")
    case .tooWide(let bits, let limit):
      self.init(
        code: "datapath.too-wide",
        message: "an exact intermediate takes \(bits) bits, \(limit) is the most",
        location: location, remedy: "narrow the types of this layer.")
    case .notQuantized(let tensor):
      self.init(
        code: "model.not-quantized",
        message: "not quantized: no tensor of the model is, '\(tensor)' is the first float one",
        location: file,
        remedy: "quantize the model first, or run it on --datapath onnx-reference.")
    case .instruction(let error):
      self.init(
        code: "unit.no-instruction", message: error.reason, location: location,
        remedy: "take another --target, --operands or --path, or formats that it has.")
    case .withoutCodes(let tensor):
      self.init(
        code: "datapath.without-codes",
        message: "tensor '\(tensor)' has no codes: the model gives its shape only",
        location: file, remedy: "give a model with weights; costs need none.")
    case .limit(let what, let most):
      self.init(
        code: "datapath.limit", message: "\(what): more than \(most)", location: location,
        remedy: "run a smaller batch, image or model.")
    case .notFinite(let tensor):
      self.init(
        code: "datapath.parameter", message: "constant '\(tensor)' has no finite number",
        location: location, remedy: "check the model's weights.")
    case .refused(let refusal):
      self.init(
        code: "datapath.encoding",
        message: "\(refusal.role) of layer '\(refusal.layer)' cannot take the format "
          + refusal.encoding,
        location: location, remedy: "choose another format for this layer.")
    case .graph(let problems):
      let inner = problems.problems.first.map { Diagnostic($0, file: file) }
      self.init(
        code: inner?.code ?? "graph.invalid", message: inner?.message ?? "the graph is not valid",
        location: location, remedy: inner?.remedy)
    case .format(let error):
      let inner = Diagnostic(error, location: location)
      self.init(
        code: inner.code, message: inner.message, location: location, remedy: inner.remedy)
    case .parameter(let name, let reason):
      self.init(
        code: "datapath.parameter", message: "\(name): \(reason)", location: location,
        remedy: "check the model's configuration of this layer.")
    }
  }
}
