internal import CKernels

/// Float32 values as steps of a scale: `clamp(x / scale rounded half to even, low, high)`.
///
/// The division and its result are float32. NaN becomes `low`.
public struct StepQuantization: Hashable, Sendable {
  public let scale: Float
  public let codes: ClosedRange<Int32>

  /// - Precondition: `scale` is above 0, and the codes have at most 22 bits.
  public init(scale: Float, codes: ClosedRange<Int32>) {
    precondition(scale > 0, "a scale above zero")
    precondition(codes.lowerBound > -(1 << 21) && codes.upperBound < 1 << 21, "codes of 22 bits")
    self.scale = scale
    self.codes = codes
  }

  /// The code of one value, as it is defined.
  public func definition(_ value: Float) -> Int32 {
    let steps = (value / scale).rounded(.toNearestOrEven)
    if steps >= Float(codes.upperBound) { return codes.upperBound }
    return steps > Float(codes.lowerBound) ? Int32(steps) : codes.lowerBound
  }

  /// `x / scale` clamped, then rounded by an addition whose last place is 1.
  ///
  /// Clamping first changes nothing, the ends being integers.
  @inline(__always)
  private func shifted(_ value: Float, _ low: Float, _ high: Float) -> Float {
    let steps = value / scale
    let raised = steps > low ? steps : low
    let clamped = raised < high ? raised : high
    return clamped + Self.integers
  }

  /// Its last place is 1, and so is that of its sum with an integer of 22 bits.
  @inline(__always) private static var integers: Float { 0x1.8p23 }

  /// Writes the low 8 bits of each code.
  ///
  /// - Precondition: each pointer has `count` elements.
  public func bytes(
    of values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<UInt8>,
    path: KernelPath = .current
  ) {
    hwsim_steps_u8(
      path.lanes, values, count, scale, Float(codes.lowerBound), Float(codes.upperBound), result)
  }

  /// Writes each code as a float64 number.
  ///
  /// - Precondition: as for `bytes(of:count:into:)`.
  public func numbers(
    of values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Double>
  ) {
    let (low, high) = (Float(codes.lowerBound), Float(codes.upperBound))
    for index in 0..<count {
      result[index] = Double(shifted(values[index], low, high) - Self.integers)
    }
  }

  /// Writes the value that each code stands for, `code * scale` in float32.
  ///
  /// - Precondition: as for `bytes(of:count:into:)`.
  public func values(
    of values: UnsafePointer<Float>, count: Int, into result: UnsafeMutablePointer<Float>
  ) {
    let (low, high) = (Float(codes.lowerBound), Float(codes.upperBound))
    for index in 0..<count {
      result[index] = (shifted(values[index], low, high) - Self.integers) * scale
    }
  }
}

/// Sums as float32 values: `float32(sum) * scale[c] + offset[c]`.
///
/// Rounded to float32 after the conversion, the multiplication and the addition.
/// ``definition(sum:scale:offset:)`` states it for one sum.
public struct SumScaling: Sendable {
  public let channels: Int
  public let path: KernelPath
  /// Repeated until whole vectors of them fit.
  private let scales: [Float]
  private let offsets: [Float]

  /// - Precondition: as many offsets as scales, at least one.
  public init(scales: [Float], offsets: [Float], path: KernelPath = .current) {
    precondition(scales.count == offsets.count && !scales.isEmpty, "an offset of every scale")
    channels = scales.count
    self.path = path
    var repeats = 1
    while scales.count * repeats % 16 != 0 { repeats += 1 }
    self.scales = (0..<repeats).flatMap { _ in scales }
    self.offsets = (0..<repeats).flatMap { _ in offsets }
  }

  public static func definition(sum: Double, scale: Float, offset: Float) -> Float {
    let scaled = Float(sum) * scale
    return scaled + offset
  }

  /// - Precondition: each pointer has `rows * channels` elements.
  public func values(
    of sums: UnsafePointer<Int32>, rows: Int, into result: UnsafeMutablePointer<Float>
  ) {
    hwsim_scale_sums_i32(
      path.lanes, sums, rows * channels, scales, offsets, scales.count, result)
  }

  /// The same of sums in float64.
  ///
  /// - Precondition: as for integer sums.
  public func values(
    of sums: UnsafePointer<Double>, rows: Int, into result: UnsafeMutablePointer<Float>
  ) {
    hwsim_scale_sums_f64(
      path.lanes, sums, rows * channels, scales, offsets, scales.count, result)
  }
}
