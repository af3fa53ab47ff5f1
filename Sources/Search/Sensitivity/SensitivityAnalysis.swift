internal import Arith
public import HWModel
public import QuantGraph

/// Sensitivities of a network's layers, measured on samples in float64.
///
/// Results depend on the samples, the rule and the candidate alone: blocks of samples have fixed
/// sizes and their sums are added in order, whatever the number of threads.
public struct SensitivityAnalysis: Sendable {
  public let network: FloatNetwork
  public let data: EvaluationData
  public let rule: QuantizationRule
  public let inputRanges: [InputRange]
  /// The network in float64.
  let plan: Plan

  /// Samples to measure on, and what calibration saw of each layer's input.
  ///
  /// - Precondition: a range of each layer.
  public init(
    _ network: FloatNetwork, data: EvaluationData, inputRanges: [InputRange],
    rule: QuantizationRule = QuantizationRule()
  ) {
    precondition(inputRanges.count == network.layers.count, "a range of each layer")
    self.network = network
    self.data = data
    self.inputRanges = inputRanges
    self.rule = rule
    plan = network.measuringPlan
  }

  /// The metric's value of each of `candidates`, a list a layer.
  ///
  /// `traces` are mean second derivatives of the layers, for ``SensitivityMetric/hawq``;
  /// `isCancelled` is asked between blocks of samples.
  ///
  /// - Throws: ``SensitivityError``, for candidates before anything runs.
  public func scores(
    _ metric: SensitivityMetric, of candidates: [[Candidate]], traces: [Double]? = nil,
    threads: Int = 1, isCancelled: @Sendable () -> Bool = { false }
  ) throws(SensitivityError) -> SensitivityScores {
    guard candidates.count == network.layers.count else {
      throw .layerCount(expected: network.layers.count, found: candidates.count)
    }
    if metric.needsLabels && data.labels == nil { throw .needsLabels(metric) }
    let prepared = try prepared(candidates, threads: threads)
    let values: [[Double]]
    switch metric {
    case .mse, .kl, .logitMSE, .loss, .flips:
      let measured = try measurements(
        prepared, ofResults: metric == .mse, threads: threads, isCancelled: isCancelled)
      values = measured.map { $0.map { $0.value(metric) } }
    case .masked:
      values = try maskedDivergences(prepared, threads: threads, isCancelled: isCancelled)
    case .hessian:
      var rows: [[Double]] = []
      for layer in candidates.indices {
        guard !candidates[layer].isEmpty else {
          rows.append([])
          continue
        }
        let trace = try hessianTrace(layer: layer, threads: threads, isCancelled: isCancelled)
        rows.append(prepared[layer].map { trace.perWeight * squaredError(layer, $0.weights) })
      }
      values = rows
    case .hawq:
      guard let traces, traces.count == candidates.count else { throw .needsTraces }
      values = prepared.enumerated().map { layer, row in
        row.map { traces[layer] * squaredError(layer, $0.weights) }
      }
    case .weightError:
      values = prepared.enumerated().map { layer, row in
        row.map { squaredError(layer, $0.weights) }
      }
    case .sqnr:
      values = prepared.enumerated().map { layer, row in
        row.map { decibels(signal: squaredWeights(layer), noise: squaredError(layer, $0.weights)) }
      }
    case .clippedError:
      values = prepared.enumerated().map { layer, row in
        row.map { clippedError(layer: layer, $0.candidate) }
      }
    case .kurtosis:
      values = candidates.indices.map { layer in
        let channels = channelKurtosis(layer: layer)
        let mean = channels.reduce(0, +) / Double(channels.count)
        return candidates[layer].map { _ in mean }
      }
    case .adapt:
      values = prepared.enumerated().map { layer, row in
        row.map { weightDivergence(layer: layer, $0.weights) }
      }
    case .entropy, .inputSQNR:
      let measured = try inputMeasurements(prepared, threads: threads, isCancelled: isCancelled)
      values = measured.map { $0.map { metric == .entropy ? $0.entropyBits : $0.decibels } }
    }
    return SensitivityScores(
      metric: metric, layers: network.layers.map(\.name),
      candidates: candidates.map { $0.map(\.name) }, values: values)
  }

  // MARK: What candidates make of a layer

  /// Every candidate with what it makes of its layer; filters of unequal widths are chosen on the
  /// samples of this analysis.
  ///
  /// - Throws: ``SensitivityError/evaluation(_:)`` for the first that cannot be applied.
  func prepared(
    _ candidates: [[Candidate]], threads: Int
  ) throws(SensitivityError) -> [[PreparedCandidate]] {
    var result: [[PreparedCandidate]] = []
    for (layer, row) in candidates.enumerated() {
      var made: [PreparedCandidate] = []
      for candidate in row {
        do throws(EvaluationError) {
          made.append(try prepared(layer, candidate, threads: threads))
        } catch {
          throw .evaluation(error)
        }
      }
      result.append(made)
    }
    return result
  }

  private func prepared(
    _ layer: Int, _ candidate: Candidate, threads: Int
  ) throws(EvaluationError) -> PreparedCandidate {
    var quantization = LayerQuantization(
      LayerFormats(candidate), inputRange: inputRanges[layer], rule: rule)
    do throws(FormatRefusal) {
      if candidate.grouping == .unequalFilters {
        quantization.formats.grouping = .widths(
          try network.unequalWidths(
            layer: layer, quantization, samples: data.samples, threads: threads))
      }
      var decided = candidate
      decided.grouping = quantization.formats.grouping
      return try PreparedCandidate(decided, quantization, of: network.parameters(layer))
    } catch {
      throw EvaluationError(error)
    }
  }

  /// The network with a layer as a candidate has it, of its weights those that are kept (all by
  /// default), in the model's order.
  func probe(_ layer: Int, _ prepared: PreparedCandidate, keeps: [Bool]? = nil) -> Probe {
    let weights =
      keeps.map {
        prepared.layer.keeping($0, own: network.parameters(layer).weights)
      } ?? prepared.layer
    return Probe(layer: layer, weights: weights, quantization: prepared.quantization)
  }

  // MARK: Running candidates

  /// Runs every candidate on every sample; `ofResults` says whether the layers' own results are looked
  /// at.
  func measurements(
    _ prepared: [[PreparedCandidate]], ofResults: Bool, threads: Int,
    isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [[ProbeMeasurement]] {
    let flat = prepared.enumerated().flatMap { layer, row in row.map { (layer, $0) } }
    let outputs = network.layers.map { plan.graph.nodes[$0.node].outputs[0] }
    let labels = data.labels
    let totals = try sums(
      count: flat.count, keeping: ofResults ? outputs : [], threads: threads,
      isCancelled: isCancelled, none: ProbeMeasurement(),
      probes: { [probe(flat[$0].0, flat[$0].1)] },
      reads: { ofResults ? [outputs[flat[$0].0]] : [] }
    ) { block, index, scores -> ProbeMeasurement in
      var result = ProbeMeasurement()
      if ofResults {
        let output = outputs[flat[index].0]
        result.outputCount = block.series.withNumbers(of: output) { after in
          block.withNumbers(of: output) { before in
            for (a, b) in zip(after, before) {
              let difference = a - b
              result.outputSquares += difference * difference
            }
          }
          return after.count
        }
      }
      for sample in 0..<block.range.count {
        result.add(
          block.scores(sample), scores[0].row(sample),
          label: labels?[block.range.lowerBound + sample])
      }
      return result
    }
    var next = 0
    return prepared.map { row in
      defer { next += row.count }
      return Array(totals[next..<next + row.count])
    }
  }
}

extension ProbeMeasurement {
  /// The metric's value: a mean over elements or samples.
  func value(_ metric: SensitivityMetric) -> Double {
    switch metric {
    case .mse: outputSquares / Double(outputCount)
    case .kl: divergence / Double(samples)
    case .logitMSE: logitSquares / Double(samples * classes)
    case .loss: (crossEntropy - unchangedCrossEntropy) / Double(samples)
    case .flips: Double(flips)
    default: .nan
    }
  }
}

/// A candidate and what it makes of a layer, which is formed whenever it is asked for: the weights of
/// all candidates of a network take many times the network's own.
struct PreparedCandidate: Sendable {
  let candidate: Candidate
  /// With the widths that were chosen for filters of unequal widths.
  let quantization: LayerQuantization
  let input: InputFormat
  private let parameters: LayerParameters

  /// - Throws: ``FormatRefusal`` for formats that the layer cannot have.
  init(
    _ candidate: Candidate, _ quantization: LayerQuantization, of parameters: LayerParameters
  ) throws(FormatRefusal) {
    self.candidate = candidate
    self.quantization = quantization
    self.parameters = parameters
    input = try LayerWeights(quantization, of: parameters).input
  }

  /// Nil where the layer's own stay.
  var weights: QuantizedWeights? {
    do throws(FormatRefusal) {
      return try parameters.quantized(quantization.formats, quantization.rule.weights)
    } catch {
      preconditionFailure("the formats were applied before: \(error)")
    }
  }

  var layer: LayerWeights {
    do throws(FormatRefusal) {
      return try LayerWeights(quantization, of: parameters)
    } catch {
      preconditionFailure("the formats were applied before: \(error)")
    }
  }
}
