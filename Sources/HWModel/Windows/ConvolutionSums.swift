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
  /// What the window covers at the positions whose first coordinate is in `range`, as
  /// `[channel][tap][position]`; zero in margins.
  private func columns<Element: ProductSum>(
    _ data: UnsafePointer<Element>, sample: Int, group: Int, range: Range<Int>,
    into target: UnsafeMutablePointer<Element>
  ) {
    let count = range.count * (positionCount / positions[0])
    var place = 0
    for channel in 0..<groupChannels {
      let base =
        sample * dataStrides.batch + (group * groupChannels + channel) * dataStrides.channel
      for tap in 0..<taps {
        let index = tapIndex(tap)
        let starts = index.indices.map {
          index[$0] * dilations[$0] - margins[$0]
        }
        fill(data, base, starts, axis: 0, range, target + place, step: count)
        place += count
      }
    }
  }

  private func fill<Element: ProductSum>(
    _ data: UnsafePointer<Element>, _ offset: Int, _ starts: [Int], axis: Int, _ range: Range<Int>,
    _ target: UnsafeMutablePointer<Element>, step: Int
  ) {
    let inner = step / range.count
    for position in range {
      let source = starts[axis] + position * strides[axis]
      let row = target + (position - range.lowerBound) * inner
      guard source >= 0, source < extents[axis] else {
        row.update(repeating: .zero, count: inner)
        continue
      }
      let next = offset + source * dataStrides.spatial[axis]
      if axis == positions.count - 1 {
        row.pointee = data[next]
      } else {
        fill(data, next, starts, axis: axis + 1, 0..<positions[axis + 1], row, step: inner)
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
    let depth = depth
    guard positionCount > 0, depth > 0, filters > 0 else { return }
    let inner = positionCount / positions[0]
    // Columns of 16 MiB or of one position along the first axis.
    let block = max(1, min(positions[0], (1 << 22) / max(depth * inner, 1)))
    var columns = [Element](repeating: .zero, count: depth * inner * block)
    var row = [Element](repeating: .zero, count: inner * block)
    let offsets = (0..<positionCount).map { resultOffset(sample: 0, filter: 0, position: $0) }
    for sample in 0..<batch {
      for group in 0..<groups {
        for first in stride(from: 0, to: positions[0], by: block) {
          let range = first..<min(first + block, positions[0])
          let count = range.count * inner
          data.withUnsafeBufferPointer { source in
            columns.withUnsafeMutableBufferPointer { target in
              if let from = source.baseAddress, let to = target.baseAddress {
                self.columns(from, sample: sample, group: group, range: range, into: to)
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
            for position in 0..<count {
              result[base + offsets[first * inner + position]] = row[position]
            }
          }
        }
      }
    }
  }

  /// The filter that each element of the result belongs to.
  func filter(ofResult offset: Int) -> Int {
    offset / resultStrides.channel % filters
  }
}
