import Arith
import Testing
import TestSupport

@Suite("block formats")
struct BlockTests {
  private func block(_ name: String) throws -> BlockFormat {
    guard case .block(let format) = try Encoding(name: name) else {
      throw FormatError.unreadable(name, reason: "no block format")
    }
    return format
  }

  @Test(
    "values of block codes quantize to the same values again",
    arguments: [
      "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4_e2m1", "mxint8", "bfp<16,8>",
      "bfp<7,5,5>", "nvfp4", "nvfp4-block", "nf4<64>", "bitmod<3,64>", "bitmod<4>", "ant<4,32>",
      "group<int<4>,32>", "scaled<e4m3,128>",
    ])
  func stable(name: String) throws {
    var generator = SeededGenerator(seed: 11)
    let format = try block(name)
    let values = (0..<200).map { _ in Double(Float16.random(in: -3...3, using: &generator)) }
    let codes = try format.quantize(values)
    #expect(codes.scales.count == format.blockCount(of: 200))
    let first = try format.values(codes)
    for (value, approximation) in zip(values, first) {
      #expect((value - approximation).magnitude < 1.5, "\(name) \(value) \(approximation)")
    }
    let again = try format.values(try format.quantize(first))
    // The largest element may have been rounded down, which changes the scale of floating groups.
    if format.rule == .sharedExponent { #expect(again == first) }
  }

  @Test("zero blocks, short blocks and values that are not finite")
  func edges() throws {
    let format = try block("mxfp4")
    let zero = try format.quantize([Double](repeating: 0, count: 32))
    #expect(zero.scales == [0])
    #expect(try format.values(zero) == [Double](repeating: 0, count: 32))
    let short = try format.quantize([1, -6])
    #expect(short.codes == [2, 15])
    #expect(throws: BlockError.notFinite(index: 1)) { try format.quantize([1, .nan]) }
    #expect(try format.quantize([]).scales.isEmpty)
    #expect(throws: BlockError.self) {
      try format.values(BlockCodes(codes: [1], scales: []))
    }
    #expect(throws: BlockError.self) {
      try format.values(BlockCodes(codes: [1], scales: [300]))
    }
    #expect(throws: BlockError.self) {
      try format.values(BlockCodes(codes: [1], scales: [1], choices: [1]))
    }
    // 255 is the NaN of E8M0.
    #expect(try format.values(BlockCodes(codes: [1], scales: [255]))[0].isNaN)
  }

  @Test("exact dot products of blocks that do not coincide")
  func dot() throws {
    let a = try block("mx<e2m1,16>")
    let b = try block("bfp<10,8>")
    var generator = SeededGenerator(seed: 12)
    let x = (0..<50).map { _ in Double.random(in: -8...8, using: &generator) }
    let y = (0..<50).map { _ in Double.random(in: -8...8, using: &generator) }
    let left = try a.quantize(x)
    let right = try b.quantize(y)
    // Few-bit products: the double sum is exact.
    let expected = zip(try a.values(left), try b.values(right)).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(try a.dot(left, right, in: b).doubleValue == expected)
  }

  @Test("storage of a value counts scales and choices")
  func bits() throws {
    #expect(try block("mxfp4").bitsPerValue == 4.25)
    #expect(try block("nvfp4").bitsPerValue == 4.5)
    // BitMoD's own figure adds an 8-bit scale; here the scale is half precision.
    #expect(try block("bitmod<4>").bitsPerValue == 4 + 18.0 / 128)
  }
}
