import Arith
import HWModel
import Importers
import QuantGraph
import Schedules
import Search
import TestSupport
import Testing

/// The repository's own float network on microcontrollers.
@Suite("Microcontroller costs of float networks")
struct MCUCostTests {
  private static let layerNames = ["conv1", "depth2", "point3", "conv4", "dense5", "scores6"]
  private let graph: Graph
  private let layers: [SearchLayer]

  init() throws {
    graph = try ONNXModel(path: SharedData.packageRoot + "/examples/digits/network.onnx").graph()
      .graph
    layers = SearchLayer.list(of: try FloatNetwork(graph))
  }

  private func costs(_ target: String) throws -> DeviceCosts {
    let families = DeviceFamilies.shipped
    let description = try #require(try families.library.description(named: target))
    let nodes = layers.map { layer in graph.nodes.firstIndex { $0.name == layer.name } }
    return try DeviceCosts(
      families.device(description), workload: Workload(graph), layers: layers
    ) { FormatChoices($0, nodes: nodes, unchanged: .float(.float32)) }
  }

  private func deployment(_ costs: DeviceCosts) throws -> MCUDeployment {
    try #require(costs.deployment as? MCUDeployment)
  }

  private func space(_ names: [String]) throws -> SearchSpace {
    let candidates = try names.map { try SpaceCandidate($0) }
    return try SearchSpace(layers: layers, candidates: layers.map { _ in candidates })
  }

  @Test("the 8-bit form has the network's layers, channels last, with ReLU inside them")
  func deployment() throws {
    #expect(layers.map(\.name) == Self.layerNames)
    let deployed = try IntegerDeployment(graph).graph
    #expect(
      deployed.nodes.map(\.name) == [
        "conv1", "depth2", "point3", "max_pooling2d", "conv4", "max_pooling2d_1", "flatten",
        "dense5", "scores6",
      ])
    let work = MCULayerWork.list(deployed)
    #expect(
      work.map(\.kernel) == [
        .convolution, .depthwise, .pointwise, .elementwise, .convolution, .elementwise, .none,
        .fullyConnected, .fullyConnected,
      ])
    let macs: [Double] = [4608, 4608, 8192, 0, 36864, 0, 0, 1536, 240]
    #expect(work.map(\.counts.macs) == macs)
    // 64 windows of 9 values, 64 vectors of 8 channels, 16 windows of 144 values.
    let gathered: [Double] = [576, 0, 512, 0, 2304, 0, 0, 0, 0]
    #expect(work.map(\.counts.gatheredInputs) == gathered)
    #expect(deployed.tensors[0].shape.extents == [1, 8, 8, 1])
    for node in deployed.nodes.prefix(3) {
      guard case .convolution(let convolution) = node.operation else {
        Issue.record("\(node.name)")
        continue
      }
      #expect(convolution.layout == .channelsLast && convolution.range == .relu)
    }
    guard case .dense(let scores)? = deployed.nodes.last?.operation else {
      Issue.record("scores6 is a dense layer")
      return
    }
    #expect(scores.range == .unbounded)
  }

  @Test("weights keep their places when channels move last")
  func weightPlaces() throws {
    var sketch = GraphSketch(seed: 9)
    let input = try sketch.tensor([1, 2, 3, 3])
    let result = try sketch.convolution(input, filters: 3, kernel: [2, 1], name: "conv")
    let float = try sketch.graph(input, result)
    let node = try #require(float.nodes.first)
    guard case .float32(let values)? = float[node.inputs[1]].constant else {
      Issue.record("float32 weights")
      return
    }
    let deployed = try IntegerDeployment(float).graph
    let weights = deployed[try #require(deployed.nodes.first).inputs[1]]
    #expect(weights.shape.extents == [3, 2, 1, 2])
    let codes = try #require(weights.constant?.int64)
    guard case .affine(let format) = weights.encoding else {
      Issue.record("affine weights")
      return
    }
    for filter in 0..<3 {
      for channel in 0..<2 {
        for row in 0..<2 {
          let own = Double(values[(filter * 2 + channel) * 2 + row])
          let code = codes[(filter * 2 + row) * 2 + channel]
          #expect(abs(Double(code) * format.scales[filter] - own) <= format.scales[filter] / 2)
        }
      }
    }
  }

  @Test("batch normalizations, residuals and groups keep the work and the shapes")
  func richNetwork() throws {
    let float = try GraphSketch.rich(seed: 5)
    let deployed = try IntegerDeployment(float).graph
    func macs(_ graph: Graph) -> Int {
      graph.nodes.reduce(0) { $0 + graph.multiplyAccumulates(of: $1) }
    }
    #expect(macs(deployed) == macs(float))
    // grouped takes in its ReLU, dense its own; the others stay nodes.
    #expect(deployed.nodes.count == float.nodes.count - 2)
    #expect(deployed[deployed.outputs[0]].shape == float[float.outputs[0]].shape)
  }

  @Test("flash is packed weights, biases and scales, and code: by hand")
  func flash() throws {
    let costs = try costs("stm32f746+tinyengine")
    let target = try deployment(costs).estimator.target
    let space = try space(["w8a8", "w4a8", "w3a8"])
    // Weights a layer: 72, 72, 128, 2304, 1536, 240; a bias and a multiplier with its shift, of 4
    // bytes each, a filter: 8 + 8 + 16 + 16 + 24 + 10 filters.
    let code = Double(target.codeBytes) + (target.codeBytesPerLayer * 9).rounded(.up)
    let rest = code + 82 * 12
    let flash = costs.cost(.flash)
    func bytes(_ choice: [Int]) throws -> Double { try flash.total(of: choice, in: space) - rest }
    #expect(try bytes([0, 0, 0, 0, 0, 0]) == 4352)
    #expect(try bytes([1, 1, 1, 1, 1, 1]) == 2176)
    #expect(try bytes([0, 0, 0, 2, 0, 0]) == 2912)
  }

  @Test(
    "memory is a maximum over time: it is asked for as a whole, and only the peak's layer counts")
  func memory() throws {
    let costs = try costs("stm32f746+tinyengine")
    let space = try space(["w8a8", "w8a4"])
    let sram = costs.cost(.sram)
    #expect(sram.additive(in: space) == nil)
    func liveness(_ choice: [Int]) throws -> Int {
      let choices = FormatChoices(
        space.formats(of: choice),
        nodes: layers.map { layer in graph.nodes.firstIndex { $0.name == layer.name } })
      let deployment = try deployment(costs)
      return try deployment.estimator.memory(deployment.allocation(choices)).livenessBytes
    }
    func bytes(_ choice: [Int]) throws -> Double { try sram.total(of: choice, in: space) }
    let whole = try bytes([0, 0, 0, 0, 0, 0])
    // depth2 gives 8x8x8 to point3, which gives 8x8x16: 512 + 1024 bytes.
    #expect(try liveness([0, 0, 0, 0, 0, 0]) == 1536)
    // point3 reads 4 bits: 256 + 1024. conv4 reads the maxima of what point3 gives: 512 + 512.
    #expect(try liveness([0, 0, 1, 0, 0, 0]) == 1280)
    #expect(try liveness([0, 0, 0, 1, 0, 0]) == 1024)
    // depth2: what it gives is as before, so is the peak.
    #expect(try bytes([0, 1, 0, 0, 0, 0]) == whole)
    #expect(try bytes([0, 0, 0, 0, 1, 1]) == whole)
    // No sum of differences: fewer bits where memory is not at its peak change nothing.
    #expect(try whole - bytes([0, 0, 1, 0, 0, 0]) == 256)
    #expect(try whole - bytes([0, 0, 0, 1, 0, 0]) == 512)
    #expect(try liveness([0, 0, 1, 1, 0, 0]) == 768)
    #expect(try liveness([1, 1, 1, 1, 1, 1]) == 768)
  }

  @Test("each cost is what the estimator says of the whole allocation, whatever was asked before")
  func wholeEstimates() throws {
    let costs = try costs("nucleo-l4r5zi+tflm")
    #expect(costs.models.map(\.name) == MCUFamily().quantities.map(\.key))
    let space = try space(["w2a8", "w4a4", "w8a8"])
    for _ in 0..<2 {
      for choice in [[0, 0, 0, 0, 0, 0], [2, 2, 2, 2, 2, 2], [1, 2, 0, 1, 2, 0]] {
        let whole = try costs.schedule(space.formats(of: choice)).cost
        for model in costs.models {
          let total = try #require(whole[model.name]).value
          #expect(try model.total(of: choice, in: space) == total, "\(model.name)")
          #expect(total > 0)
        }
      }
    }
    guard case .estimate(_, let error) = costs.cost(.latency).kind else {
      Issue.record("latency is an estimate")
      return
    }
    let target = try deployment(costs).estimator.target
    #expect(error == target.latencyError?.median && error != nil)
  }

  @Test("layers' shares and the pools between them are the time of the whole")
  func shares() throws {
    let costs = try costs("nucleo-l4r5zi")
    let space = try space(["w4a8", "w8a8"])
    let latency = costs.cost(.latency)
    let choice = [0, 1, 0, 1, 1, 0]
    let shares = try #require(try latency.shares(of: choice, in: space))
    let total = try latency.total(of: choice, in: space)
    let cost = try costs.schedule(space.formats(of: choice)).cost
    let nodes = cost.steps.indices.map { cost.part(of: "latency_seconds", step: $0) ?? .nan }
    // conv1, depth2, point3, pool, conv4, pool, flatten, dense5, scores6.
    #expect(shares == [0, 1, 2, 4, 7, 8].map { nodes[$0] })
    #expect(nodes[3] > 0 && nodes[5] > 0)
    #expect(abs(shares.reduce(nodes[3] + nodes[5] + nodes[6], +) - total) < 1e-12)
    #expect(try costs.cost(.sram).shares(of: choice, in: space) == nil)
    let bits = try #require(try BitCost.weightBits.shares(of: choice, in: space))
    #expect(bits.reduce(0, +) == BitCost.weightBits.total(of: choice, in: space))
  }

  @Test("a target has what was measured on it, and integers alone")
  func limits() throws {
    #expect(try costs("gap9-evk+gapflow").device.quantities == [.sram, .flash])
    #expect(try costs("stm32f746+tinyengine").device.quantities == [.latency, .sram, .flash])
    for name in ["e4m3", "float", "w4", "w17a8"] {
      #expect(throws: CostError.self, "\(name)") {
        try costs("nucleo-l4r5zi+tflm").check(space(["w8a8", name]))
      }
    }
    try costs("nucleo-l4r5zi+tflm").check(space(["w8a8", "w1a16"]))
    // Each names the layer, the role and what the target has.
    let refused = [
      ("w4g32a8", "weights of layer 'conv1' have a scale for every 32"),
      ("w4ua8", "weights of layer 'conv1' have filters of unequal widths"),
      ("w8a8p16", "the accumulator of layer 'conv1' is int<16>"),
      ("mxfp4/uint<8>", "weights of layer 'conv1' are mxfp4_e2m1"),
      ("int<8>/nvfp4", "activations of layer 'conv1' are nvfp4"),
    ]
    for (name, words) in refused {
      let found = #expect(throws: CostError.self, "\(name)") {
        try costs("nucleo-l4r5zi+tflm").check(space([name]))
      }
      let problem = try #require(found?.diagnostics(file: nil).first)
      #expect(problem.code == "cost.unsupported")
      #expect(
        problem.message.hasPrefix("'nucleo-l4r5zi+tflm'") && problem.message.contains(words),
        "\(problem.message)")
      let choice = [Int](repeating: 0, count: 6)
      #expect(throws: CostError.self) {
        try costs("nucleo-l4r5zi+tflm").cost(.flash).total(of: choice, in: space([name]))
      }
    }
  }

  @Test("a budget of a cost that is no sum is met by every evaluation, and its minimum is named")
  func budgets() throws {
    let costs = try costs("stm32f746+tinyengine")
    let candidates = try ["w8a2", "w8a4", "w8a8"].map { try SpaceCandidate($0) }
    let space = try SearchSpace(layers: layers, candidates: layers.map { _ in candidates })
    let sram = costs.cost(.sram)
    let least = try sram.total(of: [0, 0, 0, 0, 0, 0], in: space)
    struct Sums: Evaluator {
      let layers: [SearchLayer]
      func evaluate(
        _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
        report: (Int, Quality) -> Void
      ) throws(EvaluationError) {
        for (index, allocation) in allocations.enumerated() {
          let bits = allocation.reduce(0.0) { $0 + ($1.activations?.storedBits ?? 0) }
          report(index, Quality(correct: nil, samples: 1, loss: 1 / bits))
        }
      }
    }
    func task(_ limit: Double, _ method: SearchMethod) -> SearchTask {
      SearchTask(
        space: space, quality: .loss, costs: [costs.cost(.flash), sram], objectiveCount: 1,
        budgets: [.infinity, limit], method: method, evaluations: 40, screening: 0, seed: 1,
        sensitivities: layers.map { _ in [0.5, 0.25, 0.125] })
    }
    for method in [SearchMethod.auto, .exact, .greedy] {
      let outcome = try task(least, method).run(evaluator: Sums(layers: layers))
      #expect(!outcome.frontier.isEmpty, "\(method)")
      #expect(outcome.evaluations.allSatisfy { $0.costs[1] <= least }, "\(method)")
      do throws(SearchError) {
        _ = try task(least - 1, method).run(evaluator: Sums(layers: layers))
        Issue.record("\(method): infeasible")
      } catch {
        guard case .infeasible(let budget, let minimum, let isProved) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(budget == 1 && minimum[1] == least && !isProved)
      }
    }
  }
}
