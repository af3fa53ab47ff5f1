/// The extents of a tensor, outermost dimension first; row-major order.
///
/// Empty for a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  public let extents: [Int]
  /// Number of elements.
  public let count: Int

  /// Most elements that a tensor, or all tensors of a graph together, may have: their bits can be
  /// counted in an `Int`.
  public static let elementLimit = 1 << 56

  /// A shape whose extents, those of 0 taken as 1, have a product of at most ``elementLimit``.
  ///
  /// So the product of any of its extents fits in an `Int`.
  ///
  /// - Throws: ``GraphError/invalidShape(_:)`` for a negative extent or a larger product.
  public init(_ extents: [Int]) throws(GraphError) {
    guard let product = Self.boundedProduct(extents) else { throw .invalidShape(extents) }
    self.extents = extents
    count = extents.contains(0) ? 0 : product
  }

  /// A shape written in the source.
  ///
  /// - Precondition: no negative extent, and a product of at most ``elementLimit``.
  public init(arrayLiteral elements: Int...) {
    guard let product = Self.boundedProduct(elements) else {
      preconditionFailure("\(elements) is no shape")
    }
    extents = elements
    count = elements.contains(0) ? 0 : product
  }

  /// The product of the extents, those of 0 taken as 1.
  public var boundedCount: Int { extents.reduce(1) { $0 * max($1, 1) } }

  private static func boundedProduct(_ extents: [Int]) -> Int? {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
      guard extent >= 0, !overflow, next <= elementLimit else { return nil }
      product = next
    }
    return product
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
