/// A text table of a vendor report: rows of cells between bars.
struct ReportTable {
  /// Cells of each row, blanks at their ends left out; rules and lines around the table are none.
  let rows: [[Substring]]

  /// The tables of a text, in order: lines that begin with a bar or a rule, one after the other.
  static func all(in text: String) -> [ReportTable] {
    var tables: [ReportTable] = []
    var rows: [[Substring]] = []
    func trimmed(_ text: Substring) -> Substring {
      let start = text.drop { $0 == " " || $0 == "\t" }
      guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
      return start[...last]
    }
    // Carriage returns with line feeds are one character.
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let line = trimmed(line)
      if line.hasPrefix("+") { continue }
      if line.hasPrefix("|") {
        var cells = line.split(separator: "|", omittingEmptySubsequences: false)
        cells.removeFirst()
        if cells.last.map({ trimmed($0).isEmpty }) ?? false { cells.removeLast() }
        rows.append(cells.map(trimmed))
      } else if !rows.isEmpty {
        tables.append(ReportTable(rows: rows))
        rows = []
      }
    }
    if !rows.isEmpty { tables.append(ReportTable(rows: rows)) }
    return tables
  }

  /// The first row whose first cell fits; nil if there is none.
  func row(where fits: (Substring) -> Bool) -> [Substring]? {
    rows.first { $0.first.map(fits) ?? false }
  }

  /// A number of a cell: `1,450`, `4.5`, `~0`; a dash is 0, a question mark and words are nil.
  static func number(_ cell: Substring) -> Double? {
    if cell == "-" { return 0 }
    let digits = cell.filter { $0 != "," && $0 != "~" && $0 != "*" }
    guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
    return value
  }
}
