import Arith
import Importers
package import QuantGraph

/// Passes samples on and notes how much their printed digits can tell.
///
/// A printed value tells its code apart if no neighbouring code prints the same.
package final class PrintedResolution: SampleSource {
  private let source: any SampleSource
  private let unit: Double
  /// Most digits of a printed value so far; nil if nothing was printed.
  package private(set) var digits: Int?
  /// Printed values that only one code prints as.
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
    return values
  }

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
