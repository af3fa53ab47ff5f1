import QuantGraph

/// uint8 tensors joined along an axis, each brought to the result's scale.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/concatenation.h`, `ConcatenationWithScaling`;
/// no other type is scaled.
struct MCUScaledConcatenation: NodeKernel {
  struct Part: Sendable {
    let source: MCUSource
    /// Elements that follow each other in the result.
    let count: Int
    /// What each code becomes.
    let codes: [UInt8]
  }

  let outer: Int
  let parts: [Part]

  /// The codes of `result` for the 256 codes of `input`, in binary32 as the source computes them.
  static func codes(of input: MCUTensor, in result: MCUTensor) -> [UInt8] {
    if input.scale == result.scale, input.zeroPoint == result.zeroPoint { return Array(0...255) }
    let scale = input.scale32 * (1 / result.scale32)
    let bias = Float(-input.zeroPoint) * scale
    return (0...255).map { code in
      let steps = (Float(code) * scale + bias).rounded(.toNearestOrAwayFromZero)
      return UInt8(clamping: Int64(min(max(steps, -0x1p40), 0x1p40)) + Int64(result.zeroPoint))
    }
  }

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: UInt8.self)
    var position = 0
    for block in 0..<outer {
      for part in parts {
        part.source.withCodes(operands, as: UInt8.self) { data in
          for index in 0..<part.count {
            result[position + index] = part.codes[Int(data[block * part.count + index])]
          }
        }
        position += part.count
      }
    }
  }
}
