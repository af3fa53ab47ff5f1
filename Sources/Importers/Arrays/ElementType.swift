extension NDArray {
  /// The types of elements that array files hold; raw values are numpy's names.
  public enum ElementType: String, Sendable, Hashable, CaseIterable {
    case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64

    /// Bytes an element takes in a file.
    public var byteCount: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16, .float16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    public var isFloatingPoint: Bool {
      switch self {
      case .float16, .float32, .float64: true
      default: false
      }
    }

    /// The values of an integer type; nil for floating point, 0 to 1 for `bool`.
    public var integerRange: ClosedRange<Int128>? {
      switch self {
      case .bool: 0...1
      case .int8: Int128(Int8.min)...Int128(Int8.max)
      case .int16: Int128(Int16.min)...Int128(Int16.max)
      case .int32: Int128(Int32.min)...Int128(Int32.max)
      case .int64: Int128(Int64.min)...Int128(Int64.max)
      case .uint8: 0...Int128(UInt8.max)
      case .uint16: 0...Int128(UInt16.max)
      case .uint32: 0...Int128(UInt32.max)
      case .uint64: 0...Int128(UInt64.max)
      case .float16, .float32, .float64: nil
      }
    }

    /// The smallest integer type that holds `range`, or nil if 64 bits are too few.
    ///
    /// Unsigned if nothing in the range is negative, unless `signed` asks for a signed type.
    public static func smallestInteger(
      holding range: ClosedRange<Int128>, signed: Bool = false
    ) -> ElementType? {
      let candidates: [ElementType] =
        range.lowerBound < 0 || signed
        ? [.int8, .int16, .int32, .int64] : [.uint8, .uint16, .uint32, .uint64]
      return candidates.first { candidate in
        guard let held = candidate.integerRange else { return false }
        return held.lowerBound <= range.lowerBound && range.upperBound <= held.upperBound
      }
    }

    /// Kind and size as in the `descr` of an NPY header (numpy, `numpy.lib.format`).
    var code: String {
      switch self {
      case .bool: "b1"
      case .int8: "i1"
      case .int16: "i2"
      case .int32: "i4"
      case .int64: "i8"
      case .uint8: "u1"
      case .uint16: "u2"
      case .uint32: "u4"
      case .uint64: "u8"
      case .float16: "f2"
      case .float32: "f4"
      case .float64: "f8"
      }
    }
  }
}

/// A Swift type whose arrays an ``NDArray`` holds.
public protocol ArrayElement: BitwiseCopyable, Sendable {
  static var elementType: NDArray.ElementType { get }
  static func storage(_ values: [Self]) -> NDArray.Storage
  /// The values of `storage` if it holds this type, else nil.
  static func values(of storage: NDArray.Storage) -> [Self]?
  /// The value whose bytes are in the opposite order.
  var byteSwapped: Self { get }
}

extension Bool: ArrayElement {
  public static var elementType: NDArray.ElementType { .bool }
  public static func storage(_ values: [Bool]) -> NDArray.Storage { .bool(values) }
  public static func values(of storage: NDArray.Storage) -> [Bool]? {
    if case .bool(let values) = storage { values } else { nil }
  }
  public var byteSwapped: Bool { self }
}

extension Int8: ArrayElement {
  public static var elementType: NDArray.ElementType { .int8 }
  public static func storage(_ values: [Int8]) -> NDArray.Storage { .int8(values) }
  public static func values(of storage: NDArray.Storage) -> [Int8]? {
    if case .int8(let values) = storage { values } else { nil }
  }
}

extension Int16: ArrayElement {
  public static var elementType: NDArray.ElementType { .int16 }
  public static func storage(_ values: [Int16]) -> NDArray.Storage { .int16(values) }
  public static func values(of storage: NDArray.Storage) -> [Int16]? {
    if case .int16(let values) = storage { values } else { nil }
  }
}

extension Int32: ArrayElement {
  public static var elementType: NDArray.ElementType { .int32 }
  public static func storage(_ values: [Int32]) -> NDArray.Storage { .int32(values) }
  public static func values(of storage: NDArray.Storage) -> [Int32]? {
    if case .int32(let values) = storage { values } else { nil }
  }
}

extension Int64: ArrayElement {
  public static var elementType: NDArray.ElementType { .int64 }
  public static func storage(_ values: [Int64]) -> NDArray.Storage { .int64(values) }
  public static func values(of storage: NDArray.Storage) -> [Int64]? {
    if case .int64(let values) = storage { values } else { nil }
  }
}

extension UInt8: ArrayElement {
  public static var elementType: NDArray.ElementType { .uint8 }
  public static func storage(_ values: [UInt8]) -> NDArray.Storage { .uint8(values) }
  public static func values(of storage: NDArray.Storage) -> [UInt8]? {
    if case .uint8(let values) = storage { values } else { nil }
  }
}

extension UInt16: ArrayElement {
  public static var elementType: NDArray.ElementType { .uint16 }
  public static func storage(_ values: [UInt16]) -> NDArray.Storage { .uint16(values) }
  public static func values(of storage: NDArray.Storage) -> [UInt16]? {
    if case .uint16(let values) = storage { values } else { nil }
  }
}

extension UInt32: ArrayElement {
  public static var elementType: NDArray.ElementType { .uint32 }
  public static func storage(_ values: [UInt32]) -> NDArray.Storage { .uint32(values) }
  public static func values(of storage: NDArray.Storage) -> [UInt32]? {
    if case .uint32(let values) = storage { values } else { nil }
  }
}

extension UInt64: ArrayElement {
  public static var elementType: NDArray.ElementType { .uint64 }
  public static func storage(_ values: [UInt64]) -> NDArray.Storage { .uint64(values) }
  public static func values(of storage: NDArray.Storage) -> [UInt64]? {
    if case .uint64(let values) = storage { values } else { nil }
  }
}

extension Float16: ArrayElement {
  public static var elementType: NDArray.ElementType { .float16 }
  public static func storage(_ values: [Float16]) -> NDArray.Storage { .float16(values) }
  public static func values(of storage: NDArray.Storage) -> [Float16]? {
    if case .float16(let values) = storage { values } else { nil }
  }
  public var byteSwapped: Float16 { Float16(bitPattern: bitPattern.byteSwapped) }
}

extension Float: ArrayElement {
  public static var elementType: NDArray.ElementType { .float32 }
  public static func storage(_ values: [Float]) -> NDArray.Storage { .float32(values) }
  public static func values(of storage: NDArray.Storage) -> [Float]? {
    if case .float32(let values) = storage { values } else { nil }
  }
  public var byteSwapped: Float { Float(bitPattern: bitPattern.byteSwapped) }
}

extension Double: ArrayElement {
  public static var elementType: NDArray.ElementType { .float64 }
  public static func storage(_ values: [Double]) -> NDArray.Storage { .float64(values) }
  public static func values(of storage: NDArray.Storage) -> [Double]? {
    if case .float64(let values) = storage { values } else { nil }
  }
  public var byteSwapped: Double { Double(bitPattern: bitPattern.byteSwapped) }
}
