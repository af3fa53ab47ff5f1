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

  /// Taps on an axis that lie in the image at `position`.
  private func inside(axis: Int, at position: Int) -> Range<Int> {
    taps(axis: axis, at: position, in: 0..<geometry.extents[axis])
  }

  /// Taps on an axis that count in an average at `position`.
  func members(axis: Int, at position: Int) -> Int {
    guard pool.countsPadding else { return inside(axis: axis, at: position).count }
    let end = geometry.extents[axis] + pool.paddingAfter[axis]
    return taps(axis: axis, at: position, in: -pool.paddingBefore[axis]..<end).count
  }

  private func taps(axis: Int, at position: Int, in range: Range<Int>) -> Range<Int> {
    Window.taps(
      of: pool.kernel[axis], from: position * pool.strides[axis] - pool.paddingBefore[axis],
      every: pool.dilations[axis], in: range)
  }

  /// Most elements that an average divides by, at least 1.
  var mostMembers: Int {
    geometry.positions.indices.reduce(1) { product, axis in
      let counts = (0..<geometry.positions[axis]).map { members(axis: axis, at: $0) }
      return product * max(counts.max() ?? 1, 1)
    }
  }

  /// Calls `body` with the offset in the result, the elements of the window that lie in the data,
  /// and how many elements an average divides by, at least 1.
  ///
  /// Memory is that of one window's elements.
  func forEachWindow<Element>(
    _ data: [Element], _ body: (_ offset: Int, _ values: [Element], _ members: Int) -> Void
  ) {
    let axes = geometry.positions.indices
    let insides = axes.map { axis in
      (0..<geometry.positions[axis]).map { inside(axis: axis, at: $0) }
    }
    let members = axes.map { axis in
      (0..<geometry.positions[axis]).map { self.members(axis: axis, at: $0) }
    }
    var values: [Element] = []
    for sample in 0..<geometry.batch {
      for channel in 0..<channels {
        let base =
          sample * geometry.dataStrides.batch + channel * geometry.dataStrides.channel
        var index = [Int](repeating: 0, count: axes.count)
        for position in 0..<geometry.positionCount {
          values.removeAll(keepingCapacity: true)
          gather(data, base, axis: 0, index, insides, into: &values)
          body(
            geometry.resultOffset(sample: sample, filter: channel, position: position), values,
            max(axes.reduce(1) { $0 * members[$1][index[$1]] }, 1))
          for axis in axes.reversed() {
            index[axis] += 1
            if index[axis] < geometry.positions[axis] { break }
            index[axis] = 0
          }
        }
      }
    }
  }

  private func gather<Element>(
    _ data: [Element], _ offset: Int, axis: Int, _ index: [Int], _ insides: [[Range<Int>]],
    into values: inout [Element]
  ) {
    let start = index[axis] * pool.strides[axis] - pool.paddingBefore[axis]
    let step = geometry.dataStrides.spatial[axis]
    for tap in insides[axis][index[axis]] {
      let next = offset + (start + tap * pool.dilations[axis]) * step
      if axis == index.count - 1 {
        values.append(data[next])
      } else {
        gather(data, next, axis: axis + 1, index, insides, into: &values)
      }
    }
  }
}
