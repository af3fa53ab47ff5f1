import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

/// Fast plans give what the step-by-step definitions give, whatever the formats and modes.
@Suite("fast plans equal the definitions")
struct FastPathTests {
  /// Graphs of a normal run, and of a sweep.
  static let count = sweep ? 6_000 : 120

  /// Seeds beyond the normal run, by part: negative powers of two times the smallest code.
  static let hard: [[Int]] = [[], [], [], [4075], [], [429], [], []]

  /// Codes of every output, an array a sample.
  static func outputs(
    _ graph: Graph, usesFastKernels: Bool, _ inputs: [TensorValues], samples: Int
  ) throws -> [TensorID: [[Int512]]] {
    let plan = try Plan(graph, on: HLSFixed(usesFastKernels: usesFastKernels))
    let runner = BatchRunner(plan, threads: usesFastKernels ? 2 : 1)
    let blocks = try runner.run(inputs, count: samples) { runner, _, used in
      graph.outputs.map { id in (0..<used).map { runner.wideCodes(of: id, lane: $0) } }
    }
    var codes: [TensorID: [[Int512]]] = [:]
    for block in blocks {
      for (id, samples) in zip(graph.outputs, block) { codes[id, default: []] += samples }
    }
    return codes
  }

  @Test("random graphs", arguments: 0..<8)
  func randomGraphs(part: Int) throws {
    var nodes = 0
    for seed in Array(stride(from: part, to: Self.count, by: 8)) + Self.hard[part] {
      var random = RandomGraph(seed: UInt64(seed))
      let graph = try random.graph(nodes: 6)
      nodes += graph.nodes.count
      // More than one block of samples, the last one partly filled.
      let samples = seed % 16 == 0 ? 300 : 21
      let inputs = random.codes(of: graph, samples: samples)
      let fast = try Self.outputs(graph, usesFastKernels: true, inputs, samples: samples)
      let plain = try Self.outputs(graph, usesFastKernels: false, inputs, samples: samples)
      for node in graph.nodes where node.outputs.contains(where: { fast[$0] != plain[$0] }) {
        let types = (node.inputs + node.outputs).map { "\(graph[$0].encoding)" }
        Issue.record(
          "seed \(seed), \(node.name): \(node.operation)\n\(types.joined(separator: "\n"))")
        break
      }
    }
    #expect(nodes > Self.count / 8)
  }

  @Test("the graphs reach every kernel that adds products")
  func kernels() throws {
    var found: Set<String> = []
    let wanted: Set = [
      "ExactAccumulateKernel", "RoundedAccumulateKernel", "OrderedAccumulateKernel",
    ]
    for seed in 0..<Self.count where !found.isSuperset(of: wanted) {
      var random = RandomGraph(seed: UInt64(seed))
      found.formUnion(try Plan(try random.graph(nodes: 6), on: HLSFixed()).kernelNames)
    }
    #expect(found.isSuperset(of: wanted), "\(wanted.subtracting(found))")
  }
}
