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
  let range: ClosedRange<Float>

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Float.self)
    left.withCodes(operands, as: Float.self) { left in
      right.withCodes(operands, as: Float.self) { right in
        walk.forEach { position, a, b in
          let value = value(left[a], right[b])
          // As C++ compares: not a number passes.
          let raised = value < range.lowerBound ? range.lowerBound : value
          result[position] = range.upperBound < raised ? range.upperBound : raised
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

/// A function of binary32 numbers that IEEE 754 rounds correctly.
///
/// Source: TensorFlow Lite, `kernels/{elementwise,activations,floor,ceil,round,neg}.cc`.
struct MCURealMap: NodeKernel {
  let count: Int
  let function: @Sendable (Float) -> Float

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for index in 0..<count { result[index] = function(data[index]) }
  }
}

/// Plans of operators between a DEQUANTIZE and a QUANTIZE.
extension MCURules {
  func planReal(_ binary: Binary, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    guard right.isFloat, result.isFloat else {
      throw .encoding(operand: "operands and result", expected: "float32")
    }
    switch binary.function {
    case .add, .subtract, .multiply, .divide, .maximum, .minimum, .squaredDifference, .modulo: break
    case .floorDivide: try requireDivisor(right)
    default:
      throw .parameter(
        "function", reason: "\(binary.function.rawValue) of float32 has no rule here")
    }
    return node.planned(
      MCURealBinary(
        function: binary.function, left: node.source(0), right: node.source(1),
        walk: BroadcastWalk(result: result.shape, left: left.shape, right: right.shape),
        range: Self.realRange(binary.range)))
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
      let bounds = Self.realRange(range)
      map = { value in
        let raised = value < bounds.lowerBound ? bounds.lowerBound : value
        return bounds.upperBound < raised ? bounds.upperBound : raised
      }
    default:
      throw .parameter(
        "function", reason: "\(function) of float32 depends on a C library, no rule gives its bits")
    }
    return node.planned(MCURealMap(count: node.inputs[0].shape.count, function: map))
  }

  /// Source: TensorFlow Lite, `CalculateActivationRange<float>`: open ends are the largest numbers.
  private static func realRange(_ range: ValueRange) -> ClosedRange<Float> {
    let low = range.minimum.map { Float($0) } ?? -Float.greatestFiniteMagnitude
    return low...max(low, range.maximum.map { Float($0) } ?? .greatestFiniteMagnitude)
  }
}
