public import Documents

/// Fits its constants to a user's measurements (`estimate --calibrate ROWS.csv`).
public protocol CalibratesRows: Device {
  /// The constants that follow from rows, and how far they are off, an answer for each kind of row.
  ///
  /// - Parameter rows: `{"quant": "w4a16", "m": 1, "n": 4096, "k": 4096, "latency_ms": 0.03}`.
  /// - Returns: rows of the description's table, ready to be stated in a user's file.
  /// - Throws: ``DeviceProblems`` for rows that are impossible, all of them.
  func calibrate(rows: [JSON]) throws(DeviceProblems) -> [Calibration]
}

/// Constants fitted to rows of one kind.
public struct Calibration: Sendable {
  /// What was fitted: a kernel path.
  public let name: String
  public let rows: Int
  /// Mean and median error in percent: with the description's constants, with the fitted ones, and over
  /// five folds; nil where there are too few rows.
  public let before: (mean: Double, median: Double)
  public let after: (mean: Double, median: Double)
  public let folded: (mean: Double, median: Double)?
  /// Key of the table in the description, and the row that it takes.
  public let table: String
  public let row: JSON
}
