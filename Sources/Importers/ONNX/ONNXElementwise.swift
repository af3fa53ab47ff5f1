internal import Arith
internal import QuantGraph

extension ONNXGraphBuilder {
  /// Elementwise operators, casts and reductions.
  static let elementwiseRules: [String: Rule] = {
    var rules: [String: Rule] = [
      "Clip": { (b, c) throws(ONNXProblem.Kind) in try b.clip(c) },
      "Cast": { (b, c) throws(ONNXProblem.Kind) in try b.cast(c, like: nil) },
      "CastLike": { (b, c) throws(ONNXProblem.Kind) in try b.cast(c, like: try c.input(1)) },
      "BitCast": { (b, c) throws(ONNXProblem.Kind) in try b.bitCast(c) },
      "Where": { (b, c) throws(ONNXProblem.Kind) in try b.select(c) },
      "Mod": { (b, c) throws(ONNXProblem.Kind) in
        try c.require("fmod", 0)
        try b.binary(c, .modulo)
      },
      "Softmax": { (b, c) throws(ONNXProblem.Kind) in try b.softmaxNode(c, isLogarithm: false) },
      "LogSoftmax": { (b, c) throws(ONNXProblem.Kind) in try b.softmaxNode(c, isLogarithm: true) },
      "ArgMax": { (b, c) throws(ONNXProblem.Kind) in try b.argument(c, isMaximum: true) },
      "ArgMin": { (b, c) throws(ONNXProblem.Kind) in try b.argument(c, isMaximum: false) },
      "GlobalAveragePool": { (b, c) throws(ONNXProblem.Kind) in try b.globalPool(c, .mean) },
      "GlobalMaxPool": { (b, c) throws(ONNXProblem.Kind) in try b.globalPool(c, .maximum) },
      "Sum": { (b, c) throws(ONNXProblem.Kind) in try b.chain(c, .add) },
      "Max": { (b, c) throws(ONNXProblem.Kind) in try b.chain(c, .maximum) },
      "Min": { (b, c) throws(ONNXProblem.Kind) in try b.chain(c, .minimum) },
      "Mean": { (b, c) throws(ONNXProblem.Kind) in try b.mean(c) },
    ]
    for name in unaryNames {
      rules[name] = unaryRule(name)
    }
    let binary: [(String, Binary.Function)] = [
      ("Add", .add), ("Sub", .subtract), ("Mul", .multiply), ("Div", .divide), ("Pow", .power),
      ("PRelu", .prelu), ("Equal", .equal), ("Less", .less), ("LessOrEqual", .lessOrEqual),
      ("Greater", .greater), ("GreaterOrEqual", .greaterOrEqual), ("And", .and), ("Or", .or),
      ("Xor", .xor),
    ]
    for (name, function) in binary {
      rules[name] = binaryRule(function)
    }
    let reductions: [(String, Reduction.Function)] = [
      ("ReduceSum", .sum), ("ReduceMean", .mean), ("ReduceMax", .maximum), ("ReduceMin", .minimum),
      ("ReduceProd", .product), ("ReduceSumSquare", .squareSum), ("ReduceL1", .absoluteSum),
      ("ReduceL2", .norm), ("ReduceLogSum", .logSum), ("ReduceLogSumExp", .logSumExp),
    ]
    for (name, function) in reductions {
      rules[name] = reductionRule(function)
    }
    return rules
  }()

  private static func unaryRule(_ name: String) -> Rule {
    { (b: inout ONNXGraphBuilder, c: ONNXCall) throws(ONNXProblem.Kind) -> Void in
      let function = try unaryFunction(name, c)
      try b.unary(c, function)
    }
  }

  private static func binaryRule(_ function: Binary.Function) -> Rule {
    { (b: inout ONNXGraphBuilder, c: ONNXCall) throws(ONNXProblem.Kind) -> Void in
      try b.binary(c, function)
    }
  }

  private static func reductionRule(_ function: Reduction.Function) -> Rule {
    { (b: inout ONNXGraphBuilder, c: ONNXCall) throws(ONNXProblem.Kind) -> Void in
      // Axes became an operand in version 13 (sum) and 18 (the others).
      try b.reduce(c, function, axesAreOperand: c.version >= (function == .sum ? 13 : 18))
    }
  }

  private static let unaryNames = [
    "Abs", "Neg", "Sign", "Reciprocal", "Sqrt", "Exp", "Log", "Sin", "Cos", "Floor", "Ceil",
    "Round", "Erf", "Tanh", "Sigmoid", "Softplus", "Softsign", "HardSwish", "Not", "Relu",
    "LeakyRelu", "ThresholdedRelu", "Elu", "Selu", "HardSigmoid", "Swish", "Gelu",
  ]

  /// The function that an operator of ``unaryNames`` computes, with its attributes.
  private static func unaryFunction(
    _ name: String, _ call: ONNXCall
  ) throws(ONNXProblem.Kind) -> UnaryFunction {
    switch name {
    case "Abs": return .absolute
    case "Neg": return .negate
    case "Sign": return .sign
    case "Reciprocal": return .reciprocal
    case "Sqrt": return .squareRoot
    case "Exp": return .exponential
    case "Log": return .logarithm
    case "Sin": return .sine
    case "Cos": return .cosine
    case "Floor": return .floor
    case "Ceil": return .ceiling
    case "Round": return .roundEven
    case "Erf": return .erf
    case "Tanh": return .tanh
    case "Sigmoid": return .sigmoid
    case "Softplus": return .softplus
    case "Softsign": return .softsign
    case "HardSwish": return .hardSwish
    case "Not": return .not
    case "Relu": return .clamp(.relu)
    case "LeakyRelu": return .leakyReLU(slope: try call.float("alpha", default: 0.01))
    case "ThresholdedRelu":
      return .thresholdedReLU(alpha: try call.float("alpha", default: 1))
    case "Elu": return .elu(alpha: try call.float("alpha", default: 1))
    case "Selu":
      return .selu(
        alpha: try call.float("alpha", default: 1.67326319217681884765625),
        gamma: try call.float("gamma", default: 1.05070102214813232421875))
    case "HardSigmoid":
      return .hardSigmoid(
        alpha: try call.float("alpha", default: 0.2), beta: try call.float("beta", default: 0.5))
    case "Swish": return .swish(alpha: try call.float("alpha", default: 1))
    case "Gelu":
      let mode = try call.string("approximate")
      return .gelu(isApproximate: mode == "tanh")
    default: throw .unsupportedOperator(name: name, domain: "")
    }
  }

  private mutating func unary(
    _ call: ONNXCall, _ function: UnaryFunction
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    if function == .not {
      guard type(data) == .bool else {
        throw .operandType(operand: "data", expected: "bool", found: type(data).name)
      }
    } else {
      try requireNumber(data)
    }
    // A ReLU of codes whose zero point is 0 is the ReLU of their values.
    if function == .clamp(.relu), case .affine(let format) = tensor(data).encoding,
      format.zeroPoints.allSatisfy({ $0 == 0 })
    {
      try emit(call, .unary(function), [data], [movedResult(data, shape(data))])
      return
    }
    try emit(call, .unary(function), [data], [Result(shape: shape(data), type: type(data))])
  }

  private mutating func binary(
    _ call: ONNXCall, _ function: Binary.Function
  ) throws(ONNXProblem.Kind) {
    let operands = [try call.input(0), try call.input(1)]
    let result: ONNXElementType
    switch function {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      try requireSameType(operands)
      result = .bool
    case .and, .or, .xor:
      guard type(operands[0]) == .bool else {
        throw .operandType(operand: "data", expected: "bool", found: type(operands[0]).name)
      }
      try requireSameType(operands)
      result = .bool
    case .power:
      try requireNumber(operands[0])
      try requireNumber(operands[1])
      result = type(operands[0])
    default:
      try requireNumber(operands[0])
      try requireSameType(operands)
      result = type(operands[0])
    }
    try emit(
      call, .binary(Binary(function)), operands,
      [Result(shape: try broadcast(operands), type: result)])
  }

  /// Sum, Max and Min of any number of operands, from the first on.
  private mutating func chain(
    _ call: ONNXCall, _ function: Binary.Function
  ) throws(ONNXProblem.Kind) {
    let operands = try call.allInputs(atLeast: 1)
    try requireSameType(operands)
    try requireNumber(operands[0])
    guard operands.count > 1 else {
      try emit(
        call, .reshape, operands, [Result(shape: shape(operands[0]), type: type(operands[0]))])
      return
    }
    var left = operands[0]
    for (index, right) in operands.enumerated().dropFirst() {
      let result = Result(shape: try broadcast([left, right]), type: type(left))
      if index == operands.count - 1 {
        try emit(call, .binary(Binary(function)), [left, right], [result])
      } else {
        left = try step(call, .binary(Binary(function)), [left, right], result)
      }
    }
  }

  private mutating func mean(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = try call.allInputs(atLeast: 1)
    try requireSameType(operands)
    guard type(operands[0]) == .float32 else {
      throw .operandType(operand: "data", expected: "float32", found: type(operands[0]).name)
    }
    var left = operands[0]
    for right in operands.dropFirst() {
      left = try step(
        call, .binary(Binary(.add)), [left, right],
        Result(shape: try broadcast([left, right]), type: .float32))
    }
    let count = try addConstant(
      "\(call.node.output.first ?? "mean")/count", type: .float32,
      .float32([Float(operands.count)]))
    try emit(
      call, .binary(Binary(.divide)), [left, count], [Result(shape: shape(left), type: .float32)])
  }

  private mutating func clip(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireNumber(data)
    let result = Result(shape: shape(data), type: type(data))
    var minimum: Double?
    var maximum: Double?
    if call.version < 11 {
      minimum = call.has("min") ? Double(try call.float("min", default: 0)) : nil
      maximum = call.has("max") ? Double(try call.float("max", default: 0)) : nil
    } else {
      let bounds = [call.optional(1), call.optional(2)]
      try requireSameType([data] + bounds.compactMap { $0 })
      let isKnown = bounds.allSatisfy { $0 == nil || tensor($0 ?? data).constant != nil }
      guard isKnown else {
        var value = data
        for (bound, function) in zip(bounds, [Binary.Function.maximum, .minimum]) {
          if let bound {
            value = try step(call, .binary(Binary(function)), [value, bound], result)
          }
        }
        try emit(call, .reshape, [value], [result])
        return
      }
      minimum = try bounds[0].map { (id) throws(ONNXProblem.Kind) in
        try constantNumber(id, purpose: "a bound")
      }
      maximum = try bounds[1].map { (id) throws(ONNXProblem.Kind) in
        try constantNumber(id, purpose: "a bound")
      }
    }
    let range = ValueRange(minimum: minimum, maximum: maximum)
    try emit(call, .unary(.clamp(range)), [data], [result])
  }

  private mutating func cast(_ call: ONNXCall, like: TensorID?) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let target: ONNXElementType
    if let like {
      target = type(like)
    } else {
      target = try elementType(call, "to")
    }
    let saturates = try call.flag("saturate", default: true)
    let kind: Cast
    if target == .float8e8m0 {
      let name = try call.string("round_mode") ?? "up"
      guard let mode = Cast.ScaleRounding(rawValue: name) else {
        throw .attribute("round_mode", found: "'\(name)'", expected: "up, down or nearest")
      }
      kind = .scale(mode, saturates: saturates)
    } else {
      // Only float8 results distinguish the two (Cast, attribute saturate); narrower floats have
      // no code for what is too large, so that they always saturate.
      let isFloat8 = target.isFloat && target.bits == 8
      let isNarrower = [.float4e2m1, .float6e2m3, .float6e3m2].contains(target)
      kind = (isFloat8 && saturates) || isNarrower ? .saturating : .number
    }
    try emit(call, .cast(kind), [data], [Result(shape: shape(data), type: target)])
  }

  func elementType(
    _ call: ONNXCall, _ name: String
  ) throws(ONNXProblem.Kind) -> ONNXElementType {
    guard let code = try call.integer(name) else { throw .missingAttribute(name) }
    let code32 = Int32(clamping: code)
    guard let type = ONNXElementType(rawValue: code32) else { throw .elementType(code32) }
    return type
  }

  private mutating func bitCast(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let target = try elementType(call, "to")
    guard target.bits == type(data).bits else {
      throw .operandType(
        operand: "data", expected: "of \(target.bits) bits", found: type(data).name)
    }
    try emit(call, .cast(.bits), [data], [Result(shape: shape(data), type: target)])
  }

  private mutating func select(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = [try call.input(0), try call.input(1), try call.input(2)]
    guard type(operands[0]) == .bool else {
      throw .operandType(operand: "condition", expected: "bool", found: type(operands[0]).name)
    }
    try requireSameType(Array(operands.dropFirst()))
    try emit(
      call, .select, operands, [Result(shape: try broadcast(operands), type: type(operands[1]))])
  }

  private mutating func softmaxNode(
    _ call: ONNXCall, isLogarithm: Bool
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireReal(data)
    let old = call.version < 13
    let axis = try call.axis(
      try call.integer("axis", default: old ? 1 : -1), rank: max(shape(data).rank, 1))
    let result = Result(shape: shape(data), type: type(data))
    guard old, axis != shape(data).rank - 1 else {
      try emit(
        call, .axisSoftmax(AxisSoftmax(axis: axis, isLogarithm: isLogarithm)), [data], [result])
      return
    }
    // Before version 13 the axes from `axis` on are one.
    let extents = shape(data).extents
    let flat = try newShape([
      extents[..<axis].reduce(1, *), extents[axis...].reduce(1, *),
    ])
    let matrix = Result(shape: flat, type: type(data))
    let flattened = try step(call, .reshape, [data], matrix)
    let normalized = try step(
      call, .axisSoftmax(AxisSoftmax(axis: 1, isLogarithm: isLogarithm)), [flattened], matrix)
    try emit(call, .reshape, [normalized], [result])
  }

  private mutating func argument(
    _ call: ONNXCall, isMaximum: Bool
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireNumber(data)
    let axis = try call.axis(try call.integer("axis", default: 0), rank: shape(data).rank)
    let keeps = try call.flag("keepdims", default: true)
    let search = ArgumentSearch(
      isMaximum: isMaximum, axis: axis, keepsAxis: keeps,
      selectsLast: try call.flag("select_last_index", default: false))
    var extents = shape(data).extents
    if keeps { extents[axis] = 1 } else { extents.remove(at: axis) }
    try emit(call, .argument(search), [data], [Result(shape: try newShape(extents), type: .int64)])
  }

  private mutating func reduce(
    _ call: ONNXCall, _ function: Reduction.Function, axesAreOperand: Bool
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireNumber(data)
    let given: [Int]?
    if axesAreOperand {
      given = try call.optional(1).map { (id) throws(ONNXProblem.Kind) in
        try constantIntegers(id, purpose: "the axes")
      }
    } else {
      given = try call.integers("axes")
    }
    let keeps = try call.flag("keepdims", default: true)
    if given?.isEmpty ?? true, try call.flag("noop_with_empty_axes", default: false) {
      try emit(call, .reshape, [data], [Result(shape: shape(data), type: type(data))])
      return
    }
    let all = Array(shape(data).extents.indices)
    let axes =
      if let given, !given.isEmpty { try call.axes(given, rank: shape(data).rank) } else { all }
    try emitReduction(call, function, data, axes: axes, keeps: keeps)
  }

  private mutating func globalPool(
    _ call: ONNXCall, _ function: Reduction.Function
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try requireReal(data)
    guard shape(data).rank >= 3 else {
      throw .operandType(
        operand: "data", expected: "batch, channels and spatial axes", found: description(data))
    }
    try emitReduction(call, function, data, axes: Array(2..<shape(data).rank), keeps: true)
  }

  private mutating func emitReduction(
    _ call: ONNXCall, _ function: Reduction.Function, _ data: TensorID, axes: [Int], keeps: Bool
  ) throws(ONNXProblem.Kind) {
    let extents = shape(data).extents.enumerated().compactMap { axis, extent in
      axes.contains(axis) ? (keeps ? 1 : nil) : extent
    }
    try emit(
      call, .reduce(Reduction(function, axes: axes, keepsAxes: keeps)), [data],
      [Result(shape: try newShape(extents), type: type(data))])
  }
}
