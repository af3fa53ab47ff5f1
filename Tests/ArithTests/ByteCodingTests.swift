import Arith
import TestSupport
import Testing

@Suite("Bytes between floats, sums and layouts")
struct ByteCodingTests {
  static let paths: [KernelPath] = [.portable, .avx2, .vnni]

  /// Quotients at ties, at the ends, beyond them, and at random.
  private static func quotients(seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    var values: [Float] = [
      .nan, -.nan, .infinity, -.infinity, 0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 126.5, 127.5, -127.5,
      -128.5, 254.5, 255.5, 1e30, -1e30, .leastNonzeroMagnitude, Float(0.5).nextDown,
      Float(0.5).nextUp,
    ]
    for _ in 0..<500 { values.append(Float.random(in: -300...300, using: &generator)) }
    for step in -300...300 { values.append(Float(step) + 0.5) }
    return values
  }

  static let codings = [
    ByteCoding(zeroPoint: 0, range: -128...127), ByteCoding(zeroPoint: -128, range: -128...127),
    ByteCoding(zeroPoint: 17, range: 0...255), ByteCoding(zeroPoint: 255, range: 0...255),
    ByteCoding(zeroPoint: 3, range: -8...7), ByteCoding(zeroPoint: 0, range: 0...1),
  ]

  @Test("values are rounded to even and clamped", arguments: paths)
  func quantization(path: KernelPath) {
    #expect(ByteCoding(zeroPoint: 1, range: -128...127).code(of: 2.5) == 3)
    #expect(ByteCoding(zeroPoint: 1, range: -128...127).code(of: .nan) == 1)
    #expect(ByteCoding(zeroPoint: 1, range: -128...127).code(of: 1e9) == 127)
    for coding in Self.codings {
      let values = Self.quotients(seed: 3)
      for scale: Float in [1, 0.25, 0.1] {
        var codes = [UInt8](repeating: 0, count: values.count)
        coding.codes(of: values, count: values.count, scale: scale, into: &codes, path: path)
        for index in values.indices {
          let expected = UInt8(truncatingIfNeeded: coding.code(of: values[index] / scale))
          #expect(codes[index] == expected, "\(path) \(values[index]) / \(scale), \(coding)")
        }
      }
    }
  }

  @Test("sums times a factor a column", arguments: paths)
  func scaledSums(path: KernelPath) {
    var generator = SeededGenerator(seed: 4)
    for columns in [1, 3, 8, 16, 19, 64] {
      let rows = 7
      let sums = (0..<rows * columns).map { _ in
        Int32.random(in: .min ... .max, using: &generator)
          >> Int32.random(in: 0..<31, using: &generator)
      }
      let factors = (0..<columns).map { _ in Float.random(in: 1e-5...0.5, using: &generator) }
      for coding in Self.codings {
        var codes = [UInt8](repeating: 0, count: sums.count)
        coding.codes(ofSums: sums, rows: rows, factors: factors, into: &codes, path: path)
        for index in sums.indices {
          let quotient = Float(sums[index]) * factors[index % columns]
          #expect(codes[index] == UInt8(truncatingIfNeeded: coding.code(of: quotient)))
        }
      }
    }
  }

  @Test("two tensors combined, and codes as values", arguments: paths, [true, false])
  func combination(path: KernelPath, isSigned: Bool) {
    var generator = SeededGenerator(seed: 5)
    let count = 333
    let a = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let b = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    func number(_ byte: UInt8, _ isSigned: Bool) -> Int32 {
      isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
    }
    let coding = ByteCoding(zeroPoint: 0, range: isSigned ? -128...127 : 0...255)
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard let x = a.baseAddress, let y = b.baseAddress else { return }
        let (left, right) = (
          ByteCodes(x, isSigned: isSigned), ByteCodes(y, isSigned: !isSigned)
        )
        var sums = [UInt8](repeating: 0, count: count)
        coding.blend(
          left, by: 0.37, right, by: -0.11, offset: 2.25, count: count, into: &sums, path: path)
        var products = sums
        coding.product(
          left, zero: 3, right, zero: -7, factor: 0.013, offset: -4.5, count: count,
          into: &products, path: path)
        var values = [Float](repeating: 0, count: count)
        left.values(count: count, zeroPoint: -9, scale: 0.3, into: &values, path: path)
        for index in 0..<count {
          let (p, q) = (number(a[index], isSigned), number(b[index], !isSigned))
          let first = Float(2.25) + Float(p) * Float(0.37)
          let sum = first + Float(q) * Float(-0.11)
          #expect(sums[index] == UInt8(truncatingIfNeeded: coding.code(of: sum)))
          let product = Float((p - 3) * (q + 7)) * Float(0.013) + Float(-4.5)
          #expect(products[index] == UInt8(truncatingIfNeeded: coding.code(of: product)))
          #expect(values[index] == Float(p + 9) * Float(0.3))
        }
      }
    }
  }

  @Test("sums and maxima of rows", arguments: paths, [true, false])
  func rows(path: KernelPath, isSigned: Bool) {
    var generator = SeededGenerator(seed: 6)
    for (rows, pitch, channels) in [(1, 5, 5), (9, 40, 17), (125, 64, 64), (3, 200, 100)] {
      let bytes = (0..<rows * pitch).map { _ in UInt8.random(in: 0...255, using: &generator) }
      bytes.withUnsafeBytes { memory in
        guard let base = memory.baseAddress else { return }
        let codes = ByteCodes(base, isSigned: isSigned)
        var sums = [Int32](repeating: 11, count: channels)
        codes.sumRows(rows, pitch: pitch, channels: channels, into: &sums, path: path)
        var largest = [UInt8](repeating: isSigned ? 0x80 : 0, count: channels)
        codes.largestOfRows(rows, pitch: pitch, channels: channels, into: &largest, path: path)
        for channel in 0..<channels {
          let column = (0..<rows).map { codes[$0 * pitch + channel] }
          #expect(sums[channel] == column.reduce(11, +))
          #expect(largest[channel] == UInt8(truncatingIfNeeded: column.max() ?? 0))
        }
        let all = (0..<bytes.count).reduce(Int64(0)) { $0 + Int64(codes[$1]) }
        #expect(codes.sum(count: bytes.count, path: path) == all)
      }
    }
  }

  @Test("transposition of every small shape")
  func transposition() {
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ $0 >> 8) }
    bytes.withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      for rows in [1, 2, 3, 15, 16, 17, 31, 33, 64] {
        for columns in [1, 3, 4, 16, 18, 32, 47, 64, 70] {
          var result = [UInt8](repeating: 0, count: rows * columns)
          ByteCodes(base, isSigned: false).transpose(rows: rows, columns: columns, into: &result)
          let expected = (0..<columns).flatMap { column in
            (0..<rows).map { bytes[$0 * columns + column] }
          }
          #expect(result == expected, "\(rows) x \(columns)")
        }
      }
    }
  }
}
