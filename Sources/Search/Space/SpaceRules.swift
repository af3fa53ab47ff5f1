public import QuantGraph

/// What is said about the layers of a space beside their common candidates.
public struct SpaceRules: Sendable, Hashable {
  /// Something said of the layers whose names fit a pattern; later rules win.
  public struct Rule: Sendable, Hashable {
    public enum Effect: Sendable, Hashable {
      case candidates([SpaceCandidate])
      /// One candidate, which need not be among the common ones.
      case fixed(SpaceCandidate)
      /// As the model has it.
      case unchanged
    }

    public let pattern: NamePattern
    public let effect: Effect

    public init(pattern: NamePattern, effect: Effect) {
      self.pattern = pattern
      self.effect = effect
    }
  }

  public var candidates: [SpaceCandidate]
  public var rules: [Rule]
  /// Groups of patterns; all layers that one group's patterns match are tied.
  public var ties: [[NamePattern]]
  /// Layers that are freed from groups found in the graph.
  public var untied: [NamePattern]

  public init(
    candidates: [SpaceCandidate], rules: [Rule] = [], ties: [[NamePattern]] = [],
    untied: [NamePattern] = []
  ) {
    self.candidates = candidates
    self.rules = rules
    self.ties = ties
    self.untied = untied
  }

  /// The layers that a pattern, a name or a number means.
  ///
  /// - Throws: ``SpaceError/unmatched(pattern:layers:)`` or ``SpaceError/ambiguous(pattern:layers:)``.
  package static func matched(
    _ text: String, _ names: LayerNames
  ) throws(SpaceError) -> [Int] {
    switch names.meaning(of: text) {
    case .layers(let found): return found
    case .unknown: throw .unmatched(pattern: text, layers: names.short)
    case .ambiguous(let found):
      throw .ambiguous(pattern: text, layers: found.map { names.short[$0] })
    }
  }

  /// The space over `layers`, with tie groups that were found elsewhere added; `unchanged` is what
  /// a layer takes that stays as the model has it; `names` how rules may name
  /// the layers, else by their own names.
  ///
  /// - Throws: ``SpaceError``; a rule that treats layers of one group differently is named.
  public func space(
    over layers: [SearchLayer], unchanged: SpaceCandidate = .unchanged, foundTies: [[Int]] = [],
    names: LayerNames? = nil
  ) throws(SpaceError) -> SearchSpace {
    guard !layers.isEmpty else { throw .noLayers }
    let names = names ?? LayerNames(layers.map(\.name))
    func matched(_ pattern: NamePattern) throws(SpaceError) -> [Int] {
      try Self.matched(pattern.text, names)
    }
    var lists = [[SpaceCandidate]](repeating: candidates, count: layers.count)
    var fixed: [Int: Int] = [:]
    var decided = [String?](repeating: nil, count: layers.count)
    for rule in rules {
      for layer in try matched(rule.pattern) {
        decided[layer] = rule.pattern.text
        switch rule.effect {
        case .candidates(let list):
          lists[layer] = list
          fixed[layer] = nil
        case .fixed(let candidate):
          lists[layer] = [candidate]
          fixed[layer] = 0
        case .unchanged:
          lists[layer] = [unchanged]
          fixed[layer] = 0
        }
      }
    }
    var free = Set<Int>()
    for pattern in untied { free.formUnion(try matched(pattern)) }
    var groups = foundTies.map { $0.filter { !free.contains($0) } }.filter { $0.count > 1 }
    for tie in ties {
      var members: [Int] = []
      for pattern in tie { members += try matched(pattern) }
      groups.append(Array(Set(members)).sorted())
    }
    for group in groups {
      guard let first = group.first else { continue }
      for layer in group where lists[layer].map(\.name) != lists[first].map(\.name) {
        throw .splitsTie(
          pattern: decided[layer] ?? decided[first] ?? "*", layer: names.names[first],
          tiedLayer: names.names[layer])
      }
    }
    return try SearchSpace(layers: layers, candidates: lists, ties: groups, fixed: fixed)
  }
}
