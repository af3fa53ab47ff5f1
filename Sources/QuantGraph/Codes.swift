public import Arith

/// The codes of a tensor, row-major, in the storage that the format asks for.
///
/// Integer cases hold codes; the float cases hold float32 or float64 tensors as numbers.
public enum Codes: Hashable, Sendable {
  case int8([Int8])
  case uint8([UInt8])
  case int16([Int16])
  case uint16([UInt16])
  case int32([Int32])
  case int64([Int64])
  case wide([Int512])
  case float32([Float])
  case float64([Double])

  public var count: Int {
    switch self {
    case .int8(let codes): codes.count
    case .uint8(let codes): codes.count
    case .int16(let codes): codes.count
    case .uint16(let codes): codes.count
    case .int32(let codes): codes.count
    case .int64(let codes): codes.count
    case .wide(let codes): codes.count
    case .float32(let codes): codes.count
    case .float64(let codes): codes.count
    }
  }

  /// Integer codes as 64-bit numbers; nil for floats and for wide codes that do not fit.
  public var int64: [Int64]? {
    switch self {
    case .int8(let codes): codes.map { Int64($0) }
    case .uint8(let codes): codes.map { Int64($0) }
    case .int16(let codes): codes.map { Int64($0) }
    case .uint16(let codes): codes.map { Int64($0) }
    case .int32(let codes): codes.map { Int64($0) }
    case .int64(let codes): codes
    case .wide(let codes):
      codes.allSatisfy { $0.significantBits <= 64 } ? codes.map(\.low64) : nil
    case .float32, .float64: nil
    }
  }

  /// Integer codes as 512-bit numbers; nil for floats.
  public var wide: [Int512]? {
    if case .wide(let codes) = self { return codes }
    return int64.map { $0.map { Int512($0) } }
  }
}
