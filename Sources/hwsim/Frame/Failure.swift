import QuantGraph

/// The problems that ended a command, and the exit code they stand for.
struct Failure: Error, Sendable {
  /// Every problem found, most important first; never empty.
  let problems: [Diagnostic]

  /// - Precondition: at least one problem.
  init(_ problems: [Diagnostic]) {
    precondition(!problems.isEmpty, "a failure has a reason")
    self.problems = problems
  }

  init(_ problem: Diagnostic) { self.init([problem]) }

  init(
    _ code: String, _ message: String, at location: String? = nil, notes: [String] = [],
    remedy: String? = nil
  ) {
    self.init(
      Diagnostic(code: code, message: message, location: location, notes: notes, remedy: remedy))
  }

  /// The status that the first problem's explanation names.
  var status: ExitStatus { Explanation.status(for: problems[0].code) }
}

extension Failure {
  /// A name that is none of `candidates`, with the nearest of them; `showsAll` lists every one.
  static func unknown(
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
