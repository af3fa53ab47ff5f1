internal import Arith
internal import HWModel
public import QuantGraph

/// Sensitivities of a quantized graph's layers: one layer changed, every other as the model has it.
///
/// The metrics are those of ``SensitivityMetric`` with "the network with nothing quantized" read as
/// the model as it is: its scores, its weights. What a layer's result is, is decided by the datapath,
/// bit for bit.
public struct PlanSensitivities: Sendable {
  /// Metrics that a quantized graph has.
  public static let metrics: [SensitivityMetric] = [
    .kl, .logitMSE, .loss, .flips, .mse, .weightError, .sqnr,
  ]

  public let evaluator: PlanEvaluator

  /// Measures on the evaluator's samples.
  public init(_ evaluator: PlanEvaluator) { self.evaluator = evaluator }

  /// The metric's value of each of `candidates`, a list a layer.
  ///
  /// - Throws: ``SensitivityError/unavailable(_:known:)`` for a metric that quantized graphs lack.
  public func scores(
    _ metric: SensitivityMetric, of candidates: [[Candidate]], threads: Int = 1
  ) throws(SensitivityError) -> SensitivityScores {
    let layers = evaluator.layers
    guard candidates.count == layers.count else {
      throw .layerCount(expected: layers.count, found: candidates.count)
    }
    guard Self.metrics.contains(metric) else {
      throw .unavailable(metric, known: Self.metrics)
    }
    if metric.needsLabels, evaluator.givenLabels == nil { throw .needsLabels(metric) }
    var values: [[Double]] = []
    do throws(EvaluationError) {
      switch metric {
      case .weightError, .sqnr:
        for (layer, row) in candidates.enumerated() {
          values.append(try weightValues(metric, layer: layer, row))
        }
      default: values = try runs(metric, candidates, threads: threads)
      }
    } catch {
      throw .evaluation(error)
    }
    return SensitivityScores(
      metric: metric, layers: layers.map(\.name), candidates: candidates.map { $0.map(\.name) },
      values: values)
  }

  private var unchanged: [Candidate] {
    [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: evaluator.layers.count)
  }

  // MARK: Weights

  private func weightValues(
    _ metric: SensitivityMetric, layer: Int, _ candidates: [Candidate]
  ) throws(EvaluationError) -> [Double] {
    guard let before = try weights(of: layer, unchanged) else {
      return candidates.map { _ in 0 }
    }
    var values: [Double] = []
    for candidate in candidates {
      var allocation = unchanged
      // An input's format says nothing of weights, and may not fit alone.
      allocation[layer] = Candidate(
        weights: candidate.weights, activations: nil, grouping: candidate.grouping)
      allocation[layer].weightRewrite = candidate.weightRewrite
      let after = try weights(of: layer, allocation) ?? before
      var (signal, noise) = (0.0, 0.0)
      for (a, b) in zip(before, after) {
        signal += a * a
        noise += (a - b) * (a - b)
      }
      values.append(
        metric == .weightError
          ? noise : StableExponential.log(signal / noise) * (10 / 2.302585092994046))
    }
    return values
  }

  /// The numbers that a layer's weights stand for.
  private func weights(
    of layer: Int, _ allocation: [Candidate]
  ) throws(EvaluationError) -> [Double]? {
    let graph = try evaluator.requantization.graph(allocation)
    let name = evaluator.layers[layer].name
    guard let node = graph.nodes.first(where: { $0.name == name }),
      let id = node.inputs.first(where: { graph[$0].constant != nil }),
      let codes = graph[id].constant
    else { return nil }
    return TensorDecoder(graph[id]).values(codes)
  }

  // MARK: Runs

  private func runs(
    _ metric: SensitivityMetric, _ candidates: [[Candidate]], threads: Int
  ) throws(EvaluationError) -> [[Double]] {
    let base = try evaluator.scores(of: unchanged, threads: threads)
    var values: [[Double]] = []
    for (layer, row) in candidates.enumerated() {
      let name = metric == .mse ? evaluator.layers[layer].name : nil
      let reference =
        name == nil ? base : try evaluator.scores(of: unchanged, results: name, threads: threads)
      var list: [Double] = []
      for candidate in row {
        var allocation = unchanged
        allocation[layer] = candidate
        let changed = try evaluator.scores(of: allocation, results: name, threads: threads)
        list.append(value(metric, reference, changed))
      }
      values.append(list)
    }
    return values
  }

  private func value(
    _ metric: SensitivityMetric, _ before: PlanScores, _ after: PlanScores
  ) -> Double {
    func meanSquare(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for (x, y) in zip(a, b) { sum += (x - y) * (x - y) }
      return sum / Double(max(a.count, 1))
    }
    switch metric {
    case .mse: return meanSquare(before.results, after.results)
    case .logitMSE: return meanSquare(before.scores, after.scores)
    case .flips: return Double(zip(before.labels, after.labels).count { $0 != $1 })
    case .kl:
      var sum = 0.0
      for sample in 0..<before.samples {
        sum += PlanScores.divergence(
          before.logProbabilities(sample), after.logProbabilities(sample))
      }
      return sum / Double(before.samples)
    case .loss:
      var sum = 0.0
      for (sample, label) in (evaluator.givenLabels ?? []).enumerated() {
        sum += before.logProbabilities(sample)[label] - after.logProbabilities(sample)[label]
      }
      return sum / Double(before.samples)
    default: return .nan
    }
  }
}
