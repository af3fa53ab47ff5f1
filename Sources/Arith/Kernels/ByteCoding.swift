internal import CKernels

/// How real numbers become 8-bit codes: clamped to the codes' ends, rounded to even, zero point
/// added.
///
/// Source: ONNX, QuantizeLinear-28; onnxruntime, mlas/lib/quantize.cpp (the clamp comes before the
/// rounding, NaN becomes the zero point). ``code(of:)`` is the definition of every kernel here.
public struct ByteCoding: Hashable, Sendable {
  public let zeroPoint: Int32
  public let range: ClosedRange<Int32>

  /// - Precondition: `range` is within -128...255, and the zero point within 32 bits less 256.
  public init(zeroPoint: Int32, range: ClosedRange<Int32>) {
    precondition(range.lowerBound >= -128 && range.upperBound <= 255, "codes of one byte")
    precondition(abs(Int64(zeroPoint)) < 1 << 20, "a zero point near the codes")
    self.zeroPoint = zeroPoint
    self.range = range
  }

  /// The code of a quotient of a value and the scale.
  public func code(of quotient: Float) -> Int32 {
    if quotient.isNaN { return zeroPoint }
    let low = Float(range.lowerBound - zeroPoint)
    let high = Float(range.upperBound - zeroPoint)
    return Int32(max(low, min(high, quotient)).rounded(.toNearestOrEven)) + zeroPoint
  }

  private var coding: hwsim_coding {
    hwsim_coding(
      low: Float(range.lowerBound - zeroPoint), high: Float(range.upperBound - zeroPoint),
      zero_point: zeroPoint)
  }

  /// Codes of `rows` rows of sums, each times the factor of its column: `code(Float(sum) * factor)`.
  ///
  /// - Precondition: `sums` and `result` hold `rows * factors.count`.
  public func codes(
    ofSums sums: UnsafePointer<Int32>, rows: Int, factors: [Float],
    into result: UnsafeMutableRawPointer, path: KernelPath = .current
  ) {
    factors.withUnsafeBufferPointer { factors in
      hwsim_scale_sums(
        path.products, sums, rows, factors.count, factors.baseAddress, coding,
        result.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// The rule for sums in registers, or nil where only ``codes(ofSums:rows:factors:into:path:)`` has it.
  ///
  /// `lanes` tells the channel of each lane, or -1.
  func fused(lanes: [Int], factors: [Float], path: Int32) -> FusedRequantization? {
    let bytes = hwsim_fused_bytes(path, lanes.count)
    guard bytes > 0, lanes.allSatisfy({ $0 < factors.count }) else { return nil }
    let laneFactors = lanes.map { $0 < 0 ? 0 : factors[$0] }
    let coding = coding
    var fused = hwsim_fused()
    var fits = false
    let parameters = PackedConstant(byteCount: bytes) {
      fits = hwsim_fused_scale(
        path, laneFactors, coding.low, coding.high, coding.zero_point, lanes.count, $0, &fused)
    }
    return fits ? FusedRequantization(parameters: parameters, values: fused) : nil
  }

  /// Codes of `count` values: `code(value / scale)`.
  public func codes(
    of values: UnsafePointer<Float>, count: Int, scale: Float,
    into result: UnsafeMutableRawPointer, path: KernelPath = .current
  ) {
    hwsim_quantize_values(
      path.products, values, count, scale, coding, result.assumingMemoryBound(to: UInt8.self))
  }

  /// Codes of `(offset + a * first) + b * second` of two tensors of codes, each step in binary32.
  public func blend(
    _ a: ByteCodes, by first: Float, _ b: ByteCodes, by second: Float, offset: Float, count: Int,
    into result: UnsafeMutableRawPointer, path: KernelPath = .current
  ) {
    hwsim_blend_codes(
      path.products, a.bytes, b.bytes, a.isSigned, b.isSigned, count, offset, first, second,
      coding, result.assumingMemoryBound(to: UInt8.self))
  }

  /// Codes of `(a - aZero) * (b - bZero) * factor + offset`, each step in binary32.
  public func product(
    _ a: ByteCodes, zero aZero: Int32, _ b: ByteCodes, zero bZero: Int32, factor: Float,
    offset: Float, count: Int, into result: UnsafeMutableRawPointer, path: KernelPath = .current
  ) {
    hwsim_multiply_codes(
      path.products, a.bytes, b.bytes, a.isSigned, b.isSigned, count, aZero, bZero, factor, offset,
      coding, result.assumingMemoryBound(to: UInt8.self))
  }
}

/// Codes of one byte in memory.
public struct ByteCodes {
  let bytes: UnsafePointer<UInt8>
  let isSigned: Bool

  public init(_ memory: UnsafeRawPointer, isSigned: Bool) {
    bytes = memory.assumingMemoryBound(to: UInt8.self)
    self.isSigned = isSigned
  }

  /// The code at `position`, which the memory holds.
  public subscript(position: Int) -> Int32 {
    isSigned ? Int32(Int8(bitPattern: bytes[position])) : Int32(bytes[position])
  }

  /// `(code - zeroPoint) * scale` of `count` codes, in binary32.
  public func values(
    count: Int, zeroPoint: Int32, scale: Float, into result: UnsafeMutablePointer<Float>,
    path: KernelPath = .current
  ) {
    hwsim_dequantize_codes(path.products, bytes, isSigned, count, zeroPoint, scale, result)
  }

  /// The sum of `count` codes.
  public func sum(count: Int, path: KernelPath = .current) -> Int64 {
    hwsim_sum_codes(path.products, bytes, isSigned, count)
  }

  /// Adds `rows` rows of `channels` codes that begin `pitch` bytes apart to `sums`, wrapping.
  public func sumRows(
    _ rows: Int, pitch: Int, channels: Int, into sums: UnsafeMutablePointer<Int32>,
    path: KernelPath = .current
  ) {
    hwsim_sum_rows(path.products, bytes, isSigned, rows, pitch, channels, sums)
  }

  /// Raises `largest` to the largest codes of the columns of such rows.
  public func largestOfRows(
    _ rows: Int, pitch: Int, channels: Int, into largest: UnsafeMutablePointer<UInt8>,
    path: KernelPath = .current
  ) {
    hwsim_largest_of_rows(path.products, bytes, isSigned, rows, pitch, channels, largest)
  }

  /// `[rows][columns]` to `[columns][rows]`.
  public func transpose(rows: Int, columns: Int, into result: UnsafeMutableRawPointer) {
    hwsim_transpose_bytes(bytes, rows, columns, result.assumingMemoryBound(to: UInt8.self))
  }
}
