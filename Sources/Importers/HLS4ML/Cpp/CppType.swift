/// A type as it is written: a qualified name and, if there is one, its template argument list.
struct CppType: Hashable, Sendable {
  /// Name parts without the namespace operator, such as `["nnet", "array"]`.
  let path: [String]
  /// nil if there is no `<...>`.
  let arguments: [ArraySlice<CppToken>]?
  let line: Int

  /// The last part of the name.
  var name: String { path.last ?? "" }

  /// The name as it is written, arguments left out.
  var qualifiedName: String { path.joined(separator: "::") }

  private static let builtinWords: Set<String> = [
    "unsigned", "signed", "long", "short", "int", "char", "bool", "float", "double",
  ]

  /// Reads a type at `cursor`; `const`, `static`, `typename` and the like before it are passed over.
  static func parse(_ cursor: inout CppCursor) throws(HLS4MLProblem) -> CppType {
    while let token = cursor.peek(), token.kind == .identifier,
      ["const", "static", "constexpr", "typename", "inline", "struct"].contains(token.text)
    {
      _ = cursor.next()
    }
    let line = cursor.place.line ?? 0
    var path = [try cursor.identifier("a type")]
    if builtinWords.contains(path[0]) {
      while let token = cursor.peek(), builtinWords.contains(token.text) {
        path[0] += " " + token.text
        _ = cursor.next()
      }
    }
    while cursor.take("::") { path.append(try cursor.identifier("a name after '::'")) }
    guard cursor.take("<") else { return CppType(path: path, arguments: nil, line: line) }
    let arguments = try cursor.list(until: ">", countingAngles: true)
    // `typename data_T::value_type` after a list names a part of that type; no layer needs it.
    while cursor.take("::") { path.append(try cursor.identifier("a name after '::'")) }
    return CppType(path: path, arguments: arguments, line: line)
  }

  /// Reads `tokens` as a type and nothing more.
  static func parse(
    all tokens: ArraySlice<CppToken>, file: String
  ) throws(HLS4MLProblem) -> CppType {
    var cursor = CppCursor(tokens, file: file)
    let type = try parse(&cursor)
    guard cursor.isAtEnd else { throw cursor.mismatch("the end of the type") }
    return type
  }
}
