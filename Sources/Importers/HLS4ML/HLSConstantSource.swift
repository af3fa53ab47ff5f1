import Arith
import QuantGraph

/// Values of a weight array, as a source stores them.
enum HLSConstantValues {
  /// The text that C simulation loads, and where it is from.
  case text(ArraySlice<UInt8>, place: HLS4MLProblem.Place)
  /// Numbers that hls4ml has yet to print (`WeightVariable.precision_fmt`): they are rounded to the
  /// text's decimals before they are quantized.
  case numbers([Double], place: HLS4MLProblem.Place)
}

/// Where the weights of a program come from: a folder of text files, or an archive of arrays.
protocol HLSConstantSource {
  func values(of load: HLSLoad) throws(HLS4MLProblem) -> HLSConstantValues
}

/// A weight array that is ready for a graph.
struct HLSConstant {
  let encoding: Encoding
  let codes: Codes
}

extension HLSConstant {
  /// The constant that `load` asks for, read from `source` and quantized as its type says.
  ///
  /// - Throws: ``HLS4MLProblem`` for a type that is no weight's, bad numbers or a wrong count.
  init(
    _ load: HLSLoad, from source: some HLSConstantSource, scope: HLSScope
  ) throws(HLS4MLProblem) {
    let type = try scope.resolve(load.type, file: load.place.file)
    let values = try source.values(of: load)
    switch type {
    case .fixed(let format, let isInteger):
      encoding = .fixed(format)
      codes = try Self.codes(values, format: format, isInteger: isInteger, count: load.count)
    case .powerOfTwo(let format):
      encoding = .powerOfTwo(format)
      codes = try Self.powers(values, format: format, count: load.count)
    case .compressed, .array:
      throw HLS4MLProblem(
        .unsupported(
          "weights of type \(load.type.qualifiedName)",
          detail: "fixed-point, integer and power-of-two weights are"), at: load.place)
    }
  }

  private static func codes(
    _ values: HLSConstantValues, format: FixedPointFormat, isInteger: Bool, count: Int
  ) throws(HLS4MLProblem) -> Codes {
    switch values {
    case .text(let bytes, let place):
      return try HLSWeightText.codes(
        bytes, format: format, isInteger: isInteger, count: count, place: place)
    case .numbers(let numbers, let place):
      guard numbers.count == count else {
        throw HLS4MLProblem(.count("weights", expected: count, found: numbers.count), at: place)
      }
      var builder = CodesBuilder(format, capacity: count)
      let decimals = isInteger ? 0 : max(0, format.fractionBits)
      for number in numbers {
        guard let printed = DecimalText.rounding(number, toDecimals: decimals) else {
          throw HLS4MLProblem(.number(token: "\(number)"), at: place)
        }
        if isInteger {
          guard let integer = Int(exactly: printed) else {
            throw HLS4MLProblem(.number(token: "\(number)"), at: place)
          }
          builder.append(integer: integer)
        } else {
          builder.append(printed)
        }
      }
      return builder.codes
    }
  }

  /// `{sign, exponent}` pairs: sign 1 is positive; the exponent wraps to its type.
  private static func powers(
    _ values: HLSConstantValues, format: PowerOfTwoFormat, count: Int
  ) throws(HLS4MLProblem) -> Codes {
    var codes: [Int32] = []
    func append(isPositive: Bool, exponent: Int) {
      let wrapped = Int64(exponent).truncated(toWidth: format.exponentBits, isSigned: true)
      codes.append(Int32(truncatingIfNeeded: wrapped * 2 + (isPositive ? 0 : 1)))
    }
    switch values {
    case .text(let bytes, let place):
      codes.reserveCapacity(min(count, bytes.count))
      try HLSWeightText.groups(bytes, size: 2, count: count, place: place) {
        (tokens) throws(HLS4MLProblem) in
        let sign = try HLSWeightText.integer(tokens[0], place: place)
        append(
          isPositive: sign & 1 == 1,
          exponent: try HLSWeightText.integer(tokens[1], place: place))
      }
    case .numbers(let numbers, let place):
      guard numbers.count == count else {
        throw HLS4MLProblem(.count("weights", expected: count, found: numbers.count), at: place)
      }
      for number in numbers {
        // hls4ml prints the logarithm of an exact power of two.
        guard number.isNormal, number.significand == 1 else {
          throw HLS4MLProblem(.number(token: "\(number)"), at: place)
        }
        append(isPositive: number > 0, exponent: Int(number.exponent))
      }
    }
    return .int32(codes)
  }
}
