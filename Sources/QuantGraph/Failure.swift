import Documents

/// Every problem that ended a piece of work.
public struct Failure: Error, Sendable, Hashable {
  /// Every problem found, most important first; never empty.
  public let problems: [Diagnostic]

  /// - Precondition: at least one problem.
  public init(_ problems: [Diagnostic]) {
    precondition(!problems.isEmpty, "a failure has a reason")
    self.problems = problems
  }

  public init(_ problem: Diagnostic) { self.init([problem]) }

  public init(
    _ code: String, _ message: String, at location: String? = nil, notes: [String] = [],
    remedy: String? = nil
  ) {
    self.init(
      Diagnostic(code: code, message: message, location: location, notes: notes, remedy: remedy))
  }
}

extension Failure {
  /// A name that is none of `candidates`, with the nearest of them; `showsAll` lists every one.
  public static func unknown(
    _ what: String, _ name: String, code: String, among candidates: [String], listedBy: String,
    at location: String? = nil, showsAll: Bool = false
  ) -> Failure {
    let shown = candidates.prefix(showsAll ? .max : 6).joined(separator: ", ")
    let isWhole = showsAll || candidates.count <= 6
    let note = isWhole ? shown : "\(shown), ... (\(candidates.count): \(listedBy))"
    return Failure(
      code, "unknown \(what) '\(name)'", at: location, notes: lines("known here: \(note)"),
      remedy: Suggestion.sentence(for: name, among: candidates) ?? "\(listedBy) lists them.")
  }

  /// A list as lines that fit, broken after commas.
  private static func lines(_ text: String) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let line = lines[lines.count - 1]
      if !line.isEmpty, line.count + 1 + word.count > 96 {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = line.isEmpty ? String(word) : "\(line) \(word)"
      }
    }
    return lines
  }
}
