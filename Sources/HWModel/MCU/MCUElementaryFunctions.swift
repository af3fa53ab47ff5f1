import Arith
import QuantGraph

/// Roots, exponentials, logarithms and what is made of them.
extension MCUFunctions {
  /// - Throws: ``DatapathError`` where TensorFlow Lite Micro has no integer kernel.
  private func requireFullRuntime(_ name: String) throws(DatapathError) {
    guard !isMicro else {
      throw .parameter("\(name)", reason: "TensorFlow Lite Micro has a float kernel only")
    }
  }

  private func requireSymmetric() throws(DatapathError) {
    guard input.zeroPoint == 0, output.zeroPoint == 0 else {
      throw .encoding(operand: "16-bit data", expected: "of zero point 0")
    }
  }

  /// Codes below the zero point have no root: the runtimes stop there, here they are taken as zero.
  ///
  /// Source: `kernels/elementwise.cc`, `RsqrtEvalQuantizedInt8` and the table of 16 bits; micro
  /// runtime `elementwise.cc`, one rule for both.
  func reciprocalSquareRoot() throws(DatapathError) -> Function {
    if input.storage == .int16 { try requireSymmetric() }
    if input.storage == .int16, !isMicro {
      let largest = 32767 * output.scale32
      return interpolated { $0 <= 0 ? largest : 1 / $0.squareRoot() }
    }
    try requireSigned()
    let factor = QuantizedMultiplier(
      1 / Double(input.scale32.squareRoot() * output.scale32))
    let fine = QuantizedMultiplier(multiplier: factor.multiplier, shift: factor.shift - 20)
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let value = code &- zeroIn
      guard value > 0 else { return codes.upperBound }
      let root = FixedPoint32.inverseSquareRoot(of: value)
      let scaled = QuantizedMultiplier(multiplier: root.multiplier, shift: root.shift + 20)
        .appliedRoundingTwice(to: 1)
      let result = fine.appliedRoundingTwice(to: scaled) &+ zeroOut
      return min(max(result, codes.lowerBound), codes.upperBound)
    }
  }

  private func requireSigned() throws(DatapathError) {
    guard input.storage != .uint8 else {
      throw .encoding(operand: "the operand", expected: "quantized int8 or int16")
    }
  }

  /// The root in binary32, cut toward zero; the runtime stops at negative values, here they are 0.
  ///
  /// Source: `kernels/elementwise.cc`, `SqrtEvalQuantized`.
  func squareRoot() throws(DatapathError) -> Function {
    try requireFullRuntime("SQRT")
    try requireSigned()
    let (scale, step) = (input.scale32, output.scale32)
    let (zeroIn, zeroOut, codes) = (zeroIn, zeroOut, codes)
    return { code in
      let value = max(scale * Float(code &- zeroIn), 0)
      let result = Self.truncated(value.squareRoot() / step) &+ zeroOut
      return min(max(result, codes.lowerBound), codes.upperBound)
    }
  }

  /// The code's negative, whatever the scales; the smallest code stays.
  ///
  /// Source: `kernels/internal/reference/neg.h`.
  func negate() throws(DatapathError) -> Function {
    try requireFullRuntime("NEG")
    try requireSigned()
    return { 0 &- $0 }
  }

  /// Functions that are tabulated from their values in binary32.
  ///
  /// Source: `kernels/exp.cc`, `elementwise.cc` (`LogLUTPrepare`), `activations.cc` (`EluPrepare`,
  /// `GeluPrepare`), `internal/reference/gelu.h`; micro runtime `elu.cc`.
  func elementary(_ function: UnaryFunction) throws(DatapathError) -> Function {
    let value: @Sendable (Float) -> Float
    switch function {
    case .exponential:
      try requireFullRuntime("EXP")
      try requireSigned()
      value = { Float(ElementaryDouble.exp(Double($0))) }
    case .logarithm:
      try requireFullRuntime("LOG")
      try requireSigned()
      let smallest =
        Float((input.storage == .int8 ? -128 : -32768) - output.zeroPoint) * output.scale32
      value = { $0 <= 0 ? smallest : Float(ElementaryDouble.log(Double($0))) }
    case .elu(alpha: 1):
      guard input.storage == .int8 else {
        throw .encoding(operand: "the operand", expected: "quantized int8")
      }
      value = { $0 < 0 ? Float(ElementaryDouble.exp(Double($0)) - 1) : $0 }
    case .gelu(let isApproximate):
      try requireFullRuntime("GELU")
      value = isApproximate ? Self.geluByTanh : Self.gelu
    default:
      throw .parameter("function", reason: "the runtimes have no integer kernel for \(function)")
    }
    guard input.storage == .int16 else { return tabulated(value) }
    if case .gelu = function {} else { try requireSymmetric() }
    return interpolated(value)
  }

  private static let gelu: @Sendable (Float) -> Float = { x in
    let argument = x * -Float(0.5.squareRoot())
    return 0.5 * x * Float(ElementaryDouble.complementaryError(Double(argument)))
  }

  private static let geluByTanh: @Sendable (Float) -> Float = { x in
    // sqrt(2 / pi).
    let factor: Float = 0.797_884_56
    let cube: Float = 0.044715 * x * x * x
    let argument = Double(factor * (x + cube))
    let tanh = 1 - 2 / (ElementaryDouble.exp(2 * min(max(argument, -40), 40)) + 1)
    return 0.5 * x * (1 + Float(tanh))
  }

  /// A function of 16 bits by 512 steps over the input's range.
  private func interpolated(_ function: (Float) -> Float) -> Function {
    let table = InterpolationTable(
      inputScale: input.scale32, inputZero: input.zeroPoint, outputScale: output.scale32,
      outputZero: output.zeroPoint, function)
    return { Int32(table[Int16(truncatingIfNeeded: $0)]) }
  }
}

extension InterpolationTable {
  /// `function` of the values of all codes, as the codes that the output's scale gives them, in
  /// binary32.
  ///
  /// Source: TensorFlow Lite, `kernels/internal/common.h`, `LUTPopulateInt16<float>`.
  init(
    inputScale: Float, inputZero: Int32, outputScale: Float, outputZero: Int32,
    _ function: (Float) -> Float
  ) {
    let low = inputScale * Float(-32768 - inputZero)
    let high = inputScale * Float(32767 - inputZero)
    let bottom = outputScale * Float(-32768 - outputZero)
    let top = outputScale * Float(32767 - outputZero)
    let step = (high - low) / 512
    let codes = 65536 / (top - bottom)
    func rounded(_ value: Float) -> Float { value.rounded(.toNearestOrAwayFromZero) }
    // As C++ compares: not a number passes, and becomes 0 of the 16 bits that are kept.
    func bounded(_ value: Float) -> Int16 {
      let raised = value < -32768 ? -32768 : value
      return Int16(truncatingIfNeeded: MCUFunctions.truncated(raised > 32767 ? 32767 : raised))
    }
    entries = (0...512).map { index in
      if index == 512 { return bounded(rounded(function(high) * codes)) }
      let position = low + Float(index) * step
      let here = rounded(function(position) * codes)
      let middle = rounded(function(position + step / 2) * codes)
      let next = function(low + Float(index + 1) * step) * codes
      let error = rounded((next + here) / 2) - middle
      return bounded(here - rounded(error / 2))
    }
  }
}
