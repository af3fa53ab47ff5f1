extension Codebook.Definition {
  struct Entry {
    let code: Int64
    let value: Double
  }

  /// Largest number of values of a list.
  static let maximumCount = 65_536

  private static func check(
    _ name: String, _ value: Int, _ allowed: ClosedRange<Int>
  ) throws(FormatError) {
    guard allowed.contains(value) else {
      throw .parameterOutOfRange(name, value: value, allowed: allowed)
    }
  }

  private static func counted(_ values: [Double]) -> [Entry] {
    values.enumerated().map { Entry(code: Int64($0.offset), value: $0.element) }
  }

  private static func mirrored(_ magnitudes: [Double], special: Double?) -> [Entry] {
    var values = magnitudes.map { -$0 } + [0] + magnitudes
    if let special { values.append(special) }
    return counted(values.sorted())
  }

  /// The values of BitMoD's base lists (accel/bitmod_quant.json, from the published software).
  static let bitMoDMagnitudes: [Int: [Double]] = [3: [1, 2, 4], 4: [1, 2, 3, 4, 6, 8, 12]]

  /// Code and value of every code.
  func entries() throws(FormatError) -> [Entry] {
    switch self {
    case .list(let values):
      try Self.check("number of values", values.count, 1...Self.maximumCount)
      guard values.allSatisfy(\.isFinite) else {
        throw .unreadable("codebook", reason: "values must be finite")
      }
      guard Set(values).count == values.count else {
        throw .unreadable("codebook", reason: "values must differ")
      }
      return Self.counted(values)
    case .normalFloat4:
      return Self.counted([
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
        -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
        0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
        0.7229568362236023, 1,
      ])
    case .binary: return Self.counted([-1, 1])
    case .ternary: return Self.counted([-1, 0, 1])
    case .flint(let bits):
      try Self.check("flint bits", bits, 4...5)
      let magnitudes: [Double] =
        bits == 4
        ? [1, 2, 3, 4, 6, 8, 16] : [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 24, 32, 64]
      return Self.mirrored(magnitudes, special: nil)
    case .bitMoD(let bits, let special):
      guard let magnitudes = Self.bitMoDMagnitudes[bits] else {
        throw .parameterOutOfRange("BitMoD bits", value: bits, allowed: 3...4)
      }
      if let special, !special.isFinite || special == 0 || magnitudes.contains(special.magnitude) {
        throw .unreadable("bitmod", reason: "the special value must be finite and not in the list")
      }
      return Self.mirrored(magnitudes, special: special)
    case .logarithmic(let bits, let numerator, let denominator):
      try Self.check("bits", bits, 1...10)
      try Self.check("numerator", numerator, 1...1024)
      try Self.check("denominator", denominator, 1...1024)
      return (0..<(1 << bits)).map {
        Entry(
          code: Int64($0),
          value: Elementary.exp2(-$0 * numerator, over: denominator).doubleValue)
      }
    case .shiftUniformLog2(let bits, let shift, let low, let high):
      try Self.check("bits", bits, 1...10)
      guard shift.isFinite, low < high, low >= -1000, high <= 1000 else {
        throw .unreadable("sulq", reason: "expected -1000 <= low < high <= 1000 and a finite shift")
      }
      let steps = Double((1 << bits) - 1)
      return (0..<(1 << bits)).map {
        let exponent = (low + Double($0) * ((high - low) / steps)).rounded(.toNearestOrEven)
        return Entry(
          code: Int64($0),
          value: Double(sign: .plus, exponent: Int(exponent), significand: 1) - shift)
      }
    case .powerExponent(let bits, let exponent):
      try Self.check("bits", bits, 2...10)
      guard exponent > 0, exponent <= 16 else {
        throw .unreadable("nupes", reason: "the exponent must be above 0 and at most 16")
      }
      return Self.powerEntries(bits: bits, exponent: exponent)
    case .denseShift(let bits):
      try Self.check("bits", bits, 2...8)
      let count = 1 << (bits - 1)
      return (0..<(2 * count)).map {
        let magnitude = Double(sign: .plus, exponent: $0 % count, significand: 1)
        return Entry(code: Int64($0), value: $0 < count ? magnitude : -magnitude)
      }
    case .signedPowers(let width, let integerBits, let terms):
      try Self.check("width", width, 2...16)
      try Self.check("integer bits", integerBits, -64...64)
      try Self.check("terms", terms, 1...8)
      let bound = 1 << (width - 1)
      return (-bound..<bound).compactMap { code in
        // The non-adjacent form has the fewest nonzero digits; it marks them in 3c xor c.
        let digits = (3 * abs(code)) ^ abs(code)
        guard digits.nonzeroBitCount <= terms else { return nil }
        return Entry(
          code: Int64(code),
          value: Double(sign: .plus, exponent: integerBits - width, significand: 1) * Double(code))
      }
    case .additivePowers(let bits, let base, let isSigned):
      return try Self.additiveEntries(bits: bits, base: base, isSigned: isSigned)
    }
  }

  private static func powerEntries(bits: Int, exponent: Double) -> [Entry] {
    let bound = (1 << (bits - 1)) - 1
    let wide = ExactNumber<Int512>(exponent)
    return (-bound...bound).map { code in
      guard code != 0 else { return Entry(code: 0, value: 0) }
      let logarithm = Elementary.log2(ExactNumber(Int512(Int64(abs(code)))))
      var scaled = logarithm * wide.magnitude
      scaled = wide.exponent >= 0 ? scaled << wide.exponent : scaled >> -wide.exponent
      // A perfect power's truncated logarithm would fall just below the number it stands for.
      var magnitude = Elementary.exp2(scaled).doubleValue
      let nearest = magnitude.rounded()
      if (magnitude - nearest).magnitude < 1e-9 * nearest { magnitude = nearest }
      return Entry(code: Int64(code), value: code < 0 ? -magnitude : magnitude)
    }
  }

  private static func additiveEntries(
    bits: Int, base: Int, isSigned: Bool
  ) throws(FormatError) -> [Entry] {
    try check("bits", bits, 2...16)
    try check("base bits", base, 1...4)
    let magnitudeBits = isSigned ? bits - 1 : bits
    guard magnitudeBits % base == 0 else {
      throw .unreadable(
        "apot", reason: "\(magnitudeBits) magnitude bits are no multiple of \(base) base bits")
    }
    let terms = magnitudeBits / base
    let count = 1 << magnitudeBits
    return (0..<(isSigned ? 2 * count : count)).compactMap { code in
      let magnitude = code % count
      // The code of -0 repeats zero.
      if code == count { return nil }
      var value = 0.0
      for term in 0..<terms {
        let field = (magnitude >> (base * (terms - 1 - term))) & ((1 << base) - 1)
        if field > 0 {
          value += Double(sign: .plus, exponent: -(term + (field - 1) * terms), significand: 1)
        }
      }
      return Entry(code: Int64(code), value: code < count ? value : -value)
    }
  }

  /// What separates neighbouring values in the nearest modes.
  func boundaries(ascending values: [Double], codes: [Int64]) -> [ExactNumber<Int512>] {
    switch self {
    case .logarithmic(_, let numerator, let denominator):
      // Ascending values have descending codes: between q and q - 1 lies the exponent q - 1/2.
      return codes.dropLast().map {
        Elementary.exp2(-(2 * Int($0) - 1) * numerator, over: 2 * denominator)
      }
    case .shiftUniformLog2(let bits, let shift, let low, let high):
      let step = (high - low) / Double((1 << bits) - 1)
      return codes.dropLast().map {
        let exponent = ExactNumber<Int512>(low + (Double($0) + 0.5) * step)
        let fixed =
          exponent.exponent + Elementary.precision >= 0
          ? exponent.significand << (exponent.exponent + Elementary.precision)
          : exponent.significand >> -(exponent.exponent + Elementary.precision)
        return .sum(Elementary.exp2(fixed), ExactNumber(-shift))
      }
    default:
      return zip(values, values.dropFirst()).map {
        var middle = ExactNumber<Int512>.sum(ExactNumber($0), ExactNumber($1))
        middle.exponent -= 1
        return middle
      }
    }
  }
}
