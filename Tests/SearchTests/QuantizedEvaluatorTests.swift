import Arith
import HWModel
import QuantGraph
import Search
import Synchronization
import TestSupport
import Testing

@Suite("Evaluation under allocations")
struct QuantizedEvaluatorTests {
  struct Setting {
    let network: FloatNetwork
    let evaluator: QuantizedEvaluator
    let samples: [Float]
    let labels: [Int]

    init(
      seed: UInt64 = 4, count: Int = 150, rule: QuantizationRule = QuantizationRule(),
      isLabelled: Bool = true, isCalibratedOnItself: Bool = false
    ) throws {
      network = try FloatNetwork(try GraphSketch.rich(seed: seed))
      samples = GraphSketch.samples(count, of: network, seed: 2)
      var generator = SeededGenerator(seed: 6)
      labels = (0..<count).map { _ in Int.random(in: 0..<3, using: &generator) }
      evaluator = QuantizedEvaluator(
        network,
        calibration: try EvaluationData(
          isCalibratedOnItself ? samples : GraphSketch.samples(90, of: network, seed: 3),
          for: network),
        evaluation: try EvaluationData(
          samples, labels: isLabelled ? labels : nil, for: network), rule: rule)
    }

    func random(_ count: Int, seed: UInt64) throws -> [[Candidate]] {
      var generator = SeededGenerator(seed: seed)
      var result: [[Candidate]] = []
      for _ in 0..<count {
        var allocation: [Candidate] = []
        for layer in evaluator.layers.indices {
          switch Int.random(in: 0..<8, using: &generator) {
          case 0: allocation.append(Candidate(weights: nil, activations: nil))
          case 1:
            allocation.append(
              Candidate(weights: .float(.e4m3), activations: .float(.e4m3)))
          default:
            allocation.append(
              try evaluator.candidate(
                layer: layer, weightBits: Int.random(in: 2...10, using: &generator),
                inputBits: Int.random(in: 2...9, using: &generator)))
          }
        }
        result.append(allocation)
      }
      return result
    }

    func qualities(_ allocations: [[Candidate]], threads: Int = 1) throws -> [Quality] {
      var found = [Quality?](repeating: nil, count: allocations.count)
      try evaluator.evaluate(allocations, threads: threads, isCancelled: { false }) {
        #expect(found[$0] == nil)
        found[$0] = $1
      }
      return try found.map { try #require($0) }
    }
  }

  @Test("a result depends on the allocation alone")
  func independence() throws {
    let setting = try Setting()
    var allocations = try setting.random(14, seed: 1)
    // Neighbours with shared prefixes, and one twice.
    allocations += allocations.prefix(4).map { Array($0.dropLast()) + [allocations[9][5]] }
    allocations.append(allocations[3])
    let together = try setting.qualities(allocations)
    #expect(Set(together.map(\.loss)).count > 10)
    #expect(try setting.qualities(allocations, threads: 2) == together)
    #expect(try setting.qualities(allocations, threads: 7) == together)
    #expect(try setting.qualities(allocations.reversed()) == together.reversed())
    for (allocation, quality) in zip(allocations, together) {
      #expect(try setting.qualities([allocation]) == [quality])
      #expect(try Setting().qualities([allocation], threads: 3) == [quality])
    }
  }

  @Test("integers are summed exactly by the rule, whatever the widths")
  func rule() throws {
    let setting = try Setting(count: 20)
    for widths in [(2, 2), (3, 8), (8, 8), (9, 5), (12, 16)] {
      let allocation = try setting.evaluator.layers.indices.map {
        try setting.evaluator.candidate(layer: $0, weightBits: widths.0, inputBits: widths.1)
      }
      let quality = try #require(try setting.qualities([allocation]).first)
      let expected = PlainEvaluation(setting, weightBits: widths.0, inputBits: widths.1)
      let (loss, correct) = try expected.run(try GraphSketch.rich(seed: 4))
      #expect(quality.correct == correct)
      #expect(abs(quality.loss - loss) <= 1e-6 * loss, "\(widths)")
    }
  }

  @Test("without labels the loss is the divergence from the unquantized network")
  func divergence() throws {
    let setting = try Setting(isLabelled: false, isCalibratedOnItself: true)
    let float = [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: setting.evaluator.layers.count)
    var wide: [Candidate] = []
    var narrow: [Candidate] = []
    for layer in setting.evaluator.layers.indices {
      wide.append(try setting.evaluator.candidate(layer: layer, weightBits: 14, inputBits: 14))
      narrow.append(try setting.evaluator.candidate(layer: layer, weightBits: 3, inputBits: 3))
    }
    let found = try setting.qualities([float, wide, narrow])
    #expect(found.allSatisfy { $0.correct == nil })
    #expect(abs(found[0].loss) < 1e-12)
    #expect(found[1].loss < 1e-5 && found[1].loss > 0)
    #expect(found[2].loss > 100 * found[1].loss)
  }

  @Test(
    "scale rules and other formats keep a network near its float self",
    arguments: ["e4m3", "e5m2", "float16", "fixed<16,6,RND_CONV,SAT>", "nf4", "int<8>"])
  func formats(name: String) throws {
    let encoding = try Encoding(name: name)
    let isNarrow = (encoding.scalarWidth ?? 64) <= 8
    for search in [ScaleSearch.maxAbs, .percentile(99.9)] + (isNarrow ? [.mse] : []) {
      // Formats without a table are cast by the definition, one value at a time.
      let setting = try Setting(
        count: sweep ? 40 : isNarrow ? 12 : 4,
        rule: QuantizationRule(weights: search, activations: search), isLabelled: false)
      let allocation = setting.evaluator.layers.map { _ in
        Candidate(weights: encoding, activations: encoding)
      }
      let loss = try #require(try setting.qualities([allocation]).first).loss
      #expect(loss > 0 && loss < (name == "nf4" ? 0.5 : 0.05), "\(search)")
    }
  }

  @Test("a power of two stands for each weight")
  func powersOfTwo() throws {
    let setting = try Setting(count: 40, isLabelled: false)
    let encoding = Encoding.powerOfTwo(try PowerOfTwoFormat(exponentBits: 4))
    let allocation = setting.evaluator.layers.map { _ in
      Candidate(weights: encoding, activations: nil)
    }
    let loss = try #require(try setting.qualities([allocation]).first).loss
    #expect(loss > 0 && loss < 0.5)
  }

  @Test("cancelling stops between allocations; what was reported stays right")
  func cancellation() throws {
    let setting = try Setting()
    let allocations = try setting.random(30, seed: 5)
    let all = try setting.qualities(allocations)
    for threads in [1, 2] {
      let calls = Atomic<Int>(0)
      var reported: [Int: Quality] = [:]
      try setting.evaluator.evaluate(
        allocations, threads: threads,
        isCancelled: { calls.add(1, ordering: .relaxed).newValue > 12 }
      ) { reported[$0] = $1 }
      #expect(reported.count < 30)
      // A second thread may have come less far.
      if threads == 1 { #expect(reported.count == 12) }
      for (index, quality) in reported { #expect(quality == all[index]) }
    }
  }

  @Test("candidates that cannot be applied are named before anything runs")
  func refusals() throws {
    let setting = try Setting()
    let evaluator = setting.evaluator
    let plain = Candidate(weights: nil, activations: nil)
    func expectError(_ error: EvaluationError, _ allocation: [Candidate]) {
      #expect(throws: error) {
        try evaluator.evaluate([allocation], threads: 1, isCancelled: { false }) { _, _ in
          Issue.record("nothing may run")
        }
      }
    }
    expectError(.layerCount(expected: 6, found: 1), [plain])
    // The first layer's input has both signs.
    expectError(
      .unsupported(layer: "grouped", role: "activations", encoding: "uint<8>"),
      [Candidate(weights: nil, activations: try Encoding(name: "uint<8>"))]
        + [Candidate](repeating: plain, count: 5))
    expectError(
      .unsupported(layer: "depthwise", role: "weights", encoding: "uint<4>"),
      [plain, Candidate(weights: try Encoding(name: "uint<4>"), activations: nil)]
        + [Candidate](repeating: plain, count: 4))
    let vectors = try Encoding(name: "complex4")
    expectError(
      .unsupported(layer: "scores", role: "weights", encoding: vectors.name),
      [Candidate](repeating: plain, count: 5)
        + [Candidate(weights: vectors, activations: nil)])
    #expect(throws: EvaluationError.self) {
      try evaluator.candidate(layer: 0, weightBits: 1, inputBits: 8)
    }
    #expect(throws: EvaluationError.self) {
      try evaluator.candidate(layer: 0, weightBits: 8, inputBits: 17)
    }
  }
}

/// The rule of quantized evaluation on the rich sketch, written down plainly: the graph is run by the
/// onnx-reference datapath with quantized constants, layer by layer.
private struct PlainEvaluation {
  let setting: QuantizedEvaluatorTests.Setting
  let weightBits: Int
  let inputBits: Int

  init(_ setting: QuantizedEvaluatorTests.Setting, weightBits: Int, inputBits: Int) {
    self.setting = setting
    self.weightBits = weightBits
    self.inputBits = inputBits
  }

  /// Codes of an input in float32 and what a step is worth.
  private func quantized(_ values: [Float], layer: Int) -> (codes: [Double], scale: Double) {
    let range = setting.evaluator.inputRanges[layer]
    let q = Double((1 << (range.isNonNegative ? inputBits : inputBits - 1)) - 1)
    let scale = range.largest / q
    let codes = values.map { value -> Double in
      let steps = Double((value / Float(scale)).rounded(.toNearestOrEven))
      return min(max(steps, range.isNonNegative ? 0 : -q), q)
    }
    return (codes, scale)
  }

  func run(_ graph: Graph) throws -> (loss: Double, correct: Int) {
    let classes = setting.network.classCount
    var loss = 0.0
    var correct = 0
    for (sample, label) in setting.labels.enumerated() {
      let count = setting.network.inputCount
      var values: [TensorID: [Float]] = [
        graph.inputs[0]: Array(setting.samples[sample * count..<(sample + 1) * count])
      ]
      var layer = 0
      for node in graph.nodes {
        guard let data = values[node.inputs[0]] else { continue }
        let result = node.outputs[0]
        let isLayer =
          node.inputs.count == 3 && graph[node.inputs[1]].constant != nil
        if isLayer {
          let (codes, scale) = quantized(data, layer: layer)
          values[result] = try Self.sums(
            graph, node, codes: codes, scale: scale, bits: weightBits)
          // Additions read the quantized input.
          values[node.inputs[0]] = codes.map { Float($0) * Float(scale) }
          layer += 1
          // Anything but an addition has read the float tensor before: none of this graph reads it after.
        } else {
          values[result] = try Self.single(graph, node, node.inputs.map { values[$0] ?? [] })
        }
      }
      let scores = (values[graph.outputs[0]] ?? []).map { Double($0) }
      #expect(scores.count == classes)
      let largest = scores.max() ?? 0
      let sum = scores.reduce(0) { $0 + ElementaryDouble.exp($1 - largest) }
      loss += ElementaryDouble.log(sum) - (scores[label] - largest)
      if scores.firstIndex(of: largest) == label { correct += 1 }
    }
    return (loss / Double(setting.labels.count), correct)
  }

  /// A layer's results from integer sums.
  static func sums(
    _ graph: Graph, _ node: Node, codes: [Double], scale: Double, bits: Int
  ) throws -> [Float] {
    guard case .float32(let weights)? = graph[node.inputs[1]].constant,
      case .float32(let bias)? = graph[node.inputs[2]].constant
    else { return [] }
    let filters = bias.count
    let depth = weights.count / filters
    let q = Double((1 << (bits - 1)) - 1)
    let scales = (0..<filters).map { filter in
      let largest = weights[filter * depth..<(filter + 1) * depth].map(\.magnitude).max() ?? 0
      return Double(largest) / q
    }
    let integers = weights.indices.map {
      (Double(weights[$0]) / scales[$0 / depth]).rounded(.toNearestOrEven)
    }
    let results = graph[node.outputs[0]].shape
    var totals = [Double](repeating: 0, count: results.count)
    if case .convolution(let c) = node.operation {
      let image = graph[node.inputs[0]].shape
      guard case .groups(let groups) = c.grouping else { return [] }
      let share = image[1] / groups
      for index in 0..<results.count {
        let place = results.index(ofOffset: index)
        let group = place[1] / (filters / groups)
        for channel in 0..<share {
          for row in 0..<c.kernel[0] {
            for column in 0..<c.kernel[1] {
              let y = place[2] * c.strides[0] + row * c.dilations[0] - c.paddingBefore[0]
              let x = place[3] * c.strides[1] + column * c.dilations[1] - c.paddingBefore[1]
              guard (0..<image[2]).contains(y), (0..<image[3]).contains(x) else { continue }
              let seen = codes[((group * share + channel) * image[2] + y) * image[3] + x]
              let tap = ((place[1] * share + channel) * c.kernel[0] + row) * c.kernel[1] + column
              totals[index] += seen * integers[tap]
            }
          }
        }
      }
      let plane = results[2] * results[3]
      return totals.indices.map { index in
        let filter = index / plane
        return Float(totals[index]) * Float(scales[filter] * scale) + bias[filter]
      }
    }
    for filter in 0..<filters {
      for index in 0..<depth { totals[filter] += codes[index] * integers[filter * depth + index] }
    }
    return totals.indices.map { Float(totals[$0]) * Float(scales[$0] * scale) + bias[$0] }
  }

  /// A node between layers by the reference definitions.
  static func single(_ graph: Graph, _ node: Node, _ operands: [[Float]]) throws -> [Float] {
    var sketch = GraphSketch(seed: 0)
    let inputs = try zip(node.inputs, operands).map { id, values in
      try sketch.tensor(graph[id].shape.extents, constant: id == node.inputs[0] ? nil : values)
    }
    let output = try sketch.node(node.operation, inputs, graph[node.outputs[0]].shape.extents)
    return try FloatNetworkTests.reference(
      try sketch.graph(inputs[0], output), operands[0][...])
  }
}
