internal import Arith

/// What a layer does to its input before its products.
enum InputFormat: Sendable {
  case unchanged
  /// Integers `low...q` of a scale; low is -q or 0.
  case steps(scale: Double, q: Double, isSigned: Bool)
  case values(ValueCast, scale: Float)

  /// The format of an encoding with the scale that a rule gives it; nil leaves the input as it is.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for an encoding that is not
  ///   scalar, or has no negative numbers where the input has.
  init(
    _ encoding: Encoding?, range: InputRange, search: ScaleSearch, layer: String
  ) throws(EvaluationError) {
    guard let encoding else {
      self = .unchanged
      return
    }
    let refusal = EvaluationError.unsupported(
      layer: layer, role: "activations", encoding: encoding.name)
    if let integer = encoding.plainInteger {
      guard integer.isSigned || range.isNonNegative else { throw refusal }
      let q = Double((1 << (integer.isSigned ? integer.bits - 1 : integer.bits)) - 1)
      let clip = range.clip(search, q: q)
      self = .steps(scale: clip > 0 ? clip / q : 1, q: q, isSigned: integer.isSigned)
      return
    }
    let cast: ValueCast
    do throws(UnitError) {
      cast = try ValueCast(encoding)
    } catch {
      throw refusal
    }
    guard cast.range.lowerBound < 0 || range.isNonNegative else { throw refusal }
    guard encoding.isScaled else {
      self = .values(cast, scale: 1)
      return
    }
    let (values, held) = search == .mse ? range.magnitudes : ([], [])
    let clip = range.clip(search) { clip in
      cast.squaredError(of: values, counts: held, scale: Float(clip / cast.largest))
    }
    self = .values(cast, scale: Self.divisor(clip / cast.largest))
  }

  /// A scale as float32, 1 where float32 has no number above zero for it.
  static func divisor(_ scale: Double) -> Float {
    let divisor = Float(scale)
    return divisor > 0 && divisor.isFinite ? divisor : 1
  }

  /// The input in float64 as a layer sees it: scales are float32, all else float64.
  func values(
    of data: UnsafePointer<Double>, count: Int, into result: UnsafeMutablePointer<Double>
  ) {
    switch self {
    case .unchanged: result.update(from: data, count: count)
    case .steps(let scale, let q, let isSigned):
      let step = Double(Self.divisor(scale))
      let low = isSigned ? -q : 0
      for index in 0..<count {
        let steps = (data[index] / step).rounded(.toNearestOrEven)
        result[index] = min(max(steps, low), q) * step
      }
    case .values(let cast, let scale):
      for index in 0..<count {
        result[index] = Double(cast.value(Float(data[index]), scale: scale))
      }
    }
  }
}
