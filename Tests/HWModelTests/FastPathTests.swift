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

  @Test("sums of products that are rounded first, whatever the accumulator")
  func roundedSums() throws {
    var generator = SeededGenerator(seed: 71)
    let quantizations: [Quantization] = [
      .truncate, .round, .truncateToZero, .roundTiesToEven, .roundTiesToNegative,
    ]
    let overflows: [Overflow] = [.wrap, .saturate, .saturateSymmetric, .saturateToZero]
    var reached = 0
    for number in 0..<(sweep ? 4_000 : 160) {
      func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      func format(_ widths: ClosedRange<Int>, signed: Bool) throws -> FixedPointFormat {
        let width = random(widths)
        return try FixedPointFormat(
          width: width, integerBits: random(1...width), isSigned: signed,
          quantization: quantizations.randomElement(using: &generator) ?? .truncate,
          overflow: overflows.randomElement(using: &generator) ?? .wrap)
      }
      let (inputs, outputs) = (random(1...20), random(1...6))
      let isSigned = random(0...1) == 1
      let data = try format(2...17, signed: isSigned)
      let weight = try FixedPointFormat(width: 12, integerBits: random(1...4))
      // Sums without sign reach codes that 16 signed bits do not hold.
      let bits = random(1...11)
      let weights = (0..<inputs * outputs).map { _ in
        Int64(random((isSigned ? -(1 << bits) : 0)...(1 << bits) - 1))
      }
      let accumulator = try format(number % 3 == 0 ? 16...16 : 2...20, signed: isSigned)
      let result = random(0...1) == 0 ? accumulator : try format(2...20, signed: isSigned)
      let graph = try Graph(
        name: "rounded",
        tensors: [
          Tensor(name: "x", shape: try Shape([inputs]), encoding: .fixed(data)),
          Tensor(
            name: "w", shape: try Shape([outputs, inputs]), encoding: .fixed(weight),
            constant: .int64(weights)),
          Tensor(name: "y", shape: try Shape([outputs]), encoding: .fixed(result)),
        ],
        nodes: [
          Node(
            name: "dense",
            operation: .dense(
              Dense(
                weightsAreOutputMajor: true, accumulation: Accumulation(encoding: accumulator))),
            inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
        ], inputs: [TensorID(0)], outputs: [TensorID(2)])
      guard
        try Plan(graph, on: HLSFixed()).kernelNames == ["RoundedAccumulateKernel"]
      else { continue }
      reached += 1
      let (low, high): (Int64, Int64) = (data.minimum(), data.maximum())
      let samples = 40
      let values = TensorValues.codes(
        (0..<samples * inputs).map { index in
          [low, high, Int64.random(in: low...high, using: &generator)][
            index / inputs < 2 ? index / inputs : 2]
        })
      let fast = try Self.outputs(graph, usesFastKernels: true, [values], samples: samples)
      let plain = try Self.outputs(graph, usesFastKernels: false, [values], samples: samples)
      try #require(
        fast == plain, "data \(data), accumulator \(accumulator), result \(result)")
    }
    #expect(reached > 20, "\(reached)")
  }
}
