import Arith
import QuantGraph

/// The lookup tables of hls4ml's activations, entry by entry as `init_*_table` computes them.
///
/// Arguments are binary32, functions are evaluated in the precision that the C++ text gives them
/// (hls4ml 1.3, `nnet_activation.h`), and each entry is assigned to the table's type.
enum HLSTables {
  /// Entries `f(x_i)` with `x_i = span * (i - size/2) / size`, `span` being the width of the domain.
  static func symmetric(
    _ table: LookupTable, span: Double, function: (Float) -> Double
  ) -> [Int512] {
    let size = Float(table.size)
    return (0..<table.size).map { index in
      let numerator = span * Double(Float(index) - size / 2)
      return table.entry.cast(function(Float(numerator / Double(size))))
    }
  }

  /// Entries `f(x_i)` with `x_i = -8 i / size`.
  static func negative(_ table: LookupTable, function: (Float) -> Double) -> [Int512] {
    (0..<table.size).map { index in
      table.entry.cast(function(Float(-8.0 * Double(index) / Double(Float(table.size)))))
    }
  }

  /// `1 / (1 + exp(-x))`: binary32 exponential and sum, binary64 quotient, narrowed.
  static func sigmoid(_ x: Float) -> Double {
    Double(Float(1.0 / Double(1 + ElementaryFloat.exp(-x))))
  }

  static func tanh(_ x: Float) -> Double { Double(ElementaryFloat.tanh(x)) }

  /// `log(exp(x) + 1)`: binary32 exponential, binary64 sum and logarithm, narrowed.
  static func softplus(_ x: Float) -> Double {
    Double(Float(ElementaryDouble.log(Double(ElementaryFloat.exp(x)) + 1)))
  }

  /// `x / (|x| + 1)` in binary64, narrowed.
  static func softsign(_ x: Float) -> Double {
    Double(Float(Double(x) / (Double(x.magnitude) + 1)))
  }

  /// `exp(x) - 1`: binary32 exponential, binary64 difference, narrowed.
  static func elu(_ x: Float) -> Double {
    Double(Float(Double(ElementaryFloat.exp(x)) - 1))
  }

  /// SELU's negative branch with the constants that hls4ml writes out.
  static func selu(_ x: Float) -> Double {
    let inner = 1.6732632423543772848170429916717 * (Double(ElementaryFloat.exp(x)) - 1)
    return Double(Float(1.0507009873554804934193349852946 * inner))
  }

  /// The positive branch's factor, an `ap_ufixed<16,1>`.
  static let seluScale = (raw: 34429, fractionBits: 15, width: 16)

  /// `1 / (1.0 * x)` over `[0, 64)`, 0 at 0: the inverse table of the legacy softmax.
  static func legacyInverse(_ table: LookupTable) -> [Int512] {
    (0..<table.size).map { index in
      let x = Float(64.0 * Double(index) / Double(Float(table.size)))
      return table.entry.cast(x > 0 ? 1.0 / Double(x) : 0)
    }
  }

  /// Entries addressed by the top bits of `address`: `exp(+-scale * x_i)`.
  static func exponential(
    _ table: LookupTable, address: FixedPointFormat, scale: Float, isNegated: Bool
  ) -> [Int512] {
    values(size: table.size, address: address).map { value in
      let scaled = value * scale
      return table.entry.cast(Double(ElementaryFloat.exp(isNegated ? -scaled : scaled)))
    }
  }

  /// Entries addressed by the top bits of `address`: `1 / x_i` in binary32; `1 / 0` is infinite.
  static func inverse(_ table: LookupTable, address: FixedPointFormat) -> [Int512] {
    values(size: table.size, address: address).map { table.entry.cast(Double(1 / $0)) }
  }

  /// The values whose top `log2(size)` code bits count up from 0, the rest zero, as binary32.
  private static func values(size: Int, address: FixedPointFormat) -> [Float] {
    let bits = addressBits(size: size)
    return (0..<size).map { index in
      let code = (Int512(Int64(index)) << (address.width - bits))
        .truncated(toWidth: address.width, isSigned: address.isSigned)
      return Float(address.value(of: code))
    }
  }

  /// `nnet::ceillog2(size)`.
  static func addressBits(size: Int) -> Int {
    size <= 1 ? 0 : Int.bitWidth - (size - 1).leadingZeroBitCount
  }
}
