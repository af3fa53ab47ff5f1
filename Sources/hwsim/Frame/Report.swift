import Documents
import Importers
import Manual
import QuantGraph

/// A command's answer: one JSON document, the same as text, and whether it is a yes.
struct Report: Sendable {
  /// Name of the result's schema, such as `check`; `hwsim schema check` prints it.
  let schema: String
  /// What decided the result, under the flags' names; nothing that cannot change it.
  var arguments: JSON = [:]
  var inputs: [InputRecord] = []
  /// The device that the result is for: `{id, sha256}`.
  var target: JSON = .null
  var warnings: [Diagnostic] = []
  let result: JSON
  var status = ExitStatus.yes
  /// Whether the text is a file's, a script's or a drawing's, whose lines stay as they are.
  var isVerbatim = false
  /// What `--csv` prints.
  var table: Table?
  /// What is printed without `--json` and `--csv`; lines too wide for the terminal are broken.
  let text: @Sendable (Style) -> String

  /// The JSON document, keys in a fixed order.
  ///
  /// - Throws: a ``Failure`` if an input cannot be read again for its sum.
  func envelope() throws(Failure) -> JSON {
    var records: [JSON] = []
    for input in inputs { records.append(try input.record()) }
    return [
      "schema": .string("hwsim.\(schema)/\(ResultVersion.schema)"),
      "hwsim": ["version": .string(ResultVersion.tool)],
      "arguments": arguments,
      "inputs": .array(records),
      "target": target,
      "warnings": .array(warnings.map(\.json)),
      "result": result,
    ]
  }
}

extension Failure {
  /// The document that takes the envelope's place: the first problem, and all in `problems`.
  var envelope: JSON {
    let first = problems[0]
    return [
      "schema": .string("hwsim.error/\(ResultVersion.schema)"),
      "hwsim": ["version": .string(ResultVersion.tool)],
      "error": [
        "code": .string(first.code),
        "message": .string(first.message),
        "location": .optional(first.location),
        "notes": .strings(first.notes),
        "help": .optional(first.remedy),
        "exit_code": .integer(Int(status.rawValue)),
        "problems": .array(problems.map(\.json)),
      ],
    ]
  }
}
