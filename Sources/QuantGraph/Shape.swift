/// The extents of a tensor, outermost dimension first; row-major order.
///
/// Empty for a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  public let extents: [Int]
  /// Number of elements; a shape cannot exist if it overflows `Int` or an extent is negative.
  public let count: Int

  /// - Throws: ``GraphError/invalidShape(_:)`` for a negative extent or a count beyond `Int`.
  public init(_ extents: [Int]) throws(GraphError) {
    var count = 1
    for extent in extents {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { throw .invalidShape(extents) }
      count = product
    }
    self.extents = extents
    self.count = count
  }

  /// A shape written in the source.
  ///
  /// - Precondition: no negative extent, and the count fits in `Int`.
  public init(arrayLiteral elements: Int...) {
    precondition(elements.allSatisfy { $0 >= 0 }, "extents are not negative")
    extents = elements
    count = elements.reduce(1, *)
  }

  public var rank: Int { extents.count }

  public subscript(axis: Int) -> Int { extents[axis] }

  /// Elements between neighbours along each axis.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * extents[axis + 1]
    }
    return strides
  }

  /// The index along each axis of the element at `offset`.
  public func index(ofOffset offset: Int) -> [Int] {
    var rest = offset
    return strides.map { stride in
      defer { rest %= max(stride, 1) }
      return rest / max(stride, 1)
    }
  }
}

extension Shape: CustomStringConvertible {
  /// Extents joined by `x`, such as `25x5x64`; `scalar` if there are none.
  public var description: String {
    extents.isEmpty ? "scalar" : extents.map(String.init).joined(separator: "x")
  }
}
