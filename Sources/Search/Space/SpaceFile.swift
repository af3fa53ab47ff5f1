public import FoundationEssentials
import QuantGraph

/// A space that a user describes in a file.
///
/// Layout: `{"schema": "hwsim.space/1", "candidates": ["w4a8", "w8a8"], "tie_rules": ["residual"],
/// "ties": [["conv1", "conv3"]], "untied": ["fc*"], "rules": [{"layers": "fc*", "candidates":
/// ["w8a8"]}, {"layers": "conv1", "fixed": "w8a8"}, {"layers": "head", "unchanged": true}]}`; only
/// `schema` and `candidates` are needed. Later rules win.
public struct SpaceFile: Sendable, Hashable {
  public let rules: SpaceRules
  public let tieRules: [LayerTie]

  private struct Document: Decodable {
    let schema: String
    let candidates: [String]
    let tieRules: [String]?
    let ties: [[String]]?
    let untied: [String]?
    let rules: [Rule]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case schema, candidates, ties, untied, rules
      case tieRules = "tie_rules"
    }
  }

  private struct Rule: Decodable {
    let layers: String
    let candidates: [String]?
    let fixed: String?
    let unchanged: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable { case layers, candidates, fixed, unchanged }
  }

  private struct RuleKeys: Decodable {
    let rules: [KeyList]?
  }

  /// - Throws: ``SpaceError``.
  public init(json: Data) throws(SpaceError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: json)
      try Self.check(
        JSONDecoder().decode(KeyList.self, from: json).keys,
        known: Document.CodingKeys.allCases.map(\.rawValue), path: "")
      for (index, keys) in (try JSONDecoder().decode(RuleKeys.self, from: json).rules ?? [])
        .enumerated()
      {
        try Self.check(
          keys.keys, known: Rule.CodingKeys.allCases.map(\.rawValue), path: "rules[\(index)].")
      }
    } catch let error as SpaceError {
      throw error
    } catch let error as DecodingError {
      let place = error.place
      throw .malformed(path: place.path, reason: place.reason)
    } catch {
      throw .malformed(path: "", reason: "not readable as JSON")
    }
    guard document.schema == "hwsim.space/1" else {
      throw .malformed(path: "schema", reason: "'\(document.schema)' is not hwsim.space/1")
    }
    var found: [LayerTie] = []
    for name in document.tieRules ?? [] {
      guard let rule = LayerTie(rawValue: name) else {
        let names = LayerTie.allCases.map(\.rawValue).joined(separator: ", ")
        throw .malformed(path: "tie_rules", reason: "'\(name)' is none of \(names)")
      }
      found.append(rule)
    }
    tieRules = found
    var rules = SpaceRules(candidates: try Self.candidates(document.candidates))
    rules.ties = (document.ties ?? []).map { $0.map(NamePattern.init) }
    rules.untied = (document.untied ?? []).map(NamePattern.init)
    for (index, rule) in (document.rules ?? []).enumerated() {
      let pattern = NamePattern(rule.layers)
      switch (rule.candidates, rule.fixed, rule.unchanged) {
      case (let names?, nil, nil):
        rules.rules.append(.init(pattern: pattern, effect: .candidates(try Self.candidates(names))))
      case (nil, let name?, nil):
        rules.rules.append(.init(pattern: pattern, effect: .fixed(try SpaceCandidate(name))))
      case (nil, nil, true?): rules.rules.append(.init(pattern: pattern, effect: .unchanged))
      default:
        throw .malformed(
          path: "rules[\(index)]", reason: "give one of candidates, fixed and unchanged: true")
      }
    }
    self.rules = rules
  }

  private static func check(_ keys: [String], known: [String], path: String) throws(SpaceError) {
    if let unknown = keys.first(where: { !known.contains($0) }) {
      throw .malformed(
        path: path + unknown, reason: "no such key; known: \(known.joined(separator: ", "))")
    }
  }

  private static func candidates(_ names: [String]) throws(SpaceError) -> [SpaceCandidate] {
    var list: [SpaceCandidate] = []
    for name in names { list.append(try SpaceCandidate(name)) }
    return list
  }
}
