extension FloatFormat {
  /// Moves an exact value onto this format's grid: the one place where floats are rounded.
  ///
  /// The value lies between two neighbouring codes, the upper one taken with an unbounded exponent;
  /// `rounding` picks one. A result above the largest finite number, and an infinity, become the
  /// largest number if `saturating`; otherwise an infinity, or a NaN where the format has none; a
  /// finite value that the mode moves toward zero stays at the largest number. Below the smallest
  /// number of a format without zero every mode gives that number. Formats without subnormals round
  /// between zero and their smallest number like in any other gap.
  ///
  /// Returns nil where the format has no code for the result: a negative number in an unsigned
  /// format, a zero in a format without, a NaN or an overflow in a format without NaN.
  ///
  /// - Precondition: `randomBits < 2^width` of a stochastic rounding.
  /// - Complexity: O(1), no allocation.
  @inlinable
  public func encode<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, rounding: Rounding = .tiesToEven, saturating: Bool = false,
    randomBits: UInt64 = 0
  ) -> UInt64? {
    switch value.kind {
    case .notANumber: return nanCode
    case .infinity:
      if value.isNegative && !isSigned { return nil }
      return overflowCode(
        isNegative: value.isNegative, saturating: saturating, staysFinite: false)
    case .finite: break
    }
    if value.magnitude == Raw.zero {
      return hasZero ? code(magnitude: 0, isNegative: value.isNegative) : nil
    }
    if value.isNegative && !isSigned { return nil }
    let top = value.leadingExponent
    if top > maximumExponentOfField {
      return overflowCode(of: value, rounding: rounding, saturating: saturating)
    }
    var lower: UInt64
    let goesUp: Bool
    if !hasSubnormals && isBelowSmallest(value, leading: top) {
      if !hasZero { return 0 }
      lower = 0
      goesUp = roundsUpToSmallest(value, leading: top, rounding: rounding, randomBits: randomBits)
    } else {
      let binade = max(top, minimumExponent)
      let dropped = binade - mantissaBits - value.exponent
      let kept = dropped <= 0 ? value.magnitude << -dropped : value.magnitude >> dropped
      // The significand with its hidden bit, on top of the exponent field less one.
      let base = UInt64(binade - minimumExponent) << UInt64(mantissaBits)
      lower = base + UInt64(bitPattern: kept.low64)
      if !hasSubnormals { lower -= 1 << UInt64(mantissaBits) }
      goesUp = Self.roundsUp(
        value.magnitude, dropping: dropped, isOdd: lower & 1 == 1, isNegative: value.isNegative,
        rounding: rounding, randomBits: randomBits)
    }
    if goesUp { lower += 1 }
    if lower > maximumCode {
      return overflowCode(of: value, rounding: rounding, saturating: saturating)
    }
    return code(magnitude: lower, isNegative: value.isNegative)
  }

  /// Exponent of the leading bit in the topmost exponent field, special codes or not.
  @inlinable
  var maximumExponentOfField: Int { (1 << exponentBits) - 1 - bias }

  @inlinable
  func overflowCode<Raw: RawInteger>(
    of value: ExactNumber<Raw>, rounding: Rounding, saturating: Bool
  ) -> UInt64? {
    var staysFinite = false
    if case .deterministic(let mode) = rounding {
      staysFinite = mode.staysFinite(isNegative: value.isNegative)
    }
    return overflowCode(
      isNegative: value.isNegative, saturating: saturating, staysFinite: staysFinite)
  }

  @inlinable
  func overflowCode(isNegative: Bool, saturating: Bool, staysFinite: Bool) -> UInt64? {
    if saturating || staysFinite { return code(magnitude: maximumCode, isNegative: isNegative) }
    if let infinity = infinityCode { return code(magnitude: infinity, isNegative: isNegative) }
    return nanCode
  }

  /// The smallest positive number of a format without subnormals, as significand and exponent.
  @inlinable
  var smallestNumber: (significand: UInt64, exponent: Int) {
    if !hasZero { return (1 << UInt64(mantissaBits), -bias - mantissaBits) }
    if mantissaBits == 0 { return (1, 1 - bias) }
    return ((1 << UInt64(mantissaBits)) + 1, -bias - mantissaBits)
  }

  @inlinable
  func isBelowSmallest<Raw: RawInteger>(_ value: ExactNumber<Raw>, leading top: Int) -> Bool {
    let (significand, exponent) = smallestNumber
    let smallestTop = exponent + 63 - significand.leadingZeroBitCount
    if top != smallestTop { return top < smallestTop }
    let gap = value.exponent - exponent
    let smallest = Raw(unsigned: significand)
    return gap >= 0 ? value.magnitude << gap < smallest : value.magnitude < smallest << -gap
  }

  /// Rounding between zero and a smallest number that need not be a power of two.
  @usableFromInline
  func roundsUpToSmallest<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, leading top: Int, rounding: Rounding, randomBits: UInt64
  ) -> Bool {
    let (significand, exponent) = smallestNumber
    let width = rounding.randomWidth
    let smallestTop = exponent + 63 - significand.leadingZeroBitCount
    var digits: UInt64 = 0
    var half = false
    var rest = true
    // Below 2^-(width + 2) of the gap every rule sees zero digits and a tail that is not zero.
    if top >= smallestTop - width - 2 {
      let wide = value.widened.keeping(bits: 256)
      let gap = wide.exponent - exponent
      var numerator = wide.magnitude
      var denominator = Int512(unsigned: significand)
      if gap >= 0 { numerator = numerator << gap } else { denominator = denominator << -gap }
      numerator = numerator << width
      let quotient = numerator.quotient(dividingBy: denominator)
      let twice = (numerator - quotient * denominator) << 1
      digits = UInt64(bitPattern: quotient.low64)
      half = twice >= denominator
      rest = twice != denominator && twice != Int512.zero
    }
    switch rounding {
    case .deterministic(let mode):
      return mode.goesUp(isNegative: value.isNegative, isOdd: false, half: half, rest: rest)
    case .stochastic(let rule, _):
      return rule.goesUp(
        digits: digits, half: half, rest: rest, randomBits: randomBits, width: width)
    }
  }

  /// Whether dropping the lowest bits of `magnitude` rounds away from zero.
  ///
  /// `isOdd` is the last bit of the lower neighbour's code, which for formats without mantissa
  /// is not that of the significand.
  @inlinable
  static func roundsUp<Raw: RawInteger>(
    _ magnitude: Raw, dropping dropped: Int, isOdd: Bool, isNegative: Bool, rounding: Rounding,
    randomBits: UInt64
  ) -> Bool {
    switch rounding {
    case .deterministic(let mode):
      if dropped <= 0 {
        return mode == .jam && !isOdd
      }
      return mode.goesUp(
        isNegative: isNegative, isOdd: isOdd, half: magnitude.bit(at: dropped - 1),
        rest: magnitude.hasBitsSet(below: dropped - 1))
    case .stochastic(let rule, let width):
      if dropped <= 0 {
        return rule.goesUp(
          digits: 0, half: false, rest: false, randomBits: randomBits, width: width)
      }
      let mask: UInt64 = (1 << UInt64(width)) - 1
      if dropped <= width {
        let digits = UInt64(bitPattern: (magnitude << (width - dropped)).low64) & mask
        return rule.goesUp(
          digits: digits, half: false, rest: false, randomBits: randomBits, width: width)
      }
      let digits = UInt64(bitPattern: (magnitude >> (dropped - width)).low64) & mask
      return rule.goesUp(
        digits: digits, half: magnitude.bit(at: dropped - width - 1),
        rest: magnitude.hasBitsSet(below: dropped - width - 1), randomBits: randomBits,
        width: width)
    }
  }
}
