import Arith
import QuantGraph

/// How array kernels hold and read the elements of a tensor.
enum ElementKind: Hashable, Sendable {
  case float32, float64
  /// Floats of at most 16 bits, stored as codes.
  case codedFloat(FloatFormat)
  case integer(width: Int, isSigned: Bool)

  /// nil for encodings that array operators do not have.
  init?(_ encoding: Encoding) {
    switch encoding {
    case .float(.float32): self = .float32
    case .float(.float64): self = .float64
    case .float(let format):
      guard format.width <= 16 else { return nil }
      self = .codedFloat(format)
    case .affine(let format): self = .integer(width: format.width, isSigned: format.isSigned)
    case .fixed(let format) where format.integerBits == format.width && format.width <= 64:
      self = .integer(width: format.width, isSigned: format.isSigned)
    default: return nil
    }
  }

  /// Unsigned integers of 32 bits are stored in 64, those of 64 bits as their bit patterns.
  var storage: Storage {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .codedFloat(let format): format.width <= 8 ? .uint8 : .uint16
    case .integer(let width, let isSigned):
      switch width {
      case ...8: isSigned ? .int8 : .uint8
      case ...16: isSigned ? .int16 : .uint16
      case ...32 where isSigned: .int32
      default: .int64
      }
    }
  }

  /// Smallest and largest code; nil for floats and where they do not fit in 64 bits.
  var range: ClosedRange<Int64>? {
    guard case .integer(let width, let isSigned) = self, width < 64 || isSigned else { return nil }
    if width == 64 { return Int64.min...Int64.max }
    let top = Int64(1) << Int64(width - (isSigned ? 1 : 0))
    return isSigned ? -top...top - 1 : 0...top - 1
  }

  var isInteger: Bool {
    if case .integer = self { return true }
    return false
  }

  /// Whether the elements are truth values: integers of one bit.
  var isBoolean: Bool { self == .integer(width: 1, isSigned: false) }

  var planned: PlannedTensor { PlannedTensor(storage: storage, bound: range) }
}

// MARK: Reading

/// An operand of an array kernel: a constant, or a buffer that is given at run time.
struct ArrayOperand: Sendable {
  enum Source: Sendable {
    case constant(Codes)
    /// Position among the node's non-constant operands.
    case input(Int)
  }

  let source: Source
  let kind: ElementKind
  let shape: Shape
  let name: String

  var constant: Codes? {
    if case .constant(let codes) = source { return codes }
    return nil
  }

  /// The elements by their bits, in a type of the storage's width.
  func elements<Element: BitwiseCopyable>(
    as: Element.Type, _ operands: KernelOperands
  ) -> [Element] {
    switch source {
    case .input(let position):
      let rows = operands.inputs[position].rows(as: Element.self)
      return Array(UnsafeBufferPointer(start: rows, count: shape.count))
    case .constant(let codes): return codes.bits(as: Element.self)
    }
  }

  /// Calls `body` with the elements by their bits; those of a buffer where they are.
  func withElements<Element: BitwiseCopyable>(
    as type: Element.Type, _ operands: KernelOperands,
    _ body: (UnsafeBufferPointer<Element>) -> Void
  ) {
    switch source {
    case .input(let position):
      body(
        UnsafeBufferPointer(start: operands.inputs[position].rows(as: type), count: shape.count))
    case .constant(let codes): codes.bits(as: type).withUnsafeBufferPointer(body)
    }
  }

  /// Integer codes, or the codes of a coded float.
  func integers(_ operands: KernelOperands) -> [Int64] {
    switch kind.storage {
    case .int8: elements(as: Int8.self, operands).map(Int64.init)
    case .uint8: elements(as: UInt8.self, operands).map(Int64.init)
    case .int16: elements(as: Int16.self, operands).map(Int64.init)
    case .uint16: elements(as: UInt16.self, operands).map(Int64.init)
    case .int32: elements(as: Int32.self, operands).map(Int64.init)
    case .int64: elements(as: Int64.self, operands)
    case .wide, .float32, .float64: []
    }
  }

  /// Codes of at most 32 bits less their zero point.
  func centered<Integer: FixedWidthInteger>(
    as: Integer.Type, _ zeroPoint: Int64, _ operands: KernelOperands
  ) -> [Integer] {
    let zero = Integer(truncatingIfNeeded: zeroPoint)
    func shifted<Element: BinaryInteger & BitwiseCopyable>(_ type: Element.Type) -> [Integer] {
      elements(as: type, operands).map { Integer(truncatingIfNeeded: $0) &- zero }
    }
    return switch kind.storage {
    case .int8: shifted(Int8.self)
    case .uint8: shifted(UInt8.self)
    case .int16: shifted(Int16.self)
    case .uint16: shifted(UInt16.self)
    case .int32: shifted(Int32.self)
    default: integers(operands).map { Integer(truncatingIfNeeded: $0) &- zero }
    }
  }

  /// The numbers that the elements stand for, rounded to `Real` where they are 64-bit integers.
  func reals<Real: ArrayReal>(as type: Real.Type, _ operands: KernelOperands) -> [Real] {
    switch kind {
    case .float32:
      let values = elements(as: Float.self, operands)
      return (values as? [Real]) ?? values.map { Real($0) }
    case .float64:
      let values = elements(as: Double.self, operands)
      return (values as? [Real]) ?? values.map { Real($0) }
    case .integer(64, false): return integers(operands).map { Real(UInt64(bitPattern: $0)) }
    case .integer: return integers(operands).map { Real($0) }
    case .codedFloat(let format):
      if format == .float16 {
        return elements(as: UInt16.self, operands).map { Real(Float16(bitPattern: $0)) }
      }
      if format == .bfloat16 {
        return elements(as: UInt16.self, operands).map {
          Real(Float(bitPattern: UInt32($0) << 16))
        }
      }
      if format.width <= 8 {
        let table = (0..<UInt64(1 << format.width)).map { Real(format.doubleValue(of: $0)) }
        return integers(operands).map { table[Int($0) & (table.count - 1)] }
      }
      return integers(operands).map { Real(format.doubleValue(of: UInt64(bitPattern: $0))) }
    }
  }
}

extension Codes {
  /// The elements' bits as numbers of a type of the same width.
  ///
  /// - Precondition: `Element`'s size is that of the storage.
  func bits<Element: BitwiseCopyable>(as: Element.Type) -> [Element] {
    func copy<Source: BitwiseCopyable>(_ source: [Source]) -> [Element] {
      if let same = source as? [Element] { return same }
      precondition(MemoryLayout<Source>.size == MemoryLayout<Element>.size, "another width")
      return source.withUnsafeBytes { bytes in
        (0..<source.count).map {
          bytes.loadUnaligned(
            fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
        }
      }
    }
    return switch self {
    case .int8(let codes): copy(codes)
    case .uint8(let codes): copy(codes)
    case .int16(let codes): copy(codes)
    case .uint16(let codes): copy(codes)
    case .int32(let codes): copy(codes)
    case .int64(let codes): copy(codes)
    case .wide(let codes): copy(codes)
    case .float32(let codes): copy(codes)
    case .float64(let codes): copy(codes)
    }
  }
}

// MARK: Writing

extension TensorBuffer {
  /// Stores whole elements as they are.
  func store<Element: BitwiseCopyable>(bits values: [Element]) {
    let rows = rows(as: Element.self)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { rows.update(from: base, count: source.count) }
    }
  }

  /// Stores integers; those out of range keep their low bits.
  func store(wrapping values: [Int64], kind: ElementKind) {
    guard case .integer(let width, let isSigned) = kind else { return }
    let shift = Int64(64 - width)
    func wrapped(_ value: Int64) -> Int64 {
      isSigned
        ? (value << shift) >> shift
        : Int64(bitPattern: (UInt64(bitPattern: value) << UInt64(shift)) >> UInt64(shift))
    }
    switch storage {
    case .int8: store(bits: values.map { Int8(truncatingIfNeeded: wrapped($0)) })
    case .uint8: store(bits: values.map { UInt8(truncatingIfNeeded: wrapped($0)) })
    case .int16: store(bits: values.map { Int16(truncatingIfNeeded: $0) })
    case .uint16: store(bits: values.map { UInt16(truncatingIfNeeded: $0) })
    case .int32: store(bits: values.map { Int32(truncatingIfNeeded: $0) })
    default: store(bits: values.map(wrapped))
    }
  }

  /// Stores numbers in a float type: one rounding, ties to even.
  ///
  /// `saturating` is about formats of at most 8 bits; a number without a code becomes code 0.
  func store<Real: ArrayReal>(reals values: [Real], kind: ElementKind, saturating: Bool = false) {
    switch kind {
    case .float32: store(bits: (values as? [Float]) ?? values.map { Float($0) })
    case .float64: store(bits: (values as? [Double]) ?? values.map { Double($0) })
    case .codedFloat(let format):
      if format == .float16 {
        store(bits: values.map { Float16($0).bitPattern })
      } else {
        let codes = values.map { format.code(of: Double($0), saturating: saturating) }
        if format.width <= 8 {
          store(bits: codes.map { UInt8(truncatingIfNeeded: $0) })
        } else {
          store(bits: codes.map { UInt16(truncatingIfNeeded: $0) })
        }
      }
    case .integer: break
    }
  }

  /// The elements as codes.
  func codes(count: Int, kind: ElementKind) -> Codes {
    func read<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
      Array(UnsafeBufferPointer(start: rows(as: type), count: count))
    }
    return switch kind.storage {
    case .int8: .int8(read(Int8.self))
    case .uint8: .uint8(read(UInt8.self))
    case .int16: .int16(read(Int16.self))
    case .uint16: .uint16(read(UInt16.self))
    case .int32: .int32(read(Int32.self))
    case .int64, .wide: .int64(read(Int64.self))
    case .float32: .float32(read(Float.self))
    case .float64: .float64(read(Double.self))
    }
  }
}

extension FloatFormat {
  /// The code of a number, ties to even; what has no code becomes 0.
  ///
  /// A NaN keeps its sign and is the quiet one; formats without NaN have -0 for it, and +0 for a
  /// negative one, as ml_dtypes 0.6.0 converts (the recorded casts of onnx 1.23.2 come from it).
  func code(of value: Double, saturating: Bool) -> UInt64 {
    let sign: UInt64 = 1 << UInt64(max(width - 1, 0))
    let isNegative = value.sign == .minus
    guard value.isNaN else {
      let code = encode(
        ExactNumber<Int128>(value), rounding: .tiesToEven, saturating: saturating)
      // What overflows to NaN keeps its sign as well (Cast, table for saturate = 0).
      if let code, specials == .nanOnly, isNegative, isSigned, code == nanCode {
        return code | sign
      }
      return code ?? 0
    }
    switch specials {
    case .ieee:
      let quiet = (infinityCode ?? 0) | (mantissaBits > 0 ? 1 << UInt64(mantissaBits - 1) : 0)
      return isNegative && isSigned ? quiet | sign : quiet
    case .nanOnly: return (nanCode ?? 0) | (isNegative && isSigned ? sign : 0)
    case .finite: return isNegative || !isSigned ? 0 : sign
    case .nanAtNegativeZero, .p3109Extended, .p3109Finite, .powerOfTwo: return nanCode ?? 0
    }
  }
}
