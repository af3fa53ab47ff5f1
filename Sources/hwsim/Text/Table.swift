/// Rows under titles, aligned in columns; also what `--csv` prints.
struct Table: Sendable {
  enum Alignment: Sendable { case left, right }

  struct Column: Sendable {
    let title: String
    let alignment: Alignment
    /// Whether long cells may be cut to make the table fit.
    let isFlexible: Bool

    static func text(_ title: String, isFlexible: Bool = false) -> Column {
      Column(title: title, alignment: .left, isFlexible: isFlexible)
    }

    static func number(_ title: String) -> Column {
      Column(title: title, alignment: .right, isFlexible: false)
    }
  }

  /// One value twice: as people read it and as programs do.
  struct Cell: Sendable, ExpressibleByStringLiteral {
    let text: String
    let plain: String

    init(_ text: String, plain: String? = nil) {
      self.text = text
      self.plain = plain ?? text
    }

    init(stringLiteral value: String) { self.init(value) }

    /// A count: with thousands separators for people, without for programs.
    static func count(_ value: Int) -> Cell {
      Cell(Quantity.count(value), plain: String(value))
    }
  }

  /// Columns of a terminal that a table fits in.
  static let width = 100
  let columns: [Column]
  private(set) var rows: [[Cell]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row.
  ///
  /// - Precondition: one cell a column.
  mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "one cell a column")
    rows.append(row)
  }

  /// The table as lines, at most ``width`` columns wide, each ending in a newline.
  ///
  /// With more than `limit` rows the first `limit` are shown and a line says how many are not.
  func render(limit: Int? = nil, more: String = "--all", style: Style = .plain) -> String {
    let shown = limit.map { rows.count > $0 ? Array(rows.prefix($0)) : rows } ?? rows
    let widths = fittedWidths(shown)
    var text = line(columns.map(\.title), widths: widths) { style.dim($0) }
    for row in shown { text += line(row.map(\.text), widths: widths) { $0 } }
    if shown.count < rows.count {
      text += "... \(Quantity.count(rows.count - shown.count, "more row")): \(more)\n"
    }
    return text
  }

  /// The table as comma-separated values (RFC 4180, lines end in a newline), numbers unformatted.
  var csv: String {
    var text = ""
    for row in [columns.map(\.title)] + rows.map({ $0.map(\.plain) }) {
      text += row.map(Self.quoted).joined(separator: ",") + "\n"
    }
    return text
  }

  private static func quoted(_ cell: String) -> String {
    guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
    return "\""
      + cell.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  private func fittedWidths(_ shown: [[Cell]]) -> [Int] {
    var widths = columns.indices.map { column in
      max(columns[column].title.count, shown.map { $0[column].text.count }.max() ?? 0)
    }
    var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - Self.width
    while excess > 0 {
      // The widest flexible column gives way first, down to a readable minimum.
      let flexible = widths.indices.filter {
        columns[$0].isFlexible && widths[$0] > max(12, columns[$0].title.count)
      }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func line(_ cells: [String], widths: [Int], set: (String) -> String) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let fitted =
        cell.count > widths[column] ? cell.prefix(max(widths[column] - 2, 0)) + ".." : cell[...]
      let space = String(repeating: " ", count: max(widths[column] - fitted.count, 0))
      if column > 0 { text += "  " }
      text += columns[column].alignment == .left ? fitted + space : space + fitted
    }
    while text.last == " " { text.removeLast() }
    return set(text) + "\n"
  }
}

/// Lines with something at the right edge.
enum Columns {
  /// `left` and `right` at the two edges of ``Table/width`` columns, or two spaces apart.
  static func line(_ left: String, right: String) -> String {
    let space = max(2, Table.width - left.count - right.count)
    return left + String(repeating: " ", count: space) + right + "\n"
  }
}
