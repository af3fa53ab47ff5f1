/// Why a FlatBuffer cannot be read at a position.
struct FlatBufferDefect: Error, Hashable, Sendable {
  /// Offset in bytes from the start of the file.
  let offset: Int
  let reason: String
}

/// Read access to a FlatBuffer with every offset, length and virtual table checked.
///
/// Offsets are unsigned and so point forward only; nothing here follows more than one, so that a
/// cycle cannot be entered. What is copied out is counted against a budget, because a small file may
/// refer to one long vector any number of times. Source: the FlatBuffers specification,
/// "FlatBuffer Internals".
struct FlatBuffer {
  let bytes: [UInt8]
  /// Bytes that may still be copied out.
  private(set) var budget: Int

  /// A reader that copies out at most `budget` bytes of vectors and strings in all.
  init(_ bytes: [UInt8], budget: Int) {
    self.bytes = bytes
    self.budget = budget
  }

  /// A table: where its fields are.
  struct Table: Hashable {
    let position: Int
    fileprivate let virtualTable: Int
    fileprivate let virtualTableSize: Int
    fileprivate let size: Int
  }

  /// A vector: where its first element is, and how many there are.
  struct Vector: Hashable {
    let position: Int
    let count: Int
  }

  /// The little-endian integer at `offset`.
  func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type = Integer.self, at offset: Int
  ) throws(FlatBufferDefect) -> Integer {
    let size = MemoryLayout<Integer>.size
    guard offset >= 0, offset <= bytes.count, size <= bytes.count - offset else {
      throw FlatBufferDefect(
        offset: offset, reason: "\(size) bytes are needed, the file has \(bytes.count)")
    }
    return Integer(
      littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
  }

  /// The position that the forward offset stored at `offset` leads to.
  private func target(at offset: Int) throws(FlatBufferDefect) -> Int {
    let distance = Int(try integer(UInt32.self, at: offset))
    guard distance > 0, distance < bytes.count - offset else {
      throw FlatBufferDefect(
        offset: offset, reason: "an offset of \(distance) leads out of the file")
    }
    return offset + distance
  }

  /// The table whose forward offset is stored at `offset`.
  func table(at offset: Int) throws(FlatBufferDefect) -> Table {
    let position = try target(at: offset)
    let distance = Int(try integer(Int32.self, at: position))
    let virtualTable = position - distance
    guard virtualTable >= 0, virtualTable < bytes.count else {
      throw FlatBufferDefect(offset: position, reason: "the virtual table is outside the file")
    }
    let virtualTableSize = Int(try integer(UInt16.self, at: virtualTable))
    let size = Int(try integer(UInt16.self, at: virtualTable + 2))
    guard virtualTableSize >= 4, virtualTableSize % 2 == 0,
      virtualTableSize <= bytes.count - virtualTable, size >= 4, size <= bytes.count - position
    else {
      throw FlatBufferDefect(
        offset: virtualTable,
        reason: "a virtual table of \(virtualTableSize) bytes for a table of \(size)")
    }
    return Table(
      position: position, virtualTable: virtualTable, virtualTableSize: virtualTableSize,
      size: size)
  }

  /// The position of field `id` of `size` bytes, or nil if the table leaves it out.
  private func position(
    of id: Int, size: Int, in table: Table
  ) throws(FlatBufferDefect) -> Int? {
    let entry = 4 + 2 * id
    guard entry + 2 <= table.virtualTableSize else { return nil }
    let offset = Int(try integer(UInt16.self, at: table.virtualTable + entry))
    guard offset > 0 else { return nil }
    guard offset >= 4, offset + size <= table.size else {
      throw FlatBufferDefect(
        offset: table.virtualTable + entry,
        reason: "field \(id) at \(offset) does not fit in a table of \(table.size) bytes")
    }
    return table.position + offset
  }

  /// The scalar in field `id`, or `absent` if the table leaves it out.
  func scalar<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ id: Int, of table: Table?, absent: Integer
  ) throws(FlatBufferDefect) -> Integer {
    guard let table,
      let position = try position(of: id, size: MemoryLayout<Integer>.size, in: table)
    else { return absent }
    return try integer(Integer.self, at: position)
  }

  /// The binary32 number in field `id`, or `absent` if the table leaves it out.
  func float(_ id: Int, of table: Table?, absent: Float) throws(FlatBufferDefect) -> Float {
    Float(bitPattern: try scalar(id, of: table, absent: absent.bitPattern))
  }

  /// The boolean in field `id`; one that the table leaves out is `absent`.
  func bool(_ id: Int, of table: Table?, absent: Bool = false) throws(FlatBufferDefect) -> Bool {
    try scalar(id, of: table, absent: UInt8(absent ? 1 : 0)) != 0
  }

  /// The table in field `id`, or nil if there is none.
  func table(_ id: Int, of table: Table) throws(FlatBufferDefect) -> Table? {
    guard let position = try position(of: id, size: 4, in: table) else { return nil }
    return try self.table(at: position)
  }

  /// The vector in field `id` of elements of `stride` bytes, or nil if there is none.
  func vector(_ id: Int, of table: Table, stride: Int) throws(FlatBufferDefect) -> Vector? {
    guard let field = try position(of: id, size: 4, in: table) else { return nil }
    let position = try target(at: field)
    let count = Int(try integer(UInt32.self, at: position))
    guard count <= (bytes.count - position - 4) / stride else {
      throw FlatBufferDefect(
        offset: position,
        reason: "a vector of \(count) elements of \(stride) bytes leads out of the file")
    }
    return Vector(position: position + 4, count: count)
  }

  /// Counts `count` bytes against the budget.
  private mutating func spend(_ count: Int, at offset: Int) throws(FlatBufferDefect) {
    guard count <= budget else {
      throw FlatBufferDefect(
        offset: offset, reason: "vectors are referred to so often that they exceed memory")
    }
    budget -= count
  }

  /// The tables of the vector in field `id`; empty if there is none.
  mutating func tables(_ id: Int, of table: Table) throws(FlatBufferDefect) -> [Table] {
    guard let vector = try vector(id, of: table, stride: 4) else { return [] }
    try spend(vector.count * 4, at: vector.position)
    var tables: [Table] = []
    tables.reserveCapacity(vector.count)
    for index in 0..<vector.count {
      tables.append(try self.table(at: vector.position + 4 * index))
    }
    return tables
  }

  /// The integers of the vector in field `id`, or nil if there is none.
  mutating func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, _ id: Int, of table: Table
  ) throws(FlatBufferDefect) -> [Integer]? {
    let stride = MemoryLayout<Integer>.size
    guard let vector = try vector(id, of: table, stride: stride) else { return nil }
    return try integers(type, at: vector.position, count: vector.count)
  }

  /// `count` integers from `offset`.
  mutating func integers<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, at offset: Int, count: Int
  ) throws(FlatBufferDefect) -> [Integer] {
    let stride = MemoryLayout<Integer>.size
    guard offset >= 0, count >= 0, offset <= bytes.count,
      count <= (bytes.count - offset) / stride
    else {
      throw FlatBufferDefect(
        offset: offset, reason: "\(count) elements of \(stride) bytes lead out of the file")
    }
    try spend(count * stride, at: offset)
    return bytes.withUnsafeBytes { raw in
      (0..<count).map {
        Integer(littleEndian: raw.loadUnaligned(fromByteOffset: offset + $0 * stride, as: type))
      }
    }
  }

  /// The text in field `id`, or nil if there is none; bytes that are no UTF-8 are replaced.
  mutating func string(_ id: Int, of table: Table) throws(FlatBufferDefect) -> String? {
    guard let vector = try vector(id, of: table, stride: 1) else { return nil }
    try spend(vector.count, at: vector.position)
    return String(decoding: bytes[vector.position..<vector.position + vector.count], as: UTF8.self)
  }
}
