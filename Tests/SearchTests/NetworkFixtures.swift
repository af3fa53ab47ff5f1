import Arith
import HWModel
import QuantGraph
import Search
import TestSupport

/// A float graph built node by node, channels first unless said otherwise.
struct GraphSketch {
  private(set) var tensors: [Tensor] = []
  private(set) var nodes: [Node] = []
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func tensor(_ extents: [Int], constant: [Float]? = nil) throws -> TensorID {
    tensors.append(
      Tensor(
        name: "t\(tensors.count)", shape: try Shape(extents), encoding: .float(.float32),
        constant: constant.map { .float32($0) }))
    return TensorID(tensors.count - 1)
  }

  mutating func random(_ extents: [Int], _ range: ClosedRange<Float> = -1...1) throws -> TensorID {
    let values = (0..<extents.reduce(1, *)).map { _ in Float.random(in: range, using: &generator) }
    return try tensor(extents, constant: values)
  }

  func extents(_ id: TensorID) -> [Int] { tensors[id.index].shape.extents }

  mutating func node(
    _ operation: Operator, _ inputs: [TensorID], _ extents: [Int], name: String? = nil
  ) throws -> TensorID {
    let result = try tensor(extents)
    nodes.append(
      Node(
        name: name ?? "n\(nodes.count)", operation: operation, inputs: inputs, outputs: [result]))
    return result
  }

  mutating func convolution(
    _ data: TensorID, filters: Int, kernel: [Int], strides: [Int] = [1, 1],
    dilations: [Int] = [1, 1], before: [Int] = [0, 0], after: [Int] = [0, 0], groups: Int = 1,
    name: String? = nil
  ) throws -> TensorID {
    let image = extents(data)
    let weights = try random([filters, image[1] / groups] + kernel)
    let bias = try random([filters])
    var positions: [Int] = []
    for axis in 0..<2 {
      let padded = image[2 + axis] + before[axis] + after[axis]
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      positions.append((padded - span) / strides[axis] + 1)
    }
    return try node(
      .convolution(
        Convolution(
          kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
          paddingAfter: after, layout: .channelsFirst, grouping: .groups(groups),
          weightLayout: .filtersChannelsKernel)), [data, weights, bias],
      [1, filters] + positions, name: name)
  }

  mutating func relu(_ data: TensorID) throws -> TensorID {
    try node(.unary(.clamp(.relu)), [data], extents(data))
  }

  mutating func dense(_ data: TensorID, filters: Int, name: String? = nil) throws -> TensorID {
    let depth = extents(data)[1]
    return try node(
      .matMul(MatMul(transposesRight: true)),
      [data, try random([filters, depth]), try random([filters])], [1, filters], name: name)
  }

  mutating func flatten(_ data: TensorID) throws -> TensorID {
    try node(.reshape, [data], [1, extents(data).reduce(1, *)])
  }

  mutating func add(_ a: TensorID, _ b: TensorID) throws -> TensorID {
    try node(.binary(Binary(.add)), [a, b], extents(a))
  }

  func graph(_ input: TensorID, _ output: TensorID) throws -> Graph {
    try Graph(
      name: "sketch", tensors: tensors, nodes: nodes, inputs: [input], outputs: [output])
  }

  /// A network with everything that convolutions may have, a residual and both kinds of pools.
  static func rich(seed: UInt64) throws -> Graph {
    var sketch = GraphSketch(seed: seed)
    let input = try sketch.tensor([1, 4, 9, 8])
    var data = try sketch.convolution(
      input, filters: 6, kernel: [3, 2], strides: [2, 1], before: [1, 0], after: [1, 1],
      groups: 2, name: "grouped")
    data = try sketch.relu(data)
    let residual = data
    data = try sketch.convolution(
      data, filters: 6, kernel: [3, 3], before: [1, 1], after: [1, 1], groups: 6, name: "depthwise")
    data = try sketch.add(data, residual)
    data = try sketch.convolution(
      data, filters: 12, kernel: [2, 2], dilations: [2, 2], before: [1, 1], after: [1, 1],
      groups: 6, name: "multiplier")
    let extents = sketch.extents(data)
    data = try sketch.node(
      .pool(
        Pool(
          reduction: .average, kernel: [2, 2], strides: [1, 2], paddingBefore: [1, 0],
          paddingAfter: [0, 1], layout: .channelsFirst)), [data],
      [1, 12, extents[2], (extents[3] + 1 - 2) / 2 + 1])
    data = try sketch.convolution(data, filters: 5, kernel: [1, 1], name: "pointwise")
    data = try sketch.node(.unary(.hardSwish), [data], sketch.extents(data))
    let image = sketch.extents(data)
    let pooled = try sketch.node(
      .pool(
        Pool(
          reduction: .maximum, kernel: [2, 2], strides: [2, 2], paddingBefore: [0, 0],
          paddingAfter: [0, 0], layout: .channelsFirst)), [data],
      [1, 5, image[2] / 2, image[3] / 2])
    let flat = try sketch.flatten(pooled)
    data = try sketch.dense(flat, filters: 7, name: "dense")
    data = try sketch.relu(data)
    data = try sketch.dense(data, filters: 3, name: "scores")
    return try sketch.graph(input, data)
  }

  static func samples(_ count: Int, of network: FloatNetwork, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count * network.inputCount).map { _ in Float.random(in: -1...1, using: &generator) }
  }
}

/// A float network under an allocation, bound to its datapath as any graph is.
struct AllocatedNetwork {
  let plan: Plan

  init(_ graph: Graph, _ allocation: [Candidate], ranges: [InputRange?]) throws {
    var layers: [String: LayerQuantization] = [:]
    for (index, layer) in try FloatNetwork(graph).layers.enumerated() {
      let candidate = allocation[index]
      layers[layer.name] = LayerQuantization(
        LayerFormats(
          weights: candidate.weights, activations: candidate.activations,
          accumulator: candidate.accumulator, grouping: candidate.grouping),
        inputRange: ranges[index])
    }
    do throws(PlanProblems) {
      plan = try Plan(graph, on: FakeQuantized(layers: layers))
    } catch {
      guard case .refused(let refusal)? = error.problems.first?.error else { throw error }
      throw EvaluationError(refusal)
    }
  }

  /// An array a tensor, sample after sample.
  func values(of tensors: [TensorID], for samples: [Float], threads: Int) throws -> [[Float]] {
    let size = plan.graph[plan.graph.inputs[0]].shape.count
    let blocks = try BatchRunner(plan, keeping: Set(tensors), threads: threads).run(
      [.values(samples.map { Double($0) })], count: samples.count / size
    ) { runner, _, count in
      tensors.map { id -> [Float] in
        if case .float32(let values)? = runner.elements(of: id, count: count) { values } else { [] }
      }
    }
    return tensors.indices.map { place in blocks.flatMap { $0[place] } }
  }
}
