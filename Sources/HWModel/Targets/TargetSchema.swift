/// A constant that descriptions of a family may state.
public struct TargetKey: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// One of these words; any word if the list is empty.
    case text([String])
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case flag
    /// At least one value of a kind, with one source.
    indirect case list(Kind)
    /// Rows with these columns, in the file's order; a row's source is its own or the table's.
    case table([Column])
  }

  /// A column of a table; its values are scalars.
  public struct Column: Sendable, Hashable {
    public let name: String
    /// No list and no table.
    public let kind: Kind
    public let unit: String
    public let meaning: String
    /// Whether every row states it.
    public let isRequired: Bool

    /// - Precondition: `kind` is a scalar, and `name` is not `source`.
    public init(
      _ name: String, _ kind: Kind, unit: String = "", required: Bool = true, _ meaning: String
    ) {
      switch kind {
      case .text, .integer, .number, .flag: break
      case .list, .table: preconditionFailure("a column holds scalars")
      }
      precondition(name != "source", "a row's source is no column")
      self.name = name
      self.kind = kind
      self.unit = unit
      self.meaning = meaning
      isRequired = required
    }
  }

  public let name: String
  public let kind: Kind
  public let unit: String
  public let meaning: String
  /// Whether a description, its bases included, must state it.
  public let isRequired: Bool
  /// Whether a description takes it from its base; what was measured is its own.
  public let isInherited: Bool

  public init(
    _ name: String, _ kind: Kind, unit: String = "", required: Bool = false,
    inherited: Bool = true, _ meaning: String
  ) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.meaning = meaning
    isRequired = required
    isInherited = inherited
  }
}

extension TargetKey {
  /// The columns of a table; none of other kinds.
  public var columns: [Column] {
    if case .table(let columns) = kind { columns } else { [] }
  }
}

/// What descriptions of one family of hardware state.
///
/// A description names its family, and is read by that family's schema: a key that the schema lacks,
/// or a required one that the description lacks, is an error.
public struct TargetSchema: Sendable {
  /// What `"family"` says, such as `mcu`.
  public let family: String
  /// What the devices are, such as `microcontrollers`.
  public let title: String
  /// Id and name in a skeleton of a description.
  public let example: (id: String, name: String)
  /// In the order in which they are shown.
  public let keys: [TargetKey]

  public init(
    family: String, title: String, example: (id: String, name: String), keys: [TargetKey]
  ) {
    self.family = family
    self.title = title
    self.example = example
    self.keys = keys
  }

  /// The key with this name, or nil.
  public func key(_ name: String) -> TargetKey? { keys.first { $0.name == name } }
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
    case .list(let element): "a list, each element \(element.words)"
    case .table(let columns): "rows with \(columns.map(\.name).joined(separator: ", "))"
    }
  }
}
