/// Writes FlexBuffers whose root is a map, every part 4 bytes wide.
public enum FlexBufferWriter {
  public enum Value: Sendable {
    case null
    case integer(Int32)
    case real(Float)
    case truth(Bool)
    /// An empty text.
    case text
  }

  /// A map; keys in ascending order, as readers that search by halves need them.
  public static func map(_ values: [String: Value]) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ number: UInt32) {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
      }
    }
    let keys = values.keys.sorted()
    var places: [Int] = []
    for key in keys {
      places.append(bytes.count)
      bytes += Array(key.utf8) + [0]
    }
    append(UInt32(keys.count))
    let keyVector = bytes.count
    for place in places { append(UInt32(bytes.count - place)) }
    append(UInt32(bytes.count - keyVector))
    append(4)
    append(UInt32(keys.count))
    let map = bytes.count
    var kinds: [UInt8] = []
    for key in keys {
      switch values[key] ?? .null {
      case .null:
        append(0)
        kinds.append(0 << 2)
      case .integer(let value):
        append(UInt32(bitPattern: value))
        kinds.append(1 << 2 | 2)
      case .real(let value):
        append(value.bitPattern)
        kinds.append(3 << 2 | 2)
      case .truth(let value):
        append(value ? 1 : 0)
        kinds.append(26 << 2)
      case .text:
        append(UInt32(bytes.count - map + 13))
        kinds.append(5 << 2)
      }
    }
    bytes += kinds
    append(UInt32(bytes.count - map))
    return bytes + [9 << 2 | 2, 4]
  }
}
