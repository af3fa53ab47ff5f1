internal import Arith
internal import HWModel
internal import QuantGraph

/// What a format does to a layer's input, summed over samples.
struct InputMeasurement: Sendable {
  var signal = 0.0
  var noise = 0.0
  /// How often each value occurs, by its bit pattern; empty where the input stays as it is.
  var counts: [UInt64: Int] = [:]

  static func += (total: inout InputMeasurement, part: InputMeasurement) {
    total.signal += part.signal
    total.noise += part.noise
    total.counts.merge(part.counts) { $0 + $1 }
  }

  /// `10 log10(sum x^2 / sum (x - Q(x))^2)`; infinite without noise.
  var decibels: Double {
    StableExponential.log(signal / noise) * (10 / 2.302585092994046)
  }

  /// `-sum p log2 p` over the values that occur; NaN for an input that stays as it is.
  ///
  /// After QuantMCU's value-driven search, which takes the entropy of a quantized feature map as a
  /// stand-in for accuracy.
  var entropyBits: Double {
    guard !counts.isEmpty else { return .nan }
    let ordered = counts.sorted { $0.key < $1.key }.map(\.value)
    let total = Double(ordered.reduce(0, +))
    var sum = 0.0
    for count in ordered {
      let share = Double(count) / total
      sum -= share * StableExponential.log(share)
    }
    return sum / 0.6931471805599453
  }
}

extension SensitivityAnalysis {
  /// Every format of every layer on the layer's input in the unquantized network.
  func inputMeasurements(
    _ prepared: [[PreparedCandidate]], threads: Int, isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [[InputMeasurement]] {
    let formats = prepared.map { $0.map(\.input) }
    let inputs = network.layers.map { plan.graph.nodes[$0.node].inputs[0] }
    let partials = try blocks(
      PlanFamily(plan), keeping: inputs, threads: threads, isCancelled: isCancelled
    ) { block -> [[InputMeasurement]] in
      formats.enumerated().map { layer, row in
        let values = network.layerInput(
          layer, in: plan, block.withNumbers(of: inputs[layer]) { Array($0) },
          samples: block.range.count)
        return row.map { measurement(of: $0, values) }
      }
    }
    var totals = formats.map { [InputMeasurement](repeating: .init(), count: $0.count) }
    for partial in partials {
      for (layer, row) in partial.enumerated() {
        for (index, part) in row.enumerated() { totals[layer][index] += part }
      }
    }
    return totals
  }

  private func measurement(
    of format: InputFormat, _ values: [Double]
  ) -> InputMeasurement {
    var result = InputMeasurement()
    let quantized = [Double](unsafeUninitializedCapacity: values.count) { buffer, count in
      if let base = buffer.baseAddress {
        format.values(of: values, count: values.count, into: base)
      }
      count = values.count
    }
    for (index, value) in quantized.enumerated() {
      let error = values[index] - value
      result.signal += values[index] * values[index]
      result.noise += error * error
    }
    guard case .unchanged = format else {
      // One zero, whatever its sign.
      for value in quantized { result.counts[(value + 0).bitPattern, default: 0] += 1 }
      return result
    }
    return result
  }
}
