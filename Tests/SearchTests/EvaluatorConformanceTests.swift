import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Search
import TestSupport
import Testing

/// Accuracy of a trained network under bit allocations, recorded with JAX in float32 and checked with
/// integer accumulators in numpy (`models/mnist_cnn/EVALUATOR.md`): within 2 images of 1,000 and
/// 1e-3 of the loss.
///
/// All of both tables with `HWSIM_SWEEP=1`, else a few allocations: unoptimized code takes seconds for
/// each.
@Suite(
  "Recorded accuracy of allocations",
  .enabled(if: MNISTNetwork.isPresent, "../shared/models/mnist_cnn is absent"))
struct EvaluatorConformanceTests {
  @Test(arguments: ["w_only", "wa_same"])
  func tables(space: String) throws {
    let mnist = try MNISTNetwork()
    let evaluator = try mnist.recordedEvaluator()
    let file = "table_\(space)_third.npz"
    let indices = try MNISTNetwork.array(file, "index").map { Int($0) }
    let correct = try MNISTNetwork.array(file, "correct")
    let loss = try MNISTNetwork.array(file, "loss")
    #expect(indices.count > 20_000 && correct.count == indices.count && loss.count == indices.count)
    // A random sample of a random third, and neighbours of its first.
    var chosen = Array(indices.indices)
    if !sweep {
      var generator = SeededGenerator(seed: 5)
      chosen =
        [0, 1, 2] + (0..<3).map { _ in Int.random(in: 0..<indices.count, using: &generator) }
    }
    let allocations = try chosen.map {
      try MNISTNetwork.allocation(indices[$0], space: space, of: evaluator)
    }
    var (imageDifference, lossDifference, beyond, reports) = (0, 0.0, 0, 0)
    try evaluator.evaluate(allocations, threads: 2, isCancelled: { false }) { position, quality in
      let row = chosen[position]
      reports += 1
      imageDifference = max(imageDifference, abs((quality.correct ?? -1) - Int(correct[row])))
      let difference = abs(quality.loss - loss[row]) / loss[row]
      lossDifference = max(lossDifference, difference)
      if difference > 1e-3 { beyond += 1 }
    }
    #expect(reports == chosen.count)
    #expect(imageDifference <= 2)
    // A few rows of the table lie further off: on the worst of them an independent evaluation by
    // integer accumulators (check_table.py) gives these results and not the table's.
    print("\(beyond) of \(chosen.count) rows beyond 1e-3, the worst \(lossDifference)")
    #expect(beyond * 1000 <= chosen.count)
    #expect(lossDifference <= 5e-3)
  }

  @Test("weights and inputs chosen independently")
  func sampleOfPairs() throws {
    let mnist = try MNISTNetwork()
    let evaluator = try mnist.recordedEvaluator()
    let file = "sample_wa_free_third.npz"
    let weights = try MNISTNetwork.array(file, "w_option").map { Int($0) }
    let inputs = try MNISTNetwork.array(file, "a_option").map { Int($0) }
    let correct = try MNISTNetwork.array(file, "correct")
    let loss = try MNISTNetwork.array(file, "loss")
    #expect(weights.count == correct.count * 8)
    let chosen = sweep ? Array(correct.indices) : Array(correct.indices.prefix(4))
    var allocations: [[Candidate]] = []
    for row in chosen {
      var allocation: [Candidate] = []
      for layer in 0..<8 {
        allocation.append(
          try evaluator.candidate(
            layer: layer, weightBits: MNISTNetwork.bits[weights[row * 8 + layer]],
            inputBits: MNISTNetwork.bits[inputs[row * 8 + layer]]))
      }
      allocations.append(allocation)
    }
    try evaluator.evaluate(allocations, threads: 2, isCancelled: { false }) { position, quality in
      let row = chosen[position]
      #expect(abs((quality.correct ?? -1) - Int(correct[row])) <= 2)
      #expect(abs(quality.loss - loss[row]) / loss[row] <= 1e-3)
    }
  }

  /// Lines of `Tests/Fixtures/candidates/trained.jsonl`: one candidate for all layers, by NumPy.
  struct Trained: Decodable {
    let candidate: String
    let correct: Int
    let loss: Double
    /// Tenths of the filters of each layer that take one bit more; empty without unequal filters.
    let tenths: [Int]
  }

  @Test("blocks, groups, unequal filters and accumulators as NumPy has them")
  func trained() throws {
    let path = SharedData.packageRoot + "/Tests/Fixtures/candidates/trained.jsonl"
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    let lines = try text.split(separator: "\n").map {
      try JSONDecoder().decode(Trained.self, from: Data($0.utf8))
    }
    #expect(lines.count == 18)
    let mnist = try MNISTNetwork()
    let evaluator = mnist.evaluator()
    // Each takes seconds in unoptimized code.
    for line in lines where sweep || ["mxfp4/mxfp4", "w4g32a8"].contains(line.candidate) {
      let formats = try SpaceCandidate(line.candidate).formats
      var allocation: [Candidate] = []
      for layer in evaluator.layers.indices {
        allocation.append(
          try evaluator.realised(
            layer: layer, try evaluator.candidate(layer: layer, formats)))
      }
      for (layer, share) in line.tenths.enumerated() {
        guard case .widths(let widths) = allocation[layer].grouping else {
          Issue.record("widths of \(line.candidate)")
          continue
        }
        let wide = widths.count { $0 > widths.reduce(0, +) / widths.count }
        #expect(wide == widths.count / 10 * share, "\(line.candidate) \(layer)")
      }
      try evaluator.evaluate([allocation], threads: 2, isCancelled: { false }) { _, quality in
        let difference = abs(quality.loss - line.loss) / line.loss
        print(line.candidate, quality.correct ?? 0, line.correct, difference)
        #expect(abs((quality.correct ?? 0) - line.correct) <= 2, "\(line.candidate)")
        #expect(difference <= 1e-3, "\(line.candidate)")
      }
    }
  }

  @Test("layers, and the float network's own accuracy")
  func network() throws {
    let mnist = try MNISTNetwork()
    let evaluator = mnist.evaluator()
    #expect(evaluator.layers.map(\.name) == ["c1", "c2", "dw3", "pw4", "c5", "c6", "fc7", "fc8"])
    #expect(evaluator.layers.map(\.weightCount) == [108, 1728, 144, 384, 5184, 5184, 6912, 320])
    #expect(
      evaluator.layers.map(\.macs) == [84672, 338688, 28224, 75264, 254016, 254016, 6912, 320])
    let float = [Candidate](repeating: Candidate(weights: nil, activations: nil), count: 8)
    try evaluator.evaluate([float], threads: 2, isCancelled: { false }) { _, quality in
      #expect(quality.correct == 973)
      #expect(quality.samples == 1000)
    }
    // `act_in_max` of meta.json.
    let largest: [Float] = [
      1.0, 3.432741165161133, 9.9931001663208, 13.381138801574707, 10.897327423095703,
      12.879776000976562, 18.757484436035156, 35.425445556640625,
    ]
    for (range, expected) in zip(evaluator.inputRanges, largest) {
      #expect(range.isNonNegative)
      #expect(abs(range.maximum - expected) <= 1e-5 * expected)
    }
  }
}
