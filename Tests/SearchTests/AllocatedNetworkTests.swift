import Arith
import HWModel
import QuantGraph
import Search
import TestSupport
import Testing

@Suite("A network under an allocation, tensor by tensor")
struct AllocatedNetworkTests {
  @Test("scores count to the quality that an evaluation reports, for any formats")
  func qualities() throws {
    let setting = try QuantizedEvaluatorTests.Setting()
    let graph = try GraphSketch.rich(seed: 4)
    let network = try FloatNetwork(graph)
    let allocations = try setting.random(12, seed: 31)
    let qualities = try setting.qualities(allocations)
    for (allocation, quality) in zip(allocations, qualities) {
      let allocated = try AllocatedNetwork(
        graph, allocation, ranges: setting.evaluator.inputRanges)
      let scores = try allocated.values(
        of: [network.scoresTensor], for: setting.samples, threads: 3)[0]
      var right = 0
      for (sample, label) in setting.labels.enumerated() {
        let row = scores[sample * 3..<sample * 3 + 3]
        if row.firstIndex(of: row.max() ?? 0) == sample * 3 + label { right += 1 }
      }
      #expect(right == quality.correct)
    }
  }

  @Test("threads change nothing, and every tensor has the samples in order")
  func threads() throws {
    let setting = try QuantizedEvaluatorTests.Setting()
    let graph = try GraphSketch.rich(seed: 4)
    let allocated = try AllocatedNetwork(
      graph, try setting.random(1, seed: 5)[0], ranges: setting.evaluator.inputRanges)
    let tensors = graph.nodes.flatMap(\.outputs)
    let whole = try allocated.values(of: tensors, for: setting.samples, threads: 4)
    #expect(whole == (try allocated.values(of: tensors, for: setting.samples, threads: 1)))
    let elements = setting.network.inputCount
    let last = Array(setting.samples.suffix(elements))
    for (id, values) in zip(
      tensors, try allocated.values(of: tensors, for: last, threads: 1))
    {
      let count = graph[id].shape.count
      #expect(values.count == count)
      #expect(Array(whole[tensors.firstIndex(of: id) ?? 0].suffix(count)) == values)
    }
  }

  @Test("an input format without a range, and formats without a rule, are refused")
  func refusals() throws {
    let graph = try GraphSketch.rich(seed: 4)
    let layers = try FloatNetwork(graph).layers.count
    var allocation = [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: layers)
    allocation[1].activations = try Encoding(name: "uint<4>")
    let problems = #expect(throws: PlanProblems.self) {
      try AllocatedNetwork(
        graph, allocation, ranges: [InputRange?](repeating: nil, count: layers))
    }
    // The layer, and the addition that reads its input as it does.
    #expect(
      problems?.problems.allSatisfy {
        $0.error
          == .refused(FormatRefusal(layer: "depthwise", role: "activations", encoding: "uint<4>"))
      } ?? false)
  }

  @Test("integers of a layer are those that its values come from")
  func integers() throws {
    let setting = try QuantizedEvaluatorTests.Setting()
    let evaluator = setting.evaluator
    var allocation = [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: evaluator.layers.count)
    for layer in allocation.indices where layer != 2 {
      allocation[layer] = try evaluator.candidate(
        layer: layer, weightBits: 3 + layer, inputBits: 4 + layer)
    }
    let graph = try GraphSketch.rich(seed: 4)
    let found = try #require(try evaluator.integers(of: allocation))
    #expect(found.map(\.layer) == evaluator.layers.map(\.name))
    #expect(found[2].weights == nil && found[2].input == nil)
    for (index, layer) in found.enumerated() where index != 2 {
      let weights = try #require(layer.weights)
      let node = try #require(graph.nodes.first { $0.name == layer.layer })
      guard case .float32(let values)? = graph[node.inputs[1]].constant else {
        Issue.record("weights are float32")
        continue
      }
      let largest = Int32(1 << (weights.bits - 1)) - 1
      let depth = values.count / weights.scales.count
      #expect(weights.bits == 3 + index && weights.codes.count == values.count)
      for (place, code) in weights.codes.enumerated() {
        let scale = weights.scales[place / depth]
        #expect(abs(code) <= largest)
        #expect(abs(Float(code) * scale - values[place]) <= 0.5001 * scale)
      }
      let input = try #require(layer.input)
      let range = evaluator.inputRanges[index]
      #expect(input.bits == 4 + index && input.isSigned == !range.isNonNegative)
    }
    // The addition reads what the depthwise layer reads.
    let addition = try #require(
      graph.nodes.first { if case .binary = $0.operation { true } else { false } })
    let depthwise = try #require(found.first { $0.layer == "depthwise" })
    #expect(depthwise.additions == [addition.name])
    #expect(found.filter { $0.layer != "depthwise" }.allSatisfy { $0.additions.isEmpty })
    allocation[0].weights = .float(.e4m3)
    #expect(try evaluator.integers(of: allocation) == nil)
  }
}
