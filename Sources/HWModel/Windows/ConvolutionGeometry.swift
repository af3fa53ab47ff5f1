import QuantGraph

/// Where the elements of an image, of a kernel's weights and of a result are, whatever their
/// layout; the windows of a pool are those of a depthwise convolution.
struct ConvolutionGeometry: Sendable {
  /// Steps from one element to the next.
  typealias Strides = (batch: Int, channel: Int, spatial: [Int])

  let batch: Int
  let groups: Int
  /// Channels and filters of one group.
  let groupChannels: Int
  let groupFilters: Int
  /// Spatial extents of the data and of the result.
  let extents: [Int]
  let positions: [Int]
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// Positions before the image.
  let margins: [Int]
  let layout: ImageLayout
  let dataStrides: Strides
  let resultStrides: Strides
  /// The last is what a filter's group adds.
  let weightStrides: (filter: Int, channel: Int, kernel: [Int], group: Int)

  // The last two spatial axes of each, which is all that an image has; an axis that is missing has
  // one position.
  let rows: Int
  let columns: Int
  let resultRows: Int
  let resultColumns: Int
  let kernelRows: Int
  let kernelColumns: Int
  let rowStride: Int
  let columnStride: Int
  let rowDilation: Int
  let columnDilation: Int
  let rowsBefore: Int
  let columnsBefore: Int

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ convolution: Convolution, data: Shape, result: Shape) {
    self.init(
      data: data, result: result, kernel: convolution.kernel, strides: convolution.strides,
      dilations: convolution.dilations, margins: convolution.paddingBefore,
      layout: convolution.layout, grouping: convolution.grouping,
      weightLayout: convolution.weightLayout)
  }

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ pool: Pool, data: Shape, result: Shape) {
    self.init(
      data: data, result: result, kernel: pool.kernel, strides: pool.strides,
      dilations: pool.dilations, margins: pool.paddingBefore, layout: pool.layout,
      grouping: .depthwise, weightLayout: .kernelChannelsFilters)
  }

  /// - Precondition: data and result have the kernel's axes and one of channels, at most one more.
  init(
    data: Shape, result: Shape, kernel: [Int], strides: [Int], dilations: [Int], margins: [Int],
    layout: ImageLayout, grouping: Convolution.Grouping, weightLayout: Convolution.WeightLayout
  ) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.margins = margins
    self.layout = layout
    let axes = kernel.count
    func split(_ shape: Shape) -> (batch: Int, channels: Int, spatial: [Int], strides: Strides) {
      let strides = shape.strides
      let first = shape.rank - axes - 1
      let batch = first > 0 ? shape[0] : 1
      let batchStride = first > 0 ? strides[0] : 0
      switch layout {
      case .channelsFirst:
        return (
          batch, shape[first], Array(shape.extents[(first + 1)...]),
          (batchStride, strides[first], Array(strides[(first + 1)...]))
        )
      case .channelsLast:
        return (
          batch, shape[first + axes], Array(shape.extents[first..<first + axes]),
          (batchStride, strides[first + axes], Array(strides[first..<first + axes]))
        )
      }
    }
    let image = split(data)
    let output = split(result)
    batch = image.batch
    extents = image.spatial
    positions = output.spatial
    dataStrides = image.strides
    resultStrides = output.strides
    let taps = kernel.reduce(1, *)
    var tapStrides = [Int](repeating: 1, count: axes)
    for axis in stride(from: axes - 2, through: 0, by: -1) {
      tapStrides[axis] = tapStrides[axis + 1] * kernel[axis + 1]
    }
    switch grouping {
    case .depthwise:
      groups = image.channels
      groupChannels = 1
      groupFilters = output.channels / max(image.channels, 1)
      weightStrides = (1, 0, tapStrides.map { $0 * output.channels }, 0)
    case .groups(let count):
      groups = count
      groupChannels = image.channels / count
      groupFilters = output.channels / count
      switch weightLayout {
      case .kernelChannelsFilters:
        let all = output.channels
        let step = groupChannels * all
        weightStrides = (1, all, tapStrides.map { $0 * step }, 0)
      case .filtersKernelChannels:
        let step = groupChannels
        weightStrides = (taps * step, 1, tapStrides.map { $0 * step }, 0)
      case .filtersChannelsKernel: weightStrides = (taps * groupChannels, taps, tapStrides, 0)
      case .channelsFiltersKernel:
        let channel = groupFilters * taps
        weightStrides = (taps, channel, tapStrides, (groupChannels - 1) * channel)
      }
    }
    func plane(_ values: [Int], absent: Int) -> (Int, Int) {
      (values.count > 1 ? values[values.count - 2] : absent, values.last ?? absent)
    }
    (rows, columns) = plane(extents, absent: 1)
    (resultRows, resultColumns) = plane(positions, absent: 1)
    (kernelRows, kernelColumns) = plane(kernel, absent: 1)
    (rowStride, columnStride) = plane(strides, absent: 1)
    (rowDilation, columnDilation) = plane(dilations, absent: 1)
    (rowsBefore, columnsBefore) = plane(margins, absent: 0)
  }

  /// The rows of the kernel that lie in the image where the result has row `row`.
  @inline(__always)
  func kernelRows(at row: Int) -> Range<Int> {
    Window.taps(
      of: kernelRows, from: row * rowStride - rowsBefore, every: rowDilation, in: 0..<rows)
  }

  /// The columns of the kernel that lie in the image where the result has column `column`.
  @inline(__always)
  func kernelColumns(at column: Int) -> Range<Int> {
    Window.taps(
      of: kernelColumns, from: column * columnStride - columnsBefore, every: columnDilation,
      in: 0..<columns)
  }

  var channels: Int { groups * groupChannels }
  var filters: Int { groups * groupFilters }
  var taps: Int { kernel.reduce(1, *) }
  var positionCount: Int { positions.reduce(1, *) }
  /// Products of one sum.
  var depth: Int { groupChannels * taps }
  /// Whether every channel has filters of its own.
  var isDepthwise: Bool { groupChannels == 1 && groups > 1 }

  /// Weights as `[filter][channel of the group][tap]`.
  func weightMatrix<Element: BitwiseCopyable>(_ weights: [Element]) -> [Element] {
    matrix(weights, isTapMajor: false)
  }

  /// Weights as `[filter][tap][channel of the group]`.
  func tapMajorWeights<Element: BitwiseCopyable>(_ weights: [Element]) -> [Element] {
    matrix(weights, isTapMajor: true)
  }

  private func matrix<Element: BitwiseCopyable>(
    _ weights: [Element], isTapMajor: Bool
  ) -> [Element] {
    let tapOffsets = (0..<taps).map { tap in
      zip(tapIndex(tap), weightStrides.kernel).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return [Element](unsafeUninitializedCapacity: filters * depth) { target, count in
      weights.withUnsafeBufferPointer { weights in
        for filter in 0..<filters {
          let first =
            filter * weightStrides.filter + filter / groupFilters * weightStrides.group
          if isTapMajor {
            for offset in tapOffsets {
              for channel in 0..<groupChannels {
                target[count] = weights[first + channel * weightStrides.channel + offset]
                count += 1
              }
            }
          } else {
            for channel in 0..<groupChannels {
              for offset in tapOffsets {
                target[count] = weights[first + channel * weightStrides.channel + offset]
                count += 1
              }
            }
          }
        }
      }
    }
  }

  /// Position of a tap on each axis of the kernel.
  func tapIndex(_ tap: Int) -> [Int] {
    var rest = tap
    var index = kernel
    for axis in index.indices.reversed() {
      index[axis] = rest % kernel[axis]
      rest /= kernel[axis]
    }
    return index
  }
}
