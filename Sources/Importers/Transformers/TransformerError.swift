public import QuantGraph

/// Why a transformer's configuration, header or block of quantization cannot be used.
public enum TransformerError: Error, Hashable, Sendable {
  /// The text is no JSON document.
  case syntax(reason: String, line: Int, column: Int)
  /// `model_type` (or `_class_name`) is not among the known ones.
  case unknownFamily(String, nearest: [String], known: [String])
  /// The configuration names no family.
  case noFamily
  /// A key that the family has no default for.
  case missingKey(String, family: String)
  /// A key whose value the description cannot use.
  case badValue(key: String, found: String, expected: String)
  /// An expression over keys has no valid value; `keys` are those that it reads, with their values.
  case badExpression(place: String, problem: String, keys: [String])
  /// Sizes of a run that the family lacks or that are out of range.
  case badRun(String)
  /// A block of quantization that names something unknown.
  case quantization(String, key: String)
  /// A header that contradicts itself; `offset` in bytes.
  case damaged(String, offset: Int)
  /// The file cannot be read.
  case unreadable(String)
  /// The configuration's shapes are known, but not how its layers hang together.
  case noGraph(String, family: String)
  /// A fault in an embedded description; found by tests.
  case description(String, line: Int)

  public var diagnostic: Diagnostic {
    switch self {
    case .syntax(let reason, let line, let column):
      Diagnostic(
        code: "transformer.syntax", message: reason, location: "\(line):\(column)",
        remedy: "give the config.json as it was published; the text is cut off or damaged here.")
    case .unknownFamily(let name, let nearest, let known):
      Diagnostic(
        code: "transformer.unknown-family",
        message: "'\(name.prefix(60))' is no known kind of transformer",
        location: "model_type",
        notes: (nearest.isEmpty ? [] : ["nearest: " + nearest.joined(separator: ", ")])
          + ["known: " + known.joined(separator: " ")],
        remedy: "shapes are never guessed; use a known model_type if the model is one of these.")
    case .noFamily:
      Diagnostic(
        code: "transformer.unknown-family",
        message: "the configuration has neither 'model_type' nor '_class_name'",
        remedy: "give the config.json as it was published.")
    case .missingKey(let key, let family):
      Diagnostic(
        code: "transformer.missing-key", message: "key '\(key)' is missing", location: key,
        notes: ["\(family) has no default for it"],
        remedy: "add it to the configuration; a missing key is never guessed.")
    case .badValue(let key, let found, let expected):
      Diagnostic(
        code: "transformer.bad-value", message: "'\(key)' is \(found), expected \(expected)",
        location: key, remedy: "correct the value in the configuration.")
    case .badExpression(let place, let problem, let keys):
      Diagnostic(
        code: "transformer.bad-shape", message: "\(place): \(problem)",
        location: keys.first.map { String($0.prefix { $0 != " " }) },
        notes: keys.isEmpty ? [] : ["it follows from " + keys.joined(separator: ", ")],
        remedy: "correct these keys; the shapes of the family cannot be made from them.")
    case .badRun(let problem):
      Diagnostic(
        code: "transformer.bad-run", message: problem,
        remedy: "give sizes of at least 1 that the model has; hwsim inspect --help lists them.")
    case .quantization(let problem, let key):
      Diagnostic(
        code: "transformer.quantization", message: problem, location: key,
        remedy: "hwsim formats --stored and README list the stored forms that are known.")
    case .damaged(let problem, let offset):
      Diagnostic(
        code: "transformer.damaged", message: problem, location: "byte \(offset)",
        remedy: "fetch the file again; nothing is taken from a damaged header.")
    case .noGraph(let problem, let family):
      Diagnostic(
        code: "transformer.no-graph", message: "no graph of this '\(family)': \(problem)",
        location: "model_type",
        remedy: "use its shapes and its work: hwsim inspect CONFIG without --graph, or estimate.")
    case .unreadable(let problem):
      Diagnostic(
        code: "file.unreadable", message: problem, remedy: "check the path and its permissions.")
    case .description(let problem, let line):
      Diagnostic(
        code: "transformer.description", message: problem, location: "line \(line)",
        remedy: "this is a fault of hwsim; please report it.")
    }
  }
}
