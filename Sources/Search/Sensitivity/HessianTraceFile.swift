public import FoundationEssentials

/// Mean second derivatives of layers, computed elsewhere.
///
/// JSON: a list of numbers in the order of the layers, as HAWQ's published programs have them, or an
/// object of numbers by layer name.
public struct HessianTraceFile: Sendable, Hashable {
  private enum Contents: Hashable {
    case ordered([Double])
    case named([String: Double])
  }
  private let contents: Contents

  /// Why a file of traces cannot be used.
  public enum Problem: Error, Sendable, Hashable {
    /// Neither a list of numbers nor an object of numbers.
    case layout
    case count(expected: Int, found: Int)
    /// Layers that the file lacks.
    case missing([String])
    /// Names in the file that no layer has.
    case unknown([String])
    /// A value that is not finite.
    case notFinite(layer: String, value: Double)
  }

  /// Reads a file's bytes.
  public init(json: Data) throws(Problem) {
    let decoder = JSONDecoder()
    if let numbers = try? decoder.decode([AnyNumber].self, from: json) {
      contents = .ordered(numbers.map(\.value))
    } else if let numbers = try? decoder.decode([String: AnyNumber].self, from: json) {
      contents = .named(numbers.mapValues(\.value))
    } else {
      throw .layout
    }
  }

  /// A number a layer.
  ///
  /// - Throws: a ``Problem`` if layers and file do not fit.
  public func values(for layers: [String]) throws(Problem) -> [Double] {
    let values: [Double]
    switch contents {
    case .ordered(let numbers):
      guard numbers.count == layers.count else {
        throw .count(expected: layers.count, found: numbers.count)
      }
      values = numbers
    case .named(let numbers):
      let unknown = numbers.keys.filter { !layers.contains($0) }.sorted()
      guard unknown.isEmpty else { throw .unknown(unknown) }
      let missing = layers.filter { numbers[$0] == nil }
      guard missing.isEmpty else { throw .missing(missing) }
      values = layers.compactMap { numbers[$0] }
    }
    for (layer, value) in zip(layers, values) where !value.isFinite {
      throw .notFinite(layer: layer, value: value)
    }
    return values
  }
}
