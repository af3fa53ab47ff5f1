import Arith
import TestSupport
import Testing

/// Dyadic multipliers against the exact definition.
@Suite struct DyadicScaleTests {
  @Test("the narrow path equals exact rounding of the 128-bit product", arguments: TieRule.allCases)
  func exactRounding(ties: TieRule) {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<200_000 {
      let bits = Int64.random(in: 1...62, using: &generator)
      let value = Int64.random(in: -(1 << bits)...(1 << bits), using: &generator)
      let scale = DyadicScale(
        multiplier: Int64.random(in: 1 << 30...1 << 31, using: &generator),
        exponent: Int.random(in: -30...100, using: &generator))
      let exact = RoundingShift.divide(
        Int128(value) * Int128(scale.multiplier), byPowerOfTwo: scale.exponent, ties: ties)
      #expect(scale.applied(to: value, ties: ties) == Int64(clamping: exact), "\(value) \(scale)")
    }
  }

  @Test("ties of powers of two go where the rule says")
  func ties() {
    let half = DyadicScale(multiplier: 1 << 30, exponent: 31)
    let cases: [(Int64, even: Int64, up: Int64, away: Int64)] = [
      (1, 0, 1, 1), (-1, 0, 0, -1), (3, 2, 2, 2), (-3, -2, -1, -2), (5, 2, 3, 3), (-5, -2, -2, -3),
      (0, 0, 0, 0), (4, 2, 2, 2),
    ]
    for item in cases {
      #expect(half.applied(to: item.0, ties: .halfEven) == item.even)
      #expect(half.applied(to: item.0, ties: .halfUp) == item.up)
      #expect(half.applied(to: item.0, ties: .halfAway) == item.away)
    }
  }

  @Test("factors at the ends: zero, negative, huge, not finite")
  func ends() {
    #expect(DyadicScale(approximating: .nan) == nil)
    #expect(DyadicScale(approximating: .infinity) == nil)
    #expect(DyadicScale(approximating: 0)?.applied(to: .max, ties: .halfUp) == 0)
    #expect(DyadicScale(approximating: -1)?.applied(to: 7, ties: .halfEven) == -7)
    #expect(DyadicScale(approximating: 0x1p100)?.applied(to: 1, ties: .halfEven) == .max)
    #expect(DyadicScale(approximating: 0x1p100)?.applied(to: -1, ties: .halfEven) == .min)
    #expect(DyadicScale(approximating: 0x1p-1074)?.applied(to: .max, ties: .halfEven) == 0)
    // The multiplier that rounds up to 2^31 is kept.
    #expect(
      DyadicScale(approximating: 1 - 0x1p-33) == DyadicScale(multiplier: 1 << 31, exponent: 31))
  }
}

/// Integer forms of transformer functions against real ones.
@Suite struct IntegerTransformerTests {
  @Test("square roots of every number to 2^16, and around squares")
  func squareRoot() {
    for value in Int64(0)...(1 << 16) {
      let root = IntegerTransformer.squareRoot(value)
      #expect(root * root <= value && (root + 1) * (root + 1) > value)
    }
    for root in [Int64(3_037_000_499), 1 << 31, 1 << 30] where root <= 3_037_000_499 {
      #expect(IntegerTransformer.squareRoot(root * root) == root)
      #expect(IntegerTransformer.squareRoot(root * root - 1) == root - 1)
    }
    #expect(IntegerTransformer.squareRoot(.max) == 3_037_000_499)
    #expect(IntegerTransformer.squareRoot(-4) == 0)
  }

  @Test("quotients without a divider")
  func quotient() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20_000 {
      let value =
        Int64.random(in: 0 ... .max, using: &generator)
        >> Int64.random(in: 0...62, using: &generator)
      let divisor = max(
        1,
        Int64.random(in: 1 ... .max, using: &generator)
          >> Int64.random(in: 0...62, using: &generator))
      let found = IntegerTransformer.quotient(value, by: divisor)
      #expect(found.quotient == value / divisor && found.rest == value % divisor)
    }
    #expect(IntegerTransformer.quotient(5, by: 0).quotient == 0)
  }

  @Test("softmax sums to about one and is near the real one")
  func softmax() throws {
    let scale = 0.05
    let exponential = try #require(IntegerTransformer.Exponential(scale: scale))
    var generator = SeededGenerator(seed: 9)
    for count in [2, 10, 100] {
      let row = (0..<count).map { _ in Int64.random(in: -128...127, using: &generator) }
      let found = IntegerTransformer.softmax(row, exponential, bits: 16)
      let top = Double(row.max() ?? 0)
      let powers = row.map { Self.exponential((Double($0) - top) * scale) }
      let sum = powers.reduce(0, +)
      for (code, power) in zip(found, powers) {
        #expect(abs(Double(code) / 65536 - power / sum) < 0.01)
      }
      #expect(abs(found.reduce(0, +) - 65536) <= 650)
    }
  }

  /// exp by halving and its series: no C library in this test.
  private static func exponential(_ x: Double) -> Double {
    let reduced = x / 1024
    var term = 1.0
    var sum = 1.0
    for index in 1...12 {
      term *= reduced / Double(index)
      sum += term
    }
    return (0..<10).reduce(sum) { value, _ in value * value }
  }
}
