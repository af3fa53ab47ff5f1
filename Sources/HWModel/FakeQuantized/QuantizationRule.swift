package import Arith

/// How the largest magnitude that a format represents is chosen.
public enum ScaleSearch: Hashable, Sendable {
  /// The largest magnitude of the data.
  case maxAbs
  /// The magnitude that so many percent of the data do not exceed (nearest rank), 0 to 100.
  case percentile(Double)
  /// The part 1.00, 0.99, ... 0.20 of the largest magnitude with the smallest squared error; of
  /// equal ones the larger.
  case mse

  /// `max`, `mse` or `percentile:99.9`; ``init(name:)`` reads it back.
  public var name: String {
    switch self {
    case .maxAbs: "max"
    case .mse: "mse"
    case .percentile(let percent): "percentile:\(percent)"
    }
  }

  /// Nil for other texts, and for percentiles that are not over 0 and at most 100.
  public init?(name: String) {
    switch name {
    case "max": self = .maxAbs
    case "mse": self = .mse
    default:
      guard name.hasPrefix("percentile:"), let percent = Double(name.dropFirst(11)),
        percent > 0, percent <= 100
      else { return nil }
      self = .percentile(percent)
    }
  }

  /// The parts of the largest magnitude that ``mse`` tries, largest first.
  package static let parts: [Double] = (20...100).reversed().map { Double($0) / 100 }
}

/// How scales are chosen for formats that need one: weights a filter or a run, activations a tensor.
///
/// Block formats have rules of their own for their scales.
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
  package var plainInteger: (bits: Int, isSigned: Bool)? {
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
