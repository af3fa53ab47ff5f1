public import QuantGraph

extension Diagnostic {
  /// The message for sensitivities that cannot be measured; `model` is the file.
  public init(_ error: SensitivityError, model: String? = nil) {
    switch error {
    case .evaluation(.layerCount(let expected, let found)), .layerCount(let expected, let found):
      self.init(
        code: "sensitivity.layers",
        message: "candidates of \(found) layers, the network has \(expected)", location: model,
        remedy: "Give each layer its candidates.")
    case .evaluation(.unsupported(let layer, let role, let encoding)):
      self.init(
        code: "sensitivity.format",
        message: "the \(role) of layer '\(layer)' cannot be \(encoding)", location: model,
        remedy: "Leave the format out for this layer, or give it a sign that its values need.")
    case .evaluation(.fixedEncoding(let tensor, let operation)):
      self.init(
        code: "sensitivity.format",
        message: "tensor '\(tensor)' has the one encoding that \(operation) gives it",
        location: model, remedy: "Leave the activations of its readers as the model has them.")
    case .evaluation(.rewrite(let layer, let rewrite, let reason)):
      self.init(
        code: "sensitivity.format",
        message: "weights of layer '\(layer)' cannot be rewritten by \(rewrite): \(reason)",
        location: model, remedy: "Leave that rewrite out, or give it fewer columns.")
    case .evaluation(.notRunnable(let node, let reason)):
      self.init(
        code: "sensitivity.format", message: "a candidate cannot run at '\(node)': \(reason)",
        location: model, remedy: "Leave the candidate out.")
    case .evaluation(.task(let failure)): self = failure.problems[0]
    case .unavailable(let metric, let known):
      self.init(
        code: "sensitivity.metric",
        message: "the metric '\(metric.rawValue)' is one of float networks", location: model,
        remedy: "Take one of \(known.map(\.rawValue).joined(separator: ", ")).")
    case .needsLabels(let metric):
      self.init(
        code: "sensitivity.labels", message: "the metric '\(metric.rawValue)' needs labels",
        location: model, remedy: "Give the samples labels, or take a metric without: kl.")
    case .needsTraces:
      self.init(
        code: "sensitivity.traces", message: "the metric 'hawq' needs second derivatives",
        location: model, remedy: "Give a file of them, or take the metric 'hessian'.")
    case .cancelled:
      self.init(
        code: "sensitivity.cancelled", message: "measuring sensitivities was cancelled",
        location: model)
    }
  }

  /// The message for a file of second derivatives.
  public init(_ problem: HessianTraceFile.Problem, file: String) {
    let (code, message): (String, String)
    switch problem {
    case .layout:
      (code, message) = ("traces.layout", "neither a list of numbers nor an object of numbers")
    case .count(let expected, let found):
      (code, message) = ("traces.layers", "\(found) numbers, the network has \(expected) layers")
    case .missing(let names):
      (code, message) = ("traces.layers", "no number for \(names.joined(separator: ", "))")
    case .unknown(let names):
      (code, message) = ("traces.layers", "no layer is named \(names.joined(separator: ", "))")
    case .notFinite(let layer, let value):
      (code, message) = ("traces.number", "the number of '\(layer)' is \(value)")
    }
    self.init(
      code: code, message: message, location: file,
      remedy: "Give one finite number for each layer, in the model's order or by name.")
  }

  /// The message for a problem of a file of scores.
  public init(_ problem: ScoreFileProblem, file: String) {
    let code: String
    let message: String
    var place = file
    func at(_ group: String) -> String { "\(file): group '\(group)'" }
    switch problem {
    case .json(let reason): (code, message) = ("scores.json", reason)
    case .schema(let found):
      (code, message) = ("scores.schema", "schema '\(found)', expected '\(ScoreFile.schema)'")
    case .unknownKey(let key, let group):
      (code, message) = (
        "scores.json",
        "\(group.map { "groups[\($0)]" } ?? "the document") has the unknown key '\(key)'"
      )
    case .role(let group, let word):
      (code, message, place) = ("scores.groups", "the role '\(word)' is unknown", at(group))
    case .noGroups: (code, message) = ("scores.groups", "there are no groups")
    case .duplicateGroup(let name):
      (code, message) = ("scores.groups", "two groups are named '\(name)'")
    case .noLayers(let group):
      (code, message, place) = ("scores.groups", "the group has no layers", at(group))
    case .sharedLayer(let layer, let groups):
      (code, message) = (
        "scores.groups", "layer '\(layer)' is in the groups \(groups.joined(separator: " and "))"
      )
    case .noFormats(let group):
      (code, message, place) = ("scores.count", "the group has no formats", at(group))
    case .duplicateFormat(let group):
      (code, message, place) = ("scores.count", "a format occurs twice", at(group))
    case .count(let group, let name, let expected, let found):
      (code, message, place) = (
        "scores.count", "\(found) numbers in '\(name)' for \(expected) formats", at(group)
      )
    case .costNames(let group, let expected, let found):
      (code, message, place) = (
        "scores.count", "the costs are \(found), those of the first group \(expected)", at(group)
      )
    case .costNotFinite(let group, let cost, let value):
      (code, message, place) = ("scores.number", "the cost '\(cost)' is \(value)", at(group))
    }
    self.init(
      code: code, message: message, location: place,
      remedy: "See `hwsim explain \(code)` for the form of the file.")
  }
}

extension Diagnostic {
  /// The messages for scores that do not fit a search, one a problem.
  public static func messages(_ problems: ScoreMatchProblems, file: String) -> [Diagnostic] {
    problems.problems.map { Diagnostic($0, file: file) }
  }

  private init(_ problem: ScoreMatchProblem, file: String) {
    func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
    func at(_ group: String) -> String { "\(file): group '\(group)'" }
    switch problem {
    case .keyValueGroups(let names):
      self.init(
        code: "scores.layers",
        message: "formats of stored keys and values (\(list(names))) are no part of this search",
        location: file, remedy: "solve the file itself: hwsim search --table FILE.")
    case .unknownLayers(let names):
      self.init(
        code: "scores.layers", message: "no layer is named \(list(names))", location: file,
        remedy: "name layers as hwsim inspect MODEL lists them.")
    case .unscoredLayers(let names):
      self.init(
        code: "scores.layers", message: "no score of layer \(list(names))", location: file,
        remedy: "add a group of it; a fixed layer needs the score of its one candidate.")
    case .missing(let group, let candidate, let formats):
      self.init(
        code: "scores.candidates", message: "no score of candidate '\(candidate)'",
        location: at(group), notes: ["its formats: \(formats.joined(separator: ", "))"],
        remedy: "add the score, or leave the candidate out of the space.")
    case .notFinite(let group, let candidate, let value):
      self.init(
        code: "scores.candidates",
        message: "the score of candidate '\(candidate)' is "
          + (value.isNaN ? "missing or no number" : "\(value)"),
        location: at(group), remedy: "measure it again, or leave the candidate out of the space.")
    case .sameFormat(let group, let formats):
      self.init(
        code: "scores.candidates", message: "\(list(formats)) are one candidate",
        location: at(group), remedy: "keep one of them.")
    case .differentCandidates(let group, let layers):
      self.init(
        code: "scores.candidates",
        message: "layers \(list(layers)) have different candidates in the search",
        location: at(group),
        remedy: "give layers that are scored together the same candidates.")
    case .space(let error): self.init(error, at: file)
    }
  }

  /// The message for scores that are no problem of allocation.
  public init(_ error: ScoreProblemError, file: String) {
    switch error {
    case .unknownCost(let name, let known):
      self.init(
        code: "scores.cost", message: "the file has no cost '\(name)'", location: file,
        notes: ["its costs: \(known.isEmpty ? "none" : known.joined(separator: ", "))"],
        remedy: "name one of its costs.")
    case .noScores(let groups):
      self.init(
        code: "scores.group-empty",
        message: "no format has a finite score in "
          + groups.map { "'\($0)'" }.joined(separator: ", "),
        location: file, remedy: "measure these groups again.")
    case .allocation(let error): self.init(error, problem: file)
    }
  }
}
