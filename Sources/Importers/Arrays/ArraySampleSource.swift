public import QuantGraph

/// The rows of an array file as samples of one tensor.
///
/// Integer arrays are codes, floating-point arrays are values, text is printed values.
public final class ArraySampleSource: SampleSource {
  private let rows: ArrayRows
  private let elements: Int
  private let tensor: String
  private let path: String

  /// - Parameters:
  ///   - rows: the array; its rows are samples, or it is one sample without a sample axis.
  ///   - path: the file as the user named it, for messages.
  ///   - tensor: the tensor that takes them, for messages.
  ///   - shape: the tensor's shape of one sample.
  /// - Throws: a ``Diagnostic`` if a row has not as many elements as a sample.
  public init(
    _ rows: ArrayRows, path: String, tensor: String, shape: Shape
  ) throws(Diagnostic) {
    guard rows.rowElements == shape.count else {
      let expected = (["N"] + shape.extents.map(String.init)).joined(separator: ",")
      let found = ([rows.rowCount.map(String.init) ?? "N"] + rows.rowShape.map(String.init))
        .joined(separator: ",")
      throw Diagnostic(
        code: "array.shape", message: "expected (\(expected)), found (\(found))", location: path,
        remedy: "'\(tensor)' takes \(shape.count) values a sample; reshape the array, or name the "
          + "tensor that it belongs to (NAME=FILE).")
    }
    self.rows = rows
    self.tensor = tensor
    self.path = path
    elements = shape.count
  }

  public func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    do throws(ImportError) {
      switch rows {
      case .text(let stream):
        guard let log = try stream.next(atMost: count) else { return .values([]) }
        return .printed(log.values, digits: log.printedDigits)
      case .npy(let stream):
        guard let array = try stream.next(atMost: count) else { return .values([]) }
        if array.elementType.isFloatingPoint { return .values(array.doubles() ?? []) }
        guard let codes = array.integers() else {
          throw ImportError.damaged(
            .init(path: path), .npyValue("a value above 2^63 - 1", requested: "a 64-bit code"))
        }
        return .codes(codes)
      }
    } catch {
      throw Diagnostic(error)
    }
  }
}
