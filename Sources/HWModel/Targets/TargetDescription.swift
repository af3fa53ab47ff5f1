/// A device description as its file states it, bases included, every key checked.
public struct TargetDescription: Sendable, Hashable {
  public static let schema = "hwsim.target/1"
  /// Families that descriptions exist for.
  public static let families = ["mcu"]
  /// Keys beside the constants.
  static let plainKeys = [
    "schema", "id", "family", "name", "base", "aliases", "notes", "measurements",
  ]

  public let id: String
  public let family: String
  public let name: String
  public let aliases: [String]
  /// The description that this one extends.
  public let base: String?
  /// What a reader should know, a sentence each.
  public let notes: [String]
  /// Rows of conformance/mcu/latency.json that the constants were fitted to.
  public let measurements: [String]
  /// Constants by key, inherited ones included.
  public let constants: [String: SourcedScalar]
  /// Keys in the order of the family's list.
  public var keys: [TargetKey] { TargetKey.mcu.filter { constants[$0.name] != nil } }

  public func number(_ key: String) -> Double? { constants[key]?.value.number }

  public func text(_ key: String) -> String? {
    if case .text(let text) = constants[key]?.value { text } else { nil }
  }

  public func integer(_ key: String) -> Int? {
    if case .integer(let value) = constants[key]?.value { value } else { nil }
  }

  public func flag(_ key: String) -> Bool? {
    if case .flag(let flag) = constants[key]?.value { flag } else { nil }
  }
}

extension TargetDescription {
  /// Reads a description.
  ///
  /// - Parameters:
  ///   - bytes: the JSON text.
  ///   - base: the description with an id, for `"base"`; nil if there is none.
  ///   - known: ids that `"base"` may name, for messages.
  /// - Throws: ``TargetProblems`` with everything that is wrong.
  public init(
    json bytes: [UInt8], base: (String) throws(TargetProblems) -> TargetDescription?,
    known: [String]
  ) throws(TargetProblems) {
    let document: TargetJSON
    do throws(TargetProblem) {
      document = try TargetJSON.parse(bytes)
    } catch {
      throw TargetProblems(problems: [error])
    }
    guard case .object(let members) = document else {
      throw TargetProblems(problems: [
        .wrongKind(path: "", expected: "an object", found: document.kind)
      ])
    }
    var walk = TargetWalk(members)
    walk.checkKeys()
    let id = walk.text("id", meaning: "name by which the target is called")
    let name = walk.text("name", meaning: "what people call it")
    let baseID = walk.optionalText("base")
    aliases = walk.texts("aliases")
    notes = walk.texts("notes")
    measurements = walk.texts("measurements")
    var inherited: TargetDescription?
    if let baseID {
      inherited = try base(baseID)
      if inherited == nil { walk.problems.append(.unknownBase(baseID, known: known)) }
    }
    var constants = inherited?.constants ?? [:]
    for key in TargetKey.mcu where !key.isInherited { constants[key.name] = nil }
    for key in TargetKey.mcu {
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
    family = "mcu"
  }
}

/// A checked walk over the members of a description; problems are collected, not thrown.
private struct TargetWalk {
  private let members: [String: TargetJSON]
  var problems: [TargetProblem] = []

  init(_ members: [String: TargetJSON]) { self.members = members }

  func hasMember(_ key: String) -> Bool { members[key] != nil }

  mutating func checkKeys() {
    let known = TargetDescription.plainKeys + TargetKey.mcu.map(\.name)
    for key in members.keys.sorted() where !known.contains(key) {
      problems.append(.unknownKey(path: key, key: key, known: known))
    }
    if let schema = text("schema", meaning: "version of the format"),
      schema != TargetDescription.schema
    {
      problems.append(.schema(found: schema, expected: TargetDescription.schema))
    }
    if let family = text("family", meaning: "kind of device"),
      !TargetDescription.families.contains(family)
    {
      problems.append(.unknownFamily(family, known: TargetDescription.families))
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
    guard case .text(let text) = value, !text.isEmpty else {
      problems.append(.wrongKind(path: key, expected: "a string", found: value.kind))
      return nil
    }
    return text
  }

  mutating func texts(_ key: String) -> [String] {
    guard let value = members[key] else { return [] }
    guard case .list(let elements) = value else {
      problems.append(.wrongKind(path: key, expected: "a list of strings", found: value.kind))
      return []
    }
    var texts: [String] = []
    for (index, element) in elements.enumerated() {
      if case .text(let text) = element {
        texts.append(text)
      } else {
        problems.append(
          .wrongKind(path: "\(key)[\(index)]", expected: "a string", found: element.kind))
      }
    }
    return texts
  }

  /// The constant under `key`: an object `{"value": ..., "source": "..."}`.
  mutating func constant(_ key: TargetKey, definedIn id: String) -> SourcedScalar? {
    guard let member = members[key.name] else { return nil }
    guard case .object(let parts) = member else {
      problems.append(
        .wrongKind(
          path: key.name, expected: "an object {\"value\": ..., \"source\": \"...\"}",
          found: member.kind))
      return nil
    }
    for name in parts.keys.sorted() where name != "value" && name != "source" {
      problems.append(
        .unknownKey(path: "\(key.name).\(name)", key: name, known: ["value", "source"]))
    }
    var source: String?
    switch parts["source"] {
    case .some(.text(let text)) where !text.allSatisfy(\.isWhitespace): source = text
    case .some(.text): problems.append(.emptySource(path: "\(key.name).source"))
    case .some(let other):
      problems.append(
        .wrongKind(path: "\(key.name).source", expected: "a string", found: other.kind))
    case nil:
      problems.append(
        .missingKey(path: "\(key.name).source", meaning: "document the value was read from"))
    }
    guard let value = parts["value"] else {
      problems.append(.missingKey(path: "\(key.name).value", meaning: key.meaning))
      return nil
    }
    guard let scalar = scalar(value, key), let source else { return nil }
    return SourcedScalar(value: scalar, source: source, definedIn: id)
  }

  private mutating func scalar(_ value: TargetJSON, _ key: TargetKey) -> TargetScalar? {
    let path = "\(key.name).value"
    switch (key.kind, value) {
    case (.text(let allowed), .text(let text)):
      if allowed.isEmpty || allowed.contains(text) { return .text(text) }
      problems.append(
        .outOfRange(
          path: path, value: "'\(text)'", allowed: allowed.joined(separator: ", ")))
    case (.flag, .flag(let flag)): return .flag(flag)
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
      problems.append(.wrongKind(path: path, expected: key.kind.words, found: value.kind))
    }
    return nil
  }
}

extension TargetKey.Kind {
  /// What a value of this kind is, as messages and skeletons say it.
  public var words: String {
    switch self {
    case .text(let allowed):
      allowed.isEmpty ? "a string" : "one of " + allowed.joined(separator: ", ")
    case .integer: "an integer"
    case .number: "a number"
    case .flag: "true or false"
    }
  }
}
