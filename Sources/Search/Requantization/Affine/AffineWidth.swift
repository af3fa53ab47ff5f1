internal import Arith
internal import QuantGraph

/// Integer tensors with scales in other widths.
///
/// Scales are binary32 numbers, as TensorFlow Lite's files hold them: each is computed in binary64
/// and rounded once.
enum AffineWidth {
  /// The encoding of an activation in `bits`, over the real range that it has.
  ///
  /// `scale' = scale * (2^width - 1) / (2^bits - 1)`, and the zero point is the code nearest to where
  /// the range puts 0, ties away from zero, so that 0 stays exact. Sixteen-bit tensors with zero
  /// point 0 are symmetric and stay so: `scale' = scale * (2^15 - 1) / (2^(bits - 1) - 1)`. Source:
  /// TensorFlow Lite's 8-bit quantization specification (asymmetric activations, nudged zero point;
  /// symmetric 16-bit activations).
  ///
  /// - Returns: nil if the scale is beyond binary32.
  static func activation(_ format: AffineFormat, bits: Int) -> AffineFormat? {
    guard let scale = format.scales.first, format.scales.count == 1 else { return nil }
    let zero = format.zeroPoints.first ?? 0
    if format.width > 8, zero == 0, format.isSigned {
      let next = Float(scale * levels(format.width - 1) / levels(bits - 1))
      return make(format, bits: bits, scale: next, zeroPoint: 0)
    }
    let next = Float(scale * levels(format.width) / levels(bits))
    let range = codes(bits, isSigned: format.isSigned)
    guard next > 0 else {
      return make(
        format, bits: bits, scale: next,
        zeroPoint: min(max(zero, range.lowerBound), range.upperBound))
    }
    let smallest = codes(format.width, isSigned: format.isSigned).lowerBound
    let minimum = Double(smallest - zero) * scale
    let place = (Double(range.lowerBound) - minimum / Double(next)).rounded(
      .toNearestOrAwayFromZero)
    let bounded = min(max(place, Double(range.lowerBound)), Double(range.upperBound))
    return make(format, bits: bits, scale: next, zeroPoint: Int64(bounded))
  }

  private static func make(
    _ format: AffineFormat, bits: Int, scale: Float, zeroPoint: Int64
  ) -> AffineFormat? {
    guard scale.isFinite else { return nil }
    return try? AffineFormat(
      width: bits, isSigned: format.isSigned, scales: [Double(scale)],
      zeroPoints: format.zeroPoints.isEmpty && zeroPoint == 0 ? [] : [zeroPoint])
  }

  /// Symmetric weights in `bits`: of each channel the largest magnitude over `2^(bits - 1) - 1`
  /// becomes the scale, and codes are rounded half to even.
  ///
  /// A channel of zeros keeps its scale.
  ///
  /// - Returns: nil for codes that are no integers or have a zero point, and for scales that do not
  ///   fit the shape.
  static func weights(_ tensor: Tensor, bits: Int) -> Tensor? {
    guard case .affine(let format) = tensor.encoding, format.isSigned,
      format.zeroPoints.allSatisfy({ $0 == 0 }), let codes = tensor.constant?.int64,
      (2...8).contains(bits), let channels = Channels(format, shape: tensor.shape)
    else { return nil }
    var largest = [Int64](repeating: 0, count: format.scales.count)
    for (index, code) in codes.enumerated() {
      let channel = channels[index]
      largest[channel] = max(largest[channel], abs(code))
    }
    let limit = levels(bits - 1)
    let scales = zip(format.scales, largest).map { scale, code -> Double in
      let next = Double(Float(Double(code) * scale / limit))
      return code == 0 ? scale : next
    }
    var narrow = [Int8](repeating: 0, count: codes.count)
    for (index, code) in codes.enumerated() {
      let channel = channels[index]
      guard scales[channel] > 0 else { continue }
      let steps = (Double(code) * format.scales[channel] / scales[channel]).rounded(
        .toNearestOrEven)
      narrow[index] = Int8(min(max(steps, -limit), limit))
    }
    guard
      let encoding = try? AffineFormat(
        width: bits, isSigned: true, scales: scales, zeroPoints: format.zeroPoints,
        axis: format.axis)
    else { return nil }
    return Tensor(
      name: tensor.name, shape: tensor.shape, encoding: .affine(encoding), constant: .int8(narrow))
  }

  /// A constant activation in another encoding: its values quantized as a model's input is, in
  /// binary32 with ties away from zero (TensorFlow Lite, `kernels/internal/reference/quantize.h`).
  static func constant(
    _ codes: Codes, from old: AffineFormat, to new: AffineFormat
  ) -> Codes? {
    guard let numbers = codes.int64, let scale = old.scales.first, let step = new.scales.first
    else { return nil }
    let (zero, newZero) = (old.zeroPoints.first ?? 0, new.zeroPoints.first ?? 0)
    let range = Self.codes(new.width, isSigned: new.isSigned)
    let moved = numbers.map { code -> Int64 in
      let value = Float(Double(code - zero) * scale)
      let steps = (value / Float(step)).rounded(.toNearestOrAwayFromZero)
      guard steps.isFinite else { return newZero }
      // Any code is within 2^16 of the zero point.
      let bounded = Int64(min(max(steps, -0x1p20), 0x1p20))
      return min(max(bounded + newZero, range.lowerBound), range.upperBound)
    }
    switch codes {
    case .int8: return .int8(moved.map { Int8(truncatingIfNeeded: $0) })
    case .uint8: return .uint8(moved.map { UInt8(truncatingIfNeeded: $0) })
    case .int16: return .int16(moved.map { Int16(truncatingIfNeeded: $0) })
    case .uint16: return .uint16(moved.map { UInt16(truncatingIfNeeded: $0) })
    case .int32, .int64, .wide, .float32, .float64: return nil
    }
  }

  /// Biases for other scales of data and weights.
  ///
  /// A code stands for `code * data scale * weight scale`; the new code is the nearest to that value,
  /// ties away from zero, as converters round biases.
  ///
  /// - Parameters:
  ///   - tensor: the biases, one a channel.
  ///   - old: data scale and weight scales (one or one a channel) that the codes are in.
  ///   - new: those that they become.
  /// - Returns: nil if a code does not fit the bias's width, or a scale is zero.
  static func bias(
    _ tensor: Tensor, old: (data: Double, weights: [Double]), new: (data: Double, weights: [Double])
  ) -> Tensor? {
    guard let codes = tensor.constant?.int64, !old.weights.isEmpty, !new.weights.isEmpty else {
      return nil
    }
    let (width, zeroPoints, axis): (Int, [Int64], Int?)
    switch tensor.encoding {
    case .affine(let format):
      (width, zeroPoints, axis) = (format.width, format.zeroPoints, format.axis)
    case .fixed(let format): (width, zeroPoints, axis) = (format.width, [], nil)
    default: return nil
    }
    func product(_ scales: (data: Double, weights: [Double]), _ channel: Int) -> Double {
      scales.data * scales.weights[channel % scales.weights.count]
    }
    let limit = Self.codes(min(width, 54), isSigned: true)
    var moved: [Int64] = []
    moved.reserveCapacity(codes.count)
    for (channel, code) in codes.enumerated() {
      let (before, after) = (product(old, channel), product(new, channel))
      if before == after || code == 0 {
        moved.append(code)
        continue
      }
      let steps = (Double(code) * before / after).rounded(.toNearestOrAwayFromZero)
      guard after > 0, steps >= Double(limit.lowerBound), steps <= Double(limit.upperBound) else {
        return nil
      }
      moved.append(Int64(steps))
    }
    var encoding = tensor.encoding
    if case .affine(let format) = tensor.encoding, !format.scales.isEmpty {
      let scales = format.scales.indices.map { Double(Float(product(new, $0))) }
      guard
        let changed = try? AffineFormat(
          width: width, isSigned: format.isSigned, scales: scales, zeroPoints: zeroPoints,
          axis: axis)
      else { return nil }
      encoding = .affine(changed)
    }
    let constant: Codes
    switch tensor.constant {
    case .int32: constant = .int32(moved.map { Int32(truncatingIfNeeded: $0) })
    case .int64: constant = .int64(moved)
    default: return nil
    }
    return Tensor(name: tensor.name, shape: tensor.shape, encoding: encoding, constant: constant)
  }

  /// `2^bits - 1`.
  private static func levels(_ bits: Int) -> Double { Double((Int64(1) << Int64(bits)) - 1) }

  /// Smallest and largest code.
  static func codes(_ bits: Int, isSigned: Bool) -> ClosedRange<Int64> {
    let half = Int64(1) << Int64(bits - 1)
    return isSigned ? -half...half - 1 : 0...2 * half - 1
  }
}

/// The scale that each element of a tensor has.
private struct Channels {
  private let inner: Int
  private let count: Int

  /// Nil if scales are neither one nor one an index of the axis.
  init?(_ format: AffineFormat, shape: Shape) {
    count = format.scales.count
    guard count != 1 else {
      inner = 1
      return
    }
    guard let axis = format.axis, shape.extents.indices.contains(axis), shape[axis] == count,
      count > 0
    else { return nil }
    inner = shape.extents[(axis + 1)...].reduce(1, *)
  }

  subscript(element: Int) -> Int { count == 1 ? 0 : element / inner % count }
}
