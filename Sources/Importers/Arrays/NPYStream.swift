/// An NPY array read in blocks of rows, so that the whole need not fit in memory.
///
/// A row is what one index of the first axis selects; an array without axes is one row. Rows come
/// in C order whatever the file's order is; an array in Fortran order is held in memory, in the
/// file's own type. Not for use from several threads.
public final class NPYStream {
  public let header: NPYHeader

  /// Rows in all, and elements of each.
  public let rowCount: Int
  public let rowElements: Int

  /// Rows not read yet.
  public private(set) var remainingRows: Int

  private let stream: ByteStream
  /// All elements in C order, where the file has them in Fortran order.
  private var reordered: [UInt8]?
  private var reorderedOffset = 0
  private var scratch: [UInt8] = []

  /// Bytes converted at a time.
  private static let scratchBytes = 1 << 16

  /// The array in the NPY file at `path`.
  public convenience init(path: String) throws(ImportError) {
    try self.init(ByteStream(try InputFile(path: path)))
  }

  /// The array whose header `stream` is at.
  ///
  /// - Throws: ``ImportError`` if the header is damaged, or the stream cannot hold the array.
  public init(_ stream: ByteStream) throws(ImportError) {
    header = try NPYHeader(from: stream)
    self.stream = stream
    rowCount = header.shape.first ?? 1
    rowElements =
      NDArray.elementCount(of: Array(header.shape.dropFirst())) ?? 0
    remainingRows = rowCount
    if let bound = stream.remainingBound {
      guard header.byteCount <= bound else {
        throw .damaged(
          stream.place.at(.byte(stream.offset)),
          .truncated(
            .npy, part: "shape \(header.shape) of \(header.elementType.rawValue)",
            neededBytes: header.byteCount, availableBytes: bound))
      }
      if stream.knowsRemaining, header.byteCount < bound {
        throw .damaged(
          stream.place.at(.byte(stream.offset + header.byteCount)),
          .trailing(.npy, bytes: bound - header.byteCount))
      }
    }
    if header.elementCount == 0 { try expectEnd() }
  }

  /// Shape of `rows` rows.
  public func shape(rows: Int) -> [Int] {
    header.shape.isEmpty ? [] : [rows] + header.shape.dropFirst()
  }

  /// The next rows, at most `limit`, in the type of the file; nil after the last.
  ///
  /// - Precondition: `limit` is positive.
  public func next(atMost limit: Int) throws(ImportError) -> NDArray? {
    precondition(limit > 0, "a block has rows")
    let rows = min(limit, remainingRows)
    guard rows > 0 else { return nil }
    // Extents other than zero were checked to have a product in range.
    let count = rows * rowElements
    let storage: NDArray.Storage
    switch header.elementType {
    case .bool: storage = .bool(try booleans(count))
    case .int8: storage = .int8(try elements(count))
    case .int16: storage = .int16(try elements(count))
    case .int32: storage = .int32(try elements(count))
    case .int64: storage = .int64(try elements(count))
    case .uint8: storage = .uint8(try elements(count))
    case .uint16: storage = .uint16(try elements(count))
    case .uint32: storage = .uint32(try elements(count))
    case .uint64: storage = .uint64(try elements(count))
    case .float16: storage = .float16(try elements(count))
    case .float32: storage = .float32(try elements(count))
    case .float64: storage = .float64(try elements(count))
    }
    try finishRows(rows)
    return NDArray(shape: shape(rows: rows), storage: storage)
  }

  /// The next rows as `Double`, as many as fit in `values`.
  ///
  /// - Returns: the number of rows; 0 after the last.
  /// - Throws: ``ImportError/Defect/npyValue(_:requested:)`` for a 64-bit integer that is not
  ///   exactly representable.
  /// - Precondition: `values` has room for one row.
  public func read(into values: inout MutableSpan<Double>) throws(ImportError) -> Int {
    try readRows(into: &values) { (count, output) throws(ImportError) in
      switch self.header.elementType {
      case .bool: try self.convert(UInt8.self, count, output) { Double($0) }
      case .int8: try self.convert(Int8.self, count, output) { Double($0) }
      case .int16: try self.convert(Int16.self, count, output) { Double($0) }
      case .int32: try self.convert(Int32.self, count, output) { Double($0) }
      case .int64: try self.convert(Int64.self, count, output) { Double(exactly: $0) }
      case .uint8: try self.convert(UInt8.self, count, output) { Double($0) }
      case .uint16: try self.convert(UInt16.self, count, output) { Double($0) }
      case .uint32: try self.convert(UInt32.self, count, output) { Double($0) }
      case .uint64: try self.convert(UInt64.self, count, output) { Double(exactly: $0) }
      case .float16: try self.convert(Float16.self, count, output) { Double($0) }
      case .float32: try self.convert(Float.self, count, output) { Double($0) }
      case .float64: try self.copy(Double.self, count, output)
      }
    }
  }

  /// The next rows as `Float`, as many as fit in `values`.
  ///
  /// - Returns: the number of rows; 0 after the last.
  /// - Throws: ``ImportError/Defect/npyValue(_:requested:)`` for a value that is not exactly
  ///   representable, NaN excepted.
  /// - Precondition: `values` has room for one row.
  public func read(into values: inout MutableSpan<Float>) throws(ImportError) -> Int {
    try readRows(into: &values) { (count, output) throws(ImportError) in
      switch self.header.elementType {
      case .bool: try self.convert(UInt8.self, count, output) { Float($0) }
      case .int8: try self.convert(Int8.self, count, output) { Float($0) }
      case .int16: try self.convert(Int16.self, count, output) { Float($0) }
      case .int32: try self.convert(Int32.self, count, output) { Float(exactly: $0) }
      case .int64: try self.convert(Int64.self, count, output) { Float(exactly: $0) }
      case .uint8: try self.convert(UInt8.self, count, output) { Float($0) }
      case .uint16: try self.convert(UInt16.self, count, output) { Float($0) }
      case .uint32: try self.convert(UInt32.self, count, output) { Float(exactly: $0) }
      case .uint64: try self.convert(UInt64.self, count, output) { Float(exactly: $0) }
      case .float16: try self.convert(Float16.self, count, output) { Float($0) }
      case .float32: try self.copy(Float.self, count, output)
      case .float64:
        try self.convert(Double.self, count, output) { $0.isNaN ? .nan : Float(exactly: $0) }
      }
    }
  }

  /// The next rows as `Int64`, as many as fit in `values`.
  ///
  /// - Returns: the number of rows; 0 after the last.
  /// - Throws: ``ImportError/Defect/npyType(description:)`` for floating point,
  ///   ``ImportError/Defect/npyValue(_:requested:)`` for a value beyond `Int64`.
  /// - Precondition: `values` has room for one row.
  public func read(into values: inout MutableSpan<Int64>) throws(ImportError) -> Int {
    try readRows(into: &values) { (count, output) throws(ImportError) in
      switch self.header.elementType {
      case .bool: try self.convert(UInt8.self, count, output) { Int64($0) }
      case .int8: try self.convert(Int8.self, count, output) { Int64($0) }
      case .int16: try self.convert(Int16.self, count, output) { Int64($0) }
      case .int32: try self.convert(Int32.self, count, output) { Int64($0) }
      case .int64: try self.copy(Int64.self, count, output)
      case .uint8: try self.convert(UInt8.self, count, output) { Int64($0) }
      case .uint16: try self.convert(UInt16.self, count, output) { Int64($0) }
      case .uint32: try self.convert(UInt32.self, count, output) { Int64($0) }
      case .uint64: try self.convert(UInt64.self, count, output) { Int64(exactly: $0) }
      case .float16, .float32, .float64:
        throw .damaged(
          self.stream.place,
          .npyType(description: "\(self.header.elementType.rawValue), where integers are asked for")
        )
      }
    }
  }

  // MARK: Blocks

  private func readRows<Value: BitwiseCopyable>(
    into values: inout MutableSpan<Value>,
    _ body: (Int, UnsafeMutableBufferPointer<Value>) throws(ImportError) -> Void
  ) throws(ImportError) -> Int {
    guard remainingRows > 0 else { return 0 }
    guard rowElements > 0 else {
      let rows = remainingRows
      remainingRows = 0
      return rows
    }
    precondition(values.count >= rowElements, "a buffer with room for one row")
    let rows = min(values.count / rowElements, remainingRows)
    try values.withUnsafeMutableBufferPointer { (buffer) throws(ImportError) in
      try body(rows * self.rowElements, buffer)
    }
    try finishRows(rows)
    return rows
  }

  private func finishRows(_ rows: Int) throws(ImportError) {
    remainingRows -= rows
    if remainingRows == 0, header.elementCount > 0 { try expectEnd() }
  }

  /// Checks that the content ends with the last element.
  private func expectEnd() throws(ImportError) {
    guard try stream.peek(1).isEmpty else {
      throw .damaged(stream.place.at(.byte(stream.offset)), .trailing(.npy, bytes: nil))
    }
  }

  /// Fills `output` with elements that need no conversion.
  private func copy<Element: ArrayElement>(
    _ type: Element.Type, _ count: Int, _ output: UnsafeMutableBufferPointer<Element>
  ) throws(ImportError) {
    let elements = UnsafeMutableBufferPointer(rebasing: output[..<count])
    try fill(UnsafeMutableRawBufferPointer(elements))
    if header.isBigEndian { swapBytes(of: elements) }
  }

  /// Fills `output` with converted elements, a scratch buffer at a time.
  @inline(__always)
  private func convert<Source: ArrayElement, Value: BitwiseCopyable>(
    _ type: Source.Type, _ count: Int, _ output: UnsafeMutableBufferPointer<Value>,
    _ conversion: (Source) -> Value?
  ) throws(ImportError) {
    let stride = MemoryLayout<Source>.stride
    if scratch.isEmpty { scratch = [UInt8](repeating: 0, count: Self.scratchBytes) }
    var done = 0
    while done < count {
      let block = min(count - done, Self.scratchBytes / stride)
      let begin = elementOffset
      try withBytes(of: &scratch) { (bytes) throws(ImportError) in
        let raw = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(block * stride)])
        try self.fill(raw)
        if self.header.elementType == .bool { try self.checkBooleans(raw, at: begin) }
        let swap = self.header.isBigEndian
        for index in 0..<block {
          var element = raw.loadUnaligned(fromByteOffset: index &* stride, as: Source.self)
          if swap { element = element.byteSwapped }
          guard let value = conversion(element) else {
            throw .damaged(
              self.stream.place.at(.byte(begin + index * stride)),
              .npyValue("\(element)", requested: "\(Value.self)".lowercased()))
          }
          output[done &+ index] = value
        }
      }
      done += block
    }
  }

  /// Offset in the file of the next element in the order of the file.
  private var elementOffset: Int {
    reordered == nil ? stream.offset : header.dataOffset + reorderedOffset
  }

  /// Refuses to hold more than the default limit of what a decompressor or a pipe gives.
  private func checkLimit(_ byteCount: Int) throws(ImportError) {
    guard stream.knowsRemaining || byteCount <= ByteSource.defaultLimit else {
      throw .damaged(
        stream.place.at(.byte(stream.offset)),
        .limit(.npy, limitBytes: ByteSource.defaultLimit))
    }
  }

  private func elements<Element: ArrayElement>(_ count: Int) throws(ImportError) -> [Element] {
    let stride = MemoryLayout<Element>.stride
    try checkLimit(count * stride)
    var values: [Element]
    if header.isCOrder {
      let begin = stream.offset
      values = try stream.readElements(Element.self, atMost: count)
      guard values.count == count else {
        throw .damaged(
          stream.place.at(.byte(begin)),
          .truncated(
            .npy, part: "the elements", neededBytes: count * stride,
            availableBytes: values.count * stride))
      }
    } else {
      try reorder()
      var failure: ImportError?
      values = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        do throws(ImportError) {
          try fill(
            UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count])))
          initialized = count
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
    if header.isBigEndian {
      values.withUnsafeMutableBufferPointer { swapBytes(of: $0) }
    }
    return values
  }

  private func booleans(_ count: Int) throws(ImportError) -> [Bool] {
    let begin = elementOffset
    var bytes: [UInt8] = try elements(count)
    try withBytes(of: &bytes) { (raw) throws(ImportError) in
      try self.checkBooleans(raw, at: begin)
    }
    return bytes.map { $0 != 0 }
  }

  private func checkBooleans(
    _ bytes: UnsafeMutableRawBufferPointer, at begin: Int
  ) throws(ImportError) {
    guard let index = bytes.firstIndex(where: { $0 > 1 }) else { return }
    throw .damaged(stream.place.at(.byte(begin + index)), .npyBool(bytes[index]))
  }

  private func swapBytes<Element: ArrayElement>(of elements: UnsafeMutableBufferPointer<Element>) {
    for index in elements.indices { elements[index] = elements[index].byteSwapped }
  }

  /// The next bytes of the elements, in C order.
  private func fill(_ bytes: UnsafeMutableRawBufferPointer) throws(ImportError) {
    guard !header.isCOrder else {
      try stream.readFully(into: bytes, part: "the elements", container: .npy)
      return
    }
    try reorder()
    guard let reordered else { return }
    bytes.copyBytes(from: reordered[reorderedOffset..<reorderedOffset + bytes.count])
    reorderedOffset += bytes.count
  }

  /// Reads all elements and brings them from Fortran into C order.
  private func reorder() throws(ImportError) {
    guard reordered == nil else { return }
    try checkLimit(header.byteCount)
    let source = try stream.readExactly(
      header.byteCount, part: "the elements", container: .npy)
    let size = header.elementType.byteCount
    let shape = header.shape
    // In Fortran order the stride of an axis is the product of the extents before it.
    var strides: [Int] = []
    var product = size
    for extent in shape {
      strides.append(product)
      product *= extent
    }
    var result = [UInt8](repeating: 0, count: source.count)
    var index = [Int](repeating: 0, count: shape.count)
    var from = 0
    for to in Swift.stride(from: 0, to: source.count, by: size) {
      for byte in 0..<size { result[to &+ byte] = source[from &+ byte] }
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        from += strides[axis]
        guard index[axis] == shape[axis] else { break }
        from -= index[axis] * strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    reordered = result
  }
}

/// Whole arrays of NPY files.
public enum NPY {
  /// The array in the NPY file at `path`; `-` is standard input.
  ///
  /// - Throws: ``ImportError`` with the byte offset of what is wrong.
  public static func read(_ path: String) throws(ImportError) -> NDArray {
    try read(ByteStream(try InputFile(path: path)))
  }

  /// The array in `bytes`, the content of an NPY file; `path` names them in errors.
  public static func read(_ bytes: [UInt8], path: String) throws(ImportError) -> NDArray {
    try read(ByteSource.memory(bytes, path: path).stream())
  }

  /// The array whose header `stream` is at; it must end with the array.
  public static func read(_ stream: ByteStream) throws(ImportError) -> NDArray {
    try NPYStream(stream).readAll()
  }
}

extension NPYStream {
  /// All rows that are left.
  public func readAll() throws(ImportError) -> NDArray {
    if remainingRows > 0, let block = try next(atMost: remainingRows) { return block }
    return NDArray(shape: shape(rows: 0), storage: header.elementType.storage(zeros: 0))
  }
}

extension NDArray.ElementType {
  /// `count` zeros of this type.
  func storage(zeros count: Int) -> NDArray.Storage {
    switch self {
    case .bool: .bool(Array(repeating: false, count: count))
    case .int8: .int8(Array(repeating: 0, count: count))
    case .int16: .int16(Array(repeating: 0, count: count))
    case .int32: .int32(Array(repeating: 0, count: count))
    case .int64: .int64(Array(repeating: 0, count: count))
    case .uint8: .uint8(Array(repeating: 0, count: count))
    case .uint16: .uint16(Array(repeating: 0, count: count))
    case .uint32: .uint32(Array(repeating: 0, count: count))
    case .uint64: .uint64(Array(repeating: 0, count: count))
    case .float16: .float16(Array(repeating: 0, count: count))
    case .float32: .float32(Array(repeating: 0, count: count))
    case .float64: .float64(Array(repeating: 0, count: count))
    }
  }
}
