/// Sentences within the width of a terminal.
public enum Prose {
  /// Text whose lines are broken between words where they are wider than `width`.
  ///
  /// What follows is indented: behind a label that several spaces or a colon set off, else by two
  /// more than a line that is indented itself. A line with columns (several spaces at two places or more) is a table's and
  /// stays as it is. Sequences that colour words take no width.
  public static func fitted(_ text: String, width: Int) -> String {
    guard text.split(separator: "\n").contains(where: { columns($0) > width }) else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      columns(line) > width ? broken(line, width: width) : String(line)
    }.joined(separator: "\n")
  }

  /// Paragraphs of lines that begin at the margin and have no columns, each as one line.
  ///
  /// Headings, lists and examples keep their lines.
  public static func joined(_ text: String) -> String {
    var lines: [String] = []
    var isOpen = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isProse = line.first.map { $0 != " " } == true && gaps(line).isEmpty
      if isProse, isOpen {
        lines[lines.count - 1] += " " + line
      } else {
        lines.append(String(line))
      }
      isOpen = isProse && line.last != ":"
    }
    return lines.joined(separator: "\n")
  }

  /// Characters that a terminal shows.
  private static func columns(_ text: some StringProtocol) -> Int {
    guard text.utf8.contains(0x1B) else { return text.count }
    var count = 0
    var isHidden = false
    for character in text {
      if character == "\u{1B}" { isHidden = true }
      if !isHidden { count += 1 }
      if isHidden, character == "m" { isHidden = false }
    }
    return count
  }

  /// Where runs of several spaces end, behind the indentation, in columns.
  private static func gaps(_ line: some StringProtocol) -> [Int] {
    var found: [Int] = []
    var column = 0
    var spaces = 0
    var isInside = false
    for word in line.split(separator: " ", omittingEmptySubsequences: false) {
      if word.isEmpty {
        spaces += 1
        column += 1
        continue
      }
      if isInside, spaces > 0 { found.append(column) }
      isInside = true
      spaces = 0
      column += columns(word) + 1
    }
    return found
  }

  private static func broken(_ line: Substring, width: Int) -> String {
    let gaps = gaps(line)
    guard gaps.count < 2 else { return String(line) }
    let indentation = line.prefix { $0 == " " }.count
    let first = line.dropFirst(indentation).prefix { $0 != " " }
    var hanging = indentation == 0 ? 0 : indentation + 2
    if let gap = gaps.first, gap <= width / 2 {
      hanging = gap
    } else if gaps.isEmpty, first.last == ":", columns(first) <= 9 {
      hanging = indentation + columns(first) + 1
    }
    let margin = String(repeating: " ", count: hanging)
    var lines: [String] = []
    var open = String(repeating: " ", count: indentation)
    var used = indentation
    var spaces = 0
    let words = line.dropFirst(indentation)
      .split(separator: " ", omittingEmptySubsequences: false)
    for word in words {
      guard !word.isEmpty else {
        spaces += 1
        continue
      }
      let size = columns(word)
      if used > hanging, used + spaces + size > width {
        lines.append(open)
        (open, used) = (margin + word, hanging + size)
      } else {
        open += String(repeating: " ", count: spaces) + word
        used += spaces + size
      }
      spaces = 1
    }
    return (lines + [open]).joined(separator: "\n")
  }
}
