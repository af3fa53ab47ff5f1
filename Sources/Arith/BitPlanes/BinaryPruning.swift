/// The binary pruning of BBS: low columns of a group become all alike, zeros or ones.
///
/// Bi-directional bit sparsity skips a column of equal bits, whichever they are, so that a group of
/// weights keeps `width - columns` columns and a few bits of side information (Chen et al., BBS,
/// MICRO 2024; both rules checked against the authors' software, accel/bitserial_shared.npz).
public struct BinaryPruning: Hashable, Sendable {
  public enum Rule: Hashable, Sendable {
    /// Low bits of two's complement become their mean over the group, rounded half to even; up to
    /// `width - 5` columns that repeat the sign count as pruned.
    case roundedAverage
    /// A constant of `bits` bits is added to the group and magnitudes are cut as in ``BitFlip``;
    /// of the constants with the least squared error the lowest is taken.
    case zeroPointShift(bits: Int)
  }

  public let rule: Rule
  /// Bits of a weight, the sign included.
  public let width: Int
  /// Columns that are pruned.
  public let columns: Int
  /// Weights that share columns, following one another along the input channels.
  public let group: Int

  /// - Throws: ``WeightRewriteError`` unless `0 <= columns < width`, the width has planes, the
  ///   constant 1 to 8 bits, and the group is positive.
  public init(
    _ rule: Rule, width: Int = 8, columns: Int, group: Int
  ) throws(WeightRewriteError) {
    guard PlaneCode.widths.contains(width) else { throw .width(width) }
    guard (0..<width).contains(columns) else { throw .columns(columns, width: width) }
    guard group > 0 else { throw .group(group) }
    if case .zeroPointShift(let bits) = rule, !(1...8).contains(bits) { throw .width(bits) }
    self.rule = rule
    self.width = width
    self.columns = columns
    self.group = group
  }

  /// - Parameter weights: integers of `width` bits with the input channel innermost.
  /// - Returns: as many integers; a shifted group may go beyond `width` bits by its constant.
  public func callAsFunction(_ weights: [Int]) -> [Int] {
    switch rule {
    case .roundedAverage: rewritingGroups(of: weights, group: group, average)
    case .zeroPointShift(let bits):
      rewritingGroups(of: weights, group: group) { shift($0, constants: 1 << bits) }
    }
  }

  private func average(_ weights: ArraySlice<Int>) -> [Int] {
    let words = weights.map { Int(PlaneCode.twosComplement.word(of: $0, width: width)) }
    // Bit b differs from the sign somewhere in the group.
    let differing = words.reduce(0) { $0 | ($1 ^ ($1 >> (width - 1) == 0 ? 0 : (1 << width) - 1)) }
    let redundant = (1..<max(width - 4, 1)).prefix { (differing >> (width - 1 - $0)) & 1 == 0 }
    let lowBits = columns - redundant.count
    let signed = words.map { $0 >> (width - 1) == 0 ? $0 : $0 - 1 << width }
    guard lowBits > 0 else { return signed }
    let mask = (1 << lowBits) - 1
    let mean = Self.halfEven(words.reduce(0) { $0 + ($1 & mask) }, over: words.count)
    return signed.map { $0 & ~mask | mean }
  }

  private static func halfEven(_ sum: Int, over count: Int) -> Int {
    let (quotient, rest) = sum.quotientAndRemainder(dividingBy: count)
    let isUp = 2 * rest > count || (2 * rest == count && quotient & 1 == 1)
    return isUp ? quotient + 1 : quotient
  }

  private func shift(_ weights: ArraySlice<Int>, constants: Int) -> [Int] {
    var best = [Int](weights)
    var bestError = Int.max
    for constant in (-constants / 2)..<((constants + 1) / 2) {
      let moved = cut(weights.map { $0 + constant }).map { $0 - constant }
      let error = zip(moved, weights).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      if error < bestError { (best, bestError) = (moved, error) }
    }
    return best
  }

  /// Magnitudes with all columns but the first `width - columns - 1` used ones cleared.
  private func cut(_ weights: [Int]) -> [Int] {
    let bound = (1 << (width - 1)) - 1
    let clamped = weights.map { min(max($0, -bound), bound) }
    let used = clamped.reduce(0) { $0 | abs($1) }
    let leading = width - 1 - (Int.bitWidth - used.leadingZeroBitCount)
    let cleared = columns - leading
    guard cleared > 0, columns < width - 1 else { return clamped }
    let rounding = MagnitudeRounding(freeBits: width - 1 - leading, clearedBits: cleared)
    return clamped.map { $0 < 0 ? -rounding(-$0) : rounding($0) }
  }
}
