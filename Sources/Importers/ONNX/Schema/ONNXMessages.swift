internal import FoundationEssentials

// Messages of onnx.proto, as far as they are read or written here. Names and numbers of fields are
// the schema's; source: onnx/onnx-ml.proto of onnx 1.23.2.

struct Onnx_ModelProto: ProtoMessage {
  var irVersion: Int64 = 0
  var producerName = ""
  var producerVersion = ""
  private var itsGraph: Onnx_GraphProto?
  var opsetImport: [Onnx_OperatorSetIdProto] = []
  /// Not looked into.
  var trainingInfo: [Data] = []
  var unknown: [UInt8] = []

  var hasGraph: Bool { itsGraph != nil }

  var graph: Onnx_GraphProto {
    get { itsGraph ?? Onnx_GraphProto() }
    _modify {
      var graph = itsGraph ?? Onnx_GraphProto()
      itsGraph = nil
      defer { itsGraph = graph }
      yield &graph
    }
  }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1:
      guard let value = field.integer else { return false }
      irVersion = value
    case 2: return try field.set(&producerName)
    case 3: return try field.set(&producerVersion)
    case 7: return try field.merge(into: &itsGraph)
    case 8: return try field.append(to: &opsetImport)
    case 20:
      guard let data = field.data else { return false }
      trainingInfo.append(data)
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    writer.integer(1, irVersion)
    writer.text(2, producerName)
    writer.text(3, producerVersion)
    writer.message(7, itsGraph)
    writer.messages(8, opsetImport)
    for data in trainingInfo { writer.data(20, data) }
  }
}

struct Onnx_OperatorSetIdProto: ProtoMessage {
  var domain = ""
  /// Whether the message states the domain, be it empty.
  private var statesDomain = false
  var version: Int64 = 0
  var unknown: [UInt8] = []

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1:
      statesDomain = true
      return try field.set(&domain)
    case 2:
      guard let value = field.integer else { return false }
      version = value
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    if statesDomain || !domain.isEmpty { writer.data(1, domain.utf8) }
    writer.integer(2, version)
  }
}

struct Onnx_GraphProto: ProtoMessage {
  var node: [Onnx_NodeProto] = []
  var name = ""
  var initializer: [Onnx_TensorProto] = []
  var input: [Onnx_ValueInfoProto] = []
  var output: [Onnx_ValueInfoProto] = []
  var sparseInitializer: [Onnx_SparseTensorProto] = []
  var unknown: [UInt8] = []

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: try field.append(to: &node)
    case 2: try field.set(&name)
    case 5: try field.append(to: &initializer)
    case 11: try field.append(to: &input)
    case 12: try field.append(to: &output)
    case 15: try field.append(to: &sparseInitializer)
    default: false
    }
  }

  func write(to writer: inout ProtoWriter) {
    writer.messages(1, node)
    writer.text(2, name)
    writer.messages(5, initializer)
    writer.messages(11, input)
    writer.messages(12, output)
    writer.messages(15, sparseInitializer)
  }
}

struct Onnx_NodeProto: ProtoMessage {
  var input: [String] = []
  var output: [String] = []
  var name = ""
  var opType = ""
  var attribute: [Onnx_AttributeProto] = []
  var domain = ""
  var unknown: [UInt8] = []

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: try field.append(to: &input)
    case 2: try field.append(to: &output)
    case 3: try field.set(&name)
    case 4: try field.set(&opType)
    case 5: try field.append(to: &attribute)
    case 7: try field.set(&domain)
    default: false
    }
  }

  func write(to writer: inout ProtoWriter) {
    writer.texts(1, input)
    writer.texts(2, output)
    writer.text(3, name)
    writer.text(4, opType)
    writer.messages(5, attribute)
    writer.text(7, domain)
  }
}

struct Onnx_AttributeProto: ProtoMessage {
  enum AttributeType: Int64, Sendable {
    case undefined, float, int, string, tensor, graph, floats, ints, strings, tensors, graphs
    case sparseTensor, sparseTensors, typeProto, typeProtos
  }

  var name = ""
  private var number: Float?
  private var integer: Int64?
  private var data: Data?
  private var tensor: Onnx_TensorProto?
  var floats: [Float] = []
  var ints: [Int64] = []
  var strings: [Data] = []
  var type = AttributeType.undefined
  var refAttrName = ""
  var unknown: [UInt8] = []

  var f: Float {
    get { number ?? 0 }
    set { number = newValue }
  }
  var i: Int64 {
    get { integer ?? 0 }
    set { integer = newValue }
  }
  var s: Data {
    get { data ?? Data() }
    set { data = newValue }
  }
  var hasT: Bool { tensor != nil }
  var t: Onnx_TensorProto {
    get { tensor ?? Onnx_TensorProto() }
    set { tensor = newValue }
  }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: return try field.set(&name)
    case 2:
      guard let value = field.float else { return false }
      number = value
    case 3:
      guard let value = field.integer else { return false }
      integer = value
    case 4:
      guard let value = field.data else { return false }
      data = value
    case 5: return try field.merge(into: &tensor)
    case 7: return try field.floats(&floats)
    case 8: return try field.numbers(&ints) { Int64(bitPattern: $0) }
    case 9:
      guard let value = field.data else { return false }
      strings.append(value)
    case 20:
      guard let value = field.integer, let known = AttributeType(rawValue: value) else {
        return false
      }
      type = known
    case 21: return try field.set(&refAttrName)
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    writer.text(1, name)
    writer.float(2, number)
    writer.integer(3, integer)
    writer.data(4, data)
    writer.message(5, tensor)
    writer.floats(7, floats)
    writer.integers(8, ints)
    for text in strings { writer.data(9, text) }
    if type != .undefined { writer.integer(20, type.rawValue) }
    writer.text(21, refAttrName)
  }
}

struct Onnx_TensorProto: ProtoMessage {
  enum DataLocation: Int64, Sendable {
    case `default`, external
  }

  var dims: [Int64] = []
  var dataType: Int32 = 0
  private var segment: Data?
  var floatData: [Float] = []
  var int32Data: [Int32] = []
  var int64Data: [Int64] = []
  var name = ""
  private var raw: Data?
  var externalData: [Onnx_StringStringEntryProto] = []
  private var location: DataLocation?
  var doubleData: [Double] = []
  var uint64Data: [UInt64] = []
  var unknown: [UInt8] = []

  var hasSegment: Bool { segment != nil }
  var hasRawData: Bool { raw != nil }
  var rawData: Data {
    get { raw ?? Data() }
    set { raw = newValue }
  }
  var hasDataLocation: Bool { location != nil }
  var dataLocation: DataLocation { location ?? .default }
  mutating func clearDataLocation() { location = nil }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: return try field.numbers(&dims) { Int64(bitPattern: $0) }
    case 2:
      guard let value = field.integer else { return false }
      dataType = Int32(truncatingIfNeeded: value)
    case 3:
      guard let value = field.data else { return false }
      segment = value
    case 4: return try field.floats(&floatData)
    case 5: return try field.numbers(&int32Data) { Int32(truncatingIfNeeded: $0) }
    case 7: return try field.numbers(&int64Data) { Int64(bitPattern: $0) }
    case 8: return try field.set(&name)
    case 9:
      guard let value = field.data else { return false }
      raw = value
    case 10: return try field.doubles(&doubleData)
    case 11: return try field.numbers(&uint64Data) { $0 }
    case 13: return try field.append(to: &externalData)
    case 14:
      guard let value = field.integer, let known = DataLocation(rawValue: value) else {
        return false
      }
      location = known
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    writer.integers(1, dims)
    writer.integer(2, Int64(dataType))
    writer.data(3, segment)
    writer.packed(4, bits: floatData.lazy.map(\.bitPattern))
    writer.packed(5, int32Data.lazy.map { UInt64(bitPattern: Int64($0)) })
    writer.packed(7, int64Data.lazy.map { UInt64(bitPattern: $0) })
    writer.text(8, name)
    writer.data(9, raw)
    writer.packed(10, bits: doubleData.lazy.map(\.bitPattern))
    writer.packed(11, uint64Data)
    writer.messages(13, externalData)
    writer.integer(14, location?.rawValue)
  }
}

struct Onnx_StringStringEntryProto: ProtoMessage {
  var key = ""
  var value = ""
  var unknown: [UInt8] = []

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: try field.set(&key)
    case 2: try field.set(&value)
    default: false
    }
  }

  func write(to writer: inout ProtoWriter) {
    writer.text(1, key)
    writer.text(2, value)
  }
}

struct Onnx_SparseTensorProto: ProtoMessage {
  private var numbers: Onnx_TensorProto?
  var unknown: [UInt8] = []

  var values: Onnx_TensorProto { numbers ?? Onnx_TensorProto() }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    field.number == 1 ? try field.merge(into: &numbers) : false
  }

  func write(to writer: inout ProtoWriter) { writer.message(1, numbers) }
}

struct Onnx_ValueInfoProto: ProtoMessage {
  var name = ""
  private var itsType: Onnx_TypeProto?
  var unknown: [UInt8] = []

  var type: Onnx_TypeProto { itsType ?? Onnx_TypeProto() }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1: try field.set(&name)
    case 2: try field.merge(into: &itsType)
    default: false
    }
  }

  func write(to writer: inout ProtoWriter) {
    writer.text(1, name)
    writer.message(2, itsType)
  }
}

struct Onnx_TypeProto: ProtoMessage {
  enum OneOf_Value: Sendable, Equatable {
    case tensorType(Onnx_TypeTensor)
    case sparseTensorType(Data)
    /// Sequences, maps, optional and opaque types.
    case other
  }

  private(set) var value: OneOf_Value?
  var unknown: [UInt8] = []

  var tensorType: Onnx_TypeTensor {
    if case .tensorType(let tensor)? = value { return tensor }
    return Onnx_TypeTensor()
  }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    guard case .bytes(let bytes) = field.content else { return false }
    switch field.number {
    case 1:
      var tensor = tensorType
      try tensor.merge(bytes)
      value = .tensorType(tensor)
    case 8: value = .sparseTensorType(Data(bytes))
    case 4, 5, 7, 9:
      value = .other
      return false
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    switch value {
    case .tensorType(let tensor): writer.message(1, tensor)
    case .sparseTensorType(let data): writer.data(8, data)
    case .other, nil: break
    }
  }
}

/// `TypeProto.Tensor`.
struct Onnx_TypeTensor: ProtoMessage {
  var elemType: Int32 = 0
  private var itsShape: Onnx_TensorShapeProto?
  var unknown: [UInt8] = []

  var hasShape: Bool { itsShape != nil }
  var shape: Onnx_TensorShapeProto { itsShape ?? Onnx_TensorShapeProto() }

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    switch field.number {
    case 1:
      guard let value = field.integer else { return false }
      elemType = Int32(truncatingIfNeeded: value)
    case 2: return try field.merge(into: &itsShape)
    default: return false
    }
    return true
  }

  func write(to writer: inout ProtoWriter) {
    writer.integer(1, Int64(elemType))
    writer.message(2, itsShape)
  }
}

struct Onnx_TensorShapeProto: ProtoMessage {
  struct Dimension: ProtoMessage {
    enum OneOf_Value: Sendable, Equatable {
      case dimValue(Int64)
      case dimParam(String)
    }

    private(set) var value: OneOf_Value?
    var unknown: [UInt8] = []

    var dimValue: Int64 {
      if case .dimValue(let number)? = value { return number }
      return 0
    }

    var dimParam: String {
      if case .dimParam(let name)? = value { return name }
      return ""
    }

    mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
      switch field.number {
      case 1:
        guard let number = field.integer else { return false }
        value = .dimValue(number)
      case 2:
        guard let name = try field.text() else { return false }
        value = .dimParam(name)
      default: return false
      }
      return true
    }

    func write(to writer: inout ProtoWriter) {
      switch value {
      case .dimValue(let number): writer.integer(1, number)
      case .dimParam(let name): writer.data(2, name.utf8)
      case nil: break
      }
    }
  }

  var dim: [Dimension] = []
  var unknown: [UInt8] = []

  mutating func take(_ field: ProtoField) throws(ProtoError) -> Bool {
    field.number == 1 ? try field.append(to: &dim) : false
  }

  func write(to writer: inout ProtoWriter) { writer.messages(1, dim) }
}
