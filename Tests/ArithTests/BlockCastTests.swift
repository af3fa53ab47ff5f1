import Arith
import TestSupport
import Testing

@Suite("Values of block formats")
struct BlockCastTests {
  static let names = [
    "mxfp4", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp8_e4m3", "mxfp8_e5m2", "mxint8", "nvfp4",
    "nvfp4-block", "mx<e2m1,16>", "mx<int<4>,8>", "bfp<16,5,5>", "bfp<8,12>", "nf4<64>",
    "scaled<int<8>,64>", "scaled<e4m3,128,float32>", "scaled<e2m1,16,e4m3,rule=twoLevel>",
    "scaled<uint<8>,16,float16>", "scaled<e2m1,8,e5m2,rule=oneLevel>", "bitmod<3,32>",
    "group<int<4>,32>", "group<uint<4>,16,zero=yes>", "ant<4,16>",
  ]

  /// Mostly of one magnitude, with outliers, tiny values, zeros and whole rows of zeros.
  private static func rows(
    _ rows: Int, _ length: Int, _ generator: inout SeededGenerator
  ) -> [Float] {
    (0..<rows).flatMap { row -> [Float] in
      let scale = Float(
        sign: .plus, exponent: Int.random(in: -40...40, using: &generator), significand: 1)
      return (0..<length).map { _ in
        let value = Float.random(in: -2...2, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return 0
        case 1: return value * scale * 100
        case 2: return value * .leastNormalMagnitude
        default: return row % 5 == 4 ? 0 : value * scale
        }
      }
    }
  }

  @Test("the same as quantizing each row and reading it back", arguments: names)
  func definition(name: String) throws {
    guard case .block(let format) = try Encoding(name: name) else {
      Issue.record("\(name) has blocks")
      return
    }
    let cast = BlockCast(format)
    var generator = SeededGenerator(seed: 77)
    for (rows, length) in [(1, 1), (3, 7), (5, 32), (4, 41), (40, 300)] {
      let values = Self.rows(rows, length, &generator)
      // A tensor scale of another tensor: values beyond it saturate.
      let tensorScale = format.tensorScale(of: values.prefix(length).map { Double($0) })
      var found = values
      found.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        cast.values(of: base, rows: rows, length: length, tensorScale: tensorScale, into: base)
      }
      for row in 0..<rows {
        let own = values[row * length..<(row + 1) * length].map { Double($0) }
        let expected = try format.values(format.quantize(own, tensorScale: tensorScale))
        let made = found[row * length..<(row + 1) * length]
        #expect(Array(made) == expected.map { Float($0) }, "row \(row) of \(length)")
      }
    }
  }

  @Test("values without a code: NaN as zero, infinities as the largest number")
  func notFinite() throws {
    for name in ["mxfp8_e4m3", "nvfp4", "group<int<4>,32>"] {
      guard case .block(let format) = try Encoding(name: name) else { continue }
      func values(_ numbers: [Float]) -> [Float] {
        var result = [Float](repeating: -1, count: numbers.count)
        BlockCast(format).values(
          of: numbers, rows: 1, length: numbers.count, tensorScale: 1, into: &result)
        return result
      }
      let largest = Float.greatestFiniteMagnitude
      #expect(values([1, .nan, -2]) == values([1, 0, -2]))
      #expect(values([1, .infinity]) == values([1, largest]))
      #expect(values([-.infinity, 3]) == values([-largest, 3]))
    }
  }
}
