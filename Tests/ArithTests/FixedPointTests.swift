import Arith
import Testing

/// The rounding path of fixed-point numbers against a definition with whole numbers.
@Suite struct FixedPointTests {
  /// `raw / 2^dropped` rounded as the mode's description says, with remainders only.
  private static func rounded(_ raw: Int, dropping dropped: Int, _ mode: Quantization) -> Int {
    let unit = 1 << dropped
    let rest = ((raw % unit) + unit) % unit
    let floor = (raw - rest) / unit
    let isNegative = raw < 0
    /// The neighbour that is nearer, or the one that `tie` says.
    func nearest(_ tie: Bool) -> Int {
      2 * rest < unit ? floor : 2 * rest > unit ? floor + 1 : tie ? floor + 1 : floor
    }
    switch mode {
    case .truncate: return floor
    case .truncateToZero: return isNegative && rest > 0 ? floor + 1 : floor
    case .towardPositive: return rest > 0 ? floor + 1 : floor
    case .awayFromZero: return !isNegative && rest > 0 ? floor + 1 : floor
    case .round: return nearest(true)
    case .roundTiesToNegative: return nearest(false)
    case .roundTiesToZero: return nearest(isNegative)
    case .roundTiesAway: return nearest(!isNegative)
    case .roundTiesToEven: return nearest(floor % 2 != 0)
    case .roundTiesToOdd: return nearest(floor % 2 == 0)
    case .truncateMagnitude: return isNegative ? floor + 1 : floor
    case .jam: return floor % 2 == 0 ? floor + 1 : floor
    case .jamUnbiased: return rest > 0 && floor % 2 == 0 ? floor + 1 : floor
    }
  }

  /// The code of a whole number in a format of `width` bits.
  private static func fitted(
    _ value: Int, width: Int, isSigned: Bool, _ mode: Overflow
  ) -> Int {
    let count = 1 << width
    let lowest = isSigned ? -count / 2 : 0
    let highest = lowest + count - 1
    /// The number of the range that differs by a multiple of 2^width.
    func wrapped(_ value: Int) -> Int {
      let code = ((value % count) + count) % count
      return code > highest ? code - count : code
    }
    let isInside = (lowest...highest).contains(value)
    switch mode {
    case .wrap: return wrapped(value)
    case .saturate: return min(max(value, lowest), highest)
    case .saturateToZero: return isInside ? value : 0
    case .saturateSymmetric:
      return isSigned ? min(max(value, -highest), highest) : min(max(value, 0), highest)
    case .wrapSignMagnitude:
      if isInside { return value }
      // UG1399, AP_WRAP_SM: the sign becomes the least significant deleted bit; where that differs
      // from the remaining top bit, the remaining bits are inverted.
      let code = wrapped(value)
      let deleted = ((value - (((value % count) + count) % count)) / count) % 2 != 0
      return deleted == (code < 0) ? code : -code - 1
    case .numericStandard:
      if !isSigned { return wrapped(value) }
      let low = ((value % (count / 2)) + count / 2) % (count / 2)
      return value < 0 ? low - count / 2 : low
    }
  }

  @Test(
    "rounding: every mode, up to 6 dropped bits, all numbers of 11 bits",
    arguments: Quantization.allCases)
  func rounding(mode: Quantization) throws {
    let format = try FixedPointFormat(width: 16, integerBits: 16, quantization: mode)
    // Magnitude truncation moves negative numbers also where nothing is dropped.
    for dropped in (mode == .jam || mode == .truncateMagnitude ? 1 : 0)...6 {
      for raw in -1024...1023 {
        let cast = format.castReporting(raw: Int64(raw), sourceFractionBits: dropped)
        let expected = Self.rounded(raw, dropping: dropped, mode)
        #expect(
          cast.raw == Int64(expected), "\(raw) / 2^\(dropped) by \(mode.rawValue): \(expected)")
        #expect(!cast.isOverflow)
      }
    }
  }

  @Test(
    "assignment: every mode of overflow after every mode of rounding, widths 2 to 4",
    arguments: Overflow.allCases)
  func assignment(overflow: Overflow) throws {
    for isSigned in overflow == .wrapSignMagnitude ? [true] : [true, false] {
      for width in 2...4 {
        // How sign-magnitude wrapping sees rounded numbers is in the recorded cases.
        for mode in overflow == .wrapSignMagnitude ? [.truncate] : Quantization.allCases {
          let format = try FixedPointFormat(
            width: width, integerBits: width, isSigned: isSigned, quantization: mode,
            overflow: overflow)
          for dropped in 1...3 {
            for raw in -100...100 {
              let cast: Int64 = format.cast(raw: Int64(raw), sourceFractionBits: dropped)
              let value = Self.rounded(raw, dropping: dropped, mode)
              let expected = Self.fitted(
                value, width: width, isSigned: isSigned, overflow)
              #expect(
                cast == Int64(expected),
                "\(raw) / 2^\(dropped) to \(width) bits, \(mode.rawValue), \(overflow.rawValue)")
            }
          }
        }
      }
    }
  }

  @Test("numbers with fewer fraction bits are shifted up, exactly, and overflow as values do")
  func leftShifts() throws {
    for overflow in [Overflow.wrap, .saturate, .saturateToZero] {
      let format = try FixedPointFormat(width: 6, integerBits: 3, overflow: overflow)
      for shift in 0...8 {
        for raw in -40...40 {
          let cast = format.castReporting(raw: Int64(raw), sourceFractionBits: 3 - shift)
          let expected = Self.fitted(
            raw << shift, width: 6, isSigned: true, overflow)
          #expect(cast.raw == Int64(expected) && !cast.isInexact)
          #expect(cast.isOverflow == !(-32...31).contains(raw << shift))
        }
      }
    }
  }

  @Test("what a cast reports: inexact where a dropped bit is set, overflow beyond the range")
  func reports() throws {
    let format = try FixedPointFormat(
      width: 4, integerBits: 4, quantization: .round, overflow: .saturate)
    for raw in -200...200 {
      let cast = format.castReporting(raw: Int64(raw), sourceFractionBits: 2)
      #expect(cast.isInexact == (raw % 4 != 0))
      let value = Self.rounded(raw, dropping: 2, .round)
      #expect(cast.isOverflow == !(-8...7).contains(value))
    }
  }

  @Test("64, 128 and 512 bits give the same codes", arguments: Quantization.allCases)
  func widths(mode: Quantization) throws {
    for overflow in Overflow.allCases {
      let format = try FixedPointFormat(
        width: 5, integerBits: 2, quantization: mode, overflow: overflow)
      for raw in stride(from: Int64(-3000), through: 3000, by: 7) {
        let narrow: Int64 = format.cast(raw: raw, sourceFractionBits: 9)
        let middle: Int128 = format.cast(raw: Int128(raw), sourceFractionBits: 9)
        let wide: Int512 = format.cast(raw: Int512(raw), sourceFractionBits: 9)
        #expect(Int128(narrow) == middle && Int512(narrow) == wide)
      }
    }
  }

  @Test("casting what is in the format changes nothing", arguments: Quantization.allCases)
  func idempotence(mode: Quantization) throws {
    // Magnitude truncation and jamming change codes that are in the format, by their definition.
    guard mode != .truncateMagnitude, mode != .jam else { return }
    for width in 1...8 {
      for isSigned in [true, false] {
        let format = try FixedPointFormat(
          width: width, integerBits: 3, isSigned: isSigned, quantization: mode)
        let low: Int64 = format.minimum()
        let high: Int64 = format.maximum()
        for raw in low...high {
          #expect(format.cast(raw: raw, sourceFractionBits: format.fractionBits) == raw)
        }
      }
    }
  }
}
