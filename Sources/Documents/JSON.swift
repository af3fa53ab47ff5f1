/// A JSON value whose objects keep the order of their keys.
///
/// Results are printed in the order they were written, so that the same inputs give the same bytes.
public enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  /// A key and its value.
  public struct Member: Hashable, Sendable {
    public let key: String
    public let value: JSON

    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }
}

extension JSON {
  /// The object with the members of this one and, for keys that it lacks, those of `other`.
  public func adding(_ other: JSON) -> JSON {
    guard let own = members, let more = other.members else { return self }
    let keys = Set(own.map(\.key))
    return .object(own + more.filter { !keys.contains($0.key) })
  }

  /// The value under `key`; nil if this is no object or has no such key.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// Elements of an array; nil for anything else.
  public var elements: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// Members of an object; nil for anything else.
  public var members: [Member]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The text of a string; nil for anything else.
  public var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The value of a Boolean; nil for anything else.
  public var flag: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  /// The number, whole or not; nil for anything else.
  ///
  /// The strings `NaN`, `Infinity` and `-Infinity` are numbers, as documents write them.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }

  /// What the value is, as messages call it.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a Boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// `value`, or null.
  public static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  /// `value`, or null.
  public static func optional(_ value: Int?) -> JSON { value.map(JSON.integer) ?? .null }

  /// A number, written without a fraction where it has none.
  public static func amount(_ value: Double) -> JSON {
    if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return .integer(whole) }
    return .number(value)
  }

  /// An array of strings.
  public static func strings(_ values: some Sequence<String>) -> JSON {
    .array(values.map(JSON.string))
  }

  /// An array of integers.
  public static func integers(_ values: some Sequence<Int>) -> JSON {
    .array(values.map(JSON.integer))
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }

  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
