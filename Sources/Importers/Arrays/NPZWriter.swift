/// Writes an NPZ file whose arrays grow row by row, in any order; it appears when it is complete.
///
/// The same arrays give the same bytes: members are in the order they were declared, with the
/// fixed time 1980-01-01. Rows wait in memory; beyond 4 MiB in all and 64 KiB an array those of the first
/// array go where they belong, if it is stored, and others into an unnamed file beside the target. Not
/// for use from several threads.
public final class NPZWriter {
  /// An array of the file that is being written.
  public struct Member: Sendable, Hashable {
    fileprivate let index: Int
  }

  private struct Pending {
    let name: String
    let elementType: NDArray.ElementType
    /// Nil for an array without axes.
    let rowShape: [Int]?
    let rowElements: Int
    /// Whether a single row is an array without axes.
    var dropsSingleRow = false
    var elementCount = 0
    var buffer: [UInt8] = []
    var extents: [Range<Int>] = []
    /// The shape of an array that was added whole.
    var declaredShape: [Int]?
  }

  private let path: String
  private let isCompressed: Bool
  private let archive: ZipWriter
  private let output: OutputFile
  /// Whether the archive has the first array's beginning.
  private var isStreaming = false
  private var members: [Pending] = []
  private var keys: Set<String> = []
  private var spool: SpoolFile?
  private var bufferedBytes = 0

  private static let blockBytes = 1 << 20

  /// Starts an NPZ file at `path`, stored unless `compressed`; `-` is standard output.
  public init(path: String, compressed: Bool = false) throws(ImportError) {
    self.path = path
    isCompressed = compressed
    output = try OutputFile(path: path)
    archive = ZipWriter(output, isCompressed: compressed)
  }

  /// Declares an array of shape `[rows] + rowShape`.
  ///
  /// With `dropsSingleRow`, one row gives an array of shape `rowShape`.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)`` if another array has the name, `/` and
  ///   `|` being the same, or the name is too long for an archive.
  /// - Precondition: no extent is negative, and their product is in range.
  public func member(
    _ name: String, elementType: NDArray.ElementType, rowShape: [Int],
    dropsSingleRow: Bool = false
  ) throws(ImportError) -> Member {
    try declare(
      Pending(
        name: name, elementType: elementType, rowShape: rowShape,
        rowElements: checkedCount(rowShape), dropsSingleRow: dropsSingleRow))
  }

  /// Adds a whole array.
  public func add(_ name: String, _ array: NDArray) throws(ImportError) {
    let rowShape = Array(array.shape.dropFirst())
    let member = try declare(
      Pending(
        name: name, elementType: array.elementType, rowShape: array.shape.isEmpty ? nil : rowShape,
        rowElements: checkedCount(rowShape), declaredShape: array.shape))
    members[member.index].elementCount = array.count
    try array.storage.withBytes { (bytes) throws(ImportError) in
      try self.append(bytes, to: member.index)
    }
  }

  /// Appends whole rows in the array's own type.
  ///
  /// - Precondition: the type is that of the array; the count is a multiple of a row's.
  public func append<Element: ArrayElement>(
    _ values: Span<Element>, to member: Member
  ) throws(ImportError) {
    precondition(
      Element.elementType == members[member.index].elementType, "values of the array's type")
    checkRows(values.count, of: member.index)
    try append(values.bytes, to: member.index)
  }

  /// Appends whole rows of integers, each stored in the array's integer type.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)`` for a value beyond that type.
  /// - Precondition: the type is an integer type or `bool`; the count is a multiple of a row's.
  public func append<Code: FixedWidthInteger>(
    codes: Span<Code>, to member: Member
  ) throws(ImportError) {
    try store(codes, to: member)
  }

  /// The same of 64-bit codes, which are compiled for their type.
  public func append(codes: Span<Int64>, to member: Member) throws(ImportError) {
    try store(codes, to: member)
  }

  private func store<Code: FixedWidthInteger>(
    _ codes: Span<Code>, to member: Member
  ) throws(ImportError) {
    checkRows(codes.count, of: member.index)
    let type = members[member.index].elementType
    try type.encode(codes, path: path) { (bytes) throws(ImportError) in
      try self.append(bytes, to: member.index)
    }
  }

  /// Writes the archive and puts it in its place.
  public func finish() throws(ImportError) {
    for index in members.indices {
      let member = members[index]
      let header = header(member)
      if index == 0, isStreaming {
        try archive.write(member.buffer.span.bytes)
        try archive.end(beginning: header)
        members[index].buffer = []
        continue
      }
      try archive.begin(member.name + ".npy")
      try archive.write(header.span.bytes)
      for extent in member.extents {
        if let bytes = try spool?.bytes(extent) { try archive.write(bytes.span.bytes) }
      }
      try archive.write(member.buffer.span.bytes)
      try archive.end()
      members[index].buffer = []
    }
    try archive.finish()
    try output.commit()
  }

  /// The array's header for the rows that it has so far; its length does not depend on them unless a
  /// single row drops its axis.
  private func header(_ member: Pending) -> [UInt8] {
    let rows = member.rowElements == 0 ? 0 : member.elementCount / member.rowElements
    let leading = member.dropsSingleRow && rows == 1 ? [] : [rows]
    let shape = member.declaredShape ?? leading + (member.rowShape ?? [])
    return NPYHeader.bytes(elementType: member.elementType, shape: shape)
  }

  private func declare(_ member: Pending) throws(ImportError) -> Member {
    guard member.name.utf8.count <= 0xFFF0 else {
      throw .notWritten(path: path, reason: "an array's name is longer than an archive allows")
    }
    guard keys.insert(ArrayName.key(member.name)).inserted else {
      throw .notWritten(path: path, reason: "two arrays are named '\(member.name)'")
    }
    members.append(member)
    return Member(index: members.count - 1)
  }

  private func checkRows(_ count: Int, of index: Int) {
    let row = members[index].rowElements
    precondition(
      members[index].declaredShape == nil && (row > 0 ? count % row == 0 : count == 0),
      "whole rows of an array that grows")
    members[index].elementCount += count
  }

  /// Appends `bytes` in blocks, so that an array of any size passes through bounded memory.
  private func append(_ bytes: RawSpan, to index: Int) throws(ImportError) {
    var done = 0
    while done < bytes.byteCount {
      let count = min(bytes.byteCount - done, Self.blockBytes)
      bytes.extracting(done..<done + count).withUnsafeBytes {
        members[index].buffer.append(contentsOf: $0)
      }
      done += count
      bufferedBytes += count
      try spoolIfLarge(index)
    }
  }

  private func spoolIfLarge(_ index: Int) throws(ImportError) {
    guard bufferedBytes > 4 << 20, members[index].buffer.count >= 1 << 16 else { return }
    if index == 0, !isCompressed, !members[0].dropsSingleRow {
      if !isStreaming {
        isStreaming = true
        try archive.begin(members[0].name + ".npy", reserving: header(members[0]))
      }
      var rows: [UInt8] = []
      swap(&rows, &members[0].buffer)
      try archive.write(rows.span.bytes)
      bufferedBytes -= rows.count
      rows.removeAll(keepingCapacity: true)
      swap(&rows, &members[0].buffer)
      return
    }
    if spool == nil { spool = try SpoolFile(beside: path) }
    guard let spool else { return }
    members[index].extents.append(try spool.append(members[index].buffer))
    bufferedBytes -= members[index].buffer.count
    members[index].buffer.removeAll(keepingCapacity: true)
  }
}

extension NPZ {
  /// Writes `arrays` to the file at `path`, whole or not at all; `-` is standard output.
  public static func write(
    _ arrays: [(name: String, array: NDArray)], to path: String, compressed: Bool = false
  ) throws(ImportError) {
    let writer = try NPZWriter(path: path, compressed: compressed)
    for (name, array) in arrays { try writer.add(name, array) }
    try writer.finish()
  }
}
