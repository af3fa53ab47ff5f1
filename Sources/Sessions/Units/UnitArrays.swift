import Importers
import QuantGraph

/// The arrays of a unit's operands, read from an .npz.
struct UnitArrays {
  private let arrays: NamedArrays
  let path: String

  /// - Throws: `array.operands` if an array of `required` is missing, or one is there that stands in
  ///   neither list; what a file that cannot be read gives.
  init(
    _ path: String, required: [String], optional: [String] = [], remedy: String
  ) throws(Failure) {
    do throws(ImportError) {
      arrays = try NPZ.read(path)
    } catch {
      throw Failure(error)
    }
    self.path = path
    let missing = required.filter { arrays[$0] == nil }
    let extra = arrays.names.filter { !required.contains($0) && !optional.contains($0) }
    guard missing.isEmpty, extra.isEmpty else {
      throw Failure(
        "array.operands", "the arrays are not those of the unit", at: path,
        notes: [
          "missing: " + (missing.isEmpty ? "none" : missing.joined(separator: ", ")),
          "extra: " + (extra.isEmpty ? "none" : extra.joined(separator: ", ")),
        ], remedy: remedy)
    }
  }

  subscript(name: String) -> NDArray? { arrays[name] }

  /// The integers of an array; none where it is missing.
  ///
  /// - Throws: `array.type` for an array of values.
  func integers(_ name: String, remedy: String) throws(Failure) -> [Int64] {
    guard let array = arrays[name] else { return [] }
    guard !array.elementType.isFloatingPoint, let integers = array.integers() else {
      throw Failure(
        "array.type", "array '\(name)' of \(array.elementType.rawValue) holds no codes",
        at: path, remedy: remedy)
    }
    return integers
  }

  /// Writes the array `out` of results.
  static func write(
    _ codes: [Int64], shape: [Int], type: NDArray.ElementType, to path: String
  ) throws(Failure) {
    do throws(ImportError) {
      let writer = try NPZWriter(path: path)
      if shape.isEmpty {
        try writer.add("out", NDArray(shape: [], codes))
      } else {
        let member = try writer.member("out", elementType: type, rowShape: Array(shape.dropFirst()))
        if type == .uint64 {
          let patterns = codes.map { UInt64(bitPattern: $0) }
          try writer.append(patterns.span, to: member)
        } else {
          try writer.append(codes: codes.span, to: member)
        }
      }
      try writer.finish()
    } catch {
      throw Failure(error)
    }
  }
}
