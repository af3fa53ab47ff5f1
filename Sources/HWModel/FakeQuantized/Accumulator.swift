internal import Arith

/// A register in which the integer products of one sum are added: two's complement that wraps.
///
/// The order of the additions does not matter, and wrapping once at the end gives what wrapping after
/// each of them gives (A2Q, Colbert et al., ICCV 2023, section 3, has the same register). A bias is
/// added behind it.
package struct Accumulator: Hashable, Sendable {
  /// 2 to 64.
  let bits: Int

  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for anything but signed integers
  ///   of 2 to 64 bits that wrap.
  init(_ encoding: Encoding, layer: String) throws(FormatRefusal) {
    func refusal(_ reason: String) -> FormatRefusal {
      .unsupported(layer: layer, role: "accumulator", encoding: "\(encoding.name) (\(reason))")
    }
    guard case .fixed(let format) = encoding, format.fractionBits == 0, format.isSigned else {
      throw refusal("exact sums of integers need a signed integer")
    }
    guard format.overflow == .wrap, format.saturationBits == 0 else {
      throw refusal("a sum that does not wrap depends on the order of its additions")
    }
    guard (2...64).contains(format.width) else { throw refusal("2 to 64 bits") }
    bits = format.width
  }

  func wrapped(_ sum: Int64) -> Int64 {
    let shift = Int64(64 - bits)
    return (sum << shift) >> shift
  }

  func wrapped(_ sum: Int32) -> Int32 {
    bits >= 32 ? sum : Int32(truncatingIfNeeded: wrapped(Int64(sum)))
  }

  /// - Precondition: an integer below 2^63 in magnitude.
  func wrapped<Real: RealScalar>(_ sum: Real) -> Real { Real(wrapped(Int64(sum))) }

  /// Whether no sum of these weights, filter by filter or run by run, can leave the register.
  ///
  /// Every partial sum lies between the sum of all negative products and that of all positive ones.
  ///
  /// - Parameters:
  ///   - sums: for each sum the total of its positive weights, and of its negative ones, 0 or more.
  ///   - codes: the range of the inputs.
  /// - Returns: true for a register that wrapping cannot change anything in.
  func holds(_ sums: [(positive: Int64, negative: Int64)], codes: ClosedRange<Int64>) -> Bool {
    guard bits < 64 else { return true }
    let limit = Int64(1) << Int64(bits - 1)
    return sums.allSatisfy { positive, negative in
      let (high, low) = (max(codes.upperBound, 0), max(-codes.lowerBound, 0))
      let most = positive * high + negative * low
      let least = positive * low + negative * high
      return most < limit && least <= limit
    }
  }
}
