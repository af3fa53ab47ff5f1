package import Arith
public import QuantGraph

extension ScaleSearch {
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
