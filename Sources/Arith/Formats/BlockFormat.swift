/// Elements that share a scale a block: `value = element * scale [* tensor scale]`.
public struct BlockFormat: Hashable, Sendable {
  /// Element encodings; a block uses the one that its choice names, 0 where there is only one.
  public let elements: [Encoding]
  /// Elements that share a scale, along the quantized axis; the last block may be shorter.
  public let blockSize: Int
  /// Encoding of the scales.
  public let scale: FloatFormat
  public let rule: ScaleRule

  /// How scales and codes are computed from values.
  public enum ScaleRule: String, CaseIterable, Hashable, Sendable {
    /// The shared exponent `floor(log2 max|x|) - emax`, clamped to the scale's range, of an all-zero
    /// block the smallest; elements of `x / scale`, ties to even, saturating (OCP MX 1.0, 6.3).
    case sharedExponent
    /// NVFP4: a float32 tensor scale `g = max|x| / (max scale * max element)`, block scales
    /// `max|x| / max element / g` to nearest even in the scale's encoding, elements of
    /// `x / (scale * g)`, saturating; each step rounded to float32. A block whose scale is 0 has
    /// codes 0 (gpu/gen_vectors.py, after NVIDIA's two-level recipe).
    case twoLevel
    /// Two-level without the tensor scale, which is 1.
    case oneLevel
    /// The largest magnitude as float32 scale, elements of the float32 quotient `x / scale`; of an
    /// all-zero block 1 (QLoRA's NF4; bitsandbytes multiplies by the reciprocal instead).
    case absoluteMaximum
    /// `max|x| / max|element|` in half precision, clamped to 1e-5...1e4, codes of the half-precision
    /// quotient, codebook ties to the smaller value; of several element encodings the first with the
    /// smallest mean squared error, itself in half precision (BitMoD, accel/gen_bitmod_quant.py).
    case halfMaximum
    /// As ``halfMaximum`` for unsigned integers with a zero point a block.
    case halfRange
    /// The exponent `floor(log2 max|x|)`, elements of `x / 2^exponent * (max|element| / 2)` in
    /// float32, values rounded to half precision (BitMoD's variant of MX).
    case normalizedExponent
  }

  /// - Throws: ``FormatError`` if the block is outside 1...65,536, there are no or more than 16
  ///   element encodings, one is not a scalar encoding of at most 16 bits, or the rule does not fit
  ///   the encodings (a scale that is no power of two under ``ScaleRule/sharedExponent``, elements
  ///   other than unsigned integers under ``ScaleRule/halfRange``).
  public init(
    elements: [Encoding], blockSize: Int, scale: FloatFormat, rule: ScaleRule
  ) throws(FormatError) {
    guard (1...65_536).contains(blockSize) else {
      throw .parameterOutOfRange("block size", value: blockSize, allowed: 1...65_536)
    }
    guard (1...16).contains(elements.count) else {
      throw .parameterOutOfRange("element encodings", value: elements.count, allowed: 1...16)
    }
    for element in elements {
      guard let width = element.scalarWidth, width <= 16 else {
        throw .unreadable("block", reason: "elements are scalar formats of at most 16 bits")
      }
      guard let range = element.finiteRange, range.upperBound > 0 else {
        throw .unreadable("block", reason: "an element encoding has no positive value")
      }
    }
    switch rule {
    case .sharedExponent, .normalizedExponent:
      guard scale.specials == .powerOfTwo, elements.count == 1 else {
        throw .unreadable(
          "block", reason: "a shared exponent is a power of two of one element encoding")
      }
    case .halfRange:
      guard elements.count == 1, case .fixed(let format) = elements[0], !format.isSigned,
        format.fractionBits == 0
      else {
        throw .unreadable("block", reason: "zero points need unsigned integer elements")
      }
    case .twoLevel, .oneLevel, .absoluteMaximum:
      guard elements.count == 1 else {
        throw .unreadable("block", reason: "only half-precision groups choose between encodings")
      }
    case .halfMaximum: break
    }
    self.elements = elements
    self.blockSize = blockSize
    self.scale = scale
    self.rule = rule
  }

  /// Bits of a stored value, scales and choices included, for whole blocks.
  public var bitsPerValue: Double {
    let element = elements.compactMap(\.scalarWidth).max() ?? 0
    let choice = elements.count > 1 ? Int64(elements.count - 1).significantBits - 1 : 0
    let zero = rule == .halfRange ? element : 0
    return Double(element) + Double(scale.width + choice + zero) / Double(blockSize)
  }

  /// Exponent of the leading bit of the largest element: OCP MX calls it emax.
  var elementExponent: Int {
    let maximum = elements[0].finiteRange?.upperBound ?? 1
    return Int(maximum.exponent)
  }
}

/// A tensor or row in a block format, in element order.
public struct BlockCodes: Hashable, Sendable {
  public var codes: [Int64]
  /// One code of the scale's encoding a block.
  public var scales: [UInt64]
  /// One index into the element encodings a block.
  public var choices: [Int]
  /// One zero point a block; empty where the rule has none.
  public var zeroPoints: [Int64]
  /// The tensor scale; 1 where the rule has none.
  public var tensorScale: Float

  public init(
    codes: [Int64], scales: [UInt64], choices: [Int]? = nil, zeroPoints: [Int64] = [],
    tensorScale: Float = 1
  ) {
    self.codes = codes
    self.scales = scales
    self.choices = choices ?? [Int](repeating: 0, count: scales.count)
    self.zeroPoints = zeroPoints
    self.tensorScale = tensorScale
  }
}
