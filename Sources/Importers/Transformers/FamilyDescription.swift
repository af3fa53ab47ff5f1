/// A family's description, read: defaults of keys, other names of keys, and its blocks.
///
/// A line is `KEYWORD [NAME] [: VALUE, LABEL VALUE, ...]`; what is indented below a line belongs to
/// it. `->` is a comma. The statements are those of ``Statement/Keyword``.
struct FamilyDescription: Sendable {
  let name: String
  private(set) var names = NameTable()
  let run: RunNames
  private(set) var defaults: [Int: ConfigurationValue] = [:]
  private(set) var aliases: [Int: [String]] = [:]
  private(set) var statements: [Statement] = []
  private(set) var statementCount = 0

  /// - Throws: ``TransformerError/description(_:line:)``; tests read every description.
  init(name: String, text: String) throws(TransformerError) {
    self.name = name
    run = RunNames(&names)
    statements = try read(text, depth: 0)
  }

  private struct Line {
    let indent: Int
    let text: Substring
    let number: Int
  }

  private mutating func read(_ text: String, depth: Int) throws(TransformerError) -> [Statement] {
    var lines: [Line] = []
    let split = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in split.enumerated() {
      let content = line.drop { $0 == 0x20 }
      guard let first = content.first, first != UInt8(ascii: "#") else { continue }
      lines.append(
        Line(indent: line.count - content.count, text: Substring(content), number: index + 1))
    }
    var next = 0
    return try block(lines, from: &next, indent: lines.first?.indent ?? 0, depth: depth)
  }

  private mutating func block(
    _ lines: [Line], from next: inout Int, indent: Int, depth: Int
  ) throws(TransformerError) -> [Statement] {
    var statements: [Statement] = []
    while next < lines.count, lines[next].indent == indent {
      let line = lines[next]
      next += 1
      var children: [Statement] = []
      if next < lines.count, lines[next].indent > indent {
        children = try block(lines, from: &next, indent: lines[next].indent, depth: depth)
      }
      statements += try statement(line, children, depth: depth)
    }
    guard next >= lines.count || lines[next].indent < indent else {
      throw .description("unexpected indentation", line: lines[next].number)
    }
    return statements
  }

  private mutating func statement(
    _ line: Line, _ children: [Statement], depth: Int
  ) throws(TransformerError) -> [Statement] {
    var reader = ExpressionReader(line.text, line: line.number)
    guard let word = reader.name(), let keyword = Statement.Keyword.named[word] else {
      throw reader.fault("unknown statement")
    }
    switch keyword {
    case .default:
      repeat {
        guard let key = reader.name() else { throw reader.fault("expected a key") }
        guard case .constant(let value) = try reader.expression(&names) else {
          throw reader.fault("a default is a value")
        }
        let number = names.number(of: key)
        // What the family says stands before what a shared block says.
        if depth == 0 || defaults[number] == nil { defaults[number] = value }
      } while reader.takes(",")
      return []
    case .alias:
      guard let key = reader.name() else { throw reader.fault("expected a key") }
      while !reader.isAtEnd {
        guard let other = reader.name() else { throw reader.fault("expected a key") }
        aliases[names.number(of: key), default: []].append(other)
      }
      return []
    case .use:
      guard let block = reader.name(), let text = TransformerFamilies.blocks[block], depth < 8
      else { throw reader.fault("there is no such block") }
      return try read(text, depth: depth + 1)
    case .let:
      guard let key = reader.name(), reader.takes(":") else { throw reader.fault("expected ':'") }
      let value = try reader.expression(&names)
      return [make(keyword, name: key, [value], slot: names.number(of: key), line: line)]
    default: break
    }
    // `when` has no name; its condition follows the colon, as the values of the others do.
    let head = reader.name(wildcard: true) ?? ""
    var statement = make(keyword, name: head, [], slot: -1, line: line)
    statement.children = children
    if keyword == .size { statement.slot = names.number(of: head) }
    if reader.takes(":") {
      if keyword == .repeat {
        guard let variable = reader.name(), reader.takes("<") else {
          throw reader.fault("expected VARIABLE < COUNT")
        }
        statement.slot = names.number(of: variable)
        statement.deciding = Repetition.deciding(variable: statement.slot, children)
      }
      repeat {
        if let label = reader.label() {
          statement.labels.append((label, try reader.expression(&names)))
        } else {
          statement.values.append(try reader.expression(&names))
        }
      } while reader.takes(",") || reader.takes("->")
    }
    guard reader.isAtEnd else { throw reader.fault("unexpected text at the end") }
    guard keyword.takes.contains(statement.values.count) else {
      throw reader.fault("\(keyword.rawValue) has \(statement.values.count) values")
    }
    return [statement]
  }

  private mutating func make(
    _ keyword: Statement.Keyword, name: String, _ values: [Expression], slot: Int, line: Line
  ) -> Statement {
    defer { statementCount += 1 }
    return Statement(
      keyword: keyword, name: name, values: values, slot: slot, number: statementCount,
      line: line.number)
  }
}

/// Numbers of the names that a run gives values.
struct RunNames: Sendable {
  let tokens: Int
  let context: Int
  let logits: Int
  let phase: Int
  let batch: Int
  let absorbed: Int
  /// In the order of ``TransformerRun/sizeNames``.
  let sizes: [Int]

  init(_ names: inout NameTable) {
    tokens = names.number(of: "tokens")
    context = names.number(of: "context")
    logits = names.number(of: "logits")
    phase = names.number(of: "phase")
    batch = names.number(of: "batch")
    absorbed = names.number(of: "absorbed")
    sizes = TransformerRun.sizeNames.map { names.number(of: $0) }
  }
}

/// One line of a description.
struct Statement: Sendable {
  enum Keyword: String, Sendable, CaseIterable {
    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// `default KEY VALUE, ...`: what a missing key is.
    case `default`
    /// `alias KEY OTHER ...`: keys that stand in for KEY.
    case alias
    /// `use BLOCK`: the lines of a shared block.
    case use
    /// `let NAME: VALUE`.
    case `let`
    /// `when: CONDITION`, and `otherwise` after it.
    case when, otherwise
    /// `refuse: CONDITION, 'what is not known'`.
    case refuse
    /// `size NAME: VALUE`: a size of the run, and what it is if it is not given.
    case size
    /// `phase NAME: tokens VALUE, context VALUE`.
    case phase
    /// `during: CONDITION`: work below happens in phases for which the condition holds.
    case during
    /// `scope NAME`: a prefix of the names below.
    case scope
    /// `repeat NAME.*: VARIABLE < COUNT`: a prefix a layer.
    case `repeat`
    /// `parameter NAME: EXTENT, ...`.
    case parameter
    /// `norm NAME: EXTENT, bias C, centred C`: `NAME.weight` and perhaps `NAME.bias`; `centred`
    /// where the mean is taken off though there is no bias.
    case norm
    /// `linear NAME: IN -> OUT, bias C, rows VALUE, tied C, lent C, turned C, kind 'scan'`: `tied`
    /// where the matrix is another layer's, `lent` where the bias is, `turned` where the matrix is
    /// stored with its inputs first.
    case linear
    /// `conv NAME: IN -> OUT, kernel K, depth D, rank R, groups G, stride S, positions P, bias C`.
    case conv
    /// `embedding NAME: ROWS, COLUMNS`.
    case embedding
    /// `experts NAME: COUNT, A TOKEN, WIDTH, INNER, gated C, bias C, turned C`.
    case experts
    /// `router NAME: IN -> OUT, bias C, wide C`; `wide` where the class keeps it in float32.
    case router
    /// `attention NAME: HEADS, KEY HEADS, EXTENT, values EXTENT, window W, queries Q,
    /// keys K, causal C, stored C`.
    case attention
    /// `keys NAME: HEADS, EXTENT, values EXTENT, window W`: keys and values kept.
    case keys
    /// `latent NAME: RANK, ROTARY EXTENT`: what multi-head latent attention keeps.
    case latent
    /// `cross NAME: HEADS, EXTENT, TOKENS`: keys and values of an encoder.
    case cross
    /// `state NAME: ELEMENTS`: a state of fixed size.
    case state
    /// `product NAME: M, N, K, count C, kind 'scan', stored C`.
    case product
    /// `rotary NAME: EXTENT, paired C`: queries and keys are turned by their positions over EXTENT of
    /// their values, 0 for none; `paired` where neighbours are a pair.
    case rotary
    /// `parallel: CONDITION`: the block's two halves read the same.
    case parallel
    /// `follows: CONDITION`: norms of the block stand after the sums, as in the first transformer.
    case follows

    /// How many values without a label it may have.
    var takes: ClosedRange<Int> {
      switch self {
      case .default, .alias, .use, .let: 0...9
      case .scope, .otherwise, .phase: 0...0
      case .when, .during, .size, .repeat, .norm, .state, .rotary, .parallel, .follows: 1...1
      case .refuse, .linear, .conv, .embedding, .router, .latent, .keys: 2...2
      case .attention, .cross, .product: 3...3
      case .experts: 4...4
      case .parameter: 1...5
      }
    }
  }

  enum Label: String, Sendable, CaseIterable {
    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    case bias, rows, tied, lent, wide, turned, kind, kernel, depth, rank, groups, stride, positions,
      gated
    case values, window, queries, keys, causal, stored, tokens, context, count
    case centred, paired
  }

  let keyword: Keyword
  /// With `*` for the parts of a name that are numbers.
  let name: String
  /// Those numbers.
  let numbers: [Int]
  var values: [Expression]
  var labels: [(Label, Expression)] = []
  /// The variable of `repeat` and `let`.
  var slot: Int
  var children: [Statement] = []
  /// Formulas that alone decide what a repetition of a `repeat` is.
  ///
  /// Where all have equal values, repetitions are alike; nil where each has to be walked.
  var deciding: [Expression]?
  /// Position among the statements of its description.
  let number: Int
  let line: Int

  init(
    keyword: Keyword, name: String, values: [Expression], slot: Int, number: Int, line: Int
  ) {
    self.keyword = keyword
    guard name.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
      numbers = []
      self.name = name
      (self.values, self.slot, self.number, self.line) = (values, slot, number, line)
      return
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    numbers = parts.compactMap { Int($0) }
    self.name =
      numbers.isEmpty ? name : parts.map { Int($0) == nil ? $0 : "*" }.joined(separator: ".")
    self.values = values
    self.slot = slot
    self.number = number
    self.line = line
  }

  subscript(label: Label) -> Expression? {
    for (own, value) in labels where own == label { return value }
    return nil
  }
}
