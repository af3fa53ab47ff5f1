import Arith
import HWModel
import Importers
import QuantGraph
import Search
import TestSupport
import Testing

/// A graph of fixed-point tensors whose scores are known: a dense layer, and what may follow it.
private struct FixedModel {
  static func format(_ width: Int, _ integers: Int) throws -> FixedPointFormat {
    try FixedPointFormat(width: width, integerBits: integers)
  }

  /// `weights[input][output]` in quarters; the data have 8 bits, 4 of them fraction.
  static func graph(
    weights: [[Int]], activation: Activation? = nil, softmax: Bool = false
  ) throws -> Graph {
    let (inputs, outputs) = (weights.count, weights[0].count)
    let data = Encoding.fixed(try format(8, 4))
    let wide = Encoding.fixed(try format(16, 8))
    var tensors = [
      Tensor(name: "x", shape: try Shape([inputs]), encoding: data),
      Tensor(
        name: "w", shape: try Shape([inputs, outputs]), encoding: .fixed(try format(6, 4)),
        constant: .int8(weights.flatMap { $0.map { Int8($0) } })),
      Tensor(
        name: "b", shape: try Shape([outputs]), encoding: wide,
        constant: .int16([Int16](repeating: 0, count: outputs))),
      Tensor(name: "fc", shape: try Shape([outputs]), encoding: wide),
    ]
    var nodes = [
      Node(
        name: "fc",
        operation: .dense(
          Dense(
            weightsAreOutputMajor: false, accumulation: Accumulation(encoding: try format(16, 8)))),
        inputs: [TensorID(0), TensorID(1), TensorID(2)], outputs: [TensorID(3)])
    ]
    if let activation {
      tensors.append(Tensor(name: "last", shape: try Shape([outputs]), encoding: wide))
      nodes.append(
        Node(
          name: "last", operation: .activation(activation), inputs: [TensorID(3)],
          outputs: [TensorID(4)]))
    }
    if softmax {
      let table = LookupTable(size: 1024, entry: try format(18, 8))
      tensors.append(Tensor(name: "last", shape: try Shape([outputs]), encoding: wide))
      nodes.append(
        Node(
          name: "last",
          operation: .softmax(
            Softmax(
              implementation: .argmax, outer: 1, slice: outputs, inner: 1, exponential: table,
              inverse: table, accumulator: try format(18, 8), inverseInput: try format(18, 8),
              difference: nil)),
          inputs: [TensorID(3)], outputs: [TensorID(4)]))
    }
    return try Graph(
      name: "model", tensors: tensors, nodes: nodes, inputs: [TensorID(0)],
      outputs: [TensorID(tensors.count - 1)])
  }

  static func evaluator(
    _ graph: Graph, inputs: [Double], labels: [Int]?
  ) throws -> PlanEvaluator {
    try PlanEvaluator(
      try HLSRequantization(
        graph, settings: HLSPrecisionSettings(), written: [:], calibration: [inputs]),
      on: HLSFixed(), inputs: [inputs], labels: labels)
  }

  static let unchanged = [Candidate(weights: nil, activations: nil)]

  static func quality(_ evaluator: PlanEvaluator, threads: Int = 1) throws -> Quality {
    nonisolated(unsafe) var found: Quality?
    try evaluator.evaluate([unchanged], threads: threads, isCancelled: { false }) {
      found = $1
    }
    return try #require(found)
  }
}

@Suite("quantized graphs evaluated by their datapath")
struct PlanEvaluatorTests {
  @Test("the class is the first largest output; the loss is the cross-entropy of the scores")
  func classes() throws {
    // Scores are (x0, x1, x0): a tie of the first and the last goes to the first.
    let graph = try FixedModel.graph(weights: [[4, 0, 4], [0, 4, 0]])
    let evaluator = try FixedModel.evaluator(
      graph, inputs: [1, 0, 0, 2, -1, 0.5], labels: [0, 1, 2])
    let scores = try evaluator.scores(of: FixedModel.unchanged)
    #expect(scores.labels == [0, 1, 1])
    #expect(scores.scores == [1, 0, 1, 0, 2, 0, -1, 0.5, -1])
    let quality = try FixedModel.quality(evaluator)
    #expect(quality.correct == 2 && quality.samples == 3)
    // ln(2 + e^-1), ln(1 + 2 e^-2), ln(2 + e^1.5).
    let expected = (0.8619948040582511 + 0.2395447662218846 + 1.8689811354013153) / 3
    #expect(abs(quality.loss - expected) < 1e-12)
  }

  @Test("the loss of a graph that ends in a softmax is that of the scores before it")
  func softmax() throws {
    let weights = [[4, 0, 4], [0, 4, 0]]
    let inputs = [1, 0, 0, 2, -1, 0.5]
    let plain = try FixedModel.quality(
      try FixedModel.evaluator(
        try FixedModel.graph(weights: weights), inputs: inputs, labels: [0, 1, 2]))
    let ended = try FixedModel.quality(
      try FixedModel.evaluator(
        try FixedModel.graph(weights: weights, softmax: true), inputs: inputs, labels: [0, 1, 2]))
    #expect(plain == ended)
  }

  @Test(
    "one output is binary: over 0, or over 0.5 behind a sigmoid; the loss is the logistic one",
    arguments: [true, false])
  func binary(hasSigmoid: Bool) throws {
    let table = LookupTable(size: 1024, entry: try FixedModel.format(18, 8))
    let graph = try FixedModel.graph(
      weights: [[4]], activation: hasSigmoid ? .sigmoid(table) : nil)
    // A sigmoid of 0.0625 is over 0.5; the value itself is over 0 and under 0.5.
    let evaluator = try FixedModel.evaluator(
      graph, inputs: [2, 0.25, -2, 0], labels: [1, 1, 0, 1])
    let quality = try FixedModel.quality(evaluator)
    #expect(quality.correct == 3)
    let expected = (0.1269280110 + 0.5759394199 + 0.1269280110 + 0.6931471806) / 4
    #expect(abs(quality.loss - expected) < 1e-9)
  }

  @Test("without labels the loss is the divergence from the model as it is: none of itself")
  func divergence() throws {
    let graph = try FixedModel.graph(weights: [[5, -3, 7], [2, 6, -1]])
    let evaluator = try FixedModel.evaluator(
      graph, inputs: [1, 0.5, 0.25, 2, -1, 0.5], labels: nil)
    let own = try FixedModel.quality(evaluator)
    #expect(own.correct == nil && own.loss == 0)
    let narrow = try evaluator.requantization.candidate(
      layer: 0, weightBits: 2, activationBits: nil, accumulatorBits: nil)
    nonisolated(unsafe) var found: Quality?
    try evaluator.evaluate([[narrow]], threads: 2, isCancelled: { false }) { found = $1 }
    #expect(try #require(found).loss > 0)
  }

  @Test("results depend on the allocation alone, and each is reported once")
  func threads() throws {
    let graph = try FixedModel.graph(weights: [[5, -3, 7], [2, 6, -1], [1, 1, -7]])
    var inputs: [Double] = []
    for index in 0..<300 { inputs.append(Double((index * 37) % 101 - 50) / 16) }
    let evaluator = try FixedModel.evaluator(
      graph, inputs: inputs, labels: (0..<100).map { $0 % 3 })
    var allocations: [[Candidate]] = []
    for weights in 2...6 {
      for activations in 2...8 {
        allocations.append([
          try evaluator.requantization.candidate(
            layer: 0, weightBits: weights, activationBits: activations, accumulatorBits: nil)
        ])
      }
    }
    var runs: [[Int: Quality]] = []
    for (threads, order) in [(1, allocations), (3, allocations), (4, allocations.reversed())] {
      nonisolated(unsafe) var found: [Int: Quality] = [:]
      try evaluator.evaluate(order, threads: threads, isCancelled: { false }) {
        #expect(found[$0] == nil)
        found[$0] = $1
      }
      runs.append(found)
    }
    #expect(runs[0].count == allocations.count && runs[0] == runs[1])
    for index in allocations.indices {
      #expect(runs[2][allocations.count - 1 - index] == runs[0][index])
    }
    #expect(Set(runs[0].values.map(\.loss)).count > 5)
  }

  @Test("what does not fit is refused before anything runs")
  func refusals() throws {
    let graph = try FixedModel.graph(weights: [[4, 0], [0, 4]])
    let evaluator = try FixedModel.evaluator(graph, inputs: [1, 0], labels: [0])
    let bad = Candidate(weights: .float(.float32), activations: nil)
    #expect(
      throws: EvaluationError.unsupported(layer: "fc", role: "weights", encoding: "float32")
    ) {
      try evaluator.evaluate(
        [FixedModel.unchanged, [bad]], threads: 1, isCancelled: { false }
      ) { _, _ in Issue.record("nothing may run") }
    }
    #expect(throws: EvaluationError.layerCount(expected: 1, found: 2)) {
      try evaluator.evaluate(
        [[bad, bad]], threads: 1, isCancelled: { false }, report: { _, _ in })
    }
    for (inputs, labels) in [([1.0, 0, 1], [0]), ([1, 0], [2]), ([1, 0], [0, 1]), ([], [])] {
      #expect(throws: PlanEvaluatorError.self) {
        try FixedModel.evaluator(graph, inputs: inputs, labels: labels)
      }
    }
    #expect(throws: PlanEvaluatorError.self) {
      try FixedModel.evaluator(graph, inputs: [.nan, 0], labels: [0])
    }
  }

  @Test("sensitivities change one layer; metrics of float networks are refused by name")
  func sensitivities() throws {
    let graph = try FixedModel.graph(weights: [[5, -3, 7], [2, 6, -1]])
    let evaluator = try FixedModel.evaluator(
      graph, inputs: [1, 0.5, 0.25, 2, -1, 0.5], labels: [0, 1, 2])
    let own = FixedModel.unchanged[0]
    let narrow = Candidate(
      weights: .fixed(try FixedModel.format(3, 2)), activations: nil)
    let analysis = PlanSensitivities(evaluator)
    for metric in PlanSensitivities.metrics {
      let values = try analysis.scores(metric, of: [[own, narrow]]).values[0]
      if metric == .sqnr {
        #expect(values[0] == .infinity && values[1].isFinite)
      } else {
        #expect(values[0] == 0)
      }
    }
    // Quarters in halves, rounded down: errors of a quarter wherever the code is odd, and 7 quarters
    // stay in range.
    #expect(try analysis.scores(.weightError, of: [[narrow]]).values == [[4.0 / 16]])
    #expect(
      throws: SensitivityError.unavailable(.hessian, known: PlanSensitivities.metrics)
    ) { try analysis.scores(.hessian, of: [[own]]) }
  }
}

@Suite("fixed-point types of a width")
struct FixedWidthTests {
  /// A candidate of one dense layer with these weights, codes of `own`.
  private func weights(
    _ codes: [Int8], own: FixedPointFormat, bits: Int
  ) throws -> FixedPointFormat {
    let graph = try graph(codes, own: own)
    let requantization = try HLSRequantization(
      graph, settings: HLSPrecisionSettings(), written: [:], calibration: nil)
    let candidate = try requantization.candidate(
      layer: 0, weightBits: bits, activationBits: nil, accumulatorBits: nil)
    guard case .fixed(let format)? = candidate.weights else {
      throw EvaluationError.layerCount(expected: 1, found: 0)
    }
    return format
  }

  private func graph(_ codes: [Int8], own: FixedPointFormat) throws -> Graph {
    let data = Encoding.fixed(try FixedPointFormat(width: 8, integerBits: 4))
    return try Graph(
      name: "g",
      tensors: [
        Tensor(name: "x", shape: try Shape([codes.count]), encoding: data),
        Tensor(
          name: "w", shape: try Shape([codes.count, 1]), encoding: .fixed(own),
          constant: .int8(codes)),
        Tensor(name: "b", shape: try Shape([1]), encoding: data, constant: .int8([0])),
        Tensor(name: "fc", shape: try Shape([1]), encoding: data),
      ],
      nodes: [
        Node(
          name: "fc",
          operation: .dense(
            Dense(
              weightsAreOutputMajor: false,
              accumulation: Accumulation(
                encoding: try FixedPointFormat(width: 16, integerBits: 8)))),
          inputs: [TensorID(0), TensorID(1), TensorID(2)], outputs: [TensorID(3)])
      ], inputs: [TensorID(0)], outputs: [TensorID(3)])
  }

  @Test("integer bits are the fewest that hold the weights; none and negative numbers too")
  func integerBits() throws {
    let own = try FixedPointFormat(width: 8, integerBits: 3)
    // 32 is 1.0: values to 0.97, -1, 0.22, -0.25 and 0.
    for (codes, bits, expected) in [
      ([31, -4], 4, "ap_fixed<4,1>"), ([-32, 3], 4, "ap_fixed<4,1>"),
      ([32, 0], 4, "ap_fixed<4,2>"), ([-33, 0], 4, "ap_fixed<4,2>"),
      ([7, -8], 4, "ap_fixed<4,-1>"), ([0, -1], 4, "ap_fixed<4,-4>"),
      ([127, 0], 2, "ap_fixed<2,3>"), ([0, 0], 4, "ap_fixed<4,3>"),
    ] as [([Int8], Int, String)] {
      #expect(try weights(codes, own: own, bits: bits).precisionText == expected, "\(codes)")
    }
  }

  @Test("a type that wraps gets a bit more where rounding would wrap; one that saturates does not")
  func rounding() throws {
    for (overflow, expected) in [
      (Overflow.wrap, "ap_fixed<4,2,RND,WRAP>"), (.saturate, "ap_fixed<4,1,RND,SAT>"),
    ] {
      let own = try FixedPointFormat(
        width: 8, integerBits: 3, quantization: .round, overflow: overflow)
      // 0.97 rounds to 1.0 with three fraction bits.
      #expect(try weights([31, 1], own: own, bits: 4).precisionText == expected)
    }
  }

  @Test("weights are printed with the type's decimals before they are assigned")
  func text() throws {
    let own = try FixedPointFormat(width: 8, integerBits: 3)
    // 0.249 is printed as 0.2 for one fraction bit: truncated 0; as 0.249 for two: still 0. 0.97 is
    // printed as 1.0 for one fraction bit and not truncated to a half.
    let values = [0.249, 0.97]
    let codes: [Int8] = [7, 31]
    let graph = try graph(codes, own: own)
    let requantization = try HLSRequantization(
      graph, settings: HLSPrecisionSettings(), written: [TensorID(1): values], calibration: nil)
    let narrow = Candidate(
      weights: .fixed(try FixedPointFormat(width: 3, integerBits: 2)), activations: nil)
    #expect(try requantization.graph([narrow])[TensorID(1)].constant?.int64 == [0, 2])
  }

  @Test("activations have no more integer bits than the model and no fewer than calibration saw")
  func activations() throws {
    let own = try FixedPointFormat(width: 8, integerBits: 3)
    let graph = try graph([3, 5], own: own)
    for (inputs, bits, expected) in [
      ([1.0, 0.5], 4, "ap_fixed<4,2>"), ([0.5, -0.5], 4, "ap_fixed<4,1>"),
      ([7.9, 0], 6, "ap_fixed<6,4>"), ([100, 0], 4, "ap_fixed<4,4>"),
    ] {
      let requantization = try HLSRequantization(
        graph, settings: HLSPrecisionSettings(), written: [:], calibration: [inputs])
      let candidate = try requantization.candidate(
        layer: 0, weightBits: nil, activationBits: bits, accumulatorBits: 10)
      guard case .fixed(let format)? = candidate.activations else { return }
      #expect(format.precisionText == expected, "\(inputs)")
      #expect(candidate.accumulator?.name == "ap_fixed<10,8>")
      #expect(candidate.weights == .fixed(own))
    }
  }
}
