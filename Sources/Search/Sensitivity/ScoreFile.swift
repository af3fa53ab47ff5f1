public import FoundationEssentials

/// Scores and costs that a user brings, for a search that does not run a network.
///
/// JSON, schema `hwsim.scores/1`: `{"schema": "hwsim.scores/1", "groups": [{"group": "conv1",
/// "layers": ["conv1"], "formats": ["int<4>", "int<8>"], "scores": [0.3, 0.01], "costs": {"size":
/// [4, 8]}}]}`. A score is the loss that a format of the group adds; `layers` (of the group's name
/// alone if left out) move together. Formats are labels. All groups have the same costs, or none.
/// Numbers may be `"nan"`, `"inf"` and `"-inf"`; null is a score that is missing and reads as NaN.
public struct ScoreFile: Sendable, Hashable {
  /// What one group of layers may be.
  public struct Group: Sendable, Hashable {
    public let name: String
    public let layers: [String]
    public let formats: [String]
    /// One a format.
    public let scores: [Double]
    /// One a format, for each of ``ScoreFile/costNames``.
    public let costs: [[Double]]
  }

  public static let schema = "hwsim.scores/1"

  public let groups: [Group]
  /// In alphabetical order.
  public let costNames: [String]

  /// Scores that are no finite numbers: group and format.
  public var notFinite: [(group: String, format: String, score: Double)] {
    groups.flatMap { group in
      zip(group.formats, group.scores).filter { !$0.1.isFinite }
        .map { (group.name, $0.0, $0.1) }
    }
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: ``ScoreFileProblems`` with everything that is wrong.
  public init(json: Data) throws(ScoreFileProblems) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: json)
    } catch let error as DecodingError {
      throw ScoreFileProblems(problems: [.json(Self.words(error))])
    } catch {
      throw ScoreFileProblems(problems: [.json("not JSON")])
    }
    var problems: [ScoreFileProblem] = []
    if document.schema != Self.schema { problems.append(.schema(document.schema)) }
    if document.groups.isEmpty { problems.append(.noGroups) }
    var names: Set<String> = []
    var owner: [String: String] = [:]
    let costs = document.groups.first?.costs.map { $0.keys.sorted() } ?? []
    var groups: [Group] = []
    for entry in document.groups {
      if !names.insert(entry.group).inserted { problems.append(.duplicateGroup(entry.group)) }
      let layers = entry.layers ?? [entry.group]
      if layers.isEmpty { problems.append(.noLayers(group: entry.group)) }
      for layer in layers {
        if let other = owner[layer] {
          problems.append(.sharedLayer(layer, groups: [other, entry.group]))
        }
        owner[layer] = entry.group
      }
      if entry.formats.isEmpty { problems.append(.noFormats(group: entry.group)) }
      if Set(entry.formats).count < entry.formats.count {
        problems.append(.duplicateFormat(group: entry.group))
      }
      if entry.scores.count != entry.formats.count {
        problems.append(
          .count(
            group: entry.group, of: "scores", expected: entry.formats.count,
            found: entry.scores.count))
      }
      let own = entry.costs ?? [:]
      if own.keys.sorted() != costs {
        problems.append(
          .costNames(group: entry.group, expected: costs, found: own.keys.sorted()))
      }
      for (name, values) in own.sorted(by: { $0.key < $1.key }) {
        if values.count != entry.formats.count {
          problems.append(
            .count(
              group: entry.group, of: name, expected: entry.formats.count, found: values.count))
        }
        if let index = values.firstIndex(where: { !$0.value.isFinite }) {
          problems.append(
            .costNotFinite(group: entry.group, cost: name, value: values[index].value))
        }
      }
      groups.append(
        Group(
          name: entry.group, layers: layers, formats: entry.formats,
          scores: entry.scores.map { $0?.value ?? .nan },
          costs: costs.map { own[$0]?.map(\.value) ?? [] }))
    }
    guard problems.isEmpty else { throw ScoreFileProblems(problems: problems) }
    self.groups = groups
    costNames = costs
  }

  private struct Document: Decodable {
    struct Entry: Decodable {
      let group: String
      let layers: [String]?
      let formats: [String]
      let scores: [AnyNumber?]
      let costs: [String: [AnyNumber]]?
    }
    let schema: String
    let groups: [Entry]
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

extension ScoreFile {
  /// The scores as a problem of allocation, one layer a group.
  ///
  /// - Throws: ``AllocationError/notFinite(layer:option:quantity:value:)`` for a score that is no
  ///   finite number, and what else ``AllocationProblem`` refuses.
  public func problem(budgets: [Double] = []) throws(AllocationError) -> AllocationProblem {
    try AllocationProblem(
      layers: groups.map { AllocationLayer(name: $0.name, losses: $0.scores, costs: $0.costs) },
      budgets: budgets)
  }
}
