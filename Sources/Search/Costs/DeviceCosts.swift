import Arith
public import HWModel
public import QuantGraph
public import Schedules

/// What a network costs on a device, for the allocations of a search.
///
/// Peak memory is a maximum over time and time may depend on neighbouring layers, so every cost is
/// asked for as a whole, from the device's schedule under the allocation.
public struct DeviceCosts: Sendable {
  /// The formats that an allocation, one candidate a layer, gives the workload's graph.
  public typealias Choices = @Sendable ([Candidate]) throws(CostError) -> FormatChoices

  public let device: any Device
  public let deployment: any DeployedWorkload
  /// Step of each layer of the space, and the tile of it that the layer is; nil for layers that the
  /// device leaves out.
  private let steps: [(step: Int, tile: Int?)?]
  private let choices: Choices
  /// Totals of allocations that were asked for before, the latest of them.
  private let totals: LatestValues<TotalKey, Double>

  /// Most bytes that totals and their allocations take by default.
  public static let totalsBytes = 1 << 26

  private struct TotalKey: Hashable {
    let quantity: String
    let choices: FormatChoices

    /// About what the key takes: the encodings of a node, and their place in a dictionary.
    var bytes: Int { 128 + 512 * choices.nodes.count + 256 * choices.tensors.count }
  }

  /// - Parameters:
  ///   - device: where it runs.
  ///   - workload: the network.
  ///   - layers: the layers of the search space, in its order, by names of nodes.
  ///   - choices: see ``Choices``.
  ///   - totalsBytes: about what is kept of totals; what was dropped is computed again.
  /// - Throws: ``CostError/refused(_:)`` for a network that the device cannot run.
  public init(
    _ device: any Device, workload: Workload, layers: [SearchLayer], choices: @escaping Choices,
    totalsBytes: Int = DeviceCosts.totalsBytes
  ) throws(CostError) {
    totals = LatestValues(bytes: totalsBytes)
    self.device = device
    self.choices = choices
    do throws(DeviceProblems) {
      deployment = try device.deploy(workload)
    } catch {
      throw .refused(error)
    }
    let positions = Dictionary(
      workload.graph.nodes.enumerated().map { ($1.name, $0) },
      uniquingKeysWith: { first, _ in first })
    let deployment = deployment
    let tiles = workload.tileLayers
    steps = layers.map { layer in
      let tile = tiles[layer.name]
      return (tile?.node ?? positions[layer.name]).flatMap(deployment.step).map { ($0, tile?.tile) }
    }
  }

  /// The device's costs; quantities of which more is better are none.
  public var models: [any CostModel] { device.quantities.filter { !$0.isGain }.map(cost) }

  /// A quantity of the device as a cost of allocations.
  public func cost(_ quantity: CostQuantity) -> ScheduleCost {
    ScheduleCost(
      name: quantity.key, unit: quantity.unit,
      kind: CostKind(deployment.basis(of: quantity) ?? device.basis(of: quantity)),
      parts: { [self] candidates throws(CostError) in try parts(quantity, candidates) },
      function: { [self] candidates throws(CostError) in try total(quantity, candidates) })
  }

  /// The schedule of an allocation, for the quantities with these keys; nil for all.
  ///
  /// - Throws: ``CostError``: formats that the device has no rule for.
  public func schedule(
    _ candidates: [Candidate], for keys: Set<String>? = nil
  ) throws(CostError) -> Schedule {
    try schedule(try choices(candidates), for: keys)
  }

  private func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(CostError) -> Schedule {
    do throws(DeviceProblems) {
      return try deployment.schedule(choices, for: keys)
    } catch {
      throw .refused(error)
    }
  }

  /// Refuses a space with formats that the device has no rule for.
  ///
  /// - Throws: ``CostError``, with the first that is found.
  public func check(_ space: SearchSpace) throws(CostError) {
    // One allocation a column: every candidate of every layer is in one of them.
    for column in 0..<(space.candidates.map(\.count).max() ?? 0) {
      _ = try schedule(
        space.candidates.map { $0[min(column, $0.count - 1)].formats }, for: [])
    }
  }

  /// What a reader of the costs must know about them.
  public func notes(_ space: SearchSpace) -> [String] {
    let bits = space.candidates.flatMap { $0.flatMap { [$0.weightBits, $0.activationBits] } }
    return deployment.notes
      + deployment.notes(forBits: bits.compactMap { Int(exactly: $0.rounded(.down)) })
  }

  /// What each layer has of a quantity; nil for what is no sum over steps.
  private func parts(
    _ quantity: CostQuantity, _ candidates: [Candidate]
  ) throws(CostError) -> [Double]? {
    let schedule = try schedule(candidates, for: [quantity.key])
    guard schedule.cost.isSum(quantity.key) else { return nil }
    return steps.map { place in
      guard let place, let whole = schedule.cost.part(of: quantity.key, step: place.step) else {
        return 0
      }
      guard let tile = place.tile else { return whole }
      let tiles = schedule.steps[place.step].tiles
      let sum = tiles.reduce(0, +)
      return tiles.indices.contains(tile) && sum > 0 ? whole * tiles[tile] / sum : 0
    }
  }

  private func total(
    _ quantity: CostQuantity, _ candidates: [Candidate]
  ) throws(CostError) -> Double {
    let key = TotalKey(quantity: quantity.key, choices: try choices(candidates))
    return try totals.value(key) { () throws(CostError) in
      guard let total = try schedule(key.choices, for: [quantity.key]).cost[quantity.key] else {
        throw .refused(
          DeviceProblems(
            Diagnostic(
              code: "cost.unsupported",
              message: "'\(device.description.id)' says no \(quantity.key) of this network",
              remedy: "take another objective, or another target.")))
      }
      return (total.value, key.bytes)
    }
  }
}

extension CostKind {
  /// How a device knows a quantity.
  init(_ basis: CostBasis) {
    switch basis {
    case .exact: self = .exact
    case .estimate(let model, let error):
      self = .estimate(model: model, errorPercent: error?.median)
    }
  }
}
