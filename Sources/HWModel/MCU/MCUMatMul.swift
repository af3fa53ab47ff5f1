import Arith
import QuantGraph

/// Matrix products of two operands, as their definition.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/batch_matmul.h`.
struct MCUMatMul<
  Left: FixedWidthInteger & BitwiseCopyable & Sendable,
  Right: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  let product: MatMul
  let left: MCUSource
  let right: MCUSource
  /// Result shape without the last two axes, and the matrix strides of both operands along it.
  let batch: [Int]
  let leftBatchStrides: [Int]
  let rightBatchStrides: [Int]
  let rows: Int
  let inner: Int
  let columns: Int
  let leftZero: Int32
  let rightZero: Int32
  let requantizer: Requantizer

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Left.self)
    left.withCodes(operands, as: Left.self) { left in
      right.withCodes(operands, as: Right.self) { right in
        var position = 0
        forEachMatrix { leftBase, rightBase in
          for row in 0..<rows {
            for column in 0..<columns {
              var sum: Int64 = 0
              for k in 0..<inner {
                let a = left[leftBase + leftPosition(row, k)]
                let b = right[rightBase + rightPosition(column, k)]
                sum &+=
                  Int64(Int32(truncatingIfNeeded: a) - leftZero)
                  * Int64(Int32(truncatingIfNeeded: b) - rightZero)
              }
              result[position] = Left(truncatingIfNeeded: requantizer.code(sum, channel: 0))
              position += 1
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the first element of both operands' matrices, in the result's order.
  func forEachMatrix(_ body: (_ leftBase: Int, _ rightBase: Int) -> Void) {
    for matrix in 0..<batch.reduce(1, *) {
      var rest = matrix
      var leftBase = 0
      var rightBase = 0
      for axis in batch.indices.reversed() {
        leftBase += rest % batch[axis] * leftBatchStrides[axis]
        rightBase += rest % batch[axis] * rightBatchStrides[axis]
        rest /= batch[axis]
      }
      body(leftBase, rightBase)
    }
  }

  @inline(__always)
  func leftPosition(_ row: Int, _ k: Int) -> Int {
    product.transposesLeft ? k * rows + row : row * inner + k
  }

  @inline(__always)
  func rightPosition(_ column: Int, _ k: Int) -> Int {
    product.transposesRight ? column * inner + k : k * columns + column
  }
}

/// The same products with both matrices laid out in rows of the inner axis, zero points subtracted.
///
/// Equal to ``MCUMatMul``: differences of 8-bit codes fit in 16 bits, 16-bit codes have zero point 0,
/// and sums wrap in the same width.
struct MCUMatMulRows<
  Left: FixedWidthInteger & BitwiseCopyable & Sendable,
  Right: FixedWidthInteger & BitwiseCopyable & Sendable,
  Sum: FixedWidthInteger & Sendable
>: NodeKernel {
  private let definition: MCUMatMul<Left, Right>

  init(_ definition: MCUMatMul<Left, Right>) { self.definition = definition }

  func scratchBytes(lanes: Int) -> Int {
    (definition.rows + definition.columns) * definition.inner * 2
  }

  func run(_ operands: KernelOperands) {
    let d = definition
    let result = operands.outputs[0].elements(as: Left.self)
    let memory = operands.scratch.memory.assumingMemoryBound(to: Int16.self)
    let leftRows = UnsafeMutableBufferPointer(start: memory, count: d.rows * d.inner)
    let rightRows = UnsafeMutableBufferPointer(
      start: memory + d.rows * d.inner, count: d.columns * d.inner)
    d.left.withCodes(operands, as: Left.self) { left in
      d.right.withCodes(operands, as: Right.self) { right in
        var position = 0
        d.forEachMatrix { leftBase, rightBase in
          for row in 0..<d.rows {
            for k in 0..<d.inner {
              leftRows[row * d.inner + k] = Int16(
                truncatingIfNeeded: Int32(
                  truncatingIfNeeded: left[leftBase + d.leftPosition(row, k)]) &- d.leftZero)
            }
          }
          for column in 0..<d.columns {
            for k in 0..<d.inner {
              rightRows[column * d.inner + k] = Int16(
                truncatingIfNeeded: Int32(
                  truncatingIfNeeded: right[rightBase + d.rightPosition(column, k)]) &- d.rightZero)
            }
          }
          for row in 0..<d.rows {
            let a = UnsafeBufferPointer(rebasing: leftRows[row * d.inner..<(row + 1) * d.inner])
            for column in 0..<d.columns {
              let b = UnsafeBufferPointer(
                rebasing: rightRows[column * d.inner..<(column + 1) * d.inner])
              var sum: Sum = 0
              for k in a.indices { sum &+= Sum(truncatingIfNeeded: Int32(a[k]) &* Int32(b[k])) }
              result[position] = Left(
                truncatingIfNeeded: d.requantizer.code(
                  Int64(truncatingIfNeeded: sum), channel: 0))
              position += 1
            }
          }
        }
      }
    }
  }
}
