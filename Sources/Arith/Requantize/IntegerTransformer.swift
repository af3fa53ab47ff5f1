/// Integer-only forms of a transformer's functions: polynomials, shifts and compare loops.
///
/// Constants that depend on a scale are computed once, in binary32 as the published code does;
/// what runs on codes has integers only and no divider: quotients come from shift and subtract.
///
/// Source: Kim et al., "I-BERT: Integer-only BERT Quantization", ICML 2021, algorithms 1 to 4, and
/// its published code (`IntGELU`, `IntSoftmax`, `IntLayerNorm`).
public enum IntegerTransformer {
  /// Integers of GELU for one input scale: `x / 2 * (1 + erf(x / sqrt 2))`.
  ///
  /// erf is `sign * (a * (min(|x|, -b) + b)^2 + c)` with a = -0.2888, b = -1.769, c = 1/a.
  public struct GELU: Hashable, Sendable {
    /// Where the polynomial saturates, negated: `floor(-1.769 / s)`, s the scale over 1.4142.
    public let bound: Int64
    /// `floor(1 / (-0.2888 s^2))`.
    public let constant: Int64
    /// One at the scale of erf, `floor(1 / (-0.2888 s^2 2^14))`.
    public let one: Int64

    /// - Returns: nil unless the scale is positive and the constants fit in 40 bits.
    public init?(scale: Double) {
      let reduced = Float(scale) / Float(1.4142)
      let square = reduced * reduced
      let erfScale = Self.erfScale(for: scale)
      guard let bound = IntegerTransformer.floor(Float(-1.769) / reduced),
        let constant = IntegerTransformer.floor(Float(1 / -0.2888) / square),
        let one = IntegerTransformer.floor(1 / erfScale), reduced > 0
      else { return nil }
      self.bound = bound
      self.constant = constant
      self.one = one
    }

    /// The scale of results for an input scale; negative, as ``one`` is.
    public static func resultScale(for scale: Double) -> Double {
      scale * Double(erfScale(for: scale)) / 2
    }

    private static func erfScale(for scale: Double) -> Float {
      let reduced = Float(scale) / Float(1.4142)
      return reduced * reduced * Float(-0.2888) * 0x1p14
    }

    /// `code * (erf(code) + one)`; exact for codes of at most 16 bits.
    public func applied(to code: Int64) -> Int64 {
      let magnitude = min(code.magnitude, UInt64(bound.magnitude))
      let shifted = Int64(magnitude) + bound
      let polynomial = (shifted &* shifted &+ constant) &* code.signum()
      return code &* ((polynomial >> 14) &+ one)
    }
  }

  /// Integers of the exponential for one input scale.
  ///
  /// `x = -q ln 2 + r`; `exp(r)` is a second-order polynomial, a shift does the rest.
  public struct Exponential: Hashable, Sendable {
    /// `floor(-ln 2 / s)`.
    public let logarithmOfTwo: Int64
    public let linear: Int64
    public let constant: Int64
    /// Fraction bits that the shift keeps.
    public static let bits: Int64 = 30

    /// - Returns: nil unless the scale is positive, at most ln 2, and the constants fit in 30 bits.
    public init?(scale: Double) {
      let s = Float(scale)
      guard s > 0, let x0 = IntegerTransformer.floor(Float(-0.6931) / s), x0 < 0,
        let linear = IntegerTransformer.floor(Float(0.96963238 / 0.35815147) / s),
        let constant = IntegerTransformer.floor(Float(1 / 0.35815147) / (s * s)),
        constant < 1 << 30
      else { return nil }
      logarithmOfTwo = x0
      self.linear = linear
      self.constant = constant
    }

    /// `exp(code * s)` at a scale of its own, for codes not above 0; larger ones count as 0.
    public func applied(to code: Int64) -> Int64 {
      let clamped = max(min(code, 0), Self.bits &* logarithmOfTwo)
      // At most 30 steps: the quotient by a constant without a divider.
      var quotient: Int64 = 0
      var rest = clamped
      while rest <= logarithmOfTwo {
        rest &-= logarithmOfTwo
        quotient &+= 1
      }
      let polynomial = rest &* (rest &+ linear) &+ constant
      return max(0, polynomial << (Self.bits - quotient))
    }
  }

  /// The largest integer whose square is not above `value`; 0 for negative values.
  ///
  /// Bit by bit from the top, each a comparison and a subtraction.
  public static func squareRoot(_ value: Int64) -> Int64 {
    guard value > 0 else { return 0 }
    var rest = value
    var root: Int64 = 0
    var bit: Int64 = 1 << Int64((63 - value.leadingZeroBitCount) & ~1)
    while bit != 0 {
      if rest >= root &+ bit {
        rest &-= root &+ bit
        root = (root >> 1) &+ bit
      } else {
        root >>= 1
      }
      bit >>= 2
    }
    return root
  }

  /// Quotient and rest of numbers not below 0, by shift and subtract; a divisor of 0 gives 0.
  public static func quotient(_ value: Int64, by divisor: Int64) -> (quotient: Int64, rest: Int64) {
    guard value >= 0, divisor > 0 else { return (0, 0) }
    var quotient: Int64 = 0
    var rest: UInt64 = 0
    for bit in stride(from: Int64(62), through: 0, by: -1) {
      rest = rest << 1 | UInt64(value >> bit & 1)
      quotient <<= 1
      if rest >= UInt64(divisor) {
        rest -= UInt64(divisor)
        quotient |= 1
      }
    }
    return (quotient, Int64(rest))
  }

  /// What layer normalization makes of one row before scale and shift.
  public struct NormalizedRow: Hashable, Sendable {
    /// The mean, ties to even.
    public let mean: Int64
    public let squareSum: Int64
    public let deviation: Int64
    /// `floor(2^31 / deviation)`; 0 for a row without deviation.
    public let factor: Int64
    public let values: [Int64]
  }

  /// `floor((x - mean) * factor / 2)` for the codes of a row, at scale `2^-30 * sqrt(count)`.
  ///
  /// - Precondition: codes of at most 16 bits, at most 2^24 of them.
  public static func normalized(_ row: [Int64]) -> NormalizedRow {
    let sum = row.reduce(0, &+)
    let count = Int64(row.count)
    let (floor, rest) = quotient(Int64(sum.magnitude), by: count)
    let twice = rest &* 2
    let isUp = twice > count || (twice == count && floor & 1 == 1)
    let magnitude = floor + (isUp ? 1 : 0)
    let mean = sum < 0 ? -magnitude : magnitude
    let centered = row.map { $0 &- mean }
    let squareSum = centered.reduce(0) { $0 &+ $1 &* $1 }
    let deviation = squareRoot(squareSum)
    let factor = quotient(1 << 31, by: deviation).quotient
    return NormalizedRow(
      mean: mean, squareSum: squareSum, deviation: deviation, factor: factor,
      values: centered.map { ($0 &* factor) >> 1 })
  }

  /// Softmax of one row of codes with results of scale `2^-bits`.
  ///
  /// The exponentials are cut to 16 bits before they are summed (the published code does it with
  /// its 16-bit requantization), so that the factor `floor(2^32 / sum)` keeps its digits.
  public static func softmax(_ row: [Int64], _ exponential: Exponential, bits: Int64) -> [Int64] {
    let top = row.max() ?? 0
    let largest = exponential.applied(to: 0)
    let shift = max(0, Int64(64 - largest.leadingZeroBitCount) - 16)
    let powers = row.map { exponential.applied(to: $0 &- top) >> shift }
    let factor = quotient(1 << 32, by: powers.reduce(0, &+)).quotient
    return powers.map { ($0 &* factor) >> (32 - bits) }
  }

  /// The largest integer not above a binary32 number; nil beyond 40 bits.
  private static func floor(_ value: Float) -> Int64? {
    let floored = value.rounded(.down)
    return floored.magnitude < 0x1p40 ? Int64(floored) : nil
  }
}
