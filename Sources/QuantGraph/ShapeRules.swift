extension Operator {
  /// Checks operand counts, shapes and which operands must be constants.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func checkShapes(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    try checkCounts(inputs: inputs, outputs: outputs)
    let data = inputs[0].shape
    let result = outputs[0].shape
    switch self {
    case .dense(let dense):
      try dense.check(inputs: inputs, result: result)
    case .matMul(let product):
      try product.check(inputs: inputs, result: result)
    case .convolution(let convolution):
      try convolution.check(inputs: inputs, result: result)
    case .transposedConvolution(let convolution):
      try convolution.checkTransposed(inputs: inputs, result: result)
    case .pool(let pool):
      try pool.check(data: data, result: result)
    case .activation(let activation):
      try Self.require("result", result.count, data.count)
      try activation.check(inputs, count: data.count)
    case .unary, .cast:
      try Self.requireShape("result", result, data.extents)
    case .axisSoftmax(let softmax):
      try Self.requireShape("result", result, data.extents)
      try Self.requireAxis(softmax.axis, of: data)
    case .softmax(let softmax):
      try Self.require("result", result.count, data.count)
      guard softmax.outer > 0, softmax.slice > 0, softmax.inner > 0 else {
        throw .parameter("softmax", reason: "extents must be positive")
      }
      try Self.require("data", data.count, softmax.outer, times: softmax.slice, softmax.inner)
      for table in [softmax.exponential, softmax.inverse] { try table.check() }
      guard softmax.scale.isFinite else {
        throw .parameter("softmax scale \(softmax.scale)", reason: "must be finite")
      }
    case .arithmetic:
      for (operand, tensor) in zip(["first operand", "second operand"], inputs) {
        guard tensor.shape.count > 0, result.count % tensor.shape.count == 0,
          tensor.shape.count <= result.count
        else {
          throw .elementCount(
            operand: operand, expected: result.count, found: tensor.shape.count)
        }
      }
    case .binary, .select:
      try Self.requireShape("result", result, try Shape.broadcast(inputs.map(\.shape)).extents)
    case .broadcast:
      try Self.requireShape("result", result, try Shape.broadcast([data, result]).extents)
    case .reduce(let reduction):
      try reduction.check(data: data, result: result)
    case .argument(let search):
      try Self.requireAxis(search.axis, of: data)
      guard data[search.axis] > 0 else {
        throw .parameter("axis \(search.axis)", reason: "has no elements to search")
      }
      let expected = data.combining([search.axis], keepsAxes: search.keepsAxis)
      try Self.requireShape("result", result, expected)
    case .lstm(let cell):
      try cell.check(inputs: inputs, outputs: outputs)
    case .svdf(let filter):
      try filter.check(inputs: inputs, outputs: outputs)
    case .dot:
      try Self.require("second operand", inputs[1].shape.count, data.count)
      try Self.require("result", result.count, 1)
    case .normalize:
      try Self.require("result", result.count, data.count)
      for (operand, tensor) in zip(["scale", "bias"], inputs.dropFirst()) {
        try Self.requireRepeating(operand, tensor.shape.count, in: data.count)
      }
    case .threshold:
      try Self.require("result", result.count, data.count)
      for tensor in inputs.dropFirst() {
        try Self.requireRepeating("threshold", tensor.shape.count, in: data.count)
      }
    case .concatenate(let axis):
      try checkConcatenation(axis: axis, inputs: inputs, result: result)
    case .copy:
      for output in outputs { try Self.require("copy", output.shape.count, data.count) }
    case .convert(let elements):
      try Self.require("result", result.count, data.count)
      if !elements.isEmpty { try Self.require("formats", elements.count, data.count) }
    case .reshape:
      try Self.require("result", result.count, data.count)
    case .transpose(let permutation):
      guard permutation.sorted() == Array(0..<data.rank) else {
        throw .parameter(
          "permutation \(permutation)", reason: "names each of \(data.rank) axes once")
      }
      let expected = permutation.map { data[$0] }
      guard result.extents == expected else {
        throw .shapeMismatch(operand: "result", expected: expected, found: result.extents)
      }
    case .pad(let before, let after):
      try Self.checkMargins(before, after, data: data, result: result, sign: 1)
    case .crop(let before, let after):
      try Self.checkMargins(before, after, data: data, result: result, sign: -1)
    case .surround(let surround):
      try Self.checkMargins(surround.before, surround.after, data: data, result: result, sign: 1)
      try surround.check(data: data)
      if inputs.count > 1 { try Self.require("value", inputs[1].shape.count, 1) }
    case .slice(let slice):
      try slice.check(data: data, result: result)
    case .split(let axis):
      try checkSplit(axis: axis, data: data, outputs: outputs)
    case .tile(let repeats):
      guard repeats.count == data.rank, repeats.allSatisfy({ (1...1 << 30).contains($0) }) else {
        throw .parameter("repeats \(repeats)", reason: "one count, 1 or more, an axis")
      }
      var expected: [Int] = []
      for (extent, count) in zip(data.extents, repeats) {
        let (product, overflow) = extent.multipliedReportingOverflow(by: count)
        guard !overflow else { throw .invalidShape([extent, count]) }
        expected.append(product)
      }
      try Self.requireShape("result", result, expected)
    case .resize(let resize):
      try resize.check(data: data, result: result)
    case .rearrange(let rearrangement):
      try rearrangement.check(data: data, result: result)
    case .gatherAxis(let axis):
      try Self.requireAxis(axis, of: data)
      guard data[axis] > 0 || inputs[1].shape.count == 0 else {
        throw .parameter("axis \(axis)", reason: "has no elements to gather")
      }
      let expected =
        data.extents[..<axis] + inputs[1].shape.extents + data.extents[(axis + 1)...]
      try Self.requireShape("result", result, Array(expected))
    case .gatherND:
      try Self.checkGatherND(inputs: inputs, result: result)
    case .cumulativeSum(let sum):
      try Self.requireAxis(sum.axis, of: data)
      try Self.requireShape("result", result, data.extents)
    case .normalizeLength:
      try Self.requireAxis(data.rank - 1, of: data)
      try Self.requireShape("result", result, data.extents)
    case .normalizeRootMeanSquare:
      try Self.requireAxis(data.rank - 1, of: data)
      try Self.requireShape("result", result, data.extents)
      try Self.requireShape("scale", inputs[1].shape, [data[data.rank - 1]])
    case .topK(let search):
      try search.check(data: data, outputs: outputs)
    case .detections(let detections):
      try detections.check(inputs: inputs, outputs: outputs)
    case .rotary(let rotary):
      try rotary.check(inputs: inputs, result: result)
    case .recurrence(let recurrence):
      try recurrence.check(inputs: inputs, outputs: outputs)
    case .deltaRule:
      try DeltaRule.check(inputs: inputs, outputs: outputs)
    case .resizeNearest:
      guard data.rank == result.rank, data.rank >= 2, data.extents.last == result.extents.last,
        data.count > 0, result.count > 0, data.extents.allSatisfy({ $0 < 1 << 40 })
      else {
        throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
      }
    case .gather:
      let table = inputs[1].shape
      guard table.rank == 2, table.count > 0 else {
        throw .parameter("table", reason: "must be [rows, width]")
      }
      try Self.require("result", result.count, data.count, times: table[1])
    case .quantized(let quantized):
      try quantized.check(inputs: inputs, outputs: outputs)
    case .quantize, .dequantize, .dynamicQuantize, .integerProduct, .normalizeBatch,
      .normalizeLayer, .qonnx, .integerTransformer:
      try checkQuantizing(inputs: inputs, outputs: outputs)
    }
  }

  private func checkCounts(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let allowed: ClosedRange<Int>
    let constants: Range<Int>
    switch self {
    case .dense(let dense):
      (allowed, constants) = (2...3, dense.accumulation == nil ? 3..<3 : 1..<3)
    case .convolution(let convolution), .transposedConvolution(let convolution):
      (allowed, constants) = (2...3, convolution.accumulation == nil ? 3..<3 : 1..<3)
    case .matMul: (allowed, constants) = (2...3, 3..<3)
    case .pool, .softmax, .copy, .convert, .reshape, .transpose, .pad, .crop, .resizeNearest,
      .unary, .axisSoftmax, .reduce, .argument, .cast, .slice, .split, .broadcast, .tile, .resize,
      .rearrange, .topK, .cumulativeSum, .normalizeLength:
      (allowed, constants) = (1...1, 1..<1)
    case .surround: (allowed, constants) = (1...2, 2..<2)
    case .lstm(let cell):
      (allowed, constants) = (cell.operands.count...cell.operands.count, 0..<0)
    case .svdf: (allowed, constants) = (4...5, 1..<3)
    case .normalizeRootMeanSquare: (allowed, constants) = (2...2, 2..<2)
    case .rotary, .recurrence: (allowed, constants) = (3...3, 3..<3)
    case .deltaRule: (allowed, constants) = (5...5, 5..<5)
    case .select, .detections: (allowed, constants) = (3...3, 3..<3)
    case .activation(let activation):
      let count = 1 + activation.parameterCount
      (allowed, constants) = (count...count, 1..<count)
    case .arithmetic, .dot, .binary, .gatherAxis, .gatherND: (allowed, constants) = (2...2, 2..<2)
    case .normalize: (allowed, constants) = (3...3, 1..<3)
    case .threshold: (allowed, constants) = (2...3, 1..<3)
    case .concatenate: (allowed, constants) = (1...(1 << 20), 0..<0)
    case .gather: (allowed, constants) = (2...2, 1..<2)
    case .quantize, .dequantize: (allowed, constants) = (3...3, 3..<3)
    case .dynamicQuantize, .integerTransformer: (allowed, constants) = (1...1, 1..<1)
    case .quantized: (allowed, constants) = (3...(3 << 20), 0..<0)
    case .integerProduct: (allowed, constants) = (4...4, 4..<4)
    case .normalizeBatch: (allowed, constants) = (5...5, 5..<5)
    case .normalizeLayer: (allowed, constants) = (1...3, 3..<3)
    case .qonnx(let operation):
      (allowed, constants) = (operation.operandCount...operation.operandCount, 0..<0)
    }
    guard allowed.contains(inputs.count) else {
      let expected =
        allowed.count == 1
        ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
      throw .operandCount(expected: expected, found: inputs.count)
    }
    for index in constants where index < inputs.count && !inputs[index].isParameter {
      throw .notConstant("operand \(index) ('\(inputs[index].name)')")
    }
    try checkResultCount(outputs.count)
  }

  private func checkResultCount(_ found: Int) throws(GraphError) {
    let expected: Int
    switch self {
    case .copy, .split:
      guard found > 0 else { throw .operandCount(expected: "at least 1 result", found: found) }
      return
    case .quantized: return
    case .lstm, .dynamicQuantize: expected = 3
    case .detections: expected = 4
    case .svdf, .topK, .recurrence, .deltaRule: expected = 2
    default: expected = 1
    }
    guard found == expected else {
      throw .operandCount(expected: "\(expected) of results", found: found)
    }
  }

  private func checkSplit(
    axis: Int, data: Shape, outputs: [Tensor]
  ) throws(GraphError) {
    try Self.requireAxis(axis, of: data)
    var total = 0
    for output in outputs {
      guard output.shape.rank == data.rank else {
        throw .shapeMismatch(
          operand: output.name, expected: data.extents, found: output.shape.extents)
      }
      var expected = data.extents
      expected[axis] = output.shape[axis]
      try Self.requireShape(output.name, output.shape, expected)
      total = try Self.sum(total, output.shape[axis])
    }
    try Self.require("results along the axis", total, data[axis])
  }

  static func requireAxis(_ axis: Int, of shape: Shape) throws(GraphError) {
    guard shape.extents.indices.contains(axis) else {
      throw .parameter("axis \(axis)", reason: "outside 0 to \(shape.rank - 1)")
    }
  }

  static func requireShape(
    _ operand: String, _ found: Shape, _ expected: [Int]
  ) throws(GraphError) {
    guard found.extents == expected else {
      throw .shapeMismatch(operand: operand, expected: expected, found: found.extents)
    }
  }

  private func checkConcatenation(
    axis: Int, inputs: [Tensor], result: Shape
  ) throws(GraphError) {
    guard result.extents.indices.contains(axis) else {
      throw .parameter("axis \(axis)", reason: "outside 0 to \(result.rank - 1)")
    }
    var total = 0
    for input in inputs {
      var expected = result.extents
      guard input.shape.rank == result.rank else {
        throw .shapeMismatch(operand: input.name, expected: expected, found: input.shape.extents)
      }
      expected[axis] = input.shape[axis]
      guard input.shape.extents == expected else {
        throw .shapeMismatch(operand: input.name, expected: expected, found: input.shape.extents)
      }
      total = try Self.sum(total, input.shape[axis])
    }
    try Self.require("result along the axis", result[axis], total)
  }

  private static func sum(_ first: Int, _ second: Int) throws(GraphError) -> Int {
    let (sum, overflow) = first.addingReportingOverflow(second)
    guard !overflow else { throw .invalidShape([first, second]) }
    return sum
  }

  static func require(_ operand: String, _ found: Int, _ factor: Int, times more: Int...)
    throws(GraphError)
  {
    var expected = factor
    for other in more {
      let (product, overflow) = expected.multipliedReportingOverflow(by: other)
      guard !overflow else { throw .invalidShape([factor] + more) }
      expected = product
    }
    guard found == expected else {
      throw .elementCount(operand: operand, expected: expected, found: found)
    }
  }

  private static func requireRepeating(
    _ operand: String, _ found: Int, in count: Int
  ) throws(GraphError) {
    guard found > 0, count % found == 0 else {
      throw .elementCount(operand: operand, expected: count, found: found)
    }
  }

  private static func checkMargins(
    _ before: [Int], _ after: [Int], data: Shape, result: Shape, sign: Int
  ) throws(GraphError) {
    guard before.count == data.rank, after.count == data.rank,
      (before + after).allSatisfy({ (0...1 << 30).contains($0) })
    else {
      throw .parameter("margins \(before), \(after)", reason: "one count, 0 or more, an axis")
    }
    let expected = data.extents.indices.map { axis in
      data[axis] + sign * (before[axis] + after[axis])
    }
    guard result.extents == expected else {
      throw .shapeMismatch(operand: "result", expected: expected, found: result.extents)
    }
  }
}
