internal import Arith
internal import QuantGraph

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
package enum UnequalFilters {
  /// Widths in the mean: symmetric integers have at least 2 bits.
  package static let widths = 3...15
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
  /// The widths of the filters of a layer with `WeightGrouping.unequalFilters`.
  ///
  /// - Parameters:
  ///   - layer: which.
  ///   - quantization: its formats, and what gives them scales.
  ///   - samples: calibration samples, one after the other.
  ///   - threads: the result does not depend on them.
  /// - Returns: one a filter, in the model's order.
  /// - Throws: ``FormatRefusal`` for weights that are no integers of `UnequalFilters.widths`, and for
  ///   activations.
  public func unequalWidths(
    layer: Int, _ quantization: LayerQuantization, samples: [Float], threads: Int
  ) throws(FormatRefusal) -> [Int] {
    let name = layers[layer].name
    let formats = quantization.formats
    guard let integer = formats.weights?.plainInteger, integer.isSigned,
      UnequalFilters.widths.contains(integer.bits)
    else {
      throw .unsupported(
        layer: name, role: "weights",
        encoding: "\(formats.weights?.name ?? "float") (filters of unequal widths are signed "
          + "integers of \(UnequalFilters.widths.lowerBound) to "
          + "\(UnequalFilters.widths.upperBound) bits)")
    }
    let bits = integer.bits
    let parameters = parameters(layer)
    let input = try InputFormat(
      formats.activations, range: try quantization.range(of: name),
      search: quantization.rule.activations, channels: parameters.geometry.channels, layer: name)
    let filters = parameters.filterCount
    let order = UnequalFilters.order(parameters.filterKurtosis)
    // Without a tenth there is nothing to choose.
    guard filters >= 10 else { return UnequalFilters.widths(order: order, bits: bits, share: 0) }
    var weights = [LayerWeights(numbers: parameters.weights.map { Double($0) })]
    for width in bits - 1...bits + 1 {
      let made = try QuantizedWeights(
        parameters, widths: [Int](repeating: width, count: filters), quantization.rule.weights)
      var changed = LayerWeights(numbers: made.values)
      changed.input = input
      weights.append(changed)
    }
    let plan = measuringPlan
    let node = plan.graph.nodes[layers[layer].node]
    let kernels = weights.map { weights in
      var sums = weights
      sums.hasBias = false
      return bound(node, in: plan, sums).kernel
    }
    let options = kernels.count - 1
    let size = plan.graph[node.outputs[0]].shape.count
    let partials = map(samples, plan, keeping: [node.inputs[0]], threads: threads) {
      runner, range -> [Double] in
      var errors = [Double](repeating: 0, count: filters * options)
      guard let data = runner.buffer(of: node.inputs[0]) else { return errors }
      let lanes = runner.lanes
      let results = kernels.map { kernel in
        let result = TensorBuffer(storage: .float64, capacity: size * lanes)
        kernel.run(
          KernelOperands(
            inputs: [data], outputs: [result],
            scratch: TensorBuffer(
              storage: .uint8, capacity: kernel.scratchBytes(lanes: lanes)),
            lanes: lanes, usedLanes: range.count))
        return Array(
          UnsafeBufferPointer(start: result.rows(as: Double.self), count: range.count * size))
      }
      for index in 0..<range.count * size {
        for option in 0..<options {
          let difference = results[0][index] - results[option + 1][index]
          errors[index % filters * options + option] += difference * difference
        }
      }
      return errors
    }
    var errors = [Double](repeating: 0, count: filters * options)
    for partial in partials {
      for (index, error) in partial.enumerated() { errors[index] += error }
    }
    let share = UnequalFilters.bestShare(order: order, bits: bits) { filter, width in
      errors[filter * options + width - bits + 1]
    }
    return UnequalFilters.widths(order: order, bits: bits, share: share)
  }
}
