import Arith
public import Documents
import Importers

/// What `hwsim formats` says of blocks of GGUF files.
public struct GGUFFacts: Sendable {
  private let type: GGUFType

  /// Nil for a name that is none of GGUF's, or that other families of formats have too: blocks go by
  /// their names as GGUF writes them (NVFP4).
  public init?(_ name: String) {
    guard let type = GGUFType.named(name) else { return nil }
    let isOther = (try? Encoding(name: name)) != nil
    guard !isOther || (type.block > 1 && type.name == name) else { return nil }
    self.type = type
  }

  /// Of the type.
  public var name: String { type.name }

  private static let source = "github ggml-org/ggml, src/ggml-common.h; gguf package 0.19"
  private var bits: Double { Double(type.bytes * 8) / Double(type.block) }

  /// The result in the document.
  public var json: JSON {
    [
      "name": .string(type.name), "bits": .null, "bits_per_weight": .number(bits),
      "block": .integer(type.block), "block_bytes": .integer(type.bytes),
      "number": .integer(type.number), "decodes": .bool(type.isDecodable),
      "encodes": .bool(type.isEncodable), "source": .string(Self.source),
    ]
  }

  /// Title and text of each fact.
  public var lines: [(String, String)] {
    [
      ("family", "GGUF block (\(StoredForm.gguf(type).method) type \(type.number))"),
      ("block", "\(type.block) values in \(type.bytes) bytes"),
      ("bits a weight", "\(bits)"),
      ("decodes", type.isDecodable ? "yes, to float32, bit for bit" : "no"),
      ("encodes", type.isEncodable ? "yes" : "no: its blocks come from a search"),
      ("source", Self.source),
    ]
  }
}
