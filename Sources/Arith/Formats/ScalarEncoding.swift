extension Encoding {
  /// Bits of a code, or nil for encodings whose codes do not stand for one number each on their own:
  /// blocks, planes, vectors, and affine types with several scales.
  public var scalarWidth: Int? {
    switch self {
    case .fixed(let format): format.width
    case .affine(let format): format.scales.count == 1 ? format.width : nil
    case .float(let format): format.width
    case .powerOfTwo(let format): format.exponentBits + 1
    case .codebook(let book): book.width
    case .vectors, .planes, .block: nil
    }
  }

  /// Whether codes are two's-complement numbers.
  public var hasSignedCodes: Bool {
    switch self {
    case .fixed(let format): format.isSigned
    case .affine(let format): format.isSigned
    case .powerOfTwo: true
    case .codebook(let book): book.isSigned
    case .float, .vectors, .planes, .block: false
    }
  }

  /// The code range of a scalar encoding of at most 63 bits, else nil; not every code in it need
  /// have a value.
  public var codeRange: ClosedRange<Int64>? {
    guard let width = scalarWidth, width <= 63 else { return nil }
    if hasSignedCodes { return -(1 << Int64(width - 1))...((1 << Int64(width - 1)) - 1) }
    return 0...((1 << Int64(width)) - 1)
  }

  /// What `code` stands for; nil where no value has the code or the encoding is not scalar.
  ///
  /// Codes of unsigned 64-bit encodings are bit patterns.
  public func decode<Raw: RawInteger>(
    _ code: Int64, as: Raw.Type = Raw.self
  ) -> ExactNumber<Raw>? {
    switch self {
    case .fixed(let format):
      guard format.contains(code: code) else { return nil }
      if !format.isSigned && format.width == 64 {
        return ExactNumber(
          kind: .finite, isNegative: false, magnitude: Raw(unsigned: UInt64(bitPattern: code)),
          exponent: -format.fractionBits)
      }
      return ExactNumber(Raw(code), scaledBy: -format.fractionBits)
    case .float(let format):
      guard format.width == 64 || (code >= 0 && code >> Int64(format.width) == 0) else {
        return nil
      }
      return format.decode(UInt64(bitPattern: code))
    case .powerOfTwo(let format):
      let exponent = Int(code >> 1)
      guard format.exponents.contains(exponent) else { return nil }
      return ExactNumber(
        kind: .finite, isNegative: code & 1 == 1, magnitude: Raw.one, exponent: exponent)
    case .codebook(let book): return book.decode(code)
    case .affine(let format):
      guard let range = codeRange, range.contains(code), let scale = format.scales.first,
        scalarWidth != nil
      else { return nil }
      let (steps, overflow) = code.subtractingReportingOverflow(format.zeroPoints.first ?? 0)
      if overflow { return nil }
      return .product(ExactNumber(Raw(steps)), ExactNumber(scale))
    case .vectors, .planes, .block: return nil
    }
  }

  /// The smallest and the largest finite value as doubles, or nil if the encoding is not scalar.
  public var finiteRange: ClosedRange<Double>? {
    switch self {
    case .fixed(let format):
      let low: Int512 = format.minimum()
      let high: Int512 = format.maximum()
      return format.value(of: low)...format.value(of: high)
    case .float(let format):
      let high = format.doubleValue(of: format.maximumCode)
      if format.isSigned { return -high...high }
      return format.doubleValue(of: 0)...high
    case .powerOfTwo(let format):
      let high = Double(sign: .plus, exponent: format.exponents.upperBound, significand: 1)
      return -high...high
    case .codebook(let book):
      guard let low = book.values.first, let high = book.values.last else { return nil }
      return low...high
    case .affine:
      guard let codes = codeRange, let a = decode(codes.lowerBound, as: Int512.self)?.doubleValue,
        let b = decode(codes.upperBound, as: Int512.self)?.doubleValue
      else { return nil }
      return min(a, b)...max(a, b)
    case .vectors, .planes, .block: return nil
    }
  }

  /// Bits of the widest significand and the range of exponents of its lowest bit.
  ///
  /// Every finite value is `significand * 2^exponent` with these; nil if not scalar.
  var valueExtent: (bits: Int, lowest: Int, highest: Int)? {
    switch self {
    case .fixed(let format): (format.width, -format.fractionBits, -format.fractionBits)
    case .float(let format):
      (
        format.mantissaBits + 1, format.minimumExponent - format.mantissaBits,
        format.maximumExponentOfField - format.mantissaBits
      )
    case .powerOfTwo(let format): (1, format.exponents.lowerBound, format.exponents.upperBound)
    case .codebook(let book):
      book.values.reduce(into: (bits: 53, lowest: 0, highest: 0)) { extent, value in
        let number = ExactNumber<Int128>(value)
        extent.lowest = min(extent.lowest, number.exponent)
        extent.highest = max(extent.highest, number.exponent)
      }
    case .affine(let format):
      format.scales.first.map {
        let scale = ExactNumber<Int128>($0)
        return (format.width + 54, scale.exponent, scale.exponent)
      }
    case .vectors, .planes, .block: nil
    }
  }
}

extension FixedPointFormat {
  /// Whether `code` is one of a format of at most 64 bits; unsigned 64-bit codes are bit patterns.
  func contains(code: Int64) -> Bool {
    guard width <= 64 else { return false }
    if width == 64 { return true }
    let low: Int64 = isSigned ? -(1 << Int64(width - 1)) : 0
    let high: Int64 = (1 << Int64(isSigned ? width - 1 : width)) - 1
    return code >= low && code <= high
  }
}
