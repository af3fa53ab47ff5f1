import Arith
import QuantGraph

/// Two tensors compared element by element, with numpy's broadcasting; 1 where the comparison holds.
///
/// Codes of 8 bits are brought to values with 8 more bits and scaled, others are compared as they are.
/// Source: TensorFlow Lite, `kernels/comparisons.cc` and `internal/reference/comparisons.h`.
struct MCUComparison<Data: BitwiseCopyable & Comparable & Sendable>: NodeKernel {
  let function: Binary.Function
  let left: MCUSource
  let right: MCUSource
  let walk: BroadcastWalk
  /// What stands for an element of either operand; nil where the elements themselves are compared.
  let scaled: (@Sendable (Data, _ isLeft: Bool) -> Int32)?

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: UInt8.self)
    left.withCodes(operands, as: Data.self) { left in
      right.withCodes(operands, as: Data.self) { right in
        walk.forEach { position, a, b in
          let isTrue =
            scaled.map { holds($0(left[a], true), $0(right[b], false)) }
            ?? holds(left[a], right[b])
          result[position] = isTrue ? 1 : 0
        }
      }
    }
  }

  private func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
    switch function {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    default: a >= b
    }
  }
}

/// Truth values combined, with numpy's broadcasting.
///
/// Source: TensorFlow Lite, `kernels/logical.cc`.
struct MCULogical: NodeKernel {
  let isAnd: Bool
  let left: MCUSource
  let right: MCUSource
  let walk: BroadcastWalk

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: UInt8.self)
    left.withCodes(operands, as: UInt8.self) { left in
      right.withCodes(operands, as: UInt8.self) { right in
        walk.forEach { position, a, b in
          let (x, y) = (left[a] != 0, right[b] != 0)
          result[position] = (isAnd ? x && y : x || y) ? 1 : 0
        }
      }
    }
  }
}

/// Elements of the first tensor where the condition holds, else of the second.
///
/// Codes are copied, whatever their scales. Source: `kernels/select.cc`.
struct MCUSelect: NodeKernel {
  let elementBytes: Int
  let condition: MCUSource
  let first: MCUSource
  let second: MCUSource
  /// Of the result and the two tensors.
  let walk: BroadcastWalk
  /// Of the result and the condition, twice.
  let conditionWalk: BroadcastWalk
  let count: Int

  func scratchBytes(lanes: Int) -> Int { count }

  func run(_ operands: KernelOperands) {
    let chosen = UnsafeMutableBufferPointer(
      start: operands.scratch.memory.assumingMemoryBound(to: UInt8.self), count: count)
    condition.withCodes(operands, as: UInt8.self) { condition in
      conditionWalk.forEach { position, source, _ in chosen[position] = condition[source] }
    }
    let target = operands.outputs[0].memory
    let width = elementBytes
    first.withBytes(operands) { first in
      second.withBytes(operands) { second in
        walk.forEach { position, a, b in
          let source = chosen[position] != 0 ? first + a * width : second + b * width
          (target + position * width).copyMemory(from: source, byteCount: width)
        }
      }
    }
  }
}

/// The largest codes of each row and their positions, in descending order.
///
/// Of equal ones the earlier comes first. Source: TensorFlow Lite, `kernels/topk_v2.cc`.
struct MCUTopK<
  Data: Comparable & BitwiseCopyable & Sendable,
  Position: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  let rows: Int
  let extent: Int
  let count: Int

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Data.self)
    let values = operands.outputs[0].elements(as: Data.self)
    let positions = operands.outputs[1].elements(as: Position.self)
    for row in 0..<rows {
      let base = row * extent
      let order = (0..<extent).sorted {
        data[base + $0] != data[base + $1] ? data[base + $0] > data[base + $1] : $0 < $1
      }
      for rank in 0..<count {
        values[row * count + rank] = data[base + order[rank]]
        positions[row * count + rank] = Position(truncatingIfNeeded: order[rank])
      }
    }
  }
}

/// Elements or blocks whose positions along the leading axes are read from a tensor.
///
/// Source: `kernels/internal/reference/reference_ops.h`, `GatherNd`; the runtimes refuse positions
/// outside an axis, the nearest one stands in for them here.
struct MCUGatherND<Index: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let blockBytes: Int
  let data: MCUSource
  let indices: MCUSource
  let rows: Int
  /// Extents of the axes that indices name, and the blocks from one index to the next.
  let extents: [Int]
  let strides: [Int]

  func run(_ operands: KernelOperands) {
    let target = operands.outputs[0].memory
    indices.withCodes(operands, as: Index.self) { indices in
      data.withBytes(operands) { base in
        for row in 0..<rows {
          var block = 0
          for axis in extents.indices {
            let index = Int(truncatingIfNeeded: indices[row * extents.count + axis])
            block += min(max(index, 0), extents[axis] - 1) * strides[axis]
          }
          (target + row * blockBytes).copyMemory(
            from: base + block * blockBytes, byteCount: blockBytes)
        }
      }
    }
  }
}

/// Running sums of 8-bit codes, each requantized.
///
/// Every term has 20 bits more precision; sums begin at the code 0, not at the zero point. Source:
/// tflite-micro, `kernels/cumsum.cc` and `internal/reference/cumsum.h`.
struct MCUCumulativeSum: NodeKernel {
  let sum: CumulativeSum
  let outer: Int
  let extent: Int
  let inner: Int
  let dataZero: Int32
  let term: QuantizedMultiplier
  let requantizer: Requantizer

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Int8.self)
    let result = operands.outputs[0].elements(as: Int8.self)
    for block in 0..<outer {
      for lane in 0..<inner {
        var total = scaled(0)
        for step in 0..<extent {
          let place = sum.isReversed ? extent - 1 - step : step
          let position = (block * extent + place) * inner + lane
          let before = total
          total &+= scaled(data[position])
          result[position] = Int8(
            truncatingIfNeeded: requantizer.code(
              Int64(sum.isExclusive ? before : total), channel: 0))
        }
      }
    }
  }

  private func scaled(_ code: Int8) -> Int32 {
    term.appliedRoundingTwice(to: (Int32(code) &- dataZero) &<< 20)
  }
}

/// Rows of 8-bit codes divided by their length, with 7 fraction bits.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/l2normalization.h`.
struct MCULength: NodeKernel {
  let rows: Int
  let count: Int
  let dataZero: Int32

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Int8.self)
    let result = operands.outputs[0].elements(as: Int8.self)
    for base in stride(from: 0, to: rows * count, by: max(count, 1)) {
      var squares: Int32 = 0
      for index in base..<base + count {
        let value = Int32(data[index]) &- dataZero
        squares &+= value &* value
      }
      let root = FixedPoint32.inverseSquareRoot(of: max(squares, 0))
      let factor = QuantizedMultiplier(multiplier: root.multiplier, shift: root.shift + 7)
      for index in base..<base + count {
        let scaled = factor.appliedRoundingTwice(to: Int32(data[index]) &- dataZero)
        result[index] = Int8(clamping: scaled)
      }
    }
  }
}

/// Numbers of one type as numbers of another, as C converts.
///
/// Floats are cut toward zero, integers keep their low bits; anything but zero is true. Source:
/// TensorFlow Lite, `kernels/cast.cc`.
struct MCUCast: NodeKernel {
  let count: Int
  let from: Storage
  let to: Storage
  let isTruth: Bool

  func run(_ operands: KernelOperands) {
    switch from {
    case .int8: read(operands, Int8.self)
    case .uint8: read(operands, UInt8.self)
    case .int16: read(operands, Int16.self)
    case .uint16: read(operands, UInt16.self)
    case .int32: read(operands, Int32.self)
    case .int64: read(operands, Int64.self)
    default:
      let data = operands.inputs[0].elements(as: Float.self)
      if to == .float32 { return write(operands, Float.self) { data[$0] } }
      integers(operands) { index in
        let value = data[index]
        if isTruth { return value == 0 ? 0 : 1 }
        return value >= -0x1p63 && value < 0x1p63 ? Int64(value) : .min
      }
    }
  }

  private func read<Data: FixedWidthInteger & BitwiseCopyable>(
    _ operands: KernelOperands, _ type: Data.Type
  ) {
    let data = operands.inputs[0].elements(as: type)
    if to == .float32 { return write(operands, Float.self) { Float(data[$0]) } }
    integers(operands) { index in
      isTruth ? (data[index] == 0 ? 0 : 1) : Int64(truncatingIfNeeded: data[index])
    }
  }

  private func integers(_ operands: KernelOperands, _ value: (Int) -> Int64) {
    switch to {
    case .int8: write(operands, Int8.self) { Int8(truncatingIfNeeded: value($0)) }
    case .uint8: write(operands, UInt8.self) { UInt8(truncatingIfNeeded: value($0)) }
    case .int16: write(operands, Int16.self) { Int16(truncatingIfNeeded: value($0)) }
    case .uint16: write(operands, UInt16.self) { UInt16(truncatingIfNeeded: value($0)) }
    case .int32: write(operands, Int32.self) { Int32(truncatingIfNeeded: value($0)) }
    default: write(operands, Int64.self, value)
    }
  }

  private func write<Output: BitwiseCopyable>(
    _ operands: KernelOperands, _ type: Output.Type, _ value: (Int) -> Output
  ) {
    let result = operands.outputs[0].elements(as: type)
    for index in 0..<count { result[index] = value(index) }
  }
}
