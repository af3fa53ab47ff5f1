import Documents

/// A report as Markdown with tables, for pull requests; figures become their tables.
public struct MarkdownPage: Sendable {
  public let content: ReportContent

  public init(content: ReportContent) { self.content = content }

  /// Rows of a table that are shown.
  private static let rowLimit = 60
  /// Tables with more rows than this are folded up.
  private static let foldLimit = 12

  public var text: String {
    var text = "# \(Self.escaped(content.title))\n\n"
    for section in content.sections { text += Self.section(section) }
    return text + "Written by hwsim \(ResultVersion.tool).\n"
  }

  private static func section(_ section: ReportSection) -> String {
    var text = section.heading.map { "## \(escaped($0))\n\n" } ?? ""
    if let verdict = section.verdict {
      text += "**\(escaped(verdict.word))**"
      text += verdict.detail.isEmpty ? "\n\n" : " \(escaped(verdict.detail))\n\n"
    }
    text += list(section.facts)
    for figure in section.figures {
      text += "### \(escaped(figure.title))\n\n"
      for note in figure.notes where !figure.tables.isEmpty && note.contains("not drawn") {
        text += "\(escaped(note))\n\n"
      }
      for table in figure.tables { text += Self.table(table) }
    }
    for table in section.tables { text += Self.table(table) }
    if let provenance = section.provenance {
      text += "### Provenance\n\n" + list(provenance.facts)
      for table in provenance.tables { text += Self.table(table) }
      for warning in provenance.warnings { text += "- warning: \(escaped(warning))\n" }
      if !provenance.warnings.isEmpty { text += "\n" }
    }
    return text
  }

  private static func list(_ facts: [(name: String, value: String)]) -> String {
    guard !facts.isEmpty else { return "" }
    return facts.map { "- \(escaped($0.name)): \(escaped($0.value))\n" }.joined() + "\n"
  }

  private static func table(_ captioned: CaptionedTable) -> String {
    let rows = captioned.table.rows
    guard !rows.isEmpty, !captioned.isForScreen else { return "" }
    let columns = captioned.table.columns
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var text = line(columns.map { escaped($0.title) })
    text += line(columns.map { $0.alignment == .right ? "---:" : "---" })
    for row in rows.prefix(rowLimit) { text += line(row.map { escaped($0.text) }) }
    if rows.count > rowLimit {
      text += "\n... \(Quantity.count(rows.count - rowLimit, "more row")) in the result file.\n"
    }
    let caption = escaped(captioned.caption)
    guard captioned.isFolded || rows.count > foldLimit else {
      return "**\(caption)**\n\n\(text)\n"
    }
    return "<details><summary>\(caption): \(Quantity.count(rows.count, "row"))</summary>\n\n"
      + "\(text)\n</details>\n\n"
  }

  /// `text` with what Markdown and the HTML in it would read as markup made plain.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in Printable.text(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "#":
        result += "\\"
        result.unicodeScalars.append(scalar)
      // A word that begins with @ would notify someone.
      case "@": result += "&#64;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
