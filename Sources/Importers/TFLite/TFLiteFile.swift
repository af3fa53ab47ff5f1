/// The parts of a TFLite file that a graph is made of, as they stand in it.
///
/// Field numbers: the public schema of TensorFlow Lite, version 3 (`schema.fbs`).
struct TFLiteFile {
  struct TensorRecord {
    let shape: [Int]
    /// The shape with -1 for what is known only at run time; empty if the file gives none.
    let signature: [Int]
    let type: Int8
    let buffer: Int
    let name: String
    let isVariable: Bool
    let isSparse: Bool
    let scales: [Float]
    let zeroPoints: [Int64]
    let quantizedDimension: Int
    /// Whether there is quantization other than scales and zero points.
    let hasCustomQuantization: Bool
  }

  struct OperatorRecord {
    /// Position in the file.
    let index: Int
    let code: Int
    /// Name of a custom operator; nil for one of the built-in ones.
    let customCode: String?
    let version: Int
    /// Positions of tensors; -1 for an operand that is left out.
    var inputs: [Int]
    var outputs: [Int]
    let intermediates: [Int]
    let options: FlatBuffer.Table?
    /// Bytes of a custom operator's options; empty if there are none.
    let customOptions: Range<Int>

    var name: String {
      customCode.map { "custom '\($0)'" } ?? TFLiteOperatorCode.name(code)
    }
  }

  /// Where the bytes of a buffer are.
  struct BufferRecord: Hashable {
    let position: Int
    let count: Int
  }

  /// A list of operators with tensors of its own.
  struct Subgraph {
    let tensors: [TensorRecord]
    let operators: [OperatorRecord]
    let inputs: [Int]
    let outputs: [Int]
  }

  var flatBuffer: FlatBuffer
  let version: UInt32
  let description: String
  /// The first is the one that runs.
  private(set) var subgraphs: [Subgraph]
  let buffers: [BufferRecord]
  /// Offsets in the arena for the tensors of all subgraphs, -1 where a planner chooses; empty if the
  /// file asks for none.
  let arenaOffsets: [Int]

  private static let noSubgraph = Subgraph(tensors: [], operators: [], inputs: [], outputs: [])
  var main: Subgraph { subgraphs.first ?? Self.noSubgraph }
  var tensors: [TensorRecord] { main.tensors }
  var operators: [OperatorRecord] { main.operators }
  var inputs: [Int] { main.inputs }
  var outputs: [Int] { main.outputs }

  /// The file with its main subgraph ended at the tensors `names`, without the operators that they do
  /// not need; operators without a result, which set variables, stay.
  ///
  /// - Parameter names: names of tensors, or `#` and their number.
  /// - Returns: the file, its operators with the positions that they had.
  /// - Throws: ``TFLiteKind`` for a name that no tensor has which an operator writes.
  func ending(at names: [String]) throws(TFLiteKind) -> TFLiteFile {
    let written = operators.flatMap(\.outputs).filter { tensors.indices.contains($0) }
    var outputs: [Int] = []
    for name in names {
      let found = written.first { index in
        (!name.isEmpty && tensors[index].name == name) || "#\(index)" == name
      }
      guard let found else {
        throw TFLiteKind(.unknownTensor(name, written: written.map { tensors[$0].name }))
      }
      outputs.append(found)
    }
    var producers: [Int: Int] = [:]
    for record in operators {
      for output in record.outputs { producers[output] = record.index }
    }
    var needed: Set<Int> = []
    var pending = outputs
    for record in operators where record.outputs.isEmpty {
      needed.insert(record.index)
      pending += record.inputs
    }
    while let tensor = pending.popLast() {
      guard let index = producers[tensor], needed.insert(index).inserted else { continue }
      pending += operators[index].inputs
    }
    var ended = self
    ended.subgraphs[0] = Subgraph(
      tensors: tensors, operators: operators.filter { needed.contains($0.index) }, inputs: inputs,
      outputs: outputs)
    return ended
  }

  /// Whether the file identifier of TFLite stands where it belongs.
  static func hasIdentifier(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.dropFirst(4).prefix(4).elementsEqual("TFL3".utf8)
  }

  /// Reads the records of all subgraphs.
  ///
  /// - Throws: ``FlatBufferDefect`` for a structure that cannot be followed.
  init(_ bytes: [UInt8]) throws(FlatBufferDefect) {
    // A file refers to few of its vectors more than once; sixteen times its size is generous.
    var buffer = FlatBuffer(bytes, budget: min(bytes.count, 1 << 40) * 16)
    let model = try buffer.table(at: 0)
    version = try buffer.scalar(0, of: model, absent: UInt32(0))
    description = try buffer.string(3, of: model) ?? ""
    let codes = try Self.operatorCodes(&buffer, model)
    buffers = try Self.buffers(&buffer, model)
    var subgraphs: [Subgraph] = []
    for table in try buffer.tables(2, of: model) {
      subgraphs.append(
        Subgraph(
          tensors: try Self.tensors(&buffer, table),
          operators: try Self.operators(&buffer, table, codes: codes),
          inputs: try buffer.integers(Int32.self, 1, of: table)?.map(Int.init) ?? [],
          outputs: try buffer.integers(Int32.self, 2, of: table)?.map(Int.init) ?? []))
    }
    self.subgraphs = subgraphs
    arenaOffsets = try Self.arenaOffsets(&buffer, model, buffers)
    flatBuffer = buffer
  }

  private typealias Code = (code: Int, custom: String?, version: Int)

  private static func operatorCodes(
    _ buffer: inout FlatBuffer, _ model: FlatBuffer.Table
  ) throws(FlatBufferDefect) -> [Code] {
    var codes: [Code] = []
    for table in try buffer.tables(1, of: model) {
      // Codes above 127 stand in a field of their own; the older field then holds 127.
      let old = Int(try buffer.scalar(0, of: table, absent: Int8(0)))
      let new = Int(try buffer.scalar(3, of: table, absent: Int32(0)))
      let code = max(old, new)
      let custom = code == TFLiteOperatorCode.custom ? try buffer.string(1, of: table) ?? "" : nil
      codes.append((code, custom, Int(try buffer.scalar(2, of: table, absent: Int32(1)))))
    }
    return codes
  }

  private static func buffers(
    _ buffer: inout FlatBuffer, _ model: FlatBuffer.Table
  ) throws(FlatBufferDefect) -> [BufferRecord] {
    var records: [BufferRecord] = []
    for table in try buffer.tables(4, of: model) {
      if let data = try buffer.vector(0, of: table, stride: 1), data.count > 0 {
        records.append(BufferRecord(position: data.position, count: data.count))
        continue
      }
      // Large models keep their data behind the FlatBuffer, at offsets from the file's start.
      let offset = try buffer.scalar(1, of: table, absent: UInt64(0))
      let size = try buffer.scalar(2, of: table, absent: UInt64(0))
      guard offset > 1 else {
        records.append(BufferRecord(position: 0, count: 0))
        continue
      }
      guard offset <= buffer.bytes.count, size <= UInt64(buffer.bytes.count) - offset else {
        throw FlatBufferDefect(
          offset: table.position, reason: "\(size) bytes from \(offset) lead out of the file")
      }
      records.append(BufferRecord(position: Int(offset), count: Int(size)))
    }
    return records
  }

  /// The metadata `OfflineMemoryAllocation`: version, subgraph, count, then one offset a tensor.
  ///
  /// Source: tflite-micro, `docs/memory_management.md` and `micro_allocation_info.cc`.
  private static func arenaOffsets(
    _ buffer: inout FlatBuffer, _ model: FlatBuffer.Table, _ buffers: [BufferRecord]
  ) throws(FlatBufferDefect) -> [Int] {
    for table in try buffer.tables(6, of: model) {
      guard try buffer.string(0, of: table) == "OfflineMemoryAllocation" else { continue }
      let index = Int(try buffer.scalar(1, of: table, absent: UInt32(0)))
      guard buffers.indices.contains(index), buffers[index].count >= 12 else {
        throw FlatBufferDefect(
          offset: table.position, reason: "the metadata OfflineMemoryAllocation has no offsets")
      }
      let words = try buffer.integers(
        Int32.self, at: buffers[index].position, count: buffers[index].count / 4)
      guard words[2] >= 0, Int(words[2]) <= words.count - 3 else {
        throw FlatBufferDefect(
          offset: buffers[index].position,
          reason: "OfflineMemoryAllocation has \(words.count - 3) of \(words[2]) offsets")
      }
      return words[3..<3 + Int(words[2])].map(Int.init)
    }
    return []
  }

  private static func tensors(
    _ buffer: inout FlatBuffer, _ main: FlatBuffer.Table
  ) throws(FlatBufferDefect) -> [TensorRecord] {
    var records: [TensorRecord] = []
    for table in try buffer.tables(0, of: main) {
      let quantization = try buffer.table(4, of: table)
      var scales: [Float] = []
      var zeroPoints: [Int64] = []
      var dimension = 0
      var hasDetails = false
      if let quantization {
        scales =
          try buffer.integers(UInt32.self, 2, of: quantization)?.map(Float.init(bitPattern:)) ?? []
        zeroPoints = try buffer.integers(Int64.self, 3, of: quantization) ?? []
        dimension = Int(try buffer.scalar(6, of: quantization, absent: Int32(0)))
        hasDetails = try buffer.scalar(4, of: quantization, absent: UInt8(0)) != 0
      }
      records.append(
        TensorRecord(
          shape: try buffer.integers(Int32.self, 0, of: table)?.map(Int.init) ?? [],
          signature: try buffer.integers(Int32.self, 7, of: table)?.map(Int.init) ?? [],
          type: try buffer.scalar(1, of: table, absent: Int8(0)),
          buffer: Int(try buffer.scalar(2, of: table, absent: UInt32(0))),
          name: try buffer.string(3, of: table) ?? "",
          isVariable: try buffer.bool(5, of: table),
          isSparse: try buffer.table(6, of: table) != nil, scales: scales,
          zeroPoints: zeroPoints, quantizedDimension: dimension,
          hasCustomQuantization: hasDetails))
    }
    return records
  }

  private static func operators(
    _ buffer: inout FlatBuffer, _ main: FlatBuffer.Table, codes: [Code]
  ) throws(FlatBufferDefect) -> [OperatorRecord] {
    var records: [OperatorRecord] = []
    for table in try buffer.tables(3, of: main) {
      let index = Int(try buffer.scalar(0, of: table, absent: UInt32(0)))
      guard codes.indices.contains(index) else {
        throw FlatBufferDefect(
          offset: table.position, reason: "operator code \(index) of \(codes.count)")
      }
      func list(_ id: Int, _ buffer: inout FlatBuffer) throws(FlatBufferDefect) -> [Int] {
        try buffer.integers(Int32.self, id, of: table)?.map(Int.init) ?? []
      }
      records.append(
        OperatorRecord(
          index: records.count, code: codes[index].code, customCode: codes[index].custom,
          version: codes[index].version,
          inputs: try list(1, &buffer), outputs: try list(2, &buffer),
          intermediates: try list(8, &buffer), options: try buffer.table(4, of: table),
          customOptions: try customOptions(buffer, table)))
    }
    return records
  }

  /// Where a custom operator's options are: in the operator, or behind the FlatBuffer.
  private static func customOptions(
    _ buffer: FlatBuffer, _ table: FlatBuffer.Table
  ) throws(FlatBufferDefect) -> Range<Int> {
    if let found = try buffer.vector(5, of: table, stride: 1), found.count > 0 {
      return found.position..<found.position + found.count
    }
    let offset = try buffer.scalar(9, of: table, absent: UInt64(0))
    let size = try buffer.scalar(10, of: table, absent: UInt64(0))
    guard offset > 1 else { return 0..<0 }
    guard offset <= buffer.bytes.count, size <= UInt64(buffer.bytes.count) - offset else {
      throw FlatBufferDefect(
        offset: table.position, reason: "\(size) bytes from \(offset) lead out of the file")
    }
    return Int(offset)..<Int(offset + size)
  }
}
