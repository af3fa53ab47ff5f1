import Documents

/// A drawing with its title, what is to be said of it, and its numbers as tables.
public struct Figure: Sendable {
  /// What `--figure` calls it.
  public let name: String
  /// What it shows, with units.
  public let title: String
  /// How to read it and what was left out, in sentences.
  public let notes: [String]
  public let width: Double
  public let height: Double
  /// The inside of the SVG element.
  let body: String
  let tables: [CaptionedTable]

  /// Width of every drawing; text is 12 high in the same unit.
  static let width = 880.0

  init(
    name: String, title: String, notes: [String] = [], height: Double, canvas: SVGCanvas,
    tables: [CaptionedTable]
  ) {
    self.name = name
    self.title = title
    self.notes = notes
    width = Self.width
    self.height = height
    body = canvas.body
    self.tables = tables
  }

  /// The drawing for a page that has the style sheet.
  public var embedded: String {
    "<svg viewBox=\"0 0 \(size)\" width=\"\(SVGCanvas.number(width))\" "
      + "height=\"\(SVGCanvas.number(height))\" role=\"img\" "
      + "aria-label=\"\(Markup.escaped(title))\">\n\(body)</svg>\n"
  }

  /// The drawing as a file of its own, under its title and above its notes.
  public var document: String {
    var lines: [String] = []
    for note in notes { lines += Self.wrapped(note, width: width - 24, size: 11) }
    let top = 34.0
    let bottom = lines.isEmpty ? 6 : 14 + 16 * Double(lines.count)
    var frame = SVGCanvas()
    frame.text(
      TextMetrics.fitted(title, width: width - 24, size: 15, isBold: true), at: Place(12, 22),
      size: 15, "t b")
    for (index, line) in lines.enumerated() {
      frame.text(
        line, at: Place(12, top + height + 14 + 16 * Double(index)), size: 11, "s")
    }
    let (wide, tall) = (SVGCanvas.number(width), SVGCanvas.number(top + height + bottom))
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(wide) \(tall)" width="\(wide)" \
      height="\(tall)" role="img" aria-label="\(Markup.escaped(title))">
      <style>
      \(StyleSheet.drawing)</style>
      <rect class="paper" width="\(wide)" height="\(tall)"/>
      \(frame.body)<g transform="translate(0 \(SVGCanvas.number(top)))">
      \(body)</g>
      </svg>

      """
  }

  private var size: String { "\(SVGCanvas.number(width)) \(SVGCanvas.number(height))" }

  /// `text` in lines of at most `width`, broken at spaces.
  private static func wrapped(_ text: String, width: Double, size: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if TextMetrics.width(longer, size: size) <= width {
        line = longer
      } else {
        if !line.isEmpty { lines.append(line) }
        line = TextMetrics.fitted(String(word), width: width, size: size)
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

/// A table under its caption.
struct CaptionedTable: Sendable {
  let caption: String
  let table: Table
  /// Whether the page shows it folded up.
  var isFolded = false
  /// Whether it is for those who ask on a screen: neither paper nor Markdown has it.
  var isForScreen = false
}

extension Array {
  /// At most `limit` elements, evenly spaced, the first and last among them, and of those that
  /// `isKept` names the first few.
  func thinned(to limit: Int, keeping isKept: (Element) -> Bool = { _ in false }) -> [Element] {
    guard count > limit, limit > 1 else { return self }
    var chosen = Set((0..<limit).map { $0 * (count - 1) / (limit - 1) })
    var kept = 0
    for index in indices where kept < 4 && isKept(self[index]) {
      chosen.insert(index)
      kept += 1
    }
    return chosen.sorted().map { self[$0] }
  }
}
