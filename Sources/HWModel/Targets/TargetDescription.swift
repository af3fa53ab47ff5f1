/// A device description as its file states it, bases included, every key checked by its family.
public struct TargetDescription: Sendable, Hashable {
  /// The version of the format, whatever the family.
  public static let format = "hwsim.target/1"

  public let id: String
  public let family: String
  public let name: String
  public let aliases: [String]
  /// The description that this one extends.
  public let base: String?
  /// What a reader should know, a sentence each.
  public let notes: [String]
  /// Rows of measurements that the constants were fitted to.
  public let measurements: [String]
  /// Constants by key, inherited ones included.
  public let constants: [String: SourcedValue]
  /// Keys that are stated, in the order of the family's schema.
  public let keys: [TargetKey]
}

// What a key of the schema holds; nil where the description does not state it. For keys that the
// schema requires see ``required(_:)``.
extension TargetDescription {
  public func number(_ key: String) -> Double? { scalar(key)?.number }

  public func text(_ key: String) -> String? {
    if case .text(let text)? = scalar(key) { text } else { nil }
  }

  public func integer(_ key: String) -> Int? {
    if case .integer(let value)? = scalar(key) { value } else { nil }
  }

  public func flag(_ key: String) -> Bool? {
    if case .flag(let flag)? = scalar(key) { flag } else { nil }
  }

  public func numbers(_ key: String) -> [Double]? { list(key)?.compactMap(\.number) }

  public func texts(_ key: String) -> [String]? {
    list(key)?.compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  public func table(_ key: String) -> [TargetRow]? {
    if case .table(let rows)? = constants[key]?.value { rows } else { nil }
  }

  /// Where the number under a key was read; nil where nothing is stated.
  public func source(_ key: String) -> String? { constants[key]?.source }

  private func scalar(_ key: String) -> TargetScalar? {
    if case .scalar(let scalar)? = constants[key]?.value { scalar } else { nil }
  }

  private func list(_ key: String) -> [TargetScalar]? {
    if case .list(let elements)? = constants[key]?.value { elements } else { nil }
  }

  /// What a family must have: a value that is there, or an error that names the key.
  ///
  /// Never nil and never a fallback, so that a device without a clock is no free device:
  /// `let clock = try description.required(description.number, "clock_hz")`.
  public func required<Value>(
    _ read: (String) -> Value?, _ key: String
  ) throws(TargetProblems) -> Value {
    guard let value = read(key) else {
      throw TargetProblems(problems: [.missingKey(path: key, meaning: "\(family) '\(id)' needs it")]
      )
    }
    return value
  }

  /// One of the words of an enumeration.
  public func required<Word: RawRepresentable>(
    _ words: Word.Type, _ key: String
  ) throws(TargetProblems) -> Word where Word.RawValue == String {
    try required({ text($0).flatMap(Word.init) }, key)
  }
}
