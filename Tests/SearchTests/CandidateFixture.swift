import FoundationEssentials
import HWModel
import QuantGraph
import Search
import TestSupport

/// The small network of `Tests/Fixtures/candidates` with what NumPy makes of it under candidates.
struct CandidateFixture {
  struct Document: Decodable {
    struct Layer: Decodable {
      struct Weights: Decodable {
        let shape: [Int]
        let values: [Float]
      }
      let name: String
      let weights: Weights
      let bias: [Float]
      let groups, stride: Int
      /// Above, below, left, right.
      let pad: [Int]
    }
    struct Case: Decodable {
      let candidates: [String]
      /// Of the filters of layers with unequal ones.
      let widths: [[Int]?]
      let scores: [Float]
    }
    let layers: [Layer]
    let input: [Int]
    let samples, calibration: [Float]
    let ranges: [[Float]]
    let cases: [Case]
  }

  let document: Document
  let graph: Graph
  let network: FloatNetwork
  let evaluator: QuantizedEvaluator

  static func read() throws -> Document {
    let path = SharedData.packageRoot + "/Tests/Fixtures/candidates/cases.json"
    return try JSONDecoder().decode(Document.self, from: Data(contentsOf: URL(filePath: path)))
  }

  init() throws {
    document = try Self.read()
    graph = try Self.graph(document)
    network = try FloatNetwork(graph)
    evaluator = QuantizedEvaluator(
      network, calibration: try EvaluationData(document.calibration, for: network),
      evaluation: try EvaluationData(document.samples, for: network))
  }

  private static func graph(_ document: Document) throws -> Graph {
    var sketch = GraphSketch(seed: 0)
    let input = try sketch.tensor(document.input)
    var data = input
    for (index, layer) in document.layers.enumerated() {
      let shape = layer.weights.shape
      if shape.count == 2 && sketch.extents(data).count == 4 { data = try sketch.flatten(data) }
      let weights = try sketch.tensor(shape, constant: layer.weights.values)
      let bias = try sketch.tensor([layer.bias.count], constant: layer.bias)
      if shape.count == 2 {
        data = try sketch.node(
          .matMul(MatMul(transposesRight: true)), [data, weights, bias], [1, shape[0]],
          name: layer.name)
      } else {
        let image = sketch.extents(data)
        let rows = (image[2] + layer.pad[0] + layer.pad[1] - shape[2]) / layer.stride + 1
        let columns = (image[3] + layer.pad[2] + layer.pad[3] - shape[3]) / layer.stride + 1
        data = try sketch.node(
          .convolution(
            Convolution(
              kernel: [shape[2], shape[3]], strides: [layer.stride, layer.stride],
              dilations: [1, 1], paddingBefore: [layer.pad[0], layer.pad[2]],
              paddingAfter: [layer.pad[1], layer.pad[3]], layout: .channelsFirst,
              grouping: .groups(layer.groups), weightLayout: .filtersChannelsKernel)),
          [data, weights, bias], [1, shape[0], rows, columns], name: layer.name)
      }
      if index + 1 < document.layers.count { data = try sketch.relu(data) }
    }
    return try sketch.graph(input, data)
  }

  /// One name for every layer, or one a layer, with the signs that inputs need.
  func allocation(_ names: [String]) throws -> [Candidate] {
    try evaluator.layers.indices.map { layer in
      try evaluator.candidate(
        layer: layer, try SpaceCandidate(names[names.count == 1 ? 0 : layer]).formats)
    }
  }

  /// Scores of the samples.
  func scores(_ allocation: [Candidate]) throws -> [Float] {
    try Self.scores(allocation, of: graph, evaluator, document.samples)
  }

  /// Scores of samples of any network whose output they are.
  static func scores(
    _ allocation: [Candidate], of graph: Graph, _ evaluator: QuantizedEvaluator, _ samples: [Float]
  ) throws -> [Float] {
    let decided = try allocation.enumerated().map {
      try evaluator.realised(layer: $0.offset, $0.element)
    }
    return try AllocatedNetwork(graph, decided, ranges: evaluator.inputRanges)
      .values(of: [graph.outputs[0]], for: samples, threads: 2)[0]
  }

  /// Losses of allocations, the mean divergence from the float network.
  static func losses(
    _ allocations: [[Candidate]], _ evaluator: QuantizedEvaluator, threads: Int = 1
  ) throws -> [Double] {
    var found = [Double](repeating: .nan, count: allocations.count)
    try evaluator.evaluate(allocations, threads: threads, isCancelled: { false }) {
      found[$0] = $1.loss
    }
    return found
  }
}
