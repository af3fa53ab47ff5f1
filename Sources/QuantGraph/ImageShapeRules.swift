/// Spatial window arithmetic that convolution and pooling share.
enum Window {
  /// Number of window positions along one axis, or nil if a parameter is out of range.
  static func positions(
    extent: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int,
    isCeiling: Bool = false
  ) -> Int? {
    let bound = 1...(1 << 24)
    guard bound.contains(extent), bound.contains(kernel), bound.contains(stride),
      bound.contains(dilation), (0...1 << 24).contains(before), (0...1 << 24).contains(after)
    else { return nil }
    let padded = extent + before + after
    let span = (kernel - 1) * dilation + 1
    if padded < span { return nil }
    return (padded - span + (isCeiling ? stride - 1 : 0)) / stride + 1
  }

  /// The image's extents without the batch and channel axes, and its channels.
  static func image(
    _ shape: Shape, axes: Int, layout: ImageLayout, operand: String
  ) throws(GraphError) -> (spatial: [Int], channels: Int) {
    guard axes > 0, shape.rank == axes + 1 || shape.rank == axes + 2 else {
      throw .parameter(
        "window", reason: "expected \(shape.rank - 1) spatial axes, found \(axes)")
    }
    let image = Array(shape.extents.suffix(axes + 1))
    return switch layout {
    case .channelsLast: (Array(image.dropLast()), image[axes])
    case .channelsFirst: (Array(image.dropFirst()), image[0])
    }
  }

  static func check(
    data: Shape, result: Shape, layout: ImageLayout, kernel: [Int], strides: [Int],
    dilations: [Int], before: [Int], after: [Int], isCeiling: Bool = false, isGlobal: Bool
  ) throws(GraphError) {
    let axes = kernel.count
    let spatial = try image(data, axes: axes, layout: layout, operand: "data").spatial
    guard [strides.count, dilations.count, before.count, after.count].allSatisfy({ $0 == axes })
    else {
      throw .parameter("window", reason: "each parameter has one number a spatial axis (\(axes))")
    }
    if isGlobal { return }
    guard result.rank == data.rank, data.rank == axes + 1 || data[0] == result[0] else {
      throw .shapeMismatch(operand: "result", expected: data.extents, found: result.extents)
    }
    let found = try image(result, axes: axes, layout: layout, operand: "result").spatial
    for axis in 0..<axes {
      let count = positions(
        extent: spatial[axis], kernel: kernel[axis], stride: strides[axis],
        dilation: dilations[axis], before: before[axis], after: after[axis], isCeiling: isCeiling)
      // hls4ml may ask for fewer positions than fit (a last partial stride is never started).
      guard let count, found[axis] >= 1, found[axis] <= count else {
        throw .parameter(
          "window", reason: "\(found[axis]) positions along axis \(axis), \(count ?? 0) fit")
      }
    }
  }
}

extension Convolution {
  func check(inputs: [Tensor], result: Shape) throws(GraphError) {
    try Window.check(
      data: inputs[0].shape, result: result, layout: layout, kernel: kernel, strides: strides,
      dilations: dilations, before: paddingBefore, after: paddingAfter, isGlobal: false)
    guard outputPadding.isEmpty else {
      throw .parameter("output padding", reason: "belongs to transposed convolutions")
    }
    try checkOperands(inputs: inputs, result: result)
  }

  func checkTransposed(inputs: [Tensor], result: Shape) throws(GraphError) {
    // The data are where the result of the convolution that this one transposes would be.
    let axes = kernel.count
    let data = try Window.image(inputs[0].shape, axes: axes, layout: layout, operand: "data")
    let found = try Window.image(result, axes: axes, layout: layout, operand: "result")
    let parameters = [strides.count, dilations.count, paddingBefore.count, paddingAfter.count]
    let bound = 0...(1 << 24)
    guard parameters.allSatisfy({ $0 == axes }),
      outputPadding.isEmpty || outputPadding.count == axes,
      (kernel + strides + dilations + data.spatial).allSatisfy({ $0 > 0 && bound.contains($0) }),
      (paddingBefore + paddingAfter + outputPadding).allSatisfy({ bound.contains($0) })
    else {
      throw .parameter("window", reason: "each parameter has one number a spatial axis (\(axes))")
    }
    guard result.rank == inputs[0].shape.rank,
      result.rank == axes + 1 || inputs[0].shape[0] == result[0]
    else {
      throw .shapeMismatch(
        operand: "result", expected: inputs[0].shape.extents, found: result.extents)
    }
    for axis in 0..<axes {
      let full = (data.spatial[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
      let expected =
        full - paddingBefore[axis] - paddingAfter[axis]
        + (outputPadding.isEmpty ? 0 : outputPadding[axis])
      guard found.spatial[axis] == expected else {
        throw .parameter(
          "window", reason: "\(found.spatial[axis]) positions along axis \(axis), not \(expected)")
      }
    }
    try checkOperands(inputs: inputs, result: result)
  }

  private func checkOperands(inputs: [Tensor], result: Shape) throws(GraphError) {
    let axes = kernel.count
    let channels = try Window.image(
      inputs[0].shape, axes: axes, layout: layout, operand: "data"
    ).channels
    let filters = try Window.image(result, axes: axes, layout: layout, operand: "result").channels
    guard channels > 0, filters > 0 else {
      throw .elementCount(operand: "channels", expected: 1, found: 0)
    }
    var taps = 1
    for extent in kernel {
      let (product, overflow) = taps.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .invalidShape(kernel) }
      taps = product
    }
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

extension Pool {
  func check(data: Shape, result: Shape) throws(GraphError) {
    let channels = try Window.image(
      data, axes: kernel.count, layout: layout, operand: "data"
    ).channels
    // A pool over the whole image may drop the spatial axes.
    let isGlobal = result.rank == 1 && data.rank == kernel.count + 1 && result[0] == channels
    try Window.check(
      data: data, result: result, layout: layout, kernel: kernel, strides: strides,
      dilations: dilations, before: paddingBefore, after: paddingAfter, isCeiling: isCeiling,
      isGlobal: isGlobal)
    if isGlobal { return }
    let found = try Window.image(result, axes: kernel.count, layout: layout, operand: "result")
    guard found.channels == channels else {
      throw .elementCount(operand: "result channels", expected: channels, found: found.channels)
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
