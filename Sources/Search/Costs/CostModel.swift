public import QuantGraph
public import Schedules

/// Whether a number is a count or a prediction.
public enum CostKind: Sendable, Hashable {
  case exact
  /// Predicted by `model`, whose measured error is `errorPercent`, nil where it is unknown.
  case estimate(model: String, errorPercent: Double?)
}

/// What an allocation costs.
///
/// Costs need not add up over layers: peak memory is a maximum over time, and the cost of converting
/// between the formats of neighbours depends on both. The search asks for totals, and for a table
/// only where a sum of its entries is the total.
public protocol CostModel: Sendable {
  /// The key of the cost in results; ends in its unit, such as `weight_bits`.
  var name: String { get }
  var unit: String { get }
  var kind: CostKind { get }

  /// `table[layer][candidate]` whose sums are the totals; nil if totals are no such sums.
  func additive(in space: SearchSpace) -> [[Double]]?

  /// The cost of a choice, one candidate index a layer.
  func total(of choice: [Int], in space: SearchSpace) throws(CostError) -> Double

  /// What each layer has of the total of a choice; the rest belongs to no layer of the space. Nil
  /// where the total is no sum of what layers take.
  func shares(of choice: [Int], in space: SearchSpace) throws(CostError) -> [Double]?
}

extension CostModel {
  public func shares(of choice: [Int], in space: SearchSpace) throws(CostError) -> [Double]? {
    additive(in: space).map { table in zip(table, choice).map { $0[$1] } }
  }
}

/// Why a cost cannot be said.
public enum CostError: Error, Sendable, Hashable {
  /// A cost table that is not as its layout says.
  case malformed(path: String, reason: String)
  /// A layer or candidate that a cost table lacks.
  case missing(layer: String, candidate: String?)
  /// A device that has no rule for a network or an allocation, with its reasons.
  case refused(DeviceProblems)
}

extension CostModel {
  /// A table whose sums follow the totals: differences that one layer alone makes to the choice in
  /// which every layer takes its last candidate.
  ///
  /// Exact for additive costs. For others it only guides which allocations are tried; their costs
  /// are then asked for as a whole.
  public func linearised(in space: SearchSpace) throws(CostError) -> [[Double]] {
    if let table = additive(in: space) { return table }
    let reference = space.layers.indices.map { space.fixed[$0] ?? space.candidates[$0].count - 1 }
    let base = try total(of: reference, in: space)
    var table = space.candidates.map { [Double](repeating: 0, count: $0.count) }
    for group in space.groups.indices {
      for option in space.allowed(ofGroup: group) {
        var choice = reference
        for layer in space.groups[group] { choice[layer] = option }
        let difference = choice == reference ? 0 : try total(of: choice, in: space) - base
        // A group's difference stands at its first member, so that sums count it once.
        table[space.groups[group][0]][option] = difference
      }
    }
    table[space.groups[0][0]] = table[space.groups[0][0]].map { $0 + base }
    return table
  }
}

extension CostModel {
  /// The total of the choice in which each group takes what costs most by ``linearised(in:)``: the
  /// largest there is, unless a group costs less where another costs more.
  public func largest(in space: SearchSpace) throws(CostError) -> Double {
    let table = try linearised(in: space)
    var choice = [Int](repeating: 0, count: space.layers.count)
    for group in space.groups.indices {
      func sum(_ option: Int) -> Double { space.groups[group].reduce(0) { $0 + table[$1][option] } }
      let options = space.allowed(ofGroup: group)
      let most = options.max { sum($0) < sum($1) } ?? 0
      for layer in space.groups[group] { choice[layer] = most }
    }
    return try total(of: choice, in: space)
  }
}

/// Costs that follow from weights, multiplications and bits alone.
public enum BitCost: String, CostModel, Sendable, Hashable, CaseIterable {
  /// `sum(weights * bits a weight)`, and the scales of blocks and of runs of weights: 16 bits a run,
  /// as GGUF stores them. One scale a filter or a tensor is not counted; weights that several layers
  /// share are counted once.
  case weightBits = "weight_bits"
  /// `sum(macs * bits a weight * bits an input)`, bit operations of one sample (HAWQ-V3, Yao et al.,
  /// ICML 2021, section 3.4); of blocks the bits of their elements.
  case bitOperations = "bops"
  /// Weights packed a layer, with the scales of ``weightBits``, each layer rounded up to bytes; biases
  /// are not counted.
  case sizeBytes = "size_bytes"

  public var name: String { rawValue }

  public var unit: String {
    switch self {
    case .weightBits: "bit"
    case .bitOperations: "BOP"
    case .sizeBytes: "B"
    }
  }

  public var kind: CostKind { .exact }

  public func additive(in space: SearchSpace) -> [[Double]]? {
    zip(space.layers, space.candidates).map { layer, candidates in
      candidates.map { value(layer, $0) }
    }
  }

  public func total(of choice: [Int], in space: SearchSpace) -> Double {
    space.layers.indices.reduce(0) {
      $0 + value(space.layers[$1], space.candidates[$1][choice[$1]])
    }
  }

  private func value(_ layer: SearchLayer, _ candidate: SpaceCandidate) -> Double {
    switch self {
    case .weightBits: layer.storedWith == nil ? candidate.weightBits(in: layer) : 0
    case .bitOperations:
      Double(layer.macs) * (candidate.formats.weights?.operandBits ?? 32)
        * (candidate.formats.activations?.operandBits ?? 32)
    case .sizeBytes where layer.storedWith != nil: 0
    case .sizeBytes: (candidate.weightBits(in: layer) / 8).rounded(.up)
    }
  }
}

/// A cost that a function says of whole allocations: what a target's schedule gives.
public struct ScheduleCost: CostModel {
  public let name: String
  public let unit: String
  public let kind: CostKind
  private let function: @Sendable ([Candidate]) throws(CostError) -> Double
  private let parts: (@Sendable ([Candidate]) throws(CostError) -> [Double]?)?

  /// - Parameters:
  ///   - name: the key in results.
  ///   - unit: the unit in words.
  ///   - kind: exact or estimated.
  ///   - parts: what each layer has of it; nil, and nil of an allocation, for what is no sum over
  ///     layers.
  ///   - function: the cost of an allocation, one candidate a layer; the same for the same formats.
  public init(
    name: String, unit: String, kind: CostKind,
    parts: (@Sendable ([Candidate]) throws(CostError) -> [Double]?)? = nil,
    function: @escaping @Sendable ([Candidate]) throws(CostError) -> Double
  ) {
    self.name = name
    self.unit = unit
    self.kind = kind
    self.parts = parts
    self.function = function
  }

  public func additive(in space: SearchSpace) -> [[Double]]? { nil }

  public func total(of choice: [Int], in space: SearchSpace) throws(CostError) -> Double {
    try function(space.formats(of: choice))
  }

  public func shares(of choice: [Int], in space: SearchSpace) throws(CostError) -> [Double]? {
    guard let parts else { return nil }
    return try parts(space.formats(of: choice))
  }
}
