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

  /// - Throws: ``FormatError`` if the width is outside 1...64, a scale is no finite, positive number,
  ///   a zero point has more than one bit beyond the width, the axis is negative, or there are
  ///   several scales or zero points without an axis, or of each another number.
  public init(
    width: Int, isSigned: Bool, scales: [Double] = [1], zeroPoints: [Int64] = [],
    axis: Int? = nil
  ) throws(FormatError) {
    guard (1...64).contains(width) else {
      throw .parameterOutOfRange("width", value: width, allowed: 1...64)
    }
    if let axis, axis < 0 {
      throw .parameterOutOfRange("axis", value: axis, allowed: 0...Int.max)
    }
    let count = max(scales.count, zeroPoints.count)
    guard !scales.isEmpty, scales.count == 1 || scales.count == count,
      zeroPoints.count <= 1 || zeroPoints.count == count, count == 1 || axis != nil
    else {
      throw .scaleCounts(
        scales: scales.count, zeroPoints: zeroPoints.count, hasAxis: axis != nil)
    }
    for scale in scales where !(scale.isFinite && scale > 0) { throw .scale(scale) }
    if width < 62 {
      let most = 1 << width
      for zeroPoint in zeroPoints where !(-most...most).contains(Int(zeroPoint)) {
        throw .parameterOutOfRange("zero point", value: Int(zeroPoint), allowed: -most...most)
      }
    }
    self.width = width
    self.isSigned = isSigned
    self.scales = scales
    self.zeroPoints = zeroPoints
    self.axis = axis
  }
}
