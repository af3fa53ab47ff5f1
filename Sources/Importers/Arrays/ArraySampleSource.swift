public import QuantGraph

/// The rows of an array file as samples of one tensor.
///
/// Integer arrays are codes, floating-point arrays are values, text is printed values.
public final class ArraySampleSource: SampleSource {
  /// Whole samples of the array; nil for text, which does not tell.
  public let sampleCount: Int?

  private let rows: ArrayRows
  private let rowsPerSample: Int
  private let tensor: String
  private let path: String
  /// Significant bits of the array's numbers, where the tensor's codes have more; nil elsewhere.
  private let roundedBits: Int?

  /// - Parameters:
  ///   - rows: the array.
  ///   - path: the file as the user named it, for messages.
  ///   - tensor: the tensor that takes them, for messages.
  ///   - shape: the tensor's shape of one sample.
  ///   - hasBatchAxis: whether the shape begins with the axis along which samples follow each other,
  ///     so that the array may have the shape itself, any multiple of its leading extent, or lack a
  ///     leading extent of 1; otherwise each row is a sample.
  ///   - codeBits: bits of the tensor's codes; values of arrays with fewer significant bits are
  ///     `TensorValues.rounded(_:bits:)`.
  /// - Throws: a `Diagnostic` if the array is not a whole number of samples.
  public init(
    _ rows: ArrayRows, path: String, tensor: String, shape: Shape, hasBatchAxis: Bool = false,
    codeBits: Int = 0
  ) throws(Diagnostic) {
    guard
      let rowsPerSample = Self.rowsPerSample(rows, shape: shape, hasBatchAxis: hasBatchAxis)
    else {
      var extents = shape.extents.map(String.init)
      if hasBatchAxis, !extents.isEmpty, extents[0] == "1" { extents.removeFirst() }
      if !hasBatchAxis || extents.count < shape.rank || shape.rank == 0 {
        extents.insert("N", at: 0)
      }
      let expected = extents.joined(separator: ",")
      let found = ([rows.rowCount.map(String.init) ?? "N"] + rows.rowShape.map(String.init))
        .joined(separator: ",")
      throw Diagnostic(
        code: "array.shape", message: "expected (\(expected)), found (\(found))", location: path,
        remedy: "'\(tensor)' takes \(shape.count) values a sample; reshape the array, or name the "
          + "tensor that it belongs to (NAME=FILE).")
    }
    if let problem = Self.orderProblem(rows, shape: shape, hasBatchAxis: hasBatchAxis) {
      throw Diagnostic(
        code: "array.shape",
        message:
          "expected samples of (\(problem.expected)), found (\(problem.found)): the axes are "
          + "in another order",
        location: path, remedy: problem.remedy)
    }
    self.rows = rows
    self.tensor = tensor
    self.path = path
    self.rowsPerSample = rowsPerSample
    let bits: Int? =
      switch rows.elementType {
      case .float16: 11
      case .float32: 24
      default: nil
      }
    roundedBits = bits.flatMap { $0 < codeBits ? $0 : nil }
    // An array without elements is one sample, as it has no more to give.
    sampleCount = shape.count == 0 ? 1 : rows.rowCount.map { $0 / rowsPerSample }
  }

  /// What is wrong with rows of as many values and axes as a sample, but of other extents; nil if
  /// nothing is.
  ///
  /// Axes of extent 1 move no value and may stand anywhere; rows of fewer or more axes are read in
  /// row-major order.
  private static func orderProblem(
    _ rows: ArrayRows, shape: Shape, hasBatchAxis: Bool
  ) -> (expected: String, found: String, remedy: String)? {
    guard case .npy = rows else { return nil }
    let sample = Array(
      hasBatchAxis && shape.extents.first == 1 ? shape.extents.dropFirst() : shape.extents[...])
    let row = rows.rowShape
    guard row.count == sample.count, row.count >= 2,
      row.filter({ $0 != 1 }) != sample.filter({ $0 != 1 }), rows.rowElements == shape.count
    else { return nil }
    var remedy = "give the array with the axes of the model."
    // Channels first instead of last, or the other way round.
    if Array(row.dropFirst()) + [row[0]] == sample {
      let axes = [0] + Array(2...row.count) + [1]
      remedy =
        "the array has its channels first, the model last: transpose it with "
        + "array.transpose(\(axes.map(String.init).joined(separator: ", ")))."
    } else if [row[row.count - 1]] + Array(row.dropLast()) == sample {
      let axes = [0, row.count] + Array(1..<row.count)
      remedy =
        "the array has its channels last, the model first: transpose it with "
        + "array.transpose(\(axes.map(String.init).joined(separator: ", ")))."
    }
    func words(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: ",") }
    return (words(sample), words(row), remedy)
  }

  /// Rows of the array that make a sample, or nil if its shape is not one for samples.
  private static func rowsPerSample(
    _ rows: ArrayRows, shape: Shape, hasBatchAxis: Bool
  ) -> Int? {
    if hasBatchAxis, case .npy = rows, let leading = shape.extents.first {
      let rest = Array(shape.extents.dropFirst())
      let count = rows.rowCount ?? 0
      if [count] + rows.rowShape == shape.extents { return max(leading, 1) }
      guard leading > 0 else { return nil }
      if rows.rowShape == rest, count % leading == 0 { return leading }
      if leading == 1, count > 0, [count] + rows.rowShape == rest { return count }
    }
    return rows.rowElements == shape.count ? 1 : nil
  }

  private func rowLimit(_ samples: Int) -> Int {
    let (limit, overflow) = samples.multipliedReportingOverflow(by: rowsPerSample)
    return overflow ? .max / rowsPerSample * rowsPerSample : limit
  }

  public func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    do throws(ImportError) {
      switch rows {
      case .text(let stream):
        guard let log = try stream.next(atMost: rowLimit(count)) else { return .values([]) }
        return .printed(log.values, digits: log.printedDigits)
      case .npy(let stream):
        guard let array = try stream.next(atMost: rowLimit(count)) else { return .values([]) }
        if array.elementType.isFloatingPoint {
          let values = array.doubles() ?? []
          return roundedBits.map { .rounded(values, bits: $0) } ?? .values(values)
        }
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
