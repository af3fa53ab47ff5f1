import Arith
import QuantGraph

/// Which scale belongs to each element.
struct ScaleMap: Sendable {
  private let shape: Shape
  private let granularity: Granularity
  private let blockStrides: [Int]
  /// Elements that follow each other at one place of the axis, and places of the axis; 1 of a tensor's scale.
  private let inner: Int
  private let extent: Int

  init(_ granularity: Granularity, data: Shape, scale: Shape) {
    shape = data
    self.granularity = granularity
    blockStrides = scale.strides
    guard case .axis(let axis) = granularity else {
      (inner, extent) = (1, 1)
      return
    }
    (inner, extent) = (data.strides[axis], data[axis])
  }

  /// Position of the scale of the element at `offset`.
  func position(_ offset: Int) -> Int {
    switch granularity {
    case .tensor: return 0
    case .axis: return offset / inner % extent
    case .blocks(let axis, let size):
      var index = shape.index(ofOffset: offset)
      index[axis] /= size
      return zip(index, blockStrides).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  /// Calls `body` with neighbouring elements of one scale and that scale's position, in order.
  func eachRun(_ body: (_ elements: Range<Int>, _ position: Int) -> Void) {
    let count = shape.count
    guard count > 0 else { return }
    switch granularity {
    case .tensor: body(0..<count, 0)
    case .axis:
      var position = 0
      for start in stride(from: 0, to: count, by: inner) {
        body(start..<start + inner, position)
        position = position + 1 == extent ? 0 : position + 1
      }
    case .blocks:
      for offset in 0..<count { body(offset..<offset + 1, position(offset)) }
    }
  }

  /// The position of every element's scale.
  func positions() -> [Int] { (0..<shape.count).map(position) }
}

extension ArrayNode {
  /// Values to codes: divided in float32 (or the precision asked for), one rounding to even,
  /// saturated, plus the zero point.
  ///
  /// Source: ONNX, QuantizeLinear-28; the clamp before rounding keeps huge quotients in range, as
  /// onnxruntime 1.31 does.
  func quantize(_ quantize: Quantize) throws(DatapathError) -> PlannedNode {
    let (data, scale, zero, result) = (operands[0], operands[1], operands[2], result)
    let map = ScaleMap(quantize.granularity, data: data.shape, scale: scale.shape)
    let isTensor = quantize.granularity == .tensor
    if quantize.precision == .float64 || quantize.precision == .float16
      || quantize.precision == .bfloat16
    {
      return planned { o in
        let scales = scale.reals(as: Double.self, o)
        let zeros = zero.kind.isInteger ? zero.integers(o) : []
        let offsets = zero.kind.isInteger ? [] : zero.reals(as: Double.self, o)
        let values = data.reals(as: Double.self, o)
        let quotients = values.indices.map { index -> Double in
          let quotient = values[index] / scales[isTensor ? 0 : map.position(index)]
          return quantize.precision.rounded(quotient)
        }
        Self.store(
          quotients, zeros: zeros, offsets: offsets, map: isTensor ? nil : map, quantize,
          result.kind, o.outputs[0])
      }
    }
    if let fast = byteQuantize(quantize) { return planned(kernel: fast) }
    return planned { o in
      let scales = scale.reals(as: Float.self, o)
      let zeros = zero.kind.isInteger ? zero.integers(o) : []
      let offsets = zero.kind.isInteger ? [] : zero.reals(as: Float.self, o)
      var values = data.reals(as: Float.self, o)
      if isTensor {
        for index in values.indices { values[index] /= scales[0] }
      } else {
        for index in values.indices { values[index] /= scales[map.position(index)] }
      }
      Self.store(
        values, zeros: zeros, offsets: offsets, map: isTensor ? nil : map, quantize, result.kind,
        o.outputs[0])
    }
  }

  private static func store<Real: ArrayReal>(
    _ quotients: [Real], zeros: [Int64], offsets: [Real], map: ScaleMap?, _ quantize: Quantize,
    _ kind: ElementKind, _ buffer: TensorBuffer
  ) {
    guard let range = kind.range else {
      // Formats of finite numbers only always saturate, and have their zero point added, so that
      // -0 becomes +0 (onnx 1.23.2, reference implementation).
      var isFinite = false
      if case .codedFloat(let format) = kind { isFinite = format.specials == .finite }
      let values =
        isFinite
        ? quotients.indices.map {
          quotients[$0] + offsets[offsets.count == 1 ? 0 : map?.position($0) ?? 0]
        } : quotients
      buffer.store(reals: values, kind: kind, saturating: quantize.saturates || isFinite)
      return
    }
    buffer.store(
      wrapping: quotients.indices.map { index in
        let zero = zeros.count == 1 ? zeros[0] : zeros[map?.position(index) ?? 0]
        return Self.code(quotients[index], zeroPoint: zero, range: range)
      }, kind: kind)
  }

  /// The code of a quotient: clamped, rounded to even, plus the zero point; NaN becomes the zero
  /// point.
  static func code<Real: ArrayReal>(
    _ quotient: Real, zeroPoint: Int64, range: ClosedRange<Int64>
  ) -> Int64 {
    let low = Real(range.lowerBound - zeroPoint)
    let high = Real(range.upperBound - zeroPoint)
    if quotient.isNaN { return zeroPoint }
    let rounded = max(low, min(high, quotient)).rounded(.toNearestOrEven)
    return Int64(rounded) + zeroPoint
  }

  /// Codes to values: `(code - zero point) * scale` in float32 (float64 where a type is).
  ///
  /// Source: ONNX, DequantizeLinear-28.
  func dequantize(_ granularity: Granularity) -> PlannedNode {
    let (data, scale, zero, result) = (operands[0], operands[1], operands[2], result)
    let map = ScaleMap(granularity, data: data.shape, scale: scale.shape)
    let isTensor = granularity == .tensor
    if let fast = byteDequantize(granularity) { return planned(kernel: fast) }
    if scale.kind == .float32, result.kind == .float32, data.kind.isInteger {
      switch data.kind.storage {
      case .int8: return narrowDequantize(map, Int8.self)
      case .uint8: return narrowDequantize(map, UInt8.self)
      case .int16: return narrowDequantize(map, Int16.self)
      case .uint16: return narrowDequantize(map, UInt16.self)
      default: break
      }
    }
    func body<Real: ArrayReal>(_ type: Real.Type) -> PlannedNode {
      planned { o in
        let scales = scale.reals(as: type, o)
        var values: [Real]
        if data.kind.isInteger {
          let zeros = zero.integers(o)
          let codes = data.integers(o)
          if isTensor {
            values = codes.map { Real($0 &- zeros[0]) * scales[0] }
          } else {
            values = codes.indices.map { index in
              let position = map.position(index)
              return Real(codes[index] &- zeros[zeros.count == 1 ? 0 : position]) * scales[position]
            }
          }
        } else {
          values = data.reals(as: type, o)
          for index in values.indices {
            values[index] *= scales[isTensor ? 0 : map.position(index)]
          }
        }
        o.outputs[0].store(reals: values, kind: result.kind)
      }
    }
    return scale.kind == .float64 || result.kind == .float64 ? body(Double.self) : body(Float.self)
  }

  /// ``dequantize(_:)`` of codes of at most 16 bits in float32; their differences are exact there.
  private func narrowDequantize<Code: FixedWidthInteger & BitwiseCopyable & Sendable>(
    _ map: ScaleMap, _ type: Code.Type
  ) -> PlannedNode {
    let (data, scale, zero) = (operands[0], operands[1], operands[2])
    return planned { o in
      let scales = scale.reals(as: Float.self, o)
      let zeros = zero.integers(o).map { Int32(truncatingIfNeeded: $0) }
      let values = o.outputs[0].rows(as: Float.self)
      data.withElements(as: Code.self, o) { codes in
        map.eachRun { run, position in
          let factor = scales[position]
          let zero = zeros[zeros.count == 1 ? 0 : position]
          for index in run {
            values[index] = Float(Int32(truncatingIfNeeded: codes[index]) &- zero) * factor
          }
        }
      }
    }
  }

  /// Codes of uint8 over the data's own range, which includes zero.
  ///
  /// Source: ONNX, DynamicQuantizeLinear-11: scale `(max - min) / 255`, zero point
  /// `round(-min / scale)`; a range of no extent has scale 1, as in onnxruntime 1.31.
  func dynamicQuantize() -> PlannedNode {
    let data = operands[0]
    return planned { o in
      let values = data.reals(as: Float.self, o)
      var low: Float = 0
      var high: Float = 0
      for value in values {
        low = min(low, value)
        high = max(high, value)
      }
      let scale: Float = high == low ? 1 : (high - low) / 255
      let zeroPoint = Int64(max(0, min(255, (0 - low / scale).rounded(.toNearestOrEven))))
      o.outputs[0].store(
        wrapping: values.map {
          Self.code($0 / scale, zeroPoint: zeroPoint, range: 0...255)
        }, kind: .integer(width: 8, isSigned: false))
      o.outputs[1].store(bits: [scale])
      o.outputs[2].store(bits: [UInt8(truncatingIfNeeded: zeroPoint)])
    }
  }
}

extension FloatFormat {
  /// The nearest number of a format of at most 64 bits.
  func rounded(_ value: Double) -> Double {
    switch self {
    case .float64: value
    case .float32: Double(Float(value))
    case .float16: Double(Float16(value))
    default: doubleValue(of: code(of: value, saturating: false))
    }
  }
}
