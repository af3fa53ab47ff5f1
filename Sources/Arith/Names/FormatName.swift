/// A text that names no format.
public struct FormatNameError: Error, Hashable, Sendable {
  /// The name as given.
  public let text: String
  /// What is wrong: an unknown word, or a parameter of a known family.
  public let cause: FormatError
  /// The form of the family that the text seems to mean; nil if it resembles none.
  public let grammar: String?
  /// The nearest valid name.
  public let nearest: String
}

extension Encoding {
  /// Reads any format name of the field; ``FormatFamily/all`` lists the grammar.
  ///
  /// Words are read without regard to case; modes of fixed-point types are upper case.
  ///
  /// - Throws: ``FormatNameError`` with the grammar and the nearest valid name.
  public init(name: some StringProtocol) throws(FormatNameError) {
    let text = String(name.filter { !$0.isWhitespace })
    do {
      self = try Self.parse(text)
    } catch {
      throw FormatNameError(
        text: String(name), cause: error, grammar: FormatFamily.resembling(text)?.grammar,
        nearest: FormatFamily.nearestName(to: text))
    }
  }

  /// The format of `text`, which has no spaces.
  static func parse(_ text: String) throws(FormatError) -> Encoding {
    // Nested names recurse; real ones are short.
    guard text.utf8.count <= 1 << 20, depth(of: text) <= 4 else {
      throw .unreadable(String(text.prefix(40)), reason: "the name is too long or too deep")
    }
    let (word, inner) = try parts(of: text)
    if inner == nil {
      if let row = FloatFormat.named.first(where: { $0.name == word || $0.aliases.contains(word) })
      {
        return .float(row.format)
      }
      if let encoding = try shorthand(word, text: text) { return encoding }
    }
    guard let family = FormatFamily.all.first(where: { $0.words.contains(word) }) else {
      throw .unreadable(text, reason: "unknown format '\(word)'")
    }
    return try family.parse(try FormatArguments(text: text, inner: inner), word)
  }

  private static func depth(of text: String) -> Int {
    var depth = 0
    var deepest = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "<") { depth += 1 }
      if byte == UInt8(ascii: ">") { depth -= 1 }
      deepest = max(deepest, depth)
    }
    return deepest
  }

  private static func parts(
    of text: String
  ) throws(FormatError) -> (word: String, inner: Substring?) {
    guard let open = text.firstIndex(of: "<") else { return (text.lowercased(), nil) }
    guard text.last == ">" else {
      throw .unreadable(text, reason: "expected NAME<...> with a closing bracket")
    }
    return (
      text[..<open].lowercased(),
      text[text.index(after: open)..<text.index(before: text.endIndex)]
    )
  }

  /// Names without brackets that carry numbers: int8, Q3.4, e3m2b3-fn, p3109_k8p4se.
  private static func shorthand(_ word: String, text: String) throws(FormatError) -> Encoding? {
    if word == "bool" { return try .parse("uint<1>") }
    for prefix in ["uint", "int"] where word.hasPrefix(prefix) {
      guard let width = Int(word.dropFirst(prefix.count)) else { continue }
      return .fixed(
        try FixedPointFormat(
          width: width, integerBits: width, isSigned: prefix == "int", dialect: .plain))
    }
    if let encoding = try qNotation(word) { return encoding }
    if let encoding = try p3109(word) { return encoding }
    return try floatWord(word).map { .float($0) }
  }

  private static func qNotation(_ word: String) throws(FormatError) -> Encoding? {
    let isSigned = word.hasPrefix("q")
    guard isSigned || word.hasPrefix("uq") else { return nil }
    let digits = word.dropFirst(isSigned ? 1 : 2)
      .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = digits.compactMap { Int($0) }
    guard numbers.count == digits.count, let fraction = numbers.last else { return nil }
    let integer = (numbers.count == 2 ? numbers[0] : 0)
    guard (0...256).contains(fraction), (0...256).contains(integer) else {
      throw .widthOutOfRange(
        integer.addingReportingOverflow(fraction).partialValue,
        allowed: 1...FixedPointFormat.maximumWidth)
    }
    let sign = isSigned ? 1 : 0
    return .fixed(
      try FixedPointFormat(
        width: integer + fraction + sign, integerBits: integer + sign, isSigned: isSigned,
        dialect: .plain))
  }

  private static func p3109(_ word: String) throws(FormatError) -> Encoding? {
    guard word.hasPrefix("p3109_k"), word.utf8.count >= 11 else { return nil }
    let numbers = word.dropFirst(7).dropLast(2).split(
      separator: "p", maxSplits: 1, omittingEmptySubsequences: false)
    guard numbers.count == 2, let width = Int(numbers[0]), let precision = Int(numbers[1]),
      let domain = word.last, domain == "e" || domain == "f",
      let sign = word.dropLast().last, sign == "s" || sign == "u"
    else { return nil }
    return .float(
      try FloatFormat.p3109(
        width: width, precision: precision, isSigned: sign == "s", extended: domain == "e"))
  }

  /// `[u]e<E>m<M>[b<B>][-kind][-nosub]`; the kind may also follow `_` or nothing, as in `e4m3fnuz`.
  private static func floatWord(_ word: String) throws(FormatError) -> FloatFormat? {
    var rest = Substring(word)
    let isSigned = !rest.hasPrefix("u")
    if !isSigned { rest = rest.dropFirst() }
    func number(after letter: Character) -> Int? {
      guard rest.first == letter else { return nil }
      let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard let value = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count + 1)
      return value
    }
    guard let exponentBits = number(after: "e"), let mantissaBits = number(after: "m") else {
      return nil
    }
    let bias = number(after: "b")
    var hasSubnormals = true
    for suffix in ["-nosub", "_nosub"] where rest.hasSuffix(suffix) {
      hasSubnormals = false
      rest = rest.dropLast(suffix.count)
    }
    if rest.first == "-" || rest.first == "_" { rest = rest.dropFirst() }
    var specials = FloatFormat.Specials.ieee
    if !rest.isEmpty {
      guard let kind = FloatFormat.Specials(rawValue: String(rest)) else {
        throw .unreadable(word, reason: "'\(rest)' is no kind of special values")
      }
      specials = kind
    }
    return try FloatFormat(
      exponentBits: exponentBits, mantissaBits: mantissaBits, bias: bias, specials: specials,
      hasSubnormals: hasSubnormals, isSigned: isSigned)
  }
}

extension FormatFamily {
  /// The family whose words `text` starts with or nearly does.
  static func resembling(_ text: String) -> FormatFamily? {
    let word = text.prefix { $0 != "<" }.lowercased()
    if let exact = all.first(where: { $0.words.contains(word) }) { return exact }
    let nearest = nearestName(to: text)
    return all.first { $0.examples.contains(nearest) }
  }

  /// The valid name with the fewest edits from `text`; the earlier one among equals.
  static func nearestName(to text: String) -> String {
    let wanted = Array(text.lowercased().utf8.prefix(64))
    var best = (name: "float32", distance: Int.max)
    for name in all.flatMap(\.examples) {
      let distance = editDistance(wanted, Array(name.lowercased().utf8))
      if distance < best.distance { best = (name, distance) }
    }
    return best.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
  /// string alignment).
  static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
        if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
