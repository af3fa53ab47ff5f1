/// A FlexBuffer whose root is a map from names to numbers: what custom operators keep their options
/// in.
///
/// Every offset, width and count is checked before use. Source: the FlatBuffers project, "FlexBuffers"
/// (`docs/source/internals.md`, section "FlexBuffers", and `flexbuffers.h`).
struct FlexBuffer {
  enum Value: Hashable {
    case null
    case integer(Int64)
    case unsigned(UInt64)
    case real(Double)
    /// A text, a vector or another value that is no number.
    case other
  }

  /// Values by name.
  let map: [String: Value]

  /// Reads the map in the bytes `range` of `file`.
  ///
  /// - Throws: ``FlatBufferDefect`` for a root that is no map, or a structure that leads out of the
  ///   range.
  init(_ file: FlatBuffer, at range: Range<Int>) throws(FlatBufferDefect) {
    map = try Reader(file: file, range: range).rootMap()
  }

  /// The packed kinds of values; those that are not named here are no numbers.
  private enum Kind: UInt8 {
    case null = 0
    case integer = 1
    case unsigned = 2
    case real = 3
    case indirectInteger = 6
    case indirectUnsigned = 7
    case indirectReal = 8
    case map = 9
    case truth = 26
  }

  private struct Reader {
    let file: FlatBuffer
    let range: Range<Int>

    /// Throws unless `count` bytes from `offset` are in the range.
    private func require(_ count: Int, at offset: Int) throws(FlatBufferDefect) {
      guard offset >= range.lowerBound, offset <= range.upperBound, count >= 0,
        count <= range.upperBound - offset
      else {
        throw FlatBufferDefect(
          offset: offset,
          reason: "\(count) bytes lead out of the \(range.count) of the operator's options")
      }
    }

    private func unsigned(_ width: Int, at offset: Int) throws(FlatBufferDefect) -> UInt64 {
      try require(width, at: offset)
      switch width {
      case 1: return UInt64(file.bytes[offset])
      case 2: return UInt64(try file.integer(UInt16.self, at: offset))
      case 4: return UInt64(try file.integer(UInt32.self, at: offset))
      default: return try file.integer(UInt64.self, at: offset)
      }
    }

    private func integer(_ width: Int, at offset: Int) throws(FlatBufferDefect) -> Int64 {
      let unused = Int64(64 - 8 * width)
      return (Int64(bitPattern: try unsigned(width, at: offset)) << unused) >> unused
    }

    private func real(_ width: Int, at offset: Int) throws(FlatBufferDefect) -> Double {
      let bits = try unsigned(width, at: offset)
      switch width {
      case 4: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      case 8: return Double(bitPattern: bits)
      default:
        throw FlatBufferDefect(offset: offset, reason: "a floating-point option of \(width) bytes")
      }
    }

    /// The position that the backward offset stored at `offset` leads to.
    private func target(_ width: Int, at offset: Int) throws(FlatBufferDefect) -> Int {
      let distance = try unsigned(width, at: offset)
      guard distance > 0, distance <= UInt64(offset - range.lowerBound) else {
        throw FlatBufferDefect(
          offset: offset, reason: "an offset of \(distance) leads out of the operator's options")
      }
      return offset - Int(distance)
    }

    func rootMap() throws(FlatBufferDefect) -> [String: Value] {
      // At the end: the root's value, its packed kind, its width.
      try require(3, at: range.upperBound - 3)
      let width = Int(file.bytes[range.upperBound - 1])
      let packed = file.bytes[range.upperBound - 2]
      guard [1, 2, 4, 8].contains(width), Kind(rawValue: packed >> 2) == .map else {
        throw FlatBufferDefect(
          offset: range.upperBound - 3, reason: "the operator's options are no FlexBuffer map")
      }
      return try map(
        at: target(width, at: range.upperBound - 2 - width), width: 1 << Int(packed & 3))
    }

    private func map(at position: Int, width: Int) throws(FlatBufferDefect) -> [String: Value] {
      let count = try unsigned(width, at: position - width)
      let keyWidth = try unsigned(width, at: position - 2 * width)
      let keys = try target(width, at: position - 3 * width)
      guard count <= UInt64(range.count), [1, 2, 4, 8].contains(keyWidth),
        try unsigned(Int(keyWidth), at: keys - Int(keyWidth)) == count
      else {
        throw FlatBufferDefect(
          offset: position - 3 * width, reason: "a map of \(count) options with other keys")
      }
      let entries = Int(count)
      let kinds = position + entries * width
      try require(entries, at: kinds)
      try require(entries * Int(keyWidth), at: keys)
      var map: [String: Value] = [:]
      for index in 0..<entries {
        let key = try text(at: target(Int(keyWidth), at: keys + index * Int(keyWidth)))
        let value = try value(
          at: position + index * width, width: width, packed: file.bytes[kinds + index])
        guard map.updateValue(value, forKey: key) == nil else {
          throw FlatBufferDefect(offset: position, reason: "option '\(key)' stands there twice")
        }
      }
      return map
    }

    /// A text that ends in a zero byte.
    private func text(at position: Int) throws(FlatBufferDefect) -> String {
      // No name of an option is longer.
      let bytes = file.bytes[position..<min(position + 256, range.upperBound)]
      guard let end = bytes.firstIndex(of: 0) else {
        throw FlatBufferDefect(offset: position, reason: "the name of an option has no end")
      }
      return String(decoding: bytes[..<end], as: UTF8.self)
    }

    private func value(
      at position: Int, width: Int, packed: UInt8
    ) throws(FlatBufferDefect) -> Value {
      let own = 1 << Int(packed & 3)
      switch Kind(rawValue: packed >> 2) {
      case .null: return .null
      case .integer: return .integer(try integer(width, at: position))
      case .unsigned: return .unsigned(try unsigned(width, at: position))
      case .truth: return .unsigned(try unsigned(width, at: position) != 0 ? 1 : 0)
      case .real: return .real(try real(width, at: position))
      case .indirectInteger:
        return .integer(try integer(own, at: try target(width, at: position)))
      case .indirectUnsigned:
        return .unsigned(try unsigned(own, at: try target(width, at: position)))
      case .indirectReal: return .real(try real(own, at: try target(width, at: position)))
      case .map, nil: return .other
      }
    }
  }
}
