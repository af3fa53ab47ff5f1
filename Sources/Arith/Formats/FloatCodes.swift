extension FloatFormat {
  /// Number of magnitudes: codes without the sign bit.
  @inlinable
  var magnitudeCount: UInt64 { 1 << UInt64(exponentBits + mantissaBits) }

  /// Whether the code that would be -0 is one.
  public var hasNegativeZero: Bool {
    switch specials {
    case .ieee, .nanOnly, .finite: isSigned
    case .nanAtNegativeZero, .p3109Extended, .p3109Finite, .powerOfTwo: false
    }
  }

  /// Whether some code is zero.
  @inlinable
  public var hasZero: Bool { specials != .powerOfTwo }

  /// How many codes at the top of each sign's magnitudes are NaNs.
  @inlinable
  var highNaNs: UInt64 {
    switch specials {
    case .ieee: (1 << UInt64(mantissaBits)) - 1
    case .nanOnly, .powerOfTwo: 1
    case .p3109Extended, .p3109Finite: isSigned ? 0 : 1
    case .nanAtNegativeZero, .finite: 0
    }
  }

  /// Whether NaN sits at the code of -0.
  @inlinable
  var hasNaNAtNegativeZero: Bool {
    switch specials {
    case .nanAtNegativeZero, .p3109Extended, .p3109Finite: isSigned
    case .ieee, .nanOnly, .finite, .powerOfTwo: false
    }
  }

  /// The code of positive infinity, or nil if the format has none.
  @inlinable
  public var infinityCode: UInt64? {
    switch specials {
    case .ieee, .p3109Extended: magnitudeCount - 1 - highNaNs
    case .nanOnly, .nanAtNegativeZero, .finite, .p3109Finite, .powerOfTwo: nil
    }
  }

  /// A code of NaN, all ones where several stand for it, or nil if the format has none.
  @inlinable
  public var nanCode: UInt64? {
    if highNaNs > 0 { return magnitudeCount - 1 }
    return hasNaNAtNegativeZero ? magnitudeCount : nil
  }

  /// The code of the largest finite number.
  @inlinable
  public var maximumCode: UInt64 {
    magnitudeCount - 1 - highNaNs - (infinityCode == nil ? 0 : 1)
  }

  /// The code of the smallest positive number.
  public var minimumPositiveCode: UInt64 { hasZero ? 1 : 0 }

  /// Exponent of the smallest number that is not subnormal (of the smallest binade).
  @inlinable
  var minimumExponent: Int { hasSubnormals ? 1 - bias : -bias }

  /// Exponent of the largest finite number's leading bit: `emax`.
  public var maximumExponent: Int {
    let number: ExactNumber<Int128> = decode(maximumCode)
    return number.isZero ? minimumExponent : number.leadingExponent
  }

  /// What `code` stands for; bits above the width are ignored.
  @inlinable
  public func decode<Raw: RawInteger>(_ code: UInt64, as: Raw.Type = Raw.self) -> ExactNumber<Raw> {
    let isNegative = isSigned && code & magnitudeCount != 0
    let magnitude = code & (magnitudeCount - 1)
    if isNegative && magnitude == 0 && hasNaNAtNegativeZero { return .notANumber }
    if magnitude > maximumCode {
      return magnitude == infinityCode ? .infinity(isNegative: isNegative) : .notANumber
    }
    let hidden: UInt64 = 1 << UInt64(mantissaBits)
    let field = Int(magnitude >> UInt64(mantissaBits))
    let mantissa = magnitude & (hidden - 1)
    if magnitude == 0 && hasZero { return .zero(isNegative: isNegative) }
    if field == 0 && hasSubnormals {
      return ExactNumber(
        kind: .finite, isNegative: isNegative, magnitude: Raw(unsigned: mantissa),
        exponent: 1 - bias - mantissaBits)
    }
    return ExactNumber(
      kind: .finite, isNegative: isNegative, magnitude: Raw(unsigned: hidden | mantissa),
      exponent: field - bias - mantissaBits)
  }

  /// The value of `code` as a double, exact where the format's numbers are binary64 numbers.
  public func doubleValue(of code: UInt64) -> Double {
    (decode(code) as ExactNumber<Int128>).doubleValue
  }

  /// The magnitude code with a sign; a format without -0 has +0 only.
  @inlinable
  func code(magnitude: UInt64, isNegative: Bool) -> UInt64 {
    guard isNegative && isSigned else { return magnitude }
    return magnitude == 0 && !hasNegativeZero ? 0 : magnitude | magnitudeCount
  }
}
