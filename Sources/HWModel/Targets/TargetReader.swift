import Documents

extension TargetDescription {
  /// Reads a description by the schema of the family that it names.
  ///
  /// - Parameters:
  ///   - bytes: the JSON text.
  ///   - schemas: of the families that there are.
  ///   - base: the description with an id, for `"base"`; nil if there is none.
  ///   - known: ids that `"base"` may name, for messages.
  /// - Throws: ``TargetProblems`` with everything that is wrong.
  public init(
    json bytes: [UInt8], schemas: [TargetSchema],
    base: (String) throws(TargetProblems) -> TargetDescription?, known: [String]
  ) throws(TargetProblems) {
    let document: JSON
    do throws(JSONSyntaxError) {
      document = try JSON(parsing: bytes)
    } catch {
      throw TargetProblems(problems: [
        .notJSON(reason: "line \(error.line), column \(error.column): \(error.reason)")
      ])
    }
    guard case .object(let members) = document else {
      throw TargetProblems(problems: [
        .wrongKind(path: "", expected: "an object", found: document.kind)
      ])
    }
    var walk = TargetWalk(members)
    let schema = walk.schema(among: schemas)
    guard let schema else { throw TargetProblems(problems: walk.problems) }
    walk.checkKeys(schema)
    let id = walk.text("id", meaning: "name by which the target is called")
    let name = walk.text("name", meaning: "what people call it")
    let baseID = walk.optionalText("base")
    aliases = walk.texts("aliases")
    notes = walk.texts("notes")
    measurements = walk.texts("measurements")
    var inherited: TargetDescription?
    if let baseID {
      inherited = try base(baseID)
      if inherited == nil || inherited?.family != schema.family {
        inherited = nil
        walk.problems.append(.unknownBase(baseID, known: known))
      }
    }
    var constants = inherited?.constants ?? [:]
    for key in schema.keys where !key.isInherited { constants[key.name] = nil }
    for key in schema.keys {
      if let constant = walk.constant(key, definedIn: id ?? "") {
        constants[key.name] = constant
      } else if key.isRequired, constants[key.name] == nil, !walk.hasMember(key.name),
        baseID == nil || inherited != nil
      {
        walk.problems.append(.missingKey(path: key.name, meaning: key.meaning))
      }
    }
    guard walk.problems.isEmpty, let id, let name else {
      throw TargetProblems(problems: walk.problems)
    }
    self.id = id
    self.name = name
    self.base = baseID
    self.constants = constants
    family = schema.family
    keys = schema.keys.filter { constants[$0.name] != nil }
  }
}

/// A checked walk over the members of a description; problems are collected, not thrown.
private struct TargetWalk {
  /// Keys beside the constants.
  private static let plainKeys = [
    "schema", "id", "family", "name", "base", "aliases", "notes", "measurements",
  ]

  private let order: [String]
  private let members: [String: JSON]
  var problems: [TargetProblem] = []

  init(_ members: [JSON.Member]) {
    order = members.map(\.key)
    self.members = Dictionary(
      members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  func hasMember(_ key: String) -> Bool { members[key] != nil }

  /// The schema that the description names; nil if there is none, with the problem.
  mutating func schema(among schemas: [TargetSchema]) -> TargetSchema? {
    if let format = text("schema", meaning: "version of the format"),
      format != TargetDescription.format
    {
      problems.append(.schema(found: format, expected: TargetDescription.format))
    }
    guard let family = text("family", meaning: "kind of device") else { return nil }
    guard let schema = schemas.first(where: { $0.family == family }) else {
      problems.append(.unknownFamily(family, known: schemas.map(\.family)))
      return nil
    }
    return schema
  }

  mutating func checkKeys(_ schema: TargetSchema) {
    let known = Self.plainKeys + schema.keys.map(\.name)
    for key in order where !known.contains(key) {
      problems.append(.unknownKey(path: key, key: key, known: known))
    }
  }

  mutating func text(_ key: String, meaning: String) -> String? {
    guard members[key] != nil else {
      problems.append(.missingKey(path: key, meaning: meaning))
      return nil
    }
    return optionalText(key)
  }

  mutating func optionalText(_ key: String) -> String? {
    guard let value = members[key] else { return nil }
    guard case .string(let text) = value, !text.isEmpty else {
      problems.append(.wrongKind(path: key, expected: "a string", found: value.kind))
      return nil
    }
    return text
  }

  mutating func texts(_ key: String) -> [String] {
    guard let value = members[key] else { return [] }
    guard case .array(let elements) = value else {
      problems.append(.wrongKind(path: key, expected: "a list of strings", found: value.kind))
      return []
    }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      if case .string(let text) = element {
        texts.append(text)
      } else {
        problems.append(
          .wrongKind(path: "\(key)[\(index)]", expected: "a string", found: element.kind))
      }
    }
    return texts
  }

  // MARK: Constants

  /// The constant under `key`: `{"value": ..., "source": "..."}`, of a table
  /// `{"rows": [{"column": ..., "source": "..."}], "source": "..."}`.
  mutating func constant(_ key: TargetKey, definedIn id: String) -> SourcedValue? {
    guard let member = members[key.name] else { return nil }
    var columns: [TargetKey.Column]?
    if case .table(let list) = key.kind { columns = list }
    let content = columns == nil ? "value" : "rows"
    guard case .object(let parts) = member else {
      problems.append(
        .wrongKind(
          path: key.name, expected: "an object {\"\(content)\": ..., \"source\": \"...\"}",
          found: member.kind))
      return nil
    }
    for part in parts where part.key != content && part.key != "source" {
      problems.append(
        .unknownKey(
          path: "\(key.name).\(part.key)", key: part.key, known: [content, "source"]))
    }
    let stated = member["source"].map { source($0, at: "\(key.name).source") }
    guard let found = member[content] else {
      problems.append(.missingKey(path: "\(key.name).\(content)", meaning: key.meaning))
      return nil
    }
    if let columns {
      guard let rows = rows(found, columns, of: key, source: stated ?? nil) else { return nil }
      return SourcedValue(value: .table(rows), source: (stated ?? nil) ?? "", definedIn: id)
    }
    if stated == nil {
      problems.append(
        .missingKey(path: "\(key.name).source", meaning: "document the value was read from"))
    }
    let path = "\(key.name).value"
    var value: TargetValue?
    if case .list(let kind) = key.kind {
      value = list(found, kind, at: path).map(TargetValue.list)
    } else {
      value = scalar(found, key.kind, at: path).map(TargetValue.scalar)
    }
    guard let value, let source = stated ?? nil else { return nil }
    return SourcedValue(value: value, source: source, definedIn: id)
  }

  private mutating func source(_ value: JSON, at path: String) -> String? {
    guard case .string(let text) = value else {
      problems.append(.wrongKind(path: path, expected: "a string", found: value.kind))
      return nil
    }
    guard !text.allSatisfy(\.isWhitespace) else {
      problems.append(.emptySource(path: path))
      return nil
    }
    return text
  }

  private mutating func list(
    _ value: JSON, _ kind: TargetKey.Kind, at path: String
  ) -> [TargetScalar]? {
    guard case .array(let elements) = value, !elements.isEmpty else {
      problems.append(
        .wrongKind(
          path: path, expected: TargetKey.Kind.list(kind).words,
          found: value.elements == nil ? value.kind : "an empty list"))
      return nil
    }
    var scalars: [TargetScalar] = []
    for (index, element) in elements.enumerated() {
      if let scalar = scalar(element, kind, at: "\(path)[\(index)]") { scalars.append(scalar) }
    }
    return scalars.count == elements.count ? scalars : nil
  }

  private mutating func rows(
    _ value: JSON, _ columns: [TargetKey.Column], of key: TargetKey, source: String?
  ) -> [TargetRow]? {
    guard case .array(let elements) = value, !elements.isEmpty else {
      problems.append(
        .wrongKind(
          path: "\(key.name).rows", expected: key.kind.words,
          found: value.elements == nil ? value.kind : "an empty list"))
      return nil
    }
    var rows: [TargetRow] = []
    for (index, element) in elements.enumerated() {
      let path = "\(key.name).rows[\(index)]"
      guard case .object(let cells) = element else {
        problems.append(
          .wrongKind(path: path, expected: "an object with \(key.kind.words)", found: element.kind))
        continue
      }
      let known = columns.map(\.name) + ["source"]
      for cell in cells where !known.contains(cell.key) {
        problems.append(
          .unknownKey(path: "\(path).\(cell.key)", key: cell.key, known: known))
      }
      var own: String?
      if let text = element["source"] {
        own = self.source(text, at: "\(path).source")
        if own == nil { continue }
      }
      guard let from = own ?? source else {
        problems.append(
          .missingKey(
            path: "\(path).source", meaning: "document the row was read from; or one of the table"))
        continue
      }
      var found: [String: TargetScalar] = [:]
      for column in columns {
        let place = "\(path).\(column.name)"
        if let cell = element[column.name] {
          found[column.name] = scalar(cell, column.kind, at: place)
        } else if column.isRequired {
          problems.append(.missingKey(path: place, meaning: column.meaning))
        }
      }
      rows.append(TargetRow(cells: found, source: from))
    }
    return rows
  }

  private mutating func scalar(
    _ value: JSON, _ kind: TargetKey.Kind, at path: String
  ) -> TargetScalar? {
    // Numbers without a fraction are integers, however they are written.
    var value = value
    if case .number(let number) = value, let whole = Int(exactly: number) {
      value = .integer(whole)
    }
    switch (kind, value) {
    case (.text(let allowed), .string(let text)):
      if allowed.isEmpty || allowed.contains(text) { return .text(text) }
      problems.append(
        .outOfRange(
          path: path, value: "'\(text)'", allowed: allowed.joined(separator: ", ")))
    case (.flag, .bool(let flag)): return .flag(flag)
    case (.integer(let range), .integer(let integer)):
      if range.contains(integer) { return .integer(integer) }
      problems.append(
        .outOfRange(
          path: path, value: "\(integer)", allowed: "\(range.lowerBound) to \(range.upperBound)"))
    case (.number(let range), .integer(let integer)):
      if range.contains(Double(integer)) { return .integer(integer) }
      problems.append(
        .outOfRange(
          path: path, value: "\(integer)", allowed: "\(range.lowerBound) to \(range.upperBound)"))
    case (.number(let range), .number(let number)):
      if range.contains(number) { return .number(number) }
      problems.append(
        .outOfRange(
          path: path, value: "\(number)", allowed: "\(range.lowerBound) to \(range.upperBound)"))
    default:
      problems.append(.wrongKind(path: path, expected: kind.words, found: value.kind))
    }
    return nil
  }
}
