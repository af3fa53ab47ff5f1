import Arith
import QuantGraph

/// Functions of one code, as the runtimes' integer kernels compute them.
///
/// A function of 8 or 16 bits is tabulated when a plan is made; what stands here is its definition.
struct MCUFunctions {
  let input: MCUTensor
  let output: MCUTensor
  let isMicro: Bool

  /// The code for an input code.
  typealias Function = @Sendable (Int32) -> Int32

  /// - Throws: ``DatapathError`` for functions or formats that the runtimes have no integer kernel for.
  func function(_ function: UnaryFunction) throws(DatapathError) -> Function {
    switch function {
    case .sigmoid: try sigmoid()
    case .tanh: try tanh()
    case .hardSwish: try hardSwish()
    case .leakyReLU(let slope): leakyReLU(slope: slope)
    case .clamp(let range): clamp(range)
    case .absolute: absolute()
    case .identity: requantize()
    case .reciprocalSquareRoot: try reciprocalSquareRoot()
    case .squareRoot: try squareRoot()
    case .exponential, .logarithm, .gelu, .elu: try elementary(function)
    case .negate: try negate()
    default:
      throw .parameter(
        "function", reason: "the runtimes have no integer kernel for \(function)")
    }
  }

  var zeroIn: Int32 { input.zeroPoint }
  var zeroOut: Int32 { output.zeroPoint }
  var codes: ClosedRange<Int32> { output.clampedCodes(.unbounded) }

  /// Scale quotient: the full runtime divides in binary32, the micro runtime in binary64.
  private func quotient(_ factor: Float = 1) -> QuantizedMultiplier {
    isMicro
      ? QuantizedMultiplier(input.scale * Double(factor) / output.scale)
      : QuantizedMultiplier(Double(input.scale32 * factor / output.scale32))
  }

  /// One requantization, used by QUANTIZE between integers.
  ///
  /// Source: TensorFlow Lite, `kernels/internal/reference/requantize.h`.
  func requantize() -> Function {
    let multiplier = QuantizedMultiplier(input.scale / output.scale)
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let scaled = multiplier.appliedRoundingTwice(to: code &- zeroIn)
      return min(max(scaled &+ zeroOut, codes.lowerBound), codes.upperBound)
    }
  }

  /// Source: `kernels/activations.cc`, `QuantizedReluX`; the micro runtime's ReLU6 only clamps.
  private func clamp(_ range: ValueRange) -> Function {
    let bounds = output.clampedCodes(range)
    let (zeroIn, zeroOut) = (zeroIn, zeroOut)
    if isMicro && range == .relu6 {
      // Zero and six are codes of the input's scale, and the output's scale is not read.
      let bounds = input.clampedCodes(range)
      let codes = codes
      return { code in
        let clamped = min(max(code, bounds.lowerBound), bounds.upperBound)
        return min(max(clamped, codes.lowerBound), codes.upperBound)
      }
    }
    let multiplier = quotient()
    return { code in
      let scaled = multiplier.appliedRoundingTwice(to: code &- zeroIn) &+ zeroOut
      return min(max(scaled, bounds.lowerBound), bounds.upperBound)
    }
  }

  /// Source: `kernels/internal/reference/leaky_relu.h`, `QuantizeLeakyRelu`.
  private func leakyReLU(slope: Float) -> Function {
    let identity = quotient()
    let negative = quotient(slope)
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let value = code &- zeroIn
      let scaled = (value >= 0 ? identity : negative).appliedRoundingTwice(to: value)
      return min(max(scaled &+ zeroOut, codes.lowerBound), codes.upperBound)
    }
  }

  /// Source: `kernels/elementwise.cc`, `AbsEvalQuantized`.
  private func absolute() -> Function {
    // Both runtimes divide in binary32 here.
    let multiplier = QuantizedMultiplier(Double(input.scale32 / output.scale32))
    let isSame = input.scale == output.scale
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let magnitude = abs(code &- zeroIn)
      let scaled = isSame ? magnitude : multiplier.appliedRoundingTwice(to: magnitude)
      return min(max(scaled &+ zeroOut, codes.lowerBound), codes.upperBound)
    }
  }

  /// Multiplier to a fixed-point code with 4 integer bits, and the codes beyond which it saturates.
  ///
  /// Source: `kernels/activations.cc`, `SigmoidPrepare`; `quantization_util.cc`,
  /// `CalculateInputRadius`.
  private func toFourIntegerBits() -> (multiplier: QuantizedMultiplier, radius: Int32) {
    let multiplier = QuantizedMultiplier(input.scale * 0x1p27)
    let limit =
      15 * 0x1p27 / Double(sign: .plus, exponent: multiplier.shift, significand: 1)
    return (multiplier, Int32(clamping: Int64(min(limit.rounded(.down), 0x1p40))))
  }

  /// A function of values, rounded to the nearest code, ties away from zero.
  ///
  /// The runtimes tabulate functions of 8 bits so, in binary32 (`kernels/internal/common.h`,
  /// `LUTPopulate`); the function is evaluated in binary64 here, which rounds to the same code but
  /// within 2^-20 of a tie (measured: sigmoid and tanh, all codes at 600 scales from 0.001 to 50 and
  /// random zero points on LiteRT 2.3.0, no difference).
  func tabulated(_ function: @escaping @Sendable (Float) -> Float) -> Function {
    let (scale, zeroIn, codes) = (input.scale32, zeroIn, codes)
    let zeroOut = Float(self.zeroOut)
    let steps = 1 / output.scale32
    return { code in
      let value = Float(code &- zeroIn) * scale
      let rounded = (function(value) * steps).rounded(.toNearestOrAwayFromZero)
      return min(max(Self.truncated(rounded + zeroOut), codes.lowerBound), codes.upperBound)
    }
  }

  /// The integer part, or the smallest number where no Int32 holds it, as x86 converts (C++ leaves it
  /// open).
  static func truncated(_ value: Float) -> Int32 {
    value >= -0x1p31 && value < 0x1p31 ? Int32(value) : .min
  }

  /// Source of the micro runtime: `kernels/internal/reference/integer_ops/logistic.h`.
  private func sigmoid() throws(DatapathError) -> Function {
    if input.storage == .int16 { return try sixteenBits(SixteenBitFunctions.sigmoid) }
    try requireScale(0x1p-8, zero: output.storage == .int8 ? -128 : 0)
    // Beyond 40 both functions are their limit in binary32.
    if !isMicro {
      return tabulated {
        Float(1 / (1 + ElementaryDouble.exp(-min(max(Double($0), -40), 40))))
      }
    }
    let (multiplier, radius) = toFourIntegerBits()
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let value = code &- zeroIn
      if value <= -radius { return codes.lowerBound }
      if value >= radius { return codes.upperBound }
      let fixed = FixedPoint32.logistic(
        multiplier.appliedRoundingTwice(to: value), integerBits: 4)
      let result = RoundingShift.divideByPOT(fixed, 23) &+ zeroOut
      return min(max(result, codes.lowerBound), codes.upperBound)
    }
  }

  /// Source of the micro runtime: `kernels/internal/reference/integer_ops/tanh.h`.
  private func tanh() throws(DatapathError) -> Function {
    if input.storage == .int16 { return try sixteenBits(SixteenBitFunctions.tanh) }
    try requireScale(0x1p-7, zero: output.storage == .int8 ? 0 : 128)
    if !isMicro {
      return tabulated {
        Float(1 - 2 / (ElementaryDouble.exp(2 * min(max(Double($0), -40), 40)) + 1))
      }
    }
    let (multiplier, radius) = toFourIntegerBits()
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let value = code &- zeroIn
      if value <= -radius { return codes.lowerBound }
      if value >= radius { return codes.upperBound }
      let fixed = FixedPoint32.tanh(
        multiplier.appliedRoundingTwice(to: value), integerBits: 4)
      let result = RoundingShift.divideByPOT(fixed, 24) &+ zeroOut
      return min(max(result, codes.lowerBound), codes.upperBound)
    }
  }

  private func requireScale(_ scale: Double, zero: Int32) throws(DatapathError) {
    guard output.scale == scale, output.zeroPoint == zero else {
      throw .encoding(operand: "the result", expected: "scaled by \(scale), zero point \(zero)")
    }
    try output.requireWholeStorage("the result")
  }

  /// Sigmoid or tanh of 16 bits: the input is scaled to a table of steps of 1/24.
  ///
  /// Source: `kernels/activations.cc`, `SigmoidPrepare` and `TanhPrepare`. Scales that are
  /// powers of two have a branch of their own there, with the same results.
  private func sixteenBits(
    _ function: @escaping @Sendable (Int32, Int32, Int) -> Int32
  ) throws(DatapathError) -> Function {
    guard input.zeroPoint == 0 else {
      throw .encoding(operand: "the operand", expected: "of zero point 0")
    }
    try requireScale(0x1p-15, zero: 0)
    var multiplier = input.scale * 4096 * 3
    var shift = 0
    while multiplier <= 32767.0 / 2, shift <= 30 {
      shift += 1
      multiplier *= 2
    }
    let factor = Int32(clamping: Int64(multiplier))
    let total = shift
    return { function($0, factor, total) }
  }

  /// Source: `kernels/internal/reference/hard_swish.h` and `kernels/activations.cc`,
  /// `HardSwishPrepare`.
  private func hardSwish() throws(DatapathError) -> Function {
    guard input.storage == .int8 || input.storage == .uint8 else {
      throw .encoding(operand: "the operand", expected: "quantized int8 or uint8")
    }
    let fine: Float = (1 / 128) * input.scale32
    let toOutput = QuantizedMultiplier(Double(fine / output.scale32))
    let toRelu = QuantizedMultiplier(Double(fine / (3 / 32768)))
    guard toOutput.shift <= 0 else {
      throw .parameter("scales", reason: "the result's scale is too small for hard swish")
    }
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    let outputFactor = toOutput.multiplier16
    let reluFactor = toRelu.multiplier16
    return { code in
      let value = Int16(truncatingIfNeeded: (code &- zeroIn) &* 128)
      let preshift = FixedPoint16.roundingDoublingHighMultiply(value, outputFactor)
      var relu = value
      if toRelu.shift > 0 { relu = FixedPoint16.saturatingLeft(relu, toRelu.shift - 1) }
      relu = FixedPoint16.roundingDoublingHighMultiply(relu, reluFactor)
      if toRelu.shift > 0 { relu = FixedPoint16.saturatingLeft(relu, 1) }
      if toRelu.shift < 0 { relu = RoundingShift.divideByPOT(relu, min(-toRelu.shift, 15)) }
      // From [-1, 1] to [0, 1].
      let gate = Int16(truncatingIfNeeded: (Int32(relu) + (1 << 15)) >> 1)
      let product = FixedPoint16.doublingHighMultiply(gate, preshift)
      let result = Int32(RoundingShift.divideByPOT(product, min(-toOutput.shift, 15)))
      return min(max(result + zeroOut, codes.lowerBound), codes.upperBound)
    }
  }
}
