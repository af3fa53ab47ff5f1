#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

import Arith
import QuantGraph

/// Average or maximum over windows of codes; no requantization.
///
/// The average is that of the taps inside the image, divided as in C with half the divisor added away
/// from zero. Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/pooling.h`.
struct MCUPool<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let geometry: ConvolutionGeometry
  let isMaximum: Bool
  let codes: ClosedRange<Int32>

  func scratchBytes(lanes: Int) -> Int { geometry.channels * 4 }

  func run(_ operands: KernelOperands) {
    let data = UnsafeBufferPointer(operands.inputs[0].elements(as: Data.self))
    let result = operands.outputs[0].elements(as: Data.self)
    let g = geometry
    let sums = UnsafeMutableBufferPointer(
      start: operands.scratch.memory.assumingMemoryBound(to: Int32.self), count: g.channels)
    var position = 0
    for sample in 0..<g.batch {
      for row in 0..<g.resultRows {
        for column in 0..<g.resultColumns {
          let taps = accumulate(data, sample: sample, row: row, column: column, into: sums)
          for channel in 0..<g.channels {
            var value = sums[channel]
            if !isMaximum, taps > 0 {
              value = value > 0 ? (value &+ taps / 2) / taps : (value &- taps / 2) / taps
            }
            result[position + channel] = Data(
              truncatingIfNeeded: min(max(value, codes.lowerBound), codes.upperBound))
          }
          position += g.channels
        }
      }
    }
  }

  /// Sums or maxima of one window, and the number of its taps inside the image.
  private func accumulate(
    _ data: UnsafeBufferPointer<Data>, sample: Int, row: Int, column: Int,
    into sums: UnsafeMutableBufferPointer<Int32>
  ) -> Int32 {
    let g = geometry
    var taps: Int32 = 0
    sums.update(repeating: isMaximum ? Int32(Data.min) : 0)
    for kernelRow in g.kernelRows(at: row) {
      let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
      for kernelColumn in g.kernelColumns(at: column) {
        let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
        taps += 1
        let pixel = ((sample * g.rows + y) * g.columns + x) * g.channels
        for channel in 0..<g.channels {
          let value = Int32(truncatingIfNeeded: data[pixel + channel])
          sums[channel] = isMaximum ? max(sums[channel], value) : sums[channel] &+ value
        }
      }
    }
    return taps
  }
}

/// Values along axes combined: sums of codes, or extreme codes.
struct MCUReduction<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  enum Rule: Sendable {
    /// `sum of (x - z)` requantized; a mean's multiplier holds the division.
    case requantize(Requantizer)
    case maximum
    case minimum
  }

  let rule: Rule
  let shape: Shape
  /// Step in the result of each axis of the data; 0 for combined axes.
  let resultStrides: [Int]
  let resultCount: Int
  let dataZero: Int32

  func scratchBytes(lanes: Int) -> Int { resultCount * 8 }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Data.self)
    let result = operands.outputs[0].elements(as: Data.self)
    let sums = UnsafeMutableBufferPointer(
      start: operands.scratch.memory.assumingMemoryBound(to: Int64.self), count: resultCount)
    let initial: Int64 =
      switch rule {
      case .maximum: Int64(Data.min)
      case .minimum: Int64(Data.max)
      default: 0
      }
    sums.update(repeating: initial)
    withUnsafeTemporaryAllocation(of: Int.self, capacity: shape.rank) { index in
      index.initialize(repeating: 0)
      combine(data, into: sums, index: index)
    }
    for position in 0..<resultCount {
      result[position] = Data(truncatingIfNeeded: code(sums[position]))
    }
  }

  private func combine(
    _ data: UnsafeMutableBufferPointer<Data>, into sums: UnsafeMutableBufferPointer<Int64>,
    index: UnsafeMutableBufferPointer<Int>
  ) {
    var target = 0
    for position in 0..<shape.count {
      let value = Int64(data[position])
      switch rule {
      case .maximum: sums[target] = max(sums[target], value)
      case .minimum: sums[target] = min(sums[target], value)
      case .requantize: sums[target] &+= value - Int64(dataZero)
      }
      var axis = shape.rank - 1
      while axis >= 0 {
        index[axis] += 1
        target += resultStrides[axis]
        if index[axis] < shape[axis] { break }
        target -= resultStrides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  private func code(_ sum: Int64) -> Int64 {
    switch rule {
    case .maximum, .minimum: return sum
    case .requantize(let requantizer): return Int64(requantizer.code(sum, channel: 0))
    }
  }
}

/// The position of the largest or smallest code along an axis; of equal ones the first.
struct MCUArgument<
  Data: Comparable & BitwiseCopyable & Sendable,
  Output: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  let isMaximum: Bool
  let outer: Int
  let extent: Int
  let inner: Int

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Data.self)
    let result = operands.outputs[0].elements(as: Output.self)
    for block in 0..<outer {
      for lane in 0..<inner {
        let base = block * extent * inner + lane
        var best = 0
        for position in 1..<max(extent, 1) {
          let value = data[base + position * inner]
          let current = data[base + best * inner]
          if isMaximum ? value > current : value < current { best = position }
        }
        result[block * inner + lane] = Output(truncatingIfNeeded: best)
      }
    }
  }
}

/// Products of codes along axes: requantized after every multiplication, and once more at the end.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/reduce.h`, `QuantizedReduceProd`.
struct MCUProductReduction<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let walk: ReductionWalk
  let resultCount: Int
  let dataZero: Int32
  let multiplier: QuantizedMultiplier
  let resultZero: Int32
  let codes: ClosedRange<Int32>

  /// A product of each result, and whether it has begun.
  func scratchBytes(lanes: Int) -> Int { resultCount * 8 }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Data.self)
    let result = operands.outputs[0].elements(as: Data.self)
    let memory = operands.scratch.memory.assumingMemoryBound(to: Int32.self)
    let products = UnsafeMutableBufferPointer(start: memory, count: resultCount)
    let begun = UnsafeMutableBufferPointer(start: memory + resultCount, count: resultCount)
    begun.update(repeating: 0)
    walk.forEach { position, target in
      let factor = Int32(truncatingIfNeeded: data[position]) - dataZero
      products[target] =
        begun[target] == 0
        ? factor : multiplier.applied(toWide: Int64(products[target]) * Int64(factor))
      begun[target] = 1
    }
    for index in 0..<resultCount {
      let code = multiplier.applied(toWide: Int64(products[index])) &+ resultZero
      result[index] = Data(
        truncatingIfNeeded: min(max(code, codes.lowerBound), codes.upperBound))
    }
  }
}

extension MCURules {
  /// Each multiplication has its share of the scales: the data's over a root of the result's.
  func planProduct(
    _ reduction: Reduction, _ node: MCUNode, combined: Int
  ) throws(DatapathError) -> PlannedNode {
    let (data, result) = (node.inputs[0], node.result)
    guard !isMicro else {
      throw .parameter("operator", reason: "TensorFlow Lite Micro has no REDUCE_PROD")
    }
    try data.require([.int8, .int16], "data")
    guard combined > 0, data.shape.count > 0 else {
      throw .parameter("axes", reason: "have no elements")
    }
    let factor = data.scale / rootOf(result.scale, combined)
    func kernel<Data: FixedWidthInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> PlannedNode {
      node.planned(
        MCUProductReduction<Data>(
          walk: ReductionWalk(data.shape, axes: reduction.axes), resultCount: result.shape.count,
          dataZero: data.zeroPoint, multiplier: QuantizedMultiplier(factor),
          resultZero: result.zeroPoint, codes: result.clampedCodes(.unbounded)))
    }
    return data.storage == .int8 ? kernel(Int8.self) : kernel(Int16.self)
  }
}

/// `value^(1 / degree)` in binary64.
private func rootOf(_ value: Double, _ degree: Int) -> Double { pow(value, 1 / Double(degree)) }
