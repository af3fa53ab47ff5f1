import Arith

/// A function of `nnet_code_gen.h`, from its parameter list to its closing brace.
struct HLSGeneratedFunction {
  let name: String
  /// Tokens behind the opening parenthesis of the parameters.
  let tokens: [CppToken]
  let place: HLS4MLProblem.Place

  /// The format that each element is assigned to, if the body is nothing but
  /// `out[k] = ap_fixed<...>(inp[k]);` or `out[k] = 0;` (nil for these) for k = 0, 1, ...
  ///
  /// HGQ's per-element quantizers are written so (hls4ml `hgq_proxy_model.py`). Returns nil for any
  /// other body.
  ///
  /// - Throws: ``HLS4MLProblem`` for a body that starts so and goes on otherwise.
  func elementFormats(scope: HLSScope) throws(HLS4MLProblem) -> [FixedPointFormat?]? {
    var cursor = CppCursor(tokens[...], file: place.file)
    guard try cursor.list(until: ")").count == 2, cursor.take("{") else { return nil }
    cursor.skipComments()
    guard cursor.peek()?.isWord("out") == true, cursor.peek(1)?.is("[") == true else { return nil }
    var formats: [FixedPointFormat?] = []
    while true {
      cursor.skipComments()
      if cursor.take("}") { return formats }
      guard formats.count < HLSScope.elementLimit else {
        throw HLS4MLProblem(
          .limit("the number of elements", limit: HLSScope.elementLimit), at: cursor.place)
      }
      formats.append(try element(formats.count, &cursor, scope: scope))
    }
  }

  /// Elements of the first parameter, an array such as `inp_t model_inp[8]`.
  func inputCount(scope: HLSScope) throws(HLS4MLProblem) -> Int {
    var cursor = CppCursor(tokens[...], file: place.file)
    _ = try cursor.collect(until: ["["])
    try cursor.expect("[")
    let count = try scope.integer(try cursor.collect(until: ["]"]), file: place.file)
    guard (1...HLSScope.elementLimit).contains(count) else {
      throw HLS4MLProblem(
        .range("the number of inputs of \(name)", value: count, allowed: 1...HLSScope.elementLimit),
        at: place)
    }
    return count
  }

  private func element(
    _ index: Int, _ cursor: inout CppCursor, scope: HLSScope
  ) throws(HLS4MLProblem) -> FixedPointFormat? {
    guard cursor.takeWord("out") else { throw cursor.mismatch("'out'") }
    try subscripted(index, &cursor)
    try cursor.expect("=")
    if let token = cursor.peek(), token.kind == .number, token.text == "0" {
      _ = cursor.next()
      try cursor.expect(";")
      return nil
    }
    let place = cursor.place
    let type = try CppType.parse(&cursor)
    try cursor.expect("(")
    guard cursor.takeWord("inp") else { throw cursor.mismatch("'inp'") }
    try subscripted(index, &cursor)
    try cursor.expect(")")
    try cursor.expect(";")
    guard let format = try scope.resolve(type, file: place.file).element else {
      throw HLS4MLProblem(
        .unsupported("type \(type.qualifiedName)", detail: "a quantizer is fixed point"), at: place)
    }
    return format
  }

  private func subscripted(_ index: Int, _ cursor: inout CppCursor) throws(HLS4MLProblem) {
    try cursor.expect("[")
    guard let token = cursor.next(), token.kind == .number, token.text == String(index) else {
      throw cursor.mismatch("index \(index)")
    }
    try cursor.expect("]")
  }
}

/// The functions that a project generates for its own layers, by name.
///
/// The file may be large (unrolled line buffers); only functions that a call asks for are read.
struct HLSGeneratedCode {
  static let byteLimit = 1 << 28

  private let bytes: [UInt8]
  private let file: String
  /// Offset behind the opening parenthesis, and line, of each `void name(`.
  private let functions: [String: (offset: Int, line: Int)]

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    var functions: [String: (offset: Int, line: Int)] = [:]
    var line = 1
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if let (name, offset) = Self.functionHead(bytes[start..<end]), functions[name] == nil {
        functions[name] = (offset, line)
      }
      line += 1
      start = end + 1
    }
    self.functions = functions
  }

  /// Name and offset behind the parenthesis, if `line` begins with `void name(`.
  private static func functionHead(_ line: ArraySlice<UInt8>) -> (String, Int)? {
    var rest = line.drop { $0 == 0x20 || $0 == 0x09 }
    for word in ["static ", "inline "] where rest.starts(with: word.utf8) {
      rest = rest.dropFirst(word.utf8.count)
    }
    let keyword = "void "
    guard rest.starts(with: keyword.utf8) else { return nil }
    rest = rest.dropFirst(keyword.utf8.count)
    guard let open = rest.firstIndex(of: UInt8(ascii: "(")), open - rest.startIndex <= 256 else {
      return nil
    }
    return (String(decoding: rest[..<open], as: UTF8.self).trimmingBlanks(), open + 1)
  }

  /// An entry of a generated line buffer: where one element of the data goes.
  struct BufferEntry {
    let partition: Int
    let pixel: Int
    /// Position in the window, channels innermost.
    let position: Int
    let dataIndex: Int
  }

  /// The first entry of the line buffer class `name` that reads data rather than padding.
  ///
  /// hls4ml writes `if (partition == P) { buffer[pixel][position] = data[index]; ... }` (hls4ml
  /// `im2col_codegen.py`).
  func bufferEntry(ofClass name: String) -> BufferEntry? {
    guard let start = Self.find("class \(name) ", in: bytes[...]),
      let data = Self.find("data[", in: bytes[start...].drop { $0 != UInt8(ascii: "{") }),
      let mark = Self.find("partition ==", in: bytes[start...])
    else { return nil }
    // The signature declares `data[CONFIG_T::...]`; entries have numbers.
    var entry = data
    while !(0x30...0x39).contains(bytes[entry]) {
      guard let next = Self.find("data[", in: bytes[entry...]) else { return nil }
      entry = next
    }
    var partition = mark
    while let next = Self.find("partition ==", in: bytes[partition..<entry]) { partition = next }
    guard let open = bytes[..<entry].lastIndex(of: UInt8(ascii: "=")),
      let buffer = Self.findLast("buffer[", in: bytes[start..<open])
    else { return nil }
    let numbers = bytes[buffer..<open].split { !(0x30...0x39).contains($0) }.map(Self.integer)
    guard numbers.count == 2, let pixel = numbers[0], let position = numbers[1],
      let partitionNumber = Self.integer(
        bytes[partition..<entry].drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }),
      let dataIndex = Self.integer(bytes[entry...].prefix { (0x30...0x39).contains($0) })
    else { return nil }
    return BufferEntry(
      partition: partitionNumber, pixel: pixel, position: position, dataIndex: dataIndex)
  }

  private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: digits.prefix(20), as: UTF8.self))
  }

  /// Position behind the first `text` in `slice`, within the slice's base.
  private static func find(_ text: String, in slice: ArraySlice<UInt8>) -> Int? {
    let wanted = Array(text.utf8)
    guard let first = wanted.first else { return nil }
    var position = slice.startIndex
    while let index = slice[position...].firstIndex(of: first) {
      let end = index + wanted.count
      guard end < slice.endIndex else { return nil }
      if slice[index..<end].elementsEqual(wanted) { return end }
      position = index + 1
    }
    return nil
  }

  /// Position behind the last `text` in `slice`.
  private static func findLast(_ text: String, in slice: ArraySlice<UInt8>) -> Int? {
    let wanted = Array(text.utf8)
    var end = slice.endIndex
    while let index = slice[..<end].lastIndex(of: wanted.first ?? 0) {
      if slice[index...].starts(with: wanted) { return index + wanted.count }
      end = index
    }
    return nil
  }

  /// The function `name`, or nil if there is none.
  ///
  /// - Throws: ``HLS4MLProblem`` if its text has no end or is no C++.
  func function(_ name: String) throws(HLS4MLProblem) -> HLSGeneratedFunction? {
    guard let found = functions[name] else { return nil }
    let place = HLS4MLProblem.Place(file: file, line: found.line)
    var depth = 0
    var end = found.offset
    while end < bytes.count {
      if bytes[end] == UInt8(ascii: "{") { depth += 1 }
      if bytes[end] == UInt8(ascii: "}") { depth -= 1 }
      end += 1
      if depth == 0, bytes[end - 1] == UInt8(ascii: "}") { break }
    }
    guard depth == 0, end > found.offset else {
      throw HLS4MLProblem(.syntax(expected: "'}'", found: "the end of the file"), at: place)
    }
    let tokens = try CppLexer.tokens(
      Array(bytes[found.offset..<end]), file: file, firstLine: found.line)
    return HLSGeneratedFunction(name: name, tokens: tokens, place: place)
  }
}
