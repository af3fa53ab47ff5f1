import Arith
import QuantGraph

/// The bounds of elementwise operators.
extension OrderBound {
  func unary(_ node: Node, _ function: UnaryFunction) -> [Double] {
    let (data, result) = (node.inputs[0], node.outputs[0])
    let (numbers, results) = (values(data), values(result))
    let own = error(data)
    let budget = function.isCorrectlyRounded ? 0 : 2 * Self.functionULPs * unit(result)
    return results.indices.map { index in
      let last = budget * max(abs(results[index]), function.scale(at: numbers[index]))
      guard let bound = own?[index], bound != 0 else { return last }
      let moved = function.reach(numbers[index], bound)
      return moved + last + 2 * unit(result) * (abs(results[index]) + moved)
    }
  }

  func binaryBound(_ node: Node, _ function: Binary.Function) -> [Double]? {
    let result = graph[node.outputs[0]].shape
    if case .affine = graph[node.inputs[0]].encoding,
      node.inputs.allSatisfy({ error($0) == nil })
    {
      return zeros(node)
    }
    let isRounded = function != .power
    guard !isRounded || node.inputs.contains(where: { error($0) != nil }) else {
      return zeros(node)
    }
    func spread(_ numbers: [Double], _ id: TensorID) -> [Double] {
      ArrayNode.broadcast(numbers, graph[id].shape, to: result)
    }
    let (first, second) = (node.inputs[0], node.inputs[1])
    let (a, b) = (spread(values(first), first), spread(values(second), second))
    let (ea, eb) = (spread(bound(first), first), spread(bound(second), second))
    // 0 times what is not known is 0.
    func product(_ a: Double, _ b: Double) -> Double { a == 0 || b == 0 ? 0 : a * b }
    var bound = [Double](repeating: 0, count: a.count)
    for index in a.indices {
      let (x, y, ex, ey) = (abs(a[index]), abs(b[index]), ea[index], eb[index])
      switch function {
      case .add, .subtract: bound[index] = ex + ey
      case .multiply: bound[index] = product(x, ey) + product(y, ex) + product(ex, ey)
      case .divide:
        bound[index] =
          ex == 0 && ey == 0 ? 0 : y > ey ? (ex + x / y * ey) / (y - ey) : .infinity
      case .maximum, .minimum: bound[index] = max(ex, ey)
      case .prelu: bound[index] = max(ex, y * ex + x * ey + ex * ey)
      case .squaredDifference:
        let difference = abs(a[index] - b[index])
        bound[index] = (ex + ey) * (2 * difference + ex + ey)
      case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
        let isSure = ex + ey == 0 || abs(a[index] - b[index]) > ex + ey
        bound[index] = isSure ? 0 : 1
        continue
      case .and, .or, .xor: bound[index] = min(1, ex + ey)
      case .power:
        guard ex == 0, ey == 0 else {
          bound[index] = .infinity
          continue
        }
        let value = values(node.outputs[0])[index]
        bound[index] = 2 * Self.functionULPs * unit(node.outputs[0]) * abs(value)
        continue
      case .floorDivide, .modulo: bound[index] = ex == 0 && ey == 0 ? 0 : .infinity
      }
    }
    switch function {
    case .add, .subtract, .multiply, .divide, .prelu, .squaredDifference:
      return rounded(bound, node.outputs[0])
    default: return bound
    }
  }
}

extension UnaryFunction {
  /// Whether IEEE arithmetic gives every implementation the same result for the same operand.
  fileprivate var isCorrectlyRounded: Bool {
    switch self {
    case .identity, .clamp, .leakyReLU, .thresholdedReLU, .absolute, .negate, .sign, .reciprocal,
      .square, .squareRoot, .floor, .ceiling, .roundEven, .not:
      true
    default: false
    }
  }

  /// The size of terms that cancel in a function near `x`: errors are relative to it.
  fileprivate func scale(at x: Double) -> Double {
    switch self {
    case .elu(let alpha): Double(abs(alpha))
    case .selu(let alpha, let gamma): Double(abs(alpha * gamma))
    case .gelu, .swish, .hardSwish: abs(x)
    case .hardSigmoid, .softsign, .sine, .cosine: 1
    default: 0
    }
  }

  /// How far results are from that of `x` over operands within `bound` of it.
  fileprivate func reach(_ x: Double, _ bound: Double) -> Double {
    switch self {
    case .identity, .clamp, .absolute, .negate, .sine, .cosine, .softplus, .softsign, .tanh:
      return bound
    case .thresholdedReLU, .sign, .floor, .ceiling, .roundEven, .not:
      // Steps: the results at both ends.
      let own = value(x)
      return max(abs(value(x - bound) - own), abs(value(x + bound) - own))
    case .leakyReLU(let slope): return bound * max(1, Double(abs(slope)))
    case .elu(let alpha): return bound * max(1, Double(abs(alpha)))
    case .selu(let alpha, let gamma):
      return bound * Double(abs(gamma)) * max(1, Double(abs(alpha)))
    case .sigmoid: return bound / 4
    case .hardSigmoid(let alpha, _): return bound * Double(abs(alpha))
    case .hardSwish: return bound * 1.5
    // The steepest slopes: 1.0999 of x * sigmoid(x), 1.1290 of GELU, 2 / sqrt(pi) of erf.
    case .swish(let alpha): return alpha > 0 ? bound * 1.1 : .infinity
    case .gelu: return bound * 1.13
    case .erf: return bound * 1.1284
    case .square: return bound * (2 * abs(x) + bound)
    case .squareRoot, .exponential, .logarithm, .reciprocal, .reciprocalSquareRoot:
      // Monotone where they are defined; a pole in between has no bound.
      if x.magnitude <= bound, self != .exponential, self != .squareRoot { return .infinity }
      let low = self == .squareRoot ? max(0, x - bound) : x - bound
      let own = value(x)
      return max(abs(value(low) - own), abs(value(x + bound) - own))
    }
  }
}
