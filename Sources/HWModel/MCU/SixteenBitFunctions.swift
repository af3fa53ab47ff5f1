import Arith

/// Sigmoid and tanh of 16-bit codes by a table of 256 entries and linear interpolation.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/{logistic,tanh}.h` and
/// `kernels/internal/common.cc`, `sigmoid_table_uint16`.
enum SixteenBitFunctions {
  /// `s(i) = 2^16 / (1 + e^(-i / 24))`, plus half of what interpolation misses in the middle of the
  /// next step, rounded half away, for i = 0...255.
  ///
  /// The published table is data; this formula gives all of its entries but the last, 65535
  /// (measured: all 65,536 arguments of both functions at 19 scales on LiteRT 2.3.0).
  static let table: [UInt32] = (0...255).map { index in
    if index == 255 { return 65535 }
    func sigmoid(_ steps: Double) -> Double { 65536 / (1 + ElementaryDouble.exp(-steps / 24)) }
    let (here, next) = (sigmoid(Double(index)), sigmoid(Double(index + 1)))
    let missed = sigmoid(Double(index) + 0.5) - (here + next) / 2
    return UInt32((here + missed / 2).rounded(.toNearestOrAwayFromZero))
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
