/// The windows that a convolution or a pool moves over the spatial axes of an image.
///
/// A window that exists has parameters for every axis, results that fit, and at most ``tapLimit``
/// taps, so its arithmetic overflows nowhere.
public struct Window: Hashable, Sendable {
  /// Most taps of a window.
  public static let tapLimit = 1 << 28
  /// Largest extent, kernel extent, stride, dilation and margin of an axis.
  public static let extentLimit = 1 << 24

  /// Samples; 1 for an image without a batch axis.
  public let batch: Int
  /// Channels of the data and of the result.
  public let channels: Int
  public let resultChannels: Int
  /// Spatial extents of the data and of the result.
  public let extents: [Int]
  public let positions: [Int]
  public let kernel: [Int]
  public let strides: [Int]
  public let dilations: [Int]
  /// Elements before and after the image.
  public let before: [Int]
  public let after: [Int]
  /// Elements of the kernel.
  public let taps: Int

  /// - Throws: ``GraphError`` where the shapes have other axes than the parameters, a parameter is
  ///   out of range, or the result has positions that do not fit.
  init(
    data: Shape, result: Shape, layout: ImageLayout, kernel: [Int], strides: [Int],
    dilations: [Int], before: [Int], after: [Int], isCeiling: Bool = false
  ) throws(GraphError) {
    try self.init(
      images: (data, result), layout: layout, kernel: kernel, strides: strides,
      dilations: dilations, before: before, after: after)
    for axis in kernel.indices {
      let fit = Self.positions(
        extent: extents[axis], kernel: kernel[axis], stride: strides[axis],
        dilation: dilations[axis], before: before[axis], after: after[axis], isCeiling: isCeiling)
      // hls4ml may ask for fewer positions than fit (a last partial stride is never started).
      guard positions[axis] >= 1, positions[axis] <= fit ?? 0 else {
        throw .parameter(
          "window", reason: "\(positions[axis]) positions along axis \(axis), \(fit ?? 0) fit")
      }
    }
  }

  /// The window of the convolution that a transposed one transposes: its result is that one's data.
  ///
  /// - Throws: ``GraphError`` as for a window, or where the result has other extents than follow.
  init(
    transposed convolution: Convolution, data: Shape, result: Shape
  ) throws(GraphError) {
    try self.init(
      images: (result, data), layout: convolution.layout, kernel: convolution.kernel,
      strides: convolution.strides, dilations: convolution.dilations,
      before: convolution.paddingBefore, after: convolution.paddingAfter)
    let extra = convolution.outputPadding
    guard extra.isEmpty || extra.count == kernel.count,
      extra.allSatisfy({ (0...Self.extentLimit).contains($0) })
    else {
      throw .parameter("output padding", reason: "one number, 0 or more, a spatial axis")
    }
    for axis in kernel.indices {
      let full = (positions[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
      let expected = full - before[axis] - after[axis] + (extra.isEmpty ? 0 : extra[axis])
      guard positions[axis] >= 1, extents[axis] == expected else {
        throw .parameter(
          "window", reason: "\(extents[axis]) positions along axis \(axis), not \(expected)")
      }
    }
  }

  private init(
    images: (wide: Shape, narrow: Shape), layout: ImageLayout, kernel: [Int], strides: [Int],
    dilations: [Int], before: [Int], after: [Int]
  ) throws(GraphError) {
    let axes = kernel.count
    let wide = try Self.image(images.wide, axes: axes, layout: layout)
    let narrow = try Self.image(images.narrow, axes: axes, layout: layout)
    guard images.wide.rank == images.narrow.rank, wide.batch == narrow.batch else {
      throw .shapeMismatch(
        operand: "result", expected: images.wide.extents, found: images.narrow.extents)
    }
    guard [strides.count, dilations.count, before.count, after.count].allSatisfy({ $0 == axes })
    else {
      throw .parameter("window", reason: "each parameter has one number a spatial axis (\(axes))")
    }
    for (name, values, least) in [
      ("kernel", kernel, 1), ("strides", strides, 1), ("dilations", dilations, 1),
      ("margins", before, 0), ("margins", after, 0), ("image", wide.spatial, 0),
    ] where !values.allSatisfy({ (least...Self.extentLimit).contains($0) }) {
      throw .parameter(
        "\(name) \(values)", reason: "numbers of \(least) to \(Self.extentLimit)")
    }
    taps = try Self.taps(kernel)
    batch = wide.batch
    channels = wide.channels
    resultChannels = narrow.channels
    extents = wide.spatial
    positions = narrow.spatial
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.after = after
  }

  /// The product of the kernel's extents.
  ///
  /// - Throws: ``GraphError/limit(_:_:)`` beyond ``tapLimit``, or if an extent is not positive.
  static func taps(_ kernel: [Int]) throws(GraphError) -> Int {
    var taps = 1
    for extent in kernel {
      let (product, overflow) = taps.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= tapLimit else {
        throw .limit("taps of the kernel \(kernel)", tapLimit)
      }
      taps = product
    }
    return taps
  }

  /// Number of window positions along one axis; nil if a parameter is out of range or none fits.
  public static func positions(
    extent: Int, kernel: Int, stride: Int, dilation: Int, before: Int, after: Int,
    isCeiling: Bool = false
  ) -> Int? {
    let bound = 1...extentLimit
    guard bound.contains(extent), bound.contains(kernel), bound.contains(stride),
      bound.contains(dilation), (0...extentLimit).contains(before),
      (0...extentLimit).contains(after)
    else { return nil }
    let padded = extent + before + after
    let span = (kernel - 1) * dilation + 1
    if padded < span { return nil }
    return (padded - span + (isCeiling ? stride - 1 : 0)) / stride + 1
  }

  /// Batch, spatial extents and channels of an image.
  static func image(
    _ shape: Shape, axes: Int, layout: ImageLayout
  ) throws(GraphError) -> (batch: Int, spatial: [Int], channels: Int) {
    guard axes > 0, shape.rank == axes + 1 || shape.rank == axes + 2 else {
      throw .parameter(
        "window", reason: "expected \(shape.rank - 1) spatial axes, found \(axes)")
    }
    let batch = shape.rank == axes + 2 ? shape[0] : 1
    let image = Array(shape.extents.suffix(axes + 1))
    return switch layout {
    case .channelsLast: (batch, Array(image.dropLast()), image[axes])
    case .channelsFirst: (batch, Array(image.dropFirst()), image[0])
    }
  }

  /// Positions of one channel's result.
  public var positionCount: Int { positions.reduce(1, *) }

  /// The taps along `axis` that lie within the image when the window is at `position`.
  public func tapsInside(axis: Int, at position: Int) -> Range<Int> {
    taps(axis: axis, at: position, from: 0, to: extents[axis])
  }

  /// The taps along `axis` within the image and its margins when the window is at `position`.
  public func tapsWithMargins(axis: Int, at position: Int) -> Range<Int> {
    taps(axis: axis, at: position, from: -before[axis], to: extents[axis] + after[axis])
  }

  private func taps(axis: Int, at position: Int, from low: Int, to high: Int) -> Range<Int> {
    Self.taps(
      of: kernel[axis], from: position * strides[axis] - before[axis], every: dilations[axis],
      in: low..<high)
  }

  /// Which of `count` taps, the first at `start` and neighbours `step` apart, lie in `range`.
  ///
  /// - Precondition: `step` is positive.
  public static func taps(
    of count: Int, from start: Int, every step: Int, in range: Range<Int>
  ) -> Range<Int> {
    let low = range.lowerBound
    let first = start >= low ? 0 : (low - start + step - 1) / step
    let end =
      start >= range.upperBound ? 0 : min((range.upperBound - start + step - 1) / step, count)
    return first..<max(first, end)
  }

  /// Elements of one channel's image that all its windows cover together, counted once a window;
  /// `Int.max` if larger.
  public var coveredElements: Int {
    var product = 1
    for axis in kernel.indices {
      var sum = 0
      for position in 0..<positions[axis] {
        sum += tapsInside(axis: axis, at: position).count
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: sum)
      if overflow { return Int.max }
      product = next
    }
    return product
  }
}

extension Graph {
  /// The windows of a convolution or pool, whichever form it has; nil for other nodes and for a pool
  /// over the whole image whose result has no spatial axes.
  public func window(_ node: Node) -> Window? {
    guard let data = node.inputs.first.map({ self[$0].shape }),
      let result = node.outputs.first.map({ self[$0].shape })
    else { return nil }
    return try? node.operation.window(data: data, result: result)
  }
}

extension Operator {
  /// The windows of a convolution or pool; nil for all else.
  ///
  /// - Throws: ``GraphError`` if they do not fit the shapes.
  func window(data: Shape, result: Shape) throws(GraphError) -> Window? {
    switch self {
    case .convolution(let convolution), .integerProduct(.convolution(let convolution)):
      return try convolution.window(data: data, result: result)
    case .transposedConvolution(let convolution):
      return try Window(transposed: convolution, data: data, result: result)
    case .pool(let pool): return try pool.window(data: data, result: result)
    case .quantized(let quantized):
      switch quantized.function {
      case .convolution(let convolution):
        return try convolution.window(data: data, result: result)
      case .pool(let pool): return try pool.window(data: data, result: result)
      default: return nil
      }
    default: return nil
    }
  }
}

extension Convolution {
  func window(data: Shape, result: Shape) throws(GraphError) -> Window {
    try Window(
      data: data, result: result, layout: layout, kernel: kernel, strides: strides,
      dilations: dilations, before: paddingBefore, after: paddingAfter)
  }
}

extension Pool {
  /// nil for a pool over the whole image whose result has channels only.
  public func window(data: Shape, result: Shape) throws(GraphError) -> Window? {
    let image = try Window.image(data, axes: kernel.count, layout: layout)
    if result.rank == 1 && data.rank == kernel.count + 1 && result[0] == image.channels {
      return nil
    }
    return try Window(
      data: data, result: result, layout: layout, kernel: kernel, strides: strides,
      dilations: dilations, before: paddingBefore, after: paddingAfter, isCeiling: isCeiling)
  }
}
