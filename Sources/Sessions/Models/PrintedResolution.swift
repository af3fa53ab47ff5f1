import Arith
import Importers
package import QuantGraph

/// Passes samples on and notes how much their printed digits, or the bits of their array, can tell.
///
/// A value tells its code apart if no neighbouring code prints the same, or rounds to the same.
package final class PrintedResolution: SampleSource {
  private let source: any SampleSource
  private let unit: Double
  /// Most digits of a printed value so far; nil if nothing was printed.
  package private(set) var digits: Int?
  /// Significant bits of the array, where codes have more; nil elsewhere.
  package private(set) var bits: Int?
  /// Printed or rounded values that only one code gives.
  package private(set) var distinguishable = 0

  package init(_ source: any SampleSource, of tensor: Tensor) {
    self.source = source
    if case .fixed(let format) = tensor.encoding {
      unit = Double(sign: .plus, exponent: -format.fractionBits, significand: 1)
    } else {
      unit = 0
    }
  }

  package func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    let values = try source.next(count)
    if case .printed(let tokens, let shown) = values, !tokens.isEmpty {
      digits = max(digits ?? 0, shown)
      for token in tokens where tellsApart(token, digits: shown) { distinguishable += 1 }
    }
    if case .rounded(let numbers, let bits) = values {
      self.bits = bits
      // Every code up to 2^bits is held exactly.
      let largest = unit * Double(1 << bits)
      distinguishable += numbers.count { abs($0) <= largest }
    }
    return values
  }

  /// Whether nothing was printed or rounded.
  package var isExact: Bool { digits == nil && bits == nil }

  private func tellsApart(_ token: Double, digits: Int) -> Bool {
    guard token.isFinite, unit > 0 else { return false }
    // %g resolves at least 1 part in 10^(digits - 1): half a unit is enough without printing.
    if digits >= 2, token.magnitude / Self.powersOfTen[min(digits - 1, 17)] < unit / 2 {
      return true
    }
    let code = (token / unit).rounded()
    let alike = [code - 1, code, code + 1].count {
      Printed.matches($0 * unit, token: token, digits: digits)
    }
    return alike <= 1
  }

  private static let powersOfTen: [Double] = (0...17).map { power in
    (0..<power).reduce(1.0) { product, _ in product * 10 }
  }
}
