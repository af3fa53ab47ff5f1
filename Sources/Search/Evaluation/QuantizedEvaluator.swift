public import Arith
public import HWModel
public import QuantGraph

/// A float network evaluated under allocations of formats to its layers.
///
/// Rule (integers of 2 to 16 bits): weights symmetric with a scale a filter, the largest magnitude
/// over `2^(bits-1) - 1`, rounded half to even; the input with one scale from calibration in the
/// float network, unsigned where the calibrated input is never negative, else symmetric; exact
/// integer sums; results in float32 (`FakeQuantized`). Biases and everything between layers stay
/// float32. An addition that reads the input tensor of a quantized layer takes it as that layer
/// does, quantized; if several layers read the tensor, as the first one.
///
/// Other scalar formats (floating point, powers of two, fixed point with fraction bits, lists) are
/// read back to float32 and summed in float32; floating point and lists are scaled so that the
/// largest magnitude is their largest number, the others are taken as they are. Blocks (MX, NVFP4,
/// block floating point and their kin) are read back too: of weights along the depth of each filter
/// (kernel row, kernel column, input channel), of the input along the channels of each position;
/// they end with the filter or position, where the last one may be shorter. Groups of weights,
/// filters of unequal widths and accumulators belong to integers (`QuantizedWeights`,
/// `UnequalFilters`, `Accumulator`).
public struct QuantizedEvaluator: Evaluator {
  public let network: FloatNetwork
  public let rule: QuantizationRule
  /// What calibration saw of each layer's input.
  public let inputRanges: [InputRange]
  public var layers: [SearchLayer] { runs.forms.layers }

  /// Samples that decide which filters are wide; nil if none were given.
  private let calibration: EvaluationData?
  private let threads: Int
  private let runs: AllocationRuns
  /// Logarithms of the float network's class probabilities, without labels.
  private let reference: [Double]
  private let widths: LatestValues<WidthKey, [Int]>

  private struct WidthKey: Hashable {
    let layer: Int
    let candidate: Candidate
  }

  /// Calibrates the network, and without labels runs it on the evaluation samples.
  ///
  /// `threads` do both; the result does not depend on them. With `cores` every layer multiplies on a
  /// GPU's tensor cores (`FakeQuantized.cores`), those without formats too.
  ///
  /// - Precondition: the network without formats runs on `cores`.
  public init(
    _ network: FloatNetwork, calibration: EvaluationData, evaluation: EvaluationData,
    rule: QuantizationRule = QuantizationRule(), cores: TensorCoreRules? = nil, threads: Int = 1
  ) {
    self.init(
      network,
      inputRanges: network.calibrated(
        calibration.samples, keepsHistograms: rule.activations != .maxAbs, threads: threads),
      calibration: calibration, evaluation: evaluation, rule: rule, cores: cores,
      threads: threads)
  }

  /// The same with ranges from an earlier calibration.
  ///
  /// Ranges without the magnitudes that a percentile or the squared error need clip at the largest
  /// magnitude. Without calibration samples `WeightGrouping.unequalFilters` is refused.
  ///
  /// - Precondition: a range of each layer.
  public init(
    _ network: FloatNetwork, inputRanges: [InputRange], calibration: EvaluationData? = nil,
    evaluation: EvaluationData,
    rule: QuantizationRule = QuantizationRule(), cores: TensorCoreRules? = nil, threads: Int = 1
  ) {
    precondition(inputRanges.count == network.layers.count, "a range of each layer")
    self.network = network
    self.rule = rule
    self.calibration = calibration
    self.threads = threads
    self.inputRanges = inputRanges
    let widths = LatestValues<WidthKey, [Int]>(bytes: 1 << 24)
    self.widths = widths
    let forms = FloatForms(network, cores: cores) { (layer, candidate) throws(EvaluationError) in
      let decided = try Self.realised(
        layer, candidate, of: network, ranges: inputRanges, rule: rule, calibration: calibration,
        threads: threads, known: widths)
      return LayerQuantization(
        LayerFormats(decided), inputRange: inputRanges[layer], rule: rule)
    }
    runs = AllocationRuns(
      forms, head: ScoreHead(network), samples: SampleSet(evaluation, of: network), slot: 64)
    reference = Self.reference(runs, network, threads: threads)
  }

  /// The same network and calibration judged by other samples; kernels are made once for both.
  public init(sharing other: QuantizedEvaluator, evaluation: EvaluationData) {
    (network, rule, inputRanges) = (other.network, other.rule, other.inputRanges)
    (calibration, threads, widths) = (other.calibration, other.threads, other.widths)
    runs = AllocationRuns(
      sharing: other.runs, samples: SampleSet(evaluation, of: network))
    reference = Self.reference(runs, network, threads: threads)
  }

  /// What the float network says of samples without labels.
  private static func reference(
    _ runs: AllocationRuns, _ network: FloatNetwork, threads: Int
  ) -> [Double] {
    guard runs.samples.labels == nil else { return [] }
    defer { runs.releaseMemory() }
    do throws(EvaluationError) {
      return try runs.scores(
        of: [Candidate](repeating: .unchanged, count: network.layers.count), threads: threads
      ).allLogProbabilities
    } catch {
      preconditionFailure("a network without formats runs: \(error)")
    }
  }

  public func releaseMemory() { runs.releaseMemory() }

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

  /// A candidate with what the calibration samples decide: `WeightGrouping.unequalFilters` becomes
  /// the `WeightGrouping.widths(_:)` that were found; all else stays.
  ///
  /// The result needs no calibration samples to be evaluated, and gives the same.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)``.
  /// - Precondition: the layer exists.
  public func realised(layer: Int, _ candidate: Candidate) throws(EvaluationError) -> Candidate {
    try Self.realised(
      layer, candidate, of: network, ranges: inputRanges, rule: rule, calibration: calibration,
      threads: threads, known: widths)
  }

  private static func realised(
    _ layer: Int, _ candidate: Candidate, of network: FloatNetwork, ranges: [InputRange],
    rule: QuantizationRule, calibration: EvaluationData?, threads: Int,
    known: LatestValues<WidthKey, [Int]>
  ) throws(EvaluationError) -> Candidate {
    guard candidate.grouping == .unequalFilters else { return candidate }
    guard let calibration else {
      throw .unsupported(
        layer: network.layers[layer].name, role: "weights",
        encoding: "\(candidate.weights?.name ?? "float") "
          + "(filters of unequal widths need calibration samples)")
    }
    // An accumulator has no say in the widths.
    var result = candidate
    result.accumulator = nil
    let formats = LayerFormats(result)
    let widths = try known.value(WidthKey(layer: layer, candidate: result)) {
      () throws(EvaluationError) in
      do throws(FormatRefusal) {
        let made = try network.unequalWidths(
          layer: layer,
          LayerQuantization(formats, inputRange: ranges[layer], rule: rule),
          samples: calibration.samples, threads: threads)
        return (made, 8 * made.count)
      } catch {
        throw EvaluationError(error)
      }
    }
    result = candidate
    result.grouping = .widths(widths)
    return result
  }

  /// The integers of an allocation, a layer each.
  ///
  /// - Parameter allocation: one candidate a layer.
  /// - Returns: nil if a candidate is no plain integers with a scale a filter and exact sums.
  /// - Throws: ``EvaluationError`` for a candidate that the evaluator cannot apply.
  public func integers(
    of allocation: [Candidate]
  ) throws(EvaluationError) -> [LayerIntegers]? {
    guard allocation.count == layers.count else {
      throw .layerCount(expected: layers.count, found: allocation.count)
    }
    do throws(FormatRefusal) {
      return try network.integers(
        of: allocation.enumerated().map {
          LayerQuantization(
            LayerFormats($0.element), inputRange: inputRanges[$0.offset], rule: rule)
        })
    } catch {
      throw EvaluationError(error)
    }
  }

  public func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    try runs.evaluate(
      allocations, reference: reference, threads: threads, isCancelled: isCancelled,
      report: report)
  }
}

extension SampleSet {
  /// Samples of a float network.
  fileprivate init(_ data: EvaluationData, of network: FloatNetwork) {
    let size = network.inputCount
    self.init(
      count: data.count,
      values: { range in
        [
          .values(
            data.samples[range.lowerBound * size..<range.upperBound * size].map { Double($0) })
        ]
      }, labels: data.labels)
  }
}
