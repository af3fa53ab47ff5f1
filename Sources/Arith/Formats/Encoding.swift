/// How a tensor's codes become values.
///
/// A closed set of families; each new family is a case here and a file of its own.
public indirect enum Encoding: Hashable, Sendable {
  /// Fixed point, plain integers included (`ap_int<8>` has no fraction bits).
  case fixed(FixedPointFormat)
  /// Integers with scales and zero points.
  case affine(AffineFormat)
  /// Floating point; a float graph's tensors are `.float(.float32)`.
  case float(FloatFormat)
  /// Sign and exponent of a power of two, `sign * 2^exponent`.
  case powerOfTwo(PowerOfTwoFormat)
  /// A list of values.
  case codebook(Codebook)
  /// A list of vectors; the tensor has a trailing axis of their length.
  case vectors(VectorCodebook)
  /// Sums of scaled binary or ternary planes.
  case planes(PlanesFormat)
  /// Elements in another encoding that share a scale a block.
  case block(BlockFormat)
}

/// A signed power of two: one sign bit and a two's-complement exponent.
///
/// The code is `exponent * 2 + (isNegative ? 1 : 0)`; zero has no code (hls4ml's exponent type).
public struct PowerOfTwoFormat: Hashable, Sendable {
  /// Width of the exponent in bits, 1 to 16.
  public let exponentBits: Int

  /// - Throws: ``FormatError/parameterOutOfRange(_:value:allowed:)`` if the width is outside 1...16.
  public init(exponentBits: Int) throws(FormatError) {
    guard (1...16).contains(exponentBits) else {
      throw .parameterOutOfRange("exponent bits", value: exponentBits, allowed: 1...16)
    }
    self.exponentBits = exponentBits
  }

  /// Range of the exponent.
  public var exponents: ClosedRange<Int> {
    -(1 << (exponentBits - 1))...(1 << (exponentBits - 1)) - 1
  }
}
