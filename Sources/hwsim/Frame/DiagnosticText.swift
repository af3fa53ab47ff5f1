import Documents
import QuantGraph

/// Problems in words, as they stand on standard error and in JSON.
enum DiagnosticText {
  /// How many problems are written out before the rest is only counted.
  static let limit = 10

  /// The first ``limit`` problems, then how many more there are.
  static func errors(_ problems: [Diagnostic], style: Style) -> String {
    list(problems, severity: style.bad("error"), noun: "problem", style: style)
  }

  /// The first ``limit`` warnings, then how many more there are.
  static func warnings(_ warnings: [Diagnostic], style: Style) -> String {
    list(warnings, severity: style.caution("warning"), noun: "warning", style: style)
  }

  private static func list(
    _ problems: [Diagnostic], severity: String, noun: String, style: Style
  ) -> String {
    var text = problems.prefix(limit).map { block($0, severity: severity, style: style) }.joined()
    if problems.count > limit {
      text += "... \(Quantity.count(problems.count - limit, "more \(noun)")): --json has all\n"
    }
    return text
  }

  private static func block(_ problem: Diagnostic, severity: String, style: Style) -> String {
    var text = "\(severity)[\(problem.code)]: \(style.bold(Printable.text(problem.message)))\n"
    if let location = problem.location { text += "  --> \(Printable.text(location))\n" }
    for note in problem.notes { text += "  \(Printable.text(note))\n" }
    if let remedy = problem.remedy { text += "\(style.hint("help")): \(Printable.text(remedy))\n" }
    return text
  }
}

extension Diagnostic {
  /// The problem in the form of the envelope's `warnings` and `error`.
  var json: JSON {
    [
      "code": .string(code),
      "message": .string(message),
      "location": .optional(location),
      "notes": .strings(notes),
      "help": .optional(remedy),
    ]
  }
}
