import CKernels

/// A fast path for casting floats into formats of at most 8 bits; equal to ``CastRule``.
///
/// Formats with subnormals rounded to nearest even are computed with integer and float additions;
/// every other monotone cast looks up a table that ``CastRule`` filled: for each upper half of a
/// float's bits the place where the code changes and the codes on both sides. Halves in which it
/// changes more than once are resolved by ``CastRule``, value by value.
public struct FloatCastKernel: Sendable {
  public let rule: CastRule
  private let parameters: hwsim_minifloat?
  private let table: [UInt64]

  /// Bits above a code in the table: there is none, or there are several.
  private static let invalid: UInt16 = 0x100
  private static let mixed: UInt16 = 0x200

  /// The kernel of `rule`, or nil if the target is wider than 8 bits or the cast is not monotone:
  /// stochastic, jamming, magnitude truncation of fixed point, or an overflow mode that wraps.
  ///
  /// - Complexity: about 2^17 plain casts where a table is needed.
  public init?(_ rule: CastRule) {
    guard let width = rule.encoding.scalarWidth, width <= 8,
      case .deterministic(let mode) = rule.rounding
    else { return nil }
    switch mode {
    case .jam, .jamUnbiased, .truncateMagnitude: return nil
    default: break
    }
    if let fixed = rule.fixed {
      guard fixed.overflow == .saturate || fixed.overflow == .saturateSymmetric,
        !rule.rejectsOverflow
      else { return nil }
    }
    self.rule = rule
    if case .float(let format) = rule.encoding, mode == .roundTiesToEven,
      hwsim_formats_level() >= 2,
      let parameters = hwsim_minifloat(format, saturates: rule.saturates)
    {
      self.parameters = parameters
      table = []
      return
    }
    parameters = nil
    table = (0..<(1 << 16)).map { Self.entry(upper: $0 << 16, rule: rule) }
  }

  /// The table entry of floats whose bits begin with `upper`.
  private static func entry(upper: UInt32, rule: CastRule) -> UInt64 {
    func code(_ low: UInt32) -> UInt16 {
      let value = ExactNumber<Int128>(Float(bitPattern: upper | low))
      guard let code = rule.encode(value) else { return invalid }
      return UInt16(truncatingIfNeeded: code & 0xff)
    }
    let first = code(0)
    let last = code(0xffff)
    // Codes are monotone in the bits, so a search finds the first change.
    var low: UInt32 = 0
    var high: UInt32 = 0xffff
    if first == last {
      high = 0
    } else {
      while high - low > 1 {
        let middle = (low + high) / 2
        if code(middle) == first { low = middle } else { high = middle }
      }
    }
    let isMixed = first != last && code(high) != last
    let below = UInt64(isMixed ? mixed : first)
    let above = UInt64(isMixed ? mixed : last)
    return UInt64(high) | below << 32 | above << 48
  }

  /// Writes the code of each value, as its low 8 bits, and returns the indices of values without a
  /// code, which get 0.
  ///
  /// - Precondition: `codes` is as long as `values`.
  public func encode(_ values: Span<Float>, into codes: inout MutableSpan<UInt8>) -> [Int] {
    precondition(values.count == codes.count, "one code a value")
    let level = hwsim_formats_level()
    if level == 0 { return encodePlainly(values, into: &codes, range: 0..<values.count) }
    if var parameters {
      let isBad = values.withUnsafeBufferPointer { source in
        codes.withUnsafeMutableBufferPointer { target in
          source.baseAddress.map { base in
            hwsim_minifloat_f32(base, source.count, &parameters, target.baseAddress, level) != 0
          } ?? false
        }
      }
      // Only NaNs lack a code here.
      return isBad ? encodePlainly(values, into: &codes, range: 0..<values.count) : []
    }
    var invalid: [Int] = []
    let chunk = 4096
    for start in stride(from: 0, to: values.count, by: chunk) {
      let range = start..<min(start + chunk, values.count)
      let used = values.withUnsafeBufferPointer { source in
        codes.withUnsafeMutableBufferPointer { target in
          table.withUnsafeBufferPointer { table -> UInt16 in
            guard let x = source.baseAddress, let y = target.baseAddress else { return 0 }
            return hwsim_lookup_f32(x + start, range.count, table.baseAddress, y + start)
          }
        }
      }
      if used >= Self.invalid { invalid += resolve(values, into: &codes, range: range) }
    }
    return invalid
  }

  /// Casts the values of a chunk whose table entries are not codes.
  private func resolve(
    _ values: Span<Float>, into codes: inout MutableSpan<UInt8>, range: Range<Int>
  ) -> [Int] {
    var invalid: [Int] = []
    for index in range {
      let bits = values[index].bitPattern
      let entry = table[Int(bits >> 16)]
      let isBelow = bits & 0xffff < UInt32(truncatingIfNeeded: entry)
      let code = UInt16(truncatingIfNeeded: isBelow ? entry >> 32 : entry >> 48)
      if code == Self.invalid {
        codes[index] = 0
        invalid.append(index)
      } else if code >= Self.mixed {
        invalid += encodePlainly(values, into: &codes, range: index..<(index + 1))
      }
    }
    return invalid
  }

  private func encodePlainly(
    _ values: Span<Float>, into codes: inout MutableSpan<UInt8>, range: Range<Int>
  ) -> [Int] {
    var invalid: [Int] = []
    for index in range {
      if let code = rule.encode(ExactNumber<Int128>(values[index])) {
        codes[index] = UInt8(truncatingIfNeeded: code)
      } else {
        codes[index] = 0
        invalid.append(index)
      }
    }
    return invalid
  }
}

extension hwsim_minifloat {
  /// The parameters of a signed format of at most 8 bits with subnormals whose steps are float32
  /// numbers, or nil for another format or an overflow without a code.
  init?(_ format: FloatFormat, saturates: Bool) {
    let smallest = format.minimumExponent
    let magic = smallest - format.mantissaBits + 23
    guard format.isSigned, format.hasSubnormals, format.width <= 8, format.mantissaBits <= 6,
      (-126...127).contains(smallest), (-126...127).contains(magic)
    else { return nil }
    self.init()
    if saturates {
      overflow_code = Int32(format.maximumCode)
      overflow_signed = 1
    } else if let infinity = format.infinityCode {
      overflow_code = Int32(infinity)
      overflow_signed = 1
    } else if let nan = format.nanCode {
      overflow_code = Int32(nan)
      overflow_signed = 0
    } else {
      return nil
    }
    mantissa_bits = Int32(format.mantissaBits)
    rebias = Int32((127 - format.bias) * (1 << format.mantissaBits))
    normal_bits = Int32((smallest + 127) << 23)
    magic_bits = Int32((magic + 127) << 23)
    maximum_code = Int32(format.maximumCode)
    nan_code = format.nanCode.map { Int32($0) } ?? -1
    sign_bit = 1 << Int32(format.width - 1)
    negative_zero = format.hasNegativeZero ? 1 : 0
  }
}
