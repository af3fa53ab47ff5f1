package import Documents
package import QuantGraph

/// A value inside a result document, with the place where it stands.
///
/// What a document lacks or misspells is told by its key path, such as `result.points[3].id`.
package struct ResultField: Sendable {
  /// Where a value stands, from the inside out.
  private indirect enum Place: Sendable {
    case root
    case key(String, Place)
    case index(Int, Place)

    var text: String {
      switch self {
      case .root: ""
      case .key(let key, .root): key
      case .key(let key, let outer): "\(outer.text).\(key)"
      case .index(let index, let outer): "\(outer.text)[\(index)]"
      }
    }
  }

  package let value: JSON
  /// The file, as the user typed it.
  package let file: String
  private let place: Place

  package init(_ value: JSON, file: String) {
    self.value = value
    self.file = file
    place = .root
  }

  private init(_ value: JSON, file: String, place: Place) {
    self.value = value
    self.file = file
    self.place = place
  }

  /// The member `key`; nil if it is absent or null.
  ///
  /// - Throws: `report.result` if this is no object.
  package func optional(_ key: String) throws(Failure) -> ResultField? {
    guard case .object = value else { throw unexpected("an object") }
    guard let member = value[key], member != .null else { return nil }
    return ResultField(member, file: file, place: .key(key, place))
  }

  /// The first of `keys` that is present and not null.
  package func first(of keys: [String]) throws(Failure) -> ResultField? {
    for key in keys {
      if let found = try optional(key) { return found }
    }
    return nil
  }

  /// The member `key`.
  ///
  /// - Throws: `report.result` if it is absent or null.
  package func required(_ key: String) throws(Failure) -> ResultField {
    guard let found = try optional(key) else {
      throw problem("lacks '\(key)'")
    }
    return found
  }

  /// The elements of an array.
  package func elements() throws(Failure) -> [ResultField] {
    guard let elements = value.elements else { throw unexpected("an array") }
    var fields: [ResultField] = []
    fields.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      fields.append(ResultField(element, file: file, place: .index(index, place)))
    }
    return fields
  }

  /// The members of an object, in the document's order.
  package func members() throws(Failure) -> [(key: String, field: ResultField)] {
    guard let members = value.members else { throw unexpected("an object") }
    return members.map {
      ($0.key, ResultField($0.value, file: file, place: .key($0.key, place)))
    }
  }

  package func text() throws(Failure) -> String {
    guard let text = value.text else { throw unexpected("a string") }
    return text
  }

  package func flag() throws(Failure) -> Bool {
    guard let flag = value.flag else { throw unexpected("true or false") }
    return flag
  }

  package func integer() throws(Failure) -> Int {
    guard case .integer(let integer) = value else { throw unexpected("an integer") }
    return integer
  }

  /// A number; the strings that stand for NaN and the infinities are numbers too.
  package func number() throws(Failure) -> Double {
    guard let number = value.doubleValue else { throw unexpected("a number") }
    return number
  }

  // MARK: Members that may be missing

  package func number(_ key: String) throws(Failure) -> Double? { try optional(key)?.number() }
  package func integer(_ key: String) throws(Failure) -> Int? { try optional(key)?.integer() }
  package func text(_ key: String) throws(Failure) -> String? { try optional(key)?.text() }
  package func flag(_ key: String) throws(Failure) -> Bool? { try optional(key)?.flag() }

  /// The elements of the member `key`; none if it is absent or null.
  package func elements(_ key: String) throws(Failure) -> [ResultField] {
    try optional(key)?.elements() ?? []
  }

  // MARK: Problems

  /// The problem of a document that is not what its schema says.
  package func problem(_ message: String) -> Failure {
    let path = place.text
    return Failure(
      "report.result", message, at: path.isEmpty ? file : "\(file): \(path)",
      remedy: "write the file again with --json; hwsim schema shows what it holds.")
  }

  private func unexpected(_ expected: String) -> Failure {
    problem("expected \(expected), found \(value.kind)")
  }
}
