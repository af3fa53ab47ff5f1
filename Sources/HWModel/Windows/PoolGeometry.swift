import QuantGraph

/// Pooling windows whatever the layout.
struct PoolGeometry: Sendable {
  private let geometry: ConvolutionGeometry
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
