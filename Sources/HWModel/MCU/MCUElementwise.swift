import Arith
import QuantGraph

/// A function of single codes, tabulated over every code of the input.
struct MCUTable<
  Input: FixedWidthInteger & BitwiseCopyable & Sendable,
  Output: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  /// Results by the input code's bit pattern.
  private let table: [Output]

  /// - Precondition: `Input` has at most 16 bits.
  init(_ function: (Int32) -> Int32) {
    precondition(Input.bitWidth <= 16, "a table of at most 2^16 entries")
    table = (0..<(1 << Input.bitWidth)).map { pattern in
      Output(
        truncatingIfNeeded: function(Int32(truncatingIfNeeded: Input(truncatingIfNeeded: pattern))))
    }
  }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Input.self)
    let result = operands.outputs[0].elements(as: Output.self)
    let count = min(data.count, result.count)
    let mask = (1 << Input.bitWidth) - 1
    table.withUnsafeBufferPointer { table in
      for index in 0..<count { result[index] = table[Int(truncatingIfNeeded: data[index]) & mask] }
    }
  }
}

/// A function of single codes, computed for each.
struct MCUMap<
  Input: FixedWidthInteger & BitwiseCopyable & Sendable,
  Output: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  let count: Int
  let function: MCUFunctions.Function

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Input.self)
    let result = operands.outputs[0].elements(as: Output.self)
    for index in 0..<count {
      result[index] = Output(truncatingIfNeeded: function(Int32(truncatingIfNeeded: data[index])))
    }
  }
}

/// Values to codes: `half-away(x / scale) + zero point` in binary32, saturated.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/quantize.h`. A NaN has no code in the
/// runtimes; it becomes the smallest one here.
struct MCUQuantize<Output: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let count: Int
  let scale: Float
  let zeroPoint: Int32
  let codes: ClosedRange<Int32>

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Float.self)
    let result = operands.outputs[0].elements(as: Output.self)
    for index in 0..<count {
      let steps = (data[index] / scale).rounded(.toNearestOrAwayFromZero)
      // Beyond 2^30 every code saturates, whatever the zero point.
      let bounded = Int32(min(max(steps, -0x1p30), 0x1p30))
      result[index] = Output(
        truncatingIfNeeded: min(max(bounded &+ zeroPoint, codes.lowerBound), codes.upperBound))
    }
  }
}

/// Codes to values: `(code - zero point) * scale` in binary64, rounded to binary32.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/dequantize.h`.
struct MCUDequantize<Input: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let count: Int
  let scale: Double
  let zeroPoint: Int32

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Input.self)
    let result = operands.outputs[0].elements(as: Float.self)
    for index in 0..<count {
      let code = Int32(truncatingIfNeeded: data[index]) &- zeroPoint
      result[index] = Float(Double(code) * scale)
    }
  }
}

/// How two codes become one.
enum MCUBinaryRule: Sendable {
  /// Both operands requantized with `2^shift` more precision, added or subtracted, requantized.
  ///
  /// Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/add.h`, `sub.h`.
  case sum(shift: Int32, left: QuantizedMultiplier, right: QuantizedMultiplier, subtracts: Bool)
  /// One operand shifted right, ties away from zero, and added to or subtracted from the other,
  /// saturated: 16 bits with scales that are powers of two.
  ///
  /// Source: `kernels/internal/reference/add.h` and `sub.h`.
  case shiftedSum(left: Int, right: Int, subtracts: Bool)
  /// The product of both, requantized. Source: `integer_ops/mul.h`.
  case product
  /// The first where it is not below zero, else the product; each with a multiplier of its own.
  /// Source: `reference/prelu.h`.
  case prelu(identity: QuantizedMultiplier)
  case maximum
  case minimum
  /// Both brought to twice the larger scale with `2^shift` more precision, subtracted, squared and
  /// requantized. Source: `kernels/squared_difference.cc`.
  case squaredDifference(shift: Int32, left: QuantizedMultiplier, right: QuantizedMultiplier)
  /// The first by the second's reciprocal in fixed point. Source: `reference/div.h`. By zero the
  /// runtimes stop or give what happens to come; here it is the end of the range on the first's side.
  case quotient
}

/// Two tensors combined element by element, with numpy's broadcasting.
struct MCUBinary<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let rule: MCUBinaryRule
  let left: MCUSource
  let right: MCUSource
  let walk: BroadcastWalk
  let leftZero: Int32
  let rightZero: Int32
  /// Of the result.
  let requantizer: Requantizer

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Data.self)
    left.withCodes(operands, as: Data.self) { left in
      right.withCodes(operands, as: Data.self) { right in
        walk.forEach { position, a, b in
          result[position] = Data(
            truncatingIfNeeded: code(
              Int32(truncatingIfNeeded: left[a]), Int32(truncatingIfNeeded: right[b])))
        }
      }
    }
  }

  @inline(__always)
  private func code(_ a: Int32, _ b: Int32) -> Int32 {
    switch rule {
    case .sum(let shift, let leftScale, let rightScale, let subtracts):
      let x = leftScale.appliedRoundingTwice(to: (a &- leftZero) &<< shift)
      let y = rightScale.appliedRoundingTwice(to: (b &- rightZero) &<< shift)
      return requantizer.code(Int64(subtracts ? x &- y : x &+ y), channel: 0)
    case .shiftedSum(let leftShift, let rightShift, let subtracts):
      let x = RoundingShift.divideByPOT(a, leftShift)
      let y = RoundingShift.divideByPOT(b, rightShift)
      let sum = Int32(Int16(clamping: subtracts ? x - y : x + y))
      return min(max(sum, requantizer.codes.lowerBound), requantizer.codes.upperBound)
    case .product:
      return requantizer.code(Int64((a &- leftZero) &* (b &- rightZero)), channel: 0)
    case .prelu(let identity):
      let x = a &- leftZero
      let scaled =
        x >= 0
        ? identity.appliedRoundingTwice(to: x)
        : requantizer.multipliers[0].appliedRoundingTwice(to: x &* (b &- rightZero))
      return min(
        max(scaled &+ requantizer.zeroPoint, requantizer.codes.lowerBound),
        requantizer.codes.upperBound)
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .squaredDifference(let shift, let leftScale, let rightScale):
      let x = leftScale.appliedRoundingTwice(to: (a &- leftZero) &<< shift)
      let y = rightScale.appliedRoundingTwice(to: (b &- rightZero) &<< shift)
      let difference = x &- y
      return requantizer.code(Int64(difference &* difference), channel: 0)
    case .quotient: return quotient(a &- leftZero, b &- rightZero)
    }
  }

  /// `value / 2^exponent` as gemmlowp's `RoundingDivideByPOT` computes it for any exponent.
  ///
  /// Beyond 31, which small quotients reach, C++ leaves the shift open and x86 takes the exponent's low
  /// bits: 0 divided by 2^37 is 1 (measured).
  private static func divided(_ value: Int32, byPowerOfTwo exponent: Int) -> Int32 {
    if exponent <= 31 { return RoundingShift.divideByPOT(value, exponent) }
    let mask = Int32(truncatingIfNeeded: (Int64(1) &<< Int64(exponent)) &- 1)
    let threshold = (mask >> 1) &+ (value < 0 ? 1 : 0)
    return (value &>> Int32(exponent & 31)) &+ (value & mask > threshold ? 1 : 0)
  }

  private func quotient(_ dividend: Int32, _ divisor: Int32) -> Int32 {
    let codes = requantizer.codes
    guard divisor != 0 else {
      if dividend == 0 {
        return min(max(requantizer.zeroPoint, codes.lowerBound), codes.upperBound)
      }
      return dividend < 0 ? codes.lowerBound : codes.upperBound
    }
    let x = divisor < 0 ? 0 &- dividend : dividend
    let (inverse, bitsOverUnit) = FixedPoint32.reciprocal(
      divisor < 0 ? 0 &- divisor : divisor, integerBits: 31)
    let headroom = (x < 0 ? ~x : x).leadingZeroBitCount - 1
    let unscaled = QuantizedMultiplier(multiplier: inverse, shift: headroom)
      .appliedRoundingTwice(to: x)
    let factor = requantizer.multipliers[0]
    let scaled = Self.divided(
      FixedPoint32.roundingDoublingHighMultiply(unscaled, factor.multiplier),
      byPowerOfTwo: max(bitsOverUnit + headroom - factor.shift, 0))
    return min(max(scaled &+ requantizer.zeroPoint, codes.lowerBound), codes.upperBound)
  }
}

/// The elements of a result and of two operands that broadcast to it, in row-major order.
struct BroadcastWalk: Hashable, Sendable {
  private let extents: [Int]
  private let leftStrides: [Int]
  private let rightStrides: [Int]

  /// - Precondition: both operands broadcast to `result`.
  init(result: Shape, left: Shape, right: Shape) {
    extents = result.extents.isEmpty ? [1] : result.extents
    leftStrides = result.extents.isEmpty ? [0] : left.broadcastStrides(to: result)
    rightStrides = result.extents.isEmpty ? [0] : right.broadcastStrides(to: result)
  }

  /// Calls `body` with the positions of an element in the result and in both operands.
  @inline(__always)
  func forEach(_ body: (Int, Int, Int) -> Void) {
    guard !extents.contains(0), let inner = extents.last, let leftStep = leftStrides.last,
      let rightStep = rightStrides.last
    else { return }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: extents.count) { index in
      index.initialize(repeating: 0)
      forEach(inner: inner, leftStep: leftStep, rightStep: rightStep, index: index, body)
    }
  }

  @inline(__always)
  private func forEach(
    inner: Int, leftStep: Int, rightStep: Int, index: UnsafeMutableBufferPointer<Int>,
    _ body: (Int, Int, Int) -> Void
  ) {
    var position = 0
    var left = 0
    var right = 0
    while true {
      for step in 0..<inner {
        body(position + step, left + step * leftStep, right + step * rightStep)
      }
      position += inner
      var axis = extents.count - 2
      while axis >= 0 {
        index[axis] += 1
        left += leftStrides[axis]
        right += rightStrides[axis]
        if index[axis] < extents[axis] { break }
        left -= leftStrides[axis] * extents[axis]
        right -= rightStrides[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
