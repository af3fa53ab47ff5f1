import Arith
import TestSupport
import Testing

@Suite("Requantization")
struct RequantizeTests {
  /// gemmlowp's formulation with a nudge by sign and a division toward zero.
  static func publishedHighMultiply(_ a: Int32, _ b: Int32) -> Int32 {
    if a == .min && b == .min { return .max }
    let product = Int64(a) * Int64(b)
    let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
    return Int32((product + nudge) / (1 << 31))
  }

  @Test("the doubled high product is that of the published text")
  func highMultiply() {
    var generator = SeededGenerator(seed: 3)
    let ends: [Int32] = [.min, .min + 1, -1, 0, 1, 1 << 30, .max - 1, .max]
    for a in ends {
      for b in ends {
        #expect(
          FixedPoint32.roundingDoublingHighMultiply(a, b) == Self.publishedHighMultiply(a, b))
      }
    }
    for _ in 0..<200_000 {
      // Half of the products are ties or next to them.
      let a = Int32.random(in: .min ... .max, using: &generator)
      let b =
        Bool.random(using: &generator)
        ? Int32.random(in: .min ... .max, using: &generator)
        : Int32(1) << Int32.random(in: 0..<31, using: &generator)
      guard FixedPoint32.roundingDoublingHighMultiply(a, b) == Self.publishedHighMultiply(a, b)
      else {
        Issue.record("\(a) * \(b)")
        return
      }
    }
  }

  @Test("dividing by a power of two rounds to nearest", arguments: TieRule.allCases)
  func roundingShift(ties: TieRule) {
    for shift in 1...6 {
      let unit = 1 << shift
      for value in -300...300 {
        let exact = Double(value) / Double(unit)
        let expected: Double
        switch ties {
        case .halfEven: expected = exact.rounded(.toNearestOrEven)
        case .halfUp: expected = (exact + 0.5).rounded(.down)
        case .halfAway: expected = exact.rounded(.toNearestOrAwayFromZero)
        }
        #expect(
          RoundingShift.divide(Int128(value), byPowerOfTwo: shift, ties: ties)
            == Int128(expected))
        if ties == .halfAway {
          #expect(RoundingShift.divideByPOT(value, shift) == Int(expected))
        }
      }
    }
    #expect(RoundingShift.divide(.max, byPowerOfTwo: 200, ties: ties) == 0)
  }

  @Test("factors become 31 bits and a shift")
  func quantizeMultiplier() {
    // frexp(0.75) = 0.75 * 2^0; 2^31 - 2 and 2^31 - 1 are the nearest to 1 - 2^-31 and below.
    #expect(QuantizedMultiplier(0.75) == QuantizedMultiplier(multiplier: 3 << 29, shift: 0))
    #expect(QuantizedMultiplier(1) == QuantizedMultiplier(multiplier: 1 << 30, shift: 1))
    #expect(QuantizedMultiplier(0) == QuantizedMultiplier(multiplier: 0, shift: 0))
    // Rounds up to 2^31, which is halved.
    #expect(
      QuantizedMultiplier(1.0 - 0x1p-40) == QuantizedMultiplier(multiplier: 1 << 30, shift: 1))
    #expect(QuantizedMultiplier(0x1p-33) == QuantizedMultiplier(multiplier: 0, shift: 0))
    #expect(
      QuantizedMultiplier(0x1p-32) == QuantizedMultiplier(multiplier: 1 << 30, shift: -31))
    #expect(QuantizedMultiplier(.nan).multiplier == 0)
    #expect(QuantizedMultiplier(-0.5).multiplier == -(1 << 30))
    #expect(QuantizedMultiplier(1e300).shift == 997)
  }

  @Test("one rounding, two roundings and their ties")
  func ties() {
    let eighth = QuantizedMultiplier(0.125)
    // 12 / 8 = 1.5 and -1.5: away from zero, and up.
    #expect(eighth.appliedRoundingAway(to: 12) == 2)
    #expect(eighth.appliedRoundingAway(to: -12) == -2)
    #expect(eighth.appliedRoundingOnce(to: 12) == 2)
    #expect(eighth.appliedRoundingOnce(to: -12) == -1)
    #expect(eighth.appliedRoundingTwice(to: -12) == -2)
    // 0.25 = 2^30 * 2^(-1 - 31): the first rounding gives 1/2 up to 1, the second 1/2 to 1.
    #expect(QuantizedMultiplier(0.25).appliedRoundingTwice(to: 1) == 1)
    #expect(QuantizedMultiplier(0.25).appliedRoundingOnce(to: 1) == 0)
    // 1/4 exactly representable in 16 bits: 6 / 4 = 1.5 up, -1.5 up.
    #expect(QuantizedMultiplier(0.25).applied(toWide: 6) == 2)
    #expect(QuantizedMultiplier(0.25).applied(toWide: -6) == -1)
  }

  @Test("fixed-point exponential, logistic and tanh are close to the functions")
  func functions() {
    for step in stride(from: -15.9, through: 15.9, by: 0.037) {
      let code = Int32(step * 0x1p27)
      let logistic = Double(FixedPoint32.logistic(code, integerBits: 4)) * 0x1p-31
      let expected = 1 / (1 + ElementaryDouble.exp(-step))
      #expect(abs(logistic - expected) < 1e-6, "logistic \(step)")
      let tanh = Double(FixedPoint32.tanh(code, integerBits: 4)) * 0x1p-31
      #expect(abs(tanh - (2 / (1 + ElementaryDouble.exp(-2 * step)) - 1)) < 1e-6, "tanh \(step)")
      if step <= 0 {
        let value = FixedPoint32.exponentialOfNegative(code, integerBits: 4)
        #expect(abs(Double(value) * 0x1p-31 - ElementaryDouble.exp(step)) < 1e-6)
      }
    }
    for code in stride(from: Int32(-32768), through: 32767, by: 7) {
      let x = Double(code) * 0x1p-12
      let value = Double(FixedPoint16.logistic(Int16(code), integerBits: 3)) * 0x1p-15
      #expect(abs(value - 1 / (1 + ElementaryDouble.exp(-x))) < 4e-4)
    }
  }

  @Test("exponentials in binary64 against values of arbitrary precision")
  func exponential() {
    // Python 3.11, decimal with 60 digits, rounded once.
    let cases: [(Double, UInt64)] = [
      (1, 0x4005_bf0a_8b14_5769), (-1, 0x3fd7_8b56_362c_ef38), (0.5, 0x3ffa_6129_8e1e_069c),
      (10, 0x40d5_829d_cf95_0560), (-10, 0x3f07_cd79_b564_7c9b), (-700, 0x00d1_4f2b_0fb9_307f),
    ]
    for (argument, bits) in cases {
      #expect(ElementaryDouble.exp(argument).bitPattern == bits, "exp(\(argument))")
    }
    #expect(ElementaryDouble.exp(0) == 1)
    #expect(ElementaryDouble.exp(800) == .infinity)
    #expect(ElementaryDouble.exp(-800) == 0)
    #expect(ElementaryDouble.exp(.nan).isNaN)
  }
}
