import Arith
import QuantGraph

/// Elements copied between regular grids: transposition, slices, padding, repetition, joining.
struct MCUCopy: NodeKernel {
  /// One grid of elements in an operand and in a result.
  struct Part: Sendable {
    let source: MCUSource
    /// Position among the node's results.
    var result = 0
    var extents: [Int]
    var sourceOffset = 0
    var sourceStrides: [Int]
    var resultOffset = 0
    var resultStrides: [Int]
  }

  let elementBytes: Int
  let parts: [Part]
  /// Code that the first result is filled with before the copies, and its element count.
  var fill: (code: Int64, count: Int)?

  init(elementBytes: Int, parts: [Part], fill: (code: Int64, count: Int)? = nil) {
    self.elementBytes = elementBytes
    self.parts = parts
    self.fill = fill
  }

  func run(_ operands: KernelOperands) {
    switch elementBytes {
    case 1: run(operands, as: UInt8.self)
    case 2: run(operands, as: UInt16.self)
    case 4: run(operands, as: UInt32.self)
    default: run(operands, as: UInt64.self)
    }
  }

  private func run<Element: FixedWidthInteger & BitwiseCopyable>(
    _ operands: KernelOperands, as type: Element.Type
  ) {
    if let fill {
      let result = operands.outputs[0].elements(as: type)
      let code = Element(truncatingIfNeeded: fill.code)
      for index in 0..<fill.count { result[index] = code }
    }
    for part in parts {
      let result = operands.outputs[part.result].elements(as: type)
      part.source.withCodes(operands, as: type) { copy(part, from: $0, to: result) }
    }
  }

  private func copy<Element: BitwiseCopyable>(
    _ part: Part, from source: UnsafeBufferPointer<Element>,
    to result: UnsafeMutableBufferPointer<Element>
  ) {
    guard !part.extents.contains(0) else { return }
    guard let inner = part.extents.last, let sourceStep = part.sourceStrides.last,
      let resultStep = part.resultStrides.last
    else {
      result[part.resultOffset] = source[part.sourceOffset]
      return
    }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: part.extents.count) { index in
      index.initialize(repeating: 0)
      copy(
        part, from: source, to: result, inner: inner, sourceStep: sourceStep,
        resultStep: resultStep, index: index)
    }
  }

  private func copy<Element: BitwiseCopyable>(
    _ part: Part, from source: UnsafeBufferPointer<Element>,
    to result: UnsafeMutableBufferPointer<Element>, inner: Int, sourceStep: Int, resultStep: Int,
    index: UnsafeMutableBufferPointer<Int>
  ) {
    let rank = part.extents.count
    var from = part.sourceOffset
    var to = part.resultOffset
    while true {
      if sourceStep == 1 && resultStep == 1 {
        _ = UnsafeMutableBufferPointer(rebasing: result[to..<to + inner])
          .update(fromContentsOf: source[from..<from + inner])
      } else {
        for step in 0..<inner { result[to + step * resultStep] = source[from + step * sourceStep] }
      }
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        from += part.sourceStrides[axis]
        to += part.resultStrides[axis]
        if index[axis] < part.extents[axis] { break }
        from -= part.sourceStrides[axis] * part.extents[axis]
        to -= part.resultStrides[axis] * part.extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// Elements put around by mirroring or repeating the edge.
struct MCUMirror: NodeKernel {
  let elementBytes: Int
  let data: Shape
  let result: Shape
  let before: [Int]
  let rule: Surround.Rule

  func run(_ operands: KernelOperands) {
    let width = elementBytes
    let source = operands.inputs[0].memory
    let target = operands.outputs[0].memory
    let strides = data.strides
    var index = [Int](repeating: 0, count: result.rank)
    for position in 0..<result.count {
      var from = 0
      for axis in index.indices {
        from += place(index[axis] - before[axis], extent: data[axis]) * strides[axis]
      }
      (target + position * width).copyMemory(from: source + from * width, byteCount: width)
      var axis = result.rank - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < result[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }

  /// The position in the data that result position `position` (relative to the data) shows.
  private func place(_ position: Int, extent: Int) -> Int {
    if (0..<extent).contains(position) { return position }
    switch rule {
    case .reflect: return position < 0 ? -position : 2 * extent - 2 - position
    case .symmetric: return position < 0 ? -position - 1 : 2 * extent - 1 - position
    case .edge, .constant: return position < 0 ? 0 : extent - 1
    }
  }
}

/// Elements at positions along an axis, positions read from a tensor.
struct MCUGather<Index: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let elementBytes: Int
  let data: MCUSource
  let indices: MCUSource
  let outer: Int
  let extent: Int
  let inner: Int
  let count: Int

  func run(_ operands: KernelOperands) {
    let block = inner * elementBytes
    let target = operands.outputs[0].memory
    indices.withCodes(operands, as: Index.self) { indices in
      data.withBytes(operands) { base in
        for row in 0..<outer {
          for position in 0..<count {
            var index = Int(truncatingIfNeeded: indices[position])
            if index < 0 { index += extent }
            // The runtimes refuse positions outside the axis; the nearest one stands in for them.
            index = min(max(index, 0), extent - 1)
            (target + (row * count + position) * block).copyMemory(
              from: base + (row * extent + index) * block, byteCount: block)
          }
        }
      }
    }
  }
}

/// The nearest neighbour of each position of a channels-last image.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/resize_nearest_neighbor.h`: scale and
/// coordinates in binary32.
struct MCUResizeNearest: NodeKernel {
  let pixelBytes: Int
  let batch: Int
  let rows: Int
  let columns: Int
  let resultRows: Int
  let resultColumns: Int
  let alignsCorners: Bool
  let usesHalfPixel: Bool

  func run(_ operands: KernelOperands) {
    let source = operands.inputs[0].memory
    let target = operands.outputs[0].memory
    var position = 0
    for sample in 0..<batch {
      for row in 0..<resultRows {
        let y = neighbour(row, extent: rows, resultExtent: resultRows)
        for column in 0..<resultColumns {
          let x = neighbour(column, extent: columns, resultExtent: resultColumns)
          let pixel = (sample * rows + y) * columns + x
          (target + position * pixelBytes).copyMemory(
            from: source + pixel * pixelBytes, byteCount: pixelBytes)
          position += 1
        }
      }
    }
  }

  private func neighbour(_ position: Int, extent: Int, resultExtent: Int) -> Int {
    let scale =
      alignsCorners && resultExtent > 1
      ? Float(extent - 1) / Float(resultExtent - 1) : Float(extent) / Float(resultExtent)
    let coordinate = (Float(position) + (usesHalfPixel ? 0.5 : 0)) * scale
    let rounded =
      alignsCorners ? coordinate.rounded(.toNearestOrAwayFromZero) : coordinate.rounded(.down)
    return max(min(Int(rounded), extent - 1), 0)
  }
}

/// Interpolation between four codes with coordinates of 10 fraction bits.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/resize_bilinear.h`,
/// `ResizeBilinearInteger`.
struct MCUResizeBilinear<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let geometry: ConvolutionGeometry
  let alignsCorners: Bool
  let usesHalfPixel: Bool

  func run(_ operands: KernelOperands) {
    let data = UnsafeBufferPointer(operands.inputs[0].elements(as: Data.self))
    let result = operands.outputs[0].elements(as: Data.self)
    let g = geometry
    var position = 0
    for sample in 0..<g.batch {
      for row in 0..<g.resultRows {
        let y = neighbours(row, extent: g.rows, resultExtent: g.resultRows)
        for column in 0..<g.resultColumns {
          let x = neighbours(column, extent: g.columns, resultExtent: g.resultColumns)
          let corners = [(y.low, x.low), (y.high, x.low), (y.low, x.high), (y.high, x.high)]
          let bases = corners.map { ((sample * g.rows + $0.0) * g.columns + $0.1) * g.channels }
          let (fy, fx) = (y.coordinate - y.low << 10, x.coordinate - x.low << 10)
          let weights = [
            (1024 - fy) * (1024 - fx), fy * (1024 - fx), (1024 - fy) * fx, fy * fx,
          ]
          for channel in 0..<g.channels {
            var sum = 0
            for corner in 0..<4 {
              sum += Int(data[bases[corner] + channel]) * weights[corner]
            }
            let rounded = (sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20)
            result[position] = Data(truncatingIfNeeded: rounded)
            position += 1
          }
        }
      }
    }
  }

  private func neighbours(
    _ position: Int, extent: Int, resultExtent: Int
  ) -> (low: Int, high: Int, coordinate: Int) {
    let scale =
      alignsCorners && resultExtent > 1
      ? ((extent - 1) << 10 + (resultExtent - 1) / 2) / (resultExtent - 1)
      : (extent << 10 + resultExtent / 2) / resultExtent
    let coordinate =
      usesHalfPixel ? position * scale + scale / 2 - (1 << 9) : position * scale
    let low = max(coordinate / 1024, 0)
    let high = min((coordinate + 1023) / 1024, extent - 1)
    return (min(low, extent - 1), max(high, 0), coordinate)
  }
}
