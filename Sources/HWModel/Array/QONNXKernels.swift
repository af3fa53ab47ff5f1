import Arith
import QuantGraph

extension QONNXRounding {
  /// `x` rounded to an integer by this mode.
  ///
  /// Source: `resolve_rounding_mode` of qonnx 1.0.0; numpy's sign gives 0 for 0.
  func rounded(_ x: Float) -> Float {
    func signed(_ magnitude: Float) -> Float { x > 0 ? magnitude : x < 0 ? -magnitude : 0 * x }
    return switch self {
    case .roundToEven: x.rounded(.toNearestOrEven)
    case .ceiling: x.rounded(.up)
    case .floor: x.rounded(.down)
    case .up: signed(abs(x).rounded(.up))
    case .down: x.rounded(.towardZero)
    case .halfUp: signed((abs(x) + 0.5).rounded(.down))
    case .halfDown: signed((abs(x) - 0.5).rounded(.up))
    }
  }
}

/// Ends of an integer range of `bits` bits.
///
/// Source: `min_int` and `max_int` of qonnx 1.0.0: a narrow signed range drops the least number, a
/// narrow unsigned one the largest.
private func integerRange(
  bits: Float, isSigned: Bool, isNarrow: Bool
) -> (minimum: Float, maximum: Float) {
  func power(_ exponent: Float) -> Float {
    // Widths are whole numbers in every model; a fraction takes the real power.
    exponent == exponent.rounded() && abs(exponent) < 120
      ? Float(sign: .plus, exponent: Int(exponent), significand: 1)
      : Binary.Function.power.value(2, exponent)
  }
  if isSigned {
    let top = power(bits - 1)
    return (isNarrow ? 1 - top : -top, top - 1)
  }
  return (0, power(bits) - (isNarrow ? 2 : 1))
}

/// QONNX's quantizers, step by step in float32 as numpy computes them.
///
/// Source: qonnx 1.0.0, `qonnx/custom_op/general`: intquant.py, bipolar_quant.py, trunc.py,
/// floatquant.py, multithreshold.py. Clamping precedes rounding.
extension ArrayNode {
  func qonnx(_ operation: QONNXOperator) throws(DatapathError) -> PlannedNode {
    guard operands.allSatisfy({ $0.kind == .float32 }) else {
      throw .encoding(operand: "operands of '\(node.name)'", expected: "float32")
    }
    if case .multiThreshold(let axis, let scale, let bias) = operation {
      return multiThreshold(axis, scale: scale, bias: bias)
    }
    let (operands, result) = (operands, result)
    return planned { o in
      let data = operands[0].reals(as: Float.self, o)
      let parameters = operands.dropFirst().map {
        Self.broadcast($0.reals(as: Float.self, o), $0.shape, to: result.shape)
      }
      o.outputs[0].store(
        bits: data.indices.map { index in
          operation.value(data[index], parameters.map { $0[index] })
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
  func value(_ x: Float, _ parameters: [Float]) -> Float {
    switch self {
    case .quant(let isSigned, let isNarrow, let rounding):
      let (scale, zero, bits) = (parameters[0], parameters[1], parameters[2])
      var y = x / scale + zero
      if bits == 1 && isSigned {
        y = y >= 0 ? 1 : -1
      } else {
        let range = integerRange(bits: bits, isSigned: isSigned, isNarrow: isNarrow)
        if y > range.maximum { y = range.maximum }
        if y < range.minimum { y = range.minimum }
        y = rounding.rounded(y)
      }
      return (y - zero) * scale
    case .bipolarQuant: return (x >= 0 ? 1 : -1) * parameters[0]
    case .truncate(let rounding):
      let (scale, zero) = (parameters[0], parameters[1])
      let power = Binary.Function.power.value(2 as Float, parameters[2] - parameters[3])
      let y = rounding.rounded((x / scale + zero).rounded(.toNearestOrEven) / power)
      return (y - zero) * scale
    case .truncateToScale(let isSigned, let isNarrow, let rounding):
      let (scale, zero, target, bits) = (
        parameters[0], parameters[1], parameters[3], parameters[4]
      )
      let exponent = UnaryFunction.logarithm.value(Double(target / scale)) / 0.6931471805599453
      let power = Float(
        Binary.Function.power.value(2, exponent.rounded(.toNearestOrEven)) as Double)
      var y = (x / scale + zero).rounded(.toNearestOrEven) / power
      let range = integerRange(bits: bits, isSigned: isSigned, isNarrow: isNarrow)
      if y > range.maximum { y = range.maximum }
      if y < range.minimum { y = range.minimum }
      return (rounding.rounded(y) - zero / power) * target
    case .floatQuant(let rounding, let hasInfinity, let hasNaN, let saturates):
      return floatValue(
        x, parameters, rounding, hasInfinity: hasInfinity, hasNaN: hasNaN, saturates: saturates)
    case .multiThreshold: return x
    }
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
    let quantized = unit * rounding.rounded(y / unit)
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
