internal import CKernels

/// Factors by which products are rounded to a 16-bit accumulator's grid in 16-bit arithmetic.
///
/// `floor(x * w / 2^s)` modulo 2^16 is `floor(x * low / 2^16) + x * high`, where
/// `w * 2^(16 - s) = low + 2^16 * high` and `low` is a signed 16-bit number: the first is what a
/// multiplication that keeps the upper half gives. Rounding half up is the same with 15 for 16, since
/// `pmulhrsw` computes `floor((x * low + 2^14) / 2^15)`, and `2 * high` for `high`.
public struct NarrowFactors: Sendable {
  /// Of each weight, in the weights' order.
  public let low: [Int16]
  /// Of each weight modulo 2^16; doubled where ties are rounded.
  public let high: [Int16]

  /// Whether ties of a `RND` type are rounded; else what is dropped is cut off.
  public let roundsHalfUp: Bool

  /// The factors of weights whose products lose `dropped` bits; nil where there are none.
  public init?(weights: [Int64], dropped: Int, quantization: Quantization) {
    let scale: Int
    switch quantization {
    case .truncate: (scale, roundsHalfUp) = (16 - dropped, false)
    case .round: (scale, roundsHalfUp) = (15 - dropped, true)
    default: return nil
    }
    guard dropped > 0, scale >= 0, weights.allSatisfy({ $0.significantBits <= 40 }) else {
      return nil
    }
    var low: [Int16] = []
    var high: [Int16] = []
    for weight in weights {
      let scaled = weight << Int64(scale)
      let part = Int16(truncatingIfNeeded: scaled)
      low.append(part)
      let rest = (scaled - Int64(part)) >> 16
      high.append(Int16(truncatingIfNeeded: roundsHalfUp ? 2 * rest : rest))
    }
    (self.low, self.high) = (low, high)
  }
}

extension RowKernels {
  /// Four sums modulo 2^16 of rounded products (``NarrowFactors``), otherwise as `dot4`.
  ///
  /// Of term k and output o `low` is weight `8k + o` and `high` weight `8k + 4 + o`; `hasHigh` says whether
  /// any of these is not 0.
  public static func roundedDot4(
    data: UnsafePointer<Int16>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int16>,
    terms: Int, roundsHalfUp: Bool, hasHigh: Bool, initial: UnsafePointer<Int16>,
    sums: UnsafeMutablePointer<Int16>, lanes: Int
  ) {
    if KernelPath.current == .plain {
      for output in 0..<4 {
        for lane in 0..<lanes {
          var sum = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            let value = data[Int(gather[term]) * lanes + lane]
            let product = Int32(value) * Int32(weights[8 * term + output])
            let rounded = roundsHalfUp ? (product + (1 << 14)) >> 15 : product >> 16
            sum &+= Int16(truncatingIfNeeded: rounded)
            sum &+= value &* weights[8 * term + 4 + output]
          }
          sums[output * lanes + lane] = sum
        }
      }
      return
    }
    hwsim_rounded_dot4_i16(
      KernelPath.current.lanes, data, gather, weights, terms, roundsHalfUp, hasHigh, initial, sums,
      lanes)
  }

  /// Four sums modulo 2^32 of products that are each divided by `2^dropped` and rounded.
  ///
  /// - Precondition: `dropped` is 1 to 30; twice a product, plus `2^dropped`, stays within 32 bits.
  public static func roundedDot4(
    data: UnsafePointer<Int32>, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    terms: Int, dropped: Int, quantization: Quantization, initial: UnsafePointer<Int32>,
    sums: UnsafeMutablePointer<Int32>, lanes: Int
  ) {
    guard KernelPath.current != .plain, let rounding = quantization.rowRounding else {
      for output in 0..<4 {
        for lane in 0..<lanes {
          var sum = initial[output]
          for term in 0..<terms where gather[term] >= 0 {
            let product =
              Int64(weights[4 * term + output]) * Int64(data[Int(gather[term]) * lanes + lane])
            sum &+= Int32(
              truncatingIfNeeded: quantization.rounding(product, dropping: dropped).value)
          }
          sums[output * lanes + lane] = sum
        }
      }
      return
    }
    hwsim_rounded_dot4_i32(
      KernelPath.current.lanes, data, gather, weights, terms, Int32(dropped), Int32(rounding),
      initial, sums, lanes)
  }

  /// `count` 32-bit codes as 16-bit codes.
  ///
  /// - Precondition: each fits.
  public static func narrow(
    _ source: UnsafePointer<Int32>, to destination: UnsafeMutablePointer<Int16>, count: Int
  ) {
    hwsim_narrow_i16(KernelPath.current.lanes, source, destination, count)
  }

  /// `count` 16-bit codes as 32-bit codes.
  public static func widen(
    _ source: UnsafePointer<Int16>, to destination: UnsafeMutablePointer<Int32>, count: Int
  ) {
    hwsim_widen_i16(KernelPath.current.lanes, source, destination, count)
  }
}

extension Quantization {
  /// The rule's number in the kernels over rows; nil where they have none.
  package var rowRounding: Int? {
    switch self {
    case .truncate: HWSIM_ROUND_FLOOR
    case .truncateToZero: HWSIM_ROUND_TO_ZERO
    case .round: HWSIM_ROUND_HALF_UP
    case .roundTiesToZero: HWSIM_ROUND_HALF_TO_ZERO
    case .roundTiesAway: HWSIM_ROUND_HALF_AWAY
    case .roundTiesToNegative: HWSIM_ROUND_HALF_DOWN
    case .roundTiesToEven: HWSIM_ROUND_HALF_EVEN
    default: nil
    }
  }
}
