extension FixedPointFormat {
  /// The code that assigning `value` gives.
  ///
  /// A finite double is a 53-bit integer times a power of two, so the assignment is exact up to
  /// this format's own rounding. An infinity saturates where the format saturates, and is 0 under
  /// `WRAP` (measured on the `ap_types` headers, which read it as 2^1024); a NaN is read the same
  /// way, as 1.5 * 2^1024.
  ///
  /// - Precondition: `signedWidth <= Raw.bitWidth - 56`, or `Raw` is ``Int512``.
  /// - Complexity: O(1), no allocation.
  public func cast<Raw: RawInteger>(_ value: Double, as: Raw.Type = Raw.self) -> Raw {
    castReporting(value).raw
  }

  /// ``cast(_:as:)``, and whether it rounded or overflowed.
  @inlinable
  public func castReporting<Raw: RawInteger>(_ value: Double) -> CastResult<Raw> {
    if value == 0 { return CastResult(raw: Raw.zero, isInexact: false, isOverflow: false) }
    // An exponent field of all ones is read as the next power of two, as the headers do.
    let field = Int(value.exponentBitPattern)
    let hidden: UInt64 = field == 0 ? 0 : 1 << 52
    let magnitude = Int64(value.significandBitPattern | hidden)
    let exponent = max(field, 1) - 1075
    let raw = Raw(value.sign == .minus ? -magnitude : magnitude)
    let shift = -exponent - fractionBits
    if shift <= 0 && -shift + 55 > Raw.bitWidth && -shift < width {
      preconditionFailure("\(Raw.self) cannot hold a double aligned to \(width) bits")
    }
    return castReporting(raw: raw, sourceFractionBits: -exponent)
  }

  /// The value of `raw` as a double, rounded to nearest even if it has more than 53 bits.
  public func value<Raw: RawInteger>(of raw: Raw) -> Double {
    raw.doubleValue(scaledBy: -fractionBits)
  }
}

extension RawInteger {
  /// `self * 2^exponent` as a double, rounded to nearest even.
  public func doubleValue(scaledBy exponent: Int) -> Double {
    let bits = significantBits
    if bits <= 64 { return Double(sign: .plus, exponent: exponent, significand: Double(low64)) }
    // Keep 62 bits and a sticky bit: double rounding cannot occur with more than 55.
    let dropped = bits - 62
    let kept = (self >> dropped).low64
    let sticky = self.bitsSet(below: dropped)
    let significand = Double(sticky ? kept | 1 : kept)
    return Double(sign: .plus, exponent: exponent + dropped, significand: significand)
  }

  private func bitsSet(below count: Int) -> Bool { hasBitsSet(below: count) }
}
