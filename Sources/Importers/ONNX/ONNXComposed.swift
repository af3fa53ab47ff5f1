internal import Arith
internal import QuantGraph

/// Operators of float tensors that are defined by others: by a function body in the ONNX
/// specification, or by the formula in onnxruntime's docs/ContribOperators.md.
extension ONNXGraphBuilder {
  static let composedRules: [String: Rule] = [
    "Celu": { (b, c) throws(ONNXProblem.Kind) in try b.celu(c) },
    "Mish": { (b, c) throws(ONNXProblem.Kind) in try b.mish(c) },
    "Tan": { (b, c) throws(ONNXProblem.Kind) in try b.tangent(c) },
    "Shrink": { (b, c) throws(ONNXProblem.Kind) in try b.shrink(c) },
    "IsNaN": { (b, c) throws(ONNXProblem.Kind) in try b.isNaN(c) },
    "InstanceNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeInstance(c) },
    "GroupNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeGroups(c) },
    "LpNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeLength(c) },
    "MeanVarianceNormalization": { (b, c) throws(ONNXProblem.Kind) in
      try b.normalizeMeanVariance(c)
    },
    "LRN": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeLocally(c) },
    "Einsum": { (b, c) throws(ONNXProblem.Kind) in try b.einsum(c) },
    "RMSNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeRootMeanSquare(c) },
    "SimplifiedLayerNormalization": { (b, c) throws(ONNXProblem.Kind) in
      try b.normalizeRootMeanSquare(c)
    },
    "com.microsoft.Gelu": { (b, c) throws(ONNXProblem.Kind) in
      try b.gelu(c, isApproximate: false)
    },
    "com.microsoft.BiasGelu": { (b, c) throws(ONNXProblem.Kind) in
      try b.gelu(c, isApproximate: false)
    },
    "com.microsoft.FastGelu": { (b, c) throws(ONNXProblem.Kind) in
      try b.gelu(c, isApproximate: true)
    },
    "com.microsoft.QuickGelu": { (b, c) throws(ONNXProblem.Kind) in try b.quickGelu(c) },
    "com.microsoft.FusedMatMul": { (b, c) throws(ONNXProblem.Kind) in try b.fusedMatMul(c) },
    "com.microsoft.TransposeMatMul": { (b, c) throws(ONNXProblem.Kind) in try b.fusedMatMul(c) },
    "com.microsoft.SkipLayerNormalization": { (b, c) throws(ONNXProblem.Kind) in
      try b.normalizeSum(c, isSimplified: false)
    },
    "com.microsoft.SkipSimplifiedLayerNormalization": { (b, c) throws(ONNXProblem.Kind) in
      try b.normalizeSum(c, isSimplified: true)
    },
  ]

  /// `x * tanh(log(1 + exp(x)))`.
  private mutating func mish(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let bounded = try apply(call, .tanh, try apply(call, .softplus, data))
    try finish(call, [try apply(call, .multiply, data, bounded)])
  }

  private mutating func tangent(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let sine = try apply(call, .sine, data)
    try finish(call, [try apply(call, .divide, sine, try apply(call, .cosine, data))])
  }

  private mutating func isNaN(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    try finish(call, [try apply(call, .notEqual, data, data)])
  }

  /// GELU of the first operand, or of the sum of two.
  private mutating func gelu(
    _ call: ONNXCall, isApproximate: Bool
  ) throws(ONNXProblem.Kind) {
    var sum = try realInput(call)
    if let bias = call.optional(1) { sum = try apply(call, .add, sum, bias) }
    try finish(call, [try apply(call, .gelu(isApproximate: isApproximate), sum)])
  }

  private mutating func quickGelu(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let alpha = try call.float("alpha", default: 1.702)
    try finish(call, [try apply(call, .swish(alpha: alpha), try realInput(call))])
  }

  private mutating func normalizeRootMeanSquare(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let axis = try call.axis(try call.integer("axis", default: -1), rank: shape(data).rank)
    let epsilon = try call.float("epsilon", default: 1e-5)
    try finish(
      call,
      [
        try rootMeanSquare(
          call, data, scale: try call.input(1), axis: axis, epsilon: epsilon)
      ])
  }

  /// The first operand, which must be of a float type.
  func realInput(_ call: ONNXCall) throws(ONNXProblem.Kind) -> TensorID {
    let data = try call.input(0)
    try requireReal(data)
    return data
  }

  /// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`.
  private mutating func celu(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let alpha = try number(call, try call.float("alpha", default: 1), like: data)
    let zero = try number(call, 0, like: data)
    let curve = try apply(
      call, .multiply, alpha,
      try apply(call, .elu(alpha: 1), try apply(call, .divide, data, alpha)))
    try finish(
      call,
      [
        try apply(
          call, .add, try apply(call, .maximum, data, zero),
          try apply(call, .minimum, curve, zero))
      ])
  }

  /// `x < -lambd ? x + bias : x > lambd ? x - bias : 0`.
  private mutating func shrink(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let limit = try call.float("lambd", default: 0.5)
    let bias = try number(call, try call.float("bias", default: 0), like: data)
    let result = Result(shape: shape(data), type: type(data))
    let above = try step(
      call, .select,
      [
        try apply(call, .greater, data, try number(call, limit, like: data)),
        try apply(call, .subtract, data, bias), try number(call, 0, like: data),
      ], result)
    try finish(
      call,
      [
        try step(
          call, .select,
          [
            try apply(call, .less, data, try number(call, -limit, like: data)),
            try apply(call, .add, data, bias), above,
          ], result)
      ])
  }

  private mutating func normalizeInstance(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let extents = shape(data).extents
    guard extents.count >= 3 else {
      throw .operandType(
        operand: "data", expected: "batch, channels and spatial axes", found: description(data))
    }
    let rows = try reshaped(call, data, [extents[0], extents[1], extents[2...].reduce(1, *)])
    let operands = [
      rows, try reshaped(call, try call.input(1), [extents[1], 1]),
      try reshaped(call, try call.input(2), [extents[1], 1]),
    ]
    let result = try step(
      call, .normalizeLayer(axis: 2, epsilon: try call.float("epsilon", default: 1e-5)), operands,
      Result(shape: shape(rows), type: type(data)))
    try finish(call, [try reshaped(call, result, extents)])
  }

  /// Scales and biases are one a group before version 21, one a channel since.
  private mutating func normalizeGroups(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let extents = shape(data).extents
    let groups = try call.integer("num_groups", default: 0)
    guard extents.count >= 2, groups > 0, extents[1] % groups == 0 else {
      throw .attribute("num_groups", found: "\(groups)", expected: "to divide the channels")
    }
    let channels = extents[1]
    let rest = extents[2...].reduce(1, *)
    let perGroup = shape(try call.input(1)).count == groups && channels != groups
    let rows = try reshaped(call, data, [extents[0], groups, channels / groups * rest])
    var values = try step(
      call, .normalizeLayer(axis: 2, epsilon: try call.float("epsilon", default: 1e-5)),
      [rows, try number(call, 1, like: data)], Result(shape: shape(rows), type: type(data)))
    if !perGroup { values = try reshaped(call, values, [extents[0], channels, rest]) }
    let count = perGroup ? groups : channels
    values = try apply(
      call, .multiply, values, try reshaped(call, try call.input(1), [count, 1]))
    values = try apply(call, .add, values, try reshaped(call, try call.input(2), [count, 1]))
    try finish(call, [try reshaped(call, values, extents)])
  }

  /// `x / |x|` along an axis; 0 where the length is 0.
  private mutating func normalizeLength(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let axis = try call.axis(try call.integer("axis", default: -1), rank: shape(data).rank)
    let p = try call.integer("p", default: 2)
    guard p == 1 || p == 2 else { throw .attribute("p", found: "\(p)", expected: "1 or 2") }
    let length = try reduced(call, p == 1 ? .absoluteSum : .norm, data, axes: [axis])
    let zero = try number(call, 0, like: data)
    let quotient = try apply(call, .divide, data, length)
    let isZero = try apply(call, .equal, length, zero)
    try finish(
      call,
      [
        try step(
          call, .select, [isZero, zero, quotient], Result(shape: shape(data), type: type(data)))
      ])
  }

  /// `(x - E[x]) / (sqrt(E[x^2] - E[x]^2) + 1e-9)`, the function body of version 13.
  private mutating func normalizeMeanVariance(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let axes = try call.axes(try call.integers("axes") ?? [0, 2, 3], rank: shape(data).rank)
    let mean = try reduced(call, .mean, data, axes: axes)
    let squares = try reduced(
      call, .mean, try apply(call, .multiply, data, data), axes: axes)
    let variance = try apply(
      call, .subtract, squares, try apply(call, .multiply, mean, mean))
    let deviation = try apply(
      call, .add, try apply(call, .squareRoot, variance), try number(call, 1e-9, like: data))
    try finish(
      call,
      [try apply(call, .divide, try apply(call, .subtract, data, mean), deviation)])
  }

  /// `x / (bias + alpha / size * sum)^beta`, the sum of squares over `size` neighbouring channels.
  private mutating func normalizeLocally(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    let extents = shape(data).extents
    guard let size = try call.integer("size") else { throw .missingAttribute("size") }
    guard extents.count >= 2, (1...256).contains(size) else {
      throw .attribute("size", found: "\(size)", expected: "1 to 256")
    }
    let squares = try apply(call, .multiply, data, data)
    var before = [Int](repeating: 0, count: extents.count)
    var after = before
    before[1] = (size - 1) / 2
    after[1] = size - 1 - before[1]
    var padded = extents
    padded[1] += size - 1
    let wide = try step(
      call, .surround(Surround(before: before, after: after, rule: .constant)),
      [squares, try zero(of: type(data), named: "\(tensor(data).name)/margin")],
      Result(shape: try newShape(padded), type: type(data)))
    var sum = try part(call, wide, axis: 1, 0..<extents[1])
    for offset in 1..<max(size, 1) {
      sum = try apply(
        call, .add, sum, try part(call, wide, axis: 1, offset..<offset + extents[1]))
    }
    let factor = try number(
      call, try call.float("alpha", default: 1e-4) / Float(size), like: data)
    let base = try apply(
      call, .add, try number(call, try call.float("bias", default: 1), like: data),
      try apply(call, .multiply, factor, sum))
    let power = try apply(
      call, .power, base, try number(call, try call.float("beta", default: 0.75), like: data))
    try finish(call, [try apply(call, .divide, data, power)])
  }

  /// `x / sqrt(mean(x^2) + epsilon) * scale` over the axes from `axis` on.
  private mutating func rootMeanSquare(
    _ call: ONNXCall, _ data: TensorID, scale: TensorID, axis: Int, epsilon: Float
  ) throws(ONNXProblem.Kind) -> TensorID {
    let mean = try reduced(
      call, .mean, try apply(call, .multiply, data, data),
      axes: Array(axis..<shape(data).rank))
    let length = try apply(
      call, .squareRoot, try apply(call, .add, mean, try number(call, epsilon, like: data)))
    return try apply(call, .multiply, try apply(call, .divide, data, length), scale)
  }

  /// `normalized(input + skip [+ bias])`; results 0 and 3 are that and the sum.
  private mutating func normalizeSum(
    _ call: ONNXCall, isSimplified: Bool
  ) throws(ONNXProblem.Kind) {
    let data = try realInput(call)
    var sum = try apply(call, .add, data, try call.input(1))
    let bias = call.optional(isSimplified ? 3 : 4)
    if let bias { sum = try apply(call, .add, sum, bias) }
    let epsilon = try call.float("epsilon", default: 1e-12)
    let axis = shape(sum).rank - 1
    let normalized: TensorID
    if isSimplified {
      normalized = try rootMeanSquare(
        call, sum, scale: try call.input(2), axis: axis, epsilon: epsilon)
    } else {
      normalized = try step(
        call, .normalizeLayer(axis: axis, epsilon: epsilon),
        [sum, try call.input(2)] + (call.optional(3).map { [$0] } ?? []),
        Result(shape: shape(sum), type: type(sum)))
    }
    try finish(call, [normalized, nil, nil, sum])
  }

  private mutating func fusedMatMul(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = [try realInput(call), try call.input(1)]
    try requireSameType(operands)
    try call.require("transBatchA", 0)
    try call.require("transBatchB", 0)
    let product = MatMul(
      transposesLeft: try call.flag("transA", default: false),
      transposesRight: try call.flag("transB", default: false),
      productFactor: try call.float("alpha", default: 1))
    try emit(
      call, .matMul(product), operands,
      [
        Result(
          shape: try productShape(product, shape(operands[0]), shape(operands[1])),
          type: type(operands[0]))
      ])
  }

  // MARK: Einsum

  /// Sums of products over labels: one or two operands, no label twice in one.
  ///
  /// Labels of both operands and the result are a batch, labels of both only are summed.
  private mutating func einsum(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    guard let text = try call.string("equation") else { throw .missingAttribute("equation") }
    func refuse() -> ONNXProblem.Kind {
      .attribute(
        "equation", found: "'\(text)'", expected: "one or two operands, each label once in one")
    }
    let sides = text.filter { $0 != " " }.split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let terms = (sides.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
      .map { Array($0) }
    let operands = try call.allInputs(atLeast: 1)
    guard terms.count == operands.count, operands.count <= 2,
      terms.allSatisfy({ Set($0).count == $0.count && $0.allSatisfy(\.isLetter) })
    else { throw refuse() }
    try requireSameType(operands)
    try requireNumber(operands[0])
    var extents: [Character: Int] = [:]
    for (term, id) in zip(terms, operands) {
      guard term.count == shape(id).rank else { throw refuse() }
      for (label, extent) in zip(term, shape(id).extents) {
        guard extents.updateValue(extent, forKey: label) ?? extent == extent else { throw refuse() }
      }
    }
    let result: [Character]
    if sides.count == 2 {
      guard sides[1].first == ">" else { throw refuse() }
      result = Array(sides[1].dropFirst())
    } else {
      let all = terms.flatMap { $0 }
      result = Set(all).filter { label in all.count { $0 == label } == 1 }.sorted()
    }
    guard Set(result).count == result.count, result.allSatisfy({ extents[$0] != nil }) else {
      throw refuse()
    }
    // Labels of one operand that the result lacks are summed first.
    var parts: [(labels: [Character], id: TensorID)] = []
    for (position, term) in terms.enumerated() {
      let others = result + terms.enumerated().filter { $0.offset != position }.flatMap(\.element)
      let kept = term.filter(others.contains)
      var id = operands[position]
      let summed = term.indices.filter { !others.contains(term[$0]) }
      if !summed.isEmpty { id = try reduced(call, .sum, id, axes: summed) }
      id = try reshaped(call, id, kept.map { extents[$0] ?? 1 })
      parts.append((kept, id))
    }
    func moved(
      _ part: (labels: [Character], id: TensorID), _ order: [Character],
      _ builder: inout ONNXGraphBuilder
    ) throws(ONNXProblem.Kind) -> TensorID {
      try builder.transposed(
        call, part.id, order.compactMap { part.labels.firstIndex(of: $0) })
    }
    guard parts.count == 2 else {
      try finish(call, [try moved(parts[0], result, &self)])
      return
    }
    let (a, b) = (parts[0], parts[1])
    let batch = a.labels.filter { b.labels.contains($0) && result.contains($0) }
    let inner = a.labels.filter { b.labels.contains($0) && !result.contains($0) }
    let rows = a.labels.filter { !b.labels.contains($0) }
    let columns = b.labels.filter { !a.labels.contains($0) }
    func count(_ labels: [Character]) -> Int { labels.reduce(1) { $0 * (extents[$1] ?? 1) } }
    let left = try reshaped(
      call, try moved(a, batch + rows + inner, &self),
      [count(batch), count(rows), count(inner)])
    let right = try reshaped(
      call, try moved(b, batch + inner + columns, &self),
      [count(batch), count(inner), count(columns)])
    let order = batch + rows + columns
    let sums = try reshaped(
      call, try product(call, left, right), order.map { extents[$0] ?? 1 })
    try finish(call, [try moved((order, sums), result, &self)])
  }
}
