#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

import QuantGraph

/// A type in which array kernels compute: float32 or float64.
///
/// Functions are computed in float64 by the C library and rounded; they are the float definition of
/// a model and are compared with a tolerance, never bit for bit.
protocol ArrayReal: BinaryFloatingPoint, BitwiseCopyable, Sendable {}
extension Float: ArrayReal {}
extension Double: ArrayReal {}

extension UnaryFunction {
  /// The function's value at `x`.
  ///
  /// Source: the operators' definitions in ONNX.
  func value<Real: ArrayReal>(_ x: Real) -> Real {
    func through(_ function: (Double) -> Double) -> Real { Real(function(Double(x))) }
    switch self {
    case .identity: return x
    case .clamp(let range):
      var result = x
      if let minimum = range.minimum, result < Real(minimum) { result = Real(minimum) }
      if let maximum = range.maximum, result > Real(maximum) { result = Real(maximum) }
      return result
    case .leakyReLU(let slope): return x >= 0 ? x : Real(slope) * x
    case .elu(let alpha): return x >= 0 ? x : Real(alpha) * through(expm1)
    case .selu(let alpha, let gamma):
      return Real(gamma) * (x >= 0 ? x : Real(alpha) * through(expm1))
    case .thresholdedReLU(let alpha): return x > Real(alpha) ? x : 0
    case .sigmoid: return through { 1 / (1 + exp(-$0)) }
    case .tanh: return through(tanhOf)
    case .hardSigmoid(let alpha, let beta):
      return max(0, min(1, Real(alpha) * x + Real(beta)))
    case .hardSwish: return x * max(0, min(1, x / 6 + 0.5))
    case .swish(let alpha): return through { $0 / (1 + exp(-Double(alpha) * $0)) }
    case .softplus: return through { $0 > 40 ? $0 : log1p(exp($0)) }
    case .softsign: return x / (1 + abs(x))
    case .gelu(let isApproximate):
      return through { value in
        isApproximate
          ? 0.5 * value
            * (1 + tanhOf((2 / Double.pi).squareRoot() * (value + 0.044715 * value * value * value)))
          : 0.5 * value * (1 + erfOf(value / 2.0.squareRoot()))
      }
    case .erf: return through(erfOf)
    case .absolute: return abs(x)
    case .negate: return -x
    case .sign: return x > 0 ? 1 : x < 0 ? -1 : x
    case .reciprocal: return 1 / x
    case .square: return x * x
    case .squareRoot: return x.squareRoot()
    case .reciprocalSquareRoot: return 1 / x.squareRoot()
    case .exponential: return through { exp($0) }
    case .logarithm: return through { log($0) }
    case .sine: return through { sin($0) }
    case .cosine: return through { cos($0) }
    case .floor: return x.rounded(.down)
    case .ceiling: return x.rounded(.up)
    case .roundEven: return x.rounded(.toNearestOrEven)
    case .not: return x == 0 ? 1 : 0
    }
  }

  /// The function's value at an integer; nil for functions that integers do not have.
  func integerValue(_ x: Int64) -> Int64? {
    switch self {
    case .identity, .floor, .ceiling, .roundEven: return x
    case .clamp(let range):
      var result = x
      if let minimum = range.minimum { result = max(result, Int64(clamping: minimum)) }
      if let maximum = range.maximum { result = min(result, Int64(clamping: maximum)) }
      return result
    case .absolute: return x < 0 ? 0 &- x : x
    case .negate: return 0 &- x
    case .sign: return x.signum()
    case .square: return x &* x
    case .not: return x == 0 ? 1 : 0
    default: return nil
    }
  }
}

// Inside an enum with cases of these names the C functions need another one.
private func tanhOf(_ x: Double) -> Double { tanh(x) }
private func erfOf(_ x: Double) -> Double { erf(x) }

extension Int64 {
  /// The nearest integer toward zero; the ends of the range for what is beyond them, 0 for NaN.
  init(clamping value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int64(value)
    }
  }
}

extension Binary.Function {
  /// The function's value; comparisons and logic give 1 or 0.
  func value<Real: ArrayReal>(_ a: Real, _ b: Real) -> Real {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .floorDivide: (a / b).rounded(.down)
    case .modulo: a - (a / b).rounded(.down) * b
    case .power: Real(pow(Double(a), Double(b)))
    case .squaredDifference: (a - b) * (a - b)
    // A NaN operand gives NaN, as in numpy.
    case .maximum: a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
    case .minimum: a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
    case .prelu: a >= 0 ? a : a * b
    case .equal: a == b ? 1 : 0
    case .notEqual: a != b ? 1 : 0
    case .less: a < b ? 1 : 0
    case .lessOrEqual: a <= b ? 1 : 0
    case .greater: a > b ? 1 : 0
    case .greaterOrEqual: a >= b ? 1 : 0
    case .and: a != 0 && b != 0 ? 1 : 0
    case .or: a != 0 || b != 0 ? 1 : 0
    case .xor: (a != 0) != (b != 0) ? 1 : 0
    }
  }

  /// The function's value for integers, wrapping; division by zero gives 0.
  func integerValue(_ a: Int64, _ b: Int64) -> Int64 {
    switch self {
    case .add: a &+ b
    case .subtract: a &- b
    case .multiply: a &* b
    case .divide: b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
    case .floorDivide: Self.floorDivided(a, b).quotient
    case .modulo: Self.floorDivided(a, b).remainder
    case .power: Self.raised(a, b)
    case .squaredDifference: (a &- b) &* (a &- b)
    case .maximum: Swift.max(a, b)
    case .minimum: Swift.min(a, b)
    case .prelu: a >= 0 ? a : a &* b
    case .equal: a == b ? 1 : 0
    case .notEqual: a != b ? 1 : 0
    case .less: a < b ? 1 : 0
    case .lessOrEqual: a <= b ? 1 : 0
    case .greater: a > b ? 1 : 0
    case .greaterOrEqual: a >= b ? 1 : 0
    case .and: a != 0 && b != 0 ? 1 : 0
    case .or: a != 0 || b != 0 ? 1 : 0
    case .xor: (a != 0) != (b != 0) ? 1 : 0
    }
  }

  private static func floorDivided(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
    guard b != 0 else { return (0, 0) }
    let quotient = a.dividedReportingOverflow(by: b).partialValue
    let remainder = a &- quotient &* b
    guard remainder != 0, (remainder < 0) != (b < 0) else { return (quotient, remainder) }
    return (quotient &- 1, remainder &+ b)
  }

  private static func raised(_ a: Int64, _ b: Int64) -> Int64 {
    if b < 0 { return a == 1 ? 1 : a == -1 ? (b & 1 == 0 ? 1 : -1) : 0 }
    var (result, base, rest): (Int64, Int64, Int64) = (1, a, b)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* base }
      base = base &* base
      rest >>= 1
    }
    return result
  }
}
