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

extension ConvolutionGeometry {
  /// What the window covers at every position, as `[channel][tap][position]`; zero in margins.
  func columns<Element: ProductSum>(
    _ data: UnsafePointer<Element>, sample: Int, group: Int,
    into target: UnsafeMutablePointer<Element>
  ) {
    let count = positionCount
    var place = 0
    for channel in 0..<groupChannels {
      let base =
        sample * dataStrides.batch + (group * groupChannels + channel) * dataStrides.channel
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
    guard count > 0, depth > 0, filters > 0 else { return }
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
        for local in 0..<groupFilters {
          let filter = group * groupFilters + local
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
    offset / resultStrides.channel % filters
  }
}
