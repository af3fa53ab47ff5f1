import Arith

/// A configuration struct together with the scope that its names are looked up in.
struct HLSConfiguration {
  let structure: CppStruct
  let scope: HLSScope

  var name: String { structure.name }
  private var file: String { structure.place.file }

  func place(of member: String) -> HLS4MLProblem.Place {
    .init(file: file, line: structure.constants[member]?.line ?? structure.place.line)
  }

  private func missing(_ member: String) -> HLS4MLProblem {
    HLS4MLProblem(.unknown(kind: "member of \(name)", name: member), at: structure.place)
  }

  /// The integer constant `member`; `fallback` if the struct has none.
  func integer(_ member: String, default fallback: Int? = nil) throws(HLS4MLProblem) -> Int {
    guard let value = try scope.integer(member, of: structure) ?? fallback else {
      throw missing(member)
    }
    return value
  }

  /// An integer constant that must lie in `allowed`.
  func integer(
    _ member: String, in allowed: ClosedRange<Int>, default fallback: Int? = nil
  ) throws(HLS4MLProblem) -> Int {
    let value = try integer(member, default: fallback)
    guard allowed.contains(value) else {
      throw HLS4MLProblem(
        .range("\(name)::\(member)", value: value, allowed: allowed), at: place(of: member))
    }
    return value
  }

  /// A number of elements, positions or channels: 1 to the largest accepted.
  func extent(_ member: String) throws(HLS4MLProblem) -> Int {
    try integer(member, in: 1...HLSScope.elementLimit)
  }

  /// The same of a member that not every struct has.
  func optionalExtent(_ member: String) throws(HLS4MLProblem) -> Int? {
    structure.constants[member] == nil ? nil : try extent(member)
  }

  /// A padding, cropping or other count that may be zero.
  func margin(_ member: String, default fallback: Int? = nil) throws(HLS4MLProblem) -> Int {
    try integer(member, in: 0...(1 << 24), default: fallback)
  }

  func stride(_ member: String, default fallback: Int? = nil) throws(HLS4MLProblem) -> Int {
    try integer(member, in: 1...(1 << 24), default: fallback)
  }

  /// The last name of an enumerator constant, such as `stable` or `Max`; nil if there is none.
  func word(_ member: String) -> String? {
    guard let token = structure.constants[member]?.value?.last, token.kind == .identifier else {
      return nil
    }
    return token.text
  }

  /// The name that the template alias `member` stands for, such as `DenseLatency`; nil if there is
  /// none.
  func alias(_ member: String) -> CppType? { structure.types[member] }

  /// The fixed-point format of the member type `member`; nil if there is none.
  func format(_ member: String) throws(HLS4MLProblem) -> FixedPointFormat? {
    guard let type = structure.types[member] else { return nil }
    guard let format = try scope.resolve(type, file: file).element else {
      throw HLS4MLProblem(
        .unsupported("\(name)::\(member)", detail: "a fixed-point type is expected"),
        at: .init(file: file, line: type.line))
    }
    return format
  }

  /// The fixed-point format of the member type `member`, which must be there.
  func requiredFormat(_ member: String) throws(HLS4MLProblem) -> FixedPointFormat {
    guard let format = try format(member) else { throw missing(member) }
    return format
  }

  /// The configuration that the member type `member` names; nil if there is none.
  func nested(_ member: String) throws(HLS4MLProblem) -> HLSConfiguration? {
    guard let type = structure.types[member] else { return nil }
    guard let target = scope.declarations.structs[type.name] else {
      throw HLS4MLProblem(
        .unknown(kind: "struct", name: type.qualifiedName), at: .init(file: file, line: type.line))
    }
    return HLSConfiguration(structure: target, scope: scope)
  }

  /// The floating-point constant `member`, inside the struct or defined after it.
  func number(_ member: String, default fallback: Double? = nil) throws(HLS4MLProblem) -> Double {
    let definition = scope.declarations.definitions["\(name)::\(member)"]
    guard let tokens = structure.constants[member]?.value ?? definition?.value else {
      if let fallback { return fallback }
      throw missing(member)
    }
    let text = tokens.map(\.text).joined()
    guard let value = Self.decimal(text) else {
      throw HLS4MLProblem(
        .number(token: text), at: definition?.place ?? place(of: member))
    }
    return value
  }

  /// A C++ floating-point literal with an optional sign; nil if it is none or not finite.
  static func decimal(_ text: String) -> Double? {
    var digits = Substring(text)
    if let last = digits.last, "fFlL".contains(last), !digits.lowercased().hasPrefix("0x") {
      digits.removeLast()
    }
    guard let value = Double(digits), value.isFinite else { return nil }
    return value
  }

  /// Reuse factor of the layer, 1 if the struct has none.
  func reuseFactor() throws(HLS4MLProblem) -> Int {
    try integer("reuse_factor", in: 1...HLSScope.elementLimit, default: 1)
  }
}
