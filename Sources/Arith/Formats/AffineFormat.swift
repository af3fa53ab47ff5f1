/// An integer type whose codes stand for `scale * (code - zeroPoint)`.
///
/// Scale and zero point are single numbers (one element each) or one an index of `axis`.
public struct AffineFormat: Hashable, Sendable {
  /// Width of a code in bits, 1 to 64.
  public let width: Int
  public let isSigned: Bool
  /// Scales, exact binary64 values: one, or one an index of ``axis``.
  public let scales: [Double]
  /// Zero points: none (all zero), one, or one an index of ``axis``.
  public let zeroPoints: [Int64]
  /// The dimension along which scales vary; nil when there is one scale.
  public let axis: Int?

  /// - Throws: ``FormatError/parameterOutOfRange(_:value:allowed:)`` if the width is outside 1...64.
  public init(
    width: Int, isSigned: Bool, scales: [Double] = [1], zeroPoints: [Int64] = [],
    axis: Int? = nil
  ) throws(FormatError) {
    guard (1...64).contains(width) else {
      throw .parameterOutOfRange("width", value: width, allowed: 1...64)
    }
    self.width = width
    self.isSigned = isSigned
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }
}
