internal import Arith

/// The element types of ONNX tensors that have numbers, with their codes in the schema.
///
/// Source: onnx.proto, `TensorProto.DataType`.
enum ONNXElementType: Int32, CaseIterable, Sendable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case float64 = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16
  case float8e4m3fn = 17
  case float8e4m3fnuz = 18
  case float8e5m2 = 19
  case float8e5m2fnuz = 20
  case uint4 = 21
  case int4 = 22
  case float4e2m1 = 23
  case float8e8m0 = 24
  case uint2 = 25
  case int2 = 26
  case float6e2m3 = 27
  case float6e3m2 = 28

  /// Bits of one element in `raw_data` and in external files.
  var bits: Int {
    switch self {
    case .uint2, .int2: 2
    case .uint4, .int4, .float4e2m1: 4
    // Six-bit floats are stored one a byte.
    case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float8e8m0, .float6e2m3, .float6e3m2:
      8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float32, .int32, .uint32: 32
    case .int64, .uint64, .float64: 64
    }
  }

  /// Width and sign of an integer type; a boolean is an unsigned integer of one bit.
  var integer: (width: Int, isSigned: Bool)? {
    switch self {
    case .bool: (1, false)
    case .uint2: (2, false)
    case .uint4: (4, false)
    case .uint8: (8, false)
    case .uint16: (16, false)
    case .uint32: (32, false)
    case .uint64: (64, false)
    case .int2: (2, true)
    case .int4: (4, true)
    case .int8: (8, true)
    case .int16: (16, true)
    case .int32: (32, true)
    case .int64: (64, true)
    default: nil
    }
  }

  var floatFormat: FloatFormat? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    case .float8e4m3fn: .e4m3
    case .float8e5m2: .e5m2
    case .float8e4m3fnuz:
      try? FloatFormat(
        exponentBits: 4, mantissaBits: 3, bias: 8, specials: .nanAtNegativeZero)
    case .float8e5m2fnuz:
      try? FloatFormat(
        exponentBits: 5, mantissaBits: 2, bias: 16, specials: .nanAtNegativeZero)
    case .float4e2m1: .e2m1
    case .float8e8m0: .e8m0
    case .float6e2m3: .e2m3
    case .float6e3m2: .e3m2
    default: nil
    }
  }

  /// The encoding of a tensor of this type: floats by format, integers with scale 1.
  var encoding: Encoding? {
    if let floatFormat { return .float(floatFormat) }
    guard let integer,
      let format = try? AffineFormat(width: integer.width, isSigned: integer.isSigned)
    else { return nil }
    return .affine(format)
  }

  var isFloat: Bool { integer == nil }

  /// Whether arithmetic in floating point is defined on it: float16, bfloat16, float32, float64.
  var isRealNumber: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  var name: String {
    switch self {
    case .float8e4m3fn: "float8e4m3fn"
    case .float8e4m3fnuz: "float8e4m3fnuz"
    case .float8e5m2: "float8e5m2"
    case .float8e5m2fnuz: "float8e5m2fnuz"
    case .float8e8m0: "float8e8m0"
    case .float4e2m1: "float4e2m1"
    default: "\(self)"
    }
  }

  /// The name of a code in the schema, supported here or not.
  static func name(of code: Int32) -> String {
    if let type = ONNXElementType(rawValue: code) { return type.name }
    switch code {
    case 0: return "undefined"
    case 8: return "string"
    case 14: return "complex64"
    case 15: return "complex128"
    default: return "number \(code)"
    }
  }
}
