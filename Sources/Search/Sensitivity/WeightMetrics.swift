internal import Arith
internal import HWModel
import QuantGraph

extension SensitivityAnalysis {
  /// `10 log10(signal / noise)`; infinite without noise.
  func decibels(signal: Double, noise: Double) -> Double {
    StableExponential.log(signal / noise) * (10 / 2.302585092994046)
  }

  func squaredWeights(_ layer: Int) -> Double {
    network.parameters(layer).weights.reduce(0.0) { $0 + Double($1) * Double($1) }
  }

  /// `sum (W - Q(W))^2`; 0 for weights that stay as they are.
  func squaredError(_ layer: Int, _ quantized: QuantizedWeights?) -> Double {
    guard let quantized else { return 0 }
    var sum = 0.0
    for (weight, value) in zip(network.parameters(layer).weights, quantized.values) {
      let error = Double(weight) - value
      sum += error * error
    }
    return sum
  }

  /// The fourth central moment over the squared second one of each filter's weights.
  ///
  /// 3 for a normal distribution; NaN for weights that are all equal. MPQ-DM orders channels by it.
  public func channelKurtosis(layer: Int) -> [Double] {
    network.parameters(layer).filterKurtosis
  }

  /// Where integers of so many bits clip each filter's weights with the smallest squared error.
  ///
  /// Parts of the filter's largest weight, from 1.00, 0.99 down to 0.20; of equal ones the larger.
  ///
  /// - Precondition: 2 to 16 bits.
  public func clipParts(layer: Int, bits: Int) -> [(part: Double, squaredError: Double)] {
    precondition((2...16).contains(bits), "2 to 16 bits")
    let q = Double((1 << (bits - 1)) - 1)
    return network.parameters(layer).weightsByFilter.map { weights in
      let largest = Double(weights.reduce(Float(0)) { max($0, $1.magnitude) })
      guard largest > 0 else { return (1, 0) }
      let best = QuantizedWeights.bestPart(of: largest) { clip in
        QuantizedWeights.squaredError(of: weights, scale: clip / q, q: q)
      }
      return (best.part, best.error)
    }
  }

  /// The squared weight error with the best scales, of filters or of runs; of formats that are no
  /// integers and of rewritten ones NaN.
  ///
  /// Scales are not rounded to what is stored of them.
  func clippedError(layer: Int, _ candidate: Candidate) -> Double {
    guard candidate.weightRewrite == nil else { return .nan }
    guard let encoding = candidate.weights else { return 0 }
    guard let integer = encoding.plainInteger, integer.isSigned else { return .nan }
    let parameters = network.parameters(layer)
    var widths = [Int](repeating: integer.bits, count: parameters.filterCount)
    var length = Int.max
    switch candidate.grouping {
    case .filters: break
    case .runs(let run): length = run
    case .widths(let bits): widths = bits
    case .unequalFilters: return .nan
    }
    var sum = 0.0
    for (bits, filter) in zip(widths, parameters.runs(of: length)) {
      let q = Double((1 << (bits - 1)) - 1)
      for weights in filter {
        let largest = Double(weights.reduce(Float(0)) { max($0, $1.magnitude) })
        guard largest > 0 else { continue }
        sum +=
          QuantizedWeights.bestPart(of: largest) { clip in
            QuantizedWeights.squaredError(of: weights, scale: clip / q, q: q)
          }.error
      }
    }
    return sum
  }

  /// Divergence between histograms of the weights and of the quantized weights, in nats.
  ///
  /// AdaPT (Kummer et al., arXiv 2107.13490) lowers a layer's word length as long as the Kullback-Leibler
  /// divergence between the binned empirical distributions of weights and quantized weights is small.
  /// Here: 100 equal bins over the range of both, `sum q ln(q / p)` with q of the quantized weights,
  /// and half a weight added to every bin of both, since else a bin that only one of them has would
  /// make it infinite. The number of bins, the direction and the added half are this program's choice:
  /// only the paper's abstract was at hand.
  func weightDivergence(layer: Int, _ quantized: QuantizedWeights?) -> Double {
    guard let quantized else { return 0 }
    let weights = network.parameters(layer).weights.map { Double($0) }
    guard let low = (weights + quantized.values).min(),
      let high = (weights + quantized.values).max(), high > low
    else { return 0 }
    let bins = 100
    func histogram(_ values: [Double]) -> [Double] {
      var counts = [Double](repeating: 0.5, count: bins)
      for value in values {
        counts[min(Int((value - low) / (high - low) * Double(bins)), bins - 1)] += 1
      }
      let total = Double(values.count) + 0.5 * Double(bins)
      return counts.map { $0 / total }
    }
    var sum = 0.0
    for (p, q) in zip(histogram(weights), histogram(quantized.values)) {
      sum += q * StableExponential.log(q / p)
    }
    return sum
  }
}
