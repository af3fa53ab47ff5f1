internal import Arith
internal import QuantGraph

extension FixedPointFormat {
  /// This type in `bits` bits, with the fewest integer bits that hold the values from `low` to
  /// `high`, codes of this type; sign and modes stay.
  ///
  /// A type that saturates holds a value if it lies within its ends, so that rounding may saturate at
  /// the upper one; a type that wraps must take both values without overflow. Integer bits may be
  /// negative, as `ap_fixed` allows; they are at most `limit`. Values that are all 0 keep this type's
  /// integer bits, within `limit`.
  ///
  /// - Returns: nil for a width that no type has.
  func narrowed(
    to bits: Int, holding low: Int512, _ high: Int512, limit: Int
  ) -> FixedPointFormat? {
    func format(_ integers: Int) -> FixedPointFormat? {
      try? FixedPointFormat(
        width: bits, integerBits: integers, isSigned: isSigned, quantization: quantization,
        overflow: overflow, saturationBits: min(saturationBits, bits), dialect: dialect)
    }
    let zero = Int512.zero
    if low == zero, high == zero { return format(min(integerBits, limit)) }
    // Bits of a magnitude, and a sign: start where the largest value just fits.
    let magnitude = max(
      high > zero ? high.significantBits - 1 : 0,
      low < zero ? (~low).significantBits - 1 : 0)
    var integers = magnitude - fractionBits + (isSigned ? 1 : 0)
    guard !saturates else { return format(min(integers, limit)) }
    while integers < limit, let found = format(integers) {
      let isHeld = [low, high].allSatisfy {
        !found.castReporting(raw: $0, sourceFractionBits: fractionBits).isOverflow
      }
      if isHeld { return found }
      integers += 1
    }
    return format(min(integers, limit))
  }

  /// Whether values out of range go to an end, or to 0, instead of wrapping.
  private var saturates: Bool {
    switch overflow {
    case .wrap, .wrapSignMagnitude: false
    default: true
    }
  }

  /// The codes of weights that hls4ml prints for this type and C++ assigns to it.
  ///
  /// hls4ml writes as many decimals as the type has fraction bits, none for a negative number
  /// (hls4ml 1.3, `model/types.py`, `WeightVariable.update_precision`); the text is read as a double
  /// and assigned with the type's own modes (`ap_fixed_base.h`).
  func codes(ofWeights values: [Double]) -> [Int64]? {
    var codes: [Int64] = []
    codes.reserveCapacity(values.count)
    let decimals = max(0, fractionBits)
    for value in values {
      guard let printed = DecimalText.rounding(value, toDecimals: decimals) else { return nil }
      codes.append(cast(printed, as: Int512.self).low64)
    }
    return codes
  }
}

extension Codes {
  /// Codes of a fixed-point format in the storage that it has in a graph.
  init(_ codes: [Int64], of format: FixedPointFormat) {
    switch (format.width, format.isSigned) {
    case (...8, true): self = .int8(codes.map { Int8(truncatingIfNeeded: $0) })
    case (...8, false): self = .uint8(codes.map { UInt8(truncatingIfNeeded: $0) })
    case (...16, true): self = .int16(codes.map { Int16(truncatingIfNeeded: $0) })
    case (...16, false): self = .uint16(codes.map { UInt16(truncatingIfNeeded: $0) })
    case (...32, true): self = .int32(codes.map { Int32(truncatingIfNeeded: $0) })
    default: self = .int64(codes)
    }
  }
}
