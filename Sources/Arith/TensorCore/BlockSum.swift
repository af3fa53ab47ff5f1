/// How a tensor core adds one block of floating-point products to an accumulator.
///
/// Products are exact and not normalised: each has the exponent `e_a + e_b` of its operands, a
/// subnormal operand the smallest exponent of its format. Every product and the accumulator that is
/// not zero are aligned to the largest of their exponents and truncated toward zero, ``fractionBits``
/// bits below it; the truncated terms are added exactly and the sum is rounded once.
///
/// Sources: Khattak and Mikaitis, "Accurate Models of NVIDIA Tensor Cores" (arXiv 2512.07004); Xie et
/// al., "MMA-Sim" (arXiv 2511.10909); the method goes back to Fasi, Higham, Mikaitis and Pranesh (2021).
public struct BlockSum: Hashable, Sendable {
  /// Products added at once.
  public let length: Int
  /// Bits kept below the largest exponent.
  public let fractionBits: Int
  public let a: FloatFormat
  public let b: FloatFormat
  /// Format of the accumulator and of the result.
  public let result: FloatFormat
  /// Mantissa bits of the result that are kept; the others are zero.
  public let keptBits: Int
  /// Whether the sum is rounded to nearest, ties to even, instead of toward zero.
  public let roundsToEven: Bool

  /// - Precondition: a block has at least one product of at most ``fractionBits`` fraction bits, which
  ///   are at most 27, and the result is IEEE-like and keeps at most its mantissa.
  public init(
    length: Int, fractionBits: Int, a: FloatFormat, b: FloatFormat, result: FloatFormat,
    keptBits: Int, roundsToEven: Bool
  ) {
    precondition((1...64).contains(length), "products of a block")
    precondition(fractionBits <= 25 && a.mantissaBits + b.mantissaBits <= fractionBits, "terms fit")
    precondition((0...result.mantissaBits).contains(keptBits), "kept bits")
    precondition(result.specials == .ieee && result.width <= 32, "an IEEE-like result")
    self.length = length
    self.fractionBits = fractionBits
    self.a = a
    self.b = b
    self.result = result
    self.keptBits = keptBits
    self.roundsToEven = roundsToEven
  }

  /// What stands for every NaN: all ones without the sign (MMA-Sim).
  public var nanCode: UInt32 { UInt32(truncatingIfNeeded: (1 as UInt64) << (result.width - 1)) - 1 }

  /// The definition: the code of one block's sum.
  ///
  /// `terms` holds codes of operands, `accumulator` a code of ``result``. A NaN, an infinity times zero
  /// or infinities of both signs give ``nanCode``; otherwise an infinity wins.
  ///
  /// - Precondition: at most ``length`` terms.
  public func definition(_ terms: [(a: UInt64, b: UInt64)], accumulator: UInt32) -> UInt32 {
    precondition(terms.count <= length, "terms of one block")
    var numbers: [Term] = []
    var infinities: Set<Bool> = []
    for term in terms {
      let (x, y): (ExactNumber<Int128>, ExactNumber<Int128>) = (a.decode(term.a), b.decode(term.b))
      if x.kind == .notANumber || y.kind == .notANumber { return nanCode }
      if x.kind == .infinity || y.kind == .infinity {
        if x.isZero || y.isZero { return nanCode }
        infinities.insert(x.isNegative != y.isNegative)
      } else if !x.isZero && !y.isZero {
        let product = x.magnitude * y.magnitude
        numbers.append(
          Term(
            significand: x.isNegative == y.isNegative ? product : -product,
            lowest: x.exponent + y.exponent,
            exponent: x.exponent + a.mantissaBits + y.exponent + b.mantissaBits))
      }
    }
    let start: ExactNumber<Int128> = result.decode(UInt64(accumulator))
    switch start.kind {
    case .notANumber: return nanCode
    case .infinity: infinities.insert(start.isNegative)
    case .finite:
      if !start.isZero {
        numbers.append(
          Term(
            significand: start.significand, lowest: start.exponent,
            exponent: start.exponent + result.mantissaBits))
      }
    }
    if infinities.count == 2 { return nanCode }
    if let isNegative = infinities.first { return infinity(isNegative: isNegative) }
    guard let largest = numbers.map(\.exponent).max() else { return 0 }
    let lowest = largest - fractionBits
    let sum = numbers.reduce(Int128(0)) { $0 + $1.truncated(to: lowest) }
    return rounded(sum, lowest: lowest)
  }

  private struct Term {
    let significand: Int128
    /// Weight of the significand's last bit.
    let lowest: Int
    let exponent: Int

    func truncated(to bit: Int) -> Int128 {
      let shift = lowest - bit
      if shift >= 0 { return significand << Int128(shift) }
      // Division truncates toward zero; beyond the width nothing is left.
      return -shift > 120 ? 0 : significand / (1 << Int128(-shift))
    }
  }

  private func infinity(isNegative: Bool) -> UInt32 {
    UInt32(
      truncatingIfNeeded: (result.infinityCode ?? 0) | (isNegative ? result.magnitudeCount : 0))
  }

  /// The code of `sum * 2^lowest`; beyond the largest number it is an infinity.
  private func rounded(_ sum: Int128, lowest: Int) -> UInt32 {
    guard sum != 0 else { return 0 }
    let kept = FloatFormat(unchecked: result.exponentBits, keptBits, result.bias, .ieee)
    let value = ExactNumber<Int128>(sum, scaledBy: lowest)
    if value.leadingExponent > result.maximumExponent { return infinity(isNegative: sum < 0) }
    let code = kept.encode(
      value, rounding: roundsToEven ? .tiesToEven : .deterministic(.truncateToZero))
    return UInt32(truncatingIfNeeded: code ?? 0) << UInt32(result.mantissaBits - keptBits)
  }
}
