public import QuantGraph

extension Diagnostic {
  /// The message for an allocation that cannot be applied; `model` says to what.
  public init(_ error: EvaluationError, model: String? = nil) {
    let message: String
    var place = model
    var notes: [String] = []
    let remedy: String
    switch error {
    case .layerCount(let expected, let found):
      message = "\(found) formats for \(expected) layers"
      remedy = "report this with the command line."
    case .unsupported(let layer, let role, let encoding):
      message = "\(role) of layer '\(layer)' cannot take the format \(encoding)"
      notes = [
        "float networks take integers of 2 to 16 bits, floating point, fixed point, lists and blocks; "
          + "TFLite models integers up to their own width; hls4ml models fixed point"
      ]
      remedy = "leave that candidate out, or fix the layer at another one."
    case .fixedEncoding(let tensor, let operation):
      message = "tensor '\(tensor)' has the one encoding that \(operation) gives it"
      notes = ["softmax, logistic, tanh and recurrent cells write encodings of their own"]
      remedy = "leave the activations of its readers as the model has them."
    case .rewrite:
      message = error.words
      notes = ["rewrites change signed integers of 2 to 16 bits around zero, and stay within them"]
      remedy = "leave that rewrite out, or give it fewer columns."
    case .notRunnable(let node, let reason):
      message = "an allocation cannot run: \(reason)"
      place = (model.map { "\($0): " } ?? "") + "'\(node)'"
      remedy = "leave the candidates with that format out."
    case .task(let failure):
      self = failure.problems[0]
      return
    }
    self.init(
      code: "search.unsupported", message: message, location: place, notes: notes, remedy: remedy)
  }
}
