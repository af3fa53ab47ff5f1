import QuantGraph

/// A number type that sums of products are made in.
protocol ProductSum: Numeric, BitwiseCopyable, Sendable {
  /// `self + a * b` by the type's own rule: one rounding each for floats, wrapping for integers.
  func adding(_ a: Self, times b: Self) -> Self
}

extension Float: ProductSum {
  @inline(__always) func adding(_ a: Float, times b: Float) -> Float { self + a * b }
}
extension Double: ProductSum {
  @inline(__always) func adding(_ a: Double, times b: Double) -> Double { self + a * b }
}
extension Int32: ProductSum {
  @inline(__always) func adding(_ a: Int32, times b: Int32) -> Int32 { self &+ a &* b }
}
extension Int64: ProductSum {
  @inline(__always) func adding(_ a: Int64, times b: Int64) -> Int64 { self &+ a &* b }
}

/// Where the elements of an image, a kernel's weights and a result are, whatever their layout.
struct ArrayConvolutionGeometry: Sendable {
  let batch: Int
  let groups: Int
  let channels: Int
  let filters: Int
  /// Spatial extents of the data and of the result.
  let extents: [Int]
  let positions: [Int]
  let kernel: [Int]
  private let strides: [Int]
  private let dilations: [Int]
  private let margins: [Int]
  private let dataStrides: (batch: Int, channel: Int, spatial: [Int])
  private let resultStrides: (batch: Int, channel: Int, spatial: [Int])
  private let weightStrides: (filter: Int, channel: Int, kernel: [Int])

  /// `channels` and `filters` are those of one group.
  ///
  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ convolution: Convolution, data: Shape, weights: Shape, result: Shape) {
    kernel = convolution.kernel
    strides = convolution.strides
    dilations = convolution.dilations
    margins = convolution.paddingBefore
    let axes = convolution.kernel.count
    func split(_ shape: Shape) -> (
      batch: Int, channels: Int, spatial: [Int], strides: (Int, Int, [Int])
    ) {
      let strides = shape.strides
      let first = shape.rank - axes - 1
      let batch = first > 0 ? shape[0] : 1
      let batchStride = first > 0 ? strides[0] : 0
      switch convolution.layout {
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
    let taps = convolution.kernel.reduce(1, *)
    var tapStrides = [Int](repeating: 1, count: axes)
    for axis in stride(from: axes - 2, through: 0, by: -1) {
      tapStrides[axis] = tapStrides[axis + 1] * convolution.kernel[axis + 1]
    }
    switch convolution.grouping {
    case .depthwise:
      groups = image.channels
      channels = 1
      filters = output.channels / max(image.channels, 1)
      weightStrides = (1, 0, tapStrides.map { $0 * output.channels })
    case .groups(let count):
      groups = count
      channels = image.channels / count
      filters = output.channels / count
      switch convolution.weightLayout {
      case .kernelChannelsFilters:
        let all = output.channels
        let step = channels * all
        weightStrides = (1, all, tapStrides.map { $0 * step })
      case .filtersKernelChannels:
        let step = channels
        weightStrides = (taps * step, 1, tapStrides.map { $0 * step })
      case .filtersChannelsKernel: weightStrides = (taps * channels, taps, tapStrides)
      }
    }
  }

  var taps: Int { kernel.reduce(1, *) }
  var positionCount: Int { positions.reduce(1, *) }
  /// Products of one sum.
  var depth: Int { channels * taps }

  /// Weights as `[filter of all][channel][tap]`.
  func weightMatrix<Element: BitwiseCopyable>(_ weights: [Element]) -> [Element] {
    var matrix: [Element] = []
    matrix.reserveCapacity(groups * filters * depth)
    for filter in 0..<groups * filters {
      for channel in 0..<channels {
        for tap in 0..<taps {
          var offset = filter * weightStrides.filter + channel * weightStrides.channel
          for (index, stride) in zip(tapIndex(tap), weightStrides.kernel) {
            offset += index * stride
          }
          matrix.append(weights[offset])
        }
      }
    }
    return matrix
  }

  private func tapIndex(_ tap: Int) -> [Int] {
    var rest = tap
    var index = kernel
    for axis in index.indices.reversed() {
      index[axis] = rest % kernel[axis]
      rest /= kernel[axis]
    }
    return index
  }

  /// What the window covers at every position, as `[channel][tap][position]`; zero in margins.
  func columns<Element: ProductSum>(
    _ data: UnsafePointer<Element>, sample: Int, group: Int,
    into target: UnsafeMutablePointer<Element>
  ) {
    let count = positionCount
    var place = 0
    for channel in 0..<channels {
      let base = sample * dataStrides.batch + (group * channels + channel) * dataStrides.channel
      for tap in 0..<taps {
        let index = tapIndex(tap)
        let starts = index.indices.map {
          index[$0] * dilations[$0] - margins[$0]
        }
        fill(data, base, starts, axis: 0, target + place, step: count)
        place += count
      }
    }
  }

  private func fill<Element: ProductSum>(
    _ data: UnsafePointer<Element>, _ offset: Int, _ starts: [Int], axis: Int,
    _ target: UnsafeMutablePointer<Element>, step: Int
  ) {
    let inner = step / positions[axis]
    for position in 0..<positions[axis] {
      let source = starts[axis] + position * strides[axis]
      let row = target + position * inner
      guard source >= 0, source < extents[axis] else {
        row.update(repeating: .zero, count: inner)
        continue
      }
      let next = offset + source * dataStrides.spatial[axis]
      if axis == positions.count - 1 {
        row.pointee = data[next]
      } else {
        fill(data, next, starts, axis: axis + 1, row, step: inner)
      }
    }
  }

  /// Offset in the result of position `position` (row-major) of filter `filter` of all.
  func resultOffset(sample: Int, filter: Int, position: Int) -> Int {
    var offset = sample * resultStrides.batch + filter * resultStrides.channel
    var rest = position
    for axis in positions.indices.reversed() {
      offset += rest % positions[axis] * resultStrides.spatial[axis]
      rest /= positions[axis]
    }
    return offset
  }

  /// All sums, handed over as `(offset in the result, filter, sum)`.
  ///
  /// Products are added channel by channel, tap by tap; wrapping sums do not depend on the order.
  func sums<Element: ProductSum>(
    _ data: [Element], matrix: [Element], into result: UnsafeMutablePointer<Element>
  ) {
    let count = positionCount
    let depth = depth
    guard count > 0, depth > 0, groups * filters > 0 else { return }
    var columns = [Element](repeating: .zero, count: depth * count)
    var row = [Element](repeating: .zero, count: count)
    let offsets = (0..<count).map { resultOffset(sample: 0, filter: 0, position: $0) }
    for sample in 0..<batch {
      for group in 0..<groups {
        data.withUnsafeBufferPointer { source in
          columns.withUnsafeMutableBufferPointer { target in
            if let from = source.baseAddress, let to = target.baseAddress {
              self.columns(from, sample: sample, group: group, into: to)
            }
          }
        }
        for local in 0..<filters {
          let filter = group * filters + local
          row.withUnsafeMutableBufferPointer { sums in
            columns.withUnsafeBufferPointer { values in
              sums.update(repeating: .zero)
              for index in 0..<depth {
                let weight = matrix[filter * depth + index]
                let values = UnsafeBufferPointer(
                  rebasing: values[index * count..<(index + 1) * count])
                for position in 0..<count {
                  sums[position] = sums[position].adding(weight, times: values[position])
                }
              }
            }
          }
          let base = sample * resultStrides.batch + filter * resultStrides.channel
          for position in 0..<count { result[base + offsets[position]] = row[position] }
        }
      }
    }
  }

  /// The filter that each element of the result belongs to.
  func filter(ofResult offset: Int) -> Int {
    let all = groups * filters
    return offset / resultStrides.channel % all
  }
}

/// Matrix products over leading axes, whatever the operands' ranks.
struct ProductGeometry: Sendable {
  let rows: Int
  let inner: Int
  let columns: Int
  /// Offsets of the left and right matrices of each product.
  let offsets: [(left: Int, right: Int)]
  let transposesLeft: Bool
  let transposesRight: Bool

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ product: MatMul, left: Shape, right: Shape) {
    let a = left.rank == 1 ? [1, left[0]] : left.extents
    let b = right.rank == 1 ? [right[0], 1] : right.extents
    transposesLeft = product.transposesLeft && left.rank > 1
    transposesRight = product.transposesRight && right.rank > 1
    rows = transposesLeft ? a[a.count - 1] : a[a.count - 2]
    inner = transposesLeft ? a[a.count - 2] : a[a.count - 1]
    columns = transposesRight ? b[b.count - 2] : b[b.count - 1]
    let (leftOuter, rightOuter) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
    let rank = max(leftOuter.count, rightOuter.count)
    let leftAll = [Int](repeating: 1, count: rank - leftOuter.count) + leftOuter
    let rightAll = [Int](repeating: 1, count: rank - rightOuter.count) + rightOuter
    let outer = zip(leftAll, rightAll).map { $0 == 1 ? $1 : $0 }
    let (leftSize, rightSize) = (a.suffix(2).reduce(1, *), b.suffix(2).reduce(1, *))
    offsets = (0..<outer.reduce(1, *)).map { block in
      var (rest, leftStride, rightStride) = (block, leftSize, rightSize)
      var (leftOffset, rightOffset) = (0, 0)
      for axis in (0..<rank).reversed() {
        let index = rest % outer[axis]
        rest /= outer[axis]
        if leftAll[axis] > 1 { leftOffset += index * leftStride }
        if rightAll[axis] > 1 { rightOffset += index * rightStride }
        leftStride *= leftAll[axis]
        rightStride *= rightAll[axis]
      }
      return (leftOffset, rightOffset)
    }
  }

  /// All sums, `[product][row][column]`.
  func sums<Element: ProductSum>(_ left: [Element], _ right: [Element]) -> [Element] {
    var result = [Element](repeating: .zero, count: offsets.count * rows * columns)
    guard rows > 0, columns > 0 else { return result }
    for (block, offset) in offsets.enumerated() {
      let matrix = transposesRight ? transposed(right, from: offset.right) : []
      let base = transposesRight ? 0 : offset.right
      result.withUnsafeMutableBufferPointer { result in
        (transposesRight ? matrix : right).withUnsafeBufferPointer { right in
          for row in 0..<rows {
            let start = (block * rows + row) * columns
            let sums = UnsafeMutableBufferPointer(rebasing: result[start..<start + columns])
            for index in 0..<inner {
              let value =
                transposesLeft
                ? left[offset.left + index * rows + row] : left[offset.left + row * inner + index]
              let first = base + index * columns
              let values = UnsafeBufferPointer(rebasing: right[first..<first + columns])
              for column in 0..<columns {
                sums[column] = sums[column].adding(value, times: values[column])
              }
            }
          }
        }
      }
    }
    return result
  }

  private func transposed<Element: ProductSum>(_ values: [Element], from start: Int) -> [Element] {
    var result = [Element](repeating: .zero, count: inner * columns)
    for column in 0..<columns {
      for index in 0..<inner {
        result[index * columns + column] = values[start + column * inner + index]
      }
    }
    return result
  }
}

/// Pooling windows whatever the layout.
struct PoolGeometry: Sendable {
  private let geometry: ArrayConvolutionGeometry
  let pool: Pool
  let channels: Int

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ pool: Pool, data: Shape, result: Shape) {
    self.pool = pool
    // A depthwise convolution has the same windows.
    let window = Convolution(
      kernel: pool.kernel, strides: pool.strides, dilations: pool.dilations,
      paddingBefore: pool.paddingBefore, paddingAfter: pool.paddingAfter, layout: pool.layout,
      grouping: .depthwise, weightLayout: .kernelChannelsFilters)
    geometry = ArrayConvolutionGeometry(window, data: data, weights: data, result: result)
    channels = geometry.groups
  }

  /// Elements of one window that count in an average.
  private func members(_ position: Int) -> Int {
    var rest = position
    var members = 1
    for axis in geometry.positions.indices.reversed() {
      let start = rest % geometry.positions[axis] * pool.strides[axis] - pool.paddingBefore[axis]
      rest /= geometry.positions[axis]
      let low = pool.countsPadding ? -pool.paddingBefore[axis] : 0
      let high = geometry.extents[axis] + (pool.countsPadding ? pool.paddingAfter[axis] : 0)
      members *= (0..<pool.kernel[axis]).count { tap in
        (low..<high).contains(start + tap * pool.dilations[axis])
      }
    }
    return members
  }

  /// Calls `body` with the offset in the result, the elements of the window that lie in the data,
  /// and how many elements an average divides by.
  func forEachWindow<Element: ProductSum>(
    _ data: [Element], _ body: (_ offset: Int, _ values: [Element], _ members: Int) -> Void
  ) {
    let count = geometry.positionCount
    let taps = geometry.taps
    var values = [Element](repeating: .zero, count: taps * count)
    var present = values
    let members = (0..<count).map(self.members)
    let ones = [Element](repeating: 1, count: data.count)
    for sample in 0..<geometry.batch {
      for channel in 0..<channels {
        fill(data, sample, channel, &values)
        fill(ones, sample, channel, &present)
        for position in 0..<count {
          let window = (0..<taps).filter { present[$0 * count + position] != .zero }
            .map { values[$0 * count + position] }
          body(
            geometry.resultOffset(sample: sample, filter: channel, position: position), window,
            max(members[position], 1))
        }
      }
    }
  }

  private func fill<Element: ProductSum>(
    _ data: [Element], _ sample: Int, _ channel: Int, _ target: inout [Element]
  ) {
    data.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        if let from = source.baseAddress, let to = target.baseAddress {
          geometry.columns(from, sample: sample, group: channel, into: to)
        }
      }
    }
  }
}
