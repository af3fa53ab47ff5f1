import Documents

/// How wide text is, at most.
///
/// The reader's font is not known. The advances are those of DejaVu Sans (version 2.37, table `hmtx`),
/// the widest of the fonts that the style sheet asks for, so that what is laid out with them does not
/// overlap with a narrower one.
enum TextMetrics {
  /// Advances of the characters from space to tilde in thousandths of the font size.
  private static let regular: [Int] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
  ]

  /// Bold text is at most this much wider: the largest ratio of the two fonts' advances over those
  /// characters is 1.262.
  static let boldFactor = 1.262

  /// Height of a line of text in font sizes: from the tallest ascender to the lowest descender.
  static let lineHeight = 1.2

  /// Upper bound of the width of `text`, as ``Markup/escaped(_:)`` shows it, in the units of `size`.
  static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
    var thousandths = 0
    for scalar in Printable.text(text).unicodeScalars {
      thousandths += advance(of: scalar)
    }
    return Double(thousandths) * size / 1000 * (isBold ? boldFactor : 1)
  }

  private static func advance(of scalar: Unicode.Scalar) -> Int {
    let index = Int(scalar.value) - 0x20
    if regular.indices.contains(index) { return regular[index] }
    // Ideographs are one font size wide, pictographs up to a third more.
    return scalar.value < 0x1F000 ? 1000 : 1400
  }

  /// `text`, or its beginning and end around an ellipsis, at most `width` wide.
  static func fitted(_ text: String, width: Double, size: Double, isBold: Bool = false) -> String {
    let text = Printable.text(String(text.prefix(4000)))
    // What cannot fit by far is not measured to its end.
    let characters = Array(text.prefix(400))
    if characters.count < 400, Self.width(text, size: size, isBold: isBold) <= width {
      return text
    }
    // The end of a layer's name tells more than its middle.
    let tail = text.suffix(200)
    var kept = min(characters.count, 200)
    while kept > 0 {
      let front = (kept + 1) / 2
      let shortened =
        String(characters.prefix(front)) + "\u{2026}" + String(tail.suffix(kept - front))
      if Self.width(shortened, size: size, isBold: isBold) <= width { return shortened }
      kept -= 1
    }
    return "\u{2026}"
  }

  /// The box of a line of text whose baseline starts, is centred or ends at `place`.
  static func box(
    _ text: String, at place: Place, anchor: TextAnchor, size: Double, isBold: Bool = false
  ) -> Box {
    let width = width(text, size: size, isBold: isBold)
    let x =
      switch anchor {
      case .start: place.x
      case .middle: place.x - width / 2
      case .end: place.x - width
      }
    return Box(x: x, y: place.y - size * 0.95, width: width, height: size * lineHeight)
  }
}

/// Which part of a line of text stands at its place.
enum TextAnchor: String, Sendable { case start, middle, end }
