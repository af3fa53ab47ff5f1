import Documents

/// Text made safe to stand in HTML and SVG.
enum Markup {
  /// `text` with the characters that mean something to a parser written as references.
  ///
  /// Valid between tags and inside quoted attributes. Control characters, which XML does not allow,
  /// and those that turn the direction of text are written as `\u{..}`, noncharacters as U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in Printable.text(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
