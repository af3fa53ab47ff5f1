/// Writes FlatBuffers from descriptions, without alignment or sharing.
public struct FlatBufferWriter {
  public indirect enum Value {
    case byte(UInt8)
    case int(Int32)
    case long(Int64)
    case float(Float)
    case table([Int: Value])
    case tables([[Int: Value]])
    case ints([Int32])
    case longs([Int64])
    case floats([Float])
    case bytes([UInt8])
    case text(String)
  }

  private var bytes: [UInt8] = []

  /// A file whose root table has `fields`.
  public static func file(_ fields: [Int: Value], identifier: String = "TFL3") -> [UInt8] {
    var writer = FlatBufferWriter()
    writer.append(UInt32(0))
    writer.bytes += Array(identifier.utf8)
    let root = writer.write(table: fields)
    writer.patch(0, UInt32(root))
    return writer.bytes
  }

  private mutating func append<Number: FixedWidthInteger>(_ value: Number) {
    for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> Number(shift)))
    }
  }

  private mutating func patch(_ position: Int, _ value: UInt32) {
    for byte in 0..<4 {
      bytes[position + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte)))
    }
  }

  /// Position of the table.
  private mutating func write(table fields: [Int: Value]) -> Int {
    let ids = fields.keys.sorted()
    let virtualTable = bytes.count
    let entries = (ids.last ?? -1) + 1
    append(UInt16(4 + 2 * entries))
    var size = 4
    var offsets = [Int: Int]()
    for id in ids {
      offsets[id] = size
      switch fields[id] {
      case .byte: size += 1
      case .long: size += 8
      default: size += 4
      }
    }
    append(UInt16(size))
    for id in 0..<entries { append(UInt16(offsets[id] ?? 0)) }
    let position = bytes.count
    append(Int32(position - virtualTable))
    var children: [(at: Int, value: Value)] = []
    for id in ids {
      switch fields[id] {
      case .byte(let value): append(value)
      case .int(let value): append(value)
      case .long(let value): append(value)
      case .float(let value): append(value.bitPattern)
      case let value?:
        children.append((bytes.count, value))
        append(UInt32(0))
      case nil: break
      }
    }
    for child in children {
      let target = write(child.value)
      patch(child.at, UInt32(target - child.at))
    }
    return position
  }

  private mutating func write(_ value: Value) -> Int {
    let position = bytes.count
    switch value {
    case .table(let fields): return write(table: fields)
    case .tables(let tables):
      append(UInt32(tables.count))
      let first = bytes.count
      for _ in tables { append(UInt32(0)) }
      for (index, fields) in tables.enumerated() {
        let target = write(table: fields)
        patch(first + 4 * index, UInt32(target - first - 4 * index))
      }
    case .ints(let values):
      append(UInt32(values.count))
      for value in values { append(value) }
    case .longs(let values):
      append(UInt32(values.count))
      for value in values { append(value) }
    case .floats(let values):
      append(UInt32(values.count))
      for value in values { append(value.bitPattern) }
    case .bytes(let values):
      append(UInt32(values.count))
      bytes += values
    case .text(let text):
      append(UInt32(text.utf8.count))
      bytes += Array(text.utf8) + [0]
    case .byte, .int, .long, .float: break
    }
    return position
  }
}
