import Documents
import FoundationEssentials

/// A report as one HTML file that needs nothing else.
///
/// The page's own policy forbids every connection and every script but the one that sorts tables,
/// named by its hash; without scripts the page reads the same.
public struct HTMLPage: Sendable {
  public let content: ReportContent

  public init(content: ReportContent) { self.content = content }

  /// Rows of a table that are shown; the result file has all.
  private static let rowLimit = 500
  /// Tables with more rows than this are folded up.
  private static let foldLimit = 24

  /// Sorts a table by the column whose title is chosen.
  private static let script = """
    for(const table of document.querySelectorAll("table.sortable")){
    const heads=[...table.tHead.rows[0].cells];
    heads.forEach((head,column)=>{head.tabIndex=0;
    const sort=()=>{const up=head.getAttribute("aria-sort")!=="ascending";
    for(const other of heads)other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort",up?"ascending":"descending");
    const key=row=>{const cell=row.cells[column];
    return cell.dataset.v===undefined?cell.textContent:cell.dataset.v};
    const rows=[...table.tBodies[0].rows];
    rows.sort((a,b)=>{const p=key(a),q=key(b),m=parseFloat(p),n=parseFloat(q);
    const order=isNaN(m)||isNaN(n)?p.localeCompare(q):m-n;return up?order:-order});
    table.tBodies[0].append(...rows)};
    head.addEventListener("click",sort);
    head.addEventListener("keydown",event=>{if(event.key==="Enter")sort()})})}

    """

  public var text: String {
    let style = "\n" + StyleSheet.drawing + StyleSheet.page
    let script = "\n" + Self.script
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'sha256-\(Self.hash(style))'; script-src 'sha256-\(Self.hash(script))'; \
      base-uri 'none'; form-action 'none'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="hwsim \(ResultVersion.tool)">
      <title>\(Markup.escaped(content.title))</title>
      <style>\(style)</style>
      </head>
      <body>
      <main>
      <h1>\(Markup.escaped(content.title))</h1>
      <p class="soft">Written by hwsim \(ResultVersion.tool).</p>

      """
    for section in content.sections { text += Self.section(section) }
    text += "</main>\n<script>\(script)</script>\n</body>\n</html>\n"
    return text
  }

  /// The same for a page of others, such as a notebook's cell: an element whose styles hold inside it
  /// alone (CSS nesting), without a script.
  public var fragment: String {
    let rules = (StyleSheet.drawing + StyleSheet.page)
      .replacing(":root{", with: "&{").replacing("body{", with: "&{")
      .replacing("main{", with: ".main{")
    var text = "<div class=\"hwsim-report\">\n<style>\n.hwsim-report{\n\(rules)}\n</style>\n"
    text += "<div class=\"main\">\n<h1>\(Markup.escaped(content.title))</h1>\n"
    for section in content.sections { text += Self.section(section) }
    return text + "</div>\n</div>\n"
  }

  private static func hash(_ text: String) -> String {
    Data(SHA256.hash(text.utf8)).base64EncodedString()
  }

  private static func section(_ section: ReportSection) -> String {
    var text = "<section>\n"
    if let heading = section.heading { text += "<h2>\(Markup.escaped(heading))</h2>\n" }
    if let verdict = section.verdict {
      let detail = verdict.detail.isEmpty ? "" : " <span>\(Markup.escaped(verdict.detail))</span>"
      let tone = verdict.tone == .plain ? "" : " \(verdict.tone.rawValue)"
      text +=
        "<p class=\"verdict\(tone)\">\(Markup.escaped(verdict.word))\(detail)</p>\n"
    }
    text += list(section.facts)
    for figure in section.figures { text += Self.figure(figure) }
    for table in section.tables { text += Self.table(table) }
    if let provenance = section.provenance { text += Self.provenance(provenance) }
    return text + "</section>\n"
  }

  private static func list(_ facts: [(name: String, value: String)]) -> String {
    guard !facts.isEmpty else { return "" }
    let rows = facts.map {
      "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>\n"
    }
    return "<dl>\n\(rows.joined())</dl>\n"
  }

  private static func figure(_ figure: Figure) -> String {
    var text = "<h3>\(Markup.escaped(figure.title))</h3>\n<figure>\n\(figure.embedded)"
    if !figure.notes.isEmpty {
      text += "<figcaption>\(Markup.escaped(figure.notes.joined(separator: " ")))</figcaption>\n"
    }
    text += "</figure>\n"
    for table in figure.tables { text += Self.table(table) }
    return text
  }

  private static func provenance(_ provenance: Provenance) -> String {
    var text = "<h3>Provenance</h3>\n" + list(provenance.facts)
    for table in provenance.tables { text += Self.table(table) }
    if !provenance.warnings.isEmpty {
      text += "<p>Warnings:</p>\n<ul>\n"
      for warning in provenance.warnings { text += "<li>\(Markup.escaped(warning))</li>\n" }
      text += "</ul>\n"
    }
    return text
  }

  /// Numbers stand at the right; long text breaks anywhere, shorter text (digests, paths) on paper
  /// alone, short text nowhere.
  private static func style(of cell: Table.Cell, in column: Table.Column) -> String {
    if cell.text.utf8.count > 70 { return " class=\"w\"" }
    if column.alignment == .right { return " class=\"n\"" }
    return cell.text.utf8.count > 24 ? " class=\"l\"" : ""
  }

  private static func table(_ captioned: CaptionedTable) -> String {
    let rows = captioned.table.rows
    guard !rows.isEmpty else { return "" }
    let columns = captioned.table.columns
    var text = "<div class=\"table\"><table class=\"sortable\">\n"
    text += "<caption>\(Markup.escaped(captioned.caption))</caption>\n<thead><tr>"
    for column in columns {
      let style = style(of: .init(column.title), in: column)
      text += "<th scope=\"col\"\(style)>\(Markup.escaped(column.title))</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in rows.prefix(rowLimit) {
      text += "<tr>"
      for (column, cell) in zip(columns, row) {
        text += "<td" + style(of: cell, in: column)
        if cell.plain != cell.text { text += " data-v=\"\(Markup.escaped(cell.plain))\"" }
        text += ">\(Markup.escaped(cell.text))</td>"
      }
      text += "</tr>\n"
    }
    text += "</tbody>\n</table></div>\n"
    if rows.count > rowLimit {
      text +=
        "<p class=\"soft\">\(Quantity.count(rows.count - rowLimit, "more row")) in the result "
        + "file.</p>\n"
    }
    guard captioned.isFolded || rows.count > foldLimit else { return text }
    let kind = captioned.isForScreen ? " class=\"screen\"" : ""
    return "<details\(kind)><summary>\(Markup.escaped(captioned.caption)): "
      + "\(Quantity.count(rows.count, "row"))</summary>\n\(text)</details>\n"
  }
}
