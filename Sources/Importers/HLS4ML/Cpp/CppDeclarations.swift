/// A configuration struct of parameters.h, or a type struct of defines.h, as it is written.
struct CppStruct: Sendable {
  struct Constant: Sendable {
    let type: CppType
    /// nil if the value is defined outside the struct.
    let value: ArraySlice<CppToken>?
    let line: Int
  }

  struct Field: Sendable {
    let type: CppType
    let name: String
  }

  let name: String
  let place: HLS4MLProblem.Place
  var constants: [String: Constant] = [:]
  /// `typedef` and `using` members.
  var types: [String: CppType] = [:]
  /// Data members, in order.
  var fields: [Field] = []
}

/// What the headers of a project define, by name.
///
/// Namespaces are dropped: hls4ml puts everything of one project into at most one.
struct CppDeclarations: Sendable {
  struct Definition: Sendable {
    let type: CppType
    let value: ArraySlice<CppToken>
    let place: HLS4MLProblem.Place
  }

  private(set) var types: [String: (type: CppType, file: String)] = [:]
  private(set) var structs: [String: CppStruct] = [:]
  /// Definitions of static members (`config::member`) and of global arrays.
  private(set) var definitions: [String: Definition] = [:]

  /// Adds what `tokens` of `file` declare.
  ///
  /// - Throws: ``HLS4MLProblem`` for text outside the subset, or a name that is defined twice.
  mutating func add(_ tokens: [CppToken], file: String) throws(HLS4MLProblem) {
    var cursor = CppCursor(tokens[...], file: file)
    while true {
      cursor.skipComments()
      guard let token = cursor.peek() else { return }
      switch token.text {
      case "namespace":
        _ = cursor.next()
        if cursor.peek()?.kind == .identifier { _ = cursor.next() }
        try cursor.expect("{")
      case "}", ";":
        _ = cursor.next()
      case "typedef":
        _ = cursor.next()
        try addTypedef(&cursor)
      case "template":
        _ = cursor.next()
        try Self.skipTemplateHead(&cursor)
      case "using":
        _ = cursor.next()
        try addUsing(&cursor)
      case "struct", "class":
        _ = cursor.next()
        let definition = try Self.structure(&cursor)
        try add(definition)
        try cursor.expect(";")
      default:
        try addDefinition(&cursor)
      }
    }
  }

  private mutating func add(_ definition: CppStruct) throws(HLS4MLProblem) {
    guard structs[definition.name] == nil else {
      throw HLS4MLProblem(.duplicate(kind: "struct", name: definition.name), at: definition.place)
    }
    structs[definition.name] = definition
  }

  /// Makes `name` stand for `type`; defining it again is allowed only with the same words.
  mutating func addType(
    _ name: String, _ type: CppType, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    if let known = types[name]?.type, !known.hasSameWords(as: type) {
      throw HLS4MLProblem(.duplicate(kind: "type", name: name), at: place)
    }
    types[name] = (type, place.file)
  }

  private mutating func addTypedef(_ cursor: inout CppCursor) throws(HLS4MLProblem) {
    let place = cursor.place
    if cursor.peek()?.isWord("struct") == true, cursor.peek(2)?.is("{") == true {
      _ = cursor.next()
      let definition = try Self.structure(&cursor)
      let name = try cursor.identifier("the name of the type")
      try cursor.expect(";")
      guard name == definition.name else {
        throw HLS4MLProblem(
          .syntax(expected: "'\(definition.name)'", found: "'\(name)'"), at: place)
      }
      try add(definition)
      return
    }
    let type = try CppType.parse(&cursor)
    let name = try cursor.identifier("the name of the type")
    try cursor.expect(";")
    try addType(name, type, place: place)
  }

  private mutating func addUsing(_ cursor: inout CppCursor) throws(HLS4MLProblem) {
    let place = cursor.place
    if cursor.takeWord("namespace") {
      _ = try cursor.collect(until: [";"])
      return
    }
    let name = try cursor.identifier("a name")
    try cursor.expect("=")
    let type = try CppType.parse(&cursor)
    try cursor.expect(";")
    try addType(name, type, place: place)
  }

  /// Reads `TYPE NAME = ...;` or `TYPE CONFIG::NAME[...] = {...};`; a function is skipped.
  private mutating func addDefinition(_ cursor: inout CppCursor) throws(HLS4MLProblem) {
    let place = cursor.place
    let type = try CppType.parse(&cursor)
    Self.skipDeclarators(&cursor)
    var path = [try cursor.identifier("a name")]
    while cursor.take("::") { path.append(try cursor.identifier("a name after '::'")) }
    if cursor.peek()?.is("(") == true {
      try cursor.skipGroup()
      if cursor.peek()?.is("{") == true { try cursor.skipGroup() } else { try cursor.expect(";") }
      return
    }
    while cursor.take("[") {
      _ = try cursor.collect(until: ["]"])
      try cursor.expect("]")
    }
    guard cursor.take("=") else {
      try cursor.expect(";")
      return
    }
    let value = try cursor.collect(until: [";"])
    try cursor.expect(";")
    let name = path.suffix(2).joined(separator: "::")
    guard definitions[name] == nil else {
      throw HLS4MLProblem(.duplicate(kind: "definition", name: name), at: place)
    }
    definitions[name] = Definition(type: type, value: value, place: place)
  }

  private static func skipTemplateHead(_ cursor: inout CppCursor) throws(HLS4MLProblem) {
    try cursor.expect("<")
    _ = try cursor.list(until: ">", countingAngles: true)
  }

  private static func skipDeclarators(_ cursor: inout CppCursor) {
    while cursor.take("*") || cursor.take("&") || cursor.takeWord("const") {}
  }

  /// A struct after the word `struct`, up to and with the closing brace.
  private static func structure(_ cursor: inout CppCursor) throws(HLS4MLProblem) -> CppStruct {
    let place = cursor.place
    var result = CppStruct(name: try cursor.identifier("the name of the struct"), place: place)
    if cursor.take(":") {
      _ = cursor.takeWord("public")
      _ = try CppType.parse(&cursor)
    }
    try cursor.expect("{")
    while true {
      cursor.skipComments()
      if cursor.take("}") { return result }
      try member(&cursor, of: &result)
    }
  }

  private static func member(
    _ cursor: inout CppCursor, of result: inout CppStruct
  ) throws(HLS4MLProblem) {
    if cursor.takeWord("template") { try skipTemplateHead(&cursor) }
    let place = cursor.place
    if cursor.takeWord("using") {
      let name = try cursor.identifier("a name")
      try cursor.expect("=")
      result.types[name] = try CppType.parse(&cursor)
      try cursor.expect(";")
      return
    }
    if cursor.takeWord("typedef") {
      let type = try CppType.parse(&cursor)
      result.types[try cursor.identifier("the name of the type")] = type
      try cursor.expect(";")
      return
    }
    let isConstant =
      cursor.peek()?.isWord("static") == true || cursor.peek()?.isWord("constexpr") == true
    let type = try CppType.parse(&cursor)
    skipDeclarators(&cursor)
    let name = try cursor.identifier("a member's name")
    while cursor.take("[") {
      _ = try cursor.collect(until: ["]"])
      try cursor.expect("]")
    }
    var value: ArraySlice<CppToken>?
    if cursor.take("=") { value = try cursor.collect(until: [";"]) }
    try cursor.expect(";")
    if isConstant {
      guard result.constants[name] == nil else {
        throw HLS4MLProblem(.duplicate(kind: "constant", name: name), at: place)
      }
      result.constants[name] = .init(type: type, value: value, line: place.line ?? 0)
    } else {
      result.fields.append(.init(type: type, name: name))
    }
  }
}

extension CppType {
  /// Whether both are written with the same words, wherever they stand.
  func hasSameWords(as other: CppType) -> Bool {
    path == other.path
      && arguments?.map { $0.map(\.text) } == other.arguments?.map { $0.map(\.text) }
  }
}
