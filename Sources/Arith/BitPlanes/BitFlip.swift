/// BitWave's bit flip: weights of a group get common zero columns at the least squared error.
///
/// In sign-magnitude, a column (plane) that is zero in a whole group costs neither time nor memory.
/// Columns that are zero already count; further ones are made from the least significant up. From
/// the column after the last zero one on, magnitudes become the nearest multiple of the step that
/// the cleared columns leave, ties to the smaller (Shi et al., BitWave, HPCA 2024; rule and groups
/// checked against the BBS authors' software, accel/bitserial_shared.npz).
///
/// What holds of a group then: columns that were zero stay zero, and at least ``columns`` are, with
/// one exception. Where the column just above those that would be cleared is zero in the whole group,
/// or is the sign (`columns == width - 1`), the published rule has nothing to round and leaves the
/// group as it is, with its fewer zero columns. The least integer `-2^(width - 1)` has no magnitude
/// and counts as the one above it.
public struct BitFlip: Hashable, Sendable {
  /// Bits of a weight, the sign included.
  public let width: Int
  /// Zero columns that a group is to have.
  public let columns: Int
  /// Weights that share columns, following one another along the input channels.
  public let group: Int

  /// - Throws: ``WeightRewriteError`` unless `0 <= columns < width`, the width has planes and the
  ///   group is positive.
  public init(width: Int = 8, columns: Int, group: Int = 32) throws(WeightRewriteError) {
    guard PlaneCode.widths.contains(width) else { throw .width(width) }
    guard (0..<width).contains(columns) else { throw .columns(columns, width: width) }
    guard group > 0 else { throw .group(group) }
    self.width = width
    self.columns = columns
    self.group = group
  }

  /// - Parameter weights: integers with the input channel innermost.
  /// - Returns: as many integers, clamped to plus and minus `2^(width - 1) - 1`.
  public func callAsFunction(_ weights: [Int]) -> [Int] {
    rewritingGroups(of: weights, group: group, flip)
  }

  private func flip(_ weights: ArraySlice<Int>) -> [Int] {
    let bound = (1 << (width - 1)) - 1
    let clamped = weights.map { min(max($0, -bound), bound) }
    let used = clamped.reduce(0) { $0 | abs($1) }
    func isZero(column: Int) -> Bool { (used >> (width - 1 - column)) & 1 == 0 }
    // Columns are counted from the sign (0) down; those from `pruned` on have to be zero.
    var pruned = width - columns
    for column in 1..<width where column < pruned && isZero(column: column) { pruned += 1 }
    guard pruned < width else { return clamped }
    let free = ((1..<width).last { $0 < pruned && isZero(column: $0) } ?? 0) + 1
    guard free < pruned else { return clamped }
    let rounding = MagnitudeRounding(freeBits: width - free, clearedBits: width - pruned)
    return clamped.map { $0 < 0 ? -rounding(-$0) : rounding($0) }
  }
}

/// Low bits of a magnitude moved to a multiple of a power of two that they have room for.
struct MagnitudeRounding {
  /// Bits that may change; those above stay.
  let freeBits: Int
  /// Bits of them that become zero.
  let clearedBits: Int

  /// The nearest magnitude, the smaller of two that are as near.
  func callAsFunction(_ magnitude: Int) -> Int {
    guard clearedBits > 0 else { return magnitude }
    let low = magnitude & ((1 << freeBits) - 1)
    let steps = (low + (1 << (clearedBits - 1)) - 1) >> clearedBits
    return magnitude - low + min(steps, (1 << (freeBits - clearedBits)) - 1) << clearedBits
  }
}

extension BitFlip {
  /// Flips weights whose channels are not innermost.
  ///
  /// - Parameters:
  ///   - weights: `outputs * channels * area`, row-major; the count is a multiple of both extents.
  ///   - channels: input channels of an output.
  ///   - area: kernel positions.
  /// - Returns: integers in the same order.
  public func alongChannels(_ weights: [Int], channels: Int, area: Int) -> [Int] {
    guard area > 1 else { return self(weights) }
    let block = channels * area
    func index(_ position: Int) -> Int {
      let (output, rest) = position.quotientAndRemainder(dividingBy: block)
      let (place, channel) = rest.quotientAndRemainder(dividingBy: channels)
      return output * block + channel * area + place
    }
    let flipped = self(weights.indices.map { weights[index($0)] })
    var result = weights
    for (position, value) in flipped.enumerated() { result[index(position)] = value }
    return result
  }
}
