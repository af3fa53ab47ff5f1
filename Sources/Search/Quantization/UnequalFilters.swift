internal import Arith
import QuantGraph

/// Filters of different widths whose mean stays: which take a bit more and which one less.
///
/// The outlier-driven mixed quantization of MPQ-DM (Feng et al., AAAI 2025), without its optional
/// scaling of input channels: output channels are sorted by the kurtosis of their weights; of groups
/// of a tenth of the channels (rounded down), the t with the highest kurtosis take one bit more and
/// the t with the lowest one bit less, t from 0 to 5, with the smallest
/// `||X W' - Q(X) Q(W)'||^2` over the calibration samples, of equal ones the smaller t. X is the
/// layer's input in the unquantized network in float64. Of channels with equal kurtosis the earlier
/// one counts as higher; channels of equal weights have none and count as lowest. Fewer than ten
/// channels make empty groups: all keep their width.
enum UnequalFilters {
  /// Widths in the mean: symmetric integers have at least 2 bits.
  static let widths = 3...15
  static let largestShare = 5

  /// The width of each filter when `share` tenths take one bit more, and as many one less.
  static func widths(order: [Int], bits: Int, share: Int) -> [Int] {
    let count = order.count / 10 * share
    var result = [Int](repeating: bits, count: order.count)
    for filter in order.prefix(count) { result[filter] = bits + 1 }
    for filter in order.suffix(count) { result[filter] = bits - 1 }
    return result
  }

  /// Filters by kurtosis, the highest first.
  static func order(_ kurtosis: [Double]) -> [Int] {
    let keys = kurtosis.map { $0.isNaN ? -.infinity : $0 }
    return keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
  }

  /// The number of tenths with the smallest error; `errors` are one a width of each filter.
  static func bestShare(order: [Int], bits: Int, error: (_ filter: Int, _ bits: Int) -> Double)
    -> Int
  {
    var best = (share: 0, error: Double.infinity)
    for share in 0...largestShare {
      var sum = 0.0
      for (filter, width) in widths(order: order, bits: bits, share: share).enumerated() {
        sum += error(filter, width)
      }
      if sum < best.error { best = (share, sum) }
    }
    return best.share
  }
}

extension FloatNetwork {
  /// The widths of the filters of a candidate with ``WeightGrouping/unequalFilters``.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for weights that are no integers
  ///   of ``UnequalFilters/widths``, and for activations.
  func unequalWidths(
    layer: Int, _ candidate: Candidate, range: InputRange, rule: QuantizationRule,
    data: EvaluationData, threads: Int
  ) throws(EvaluationError) -> [Int] {
    let name = layers[layer].name
    guard let integer = candidate.weights?.plainInteger, integer.isSigned,
      UnequalFilters.widths.contains(integer.bits)
    else {
      throw .unsupported(
        layer: name, role: "weights",
        encoding: "\(candidate.weights?.name ?? "float") (filters of unequal widths are signed "
          + "integers of \(UnequalFilters.widths.lowerBound) to "
          + "\(UnequalFilters.widths.upperBound) bits)")
    }
    let input = try InputFormat(
      candidate.activations, range: range, search: rule.activations,
      channels: parameters[layer].geometry.channels, layer: name)
    return try unequalWidths(
      layer: layer, bits: integer.bits, search: rule.weights, input: input, data: data,
      threads: threads)
  }

  /// The widths of a layer's filters by ``UnequalFilters``.
  ///
  /// - Parameters:
  ///   - layer: which.
  ///   - bits: their mean, among ``UnequalFilters/widths``.
  ///   - search: how scales of weights are found.
  ///   - input: what the candidate makes of the layer's input.
  ///   - data: calibration samples.
  ///   - threads: the result does not depend on them.
  /// - Returns: one a filter, in the model's order.
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)``.
  private func unequalWidths(
    layer: Int, bits: Int, search: ScaleSearch, input: InputFormat, data: EvaluationData,
    threads: Int
  ) throws(EvaluationError) -> [Int] {
    let parameters = parameters[layer]
    let geometry = parameters.geometry
    let filters = geometry.filters
    let order = UnequalFilters.order(parameters.filterKurtosis)
    // Without a tenth there is nothing to choose.
    guard filters >= 10 else {
      return UnequalFilters.widths(order: order, bits: bits, share: 0)
    }
    var made: [RealLayer<Double>] = []
    for width in bits - 1...bits + 1 {
      let weights = try QuantizedWeights(
        parameters, widths: [Int](repeating: width, count: filters), search)
      made.append(RealLayer(geometry, weights: parameters.arranged(weights.values)))
    }
    let quantized = made
    let format = input
    let real = RealLayers<Double>(self)
    let first = layerSteps[layer]
    let source = steps[first].first
    let size = blockSamples(bytesPerElement: 8)
    let partials = SampleBlocks.map(samples: data.count, size: size, threads: threads) {
      NetworkBuffers<Double>(self, samples: size)
    } _: { buffers, range -> [Double] in
      load(data, range, into: buffers)
      run(0..<first, samples: range.count, address: { buffers[$0] }) {
        index, data, quantized, result in
        quantized?.update(
          from: data, count: range.count * self.parameters[index].geometry.dataCount)
        real.run(index, data, samples: range.count, buffers: buffers, into: result)
      }
      let count = range.count * geometry.dataCount
      var seen = [Double](repeating: 0, count: count)
      let results = range.count * geometry.resultCount
      var expected = [Double](repeating: 0, count: results)
      var found = [Double](repeating: 0, count: results)
      var errors = [Double](repeating: 0, count: filters * quantized.count)
      seen.withUnsafeMutableBufferPointer { seen in
        expected.withUnsafeMutableBufferPointer { expected in
          found.withUnsafeMutableBufferPointer { found in
            guard let input = seen.baseAddress, let wanted = expected.baseAddress,
              let sums = found.baseAddress
            else { return }
            let data = UnsafePointer(buffers[source])
            let scratch = buffers.scratch(
              bytes: real.layers[layer].scratchCount * MemoryLayout<Double>.stride
            ).assumingMemoryBound(to: Double.self)
            real.layers[layer].run(data, samples: range.count, scratch: scratch, into: wanted)
            format.values(of: data, count: count, into: input)
            for (option, layer) in quantized.enumerated() {
              layer.run(input, samples: range.count, scratch: scratch, into: sums)
              for index in 0..<results {
                let difference = wanted[index] - sums[index]
                errors[index % filters * quantized.count + option] += difference * difference
              }
            }
          }
        }
      }
      return errors
    }
    var errors = [Double](repeating: 0, count: filters * quantized.count)
    for partial in partials {
      for (index, error) in partial.enumerated() { errors[index] += error }
    }
    let share = UnequalFilters.bestShare(order: order, bits: bits) { filter, width in
      errors[filter * quantized.count + width - bits + 1]
    }
    return UnequalFilters.widths(order: order, bits: bits, share: share)
  }
}

extension LayerParameters {
  /// The fourth central moment over the squared second one of each filter's weights; 3 for a normal
  /// distribution, NaN for weights that are all equal.
  var filterKurtosis: [Double] {
    QuantizedWeights.magnitudes(self, filters: filters).map { weights in
      let count = Double(weights.count)
      let mean = weights.reduce(0.0) { $0 + Double($1) } / count
      var (second, fourth) = (0.0, 0.0)
      for weight in weights {
        let square = (Double(weight) - mean) * (Double(weight) - mean)
        second += square
        fourth += square * square
      }
      return (fourth / count) / ((second / count) * (second / count))
    }
  }
}
