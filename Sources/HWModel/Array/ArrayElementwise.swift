import Arith
import QuantGraph

extension ArrayNode {
  func unary(_ function: UnaryFunction) throws(DatapathError) -> PlannedNode {
    let (data, result) = (operands[0], result)
    if data.kind.isInteger {
      guard function.integerValue(0) != nil else {
        throw .encoding(operand: "operand '\(data.name)'", expected: "a float type")
      }
      return planned { o in
        o.outputs[0].store(
          wrapping: data.integers(o).map { function.integerValue($0) ?? 0 }, kind: result.kind)
      }
    }
    if isDouble {
      return planned { o in
        o.outputs[0].store(
          reals: data.reals(as: Double.self, o).map { function.value($0) }, kind: result.kind)
      }
    }
    if let fast = ArrayFloatClamp(function, self) { return planned(kernel: fast) }
    return planned { o in
      o.outputs[0].store(
        reals: data.reals(as: Float.self, o).map { function.value($0) }, kind: result.kind)
    }
  }

  func binary(_ binary: Binary) throws(DatapathError) -> PlannedNode {
    guard binary.range.isUnbounded else {
      throw .parameter("range", reason: "array operators clamp in a node of their own")
    }
    let function = binary.function
    let (a, b, result) = (operands[0], operands[1], result)
    if a.kind.isInteger, b.kind.isInteger || function != .power {
      return planned { o in
        let (x, y) = Self.broadcast(
          a.integers(o), a.shape, b.integers(o), b.shape, to: result.shape)
        let isUnsigned = a.kind == .integer(width: 64, isSigned: false)
        let values = x.indices.map { index in
          isUnsigned
            ? function.unsignedValue(x[index], y[index])
            : function.integerValue(x[index], y[index])
        }
        o.outputs[0].store(wrapping: values, kind: result.kind)
      }
    }
    if let fast = ArrayFloatBinary(function, self) { return planned(kernel: fast) }
    func body<Real: ArrayReal>(_ type: Real.Type) -> PlannedNode {
      planned { o in
        let (x, y) = Self.broadcast(
          a.reals(as: type, o), a.shape, b.reals(as: type, o), b.shape, to: result.shape)
        let values = x.indices.map { function.value(x[$0], y[$0]) }
        if result.kind.isInteger {
          o.outputs[0].store(
            wrapping: values.map { Int64(clamping: Double($0)) }, kind: result.kind)
        } else {
          o.outputs[0].store(reals: values, kind: result.kind)
        }
      }
    }
    return isDouble ? body(Double.self) : body(Float.self)
  }

  func select() -> PlannedNode {
    let (condition, a, b, result) = (operands[0], operands[1], operands[2], result)
    func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
      planned { o in
        let chosen = Self.broadcast(condition.integers(o), condition.shape, to: result.shape)
        let (x, y) = Self.broadcast(
          a.elements(as: type, o), a.shape, b.elements(as: type, o), b.shape, to: result.shape)
        o.outputs[0].store(bits: chosen.indices.map { chosen[$0] != 0 ? x[$0] : y[$0] })
      }
    }
    return switch result.kind.storage.stride {
    case 1: body(UInt8.self)
    case 2: body(UInt16.self)
    case 4: body(UInt32.self)
    default: body(UInt64.self)
    }
  }

  static func broadcast<Element: BitwiseCopyable>(
    _ values: [Element], _ shape: Shape, to result: Shape
  ) -> [Element] {
    if shape.count == result.count { return values }
    if shape.count == 1 { return [Element](repeating: values[0], count: result.count) }
    let copy = shape.copy(to: result.extents, strides: shape.broadcastStrides(to: result))
    return values.withUnsafeBufferPointer { source in
      [Element](unsafeUninitializedCapacity: result.count) { target, count in
        if let from = source.baseAddress, let to = target.baseAddress { copy.run(from, to) }
        count = result.count
      }
    }
  }

  static func broadcast<Element: BitwiseCopyable>(
    _ a: [Element], _ shapeA: Shape, _ b: [Element], _ shapeB: Shape, to result: Shape
  ) -> ([Element], [Element]) {
    (broadcast(a, shapeA, to: result), broadcast(b, shapeB, to: result))
  }
}

extension Binary.Function {
  /// The function's value for unsigned integers of 64 bits in their bit patterns.
  fileprivate func unsignedValue(_ a: Int64, _ b: Int64) -> Int64 {
    let (x, y) = (UInt64(bitPattern: a), UInt64(bitPattern: b))
    return switch self {
    case .divide, .floorDivide: y == 0 ? 0 : Int64(bitPattern: x / y)
    case .modulo: y == 0 ? 0 : Int64(bitPattern: x % y)
    case .maximum: Int64(bitPattern: Swift.max(x, y))
    case .minimum: Int64(bitPattern: Swift.min(x, y))
    case .less: x < y ? 1 : 0
    case .lessOrEqual: x <= y ? 1 : 0
    case .greater: x > y ? 1 : 0
    case .greaterOrEqual: x >= y ? 1 : 0
    default: integerValue(a, b)
    }
  }
}

// MARK: Casts

extension ArrayNode {
  /// Conversions between types.
  ///
  /// Source: ONNX, Cast-28 and BitCast-26. Floats become integers toward zero, NaN becomes 0;
  /// integers keep their low bits; anything but zero is true.
  func cast(_ cast: Cast) throws(DatapathError) -> PlannedNode {
    let (data, result) = (operands[0], result)
    switch cast {
    case .bits:
      // Unsigned integers of 32 bits are stored in 64.
      let isWide = ElementKind.integer(width: 32, isSigned: false)
      switch (data.kind == isWide, result.kind == isWide) {
      case (true, false):
        return planned { o in
          o.outputs[0].store(bits: data.integers(o).map { UInt32(truncatingIfNeeded: $0) })
        }
      case (false, true):
        return planned { o in
          o.outputs[0].store(bits: data.elements(as: UInt32.self, o).map(Int64.init))
        }
      default: break
      }
      guard data.kind.storage.stride == result.kind.storage.stride else {
        throw .encoding(operand: "operand '\(data.name)'", expected: "of the result's width")
      }
      return moved()
    case .scale(let rounding, let saturates):
      guard case .codedFloat(let format) = result.kind else {
        throw .encoding(operand: "result", expected: "a float type of 8 bits")
      }
      return planned { o in
        let codes = data.reals(as: Double.self, o).map {
          format.scaleCode(of: $0, rounding: rounding, saturates: saturates)
        }
        o.outputs[0].store(bits: codes.map { UInt8(truncatingIfNeeded: $0) })
      }
    case .number, .saturating: break
    }
    let saturates = cast == .saturating
    switch (data.kind, result.kind) {
    case (.integer, .integer):
      if result.kind.isBoolean {
        return planned { o in
          o.outputs[0].store(
            wrapping: data.integers(o).map { $0 == 0 ? 0 : 1 }, kind: result.kind)
        }
      }
      return planned { o in
        let values = data.integers(o)
        let clamped = saturates ? result.kind.range : nil
        o.outputs[0].store(
          wrapping: clamped.map { range in
            values.map { min(max($0, range.lowerBound), range.upperBound) }
          } ?? values, kind: result.kind)
      }
    case (_, .integer(let width, let isSigned)):
      return planned { o in
        let values = data.reals(as: Double.self, o)
        if result.kind.isBoolean {
          o.outputs[0].store(wrapping: values.map { $0 == 0 ? 0 : 1 }, kind: result.kind)
        } else if width == 64 && !isSigned {
          o.outputs[0].store(bits: values.map { UInt64(saturating: $0) })
        } else {
          let range = saturates ? result.kind.range : nil
          o.outputs[0].store(
            wrapping: values.map { value in
              let integer = Int64(clamping: value)
              return range.map { min(max(integer, $0.lowerBound), $0.upperBound) } ?? integer
            }, kind: result.kind)
        }
      }
    case (.integer, .float32):
      return planned { o in
        o.outputs[0].store(reals: data.reals(as: Float.self, o), kind: result.kind)
      }
    default:
      return planned { o in
        o.outputs[0].store(
          reals: data.reals(as: Double.self, o), kind: result.kind, saturating: saturates)
      }
    }
  }
}

extension UInt64 {
  /// The nearest integer toward zero, or the end of the range.
  fileprivate init(saturating value: Double) {
    if !(value > 0) {
      self = 0
    } else {
      self = value >= 0x1p64 ? .max : UInt64(value)
    }
  }
}

extension FloatFormat {
  /// The code of a power of two near a number.
  ///
  /// Source: ONNX, Cast-28, table for FLOAT8E8M0; what it leaves open (negative numbers) takes the
  /// magnitude, as the reference implementation does.
  func scaleCode(of value: Double, rounding: Cast.ScaleRounding, saturates: Bool) -> UInt64 {
    guard !value.isNaN, let nan = nanCode else { return nanCode ?? 0 }
    let largest = maximumCode
    let magnitude = abs(value)
    if magnitude.isInfinite { return saturates ? largest : nan }
    if magnitude == 0 { return saturates ? 0 : nan }
    var exponent = Int(magnitude.exponent)
    let fraction = magnitude.significand
    switch rounding {
    case .up: if fraction > 1 { exponent += 1 }
    case .down: break
    case .nearest: if fraction >= 1.5 { exponent += 1 }
    }
    let code = exponent + bias
    if code > Int(largest) { return saturates ? largest : nan }
    if code < 0 { return saturates ? 0 : nan }
    return UInt64(code)
  }
}
