import Arith
import Testing
import TestSupport

@Suite("arithmetic units")
struct UnitTests {
  private func encoding(_ name: String) throws -> Encoding { try Encoding(name: name) }

  @Test("dot products: exact, wrapping, saturating and in-format accumulators")
  func dot() throws {
    var generator = SeededGenerator(seed: 9)
    let rows = 40
    let length = 24
    let a = (0..<rows * length).map { _ in Int64.random(in: -128...127, using: &generator) }
    let b = (0..<rows * length).map { _ in Int64.random(in: -128...127, using: &generator) }
    let c = (0..<rows).map { _ in Int64.random(in: -8000...8000, using: &generator) }
    let int8 = try encoding("int8")
    let out = try CastRule(to: encoding("int<32>"))
    for (accumulator, clamp) in [
      (Accumulator.exact, 0), (.rounded(try CastRule(to: encoding("int<16>"))), 1),
      (.rounded(try CastRule(to: encoding("fixed<16,16,TRN,SAT>"))), 2),
    ] {
      let unit = try ArithmeticUnit(
        .dot, a: int8, b: int8, c: encoding("int<16>"), out: out, accumulator: accumulator)
      let results = try unit.results(a: a, b: b, c: c, rowLength: length)
      for row in 0..<rows {
        var sum = Int(c[row])
        for index in row * length..<(row + 1) * length {
          sum += Int(a[index] * b[index])
          if clamp == 1 { sum = Int(Int16(truncatingIfNeeded: sum)) }
          if clamp == 2 { sum = min(max(sum, -32768), 32767) }
        }
        #expect(results[row] == Int64(sum), "row \(row) \(accumulator)")
      }
    }
  }

  @Test("an exact float32 dot product keeps what cancels")
  func cancellation() throws {
    let single = try encoding("float32")
    func bits(_ x: Float) -> Int64 { Int64(x.bitPattern) }
    let small = Float(bitPattern: 0x1_1234)
    let a = [Float](arrayLiteral: 3e38, .leastNonzeroMagnitude, -3e38, small).map(bits)
    let b = [Float](arrayLiteral: 3e38, .leastNonzeroMagnitude, 3e38, 1).map(bits)
    let unit = try ArithmeticUnit(.dot, a: single, b: single, out: CastRule(to: single))
    #expect(try unit.results(a: a, b: b, rowLength: 4) == [bits(small)])
    // The same in a chain of fused multiply-adds loses everything below the large terms.
    let chain = try ArithmeticUnit(
      .dot, a: single, b: single, out: CastRule(to: single),
      accumulator: .rounded(CastRule(to: single)))
    let ordered = try chain.results(a: a, b: b, rowLength: 4)
    var sum: Float = 0
    for index in 0..<4 {
      sum.addProduct(Float(bitPattern: UInt32(a[index])), Float(bitPattern: UInt32(b[index])))
    }
    let found = ordered[0].map { Float(bitPattern: UInt32($0)) }
    #expect(found?.isNaN == true ? sum.isNaN : found == sum)
  }

  @Test("float products land in wrapping fixed point with exact low bits")
  func wideWrap() throws {
    // 2^600 + 1 in float64 operands, wrapped to 8 bits: only the register sees the 1.
    let double = try encoding("float64")
    let unit = try ArithmeticUnit(.add, a: double, b: double, out: CastRule(to: encoding("int<8>")))
    let big = Double(sign: .plus, exponent: 600, significand: 1)
    let results = try unit.results(
      a: [Int64(bitPattern: big.bitPattern)], b: [Int64(bitPattern: (1.0).bitPattern)])
    #expect(results == [1])
  }

  @Test("division is correctly rounded in fixed point")
  func division() throws {
    let fixed = try encoding("fixed<8,4,RND_CONV,SAT>")
    let unit = try ArithmeticUnit(.div, a: fixed, b: fixed, out: CastRule(to: fixed))
    var a: [Int64] = []
    var b: [Int64] = []
    for x in Int64(-128)...127 where sweep || x % 16 == 5 {
      for y in Int64(-128)...127 where sweep || y % 3 == 0 {
        a.append(x)
        b.append(y)
      }
    }
    for (index, result) in try unit.results(a: a, b: b).enumerated() {
      guard b[index] != 0 else {
        #expect(result == (a[index] == 0 ? nil : a[index] < 0 ? -128 : 127))
        continue
      }
      // Both have 4 fraction bits, so the code is 16 a / b.
      let ratio = (Double(a[index]) * 16 / Double(b[index])).rounded(.toNearestOrEven)
      #expect(result == Int64(min(max(ratio, -128), 127)), "\(a[index]) / \(b[index])")
    }
  }

  @Test("comparisons and extremes follow IEEE 754 with NaN and signed zero")
  func comparisons() throws {
    let half = try encoding("float16")
    let values: [Float16] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, 0.5]
    let flag = try CastRule(to: encoding("uint<1>"))
    for (operation, expected) in [
      (UnitOperation.lt, { $0 < $1 }), (.le, { $0 <= $1 }), (.gt, { $0 > $1 }),
      (.ge, { $0 >= $1 }), (.eq, { $0 == $1 }), (.ne, { $0 != $1 }),
    ] as [(UnitOperation, (Float16, Float16) -> Bool)] {
      let unit = try ArithmeticUnit(operation, a: half, b: half, out: flag)
      for x in values {
        for y in values {
          let result = try unit.results(a: [Int64(x.bitPattern)], b: [Int64(y.bitPattern)])
          #expect(result == [expected(x, y) ? 1 : 0], "\(x) \(operation) \(y)")
        }
      }
    }
    let smaller = try ArithmeticUnit(.min, a: half, b: half, out: CastRule(to: half))
    let negativeZero = Int64(Float16(-0.0).bitPattern)
    #expect(try smaller.results(a: [0], b: [negativeZero]) == [negativeZero])
    #expect(try smaller.results(a: [Int64(Float16.nan.bitPattern)], b: [0]) == [0])
  }

  @Test("requantization rounds the dyadic product once")
  func requantize() throws {
    var generator = SeededGenerator(seed: 10)
    let unit = try ArithmeticUnit(
      .requantize, a: encoding("int<32>"),
      out: CastRule(
        to: encoding("int<8>"), rounding: .tiesToEven, overflow: .saturating),
      factor: DyadicFactor(multiplier: 1_342_177_281, shift: 40))
    let codes = (0..<500).map { _ in Int64(Int32.random(in: .min ... .max, using: &generator)) }
    for (code, result) in zip(codes, try unit.results(a: codes)) {
      let product = Int128(code) * 1_342_177_281
      let floor = product >> 40
      let rest = product - (floor << 40)
      let half = Int128(1) << 39
      let up = rest > half || (rest == half && floor & 1 == 1)
      #expect(result == Int64(min(max(floor + (up ? 1 : 0), -128), 127)))
    }
  }

  @Test("affine and power-of-two targets")
  func otherTargets() throws {
    let single = try encoding("float32")
    func codes(_ target: String, _ values: [Float]) throws -> [Int64?] {
      let unit = try ArithmeticUnit(.cast, a: single, out: CastRule(to: encoding(target)))
      return try unit.results(a: values.map { Int64($0.bitPattern) })
    }
    #expect(
      try codes("affine<8,scale=0.5,zero=10,signed=no>", [0, 1, 1.25, 1.75, -5, -6, 200])
        == [10, 12, 12, 14, 0, 0, 255])
    #expect(try codes("po2<3>", [1, 3, -0.3, 100, 0, 0.01]) == [0, 4, -3, 6, nil, -8])
    #expect(try codes("uint<4>", [-1, 3, .nan]) == [15, 3, nil])
  }

  @Test("units refuse what they cannot compute")
  func refused() throws {
    let int8 = try encoding("int8")
    let out = try CastRule(to: int8)
    #expect(throws: UnitError.self) { try ArithmeticUnit(.add, a: int8, out: out) }
    #expect(throws: UnitError.self) { try ArithmeticUnit(.neg, a: int8, b: int8, out: out) }
    #expect(throws: UnitError.self) { try CastRule(to: encoding("mxfp4")) }
    #expect(throws: UnitError.self) { try CastRule(to: encoding("fixed<65,3>")) }
    #expect(throws: UnitError.self) {
      try CastRule(to: encoding("e4m3"), overflow: .fixed(.wrap, saturationBits: 0))
    }
    #expect(throws: UnitError.self) {
      try CastRule(to: int8, rounding: .stochastic(.fast, width: 40))
    }
    let unit = try ArithmeticUnit(.add, a: int8, b: int8, out: out)
    #expect(throws: UnitError.lengths([2, 1, 0, 0])) { try unit.results(a: [1, 2], b: [3]) }
    #expect(throws: UnitError.invalidCode(128, operand: "b", index: 0)) {
      try unit.results(a: [1], b: [128])
    }
  }
}
