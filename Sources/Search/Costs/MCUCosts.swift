import Arith
public import HWModel
public import QuantGraph
public import Schedules
import Synchronization

/// What a network costs on a microcontroller.
///
/// A float network is taken as a converter would write it (``IntegerDeployment``), a TensorFlow Lite
/// graph as it is (``AffineRequantization``), with the widths of each allocation. Peak memory is a
/// maximum over time and time depends on neighbouring layers, so every cost is asked for as a whole.
public struct MCUCosts: Sendable {
  /// A cost, by its key in results.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    case latency = "latency_seconds"
    case sram = "sram_bytes"
    case flash = "flash_bytes"
    case energy = "energy_joules"

    public var unit: String {
      switch self {
      case .latency: "s"
      case .sram, .flash: "B"
      case .energy: "J"
      }
    }
  }

  /// Where the widths of a graph's tensors come from.
  private enum Form: Sendable {
    case deployment(IntegerDeployment)
    case quantized(AffineRequantization)
  }

  public let estimator: MCUEstimator
  private let form: Form
  private let layers: [SearchLayer]
  private let plans: PlanCache

  /// - Parameters:
  ///   - graph: the float network.
  ///   - target: board and stack.
  ///   - layers: the layers of the search space, in its order.
  /// - Throws: ``CostError/unsupported(reason:)`` for a network that no integer form is known of.
  public init(_ graph: Graph, target: MCUTarget, layers: [SearchLayer]) throws(CostError) {
    let deployment: IntegerDeployment
    do throws(IntegerDeploymentError) {
      deployment = try IntegerDeployment(graph)
    } catch {
      switch error {
      case .unsupported(let node, let reason):
        throw .unsupported(
          reason: "node '\(node)' has no form on '\(target.description.id)': \(reason)")
      }
    }
    do throws(ArenaError) {
      estimator = try MCUEstimator(deployment.graph, target: target)
    } catch {
      throw .unsupported(reason: "memory cannot be planned: \(error)")
    }
    for layer in layers where !deployment.hasLayer(layer.name) {
      throw .unsupported(
        reason: "layer '\(layer.name)' is none on '\(target.description.id)'")
    }
    self.layers = layers
    form = .deployment(deployment)
    plans = PlanCache()
  }

  /// Costs of a TensorFlow Lite graph: those that an estimate of the graph gives for the widths.
  ///
  /// - Parameters:
  ///   - requantization: the graph and its layers.
  ///   - target: board and stack.
  ///   - modelBytes: size of the model's file, for stacks that store it; nil if there is none.
  /// - Throws: ``CostError/unsupported(reason:)`` for operators without a cost, and sizes beyond what
  ///   can be counted.
  public init(
    _ requantization: AffineRequantization, target: MCUTarget, modelBytes: Int?
  ) throws(CostError) {
    let graph = requantization.model
    for node in graph.nodes where !MCULayerWork.knows(node.operation) {
      throw .unsupported(
        reason: "node '\(node.name)' (\(node.operation.name)) has no cost on "
          + "'\(target.description.id)'")
    }
    do throws(ArenaError) {
      estimator = try MCUEstimator(graph, target: target, modelBytes: modelBytes)
    } catch {
      throw .unsupported(reason: "memory cannot be planned: \(error)")
    }
    layers = requantization.layers
    form = .quantized(requantization)
    plans = PlanCache()
  }

  /// What the target has: time and energy only where they were measured.
  public var quantities: [Quantity] {
    let hasTime = estimator.target.latency != nil
    return Quantity.allCases.filter { quantity in
      switch quantity {
      case .latency: hasTime
      case .energy: hasTime && estimator.target.activePowerW != nil
      case .sram, .flash: true
      }
    }
  }

  /// One of ``quantities`` as a cost of allocations.
  public func cost(_ quantity: Quantity) -> ScheduleCost {
    var parts: (@Sendable ([Candidate]) throws(CostError) -> [Double])?
    if let factor = factor(quantity) {
      parts = { [self] candidates throws(CostError) in
        let seconds = estimator.nodeSeconds(try allocation(candidates))
        return layers.map { layer in
          node(ofLayer: layer.name).map { seconds[$0] * factor } ?? 0
        }
      }
    }
    return ScheduleCost(
      name: quantity.rawValue, unit: quantity.unit, kind: kind(quantity), parts: parts
    ) { [self] candidates throws(CostError) in
      try value(quantity, allocation(candidates))
    }
  }

  /// The node that a layer is on the target.
  private func node(ofLayer name: String) -> Int? {
    switch form {
    case .deployment(let deployment): deployment.node(ofLayer: name)
    case .quantized(let requantization):
      requantization.model.nodes.firstIndex { $0.name == name }
    }
  }

  /// What a second of a layer counts; nil for quantities that are no sums over time.
  private func factor(_ quantity: Quantity) -> Double? {
    switch quantity {
    case .latency: 1
    case .energy: estimator.target.activePowerW
    case .sram, .flash: nil
    }
  }

  private func kind(_ quantity: Quantity) -> CostKind {
    let target = estimator.target
    return switch quantity {
    case .latency:
      .estimate(
        model: "kernel classes, seven constants a stack", errorPercent: target.latencyError?.median)
    case .energy: .estimate(model: "mean measured power times latency", errorPercent: nil)
    case .sram: .estimate(model: "arena plan, structures and runtime", errorPercent: nil)
    case .flash: .estimate(model: "packed weights, tables and code", errorPercent: nil)
    }
  }

  private func value(
    _ quantity: Quantity, _ allocation: MCUAllocation
  ) throws(CostError) -> Double {
    switch quantity {
    case .latency: return estimator.seconds(allocation) ?? .nan
    case .energy:
      guard let seconds = estimator.seconds(allocation), let power = estimator.target.activePowerW
      else { return .nan }
      return seconds * power
    case .flash: return Double(estimator.flash(allocation).totalBytes)
    case .sram:
      if let known = plans[allocation] { return known }
      do throws(ArenaError) {
        let bytes = Double(try estimator.sramBytes(allocation))
        plans[allocation] = bytes
        return bytes
      } catch {
        throw .unsupported(reason: "memory cannot be planned: \(error)")
      }
    }
  }

  /// The widths of an allocation.
  ///
  /// - Parameter candidates: one a layer.
  /// - Returns: bits of weights and tensors of the graph that is estimated.
  /// - Throws: ``CostError/unsupported(reason:)`` for formats that are no integers of 1 to 16 bits, or
  ///   that the graph cannot have.
  public func allocation(_ candidates: [Candidate]) throws(CostError) -> MCUAllocation {
    let deployment: IntegerDeployment
    switch form {
    case .deployment(let float): deployment = float
    case .quantized(let requantization):
      do throws(EvaluationError) {
        return try requantization.effective(try requantization.requested(candidates))
      } catch {
        throw .unsupported(reason: error.words)
      }
    }
    var widths: [(name: String, weights: Int, activations: Int)] = []
    for (layer, candidate) in zip(layers, candidates) {
      let found = try self.widths(candidate, layer)
      widths.append((layer.name, found.weights, found.activations))
    }
    return deployment.allocation(widths)
  }

  /// - Throws: ``CostError/unsupported(reason:)`` for a format, grouping or register that the target
  ///   has no kernels for.
  private func widths(
    _ candidate: Candidate, _ layer: SearchLayer
  ) throws(CostError) -> (weights: Int, activations: Int) {
    let target = estimator.target.description.id
    guard candidate.grouping == .filters else {
      let asked =
        switch candidate.grouping {
        case .runs(let count): "a scale for every \(count)"
        case .filters, .unequalFilters, .widths: "filters of unequal widths"
        }
      throw .unsupported(
        reason: "'\(target)' has one width a layer and one scale a filter; weights of layer "
          + "'\(layer.name)' have \(asked)")
    }
    if let accumulator = candidate.accumulator {
      throw .unsupported(
        reason: "'\(target)' sums in the registers of its kernels (32 bits, 64 for 16-bit inputs); "
          + "the accumulator of layer '\(layer.name)' is \(accumulator.name)")
    }
    let weights = try width(candidate.weights, "weights", layer)
    return (weights, try width(candidate.activations, "activations", layer))
  }

  private func width(
    _ encoding: Encoding?, _ role: String, _ layer: SearchLayer
  ) throws(CostError) -> Int {
    if case .fixed(let format)? = encoding, format.fractionBits == 0,
      (1...16).contains(format.width)
    {
      return format.width
    }
    throw .unsupported(
      reason:
        "'\(estimator.target.description.id)' computes with integers of 1 to 16 bits; \(role) "
        + "of layer '\(layer.name)' are \(encoding?.name ?? "as the float model has them")")
  }

  /// Refuses a space with formats that the target has no cost for.
  ///
  /// - Throws: ``CostError/unsupported(reason:)``, naming the first.
  public func check(_ space: SearchSpace) throws(CostError) {
    // The space of a quantized graph holds its own formats.
    if case .quantized = form { return }
    for (layer, candidates) in zip(layers, space.candidates) {
      for candidate in candidates { _ = try widths(candidate.formats, layer) }
    }
  }

  /// What a reader must know of the form of the network that costs are of.
  public var formNotes: [String] {
    let target = estimator.target
    if case .quantized = form { return [] }
    let form =
      "costs on \(target.description.id) are those of the float network as a converter to 8 bits "
      + "would write it (channels last, ReLU and normalizations inside layers), with the widths of "
      + "each allocation"
    guard target.storesModelFile else { return [form] }
    return [form, "flash counts weights, biases and scales, not the headers of a model file"]
  }

  /// What a reader of these costs must know about them.
  public func notes(_ space: SearchSpace) -> [String] {
    let target = estimator.target
    var notes = formNotes
    let widths = space.candidates.flatMap { $0.flatMap { [$0.weightBits, $0.activationBits] } }
    if target.latency != nil, widths.contains(where: { $0 < 8 }) {
      notes.append(
        "the latency model was measured with 8 bits; unpacking narrower codes is counted in "
          + "instructions, which nobody measured: they save memory, not time")
    }
    if target.latency != nil, widths.contains(where: { $0 > 8 }) {
      notes.append("codes of more than 8 bits: time is that of 8 bits, error unknown")
    }
    if !target.hasSubByteWeights, widths.contains(where: { $0 < 8 }) {
      notes.append(
        "this stack has no kernels for codes of less than 8 bits: taken as CMix-NN's would be")
    }
    return notes
  }
}

/// Peak memory of allocations that were planned before.
private final class PlanCache: Sendable {
  private static let limit = 100_000
  private let known = Mutex<[MCUAllocation: Double]>([:])

  subscript(allocation: MCUAllocation) -> Double? {
    get { known.withLock { $0[allocation] } }
    set {
      known.withLock {
        if $0.count >= Self.limit { $0.removeAll() }
        $0[allocation] = newValue
      }
    }
  }
}
