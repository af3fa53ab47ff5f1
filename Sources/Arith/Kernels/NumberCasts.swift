internal import CKernels

/// Casts of float64 numbers to fixed-point codes, many at a time.
///
/// Equal to ``DoubleAssignment`` for types that cut off or round half up and have a row form.
public struct FixedPointCast: Sendable {
  private let scale: Double
  private let roundsHalfUp: Bool
  private let assignment: RowAssignment
  private let definition: DoubleAssignment

  /// nil for formats whose rules have no such form, or that have negative fraction bits or above 32 bits.
  public init?(to format: FixedPointFormat) {
    switch format.quantization {
    case .truncate: roundsHalfUp = false
    case .round: roundsHalfUp = true
    default: return nil
    }
    // Scaling up by a power of two loses nothing.
    guard (0...512).contains(format.fractionBits), format.signedWidth <= 32,
      let assignment = RowAssignment(
        to: format, fromFractionBits: format.fractionBits,
        source: -(Int64(1) << 28)...(Int64(1) << 28)), assignment.fitsInt32
    else { return nil }
    scale = Double(sign: .plus, exponent: format.fractionBits, significand: 1)
    self.assignment = assignment
    definition = DoubleAssignment(to: format)
  }

  /// Writes the codes of `count` numbers; the position of the first that is not finite, or nil.
  ///
  /// - Precondition: each pointer has `count` elements.
  public func codes(
    of numbers: UnsafePointer<Double>, count: Int, into codes: UnsafeMutablePointer<Int32>
  ) -> Int? {
    var done = 0
    while done < count {
      if KernelPath.current != .plain {
        let fast = hwsim_fixed_from_f64(
          KernelPath.current.lanes, numbers + done, codes + done, count - done, scale, roundsHalfUp)
        assignment.apply(codes + done, to: codes + done, count: fast)
        done += fast
      }
      // A chunk with a large number, or the last one.
      for index in done..<min(done + 64, count) {
        guard numbers[index].isFinite else { return index }
        codes[index] = Int32(truncatingIfNeeded: definition(numbers[index]))
      }
      done = min(done + 64, count)
    }
    return nil
  }
}

/// Float64 numbers as codes of an affine format: `zero + x / scale` in float32, rounded to nearest and
/// clamped.
///
/// Sources: TensorFlow Lite `reference/quantize.h` (ties away from zero), ONNX QuantizeLinear (ties to even).
public struct AffineCast: Sendable {
  private let scale: Float
  private let steps: ClosedRange<Float>
  private let zeroPoint: Int32
  private let tiesAway: Bool

  /// nil for a code range beyond 20 bits, or another rounding than to nearest.
  public init?(
    scale: Float, zeroPoint: Int64, codes: ClosedRange<Int64>, rounding: FloatingPointRoundingRule
  ) {
    switch rounding {
    case .toNearestOrEven: tiesAway = false
    case .toNearestOrAwayFromZero: tiesAway = true
    default: return nil
    }
    let limit: ClosedRange<Int64> = -(1 << 20)...1 << 20
    guard scale > 0, scale.isFinite, limit.contains(codes.lowerBound),
      limit.contains(codes.upperBound), limit.contains(zeroPoint)
    else { return nil }
    self.scale = scale
    self.zeroPoint = Int32(zeroPoint)
    steps = Float(codes.lowerBound - zeroPoint)...Float(codes.upperBound - zeroPoint)
  }

  /// The code of a number, as it is defined.
  public func definition(_ number: Double) -> Int32 {
    let quotient = (Float(number) / scale).rounded(
      tiesAway ? .toNearestOrAwayFromZero : .toNearestOrEven)
    return Int32(min(max(quotient, steps.lowerBound), steps.upperBound)) + zeroPoint
  }

  /// Writes the codes of `count` numbers; whether all are finite.
  ///
  /// - Precondition: each pointer has `count` elements.
  public func codes(
    of numbers: UnsafePointer<Double>, count: Int, into codes: UnsafeMutablePointer<Int32>
  ) -> Bool {
    guard KernelPath.current == .plain else {
      return hwsim_steps_from_f64(
        KernelPath.current.lanes, numbers, count, scale, tiesAway, steps.lowerBound,
        steps.upperBound, zeroPoint, codes)
    }
    for index in 0..<count {
      guard numbers[index].isFinite else { return false }
      codes[index] = definition(numbers[index])
    }
    return true
  }
}
