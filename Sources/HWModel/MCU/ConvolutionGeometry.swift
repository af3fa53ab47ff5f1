import QuantGraph

/// Extents of a two-dimensional convolution or pool over channels-last images.
struct ConvolutionGeometry: Hashable, Sendable {
  let batch: Int
  let rows: Int
  let columns: Int
  let channels: Int
  let resultRows: Int
  let resultColumns: Int
  let filters: Int
  let kernelRows: Int
  let kernelColumns: Int
  let rowStride: Int
  let columnStride: Int
  let rowDilation: Int
  let columnDilation: Int
  let rowsBefore: Int
  let columnsBefore: Int

  /// - Throws: ``DatapathError/parameter(_:reason:)`` unless it is a channels-last image with two
  ///   spatial axes.
  init(
    data: Shape, result: Shape, kernel: [Int], strides: [Int], dilations: [Int], before: [Int],
    layout: ImageLayout
  ) throws(DatapathError) {
    guard layout == .channelsLast, kernel.count == 2, data.rank == 4, result.rank == 4 else {
      throw .parameter("image", reason: "must be [batch, rows, columns, channels]")
    }
    batch = data[0]
    rows = data[1]
    columns = data[2]
    channels = data[3]
    resultRows = result[1]
    resultColumns = result[2]
    filters = result[3]
    kernelRows = kernel[0]
    kernelColumns = kernel[1]
    rowStride = strides[0]
    columnStride = strides[1]
    rowDilation = dilations[0]
    columnDilation = dilations[1]
    rowsBefore = before[0]
    columnsBefore = before[1]
  }

  init(_ convolution: Convolution, data: Shape, result: Shape) throws(DatapathError) {
    try self.init(
      data: data, result: result, kernel: convolution.kernel, strides: convolution.strides,
      dilations: convolution.dilations, before: convolution.paddingBefore,
      layout: convolution.layout)
  }

  init(_ pool: Pool, data: Shape, result: Shape) throws(DatapathError) {
    try self.init(
      data: data, result: result, kernel: pool.kernel, strides: pool.strides,
      dilations: pool.dilations, before: pool.paddingBefore, layout: pool.layout)
  }

  var taps: Int { kernelRows * kernelColumns }
}
