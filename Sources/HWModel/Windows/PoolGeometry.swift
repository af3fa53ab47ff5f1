import QuantGraph

/// Pooling windows whatever the layout.
struct PoolGeometry: Sendable {
  let geometry: ConvolutionGeometry
  let pool: Pool
  let channels: Int

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ pool: Pool, data: Shape, result: Shape) {
    self.pool = pool
    geometry = ConvolutionGeometry(pool, data: data, result: result)
    channels = geometry.channels
  }

  /// Elements of one window that count in an average.
  private func members(_ position: Int) -> Int {
    var rest = position
    var product = 1
    for axis in geometry.positions.indices.reversed() {
      product *= members(axis: axis, at: rest % geometry.positions[axis])
      rest /= geometry.positions[axis]
    }
    return product
  }

  /// Taps on an axis that count in an average at `position`.
  func members(axis: Int, at position: Int) -> Int {
    let start = position * pool.strides[axis] - pool.paddingBefore[axis]
    let low = pool.countsPadding ? -pool.paddingBefore[axis] : 0
    let high = geometry.extents[axis] + (pool.countsPadding ? pool.paddingAfter[axis] : 0)
    var count = 0
    for tap in 0..<pool.kernel[axis] where (low..<high).contains(start + tap * pool.dilations[axis])
    {
      count += 1
    }
    return count
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
    let ones = [Element](repeating: 1, count: data.count)
    let members = (0..<count).map(self.members)
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
