import Arith
import FoundationEssentials
import Importers
import TestSupport
import Testing

@Suite("block format vectors", .enabled(if: SharedData.root != nil, "no ../shared"))
struct BlockVectors {
  private func block(_ name: String) throws -> BlockFormat {
    guard case .block(let format) = try Encoding(name: name) else {
      throw FormatError.unreadable(name, reason: "no block format")
    }
    return format
  }

  private func row(_ index: Int, of codes: BlockCodes) -> BlockCodes {
    BlockCodes(
      codes: Array(codes.codes[(32 * index)..<(32 * index + 32)]),
      scales: [codes.scales[index]])
  }

  @Test(
    "OCP MX blocks and dot products",
    arguments: ["mxfp8_e5m2", "mxfp8_e4m3", "mxfp6_e3m2", "mxfp6_e2m3", "mxfp4_e2m1"])
  func microscaling(name: String) throws {
    let arrays = try Reference.arrays("arith/extra/mx.npz")
    let format = try block(name)
    let codes = try format.quantize(try arrays.doubles(name + "_x"))
    #expect(codes.scales.map { Int64($0) } == (try arrays.integers(name + "_scale_e8m0")))
    #expect(codes.codes == (try arrays.integers(name + "_codes")))
    let exact = try arrays.doubles(name + "_dot_exact_f64")
    let single = try arrays.doubles(name + "_dot_f32")
    for index in exact.indices {
      let dot = try format.dot(row(2 * index, of: codes), row(2 * index + 1, of: codes))
      #expect(dot.doubleValue == exact[index])
      let rounded = try #require(FloatFormat.float32.encode(dot))
      #expect(Double(Float(bitPattern: UInt32(rounded))) == single[index])
    }
  }

  private struct Blocks: Decodable {
    struct MX: Decodable {
      let format: String
      let x: [[String]]
      let scale_e8m0: [UInt64]
      let codes: [[Int64]]
      let dequant: [[String]]
      let dot: [String]
    }
    struct NV: Decodable {
      let two_level: Bool
      let x: [String]
      let tensor_scale: String
      let scale_e4m3: [UInt64]
      let codes: [Int64]
      let dequant: [String]
    }
    let mx: [MX]
    let nvfp4: [NV]
  }

  /// A float32 bit pattern in hexadecimal, or a C99 hexadecimal number.
  private func number(_ text: String) throws -> Double {
    if text.contains("x") { return try #require(Double(text)) }
    return Double(Float(bitPattern: try #require(UInt32(text, radix: 16))))
  }

  /// A decimal integer of any size below 2^500.
  private func integer(_ text: String) throws -> Int512 {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    let magnitude = digits.utf8.reduce(Int512.zero) { $0 * Int512(10) + Int512(Int64($1) - 48) }
    return text.hasPrefix("-") ? -magnitude : magnitude
  }

  @Test("MX and NVFP4 blocks of the GPU pack")
  func gpu() throws {
    let blocks = try Reference.json("gpu/mx_blocks.json", as: Blocks.self)
    var tally = Tally()
    for case_ in blocks.mx {
      let format = try block(case_.format)
      let codes = try format.quantize(try case_.x.flatMap { try $0.map(number) })
      tally.expect(codes.scales == case_.scale_e8m0, "\(case_.format) scales")
      let mask: Int64 = case_.format == "mxint8" ? 0xff : -1
      for (found, expected) in zip(codes.codes, case_.codes.flatMap { $0 }) {
        tally.expect(found & mask == expected, "\(case_.format): \(found), expected \(expected)")
      }
      let values = try case_.dequant.flatMap { try $0.map(number) }
      for (found, expected) in zip(try format.values(codes), values) {
        tally.expect(found == expected, "\(case_.format): \(found), expected \(expected)")
      }
      let dot = try format.dot(row(0, of: codes), row(1, of: codes))
      // Denominators are powers of two.
      let shift = try integer(case_.dot[1]).significantBits - 2
      let expected = ExactNumber<Int512>(try integer(case_.dot[0]), scaledBy: -shift)
      tally.expect(ExactNumber.sum(dot, expected.negated).isZero, "\(case_.format) dot")
    }
    for case_ in blocks.nvfp4 {
      let format = try block(case_.two_level ? "nvfp4" : "nvfp4-block")
      let codes = try format.quantize(try case_.x.map(number))
      tally.expect(
        codes.tensorScale.bitPattern == UInt32(case_.tensor_scale, radix: 16), "tensor scale")
      tally.expect(codes.scales == case_.scale_e4m3, "block scales")
      for (found, expected) in zip(codes.codes, case_.codes) {
        tally.expect(found == expected, "nvfp4 \(found), expected \(expected)")
      }
      for (found, expected) in zip(try format.values(codes), try case_.dequant.map(number)) {
        tally.expect(found.bitPattern == expected.bitPattern, "nvfp4 \(found), \(expected)")
      }
    }
    tally.finish("mx_blocks")
  }

  @Test("all codes of the OCP element formats")
  func codes() throws {
    let tables = try Reference.json("gpu/minifloat_codes.json", as: [String: [String]].self)
    var tally = Tally()
    for (name, texts) in tables.sorted(by: { $0.key < $1.key }) {
      guard case .float(let format) = try Encoding(name: name) else { continue }
      #expect(texts.count == 1 << format.width)
      for (code, text) in texts.enumerated() {
        let found = format.doubleValue(of: UInt64(code))
        let expected = try #require(Double(text))
        tally.expect(
          found.bitPattern == expected.bitPattern || (found.isNaN && expected.isNaN),
          "\(name) \(code): \(found), expected \(text)")
      }
    }
    tally.finish("minifloat_codes")
  }

  private struct BitMoD: Decodable {
    struct Case: Decodable {
      let `case`: String
      let group: Int
    }
    let cases: [Case]
    let value_lists: [String: [Double]]
    let mixed: [String: [String]]
  }

  @Test("BitMoD, ANT, integer and MX groups of the published quantizer")
  func bitMoD() throws {
    let meta = try Reference.json("accel/bitmod_quant.json", as: BitMoD.self)
    let arrays = try Reference.arrays("accel/bitmod_quant.npz")
    func list(_ name: String) throws -> Encoding {
      .codebook(try Codebook(.list(try #require(meta.value_lists[name]))))
    }
    var tally = Tally()
    var codeCount = 0
    for case_ in meta.cases {
      let weights = try arrays.doubles(case_.case + "/w")
      let types = Set(
        arrays.names.filter { $0.hasPrefix(case_.case + "/") }.compactMap {
          $0.split(separator: "/").count == 3 ? String($0.split(separator: "/")[1]) : nil
        })
      for type in types.sorted() {
        let format: BlockFormat
        if type.hasPrefix("mx_") {
          format = try BlockFormat(
            elements: [list(String(type.dropFirst(3)))], blockSize: 32, scale: .e8m0,
            rule: .normalizedExponent)
        } else if type == "mixed_bitmod3" || type == "mixed_bitmod4" {
          format = try block("bitmod<\(type.suffix(1)),\(case_.group)>")
        } else if type == "mixed_ant3" || type == "mixed_ant4" {
          format = try block("ant<\(type.suffix(1)),\(case_.group)>")
        } else if let members = meta.mixed[type] {
          format = try BlockFormat(
            elements: try members.map(list), blockSize: case_.group, scale: .float16,
            rule: .halfMaximum)
        } else if type.hasPrefix("int"), let bits = Int(type.dropFirst(3).prefix(1)) {
          format = try block(
            type.hasSuffix("_asym")
              ? "group<uint<\(bits)>,\(case_.group),zero=yes>"
              : "group<int<\(bits)>,\(case_.group)>")
        } else {
          format = try BlockFormat(
            elements: [list(type)], blockSize: case_.group, scale: .float16, rule: .halfMaximum)
        }
        let base = "\(case_.case)/\(type)/"
        let codes = try format.quantize(weights)
        for (found, expected) in zip(codes.codes, try arrays.integers(base + "code")) {
          tally.expect(found == expected, "\(base): \(found), expected \(expected)")
          codeCount += 1
        }
        for (found, expected) in zip(try format.values(codes), try arrays.doubles(base + "deq")) {
          tally.expect(found == expected, "\(base): \(found), expected \(expected)")
        }
        for (index, scale) in codes.scales.enumerated() {
          if type.hasPrefix("mx_") {
            let expected = try arrays.integers(base + "exp")[index]
            tally.expect(Int64(scale) - 127 == expected, "\(base) exponent \(index)")
          } else {
            let expected = try arrays.doubles(base + "scale")[index]
            tally.expect(
              Double(Float16(bitPattern: UInt16(scale))) == expected, "\(base) scale \(index)")
          }
        }
        if meta.mixed[type] != nil {
          #expect(codes.choices.map { Int64($0) } == (try arrays.integers(base + "choice")))
        }
        if type.hasSuffix("_asym") {
          #expect(codes.zeroPoints.map { Double($0) } == (try arrays.doubles(base + "zero")))
        }
      }
    }
    tally.finish("bitmod_quant")
    #expect(codeCount == 121_856)
  }
}
