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

/// A constant of a device with the document it was read from.
public struct SourcedScalar: Sendable, Hashable {
  public let value: TargetScalar
  public let source: String
  /// Id of the description that states it: the target's own or one of its bases.
  public let definedIn: String

  public init(value: TargetScalar, source: String, definedIn: String) {
    self.value = value
    self.source = source
    self.definedIn = definedIn
  }
}
