/// A strict reader of the markup that reports are written in: every tag known, every attribute in
/// double quotes, every element closed in order, no bare `<`, `>` or `&` in text.
///
/// What a hostile name broke out of would show here as a tag, an attribute or a bare character.
struct MarkupReader {
  struct Element {
    let name: String
    let attributes: [String: String]
    /// Names of the open elements around it, outermost first.
    let path: [String]
    /// Number of the svg element that it is in, from 0; nil outside.
    let drawing: Int?
    /// How far the groups around it move it down.
    let shift: Double
    var text = ""

    func number(_ name: String) -> Double? { attributes[name].flatMap(Double.init) }
    var classes: [String] { (attributes["class"] ?? "").split(separator: " ").map(String.init) }
  }

  private(set) var elements: [Element] = []
  private(set) var problems: [String] = []

  private static let void: Set = ["meta"]
  private static let known: Set = [
    "html", "head", "body", "meta", "title", "style", "script", "main", "section", "h1", "h2", "h3",
    "p", "span", "dl", "dt", "dd", "ul", "li", "figure", "figcaption", "div", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "details", "summary", "svg", "g", "path", "line", "rect",
    "circle", "text",
  ]

  init(_ text: String) {
    var open: [Int] = []
    var drawings = 0
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "<") {
      note(rest[..<start], in: open)
      rest = rest[start...]
      if rest.hasPrefix("<!DOCTYPE html>") || rest.hasPrefix("<?xml") {
        rest = rest[rest.index(after: rest.firstIndex(of: ">") ?? rest.startIndex)...]
        continue
      }
      guard
        let tag = rest.prefixMatch(of: #/<(\/?)([a-z0-9]+)((?: [a-zA-Z0-9:-]+="[^"<>]*")*)(\/?)>/#)
      else {
        problems.append("no tag: \(rest.prefix(60))")
        return
      }
      rest = rest[tag.range.upperBound...]
      let name = String(tag.2)
      if !Self.known.contains(name) { problems.append("unknown element \(name)") }
      if !tag.1.isEmpty {
        guard let last = open.popLast(), elements[last].name == name else {
          problems.append("</\(name)> closes nothing")
          return
        }
        continue
      }
      var attributes: [String: String] = [:]
      for match in tag.3.matches(of: #/([a-zA-Z0-9:-]+)="([^"]*)"/#) {
        let value = String(match.2)
        check(value)
        attributes[String(match.1)] = value
      }
      if name == "svg" { drawings += 1 }
      let path = open.map { elements[$0].name }
      let own = attributes["transform"]?.wholeMatch(of: #/translate\(0 ([0-9.]+)\)/#)
      let shift = (open.last.map { elements[$0].shift } ?? 0) + (own.flatMap { Double($0.1) } ?? 0)
      elements.append(
        Element(
          name: name, attributes: attributes, path: path,
          drawing: name == "svg" || path.contains("svg") ? drawings - 1 : nil, shift: shift))
      if tag.4.isEmpty, !Self.void.contains(name) {
        open.append(elements.count - 1)
        // Raw text up to the end tag, as HTML reads it.
        if name == "script" || name == "style" && !path.contains("svg") {
          guard let end = rest.firstRange(of: "</\(name)") else {
            problems.append("\(name) is not closed")
            return
          }
          elements[elements.count - 1].text = String(rest[..<end.lowerBound])
          rest = rest[end.lowerBound...]
        }
      }
    }
    note(rest, in: open)
    if !open.isEmpty { problems.append("not closed: \(open.map { elements[$0].name })") }
  }

  private mutating func note(_ text: Substring, in open: [Int]) {
    check(String(text))
    if text.contains(">"), !(open.last.map { elements[$0].name == "style" } ?? false) {
      problems.append("bare '>': \(text.prefix(60))")
    }
    if let last = open.last { elements[last].text += text }
  }

  /// References are the only use of `&`, and no character is one that XML forbids or that turns text.
  private mutating func check(_ text: String) {
    for part in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
    where part.prefixMatch(of: #/(amp|lt|gt|quot|#39);/#) == nil {
      problems.append("bare '&': \(part.prefix(40))")
    }
    for scalar in text.unicodeScalars
    where (scalar.value < 0x20 && scalar != "\n") || (0x7F...0x9F).contains(scalar.value)
      || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      || scalar.value == 0xFFFE || scalar.value == 0xFFFF
    {
      problems.append("character \(scalar.value)")
    }
  }

  /// `text` with references as the characters they stand for.
  static func plain(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
      .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
  }

  // MARK: Drawings

  /// An upright rectangle of a line of text.
  struct TextBox {
    let text: String
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double

    func overlaps(_ other: TextBox) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }
  }

  /// Advances of DejaVu Sans 2.37 from space to tilde in thousandths (table `hmtx`).
  private static let advances: [Double] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
  ]

  /// The boxes of all lines of text of one drawing, with the ascent and descent of DejaVu Sans
  /// (0.928 and 0.236 of the size).
  func textBoxes(inDrawing drawing: Int) -> [TextBox] {
    elements.filter { $0.name == "text" && $0.drawing == drawing }.compactMap { element in
      guard let x = element.number("x"),
        let y = element.number("y").map({ $0 + element.shift }),
        let size = element.number("font-size")
      else { return nil }
      let text = Self.plain(element.text)
      var width = 0.0
      for scalar in text.unicodeScalars {
        let index = Int(scalar.value) - 32
        width += Self.advances.indices.contains(index) ? Self.advances[index] : 1000
      }
      width *= size / 1000
      let left =
        switch element.attributes["text-anchor"] {
        case "middle": x - width / 2
        case "end": x - width
        default: x
        }
      return TextBox(
        text: text, left: left, right: left + width, top: y - 0.928 * size,
        bottom: y + 0.236 * size)
    }
  }

  var drawingCount: Int { elements.count { $0.name == "svg" } }

  /// Pairs of lines of text that overlap, and lines that leave their drawing.
  func layoutProblems() -> [String] {
    var found: [String] = []
    for drawing in 0..<drawingCount {
      let boxes = textBoxes(inDrawing: drawing)
      guard let svg = elements.first(where: { $0.name == "svg" && $0.drawing == drawing }),
        let view = svg.attributes["viewBox"]?.split(separator: " ").compactMap({ Double($0) }),
        view.count == 4
      else {
        found.append("drawing \(drawing) has no viewBox")
        continue
      }
      for (index, box) in boxes.enumerated() {
        if box.left < -0.5 || box.right > view[2] + 0.5 || box.top < -0.5
          || box.bottom > view[3] + 0.5
        {
          found.append("drawing \(drawing): '\(box.text)' leaves it")
        }
        for other in boxes[(index + 1)...] where box.overlaps(other) {
          found.append("drawing \(drawing): '\(box.text)' overlaps '\(other.text)'")
        }
      }
    }
    return found
  }
}
