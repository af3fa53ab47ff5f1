internal import Arith

/// Sensitivities of a network's layers, measured on samples in float64.
///
/// Results depend on the samples, the rule and the candidate alone: blocks of samples have fixed
/// sizes and their sums are added in order, whatever the number of threads.
public struct SensitivityAnalysis: Sendable {
  public let network: FloatNetwork
  public let data: EvaluationData
  public let rule: QuantizationRule
  public let inputRanges: [InputRange]
  let real: RealLayers<Double>

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
    real = RealLayers(network)
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
    let weights = try quantizedWeights(candidates)
    let formats = try inputFormats(candidates)
    let values: [[Double]]
    switch metric {
    case .mse, .kl, .logitMSE, .loss, .flips:
      let measured = try measurements(
        weights: weights, formats: formats, threads: threads, isCancelled: isCancelled)
      values = measured.map { $0.map { $0.value(metric) } }
    case .masked:
      values = try maskedDivergences(
        weights: weights, formats: formats, threads: threads, isCancelled: isCancelled)
    case .hessian:
      var rows: [[Double]] = []
      for layer in candidates.indices {
        let trace = try hessianTrace(layer: layer, threads: threads, isCancelled: isCancelled)
        rows.append(weights[layer].map { trace.perWeight * squaredError(layer, $0) })
      }
      values = rows
    case .hawq:
      guard let traces, traces.count == candidates.count else { throw .needsTraces }
      values = weights.enumerated().map { layer, row in
        row.map { traces[layer] * squaredError(layer, $0) }
      }
    case .weightError:
      values = weights.enumerated().map { layer, row in row.map { squaredError(layer, $0) } }
    case .sqnr:
      values = weights.enumerated().map { layer, row in
        row.map { decibels(signal: squaredWeights(layer), noise: squaredError(layer, $0)) }
      }
    case .clippedError:
      values = candidates.enumerated().map { layer, row in
        row.map { clippedError(layer: layer, $0.weights) }
      }
    case .kurtosis:
      values = candidates.indices.map { layer in
        let channels = channelKurtosis(layer: layer)
        let mean = channels.reduce(0, +) / Double(channels.count)
        return candidates[layer].map { _ in mean }
      }
    case .adapt:
      values = weights.enumerated().map { layer, row in
        row.map { weightDivergence(layer: layer, $0) }
      }
    case .entropy, .inputSQNR:
      let measured = try inputMeasurements(
        formats: formats, threads: threads, isCancelled: isCancelled)
      values = measured.map { $0.map { metric == .entropy ? $0.entropyBits : $0.decibels } }
    }
    return SensitivityScores(
      metric: metric, layers: network.layers.map(\.name),
      candidates: candidates.map { $0.map(\.name) }, values: values)
  }

  /// A key for ``SensitivityCache``: `content` (hashes of model, samples and labels), then what else
  /// a value depends on.
  public func cacheKey(
    content: String, metric: SensitivityMetric, candidates: [[Candidate]]
  ) -> String {
    let names = candidates.map { $0.map(\.name).joined(separator: ",") }.joined(separator: ";")
    let ranges = inputRanges.map { "\($0.minimum)...\($0.maximum)" }.joined(separator: ",")
    return
      "\(content)|\(metric.rawValue)|\(data.count)|\(rule.weights)|\(rule.activations)|\(ranges)|"
      + names
  }

  // MARK: What candidates make of a layer

  func quantizedWeights(
    _ candidates: [[Candidate]]
  ) throws(SensitivityError) -> [[QuantizedWeights?]] {
    var result: [[QuantizedWeights?]] = []
    for (layer, row) in candidates.enumerated() {
      var made: [QuantizedWeights?] = []
      for candidate in row {
        guard let encoding = candidate.weights else {
          made.append(nil)
          continue
        }
        do throws(EvaluationError) {
          made.append(try QuantizedWeights(network.parameters[layer], encoding, rule.weights))
        } catch {
          throw .evaluation(error)
        }
      }
      result.append(made)
    }
    return result
  }

  func inputFormats(_ candidates: [[Candidate]]) throws(SensitivityError) -> [[InputFormat]] {
    var result: [[InputFormat]] = []
    for (layer, row) in candidates.enumerated() {
      var made: [InputFormat] = []
      for candidate in row {
        do throws(EvaluationError) {
          made.append(
            try InputFormat(
              candidate.activations, range: inputRanges[layer], search: rule.activations,
              layer: network.layers[layer].name))
        } catch {
          throw .evaluation(error)
        }
      }
      result.append(made)
    }
    return result
  }

  func realLayer(_ layer: Int, _ values: [Double]) -> RealLayer<Double> {
    let parameters = network.parameters[layer]
    return RealLayer(parameters.geometry, weights: parameters.arranged(values))
  }

  // MARK: Running candidates

  /// Samples of a block: the same on every machine, so that sums are.
  var blockSamples: Int { network.blockSamples(bytesPerElement: 8) }

  /// Runs every candidate on every sample.
  func measurements(
    weights: [[QuantizedWeights?]], formats: [[InputFormat]], threads: Int,
    isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [[ProbeMeasurement]] {
    let probes = weights.enumerated().map { layer, row in
      row.enumerated().map { index, weights in
        Probe(
          layer: layer, weights: weights.map { realLayer(layer, $0.values) },
          input: formats[layer][index])
      }
    }
    let flat = probes.flatMap { $0 }
    let size = blockSamples
    let partials = SampleBlocks.map(samples: data.count, size: size, threads: threads) {
      ProbeBuffers(network, real, samples: size)
    } _: { buffers, range -> [ProbeMeasurement]? in
      if isCancelled() { return nil }
      buffers.load(data, range)
      return flat.map { probe in
        buffers.run(probe, samples: range.count)
        return measurement(of: probe, buffers, range)
      }
    }
    var totals = [ProbeMeasurement](repeating: .init(), count: flat.count)
    for partial in partials {
      guard let partial else { throw .cancelled }
      for (index, part) in partial.enumerated() { totals[index] += part }
    }
    var next = 0
    return probes.map { row in
      defer { next += row.count }
      return Array(totals[next..<next + row.count])
    }
  }

  private func measurement(
    of probe: Probe, _ buffers: ProbeBuffers, _ range: Range<Int>
  ) -> ProbeMeasurement {
    var result = ProbeMeasurement()
    let output = network.steps[network.layerSteps[probe.layer]].output
    let count = range.count * network.values[output].count
    let (before, after) = (buffers.base[output], buffers.changed[output])
    for index in 0..<count {
      let difference = after[index] - before[index]
      result.outputSquares += difference * difference
    }
    result.outputCount = count
    for sample in 0..<range.count {
      result.add(
        buffers.scores(sample, changed: false), buffers.scores(sample, changed: true),
        label: data.labels?[range.lowerBound + sample])
    }
    return result
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

extension Candidate {
  /// `weights/activations` by the names of their formats; `-` for a tensor that stays as it is.
  public var name: String { "\(weights?.name ?? "-")/\(activations?.name ?? "-")" }
}
