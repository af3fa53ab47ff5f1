/// Running sums along an axis.
public struct CumulativeSum: Hashable, Sendable {
  /// Position of the axis, 0 the outermost.
  public let axis: Int
  /// Whether an element's own value is left out of its sum.
  public let isExclusive: Bool
  /// Whether sums run from the axis' end.
  public let isReversed: Bool

  public init(axis: Int, isExclusive: Bool = false, isReversed: Bool = false) {
    self.axis = axis
    self.isExclusive = isExclusive
    self.isReversed = isReversed
  }
}

extension Operator {
  /// Indices are `[..., depth]`: each row names an element or a block of the data.
  static func checkGatherND(inputs: [Tensor], result: Shape) throws(GraphError) {
    let (data, indices) = (inputs[0].shape, inputs[1].shape)
    guard let depth = indices.extents.last, depth <= data.rank else {
      throw .parameter("indices \(indices)", reason: "name at most \(data.rank) axes")
    }
    let expected = indices.extents.dropLast() + data.extents.dropFirst(depth)
    try requireShape("result", result, Array(expected))
    guard !data.extents.prefix(depth).contains(0) || result.count == 0 else {
      throw .parameter("data \(data)", reason: "have no elements to gather")
    }
  }
}
