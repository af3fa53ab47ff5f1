public import Arith
public import QuantGraph

/// How the stored elements of one tensor stand for numbers.
public struct ElementScale: Sendable {
  /// What an element is in memory and in array files.
  public enum Form: Hashable, Sendable {
    /// Integer codes of this many bits.
    case codes(width: Int, isSigned: Bool)
    /// Bit patterns of a float format that arrays hold as numbers: float16, float32 or float64.
    case numbers(FloatFormat)
    /// Bit patterns of a float format that arrays hold as unsigned codes.
    case patterns(FloatFormat)
  }

  private enum Rule: Sendable {
    case unit(Double)
    case scales([Double], zeroPoints: [Int64], stride: Int)
    case float(FloatFormat)
  }

  public let form: Form
  private let rule: Rule

  /// nil for encodings whose elements are no scalars with a meaning of their own (blocks, planes).
  public init?(_ tensor: Tensor) {
    switch tensor.encoding {
    case .fixed(let format):
      form = .codes(width: format.width, isSigned: format.isSigned)
      rule = .unit(Double(sign: .plus, exponent: -format.fractionBits, significand: 1))
    case .affine(let format):
      form = .codes(width: format.width, isSigned: format.isSigned)
      var stride = 0
      if let axis = format.axis, format.scales.count > 1 || format.zeroPoints.count > 1,
        tensor.shape.extents.indices.contains(axis)
      {
        stride = tensor.shape.strides[axis]
      }
      rule = .scales(format.scales, zeroPoints: format.zeroPoints, stride: stride)
    case .float(let format):
      let isNumber = format == .float16 || format == .float32 || format == .float64
      form = isNumber ? .numbers(format) : .patterns(format)
      rule = .float(format)
    default: return nil
    }
  }

  /// The scale and zero point of element `element` of the tensor, for codes.
  @inline(__always)
  private func parameters(
    _ scales: [Double], _ zeroPoints: [Int64], _ stride: Int, _ element: Int
  ) -> (scale: Double, zeroPoint: Int64) {
    let index = stride > 0 ? element / stride : 0
    let scale = scales.isEmpty ? 1 : scales[scales.count == 1 ? 0 : index % scales.count]
    let zeroPoint =
      zeroPoints.isEmpty ? 0 : zeroPoints[zeroPoints.count == 1 ? 0 : index % zeroPoints.count]
    return (scale, zeroPoint)
  }

  /// The number that `code` stands for at `element`.
  ///
  /// `code` is an integer code, or the bit pattern of a float of up to 16 bits.
  public func value(_ code: Int64, element: Int) -> Double {
    switch rule {
    case .unit(let unit):
      if case .codes(64, false) = form { return Double(UInt64(bitPattern: code)) * unit }
      return Double(code) * unit
    case .scales(let scales, let zeroPoints, let stride):
      let (scale, zeroPoint) = parameters(scales, zeroPoints, stride, element)
      if case .codes(64, false) = form { return Double(UInt64(bitPattern: code)) * scale }
      // 64-bit codes at the end of their range may wrap here; they have no zero point then.
      return Double(code &- zeroPoint) * scale
    case .float(let format): return format.doubleValue(of: UInt64(bitPattern: code))
    }
  }

  /// Whether a code stands for the same number at every element, and numbers ascend with codes.
  public var isUniform: Bool {
    switch rule {
    case .unit: true
    case .scales(let scales, let zeroPoints, _): scales.count <= 1 && zeroPoints.count <= 1
    case .float: false
    }
  }

  /// The step between neighbouring codes at `element`; 1 for floats.
  public func unit(element: Int) -> Double {
    switch rule {
    case .unit(let unit): unit
    case .scales(let scales, let zeroPoints, let stride):
      parameters(scales, zeroPoints, stride, element).scale
    case .float: 1
    }
  }

  /// Scale and zero point of an affine element, for assigning a number to it.
  func affineParameters(element: Int) -> (scale: Double, zeroPoint: Int64)? {
    guard case .scales(let scales, let zeroPoints, let stride) = rule else { return nil }
    return parameters(scales, zeroPoints, stride, element)
  }

  /// Smallest and largest integer code that 64 bits hold; nil for floats.
  public var codeRange: ClosedRange<Int64>? {
    guard case .codes(let width, let isSigned) = form else { return nil }
    if isSigned {
      return width >= 64 ? .min ... .max : -(1 << (width - 1))...(1 << (width - 1)) - 1
    }
    return 0...(width >= 63 ? .max : (1 << width) - 1)
  }

  /// Numbers of a float format that lie from one number to another: how many steps they are apart.
  ///
  /// Infinite if only one of them is a NaN.
  static func floatSteps(_ a: Double, _ b: Double, in format: FloatFormat) -> Double {
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? 0 : .infinity }
    if a == b { return 0 }
    // In binary64 the patterns of non-negative numbers ascend with them.
    func position(_ number: Double) -> Double {
      let magnitude: Double
      switch format {
      case .float32: magnitude = Double(Float(number.magnitude).bitPattern)
      case .float16: magnitude = Double(Float16(number.magnitude).bitPattern)
      case .float64: magnitude = Double(number.magnitude.bitPattern)
      default:
        let code = format.encode(
          ExactNumber<Int128>(number.magnitude), rounding: .tiesToEven, saturating: true)
        magnitude = Double(code ?? 0)
      }
      return number < 0 ? -magnitude : magnitude
    }
    return (position(a) - position(b)).magnitude
  }
}

extension PlanRunner {
  /// The elements of a kept tensor or constant for `count` samples, row-major, one sample after the
  /// other; nil for a tensor that was not kept.
  public func elements(of id: TensorID, count: Int) -> Codes? {
    let tensor = plan.graph[id]
    let size = tensor.shape.count
    if let constant = tensor.constant { return constant.repeating(count) }
    guard let buffer = buffer(of: id) else { return nil }
    return buffer.codes(
      samples: count, size: size, lanes: plan.isSampleMajor ? nil : lanes,
      image: plan.tensors[id.index]?.channelsLast)
  }
}

extension TensorBuffer {
  /// The elements of the first samples, row-major, one sample after the other.
  ///
  /// - Parameters:
  ///   - samples: how many.
  ///   - size: elements of one.
  ///   - lanes: of lane-minor blocks; nil where samples follow each other.
  ///   - image: how images are stored, if not in their own order.
  /// - Returns: `samples * size` elements.
  func codes(samples: Int, size: Int, lanes: Int?, image: ChannelsLast?) -> Codes {
    func read<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
      guard size * samples > 0 else { return [] }
      let rows = rows(as: type)
      guard lanes != nil || image != nil else {
        return Array(UnsafeBufferPointer(start: rows, count: size * samples))
      }
      return [Element](unsafeUninitializedCapacity: size * samples) { target, filled in
        guard let target = target.baseAddress else { return }
        if let image {
          ImageMove(channels: image.channels, plane: image.plane, toChannelsLast: false)
            .run(rows, samples: samples, into: target)
        } else if let lanes {
          for sample in 0..<samples {
            let block = rows + sample / lanes * lanes * size + sample % lanes
            for element in 0..<size { target[sample * size + element] = block[element * lanes] }
          }
        }
        filled = size * samples
      }
    }
    return switch storage {
    case .int8: .int8(read(Int8.self))
    case .uint8: .uint8(read(UInt8.self))
    case .int16: .int16(read(Int16.self))
    case .uint16: .uint16(read(UInt16.self))
    case .int32: .int32(read(Int32.self))
    case .int64: .int64(read(Int64.self))
    case .float32: .float32(read(Float.self))
    case .float64: .float64(read(Double.self))
    case .wide: .wide(read(Int512.self))
    }
  }
}

extension Codes {
  /// The same elements `count` times, one after the other.
  func repeating(_ count: Int) -> Codes {
    func times<Element>(_ list: [Element]) -> [Element] {
      count == 1 ? list : (0..<count).flatMap { _ in list }
    }
    return switch self {
    case .int8(let codes): .int8(times(codes))
    case .uint8(let codes): .uint8(times(codes))
    case .int16(let codes): .int16(times(codes))
    case .uint16(let codes): .uint16(times(codes))
    case .int32(let codes): .int32(times(codes))
    case .int64(let codes): .int64(times(codes))
    case .wide(let codes): .wide(times(codes))
    case .float32(let codes): .float32(times(codes))
    case .float64(let codes): .float64(times(codes))
    }
  }
}
