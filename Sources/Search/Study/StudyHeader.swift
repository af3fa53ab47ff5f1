public import HWModel
import QuantGraph

/// The first line of a study: everything that a score in it depends on.
public struct StudyHeader: Codable, Sendable, Hashable {
  /// A layer as the study's readers need it.
  public struct Layer: Codable, Sendable, Hashable {
    public let name: String
    /// What it computes, in the graph's words.
    public let `operator`: String
    public let weights: Int
    public let macs: Int
    /// Filters, whose blocks of weights are their own; nil if unknown.
    public let filters: Int?
    /// The layer whose weights it shares; nil for weights of its own.
    public let storedWith: String?
  }

  /// A cost that every evaluation holds.
  public struct Cost: Codable, Sendable, Hashable {
    public let name: String
    public let unit: String
    /// The model of an estimate; nil for an exact number.
    public let model: String?
    /// The measured error of the estimate in percent.
    public let errorPercent: Double?

    public init(_ cost: any CostModel) {
      name = cost.name
      unit = cost.unit
      switch cost.kind {
      case .exact: (model, errorPercent) = (nil, nil)
      case .estimate(let model, let error): (self.model, errorPercent) = (model, error)
      }
    }
  }

  static let schemaName = "hwsim.study/1"

  let schema: String
  /// Settings under the flags' names, and sums of the inputs; two runs share a study only if all
  /// are equal.
  public let settings: [String: String]
  public let layers: [Layer]
  /// Names of the candidates of each layer.
  public let candidates: [[String]]
  public let ties: [[Int]]
  /// Index of the fixed candidate of each layer, -1 where it is free.
  public let fixed: [Int]
  /// The costs that every evaluation holds, in that order.
  public let costs: [Cost]
  /// Predicted loss of each candidate of each layer, by the metric among the settings.
  public let sensitivities: [[Double]]
  /// What a reader of the costs must know; no score depends on it.
  public let notes: [String]?
  /// Smallest and largest value of each layer's input by calibration; nil where scales are the
  /// model's.
  public let inputRanges: [[Double]]?
  /// What each candidate of each layer means there; without it their names say it.
  let formats: [[StoredFormats]]?

  public init(
    space: SearchSpace, operators: [String], costs: [any CostModel], sensitivities: [[Double]],
    settings: [String: String], notes: [String] = [], inputRanges: [InputRange]? = nil
  ) {
    self.inputRanges = inputRanges.map { ranges in
      ranges.map { [Double($0.minimum), Double($0.maximum)] }
    }
    schema = Self.schemaName
    self.settings = settings
    layers = zip(space.layers, operators).map {
      Layer(
        name: $0.name, operator: $1, weights: $0.weightCount, macs: $0.macs, filters: $0.filters,
        storedWith: $0.storedWith)
    }
    candidates = space.candidates.map { $0.map(\.name) }
    formats = space.candidates.map { list in list.map { StoredFormats($0.formats) } }
    ties = space.ties
    fixed = space.layers.indices.map { space.fixed[$0] ?? -1 }
    self.costs = costs.map(Cost.init)
    self.sensitivities = sensitivities
    self.notes = notes
  }

  /// The space that the study was made over.
  ///
  /// - Throws: ``SpaceError`` if the header was changed by hand.
  public func space() throws(SpaceError) -> SearchSpace {
    var lists: [[SpaceCandidate]] = []
    for (layer, names) in candidates.enumerated() {
      var list: [SpaceCandidate] = []
      for (index, name) in names.enumerated() {
        guard let formats else {
          list.append(try SpaceCandidate(name))
          continue
        }
        guard formats.indices.contains(layer), formats[layer].indices.contains(index),
          let candidate = formats[layer][index].candidate
        else { throw .malformed(path: "formats", reason: "no formats of candidate '\(name)'") }
        list.append(SpaceCandidate(name: name, formats: candidate))
      }
      lists.append(list)
    }
    guard lists.count == layers.count, fixed.count == layers.count,
      zip(sensitivities, lists).allSatisfy({ $0.count == $1.count }),
      sensitivities.count == layers.count
    else { throw .malformed(path: "candidates", reason: "not one list a layer") }
    for tie in ties where tie.contains(where: { !layers.indices.contains($0) }) {
      throw .malformed(path: "ties", reason: "a layer that does not exist")
    }
    var options: [Int: Int] = [:]
    for (layer, option) in fixed.enumerated() where option >= 0 { options[layer] = option }
    return try SearchSpace(
      layers: layers.map {
        SearchLayer(
          name: $0.name, weightCount: $0.weights, macs: $0.macs, filters: $0.filters,
          storedWith: $0.storedWith)
      },
      candidates: lists, ties: ties, fixed: options)
  }

  /// The same header with its costs in another order.
  public func arranged(_ order: [Int]) -> StudyHeader {
    StudyHeader(self, costs: order.map { costs[$0] })
  }

  private init(_ other: StudyHeader, costs: [Cost]) {
    schema = other.schema
    settings = other.settings
    layers = other.layers
    candidates = other.candidates
    ties = other.ties
    fixed = other.fixed
    sensitivities = other.sensitivities
    notes = other.notes
    inputRanges = other.inputRanges
    formats = other.formats
    self.costs = costs
  }

  /// What differs from `other`, in words; empty if the two can share evaluations.
  public func differences(from other: StudyHeader, ignoring: Set<String> = []) -> [String] {
    var found: [String] = []
    for key in Set(settings.keys).union(other.settings.keys).subtracting(ignoring).sorted()
    where settings[key] != other.settings[key] {
      found.append(
        "\(key): \(settings[key] ?? "not set") in the study, \(other.settings[key] ?? "not set") now"
      )
    }
    if layers != other.layers { found.append("the layers of the model") }
    if candidates != other.candidates || formats != other.formats {
      found.append("the candidates of the layers")
    }
    if ties != other.ties { found.append("the tie groups") }
    if fixed != other.fixed { found.append("the fixed layers") }
    if costs != other.costs {
      found.append(
        "the costs: \(costs.map(\.name).joined(separator: ", ")) in the study")
    }
    return found
  }
}

/// One evaluated allocation.
public struct Evaluation: Codable, Sendable, Hashable {
  /// A candidate index a layer.
  public let choice: [Int]
  /// Samples with the right class; nil without labels.
  public let correct: Int?
  public let samples: Int
  public let loss: Double
  /// One number a cost of the study.
  public let costs: [Double]

  public init(choice: [Int], quality: Quality, costs: [Double]) {
    self.choice = choice
    correct = quality.correct
    samples = quality.samples
    loss = quality.loss
    self.costs = costs
  }

  public var quality: Quality { Quality(correct: correct, samples: samples, loss: loss) }
}

/// One allocation that was run on the calibration data, to guide the search.
struct Screening: Codable, Sendable, Hashable {
  /// A candidate index a layer.
  let screened: [Int]
  /// The divergence from the unquantized network.
  let loss: Double
}
