import Knapsack
public import QuantGraph

/// What a search chooses from: candidates a layer, tie groups and fixed layers.
///
/// A space that exists is valid: every layer has candidates with different names, and tied layers
/// have the same ones in the same order.
public struct SearchSpace: Sendable, Hashable {
  public let layers: [SearchLayer]
  /// The candidates of each layer.
  public let candidates: [[SpaceCandidate]]
  /// Groups of layers that take the same candidate; overlapping groups join.
  public let ties: [[Int]]
  /// Layers whose candidate is given; they count in every cost.
  public let fixed: [Int: Int]
  /// Layers that choose together, in order of their first member; members ascend.
  public let groups: [[Int]]
  /// Position in ``groups`` of each layer's group.
  public let groupOfLayer: [Int]

  /// - Throws: ``SpaceError`` if a layer has no or repeated candidates, if tied layers differ, or if
  ///   a fixed layer has no such candidate.
  public init(
    layers: [SearchLayer], candidates: [[SpaceCandidate]], ties: [[Int]] = [],
    fixed: [Int: Int] = [:]
  ) throws(SpaceError) {
    guard !layers.isEmpty, candidates.count == layers.count else { throw .noLayers }
    for (layer, list) in zip(layers, candidates) {
      guard !list.isEmpty else {
        throw .candidates(layer: layer.name, reason: "there are none")
      }
      guard Set(list.map(\.name)).count == list.count else {
        throw .candidates(layer: layer.name, reason: "one is given twice")
      }
    }
    for tie in ties {
      guard let first = tie.first else { continue }
      for layer in tie
      where candidates[layer].map(\.name) != candidates[first].map(\.name) {
        throw .splitsTie(
          pattern: "*", layer: layers[first].name, tiedLayer: layers[layer].name)
      }
    }
    // The rules of tie groups and fixed options are those of an allocation problem.
    do throws(AllocationError) {
      let problem = try AllocationProblem(
        layers: candidates.map {
          AllocationLayer(losses: [Double](repeating: 0, count: $0.count), costs: [])
        }, ties: ties, fixed: fixed)
      groups = problem.groups
    } catch {
      throw .malformed(path: "ties", reason: Self.words(error, layers: layers))
    }
    var groupOfLayer = [Int](repeating: 0, count: layers.count)
    for (index, group) in groups.enumerated() {
      for layer in group { groupOfLayer[layer] = index }
    }
    self.groupOfLayer = groupOfLayer
    self.layers = layers
    self.candidates = candidates
    self.ties = ties
    self.fixed = fixed
  }

  private static func words(_ error: AllocationError, layers: [SearchLayer]) -> String {
    switch error {
    case .fixedOptionsDiffer(let layer, let tied):
      "tied layers '\(layers[layer].name)' and '\(layers[tied].name)' are fixed differently"
    default: "\(error)"
    }
  }

  /// Candidate indices that a group may take: all, or the one that is fixed.
  public func allowed(ofGroup group: Int) -> [Int] {
    for layer in groups[group] {
      if let option = fixed[layer] { return [option] }
    }
    return Array(candidates[groups[group][0]].indices)
  }

  /// The same space with formats of its own for each candidate of each layer, such as the sign that a
  /// layer's input asks for; names stay.
  ///
  /// - Throws: what `formats` throws.
  public func replacingFormats<Problem: Error>(
    _ formats: (_ layer: Int, _ candidate: SpaceCandidate) throws(Problem) -> Candidate
  ) throws(Problem) -> SearchSpace {
    var lists = candidates
    for layer in lists.indices {
      for index in lists[layer].indices {
        let candidate = lists[layer][index]
        lists[layer][index] = SpaceCandidate(
          name: candidate.name, formats: try formats(layer, candidate))
      }
    }
    return SearchSpace(self, candidates: lists)
  }

  private init(_ other: SearchSpace, candidates: [[SpaceCandidate]]) {
    layers = other.layers
    self.candidates = candidates
    ties = other.ties
    fixed = other.fixed
    groups = other.groups
    groupOfLayer = other.groupOfLayer
  }

  /// How many allocations there are; binary64, so that large spaces have a number too.
  public var configurationCount: Double {
    groups.indices.reduce(1) { $0 * Double(allowed(ofGroup: $1).count) }
  }

  /// The formats of a choice, one candidate index a layer.
  public func formats(of choice: [Int]) -> [Candidate] {
    zip(candidates, choice).map { $0[$1].formats }
  }

  /// Choices in which every layer takes the candidate of one name, in the order of the first
  /// layer's candidates; names that a free layer lacks are left out.
  public var uniformChoices: [(name: String, choice: [Int])] {
    var found: [(name: String, choice: [Int])] = []
    var seen: Set<[Int]> = []
    for name in candidates[0].map(\.name) {
      var choice: [Int] = []
      for layer in layers.indices {
        if !fixed.isEmpty,
          let option = groups[groupOfLayer[layer]].lazy.compactMap({ fixed[$0] }).first
        {
          choice.append(option)
        } else if let option = candidates[layer].firstIndex(where: { $0.name == name }) {
          choice.append(option)
        }
      }
      if choice.count == layers.count, seen.insert(choice).inserted {
        found.append((name, choice))
      }
    }
    return found
  }
}
