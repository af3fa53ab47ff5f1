import Documents

/// The inside of an SVG drawing, element after element.
///
/// What is drawn has classes and no colours: ``StyleSheet`` colours it for light, dark and paper.
struct SVGCanvas: Sendable {
  private(set) var body = ""

  /// Names what the following elements show, for readers of the source and for tests.
  mutating func open(_ name: StaticString) { body += "<g class=\"\(name)\">\n" }

  mutating func close() { body += "</g>\n" }

  mutating func line(_ from: Place, _ to: Place, _ style: String) {
    body +=
      "<line class=\"\(style)\" x1=\"\(Self.number(from.x))\" y1=\"\(Self.number(from.y))\" "
      + "x2=\"\(Self.number(to.x))\" y2=\"\(Self.number(to.y))\"/>\n"
  }

  mutating func rectangle(_ box: Box, _ style: String, title: String? = nil) {
    body +=
      "<rect class=\"\(style)\" x=\"\(Self.number(box.x))\" y=\"\(Self.number(box.y))\" "
      + "width=\"\(Self.number(box.width))\" height=\"\(Self.number(box.height))\""
    end("rect", title)
  }

  /// A line through `places`, closed to an area if asked.
  mutating func path(_ places: [Place], _ style: String, isClosed: Bool = false) {
    guard let first = places.first else { return }
    body += "<path class=\"\(style)\" d=\"M\(Self.number(first.x)) \(Self.number(first.y))"
    for place in places.dropFirst() {
      body += "L\(Self.number(place.x)) \(Self.number(place.y))"
    }
    body += (isClosed ? "Z" : "") + "\"/>\n"
  }

  /// Many small dots of one style, as one element.
  mutating func dots(_ places: [Place], _ style: String) {
    guard !places.isEmpty else { return }
    // A line of no length with round ends is a dot.
    let data = places.map { "M\(Self.number($0.x)) \(Self.number($0.y))h0" }.joined()
    body += "<path class=\"\(style)\" d=\"\(data)\"/>\n"
  }

  mutating func marker(_ shape: MarkerShape, at place: Place, _ style: String, title: String? = nil)
  {
    body += "<path class=\"\(style)\" d=\"\(shape.path(at: place))\""
    end("path", title)
  }

  /// A circle that sets a mark off.
  mutating func ring(at place: Place, radius: Double, _ style: String) {
    body +=
      "<circle class=\"\(style)\" cx=\"\(Self.number(place.x))\" cy=\"\(Self.number(place.y))\" "
      + "r=\"\(Self.number(radius))\"/>\n"
  }

  /// One line of text; `size` in the units of the drawing.
  mutating func text(
    _ text: String, at place: Place, anchor: TextAnchor = .start, size: Double = 12,
    _ style: String = "t"
  ) {
    body +=
      "<text class=\"\(style)\" x=\"\(Self.number(place.x))\" y=\"\(Self.number(place.y))\" "
      + "font-size=\"\(Self.number(size))\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    body += ">\(Markup.escaped(text))</text>\n"
  }

  private mutating func end(_ element: String, _ title: String?) {
    if let title {
      body += "><title>\(Markup.escaped(title))</title></\(element)>\n"
    } else {
      body += "/>\n"
    }
  }

  /// A coordinate with at most two decimals, never in powers of ten.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = Int((min(max(value, -1e9), 1e9) * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    var text = hundredths < 0 ? "-\(whole)" : "\(whole)"
    if rest > 0 {
      text += rest < 10 ? ".0\(rest)" : ".\(rest)"
      if text.hasSuffix("0") { text.removeLast() }
    }
    return text
  }
}

/// Marks of points that differ in form, so that colour is not needed to tell them apart.
enum MarkerShape: CaseIterable, Sendable {
  case circle, square, triangle, diamond, cross, plus, invertedTriangle, star

  /// Half of the largest extent, with the line around it.
  static let reach = 6.0

  /// Whether the mark is lines only and has no area to fill.
  var isOpen: Bool { self == .cross || self == .plus || self == .star }

  func path(at place: Place) -> String {
    func at(_ dx: Double, _ dy: Double) -> String {
      "\(SVGCanvas.number(place.x + dx)) \(SVGCanvas.number(place.y + dy))"
    }
    switch self {
    case .circle:
      return "M\(at(-4.5, 0))a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z"
    case .square: return "M\(at(-4, -4))h8v8h-8Z"
    case .triangle: return "M\(at(0, -5))L\(at(5, 4))L\(at(-5, 4))Z"
    case .invertedTriangle: return "M\(at(0, 5))L\(at(5, -4))L\(at(-5, -4))Z"
    case .diamond: return "M\(at(0, -5.5))L\(at(5.5, 0))L\(at(0, 5.5))L\(at(-5.5, 0))Z"
    case .cross: return "M\(at(-4, -4))l8 8M\(at(-4, 4))l8 -8"
    case .plus: return "M\(at(-5, 0))h10M\(at(0, -5))v10"
    case .star: return "M\(at(-5, 0))h10M\(at(-2.5, -4.3))l5 8.6M\(at(-2.5, 4.3))l5 -8.6"
    }
  }
}
