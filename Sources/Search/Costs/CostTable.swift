public import FoundationEssentials
public import QuantGraph
import Schedules

/// A cost that a user measured, layer by layer.
///
/// Layout: `{"schema": "hwsim.cost-table/1", "name": "latency_seconds", "unit": "s", "base": 0,
/// "error_percent": 3.5, "layers": {"conv1": {"w4a8": 1.2e-3, ...}, ...}, "conversions":
/// {"w4a8>w8a8": 1e-5, ...}}`. `base` counts once, `error_percent` makes the cost an estimate, and a
/// conversion counts for every pair of neighbouring layers whose candidates are these, in order.
public struct CostTable: CostModel, Hashable {
  public let name: String
  public let unit: String
  public let kind: CostKind
  let base: Double
  let layers: [String: [String: Double]]
  /// By `earlier>later` candidate names.
  let conversions: [String: Double]
  /// Pairs of layers, the first feeding the second; empty where conversions are not counted.
  public var neighbours: [[String]] = []

  private struct Document: Decodable {
    let schema: String
    let name: String
    let unit: String?
    let base: Double?
    let errorPercent: Double?
    let layers: [String: [String: Double]]
    let conversions: [String: Double]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case schema, name, unit, base, layers, conversions
      case errorPercent = "error_percent"
    }
  }

  /// Reads a table.
  ///
  /// - Throws: ``CostError/malformed(path:reason:)``; numbers that are not finite are refused.
  public init(json: Data) throws(CostError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: json)
      let keys = try JSONDecoder().decode(KeyList.self, from: json).keys
      let known = Set(Document.CodingKeys.allCases.map(\.rawValue))
      if let unknown = keys.first(where: { !known.contains($0) }) {
        throw CostError.malformed(path: unknown, reason: "the layout has no such key")
      }
    } catch let error as CostError {
      throw error
    } catch let error as DecodingError {
      let place = error.place
      throw .malformed(path: place.path, reason: place.reason)
    } catch {
      throw .malformed(path: "", reason: "not readable as JSON")
    }
    guard document.schema == "hwsim.cost-table/1" else {
      throw .malformed(path: "schema", reason: "'\(document.schema)' is not hwsim.cost-table/1")
    }
    guard !document.name.isEmpty, document.name != "loss", document.name != "accuracy" else {
      throw .malformed(path: "name", reason: "'\(document.name)' cannot name a cost")
    }
    name = document.name
    unit = document.unit ?? ""
    kind =
      document.errorPercent.map { .estimate(model: "cost table", errorPercent: $0) } ?? .exact
    base = document.base ?? 0
    layers = document.layers
    conversions = document.conversions ?? [:]
  }

  /// The table's costs, checked against a space.
  ///
  /// - Throws: ``CostError/missing(layer:candidate:)``.
  public func checked(in space: SearchSpace) throws(CostError) -> CostTable {
    for (layer, candidates) in zip(space.layers, space.candidates) {
      guard let row = layers[layer.name] else {
        throw .missing(layer: layer.name, candidate: nil)
      }
      for candidate in candidates where row[candidate.name] == nil {
        throw .missing(layer: layer.name, candidate: candidate.name)
      }
    }
    return self
  }

  public func additive(in space: SearchSpace) -> [[Double]]? {
    guard conversions.isEmpty || neighbours.isEmpty else { return nil }
    var table = zip(space.layers, space.candidates).map { layer, candidates in
      candidates.map { layers[layer.name]?[$0.name] ?? .nan }
    }
    table[0] = table[0].map { $0 + base }
    return table
  }

  public func total(of choice: [Int], in space: SearchSpace) throws(CostError) -> Double {
    var total = base
    var taken: [String: String] = [:]
    for (layer, option) in choice.enumerated() {
      let (name, candidate) = (space.layers[layer].name, space.candidates[layer][option].name)
      guard let value = layers[name]?[candidate] else {
        throw .missing(layer: name, candidate: candidate)
      }
      taken[name] = candidate
      total += value
    }
    for pair in neighbours where pair.count == 2 {
      guard let earlier = taken[pair[0]], let later = taken[pair[1]] else { continue }
      total += conversions["\(earlier)>\(later)"] ?? 0
    }
    return total
  }
}

extension CostError {
  /// What a person is told; `file` names the table or the model, if there is one.
  public func diagnostics(file: String?) -> [Diagnostic] {
    switch self {
    case .malformed(let path, let reason):
      [
        Diagnostic(
          code: "cost.table", message: reason,
          location: [file, path.isEmpty ? nil : path].compactMap { $0 }.joined(separator: ": "),
          remedy: "hwsim explain cost.table shows the layout.")
      ]
    case .missing(let layer, let candidate):
      [
        Diagnostic(
          code: "cost.missing",
          message: candidate.map { "no cost of candidate '\($0)' in layer '\(layer)'" }
            ?? "no costs of layer '\(layer)'",
          location: file, remedy: "add it to the table, or leave it out of the space.")
      ]
    case .refused(let problems):
      problems.problems.map { problem in
        Diagnostic(
          code: problem.code, message: problem.message, location: problem.location ?? file,
          notes: problem.notes, remedy: problem.remedy)
      }
    }
  }
}

/// The keys of an object, whatever its values are.
struct KeyList: Decodable {
  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Sorted.
  let keys: [String]

  init(from decoder: any Decoder) throws {
    keys = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue).sorted()
  }
}

extension DecodingError {
  /// The key path and what is wrong there.
  var place: (path: String, reason: String) {
    func text(_ path: [any CodingKey]) -> String {
      path.reduce(into: "") { text, key in
        if let index = key.intValue {
          text += "[\(index)]"
        } else {
          text += (text.isEmpty ? "" : ".") + key.stringValue
        }
      }
    }
    switch self {
    case .typeMismatch(_, let context), .dataCorrupted(let context):
      return (text(context.codingPath), context.debugDescription)
    case .valueNotFound(_, let context):
      return (text(context.codingPath), "null where a value is needed")
    case .keyNotFound(let key, let context):
      return (text(context.codingPath + [key]), "missing")
    @unknown default: return ("", "not readable as JSON")
    }
  }
}
