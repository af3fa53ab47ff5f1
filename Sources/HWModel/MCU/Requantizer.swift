import Arith
import QuantGraph

/// Sums of products to codes: one multiplier a channel or one for all, zero point, clamp.
struct Requantizer: Sendable {
  /// How a multiplier is applied; see SEMANTICS of each case in ``QuantizedMultiplier``.
  enum Rule: Hashable, Sendable {
    /// Two roundings (gemmlowp), the default of both runtimes.
    case twice
    /// One rounding of the exact product, ties away from zero.
    case away
    /// 64-bit sums with the multiplier's upper 16 bits.
    case wide
  }

  let multipliers: [QuantizedMultiplier]
  let rule: Rule
  let zeroPoint: Int32
  let codes: ClosedRange<Int32>

  init(
    multipliers: [QuantizedMultiplier], rule: Rule, zeroPoint: Int32, codes: ClosedRange<Int32>
  ) {
    self.multipliers = multipliers
    self.rule = rule
    self.zeroPoint = zeroPoint
    self.codes = codes
  }

  /// The code for the sum `sum` of channel `channel`.
  @inline(__always)
  func code(_ sum: Int64, channel: Int) -> Int32 {
    let multiplier = multipliers.count == 1 ? multipliers[0] : multipliers[channel]
    let scaled: Int32
    switch rule {
    case .twice: scaled = multiplier.appliedRoundingTwice(to: Int32(truncatingIfNeeded: sum))
    case .away: scaled = multiplier.appliedRoundingAway(toWide: sum)
    case .wide: scaled = multiplier.applied(toWide: sum)
    }
    // The runtimes add in 32 bits; codes near the ends of Int32 do not occur with valid scales.
    return min(max(scaled &+ zeroPoint, codes.lowerBound), codes.upperBound)
  }
}

extension QuantizedMultiplier {
  /// The exact product of a 64-bit sum rounded once, ties away from zero, saturated to 32 bits.
  @inline(__always)
  func appliedRoundingAway(toWide value: Int64) -> Int32 {
    if let narrow = Int32(exactly: value) { return appliedRoundingAway(to: narrow) }
    let product = Int128(value) * Int128(multiplier)
    return Int32(
      clamping: RoundingShift.divide(product, byPowerOfTwo: 31 - shift, ties: .halfAway))
  }

  /// The quotient that conv, depthwise and per-channel layers form: `(a * b) / c` in binary64.
  static func perChannel(_ input: Double, _ weights: [Double], _ output: Double)
    -> [QuantizedMultiplier]
  {
    weights.map { QuantizedMultiplier(input * $0 / output) }
  }

  /// The quotient of layers with one weight scale: the product is rounded to binary32 first.
  ///
  /// Source: TensorFlow Lite, `kernel_util.cc`, `GetQuantizedConvolutionMultipler`.
  static func perTensor(_ input: Float, _ weights: Float, _ output: Float) -> QuantizedMultiplier {
    QuantizedMultiplier(Double(input * weights) / Double(output))
  }
}
