public import Documents

// What a family may answer beside costs of graphs. A command asks the families that conform.

/// Answers rows: matrix products (`estimate --gemms`), transformer configurations.
///
/// A row is an object, an answer the members that are added to it; the command prints them as a table
/// and as `result.rows[]`.
public protocol AnswersRows: Device {
  /// Columns of an answer in the order of a table, with units.
  var rowColumns: [RowColumn] { get }
  /// The answer of one row.
  ///
  /// - Parameter row: `{"id": "r1", "quant": "w4a16", "m": 1, "n": 4096, "k": 4096}`.
  /// - Returns: members that are added to the row, under the keys of ``rowColumns``.
  /// - Throws: ``DeviceProblems`` for a row that is impossible on the device.
  func answer(row: JSON) throws(DeviceProblems) -> [JSON.Member]
}

/// A column of an answer to rows.
public struct RowColumn: Sendable, Hashable {
  public let key: String
  /// Empty for words.
  public let unit: String

  public init(_ key: String, unit: String = "") {
    self.key = key
    self.unit = unit
  }
}

/// Answers a document of cases (`estimate --cases FILE [--arrays FILE.npz]`).
public protocol AnswersCases: DeviceFamily {
  /// The document with its answers computed; answers that are in it are ignored.
  ///
  /// - Parameters:
  ///   - cases: the document.
  ///   - arrays: an array that a case names; nil if there is none of that name.
  /// - Returns: the same keys in the same order; nil if the layout is none of the family's.
  /// - Throws: ``DeviceProblems`` for cases that are impossible.
  func answer(
    cases: JSON, arrays: (String) -> CaseArray?
  ) throws(DeviceProblems) -> JSON?
}

/// An array beside a document of cases, row-major.
public struct CaseArray: Sendable {
  public enum Values: Sendable {
    case integers([Int64])
    case floats([Double])
  }

  public let shape: [Int]
  public let values: Values

  public init(shape: [Int], values: Values) {
    self.shape = shape
    self.values = values
  }
}

/// Answers what arithmetic units cost (`unit --cost UNITS.json --target ID`).
public protocol AnswersUnits: Device {
  /// The costs of a unit `{"name": ..., "family": ..., "params": {...}}`: members after its name.
  func answer(unit: JSON) throws(DeviceProblems) -> [JSON.Member]
}
