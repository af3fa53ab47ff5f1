public import Documents
import HWModel
import QuantGraph

extension GPUDevice: CalibratesRows {
  public func calibrate(rows: [JSON]) throws(DeviceProblems) -> [Calibration] {
    var groups: [(path: GEMMPath, rows: [GEMMCalibration.Row])] = []
    var problems: [Diagnostic] = []
    for (number, row) in rows.enumerated() {
      do throws(DeviceProblems) {
        let (path, measured) = try Self.measurement(row, number: number, on: target)
        if let index = groups.firstIndex(where: { $0.path == path }) {
          groups[index].rows.append(measured)
        } else {
          groups.append((path, [measured]))
        }
      } catch {
        problems += error.problems
      }
    }
    if !problems.isEmpty { throw DeviceProblems(problems) }
    var answers: [Calibration] = []
    for (path, measured) in groups {
      let fit = try GEMMCalibration(target, path: path, rows: measured)
      var members = [JSON.Member(key: "path", value: .string(path.constants))]
      for (name, value) in zip(GEMMConstants.names, fit.constants.values) {
        members.append(.init(key: name, value: .number(value)))
      }
      if let folded = fit.folded {
        members.append(.init(key: "error_percent", value: .number(folded.mean)))
        members.append(.init(key: "median_error_percent", value: .number(folded.median)))
      }
      members.append(.init(key: "source", value: .string(fit.constants.source)))
      answers.append(
        Calibration(
          name: path.name, rows: measured.count, before: (fit.before.mean, fit.before.median),
          after: (fit.after.mean, fit.after.median),
          folded: fit.folded.map { ($0.mean, $0.median) }, table: "kernel_paths",
          row: .object(members)))
    }
    return answers
  }

  private static func measurement(
    _ row: JSON, number: Int, on target: GPUTarget
  ) throws(DeviceProblems) -> (GEMMPath, GEMMCalibration.Row) {
    func problem(_ message: String, _ remedy: String) -> DeviceProblems {
      DeviceProblems(
        Diagnostic(
          code: "gpu.extent", message: message, location: "row \(number + 1)", remedy: remedy))
    }
    func extent(_ key: String) throws(DeviceProblems) -> Int {
      if case .integer(let value)? = row[key], (1...1 << 31).contains(value) { return value }
      throw problem("\(key) is no extent from 1 to 2^31", "give m, n and k of the product.")
    }
    let milliseconds: Double? =
      switch row["latency_ms"] {
      case .number(let value)?: value
      case .integer(let value)?: Double(value)
      default: nil
      }
    guard let milliseconds, milliseconds > 0, milliseconds < 1e9 else {
      throw problem("latency_ms is no positive time", "give measured milliseconds.")
    }
    guard let quant = row["quant"]?.text else {
      throw problem("the row names no format", "give a column quant: W16A16, W4A16, FP8.")
    }
    let format = try GPUFormat(quant, on: target)
    let (m, n, k) = (try extent("m"), try extent("n"), try extent("k"))
    let extents = format.extents(m: m, n: n, k: k)
    return (
      format.path,
      GEMMCalibration.Row(
        m: extents.m, n: extents.n, k: extents.k, microseconds: milliseconds * 1e3)
    )
  }
}
