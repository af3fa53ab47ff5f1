import FoundationEssentials

/// A decoded JSON document, to look into.
indirect enum JSONValue: Decodable, Hashable {
  case null, bool(Bool), integer(Int), number(Double), string(String)
  case array([JSONValue]), object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Reads exactly one document.
  init(_ text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  var text: String? { if case .string(let text) = self { text } else { nil } }
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  /// A number, whole or not.
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}

/// Checks a document against the part of JSON Schema 2020-12 that hwsim's schemas use.
///
/// Stricter in one point: a key that the schema does not list is reported, so that no output is
/// undocumented. An object schema without `properties` allows any key.
struct SchemaValidator {
  private static let keywords: Set<String> = [
    "$schema", "title", "description", "type", "required", "properties", "items", "const", "enum",
    "pattern", "anyOf", "additionalProperties", "minItems", "maxItems",
  ]

  /// What is wrong, with the path of the value; empty if the document is valid.
  static func problems(_ value: JSONValue, _ schema: JSONValue, at path: String = "$") -> [String] {
    guard case .object(let rules) = schema else { return ["\(path): the schema is no object"] }
    var problems = rules.keys.filter { !keywords.contains($0) }.map {
      "\(path): keyword \($0) is not checked here"
    }
    if let type = rules["type"]?.text, !matches(value, type: type) {
      problems.append("\(path): is not \(type)")
    }
    if let constant = rules["const"], constant != value {
      problems.append("\(path): is not \(constant)")
    }
    if let allowed = rules["enum"], !allowed.elements.contains(value) {
      problems.append("\(path): is none of \(allowed)")
    }
    if let pattern = rules["pattern"]?.text, let text = value.text,
      (try? Regex(pattern).firstMatch(in: text)) == nil
    {
      problems.append("\(path): does not match \(pattern)")
    }
    if let choices = rules["anyOf"]?.elements {
      let found = choices.map { Self.problems(value, $0, at: path) }
      if !found.contains(where: \.isEmpty) {
        problems.append("\(path): fits no choice: \(found.min { $0.count < $1.count } ?? [])")
      }
    }
    if case .object(let members) = value { problems += object(members, rules, at: path) }
    if case .array(let elements) = value {
      let (least, most) = (rules["minItems"]?.integer ?? 0, rules["maxItems"]?.integer ?? .max)
      if !(least...most).contains(elements.count) { problems.append("\(path): wrong count") }
    }
    if case .array(let elements) = value, let items = rules["items"] {
      for (index, element) in elements.enumerated() {
        problems += Self.problems(element, items, at: "\(path)[\(index)]")
      }
    }
    return problems
  }

  private static func object(
    _ members: [String: JSONValue], _ rules: [String: JSONValue], at path: String
  ) -> [String] {
    var problems: [String] = []
    for key in rules["required"]?.elements ?? [] where members[key.text ?? ""] == nil {
      problems.append("\(path): lacks \(key)")
    }
    guard case .object(let properties)? = rules["properties"] else {
      guard let schema = rules["additionalProperties"] else { return problems }
      return problems + members.flatMap { Self.problems($1, schema, at: "\(path).\($0)") }
    }
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      guard let schema = properties[key] ?? rules["additionalProperties"] else {
        problems.append("\(path).\(key): is not in the schema")
        continue
      }
      problems += Self.problems(member, schema, at: "\(path).\(key)")
    }
    return problems
  }

  private static func matches(_ value: JSONValue, type: String) -> Bool {
    switch (value, type) {
    case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"),
      (.number, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
      true
    default: false
    }
  }
}
