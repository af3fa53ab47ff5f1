extension ArrayOperator {
  /// How many inputs the operator takes.
  var operandCounts: ClosedRange<Int> {
    switch self {
    case .function, .cast, .bitCast, .pool, .reduce, .argument, .softmax, .reshape, .transpose,
      .split, .slice, .expand, .tile, .dynamicQuantize:
      1...1
    case .combine, .matrixProduct, .gather, .pad, .bipolarQuant, .multiThreshold: 2...2
    case .fold, .concatenate: 1...65536
    case .quantizedConcatenate: 5...65536
    case .select, .clip, .quantize, .dequantize: 3...3
    case .convolution, .generalProduct, .layerNormalization: 2...3
    case .batchNormalization, .quantizedFunction, .quantizedAverage, .requantize, .truncate: 5...5
    case .integerConvolution, .integerProduct, .quant: 4...4
    case .quantizedConvolution: 8...9
    case .quantizedMatrixProduct, .quantizedCombine: 8...8
    case .quantizedGeneralProduct: 9...9
    case .dequantizedGeneralProduct: 7...7
    case .truncateToScale, .floatQuant: 6...6
    }
  }

  var operandCountText: String {
    operandCounts.count == 1
      ? "\(operandCounts.lowerBound)" : "\(operandCounts.lowerBound) to \(operandCounts.upperBound)"
  }

  var resultCounts: ClosedRange<Int> {
    switch self {
    case .split: 1...65536
    case .dynamicQuantize: 3...3
    case .quantizedConvolution, .quantizedMatrixProduct, .quantizedGeneralProduct,
      .quantizedCombine, .quantizedFunction, .quantizedAverage, .requantize:
      1...2
    default: 1...1
    }
  }

  static func badAxis(_ axis: Int, _ shape: Shape) -> GraphError {
    .parameter("axis \(axis)", reason: "outside 0 to \(shape.rank - 1)")
  }

  func checkAxis(rank: Int) throws(GraphError) {
    let axis: Int
    switch self {
    case .softmax(let value, _): axis = value
    case .multiThreshold(let value, _, _): axis = value
    default: return
    }
    guard (0..<rank).contains(axis) else {
      throw .parameter("axis \(axis)", reason: "outside 0 to \(rank - 1)")
    }
  }

  static func requireScalar(_ shape: Shape, _ operand: String) throws(GraphError) {
    try Operator.require(operand, shape.count, 1)
  }

  /// The shape that both operands repeat to, axis by axis from the last one.
  ///
  /// Source: NumPy, "Broadcasting"; ONNX, docs/Broadcasting.md, multidirectional.
  public static func broadcast(_ a: Shape, _ b: Shape) throws(GraphError) -> Shape {
    let rank = max(a.rank, b.rank)
    var extents: [Int] = []
    for axis in 0..<rank {
      let left = axis < rank - a.rank ? 1 : a[axis - (rank - a.rank)]
      let right = axis < rank - b.rank ? 1 : b[axis - (rank - b.rank)]
      guard left == right || left == 1 || right == 1 else {
        throw .shapeMismatch(operand: "second operand", expected: a.extents, found: b.extents)
      }
      extents.append(left == 1 ? right : left)
    }
    return try Shape(extents)
  }

  static func check(
    _ granularity: ArrayGranularity, data: Shape, scale: Shape
  ) throws(GraphError) {
    switch granularity {
    case .tensor: try requireScalar(scale, "scale")
    case .axis(let axis):
      guard data.extents.indices.contains(axis) else { throw badAxis(axis, data) }
      try Operator.require("scale", scale.count, data[axis])
    case .blocks(let axis, let size):
      guard data.extents.indices.contains(axis) else { throw badAxis(axis, data) }
      guard (1...(1 << 40)).contains(size) else {
        throw .parameter("block size \(size)", reason: "must be positive")
      }
      var expected = data.extents
      expected[axis] = data[axis] / size + (data[axis] % size == 0 ? 0 : 1)
      guard scale.extents == expected else {
        throw .shapeMismatch(operand: "scale", expected: expected, found: scale.extents)
      }
    }
  }

  static func matrixProduct(_ a: Shape, _ b: Shape) throws(GraphError) -> Shape {
    guard a.rank >= 1, b.rank >= 1 else {
      throw .parameter("matrix product", reason: "of a scalar")
    }
    let left = a.rank == 1 ? [1] + a.extents : a.extents
    let right = b.rank == 1 ? b.extents + [1] : b.extents
    guard left[left.count - 1] == right[right.count - 2] else {
      throw .shapeMismatch(operand: "second operand", expected: a.extents, found: b.extents)
    }
    let outer = try broadcast(Shape(Array(left.dropLast(2))), Shape(Array(right.dropLast(2))))
    var extents = outer.extents
    if a.rank > 1 { extents.append(left[left.count - 2]) }
    if b.rank > 1 { extents.append(right[right.count - 1]) }
    return try Shape(extents)
  }

  static func joined(_ shapes: [Shape], axis: Int) throws(GraphError) -> Shape {
    guard let first = shapes.first, first.extents.indices.contains(axis) else {
      throw badAxis(axis, shapes.first ?? [])
    }
    var extents = first.extents
    var total = 0
    for shape in shapes {
      guard shape.rank == first.rank else {
        throw .shapeMismatch(operand: "operand", expected: first.extents, found: shape.extents)
      }
      extents[axis] = shape[axis]
      guard shape.extents == extents else {
        throw .shapeMismatch(operand: "operand", expected: extents, found: shape.extents)
      }
      let (sum, overflow) = total.addingReportingOverflow(shape[axis])
      guard !overflow else { throw .invalidShape(extents) }
      total = sum
    }
    extents[axis] = total
    return try Shape(extents)
  }

  static func globallyPooled(_ data: Shape, channelsLast: Bool) throws(GraphError) -> Shape {
    guard data.rank >= 3, data.count > 0 else {
      throw .parameter("data", reason: "needs batch, channels and a spatial axis")
    }
    var extents = data.extents
    for axis in channelsLast ? 1..<data.rank - 1 : 2..<data.rank { extents[axis] = 1 }
    return try Shape(extents)
  }
}

extension ArrayProduct {
  func result(_ a: Shape, _ b: Shape, bias: Shape?) throws(GraphError) -> Shape {
    guard a.rank == 2, b.rank == 2 else {
      throw .parameter("general product", reason: "takes matrices")
    }
    let (rows, inner) = transposesA ? (a[1], a[0]) : (a[0], a[1])
    let (depth, columns) = transposesB ? (b[1], b[0]) : (b[0], b[1])
    guard inner == depth else {
      throw .shapeMismatch(operand: "second operand", expected: a.extents, found: b.extents)
    }
    let result = try Shape([rows, columns])
    if let bias, try ArrayOperator.broadcast(bias, result) != result {
      throw .shapeMismatch(operand: "bias", expected: result.extents, found: bias.extents)
    }
    return result
  }
}

extension ArrayWindow {
  /// Number of window positions along each spatial axis.
  public func positions(_ data: Shape) throws(GraphError) -> [Int] {
    let axes = kernel.count
    guard axes > 0, data.rank == axes + 2,
      [strides.count, dilations.count, before.count, after.count].allSatisfy({ $0 == axes })
    else {
      throw .parameter(
        "window", reason: "\(axes) spatial axes for data of \(data.rank) axes")
    }
    var counts: [Int] = []
    for axis in 0..<axes {
      let count = Window.positions(
        extent: data[axis + 2], kernel: kernel[axis], stride: strides[axis],
        dilation: dilations[axis], before: before[axis], after: after[axis])
      guard var count else {
        throw .parameter("window", reason: "does not fit axis \(axis) of \(data)")
      }
      if roundsUp {
        let padded = data[axis + 2] + before[axis] + after[axis]
        let reached = (count - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
        // A window that would start in the margin after the data is left out.
        if reached < padded && count * strides[axis] < data[axis + 2] + before[axis] {
          count += 1
        }
      }
      counts.append(count)
    }
    return counts
  }

  func pooled(_ data: Shape) throws(GraphError) -> Shape {
    let spatial = try positions(data)
    return try Shape([data[0], data[1]] + spatial)
  }

  func convolved(
    _ data: Shape, weights: Shape, bias: Shape?, groups: Int
  ) throws(GraphError) -> Shape {
    let spatial = try positions(data)
    guard weights.rank == data.rank, groups > 0, data[1] % groups == 0, weights[0] % groups == 0,
      weights[1] == data[1] / groups, Array(weights.extents.dropFirst(2)) == kernel
    else {
      throw .shapeMismatch(
        operand: "weights",
        expected: [weights.rank > 0 ? weights[0] : 0, groups > 0 ? data[1] / groups : 0] + kernel,
        found: weights.extents)
    }
    if let bias { try Operator.require("bias", bias.count, weights[0]) }
    return try Shape([data[0], weights[0]] + spatial)
  }
}
