internal import FoundationEssentials
internal import QuantGraph

/// Constants of a model: values in the message, in its raw bytes, or in a file beside it.
///
/// Source: onnx.proto, `TensorProto`; onnx, docs/ExternalData.md.
struct ONNXTensorReader {
  /// Where external files are looked for: the model's own folder.
  let folder: String
  /// Largest number of elements of one constant.
  static let elementLimit = 1 << 31

  private var sources: [String: ByteSource] = [:]
  /// Codes of external data that were read, by place and type: tensors that name the same bytes
  /// share one copy.
  private var external: [ExternalPlace: Codes] = [:]

  private struct ExternalPlace: Hashable {
    let location: String
    let offset: String?
    let count: Int
    let type: ONNXElementType
  }

  init(folder: String) { self.folder = folder }

  /// Type, shape and codes of a constant.
  mutating func read(
    _ tensor: Onnx_TensorProto
  ) throws(ONNXProblem.Kind) -> (type: ONNXElementType, shape: Shape, codes: Codes) {
    guard let type = ONNXElementType(rawValue: tensor.dataType) else {
      throw .elementType(tensor.dataType)
    }
    guard !tensor.hasSegment else {
      throw .tensorData(reason: "data are stored in segments, which ONNX does not define")
    }
    let shape = try Self.shape(tensor.dims)
    let codes: Codes
    if tensor.hasDataLocation, tensor.dataLocation == .external {
      func entry(_ key: String) -> String? { tensor.externalData.last { $0.key == key }?.value }
      let place = ExternalPlace(
        location: entry("location") ?? "", offset: entry("offset"), count: shape.count, type: type)
      if let known = external[place] {
        codes = known
      } else {
        let bytes = try external(tensor, byteCount: Self.byteCount(shape, type))
        codes = try Self.unpack(bytes, type: type, count: shape.count)
        external[place] = codes
      }
    } else if tensor.hasRawData {
      codes = try Self.unpack([UInt8](tensor.rawData), type: type, count: shape.count)
    } else {
      codes = try Self.typedValues(tensor, type: type, count: shape.count)
    }
    return (type, shape, codes)
  }

  static func shape(_ dims: [Int64]) throws(ONNXProblem.Kind) -> Shape {
    guard dims.count <= 64, let extents = dims.exactInts, let shape = try? Shape(extents),
      shape.count <= elementLimit, extents.allSatisfy({ $0 <= elementLimit })
    else { throw .shape(dims) }
    return shape
  }

  private static func byteCount(_ shape: Shape, _ type: ONNXElementType) -> Int {
    (shape.count * type.bits + 7) / 8
  }

  /// Little-endian elements; those narrower than a byte from its least significant bits up.
  static func unpack(
    _ bytes: [UInt8], type: ONNXElementType, count: Int
  ) throws(ONNXProblem.Kind) -> Codes {
    let expected = (count * type.bits + 7) / 8
    guard bytes.count == expected else {
      throw .tensorData(
        reason: "the data have \(bytes.count) bytes, \(count) elements of \(type.name) take "
          + "\(expected)")
    }
    switch type {
    case .int8: return .int8(elements(bytes))
    case .uint8, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0:
      return .uint8(bytes)
    case .float6e2m3, .float6e3m2: return .uint8(bytes.map { $0 & 0x3F })
    case .bool: return .uint8(bytes.map { $0 == 0 ? 0 : 1 })
    case .int16: return .int16(elements(bytes))
    case .uint16, .float16, .bfloat16: return .uint16(elements(bytes))
    case .int32: return .int32(elements(bytes))
    case .uint32: return .int64((elements(bytes) as [UInt32]).map(Int64.init))
    case .int64, .uint64: return .int64(elements(bytes))
    case .float32: return .float32(elements(bytes))
    case .float64: return .float64(elements(bytes))
    case .uint4, .float4e2m1, .uint2:
      return .uint8(narrow(bytes, bits: type.bits, count: count))
    case .int4, .int2:
      let shift = UInt8(8 - type.bits)
      return .int8(
        narrow(bytes, bits: type.bits, count: count).map {
          Int8(bitPattern: $0 << shift) >> Int8(shift)
        })
    }
  }

  private static func elements<Element: BitwiseCopyable>(_ bytes: [UInt8]) -> [Element] {
    let count = bytes.count / MemoryLayout<Element>.stride
    return [Element](unsafeUninitializedCapacity: count) { target, filled in
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(target).copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: source[..<(count * MemoryLayout<Element>.stride)]))
      }
      filled = count
    }
  }

  private static func narrow(_ bytes: [UInt8], bits: Int, count: Int) -> [UInt8] {
    let perByte = 8 / bits
    let mask = UInt8(1 << bits) - 1
    return (0..<count).map { (bytes[$0 / perByte] >> UInt8($0 % perByte * bits)) & mask }
  }

  /// Values of the typed fields: `int32_data` holds everything up to 32 bits, floats as bits.
  private static func typedValues(
    _ tensor: Onnx_TensorProto, type: ONNXElementType, count: Int
  ) throws(ONNXProblem.Kind) -> Codes {
    func require(_ found: Int, _ expected: Int) throws(ONNXProblem.Kind) {
      guard found == expected else {
        throw .tensorData(
          reason: "\(found) stored numbers, \(count) elements of \(type.name) take \(expected)")
      }
    }
    switch type {
    case .float32:
      try require(tensor.floatData.count, count)
      return .float32(tensor.floatData)
    case .float64:
      try require(tensor.doubleData.count, count)
      return .float64(tensor.doubleData)
    case .int64:
      try require(tensor.int64Data.count, count)
      return .int64(tensor.int64Data)
    case .uint64, .uint32:
      try require(tensor.uint64Data.count, count)
      return .int64(tensor.uint64Data.map { Int64(bitPattern: $0) })
    case .int4, .uint4, .float4e2m1, .int2, .uint2:
      // Packed as in raw bytes, one byte a number.
      let perNumber = 8 / type.bits
      try require(tensor.int32Data.count, (count + perNumber - 1) / perNumber)
      return try unpack(
        tensor.int32Data.map { UInt8(truncatingIfNeeded: $0) }, type: type, count: count)
    default:
      try require(tensor.int32Data.count, count)
      return try narrowed(tensor.int32Data, type: type)
    }
  }

  private static func narrowed(
    _ values: [Int32], type: ONNXElementType
  ) throws(ONNXProblem.Kind) -> Codes {
    let range: ClosedRange<Int32>
    switch type {
    case .int8: range = -128...127
    case .int16: range = -32768...32767
    case .bool: range = 0...1
    case .uint16, .float16, .bfloat16: range = 0...65535
    case .int32: return .int32(values)
    default: range = 0...255
    }
    if let position = values.firstIndex(where: { !range.contains($0) }) {
      throw .tensorData(
        reason: "value \(values[position]) of element \(position) is no \(type.name)")
    }
    switch type {
    case .int8: return .int8(values.map { Int8(truncatingIfNeeded: $0) })
    case .int16: return .int16(values.map { Int16(truncatingIfNeeded: $0) })
    case .uint16, .float16, .bfloat16: return .uint16(values.map { UInt16(truncatingIfNeeded: $0) })
    default: return .uint8(values.map { UInt8(truncatingIfNeeded: $0) })
    }
  }
}

extension ONNXTensorReader {
  /// The tensor with the bytes that another file holds of it.
  mutating func embedded(
    _ tensor: Onnx_TensorProto
  ) throws(ONNXProblem.Kind) -> Onnx_TensorProto {
    guard tensor.hasDataLocation, tensor.dataLocation == .external else { return tensor }
    var tensor = tensor
    guard let type = ONNXElementType(rawValue: tensor.dataType) else {
      throw .elementType(tensor.dataType)
    }
    let bytes = try external(
      tensor, byteCount: Self.byteCount(Self.shape(tensor.dims), type))
    tensor.rawData = Data(bytes)
    tensor.externalData = []
    tensor.clearDataLocation()
    return tensor
  }

  private mutating func external(
    _ tensor: Onnx_TensorProto, byteCount: Int
  ) throws(ONNXProblem.Kind) -> [UInt8] {
    var entries: [String: String] = [:]
    for entry in tensor.externalData { entries[entry.key] = entry.value }
    let location = entries["location"] ?? ""
    let reason = Self.objection(to: location)
    if let reason { throw .externalData(path: location, reason: reason) }
    let source = try open(location)
    let offset = try Self.number(entries["offset"], named: "offset", path: location) ?? 0
    let length =
      try Self.number(entries["length"], named: "length", path: location)
      ?? max(source.byteCount - offset, 0)
    guard offset <= source.byteCount, length <= source.byteCount - offset else {
      throw .externalData(
        path: location,
        reason: "bytes \(offset) to \(offset &+ length) of a file of \(source.byteCount)")
    }
    guard length == byteCount else {
      throw .externalData(
        path: location, reason: "\(length) bytes are given, type and shape take \(byteCount)")
    }
    do throws(ImportError) {
      return try source.bytes(at: offset, count: length, part: "external data", container: .file)
    } catch {
      throw .externalData(path: location, reason: Diagnostic(error).message)
    }
  }

  private static func number(
    _ text: String?, named name: String, path: String
  ) throws(ONNXProblem.Kind) -> Int? {
    guard let text else { return nil }
    guard let value = Int(text), value >= 0 else {
      throw .externalData(path: path, reason: "\(name) '\(text)' is no byte count")
    }
    return value
  }

  /// Why a location is refused: it must be a path below the model's folder.
  static func objection(to location: String) -> String? {
    if location.isEmpty { return "no location is given" }
    if location.utf8.contains(0) || location.utf8.contains(UInt8(ascii: "\\")) {
      return "the location has characters that no portable path has"
    }
    if location.hasPrefix("/") { return "the location is an absolute path" }
    if location.split(separator: "/", omittingEmptySubsequences: false).contains("..") {
      return "the location leaves the model's folder"
    }
    return nil
  }

  private mutating func open(_ location: String) throws(ONNXProblem.Kind) -> ByteSource {
    if let source = sources[location] { return source }
    let path = (folder.isEmpty ? "." : folder) + "/" + location
    // A link in the folder may lead elsewhere although its own path does not.
    let root = URL(filePath: folder.isEmpty ? "." : folder).resolvingSymlinksInPath().path
    let target = URL(filePath: path).resolvingSymlinksInPath().path
    guard target.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw .externalData(path: location, reason: "the location leads out of the model's folder")
    }
    do throws(ImportError) {
      // Opening a pipe would wait for a writer.
      let file = try InputFile(regularFile: path)
      guard let byteCount = file.byteCount else {
        throw .unreadable(path: path, reason: "it is no regular file")
      }
      let source = ByteSource.file(file, byteCount: byteCount)
      sources[location] = source
      return source
    } catch {
      throw .externalData(path: location, reason: Diagnostic(error).message)
    }
  }
}

extension [Int64] {
  /// The same numbers as `Int`s; nil if one is negative or does not fit.
  var exactInts: [Int]? {
    let values = compactMap { $0 < 0 ? nil : Int(exactly: $0) }
    return values.count == count ? values : nil
  }
}
