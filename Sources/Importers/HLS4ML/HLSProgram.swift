/// A variable of the top function: an argument, a layer's output, or a weight array.
struct HLSVariable: Sendable {
  let name: String
  let type: CppType
  /// Extents as the declaration writes them (`10*10*2`); nil for a stream.
  let extents: [Int]?
  let place: HLS4MLProblem.Place
}

/// A call that fills a weight array from a text file.
struct HLSLoad: Sendable {
  enum Kind: Sendable { case plain, exponent, compressed }

  let kind: Kind
  let variable: String
  let type: CppType
  /// Values that the call asks for.
  let count: Int
  /// Name of the file in `weights/`.
  let fileName: String
  let place: HLS4MLProblem.Place
}

/// A call of a layer's function.
struct HLSCall: Sendable {
  /// Qualified name, such as `["nnet", "dense"]`.
  let path: [String]
  let templateArguments: [ArraySlice<CppToken>]
  let arguments: [ArraySlice<CppToken>]
  /// The layer's name: the comment behind the call.
  let layer: String?
  let place: HLS4MLProblem.Place

  /// The function's own name.
  var function: String { path.last ?? "" }

  /// The call as a message shows it: `nnet::dense<..., config2> (fc1)`.
  var description: String {
    let name = path.joined(separator: "::")
    return layer.map { "\(name) (layer '\($0)')" } ?? name
  }
}

/// The top function of a project: its arguments, weights and layer calls in execution order.
struct HLSProgram: Sendable {
  var name = ""
  var arguments: [HLSVariable] = []
  /// Whether arguments report the sizes of others (up to version 0.6).
  var reportsSizes = false
  /// Arguments and local variables.
  var variables: [String: HLSVariable] = [:]
  /// `auto& b = a`: other names of variables (hls4ml's in-place reshapes).
  var aliases: [String: String] = [:]
  var loads: [String: HLSLoad] = [:]
  var calls: [HLSCall] = []
  /// Extents of a layer's output as a tracing call gives them, by variable.
  var tracedExtents: [String: [Int]] = [:]

  /// Most variables, calls and loads of one program.
  static let statementLimit = 1 << 16

  /// The variable that `name` stands for once aliases are followed.
  func resolvingAlias(_ name: String) -> String {
    var name = name
    var steps = 0
    while let next = aliases[name], steps <= aliases.count {
      name = next
      steps += 1
    }
    return name
  }
}

/// Reads the top function of `myproject.cpp`.
struct HLSProgramParser {
  private var cursor: CppCursor
  private let scope: HLSScope
  private var program = HLSProgram()
  private var statements = 0
  /// Arguments that report sizes.
  private var sizes: Set<String> = []
  /// A comment on a line of its own: the name of calls without one behind them.
  private var heading: String?

  /// The function `name` in `tokens` of `file`.
  ///
  /// - Throws: ``HLS4MLProblem`` if it is not there, or has a statement outside the subset.
  static func program(
    named name: String, in tokens: [CppToken], file: String, scope: HLSScope
  ) throws(HLS4MLProblem) -> HLSProgram {
    for index in tokens.indices.dropLast(2)
    where tokens[index].isWord("void") && tokens[index + 1].isWord(name)
      && tokens[index + 2].is("(")
    {
      var parser = HLSProgramParser(
        cursor: CppCursor(tokens[(index + 3)...], file: file), scope: scope)
      parser.program.name = name
      try parser.arguments()
      try parser.body()
      return parser.program
    }
    throw HLS4MLProblem(.unknown(kind: "top function", name: name), at: .init(file: file))
  }

  private init(cursor: CppCursor, scope: HLSScope) {
    self.cursor = cursor
    self.scope = scope
  }

  private mutating func count() throws(HLS4MLProblem) {
    statements += 1
    guard statements <= HLSProgram.statementLimit else {
      throw HLS4MLProblem(
        .limit("the number of statements", limit: HLSProgram.statementLimit), at: cursor.place)
    }
  }

  private mutating func arguments() throws(HLS4MLProblem) {
    cursor.skipComments()
    while true {
      cursor.skipComments()
      if cursor.take(")") { break }
      try count()
      if let size = try sizeArgument() {
        sizes.insert(size)
        program.reportsSizes = true
      } else {
        let variable = try declarator()
        program.arguments.append(variable)
        try define(variable)
      }
      cursor.skipComments()
      if !cursor.take(",") {
        try cursor.expect(")")
        break
      }
    }
    cursor.skipComments()
    try cursor.expect("{")
  }

  /// The name of a `unsigned short &const_size_in_1`, which reports the size of an argument and is
  /// no data (up to version 0.6); nil for other arguments.
  private mutating func sizeArgument() throws(HLS4MLProblem) -> String? {
    var ahead = cursor
    let type = try CppType.parse(&ahead)
    guard type.arguments == nil, type.name.hasPrefix("unsigned"), ahead.take("&"),
      let name = ahead.next(), name.kind == .identifier
    else { return nil }
    cursor = ahead
    return name.text
  }

  private mutating func define(_ variable: HLSVariable) throws(HLS4MLProblem) {
    guard program.variables[variable.name] == nil, program.aliases[variable.name] == nil else {
      throw HLS4MLProblem(.duplicate(kind: "variable", name: variable.name), at: variable.place)
    }
    program.variables[variable.name] = variable
  }

  /// `T name[extents]`, `hls::stream<T> &name`, `hls::stream<T> name("name")`.
  private mutating func declarator() throws(HLS4MLProblem) -> HLSVariable {
    let place = cursor.place
    let written = try CppType.parse(&cursor)
    var type = written
    var isStream = false
    if written.name == "stream", let arguments = written.arguments {
      guard arguments.count == 1 else {
        throw HLS4MLProblem(
          .count("template arguments of hls::stream", expected: 1, found: arguments.count),
          at: place)
      }
      type = try CppType.parse(all: arguments[0], file: cursor.file)
      isStream = true
    }
    while cursor.take("&") || cursor.take("*") || cursor.takeWord("const") {}
    let name = try cursor.identifier("a variable's name")
    var extents: [Int]?
    while cursor.take("[") {
      extents = (extents ?? []) + (try factors(try cursor.collect(until: ["]"])))
      try cursor.expect("]")
    }
    if cursor.peek()?.is("(") == true { try cursor.skipGroup() }
    if !isStream && extents == nil { extents = [1] }
    return HLSVariable(name: name, type: type, extents: extents, place: place)
  }

  /// The factors of `a*b*c`; any other expression is one factor.
  private func factors(_ tokens: ArraySlice<CppToken>) throws(HLS4MLProblem) -> [Int] {
    var parts = [tokens]
    if tokens.allSatisfy({ $0.kind == .number || $0.is("*") }) {
      parts = tokens.split(omittingEmptySubsequences: false) { $0.is("*") }
    }
    var extents: [Int] = []
    for part in parts {
      let value = try scope.integer(part, file: cursor.file)
      guard (1...HLSScope.elementLimit).contains(value) else {
        throw HLS4MLProblem(
          .range("an array's extent", value: value, allowed: 1...HLSScope.elementLimit),
          at: cursor.place)
      }
      extents.append(value)
    }
    return extents
  }

  private mutating func body() throws(HLS4MLProblem) {
    var depth = 1
    while depth > 0 {
      guard let token = cursor.peek() else { throw cursor.mismatch("'}'") }
      if token.kind == .comment {
        // Markers and banners have blanks or stars, layers have neither.
        heading = token.text.contains(" ") || token.text.hasPrefix("*") ? nil : token.text
        _ = cursor.next()
      } else if cursor.take("{") {
        depth += 1
      } else if cursor.take("}") {
        depth -= 1
      } else if cursor.take(";") {
        continue
      } else if cursor.takeWord("if") {
        try cursor.skipGroup()
      } else if cursor.peek()?.isWord("for") == true {
        try loop()
      } else if cursor.takeWord("return") {
        try cursor.expect(";")
      } else {
        try count()
        try statement()
      }
    }
  }

  /// `for (int ts = 0; ts < N; ts++) {...}`, which TimeDistributed writes: its calls once a step, on
  /// variables of their own.
  private mutating func loop() throws(HLS4MLProblem) {
    let place = cursor.place
    _ = cursor.next()
    try cursor.expect("(")
    let head = try cursor.collect(until: [")"]).split { $0.is(";") }
    try cursor.expect(")")
    guard head.count == 3, head[0].count == 4, head[0].last?.text == "0",
      let step = head[1].first, step.kind == .identifier,
      head[1].dropFirst().first?.is("<") == true,
      head[0].dropFirst().first?.isWord(step.text) == true
    else {
      throw HLS4MLProblem(
        .syntax(expected: "a loop over time steps", found: "another one"), at: place)
    }
    let count = try scope.integer(head[1].dropFirst(2), file: cursor.file)
    guard (1...HLSProgram.statementLimit).contains(count) else {
      throw HLS4MLProblem(
        .range("the number of time steps", value: count, allowed: 1...HLSProgram.statementLimit),
        at: place)
    }
    cursor.skipComments()
    try cursor.expect("{")
    let first = program.calls.count
    try body()
    let calls = Array(program.calls[first...])
    program.calls.removeSubrange(first...)
    // What the loop writes is new in each step, but for what collects the steps.
    var written: Set<String> = []
    for call in calls where !call.function.hasPrefix("write_time_step") {
      let names = call.arguments.dropFirst().filter { $0.count == 1 }.compactMap(\.first)
      written.formUnion(
        names.map(\.text).filter { program.loads[$0] == nil && program.variables[$0] != nil })
    }
    for call in calls where call.function.hasPrefix("read_time_step") {
      if let data = call.arguments.dropFirst().first?.first { written.remove(data.text) }
    }
    for position in 0..<count {
      for name in written.sorted() {
        guard let variable = program.variables[name] else { continue }
        try define(
          HLSVariable(
            name: "\(name)[\(position)]", type: variable.type, extents: variable.extents,
            place: variable.place))
      }
      for call in calls {
        try self.count()
        let arguments = call.arguments.map { argument in
          ArraySlice(
            argument.map { token in
              if token.isWord(step.text) {
                return CppToken(kind: .number, text: String(position), line: token.line)
              }
              guard token.kind == .identifier, written.contains(token.text) else { return token }
              return CppToken(
                kind: .identifier, text: "\(token.text)[\(position)]", line: token.line)
            })
        }
        program.calls.append(
          HLSCall(
            path: call.path, templateArguments: call.templateArguments, arguments: arguments,
            layer: (call.layer ?? call.function) + "[\(position)]", place: call.place))
      }
    }
  }

  /// Whether the next statement writes to the console, which people add to see how far a run gets:
  /// `std::cout << ...;` or `printf(...);`.
  private var prints: Bool {
    let isQualified = cursor.peek()?.isWord("std") == true && cursor.peek(1)?.is("::") == true
    guard let name = cursor.peek(isQualified ? 2 : 0), name.kind == .identifier else {
      return false
    }
    return ["cout", "cerr", "printf", "fprintf", "puts"].contains(name.text)
  }

  private mutating func statement() throws(HLS4MLProblem) {
    let place = cursor.place
    if cursor.takeWord("auto") {
      _ = cursor.take("&")
      let name = try cursor.identifier("a variable's name")
      try cursor.expect("=")
      let target = try cursor.identifier("a variable's name")
      try cursor.expect(";")
      guard program.variables[name] == nil, program.aliases[name] == nil else {
        throw HLS4MLProblem(.duplicate(kind: "variable", name: name), at: place)
      }
      guard program.variables[program.resolvingAlias(target)] != nil else {
        throw HLS4MLProblem(.unknown(kind: "variable", name: target), at: place)
      }
      program.aliases[name] = program.resolvingAlias(target)
      return
    }
    if let word = cursor.peek(),
      word.isWord("loaded_weights") || word.isWord("static")
        || word.kind == .identifier && sizes.contains(word.text) || prints
    {
      // The guard that loads weights once, the report of a size, or a print.
      _ = try cursor.collect(until: [";"])
      try cursor.expect(";")
      return
    }
    var ahead = cursor
    let type = try CppType.parse(&ahead)
    if ahead.peek()?.is("(") == true {
      cursor = ahead
      try call(type, place: place)
    } else {
      try define(try declarator())
      try cursor.expect(";")
    }
  }

  private mutating func call(
    _ function: CppType, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    try cursor.expect("(")
    let arguments = try cursor.list(until: ")")
    try cursor.expect(";")
    switch function.name {
    case "load_weights_from_txt":
      try load(.plain, function, arguments, place)
    case "load_exponent_weights_from_txt":
      try load(.exponent, function, arguments, place)
    case "load_compressed_weights_from_txt":
      try load(.compressed, function, arguments, place)
    case "save_layer_output":
      if arguments.count == 3, arguments[0].count == 1, let variable = arguments[0].first?.text {
        program.tracedExtents[variable] = try factors(arguments[2])
      }
    default:
      var layer = heading
      if let comment = cursor.peek(), comment.kind == .comment,
        comment.line == cursor.previousLine
      {
        layer = comment.text
        _ = cursor.next()
      }
      program.calls.append(
        HLSCall(
          path: function.path, templateArguments: function.arguments ?? [],
          arguments: arguments, layer: layer, place: place))
    }
  }

  private mutating func load(
    _ kind: HLSLoad.Kind, _ function: CppType, _ arguments: [ArraySlice<CppToken>],
    _ place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    guard let template = function.arguments, template.count == 2, arguments.count == 2,
      arguments[0].count == 1, let variable = arguments[0].first?.text,
      arguments[1].count == 1, let file = arguments[1].first, file.kind == .string
    else {
      throw HLS4MLProblem(
        .syntax(expected: "\(function.name)<T, N>(variable, \"file\")", found: "other arguments"),
        at: place)
    }
    let count = try scope.integer(template[1], file: cursor.file)
    guard (0...HLSScope.elementLimit).contains(count) else {
      throw HLS4MLProblem(
        .range("the number of values", value: count, allowed: 0...HLSScope.elementLimit),
        at: place)
    }
    // A file name is no path: nothing outside weights/ is read.
    guard !file.text.isEmpty, !file.text.contains("/"), !file.text.hasPrefix(".") else {
      throw HLS4MLProblem(
        .syntax(expected: "the name of a file in weights/", found: "'\(file.text)'"), at: place)
    }
    guard program.loads[variable] == nil else {
      throw HLS4MLProblem(.duplicate(kind: "weights", name: variable), at: place)
    }
    program.loads[variable] = HLSLoad(
      kind: kind, variable: variable,
      type: try CppType.parse(all: template[0], file: cursor.file), count: count,
      fileName: file.text, place: place)
  }
}
