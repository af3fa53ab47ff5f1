/// A dense array of numbers of one type, in C (row-major) order.
///
/// An array without axes (`shape` empty) has one element.
public struct NDArray: Sendable, Equatable {
  public let shape: [Int]
  public let storage: Storage

  /// The elements, in C order, in the type they have in the file.
  public enum Storage: Sendable, Equatable {
    case bool([Bool])
    case int8([Int8])
    case int16([Int16])
    case int32([Int32])
    case int64([Int64])
    case uint8([UInt8])
    case uint16([UInt16])
    case uint32([UInt32])
    case uint64([UInt64])
    case float16([Float16])
    case float32([Float])
    case float64([Double])
  }

  /// An array of `values` in C order.
  ///
  /// - Precondition: no extent is negative, and their product is the number of values.
  public init(shape: [Int], storage: Storage) {
    precondition(
      NDArray.elementCount(of: shape) == storage.count, "an array's shape gives its element count")
    self.shape = shape
    self.storage = storage
  }

  /// An array of `values` in C order.
  ///
  /// - Precondition: no extent is negative, and their product is the number of values.
  public init<Element: ArrayElement>(shape: [Int], _ values: [Element]) {
    self.init(shape: shape, storage: Element.storage(values))
  }

  public var count: Int { storage.count }
  public var elementType: ElementType { storage.elementType }

  /// The product of `shape`, or nil if an extent is negative or a product overflows.
  ///
  /// Extents other than zero must have a product in range too, so that every partial product is.
  public static func elementCount(of shape: [Int]) -> Int? {
    var product = 1
    var isEmpty = false
    for extent in shape {
      guard extent >= 0 else { return nil }
      guard extent > 0 else {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      product = next
    }
    return isEmpty ? 0 : product
  }

  /// The elements if they are of type `Element`, else nil.
  public func values<Element: ArrayElement>(as type: Element.Type = Element.self) -> [Element]? {
    Element.values(of: storage)
  }

  /// Every element as a `Double`; nil if one of 64-bit integer type is not exactly representable.
  ///
  /// False and true are 0 and 1.
  public func doubles() -> [Double]? {
    switch storage {
    case .bool(let values): values.map { $0 ? 1 : 0 }
    case .int8(let values): values.map { Double($0) }
    case .int16(let values): values.map { Double($0) }
    case .int32(let values): values.map { Double($0) }
    case .int64(let values): exactDoubles(values)
    case .uint8(let values): values.map { Double($0) }
    case .uint16(let values): values.map { Double($0) }
    case .uint32(let values): values.map { Double($0) }
    case .uint64(let values): exactDoubles(values)
    case .float16(let values): values.map { Double($0) }
    case .float32(let values): widened(values)
    case .float64(let values): values
    }
  }

  /// Several at a time, which `map` is not.
  private func widened(_ values: [Float]) -> [Double] {
    [Double](unsafeUninitializedCapacity: values.count) { target, count in
      values.withUnsafeBufferPointer { source in
        for index in source.indices { target[index] = Double(source[index]) }
      }
      count = values.count
    }
  }

  /// Every element as an `Int64`; nil if the type is floating point or a value is out of range.
  ///
  /// False and true are 0 and 1.
  public func integers() -> [Int64]? {
    switch storage {
    case .bool(let values): return values.map { $0 ? 1 : 0 }
    case .int8(let values): return values.map { Int64($0) }
    case .int16(let values): return values.map { Int64($0) }
    case .int32(let values): return values.map { Int64($0) }
    case .int64(let values): return values
    case .uint8(let values): return values.map { Int64($0) }
    case .uint16(let values): return values.map { Int64($0) }
    case .uint32(let values): return values.map { Int64($0) }
    case .uint64(let values):
      guard values.allSatisfy({ $0 <= UInt64(Int64.max) }) else { return nil }
      return values.map { Int64(truncatingIfNeeded: $0) }
    case .float16, .float32, .float64: return nil
    }
  }

  private func exactDoubles(_ values: [some FixedWidthInteger]) -> [Double]? {
    var result: [Double] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let exact = Double(exactly: value) else { return nil }
      result.append(exact)
    }
    return result
  }
}

extension NDArray.Storage {
  public var count: Int {
    switch self {
    case .bool(let values): values.count
    case .int8(let values): values.count
    case .int16(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    case .uint16(let values): values.count
    case .uint32(let values): values.count
    case .uint64(let values): values.count
    case .float16(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    }
  }

  public var elementType: NDArray.ElementType {
    switch self {
    case .bool: .bool
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    }
  }
}
