internal import CKernels

/// Numbers of a floating-point format taken apart: signed significands and exponents, as block sums
/// multiply them.
///
/// A subnormal number has the smallest exponent and a significand below the leading bit's.
public struct BlockNumbers: Sendable {
  public let format: FloatFormat
  /// Zero for a zero; beside ``HWSIM_NO_EXPONENT`` ±1 for an infinity and 2 for a NaN.
  fileprivate(set) var significands: [Int32]
  /// Of the leading bit of a normal number; ``HWSIM_NO_EXPONENT`` for what is no number or zero.
  fileprivate(set) var exponents: [Int32]

  public var count: Int { significands.count }

  /// Codes of `format`.
  public init(codes: [Int64], format: FloatFormat) {
    self.format = format
    significands = [Int32](repeating: 0, count: codes.count)
    exponents = [Int32](repeating: HWSIM_NO_EXPONENT, count: codes.count)
    for (index, code) in codes.enumerated() {
      let number: ExactNumber<Int128> = format.decode(UInt64(bitPattern: code))
      switch number.kind {
      case .notANumber: significands[index] = 2
      case .infinity: significands[index] = number.isNegative ? -1 : 1
      case .finite:
        if number.isZero { continue }
        significands[index] = Int32(truncatingIfNeeded: number.significand.low64)
        exponents[index] = Int32(number.exponent + format.mantissaBits)
      }
    }
  }

  /// Float32 numbers as the conversions of the instruction set round them to `format`.
  ///
  /// 16-bit formats: to nearest, ties to even, infinite beyond the range (PTX ISA, `cvt.rn`); TF32:
  /// ties away from zero (`cvt.rna.tf32.f32`); formats of 8 bits and fewer: ties to even, the largest
  /// number beyond the range (`cvt.rn.satfinite`), a NaN of a format without one is its largest.
  ///
  /// - Precondition: an operand format of tensor cores.
  public init(_ values: UnsafeBufferPointer<Float>, format: FloatFormat) {
    precondition(format.mantissaBits < 23 && format.exponentBits <= 8, "an operand's format")
    self.format = format
    let count = values.count
    var significands = [Int32](repeating: 0, count: count)
    var exponents = [Int32](repeating: HWSIM_NO_EXPONENT, count: count)
    let rounding = BlockRounding(format)
    significands.withUnsafeMutableBufferPointer { significands in
      exponents.withUnsafeMutableBufferPointer { exponents in
        for index in 0..<count {
          (significands[index], exponents[index]) = rounding.parts(of: values[index].bitPattern)
        }
      }
    }
    self.significands = significands
    self.exponents = exponents
  }

  /// The code of a number that was taken apart; zeros and NaNs are all alike.
  public func code(_ index: Int) -> UInt64 { format.code(significands[index], exponents[index]) }
}

extension FloatFormat {
  fileprivate func code(_ significand: Int32, _ exponent: Int32) -> UInt64 {
    if exponent == HWSIM_NO_EXPONENT {
      switch significand {
      case 0: return 0
      case 1: return infinityCode ?? maximumCode
      case -1: return (infinityCode ?? maximumCode) | magnitudeCount
      default: return nanCode ?? maximumCode
      }
    }
    return encode(
      ExactNumber<Int128>(Int128(significand), scaledBy: Int(exponent) - mantissaBits)) ?? 0
  }
}

/// One rounding of float32 numbers to an operand's format; see ``BlockNumbers/init(_:format:)``.
private struct BlockRounding {
  let mantissaBits: Int32
  let smallest: Int32
  let largestExponent: Int32
  let largestSignificand: UInt32
  let tiesAway: Bool
  let saturates: Bool
  let hasNaN: Bool

  init(_ format: FloatFormat) {
    mantissaBits = Int32(format.mantissaBits)
    smallest = Int32(format.minimumExponent)
    let top: ExactNumber<Int128> = format.decode(format.maximumCode)
    largestExponent = Int32(top.exponent + format.mantissaBits)
    largestSignificand = UInt32(truncatingIfNeeded: top.magnitude.low64)
    tiesAway = format == .tf32
    saturates = format.width <= 8
    hasNaN = format.nanCode != nil
  }

  @inline(__always)
  func parts(of bits: UInt32) -> (significand: Int32, exponent: Int32) {
    let isNegative = bits >> 31 != 0
    let field = Int32(bits >> 23 & 0xFF)
    var significand = bits & 0x7F_FFFF
    if field == 0xFF {
      if significand != 0 {
        return hasNaN ? (2, HWSIM_NO_EXPONENT) : largest(isNegative: false)
      }
      return beyond(isNegative: isNegative)
    }
    if field != 0 { significand |= 0x80_0000 }
    let own = max(field, 1) - 127
    var exponent = max(own, smallest)
    // Below half of the smallest number nothing is left.
    let drop = UInt32(min(23 - mantissaBits + exponent - own, 30))
    var kept = significand >> drop
    let rest = significand & ((1 << drop) - 1)
    let half = UInt32(1) << (drop - 1)
    if rest > half || (rest == half && (tiesAway || kept & 1 == 1)) { kept += 1 }
    if kept == 0 { return (0, HWSIM_NO_EXPONENT) }
    if kept >> UInt32(mantissaBits + 1) != 0 {
      kept >>= 1
      exponent += 1
    }
    if exponent > largestExponent
      || (exponent == largestExponent && kept > largestSignificand)
    {
      return beyond(isNegative: isNegative)
    }
    return (isNegative ? -Int32(kept) : Int32(kept), exponent)
  }

  private func beyond(isNegative: Bool) -> (Int32, Int32) {
    saturates
      ? largest(isNegative: isNegative) : (isNegative ? -1 : 1, HWSIM_NO_EXPONENT)
  }

  private func largest(isNegative: Bool) -> (Int32, Int32) {
    (isNegative ? -Int32(largestSignificand) : Int32(largestSignificand), largestExponent)
  }
}

/// Rows of numbers as a block kernel reads them: padded with zeros to whole blocks.
struct BlockMatrix: Sendable {
  let format: FloatFormat
  let rows: Int
  /// Terms of a row that were given.
  let terms: Int
  /// Terms of a padded row; one block at least, which an accumulator goes through in any case.
  let depth: Int
  private(set) var significands: [Int32]
  private(set) var exponents: [Int32]
  /// Whether a row holds an infinity or a NaN.
  private(set) var isSpecial: [Bool]

  /// Row i holds the numbers at `starts[i] + offsets[k]`; a negative offset is a zero.
  ///
  /// - Precondition: the places are those of numbers.
  init(_ numbers: BlockNumbers, starts: [Int], offsets: [Int], block: Int) {
    format = numbers.format
    rows = starts.count
    terms = offsets.count
    depth = max((offsets.count + block - 1) / block, 1) * block
    var significands = [Int32](repeating: 0, count: rows * depth)
    var exponents = [Int32](repeating: HWSIM_NO_EXPONENT, count: rows * depth)
    var isSpecial = [Bool](repeating: false, count: rows)
    let depth = depth
    significands.withUnsafeMutableBufferPointer { significands in
      exponents.withUnsafeMutableBufferPointer { exponents in
        numbers.significands.withUnsafeBufferPointer { from in
          numbers.exponents.withUnsafeBufferPointer { fromExponents in
            offsets.withUnsafeBufferPointer { offsets in
              for row in starts.indices {
                let (start, target) = (starts[row], row * depth)
                var special = false
                for k in offsets.indices where offsets[k] >= 0 {
                  let place = start + offsets[k]
                  let (value, exponent) = (from[place], fromExponents[place])
                  significands[target + k] = value
                  exponents[target + k] = exponent
                  special = special || (exponent == HWSIM_NO_EXPONENT && value != 0)
                }
                isSpecial[row] = special
              }
            }
          }
        }
      }
    }
    self.significands = significands
    self.exponents = exponents
    self.isSpecial = isSpecial
  }

  /// Codes of `rows` rows of `depth` terms.
  init(_ codes: [Int64], format: FloatFormat, rows: Int, depth: Int, block: Int) {
    self.init(
      BlockNumbers(codes: codes, format: format), starts: (0..<rows).map { $0 * depth },
      offsets: Array(0..<depth), block: block)
  }

  /// The code of term k of a row.
  func code(_ row: Int, _ k: Int) -> UInt64 {
    format.code(significands[row * depth + k], exponents[row * depth + k])
  }
}
