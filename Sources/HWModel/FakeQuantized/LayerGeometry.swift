internal import Arith
internal import QuantGraph

/// Where a layer reads an image whose channels are innermost.
///
/// A dense layer is a kernel of one element over a row of vectors.
struct LayerGeometry: Hashable, Sendable {
  var rows = 1
  var columns = 1
  var channels: Int
  var groups = 1
  var filters: Int
  var kernelRows = 1
  var kernelColumns = 1
  var rowStride = 1
  var columnStride = 1
  var rowDilation = 1
  var columnDilation = 1
  var rowsBefore = 0
  var columnsBefore = 0
  var resultRows = 1
  var resultColumns = 1

  /// A dense layer on `vectors` vectors of `depth` elements.
  init(vectors: Int, depth: Int, filters: Int) {
    columns = vectors
    resultColumns = vectors
    channels = depth
    self.filters = filters
  }

  /// A convolution over one or two spatial axes; nil if it has more, the image has samples of its
  /// own, or its margins are too large.
  init?(_ convolution: Convolution, data: Shape, result: Shape) {
    let axes = convolution.kernel.count
    guard (1...2).contains(axes), data.rank > axes, result.rank == data.rank,
      data.extents.dropLast(axes + 1).allSatisfy({ $0 == 1 })
    else { return nil }
    let image = Array(data.extents.suffix(axes + 1))
    let output = Array(result.extents.suffix(axes + 1))
    let isFirst = convolution.layout == .channelsFirst
    channels = isFirst ? image[0] : image[axes]
    filters = isFirst ? output[0] : output[axes]
    func pair(_ values: [Int], missing: Int) -> (Int, Int) {
      axes == 2 ? (values[0], values[1]) : (missing, values[0])
    }
    (rows, columns) = pair(Array(isFirst ? image[1...] : image[..<axes]), missing: 1)
    (resultRows, resultColumns) = pair(Array(isFirst ? output[1...] : output[..<axes]), missing: 1)
    (kernelRows, kernelColumns) = pair(convolution.kernel, missing: 1)
    (rowStride, columnStride) = pair(convolution.strides, missing: 1)
    (rowDilation, columnDilation) = pair(convolution.dilations, missing: 1)
    (rowsBefore, columnsBefore) = pair(convolution.paddingBefore, missing: 0)
    switch convolution.grouping {
    case .groups(let count): groups = count
    case .depthwise: groups = channels
    }
    guard groups > 0, channels % groups == 0, filters % groups == 0, filters > 0, channels > 0
    else { return nil }
    var size = channels * repeats
    for extent in [packedRows, packedColumns] {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Self.largestImage else { return nil }
      size = product
    }
  }

  /// Elements of the largest image with its margins; margins come from a file.
  static let largestImage = 1 << 30

  var taps: Int { kernelRows * kernelColumns }
  var positions: Int { resultRows * resultColumns }
  var groupChannels: Int { channels / groups }
  var groupFilters: Int { filters / groups }
  /// Products of one sum.
  var depth: Int { groupChannels * taps }
  var dataCount: Int { rows * columns * channels }
  var resultCount: Int { positions * filters }
  /// Whether each filter sees one channel of several.
  var isDepthwise: Bool { groups > 1 && groups == channels }
  /// How often a channel is written in a packed image.
  var repeats: Int { isDepthwise ? groupFilters : 1 }

  /// Whether a position reads one element's channels, in the order of the positions.
  var isPointwise: Bool {
    groups == 1 && taps == 1 && rowStride == 1 && columnStride == 1 && rowsBefore == 0
      && columnsBefore == 0 && resultRows == rows && resultColumns == columns
  }

  var packedRows: Int { (resultRows - 1) * rowStride + (kernelRows - 1) * rowDilation + 1 }
  var packedColumns: Int {
    (resultColumns - 1) * columnStride + (kernelColumns - 1) * columnDilation + 1
  }
  var packedCount: Int { packedRows * packedColumns * channels * repeats }

  /// What a position reads of a packed image: of one group's channels, or of all of a depthwise
  /// layer.
  func walk(group: Int = 0) -> ProductWalk {
    if isPointwise {
      // Vectors of any number of samples follow each other in one row.
      return ProductWalk(
        columns: 1 << 40, rowPitch: 0, columnPitch: channels, offsets: [0], length: channels)
    }
    let width = channels * repeats
    let pitch = packedColumns * width
    let joinsColumns = groups == 1 && columnDilation == 1
    var offsets: [Int] = []
    for row in 0..<kernelRows {
      let start = row * rowDilation * pitch + (isDepthwise ? 0 : group * groupChannels)
      if joinsColumns {
        offsets.append(start)
      } else {
        for column in 0..<kernelColumns {
          offsets.append(start + column * columnDilation * width)
        }
      }
    }
    let run = isDepthwise ? width : groupChannels
    return ProductWalk(
      columns: resultColumns, rowPitch: rowStride * pitch, columnPitch: columnStride * width,
      offsets: offsets, length: joinsColumns ? kernelColumns * channels : run)
  }

  /// The place among a tensor's weights of weight `[filter][kernel row][kernel column][channel]`,
  /// for each of those in order.
  func weightOrder(_ convolution: Convolution) -> [Int] {
    arranged(Array(0..<filters * depth), convolution)
  }

  /// Numbers of the model's order as `[filter][tap][channel of the group]`.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @specialized(where Element == Int32)
  @specialized(where Element == Int)
  func arranged<Element>(_ numbers: [Element], _ convolution: Convolution) -> [Element] {
    let (tapStride, channelStride) =
      switch (convolution.grouping, convolution.weightLayout) {
      case (.depthwise, _): (filters, 0)
      case (.groups, .kernelChannelsFilters): (groupChannels * filters, filters)
      case (.groups, .filtersKernelChannels): (groupChannels, 1)
      case (.groups, .filtersChannelsKernel): (1, taps)
      case (.groups, .channelsFiltersKernel): (1, groupFilters * taps)
      }
    return [Element](unsafeUninitializedCapacity: filters * depth) { target, count in
      guard let start = target.baseAddress else { return }
      numbers.withUnsafeBufferPointer { numbers in
        for filter in 0..<filters {
          let first =
            switch (convolution.grouping, convolution.weightLayout) {
            case (.depthwise, _), (.groups, .kernelChannelsFilters): filter
            case (.groups, .filtersKernelChannels), (.groups, .filtersChannelsKernel):
              filter * depth
            case (.groups, .channelsFiltersKernel):
              (filter / groupFilters * groupChannels * groupFilters + filter % groupFilters) * taps
            }
          for tap in 0..<taps {
            for channel in 0..<groupChannels {
              (start + count).initialize(
                to: numbers[first + tap * tapStride + channel * channelStride])
              count += 1
            }
          }
        }
      }
    }
  }

  /// Weights `[filter][tap][channel]` as depthwise kernels take them: `[tap][filter]`.
  func tapMajor<Element>(_ weights: [Element]) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(weights.count)
    for tap in 0..<taps {
      for filter in 0..<filters { result.append(weights[filter * taps + tap]) }
    }
    return result
  }
}
