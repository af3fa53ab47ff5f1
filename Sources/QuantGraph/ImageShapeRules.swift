import Arith

extension Convolution {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    guard outputPadding.isEmpty else {
      throw .parameter("output padding", reason: "belongs to transposed convolutions")
    }
    let window = try window(data: inputs[0].shape, result: result)
    try checkOperands(
      inputs, taps: window.taps, channels: window.channels, filters: window.resultChannels)
  }

  func checkTransposed(inputs: [Tensor], result: Shape) throws(GraphError) {
    let window = try Window(transposed: self, data: inputs[0].shape, result: result)
    try checkOperands(
      inputs, taps: window.taps, channels: window.resultChannels, filters: window.channels)
  }

  private func checkOperands(
    _ inputs: [Tensor], taps: Int, channels: Int, filters: Int
  ) throws(GraphError) {
    guard channels > 0, filters > 0 else {
      throw .elementCount(operand: "channels", expected: 1, found: 0)
    }
    if let accumulation { try accumulation.check() }
    switch grouping {
    case .depthwise:
      guard filters % channels == 0 else {
        throw .elementCount(operand: "result channels", expected: channels, found: filters)
      }
      try Operator.require("weights", inputs[1].shape.count, taps, times: filters)
    case .groups(let groups):
      guard groups > 0, channels % groups == 0, filters % groups == 0 else {
        throw .parameter(
          "groups \(groups)", reason: "must divide \(channels) channels and \(filters) filters")
      }
      try Operator.require(
        "weights", inputs[1].shape.count, taps, times: channels / groups, filters)
    }
    if inputs.count > 2 { try Operator.require("bias", inputs[2].shape.count, filters) }
  }
}

extension Accumulation {
  func check() throws(GraphError) {
    if case .reuse(let factor) = order, factor < 1 {
      throw .parameter("reuse factor \(factor)", reason: "must be 1 or more")
    }
  }
}

extension Pool {
  /// Most elements that all windows of a pool may cover together; beyond it is no answer in minutes.
  static let workLimit = 1 << 34

  func check(data: Shape, result: Shape) throws(GraphError) {
    guard let window = try window(data: data, result: result) else {
      let axes = kernel.count
      let parameters = [strides.count, dilations.count, paddingBefore.count, paddingAfter.count]
      guard parameters.allSatisfy({ $0 == axes }), data.count > 0 else {
        throw .parameter("window", reason: "each parameter has one number a spatial axis (\(axes))")
      }
      _ = try Window.taps(kernel)
      return
    }
    guard window.resultChannels == window.channels else {
      throw .elementCount(
        operand: "result channels", expected: window.channels, found: window.resultChannels)
    }
    let images = window.batch * window.channels
    let (work, overflow) = window.coveredElements.multipliedReportingOverflow(by: images)
    guard !overflow, work <= Self.workLimit else {
      throw .limit("elements that the windows of a pool cover", Self.workLimit)
    }
  }
}

extension Resize {
  func check(data: Shape, result: Shape) throws(GraphError) {
    guard data.rank == result.rank, data.rank >= 3, data.count > 0, result.count > 0,
      scales.isEmpty || scales.count == data.rank - 2,
      scales.allSatisfy({ $0.isFinite && $0 > 0 })
    else {
      throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
    }
    if case .cubic(let coefficient) = interpolation, !coefficient.isFinite {
      throw .parameter("cubic coefficient \(coefficient)", reason: "must be finite")
    }
    let channelAxis = layout == .channelsLast ? data.rank - 1 : 1
    guard data[0] == result[0], data[channelAxis] == result[channelAxis] else {
      throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
    }
  }
}

extension BlockRearrangement {
  func check(data: Shape, result: Shape) throws(GraphError) {
    guard data.rank == 4, (1...1 << 15).contains(block) else {
      throw .parameter("block \(block)", reason: "at least 1, of a tensor with 4 axes")
    }
    let axes =
      layout == .channelsLast ? (row: 1, column: 2, channel: 3) : (row: 2, column: 3, channel: 1)
    var expected = data.extents
    switch direction {
    case .spaceToDepth:
      guard data[axes.row] % block == 0, data[axes.column] % block == 0 else {
        throw .parameter("block \(block)", reason: "must divide rows and columns")
      }
      expected[axes.row] /= block
      expected[axes.column] /= block
      try Operator.require(
        "result channels", result.rank == 4 ? result[axes.channel] : 0, data[axes.channel],
        times: block, block)
      expected[axes.channel] = result[axes.channel]
    case .depthToSpace, .channelsToSpace:
      guard data[axes.channel] % (block * block) == 0 else {
        throw .parameter("block \(block)", reason: "its square must divide the channels")
      }
      expected[axes.row] = expected[axes.row].multipliedReportingOverflow(by: block).partialValue
      expected[axes.column] =
        expected[axes.column].multipliedReportingOverflow(by: block).partialValue
      expected[axes.channel] /= block * block
    }
    try Operator.requireShape("result", result, expected)
  }
}
