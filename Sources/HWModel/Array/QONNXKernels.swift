import Arith
import QuantGraph

/// The float type in which numpy computes one step.
private enum Precision {
  case single, double

  init(_ kinds: [ElementKind]) { self = kinds.contains(.float64) ? .double : .single }

  /// A result in this type.
  ///
  /// Sums, products and quotients of float32 numbers that are computed in
  /// float64 and rounded once are those of float32 (53 >= 2 * 24 + 2 bits; Figueroa, "When is double
  /// rounding innocuous?", 1995).
  func callAsFunction(_ x: Double) -> Double { self == .single ? Double(Float(x)) : x }
}

extension QONNXRounding {
  /// `x` rounded to an integer by this mode.
  ///
  /// Source: `resolve_rounding_mode` of qonnx 1.0.0; numpy's sign gives 0 for 0.
  fileprivate func rounded(_ x: Double, _ precision: Precision) -> Double {
    func signed(_ magnitude: Double) -> Double { x > 0 ? magnitude : x < 0 ? -magnitude : 0 * x }
    return switch self {
    case .roundToEven: x.rounded(.toNearestOrEven)
    case .ceiling: x.rounded(.up)
    case .floor: x.rounded(.down)
    case .up: signed(abs(x).rounded(.up))
    case .down: x.rounded(.towardZero)
    case .halfUp: signed(precision(abs(x) + 0.5).rounded(.down))
    case .halfDown: signed(precision(abs(x) - 0.5).rounded(.up))
    }
  }
}

/// Ends of an integer range of `bits` bits.
///
/// Source: `min_int` and `max_int` of qonnx 1.0.0: a narrow signed range drops the least number, a
/// narrow unsigned one the largest. Bit widths of int8 are meant as written; numpy's own wrap there.
private func integerRange(
  bits: Double, isSigned: Bool, isNarrow: Bool, _ precision: Precision
) -> (minimum: Double, maximum: Double) {
  func power(_ exponent: Double) -> Double {
    // Widths are whole numbers in every model; a fraction takes the real power.
    exponent == exponent.rounded() && abs(exponent) < 120
      ? Double(sign: .plus, exponent: Int(exponent), significand: 1)
      : Binary.Function.power.value(2, exponent)
  }
  if isSigned {
    let top = power(bits - 1)
    return (precision(isNarrow ? 1 - top : -top), precision(top - 1))
  }
  return (0, precision(power(bits) - (isNarrow ? 2 : 1)))
}

/// QONNX's quantizers, step by step in the float types in which numpy computes them: float32, or
/// float64 from the first parameter on that is float64 or an integer of more than 16 bits. Results
/// are rounded to float32.
///
/// Source: qonnx 1.0.0, `qonnx/custom_op/general`: intquant.py, bipolar_quant.py, trunc.py,
/// floatquant.py, multithreshold.py. Clamping precedes rounding.
extension ArrayNode {
  func qonnx(_ operation: QONNXOperator) throws(DatapathError) -> PlannedNode {
    guard operands[0].kind == .float32,
      operands.allSatisfy({ $0.kind == .float32 || $0.kind == .float64 })
    else {
      throw .encoding(operand: "operands of '\(node.name)'", expected: "float32")
    }
    if case .multiThreshold(let axis, let scale, let bias) = operation {
      return multiThreshold(axis, scale: scale, bias: bias)
    }
    let (operands, result) = (operands, result)
    return planned { o in
      let data = operands[0].reals(as: Float.self, o)
      let parameters = operands.dropFirst().map {
        Self.broadcast($0.reals(as: Double.self, o), $0.shape, to: result.shape)
      }
      let kinds = operands.map(\.kind)
      o.outputs[0].store(
        bits: data.indices.map { index in
          operation.value(data[index], kinds) { parameters[$0][index] }
        })
    }
  }

  private func multiThreshold(_ axis: Int, scale: Float, bias: Float) -> PlannedNode {
    let (data, thresholds) = (operands[0], operands[1])
    let inner = data.shape.strides[axis]
    let channels = data.shape[axis]
    let steps = thresholds.shape[1]
    let isShared = thresholds.shape[0] == 1
    return planned { o in
      let values = data.reals(as: Float.self, o)
      let levels = thresholds.reals(as: Float.self, o)
      o.outputs[0].store(
        bits: values.indices.map { index -> Float in
          let row = isShared ? 0 : index / inner % channels
          var reached: Float = 0
          for step in 0..<steps where values[index] >= levels[row * steps + step] { reached += 1 }
          return scale * reached + bias
        })
    }
  }
}

extension QONNXOperator {
  /// What the quantizer leaves of `x`.
  ///
  /// - Parameters:
  ///   - x: the number.
  ///   - kinds: types of the operands, data first.
  ///   - parameter: the numbers that the operands after the data have for it.
  /// - Returns: the number that stands for it.
  func value(_ x: Float, _ kinds: [ElementKind], _ parameter: (Int) -> Double) -> Float {
    switch self {
    case .quant(let isSigned, let isNarrow, let rounding):
      let (division, rest) = (Precision([kinds[1]]), Precision([kinds[1], kinds[2]]))
      let (scale, zero, bits) = (parameter(0), parameter(1), parameter(2))
      var y = rest(division(Double(x) / scale) + zero)
      if bits == 1 && isSigned {
        y = y >= 0 ? 1 : -1
      } else {
        y = Self.clamped(y, bits, isSigned: isSigned, isNarrow: isNarrow, rest)
        y = rounding.rounded(y, rest)
      }
      return Float(rest(rest(y - zero) * scale))
    case .bipolarQuant:
      return Float((x >= 0 ? 1 : -1) * parameter(0))
    case .truncate(let rounding):
      let (division, rest) = (Precision([kinds[1]]), Precision([kinds[1], kinds[2]]))
      let (scale, zero) = (parameter(0), parameter(1))
      let power: Double = Binary.Function.power.value(2, parameter(2) - parameter(3))
      let y = rounding.rounded(
        rest(rest(division(Double(x) / scale) + zero).rounded(.toNearestOrEven) / power), rest)
      return Float(rest(rest(y - zero) * scale))
    case .truncateToScale(let isSigned, let isNarrow, let rounding):
      let (division, rest) = (Precision([kinds[1]]), Precision([kinds[1], kinds[2]]))
      let (scale, zero, target, bits) = (parameter(0), parameter(1), parameter(3), parameter(4))
      let exponent =
        UnaryFunction.logarithm.value(Precision([kinds[1], kinds[4]])(target / scale))
        / 0.6931471805599453
      let power: Double = Binary.Function.power.value(2, exponent.rounded(.toNearestOrEven))
      var y = rest(division(Double(x) / scale) + zero).rounded(.toNearestOrEven) / power
      y = Self.clamped(y, bits, isSigned: isSigned, isNarrow: isNarrow, rest)
      return Float(rest(rest(rounding.rounded(y, rest) - rest(zero / power)) * target))
    case .floatQuant(let rounding, let hasInfinity, let hasNaN, let saturates):
      return floatValue(
        x, (0..<5).map { Float(parameter($0)) }, rounding, hasInfinity: hasInfinity, hasNaN: hasNaN,
        saturates: saturates)
    case .multiThreshold: return x
    }
  }

  private static func clamped(
    _ y: Double, _ bits: Double, isSigned: Bool, isNarrow: Bool, _ precision: Precision
  ) -> Double {
    let range = integerRange(bits: bits, isSigned: isSigned, isNarrow: isNarrow, precision)
    return y > range.maximum ? range.maximum : y < range.minimum ? range.minimum : y
  }

  private func floatValue(
    _ x: Float, _ parameters: [Float], _ rounding: QONNXRounding, hasInfinity: Bool, hasNaN: Bool,
    saturates: Bool
  ) -> Float {
    let (scale, exponentBits, mantissaBits, bias, limit) = (
      parameters[0], parameters[1], parameters[2], parameters[3], parameters[4]
    )
    let y = x / scale
    if y.isNaN { return y }
    // The exponent of the number, that of the smallest one if it is below.
    let shifted = abs(y) + Float.leastNormalMagnitude
    let lowest = 1 - bias - mantissaBits
    let step = max(
      (shifted.isInfinite ? 128 : Float(shifted.exponent)) - mantissaBits, lowest)
    let unit = Float(Binary.Function.power.value(2, Double(step)) as Double)
    let quantized = unit * Float(rounding.rounded(Double(y / unit), .single))
    let top =
      (2 - Binary.Function.power.value(2, Double(-mantissaBits)))
      * Binary.Function.power.value(
        2, Binary.Function.power.value(2, Double(exponentBits)) - 1 - Double(bias))
    let maximum = min(Float(top), limit)
    if !saturates, quantized > maximum || quantized < -maximum || quantized.isInfinite {
      if hasInfinity { return (quantized > 0 ? Float.infinity : -.infinity) * scale }
      if hasNaN { return .nan }
    }
    return max(-maximum, min(maximum, quantized)) * scale
  }
}
