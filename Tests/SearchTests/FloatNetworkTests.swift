import Arith
import HWModel
import QuantGraph
import Search
import TestSupport
import Testing

@Suite("Float networks")
struct FloatNetworkTests {
  /// Scores by the definitions of the onnx-reference datapath.
  static func reference(_ graph: Graph, _ sample: ArraySlice<Float>) throws -> [Float] {
    let runner = PlanRunner(try Plan(graph, on: ONNXReferenceDatapath()))
    let input = try #require(runner.buffer(of: graph.inputs[0]))
    _ = input.elements(as: Float.self).update(fromContentsOf: sample)
    runner.run(usedLanes: 1)
    let output = try #require(runner.buffer(of: graph.outputs[0]))
    return Array(output.elements(as: Float.self)[..<graph[graph.outputs[0]].shape.count])
  }

  @Test("scores are those of the reference definitions", arguments: [1, 2, 3] as [UInt64])
  func scores(seed: UInt64) throws {
    let graph = try GraphSketch.rich(seed: seed)
    let network = try FloatNetwork(graph)
    #expect(network.classCount == 3)
    let data = try EvaluationData(
      GraphSketch.samples(70, of: network, seed: seed), for: network)
    let scores = network.scores(of: data.samples)
    #expect(scores == network.scores(of: data.samples, threads: 3))
    for sample in [0, 1, 64, 69] {
      let expected = try Self.reference(
        graph, data.samples[sample * network.inputCount..<(sample + 1) * network.inputCount])
      for (index, value) in expected.enumerated() {
        #expect(abs(scores[sample * 3 + index] - value) <= 1e-5 * max(1, abs(value)))
      }
    }
  }

  @Test("operators beside layers: constants, means, normalization, a softmax at the end")
  func operators() throws {
    var sketch = GraphSketch(seed: 8)
    let input = try sketch.tensor([1, 3, 4, 5])
    var data = try sketch.convolution(input, filters: 4, kernel: [2, 3])
    let channels = try (0..<4).map { index in
      try sketch.random([4], index == 3 ? 0.5...2 : -1...1)
    }
    data = try sketch.node(
      .normalizeBatch(epsilon: 1e-3), [data] + channels, sketch.extents(data))
    data = try sketch.node(
      .binary(Binary(.multiply)), [try sketch.random([4, 1, 1]), data], sketch.extents(data))
    data = try sketch.node(.unary(.sigmoid), [data], sketch.extents(data))
    data = try sketch.node(
      .reduce(Reduction(.mean, axes: [2, 3], keepsAxes: true)), [data], [1, 4, 1, 1])
    data = try sketch.flatten(data)
    data = try sketch.node(
      .matMul(MatMul()), [data, try sketch.random([4, 6])], [1, 6], name: "product")
    data = try sketch.node(.binary(Binary(.add)), [data, try sketch.random([6])], [1, 6])
    let scores = data
    let softmax = try sketch.node(.axisSoftmax(AxisSoftmax(axis: 1)), [data], [1, 6])
    let network = try FloatNetwork(try sketch.graph(input, softmax))
    #expect(network.layers.map(\.name) == ["n0", "product"])
    #expect(network.layers.map(\.weightCount) == [72, 24])
    #expect(network.layers.map(\.macs) == [72 * 9, 24])
    let samples = GraphSketch.samples(5, of: network, seed: 1)
    let found = network.scores(of: samples)
    // Scores are what the softmax is made from.
    let expected = try Self.reference(try sketch.graph(input, scores), samples.prefix(60))
    for (index, value) in expected.enumerated() {
      #expect(abs(found[index] - value) <= 1e-5 * max(1, abs(value)))
    }
  }

  @Test("everything that cannot be run is named at once")
  func problems() throws {
    var sketch = GraphSketch(seed: 8)
    let input = try sketch.tensor([1, 3, 4, 4])
    var data = try sketch.node(.unary(.erf), [input], [1, 3, 4, 4], name: "first")
    data = try sketch.convolution(data, filters: 2, kernel: [1, 1])
    let other = try sketch.node(.unary(.sine), [input], [1, 3, 4, 4], name: "second")
    let product = try sketch.node(
      .matMul(MatMul()), [input, input], [1, 3, 4, 4], name: "third")
    data = try sketch.add(try sketch.flatten(other), try sketch.flatten(product))
    let graph = try sketch.graph(input, data)
    let problems = #expect(throws: FloatNetworkProblems.self) { try FloatNetwork(graph) }
    #expect(problems?.problems.map(\.node) == ["first", "second", "third"])
    #expect(problems?.problems.first?.kind == .unsupportedOperator("Erf"))
  }

  @Test("samples and labels that do not fit are refused")
  func data() throws {
    let network = try FloatNetwork(try GraphSketch.rich(seed: 1))
    let sample = GraphSketch.samples(1, of: network, seed: 1)
    #expect(throws: EvaluationDataError.sampleElements(expected: 288, found: 0)) {
      try EvaluationData([], for: network)
    }
    #expect(throws: EvaluationDataError.sampleElements(expected: 288, found: 287)) {
      try EvaluationData(Array(sample.dropLast()), for: network)
    }
    #expect(throws: EvaluationDataError.labelCount(expected: 1, found: 2)) {
      try EvaluationData(sample, labels: [0, 1], for: network)
    }
    #expect(throws: EvaluationDataError.label(sample: 0, value: 3, classes: 3)) {
      try EvaluationData(sample, labels: [3], for: network)
    }
    #expect(throws: EvaluationDataError.notFinite(sample: 1, element: 0)) {
      try EvaluationData(sample + [.nan] + sample.dropFirst(), for: network)
    }
  }
}
