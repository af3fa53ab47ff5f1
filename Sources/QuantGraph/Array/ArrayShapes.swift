extension ArrayOperator {
  /// The shapes that the results have, from the operands' shapes.
  ///
  /// nil where the operator alone does not say: reshape, split, slice, expand, tile, pad and
  /// reductions take them from their outputs. `shapes` are those of the inputs in order; the first
  /// result's shape is repeated for a second output of real values.
  ///
  /// - Throws: ``GraphError`` if the operands do not fit each other.
  public func inferredShapes(_ shapes: [Shape]) throws(GraphError) -> [Shape]? {
    guard operandCounts.contains(shapes.count) else {
      throw .operandCount(expected: operandCountText, found: shapes.count)
    }
    switch self {
    case .function, .clip, .cast, .softmax, .quantizedFunction, .bipolarQuant, .quant, .truncate,
      .truncateToScale, .floatQuant, .multiThreshold:
      try checkAxis(rank: shapes[0].rank)
      if case .clip = self {
        for bound in shapes.dropFirst() { try Self.requireScalar(bound, "bound") }
      }
      return [shapes[0]]
    case .quantize(let granularity, _), .dequantize(let granularity):
      try Self.check(granularity, data: shapes[0], scale: shapes[1])
      try Self.check(granularity, data: shapes[0], scale: shapes[2])
      return [shapes[0]]
    case .dynamicQuantize: return [shapes[0], [], []]
    case .batchNormalization:
      guard shapes[0].rank >= 2 else { throw .parameter("data", reason: "needs a channel axis") }
      for shape in shapes.dropFirst() {
        try Operator.require("parameter", shape.count, shapes[0][1])
      }
      return [shapes[0]]
    case .layerNormalization(let axis, _):
      guard (0..<max(shapes[0].rank, 1)).contains(axis) else { throw Self.badAxis(axis, shapes[0]) }
      return [shapes[0]]
    case .bitCast: return nil
    case .combine: return [try Self.broadcast(shapes[0], shapes[1])]
    case .quantizedCombine: return [try Self.broadcast(shapes[0], shapes[3])]
    case .fold, .select:
      var result = shapes[0]
      for shape in shapes.dropFirst() { result = try Self.broadcast(result, shape) }
      return [result]
    case .convolution(let window, let groups):
      let bias = shapes.count > 2 ? shapes[2] : nil
      return [try window.convolved(shapes[0], weights: shapes[1], bias: bias, groups: groups)]
    case .integerConvolution(let window, let groups):
      return [try window.convolved(shapes[0], weights: shapes[1], bias: nil, groups: groups)]
    case .quantizedConvolution(let window, let groups):
      let bias = shapes.count > 8 ? shapes[8] : nil
      return [try window.convolved(shapes[0], weights: shapes[3], bias: bias, groups: groups)]
    case .pool(let window, _): return [try window.pooled(shapes[0])]
    case .quantizedAverage(let window, _, let channelsLast):
      if let window { return [try window.pooled(shapes[0])] }
      return [try Self.globallyPooled(shapes[0], channelsLast: channelsLast)]
    case .argument(let axis, _, _):
      guard shapes[0].extents.indices.contains(axis), shapes[0][axis] > 0 else {
        throw Self.badAxis(axis, shapes[0])
      }
      return nil
    case .matrixProduct: return [try Self.matrixProduct(shapes[0], shapes[1])]
    case .integerProduct: return [try Self.matrixProduct(shapes[0], shapes[1])]
    case .quantizedMatrixProduct: return [try Self.matrixProduct(shapes[0], shapes[3])]
    case .generalProduct(let product):
      let bias = shapes.count > 2 ? shapes[2] : nil
      return [try product.result(shapes[0], shapes[1], bias: bias)]
    case .quantizedGeneralProduct(let product), .dequantizedGeneralProduct(let product):
      return [try product.result(shapes[0], shapes[3], bias: shapes[6])]
    case .transpose(let permutation):
      guard permutation.sorted() == Array(0..<shapes[0].rank) else {
        throw .parameter(
          "permutation \(permutation)", reason: "names each of \(shapes[0].rank) axes once")
      }
      return [try Shape(permutation.map { shapes[0][$0] })]
    case .concatenate(let axis): return [try Self.joined(shapes, axis: axis)]
    case .quantizedConcatenate(let axis):
      let data = stride(from: 2, to: shapes.count, by: 3).map { shapes[$0] }
      return [try Self.joined(data, axis: axis)]
    case .gather(let axis):
      guard shapes[0].extents.indices.contains(axis) else { throw Self.badAxis(axis, shapes[0]) }
      let extents = shapes[0].extents
      return [
        try Shape(Array(extents[..<axis]) + shapes[1].extents + Array(extents[(axis + 1)...]))
      ]
    case .reduce, .reshape, .split, .slice, .expand, .tile, .pad, .requantize: return nil
    }
  }

  /// Checks operand counts and shapes, results included.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func checkShapes(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    guard !outputs.isEmpty, resultCounts.contains(outputs.count) else {
      throw .operandCount(
        expected: "\(resultCounts.lowerBound) to \(resultCounts.upperBound) results",
        found: outputs.count)
    }
    let shapes = inputs.map(\.shape)
    if let expected = try inferredShapes(shapes) {
      for (index, output) in outputs.enumerated() {
        let shape = index < expected.count ? expected[index] : expected[0]
        guard shape == output.shape else {
          throw .shapeMismatch(
            operand: output.name, expected: shape.extents, found: output.shape.extents)
        }
      }
      return
    }
    try checkFreeResults(shapes, results: outputs.map(\.shape))
  }

  private func checkFreeResults(_ shapes: [Shape], results: [Shape]) throws(GraphError) {
    let data = shapes[0]
    let result = results[0]
    switch self {
    case .reshape, .requantize: try Operator.require("result", result.count, data.count)
    case .bitCast:
      guard result == data else {
        throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
      }
    case .reduce(_, let axes):
      guard axes.allSatisfy(data.extents.indices.contains), Set(axes).count == axes.count else {
        throw .parameter("axes \(axes)", reason: "outside 0 to \(data.rank - 1), or twice")
      }
      let kept = data.extents.indices.map { axes.contains($0) ? 1 : data[$0] }
      let dropped = data.extents.indices.filter { !axes.contains($0) }.map { data[$0] }
      guard result.extents == kept || result.extents == dropped else {
        throw .shapeMismatch(operand: "result", expected: kept, found: result.extents)
      }
    case .argument(let axis, _, _):
      var kept = data.extents
      kept[axis] = 1
      var dropped = data.extents
      dropped.remove(at: axis)
      guard result.extents == kept || result.extents == dropped else {
        throw .shapeMismatch(operand: "result", expected: kept, found: result.extents)
      }
    case .expand:
      guard try Self.broadcast(data, result) == result else {
        throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
      }
    case .tile:
      guard result.rank == data.rank,
        zip(result.extents, data.extents).allSatisfy({ $1 == 0 ? $0 == 0 : $0 % $1 == 0 })
      else {
        throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
      }
    case .split(let axis): try Self.checkSplit(data, results: results, axis: axis)
    case .slice(let starts, let steps):
      try Self.checkSlice(data, result: result, starts: starts, steps: steps)
    case .pad(let before, let padding):
      try Self.checkPad(data, result: result, before: before, padding: padding)
    default: break
    }
  }

  private static func checkSplit(
    _ data: Shape, results: [Shape], axis: Int
  ) throws(GraphError) {
    guard data.extents.indices.contains(axis) else { throw badAxis(axis, data) }
    var total = 0
    for shape in results {
      var expected = data.extents
      guard shape.rank == data.rank else {
        throw .shapeMismatch(operand: "part", expected: expected, found: shape.extents)
      }
      expected[axis] = shape[axis]
      guard shape.extents == expected else {
        throw .shapeMismatch(operand: "part", expected: expected, found: shape.extents)
      }
      total += shape[axis]
    }
    try Operator.require("parts along the axis", total, data[axis])
  }

  private static func checkSlice(
    _ data: Shape, result: Shape, starts: [Int], steps: [Int]
  ) throws(GraphError) {
    guard starts.count == data.rank, steps.count == data.rank, result.rank == data.rank else {
      throw .parameter("slice", reason: "one start and step an axis")
    }
    for axis in data.extents.indices where result[axis] > 0 {
      let (span, overflow) = (result[axis] - 1).multipliedReportingOverflow(by: steps[axis])
      let (last, overflow2) = starts[axis].addingReportingOverflow(span)
      guard steps[axis] != 0, !overflow, !overflow2,
        (0..<data[axis]).contains(starts[axis]), (0..<data[axis]).contains(last)
      else { throw .parameter("slice", reason: "leaves axis \(axis)") }
    }
  }

  private static func checkPad(
    _ data: Shape, result: Shape, before: [Int], padding: ArrayPadding
  ) throws(GraphError) {
    let bound = -(1 << 40)...(1 << 40)
    guard before.count == data.rank, result.rank == data.rank,
      before.allSatisfy(bound.contains)
    else { throw .parameter("margins \(before)", reason: "one an axis") }
    guard padding != .constant else { return }
    for axis in data.extents.indices {
      let after = result[axis] - data[axis] - before[axis]
      let largest = padding == .reflect ? data[axis] - 1 : padding == .wrap ? data[axis] : .max
      guard data[axis] > 0, max(before[axis], after) <= largest else {
        throw .parameter("margins \(before)", reason: "wider than axis \(axis) has elements")
      }
    }
  }
}
