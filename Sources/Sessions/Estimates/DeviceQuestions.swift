package import Documents
import HWModel
import Importers
package import QuantGraph
package import Schedules

/// What `estimate` answers beside networks: rows of matrix products, and documents of cases.
///
/// Families conform to ``AnswersRows`` and ``AnswersCases``; here files are read and answers shown.
package enum DeviceQuestions {
  /// `--gemms ROWS.csv`: each row asked of the device that it names.
  ///
  /// - Parameters:
  ///   - path: the table; its first line names the columns.
  ///   - targets: devices by their id and file; with one target rows need no column `device`.
  ///   - options: what the user changes of devices.
  /// - Returns: the answers as `rows`, and as a table.
  /// - Throws: a ``Failure`` with every row that cannot be answered.
  package static func gemms(
    _ path: String, targets: [TargetChoice], options: DeviceOptions
  ) throws(Failure) -> (result: JSON, table: Table) {
    let rows = try CSVRows(path)
    var devices: [String: any AnswersRows] = [:]
    var answers: [JSON] = []
    var columns: [RowColumn] = []
    for (number, row) in rows.rows.enumerated() {
      let place = "\(path): line \(number + 2)"
      let device: any AnswersRows
      let name = row["device"]?.text ?? targets.first?.description.id
      guard let name else {
        throw Failure(
          "usage.arguments", "the row names no device", at: place,
          remedy: "add a column device, or --target ID.")
      }
      if let known = devices[name] {
        device = known
      } else {
        let given = targets.first { $0.description.id == name }
        let choice = if let given { given } else { try TargetChoice(name) }
        guard let found = try choice.device(options) as? any AnswersRows else {
          throw Failure(
            "usage.arguments", "'\(name)' answers no rows of matrix products", at: place,
            remedy: "name a device of a family that does, such as a GPU.")
        }
        devices[name] = found
        device = found
      }
      for column in device.rowColumns where !columns.contains(column) { columns.append(column) }
      do throws(DeviceProblems) {
        answers.append(.object((row.members ?? []) + (try device.answer(row: row))))
      } catch {
        throw Failure(error, file: place)
      }
    }
    return (["rows": .array(answers)], table(answers, given: rows.columns, added: columns))
  }

  private static func table(
    _ answers: [JSON], given: [String], added: [RowColumn]
  ) -> Table {
    var table = Table(
      given.map { .text($0, isFlexible: $0 == "id") }
        + added.map { $0.unit.isEmpty ? .text($0.key) : .number($0.key) })
    for answer in answers {
      let words = given.map { Table.Cell(answer[$0].map(text) ?? "") }
      let numbers = added.map { column -> Table.Cell in
        guard let value = answer[column.key] else { return "" }
        guard let number = value.doubleValue, !column.unit.isEmpty else {
          return .init(text(value))
        }
        return .init(Amounts.text(number, unit: column.unit), plain: value.compact)
      }
      table.append(words + numbers)
    }
    return table
  }

  private static func text(_ value: JSON) -> String { value.text ?? value.compact }

  /// `--cases FILE [--arrays FILE.npz]`: the same document with the answers computed.
  ///
  /// - Parameters:
  ///   - path: the document.
  ///   - arrays: arrays that cases name; nil if there are none.
  /// - Returns: the document.
  /// - Throws: a ``Failure`` for a layout that no family knows.
  package static func cases(_ path: String, arrays: String?) throws(Failure) -> JSON {
    let document = try JSON(file: path, code: "estimate.cases")
    var named: NamedArrays?
    if let arrays {
      do throws(ImportError) {
        named = try NPZ.read(arrays)
      } catch {
        throw Failure(Diagnostic(error))
      }
    }
    for family in DeviceFamilies.current.families {
      guard let answering = family as? any AnswersCases else { continue }
      do throws(DeviceProblems) {
        let answer = try answering.answer(cases: document) { name in
          named?[name].map(CaseArray.init)
        }
        if let answer { return answer }
      } catch {
        throw Failure(error, file: path)
      }
    }
    throw Failure(
      "estimate.cases", "no family of devices knows this layout", at: path,
      remedy: "give a document as hwsim explain estimate.cases describes.")
  }
}

extension CaseArray {
  /// Integers as integers, all else as binary64.
  fileprivate init(_ array: NDArray) {
    func integers(_ values: [some BinaryInteger]) -> Values { .integers(values.map { Int64($0) }) }
    let values: Values =
      switch array.storage {
      case .bool(let values): .integers(values.map { $0 ? 1 : 0 })
      case .int8(let values): integers(values)
      case .int16(let values): integers(values)
      case .int32(let values): integers(values)
      case .int64(let values): .integers(values)
      case .uint8(let values): integers(values)
      case .uint16(let values): integers(values)
      case .uint32(let values): integers(values)
      case .uint64(let values): .integers(values.map { Int64(clamping: $0) })
      case .float16(let values): .floats(values.map { Double($0) })
      case .float32(let values): .floats(values.map { Double($0) })
      case .float64(let values): .floats(values)
      }
    self.init(shape: array.shape, values: values)
  }
}

/// A table of comma-separated values, a JSON object a row: numbers where a cell is one.
package struct CSVRows {
  package let columns: [String]
  package let rows: [JSON]

  /// - Throws: a ``Failure`` with code `estimate.rows` naming the line.
  package init(_ path: String) throws(Failure) {
    let text = String(decoding: try [UInt8](file: path), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    func cells(_ line: Substring) -> [String] {
      line.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0).trimmed
      }
    }
    let columns = lines.first.map(cells) ?? []
    guard !columns.isEmpty, !columns.contains(""), Set(columns).count == columns.count else {
      throw Failure(
        "estimate.rows", "the first line does not name each column once", at: path,
        remedy: "begin with a line such as id,device,quant,m,n,k.")
    }
    var rows: [JSON] = []
    for (number, line) in lines.dropFirst().enumerated() {
      let values = cells(line)
      guard values.count == columns.count else {
        throw Failure(
          "estimate.rows", "\(values.count) cells under \(columns.count) columns",
          at: "\(path): line \(number + 2)", remedy: "give each column a cell.")
      }
      rows.append(
        .object(
          zip(columns, values).map { column, value in
            let number: JSON? =
              Int(value).map(JSON.integer) ?? UnitAmount.number(value).map(JSON.number)
            return .init(
              key: column, value: column == "id" ? .string(value) : number ?? .string(value))
          }))
    }
    self.columns = columns
    self.rows = rows
  }
}

extension String {
  /// Without spaces at its ends.
  fileprivate var trimmed: String {
    let rest = drop { $0 == " " || $0 == "\t" }
    return String(rest.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
