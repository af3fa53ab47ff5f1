/// A sum of exact terms in one fixed-point register, wide enough that nothing is ever lost.
///
/// The register of Kulisch's exact dot product (Computer Arithmetic and Validity, 2013): its lowest
/// bit is the lowest that a term can have, its width the whole range of terms plus growth.
public struct ExactAccumulator: Sendable {
  /// Two's complement, least significant limb first.
  private var limbs: [UInt64]
  /// Weight of bit 0.
  private let lowestExponent: Int
  private var positiveInfinity = false
  private var negativeInfinity = false
  private var isNaN = false
  private var hasTerms = false
  private var onlyNegativeZeros = true

  /// A register for up to 2^62 terms whose lowest bits have exponents in `exponents` and that have at
  /// most `bits` bits.
  public init(bits: Int, exponents: ClosedRange<Int>) {
    let width = bits + (exponents.upperBound - exponents.lowerBound) + 64
    limbs = [UInt64](repeating: 0, count: width / 64 + 1)
    lowestExponent = exponents.lowerBound
  }

  /// Width of the register in bits.
  public var width: Int { limbs.count * 64 }

  /// Makes the sum zero.
  public mutating func reset() {
    for index in limbs.indices { limbs[index] = 0 }
    positiveInfinity = false
    negativeInfinity = false
    isNaN = false
    hasTerms = false
    onlyNegativeZeros = true
  }

  /// Adds a term.
  ///
  /// - Precondition: a finite term's bits lie within the register.
  public mutating func add<Raw: RawInteger>(_ term: ExactNumber<Raw>) {
    hasTerms = true
    switch term.kind {
    case .notANumber: isNaN = true
    case .infinity:
      if term.isNegative { negativeInfinity = true } else { positiveInfinity = true }
    case .finite:
      if !(term.isZero && term.isNegative) { onlyNegativeZeros = false }
      if term.isZero { return }
      let shift = term.exponent - lowestExponent
      precondition(shift >= 0, "a term below the accumulator's lowest bit")
      var word = shift / 64
      let offset = UInt64(shift % 64)
      var carry: UInt64 = 0
      var rest = term.significand
      let fill: UInt64 = term.isNegative ? .max : 0
      var below: UInt64 = 0
      let count = (Raw.bitWidth + 63) / 64
      var index = 0
      while word < limbs.count {
        let source: UInt64
        if index < count {
          source = UInt64(bitPattern: rest.low64)
          rest = rest >> 64
        } else {
          source = fill
        }
        let part = offset == 0 ? source : (source << offset) | (below >> (64 - offset))
        below = source
        let (first, overflowA) = limbs[word].addingReportingOverflow(part)
        let (second, overflowB) = first.addingReportingOverflow(carry)
        limbs[word] = second
        carry = overflowA || overflowB ? 1 : 0
        // Above the term a positive number adds only its carry.
        if index > count && fill == 0 && carry == 0 { break }
        index += 1
        word += 1
      }
    }
  }

  /// The sum, exact if it has at most 500 significant bits, else with its lower bits in one sticky.
  ///
  /// `exactZeroIsNegative` is the sign of a zero sum of terms that are not all -0. With
  /// `keepingAbove` nil the highest bits are kept; otherwise the bits from that exponent up are kept
  /// modulo 2^490 together with the sign, which is what wrapping formats look at.
  public func sum(
    exactZeroIsNegative: Bool = false, keepingAbove lowest: Int? = nil
  ) -> ExactNumber<Int512> {
    if isNaN || (positiveInfinity && negativeInfinity) { return .notANumber }
    if positiveInfinity || negativeInfinity { return .infinity(isNegative: negativeInfinity) }
    let isNegative = Int64(bitPattern: limbs[limbs.count - 1]) < 0
    var magnitude = limbs
    if isNegative {
      var carry: UInt64 = 1
      for index in magnitude.indices {
        let (digit, overflow) = (~magnitude[index]).addingReportingOverflow(carry)
        magnitude[index] = digit
        carry = overflow ? 1 : 0
      }
    }
    guard let top = magnitude.lastIndex(where: { $0 != 0 }) else {
      let negative = hasTerms && onlyNegativeZeros ? true : exactZeroIsNegative
      return .zero(isNegative: negative)
    }
    // Seven limbs leave room for a sign and a sticky bit.
    var first = max(top - 6, 0)
    if let lowest {
      first = max(min(first, (lowest - lowestExponent) / 64 - 1), 0)
    }
    let kept = magnitude[first...min(first + 6, top)]
    var value = Int512(limbs: kept, signExtending: false) << 1
    if magnitude[..<first].contains(where: { $0 != 0 }) { value = value.settingLowestBit }
    // A sum that reaches above what was kept stays out of every range.
    if first + 6 < top { value = value | (Int512.one << 500) }
    return ExactNumber(
      kind: .finite, isNegative: isNegative, magnitude: value,
      exponent: lowestExponent + 64 * first - 1)
  }
}
