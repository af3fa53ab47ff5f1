import Documents
import Manual
import Testing

@Suite("JSON schemas of documents")
struct SchemaTests {
  /// What breaks the rules of JSON Schema 2020-12 (json-schema.org/draft/2020-12/json-schema-core and
  /// -validation), for the keywords that the schemas use; others are reported.
  private static func problems(_ schema: JSON, at path: String) -> [String] {
    guard let members = schema.members else { return ["\(path): a schema is an object"] }
    var found: [String] = []
    func need(_ holds: Bool, _ key: String, _ rule: String) {
      if !holds { found.append("\(path).\(key): \(rule)") }
    }
    if Set(members.map(\.key)).count != members.count {
      found.append("\(path): a key stands twice")
    }
    for member in members {
      let (key, value) = (member.key, member.value)
      switch key {
      case "$schema", "title", "description": need(value.text != nil, key, "is a text")
      case "type":
        let types = value.elements?.compactMap(\.text) ?? [value.text ?? ""]
        let known = ["null", "boolean", "object", "array", "number", "integer", "string"]
        need(!types.isEmpty && types.allSatisfy(known.contains), key, "names types")
        need(Set(types).count == types.count, key, "names each once")
      case "required":
        let names = value.elements?.compactMap(\.text)
        need(names != nil && names?.count == value.elements?.count, key, "is a list of texts")
        need(Set(names ?? []).count == names?.count, key, "names each once")
        if let properties = schema["properties"] {
          for name in names ?? [] { need(properties[name] != nil, key, "'\(name)' is described") }
        }
      case "properties":
        for property in value.members ?? [] {
          found += problems(property.value, at: "\(path).\(property.key)")
        }
        need(value.members != nil, key, "is an object")
      case "items", "additionalProperties":
        if key == "items" || value.flag == nil { found += problems(value, at: "\(path).\(key)") }
      case "anyOf":
        need(!(value.elements ?? []).isEmpty, key, "is a list of schemas")
        for (index, choice) in (value.elements ?? []).enumerated() {
          found += problems(choice, at: "\(path).\(key)[\(index)]")
        }
      case "enum":
        let values = (value.elements ?? []).map(\.compact)
        need(!values.isEmpty && Set(values).count == values.count, key, "lists values, each once")
      case "const": break
      case "pattern":
        need(value.text.map { (try? Regex($0)) != nil } ?? false, key, "is a pattern")
      case "minItems", "maxItems":
        if case .integer(let count) = value, count >= 0 { break }
        found.append("\(path).\(key): is a count")
      default: found.append("\(path): keyword \(key) is not known here")
      }
    }
    return found
  }

  @Test("every schema keeps the rules of JSON Schema", arguments: Schema.all.map(\.name))
  func rules(name: String) throws {
    let schema = try #require(Schema.named(name))
    #expect(Self.problems(schema.document, at: name) == [])
    #expect(schema.document["title"]?.text == schema.title)
    #expect(
      schema.document["$schema"]?.text == "https://json-schema.org/draft/2020-12/schema")
    // What is printed is read again as it was.
    #expect(try JSON(parsing: Array(schema.document.document.utf8)) == schema.document)
  }

  @Test("the check of schemas finds what it should")
  func check() {
    for wrong: JSON in [
      "text", ["type": "whole"], ["type": []], ["required": ["a", "a"]], ["enum": []],
      ["required": ["a"], "properties": ["b": [:]]], ["anyOf": []], ["pattern": "("],
      ["items": "x"], ["minItems": -1], ["maximum": 4], ["properties": ["a": ["type": "x"]]],
      ["enum": ["a", "a"]], ["additionalProperties": 1],
    ] {
      #expect(Self.problems(wrong, at: "$") != [], "\(wrong.compact)")
    }
  }

  @Test("each document names its schema by its key; names stand once")
  func names() {
    let names = Schema.all.map(\.name)
    #expect(Set(names).count == names.count)
    for schema in Schema.all {
      let key = schema.document["properties"]?["schema"]?["const"]?.text
      #expect(key == "hwsim.\(schema.name)/\(ResultVersion.schema)")
    }
    #expect(Schema.named("explian") == nil)
  }

  /// An envelope as the command line writes it, with the keys that schemas require.
  @Test("results stand in one envelope")
  func envelope() {
    let envelope = ["schema", "hwsim", "arguments", "inputs", "target", "warnings", "result"]
    for schema in Schema.all where schema.document["properties"]?["result"] != nil {
      #expect(schema.document["required"]?.elements?.compactMap(\.text) == envelope)
    }
    #expect(Schema.all.filter { $0.document["properties"]?["result"] != nil }.count == 18)
  }
}
