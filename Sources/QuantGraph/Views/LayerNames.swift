import Documents

/// The layers of a list as people name them.
///
/// A text is read as the first of these that fits: a full name, a short one, a number as tables print
/// it, a pattern with `*` or `?` over full and short names, the beginning of one layer's full or short
/// name.
public struct LayerNames: Sendable {
  /// In full, in order.
  public let names: [String]
  /// As tables print them: without the path that most begin with and without what a converter joined
  /// behind `;`; in full where two would be alike.
  public let short: [String]
  /// The number that each has in tables.
  public let numbers: [Int]
  private let places: [String: Int]
  private let shortPlaces: [String: Int]
  private let numbered: [Int: Int]

  /// - Parameters:
  ///   - names: one a layer, in order.
  ///   - numbers: what tables print beside them; nil for 1, 2, ...
  ///   - path: what short names leave out in front; nil to look for it.
  /// - Precondition: as many numbers as names.
  public init(_ names: [String], numbers: [Int]? = nil, path: String? = nil) {
    self.names = names
    self.numbers = numbers ?? names.indices.map { $0 + 1 }
    precondition(self.numbers.count == names.count, "a number a name")
    let path = path ?? Self.commonPath(names)
    let cut = names.map { name in
      let first = name.prefix { $0 != ";" }
      let rest = first.hasPrefix(path) ? first.dropFirst(path.count) : first
      return rest.isEmpty ? name : String(rest)
    }
    var counts: [String: Int] = [:]
    for name in cut { counts[name, default: 0] += 1 }
    short = zip(cut, names).map { counts[$0] == 1 ? $0 : $1 }
    places = Dictionary(zip(names, names.indices)) { first, _ in first }
    shortPlaces = Dictionary(zip(short, short.indices)) { first, _ in first }
    numbered = Dictionary(zip(self.numbers, names.indices)) { first, _ in first }
  }

  /// The nodes of a graph.
  public init(_ graph: Graph, path: String? = nil) {
    self.init(graph.nodes.map(\.name), path: path)
  }

  /// Some nodes of a graph, short and numbered as all of them are.
  public init(_ names: [String], of graph: Graph) {
    let places = names.compactMap { graph.index.node(named: $0) }
    let isWhole = places.count == names.count
    self.init(
      names, numbers: isWhole ? places.map { $0 + 1 } : nil,
      path: Self.commonPath(graph.nodes.map(\.name)))
  }

  /// Everything up to the first `/` where more than half of the names have it.
  private static func commonPath(_ names: [String]) -> String {
    guard let name = names.first?.prefix(while: { $0 != ";" }), let slash = name.firstIndex(of: "/")
    else { return "" }
    let path = String(name[...slash])
    return 2 * names.count { $0.hasPrefix(path) } > names.count ? path : ""
  }

  /// The layer that a full or short name or a number means, in constant time; nil for other texts.
  func named(_ text: String) -> Int? {
    places[text] ?? shortPlaces[text] ?? Int(text).flatMap { numbered[$0] }
  }

  /// What a text means.
  public enum Meaning: Hashable, Sendable {
    /// Positions in ``LayerNames/names``, ascending; several only for a pattern.
    case layers([Int])
    /// The beginning of several names.
    case ambiguous([Int])
    case unknown
  }

  /// - Complexity: constant for names and numbers, else linear in all names.
  public func meaning(of text: String) -> Meaning {
    if let place = named(text) { return .layers([place]) }
    if text.contains("*") || text.contains("?") {
      let pattern = NamePattern(text)
      let found = names.indices.filter {
        pattern.matches(names[$0]) || pattern.matches(short[$0])
      }
      return found.isEmpty ? .unknown : .layers(found)
    }
    guard !text.isEmpty else { return .unknown }
    let found = names.indices.filter { names[$0].hasPrefix(text) || short[$0].hasPrefix(text) }
    return found.isEmpty ? .unknown : found.count == 1 ? .layers(found) : .ambiguous(found)
  }

  /// The layers that a text means.
  ///
  /// - Throws: a ``Failure`` with code `usage.unknown-layer` and the nearest short names.
  public func layers(
    _ text: String, listedBy: String, at place: String? = nil
  ) throws(Failure) -> [Int] {
    switch meaning(of: text) {
    case .layers(let found): return found
    case .ambiguous(let found):
      throw Failure(
        "usage.unknown-layer", "'\(text)' begins the names of \(found.count) layers", at: place,
        notes: [Self.list(found.map { short[$0] })],
        remedy: "write more of the name, its number, or '\(text)*' where several are meant.")
    case .unknown:
      throw .unknown(
        "layer", text, code: "usage.unknown-layer", among: short, listedBy: listedBy, at: place)
    }
  }

  /// The one layer that a text means.
  ///
  /// - Throws: a ``Failure`` with code `usage.unknown-layer`, also for a pattern of several layers.
  public func layer(
    _ text: String, listedBy: String, at place: String? = nil
  ) throws(Failure) -> Int {
    let found = try layers(text, listedBy: listedBy, at: place)
    guard found.count == 1 else {
      throw Failure(
        "usage.unknown-layer", "'\(text)' fits \(found.count) layers, one is meant", at: place,
        notes: [Self.list(found.map { short[$0] })], remedy: "name one of them.")
    }
    return found[0]
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", ... (\(names.count))" : "")
  }
}
