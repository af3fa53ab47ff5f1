import Documents

/// What is wrong with a file of cases, with the place in it.
public struct CaseProblem: Error, Hashable, Sendable {
  /// Key path, such as `bitfusion.cases[3].layer.k`.
  public let path: String
  public let reason: String

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// A value of a document of cases with its key path: what it should be is checked as it is read.
struct CaseValue {
  let json: JSON
  let path: String

  init(_ json: JSON, path: String) {
    self.json = json
    self.path = path
  }

  private func fault(_ expected: String) -> CaseProblem {
    CaseProblem(path, "expected \(expected), found \(json.kind)")
  }

  func member(_ key: String) throws(CaseProblem) -> CaseValue {
    guard let value = optional(key) else { throw CaseProblem(path, "key '\(key)' is missing") }
    return value
  }

  func optional(_ key: String) -> CaseValue? {
    json[key].map { CaseValue($0, path: path.isEmpty ? key : "\(path).\(key)") }
  }

  func elements() throws(CaseProblem) -> [CaseValue] {
    guard let elements = json.elements else { throw fault("a list") }
    return elements.enumerated().map { CaseValue($0.element, path: "\(path)[\($0.offset)]") }
  }

  func members() throws(CaseProblem) -> [(key: String, value: CaseValue)] {
    guard let members = json.members else { throw fault("an object") }
    return members.map { ($0.key, CaseValue($0.value, path: "\(path).\($0.key)")) }
  }

  func text() throws(CaseProblem) -> String {
    guard let text = json.text else { throw fault("a string") }
    return text
  }

  func flag() throws(CaseProblem) -> Bool {
    guard let flag = json.flag else { throw fault("true or false") }
    return flag
  }

  /// A whole number in `range`; `8.0` is one.
  func integer(_ range: ClosedRange<Int> = 1...1 << 40) throws(CaseProblem) -> Int {
    let value: Int
    switch json {
    case .integer(let integer): value = integer
    case .number(let number) where number == number.rounded() && number.magnitude < 0x1p60:
      value = Int(number)
    default: throw fault("a whole number")
    }
    guard range.contains(value) else {
      throw CaseProblem(path, "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func number(_ range: ClosedRange<Double> = 0...1e30) throws(CaseProblem) -> Double {
    let value: Double
    switch json {
    case .integer(let integer): value = Double(integer)
    case .number(let number): value = number
    default: throw fault("a number")
    }
    guard range.contains(value) else {
      throw CaseProblem(path, "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}

extension JSON {
  /// The object with `value` under `key`, where the key stands or else at the end.
  func setting(_ key: String, _ value: JSON) -> JSON {
    var members = members ?? []
    let member = Member(key: key, value: value)
    if let index = members.firstIndex(where: { $0.key == key }) {
      members[index] = member
    } else {
      members.append(member)
    }
    return .object(members)
  }

  /// The answers in `computed` in the order that this object, if it is one, has them in.
  ///
  /// What it has no place for stands at the end; keys of it that were not computed are left out.
  func ordering(_ computed: JSON) -> JSON {
    guard let given = members, let answers = computed.members else { return computed }
    let known = given.compactMap { member in
      computed[member.key].map { Member(key: member.key, value: member.value.ordering($0)) }
    }
    let names = Set(known.map(\.key))
    return .object(known + answers.filter { !names.contains($0.key) })
  }
}
