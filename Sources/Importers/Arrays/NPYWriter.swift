extension NPYHeader {
  /// The header bytes of a little-endian array in C order, as numpy's `save` writes them.
  ///
  /// Its length does not depend on the first extent (up to 21 digits), so that an array whose rows
  /// are counted while they are written gets its shape afterwards.
  /// Source: numpy 2, `numpy/lib/format.py`, `_write_array_header` (`GROWTH_AXIS_MAX_DIGITS`,
  /// `ARRAY_ALIGN` 64).
  static func bytes(elementType: NDArray.ElementType, shape: [Int]) -> [UInt8] {
    let order = elementType.byteCount == 1 ? "|" : "<"
    let extents = shape.map { String($0) }
    let tuple =
      extents.count == 1 ? "(\(extents[0]),)" : "(" + extents.joined(separator: ", ") + ")"
    var text = Array(
      "{'descr': '\(order)\(elementType.code)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    if let first = extents.first {
      text += [UInt8](repeating: 0x20, count: max(0, 21 - first.utf8.count))
    }
    let prefix = magic.count + 4
    text += [UInt8](repeating: 0x20, count: 64 - (prefix + text.count + 1) % 64)
    text.append(0x0A)
    // 64 axes of 21 characters each are far below the 65,535 bytes of version 1.
    return magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }
}

/// Writes an NPY file row by row; the file appears when it is complete.
///
/// Not for use from several threads.
public final class NPYWriter {
  public let elementType: NDArray.ElementType
  public let rowShape: [Int]

  private let output: OutputFile
  private let rowElements: Int
  private var elementsWritten = 0

  /// Starts an array of shape `[rows] + rowShape` at `path`; `-` is standard output.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)``.
  /// - Precondition: no extent is negative, and their product is in range.
  public init(
    path: String, elementType: NDArray.ElementType, rowShape: [Int]
  ) throws(ImportError) {
    self.elementType = elementType
    self.rowShape = rowShape
    rowElements = checkedCount(rowShape)
    output = try OutputFile(path: path)
    try output.write(NPYHeader.bytes(elementType: elementType, shape: [0] + rowShape))
  }

  /// Appends whole rows in the array's own type.
  ///
  /// - Precondition: the type is that of the array; the count is a multiple of a row's.
  public func append<Element: ArrayElement>(_ values: Span<Element>) throws(ImportError) {
    precondition(Element.elementType == elementType, "values of the array's type")
    checkRows(values.count)
    try output.write(values.bytes)
  }

  /// Appends whole rows of integers, each stored in the array's integer type.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)`` for a value beyond that type.
  /// - Precondition: the type is an integer type or `bool`; the count is a multiple of a row's.
  public func append<Code: FixedWidthInteger>(codes: Span<Code>) throws(ImportError) {
    try store(codes)
  }

  /// The same of 64-bit codes, which are compiled for their type.
  public func append(codes: Span<Int64>) throws(ImportError) { try store(codes) }

  private func store<Code: FixedWidthInteger>(_ codes: Span<Code>) throws(ImportError) {
    checkRows(codes.count)
    let output = output
    try elementType.encode(codes, path: output.path) { (bytes) throws(ImportError) in
      try output.write(bytes)
    }
  }

  /// Writes the shape and puts the file in its place.
  public func finish() throws(ImportError) {
    let rows = rowElements == 0 ? 0 : elementsWritten / rowElements
    try output.overwrite(
      NPYHeader.bytes(elementType: elementType, shape: [rows] + rowShape), at: 0)
    try output.commit()
  }

  private func checkRows(_ count: Int) {
    precondition(rowElements > 0 ? count % rowElements == 0 : count == 0, "whole rows")
    elementsWritten += count
  }
}

extension NPY {
  /// Writes `array` to the file at `path`, whole or not at all; `-` is standard output.
  public static func write(_ array: NDArray, to path: String) throws(ImportError) {
    let output = try OutputFile(path: path)
    try output.write(NPYHeader.bytes(elementType: array.elementType, shape: array.shape))
    try array.storage.withBytes { (bytes) throws(ImportError) in try output.write(bytes) }
    try output.commit()
  }

  /// The bytes of an NPY file that holds `array`.
  public static func bytes(of array: NDArray) -> [UInt8] {
    var result = NPYHeader.bytes(elementType: array.elementType, shape: array.shape)
    array.storage.withBytes { bytes in
      bytes.withUnsafeBytes { result.append(contentsOf: $0) }
    }
    return result
  }
}

/// The product of a shape that the program itself made.
func checkedCount(_ shape: [Int]) -> Int {
  guard let count = NDArray.elementCount(of: shape) else {
    preconditionFailure("shape \(shape) has a negative extent or too many elements")
  }
  return count
}

extension NDArray.Storage {
  /// Runs `body` on the elements' bytes.
  func withBytes<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
    switch self {
    case .bool(let values): try body(values.span.bytes)
    case .int8(let values): try body(values.span.bytes)
    case .int16(let values): try body(values.span.bytes)
    case .int32(let values): try body(values.span.bytes)
    case .int64(let values): try body(values.span.bytes)
    case .uint8(let values): try body(values.span.bytes)
    case .uint16(let values): try body(values.span.bytes)
    case .uint32(let values): try body(values.span.bytes)
    case .uint64(let values): try body(values.span.bytes)
    case .float16(let values): try body(values.span.bytes)
    case .float32(let values): try body(values.span.bytes)
    case .float64(let values): try body(values.span.bytes)
    }
  }
}

extension NDArray.ElementType {
  /// Gives `body` the bytes of `codes` in this integer type, a block at a time.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)`` for a code that does not fit.
  /// - Precondition: this is an integer type or `bool`.
  func encode<Code: FixedWidthInteger>(
    _ codes: Span<Code>, path: String, _ body: (RawSpan) throws(ImportError) -> Void
  ) throws(ImportError) {
    try codes.withUnsafeBufferPointer { (codes) throws(ImportError) in
      try encode(codes, path: path, body)
    }
  }

  private func encode<Code: FixedWidthInteger>(
    _ codes: UnsafeBufferPointer<Code>, path: String, _ body: (RawSpan) throws(ImportError) -> Void
  ) throws(ImportError) {
    switch self {
    // A boolean is stored as the byte 0 or 1.
    case .bool: try narrow(codes, to: UInt8.self, within: 0...1, path: path, body)
    case .int8: try narrow(codes, to: Int8.self, path: path, body)
    case .int16: try narrow(codes, to: Int16.self, path: path, body)
    case .int32: try narrow(codes, to: Int32.self, path: path, body)
    case .int64: try narrow(codes, to: Int64.self, path: path, body)
    case .uint8: try narrow(codes, to: UInt8.self, path: path, body)
    case .uint16: try narrow(codes, to: UInt16.self, path: path, body)
    case .uint32: try narrow(codes, to: UInt32.self, path: path, body)
    case .uint64: try narrow(codes, to: UInt64.self, path: path, body)
    case .float16, .float32, .float64:
      preconditionFailure("codes are stored in an integer type")
    }
  }

  private func narrow<Code: FixedWidthInteger, Stored: FixedWidthInteger & BitwiseCopyable>(
    _ codes: UnsafeBufferPointer<Code>, to type: Stored.Type,
    within range: ClosedRange<Stored>? = nil, path: String,
    _ body: (RawSpan) throws(ImportError) -> Void
  ) throws(ImportError) {
    let held = range ?? Stored.min...Stored.max
    var block = [Stored](repeating: 0, count: min(codes.count, 1 << 14))
    for start in stride(from: 0, to: codes.count, by: 1 << 14) {
      let end = min(start + (1 << 14), codes.count)
      if end - start < block.count { block.removeLast(block.count - (end - start)) }
      var fits = true
      for index in start..<end {
        let stored = Stored(truncatingIfNeeded: codes[index])
        fits = fits && stored == codes[index] && held.contains(stored)
        block[index - start] = stored
      }
      guard fits else {
        var index = start
        while let stored = Stored(exactly: codes[index]), held.contains(stored) { index += 1 }
        throw .notWritten(
          path: path, reason: "code \(codes[index]) does not fit in \(rawValue)")
      }
      try body(block.span.bytes)
    }
  }
}
