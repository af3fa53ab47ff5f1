internal import HWModel
import QuantGraph

/// Scores of a file on the layers and candidates of a search.
///
/// Layers are matched by name, formats as candidates: `int4/uint8` is the candidate `w4a8`. A file may
/// name more formats than the space. Layers of one group get its score together, so they are tied
/// in the search too; a tie of the space whose layers are in several groups gets the groups' sum.
public struct ScoreMatch: Sendable, Hashable {
  /// The space with the file's groups as further ties.
  public let space: SearchSpace
  /// One number a candidate of each layer; a group's score stands at its first layer, its other
  /// layers have 0, so that sums count it once.
  public let scores: [[Double]]

  /// - Throws: ``ScoreMatchProblems`` with every layer and candidate that does not fit.
  public init(_ file: ScoreFile, space: SearchSpace) throws(ScoreMatchProblems) {
    var problems: [ScoreMatchProblem] = []
    var position: [String: Int] = [:]
    for (index, layer) in space.layers.enumerated() { position[layer.name] = index }
    let groups = file.groups.filter { $0.role == .linear }
    let others = file.groups.filter { $0.role != .linear }.map(\.name)
    if !others.isEmpty { problems.append(.keyValueGroups(others)) }
    let unknown = groups.flatMap(\.layers).filter { position[$0] == nil }
    if !unknown.isEmpty { problems.append(.unknownLayers(unknown)) }
    let scored = Set(groups.flatMap(\.layers))
    let unscored = space.layers.map(\.name).filter { !scored.contains($0) }
    if !unscored.isEmpty { problems.append(.unscoredLayers(unscored)) }

    var scores = space.candidates.map { [Double](repeating: 0, count: $0.count) }
    var ties: [[Int]] = []
    for group in groups {
      let members = group.layers.compactMap { position[$0] }.sorted()
      guard let first = members.first else { continue }
      var place: [String: Int] = [:]
      for (index, label) in group.formats.enumerated() {
        let key = Self.key(label)
        if let other = place[key] {
          problems.append(
            .sameFormat(group: group.name, formats: [group.formats[other], label]))
        }
        place[key] = index
      }
      let names = space.candidates[first].map(\.name)
      for member in members.dropFirst() where space.candidates[member].map(\.name) != names {
        problems.append(
          .differentCandidates(
            group: group.name, layers: [space.layers[first].name, space.layers[member].name]))
      }
      // A fixed layer needs the score of its one candidate alone.
      let allowed =
        space.groups.firstIndex { $0.contains(first) }.map { space.allowed(ofGroup: $0) } ?? []
      for option in allowed {
        let candidate = space.candidates[first][option]
        guard let found = place[Self.key(candidate.name)] else {
          problems.append(
            .missing(group: group.name, candidate: candidate.name, formats: group.formats))
          continue
        }
        let score = group.scores[found]
        if score.isFinite {
          scores[first][option] = score
        } else {
          problems.append(
            .notFinite(group: group.name, candidate: candidate.name, value: score))
        }
      }
      if members.count > 1 { ties.append(members) }
    }
    guard problems.isEmpty else { throw ScoreMatchProblems(problems: problems) }
    do throws(SpaceError) {
      self.space = try SearchSpace(
        layers: space.layers, candidates: space.candidates, ties: space.ties + ties,
        fixed: space.fixed)
    } catch {
      throw ScoreMatchProblems(problems: [.space(error)])
    }
    self.scores = scores
  }

  /// Equal for labels that name the same candidate; a label that names none stands for itself.
  private static func key(_ label: String) -> String {
    guard let candidate = try? SpaceCandidate(label) else { return label }
    // An integer's sign is the evaluator's to choose; what else a name says counts.
    guard let bits = candidate.integerBits, candidate.formats.grouping == .filters,
      candidate.formats.accumulator == nil
    else { return candidate.name }
    return "w\(bits.weights)a\(bits.activations)"
  }
}

/// Why a file's scores do not fit a search.
public enum ScoreMatchProblem: Sendable, Hashable {
  /// Groups of stored keys and values, which a search of a network does not choose.
  case keyValueGroups([String])
  /// Names in the file that no layer has.
  case unknownLayers([String])
  /// Layers that the file has no score of.
  case unscoredLayers([String])
  /// A candidate without a score.
  case missing(group: String, candidate: String, formats: [String])
  /// A candidate whose score cannot be summed.
  case notFinite(group: String, candidate: String, value: Double)
  /// Two labels of one candidate.
  case sameFormat(group: String, formats: [String])
  /// A group whose layers have different candidates in the search.
  case differentCandidates(group: String, layers: [String])
  /// Ties of the file and of the space that cannot hold together.
  case space(SpaceError)
}

/// Everything that does not fit, in the file's order.
public struct ScoreMatchProblems: Error, Sendable, Hashable {
  public let problems: [ScoreMatchProblem]

  public init(problems: [ScoreMatchProblem]) { self.problems = problems }
}
