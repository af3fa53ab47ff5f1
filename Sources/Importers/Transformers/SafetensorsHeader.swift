import Documents

/// The header of a safetensors file: names, types and shapes; no weights are read.
///
/// Layout: github huggingface/safetensors README, "Format".
public struct SafetensorsHeader: Sendable {
  public struct Tensor: Hashable, Sendable {
    public let name: String
    /// As the file names it, such as `BF16`.
    public let type: String
    public let shape: [Int]
    public let bytes: Int
  }

  public let tensors: [Tensor]

  /// The largest header that the format allows.
  public static let maximumBytes = 100_000_000

  /// Bytes of the JSON document after the first eight, as these eight say.
  ///
  /// - Throws: ``TransformerError/damaged(_:offset:)``.
  public static func documentBytes(_ prefix: [UInt8]) throws(TransformerError) -> Int {
    guard prefix.count >= 8 else { throw .damaged("the file ends in its first number", offset: 0) }
    var length: UInt64 = 0
    for index in 0..<8 { length |= UInt64(prefix[index]) << UInt64(8 * index) }
    guard length <= UInt64(maximumBytes) else {
      throw .damaged("a header of \(length) bytes, expected at most \(maximumBytes)", offset: 0)
    }
    return Int(length)
  }

  /// - Parameter document: the bytes of the JSON document.
  /// - Throws: what is wrong with it.
  public init(document: [UInt8]) throws(TransformerError) {
    let json: JSON
    do throws(JSONSyntaxError) {
      json = try JSON(parsing: document)
    } catch {
      throw .syntax(reason: error.reason, line: error.line, column: error.column)
    }
    var tensors: [Tensor] = []
    for member in json.members ?? [] where member.key != "__metadata__" {
      var shape: [Int] = []
      for extent in member.value["shape"]?.elements ?? [] {
        guard case .integer(let value) = extent, value >= 0 else {
          throw .damaged("'\(member.key.prefix(60))' has an impossible shape", offset: 8)
        }
        shape.append(value)
      }
      guard let type = member.value["dtype"]?.text,
        let offsets = member.value["data_offsets"]?.elements, offsets.count == 2,
        case .integer(let start) = offsets[0], case .integer(let end) = offsets[1],
        start >= 0, end >= start
      else { throw .damaged("'\(member.key.prefix(60))' has no type or place", offset: 8) }
      tensors.append(Tensor(name: member.key, type: type, shape: shape, bytes: end - start))
    }
    self.tensors = tensors
  }
}
