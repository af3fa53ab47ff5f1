internal import Arith
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
    let prepared = try prepared(candidates, threads: threads)
    let weights = prepared.map { $0.map(\.weights) }
    let values: [[Double]]
    switch metric {
    case .mse, .kl, .logitMSE, .loss, .flips:
      let measured = try measurements(prepared, threads: threads, isCancelled: isCancelled)
      values = measured.map { $0.map { $0.value(metric) } }
    case .masked:
      values = try maskedDivergences(prepared, threads: threads, isCancelled: isCancelled)
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
      values = weights.enumerated().map { layer, row in
        row.map { weightDivergence(layer: layer, $0) }
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
    let parameters = network.parameters[layer]
    var candidate = candidate
    if candidate.grouping == .unequalFilters {
      candidate.grouping = .widths(
        try network.unequalWidths(
          layer: layer, candidate, range: inputRanges[layer], rule: rule, data: data,
          threads: threads))
    }
    let input = try InputFormat(
      candidate.activations, range: inputRanges[layer], search: rule.activations,
      channels: parameters.geometry.channels, layer: parameters.layer.name)
    let weights = try parameters.quantized(candidate, rule.weights)
    var register: Accumulator?
    if let accumulator = candidate.accumulator {
      guard let weights, let codes = weights.codes, let limits = input.codes else {
        throw .unsupported(
          layer: parameters.layer.name, role: "accumulator",
          encoding: "\(accumulator.name) (weights and activations are not both integers)")
      }
      register = try candidate.accumulator(
        layer: parameters.layer.name, geometry: parameters.geometry,
        ordered: parameters.arranged(codes),
        length: weights.runs?.length ?? parameters.geometry.depth, codes: limits)
    }
    return PreparedCandidate(
      candidate: candidate, weights: weights, input: input, register: register)
  }

  /// The network with a layer as a candidate has it, of its weights those that are kept (all by
  /// default), in the model's order.
  func probe(_ layer: Int, _ prepared: PreparedCandidate, keeps: [Bool]? = nil) -> Probe {
    let parameters = network.parameters[layer]
    func kept<Number: Numeric>(_ numbers: [Number]) -> [Number] {
      keeps.map { zip(numbers, $0).map { $1 ? $0 : 0 } } ?? numbers
    }
    if let register = prepared.register, let weights = prepared.weights, let codes = weights.codes {
      let geometry = parameters.geometry
      return Probe(
        layer: layer, weights: nil, input: prepared.input,
        sums: RegisterSums(
          layer: RunLayer(
            geometry, weights: parameters.arranged(kept(codes)).map { Double($0) },
            length: weights.runs?.length ?? geometry.depth),
          scales: weights.runs?.scales ?? [weights.scales], register: register))
    }
    let own = keeps == nil ? nil : parameters.weights.map { Double($0) }
    return Probe(
      layer: layer,
      weights: (prepared.weights?.values ?? own).map { realLayer(layer, kept($0)) },
      input: prepared.input)
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
    _ prepared: [[PreparedCandidate]], threads: Int, isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [[ProbeMeasurement]] {
    let probes = prepared.enumerated().map { layer, row in row.map { probe(layer, $0) } }
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

/// A candidate and what it makes of a layer.
struct PreparedCandidate: Sendable {
  /// With the widths that were chosen for filters of unequal widths.
  let candidate: Candidate
  /// Nil where the layer's own stay.
  let weights: QuantizedWeights?
  let input: InputFormat
  /// What the sums may leave; nil where they cannot.
  let register: Accumulator?
}
