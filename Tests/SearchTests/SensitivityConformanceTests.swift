import Arith
import FoundationEssentials
import HWModel
import QuantGraph
import Search
import TestSupport
import Testing

/// Golden values of forward-only metrics, float64 numpy on the first 128 calibration images
/// (`conformance/search/METRICS.md`): 1e-4 relative or 1e-9 absolute, traces 1e-3.
@Suite(
  "Recorded sensitivities",
  .enabled(if: MNISTNetwork.isPresent, "../shared/models/mnist_cnn is absent"))
struct SensitivityConformanceTests {
  struct Golden: Decodable {
    struct Layer: Decodable {
      let name: String
      let weight_sq_error, weight_sqnr_db, input_sqnr_db, input_entropy_bits: [Double]
      let output_mse_w, output_mse_wa, kl_w, kl_wa, loss_increase_w, loss_increase_wa: [Double]
      let logit_mse_w, argmax_changes_w: [Double]
      let omse_alpha: [[Double]]
      let omse_sq_error, channel_kurtosis, gn_vGv, loss_vHv: [Double]
      let trace_eps, gn_trace_estimate, gn_trace_per_weight: Double
      let gn_trace_exact: Double?
    }
    let bits: [Int]
    let calib_images: Int
    let layers: [Layer]
  }

  static func golden() throws -> Golden {
    let path = SharedData.path("conformance/search/metrics_mnist_cnn.json") ?? ""
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: path)))
  }

  struct Setting {
    let golden: Golden
    let analysis: SensitivityAnalysis
    let both: [[Candidate]]
    let weightsAlone: [[Candidate]]

    init() throws {
      golden = try SensitivityConformanceTests.golden()
      let mnist = try MNISTNetwork()
      let evaluator = mnist.evaluator(samples: 1)
      analysis = SensitivityAnalysis(
        mnist.network, data: mnist.calibration.prefix(golden.calib_images),
        inputRanges: evaluator.inputRanges)
      var both: [[Candidate]] = []
      for layer in evaluator.layers.indices {
        var row: [Candidate] = []
        for bits in golden.bits {
          row.append(try evaluator.candidate(layer: layer, weightBits: bits, inputBits: bits))
        }
        both.append(row)
      }
      self.both = both
      weightsAlone = both.map { $0.map { Candidate(weights: $0.weights, activations: nil) } }
    }
  }

  static func agrees(
    _ found: Double, _ expected: Double, relative: Double = 1e-4, absolute: Double = 1e-9
  ) -> Bool {
    abs(found - expected) <= max(relative * abs(expected), absolute)
  }

  static func compare(
    _ scores: SensitivityScores, _ expected: [[Double]], _ name: String
  ) {
    for (layer, row) in scores.values.enumerated() {
      for (index, value) in row.enumerated() {
        #expect(
          agrees(value, expected[layer][index]),
          "\(name) \(scores.layers[layer]) \(scores.candidates[layer][index])")
      }
    }
  }

  @Test("statistics of weights and inputs")
  func statistics() throws {
    let setting = try Setting()
    let (analysis, golden) = (setting.analysis, setting.golden)
    let metrics: [(SensitivityMetric, KeyPath<Golden.Layer, [Double]>)] = [
      (.weightError, \.weight_sq_error), (.sqnr, \.weight_sqnr_db),
      (.inputSQNR, \.input_sqnr_db), (.entropy, \.input_entropy_bits),
      (.clippedError, \.omse_sq_error),
    ]
    for (metric, path) in metrics {
      let scores = try analysis.scores(metric, of: setting.both, threads: 2)
      Self.compare(scores, golden.layers.map { $0[keyPath: path] }, metric.rawValue)
      #expect(scores.notFinite.isEmpty)
    }
    for (layer, expected) in golden.layers.enumerated() {
      for (value, known) in zip(analysis.channelKurtosis(layer: layer), expected.channel_kurtosis) {
        #expect(Self.agrees(value, known), "kurtosis \(expected.name)")
      }
      for (index, bits) in golden.bits.enumerated() {
        let parts = analysis.clipParts(layer: layer, bits: bits).map(\.part)
        #expect(parts == expected.omse_alpha[index], "alpha \(expected.name) \(bits)")
      }
    }
  }

  @Test("what a layer's format does to results and scores")
  func forward() throws {
    let setting = try Setting()
    let (analysis, layers) = (setting.analysis, setting.golden.layers)
    let both: [(SensitivityMetric, KeyPath<Golden.Layer, [Double]>)] = [
      (.mse, \.output_mse_wa), (.kl, \.kl_wa), (.loss, \.loss_increase_wa),
    ]
    let alone: [(SensitivityMetric, KeyPath<Golden.Layer, [Double]>)] = [
      (.mse, \.output_mse_w), (.kl, \.kl_w), (.loss, \.loss_increase_w),
      (.logitMSE, \.logit_mse_w), (.flips, \.argmax_changes_w),
    ]
    // Each metric is a pass of its own; unoptimized code does one of each kind on all layers, and the
    // others on the layers after which little is left to run.
    func candidates(_ all: [[Candidate]], isWhole: Bool) -> [[Candidate]] {
      all.enumerated().map { sweep || isWhole || $0.offset >= 6 ? $0.element : [] }
    }
    for (index, (metric, path)) in both.enumerated() {
      let scores = try analysis.scores(
        metric, of: candidates(setting.both, isWhole: index == 1), threads: 2)
      Self.compare(scores, layers.map { $0[keyPath: path] }, metric.rawValue + "_wa")
    }
    for (index, (metric, path)) in alone.enumerated() {
      let scores = try analysis.scores(
        metric, of: candidates(setting.weightsAlone, isWhole: index == 2), threads: 2)
      Self.compare(scores, layers.map { $0[keyPath: path] }, metric.rawValue + "_w")
    }
  }

  @Test("second derivatives", arguments: sweep ? Array(0..<8) : [6, 7])
  func hessian(layer: Int) throws {
    let setting = try Setting()
    let expected = setting.golden.layers[layer]
    let trace = try setting.analysis.hessianTrace(layer: layer, threads: 2)
    #expect(Self.agrees(trace.step, expected.trace_eps))
    #expect(trace.gaussNewton.count == 8)
    for (value, known) in zip(trace.gaussNewton, expected.gn_vGv) {
      #expect(Self.agrees(value, known, relative: 1e-3), "\(expected.name)")
    }
    #expect(Self.agrees(trace.estimate, expected.gn_trace_estimate, relative: 1e-3))
    #expect(Self.agrees(trace.perWeight, expected.gn_trace_per_weight, relative: 1e-3))
    #expect(trace.loss.count == 8)
    if let exact = expected.gn_trace_exact, sweep || layer == 7 {
      let found = try setting.analysis.exactTrace(layer: layer, threads: 2)
      #expect(Self.agrees(found, exact, relative: 1e-3))
    }
  }
}
