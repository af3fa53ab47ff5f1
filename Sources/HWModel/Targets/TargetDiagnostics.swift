public import QuantGraph

extension Diagnostic {
  /// The message for a problem of a device description.
  ///
  /// - Parameters:
  ///   - problem: what is wrong.
  ///   - file: the description's file or id.
  ///   - suggestion: a sentence with the names nearest to a misspelt one; nil if none is near.
  public init(
    _ problem: TargetProblem, file: String,
    suggestion: (_ name: String, _ known: [String]) -> String? = { _, _ in nil }
  ) {
    func place(_ path: String) -> String { path.isEmpty ? file : "\(file): \(path)" }
    switch problem {
    case .notJSON(let reason):
      self.init(
        code: "target.syntax", message: "not JSON: \(reason)", location: file,
        remedy: "correct the text; hwsim targets --template FAMILY prints a valid skeleton.")
    case .schema(let found, let expected):
      self.init(
        code: "target.schema", message: "schema '\(found)' is not '\(expected)'",
        location: place("schema"), remedy: "write \"schema\": \"\(expected)\".")
    case .unknownFamily(let family, let known):
      self.init(
        code: "target.family", message: "there is no family '\(family)'",
        location: place("family"), notes: ["known: \(known.joined(separator: ", "))"],
        remedy: "take one of these.")
    case .unknownKey(let path, let key, let known):
      self.init(
        code: "target.unknown-key", message: "no key is called '\(key)'", location: place(path),
        remedy: suggestion(key, known)
          ?? "hwsim targets --template FAMILY lists every key.")
    case .missingKey(let path, let meaning):
      self.init(
        code: "target.missing-key", message: "'\(path)' is missing: \(meaning)",
        location: place(path),
        remedy: "add it, or \"base\": \"ID\" takes what is missing from the device ID.")
    case .wrongKind(let path, let expected, let found):
      self.init(
        code: "target.value", message: "expected \(expected), found \(found)",
        location: place(path),
        remedy: found == "null" ? "fill the value in, or remove the key." : "correct the value.")
    case .outOfRange(let path, let value, let allowed):
      self.init(
        code: "target.value", message: "\(value) is not possible here", location: place(path),
        notes: ["allowed: \(allowed)"], remedy: "correct the value.")
    case .emptySource(let path):
      self.init(
        code: "target.value", message: "the source is empty", location: place(path),
        remedy: "say where the number comes from: document and table, or a measurement.")
    case .unknownBase(let id, let known):
      self.init(
        code: "target.base", message: "\"base\" names no shipped target: '\(id)'",
        location: place("base"),
        remedy: suggestion(id, known) ?? "hwsim targets lists them.")
    case .baseCycle(let ids):
      self.init(
        code: "target.base", message: "bases lead back: \(ids.joined(separator: " -> "))",
        location: place("base"), remedy: "remove one of them.")
    }
  }
}
