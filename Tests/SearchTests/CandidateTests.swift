import Arith
import HWModel
import QuantGraph
import Search
import TestSupport
import Testing

/// Scores of a small network that NumPy computed from the definitions (`Tests/Fixtures/candidates`);
/// the order of float32 sums is defined, so that every score is equal.
@Suite("Blocks, groups, unequal filters and accumulators")
struct CandidateTests {
  private let fixture: CandidateFixture
  private var evaluator: QuantizedEvaluator { fixture.evaluator }

  init() throws { fixture = try CandidateFixture() }

  @Test("calibration sees what NumPy sees")
  func ranges() {
    #expect(evaluator.inputRanges.map { [$0.minimum, $0.maximum] } == fixture.document.ranges)
    #expect(evaluator.layers.map(\.filters) == [11, 11, 40, 20, 6])
  }

  @Test("scores are those of independent code, bit for bit")
  func scores() throws {
    #expect(fixture.document.cases.count > 30)
    for expected in fixture.document.cases {
      let allocation = try fixture.allocation(expected.candidates)
      let name = expected.candidates.joined(separator: " ")
      #expect(try fixture.scores(allocation) == expected.scores, "\(name)")
    }
  }

  @Test("filters of unequal widths are those of independent code, and can be given one by one")
  func widths() throws {
    var found = Set<Int>()
    for expected in fixture.document.cases {
      var given = try fixture.allocation(expected.candidates)
      for (layer, widths) in expected.widths.enumerated() {
        let made = try evaluator.realised(layer: layer, given[layer])
        guard let widths else {
          #expect(made == given[layer])
          continue
        }
        #expect(made.grouping == .widths(widths), "\(expected.candidates[layer]) \(layer)")
        let mean = Double(widths.reduce(0, +)) / Double(widths.count)
        #expect(mean == made.weights?.storedBits)
        found.insert(Set(widths).count)
        given[layer] = made
      }
      // Without calibration samples the widths are enough.
      let other = QuantizedEvaluator(
        fixture.network, inputRanges: evaluator.inputRanges,
        evaluation: try EvaluationData(fixture.document.samples, for: fixture.network))
      let known = try CandidateFixture.losses(
        [try fixture.allocation(expected.candidates)], evaluator)
      #expect(try CandidateFixture.losses([given], other) == known)
    }
    // Layers with and without wider filters; the last layer has fewer than ten.
    #expect(found == [1, 3])
  }

  @Test("an evaluation is that of the scores, on any number of threads, in any order")
  func evaluation() throws {
    let allocations = try fixture.document.cases.map { try fixture.allocation($0.candidates) }
    for threads in [1, 3] {
      let losses = try CandidateFixture.losses(
        allocations.reversed(), evaluator, threads: threads)
      let float = fixture.network.scores(of: fixture.document.samples)
      for (index, expected) in fixture.document.cases.enumerated() {
        let divergence = Self.divergence(float, expected.scores, classes: 6)
        let loss = losses[allocations.count - 1 - index]
        #expect(abs(loss - divergence) <= 1e-9 * max(1, divergence))
      }
    }
  }

  /// The mean divergence of class probabilities.
  private static func divergence(_ known: [Float], _ found: [Float], classes: Int) -> Double {
    func logarithms(_ scores: ArraySlice<Float>) -> [Double] {
      let largest = Double(scores.max() ?? 0)
      let sum = scores.reduce(0.0) { $0 + ElementaryDouble.exp(Double($1) - largest) }
      return scores.map { Double($0) - largest - ElementaryDouble.log(sum) }
    }
    var total = 0.0
    for start in stride(from: 0, to: known.count, by: classes) {
      let before = logarithms(known[start..<start + classes])
      let after = logarithms(found[start..<start + classes])
      for (a, b) in zip(before, after) { total += ElementaryDouble.exp(a) * (a - b) }
    }
    return total / Double(known.count / classes)
  }

  @Test("an accumulator that no sum can leave changes nothing, a smaller one does")
  func bounds() throws {
    for seed in 1...6 as ClosedRange<UInt64> {
      let graph = try GraphSketch.rich(seed: seed)
      let network = try FloatNetwork(graph)
      let data = try EvaluationData(GraphSketch.samples(20, of: network, seed: seed), for: network)
      let evaluator = QuantizedEvaluator(network, calibration: data, evaluation: data)
      for (weights, inputs) in [(2, 8), (8, 8), (4, 12), (11, 9)] {
        func scores(_ suffix: String) throws -> [Float] {
          let candidate = try SpaceCandidate("w\(weights)a\(inputs)\(suffix)").formats
          return try CandidateFixture.scores(
            evaluator.layers.indices.map { try evaluator.candidate(layer: $0, candidate) },
            of: graph, evaluator, data.samples)
        }
        let plain = try scores("")
        // The deepest sum has 24 products, each below 2^(weights - 1 + inputs).
        let enough = weights - 1 + inputs + 5 + 1
        for bits in [enough, enough + 1, 31, 32, 33, 64] {
          #expect(try scores("p\(bits)") == plain, "w\(weights)a\(inputs)p\(bits)")
        }
        #expect(try scores("p4") != plain)
      }
    }
  }

  @Test("a group as long as a filter is a filter, but for its stored scale")
  func longGroups() throws {
    // Half precision holds these scales: powers of two.
    var sketch = GraphSketch(seed: 3)
    let input = try sketch.tensor([1, 5])
    let weights = try sketch.tensor(
      [3, 5], constant: [7, 1, -3, 2, 0.4, 14, -6, 5, 4, 3, 0, 0, 0, 0, 0])
    let output = try sketch.node(
      .matMul(MatMul(transposesRight: true)),
      [input, weights, try sketch.random([3])], [1, 3], name: "dense")
    let graph = try sketch.graph(input, output)
    let network = try FloatNetwork(graph)
    let data = try EvaluationData(GraphSketch.samples(9, of: network, seed: 1), for: network)
    let evaluator = QuantizedEvaluator(network, calibration: data, evaluation: data)
    func scores(_ name: String) throws -> [Float] {
      try CandidateFixture.scores(
        [try evaluator.candidate(layer: 0, try SpaceCandidate(name).formats)], of: graph, evaluator,
        data.samples)
    }
    #expect(try scores("w4g5a8") == scores("w4a8"))
    #expect(try scores("w4g65536a8") == scores("w4a8"))
    #expect(try scores("w4g4a8") != scores("w4a8"))
  }

  @Test("what cannot be applied is refused with the layer, the role and the reason")
  func refusals() throws {
    let layers = evaluator.layers.count
    let plain = Candidate(weights: nil, activations: nil)
    func refusal(_ candidate: Candidate) throws -> String {
      let found = #expect(throws: EvaluationError.self) {
        try fixture.scores([candidate] + [Candidate](repeating: plain, count: layers - 1))
      }
      guard case .unsupported(let layer, let role, let encoding)? = found else { return "" }
      #expect(layer == "conv1")
      return "\(role): \(encoding)"
    }
    func named(_ name: String) throws -> Candidate {
      try evaluator.candidate(layer: 0, try SpaceCandidate(name).formats)
    }
    for name in ["w8p16", "float/uint<8>/int<16>", "mxfp4/mxfp4/int<16>", "e4m3/uint<8>/int<16>"] {
      #expect(try refusal(named(name)).hasPrefix("accumulator: int<16> (weights and"), "\(name)")
    }
    for accumulator in ["fixed<16,16,TRN,SAT>", "fixed<16,16,TRN,WRAP_SM>"] {
      #expect(
        try refusal(named("w8/uint<8>/\(accumulator)")).contains("order of its additions"))
    }
    for accumulator in ["uint<16>", "fixed<16,8>", "float32"] {
      #expect(
        try refusal(named("w8/uint<8>/\(accumulator)")).contains("need a signed integer"))
    }
    #expect(try refusal(named("w8a8p65")).contains("2 to 64 bits"))
    let e4m3 = Encoding.float(.e4m3)
    let int8 = try Encoding(name: "int<8>")
    let groupings: [(WeightGrouping, Encoding?, String)] = [
      (.runs(32), e4m3, "signed integers"), (.runs(32), nil, "without a format"),
      (.runs(0), int8, "groups of 0"), (.widths([4, 4]), int8, "2 widths for 11 filters"),
      (.widths([Int](repeating: 1, count: 11)), int8, "int<1>"),
      (.unequalFilters, try Encoding(name: "int<2>"), "3 to 15"),
      (.unequalFilters, e4m3, "signed integers"),
    ]
    for (grouping, weights, words) in groupings {
      let text = try refusal(Candidate(weights: weights, activations: nil, grouping: grouping))
      #expect(text.hasPrefix("weights: ") && text.contains(words), "\(grouping) \(text)")
    }
    #expect(try refusal(named("mx<ue4m3-fn,16>")).hasPrefix("weights: "))
    #expect(try refusal(named("float/mx<ue4m3-fn,16>")).hasPrefix("activations: "))
    let uncalibrated = QuantizedEvaluator(
      fixture.network, inputRanges: evaluator.inputRanges,
      evaluation: try EvaluationData(fixture.document.samples, for: fixture.network))
    #expect(throws: EvaluationError.self) {
      try uncalibrated.realised(layer: 0, named("w4ua8"))
    }
  }

  @Test(
    "divergence of one layer is measured as the evaluator has it",
    arguments: [
      "mxfp4/mxfp8", "nvfp4", "mxint8/float", "w4g8a8", "w3ua6", "w4a4p8", "w6g9a6p10", "w8a8p12",
    ])
  func sensitivity(name: String) throws {
    // Labels would make it another loss.
    let data = try EvaluationData(fixture.document.calibration, for: fixture.network)
    let evaluator = QuantizedEvaluator(fixture.network, calibration: data, evaluation: data)
    let analysis = SensitivityAnalysis(
      fixture.network, data: data, inputRanges: evaluator.inputRanges)
    let candidate = try SpaceCandidate(name).formats
    let rows = try evaluator.layers.indices.map { [try evaluator.candidate(layer: $0, candidate)] }
    let scores = try analysis.scores(.kl, of: rows, threads: 2)
    #expect(scores.candidates[1] == [rows[1][0].name])
    let plain = Candidate(weights: nil, activations: nil)
    for layer in evaluator.layers.indices {
      var allocation = [Candidate](repeating: plain, count: evaluator.layers.count)
      allocation[layer] = rows[layer][0]
      let loss = try CandidateFixture.losses([allocation], evaluator)[0]
      let value = scores.values[layer][0]
      #expect(abs(value - loss) <= 2e-3 * loss + 1e-6, "\(layer): \(value) and \(loss)")
    }
    // Part of a layer masked: finite, and the same on any number of threads.
    let masked = try analysis.scores(.masked, of: rows)
    #expect(masked.notFinite.isEmpty)
    #expect(masked == (try analysis.scores(.masked, of: rows, threads: 3)))
  }

  @Test("statistics of weights see groups and unequal filters")
  func weightMetrics() throws {
    let data = try EvaluationData(fixture.document.calibration, for: fixture.network)
    let analysis = SensitivityAnalysis(
      fixture.network, data: data, inputRanges: evaluator.inputRanges)
    let names = ["w4", "w4g8", "w4g2", "w4u", "mxfp4/float", "mxfp8/float"]
    let rows = try evaluator.layers.indices.map { layer in
      try names.map { try evaluator.candidate(layer: layer, try SpaceCandidate($0).formats) }
    }
    let errors = try analysis.scores(.weightError, of: rows).values
    for row in errors {
      // Smaller groups follow the weights better, and so do wider elements.
      #expect(row[2] < row[1] && row[1] < row[0] && row[5] < row[4])
    }
    let clipped = try analysis.scores(.clippedError, of: rows)
    for (layer, row) in clipped.values.enumerated() {
      #expect(row[0] <= errors[layer][0] && row[2] < row[0])
      // A scale that is stored in half precision is off by 2^-11 at most.
      #expect(row[1] <= errors[layer][1] * 1.01)
      #expect(row[4].isNaN)
    }
    #expect(clipped.notFinite.count == 2 * evaluator.layers.count)
    for bad in ["w8p16", "mxfp4/uint<8>/int<16>"] {
      let candidate = try SpaceCandidate(bad).formats
      #expect(throws: SensitivityError.self) {
        try analysis.scores(
          .kl,
          of: try evaluator.layers.indices.map { [try evaluator.candidate(layer: $0, candidate)] })
      }
    }
  }
}
