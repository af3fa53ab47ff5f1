package import Documents
package import HWModel
import Importers
package import QuantGraph
package import Schedules

/// `hwsim estimate --calibrate ROWS.csv`: constants fitted to a user's measurements.
package struct CalibrationAnswer: Sendable {
  package let target: TargetDescription
  package let calibrations: [Calibration]

  /// - Throws: a ``Failure`` with every row that is impossible.
  package init(_ path: String, _ choice: TargetChoice, options: DeviceOptions) throws(Failure) {
    target = choice.description
    guard let device = try choice.device(options) as? any CalibratesRows else {
      throw Failure(
        "usage.arguments", "'\(choice.description.id)' has no constants that rows could fit",
        remedy: "name a device of a family that has, such as a GPU.")
    }
    let rows = try CSVRows(path)
    do throws(DeviceProblems) {
      calibrations = try device.calibrate(rows: rows.rows)
    } catch {
      throw Failure(error, file: path)
    }
  }

  package var json: JSON {
    func errors(_ pair: (mean: Double, median: Double)?) -> JSON {
      pair.map { ["mean_percent": .number($0.mean), "median_percent": .number($0.median)] }
        ?? .null
    }
    return [
      "target": .string(target.id),
      "calibrations": .array(
        calibrations.map {
          [
            "path": .string($0.name), "rows": .integer($0.rows), "before": errors($0.before),
            "after": errors($0.after), "folded": errors($0.folded), "table": .string($0.table),
            "row": $0.row,
          ]
        }),
    ]
  }

  package var table: Table {
    var table = Table([
      .text("path", isFlexible: true), .number("rows"), .number("before"), .number("after"),
      .number("five folds"),
    ])
    for calibration in calibrations {
      table.append([
        .init(calibration.name), .count(calibration.rows),
        .init("\(Amounts.significant(calibration.before.mean))%"),
        .init("\(Amounts.significant(calibration.after.mean))%"),
        .init(calibration.folded.map { "\(Amounts.significant($0.mean))%" } ?? "-"),
      ])
    }
    return table
  }

  package func text(_ style: Style) -> String {
    table.render(style: style)
      + "mean errors; state the rows of --json in a file with \"base\": \"\(target.id)\"\n"
  }
}
