internal import FoundationEssentials

/// A message of a protocol buffer: the fields that are used here by name, all others as they were.
///
/// Source: Protocol Buffers, "Encoding". A field of another wire type than its own counts as unknown,
/// of a single field that occurs twice the last one counts, and messages are merged.
protocol ProtoMessage: Sendable, Equatable {
  init()

  /// Takes a field that it knows; what it does not take is kept.
  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool

  /// Writes the fields that are set, in ascending order of their numbers.
  func write(to writer: inout ProtoWriter)

  /// Fields with their tags that have no name here.
  var unknown: [UInt8] { get set }
}

/// What is wrong with the bytes of a message.
enum ProtoError: Error {
  case truncated
  case wireType(Int)
  case text(field: Int)

  /// What is wrong, in words.
  var words: String {
    switch self {
    case .truncated: "a field is cut off"
    case .wireType(let type): "wire type \(type)"
    case .text(let field): "the text of field \(field) is not UTF-8"
    }
  }
}

extension ProtoMessage {
  init(bytes: [UInt8]) throws(ProtoError) {
    self.init()
    try merge(bytes[...])
  }

  mutating func merge(_ bytes: ArraySlice<UInt8>) throws(ProtoError) {
    var reader = ProtoReader(bytes)
    while let field = try reader.next() {
      if try !take(field) { unknown += field.whole }
    }
  }

  var bytes: [UInt8] {
    var writer = ProtoWriter()
    write(to: &writer)
    return writer.bytes + unknown
  }
}

/// One field as it stands in the bytes.
struct ProtoField {
  enum Content {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  let number: Int
  let content: Content
  /// With its tag.
  let whole: ArraySlice<UInt8>

  /// Appends each number of a field that may be packed; false for another wire type.
  func numbers<Number>(
    _ list: inout [Number], _ number: (UInt64) -> Number
  ) throws(ProtoError) -> Bool {
    switch content {
    case .varint(let value): list.append(number(value))
    case .bytes(let bytes):
      var reader = ProtoReader(bytes)
      while !reader.isAtEnd { list.append(number(try reader.varint())) }
    case .fixed32, .fixed64: return false
    }
    return true
  }

  func floats(_ list: inout [Float]) throws(ProtoError) -> Bool {
    switch content {
    case .fixed32(let bits): list.append(Float(bitPattern: bits))
    case .bytes(let bytes):
      guard bytes.count % 4 == 0 else { throw .truncated }
      list.reserveCapacity(list.count + bytes.count / 4)
      bytes.withUnsafeBytes { raw in
        for offset in stride(from: 0, to: raw.count, by: 4) {
          let bits = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
          list.append(Float(bitPattern: UInt32(littleEndian: bits)))
        }
      }
    case .varint, .fixed64: return false
    }
    return true
  }

  func doubles(_ list: inout [Double]) throws(ProtoError) -> Bool {
    switch content {
    case .fixed64(let bits): list.append(Double(bitPattern: bits))
    case .bytes(let bytes):
      guard bytes.count % 8 == 0 else { throw .truncated }
      list.reserveCapacity(list.count + bytes.count / 8)
      bytes.withUnsafeBytes { raw in
        for offset in stride(from: 0, to: raw.count, by: 8) {
          let bits = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          list.append(Double(bitPattern: UInt64(littleEndian: bits)))
        }
      }
    case .varint, .fixed32: return false
    }
    return true
  }

  /// A number of type int32 or int64; nil for another wire type.
  var integer: Int64? {
    if case .varint(let value) = content { return Int64(bitPattern: value) }
    return nil
  }

  var float: Float? {
    if case .fixed32(let bits) = content { return Float(bitPattern: bits) }
    return nil
  }

  var data: Data? {
    if case .bytes(let bytes) = content { return Data(bytes) }
    return nil
  }

  /// nil for another wire type.
  ///
  /// - Throws: ``ProtoError/text(field:)`` for bytes that are not UTF-8.
  func text() throws(ProtoError) -> String? {
    guard case .bytes(let bytes) = content else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .text(field: number)
    }
    return text
  }

  func append(to list: inout [String]) throws(ProtoError) -> Bool {
    guard let text = try text() else { return false }
    list.append(text)
    return true
  }

  func set(_ value: inout String) throws(ProtoError) -> Bool {
    guard let text = try text() else { return false }
    value = text
    return true
  }

  func append<Message: ProtoMessage>(to list: inout [Message]) throws(ProtoError) -> Bool {
    guard case .bytes(let bytes) = content else { return false }
    var message = Message()
    try message.merge(bytes)
    list.append(message)
    return true
  }

  func merge<Message: ProtoMessage>(into message: inout Message?) throws(ProtoError) -> Bool {
    guard case .bytes(let bytes) = content else { return false }
    var merged = message ?? Message()
    try merged.merge(bytes)
    message = merged
    return true
  }
}

/// Fields of a message, one after the other.
private struct ProtoReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  mutating func next() throws(ProtoError) -> ProtoField? {
    guard !isAtEnd else { return nil }
    let start = position
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0 else { throw .truncated }
    let content: ProtoField.Content
    switch tag & 7 {
    case 0: content = .varint(try varint())
    case 1: content = .fixed64(try fixed(UInt64.self))
    case 2: content = .bytes(try slice(try varint()))
    case 5: content = .fixed32(try fixed(UInt32.self))
    default: throw .wireType(Int(tag & 7))
    }
    return ProtoField(number: number, content: content, whole: bytes[start..<position])
  }

  mutating func varint() throws(ProtoError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.endIndex else { throw .truncated }
      let byte = bytes[position]
      position += 1
      // Bits beyond 64 are dropped.
      value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
      if byte < 0x80 { return value }
    }
    throw .truncated
  }

  private mutating func fixed<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(ProtoError) -> Number {
    let piece = try slice(UInt64(MemoryLayout<Number>.size))
    return piece.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  private mutating func slice(_ count: UInt64) throws(ProtoError) -> ArraySlice<UInt8> {
    guard count <= UInt64(bytes.endIndex - position) else { throw .truncated }
    defer { position += Int(count) }
    return bytes[position..<position + Int(count)]
  }
}

/// Writes fields one after the other.
struct ProtoWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func tag(_ number: Int, _ wire: UInt64) {
    varint(UInt64(number) << 3 | wire)
  }

  mutating func integer(_ number: Int, _ value: Int64?) {
    guard let value else { return }
    tag(number, 0)
    varint(UInt64(bitPattern: value))
  }

  mutating func float(_ number: Int, _ value: Float?) {
    guard let value else { return }
    tag(number, 5)
    append(value.bitPattern)
  }

  mutating func data(_ number: Int, _ value: (some Collection<UInt8>)?) {
    guard let value else { return }
    tag(number, 2)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ number: Int, _ value: String) {
    if !value.isEmpty { data(number, value.utf8) }
  }

  mutating func texts(_ number: Int, _ values: [String]) {
    for value in values { data(number, value.utf8) }
  }

  mutating func message(_ number: Int, _ value: (some ProtoMessage)?) {
    if let value { data(number, value.bytes) }
  }

  mutating func messages(_ number: Int, _ values: [some ProtoMessage]) {
    for value in values { data(number, value.bytes) }
  }

  mutating func integers(_ number: Int, _ values: [Int64]) {
    for value in values { integer(number, value) }
  }

  mutating func floats(_ number: Int, _ values: [Float]) {
    for value in values { float(number, value) }
  }

  /// Numbers in one field.
  mutating func packed(_ number: Int, _ values: some Sequence<UInt64>) {
    var inner = ProtoWriter()
    for value in values { inner.varint(value) }
    if !inner.bytes.isEmpty { data(number, inner.bytes) }
  }

  mutating func packed<Bits: FixedWidthInteger>(_ number: Int, bits values: some Sequence<Bits>) {
    var inner = ProtoWriter()
    for value in values { inner.append(value) }
    if !inner.bytes.isEmpty { data(number, inner.bytes) }
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }
}
