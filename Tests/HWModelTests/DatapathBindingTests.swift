import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

/// Nodes of one graph on datapaths of their own.
///
/// hls-fixed stores blocks lane-minor in 32 bits, onnx-reference one row-major sample in the
/// narrowest type; plain integers are an encoding of both.
@Suite("nodes on datapaths of their own")
struct DatapathBindingTests {
  private static let inputs = 4
  private static let outputs = 3

  private struct Network {
    let graph: Graph
    let weights: [Int64]

    /// What each node gives for one sample, by plain integer arithmetic.
    func expected(_ x: [Int64]) -> [String: [Int64]] {
      typealias Tests = DatapathBindingTests
      func product(_ data: [Int64]) -> [Int64] {
        (0..<Tests.outputs).map { row in
          let sum = (0..<Tests.inputs).reduce(0) {
            $0 + weights[row * Tests.inputs + $1] * data[$1]
          }
          return Tests.wrapped(sum, 16)
        }
      }
      let dense = product(x)
      let squares = dense.map { Tests.wrapped($0 * $0, 16) }
      let doubled = x.map { Tests.wrapped($0 + $0, 8) }
      return [
        "dense": dense, "squares": squares, "relu": squares.map { max($0, 0) },
        "doubled": doubled, "last": product(doubled),
      ]
    }
  }

  private static func wrapped(_ value: Int64, _ width: Int) -> Int64 {
    let shift = Int64(64 - width)
    return (value << shift) >> shift
  }

  private static func integers(_ width: Int) throws -> FixedPointFormat {
    try FixedPointFormat(width: width, integerBits: width)
  }

  private static func tensor(
    _ name: String, _ count: Int, _ width: Int
  ) throws -> Tensor {
    Tensor(
      name: name, shape: try Shape([count]), encoding: .fixed(try integers(width)))
  }

  private static func network() throws -> Network {
    var random = SeededGenerator(seed: 7)
    let weights = (0..<outputs * inputs).map { _ in Int64.random(in: -8...7, using: &random) }
    let dense = Operator.dense(
      Dense(
        weightsAreOutputMajor: true, accumulation: Accumulation(encoding: try integers(16))))
    let graph = try Graph(
      name: "mixed",
      tensors: [
        tensor("x", inputs, 8),
        Tensor(
          name: "w", shape: Shape([outputs, inputs]), encoding: .fixed(try integers(4)),
          constant: .int64(weights)),
        tensor("dense", outputs, 16), tensor("squares", outputs, 16),
        tensor("relu", outputs, 16), tensor("doubled", inputs, 8), tensor("last", outputs, 16),
      ],
      nodes: [
        Node(
          name: "dense", operation: dense, inputs: [0, 1].map(TensorID.init), outputs: [TensorID(2)]
        ),
        Node(
          name: "squares", operation: .binary(Binary(.multiply)),
          inputs: [2, 2].map(TensorID.init), outputs: [TensorID(3)]),
        Node(
          name: "relu", operation: .activation(.relu), inputs: [TensorID(3)],
          outputs: [TensorID(4)]),
        Node(
          name: "doubled", operation: .binary(Binary(.add)), inputs: [0, 0].map(TensorID.init),
          outputs: [TensorID(5)]),
        Node(
          name: "last", operation: dense, inputs: [5, 1].map(TensorID.init), outputs: [TensorID(6)]),
      ],
      inputs: [TensorID(0)], outputs: [4, 6].map(TensorID.init))
    return Network(graph: graph, weights: weights)
  }

  private static let arrayNodes: Set<String> = ["squares", "doubled"]

  private static func codes(
    _ plan: Plan, of tensors: [TensorID], _ inputs: [TensorValues], samples: Int, threads: Int = 1
  ) throws -> [[Int64]] {
    let runner = BatchRunner(plan, keeping: Set(tensors), threads: threads)
    let blocks = try runner.run(inputs, count: samples) { runner, _, used in
      tensors.map { runner.elements(of: $0, count: used)?.int64 ?? [] }
    }
    return tensors.indices.map { index in blocks.flatMap { $0[index] } }
  }

  @Test("every tensor has the codes of plain integer arithmetic", arguments: [true, false])
  func values(hlsIsCommon: Bool) throws {
    let network = try Self.network()
    let graph = network.graph
    let binding =
      hlsIsCommon
      ? DatapathBinding(HLSFixed(), [(ONNXReferenceDatapath(), Self.arrayNodes)])
      : DatapathBinding(ONNXReferenceDatapath(), [(HLSFixed(), ["dense", "relu", "last"])])
    let plan = try Plan(graph, binding: binding)
    #expect(plan.tensors[2]?.storage == .int32)
    #expect(plan.tensors[3]?.storage == .int16)
    var random = SeededGenerator(seed: 1)
    // More than one block, the last one partly filled.
    let samples = 600
    let x = (0..<samples * Self.inputs).map { _ in Int64.random(in: -128...127, using: &random) }
    let tensors = (2...6).map(TensorID.init)
    for threads in [1, 3] {
      let found = try Self.codes(plan, of: tensors, [.codes(x)], samples: samples, threads: threads)
      for (position, id) in tensors.enumerated() {
        let name = graph[id].name
        let expected = (0..<samples).flatMap { sample in
          network.expected(Array(x[sample * Self.inputs..<(sample + 1) * Self.inputs]))[name] ?? []
        }
        #expect(found[position] == expected, "\(name) with \(threads) threads")
      }
    }
  }

  @Test("a graph on two datapaths is the composition of both")
  func composition() throws {
    let graph = try Self.network().graph
    let plan = try Plan(
      graph, binding: DatapathBinding(HLSFixed(), [(ONNXReferenceDatapath(), Self.arrayNodes)]))
    var random = SeededGenerator(seed: 2)
    let samples = 40
    let x = (0..<samples * Self.inputs).map { _ in Int64.random(in: -128...127, using: &random) }
    let whole = try Self.codes(plan, of: graph.outputs, [.codes(x)], samples: samples)
    var known: [TensorID: [Int64]] = [TensorID(0): x]
    for node in graph.nodes {
      let data = Array(Set(node.inputs.filter { graph[$0].constant == nil }))
      let part = try Graph(
        name: node.name, tensors: graph.tensors, nodes: [node], inputs: data,
        outputs: node.outputs)
      let own =
        Self.arrayNodes.contains(node.name)
        ? try Plan(part, on: ONNXReferenceDatapath()) : try Plan(part, on: HLSFixed())
      let given = try data.map { TensorValues.codes(try #require(known[$0])) }
      known[node.outputs[0]] =
        try Self.codes(own, of: node.outputs, given, samples: samples)[0]
    }
    #expect(whole == graph.outputs.map { known[$0] ?? [] })
  }

  @Test("one datapath for every node is the plan on it")
  func single() throws {
    let graph = try Self.network().graph
    let nodes = Set(graph.nodes.map(\.name))
    #expect(throws: PlanProblems.self) { try Plan(graph, on: HLSFixed()) }
    #expect(throws: PlanProblems.self) {
      try Plan(graph, binding: DatapathBinding(ONNXReferenceDatapath(), [(HLSFixed(), nodes)]))
    }
  }

  @Test("a node that there is not, and a node that its datapath lacks, are problems")
  func problems() throws {
    let graph = try Self.network().graph
    let stranger = #expect(throws: PlanProblems.self) {
      try Plan(graph, binding: DatapathBinding(HLSFixed(), [(QONNXDatapath(), ["nobody"])]))
    }
    #expect(
      stranger?.problems.first?.error
        == .parameter("binding", reason: "the graph has no node 'nobody'"))
    let lacking = #expect(throws: PlanProblems.self) {
      try Plan(
        graph, binding: DatapathBinding(HLSFixed(), [(ONNXReferenceDatapath(), ["doubled"])]))
    }
    #expect(
      lacking?.problems.first?.error
        == .unsupported(operation: graph.nodes[1].operation.name, datapath: HLSFixed.name))
  }
}
