import Arith
import QuantGraph

/// Normalized exponentials of rows of binary32 numbers, or their logarithms.
///
/// The largest is subtracted, exponentials are summed in order from 0, all in binary32. Source: TensorFlow
/// Lite, `kernels/internal/reference/{softmax,log_softmax}.h`; functions as ``ElementaryFloat`` has them.
struct MCURealSoftmax: NodeKernel {
  let rows: Int
  let count: Int
  let beta: Float
  let isLogarithm: Bool

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for row in 0..<rows {
      let range = row * count..<(row + 1) * count
      var largest = -Float.greatestFiniteMagnitude
      for index in range where largest < data[index] { largest = data[index] }
      var sum: Float = 0
      if isLogarithm {
        for index in range { sum += ElementaryFloat.exp(data[index] - largest) }
        let logarithm = ElementaryFloat.log(sum)
        for index in range { result[index] = data[index] - largest - logarithm }
      } else {
        for index in range {
          let value = ElementaryFloat.exp((data[index] - largest) * beta)
          result[index] = value
          sum += value
        }
        for index in range { result[index] /= sum }
      }
    }
  }
}

/// Rows of binary32 numbers divided by their Euclidean length, which is at least 10^-6.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/l2normalization.h`.
struct MCURealLength: NodeKernel {
  let rows: Int
  let count: Int

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for row in 0..<rows {
      let range = row * count..<(row + 1) * count
      var sum: Float = 0
      for index in range {
        let square = data[index] * data[index]
        sum += square
      }
      let root = sum.squareRoot()
      let length: Float = root < 1e-6 ? 1e-6 : root
      for index in range { result[index] = data[index] / length }
    }
  }
}

/// Means or maxima of windows of binary32 numbers.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/pooling.h`: a mean is the sum in order over the
/// number of taps inside the image.
struct MCURealPool: NodeKernel {
  let geometry: ConvolutionGeometry
  let isMaximum: Bool
  let clamp: RealClamp

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    let g = geometry
    var target = 0
    for sample in 0..<g.batch {
      for row in 0..<g.resultRows {
        let rows = g.kernelRows(at: row)
        for column in 0..<g.resultColumns {
          let columns = g.kernelColumns(at: column)
          let sums = UnsafeMutableBufferPointer(rebasing: result[target..<target + g.channels])
          sums.update(repeating: isMaximum ? -Float.greatestFiniteMagnitude : 0)
          for kernelRow in rows {
            let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
            for kernelColumn in columns {
              let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
              let first = ((sample * g.rows + y) * g.columns + x) * g.channels
              let values = UnsafeBufferPointer(rebasing: data[first..<first + g.channels])
              if isMaximum {
                for channel in 0..<g.channels where sums[channel] < values[channel] {
                  sums[channel] = values[channel]
                }
              } else {
                for channel in 0..<g.channels { sums[channel] += values[channel] }
              }
            }
          }
          let count = Float(rows.count * columns.count)
          for channel in 0..<g.channels {
            sums[channel] = clamp(isMaximum ? sums[channel] : sums[channel] / count)
          }
          target += g.channels
        }
      }
    }
  }
}

/// Binary32 numbers along axes combined, in row-major order.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/reduce.h` and `kernels/reduce.cc`; a mean is the sum
/// over the number of elements.
struct MCURealReduction: NodeKernel {
  enum Rule: Sendable { case sum, product, maximum, minimum }

  let rule: Rule
  /// What a mean is divided by.
  let divisor: Float?
  let walk: ReductionWalk

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    let initial: Float =
      switch rule {
      case .sum: 0
      case .product: 1
      case .maximum: -Float.greatestFiniteMagnitude
      case .minimum: Float.greatestFiniteMagnitude
      }
    result.update(repeating: initial)
    walk.forEach { position, target in
      let value = data[position]
      switch rule {
      case .sum: result[target] += value
      case .product: result[target] *= value
      case .maximum: if value > result[target] { result[target] = value }
      case .minimum: if value < result[target] { result[target] = value }
      }
    }
    if let divisor { for index in 0..<result.count { result[index] /= divisor } }
  }
}

/// The elements of data in row-major order, each with the element of the result that it belongs to.
struct ReductionWalk: Sendable {
  let extents: [Int]
  /// Step in the result of each axis of the data; 0 for combined axes.
  let strides: [Int]

  init(_ shape: Shape, axes: [Int]) {
    extents = shape.extents
    var strides = [Int](repeating: 0, count: shape.rank)
    var step = 1
    for axis in extents.indices.reversed() where !axes.contains(axis) {
      strides[axis] = step
      step *= extents[axis]
    }
    self.strides = strides
  }

  @inline(__always)
  func forEach(_ body: (_ position: Int, _ target: Int) -> Void) {
    guard !extents.contains(0) else { return }
    guard let inner = extents.last, let step = strides.last else { return body(0, 0) }
    var index = [Int](repeating: 0, count: extents.count)
    var (position, target) = (0, 0)
    while true {
      for place in 0..<inner { body(position + place, target + place * step) }
      position += inner
      var axis = extents.count - 2
      while axis >= 0 {
        index[axis] += 1
        target += strides[axis]
        if index[axis] < extents[axis] { break }
        target -= strides[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// An image of binary32 numbers resampled between four neighbours.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/resize_bilinear.h`.
struct MCURealResize: NodeKernel {
  let geometry: ConvolutionGeometry
  let alignsCorners: Bool
  let usesHalfPixel: Bool

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    let g = geometry
    let rows = (0..<g.resultRows).map { neighbours($0, g.rows, g.resultRows) }
    let columns = (0..<g.resultColumns).map { neighbours($0, g.columns, g.resultColumns) }
    var position = 0
    for sample in 0..<g.batch {
      for y in rows {
        let fy = y.place - Float(y.low)
        for x in columns {
          let fx = x.place - Float(x.low)
          let top = (sample * g.rows + y.low) * g.columns
          let bottom = (sample * g.rows + y.high) * g.columns
          for channel in 0..<g.channels {
            func value(_ row: Int, _ column: Int) -> Float {
              data[(row + column) * g.channels + channel]
            }
            let first = value(top, x.low) * (1 - fy) * (1 - fx)
            let second = value(bottom, x.low) * fy * (1 - fx)
            let third = value(top, x.high) * (1 - fy) * fx
            let fourth = value(bottom, x.high) * fy * fx
            // The last term is what integers are rounded with.
            result[position] = first + second + third + fourth + 0
            position += 1
          }
        }
      }
    }
  }

  private func neighbours(
    _ position: Int, _ extent: Int, _ resultExtent: Int
  ) -> (low: Int, high: Int, place: Float) {
    let scale =
      alignsCorners && resultExtent > 1
      ? Float(extent - 1) / Float(resultExtent - 1) : Float(extent) / Float(resultExtent)
    let place =
      usesHalfPixel ? (Float(position) + 0.5) * scale - 0.5 : Float(position) * scale
    let low = min(max(Int(place.rounded(.down)), 0), extent - 1)
    return (low, max(min(Int(place.rounded(.up)), extent - 1), 0), place)
  }
}

/// Running sums of binary32 numbers along an axis.
///
/// Source: TensorFlow Lite, `kernels/internal/optimized/optimized_ops.h`, `CumsumImpl`.
struct MCURealCumulativeSum: NodeKernel {
  let sum: CumulativeSum
  let outer: Int
  let extent: Int
  let inner: Int

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for block in 0..<outer {
      for lane in 0..<inner {
        var total: Float = 0
        for step in 0..<extent {
          let place = sum.isReversed ? extent - 1 - step : step
          let index = (block * extent + place) * inner + lane
          if sum.isExclusive { result[index] = total }
          total += data[index]
          if !sum.isExclusive { result[index] = total }
        }
      }
    }
  }
}

/// Plans of operators over rows, windows and axes of binary32 numbers.
extension MCURules {
  func planReal(_ softmax: AxisSoftmax, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let shape = node.inputs[0].shape
    guard node.result.isFloat, softmax.axis == shape.rank - 1, shape.count > 0 else {
      throw .parameter("softmax", reason: "of float32 along the last axis")
    }
    let count = shape[shape.rank - 1]
    return node.planned(
      MCURealSoftmax(
        rows: shape.count / count, count: count, beta: softmax.beta,
        isLogarithm: softmax.isLogarithm))
  }

  func planRealLength(_ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let shape = node.inputs[0].shape
    guard node.result.isFloat, shape.rank > 0 else {
      throw .encoding(operand: "the result", expected: "float32")
    }
    let count = shape[shape.rank - 1]
    return node.planned(
      MCURealLength(rows: count == 0 ? 0 : shape.count / count, count: count))
  }

  func planReal(_ pool: Pool, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    guard node.result.isFloat else { throw .encoding(operand: "the result", expected: "float32") }
    return node.planned(
      MCURealPool(
        geometry: try node.geometry(pool), isMaximum: pool.reduction == .maximum,
        clamp: RealClamp(pool.range)))
  }

  func planReal(_ reduction: Reduction, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let data = node.inputs[0]
    guard node.result.isFloat else { throw .encoding(operand: "the result", expected: "float32") }
    let rule: MCURealReduction.Rule
    switch reduction.function {
    case .mean, .sum: rule = .sum
    case .product: rule = .product
    case .maximum: rule = .maximum
    case .minimum: rule = .minimum
    default:
      throw .parameter(
        "function", reason: "\(reduction.function.rawValue) of float32 has no rule here")
    }
    let combined = reduction.axes.reduce(1) { $0 * data.shape[$1] }
    return node.planned(
      MCURealReduction(
        rule: rule, divisor: reduction.function == .mean ? Float(combined) : nil,
        walk: ReductionWalk(data.shape, axes: reduction.axes)))
  }
}
