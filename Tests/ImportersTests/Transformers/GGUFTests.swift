import Arith
import Documents
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// GGUF's types against the gguf package 0.19, bit for bit.
@Suite("GGUF blocks")
struct GGUFBlockTests {
  private static let shared = SharedData.path(
    "conformance/transformers/gguf_decode_shared.npz")

  private static func decoded(_ bytes: [UInt8], _ type: GGUFType) -> [Float] {
    var values: [Float] = []
    for start in stride(from: 0, to: bytes.count, by: type.bytes) {
      #expect(type.decode(bytes[start..<start + type.bytes], into: &values))
    }
    return values
  }

  private static func encoded(_ values: [Float], _ type: GGUFType) -> [UInt8] {
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: values.count, by: type.block) {
      #expect(type.encode(values[start..<start + type.block], into: &bytes))
    }
    return bytes
  }

  @Test("recorded blocks decode and encode to the same bits", .enabled(if: shared != nil))
  func recorded() throws {
    let arrays = try NPZ.read(#require(Self.shared))
    var (decoders, encoders) = (0, 0)
    for type in GGUFType.all {
      guard case .uint8(let bytes)? = arrays["\(type.name)/bytes"]?.storage,
        case .float32(let values)? = arrays["\(type.name)/values"]?.storage
      else { continue }
      decoders += 1
      #expect(
        Self.decoded(bytes, type).map(\.bitPattern) == values.map(\.bitPattern), "\(type.name)")
      guard case .float32(let inputs)? = arrays["\(type.name)/q_input"]?.storage,
        case .uint8(let blocks)? = arrays["\(type.name)/q_bytes"]?.storage
      else { continue }
      encoders += 1
      #expect(Self.encoded(inputs, type) == blocks, "\(type.name)")
    }
    #expect(decoders == 23)
    #expect(encoders == 8)
  }

  @Test("blocks of the committed fixture decode and encode to the same bits")
  func fixture() throws {
    let document = try ModelShapesTests.document(
      SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/transformers/gguf_blocks.json")
    let cases = document["cases"]?.elements ?? []
    #expect(cases.count == 24)
    for entry in cases {
      let type = try #require(GGUFType.named(entry["type"]?.text ?? ""))
      let values = Self.decoded(try Self.bytes(entry["blocks"]), type)
      var hash = SHA256()
      hash.update(values.flatMap { Self.littleEndian($0) })
      #expect(hash.hexadecimal == entry["values_sha256"]?.text, "\(type.name)")
      guard entry["encoded"] != nil else { continue }
      let inputs = try Self.bytes(entry["input_bits"])
      let numbers = stride(from: 0, to: inputs.count, by: 4).map { start in
        Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(inputs[start + $1]) << (8 * $1) })
      }
      #expect(Self.encoded(numbers, type) == (try Self.bytes(entry["encoded"])), "\(type.name)")
    }
  }

  private static func littleEndian(_ value: Float) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
  }

  private static func bytes(_ hexadecimal: JSON?) throws -> [UInt8] {
    let digits = Array(try #require(hexadecimal?.text).utf8).map {
      Int($0 < 0x60 ? $0 - 0x30 : $0 - 0x57)
    }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  @Test("a block of zeros is zero, and encodes to values that are")
  func zeros() {
    for type in GGUFType.all where type.isEncodable {
      let values = Self.decoded(
        Self.encoded(Array(repeating: 0, count: type.block), type), type)
      #expect(values.allSatisfy { $0 == 0 }, "\(type.name)")
    }
  }
}

/// Headers of GGUF and safetensors files, built here byte by byte after their published layouts.
@Suite("GGUF and safetensors headers")
struct WeightHeaderTests {
  private static func number(_ value: UInt64, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func text(_ value: String) -> [UInt8] {
    number(UInt64(value.utf8.count), 8) + Array(value.utf8)
  }

  private static let header: [UInt8] = {
    var bytes = Array("GGUF".utf8) + number(3, 4) + number(2, 8) + number(3, 8)
    bytes += text("general.architecture") + number(8, 4) + text("llama")
    bytes += text("llama.block_count") + number(4, 4) + number(2, 4)
    bytes += text("tokenizer.ggml.tokens") + number(9, 4) + number(8, 4) + number(2, 8)
    bytes += text("a") + text("b")
    bytes += text("token_embd.weight") + number(2, 4) + number(256, 8) + number(7, 8)
    bytes += number(12, 4) + number(0, 8)
    bytes += text("output_norm.weight") + number(1, 4) + number(256, 8) + number(0, 4)
    return bytes + number(1024, 8)
  }()

  @Test("a header's metadata and tensors")
  func gguf() throws {
    let header = try GGUFHeader(Self.header)
    #expect(header.architecture == "llama")
    #expect(header.metadata["llama.block_count"] == .integer(2))
    #expect(header.tensors.map(\.shape) == [[7, 256], [256]])
    #expect(header.tensors.map(\.bytes) == [7 * 144, 1024])
  }

  @Test("truncated and damaged headers are refused")
  func damaged() {
    for length in 0..<Self.header.count {
      #expect(throws: TransformerError.self) {
        try GGUFHeader(Array(Self.header.prefix(length)))
      }
    }
    var corruption = Corruption(seed: 31)
    for _ in 0..<Corruption.count {
      do {
        _ = try GGUFHeader(corruption.mutate(Self.header))
      } catch {
        #expect(!error.diagnostic.message.isEmpty)
      }
    }
  }

  @Test("safetensors: names, types and shapes; lengths are bounded")
  func safetensors() throws {
    let document = """
      {"__metadata__": {"format": "pt"},
       "a.weight": {"dtype": "BF16", "shape": [3, 5], "data_offsets": [0, 30]}}
      """
    let header = try SafetensorsHeader(document: Array(document.utf8))
    #expect(header.tensors.map(\.name) == ["a.weight"])
    #expect(header.tensors.map(\.shape) == [[3, 5]])
    #expect(try SafetensorsHeader.documentBytes([5, 0, 0, 0, 0, 0, 0, 0]) == 5)
    #expect(throws: TransformerError.self) {
      try SafetensorsHeader.documentBytes(Array(repeating: 255, count: 8))
    }
    #expect(throws: TransformerError.self) {
      try SafetensorsHeader(
        document: Array(document.utf8.dropLast(8)) + Array("9, 3]}}".utf8))
    }
  }
}
