public import Documents

/// The description of a JSON document that hwsim writes, as JSON Schema 2020-12.
///
/// Keys are only added within a version; what reads a document must ignore keys it does not know.
public struct Schema: Sendable {
  /// What is typed after `hwsim schema`: a command's name, or that in the key `schema` of a file.
  public let name: String
  /// What the document is, in one line.
  public let title: String
  /// The whole document.
  public let document: JSON

  /// Every schema: one a command, in their order, that of errors, and those of files.
  public static let all: [Schema] =
    [
      check, run, inspect, estimate, targets, search, why, task, report, compare, formats, cast,
      unit, config, explain, schema, completion, doctor, error,
    ] + files

  /// The schema of that name; nil where there is none.
  public static func named(_ name: String) -> Schema? { all.first { $0.name == name } }

  /// The envelope of a command around the schema of its `result`.
  static func command(_ name: String, _ title: String, result: JSON) -> Schema {
    Schema(
      name: name, title: title,
      document: header(
        name, title,
        required: [
          "schema", "hwsim", "arguments", "inputs", "target", "warnings", "result",
        ],
        properties: [
          ("arguments", ["type": "object", "description": "What decided the result."]),
          ("inputs", array(of: input)),
          ("target", nullable(object(["id": string("Id of the device."), "sha256": digest]))),
          ("warnings", array(of: problem)),
          ("result", result),
        ]))
  }

  static func header(
    _ name: String, _ title: String, required: [String], properties: [(String, JSON)]
  ) -> JSON {
    let common: [JSON.Member] = [
      .init(key: "schema", value: ["const": .string("hwsim.\(name)/\(ResultVersion.schema)")]),
      .init(key: "hwsim", value: object(["version": string("Version of the tool.")])),
    ]
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": .string(title),
      "type": "object",
      "required": .strings(required),
      "properties": .object(common + properties.map { .init(key: $0.0, value: $0.1) }),
    ]
  }

  // MARK: Parts

  static func string(_ description: String) -> JSON {
    ["type": "string", "description": .string(description)]
  }

  static func integer(_ description: String) -> JSON {
    ["type": "integer", "description": .string(description)]
  }

  /// A number; NaN and infinities are strings, since JSON has none.
  static func number(_ description: String) -> JSON {
    [
      "anyOf": [["type": "number"], ["enum": ["NaN", "Infinity", "-Infinity"]]],
      "description": .string(description),
    ]
  }

  static func boolean(_ description: String) -> JSON {
    ["type": "boolean", "description": .string(description)]
  }

  static func choice(_ values: [String], _ description: String) -> JSON {
    ["enum": .strings(values), "description": .string(description)]
  }

  static func array(of items: JSON, _ description: String? = nil) -> JSON {
    .object(
      [.init(key: "type", value: "array"), .init(key: "items", value: items)]
        + (description.map { [.init(key: "description", value: .string($0))] } ?? []))
  }

  static func nullable(_ schema: JSON) -> JSON { ["anyOf": [schema, ["type": "null"]]] }

  /// An object; all its keys are required unless `required` lists others.
  static func object(_ properties: JSON, required: [String]? = nil) -> JSON {
    let keys = required ?? (properties.members ?? []).map(\.key)
    return ["type": "object", "required": .strings(keys), "properties": properties]
  }

  static let digest: JSON = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

  static let input = object([
    "role": string("What the file was used for."),
    "path": string("As it was typed."),
    "kind": string("What it was recognised as, by content."),
    "bytes": integer("Size; of a folder, the sum of the files read."),
    "sha256": digest,
  ])

  static let problem = object([
    "code": string("Stable identifier; hwsim explain CODE tells more."),
    "message": string("What is wrong."),
    "location": nullable(string("File, then node, tensor, line or byte offset.")),
    "notes": array(of: string("What was expected, what is supported.")),
    "help": nullable(string("What to do.")),
  ])
}
