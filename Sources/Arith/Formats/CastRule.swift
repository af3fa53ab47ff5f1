/// What a cast does with results beyond the largest number.
public enum OverflowRule: Hashable, Sendable {
  /// What the format itself says: a fixed-point type its mode, a float an infinity or NaN (or its
  /// largest number where it has neither), a list its nearest end.
  case natural
  /// A mode of fixed point with its saturation bits; `SAT` also means ``saturating`` elsewhere.
  case fixed(Overflow, saturationBits: Int)
  /// The largest number, for infinities too.
  case saturating
  /// An infinity, else a NaN, else no code.
  case nonSaturating

  /// The rule with this name: `sat`, `nosat`, or a mode of ``Overflow`` with `:N` saturation bits.
  public init?(name: some StringProtocol) {
    switch name {
    case "sat": self = .saturating
    case "nosat": self = .nonSaturating
    default:
      let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first, let mode = Overflow(name: first) else { return nil }
      guard parts.count == 2 else {
        self = .fixed(mode, saturationBits: 0)
        return
      }
      guard let bits = Int(parts[1]), bits >= 0 else { return nil }
      self = .fixed(mode, saturationBits: bits)
    }
  }
}

/// A target encoding with the rounding and overflow of one cast, checked against each other.
///
/// This is the one place where a value of any scalar family gets a code.
public struct CastRule: Hashable, Sendable {
  public let encoding: Encoding
  public let rounding: Rounding
  /// The target with the modes of this cast, if it is fixed point.
  let fixed: FixedPointFormat?
  /// Whether a float or a list saturates.
  let saturates: Bool
  /// Whether a fixed-point overflow has no code instead of a wrapped or clamped one.
  let rejectsOverflow: Bool

  /// The cast into `encoding`; nil modes are those of the format, else ties to even.
  ///
  /// - Throws: ``UnitError/notScalar(_:)``, ``UnitError/tooWide(_:)`` beyond 64 bits, ``UnitError/overflowUnsupported(_:encoding:)`` for a
  ///   fixed-point mode without meaning in the target, ``UnitError/randomWidth(_:)``, or a
  ///   ``FormatError`` in ``UnitError/format(_:)`` for modes that exclude each other.
  public init(
    to encoding: Encoding, rounding: Rounding? = nil, overflow: OverflowRule = .natural
  ) throws(UnitError) {
    guard let width = encoding.scalarWidth else { throw .notScalar(encoding) }
    guard width <= 64 else { throw .tooWide(encoding) }
    if let width = rounding?.randomWidth, !(0...Rounding.maximumRandomWidth).contains(width) {
      throw .randomWidth(width)
    }
    self.encoding = encoding
    var saturates = false
    var rejectsOverflow = false
    var fixed: FixedPointFormat?
    var natural = Rounding.tiesToEven
    switch encoding {
    case .fixed(let format):
      natural = .deterministic(format.quantization)
      var mode = format.overflow
      var bits = format.saturationBits
      switch overflow {
      case .natural: break
      case .saturating: (mode, bits) = (.saturate, 0)
      case .nonSaturating:
        rejectsOverflow = true
        if mode == .saturateSymmetric { (mode, bits) = (.saturate, 0) }
      case .fixed(let other, let saturationBits): (mode, bits) = (other, saturationBits)
      }
      var quantization = format.quantization
      if case .deterministic(let mode)? = rounding { quantization = mode }
      do {
        fixed = try FixedPointFormat(
          width: format.width, integerBits: format.integerBits, isSigned: format.isSigned,
          quantization: quantization, overflow: mode, saturationBits: bits, dialect: format.dialect)
      } catch {
        throw .format(error)
      }
    case .float, .affine, .powerOfTwo, .codebook:
      switch overflow {
      case .natural:
        if case .float(let format) = encoding {
          saturates = format.infinityCode == nil && format.nanCode == nil
        } else {
          saturates = true
        }
      case .saturating, .fixed(.saturate, 0): saturates = true
      case .nonSaturating: saturates = false
      case .fixed(let mode, _): throw .overflowUnsupported(mode, encoding: encoding)
      }
    case .vectors, .planes, .block: throw .notScalar(encoding)
    }
    self.rounding = rounding ?? natural
    self.fixed = fixed
    self.saturates = saturates
    self.rejectsOverflow = rejectsOverflow
  }

  /// The code of `value`, or nil if the encoding has none for the result.
  ///
  /// Infinities in fixed point saturate where the mode does and have no code otherwise, except in the
  /// `ap_types` dialect, whose headers give 0 under `WRAP`; a NaN has no code.
  ///
  /// - Precondition: `randomBits` is below 2 to the width of a stochastic rounding.
  public func encode<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, randomBits: UInt64 = 0
  ) -> Int64? {
    switch encoding {
    case .fixed:
      guard let fixed else { return nil }
      return encodeFixed(value, in: fixed, randomBits: randomBits)
    case .float(let format):
      return format.encode(
        value, rounding: rounding, saturating: saturates, randomBits: randomBits
      ).map { Int64(bitPattern: $0) }
    case .codebook(let book):
      return book.encode(
        value, rounding: rounding, saturating: saturates, randomBits: randomBits)
    case .powerOfTwo(let format):
      return format.encode(
        value, rounding: rounding, saturating: saturates, randomBits: randomBits)
    case .affine(let format):
      return format.encode(
        value, rounding: rounding, saturating: saturates, randomBits: randomBits)
    case .vectors, .planes, .block: return nil
    }
  }

  private func encodeFixed<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, in format: FixedPointFormat, randomBits: UInt64
  ) -> Int64? {
    switch value.kind {
    case .notANumber: return nil
    case .infinity:
      if rejectsOverflow { return nil }
      switch format.overflow {
      case .wrap, .wrapSignMagnitude, .numericStandard:
        guard format.dialect == .apTypes else { return nil }
        return format.cast(value.isNegative ? -Double.infinity : .infinity, as: Int512.self).low64
      case .saturate, .saturateToZero, .saturateSymmetric:
        return format.overflowing(
          code: Int512.zero, isNegative: value.isNegative, bitAboveCode: false
        ).low64
      }
    case .finite:
      let result = format.castReporting(value, rounding: rounding, randomBits: randomBits)
      return result.isOverflow && rejectsOverflow ? nil : result.raw.low64
    }
  }
}

extension FixedPointFormat {
  /// Moves an exact finite value into this format.
  ///
  /// Stochastic roundings add their random bits below the least significant bit, so negative values
  /// go toward positive infinity as `(x + r) >> k` does.
  func castReporting<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, rounding: Rounding, randomBits: UInt64
  ) -> CastResult<Raw> {
    let shift = -value.exponent - fractionBits
    let needed = value.magnitude.significantBits + max(-shift, 0) + 2
    if max(needed, signedWidth + 2) > Raw.bitWidth && -shift < width {
      if Raw.bitWidth < Int512.bitWidth {
        let wide = castReporting(value.widened, rounding: rounding, randomBits: randomBits)
        return CastResult(
          raw: Raw(exactly512: wide.raw), isInexact: wide.isInexact, isOverflow: wide.isOverflow)
      }
      // Far above the range: only the low bits and the sign matter.
      let low = value.significand << -shift
      return CastResult(
        raw: overflowing(
          code: low.truncated(toWidth: width, isSigned: isSigned), isNegative: value.isNegative,
          bitAboveCode: low.bit(at: width)),
        isInexact: false, isOverflow: true)
    }
    guard case .stochastic(let rule, let width) = rounding, shift > 0 else {
      return castReporting(raw: value.significand, sourceFractionBits: -value.exponent)
    }
    let raw = value.significand
    let mask: UInt64 = (1 << UInt64(width)) - 1
    let floor = raw >> shift
    let digits: UInt64
    var half = false
    var rest = false
    if shift <= width {
      digits = UInt64(bitPattern: (raw << (width - shift)).low64) & mask
    } else {
      digits = UInt64(bitPattern: (raw >> (shift - width)).low64) & mask
      half = raw.bit(at: shift - width - 1)
      rest = raw.hasBitsSet(below: min(shift - width - 1, Raw.bitWidth - 1))
    }
    let up = rule.goesUp(
      digits: digits, half: half, rest: rest, randomBits: randomBits, width: width)
    return resolvingOverflow(
      up ? floor + Raw.one : floor, floor: floor, isInexact: digits != 0 || half || rest)
  }
}

extension RawInteger {
  /// The value of `source` where it fits, else its low bits.
  init(exactly512 source: Int512) {
    if Self.bitWidth <= 64 {
      self.init(source.low64)
    } else {
      let high = (source >> 64).low64
      self = (Self(high) << 64) | Self(unsigned: UInt64(bitPattern: source.low64))
    }
  }
}

extension PowerOfTwoFormat {
  /// The nearest power of two, ties to the even exponent; zero and NaN have no code.
  func encode<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, rounding: Rounding, saturating: Bool, randomBits: UInt64
  ) -> Int64? {
    if value.kind == .notANumber || value.isZero { return nil }
    let sign: Int64 = value.isNegative ? 1 : 0
    if value.kind == .infinity {
      return saturating ? Int64(exponents.upperBound) * 2 + sign : nil
    }
    let top = value.leadingExponent
    let dropped = value.magnitude.significantBits - 2
    let up = FloatFormat.roundsUp(
      value.magnitude, dropping: dropped, isOdd: top & 1 == 1, isNegative: value.isNegative,
      rounding: rounding, randomBits: randomBits)
    let exponent = up ? top + 1 : top
    if exponents.contains(exponent) { return Int64(exponent) * 2 + sign }
    if !saturating { return nil }
    return Int64(exponent < 0 ? exponents.lowerBound : exponents.upperBound) * 2 + sign
  }
}

extension AffineFormat {
  /// `x / scale` rounded, plus the zero point, clamped if `saturating`; only with one scale.
  func encode<Raw: RawInteger>(
    _ value: ExactNumber<Raw>, rounding: Rounding, saturating: Bool, randomBits: UInt64
  ) -> Int64? {
    guard scales.count == 1, zeroPoints.count <= 1, value.kind != .notANumber,
      let wide = try? FixedPointFormat(width: 256, integerBits: 256, quantization: .truncate)
    else { return nil }
    let low = isSigned ? Int512.zero - (Int512.one << (width - 1)) : Int512.zero
    let high = (Int512.one << (isSigned ? width - 1 : width)) - Int512.one
    if value.kind == .infinity {
      return saturating ? (value.isNegative ? low : high).low64 : nil
    }
    let quotient = ExactNumber.quotient(value.widened, ExactNumber(scales[0]))
    guard quotient.isFinite else { return nil }
    var code: Int512
    if !quotient.isZero && quotient.leadingExponent > 200 {
      code = Int512.one << 250
      if quotient.isNegative { code = -code }
    } else {
      var target = wide
      if case .deterministic(let mode) = rounding,
        let rounded = try? wide.with(quantization: mode)
      {
        target = rounded
      }
      code = target.castReporting(quotient, rounding: rounding, randomBits: randomBits).raw
    }
    code = code + Int512(zeroPoints.first ?? 0)
    if code >= low && code <= high { return code.low64 }
    return saturating ? (code < low ? low : high).low64 : nil
  }
}
