/// Rows under titles, aligned in columns; also what `--csv` prints.
public struct Table: Sendable {
  public enum Alignment: Sendable { case left, right }

  public struct Column: Sendable {
    public let title: String
    public let alignment: Alignment
    /// Whether long cells may be cut to make the table fit.
    public let isFlexible: Bool

    public static func text(_ title: String, isFlexible: Bool = false) -> Column {
      Column(title: title, alignment: .left, isFlexible: isFlexible)
    }

    public static func number(_ title: String) -> Column {
      Column(title: title, alignment: .right, isFlexible: false)
    }
  }

  /// One value twice: as people read it and as programs do.
  public struct Cell: Sendable, ExpressibleByStringLiteral {
    public let text: String
    public let plain: String

    public init(_ text: String, plain: String? = nil) {
      self.text = text
      self.plain = plain ?? text
    }

    public init(stringLiteral value: String) { self.init(value) }

    /// A count: with thousands separators for people, without for programs.
    public static func count(_ value: Int) -> Cell {
      Cell(Quantity.count(value), plain: String(value))
    }
  }

  /// Columns of a terminal that a table fits in.
  public static let width = 100
  public let columns: [Column]
  public private(set) var rows: [[Cell]] = []

  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row.
  ///
  /// - Precondition: one cell a column.
  public mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "one cell a column")
    rows.append(row)
  }

  /// The table as lines, at most ``width`` columns wide, each ending in a newline.
  ///
  /// With more than `limit` rows the first `limit` are shown and a line says how many are not.
  public func render(limit: Int? = nil, more: String = "--all", style: Style = .plain) -> String {
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
  public var csv: String {
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

/// The first line of an answer: what was looked at, and how.
public enum Heading {
  /// Path and summary at the left, `right` at the right edge of ``Table/width`` columns; on two lines
  /// where one does not hold them.
  public static func line(_ path: String, _ summary: String, right: String) -> String {
    let length = path.count + 3 + summary.count + 2 + right.count
    if length > Table.width { return "\(path)\n" + edges(summary, right) }
    return edges("\(path)   \(summary)", right)
  }

  private static func edges(_ left: String, _ right: String) -> String {
    let space = max(2, Table.width - left.count - right.count)
    return left + String(repeating: " ", count: space) + right + "\n"
  }
}
