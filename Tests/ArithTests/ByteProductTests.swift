import Arith
import TestSupport
import Testing

/// Aligned memory for one call.
private func withMemory<Result>(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Result) -> Result
{
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: bytes)
  defer { memory.deallocate() }
  return body(memory)
}

@Suite("Byte products")
struct ByteProductTests {
  static let paths: [KernelPath] = [.portable, .avx2, .vnni]

  @Test("matrix products equal their definition", arguments: paths)
  func matrices(path: KernelPath) {
    var generator = SeededGenerator(seed: 11)
    let shapes = [
      (1, 1, 1), (1, 3, 2), (2, 4, 16), (3, 5, 17), (5, 64, 15), (7, 33, 33), (13, 70, 64),
      (25, 129, 49), (6, 640, 128), (12, 8, 8), (31, 27, 100),
    ]
    for (rows, depth, filters) in shapes {
      for isSigned in [true, false] {
        let codes = (0..<rows * depth).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let weights = (0..<filters * depth).map { _ in
          Int8.random(in: -128...127, using: &generator)
        }
        let bias = (0..<filters).map { _ in Int32.random(in: .min ... .max, using: &generator) }
        let zero = isSigned ? Int32.random(in: -128...127, using: &generator) : 200
        let packing = ImagePacking(
          rows: 1, columns: rows, channels: depth, packedRows: 1, packedColumns: rows,
          isSigned: isSigned)
        let walk = ProductWalk(
          columns: rows, rowPitch: 0, columnPitch: depth, offsets: [0], length: depth)
        let product = ByteProduct(
          weights: weights, filters: filters, walk: walk, bias: bias, dataZero: zero,
          isSigned: isSigned, path: path)
        var sums = [Int32](repeating: 0, count: rows * filters)
        withMemory(packing.byteCount(path: path)) { memory in
          codes.withUnsafeBytes {
            packing.pack($0.baseAddress ?? UnsafeRawPointer(memory), into: memory, path: path)
          }
          // In two calls, so that a block may begin anywhere.
          sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            let half = rows / 2
            product.sums(of: memory, first: 0, count: half, into: base)
            product.sums(of: memory, first: half, count: rows - half, into: base + half * filters)
          }
        }
        for row in 0..<rows {
          let data = codes[row * depth..<(row + 1) * depth].map {
            isSigned ? Int32(Int8(bitPattern: $0)) : Int32($0)
          }
          for filter in 0..<filters {
            let expected = ByteProduct.definition(
              data: data, weights: weights[filter * depth..<(filter + 1) * depth],
              bias: bias[filter], dataZero: zero)
            guard sums[row * filters + filter] == expected else {
              Issue.record("\(path) \(rows)x\(depth)x\(filters) at \(row), \(filter)")
              return
            }
          }
        }
      }
    }
  }

  @Test("extreme codes do not saturate", arguments: paths)
  func extremes(path: KernelPath) {
    // Pairs of 255 * 127 overflow 16 bits, which some byte instructions saturate.
    let depth = 4096
    let packing = ImagePacking(
      rows: 1, columns: 1, channels: depth, packedRows: 1, packedColumns: 1, isSigned: false)
    let walk = ProductWalk(columns: 1, rowPitch: 0, columnPitch: 0, offsets: [0], length: depth)
    for weight: Int8 in [127, -128] {
      let product = ByteProduct(
        weights: [Int8](repeating: weight, count: depth), filters: 1, walk: walk, bias: [],
        dataZero: 0, isSigned: false, path: path)
      var sum: Int32 = 0
      withMemory(packing.byteCount(path: path)) { memory in
        let codes = [UInt8](repeating: 255, count: depth)
        codes.withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { packing.pack(base, into: memory, path: path) }
        }
        product.sums(of: memory, first: 0, count: 1, into: &sum)
      }
      #expect(sum == Int32(depth) * 255 * Int32(weight))
    }
  }

  @Test("requantized rows equal the scalar rules", arguments: paths)
  func requantization(path: KernelPath) throws {
    var generator = SeededGenerator(seed: 12)
    for channels in [1, 3, 15, 16, 17, 40, 64] {
      for roundsOnce in [false, true] {
        let multipliers = (0..<channels).map { _ in
          QuantizedMultiplier(
            multiplier: Int32.random(in: 1 << 30 ... .max, using: &generator),
            shift: Int.random(in: -31...8, using: &generator))
        }
        let rows = 9
        let sums = (0..<rows * channels).map { _ in
          let bits = Int32.random(in: 0..<31, using: &generator)
          return Int32.random(in: .min ... .max, using: &generator) >> bits
        }
        let requantization = try #require(
          ByteRequantization(
            multipliers: multipliers, channels: channels, roundsOnce: roundsOnce, zeroPoint: -7,
            codes: -128...100, path: path))
        var codes = [Int8](repeating: 0, count: sums.count)
        codes.withUnsafeMutableBytes { codes in
          guard let base = codes.baseAddress else { return }
          requantization.codes(of: sums, rows: rows, into: base)
        }
        for index in sums.indices {
          let multiplier = multipliers[index % channels]
          let scaled =
            roundsOnce
            ? multiplier.appliedRoundingAway(to: sums[index])
            : multiplier.appliedRoundingTwice(to: sums[index])
          #expect(
            Int32(codes[index]) == min(max(scaled &- 7, -128), 100),
            "\(path) \(sums[index]) by \(multiplier)")
        }
      }
    }
    #expect(
      ByteRequantization(
        multipliers: [QuantizedMultiplier(1e30)], channels: 4, roundsOnce: false, zeroPoint: 0,
        codes: -128...127, path: path) == nil)
  }
}
