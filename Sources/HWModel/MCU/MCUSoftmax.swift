import Arith
import QuantGraph

/// Softmax of rows of 8-bit codes in gemmlowp's fixed point.
///
/// Differences to the row's maximum have 5 integer bits, the sum of exponentials 12. Source:
/// TensorFlow Lite, `kernels/internal/reference/softmax.h` and `quantization_util.cc`
/// (`PreprocessSoftmaxScaling`, `CalculateInputRadius`).
struct MCUSoftmax<
  Data: FixedWidthInteger & BitwiseCopyable & Sendable,
  Output: FixedWidthInteger & BitwiseCopyable & Sendable
>: NodeKernel {
  let rows: Int
  let count: Int
  /// Multiplier from a difference of codes to a fixed-point code.
  private let multiplier: QuantizedMultiplier
  /// Smallest difference whose exponential is not taken as zero.
  private let smallestDifference: Int32
  /// Exponential of `-d` for differences d = 0, 1, ...: code with 0 integer bits.
  private let exponentials: [Int32]

  init(rows: Int, count: Int, inputScale: Float, beta: Float) {
    self.rows = rows
    self.count = count
    let real = min(Double(beta) * Double(inputScale) * 0x1p26, 0x1p31 - 1)
    let multiplier = QuantizedMultiplier(real)
    self.multiplier = multiplier
    let radius =
      31 * 0x1p26 / Double(sign: .plus, exponent: multiplier.shift, significand: 1)
    smallestDifference = -Int32(clamping: Int64(min(radius.rounded(.down), 0x1p40)))
    let last = min(-Int(smallestDifference), 255)
    exponentials = (0...last).map { difference in
      let shifted = Int32(-difference) << Int32(multiplier.shift)
      let scaled = FixedPoint32.roundingDoublingHighMultiply(shifted, multiplier.multiplier)
      return FixedPoint32.exponentialOfNegative(scaled, integerBits: 5)
    }
  }

  func run(_ operands: KernelOperands) {
    // Concrete types are compiled for themselves.
    if Data.self == Int8.self, Output.self == Int8.self {
      run(operands, Int8.self, Int8.self)
    } else if Data.self == UInt8.self, Output.self == UInt8.self {
      run(operands, UInt8.self, UInt8.self)
    } else {
      run(operands, Data.self, Output.self)
    }
  }

  private func run<
    Source: FixedWidthInteger & BitwiseCopyable, Target: FixedWidthInteger & BitwiseCopyable
  >(_ operands: KernelOperands, _: Source.Type, _: Target.Type) {
    let data = operands.inputs[0].elements(as: Source.self)
    let result = operands.outputs[0].elements(as: Target.self)
    for row in 0..<rows {
      let base = row * count
      var largest = Source.min
      for index in base..<base + count { largest = max(largest, data[index]) }
      var sum: Int32 = 0
      for index in base..<base + count {
        let difference = Int(largest) - Int(data[index])
        guard difference < exponentials.count else { continue }
        sum &+= RoundingShift.divideByPOT(exponentials[difference], 12)
      }
      let (scale, bitsOverUnit) = FixedPoint32.reciprocal(max(sum, 1), integerBits: 12)
      for index in base..<base + count {
        let difference = Int(largest) - Int(data[index])
        guard difference < exponentials.count else {
          result[index] = Target.min
          continue
        }
        let product = FixedPoint32.roundingDoublingHighMultiply(scale, exponentials[difference])
        let code = RoundingShift.divideByPOT(
          product, min(max(bitsOverUnit + 31 - Target.bitWidth, 0), 31))
        result[index] = Target(clamping: code &+ Int32(truncatingIfNeeded: Target.min))
      }
    }
  }
}

/// Softmax of rows of 16-bit codes by two tables of 513 entries.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/softmax.h`, `SoftmaxInt16`.
struct MCUSoftmax16: NodeKernel {
  let rows: Int
  let count: Int
  private let multiplier: QuantizedMultiplier
  /// `e^x` for x in [-10, 0] and `1 / (1 + x)` for x in [0, 1], over the range of Int16.
  private static let exponentials = InterpolationTable(from: -10, to: 0, ElementaryDouble.exp)
  private static let reciprocals = InterpolationTable(from: 0, to: 1) { 1 / (1 + $0) }

  init(rows: Int, count: Int, inputScale: Float, beta: Float) {
    self.rows = rows
    self.count = count
    multiplier = QuantizedMultiplier(Double(inputScale * beta) / (10.0 / 65535))
  }

  func scratchBytes(lanes: Int) -> Int { count * 2 }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Int16.self)
    let result = operands.outputs[0].elements(as: Int16.self)
    let exponentials = UnsafeMutableBufferPointer(
      start: operands.scratch.memory.assumingMemoryBound(to: Int16.self), count: count)
    for row in 0..<rows {
      let base = row * count
      var largest = Int16.min
      for index in base..<base + count { largest = max(largest, data[index]) }
      var sum: Int32 = 0
      for index in 0..<count {
        let difference = Int32(data[base + index]) - Int32(largest)
        let scaled = multiplier.appliedRoundingTwice(to: difference)
        let code = Int16(clamping: scaled &+ 32767)
        exponentials[index] = Self.exponentials[code]
        sum &+= Int32(exponentials[index])
      }
      // Normalized to [1, 2) in 16 fraction bits; the table is addressed by what exceeds 1,
      // centred on the range of Int16.
      let headroom = sum.leadingZeroBitCount
      let shifted = ((Int64(sum) << Int64(headroom - 1)) + (1 << 13)) >> 14
      let symmetric = Int16(clamping: shifted - (1 << 15) - (1 << 16))
      let reciprocal = Int64(Self.reciprocals[symmetric])
      let shift = 31 - headroom
      for index in 0..<count {
        let product = Int64(exponentials[index]) * reciprocal
        let code = (product + (Int64(1) << Int64(shift - 1))) >> Int64(shift)
        result[base + index] = Int16(truncatingIfNeeded: min(max(code, 0), 32767))
      }
    }
  }
}

/// A function on the range of Int16 by 512 steps and linear interpolation.
///
/// Entries are corrected by half the error in the middle of a step. Source: TensorFlow Lite,
/// `kernels/internal/common.h`, `LUTPopulate` and `LUTLookup` for 16 bits.
struct InterpolationTable: Sendable {
  let entries: [Int16]

  /// `function` over `low...high`, whose values in [-1, 1] become codes of 15 fraction bits.
  init(from low: Double, to high: Double, _ function: (Double) -> Double) {
    let step = (high - low) / 512
    func rounded(_ value: Double) -> Double { value.rounded(.toNearestOrAwayFromZero) }
    func bounded(_ value: Double) -> Int16 { Int16(min(max(value, -32768), 32767)) }
    entries = (0...512).map { index in
      let here = rounded(function(low + Double(index) * step) * 32768)
      if index == 512 { return bounded(rounded(function(high) * 32768)) }
      let next = function(low + Double(index + 1) * step) * 32768
      let middle = rounded(function(low + Double(index) * step + step / 2) * 32768)
      let error = rounded((next + here) / 2) - middle
      return bounded(here - rounded(error / 2))
    }
  }

  subscript(value: Int16) -> Int16 {
    let index = 256 + Int(value >> 7)
    let offset = Int32(value & 0x7F)
    let slope = Int32(entries[index + 1]) - Int32(entries[index])
    return entries[index] &+ Int16(truncatingIfNeeded: (slope * offset + 64) >> 7)
  }
}
