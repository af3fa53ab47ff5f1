internal import Arith
public import HWModel
public import QuantGraph
import Synchronization

/// What allocations are to the plans of one model.
protocol AllocationForms: Sendable {
  /// The layers whose formats may be chosen.
  var layers: [SearchLayer] { get }

  /// A family of the model as it is.
  func family() -> PlanFamily

  /// The form of an allocation.
  ///
  /// - Throws: ``EvaluationError`` for an allocation that cannot be applied.
  func form(_ allocation: [Candidate], in family: PlanFamily) throws(EvaluationError) -> PlanForm

  /// Gives back the memory of what is made again when it is asked for.
  func releaseMemory()
}

extension AllocationForms {
  func releaseMemory() {}
}

/// Allocations of a quantized graph: each is a graph of its own.
struct GraphForms: AllocationForms {
  let requantization: any GraphRequantization
  let datapath: any Datapath
  let base: Plan

  var layers: [SearchLayer] { requantization.layers }

  func family() -> PlanFamily { PlanFamily(base) }

  func form(
    _ allocation: [Candidate], in family: PlanFamily
  ) throws(EvaluationError) -> PlanForm {
    let graph = try requantization.graph(allocation)
    do throws(PlanProblems) {
      return try family.form(of: graph, on: datapath)
    } catch {
      throw EvaluationError(error)
    }
  }
}

extension Graph {
  /// The same inputs, outputs and states with other tensors and nodes.
  ///
  /// - Throws: ``EvaluationError/notRunnable(node:reason:)`` for a graph that is not valid.
  func replacing(tensors: [Tensor], nodes: [Node]) throws(EvaluationError) -> Graph {
    do throws(GraphProblems) {
      return try Graph(
        name: name, tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs,
        states: states)
    } catch {
      throw .notRunnable(
        node: name, reason: error.problems.first.map { Diagnostic($0).message } ?? "not valid")
    }
  }
}

extension EvaluationError {
  /// The first problem of a plan.
  init(_ problems: PlanProblems) {
    let problem = problems.diagnostics(file: nil).first
    self = .notRunnable(
      node: problems.problems.first?.node.map { problems.graph.nodes[$0].name } ?? "",
      reason: problem?.message ?? "no plan")
  }

  /// A layer that cannot have a format.
  init(_ error: DatapathError) {
    if case .refused(let refusal) = error {
      self.init(refusal)
    } else {
      self = .notRunnable(node: "", reason: "\(error)")
    }
  }

  /// A format that a layer of a float network cannot have.
  public init(_ refusal: FormatRefusal) {
    self = .unsupported(layer: refusal.layer, role: refusal.role, encoding: refusal.encoding)
  }
}

/// Allocations of a float network: formats of its layers.
struct FloatForms: AllocationForms {
  let network: FloatNetwork
  /// What gives a candidate of a layer its scales.
  let quantization: @Sendable (_ layer: Int, Candidate) throws(EvaluationError) -> LayerQuantization
  let layers: [SearchLayer]
  /// What multiplies in every layer; nil for sums in float32.
  private let cores: TensorCoreRules?
  /// Layers that an addition reads the inputs of, by the addition's node.
  private let additions: [(node: Int, layers: [Int])]
  private let layerOf: [Int: Int]
  private let numbers = CandidateNumbers()
  private let weights = LatestValues<WeightKey, QuantizedWeights?>(bytes: 1 << 25)

  private struct WeightKey: Hashable {
    let layer: Int
    let encoding: Encoding?
    let grouping: WeightGrouping
    let rewrite: WeightRewrite?
  }

  init(
    _ network: FloatNetwork, cores: TensorCoreRules? = nil,
    quantization:
      @escaping @Sendable (Int, Candidate) throws(EvaluationError) -> LayerQuantization
  ) {
    self.network = network
    self.quantization = quantization
    self.cores = cores
    layers = SearchLayer.list(of: network)
    var additions: [Int: [Int]] = [:]
    for (index, layer) in network.layers.enumerated() {
      for node in layer.additions { additions[node, default: []].append(index) }
    }
    self.additions = additions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    var layerOf: [Int: Int] = [:]
    for (index, layer) in network.layers.enumerated() { layerOf[layer.node] = index }
    self.layerOf = layerOf
  }

  func releaseMemory() { weights.removeAll() }

  /// Kernels take no more than half of what the network's own weights do, or 64 MiB.
  func family() -> PlanFamily {
    PlanFamily(
      network.plan, bytes: max(2 * layers.reduce(0) { $0 + $1.weightCount }, 1 << 26))
  }

  func form(
    _ allocation: [Candidate], in family: PlanFamily
  ) throws(EvaluationError) -> PlanForm {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    let numbers = numbers.numbers(of: allocation)
    var changes: [(node: Int, keys: [Int])] = []
    for (layer, candidate) in allocation.enumerated()
    where cores != nil || candidate != .unchanged {
      changes.append((network.layers[layer].node, [numbers[layer].candidate]))
    }
    for (node, layers) in additions
    where layers.contains(where: { allocation[$0].activations != nil }) {
      changes.append((node, layers.map { numbers[$0].activations }))
    }
    return try family.form(replacing: changes) { (node) throws(EvaluationError) in
      try bind(node, allocation)
    }
  }

  private func bind(_ index: Int, _ allocation: [Candidate]) throws(EvaluationError) -> PlannedNode
  {
    let plan = network.plan
    let node = plan.graph.nodes[index]
    var formats: [String: LayerQuantization] = [:]
    var made: QuantizedWeights?
    if let layer = layerOf[index] {
      let quantization = try quantization(layer, allocation[layer])
      formats[node.name] = quantization
      made = try weights.value(
        WeightKey(
          layer: layer, encoding: quantization.formats.weights,
          grouping: quantization.formats.grouping, rewrite: quantization.formats.rewrite)
      ) { () throws(EvaluationError) in
        do throws(FormatRefusal) {
          let made = try network.parameters(layer).quantized(
            quantization.formats, quantization.rule.weights)
          return (made, 4 * layers[layer].weightCount)
        } catch {
          throw EvaluationError(error)
        }
      }
    } else {
      for layer in additions.first(where: { $0.node == index })?.layers ?? [] {
        // Weights have no say in what an addition reads.
        var candidate = Candidate.unchanged
        candidate.activations = allocation[layer].activations
        formats[layers[layer].name] = try quantization(layer, candidate)
      }
    }
    do throws(DatapathError) {
      return try FakeQuantized(layers: formats, cores: cores).plan(
        node, in: plan.graph, inputs: node.inputs.compactMap { plan.tensors[$0.index] },
        made: made)
    } catch {
      throw EvaluationError(error)
    }
  }
}

extension SearchLayer {
  /// The layers of a float network.
  public static func list(of network: FloatNetwork) -> [SearchLayer] {
    var owners: [TensorID: String] = [:]
    return network.layers.map { layer in
      let inputs = network.graph.nodes[layer.node].inputs
      let owner = inputs.count > 1 ? owners[inputs[1]] : nil
      if inputs.count > 1, owner == nil { owners[inputs[1]] = layer.name }
      return SearchLayer(
        name: layer.name, weightCount: layer.weightCount, macs: layer.macs,
        filters: layer.filters, storedWith: owner)
    }
  }
}

extension LayerFormats {
  /// What a candidate asks for.
  public init(_ candidate: Candidate) {
    self.init(
      weights: candidate.weights, activations: candidate.activations,
      accumulator: candidate.accumulator, grouping: candidate.grouping,
      rewrite: candidate.weightRewrite)
  }
}

extension Candidate {
  /// A layer as it is.
  static let unchanged = Candidate(weights: nil, activations: nil)
}

/// Candidates by number, so that allocations compare fast.
private final class CandidateNumbers: Sendable {
  private let known = Mutex<(candidates: [Candidate: Int], activations: [Encoding?: Int])>(
    ([:], [:]))

  func numbers(of allocation: [Candidate]) -> [(candidate: Int, activations: Int)] {
    known.withLock { known in
      allocation.map { candidate in
        let number = known.candidates[candidate] ?? known.candidates.count + 1
        known.candidates[candidate] = number
        let input = known.activations[candidate.activations] ?? known.activations.count + 1
        known.activations[candidate.activations] = input
        return (number, input)
      }
    }
  }
}
