package import Arith
package import QuantGraph

/// What a layer does to its input before its products.
package enum InputFormat: Sendable {
  case unchanged
  /// Integers `low...q` of a scale; low is -q or 0.
  case steps(scale: Double, q: Double, isSigned: Bool)
  case values(ValueCast, scale: Float)
  /// Blocks along the channels of each position (the features of a dense layer), the last one of a
  /// position shorter.
  case blocks(BlockCast, channels: Int, tensorScale: Float)

  /// The format of an encoding with the scale that a rule gives it; nil leaves the input as it is.
  ///
  /// Blocks have scales of their own; where a format has a scale of the tensor too, it is that of
  /// the largest magnitude that calibration saw.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for vectors and planes, or an
  ///   encoding that has no negative numbers where the input has.
  package init(
    _ encoding: Encoding?, range: InputRange, search: ScaleSearch, channels: Int, layer: String
  ) throws(FormatRefusal) {
    guard let encoding else {
      self = .unchanged
      return
    }
    let refusal = FormatRefusal.unsupported(
      layer: layer, role: "activations", encoding: encoding.name)
    if let integer = encoding.plainInteger {
      guard integer.isSigned || range.isNonNegative else { throw refusal }
      let q = Self.largestCode(integer.bits, isSigned: integer.isSigned)
      let clip = range.clip(search, q: q)
      self = .steps(scale: clip > 0 ? clip / q : 1, q: q, isSigned: integer.isSigned)
      return
    }
    if case .block(let format) = encoding {
      guard format.hasNegatives || range.isNonNegative else { throw refusal }
      self = .blocks(
        BlockCast.shared(format), channels: channels,
        tensorScale: format.tensorScale(of: CollectionOfOne(range.largest)))
      return
    }
    let cast: ValueCast
    do throws(UnitError) {
      cast = try ValueCast.shared(encoding)
    } catch {
      throw refusal
    }
    guard cast.range.lowerBound < 0 || range.isNonNegative else { throw refusal }
    guard encoding.isScaled else {
      self = .values(cast, scale: 1)
      return
    }
    let clip = range.clip(search, cast)
    self = .values(cast, scale: Self.divisor(clip / cast.largest))
  }

  fileprivate static func largestCode(_ bits: Int, isSigned: Bool) -> Double {
    Double((1 << (isSigned ? bits - 1 : bits)) - 1)
  }

  /// A scale as float32, 1 where float32 has no number above zero for it.
  static func divisor(_ scale: Double) -> Float {
    let divisor = Float(scale)
    return divisor > 0 && divisor.isFinite ? divisor : 1
  }

  /// The range of the codes of integers; nil for other formats.
  package var codes: ClosedRange<Int64>? {
    guard case .steps(_, let q, let isSigned) = self else { return nil }
    return (isSigned ? -Int64(q) : 0)...Int64(q)
  }

  /// Codes of integers in float64, and what one is worth; nil for other formats.
  func codes(
    of data: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>
  ) -> Double? {
    guard case .steps(let scale, let q, let isSigned) = self else { return nil }
    let step = Double(Self.divisor(scale))
    let low = isSigned ? -q : 0
    for index in 0..<count {
      result[index] = min(max((data[index] / step).rounded(.toNearestOrEven), low), q)
    }
    return step
  }

  /// The input in float64 as a layer sees it: scales are float32, all else float64; blocks are cast
  /// from float32.
  ///
  /// - Precondition: whole positions.
  package func values(
    of data: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>
  ) {
    switch self {
    case .unchanged: result.update(from: data, count: count)
    case .steps:
      guard let step = codes(of: data, count: count, into: result) else { return }
      for index in 0..<count { result[index] *= step }
    case .values(let cast, let scale):
      for index in 0..<count {
        result[index] = Double(cast.value(Float(data[index]), scale: scale))
      }
    case .blocks(let cast, let channels, let tensorScale):
      var values = (0..<count).map { Float(data[$0]) }
      values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        cast.values(
          of: base, rows: count / channels, length: channels, tensorScale: tensorScale, into: base)
      }
      for index in 0..<count { result[index] = Double(values[index]) }
    }
  }
}

extension InputRange {
  /// The range as an encoding has it under a rule: what clips gives the format the same scale by the
  /// largest magnitude.
  package func used(by encoding: Encoding?, _ search: ScaleSearch) -> InputRange {
    guard search != .maxAbs, let encoding else { return self }
    var limit = largest
    if let integer = encoding.plainInteger {
      limit = clip(
        search, q: InputFormat.largestCode(integer.bits, isSigned: integer.isSigned))
    } else if encoding.isScaled, let cast = try? ValueCast.shared(encoding) {
      limit = clip(search, cast)
    }
    let end = Float(limit)
    return InputRange(minimum: max(minimum, -end), maximum: min(maximum, end))
  }

  /// The magnitude at which a scaled format clips.
  func clip(_ search: ScaleSearch, _ cast: ValueCast) -> Double {
    let (values, held) = search == .mse ? magnitudes : ([], [])
    return clip(search) { clip in
      cast.squaredError(of: values, counts: held, scale: Float(clip / cast.largest))
    }
  }
}
