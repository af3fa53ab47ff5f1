import Arith
import TestSupport
import Testing

@Suite("tensor cores")
struct TensorCoreTests {
  private static let paths: [KernelPath] = [.portable, .avx2, .vpopcnt]

  @Test("packed planes multiply as integers do, on every path")
  func planes() throws {
    var generator = SeededGenerator(seed: 14)
    // Below, at and beyond words, units of 512 bits and blocks of sixteen vectors.
    for depth in [1, 37, 64, 128, 511, 513, 2048, 4096 + 130] {
      for (p, q) in [(1, 1), (2, 3), (8, 2), (4, 4), (1, 8), (8, 8)] {
        if depth > 600 && p * q > 16 { continue }
        let signs = (Bool.random(using: &generator), Bool.random(using: &generator))
        let (rows, columns) = (3, 5)
        let x = Self.codes(p, signs.0, rows * depth, &generator)
        let y = Self.codes(q, signs.1, columns * depth, &generator)
        let a = try BitPlanes(x, rows: rows, depth: depth, bits: p, isSigned: signs.0)
        let b = try BitPlanes(y, rows: columns, depth: depth, bits: q, isSigned: signs.1)
        let expected = Self.sums(x, y, rows: rows, columns: columns, depth: depth)
        #expect(BitPlaneProduct.counts(a, b, join: .and, path: .plain) == expected)
        for path in Self.paths {
          #expect(
            BitPlaneProduct.counts(a, b, join: .and, path: path) == expected,
            "\(path) \(p) x \(q) bits, signed \(signs), depth \(depth)")
          if p == 1 && q == 1 {
            #expect(
              BitPlaneProduct.counts(a, b, join: .xor, path: path)
                == BitPlaneProduct.counts(a, b, join: .xor, path: .plain))
          }
        }
      }
    }
  }

  /// Products of integers, one after the other.
  private static func sums(
    _ x: [Int64], _ y: [Int64], rows: Int, columns: Int, depth: Int
  ) -> [Int64] {
    var sums: [Int64] = []
    for row in 0..<rows {
      for column in 0..<columns {
        var sum: Int64 = 0
        for k in 0..<depth { sum += x[row * depth + k] * y[column * depth + k] }
        sums.append(sum)
      }
    }
    return sums
  }

  private static func codes(
    _ bits: Int, _ isSigned: Bool, _ count: Int, _ generator: inout SeededGenerator
  ) -> [Int64] {
    let range = BitPlanes.range(bits: bits, isSigned: isSigned)
    // Ends of the range often.
    return (0..<count).map { _ in
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: range.lowerBound
      case 1: range.upperBound
      default: Int64.random(in: range, using: &generator)
      }
    }
  }

  @Test("packing has the layout of ABQ-LLM: first element in the most significant bit")
  func packing() throws {
    let codes: [Int64] = [1, 2] + [Int64](repeating: 0, count: 31) + [3]
    let planes = try BitPlanes(codes, rows: 1, depth: 34, bits: 2, isSigned: false)
    #expect(planes.packedWords(plane: 0, row: 0) == [1 << 31, 1 << 30, 0, 0])
    #expect(planes.packedWords(plane: 1, row: 0) == [1 << 30, 1 << 30, 0, 0])
  }

  @Test("zero points are corrections by row sums")
  func zeroPoints() throws {
    var generator = SeededGenerator(seed: 5)
    let (rows, columns, depth) = (2, 3, 70)
    let x = Self.codes(4, false, rows * depth, &generator)
    let y = Self.codes(3, true, columns * depth, &generator)
    let sums = try BitPlaneProduct.product(
      try BitPlanes(x, rows: rows, depth: depth, bits: 4, isSigned: false),
      try BitPlanes(y, rows: columns, depth: depth, bits: 3, isSigned: true), aZero: [7, 15],
      bZero: [-4, 0, 3])
    let (aZero, bZero): ([Int64], [Int64]) = ([7, 15], [-4, 0, 3])
    let shiftedX = x.indices.map { x[$0] - aZero[$0 / depth] }
    let shiftedY = y.indices.map { y[$0] - bZero[$0 / depth] }
    #expect(
      sums == Self.sums(shiftedX, shiftedY, rows: rows, columns: columns, depth: depth))
    #expect(throws: TensorCoreError.self) {
      try BitPlanes([4], rows: 1, depth: 1, bits: 2, isSigned: false)
    }
  }

  @Test("integer instructions wrap or clamp after each instruction")
  func integers() throws {
    let shape = ProductShape(rows: 1, columns: 1, depth: 64)
    let ones = [Int64](repeating: 1, count: 64)
    // The first 32 products overflow by one, the next 32 come back.
    let mixed = [Int64](repeating: 1, count: 32) + [Int64](repeating: -1, count: 32)
    let start: [Int64] = [Int64(Int32.max) - 31]
    let wraps = try IntegerMMA(a: .s8, b: .s8)
    let clamps = try IntegerMMA(a: .s8, b: .s8, saturates: true)
    #expect(try wraps.product(ones, mixed, c: start, shape: shape) == start)
    #expect(
      try clamps.product(ones, mixed, c: start, shape: shape) == [Int64(Int32.max) - 32])
    #expect(throws: TensorCoreError.noSaturation) {
      try IntegerMMA(a: .b1, b: .b1, saturates: true)
    }
    #expect(throws: TensorCoreError.operands("s8", "u4")) { try IntegerMMA(a: .s8, b: .u4) }
  }

  @Test("floating-point blocks of the kernel equal the definition", arguments: TensorCoreRule.all)
  func blocks(rule: TensorCoreRule) throws {
    var generator = SeededGenerator(seed: 41)
    for name in rule.inputs {
      guard case .float(let format) = try Encoding(name: name) else { continue }
      let results: [FloatFormat] = format.exponentBits <= 5 ? [.float32, .float16] : [.float32]
      for result in results {
        let sum = rule.blocks(a: format, b: format, result: result)
        let shape = ProductShape(rows: 6, columns: 7, depth: 3 * rule.length - 1)
        for spread in [UInt64(4), UInt64(format.maximumCode)] {
          let (a, b) = (
            Self.patterns(format, 6 * shape.depth, spread, &generator),
            Self.patterns(format, 7 * shape.depth, spread, &generator)
          )
          let c = Self.patterns(result, shape.count, spread, &generator)
          let expected = sum.product(a, b, c: c, shape: shape, path: .plain)
          for path in [KernelPath.portable, .avx2] {
            #expect(
              sum.product(a, b, c: c, shape: shape, path: path) == expected,
              "\(rule.generation) \(name) into \(Encoding.float(result).name), \(path)")
          }
        }
      }
    }
  }

  /// Codes near one, or of any kind.
  private static func patterns(
    _ format: FloatFormat, _ count: Int, _ spread: UInt64, _ generator: inout SeededGenerator
  ) -> [Int64] {
    (0..<count).map { index in
      let sign = UInt64.random(in: 0...1, using: &generator) << UInt64(format.width - 1)
      let mantissa = UInt64.random(
        in: 0...(1 << UInt64(format.mantissaBits)) - 1, using: &generator)
      if spread == 4 {
        let field = UInt64(format.bias) + UInt64.random(in: 0...2, using: &generator)
        return Int64(sign | field << UInt64(format.mantissaBits) | mantissa)
      }
      // Now and then an infinity or a NaN, and zeros.
      if index % 97 == 13 {
        return Int64(sign | ((1 << UInt64(format.exponentBits + format.mantissaBits)) - 1))
      }
      if index % 11 == 3 { return Int64(sign) }
      return Int64(sign | UInt64.random(in: 0...spread, using: &generator))
    }
  }

  @Test("a generation is asked for what it has only")
  func availability() throws {
    let int4 = try Encoding(name: "int<4>")
    let int8 = try Encoding(name: "int<8>")
    let fp8 = try Encoding(name: "e4m3")
    let bit = try Encoding(name: "uint<1>")
    _ = try TensorCoreUnit(.ampere, a: int4, b: int4)
    _ = try TensorCoreUnit(.hopper, a: int4, b: int8, instruction: .bitplane)
    _ = try TensorCoreUnit(.turing, a: bit, b: bit, join: .xor)
    let refused: [(TensorCoreGeneration, Encoding, BitPlaneProduct.Join)] = [
      (.hopper, int4, .xor), (.volta, int8, .xor), (.ampere, fp8, .xor), (.turing, bit, .and),
    ]
    for (generation, encoding, join) in refused {
      #expect(throws: TensorCoreError.self) {
        try TensorCoreUnit(generation, a: encoding, b: encoding, join: join)
      }
    }
    // bfloat16 has no float16 accumulator.
    #expect(throws: TensorCoreError.self) {
      try TensorCoreUnit(
        .ampere, a: .float(.bfloat16), b: .float(.bfloat16), accumulator: .float(.float16))
    }
  }

  @Test("an infinity between blocks stays one, and specials follow the rules")
  func specials() throws {
    let rule = try #require(
      TensorCoreRule.all.first { $0.generation == .volta })
    let sum = rule.blocks(a: .float16, b: .float16, result: .float16)
    // 60000 + 60000 overflows in the first block of four; the second takes 60000 away.
    let large = Int64(Float16(60000).bitPattern)
    let one = Int64(Float16(1).bitPattern)
    let minus = Int64(Float16(-60000).bitPattern)
    let a = [large, large, 0, 0, minus, 0, 0, 0]
    let b = [one, one, 0, 0, one, 0, 0, 0]
    let shape = ProductShape(pairs: 1, depth: 8)
    #expect(sum.product(a, b, c: [], shape: shape) == [0x7C00])
    // An infinity times zero, and infinities of both signs.
    #expect(sum.definition([(a: 0x7C00, b: 0)], accumulator: 0) == 0x7FFF)
    #expect(sum.definition([(a: 0x7C00, b: 0x3C00)], accumulator: 0xFC00) == 0x7FFF)
    #expect(sum.definition([(a: 0xFC00, b: 0x3C00)], accumulator: 0) == 0xFC00)
  }

  @Test("float32 operands round as conversions do: ties, subnormals, ends of the range")
  func conversions() throws {
    var generator = SeededGenerator(seed: 3)
    var values: [Float] = [
      0, -0.0, 1, 65504, 65519.996, 65520, 1e-8, 0x1p-24, 0x1p-25, 0x1.8p-25, 448, 464, 465, -1e30,
      .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1 + 0x1p-11, 1 + 0x3p-11,
      .greatestFiniteMagnitude,
    ]
    for _ in 0..<2000 {
      values.append(Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator)))
    }
    for _ in 0..<2000 {
      let exponent = Int.random(in: -30...18, using: &generator)
      values.append(
        Float(
          sign: .plus, exponent: exponent,
          significand: 1 + Float.random(in: 0..<1, using: &generator)))
    }
    for format in [FloatFormat.float16, .bfloat16, .tf32, .e4m3, .e5m2] {
      let numbers = values.withUnsafeBufferPointer { BlockNumbers($0, format: format) }
      let rounding: Rounding = .deterministic(format == .tf32 ? .roundTiesAway : .roundTiesToEven)
      for (index, value) in values.enumerated() {
        let number = ExactNumber<Int512>(value)
        var expected = UInt64(0)
        if value.isNaN {
          expected = format.nanCode ?? 0
        } else if !number.isZero {
          expected = format.encode(number, rounding: rounding) ?? 0
          let magnitude = format.decode(expected, as: Int128.self)
          if format.width <= 8, !magnitude.isFinite {
            expected = format.maximumCode | (value < 0 ? 1 << UInt64(format.width - 1) : 0)
          }
          if magnitude.isZero { expected = 0 }
        }
        #expect(
          numbers.code(index) == expected,
          "\(Encoding.float(format).name) \(value): \(numbers.code(index)), \(expected)")
      }
    }
  }
}
