extension Operator {
  /// Checks operand counts, shapes and which operands must be constants.
  ///
  /// - Throws: ``GraphError`` for the first rule that is broken.
  func checkShapes(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    try checkCounts(inputs: inputs, outputs: outputs)
    let data = inputs[0].shape
    let result = outputs[0].shape
    switch self {
    case .dense:
      try Self.require("weights", inputs[1].shape.count, data.count, times: result.count)
      if inputs.count > 2 { try Self.require("bias", inputs[2].shape.count, result.count) }
    case .convolution(let convolution):
      try convolution.check(inputs: inputs, result: result)
    case .pool(let pool):
      try pool.check(data: data, result: result)
    case .activation(let activation):
      try Self.require("result", result.count, data.count)
      if activation == .prelu { try Self.require("alpha", inputs[1].shape.count, data.count) }
    case .softmax(let softmax):
      try Self.require("result", result.count, data.count)
      guard softmax.outer > 0, softmax.slice > 0, softmax.inner > 0 else {
        throw .parameter("softmax", reason: "extents must be positive")
      }
      try Self.require("data", data.count, softmax.outer, times: softmax.slice, softmax.inner)
    case .arithmetic:
      for (operand, tensor) in zip(["first operand", "second operand"], inputs) {
        guard tensor.shape.count > 0, result.count % tensor.shape.count == 0,
          tensor.shape.count <= result.count
        else {
          throw .elementCount(
            operand: operand, expected: result.count, found: tensor.shape.count)
        }
      }
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
    case .resizeNearest:
      guard data.rank == result.rank, data.rank >= 2, data.extents.last == result.extents.last,
        data.extents.allSatisfy({ $0 > 0 })
      else {
        throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
      }
    case .gather:
      let table = inputs[1].shape
      guard table.rank == 2, table.count > 0 else {
        throw .parameter("table", reason: "must be [rows, width]")
      }
      try Self.require("result", result.count, data.count, times: table[1])
    }
  }

  private func checkCounts(inputs: [Tensor], outputs: [Tensor]) throws(GraphError) {
    let allowed: ClosedRange<Int>
    let constants: Range<Int>
    switch self {
    case .dense, .convolution: (allowed, constants) = (2...3, 1..<3)
    case .pool, .softmax, .copy, .convert, .reshape, .transpose, .pad, .crop, .resizeNearest:
      (allowed, constants) = (1...1, 1..<1)
    case .activation(let activation):
      let count = 1 + activation.parameterCount
      (allowed, constants) = (count...count, 1..<count)
    case .arithmetic, .dot: (allowed, constants) = (2...2, 2..<2)
    case .normalize: (allowed, constants) = (3...3, 1..<3)
    case .threshold: (allowed, constants) = (2...3, 1..<3)
    case .concatenate: (allowed, constants) = (1...1024, 1024..<1024)
    case .gather: (allowed, constants) = (2...2, 1..<2)
    }
    guard allowed.contains(inputs.count) else {
      let expected =
        allowed.count == 1
        ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) to \(allowed.upperBound)"
      throw .operandCount(expected: expected, found: inputs.count)
    }
    for index in constants where index < inputs.count && inputs[index].constant == nil {
      throw .notConstant("operand \(index) ('\(inputs[index].name)')")
    }
    let copies = if case .copy = self { true } else { false }
    guard copies ? !outputs.isEmpty : outputs.count == 1 else {
      throw .operandCount(expected: "1", found: outputs.count)
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
      total += input.shape[axis]
    }
    try Self.require("result along the axis", result[axis], total)
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

/// Spatial window arithmetic that convolution and pooling share.
enum Window {
  /// Number of window positions along one axis, or nil if a parameter is out of range.
  static func positions(
    extent: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int
  ) -> Int? {
    let bound = 1...(1 << 24)
    guard bound.contains(extent), bound.contains(kernel), bound.contains(stride),
      bound.contains(dilation), (0...1 << 24).contains(before), (0...1 << 24).contains(after)
    else { return nil }
    let padded = extent + before + after
    let span = (kernel - 1) * dilation + 1
    return padded < span ? nil : (padded - span) / stride + 1
  }

  static func check(
    data: Shape, result: Shape, kernel: [Int], strides: [Int], dilations: [Int], before: [Int],
    after: [Int], isGlobal: Bool
  ) throws(GraphError) {
    let axes = kernel.count
    guard axes > 0, data.rank == axes + 1,
      [strides.count, dilations.count, before.count, after.count].allSatisfy({ $0 == axes })
    else {
      throw .parameter(
        "window", reason: "expected \(data.rank - 1) spatial axes, found \(axes)")
    }
    if isGlobal { return }
    guard result.rank == data.rank else {
      throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
    }
    for axis in 0..<axes {
      let count = positions(
        extent: data[axis], kernel: kernel[axis], stride: strides[axis],
        dilation: dilations[axis], before: before[axis], after: after[axis])
      // hls4ml may ask for fewer positions than fit (a last partial stride is never started).
      guard let count, result[axis] >= 1, result[axis] <= count else {
        throw .parameter(
          "window", reason: "\(result[axis]) positions along axis \(axis), \(count ?? 0) fit")
      }
    }
  }
}

extension Convolution {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    let data = inputs[0].shape
    try Window.check(
      data: data, result: result, kernel: kernel, strides: strides, dilations: dilations,
      before: paddingBefore, after: paddingAfter, isGlobal: false)
    let channels = data[data.rank - 1]
    let filters = result[result.rank - 1]
    var taps = 1
    for extent in kernel { taps *= extent }
    if isDepthwise {
      guard channels > 0, filters == channels else {
        throw .elementCount(operand: "result channels", expected: channels, found: filters)
      }
      try Operator.require("weights", inputs[1].shape.count, taps, times: channels)
    } else {
      try Operator.require("weights", inputs[1].shape.count, taps, times: channels, filters)
    }
    if inputs.count > 2 { try Operator.require("bias", inputs[2].shape.count, filters) }
  }
}

extension Pool {
  func check(data: Shape, result: Shape) throws(GraphError) {
    guard data.rank >= 2 else {
      throw .parameter("pool", reason: "data must be channels-last with a spatial axis")
    }
    let channels = data[data.rank - 1]
    // A pool over the whole image may drop the spatial axes.
    let isGlobal = result.rank == 1 && result[0] == channels
    try Window.check(
      data: data, result: result, kernel: kernel, strides: strides,
      dilations: kernel.map { _ in 1 }, before: paddingBefore, after: paddingAfter,
      isGlobal: isGlobal)
    guard result[result.rank - 1] == channels else {
      throw .elementCount(
        operand: "result channels", expected: channels, found: result[result.rank - 1])
    }
  }
}
