/// A published rewrite of integer weights that leaves fewer bit planes to process, by name.
///
/// Groups run along the input channels of one kernel position, then along the positions and the
/// outputs; a layer with fewer channels than a group has groups of its channels.
public enum WeightRewrite: Hashable, Sendable {
  /// ``BitFlip``: common zero columns in sign-magnitude.
  case bitFlip(columns: Int, group: Int)
  /// ``BinaryPruning/Rule/roundedAverage``: low columns of two's complement become all alike.
  case roundedAverage(columns: Int, group: Int)
  /// ``BinaryPruning/Rule/zeroPointShift(bits:)``: the same of weights plus a constant of `bits` bits.
  case zeroPointShift(columns: Int, group: Int, bits: Int)

  /// Weights that share columns if a name does not say it, as in both papers.
  public static let defaultGroup = 32
  /// Weights of the largest group.
  public static let largestGroup = 65_536
  /// The names' grammar, for messages.
  public static let grammar =
    "bit-flip<COLUMNS[,GROUP]>, rounded-average<COLUMNS[,GROUP]> or "
    + "zero-point-shift<COLUMNS,GROUP,BITS>"

  /// Columns that are to be cleared, or made alike.
  public var columns: Int {
    switch self {
    case .bitFlip(let columns, _), .roundedAverage(let columns, _),
      .zeroPointShift(let columns, _, _):
      columns
    }
  }

  /// Weights that share columns.
  public var group: Int {
    switch self {
    case .bitFlip(_, let group), .roundedAverage(_, let group), .zeroPointShift(_, let group, _):
      group
    }
  }

  /// `bit-flip<3,32>`, `rounded-average<4,32>` or `zero-point-shift<4,32,6>`; ``init(name:)`` reads it
  /// back.
  public var name: String {
    switch self {
    case .bitFlip(let columns, let group): "bit-flip<\(columns),\(group)>"
    case .roundedAverage(let columns, let group): "rounded-average<\(columns),\(group)>"
    case .zeroPointShift(let columns, let group, let bits):
      "zero-point-shift<\(columns),\(group),\(bits)>"
    }
  }

  /// Nil for other texts, more than 15 columns, groups outside 1...65,536 and constants outside 1...8
  /// bits; a group that is left out has 32 weights.
  public init?(name: some StringProtocol) {
    guard let open = name.firstIndex(of: "<"), name.last == ">" else { return nil }
    let parts = name[name.index(after: open)...].dropLast()
      .split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, let columns = numbers.first,
      (0..<PlaneCode.widths.upperBound).contains(columns)
    else { return nil }
    let group = numbers.count > 1 ? numbers[1] : Self.defaultGroup
    guard (1...Self.largestGroup).contains(group) else { return nil }
    switch (name[..<open], numbers.count) {
    case ("bit-flip", 1...2): self = .bitFlip(columns: columns, group: group)
    case ("rounded-average", 1...2): self = .roundedAverage(columns: columns, group: group)
    case ("zero-point-shift", 3) where (1...8).contains(numbers[2]):
      self = .zeroPointShift(columns: columns, group: group, bits: numbers[2])
    default: return nil
    }
  }

  /// Rewrites the weights of a layer.
  ///
  /// - Parameters:
  ///   - weights: `outputs * positions * channels`, row-major, integers of `width` bits.
  ///   - width: bits of a weight, the sign included.
  ///   - channels: input channels of an output.
  /// - Returns: integers in the same order, each of `width` bits.
  /// - Throws: ``WeightRewriteError`` for a width without planes or with no more than
  ///   ``columns``, weights beyond `width` bits, and results beyond them, which a shift can have.
  public func callAsFunction(
    _ weights: [Int], width: Int, channels: Int
  ) throws(WeightRewriteError) -> [Int] {
    guard PlaneCode.widths.contains(width) else { throw .width(width) }
    let range = -(1 << (width - 1))...(1 << (width - 1)) - 1
    if let value = weights.first(where: { !range.contains($0) }) {
      throw .range(value, width: width)
    }
    let group = min(group, max(channels, 1))
    let rewritten: [Int]
    switch self {
    case .bitFlip(let columns, _):
      rewritten = try BitFlip(width: width, columns: columns, group: group)(weights)
    case .roundedAverage(let columns, _):
      rewritten = try BinaryPruning(
        .roundedAverage, width: width, columns: columns, group: group)(weights)
    case .zeroPointShift(let columns, _, let bits):
      rewritten = try BinaryPruning(
        .zeroPointShift(bits: bits), width: width, columns: columns, group: group)(weights)
    }
    if let value = rewritten.first(where: { !range.contains($0) }) {
      throw .range(value, width: width)
    }
    return rewritten
  }
}
