internal import QuantGraph

extension ONNXGraphBuilder {
  /// Convolutions, pools, matrix products and normalizations of float tensors.
  static let windowRules: [String: Rule] = [
    "Conv": { (b, c) throws(ONNXProblem.Kind) in try b.convolution(c) },
    "ConvTranspose": { (b, c) throws(ONNXProblem.Kind) in try b.transposedConvolution(c) },
    "Resize": { (b, c) throws(ONNXProblem.Kind) in try b.resize(c) },
    "Upsample": { (b, c) throws(ONNXProblem.Kind) in try b.upsample(c) },
    "MaxPool": { (b, c) throws(ONNXProblem.Kind) in try b.pool(c, .maximum) },
    "AveragePool": { (b, c) throws(ONNXProblem.Kind) in try b.pool(c, .average) },
    "MatMul": { (b, c) throws(ONNXProblem.Kind) in try b.matMul(c) },
    "Gemm": { (b, c) throws(ONNXProblem.Kind) in try b.gemm(c) },
    "BatchNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeBatch(c) },
    "LayerNormalization": { (b, c) throws(ONNXProblem.Kind) in try b.normalizeLayer(c) },
  ]

  /// A window's parameters with margins resolved, and how often it fits.
  struct WindowPlacement {
    let kernel: [Int]
    let strides: [Int]
    let dilations: [Int]
    let before: [Int]
    let after: [Int]
    let isCeiling: Bool
    let positions: [Int]
  }

  /// Margins and positions of a window over `spatial` extents.
  ///
  /// Source: ONNX, Conv and pool operators: attributes `auto_pad`, `ceil_mode`, `pads`; a last
  /// window that would start in the margin after the data is left out (AveragePool-19).
  func window(
    _ call: ONNXCall, spatial: [Int], kernel: [Int]
  ) throws(ONNXProblem.Kind) -> WindowPlacement {
    let axes = spatial.count
    func list(_ name: String) throws(ONNXProblem.Kind) -> [Int] {
      guard let given = try call.integers(name), !given.isEmpty else {
        return [Int](repeating: 1, count: axes)
      }
      guard given.count == axes, given.allSatisfy({ (1...1 << 20).contains($0) }) else {
        throw .attribute(name, found: "\(given)", expected: "\(axes) positive numbers")
      }
      return given
    }
    guard axes > 0, kernel.count == axes, kernel.allSatisfy({ (1...1 << 20).contains($0) }),
      spatial.allSatisfy({ (1...1 << 24).contains($0) })
    else {
      throw .attribute(
        "kernel_shape", found: "\(kernel)", expected: "one number for each of \(spatial)")
    }
    let strides = try list("strides")
    let dilations = try list("dilations")
    var before = [Int](repeating: 0, count: axes)
    var after = before
    let mode = try call.string("auto_pad") ?? "NOTSET"
    let isCeiling = try call.flag("ceil_mode", default: false)
    switch mode {
    case "NOTSET", "":
      let pads = try call.integers("pads") ?? []
      if !pads.isEmpty {
        guard pads.count == 2 * axes, pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
          throw .attribute("pads", found: "\(pads)", expected: "\(2 * axes) numbers, 0 or more")
        }
        before = Array(pads[..<axes])
        after = Array(pads[axes...])
      }
    case "VALID": break
    case "SAME_UPPER", "SAME_LOWER":
      for axis in 0..<axes {
        let count = (spatial[axis] + strides[axis] - 1) / strides[axis]
        let reach = (count - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
        let total = max(0, reach - spatial[axis])
        before[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        after[axis] = total - before[axis]
      }
    default:
      throw .attribute("auto_pad", found: "'\(mode)'", expected: "NOTSET, VALID or SAME_*")
    }
    var positions: [Int] = []
    for axis in 0..<axes {
      let padded = spatial[axis] + before[axis] + after[axis]
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      guard padded >= span else {
        throw .attribute(
          "kernel_shape", found: "\(kernel)", expected: "a window within \(padded) elements")
      }
      var count = (padded - span + (isCeiling ? strides[axis] - 1 : 0)) / strides[axis] + 1
      if isCeiling, (count - 1) * strides[axis] >= spatial[axis] + before[axis] { count -= 1 }
      positions.append(count)
    }
    return WindowPlacement(
      kernel: kernel, strides: strides, dilations: dilations, before: before, after: after,
      isCeiling: isCeiling, positions: positions)
  }

  /// The convolution that a node describes, and the shape of its result.
  func convolutionParameters(
    _ call: ONNXCall, data: TensorID, weights: TensorID
  ) throws(ONNXProblem.Kind) -> (Convolution, Shape) {
    let extents = shape(data).extents
    let filters = shape(weights).extents
    guard extents.count >= 3, filters.count == extents.count else {
      throw .graph(
        .shapeMismatch(operand: "weights", expected: extents, found: filters))
    }
    let kernel = Array(filters.dropFirst(2))
    if let given = try call.integers("kernel_shape"), given != kernel {
      throw .attribute("kernel_shape", found: "\(given)", expected: "\(kernel)")
    }
    let window = try window(call, spatial: Array(extents.dropFirst(2)), kernel: kernel)
    let groups = try call.integer("group", default: 1)
    guard groups > 0, extents[1] % groups == 0, filters[0] % groups == 0,
      filters[1] == extents[1] / groups
    else {
      throw .attribute(
        "group", found: "\(groups)",
        expected: "to fit \(extents[1]) channels and weights \(filters)")
    }
    let convolution = Convolution(
      kernel: kernel, strides: window.strides, dilations: window.dilations,
      paddingBefore: window.before, paddingAfter: window.after, layout: .channelsFirst,
      grouping: .groups(groups), weightLayout: .filtersChannelsKernel)
    return (convolution, try newShape([extents[0], filters[0]] + window.positions))
  }

  private mutating func convolution(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let weights = try call.input(1)
    var operands = [data, weights]
    if let bias = call.optional(2) { operands.append(bias) }
    try requireReal(data)
    try requireSameType(operands)
    let (convolution, result) = try convolutionParameters(call, data: data, weights: weights)
    try emit(
      call, .convolution(convolution), operands, [Result(shape: result, type: type(data))])
  }

  /// The pool that a node describes, and the shape of its result.
  func poolParameters(
    _ call: ONNXCall, _ reduction: Pool.Reduction, data: TensorID,
    layout: ImageLayout = .channelsFirst
  ) throws(ONNXProblem.Kind) -> (Pool, Shape) {
    let extents = shape(data).extents
    guard extents.count >= 3 else {
      throw .operandType(
        operand: "data", expected: "batch, channels and spatial axes", found: description(data))
    }
    guard let kernel = try call.integers("kernel_shape") else {
      throw .missingAttribute("kernel_shape")
    }
    let spatial = layout == .channelsFirst ? extents.dropFirst(2) : extents[1..<extents.count - 1]
    let window = try window(call, spatial: Array(spatial), kernel: kernel)
    let pool = Pool(
      reduction: reduction, kernel: kernel, strides: window.strides, dilations: window.dilations,
      paddingBefore: window.before, paddingAfter: window.after,
      countsPadding: try call.flag("count_include_pad", default: false),
      isCeiling: window.isCeiling, layout: layout)
    let result =
      layout == .channelsFirst
      ? [extents[0], extents[1]] + window.positions
      : [extents[0]] + window.positions + [extents[extents.count - 1]]
    return (pool, try newShape(result))
  }

  private mutating func pool(
    _ call: ONNXCall, _ reduction: Pool.Reduction
  ) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    try call.require("storage_order", 0)
    try requireNumber(data)
    if reduction == .average { try requireReal(data) }
    let (pool, result) = try poolParameters(call, reduction, data: data)
    try emit(call, .pool(pool), [data], [movedResult(data, result)])
  }

  /// The shape of a matrix product.
  func productShape(
    _ product: MatMul, _ left: Shape, _ right: Shape
  ) throws(ONNXProblem.Kind) -> Shape {
    guard left.rank >= 1, right.rank >= 1 else {
      throw .operandType(operand: "operand", expected: "a matrix", found: "a scalar")
    }
    let a = left.rank == 1 ? [1] + left.extents : left.extents
    let b = right.rank == 1 ? right.extents + [1] : right.extents
    let rows = product.transposesLeft ? a[a.count - 1] : a[a.count - 2]
    let columns = product.transposesRight ? b[b.count - 2] : b[b.count - 1]
    let batch = try checked { () throws(GraphError) in
      try Shape.broadcast([try Shape(Array(a.dropLast(2))), try Shape(Array(b.dropLast(2)))])
    }
    var extents = batch.extents
    if left.rank > 1 { extents.append(rows) }
    if right.rank > 1 { extents.append(columns) }
    return try newShape(extents)
  }

  private mutating func matMul(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = [try call.input(0), try call.input(1)]
    try requireNumber(operands[0])
    try requireSameType(operands)
    let product = MatMul()
    let result = try productShape(product, shape(operands[0]), shape(operands[1]))
    try emit(call, .matMul(product), operands, [Result(shape: result, type: type(operands[0]))])
  }

  /// The general product that a node describes.
  func gemmParameters(_ call: ONNXCall) throws(ONNXProblem.Kind) -> MatMul {
    MatMul(
      transposesLeft: try call.flag("transA", default: false),
      transposesRight: try call.flag("transB", default: false),
      productFactor: try call.float("alpha", default: 1),
      biasFactor: try call.float("beta", default: 1))
  }

  private mutating func gemm(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    var operands = [try call.input(0), try call.input(1)]
    if let bias = call.optional(2) { operands.append(bias) }
    try requireReal(operands[0])
    try requireSameType(operands)
    guard shape(operands[0]).rank == 2, shape(operands[1]).rank == 2 else {
      throw .operandType(
        operand: "operands", expected: "matrices", found: description(operands[0]))
    }
    let product = try gemmParameters(call)
    let result = try productShape(product, shape(operands[0]), shape(operands[1]))
    try emit(call, .matMul(product), operands, [Result(shape: result, type: type(operands[0]))])
  }

  private mutating func normalizeBatch(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let operands = Array(try call.allInputs(atLeast: 5).prefix(5))
    try requireReal(operands[0])
    try call.require("training_mode", 0)
    try call.require("spatial", 1)
    let epsilon = try call.float("epsilon", default: 1e-5)
    try emit(
      call, .normalizeBatch(epsilon: epsilon), operands,
      [Result(shape: shape(operands[0]), type: type(operands[0]))])
  }

  private mutating func normalizeLayer(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    var operands = [try call.input(0), try call.input(1)]
    if let bias = call.optional(2) { operands.append(bias) }
    try requireReal(operands[0])
    let axis = try call.axis(
      try call.integer("axis", default: -1), rank: shape(operands[0]).rank)
    let epsilon = try call.float("epsilon", default: 1e-5)
    let extra = call.node.output.dropFirst().contains { !$0.isEmpty }
    guard extra else {
      try emit(
        call, .normalizeLayer(axis: axis, epsilon: epsilon), operands,
        [Result(shape: shape(operands[0]), type: type(operands[0]))])
      return
    }
    // Results 1 and 2 are the mean and the inverse of the deviation.
    let data = operands[0]
    let axes = Array(axis..<shape(data).rank)
    let mean = try reduced(call, .mean, data, axes: axes)
    let centered = try apply(call, .subtract, data, mean)
    let variance = try reduced(
      call, .mean, try apply(call, .multiply, centered, centered), axes: axes)
    let inverse = try apply(
      call, .reciprocal,
      try apply(
        call, .squareRoot,
        try apply(call, .add, variance, try number(call, epsilon, like: data))))
    let normalized = try step(
      call, .normalizeLayer(axis: axis, epsilon: epsilon), operands,
      Result(shape: shape(data), type: type(data)))
    try finish(call, [normalized, mean, inverse])
  }
}
