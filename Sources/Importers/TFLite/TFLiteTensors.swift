import Arith
import QuantGraph

/// Turns the tensor records of a file into tensors of a graph.
struct TFLiteTensors {
  private(set) var tensors: [Tensor] = []
  private(set) var problems: [TFLiteProblem] = []
  private var flatBuffer: FlatBuffer

  /// Positions of `tensors` are those of the file.
  init(_ file: TFLiteFile, _ graph: TFLiteFile.Subgraph) {
    flatBuffer = file.flatBuffer
    let used = Set(
      graph.operators.flatMap { $0.inputs + $0.outputs } + graph.inputs + graph.outputs)
    let inputs = Set(graph.inputs)
    let hasBatch = inputs.contains { index in
      graph.tensors.indices.contains(index) && graph.tensors[index].signature.first == -1
    }
    var names: Set<String> = []
    for (index, record) in graph.tensors.enumerated() {
      var name = record.name.isEmpty ? "#\(index)" : record.name
      names.insertDistinct(&name, suffix: "#\(index)")
      let place = TFLiteProblem.Place.tensor(index: index, name: record.name)
      do throws(TFLiteKind) {
        let isInput = inputs.contains(index)
        try Self.checkStatic(record, allowsBatch: true, allowsAny: hasBatch && !isInput)
        tensors.append(try tensor(record, name: name, buffers: file.buffers))
      } catch {
        if used.contains(index) { problems.append(TFLiteProblem(place, error.kind)) }
        // Keeps the positions of the others; nothing refers to it unless a problem stands above.
        tensors.append(Tensor(name: name, shape: [], encoding: .float(.float32)))
      }
    }
  }

  private static func checkStatic(
    _ record: TFLiteFile.TensorRecord, allowsBatch: Bool, allowsAny: Bool
  ) throws(TFLiteKind) {
    if record.isSparse { throw TFLiteKind(.sparse) }
    if record.shape.contains(where: { $0 < 0 }) { throw TFLiteKind(.dynamicShape(record.shape)) }
    let unknown = record.signature.dropFirst(allowsBatch ? 1 : 0).contains { $0 < 0 }
    if unknown && !allowsAny { throw TFLiteKind(.dynamicShape(record.signature)) }
  }

  private mutating func tensor(
    _ record: TFLiteFile.TensorRecord, name: String, buffers: [TFLiteFile.BufferRecord]
  ) throws(TFLiteKind) -> Tensor {
    guard let type = TFLiteTensorType(rawValue: record.type) else {
      throw TFLiteKind(.tensorType("number \(record.type)"))
    }
    let shape: Shape
    do throws(GraphError) {
      shape = try Shape(record.shape)
    } catch {
      throw TFLiteKind(.shape(record.shape, reason: "more elements than can be counted"))
    }
    guard shape.count <= 1 << 31 else {
      throw TFLiteKind(.shape(record.shape, reason: "\(shape.count) elements are beyond 2^31"))
    }
    if type == .resource {
      // The number of a variable, as the micro runtime holds it.
      return Tensor(name: name, shape: shape, encoding: try Self.plain(bits: 32, isSigned: true))
    }
    guard let bits = type.bits else { throw TFLiteKind(.tensorType("\(type)")) }
    let encoding = try encoding(record, type: type, shape: shape)
    guard buffers.indices.contains(record.buffer) else {
      throw TFLiteKind(.quantization(reason: "buffer \(record.buffer) does not exist"))
    }
    let buffer = buffers[record.buffer]
    if buffer.count == 0 { return Tensor(name: name, shape: shape, encoding: encoding) }
    let expected = (shape.count * bits + 7) / 8
    guard buffer.count == expected else {
      throw TFLiteKind(.constant(expectedBytes: expected, foundBytes: buffer.count))
    }
    do throws(FlatBufferDefect) {
      return Tensor(
        name: name, shape: shape, encoding: encoding,
        constant: try codes(type, at: buffer.position, count: shape.count))
    } catch {
      throw TFLiteKind(.damaged(reason: error.reason))
    }
  }

  /// Integers that stand for themselves.
  private static func plain(bits: Int, isSigned: Bool) throws(TFLiteKind) -> Encoding {
    do throws(FormatError) {
      return .fixed(try FixedPointFormat(width: bits, integerBits: bits, isSigned: isSigned))
    } catch {
      throw TFLiteKind(.quantization(reason: "\(error)"))
    }
  }

  private func encoding(
    _ record: TFLiteFile.TensorRecord, type: TFLiteTensorType, shape: Shape
  ) throws(TFLiteKind) -> Encoding {
    switch type {
    case .float32: return .float(.float32)
    case .float16: return .float(.float16)
    case .bfloat16: return .float(.bfloat16)
    case .float64: return .float(.float64)
    default: break
    }
    let width = type == .bool ? 1 : type.bits ?? 0
    if !record.scales.isEmpty {
      try checkQuantization(record, shape: shape, width: width, isSigned: type.isSigned)
    }
    do throws(FormatError) {
      if record.scales.isEmpty {
        return .fixed(
          try FixedPointFormat(width: width, integerBits: width, isSigned: type.isSigned))
      }
      // More than one scale: one an index of the quantized dimension.
      return .affine(
        try AffineFormat(
          width: width, isSigned: type.isSigned, scales: record.scales.map(Double.init),
          zeroPoints: record.zeroPoints,
          axis: record.scales.count > 1 ? Self.quantizedAxis(record) : nil))
    } catch {
      throw TFLiteKind(.quantization(reason: "\(error)"))
    }
  }

  /// The axis along which scales vary.
  ///
  /// Some files give a bias the axis of its weights; a vector has one axis only, and the micro
  /// runtime reads no other.
  private static func quantizedAxis(_ record: TFLiteFile.TensorRecord) -> Int {
    record.shape.count == 1 ? 0 : record.quantizedDimension
  }

  private func checkQuantization(
    _ record: TFLiteFile.TensorRecord, shape: Shape, width: Int, isSigned: Bool
  ) throws(TFLiteKind) {
    let scales = record.scales
    if record.hasCustomQuantization {
      throw TFLiteKind(.quantization(reason: "quantization of its own kind is not supported"))
    }
    if let scale = scales.first(where: { !($0.isFinite && $0 > 0) }) {
      throw TFLiteKind(.quantization(reason: "scale \(scale) is no positive number"))
    }
    if scales.count > 1 {
      let axis = Self.quantizedAxis(record)
      guard shape.extents.indices.contains(axis), shape[axis] == scales.count else {
        throw TFLiteKind(
          .quantization(
            reason: "\(scales.count) scales along dimension \(axis) of shape \(shape.extents)"))
      }
    }
    guard [0, 1, scales.count].contains(record.zeroPoints.count) else {
      throw TFLiteKind(
        .quantization(
          reason: "\(record.zeroPoints.count) zero points for \(scales.count) scales"))
    }
    let low = isSigned ? Int64(-1) << Int64(width - 1) : 0
    let high = isSigned ? ~low : (Int64(1) << Int64(min(width, 62))) - 1
    if let zero = record.zeroPoints.first(where: { $0 < low || $0 > high }) {
      throw TFLiteKind(
        .quantization(reason: "zero point \(zero) is outside \(low) to \(high)"))
    }
  }

  private mutating func codes(
    _ type: TFLiteTensorType, at position: Int, count: Int
  ) throws(FlatBufferDefect) -> Codes {
    switch type {
    case .int8: return .int8(try flatBuffer.integers(Int8.self, at: position, count: count))
    case .uint8:
      return .uint8(try flatBuffer.integers(UInt8.self, at: position, count: count))
    case .bool:
      return .uint8(
        try flatBuffer.integers(UInt8.self, at: position, count: count).map { $0 == 0 ? 0 : 1 })
    case .int16: return .int16(try flatBuffer.integers(Int16.self, at: position, count: count))
    case .uint16, .float16, .bfloat16:
      return .uint16(try flatBuffer.integers(UInt16.self, at: position, count: count))
    case .int32: return .int32(try flatBuffer.integers(Int32.self, at: position, count: count))
    case .uint32:
      return .int64(
        try flatBuffer.integers(UInt32.self, at: position, count: count).map(Int64.init))
    case .int64: return .int64(try flatBuffer.integers(Int64.self, at: position, count: count))
    case .float32:
      return .float32(
        try flatBuffer.integers(UInt32.self, at: position, count: count).map(
          Float.init(bitPattern:)))
    case .float64:
      return .float64(
        try flatBuffer.integers(UInt64.self, at: position, count: count).map(
          Double.init(bitPattern:)))
    case .int4, .int2, .uint4:
      return try packed(type, at: position, count: count)
    default:
      throw FlatBufferDefect(offset: position, reason: "constants of type \(type)")
    }
  }

  /// Codes of less than a byte: the first in the lowest bits.
  private mutating func packed(
    _ type: TFLiteTensorType, at position: Int, count: Int
  ) throws(FlatBufferDefect) -> Codes {
    let bits = type.bits ?? 8
    let each = 8 / bits
    let bytes = try flatBuffer.integers(UInt8.self, at: position, count: (count + each - 1) / each)
    let fields = (0..<count).map { bytes[$0 / each] >> UInt8($0 % each * bits) }
    guard type.isSigned else { return .uint8(fields.map { $0 & ((1 << UInt8(bits)) - 1) }) }
    let unused = Int8(8 - bits)
    return .int8(fields.map { Int8(bitPattern: $0 << UInt8(unused)) >> unused })
  }
}

extension Set<String> {
  /// Inserts `name`, with `suffix` and a number if need be, so that it is new.
  ///
  /// Trials double while they fail, so that many equal names take little more than linear time.
  mutating func insertDistinct(_ name: inout String, suffix: String) {
    if insert(name).inserted { return }
    let base = name + suffix
    name = base
    if insert(name).inserted { return }
    var (low, high) = (1, 2)
    while contains("\(base).\(high)") { (low, high) = (high, 2 * high) }
    while low + 1 < high {
      let middle = (low + high) / 2
      if contains("\(base).\(middle)") { low = middle } else { high = middle }
    }
    name = "\(base).\(high)"
    insert(name)
  }
}

/// A problem whose place the caller knows.
struct TFLiteKind: Error {
  let kind: TFLiteProblem.Kind
  init(_ kind: TFLiteProblem.Kind) { self.kind = kind }
}

extension TFLiteTensorType {
  /// Bits of an element in the file, or nil for types that no graph has.
  var bits: Int? {
    switch self {
    case .int2: 2
    case .int4, .uint4: 4
    case .int8, .uint8, .bool: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .int64, .float64: 64
    case .string, .complex64, .complex128, .uint64, .resource, .variant, .float8E4M3FN,
      .float8E5M2:
      nil
    }
  }

  var isSigned: Bool {
    switch self {
    case .int2, .int4, .int8, .int16, .int32, .int64: true
    default: false
    }
  }
}
