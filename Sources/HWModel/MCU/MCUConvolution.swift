import Arith
import QuantGraph

/// A convolution as its definition: every sum formed tap by tap.
///
/// `sum of (x - z) * w + bias` over the taps inside the image, then the requantizer. Source:
/// TensorFlow Lite, `kernels/internal/reference/integer_ops/{conv,depthwise_conv}.h`.
struct MCUConvolution<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let geometry: ConvolutionGeometry
  /// Zero point subtracted: `[filter][kernel row][kernel column][channel of the group]`.
  let weights: [Int16]
  let bias: [Int64]
  let dataZero: Int32
  let requantizer: Requantizer

  func run(_ operands: KernelOperands) {
    let data = UnsafeBufferPointer(operands.inputs[0].elements(as: Data.self))
    let result = operands.outputs[0].elements(as: Data.self)
    let g = geometry
    var position = 0
    for sample in 0..<g.batch {
      for row in 0..<g.resultRows {
        for column in 0..<g.resultColumns {
          for filter in 0..<g.filters {
            let sum = sum(data, sample: sample, row: row, column: column, filter: filter)
            result[position] = Data(
              truncatingIfNeeded: requantizer.code(sum, channel: filter))
            position += 1
          }
        }
      }
    }
  }

  private func sum(
    _ data: UnsafeBufferPointer<Data>, sample: Int, row: Int, column: Int, filter: Int
  ) -> Int64 {
    let g = geometry
    let taps = g.kernelRows * g.kernelColumns
    var sum = bias.isEmpty ? 0 : bias[filter]
    for kernelRow in g.kernelRows(at: row) {
      let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
      for kernelColumn in g.kernelColumns(at: column) {
        let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
        let pixel = ((sample * g.rows + y) * g.columns + x) * g.channels
        let tap = kernelRow * g.kernelColumns + kernelColumn
        let first = pixel + filter / g.groupFilters * g.groupChannels
        let weight = (filter * taps + tap) * g.groupChannels
        for channel in 0..<g.groupChannels {
          let value = Int32(truncatingIfNeeded: data[first + channel]) - dataZero
          sum &+= Int64(value) * Int64(weights[weight + channel])
        }
      }
    }
    return sum
  }
}

/// A transposed convolution as its definition: each input value is spread over the result.
///
/// Sums are kept in 64 bits; sums of 8-bit data wrap to 32 bits in the requantizer. Source:
/// TensorFlow Lite, `kernels/internal/reference/integer_ops/transpose_conv.h`.
struct MCUTransposedConvolution<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  /// Rows, columns and channels are the input's; the result's are larger.
  let geometry: ConvolutionGeometry
  /// `[filter][kernel row][kernel column][channel]`.
  let weights: [Int16]
  let bias: [Int64]
  let dataZero: Int32
  let requantizer: Requantizer

  func scratchBytes(lanes: Int) -> Int {
    geometry.resultRows * geometry.resultColumns * geometry.filters * 8
  }

  func run(_ operands: KernelOperands) {
    let data = UnsafeBufferPointer(operands.inputs[0].elements(as: Data.self))
    let result = operands.outputs[0].elements(as: Data.self)
    let g = geometry
    let count = g.resultRows * g.resultColumns * g.filters
    let sums = UnsafeMutableBufferPointer(
      start: operands.scratch.memory.assumingMemoryBound(to: Int64.self), count: count)
    for sample in 0..<g.batch {
      for position in 0..<count { sums[position] = bias.isEmpty ? 0 : bias[position % g.filters] }
      for row in 0..<g.rows {
        for column in 0..<g.columns {
          spread(data, sample: sample, row: row, column: column, into: sums)
        }
      }
      for position in 0..<count {
        result[sample * count + position] = Data(
          truncatingIfNeeded: requantizer.code(sums[position], channel: position % g.filters))
      }
    }
  }

  private func spread(
    _ data: UnsafeBufferPointer<Data>, sample: Int, row: Int, column: Int,
    into sums: UnsafeMutableBufferPointer<Int64>
  ) {
    let g = geometry
    let pixel = ((sample * g.rows + row) * g.columns + column) * g.channels
    let rows = Window.taps(
      of: g.kernelRows, from: row * g.rowStride - g.rowsBefore, every: g.rowDilation,
      in: 0..<g.resultRows)
    let columns = Window.taps(
      of: g.kernelColumns, from: column * g.columnStride - g.columnsBefore,
      every: g.columnDilation, in: 0..<g.resultColumns)
    for kernelRow in rows {
      let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
      for kernelColumn in columns {
        let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
        let target = (y * g.resultColumns + x) * g.filters
        let tap = kernelRow * g.kernelColumns + kernelColumn
        for filter in 0..<g.filters {
          let weight = (filter * g.kernelRows * g.kernelColumns + tap) * g.channels
          var sum: Int64 = 0
          for channel in 0..<g.channels {
            let value = Int32(truncatingIfNeeded: data[pixel + channel]) - dataZero
            sum &+= Int64(value) * Int64(weights[weight + channel])
          }
          sums[target + filter] &+= sum
        }
      }
    }
  }
}

/// Products of rows of data with the rows of a weight matrix, as their definition.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/fully_connected.h`.
struct MCUDense<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let rows: Int
  let depth: Int
  let results: Int
  /// Zero point subtracted: `[results][depth]`.
  let weights: [Int16]
  let bias: [Int64]
  let dataZero: Int32
  let requantizer: Requantizer

  func run(_ operands: KernelOperands) {
    let data = UnsafeBufferPointer(operands.inputs[0].elements(as: Data.self))
    let result = operands.outputs[0].elements(as: Data.self)
    for row in 0..<rows {
      for index in 0..<results {
        var sum = bias.isEmpty ? 0 : bias[index]
        for position in 0..<depth {
          let value = Int32(truncatingIfNeeded: data[row * depth + position]) - dataZero
          sum &+= Int64(value) * Int64(weights[index * depth + position])
        }
        // Sums of 8-bit data are kept in 32 bits, whatever the multiplier's rule.
        if Data.bitWidth == 8 { sum = Int64(Int32(truncatingIfNeeded: sum)) }
        result[row * results + index] = Data(
          truncatingIfNeeded: requantizer.code(sum, channel: index))
      }
    }
  }
}
