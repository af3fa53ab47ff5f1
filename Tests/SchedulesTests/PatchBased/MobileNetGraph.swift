import Arith
import QuantGraph
import TestSupport

/// Builds image graphs layer by layer, of int8 tensors with seeded constants.
struct ImageGraphBuilder {
  var tensors: [Tensor] = []
  var nodes: [Node] = []
  var generator: SeededGenerator
  /// Whether weights are drawn; graphs whose shapes alone matter have zeros.
  let drawsWeights: Bool

  init(seed: UInt64 = 1, drawsWeights: Bool = false) {
    generator = SeededGenerator(seed: seed)
    self.drawsWeights = drawsWeights
  }

  static func int8(scale: Double, zeroPoint: Int64 = 0) throws -> Encoding {
    .affine(try AffineFormat(width: 8, isSigned: true, scales: [scale], zeroPoints: [zeroPoint]))
  }

  mutating func activation(
    rows: Int, columns: Int, channels: Int, encoding: Encoding? = nil
  ) throws -> TensorID {
    let zeroPoint = drawsWeights ? Int64.random(in: -9...9, using: &generator) : 0
    let encoding = try encoding ?? Self.int8(scale: 0.05, zeroPoint: zeroPoint)
    tensors.append(
      Tensor(
        name: "t\(tensors.count)", shape: try Shape([1, rows, columns, channels]),
        encoding: encoding))
    return TensorID(tensors.count - 1)
  }

  mutating func constant(_ shape: Shape, encoding: Encoding, range: ClosedRange<Int32>)
    -> TensorID
  {
    let values = (0..<shape.count).map { _ in
      drawsWeights ? Int32.random(in: range, using: &generator) : 0
    }
    let isBytes = range.upperBound <= 127
    tensors.append(
      Tensor(
        name: "c\(tensors.count)", shape: shape, encoding: encoding,
        constant: isBytes ? .int8(values.map { Int8(truncatingIfNeeded: $0) }) : .int32(values)))
    return TensorID(tensors.count - 1)
  }

  struct Window {
    var kernel = [1, 1]
    var strides = [1, 1]
    var dilations = [1, 1]
    /// Padding as TensorFlow's SAME if nil.
    var before: [Int]?
    var after: [Int]?

    /// Positions along axis 0 or 1, and the padding.
    func along(_ axis: Int, extent: Int) -> (positions: Int, before: Int, after: Int) {
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      if let before, let after {
        let padded = extent + before[axis] + after[axis]
        return ((padded - span) / strides[axis] + 1, before[axis], after[axis])
      }
      let positions = (extent + strides[axis] - 1) / strides[axis]
      let total = max((positions - 1) * strides[axis] + span - extent, 0)
      return (positions, total / 2, total - total / 2)
    }
  }

  func extents(_ id: TensorID) -> [Int] { tensors[id.index].shape.extents }

  private mutating func append(_ operation: Operator, _ inputs: [TensorID], _ output: TensorID) {
    nodes.append(
      Node(name: "n\(nodes.count)", operation: operation, inputs: inputs, outputs: [output]))
  }

  mutating func convolution(
    _ data: TensorID, filters: Int, window: Window, isDepthwise: Bool = false,
    range: ValueRange = .unbounded
  ) throws -> TensorID {
    let extents = extents(data)
    let rows = window.along(0, extent: extents[1])
    let columns = window.along(1, extent: extents[2])
    let filters = isDepthwise ? extents[3] : filters
    let result = try activation(
      rows: rows.positions, columns: columns.positions, channels: filters)
    let shape = try Shape(
      isDepthwise
        ? [1, window.kernel[0], window.kernel[1], filters]
        : [filters, window.kernel[0], window.kernel[1], extents[3]])
    let weights = constant(
      shape, encoding: try Self.int8(scale: 0.01), range: -127...127)
    let bias = constant(
      try Shape([filters]),
      encoding: .affine(try AffineFormat(width: 32, isSigned: true, scales: [0.0005])),
      range: -2000...2000)
    append(
      .convolution(
        Convolution(
          kernel: window.kernel, strides: window.strides, dilations: window.dilations,
          paddingBefore: [rows.before, columns.before], paddingAfter: [rows.after, columns.after],
          layout: .channelsLast, grouping: isDepthwise ? .depthwise : .groups(1),
          weightLayout: .filtersKernelChannels, range: range)), [data, weights, bias], result)
    return result
  }

  mutating func pool(_ data: TensorID, _ reduction: Pool.Reduction, window: Window) throws
    -> TensorID
  {
    let extents = extents(data)
    let rows = window.along(0, extent: extents[1])
    let columns = window.along(1, extent: extents[2])
    let result = try activation(
      rows: rows.positions, columns: columns.positions, channels: extents[3],
      encoding: tensors[data.index].encoding)
    append(
      .pool(
        Pool(
          reduction: reduction, kernel: window.kernel, strides: window.strides,
          paddingBefore: [rows.before, columns.before], paddingAfter: [rows.after, columns.after])
      ), [data], result)
    return result
  }

  mutating func add(_ first: TensorID, _ second: TensorID) throws -> TensorID {
    let extents = extents(first)
    let result = try activation(rows: extents[1], columns: extents[2], channels: extents[3])
    append(.binary(Binary(.add)), [first, second], result)
    return result
  }

  mutating func leakyReLU(_ data: TensorID) throws -> TensorID {
    let extents = extents(data)
    let result = try activation(rows: extents[1], columns: extents[2], channels: extents[3])
    append(.unary(.leakyReLU(slope: 0.25)), [data], result)
    return result
  }

  mutating func pad(_ data: TensorID, before: Int, after: Int) throws -> TensorID {
    let extents = extents(data)
    let result = try activation(
      rows: extents[1] + before + after, columns: extents[2] + before + after,
      channels: extents[3], encoding: tensors[data.index].encoding)
    append(
      .surround(Surround(before: [0, before, before, 0], after: [0, after, after, 0])), [data],
      result)
    return result
  }

  func graph(inputs: [TensorID], outputs: [TensorID]) throws -> Graph {
    try Graph(name: "test", tensors: tensors, nodes: nodes, inputs: inputs, outputs: outputs)
  }
}

/// The networks of conformance/mcu/patch_ref.py as graphs of int8 tensors.
enum MobileNetGraph {
  /// Channels rounded to a multiple of 8, and never below 90 % (the MobileNet rule).
  private static func rounded(_ channels: Double) -> Int {
    let near = max(8, Int(channels + 4) / 8 * 8)
    return Double(near) < 0.9 * channels ? near + 8 : near
  }

  static func v1(alpha: Double, resolution: Int) throws -> Graph {
    var builder = ImageGraphBuilder()
    let input = try builder.activation(rows: resolution, columns: resolution, channels: 3)
    var data = try builder.convolution(
      input, filters: Int(32 * alpha), window: .init(kernel: [3, 3], strides: [2, 2]))
    let middle = [(1, 512), (1, 512), (1, 512), (1, 512), (1, 512)]
    let blocks =
      [(1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512)] + middle
      + [(2, 1024), (1, 1024)]
    for (stride, filters) in blocks {
      data = try builder.convolution(
        data, filters: 0, window: .init(kernel: [3, 3], strides: [stride, stride]),
        isDepthwise: true)
      data = try builder.convolution(data, filters: Int(Double(filters) * alpha), window: .init())
    }
    return try builder.graph(inputs: [input], outputs: [data])
  }

  static func v2(alpha: Double, resolution: Int) throws -> Graph {
    var builder = ImageGraphBuilder()
    let input = try builder.activation(rows: resolution, columns: resolution, channels: 3)
    var channels = rounded(32 * alpha)
    var data = try builder.convolution(
      input, filters: channels, window: .init(kernel: [3, 3], strides: [2, 2]))
    let stages = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    for (expansion, filters, repeats, firstStride) in stages {
      let filters = rounded(Double(filters) * alpha)
      for index in 0..<repeats {
        let stride = index == 0 ? firstStride : 1
        let block = data
        if expansion > 1 {
          data = try builder.convolution(data, filters: channels * expansion, window: .init())
        }
        data = try builder.convolution(
          data, filters: 0, window: .init(kernel: [3, 3], strides: [stride, stride]),
          isDepthwise: true)
        data = try builder.convolution(data, filters: filters, window: .init())
        if stride == 1, channels == filters { data = try builder.add(data, block) }
        channels = filters
      }
    }
    let head = alpha <= 1 ? 1280 : rounded(1280 * alpha)
    data = try builder.convolution(data, filters: head, window: .init())
    return try builder.graph(inputs: [input], outputs: [data])
  }
}
