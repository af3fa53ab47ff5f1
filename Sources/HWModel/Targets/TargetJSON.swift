import FoundationEssentials

/// A JSON value of a device description, checked while it is walked.
indirect enum TargetJSON: Decodable, Sendable {
  case null
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([TargetJSON])
  case object([String: TargetJSON])

  /// - Throws: ``TargetProblem/notJSON(reason:)``.
  static func parse(_ bytes: [UInt8]) throws(TargetProblem) -> TargetJSON {
    do {
      return try JSONDecoder().decode(TargetJSON.self, from: Data(bytes))
    } catch let error as DecodingError {
      if case .dataCorrupted(let context) = error {
        // The decoder's own words name line and column.
        let cause = context.underlyingError.map { "\($0)" } ?? context.debugDescription
        throw .notJSON(reason: Self.sentence(cause))
      }
      throw .notJSON(reason: "the text is no JSON document")
    } catch {
      throw .notJSON(reason: "the text is no JSON document")
    }
  }

  /// The human part of what the decoder reports.
  private static func sentence(_ text: String) -> String {
    guard let start = text.firstRange(of: "NSDebugDescription=")?.upperBound else { return text }
    let rest = text[start...]
    return String(rest.prefix { $0 != "}" && !$0.isNewline })
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      var members: [String: TargetJSON] = [:]
      for key in container.allKeys {
        members[key.stringValue] = try container.decode(TargetJSON.self, forKey: key)
      }
      self = .object(members)
      return
    }
    if var container = try? decoder.unkeyedContainer() {
      var elements: [TargetJSON] = []
      while !container.isAtEnd { elements.append(try container.decode(TargetJSON.self)) }
      self = .list(elements)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let integer = try? container.decode(Int.self) {
      self = .integer(integer)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// What the value is, as messages call it.
  var kind: String {
    switch self {
    case .null: "null"
    case .flag: "true or false"
    case .integer: "an integer"
    case .number: "a number"
    case .text: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }
}
