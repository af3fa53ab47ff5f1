public import FoundationEssentials
import QuantGraph

/// Scores and costs that a user brings, for a search that does not run a network.
///
/// JSON, schema `hwsim.scores/1`: `{"schema": "hwsim.scores/1", "groups": [{"group": "conv1",
/// "layers": ["conv1"], "formats": ["int<4>", "int<8>"], "scores": [0.3, 0.01], "costs": {"size":
/// [4, 8]}}]}`. A score is the loss that a format of the group adds; `layers` (of the group's name
/// alone if left out) move together. Formats are labels. All groups have the same costs, or none.
/// Numbers may be `"nan"`, `"inf"` and `"-inf"`; null is a score that is missing and reads as NaN.
/// `role` is `linear` (the default) or `kv`; beside `groups` may stand `metric` (what the scores
/// measure), `model` (`{"sha256": "..."}`) and `notes` (any text). Other keys are errors.
public struct ScoreFile: Sendable, Hashable {
  /// What the formats of a group are formats of.
  public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Weights, and what they are multiplied with.
    case linear
    /// Stored keys and values of attention.
    case keyValue = "kv"
  }

  /// What one group of layers may be.
  public struct Group: Sendable, Hashable {
    public let name: String
    public let layers: [String]
    public let role: Role
    public let formats: [String]
    /// One a format.
    public let scores: [Double]
    /// One a format, for each of ``ScoreFile/costNames``.
    public let costs: [[Double]]

    public init(
      name: String, layers: [String], role: Role = .linear, formats: [String], scores: [Double],
      costs: [[Double]]
    ) {
      self.name = name
      self.layers = layers
      self.role = role
      self.formats = formats
      self.scores = scores
      self.costs = costs
    }
  }

  public static let schema = "hwsim.scores/1"

  public let groups: [Group]
  /// In alphabetical order.
  public let costNames: [String]
  /// What the scores measure; nil if the file does not say.
  public let metric: String?
  /// SHA-256 of the model that was scored, in hexadecimal; nil if the file does not say.
  public let modelDigest: String?

  /// Scores that are no finite numbers: group and format.
  public var notFinite: [(group: String, format: String, score: Double)] {
    groups.flatMap { group in
      zip(group.formats, group.scores).filter { !$0.1.isFinite }
        .map { (group.name, $0.0, $0.1) }
    }
  }

  /// Checks groups.
  ///
  /// - Parameters:
  ///   - groups: their costs in the order of `costNames`.
  ///   - costNames: in alphabetical order.
  ///   - metric: what the scores measure.
  ///   - modelDigest: of the model that was scored.
  /// - Throws: ``ScoreFileProblems`` with everything that is wrong.
  public init(
    groups: [Group], costNames: [String], metric: String? = nil, modelDigest: String? = nil
  ) throws(ScoreFileProblems) {
    let problems = Self.problems(of: groups, costNames: groups.map { _ in costNames })
    guard problems.isEmpty else { throw ScoreFileProblems(problems: problems) }
    self.groups = groups
    self.costNames = costNames
    self.metric = metric
    self.modelDigest = modelDigest
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: ``ScoreFileProblems`` with everything that is wrong.
  public init(json: Data) throws(ScoreFileProblems) {
    let document: Document
    let unknown: [ScoreFileProblem]
    do {
      let decoder = JSONDecoder()
      document = try decoder.decode(Document.self, from: json)
      unknown = try decoder.decode(DocumentKeys.self, from: json).unknown
    } catch let error as DecodingError {
      throw ScoreFileProblems(problems: [.json(Self.words(error))])
    } catch {
      throw ScoreFileProblems(problems: [.json("not JSON")])
    }
    var problems: [ScoreFileProblem] = []
    if document.schema != Self.schema { problems.append(.schema(document.schema)) }
    problems += unknown
    let costs = document.groups.first?.costs.map { $0.keys.sorted() } ?? []
    var groups: [Group] = []
    for entry in document.groups {
      var role = Role.linear
      if let word = entry.role {
        if let known = Role(rawValue: word) {
          role = known
        } else {
          problems.append(.role(group: entry.group, word))
        }
      }
      let own = entry.costs ?? [:]
      if own.keys.sorted() != costs {
        problems.append(
          .costNames(group: entry.group, expected: costs, found: own.keys.sorted()))
      }
      groups.append(
        Group(
          name: entry.group, layers: entry.layers ?? [entry.group], role: role,
          formats: entry.formats, scores: entry.scores.map { $0?.value ?? .nan },
          costs: own.sorted { $0.key < $1.key }.map { $0.value.map(\.value) }))
    }
    problems += Self.problems(
      of: groups, costNames: document.groups.map { ($0.costs ?? [:]).keys.sorted() })
    guard problems.isEmpty else { throw ScoreFileProblems(problems: problems) }
    self.groups = groups
    costNames = costs
    metric = document.metric
    modelDigest = document.model?.sha256
  }

  /// `costNames` are those of each group.
  private static func problems(
    of groups: [Group], costNames: [[String]]
  ) -> [ScoreFileProblem] {
    var problems: [ScoreFileProblem] = []
    if groups.isEmpty { problems.append(.noGroups) }
    var names: Set<String> = []
    var owner: [String: String] = [:]
    for (group, costNames) in zip(groups, costNames) {
      if !names.insert(group.name).inserted { problems.append(.duplicateGroup(group.name)) }
      if group.layers.isEmpty { problems.append(.noLayers(group: group.name)) }
      for layer in group.layers {
        if let other = owner[layer] {
          problems.append(.sharedLayer(layer, groups: [other, group.name]))
        }
        owner[layer] = group.name
      }
      let count = group.formats.count
      if count == 0 { problems.append(.noFormats(group: group.name)) }
      if Set(group.formats).count < count { problems.append(.duplicateFormat(group: group.name)) }
      if group.scores.count != count {
        problems.append(
          .count(group: group.name, of: "scores", expected: count, found: group.scores.count))
      }
      for (place, values) in group.costs.enumerated() {
        let name = place < costNames.count ? costNames[place] : "costs"
        if values.count != count {
          problems.append(
            .count(group: group.name, of: name, expected: count, found: values.count))
        }
        if let value = values.first(where: { !$0.isFinite }) {
          problems.append(.costNotFinite(group: group.name, cost: name, value: value))
        }
      }
    }
    return problems
  }

  private struct Document: Decodable {
    struct Entry: Decodable {
      let group: String
      let layers: [String]?
      let role: String?
      let formats: [String]
      let scores: [AnyNumber?]
      let costs: [String: [AnyNumber]]?
    }
    struct Model: Decodable {
      let sha256: String?
    }
    let schema: String
    let groups: [Entry]
    let metric: String?
    let model: Model?
  }

  /// The keys of a document: a misspelt one must not become a default.
  private struct DocumentKeys: Decodable {
    private static let known = ["schema", "groups", "metric", "model", "notes"]
    private static let knownOfGroup = ["group", "layers", "role", "formats", "scores", "costs"]
    private struct Groups: Decodable {
      let groups: [KeyList]
    }
    let unknown: [ScoreFileProblem]

    init(from decoder: any Decoder) throws {
      let keys = try KeyList(from: decoder).keys.filter { !Self.known.contains($0) }
      var unknown = keys.map { ScoreFileProblem.unknownKey($0, group: nil) }
      for (index, list) in try Groups(from: decoder).groups.enumerated() {
        unknown += list.keys.filter { !Self.knownOfGroup.contains($0) }
          .map { .unknownKey($0, group: index) }
      }
      self.unknown = unknown
    }
  }

  private static func words(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
      let joined = keys.joined()
      return joined.isEmpty
        ? "the document" : joined.hasPrefix(".") ? String(joined.dropFirst()) : joined
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "\(path(context)) lacks '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(path(context)) is of the wrong type"
    case .dataCorrupted(let context):
      return "\(path(context)): \(context.debugDescription)"
    @unknown default: return "not as the schema says"
    }
  }
}

/// What is wrong with a file of scores.
public enum ScoreFileProblem: Sendable, Hashable {
  /// Not JSON, or not of the schema's form.
  case json(String)
  case schema(String)
  /// A key that the schema does not have, in the document or in the group of an index.
  case unknownKey(String, group: Int?)
  /// A role that is none of ``ScoreFile/Role``.
  case role(group: String, String)
  case noGroups
  case duplicateGroup(String)
  case noLayers(group: String)
  case sharedLayer(String, groups: [String])
  case noFormats(group: String)
  case duplicateFormat(group: String)
  case count(group: String, of: String, expected: Int, found: Int)
  case costNames(group: String, expected: [String], found: [String])
  case costNotFinite(group: String, cost: String, value: Double)
}

/// Every problem of one file, in its order.
public struct ScoreFileProblems: Error, Sendable, Hashable {
  public let problems: [ScoreFileProblem]

  public init(problems: [ScoreFileProblem]) { self.problems = problems }
}
