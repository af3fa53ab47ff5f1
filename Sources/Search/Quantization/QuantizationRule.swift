internal import Arith

/// How the largest magnitude that a format represents is chosen.
public enum ScaleSearch: Hashable, Sendable {
  /// The largest magnitude of the data.
  case maxAbs
  /// The magnitude that so many percent of the data do not exceed (nearest rank), 0 to 100.
  case percentile(Double)
  /// The part 1.00, 0.99, ... 0.20 of the largest magnitude with the smallest squared error; of
  /// equal ones the larger.
  case mse

  /// The parts of the largest magnitude that ``mse`` tries, largest first.
  static let parts: [Double] = (20...100).reversed().map { Double($0) / 100 }
}

/// How scales are chosen for formats that need one: weights a filter, activations a tensor.
public struct QuantizationRule: Hashable, Sendable {
  public var weights: ScaleSearch
  public var activations: ScaleSearch

  public init(weights: ScaleSearch = .maxAbs, activations: ScaleSearch = .maxAbs) {
    self.weights = weights
    self.activations = activations
  }
}

extension Encoding {
  /// Width and sign of a plain integer of 2 to 16 bits, whose scale is the evaluator's to choose.
  var plainInteger: (bits: Int, isSigned: Bool)? {
    guard case .fixed(let format) = self, format.fractionBits == 0,
      (2...16).contains(format.width)
    else { return nil }
    return (format.width, format.isSigned)
  }

  /// Whether the values that codes stand for leave their scale open.
  ///
  /// Floating-point numbers and lists are relative; fixed point with fraction bits, affine integers
  /// and powers of two say what they are worth.
  var isScaled: Bool {
    switch self {
    case .float, .codebook: true
    case .fixed, .affine, .powerOfTwo, .vectors, .planes, .block: false
    }
  }
}

/// Weights of one layer in one encoding, in the model's order.
struct QuantizedWeights: Sendable {
  /// Integers, -q to q; nil for encodings that are no plain integers.
  let codes: [Int32]?
  /// What a code is worth, one a filter, in float64.
  let scales: [Double]
  /// What the codes are worth, in float64.
  let values: [Double]

  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for an encoding without
  ///   negative numbers or that is not scalar.
  init(
    _ parameters: LayerParameters, _ encoding: Encoding, _ search: ScaleSearch
  ) throws(EvaluationError) {
    let filters = parameters.filters
    let count = parameters.geometry.filters
    if let integer = encoding.plainInteger, integer.isSigned {
      let q = Double((1 << (integer.bits - 1)) - 1)
      let scales = Self.scales(parameters, filters: filters, q: q, search)
      let codes = zip(parameters.weights, filters).map { weight, filter in
        Int32(Self.steps(Double(weight) / scales[filter], q: q))
      }
      self.codes = codes
      self.scales = scales
      values = zip(codes, filters).map { Double($0) * scales[$1] }
      return
    }
    let cast: ValueCast
    do throws(UnitError) {
      cast = try ValueCast(encoding)
    } catch {
      throw .unsupported(layer: parameters.layer.name, role: "weights", encoding: encoding.name)
    }
    guard cast.range.lowerBound < 0 || parameters.weights.allSatisfy({ $0 >= 0 }) else {
      throw .unsupported(layer: parameters.layer.name, role: "weights", encoding: encoding.name)
    }
    var scales = [Double](repeating: 1, count: count)
    if encoding.isScaled {
      let largest = Self.magnitudes(parameters, filters: filters)
      for filter in 0..<count {
        let clip = Self.clip(largest[filter], search) { clip in
          cast.squaredError(
            of: largest[filter], scale: Float(clip / cast.largest))
        }
        scales[filter] = clip > 0 ? clip / cast.largest : 1
      }
    }
    codes = nil
    self.scales = scales
    values = zip(parameters.weights, filters).map { weight, filter in
      Double(cast.value(weight, scale: Float(scales[filter])))
    }
  }

  /// A number of steps, rounded half to even, at most q of either sign.
  static func steps(_ value: Double, q: Double) -> Double {
    let rounded = value.rounded(.toNearestOrEven)
    return min(max(rounded, -q), q)
  }

  /// The weights of each filter.
  static func magnitudes(_ parameters: LayerParameters, filters: [Int]) -> [[Float]] {
    var result = [[Float]](repeating: [], count: parameters.geometry.filters)
    for (weight, filter) in zip(parameters.weights, filters) { result[filter].append(weight) }
    return result
  }

  /// What a step is worth, one a filter: the clipped magnitude over q, 1 for a filter of zeros.
  static func scales(
    _ parameters: LayerParameters, filters: [Int], q: Double, _ search: ScaleSearch
  ) -> [Double] {
    magnitudes(parameters, filters: filters).map { weights in
      let clip = clip(weights, search) { clip in squaredError(of: weights, scale: clip / q, q: q) }
      return clip > 0 ? clip / q : 1
    }
  }

  /// Sum of `(w - steps * scale)^2`.
  static func squaredError(of weights: [Float], scale: Double, q: Double) -> Double {
    var sum = 0.0
    for weight in weights {
      let value = Double(weight)
      let error = value - steps(value / scale, q: q) * scale
      sum += error * error
    }
    return sum
  }

  /// The clipped magnitude by a search; `error` gives the squared error of one.
  static func clip(
    _ weights: [Float], _ search: ScaleSearch, error: (Double) -> Double
  ) -> Double {
    let largest = Double(weights.reduce(Float(0)) { max($0, $1.magnitude) })
    switch search {
    case .maxAbs: return largest
    case .percentile(let percent):
      guard !weights.isEmpty else { return 0 }
      let sorted = weights.map(\.magnitude).sorted()
      let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
      let index = min(max(Int(rank.isFinite ? rank : 0) - 1, 0), sorted.count - 1)
      // A filter of almost only zeros has no scale by its percentile.
      return sorted[index] > 0 ? Double(sorted[index]) : largest
    case .mse: return largest > 0 ? bestPart(of: largest, error: error).clip : 0
    }
  }

  /// The part of `largest` with the smallest error; of equal ones the larger.
  static func bestPart(
    of largest: Double, error: (Double) -> Double
  ) -> (part: Double, clip: Double, error: Double) {
    var best = (part: 1.0, clip: largest, error: Double.infinity)
    for part in ScaleSearch.parts {
      let found = error(largest * part)
      if found < best.error { best = (part, largest * part, found) }
    }
    return best
  }
}
