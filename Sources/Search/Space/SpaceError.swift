public import QuantGraph

/// Why a search space cannot be built.
public enum SpaceError: Error, Sendable, Hashable {
  /// No layer whose formats could be chosen.
  case noLayers
  /// A text that names no candidate.
  case candidate(text: String, reason: String)
  /// A layer without candidates, or with one candidate twice.
  case candidates(layer: String, reason: String)
  /// A pattern that matches no layer; `nearest` are names that resemble it.
  case unmatched(pattern: String, layers: [String])
  /// A text that begins the names of several layers.
  case ambiguous(pattern: String, layers: [String])
  /// A rule that gives layers of one tie group different candidates.
  case splitsTie(pattern: String, layer: String, tiedLayer: String)
  /// A fixed candidate that the layer does not have.
  case fixed(layer: String, candidate: String, candidates: [String])
  /// A space file that is not as its layout says.
  case malformed(path: String, reason: String)
}

extension Diagnostic {
  /// The message for a space error; `place` is the file or option it comes from.
  public init(_ error: SpaceError, at place: String? = nil) {
    switch error {
    case .noLayers:
      self.init(
        code: "space.empty", message: "the model has no layer with weights to choose formats for",
        location: place, remedy: "give a network with convolutions or matrix products.")
    case .candidate(let text, let reason):
      self.init(
        code: "space.candidate", message: "'\(text)' is no candidate: \(reason)", location: place,
        remedy: "write w4a8 (bits), int4/uint8 (weights/activations) or one format for both; "
          + "hwsim explain space.candidate shows the forms.")
    case .candidates(let layer, let reason):
      self.init(
        code: "space.candidates", message: "candidates of layer '\(layer)': \(reason)",
        location: place, remedy: "give each layer at least one candidate, each once.")
    case .unmatched(let pattern, let layers):
      self.init(
        code: "space.unmatched", message: "pattern '\(pattern)' matches no layer",
        location: place,
        notes: ["layers: \(layers.prefix(12).joined(separator: ", "))"],
        remedy: "use a layer's name, short or in full, its number in hwsim inspect, or a pattern: "
          + "* stands for any text and ? for one character.")
    case .ambiguous(let pattern, let layers):
      self.init(
        code: "space.unmatched",
        message: "'\(pattern)' begins the names of \(layers.count) layers", location: place,
        notes: [
          "\(layers.prefix(3).joined(separator: ", "))\(layers.count > 3 ? ", ..." : "")"
        ],
        remedy: "write more of the name, its number, or '\(pattern)*' where several are meant.")
    case .splitsTie(let pattern, let layer, let tiedLayer):
      self.init(
        code: "space.tie-split",
        message: "pattern '\(pattern)' treats '\(layer)' unlike '\(tiedLayer)', its tied layer",
        location: place, remedy: "cover the whole group with the pattern, or untie the layers.")
    case .fixed(let layer, let candidate, let candidates):
      self.init(
        code: "space.fixed", message: "layer '\(layer)' has no candidate '\(candidate)'",
        location: place, notes: ["its candidates: \(candidates.joined(separator: ", "))"],
        remedy: "fix it at one of its candidates.")
    case .malformed(let path, let reason):
      self.init(
        code: "space.file", message: reason,
        location: [place, path.isEmpty ? nil : path].compactMap { $0 }.joined(separator: ": "),
        remedy: "hwsim explain space.file shows the layout.")
    }
  }
}
