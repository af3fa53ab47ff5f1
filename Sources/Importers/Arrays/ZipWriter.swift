import CZlib

/// Writes a ZIP archive: stored or deflated members, with ZIP64 sizes in every local header.
///
/// Sizes and CRC are written over the local header when a member ends. Source: APPNOTE.TXT
/// 6.3.10, sections 4.3 and 4.5.3.
final class ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let headerOffset: Int
    let dataOffset: Int
    /// Bytes at the member's beginning that are known when it ends.
    var reserved = 0
    var crc: UInt = 0
    var byteCount = 0
    var compressedByteCount = 0
  }

  private let output: OutputFile
  private let isCompressed: Bool
  private var entries: [Entry] = []
  private var deflater: Deflater?

  /// 1980-01-01 00:00:00 as an MS-DOS date and time: results hold no clock.
  private static let time: UInt32 = 0x0021_0000
  /// Version 4.5 is the first with ZIP64.
  private static let version: UInt16 = 45
  /// Names are UTF-8.
  private static let flags: UInt16 = 0x0800

  init(_ output: OutputFile, isCompressed: Bool) {
    self.output = output
    self.isCompressed = isCompressed
  }

  func begin(_ name: String) throws(ImportError) {
    let headerOffset = output.byteCount
    let entry = Entry(name: Array(name.utf8), headerOffset: headerOffset, dataOffset: 0)
    let header = localHeader(entry)
    try output.write(header)
    entries.append(
      Entry(name: entry.name, headerOffset: headerOffset, dataOffset: output.byteCount))
    deflater = isCompressed ? try Deflater(path: output.path) : nil
  }

  /// The same with room for `beginning` at the member's beginning, which ``end(beginning:)`` gives.
  ///
  /// - Precondition: members are stored.
  func begin(_ name: String, reserving beginning: [UInt8]) throws(ImportError) {
    precondition(!isCompressed, "what is deflated is not overwritten")
    try begin(name)
    entries[entries.count - 1].reserved = beginning.count
    try output.write(beginning)
  }

  /// Ends a member that was begun with room for its beginning.
  ///
  /// - Precondition: as many bytes as were reserved.
  func end(beginning: [UInt8]) throws(ImportError) {
    let last = entries.count - 1
    precondition(beginning.count == entries[last].reserved, "as many bytes as were reserved")
    try output.overwrite(beginning, at: entries[last].dataOffset)
    let crc = crc32_z(0, beginning, beginning.count)
    entries[last].crc = crc32_combine(crc, entries[last].crc, entries[last].byteCount)
    entries[last].byteCount += beginning.count
    try end()
  }

  func write(_ bytes: RawSpan) throws(ImportError) {
    guard bytes.byteCount > 0 else { return }
    let last = entries.count - 1
    entries[last].byteCount += bytes.byteCount
    bytes.withUnsafeBytes { raw in
      entries[last].crc = crc32_z(
        entries[last].crc, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), raw.count)
    }
    if let deflater {
      try deflater.write(bytes, to: output)
    } else {
      try output.write(bytes)
    }
  }

  func end() throws(ImportError) {
    try deflater?.finish(to: output)
    deflater = nil
    let last = entries.count - 1
    entries[last].compressedByteCount = output.byteCount - entries[last].dataOffset
    try output.overwrite(localHeader(entries[last]), at: entries[last].headerOffset)
  }

  func finish() throws(ImportError) {
    let directoryOffset = output.byteCount
    for entry in entries { try output.write(directoryEntry(entry)) }
    let directoryBytes = output.byteCount - directoryOffset
    let isWide =
      entries.count >= 0xFFFF || directoryBytes >= 0xFFFF_FFFF || directoryOffset >= 0xFFFF_FFFF
    var record = Bytes()
    if isWide {
      let recordOffset = output.byteCount
      record.append(ZipArchive.zip64EndSignature)
      record.append(UInt64(44))
      record.append(Self.version)
      record.append(Self.version)
      record.append(UInt32(0))
      record.append(UInt32(0))
      record.append(UInt64(entries.count))
      record.append(UInt64(entries.count))
      record.append(UInt64(directoryBytes))
      record.append(UInt64(directoryOffset))
      record.append(ZipArchive.zip64LocatorSignature)
      record.append(UInt32(0))
      record.append(UInt64(recordOffset))
      record.append(UInt32(1))
    }
    record.append(ZipArchive.endSignature)
    record.append(UInt32(0))
    record.append(UInt16(clamping: entries.count))
    record.append(UInt16(clamping: entries.count))
    record.append(UInt32(clamping: directoryBytes))
    record.append(UInt32(clamping: directoryOffset))
    record.append(UInt16(0))
    try output.write(record.bytes)
  }

  private var method: UInt16 { isCompressed ? 8 : 0 }

  private func localHeader(_ entry: Entry) -> [UInt8] {
    var header = Bytes()
    header.append(ZipArchive.localSignature)
    header.append(Self.version)
    header.append(Self.flags)
    header.append(method)
    header.append(Self.time)
    header.append(UInt32(truncatingIfNeeded: entry.crc))
    header.append(UInt32.max)
    header.append(UInt32.max)
    header.append(UInt16(entry.name.count))
    header.append(UInt16(20))
    header.bytes += entry.name
    header.append(UInt16(1))
    header.append(UInt16(16))
    header.append(UInt64(entry.byteCount))
    header.append(UInt64(entry.compressedByteCount))
    return header.bytes
  }

  private func directoryEntry(_ entry: Entry) -> [UInt8] {
    let numbers = [entry.byteCount, entry.compressedByteCount, entry.headerOffset]
    let wide = numbers.filter { $0 >= 0xFFFF_FFFF }
    var header = Bytes()
    header.append(ZipArchive.centralSignature)
    header.append(Self.version)
    header.append(Self.version)
    header.append(Self.flags)
    header.append(method)
    header.append(Self.time)
    header.append(UInt32(truncatingIfNeeded: entry.crc))
    header.append(UInt32(clamping: entry.compressedByteCount))
    header.append(UInt32(clamping: entry.byteCount))
    header.append(UInt16(entry.name.count))
    header.append(UInt16(wide.isEmpty ? 0 : 4 + 8 * wide.count))
    header.append(UInt16(0))
    header.append(UInt16(0))
    header.append(UInt16(0))
    header.append(UInt32(0))
    header.append(UInt32(clamping: entry.headerOffset))
    header.bytes += entry.name
    if !wide.isEmpty {
      header.append(UInt16(1))
      header.append(UInt16(8 * wide.count))
      for number in wide { header.append(UInt64(number)) }
    }
    return header.bytes
  }

  /// Little-endian fields.
  private struct Bytes {
    var bytes: [UInt8] = []

    mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
  }
}

/// Compresses to raw deflate data (RFC 1951) at zlib's fastest level.
///
/// On arrays of codes and activations the default level gains at most 3% in size and takes 5 to 8
/// times as long (measured with zlib on random 16-bit fixed-point values, with and without ReLU).
private final class Deflater {
  // zlib keeps the address of its stream: it must not move.
  private let state: UnsafeMutablePointer<z_stream>
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private let path: String

  init(path: String) throws(ImportError) {
    self.path = path
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    let code = deflateInit2_(
      state, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      throw .notWritten(path: path, reason: "zlib cannot start (code \(code))")
    }
  }

  deinit {
    deflateEnd(state)
    state.deallocate()
  }

  func write(_ bytes: RawSpan, to output: OutputFile) throws(ImportError) {
    try bytes.withUnsafeBytes { (raw) throws(ImportError) in
      var done = 0
      while done < raw.count {
        let count = min(raw.count - done, 1 << 30)
        // zlib does not write to its input; its type lacks the const.
        self.state.pointee.next_in = UnsafeMutablePointer(
          mutating: raw.baseAddress?.advanced(by: done).assumingMemoryBound(to: UInt8.self))
        self.state.pointee.avail_in = UInt32(count)
        try self.run(Z_NO_FLUSH, to: output)
        done += count
      }
    }
  }

  func finish(to output: OutputFile) throws(ImportError) {
    state.pointee.avail_in = 0
    try run(Z_FINISH, to: output)
  }

  /// Compresses what is in the input; all of it is consumed when the output is not filled.
  private func run(_ flush: Int32, to output: OutputFile) throws(ImportError) {
    var isFull = true
    while isFull {
      let state = state
      let (code, count) = buffer.withUnsafeMutableBufferPointer { space in
        state.pointee.next_out = space.baseAddress
        state.pointee.avail_out = UInt32(space.count)
        let code = deflate(state, flush)
        return (code, space.count - Int(state.pointee.avail_out))
      }
      guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
        throw .notWritten(path: path, reason: "zlib cannot compress (code \(code))")
      }
      isFull = count == buffer.count
      try output.write(Array(buffer[..<count]))
    }
  }
}
