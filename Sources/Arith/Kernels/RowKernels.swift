internal import CKernels

/// An assignment to a fixed-point type prepared for rows of codes.
///
/// Equal to ``FixedPointFormat/cast(raw:sourceFractionBits:)`` for sources within the bound it was
/// prepared for; the seven `ap_fixed` quantization modes and `WRAP` without saturation bits,
/// `SAT`, `SAT_SYM` and `SAT_ZERO` have a row form, everything else has none.
public struct RowAssignment: Sendable {
  private let parameters: hwsim_assignment
  /// Whether the assignment leaves every source in the bound as it is.
  public let isIdentity: Bool
  /// Smallest and largest code it can give for sources within the bound.
  public let bound: ClosedRange<Int64>
  /// Whether sources, shifted or rounded, stay within 32 bits.
  public let fitsInt32: Bool

  /// Prepares the assignment of sources within `source`, with `sourceFractionBits` fraction bits.
  ///
  /// Returns nil if the format's rules have no row form or an intermediate leaves 63 bits.
  public init?(
    to format: FixedPointFormat, fromFractionBits sourceFractionBits: Int,
    source: ClosedRange<Int64>
  ) {
    let shift = sourceFractionBits - format.fractionBits
    guard format.signedWidth <= 63, format.saturationBits == 0, abs(shift) <= 62 else { return nil }
    guard let rounding = format.quantization.rowRounding else { return nil }
    let bits = max(source.lowerBound.significantBits, source.upperBound.significantBits)
    let widest = shift >= 0 ? max(bits, shift + 1) + 1 : bits - shift
    guard widest <= 63 else { return nil }
    var minimum: Int64 = format.minimum()
    let maximum: Int64 = format.maximum()
    func rounded(_ value: Int64) -> Int64 {
      shift > 0
        ? format.quantization.rounding(value, dropping: shift).value : value << -shift
    }
    let exact = rounded(source.lowerBound)...rounded(source.upperBound)
    let overflow: Int
    switch format.overflow {
    case .wrap: overflow = HWSIM_OVERFLOW_WRAP
    case .saturate: overflow = HWSIM_OVERFLOW_CLAMP
    case .saturateSymmetric:
      // One signed bit keeps -1 in the headers' dialect: its minimum is no exclusion.
      guard format.width > 1 || !format.isSigned else { return nil }
      overflow = HWSIM_OVERFLOW_CLAMP
      if format.isSigned { minimum += 1 }
    case .saturateToZero: overflow = HWSIM_OVERFLOW_ZERO
    case .wrapSignMagnitude, .numericStandard: return nil
    }
    let isInRange = exact.lowerBound >= minimum && exact.upperBound <= maximum
    parameters = hwsim_assignment(
      left: Int32(max(-shift, 0)), right: Int32(max(shift, 0)), rounding: Int32(rounding),
      overflow: Int32(isInRange ? HWSIM_OVERFLOW_NONE : overflow), wrap_bits: Int32(format.width),
      is_signed: format.isSigned, minimum: minimum, maximum: maximum)
    isIdentity = isInRange && shift == 0
    if isInRange {
      bound = exact
    } else if format.overflow == .saturate || format.overflow == .saturateSymmetric {
      bound =
        min(max(exact.lowerBound, minimum), maximum)...max(min(exact.upperBound, maximum), minimum)
    } else {
      bound = minimum...maximum
    }
    // Wrapping works modulo 2^32 as long as the code itself fits and nothing is shifted right; what stays in
    // range is not wrapped.
    fitsInt32 = widest <= 31 && (isInRange || format.signedWidth <= 32)
  }

  /// Assigns `count` codes.
  ///
  /// - Precondition: ``fitsInt32``, and every source is within the bound.
  public func apply(
    _ source: UnsafePointer<Int32>, to destination: UnsafeMutablePointer<Int32>, count: Int
  ) {
    withUnsafePointer(to: parameters) {
      hwsim_assign_i32(KernelPath.current.lanes, source, destination, count, $0)
    }
  }

  /// Assigns `count` codes; source and destination may be the same.
  ///
  /// - Precondition: every source is within the bound.
  public func apply(
    _ source: UnsafePointer<Int64>, to destination: UnsafeMutablePointer<Int64>, count: Int
  ) {
    withUnsafePointer(to: parameters) {
      hwsim_assign_i64(KernelPath.current.lanes, source, destination, count, $0)
    }
  }

  fileprivate func withParameters<Result>(
    _ body: (UnsafePointer<hwsim_assignment>) -> Result
  ) -> Result {
    withUnsafePointer(to: parameters, body)
  }
}

/// Dot products and copies over rows: one element of a tensor for a block of samples.
///
/// Rows are `lanes` long, `lanes` a multiple of 16; element e of the data starts at `e * lanes`.
public enum RowKernels {
  /// Four sums modulo 2^32: `sums[o][l] = initial[o] + sum_k weights[4k + o] * data[gather[k]][l]`.
  ///
  /// A negative `gather[k]` contributes nothing. `sums` are four rows.
  public static func dot4(
    data: UnsafePointer<Int32>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    terms: Int, initial: UnsafePointer<Int32>, sums: UnsafeMutablePointer<Int32>, lanes: Int
  ) {
    if KernelPath.current == .plain {
      for output in 0..<4 {
        for lane in 0..<lanes {
          var sum = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            sum &+= weights[4 * term + output] &* data[Int(gather[term]) * lanes + lane]
          }
          sums[output * lanes + lane] = sum
        }
      }
      return
    }
    hwsim_dot4_i32(
      KernelPath.current.lanes, data, gather, weights, terms, initial, sums, lanes)
  }

  /// Four 64-bit sums of exact products, as the 32-bit form.
  public static func dot4(
    data: UnsafePointer<Int32>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    terms: Int, initial: UnsafePointer<Int64>, sums: UnsafeMutablePointer<Int64>, lanes: Int
  ) {
    if KernelPath.current == .plain {
      for output in 0..<4 {
        for lane in 0..<lanes {
          var sum = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            sum &+=
              Int64(weights[4 * term + output]) &* Int64(data[Int(gather[term]) * lanes + lane])
          }
          sums[output * lanes + lane] = sum
        }
      }
      return
    }
    hwsim_dot4_i64(
      KernelPath.current.lanes, data, gather, weights, terms, initial, sums, lanes)
  }

  /// Four sums modulo 2^64 of 64-bit data, as the 32-bit form.
  public static func dot4(
    data: UnsafePointer<Int64>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    terms: Int, initial: UnsafePointer<Int64>, sums: UnsafeMutablePointer<Int64>, lanes: Int
  ) {
    if KernelPath.current == .plain {
      for output in 0..<4 {
        for lane in 0..<lanes {
          var sum = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            sum &+= Int64(weights[4 * term + output]) &* data[Int(gather[term]) * lanes + lane]
          }
          sums[output * lanes + lane] = sum
        }
      }
      return
    }
    hwsim_dot4_wide(
      KernelPath.current.lanes, data, gather, weights, terms, initial, sums, lanes)
  }

  /// One sum in the given order: each product assigned by `product`, each new sum by `total`.
  ///
  /// `sum` is a row that holds the start values, codes that `total` leaves as they are; a negative
  /// `gather[k]` then changes nothing.
  public static func orderedDot(
    data: UnsafePointer<Int32>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int64>,
    terms: Int, sum: UnsafeMutablePointer<Int64>, lanes: Int, product: RowAssignment,
    total: RowAssignment
  ) {
    product.withParameters { product in
      total.withParameters { total in
        hwsim_ordered_dot_i64(
          KernelPath.current.lanes, data, gather, weights, terms, sum, lanes, product, total)
      }
    }
  }

  /// `count` 32-bit codes as 64-bit codes.
  public static func widen(
    _ source: UnsafePointer<Int32>, to destination: UnsafeMutablePointer<Int64>, count: Int
  ) {
    hwsim_widen_i32(source, destination, count)
  }

  /// `count` 64-bit codes as 32-bit codes.
  ///
  /// - Precondition: each fits.
  public static func narrow(
    _ source: UnsafePointer<Int64>, to destination: UnsafeMutablePointer<Int32>, count: Int
  ) {
    hwsim_narrow_i64(source, destination, count)
  }
}
