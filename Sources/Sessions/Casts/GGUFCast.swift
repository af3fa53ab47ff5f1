import Arith
import Importers
public import QuantGraph

/// A cast from or to blocks of GGUF: rows of bytes on one side, values on the other.
public struct GGUFCast: Sendable {
  private enum Direction: Sendable {
    case decode(GGUFType)
    case encode(GGUFType)
  }

  private let direction: Direction

  /// Name of the format that values or blocks are cast from.
  public var source: String {
    if case .decode(let type) = direction { type.name } else { "float32" }
  }

  /// Name of the format that they are cast to.
  public var target: String {
    if case .encode(let type) = direction { type.name } else { "float32" }
  }

  /// Name of the type of the blocks.
  public var blocks: String {
    switch direction {
    case .decode(let type), .encode(let type): type.name
    }
  }

  /// Nil if neither name is a GGUF type that other formats lack.
  ///
  /// - Parameters:
  ///   - from: the format of what is cast, nil for values.
  ///   - to: the format of the result.
  /// - Throws: `usage.arguments` or `format.no-code` if the type cannot be cast so.
  public init?(from: String?, to: String) throws(Failure) {
    func type(_ name: String?) -> GGUFType? {
      guard let name, let found = GGUFType.named(name), found.block > 1 else { return nil }
      // Names that other families have in lower case, such as mxfp4, are theirs.
      return found.name == name ? found : nil
    }
    if let source = type(from) {
      guard source.isDecodable else { throw Self.unknown(source) }
      guard ["float32", "f32", "fp32"].contains(to.lowercased()) else {
        throw Failure(
          "usage.arguments", "blocks of \(source.name) become float32, not \(to)",
          remedy: "write --to float32, and cast the values again.")
      }
      direction = .decode(source)
    } else if let target = type(to) {
      guard target.isEncodable else {
        throw Failure(
          "format.no-code", "\(target.name) has no encoder of its own",
          notes: [
            "its blocks are found by searches over importance-weighted errors",
            "encoders: " + GGUFType.all.filter(\.isEncodable).map(\.name).joined(separator: ", "),
          ], remedy: "encode with the tool that makes the file, or take one of these.")
      }
      guard from == nil || ["float32", "f32", "fp32"].contains(from?.lowercased()) else {
        throw Failure(
          "usage.arguments", "\(target.name) is encoded from values, not from codes",
          remedy: "leave out --from.")
      }
      direction = .encode(target)
    } else {
      return nil
    }
  }

  private static func unknown(_ type: GGUFType) -> Failure {
    Failure(
      "format.no-code", "\(type.name) is not decoded",
      notes: [
        "decoders: " + GGUFType.all.filter(\.isDecodable).map(\.name).joined(separator: ", ")
      ], remedy: "take one of these.")
  }

  /// Casts the .npy at `input` into that at `output`.
  ///
  /// - Throws: `array.shape` for what are no whole blocks, `format.no-code` for a value without a code,
  ///   and what a file that cannot be read or written gives.
  public func run(_ input: String, to output: String) throws(Failure) -> CastSummary {
    let array: NDArray
    do throws(ImportError) {
      array = try NPY.read(input)
    } catch {
      throw Failure(error)
    }
    let result: NDArray
    let count: Int
    var losses = CastLosses(range: nil)
    switch direction {
    case .decode(let source):
      let values = try decoded(array, from: source, at: input)
      count = values.count
      for value in values { losses.add(Double(value), Double(value)) }
      result = NDArray(
        shape: array.shape.dropLast() + [(array.shape.last ?? 0) / source.bytes * source.block],
        values)
    case .encode(let target):
      let bytes = try encoded(array, to: target, at: input)
      count = array.count
      result = NDArray(
        shape: array.shape.dropLast() + [(array.shape.last ?? 0) / target.block * target.bytes],
        bytes)
      if target.isDecodable, let values = array.doubles() {
        for (value, code) in zip(values, try decoded(result, from: target, at: output)) {
          losses.add(value, Double(code))
        }
      }
    }
    do throws(ImportError) {
      try NPY.write(result, to: output)
    } catch {
      throw Failure(error)
    }
    return CastSummary(
      shape: result.shape, count: count, invalid: 0, type: result.elementType.rawValue,
      losses: losses)
  }

  private func decoded(
    _ array: NDArray, from type: GGUFType, at path: String
  ) throws(Failure) -> [Float] {
    guard let last = array.shape.last, last % type.bytes == 0,
      case .uint8(let bytes) = array.storage
    else {
      throw Self.misshapen(array, at: path, "rows of uint8 of a multiple of \(type.bytes) bytes")
    }
    var values: [Float] = []
    values.reserveCapacity(bytes.count / type.bytes * type.block)
    for start in stride(from: 0, to: bytes.count, by: type.bytes) {
      guard type.decode(bytes[start..<start + type.bytes], into: &values) else {
        throw Self.unknown(type)
      }
    }
    return values
  }

  private func encoded(
    _ array: NDArray, to type: GGUFType, at path: String
  ) throws(Failure) -> [UInt8] {
    guard let last = array.shape.last, last % type.block == 0, array.elementType.isFloatingPoint,
      let numbers = array.doubles()
    else {
      throw Self.misshapen(array, at: path, "rows of float32 of a multiple of \(type.block) values")
    }
    if let index = numbers.firstIndex(where: { !Float($0).isFinite }) {
      throw Failure(
        "format.no-code", "\(type.name) has no code for \(numbers[index])", at: "\(path)[\(index)]",
        remedy: "clamp or mask the input.")
    }
    let values = numbers.map { Float($0) }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: values.count, by: type.block) {
      guard type.encode(values[start..<start + type.block], into: &bytes) else {
        throw Self.unknown(type)
      }
    }
    return bytes
  }

  private static func misshapen(_ array: NDArray, at path: String, _ expected: String) -> Failure {
    Failure(
      "array.shape",
      "an array of \(array.elementType.rawValue) \(array.shape), expected \(expected)", at: path,
      remedy: "one block after the other, along the last axis.")
  }
}
