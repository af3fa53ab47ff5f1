/// Rows under titles, aligned in columns; also what `--csv` prints.
public struct Table: Sendable {
  public enum Alignment: Sendable { case left, right }

  public struct Column: Sendable {
    public let title: String
    /// What the column is called in comma-separated values.
    public let name: String
    public let alignment: Alignment
    /// Whether long cells may be cut to make the table fit.
    public let isFlexible: Bool
    /// Where lines are too short for all columns, those of the smallest number go first; nil for a
    /// column that stays.
    public let leaves: Int?

    public static func text(
      _ title: String, named name: String? = nil, isFlexible: Bool = false, leaves: Int? = nil
    ) -> Column {
      Column(
        title: title, name: name ?? title, alignment: .left, isFlexible: isFlexible,
        leaves: leaves)
    }

    public static func number(
      _ title: String, named name: String? = nil, leaves: Int? = nil
    ) -> Column {
      Column(
        title: title, name: name ?? title, alignment: .right, isFlexible: false, leaves: leaves)
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

  /// The table as lines, each ending in a newline, where it can be within the width of the style:
  /// long cells are cut first, then columns that may leave do.
  ///
  /// With more than `limit` rows the first `limit` are shown and a line says how many are not; so does
  /// one that names the columns that left.
  public func render(limit: Int? = nil, more: String = "--all", style: Style = .plain) -> String {
    let shown = limit.map { rows.count > $0 ? Array(rows.prefix($0)) : rows } ?? rows
    let widths = fittedWidths(shown, width: style.width)
    var text = line(columns.map(\.title), widths: widths) { style.dim($0) }
    for row in shown { text += line(row.map(\.text), widths: widths) { $0 } }
    if shown.count < rows.count {
      text += "... \(Quantity.count(rows.count - shown.count, "more row")): \(more)\n"
    }
    let left = columns.indices.filter { widths[$0] == nil }.map { columns[$0].title }
    if !left.isEmpty {
      text += style.dim("no room for \(left.joined(separator: ", ")): --csv") + "\n"
    }
    return text
  }

  /// The table as comma-separated values (RFC 4180, lines end in a newline), numbers unformatted.
  public var csv: String {
    var text = ""
    for row in [columns.map(\.name)] + rows.map({ $0.map(\.plain) }) {
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

  /// The width of each column; nil for those that leave.
  private func fittedWidths(_ shown: [[Cell]], width: Int) -> [Int?] {
    var widths: [Int?] = columns.indices.map { column in
      max(columns[column].title.count, shown.map { $0[column].text.count }.max() ?? 0)
    }
    var excess = widths.reduce(0) { $0 + ($1 ?? 0) } + 2 * (widths.count - 1) - width
    while excess > 0 {
      // The widest flexible column gives way first, down to a readable minimum.
      let flexible = widths.indices.filter {
        columns[$0].isFlexible && widths[$0] ?? 0 > max(12, columns[$0].title.count)
      }
      if let widest = flexible.max(by: { widths[$0] ?? 0 < widths[$1] ?? 0 }) {
        widths[widest]? -= 1
        excess -= 1
        continue
      }
      let leaving = widths.indices.filter { widths[$0] != nil && columns[$0].leaves != nil }
      guard let first = leaving.min(by: { columns[$0].leaves ?? 0 < columns[$1].leaves ?? 0 })
      else { break }
      excess -= (widths[first] ?? 0) + 2
      widths[first] = nil
    }
    // What columns left beyond need is the cut ones' again.
    while excess < 0 {
      let cut = widths.indices.filter { column in
        widths[column].map { width in shown.contains { $0[column].text.count > width } } ?? false
      }
      guard let narrowest = cut.min(by: { widths[$0] ?? 0 < widths[$1] ?? 0 }) else { break }
      widths[narrowest]? += 1
      excess += 1
    }
    return widths
  }

  private func line(_ cells: [String], widths: [Int?], set: (String) -> String) -> String {
    var parts: [String] = []
    for (column, cell) in cells.enumerated() {
      guard let width = widths[column] else { continue }
      let fitted = cell.count > width ? cell.prefix(max(width - 2, 0)) + ".." : cell[...]
      let space = String(repeating: " ", count: max(width - fitted.count, 0))
      parts.append(columns[column].alignment == .left ? fitted + space : space + fitted)
    }
    var text = parts.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return set(text) + "\n"
  }
}

/// The first line of an answer: what was looked at, and how.
public enum Heading {
  /// Path and summary at the left, `right` at the right edge; on two lines where one does not hold
  /// them, on three where two do not.
  public static func line(
    _ path: String, _ summary: String, right: String, style: Style
  ) -> String {
    let length = path.count + 3 + summary.count + 2 + right.count
    if length <= style.width { return edges("\(path)   \(summary)", right, style.width) }
    if summary.count + 2 + right.count > style.width { return "\(path)\n\(summary)\n\(right)\n" }
    return "\(path)\n" + edges(summary, right, style.width)
  }

  private static func edges(_ left: String, _ right: String, _ width: Int) -> String {
    guard !right.isEmpty else { return left + "\n" }
    let space = max(2, width - left.count - right.count)
    return left + String(repeating: " ", count: space) + right + "\n"
  }
}
