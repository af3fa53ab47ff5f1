import QuantGraph

extension ScoreFile {
  /// The sensitivities of a search: a group a tie group, its candidates as formats.
  ///
  /// A group is named after its first layer; its scores and costs are sums over its layers. Costs that
  /// are no sums over layers are left out. A label is the candidate's name, or the names of its
  /// formats where the layer's input asks for another sign than the name says.
  ///
  /// - Parameters:
  ///   - space: groups, candidates, and which of them are fixed.
  ///   - scores: one number a candidate of each layer.
  ///   - costs: every cost that is known.
  ///   - metric: what the scores measure.
  ///   - modelDigest: SHA-256 of the model.
  /// - Throws: ``ScoreFileProblems`` if a candidate's name occurs twice in a group.
  public init(
    space: SearchSpace, scores: [[Double]], costs: [any CostModel], metric: String?,
    modelDigest: String?
  ) throws(ScoreFileProblems) {
    var tables: [(name: String, table: [[Double]])] = []
    for cost in costs {
      guard let table = cost.additive(in: space), table.joined().allSatisfy(\.isFinite) else {
        continue
      }
      tables.append((cost.name, table))
    }
    tables.sort { $0.name < $1.name }
    let groups = space.groups.indices.map { index in
      let members = space.groups[index]
      let options = space.allowed(ofGroup: index)
      func sums(_ table: [[Double]]) -> [Double] {
        options.map { option in members.reduce(0) { $0 + table[$1][option] } }
      }
      return Group(
        name: space.layers[members[0]].name, layers: members.map { space.layers[$0].name },
        formats: options.map { Self.label(space.candidates[members[0]][$0]) },
        scores: sums(scores), costs: tables.map { sums($0.table) })
    }
    try self.init(
      groups: groups, costNames: tables.map(\.name), metric: metric, modelDigest: modelDigest)
  }

  private static func label(_ candidate: SpaceCandidate) -> String {
    func names(_ text: String, _ formats: Candidate) -> Bool {
      (try? SpaceCandidate(text))?.formats == formats
    }
    guard !names(candidate.name, candidate.formats) else { return candidate.name }
    let pair = candidate.formats.name
    return names(pair, candidate.formats) ? pair : candidate.name
  }
}
