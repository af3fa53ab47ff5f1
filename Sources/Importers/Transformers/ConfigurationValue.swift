import Documents

/// A value of a configuration's key, or of an expression over keys.
enum ConfigurationValue: Hashable, Sendable {
  case null
  case integer(Int)
  case real(Double)
  case flag(Bool)
  case text(String)
  case list([JSON])
  /// An object; only how many members it has matters.
  case object(Int)

  init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .flag(flag)
    case .integer(let value): self = .integer(value)
    // A number such as 4096.0 is a whole one; transformers takes it as such.
    case .number(let value):
      self = Int(exactly: value).map(ConfigurationValue.integer) ?? .real(value)
    case .string(let text): self = .text(text)
    case .array(let elements): self = .list(elements)
    case .object(let members): self = .object(members.count)
    }
  }

  /// The value as a message shows it.
  var words: String {
    switch self {
    case .null: "null"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .flag(let flag): "\(flag)"
    case .text(let text): "'\(text.prefix(40))'"
    case .list(let elements): "a list of \(elements.count)"
    case .object(let count): "an object of \(count)"
    }
  }
}
