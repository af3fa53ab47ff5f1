extension JSON {
  /// The document as text, two spaces a level, ending in a newline.
  ///
  /// Integers are written as integers. Other numbers are the shortest decimals that read back as the
  /// same binary64 value; NaN and the infinities, which JSON lacks, are the strings `"NaN"`,
  /// `"Infinity"` and `"-Infinity"`. Arrays of plain values stay on one line.
  public var document: String {
    var text = ""
    write(to: &text, indent: 0)
    text += "\n"
    return text
  }

  /// The value on one line.
  public var compact: String {
    var text = ""
    writeLine(to: &text)
    return text
  }

  private var isPlain: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(to text: inout String, indent: Int) {
    let margin = String(repeating: " ", count: indent + 2)
    switch self {
    case .array(let elements) where !elements.allSatisfy(\.isPlain):
      text += "["
      for (index, element) in elements.enumerated() {
        text += index == 0 ? "\n" : ",\n"
        text += margin
        element.write(to: &text, indent: indent + 2)
      }
      text += "\n" + margin.dropLast(2) + "]"
    case .object(let members) where !members.isEmpty:
      text += "{"
      for (index, member) in members.enumerated() {
        text += index == 0 ? "\n" : ",\n"
        text += margin
        Self.writeString(member.key, to: &text)
        text += ": "
        member.value.write(to: &text, indent: indent + 2)
      }
      text += "\n" + margin.dropLast(2) + "}"
    default:
      writeLine(to: &text)
    }
  }

  private func writeLine(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += Self.number(value)
    case .string(let value): Self.writeString(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += ", " }
        element.writeLine(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += ", " }
        Self.writeString(member.key, to: &text)
        text += ": "
        member.value.writeLine(to: &text)
      }
      text += "}"
    }
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return value.description
  }

  private static func writeString(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
