import Arith
import QuantGraph

/// The logarithm of softmax of rows of 8-bit codes in gemmlowp's fixed point, with 4 integer bits.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/log_softmax.h` and `quantization_util.cc`
/// (`PreprocessLogSoftmaxScalingExp`).
struct MCULogSoftmax<Data: FixedWidthInteger & BitwiseCopyable & Sendable>: NodeKernel {
  let rows: Int
  let count: Int
  /// Multiplier from a difference of codes to a code with 5 integer bits, and back.
  private let multiplier: QuantizedMultiplier
  private let reverse: QuantizedMultiplier
  private let smallestDifference: Int32

  init(rows: Int, count: Int, inputScale: Float) {
    self.rows = rows
    self.count = count
    let multiplier = QuantizedMultiplier(min(Double(inputScale) * 0x1p26, 0x1p31 - 1))
    self.multiplier = multiplier
    let unit = Double(sign: .plus, exponent: 31 - multiplier.shift, significand: 1)
    reverse = QuantizedMultiplier(unit / Double(multiplier.multiplier))
    let radius = 31 * 0x1p26 / Double(sign: .plus, exponent: multiplier.shift, significand: 1)
    smallestDifference = -Int32(clamping: Int64(min(radius.rounded(.down), 0x1p40)))
  }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].elements(as: Data.self)
    let result = operands.outputs[0].elements(as: Data.self)
    for row in 0..<rows {
      let base = row * count
      var largest = Data.min
      for index in base..<base + count { largest = max(largest, data[index]) }
      func difference(_ index: Int) -> Int32 {
        Int32(truncatingIfNeeded: data[index]) - Int32(truncatingIfNeeded: largest)
      }
      var sum: Int32 = 0
      for index in base..<base + count where difference(index) >= smallestDifference {
        let scaled = multiplier.appliedRoundingTwice(to: difference(index))
        sum &+= RoundingShift.divideByPOT(
          FixedPoint32.exponentialOfNegative(scaled, integerBits: 5), 12)
      }
      let logarithm = FixedPoint32.logarithm(sum, integerBits: 12, resultBits: 5)
      let bound = max(
        smallestDifference - 1, reverse.appliedRoundingTwice(to: logarithm &+ Int32.min))
      for index in base..<base + count {
        guard difference(index) > bound else {
          result[index] = Data.min
          continue
        }
        let scaled = multiplier.appliedRoundingTwice(to: difference(index))
        let code = RoundingShift.divideByPOT(scaled &- logarithm, 22) &+ Int32(Data.max)
        result[index] = Data(clamping: code)
      }
    }
  }
}
