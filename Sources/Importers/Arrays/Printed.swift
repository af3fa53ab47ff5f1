/// Numbers as a C++ stream prints them by default: `%g` with 6 significant digits.
///
/// Source: ISO C++, [facet.num.put.virtuals] (no floatfield flag: `%g`, precision 6) and ISO C,
/// `fprintf`, conversion `g`. Rounding is of the exact binary value, ties to even, as in glibc.
public enum Printed {
  /// The text that `std::cout << value` gives, such as `0.998047`, `1e-05`, `-inf`.
  ///
  /// - Parameters:
  ///   - value: any double.
  ///   - digits: the stream's precision, 1 to 17.
  /// - Returns: the text, in the C locale.
  public static func likeCpp(_ value: Double, digits: Int = 6) -> String {
    precondition((1...17).contains(digits), "a precision of 1 to 17 digits")
    let sign = value.sign == .minus ? "-" : ""
    if value.isNaN { return sign + "nan" }
    if value.isInfinite { return sign + "inf" }
    if value == 0 { return sign + "0" }
    let decimal = rounded(value.magnitude, digits: digits)
    // Digits without the trailing zeros, which `%g` leaves out.
    var text = Array(String(decimal.significand).utf8)
    let leading = decimal.exponent + text.count - 1
    while text.count > 1, text.last == 0x30 { text.removeLast() }
    let shown = String(decoding: text, as: UTF8.self)
    guard leading >= -4, leading < digits else {
      let fraction = text.count > 1 ? "." + shown.dropFirst() : ""
      let power = String(leading.magnitude)
      return sign + String(shown.prefix(1)) + fraction + (leading < 0 ? "e-" : "e+")
        + (power.count < 2 ? "0" : "") + power
    }
    if leading < 0 {
      return sign + "0." + String(repeating: "0", count: -leading - 1) + shown
    }
    if text.count <= leading + 1 {
      return sign + shown + String(repeating: "0", count: leading + 1 - text.count)
    }
    return sign + shown.prefix(leading + 1) + "." + shown.dropFirst(leading + 1)
  }

  /// Whether `value`, printed with `digits` significant digits, gives text that reads as `token`.
  ///
  /// Up to 15 digits, equal doubles are equal texts (but for the sign of zero and of NaN, and ways
  /// to write an exponent), since no two such decimals have one nearest double; beyond 15 the
  /// doubles that the texts denote are compared. From 17 digits on the text denotes one double.
  public static func matches(_ value: Double, token: Double, digits: Int) -> Bool {
    // A double that is nearest to the token prints as the token.
    if value == token || (value.isNaN && token.isNaN) { return true }
    guard digits < 17, value.isFinite, token.isFinite, value != 0 else { return false }
    let decimal = rounded(value.magnitude, digits: max(1, digits))
    let printed =
      DecimalNumber.exact(decimal.significand, exponent: decimal.exponent)
      ?? DecimalNumber("\(decimal.significand)e\(decimal.exponent)".utf8)?.value
    return printed.map { value < 0 ? -$0 : $0 } == token
  }

  /// `magnitude` rounded to `digits` significant digits: `significand * 10^exponent`.
  ///
  /// The significand has exactly `digits` digits. Ties of the exact binary value go to even.
  /// - Precondition: `magnitude` is finite and positive; `digits` is 1 to 17.
  static func rounded(
    _ magnitude: Double, digits: Int
  ) -> (significand: UInt64, exponent: Int) {
    // magnitude = odd * 2^power, and 2^-n = 5^n * 10^-n: an integer and a power of ten.
    var odd =
      magnitude.significandBitPattern
      | (magnitude.isNormal ? 1 << UInt64(Double.significandBitCount) : 0)
    var power = (magnitude.isNormal ? Int(magnitude.exponentBitPattern) : 1) - 1075
    let zeros = odd.trailingZeroBitCount
    odd >>= UInt64(zeros)
    power += zeros
    let bits = UInt64.bitWidth - odd.leadingZeroBitCount
    let scale = min(power, 0)
    // 5^55 is below 2^128; three fifths of a bit a power are a safe bound: log2(5) < 2.33.
    if power >= 0 ? bits + power <= 128 : -power <= 54 && bits * 100 - power * 233 <= 12_800 {
      let integer =
        power >= 0 ? UInt128(odd) << UInt128(power) : UInt128(odd) * powersOfFive[-power]
      return round(integer, scale: scale, digits: digits)
    }
    return round(WideDecimal(odd, power: power).digits, scale: scale, digits: digits)
  }

  private static func round(
    _ integer: UInt128, scale: Int, digits: Int
  ) -> (significand: UInt64, exponent: Int) {
    var count = 1
    while count < 39, integer >= wholePowersOfTen[count] { count += 1 }
    guard count > digits else {
      return (
        UInt64(truncatingIfNeeded: integer * wholePowersOfTen[digits - count]),
        scale + count - digits
      )
    }
    let divisor = wholePowersOfTen[count - digits]
    let (quotient, remainder) = integer.quotientAndRemainder(dividingBy: divisor)
    let half = divisor / 2
    let up = remainder > half || (remainder == half && quotient & 1 == 1)
    return carried(
      UInt64(truncatingIfNeeded: quotient) + (up ? 1 : 0), scale + count - digits, digits)
  }

  /// The same on decimal digits, most significant first, for values of any size.
  private static func round(
    _ all: [UInt8], scale: Int, digits: Int
  ) -> (significand: UInt64, exponent: Int) {
    var quotient: UInt64 = 0
    for index in 0..<digits {
      quotient = quotient * 10 + UInt64(index < all.count ? all[index] : 0)
    }
    let exponent = scale + all.count - digits
    guard all.count > digits else { return (quotient, exponent) }
    let next = all[digits]
    let isTie = next == 5 && all[(digits + 1)...].allSatisfy { $0 == 0 }
    let up = isTie ? quotient & 1 == 1 : next >= 5
    return carried(quotient + (up ? 1 : 0), exponent, digits)
  }

  /// Rounding up 99...9 gives one digit more.
  private static func carried(
    _ significand: UInt64, _ exponent: Int, _ digits: Int
  ) -> (significand: UInt64, exponent: Int) {
    UInt128(significand) == wholePowersOfTen[digits]
      ? (significand / 10, exponent + 1) : (significand, exponent)
  }

  /// 10^0 to 10^22, which are exact doubles.
  static let powersOfTen: [Double] = (0...22).map { Double(wholePowersOfTen[$0]) }

  private static let wholePowersOfTen: [UInt128] = powers(of: 10, count: 39)
  private static let powersOfFive: [UInt128] = powers(of: 5, count: 55)

  private static func powers(of base: UInt128, count: Int) -> [UInt128] {
    var result: [UInt128] = [1]
    while result.count < count { result.append(result[result.count - 1] * base) }
    return result
  }
}

/// An integer of any size that is built by multiplication and read as decimal digits.
///
/// Doubles need at most 2,500 bits (53 bits times 5^1074).
private struct WideDecimal {
  /// Base 10^9, least significant first.
  private var limbs: [UInt32]

  /// `odd * 2^power`, or `odd * 5^-power` if `power` is negative; `odd` has at most 53 bits.
  init(_ odd: UInt64, power: Int) {
    // 53 bits are below 10^16.
    limbs = [UInt32(odd % 1_000_000_000), UInt32(odd / 1_000_000_000)]
    let base: UInt64 = power >= 0 ? 2 : 5
    // 2^28 and 5^12 are the largest steps below 2^32 whose products with a limb fit in 64 bits.
    let stepPower = power >= 0 ? 28 : 12
    var left = abs(power)
    while left > 0 {
      let step = min(left, stepPower)
      var factor: UInt64 = 1
      for _ in 0..<step { factor *= base }
      multiply(by: factor)
      left -= step
    }
  }

  private mutating func multiply(by factor: UInt64) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * factor + carry
      limbs[index] = UInt32(truncatingIfNeeded: product % 1_000_000_000)
      carry = product / 1_000_000_000
    }
    if carry > 0 { limbs.append(UInt32(truncatingIfNeeded: carry)) }
  }

  /// Decimal digits, most significant first, without leading zeros.
  var digits: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(limbs.count * 9)
    for limb in limbs.reversed() {
      var divisor: UInt32 = 100_000_000
      while divisor > 0 {
        let digit = UInt8(truncatingIfNeeded: limb / divisor % 10)
        if digit > 0 || !result.isEmpty { result.append(digit) }
        divisor /= 10
      }
    }
    return result
  }
}
