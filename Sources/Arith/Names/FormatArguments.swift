/// The parameters between the angle brackets of a format name: positional ones, then `key=value`.
struct FormatArguments {
  /// The whole name, for messages.
  let text: String
  private let positional: [String]
  private let named: [String: String]

  /// Splits `inner` at the commas that are not inside nested brackets.
  init(text: String, inner: Substring?) throws(FormatError) {
    self.text = text
    var positional: [String] = []
    var named: [String: String] = [:]
    for part in Self.split(inner ?? "") {
      if let sign = part.firstIndex(of: "="), !part[..<sign].contains("<") {
        let key = part[..<sign].lowercased()
        guard named.updateValue(String(part[part.index(after: sign)...]), forKey: key) == nil else {
          throw .unreadable(text, reason: "parameter '\(key)' is given twice")
        }
      } else {
        guard named.isEmpty else {
          throw .unreadable(text, reason: "'\(part)' must come before the named parameters")
        }
        positional.append(String(part))
      }
    }
    self.positional = positional
    self.named = named
  }

  private static func split(_ inner: Substring) -> [Substring] {
    if inner.isEmpty { return [] }
    var parts: [Substring] = []
    var depth = 0
    var start = inner.startIndex
    for index in inner.indices {
      switch inner[index] {
      case "<": depth += 1
      case ">": depth -= 1
      case "," where depth == 0:
        parts.append(inner[start..<index])
        start = inner.index(after: index)
      default: break
      }
    }
    parts.append(inner[start...])
    return parts
  }

  /// Checks the number of positional parameters and the names of the others.
  func expect(_ counts: ClosedRange<Int>, keys: [String] = []) throws(FormatError) {
    guard counts.contains(positional.count) else {
      let wanted =
        counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
      throw .unreadable(text, reason: "expected \(wanted) parameters, found \(positional.count)")
    }
    if let stray = named.keys.sorted().first(where: { !keys.contains($0) }) {
      throw .unreadable(text, reason: "unknown parameter '\(stray)'")
    }
  }

  var count: Int { positional.count }

  func string(_ index: Int) -> String { positional[index] }

  func integer(_ index: Int, _ what: String) throws(FormatError) -> Int {
    guard let value = Int(positional[index]) else {
      throw .unreadable(text, reason: "\(what) '\(positional[index])' is not an integer")
    }
    return value
  }

  /// The positional parameter or a default where it is left out.
  func integer(_ index: Int, _ what: String, default fallback: Int) throws(FormatError) -> Int {
    index < positional.count ? try integer(index, what) : fallback
  }

  func number(_ index: Int, _ what: String) throws(FormatError) -> Double {
    guard let value = Double(positional[index]), value.isFinite else {
      throw .unreadable(text, reason: "\(what) '\(positional[index])' is not a finite number")
    }
    return value
  }

  func word(_ key: String) -> String? { named[key] }

  func integer(key: String) throws(FormatError) -> Int? {
    guard let word = named[key] else { return nil }
    guard let value = Int(word) else {
      throw .unreadable(text, reason: "\(key) '\(word)' is not an integer")
    }
    return value
  }

  func number(key: String) throws(FormatError) -> Double? {
    guard let word = named[key] else { return nil }
    guard let value = Double(word), value.isFinite else {
      throw .unreadable(text, reason: "\(key) '\(word)' is not a finite number")
    }
    return value
  }

  func flag(key: String) throws(FormatError) -> Bool? {
    guard let word = named[key] else { return nil }
    switch word.lowercased() {
    case "yes", "true", "1": return true
    case "no", "false", "0": return false
    default: throw .unreadable(text, reason: "\(key) '\(word)' is neither yes nor no")
    }
  }

  func flag(_ index: Int, _ what: String) throws(FormatError) -> Bool {
    switch positional[index].lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default:
      throw .unreadable(text, reason: "\(what) '\(positional[index])' is neither true nor false")
    }
  }
}
