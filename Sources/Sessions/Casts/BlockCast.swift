public import Arith
import Importers
public import QuantGraph

/// Quantizes an array into a block format along one axis.
public struct BlockCast: Sendable {
  private let format: BlockFormat
  private let axis: Int
  private let writesValues: Bool

  /// - Parameters:
  ///   - format: the blocks.
  ///   - axis: the axis along which they lie; negative ones count from the last.
  ///   - writesValues: whether the result holds values (float64) instead of codes and scales.
  public init(format: BlockFormat, axis: Int = -1, writesValues: Bool = false) {
    self.format = format
    self.axis = axis
    self.writesValues = writesValues
  }

  /// An array in blocks.
  struct Blocks {
    var codes: [Int64]
    /// What the codes stand for.
    var decoded: [Double]
    var scales: [UInt64]
    var choices: [Int64]
    var zeros: [Int64]
    let tensorScale: Float
    /// Of the scales, the choices and the zero points.
    let scaleShape: [Int]
  }

  /// An array of values.
  ///
  /// - Throws: a ``Failure`` for a file that holds none.
  static func values(_ input: String) throws(Failure) -> (array: NDArray, values: [Double]) {
    let array: NDArray
    do throws(ImportError) {
      array = try NPY.read(input)
    } catch {
      throw Failure(error)
    }
    guard array.elementType.isFloatingPoint, let values = array.doubles() else {
      throw Failure(
        "array.type", "an array of \(array.elementType.rawValue) holds no values", at: input,
        remedy: "give float32 or float64 values.")
    }
    return (array, values)
  }

  /// Quantizes every row along the axis.
  func blocks(
    of values: [Double], shape: [Int], input: String
  ) throws(Failure) -> Blocks {
    let rank = shape.count
    let axis = axis < 0 ? axis + rank : axis
    guard shape.indices.contains(axis) else {
      throw Failure(
        "array.axis", "axis \(self.axis) is outside the \(rank) dimensions", at: input,
        remedy: "--axis takes \(-rank) to \(rank - 1).")
    }
    // Rows along the axis: element k of row (o, i) is at (o * length + k) * inner + i.
    let length = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    let blocks = format.blockCount(of: length)
    let scale = format.tensorScale(of: values)
    var codes = [Int64](repeating: 0, count: values.count)
    var decoded = [Double](repeating: 0, count: values.count)
    var scales = [UInt64](repeating: 0, count: outer * blocks * inner)
    var choices = [Int64](repeating: 0, count: scales.count)
    var zeros = [Int64](repeating: 0, count: scales.count)
    for o in 0..<outer {
      for i in 0..<inner {
        let row = (0..<length).map { values[(o * length + $0) * inner + i] }
        let result: BlockCodes
        do throws(BlockError) {
          result = try format.quantize(row, tensorScale: scale)
          for (k, value) in try format.values(result).enumerated() {
            decoded[(o * length + k) * inner + i] = value
          }
        } catch {
          guard case .notFinite(let k) = error else {
            throw Failure("format.no-code", "\(error)", at: input)
          }
          throw .noCode(
            "\(row[k])", in: .block(format), index: (o * length + k) * inner + i, at: input)
        }
        for k in 0..<length { codes[(o * length + k) * inner + i] = result.codes[k] }
        for b in 0..<blocks {
          let place = (o * blocks + b) * inner + i
          scales[place] = result.scales[b]
          choices[place] = Int64(result.choices[b])
          if !result.zeroPoints.isEmpty { zeros[place] = result.zeroPoints[b] }
        }
      }
    }
    var scaleShape = shape
    scaleShape[axis] = blocks
    return Blocks(
      codes: codes, decoded: decoded, scales: scales, choices: choices, zeros: zeros,
      tensorScale: scale, scaleShape: scaleShape)
  }

  /// Quantizes the .npy at `input`; writes codes, scales and what the format has besides to the .npz at
  /// `output`, or values to a .npy.
  ///
  /// - Throws: `array.type`, `array.axis` or `format.no-code`, and what a file that cannot be read or
  ///   written gives.
  public func run(_ input: String, to output: String) throws(Failure) -> CastSummary {
    let (array, values) = try Self.values(input)
    let made = try blocks(of: values, shape: array.shape, input: input)
    let codeRange = format.elements.compactMap(\.codeRange).reduce(Int128(0)...0) {
      min($0.lowerBound, Int128($1.lowerBound))...max($0.upperBound, Int128($1.upperBound))
    }
    let type = NDArray.ElementType.smallestInteger(holding: codeRange) ?? .int64
    let scaleType =
      NDArray.ElementType.smallestInteger(
        holding: 0...(Int128(1) << Int128(format.scale.width)) - 1)
      ?? .uint64
    do throws(ImportError) {
      if writesValues {
        try NPY.write(NDArray(shape: array.shape, made.decoded), to: output)
      } else {
        let writer = try NPZWriter(path: output)
        try add("codes", made.codes, type, array.shape, to: writer)
        try add("scales", made.scales, scaleType, made.scaleShape, to: writer)
        if format.elements.count > 1 {
          try add("choices", made.choices, .uint8, made.scaleShape, to: writer)
        }
        if format.rule == .halfRange {
          try add("zero_points", made.zeros, .int32, made.scaleShape, to: writer)
        }
        if format.rule == .twoLevel {
          try writer.add("tensor_scale", NDArray(shape: [1], [made.tensorScale]))
        }
        try writer.finish()
      }
    } catch {
      throw Failure(error)
    }
    var losses = CastLosses(range: nil)
    for (value, result) in zip(values, made.decoded) { losses.add(Double(value), result) }
    return CastSummary(
      shape: array.shape, count: values.count, invalid: 0,
      type: writesValues ? "float64" : "codes \(type.rawValue), scales \(scaleType.rawValue)",
      losses: losses)
  }

  private func add<Code: FixedWidthInteger & Sendable>(
    _ name: String, _ codes: [Code], _ type: NDArray.ElementType, _ shape: [Int],
    to writer: NPZWriter
  ) throws(ImportError) {
    let member = try writer.member(
      name, elementType: type, rowShape: Array(shape.dropFirst()))
    try writer.append(codes: codes.span, to: member)
  }
}
