public import Arith
import Dispatch
public import QuantGraph
import Synchronization

/// A float network evaluated under allocations of formats to its layers.
///
/// Rule (integers of 2 to 16 bits): weights symmetric with a scale a filter, the largest magnitude
/// over `2^(bits-1) - 1`, rounded half to even; the input with one scale from calibration in the
/// float network, unsigned where the calibrated input is never negative, else symmetric; exact
/// integer sums; results in float32 (``PreparedLayer``). Biases and everything between layers stay
/// float32. An addition that reads the input tensor of a quantized layer takes it as that layer
/// does, quantized; if several layers read the tensor, as the first one.
///
/// Other scalar formats (floating point, powers of two, fixed point with fraction bits, lists) are
/// read back to float32 and summed in float32; floating point and lists are scaled so that the
/// largest magnitude is their largest number, the others are taken as they are. Blocks (MX, NVFP4,
/// block floating point and their kin) are read back too: of weights along the depth of each filter
/// (kernel row, kernel column, input channel), of the input along the channels of each position;
/// they end with the filter or position, where the last one may be shorter. Groups of weights,
/// filters of unequal widths and accumulators belong to integers (``QuantizedWeights``,
/// ``UnequalFilters``, ``Accumulator``).
public struct QuantizedEvaluator: Evaluator {
  public let network: FloatNetwork
  public let rule: QuantizationRule
  /// What calibration saw of each layer's input.
  public let inputRanges: [InputRange]
  public var layers: [SearchLayer] { network.layers }

  private let data: EvaluationData
  /// Samples that decide which filters are wide; nil if none were given.
  private let calibration: EvaluationData?
  private let threads: Int
  /// Logarithms of the float network's class probabilities, without labels.
  private let reference: [Double]
  private let prepared = PreparedLayers()
  private let pool = StagedRunPool()

  /// Calibrates the network, and without labels runs it on the evaluation samples.
  ///
  /// `threads` do both; the result does not depend on them.
  public init(
    _ network: FloatNetwork, calibration: EvaluationData, evaluation: EvaluationData,
    rule: QuantizationRule = QuantizationRule(), threads: Int = 1
  ) {
    self.init(
      network,
      inputRanges: network.calibrated(
        calibration, keepsHistograms: rule.activations != .maxAbs, threads: threads),
      calibration: calibration, evaluation: evaluation, rule: rule, threads: threads)
  }

  /// The same with ranges from an earlier calibration.
  ///
  /// Ranges without the magnitudes that a percentile or the squared error need clip at the largest
  /// magnitude. Without calibration samples ``WeightGrouping/unequalFilters`` is refused.
  ///
  /// - Precondition: a range of each layer.
  public init(
    _ network: FloatNetwork, inputRanges: [InputRange], calibration: EvaluationData? = nil,
    evaluation: EvaluationData,
    rule: QuantizationRule = QuantizationRule(), threads: Int = 1
  ) {
    precondition(inputRanges.count == network.layers.count, "a range of each layer")
    self.network = network
    self.rule = rule
    self.calibration = calibration
    self.threads = threads
    data = evaluation
    self.inputRanges = inputRanges
    reference =
      evaluation.labels == nil ? network.logProbabilities(evaluation, threads: threads) : []
  }

  /// The range that gives a layer's input format its scale by the largest magnitude, whatever the
  /// rule is.
  ///
  /// - Precondition: the layer exists.
  public func usedRange(layer: Int, _ encoding: Encoding?) -> InputRange {
    inputRanges[layer].used(by: encoding, rule.activations)
  }

  /// The candidate of two widths: signed weights, and an input with the sign that it needs.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for widths outside 2...16.
  /// - Precondition: the layer exists.
  public func candidate(
    layer: Int, weightBits: Int, inputBits: Int
  ) throws(EvaluationError) -> Candidate {
    let weights = try integer(weightBits, isSigned: true, layer: layer, role: "weights")
    let activations = try integer(
      inputBits, isSigned: !inputRanges[layer].isNonNegative, layer: layer, role: "activations")
    return Candidate(weights: weights, activations: activations)
  }

  /// A candidate with the sign that a layer's input needs where the activations are plain integers,
  /// and with signed weights where these are; all else stays.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for widths outside 2...16.
  /// - Precondition: the layer exists.
  public func candidate(
    layer: Int, _ formats: Candidate
  ) throws(EvaluationError) -> Candidate {
    var result = formats
    if case .fixed(let format)? = formats.weights, format.fractionBits == 0 {
      result.weights = try integer(format.width, isSigned: true, layer: layer, role: "weights")
    }
    if case .fixed(let format)? = formats.activations, format.fractionBits == 0 {
      result.activations = try integer(
        format.width, isSigned: !inputRanges[layer].isNonNegative, layer: layer,
        role: "activations")
    }
    return result
  }

  private func integer(
    _ bits: Int, isSigned: Bool, layer: Int, role: String
  ) throws(EvaluationError) -> Encoding {
    guard (2...16).contains(bits),
      let format = try? FixedPointFormat(
        width: bits, integerBits: bits, isSigned: isSigned, dialect: .plain)
    else {
      throw .unsupported(
        layer: layers[layer].name, role: role, encoding: "\(isSigned ? "" : "u")int<\(bits)>")
    }
    return .fixed(format)
  }

  /// A candidate with what the calibration samples decide: ``WeightGrouping/unequalFilters`` becomes
  /// the ``WeightGrouping/widths(_:)`` that were found; all else stays.
  ///
  /// The result needs no calibration samples to be evaluated, and gives the same.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)``.
  /// - Precondition: the layer exists.
  public func realised(layer: Int, _ candidate: Candidate) throws(EvaluationError) -> Candidate {
    guard candidate.grouping == .unequalFilters else { return candidate }
    var result = candidate
    result.grouping = .widths(try prepared.widths(layer, candidate, of: self))
    return result
  }

  /// Chooses the widths of a layer's filters.
  fileprivate func unequalWidths(
    layer: Int, _ candidate: Candidate
  ) throws(EvaluationError) -> [Int] {
    guard let calibration else {
      throw .unsupported(
        layer: layers[layer].name, role: "weights",
        encoding: "\(candidate.weights?.name ?? "float") "
          + "(filters of unequal widths need calibration samples)")
    }
    return try network.unequalWidths(
      layer: layer, candidate, range: inputRanges[layer], rule: rule, data: calibration,
      threads: threads)
  }

  public func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    // Candidates by number, so that allocations compare fast.
    var numbers = [[Candidate: Int]](repeating: [:], count: layers.count)
    var choices = [[PreparedLayer]](repeating: [], count: layers.count)
    var identified: [[Int]] = []
    identified.reserveCapacity(allocations.count)
    for allocation in allocations {
      guard allocation.count == layers.count else {
        throw .layerCount(expected: layers.count, found: allocation.count)
      }
      var row: [Int] = []
      row.reserveCapacity(layers.count)
      for (layer, candidate) in allocation.enumerated() {
        if let known = numbers[layer][candidate] {
          row.append(known)
          continue
        }
        let made = try prepared.layer(layer, candidate, of: self)
        row.append(choices[layer].count)
        numbers[layer][candidate] = choices[layer].count
        choices[layer].append(made)
      }
      identified.append(row)
    }
    let order = allocations.indices.sorted { a, b in
      identified[a] == identified[b]
        ? a < b : identified[a].lexicographicallyPrecedes(identified[b])
    }
    withoutActuallyEscaping(report) { report in
      let walk = AllocationWalk(
        network: network, data: data, reference: reference, choices: choices, rows: identified)
      walk.run(
        order, threads: threads, pool: pool, isCancelled: isCancelled, report: report)
    }
  }
}

/// Layers that were prepared once, for every later evaluation.
private final class PreparedLayers: Sendable {
  private struct Key: Hashable {
    let layer: Int
    let candidate: Candidate
  }
  private struct WeightKey: Hashable {
    let layer: Int
    let encoding: Encoding?
    let grouping: WeightGrouping
  }
  private struct Contents {
    var layers: [Key: PreparedLayer] = [:]
    var weights: [WeightKey: QuantizedWeights] = [:]
    /// Of candidates with unequal filters.
    var widths: [Key: [Int]] = [:]
  }
  private let contents = Mutex(Contents())

  func layer(
    _ index: Int, _ candidate: Candidate, of evaluator: QuantizedEvaluator
  ) throws(EvaluationError) -> PreparedLayer {
    let key = Key(layer: index, candidate: candidate)
    if let known = contents.withLock({ $0.layers[key] }) { return known }
    let parameters = evaluator.network.parameters[index]
    let decided = try evaluator.realised(layer: index, candidate)
    let weightKey = WeightKey(
      layer: index, encoding: candidate.weights, grouping: decided.grouping)
    var weights = contents.withLock { $0.weights[weightKey] }
    if weights == nil {
      weights = try parameters.quantized(decided, evaluator.rule.weights)
      let made = weights
      contents.withLock { $0.weights[weightKey] = made }
    }
    let made = try PreparedLayer(
      parameters, candidate, weights: weights, range: evaluator.inputRanges[index],
      rule: evaluator.rule)
    contents.withLock { $0.layers[key] = made }
    return made
  }

  func widths(
    _ index: Int, _ candidate: Candidate, of evaluator: QuantizedEvaluator
  ) throws(EvaluationError) -> [Int] {
    // An accumulator has no say in the widths.
    var kept = candidate
    kept.accumulator = nil
    let key = Key(layer: index, candidate: kept)
    if let known = contents.withLock({ $0.widths[key] }) { return known }
    let made = try evaluator.unequalWidths(layer: index, candidate)
    contents.withLock { $0.widths[key] = made }
    return made
  }
}

extension FloatNetwork {
  /// What the inputs of layers are on some samples, in float32.
  func calibrated(
    _ data: EvaluationData, keepsHistograms: Bool, threads: Int
  ) -> [InputRange] {
    let layers = RealLayers<Float>(self)
    let empty = InputRange(keepsHistogram: keepsHistograms)
    let partials = SampleBlocks.map(
      samples: data.count, size: blockSamples(bytesPerElement: 4), threads: threads
    ) {
      NetworkBuffers<Float>(self, samples: self.blockSamples(bytesPerElement: 4))
    } _: { buffers, range in
      load(data, range, into: buffers)
      layers.runAll(samples: range.count, buffers: buffers)
      return layerSteps.map { step in
        let value = steps[step].first
        var seen = empty
        seen.add(
          UnsafeBufferPointer(start: buffers[value], count: range.count * values[value].count))
        return seen
      }
    }
    var ranges = [InputRange](repeating: empty, count: parameters.count)
    for partial in partials {
      for (layer, seen) in partial.enumerated() { ranges[layer].merge(seen) }
    }
    return ranges
  }

  /// The network's scores without quantization, `samples * classes`, in float32.
  public func scores(of data: EvaluationData, threads: Int = 1) -> [Float] {
    let layers = RealLayers<Float>(self)
    let partials = SampleBlocks.map(
      samples: data.count, size: blockSamples(bytesPerElement: 4), threads: threads
    ) {
      NetworkBuffers<Float>(self, samples: self.blockSamples(bytesPerElement: 4))
    } _: { buffers, range in
      load(data, range, into: buffers)
      layers.runAll(samples: range.count, buffers: buffers)
      return Array(
        UnsafeBufferPointer(start: buffers[self.scores], count: range.count * classCount))
    }
    return partials.flatMap { $0 }
  }

  /// Logarithms of class probabilities of the float network, `samples * classes`.
  func logProbabilities(_ data: EvaluationData, threads: Int) -> [Double] {
    let all = scores(of: data, threads: threads)
    return (0..<data.count).flatMap { sample in
      ClassScores.logSoftmax(
        all[sample * classCount..<(sample + 1) * classCount].map { Double($0) })
    }
  }

  /// Puts samples where the network reads its input.
  func load<Real: RealScalar>(
    _ data: EvaluationData, _ range: Range<Int>, into buffers: NetworkBuffers<Real>
  ) {
    let target = buffers[input]
    for index in 0..<range.count * inputCount {
      target[index] = Real(data.samples[range.lowerBound * inputCount + index])
    }
  }
}
