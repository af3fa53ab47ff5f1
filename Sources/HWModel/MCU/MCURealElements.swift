import Arith
import QuantGraph

/// Two tensors of binary32 numbers combined element by element, with numpy's broadcasting, then clamped.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/{add,sub,mul,div,maximum_minimum,floor_div,floor_mod}.h`; each
/// operation is one rounding of IEEE 754.
struct MCURealBinary: NodeKernel {
  let function: Binary.Function
  let left: MCUSource
  let right: MCUSource
  let walk: BroadcastWalk
  let clamp: RealClamp

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    left.withCodes(operands, as: Float.self) { left in
      right.withCodes(operands, as: Float.self) { right in
        walk.forEach { position, a, b in
          result[position] = clamp(value(left[a], right[b]))
        }
      }
    }
  }

  private func value(_ a: Float, _ b: Float) -> Float {
    switch function {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return a / b
    case .maximum: return a > b ? a : b
    case .minimum: return a < b ? a : b
    case .prelu: return a >= 0 ? a : a * b
    case .power: return ElementaryFloat.pow(a, b)
    case .floorDivide: return Float((Double(a) / Double(b)).rounded(.down))
    case .modulo:
      let rest = a.truncatingRemainder(dividingBy: b)
      return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest
    default:
      let difference = a - b
      return difference * difference
    }
  }
}

/// A function of binary32 numbers.
///
/// Source: TensorFlow Lite, `kernels/{elementwise,activations,floor,ceil,round,neg,sign}.cc` and
/// `kernels/internal/reference/{logistic,hard_swish,elu}.h`; functions of the C library are those of
/// ``ElementaryFloat``.
struct MCURealMap: NodeKernel {
  let count: Int
  let function: @Sendable (Float) -> Float

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for index in 0..<count { result[index] = function(data[index]) }
  }
}

/// Plans of elementwise operators on binary32 numbers.
extension MCURules {
  func planReal(_ binary: Binary, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    guard right.isFloat, result.isFloat else {
      throw .encoding(operand: "operands and result", expected: "float32")
    }
    switch binary.function {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum, .squaredDifference, .modulo,
      .prelu, .power:
      break
    case .floorDivide: try requireDivisor(right)
    default:
      throw .parameter(
        "function", reason: "\(binary.function.rawValue) of float32 has no rule here")
    }
    return node.planned(
      MCURealBinary(
        function: binary.function, left: node.source(0), right: node.source(1),
        walk: BroadcastWalk(result: result.shape, left: left.shape, right: right.shape),
        clamp: RealClamp(binary.range)))
  }

  func planReal(_ function: UnaryFunction, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    guard node.result.isFloat else {
      throw .encoding(operand: "the result", expected: "float32")
    }
    let map: @Sendable (Float) -> Float
    switch function {
    case .identity: map = { $0 }
    case .absolute: map = { $0.magnitude }
    case .negate: map = { -$0 }
    case .square: map = { $0 * $0 }
    case .squareRoot: map = { $0.squareRoot() }
    case .reciprocalSquareRoot: map = { 1 / $0.squareRoot() }
    case .floor: map = { $0.rounded(.down) }
    case .ceiling: map = { $0.rounded(.up) }
    case .roundEven: map = { $0.rounded(.toNearestOrEven) }
    case .leakyReLU(let slope): map = { $0 > 0 ? $0 : $0 * slope }
    case .clamp(let range):
      let clamp = RealClamp(range)
      map = { clamp($0) }
    case .sigmoid:
      map = { value in
        if value > 16.619047164916992188 { return 1 }
        if value < -9 { return ElementaryFloat.exp(value) }
        return 1 / (1 + ElementaryFloat.exp(-value))
      }
    case .tanh: map = { ElementaryFloat.tanh($0) }
    case .hardSwish:
      map = { value in
        let raised = value + 3 > 0 ? value + 3 : 0
        return value * (raised < 6 ? raised : 6) / 6
      }
    case .elu(alpha: 1): map = { $0 < 0 ? ElementaryFloat.exponentialMinusOne($0) : $0 }
    case .exponential: map = { ElementaryFloat.exp($0) }
    case .logarithm: map = { ElementaryFloat.log($0) }
    case .sine: map = { ElementaryFloat.sin($0) }
    case .cosine: map = { ElementaryFloat.cos($0) }
    case .sign: map = { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    default:
      throw .parameter(
        "function", reason: "\(function) of float32 has no rule here")
    }
    return node.planned(MCURealMap(count: node.inputs[0].shape.count, function: map))
  }
}
