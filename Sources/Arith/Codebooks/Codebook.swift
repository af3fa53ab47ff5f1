/// A format whose codes stand for the values of a list.
///
/// The list is computed from a ``Definition``; irrational values are binary64, correctly rounded.
/// Rounding picks between neighbouring values; the boundary of the nearest modes is their midpoint,
/// or, for formats defined in the logarithmic domain, the midpoint there.
public struct Codebook: Hashable, Sendable {
  public let definition: Definition
  /// The code of each value, in the order of ``values``; signed where the definition's codes are.
  public let codes: [Int64]
  /// The values in ascending order; equal ones next to each other where two codes mean the same.
  public let values: [Double]
  /// Boundaries between neighbouring values, one fewer than values.
  let boundaries: [ExactNumber<Int512>]
  /// Number of bits of a code.
  public let width: Int
  /// Whether codes are two's complement.
  public let isSigned: Bool
  /// Position in ``values`` of each code from ``firstCode`` on; -1 where a code has no value.
  let positions: [Int32]
  public let firstCode: Int64

  /// Where the values come from.
  public enum Definition: Hashable, Sendable {
    /// A user's list: the value of code i is element i.
    case list([Double])
    /// 4-bit NormalFloat: quantiles of the normal distribution, 0 exact (QLoRA, arXiv 2305.14314,
    /// appendix E; the float32 table of bitsandbytes).
    case normalFloat4
    /// {-1, +1}.
    case binary
    /// {-1, 0, +1}, codes 0, 1, 2.
    case ternary
    /// ANT's flint of 4 or 5 bits (accel/FORMATS.md, checked against published software).
    case flint(bits: Int)
    /// BitMoD's FP3 {0, +-1, +-2, +-4} or FP4 {0, +-1, +-2, +-3, +-4, +-6, +-8, +-12}; the code of -0
    /// stands for `special` if there is one (BitMoD, HPCA 2025; checked against its software).
    case bitMoD(bits: Int, special: Double?)
    /// `2^(-q * numerator / denominator)` for codes q of `bits` bits: log2 (1/1), log sqrt 2 (1/2), and
    /// AdaLog's base `2^(q/r)` with r = 37 (arXiv 2407.12951; r and the rounding of
    /// `-log2(x) * r / q` checked against its software, which besides zeroes inputs that round
    /// past the last code and rounds the table of fractions to `1 / (2^(bits+1) - 2)`).
    case logarithmic(bits: Int, numerator: Int, denominator: Int)
    /// Shift-uniform-log2: `2^round(low + q * (high - low) / (2^bits - 1)) - shift` (I&S-ViT, arXiv
    /// 2311.10126; checked against its software).
    case shiftUniformLog2(bits: Int, shift: Double, low: Double, high: Double)
    /// `sign(q) * |q|^exponent` for signed codes without the minimum (NUPES, arXiv 2308.05600; the
    /// abstract was checked, the symmetric code range was not).
    case powerExponent(bits: Int, exponent: Double)
    /// `s * 2^e` without zero: sign bit, then e of `bits - 1` bits (DenseShift, arXiv 2208.09708;
    /// abstract).
    case denseShift(bits: Int)
    /// The codes of `fixed<width, integerBits>` that are sums of at most `terms` signed powers of two
    /// (QFX, arXiv 2401.17544; abstract).
    case signedPowers(width: Int, integerBits: Int, terms: Int)
    /// Additive powers of two: `n = magnitude bits / base` terms from
    /// `{0, 2^-i, 2^-(i+n), ..., 2^-(i+(2^base-2)n)}`, the field of term 0 most significant, after the
    /// sign bit if signed; without the scale gamma (APoT, arXiv 1909.13144, eq. 5; its software
    /// builds the same sets).
    case additivePowers(bits: Int, base: Int, isSigned: Bool)
  }

  /// The codebook of `definition`.
  ///
  /// - Throws: ``FormatError`` if a parameter is outside its range, or a list is empty, longer than
  ///   65,536, not finite or not distinct.
  public init(_ definition: Definition) throws(FormatError) {
    self.definition = definition
    let entries = try definition.entries()
    let order = entries.indices.sorted {
      (entries[$0].value, entries[$0].code) < (entries[$1].value, entries[$1].code)
    }
    codes = order.map { entries[$0].code }
    values = order.map { entries[$0].value }
    boundaries = definition.boundaries(ascending: values, codes: codes)
    let lowest = codes.min() ?? 0
    let highest = codes.max() ?? 0
    isSigned = lowest < 0
    width = max(
      isSigned ? max(lowest.significantBits, highest.significantBits) : highest.significantBits - 1,
      1)
    firstCode = lowest
    var positions = [Int32](repeating: -1, count: Int(highest - lowest) + 1)
    for (position, code) in codes.enumerated() {
      positions[Int(code - lowest)] = Int32(position)
    }
    self.positions = positions
  }

  public static func == (lhs: Codebook, rhs: Codebook) -> Bool { lhs.definition == rhs.definition }

  public func hash(into hasher: inout Hasher) { hasher.combine(definition) }

  /// The value of `code`, or nil if no value has it.
  public func value(of code: Int64) -> Double? {
    let index = code.subtractingReportingOverflow(firstCode)
    guard !index.overflow, positions.indices.contains(Int(index.partialValue)) else { return nil }
    let position = positions[Int(index.partialValue)]
    return position < 0 ? nil : values[Int(position)]
  }
}
