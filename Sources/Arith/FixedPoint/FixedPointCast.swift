/// A code produced by an assignment, and what the assignment did.
@frozen
public struct CastResult<Raw: RawInteger>: Hashable, Sendable {
  public let raw: Raw
  /// Whether rounding changed the value.
  public let isInexact: Bool
  /// Whether the rounded value was outside the range (for `SAT_SYM`, also the excluded minimum).
  public let isOverflow: Bool

  @inlinable
  init(raw: Raw, isInexact: Bool, isOverflow: Bool) {
    self.raw = raw
    self.isInexact = isInexact
    self.isOverflow = isOverflow
  }
}

extension FixedPointFormat {
  /// Moves `raw`, read with `sourceFractionBits` fraction bits, into this format.
  ///
  /// This is the assignment operator of `ap_fixed`: quantize first, then handle overflow
  /// of the rounded value (UG1399, "Fixed-point assignment"). It is the one place where a value
  /// gets onto the grid of a fixed-point format.
  ///
  /// - Precondition: `signedWidth <= Raw.bitWidth`, and `raw` shifted left to this format's
  ///   fraction bits fits in `Raw` unless the shift is at least `width` bits.
  /// - Complexity: O(1), no allocation.
  @inlinable
  public func cast<Raw: RawInteger>(raw: Raw, sourceFractionBits: Int) -> Raw {
    castReporting(raw: raw, sourceFractionBits: sourceFractionBits).raw
  }

  /// ``cast(raw:sourceFractionBits:)``, and whether it rounded or overflowed.
  @inlinable
  public func castReporting<Raw: RawInteger>(
    raw: Raw, sourceFractionBits: Int
  ) -> CastResult<Raw> {
    let shift = sourceFractionBits - fractionBits
    if shift <= 0 {
      if -shift >= width && raw != Raw.zero {
        // Every code bit is shifted in as zero and the value is out of range.
        return CastResult(
          raw: overflowing(
            code: Raw.zero, isNegative: raw < Raw.zero,
            bitAboveCode: -shift == width && raw.bit(at: 0)),
          isInexact: false, isOverflow: true)
      }
      let aligned = raw << -shift
      return resolvingOverflow(aligned, floor: aligned, isInexact: false)
    }
    let (rounded, isInexact) = quantization.rounding(raw, dropping: shift)
    return resolvingOverflow(rounded, floor: raw >> shift, isInexact: isInexact)
  }

  /// Applies the overflow mode to `value`, a whole number of LSBs.
  ///
  /// `floor` is the value before rounding moved it up: `WRAP_SM` looks at its bit above the code.
  @inlinable
  func resolvingOverflow<Raw: RawInteger>(
    _ value: Raw, floor: Raw, isInexact: Bool
  ) -> CastResult<Raw> {
    let maximum: Raw = self.maximum()
    let minimum: Raw = self.minimum()
    if value >= minimum && value <= maximum {
      if overflow == .saturateSymmetric && isSigned {
        if value == minimum && (width > 1 || dialect == .plain) {
          return CastResult(raw: minimum + Raw.one, isInexact: isInexact, isOverflow: true)
        }
      }
      return CastResult(raw: value, isInexact: isInexact, isOverflow: false)
    }
    return CastResult(
      raw: overflowing(
        code: value.truncated(toWidth: width, isSigned: isSigned), isNegative: value < Raw.zero,
        bitAboveCode: floor.bit(at: width)),
      isInexact: isInexact, isOverflow: true)
  }

  /// The code of a value out of range, of which `code` is the low `width` bits.
  ///
  /// Saturation bits and `WRAP_SM` follow `overflow_adjust` of the open `ap_types` headers.
  @inlinable
  func overflowing<Raw: RawInteger>(code: Raw, isNegative: Bool, bitAboveCode: Bool) -> Raw {
    switch overflow {
    case .wrap:
      return saturationBits == 0
        ? code : settingSaturationBits(of: code, isNegative: isNegative)
    case .saturate:
      return isNegative ? minimum() : maximum()
    case .saturateToZero:
      return Raw.zero
    case .saturateSymmetric:
      if !isNegative { return maximum() }
      if !isSigned { return Raw.zero }
      return width == 1 && dialect == .apTypes ? minimum() : minimum() + Raw.one
    case .wrapSignMagnitude:
      return wrappingSignMagnitude(
        code: code, isNegative: isNegative, bitAboveCode: bitAboveCode)
    case .numericStandard:
      if !isSigned { return code }
      let low = code.truncated(toWidth: width, isSigned: true) & ~(~Raw.zero << (width - 1))
      return isNegative ? low | minimum() : low
    }
  }

  /// The N saturation bits below (and, if signed, with) the top bit are set to the saturated value.
  @inlinable
  func settingSaturationBits<Raw: RawInteger>(of code: Raw, isNegative: Bool) -> Raw {
    if !isSigned {
      // The headers fill with ones on underflow too.
      let mask: Raw = maximum() & (~Raw.zero << (width - saturationBits))
      return code | mask
    }
    let topMask = ~Raw.zero << (width - 1)
    let fillMask = (~Raw.zero << (width - saturationBits)) & ~topMask
    let low = code & ~(topMask | fillMask)
    return isNegative ? low | topMask : low | fillMask
  }

  @inlinable
  func wrappingSignMagnitude<Raw: RawInteger>(
    code: Raw, isNegative: Bool, bitAboveCode: Bool
  ) -> Raw {
    let topMask = ~Raw.zero << (width - 1)
    let top = code.bit(at: width - 1)
    var result = code
    var newTop = isNegative
    switch saturationBits {
    case 0:
      if bitAboveCode == top { return code }
      result = ~code
      newTop = bitAboveCode
    case 1:
      if isNegative != top { result = ~code }
    default:
      if code.bit(at: width - saturationBits) == isNegative { result = ~code }
      let fillMask = (~Raw.zero << (width - saturationBits)) & ~topMask
      result = isNegative ? result & ~fillMask : result | fillMask
    }
    result = result & ~topMask
    return newTop ? result | topMask : result
  }
}
