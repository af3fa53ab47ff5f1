public import Arith
public import Documents

/// The header of a GGUF file: metadata and the list of tensors; no weights are read.
///
/// Layout: github ggml-org/ggml docs/gguf.md, versions 2 and 3, little-endian.
public struct GGUFHeader: Sendable {
  public struct Tensor: Hashable, Sendable {
    public let name: String
    /// Slowest axis first, as other formats have it.
    public let shape: [Int]
    public let type: GGUFType
    /// Elements, checked.
    public let elements: Int
    public let bytes: Int
  }

  public let version: Int
  /// Metadata under their keys; arrays of more than 64 elements are `null`.
  public let metadata: [String: JSON]
  public let tensors: [Tensor]

  /// `general.architecture`.
  public var architecture: String { metadata["general.architecture"]?.text ?? "" }

  public static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: Array("GGUF".utf8))
  }

  private static let maximumEntries = 1 << 20

  /// - Parameter bytes: the beginning of the file, at least the header.
  /// - Throws: ``TransformerError/damaged(_:offset:)``.
  public init(_ bytes: [UInt8]) throws(TransformerError) {
    var reader = Reader(bytes: bytes)
    guard Self.recognizes(bytes) else { throw .damaged("it is no GGUF file", offset: 0) }
    reader.position = 4
    version = Int(try reader.number(UInt32.self))
    guard version == 2 || version == 3 else {
      throw .damaged("version \(version) is not 2 or 3", offset: 4)
    }
    let tensorCount = try reader.count(limit: Self.maximumEntries)
    let entryCount = try reader.count(limit: Self.maximumEntries)
    var metadata: [String: JSON] = [:]
    for _ in 0..<entryCount {
      let place = reader.position
      let key = try reader.string()
      let type = try reader.number(UInt32.self)
      let value = try reader.value(type, depth: 0)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw .damaged("key '\(key.prefix(60))' occurs twice", offset: place)
      }
    }
    self.metadata = metadata
    var tensors: [Tensor] = []
    var names: Set<String> = []
    for _ in 0..<tensorCount {
      let place = reader.position
      let name = try reader.string()
      guard names.insert(name).inserted else {
        throw .damaged("tensor '\(name.prefix(60))' occurs twice", offset: place)
      }
      let rank = try reader.number(UInt32.self)
      guard rank <= 4 else {
        throw .damaged("tensor '\(name.prefix(60))' has \(rank) axes", offset: place)
      }
      var shape: [Int] = []
      var elements = 1
      for _ in 0..<rank {
        guard let extent = Int(exactly: try reader.number(UInt64.self)), extent > 0 else {
          throw .damaged("tensor '\(name.prefix(60))' has an impossible extent", offset: place)
        }
        let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
        guard !overflow, product < 1 << 56 else {
          throw .damaged("tensor '\(name.prefix(60))' is too large", offset: place)
        }
        elements = product
        shape.insert(extent, at: 0)
      }
      let number = Int(try reader.number(UInt32.self))
      guard let type = GGUFType.numbered(number) else {
        throw .damaged("tensor '\(name.prefix(60))' has unknown type \(number)", offset: place)
      }
      _ = try reader.number(UInt64.self)
      guard (shape.last ?? 1) % type.block == 0 else {
        throw .damaged(
          "rows of '\(name.prefix(60))' are no multiple of \(type.block), the block of \(type.name)",
          offset: place)
      }
      tensors.append(
        Tensor(
          name: name, shape: shape, type: type, elements: elements,
          bytes: elements / type.block * type.bytes))
    }
    self.tensors = tensors
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    func need(_ count: Int) throws(TransformerError) {
      guard count <= bytes.count - position else {
        throw .damaged("the header ends too early", offset: position)
      }
    }

    mutating func number<T: FixedWidthInteger & UnsignedInteger>(
      _ type: T.Type
    ) throws(TransformerError) -> T {
      let size = T.bitWidth / 8
      try need(size)
      var value: T = 0
      for index in 0..<size { value |= T(bytes[position + index]) << T(8 * index) }
      position += size
      return value
    }

    mutating func count(limit: Int) throws(TransformerError) -> Int {
      let place = position
      let value = try number(UInt64.self)
      guard value <= UInt64(limit) else {
        throw .damaged("\(value) entries, expected at most \(limit)", offset: place)
      }
      return Int(value)
    }

    mutating func string() throws(TransformerError) -> String {
      let place = position
      let length = try number(UInt64.self)
      guard length <= UInt64(bytes.count - position) else {
        throw .damaged("a text of \(length) bytes does not fit", offset: place)
      }
      let text = bytes[position..<position + Int(length)]
      position += Int(length)
      guard let string = String(validating: text, as: UTF8.self) else {
        throw .damaged("a text is not UTF-8", offset: place)
      }
      return string
    }

    mutating func value(_ type: UInt32, depth: Int) throws(TransformerError) -> JSON {
      switch type {
      case 0: return .integer(Int(try number(UInt8.self)))
      case 1: return .integer(Int(Int8(bitPattern: try number(UInt8.self))))
      case 2: return .integer(Int(try number(UInt16.self)))
      case 3: return .integer(Int(Int16(bitPattern: try number(UInt16.self))))
      case 4: return .integer(Int(try number(UInt32.self)))
      case 5: return .integer(Int(Int32(bitPattern: try number(UInt32.self))))
      case 6: return .number(Double(Float(bitPattern: try number(UInt32.self))))
      case 7: return .bool(try number(UInt8.self) != 0)
      case 8: return .string(try string())
      case 9:
        let place = position
        guard depth < 4 else { throw .damaged("arrays nest too deep", offset: place) }
        let inner = try number(UInt32.self)
        let length = try number(UInt64.self)
        guard length <= UInt64(bytes.count - position) else {
          throw .damaged("an array of \(length) does not fit", offset: place)
        }
        var elements: [JSON] = []
        for _ in 0..<Int(length) {
          let element = try value(inner, depth: depth + 1)
          if length <= 64 { elements.append(element) }
        }
        return length <= 64 ? .array(elements) : .null
      case 10:
        let bits = try number(UInt64.self)
        return Int(exactly: bits).map(JSON.integer) ?? .number(Double(bits))
      case 11: return .integer(Int(Int64(bitPattern: try number(UInt64.self))))
      case 12: return .number(Double(bitPattern: try number(UInt64.self)))
      default: throw .damaged("unknown type \(type) of a value", offset: position)
      }
    }
  }
}

extension GGUFHeader {
  /// Keys of the configuration that the metadata stand for; nil for an architecture that has no
  /// counterpart here.
  public var configuration: JSON? {
    let families = [
      "llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma": "gemma", "gemma2": "gemma2",
      "phi3": "phi3", "mistral": "mistral", "starcoder2": "starcoder2",
    ]
    guard var family = families[architecture] else { return nil }
    func value(_ key: String) -> JSON { metadata["\(architecture).\(key)"] ?? .null }
    let embedding = tensors.first { $0.name == "token_embd.weight" }
    let isTied = !tensors.contains { $0.name == "output.weight" }
    var members: [JSON.Member] = [
      .init(key: "hidden_size", value: value("embedding_length")),
      .init(key: "intermediate_size", value: value("feed_forward_length")),
      .init(key: "num_hidden_layers", value: value("block_count")),
      .init(key: "num_attention_heads", value: value("attention.head_count")),
      .init(key: "num_key_value_heads", value: value("attention.head_count_kv")),
      .init(key: "tie_word_embeddings", value: .bool(isTied)),
      .init(key: "vocab_size", value: .optional(embedding?.shape.first)),
    ]
    if value("attention.key_length") != .null {
      members.append(.init(key: "head_dim", value: value("attention.key_length")))
    }
    if case .integer(let experts) = value("expert_count"), experts > 0, family == "llama" {
      family = "mixtral"
      members.append(.init(key: "num_local_experts", value: .integer(experts)))
      members.append(.init(key: "num_experts_per_tok", value: value("expert_used_count")))
    }
    members.append(.init(key: "sliding_window", value: value("attention.sliding_window")))
    members.append(.init(key: "model_type", value: .string(family)))
    return .object(members)
  }
}
