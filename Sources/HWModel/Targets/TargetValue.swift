/// One value of a device description.
public enum TargetScalar: Sendable, Hashable {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)

  /// The value as a number, or nil for words and flags.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .text, .flag: nil
    }
  }
}

/// What a description states under one key.
public enum TargetValue: Sendable, Hashable {
  case scalar(TargetScalar)
  case list([TargetScalar])
  case table([TargetRow])
}

/// A row of a table of a description.
public struct TargetRow: Sendable, Hashable {
  /// By column; a column that the row leaves out has no entry.
  public let cells: [String: TargetScalar]
  /// The row's own source, else that of the table.
  public let source: String

  public init(cells: [String: TargetScalar], source: String) {
    self.cells = cells
    self.source = source
  }

  public func number(_ column: String) -> Double? { cells[column]?.number }

  public func text(_ column: String) -> String? {
    if case .text(let text)? = cells[column] { text } else { nil }
  }

  public func integer(_ column: String) -> Int? {
    if case .integer(let value)? = cells[column] { value } else { nil }
  }

  public func flag(_ column: String) -> Bool? {
    if case .flag(let flag)? = cells[column] { flag } else { nil }
  }
}

/// A constant of a device with the document it was read from.
public struct SourcedValue: Sendable, Hashable {
  public let value: TargetValue
  /// Of a table whose rows all have sources of their own, empty.
  public let source: String
  /// Id of the description that states it: the target's own or one of its bases.
  public let definedIn: String

  public init(value: TargetValue, source: String, definedIn: String) {
    self.value = value
    self.source = source
    self.definedIn = definedIn
  }
}
