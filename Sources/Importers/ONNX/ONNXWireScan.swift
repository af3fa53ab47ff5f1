/// A check of a model's bytes before they become objects.
///
/// Walks the protocol buffer once without allocating: every tag, length and number is checked
/// against the bytes that are left, messages are counted and their depth is bounded, so that a
/// small file cannot ask for much memory, and errors have an offset. Bytes that are not part of
/// the schema are passed over by their wire type.
///
/// Source: Protocol Buffers, "Encoding" (wire types 0, 1, 2 and 5); the field numbers are those of
/// onnx.proto.
struct ONNXWireScan {
  /// Most nested messages; a plain model has about ten.
  static let depthLimit = 64
  /// Most messages of a file; an in-memory message takes some hundred bytes.
  static let messageLimit = 1_000_000
  /// Most strings and byte arrays.
  static let stringLimit = 4_000_000

  private let bytes: UnsafeRawBufferPointer
  private var messages = 0
  private var strings = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// - Throws: ``ONNXProblem/Kind`` at the first byte that is not in order.
  static func check(_ bytes: [UInt8]) throws(ONNXProblem.Kind) {
    let result = bytes.withUnsafeBytes { buffer -> Result<Void, ONNXProblem.Kind> in
      var scan = ONNXWireScan(buffer)
      do throws(ONNXProblem.Kind) {
        try scan.message(.model, 0..<buffer.count, depth: 0)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Whether `bytes`, the first of a file, begin like a model: known fields with their wire types.
  static func resemblesModel(_ bytes: some Collection<UInt8>) -> Bool {
    // ir_version first is what every writer known to us produces.
    let prefix = Array(bytes.prefix(16))
    guard prefix.count >= 4, prefix[0] == 0x08, (1...127).contains(prefix[1]) else { return false }
    let (field, wire) = (prefix[2] >> 3, prefix[2] & 7)
    switch field {
    case 2, 3, 4, 6, 7, 8, 14: return wire == 2
    case 5: return wire == 0
    default: return false
    }
  }

  enum Message {
    case model, graph, node, attribute, tensor, sparse, valueInfo, type, typeTensor, typeNested
    case typeMap, shape, leaf, annotation, function, training, nodeDevice, sharding,
      shardedDimension

    /// The message that a field holds, if it holds one.
    func field(_ number: UInt64) -> Message? {
      switch (self, number) {
      case (.model, 7), (.attribute, 6), (.attribute, 11), (.training, 1), (.training, 2): .graph
      case (.model, 8), (.model, 14), (.model, 26): .leaf
      case (.model, 20): .training
      case (.model, 25): .function
      case (.graph, 1), (.function, 7): .node
      case (.graph, 5), (.attribute, 5), (.attribute, 10), (.sparse, 1), (.sparse, 2): .tensor
      case (.graph, 15), (.attribute, 22), (.attribute, 23): .sparse
      case (.graph, 11), (.graph, 12), (.graph, 13), (.function, 12): .valueInfo
      case (.graph, 14): .annotation
      case (.graph, 16), (.node, 9), (.valueInfo, 4), (.annotation, 2), (.function, 9),
        (.function, 14), (.training, 3), (.training, 4), (.tensor, 3), (.tensor, 13),
        (.tensor, 16):
        .leaf
      case (.node, 5), (.function, 11): .attribute
      case (.node, 10): .nodeDevice
      case (.nodeDevice, 2): .sharding
      case (.sharding, 3): .leaf
      case (.sharding, 4): .shardedDimension
      case (.shardedDimension, 2): .leaf
      case (.attribute, 14), (.attribute, 15), (.valueInfo, 2), (.typeNested, 1), (.typeMap, 2):
        .type
      case (.type, 1), (.type, 8): .typeTensor
      case (.type, 4), (.type, 9): .typeNested
      case (.type, 5): .typeMap
      case (.type, 7): .leaf
      case (.typeTensor, 2): .shape
      case (.shape, 1): .leaf
      default: nil
      }
    }
  }

  private mutating func message(
    _ kind: Message, _ range: Range<Int>, depth: Int
  ) throws(ONNXProblem.Kind) {
    guard depth < Self.depthLimit else {
      throw .limit("nested messages", found: depth + 1, limit: Self.depthLimit)
    }
    messages += 1
    guard messages <= Self.messageLimit else {
      throw .limit("messages", found: messages, limit: Self.messageLimit)
    }
    var position = range.lowerBound
    while position < range.upperBound {
      let start = position
      let tag = try varint(&position, end: range.upperBound)
      let number = tag >> 3
      guard number > 0, number < 1 << 29 else {
        throw .damaged(reason: "field number \(number)", offset: start)
      }
      switch tag & 7 {
      case 0: _ = try varint(&position, end: range.upperBound)
      case 1: try skip(8, &position, end: range.upperBound)
      case 5: try skip(4, &position, end: range.upperBound)
      case 2:
        let length = try varint(&position, end: range.upperBound)
        guard length <= UInt64(range.upperBound - position) else {
          throw .damaged(
            reason: "a field of \(length) bytes where \(range.upperBound - position) are left",
            offset: start)
        }
        let end = position + Int(length)
        if let inner = kind.field(number) {
          try message(inner, position..<end, depth: depth + 1)
        } else {
          strings += 1
          guard strings <= Self.stringLimit else {
            throw .limit("strings", found: strings, limit: Self.stringLimit)
          }
        }
        position = end
      default: throw .damaged(reason: "wire type \(tag & 7)", offset: start)
      }
    }
  }

  private func skip(_ count: Int, _ position: inout Int, end: Int) throws(ONNXProblem.Kind) {
    guard count <= end - position else {
      throw .damaged(reason: "a number is cut off", offset: position)
    }
    position += count
  }

  private func varint(_ position: inout Int, end: Int) throws(ONNXProblem.Kind) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end, shift < 70 else {
        throw .damaged(reason: "a number is cut off or longer than 10 bytes", offset: start)
      }
      let byte = bytes[position]
      position += 1
      value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
      if byte < 0x80 { return value }
      shift += 7
    }
  }
}
