/// A pattern of module names, as blocks of quantization have them.
struct NamePattern: Sendable {
  private enum Rule: Sendable {
    case exact(String)
    case part(String)
    case glob([UInt8])
    case expression(RegularExpression)
  }

  private let rule: Rule

  /// The whole name.
  static func exact(_ text: String) -> NamePattern { NamePattern(rule: .exact(text)) }

  /// A part of the name.
  static func part(_ text: String) -> NamePattern { NamePattern(rule: .part(text)) }

  /// `*` stands for any text and `?` for one character (Python's fnmatch).
  static func glob(_ text: String) -> NamePattern { NamePattern(rule: .glob(Array(text.utf8))) }

  /// A regular expression, matched from the start of the name.
  static func expression(_ text: String) throws(TransformerError) -> NamePattern {
    NamePattern(rule: .expression(try RegularExpression(text)))
  }

  func matches(_ name: String) -> Bool {
    switch rule {
    case .exact(let text): return name == text
    case .part(let text): return Self.contains(name, text)
    case .glob(let pattern): return Self.glob(pattern, Array(name.utf8))
    case .expression(let expression): return expression.matchesStart(of: name)
    }
  }

  private static func contains(_ name: String, _ text: String) -> Bool {
    let (whole, part) = (Array(name.utf8), Array(text.utf8))
    guard !part.isEmpty, part.count <= whole.count else { return part.isEmpty }
    return (0...whole.count - part.count).contains { whole[$0...].starts(with: part) }
  }

  /// Linear in the product of the lengths: a star is taken back once.
  private static func glob(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (p, n) = (0, 0)
    var (star, mark) = (-1, 0)
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        (star, mark) = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if star >= 0 {
        mark += 1
        (p, n) = (star + 1, mark)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// A regular expression without back references and look-around: a set of states is moved over the
/// name, so that no pattern takes more than the product of both lengths.
struct RegularExpression: Sendable {
  private enum Step: Sendable {
    case byte(UInt8)
    case any
    case oneOf(Set<UInt8>, negated: Bool)
    case start, end
    /// Goes on at both places.
    case fork(Int, Int)
    case jump(Int)
    case match
  }

  private var program: [Step] = []
  private let source: String

  private static let maximumSteps = 4096

  /// - Throws: ``TransformerError/quantization(_:key:)`` for what is not understood.
  init(_ pattern: String) throws(TransformerError) {
    source = pattern
    var reader = Reader(bytes: Array(pattern.utf8))
    let tree = try Self.alternatives(&reader, pattern, depth: 0)
    guard reader.position == reader.bytes.count else {
      throw Self.fault(pattern, "a ')' without '('")
    }
    try emit(tree)
    program.append(.match)
  }

  private indirect enum Tree {
    case step(Step)
    case sequence([Tree])
    case either(Tree, Tree)
    case repeated(Tree, Int, Int?)
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func takes(_ character: Unicode.Scalar) -> Bool {
      guard next == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }
  }

  private static func fault(_ pattern: String, _ problem: String) -> TransformerError {
    .quantization("pattern '\(pattern.prefix(80))': \(problem)", key: "ignore")
  }

  private static func alternatives(
    _ reader: inout Reader, _ pattern: String, depth: Int
  ) throws(TransformerError) -> Tree {
    guard depth < 32 else { throw fault(pattern, "it nests too deep") }
    var tree = try sequence(&reader, pattern, depth: depth)
    while reader.takes("|") {
      tree = .either(tree, try sequence(&reader, pattern, depth: depth))
    }
    return tree
  }

  private static func sequence(
    _ reader: inout Reader, _ pattern: String, depth: Int
  ) throws(TransformerError) -> Tree {
    var parts: [Tree] = []
    while let byte = reader.next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      var part = try atom(&reader, pattern, depth: depth)
      repeating: while true {
        if reader.takes("*") {
          part = .repeated(part, 0, nil)
        } else if reader.takes("+") {
          part = .repeated(part, 1, nil)
        } else if reader.takes("?") {
          part = .repeated(part, 0, 1)
        } else if reader.takes("{") {
          part = try counted(part, &reader, pattern)
        } else {
          break repeating
        }
        // A lazy quantifier matches the same names.
        _ = reader.takes("?")
      }
      parts.append(part)
    }
    return .sequence(parts)
  }

  private static func counted(
    _ part: Tree, _ reader: inout Reader, _ pattern: String
  ) throws(TransformerError) -> Tree {
    var text = ""
    while let byte = reader.next, byte != UInt8(ascii: "}"), text.utf8.count < 12 {
      text.unicodeScalars.append(Unicode.Scalar(byte))
      reader.position += 1
    }
    let bounds = text.split(separator: ",", omittingEmptySubsequences: false)
    guard reader.takes("}"), (1...2).contains(bounds.count), let low = Int(bounds[0]),
      (0...64).contains(low)
    else { throw fault(pattern, "a count in braces is not understood") }
    if bounds.count == 1 { return .repeated(part, low, low) }
    if bounds[1].isEmpty { return .repeated(part, low, nil) }
    guard let high = Int(bounds[1]), (low...64).contains(high) else {
      throw fault(pattern, "a count in braces is not understood")
    }
    return .repeated(part, low, high)
  }

  private static func atom(
    _ reader: inout Reader, _ pattern: String, depth: Int
  ) throws(TransformerError) -> Tree {
    guard let byte = reader.next else { throw fault(pattern, "it ends too early") }
    reader.position += 1
    switch byte {
    case UInt8(ascii: "."): return .step(.any)
    case UInt8(ascii: "^"): return .step(.start)
    case UInt8(ascii: "$"): return .step(.end)
    case UInt8(ascii: "("):
      if reader.takes("?") {
        guard reader.takes(":") else { throw fault(pattern, "look-around is not described") }
      }
      let inner = try alternatives(&reader, pattern, depth: depth + 1)
      guard reader.takes(")") else { throw fault(pattern, "a '(' without ')'") }
      return inner
    case UInt8(ascii: "["): return try set(&reader, pattern)
    case UInt8(ascii: "\\"):
      guard let escaped = reader.next else { throw fault(pattern, "it ends too early") }
      reader.position += 1
      if let (members, negated) = classMembers(escaped) {
        return .step(.oneOf(members, negated: negated))
      }
      guard !isWord(escaped) else {
        throw fault(pattern, "escape '\\\(Character(Unicode.Scalar(escaped)))' is not described")
      }
      return .step(.byte(escaped))
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
      throw fault(pattern, "nothing to repeat")
    default: return .step(.byte(byte))
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
      || byte == 0x5F
  }

  private static func classMembers(_ letter: UInt8) -> (Set<UInt8>, Bool)? {
    switch letter {
    case UInt8(ascii: "d"): (Set(0x30...0x39), false)
    case UInt8(ascii: "D"): (Set(0x30...0x39), true)
    case UInt8(ascii: "w"): (Set((0...127).filter(isWord)), false)
    case UInt8(ascii: "W"): (Set((0...127).filter(isWord)), true)
    case UInt8(ascii: "s"): ([0x20, 9, 10, 11, 12, 13], false)
    default: nil
    }
  }

  private static func set(
    _ reader: inout Reader, _ pattern: String
  ) throws(TransformerError) -> Tree {
    let negated = reader.takes("^")
    var members: Set<UInt8> = []
    var isFirst = true
    while let byte = reader.next, isFirst || byte != UInt8(ascii: "]") {
      isFirst = false
      reader.position += 1
      var low = byte
      if byte == UInt8(ascii: "\\") {
        guard let escaped = reader.next else { break }
        reader.position += 1
        if case (let found, false)? = classMembers(escaped) {
          members.formUnion(found)
          continue
        }
        low = escaped
      }
      let rest = reader.bytes[reader.position...].prefix(2)
      if rest.count == 2, rest.first == UInt8(ascii: "-"), let high = rest.last,
        high != UInt8(ascii: "]")
      {
        guard low <= high else { throw fault(pattern, "a range in brackets is empty") }
        members.formUnion(low...high)
        reader.position += 2
      } else {
        members.insert(low)
      }
    }
    guard reader.takes("]") else { throw fault(pattern, "a '[' without ']'") }
    return .step(.oneOf(members, negated: negated))
  }

  private mutating func emit(_ tree: Tree) throws(TransformerError) {
    guard program.count < Self.maximumSteps else { throw Self.fault(source, "it is too long") }
    switch tree {
    case .step(let step): program.append(step)
    case .sequence(let parts): for part in parts { try emit(part) }
    case .either(let first, let second):
      let fork = program.count
      program.append(.match)
      try emit(first)
      let jump = program.count
      program.append(.match)
      program[fork] = .fork(fork + 1, program.count)
      try emit(second)
      program[jump] = .jump(program.count)
    case .repeated(let part, let low, let high):
      for _ in 0..<low { try emit(part) }
      guard let high else {
        let fork = program.count
        program.append(.match)
        try emit(part)
        program.append(.jump(fork))
        program[fork] = .fork(fork + 1, program.count)
        return
      }
      var forks: [Int] = []
      for _ in low..<high {
        forks.append(program.count)
        program.append(.match)
        try emit(part)
      }
      for fork in forks { program[fork] = .fork(fork + 1, program.count) }
    }
  }

  /// Whether the expression matches a beginning of `name` (Python's `re.match`).
  func matchesStart(of name: String) -> Bool {
    let bytes = Array(name.utf8)
    var walk = Walk(marks: Array(repeating: -1, count: program.count))
    var states: [Int] = []
    if follow(0, at: 0, of: bytes.count, &walk, into: &states) { return true }
    var next: [Int] = []
    for (index, byte) in bytes.enumerated() {
      next.removeAll(keepingCapacity: true)
      for state in states {
        let moves =
          switch program[state] {
          case .byte(let wanted): wanted == byte
          case .any: byte != 10
          case .oneOf(let members, let negated): members.contains(byte) != negated
          case .start, .end, .fork, .jump, .match: false
          }
        if moves, follow(state + 1, at: index + 1, of: bytes.count, &walk, into: &next) {
          return true
        }
      }
      swap(&states, &next)
      if states.isEmpty { return false }
    }
    return false
  }

  /// What a walk over a name uses again at each byte.
  private struct Walk {
    /// The position at which a state was last reached.
    var marks: [Int]
    var pending: [Int] = []
  }

  /// Adds the states that are reached without a byte; true if one of them is a match.
  private func follow(
    _ first: Int, at index: Int, of count: Int, _ walk: inout Walk, into states: inout [Int]
  ) -> Bool {
    walk.pending.append(first)
    while let state = walk.pending.popLast() {
      guard walk.marks[state] != index else { continue }
      walk.marks[state] = index
      switch program[state] {
      case .match: return true
      case .jump(let target): walk.pending.append(target)
      case .fork(let a, let b):
        walk.pending.append(a)
        walk.pending.append(b)
      case .start: if index == 0 { walk.pending.append(state + 1) }
      case .end: if index == count { walk.pending.append(state + 1) }
      case .byte, .any, .oneOf: states.append(state)
      }
    }
    return false
  }
}
