import Arith

/// What a type name of a project stands for.
enum HLSType: Hashable, Sendable {
  /// `ap_fixed`, `ap_ufixed`; `isInteger` marks `ap_int` and `ap_uint`, which read text otherwise.
  case fixed(FixedPointFormat, isInteger: Bool)
  /// `nnet::array<T, n>`: n elements that travel together on a stream.
  case array(FixedPointFormat, count: Int)
  /// Sign and exponent of a power-of-two weight.
  case powerOfTwo(PowerOfTwoFormat)
  /// Row, column and value of a weight that is not zero.
  case compressed(weight: FixedPointFormat, isInteger: Bool)

  /// Format of one element, if it is fixed point.
  var element: FixedPointFormat? {
    switch self {
    case .fixed(let format, _), .array(let format, _): format
    case .powerOfTwo, .compressed: nil
    }
  }
}

/// Finds what types stand for and what constants are worth.
struct HLSScope: Sendable {
  /// Longest chain of type names.
  static let typeDepthLimit = 32
  /// Most elements of one tensor or constant.
  static let elementLimit = 1 << 28

  var declarations = CppDeclarations()
  /// Types that are known without C++ text (from the JSON of an archive).
  var knownTypes: [String: HLSType] = [:]

  /// Enumerators of the nnet namespace that count as numbers (hls4ml 1.3, `nnet_common.h`).
  private static let enumerators: [String: Int] = [
    "io_parallel": 0, "io_stream": 1, "latency": 0, "resource": 1, "resource_unrolled": 2,
    "distributed_arithmetic": 3, "Max": 0, "Average": 1,
  ]

  // MARK: Types

  /// What `type`, written in `file`, stands for.
  ///
  /// - Throws: ``HLS4MLProblem`` for unknown names, cycles, floating-point types and bad formats.
  func resolve(_ type: CppType, file: String, depth: Int = 0) throws(HLS4MLProblem) -> HLSType {
    let place = HLS4MLProblem.Place(file: file, line: type.line)
    guard depth < Self.typeDepthLimit else {
      throw HLS4MLProblem(.cyclic(name: type.qualifiedName), at: place)
    }
    if let arguments = type.arguments {
      switch type.name {
      case "ap_fixed", "ap_ufixed", "ap_int", "ap_uint":
        return try fixed(type, arguments: arguments, place: place)
      case "array":
        guard arguments.count == 2 else {
          throw HLS4MLProblem(
            .count("template arguments of nnet::array", expected: 2, found: arguments.count),
            at: place)
        }
        let inner = try CppType.parse(all: arguments[0], file: file)
        guard case .fixed(let element, _) = try resolve(inner, file: file, depth: depth + 1) else {
          throw HLS4MLProblem(
            .unsupported("nnet::array of \(inner.qualifiedName)", detail: "fixed point only"),
            at: place)
        }
        let count = try integer(arguments[1], file: file)
        guard (1...Self.elementLimit).contains(count) else {
          throw HLS4MLProblem(
            .range("the size of nnet::array", value: count, allowed: 1...Self.elementLimit),
            at: place)
        }
        return .array(element, count: count)
      default:
        throw unsupportedType(type, place: place)
      }
    }
    let name = type.name
    if let known = knownTypes[name] { return known }
    if let target = declarations.types[name] {
      return try resolve(target.type, file: target.file, depth: depth + 1)
    }
    if let definition = declarations.structs[name] {
      return try structType(definition, depth: depth + 1)
    }
    switch name {
    case "float", "double", "half", "bfloat16", "float16_t", "bfloat16_t", "int", "unsigned",
      "bool", "char", "short", "long":
      throw unsupportedType(type, place: place)
    default:
      throw HLS4MLProblem(.unknown(kind: "type", name: type.qualifiedName), at: place)
    }
  }

  private func unsupportedType(_ type: CppType, place: HLS4MLProblem.Place) -> HLS4MLProblem {
    HLS4MLProblem(
      .unsupported(
        "type \(type.qualifiedName)", detail: "ap_fixed, ap_ufixed, ap_int and ap_uint are"),
      at: place)
  }

  /// Numbers of the enumerators that C++ takes for the count of saturation bits, too, as in
  /// `ap_fixed<15,12,AP_RND,AP_SAT,AP_SAT>`.
  ///
  /// Source: `ap_types`, `ap_decl.h`: `ap_q_mode` and `ap_o_mode`.
  private static let modeNumbers = [
    "AP_RND": 0, "AP_RND_ZERO": 1, "AP_RND_MIN_INF": 2, "AP_RND_INF": 3, "AP_RND_CONV": 4,
    "AP_TRN": 5, "AP_TRN_ZERO": 6, "AP_SAT": 0, "AP_SAT_ZERO": 1, "AP_SAT_SYM": 2, "AP_WRAP": 3,
    "AP_WRAP_SM": 4,
  ]

  private func fixed(
    _ type: CppType, arguments: [ArraySlice<CppToken>], place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) -> HLSType {
    var words: [String] = []
    for (index, argument) in arguments.enumerated() {
      if index == 2 || index == 3 {
        words.append(argument.last?.text ?? "")
      } else if index == 4, let word = argument.last?.text, let number = Self.modeNumbers[word] {
        words.append(String(number))
      } else {
        words.append(String(try integer(argument, file: place.file)))
      }
    }
    do throws(FormatError) {
      let format = try FixedPointFormat(name: "\(type.name)<\(words.joined(separator: ","))>")
      return .fixed(format, isInteger: type.name == "ap_int" || type.name == "ap_uint")
    } catch {
      throw HLS4MLProblem(.format(error), at: place)
    }
  }

  /// `{sign, weight}` and `{row_index, col_index, weight}`.
  private func structType(
    _ definition: CppStruct, depth: Int
  ) throws(HLS4MLProblem) -> HLSType {
    let names = definition.fields.map(\.name)
    guard let last = definition.fields.last,
      case .fixed(let weight, let isInteger) =
        try resolve(last.type, file: definition.place.file, depth: depth)
    else { throw unsupportedStruct(definition) }
    switch names {
    case ["sign", "weight"]:
      do throws(FormatError) {
        return .powerOfTwo(try PowerOfTwoFormat(exponentBits: weight.width))
      } catch {
        throw HLS4MLProblem(.format(error), at: definition.place)
      }
    case ["row_index", "col_index", "weight"]:
      return .compressed(weight: weight, isInteger: isInteger)
    default:
      throw unsupportedStruct(definition)
    }
  }

  private func unsupportedStruct(_ definition: CppStruct) -> HLS4MLProblem {
    HLS4MLProblem(
      .unsupported(
        "struct \(definition.name) as a type", detail: "power-of-two and compressed weights are"),
      at: definition.place)
  }

  // MARK: Numbers

  /// The value of an expression outside any struct.
  func integer(_ tokens: ArraySlice<CppToken>, file: String) throws(HLS4MLProblem) -> Int {
    var budget = CppExpression.Budget()
    return try CppExpression.evaluate(tokens, file: file, budget: &budget) {
      (path, budget) throws(HLS4MLProblem) in
      try self.value(path, within: nil, file: file, line: tokens.first?.line, &budget)
    }
  }

  /// The value of the constant `name` of `structure`, or nil if it has no such member.
  func integer(_ name: String, of structure: CppStruct) throws(HLS4MLProblem) -> Int? {
    guard structure.constants[name] != nil else { return nil }
    var budget = CppExpression.Budget()
    return try value(
      [name], within: structure, file: structure.place.file, line: structure.place.line, &budget)
  }

  private func value(
    _ path: [String], within structure: CppStruct?, file: String, line: Int?,
    _ budget: inout CppExpression.Budget
  ) throws(HLS4MLProblem) -> Int {
    let name = path.last ?? ""
    var owner = structure
    if path.count > 1, let named = declarations.structs[path[path.count - 2]] { owner = named }
    if let owner, let constant = owner.constants[name] {
      guard let tokens = constant.value else {
        throw HLS4MLProblem(
          .unknown(kind: "value of constant", name: name),
          at: .init(file: owner.place.file, line: constant.line))
      }
      return try CppExpression.evaluate(tokens, file: owner.place.file, budget: &budget) {
        (path, budget) throws(HLS4MLProblem) in
        try self.value(
          path, within: owner, file: owner.place.file, line: constant.line, &budget)
      }
    }
    if let number = Self.enumerators[name] { return number }
    throw HLS4MLProblem(
      .unknown(kind: "constant", name: path.joined(separator: "::")),
      at: .init(file: file, line: line))
  }

  /// The integers of a braced list such as `{1, 2, 3}`.
  func integers(
    _ tokens: ArraySlice<CppToken>, file: String, limit: Int
  ) throws(HLS4MLProblem) -> [Int] {
    var cursor = CppCursor(tokens, file: file)
    try cursor.expect("{")
    var values: [Int] = []
    for part in try cursor.list(until: "}") {
      guard values.count < limit else {
        throw HLS4MLProblem(.limit("the length of the list", limit: limit), at: cursor.place)
      }
      values.append(try integer(part, file: file))
    }
    return values
  }
}
