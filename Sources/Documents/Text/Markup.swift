/// Text made safe to stand in HTML, SVG and XML.
public enum Markup {
  /// `text` for people: as ``attribute(_:)``, with control characters and those that turn the direction
  /// of text written as `\u{..}`.
  public static func escaped(_ text: String) -> String { attribute(Printable.text(text)) }

  /// `text` with the characters that mean something to a parser written as references.
  ///
  /// Valid between tags and inside quoted attributes, where references keep line ends and tabs (XML
  /// 1.0, section 3.3.3); what XML 1.0 cannot hold (section 2.2) is U+FFFD.
  public static func attribute(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      case "\r": result += "&#13;"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
