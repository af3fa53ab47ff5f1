import Arith
import Testing
import TestSupport

@Suite("codebooks, planes and vectors")
struct CodebookTests {
  private func book(_ name: String) throws -> Codebook {
    guard case .codebook(let book) = try Encoding(name: name) else {
      throw FormatError.unreadable(name, reason: "no codebook")
    }
    return book
  }

  @Test(
    "values of small codebooks",
    arguments: [
      ("binary", [0, 1], [-1, 1]), ("ternary", [0, 1, 2], [-1, 0, 1]),
      ("denseshift<3>", [7, 6, 5, 4, 0, 1, 2, 3], [-8, -4, -2, -1, 1, 2, 4, 8]),
      ("log2<2>", [3, 2, 1, 0], [0.125, 0.25, 0.5, 1]),
      ("logsqrt2<2>", [3, 2, 1, 0], [0.3535533905932738, 0.5, 0.7071067811865476, 1]),
      (
        "nupes<3,0.5>", [-3, -2, -1, 0, 1, 2, 3],
        [
          -1.7320508075688772, -1.4142135623730951, -1, 0, 1, 1.4142135623730951,
          1.7320508075688772,
        ]
      ),
      ("nupes<3,2>", [-3, -2, -1, 0, 1, 2, 3], [-9, -4, -1, 0, 1, 4, 9]),
      ("bitmod-fp3<-6>", [0, 1, 2, 3, 4, 5, 6, 7], [-6, -4, -2, -1, 0, 1, 2, 4]),
      // APoT with 2 terms: {0, 1, 1/4, 1/16} + {0, 1/2, 1/8, 1/32}; here k = 1: {0, 1} + {0, 1/2}.
      ("apot<2,1,signed=no>", [0, 1, 2, 3], [0, 0.5, 1, 1.5]),
      ("apot<2,2,signed=no>", [0, 3, 2, 1], [0, 0.25, 0.5, 1]),
      ("khot<4,4,1>", [-8, -4, -2, -1, 0, 1, 2, 4], [-8, -4, -2, -1, 0, 1, 2, 4]),
      ("sulq<2,0.25>", [0, 1, 2, 3], [-0.125, 0, 0.25, 0.75]),
    ] as [(String, [Int64], [Double])])
  func values(name: String, codes: [Int64], values: [Double]) throws {
    let book = try book(name)
    #expect(book.codes == codes)
    #expect(book.values == values)
  }

  @Test("the base of AdaLog is 2 to the Q over 37")
  func adaptiveBase() throws {
    let book = try book("adalog<3,20>")
    // Python 3.11, decimal with 60 digits: float(Decimal(2) ** (Decimal(-q * 20) / 37)).
    let wanted: [Double] = [
      1.0, 0.6875132673568429, 0.4726744927916818, 0.32496998493544765, 0.22342117613587362,
      0.15360502280188318, 0.10560549110894506, 0.07260517624313484,
    ]
    for (code, value) in wanted.enumerated() {
      let found = try #require(book.value(of: Int64(code)))
      #expect(found == value, "\(code)")
    }
  }

  @Test("encoding takes the nearest value; round trips are exact")
  func nearest() throws {
    var generator = SeededGenerator(seed: 8)
    for name in [
      "nf4", "flint4", "flint5", "bitmod-fp4<10>", "codebook<3,-1,0.5,0.25>", "apot<5,2>",
      "khot<8,3,2>", "nupes<5,1.5>", "denseshift<4>",
    ] {
      let book = try book(name)
      for (code, value) in zip(book.codes, book.values) {
        #expect(book.encode(ExactNumber<Int128>(value)) == code, "\(name) \(code)")
        #expect(book.value(of: code) == value)
      }
      let bound = max(book.values[book.values.count - 1], -book.values[0]) * 1.2
      for _ in 0..<200 {
        let x = Double.random(in: -bound...bound, using: &generator)
        let code = try #require(book.encode(ExactNumber<Int128>(x)))
        let value = try #require(book.value(of: code))
        let best = book.values.map { ($0 - x).magnitude }.min()
        #expect((value - x).magnitude == best, "\(name) \(x)")
      }
    }
  }

  @Test("logarithmic formats round in the logarithm")
  func logarithmic() throws {
    let book = try book("log2<4>")
    // sqrt(1/2) = 0.70710678118654752440...: -log2 is exactly one half only in the limit.
    #expect(book.encode(ExactNumber<Int128>(0.7071067811865476)) == 0)
    #expect(book.encode(ExactNumber<Int128>(0.7071067811865475)) == 1)
    #expect(book.encode(ExactNumber<Int128>(0.0)) == 15)
    #expect(book.encode(ExactNumber<Int128>(3.0)) == 0)
    // Base 4: 1/2 is exactly half way between codes 0 and 1; ties go to the even code.
    let four = try self.book("adalog<3,2,1>")
    #expect(four.encode(ExactNumber<Int128>(0.5)) == 0)
    #expect(four.encode(ExactNumber<Int128>(0.125)) == 2)
  }

  @Test("directed modes take the neighbour on their side")
  func directed() throws {
    let book = try book("codebook<-2,-1,1,2>")
    func code(_ x: Double, _ mode: Quantization) -> Int64? {
      book.encode(ExactNumber<Int128>(x), rounding: .deterministic(mode))
    }
    #expect(code(1.9, .truncateToZero) == 2)
    #expect(code(-1.9, .truncateToZero) == 1)
    #expect(code(-1.1, .truncate) == 0)
    #expect(code(1.1, .towardPositive) == 3)
    #expect(code(1.5, .roundTiesToNegative) == 2)
    #expect(code(1.5, .roundTiesAway) == 3)
    #expect(code(-1.5, .roundTiesAway) == 0)
    #expect(book.encode(ExactNumber<Int128>(2.5), saturating: false) == nil)
    #expect(book.encode(ExactNumber<Int128>(Double.nan)) == nil)
  }

  @Test("pyramid codes count the vectors and name each one")
  func pyramid() throws {
    // Fischer 1986: N(3, 2) = 18, N(4, 3) = 88 (also the Delannoy-like table of Opus' PVQ, RFC 6716).
    for (n, k, count) in [(3, 2, 18), (4, 3, 88), (1, 5, 2), (8, 4, 2816)] {
      let book = try VectorCodebook.pyramid(checked: n, pulses: k)
      #expect(book.count == Int64(count))
      var seen = Set<[Int]>()
      for code in 0..<book.count {
        let vector = try #require(book.decode(code))
        #expect(vector.reduce(0) { $0 + abs($1) } == k)
        #expect(book.encode(vector) == code)
        seen.insert(vector)
      }
      #expect(seen.count == count)
      #expect(book.decode(book.count) == nil)
    }
    let book = try VectorCodebook.pyramid(checked: 3, pulses: 4)
    #expect(book.encode(nearest: [2, -2, 0]).flatMap(book.decode) == [2, -2, 0])
    #expect(book.encode(nearest: [0, 0, 0]).flatMap(book.decode) == [4, 0, 0])
    #expect(VectorCodebook.complexUnits.encode(nearest: [0.1, -0.5]) == 3)
  }

  @Test("planes add scaled digits")
  func planes() throws {
    let dual = try PlanesFormat(digits: .bits, count: 2, group: 0)
    #expect(
      (0..<4).map { dual.decode($0, scales: [0.5, -0.25])?.doubleValue } == [0, 0.5, -0.25, 0.25])
    #expect(dual.encode(0.3, scales: [0.5, -0.25]) == 3)
    let trits = try PlanesFormat(digits: .trits, count: 2, group: 128)
    #expect(trits.codeCount == 9)
    #expect(trits.planes(of: 5) == [1, 0])
    #expect(trits.decode(8, scales: [1, 3])?.doubleValue == 4)
    #expect(trits.decode(9, scales: [1, 3]) == nil)
    #expect(trits.width == 4)
  }
}
