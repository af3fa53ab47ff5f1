import Arith
import FoundationEssentials
import TestSupport
import Testing

@Suite("tensor core vectors", .enabled(if: SharedData.root != nil, "no ../shared"))
struct TensorCoreVectors {
  private struct Index: Decodable {
    struct Entry: Decodable {
      let gpu: String
      let input: String
      let output: String
      let path: String
    }
    let sets: [Entry]
  }

  /// Codes of a format, hexadecimal digits one after the other; tf32 has 8 digits.
  private func codes(_ text: some StringProtocol, _ format: String) throws -> [Int64] {
    let digits = ["e4m3": 2, "e5m2": 2, "fp16": 4, "bf16": 4][format] ?? 8
    let bytes = Array(text.utf8)
    return try Swift.stride(from: 0, to: bytes.count, by: digits).map { first in
      let part = String(decoding: bytes[first..<min(first + digits, bytes.count)], as: UTF8.self)
      return try #require(Int64(part, radix: 16))
    }
  }

  private func unit(
    _ gpu: String, _ input: String, _ output: String, _ path: String
  ) throws -> TensorCoreUnit {
    let generation = try #require(TensorCoreGeneration.parts[gpu.lowercased()])
    return try TensorCoreUnit(
      generation, a: try Encoding(name: input), b: try Encoding(name: input),
      accumulator: try Encoding(name: output),
      instruction: path == "mma_sync_fp8" ? .mmaSync : .tensorCore)
  }

  @Test("outputs of real GPUs, 48 sets")
  func hardware() throws {
    let index = try Reference.json("gpu/tc_hardware/index.json", as: Index.self)
    #expect(index.sets.count == 48)
    for entry in index.sets {
      var tally = Tally()
      let unit = try unit(entry.gpu, entry.input, entry.output, entry.path)
      let name = "\(entry.gpu)_\(entry.input)_\(entry.output)"
      let text = try String(
        contentsOfFile: Reference.path("gpu/tc_hardware/\(name).txt"), encoding: .utf8)
      var (a, b, c, d): ([Int64], [Int64], [Int64], [Int64]) = ([], [], [], [])
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count == 4 else { continue }
        a += try codes(fields[0], entry.input)
        b += try codes(fields[1], entry.input)
        c += try codes(fields[2], entry.output)
        d += try codes(fields[3], entry.output)
      }
      let shape = ProductShape(pairs: d.count, depth: a.count / max(d.count, 1))
      let results = try unit.product(a, b, c: c, shape: shape)
      for (row, pair) in zip(results, d).enumerated() {
        tally.expect(pair.0 == pair.1, "\(name) row \(row): \(pair.0), expected \(pair.1)")
      }
      tally.finish(name)
    }
  }

  @Test("harder cases of the published models")
  func models() throws {
    let text = try String(
      contentsOfFile: Reference.path("gpu/tc_model_vectors.txt"), encoding: .utf8)
    var tally = Tally()
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split(separator: " ")
      let (input, output) = (String(fields[1]), String(fields[2]))
      let unit = try unit(String(fields[0]), input, output, "block")
      let depth = try #require(Int(fields[3]))
      let expected = try codes(fields[7], output)
      for path in [KernelPath.current, .plain] {
        let result = try unit.product(
          try codes(fields[4], input), try codes(fields[5], input), c: try codes(fields[6], output),
          shape: ProductShape(pairs: 1, depth: depth), path: path)
        tally.expect(result == expected, "\(line.prefix(40)) \(path): \(result), \(expected)")
      }
    }
    tally.finish("tc_model_vectors")
  }

  private struct Planes: Decodable {
    struct Case: Decodable {
      let id: Int
      let M: Int
      let N: Int
      let K: Int
      let w_bits: Int
      let a_bits: Int
      let w_signed: Bool
      let a_signed: Bool
      let A: [[Int64]]
      let W: [[Int64]]
      let D: [[Int64]]
      let a_zero: [Int64]
      let w_zero: [Int64]
      let D_zero: [[Int64]]
      let A_packed: [[[UInt32]]]?
      let W_packed: [[[UInt32]]]?
    }
    struct Binary: Decodable {
      let M: Int
      let N: Int
      let K: Int
      let A: [[Int64]]
      let W: [[Int64]]
      let popc_xor: [[Int64]]
      let popc_and: [[Int64]]
      let dot_pm1: [[Int64]]
    }
    let cases: [Case]
    let binary: [Binary]
  }

  @Test("binary planes: every pair of widths, zero points, packed words")
  func planes() throws {
    let file = try Reference.json("gpu/bitplane_gemm.json", as: Planes.self)
    var tally = Tally()
    for entry in file.cases {
      let a = try BitPlanes(
        entry.A.flatMap(\.self), rows: entry.M, depth: entry.K, bits: entry.a_bits,
        isSigned: entry.a_signed)
      let w = try BitPlanes(
        entry.W.flatMap(\.self), rows: entry.N, depth: entry.K, bits: entry.w_bits,
        isSigned: entry.w_signed)
      for path in [KernelPath.plain, .portable, .current] {
        let plain = try BitPlaneProduct.product(a, w, path: path)
        tally.expect(plain == entry.D.flatMap(\.self), "case \(entry.id) \(path)")
        let shifted = try BitPlaneProduct.product(
          a, w, aZero: entry.a_zero, bZero: entry.w_zero, path: path)
        tally.expect(shifted == entry.D_zero.flatMap(\.self), "case \(entry.id) zero \(path)")
      }
      for (planes, packed) in [(a, entry.A_packed), (w, entry.W_packed)] {
        for (plane, rows) in (packed ?? []).enumerated() {
          for (row, words) in rows.enumerated() {
            tally.expect(
              planes.packedWords(plane: plane, row: row) == words, "case \(entry.id) words")
          }
        }
      }
    }
    for entry in file.binary {
      let shape = ProductShape(rows: entry.M, columns: entry.N, depth: entry.K)
      let (a, w) = (entry.A.flatMap(\.self), entry.W.flatMap(\.self))
      let bit = try Encoding(name: "uint<1>")
      let signs = try Encoding(name: "binary")
      let xor = try TensorCoreUnit(.ampere, a: bit, b: bit, instruction: .bitplane, join: .xor)
      let and = try TensorCoreUnit(.ampere, a: bit, b: bit, instruction: .bitplane)
      let dot = try TensorCoreUnit(.ampere, a: signs, b: signs, instruction: .bitplane)
      tally.expect(try xor.product(a, w, shape: shape) == entry.popc_xor.flatMap(\.self), "xor")
      tally.expect(try and.product(a, w, shape: shape) == entry.popc_and.flatMap(\.self), "and")
      tally.expect(try dot.product(a, w, shape: shape) == entry.dot_pm1.flatMap(\.self), "+-1")
    }
    tally.finish("bitplane_gemm")
  }

  private struct Integers: Decodable {
    struct Case: Decodable {
      let a: String
      let b: String
      let M: Int
      let N: Int
      let K: Int
      let A: [[Int64]]
      let B: [[Int64]]
      let C: [[Int64]]
      let D_wrap: [[Int64]]
      let D_satfinite: [[Int64]]?
    }
    struct Bits: Decodable {
      let K: Int
      let A: [String]
      let B: [String]
      let C: [[Int64]]
      let D_and: [[Int64]]
      let D_xor: [[Int64]]
    }
    let cases: [Case]
    let b1: [Bits]
  }

  @Test("integer and single-bit instructions, wrapping and saturating")
  func integers() throws {
    let file = try Reference.json("gpu/mma_int.json", as: Integers.self)
    var tally = Tally()
    for entry in file.cases {
      let a = try #require(IntegerMMA.Operand(rawValue: entry.a))
      let b = try #require(IntegerMMA.Operand(rawValue: entry.b))
      let shape = ProductShape(rows: entry.M, columns: entry.N, depth: entry.K)
      for (saturates, expected) in [(false, entry.D_wrap), (true, entry.D_satfinite ?? [])] {
        if expected.isEmpty { continue }
        let result = try IntegerMMA(a: a, b: b, saturates: saturates).product(
          entry.A.flatMap(\.self), entry.B.flatMap(\.self), c: entry.C.flatMap(\.self),
          shape: shape)
        tally.expect(result == expected.flatMap(\.self), "\(entry.a) \(entry.b) \(saturates)")
      }
    }
    for entry in file.b1 {
      let bits = { (rows: [String]) in rows.flatMap { $0.utf8.map { Int64($0) - 48 } } }
      let shape = ProductShape(rows: entry.A.count, columns: entry.B.count, depth: entry.K)
      for (join, expected) in [(BitPlaneProduct.Join.and, entry.D_and), (.xor, entry.D_xor)] {
        let result = try IntegerMMA(a: .b1, b: .b1, join: join).product(
          bits(entry.A), bits(entry.B), c: entry.C.flatMap(\.self), shape: shape)
        tally.expect(result == expected.flatMap(\.self), "b1 \(join)")
      }
    }
    tally.finish("mma_int")
  }
}
