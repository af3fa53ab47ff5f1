import Arith

/// Sigmoid and tanh of 16-bit codes by a table of 256 entries and linear interpolation.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/{logistic,tanh}.h` and
/// `kernels/internal/common.cc`, `sigmoid_table_uint16`.
enum SixteenBitFunctions {
  /// `half-away(2^16 / (1 + e^(-i / 24)))` for i = 0...255.
  static let table: [UInt32] = (0...255).map { index in
    let value = 65536 / (1 + ElementaryDouble.exp(-Double(index) / 24))
    return UInt32(value.rounded(.toNearestOrAwayFromZero))
  }

  /// `(code * multiplier + 2^(shift - 1)) >> shift`, the argument in steps of `2^-9 / 24`.
  private static func argument(_ code: Int32, _ multiplier: Int32, _ shift: Int) -> Int32 {
    let round: Int32 = shift > 0 ? Int32(1) << Int32(shift - 1) : 0
    return (code &* multiplier &+ round) >> Int32(shift)
  }

  static let sigmoid: @Sendable (Int32, Int32, Int) -> Int32 = { code, multiplier, shift in
    let input = argument(code, multiplier, shift)
    let magnitude = input.magnitude
    let index = Int(magnitude >> 9)
    var result: UInt32
    if index >= 255 {
      result = 0x7FFF << 10
    } else {
      let low = table[index]
      result = (low << 9) + (magnitude & 0x1FF) * (table[index + 1] - low)
    }
    result = input >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1
    return Int32(result >> 10)
  }

  static let tanh: @Sendable (Int32, Int32, Int) -> Int32 = { code, multiplier, shift in
    let input = argument(code, multiplier, shift)
    let magnitude = input.magnitude
    let index = Int(magnitude >> 8)
    var result: Int32
    if index >= 255 {
      result = 0xFFFF << 8
    } else {
      let low = table[index]
      result = Int32((low << 8) + (magnitude & 0xFF) * (table[index + 1] - low))
    }
    result =
      input >= 0
      ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1
    return result >> 8
  }
}
