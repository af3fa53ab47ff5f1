import CZlib

/// Bytes that arrive in order: from a file, a pipe, memory, or a decompressor over one of them.
///
/// Holds buffers of fixed size only. Not for use from several threads.
public final class ByteStream {
  private enum Origin {
    case file(InputFile, end: Int?)
    case memory([UInt8], end: Int)
    case inflate(Inflater)
  }

  /// What an archive declares of a member; checked as the last byte is delivered.
  struct Declaration {
    let byteCount: Int
    let crc: UInt32
  }

  private let origin: Origin
  private let start: Int
  private let declaration: Declaration?
  private var crc: UInt = 0
  /// Bytes taken ahead by ``peek(_:)``, not yet delivered.
  private var ahead: [UInt8] = []
  /// Bytes taken from the origin.
  private var taken = 0
  private var isVerified = false

  /// File and member that the bytes are from.
  public let place: ImportError.Place

  /// Bytes delivered so far: the offset of the next one in the decoded content.
  public var offset: Int { taken - ahead.count }

  /// All bytes of a file or pipe.
  public init(_ file: InputFile) {
    origin = .file(file, end: file.byteCount)
    start = 0
    declaration = nil
    place = ImportError.Place(path: file.path)
  }

  init(_ source: ByteSource, range: Range<Int>, member: String?, declaration: Declaration? = nil) {
    switch source {
    case .file(let file, _): origin = .file(file, end: range.upperBound)
    case .memory(let bytes, _): origin = .memory(bytes, end: range.upperBound)
    }
    start = range.lowerBound
    self.declaration = declaration
    place = ImportError.Place(path: source.path, member: member)
  }

  init(_ inflater: Inflater, declaration: Declaration? = nil) {
    origin = .inflate(inflater)
    start = 0
    self.declaration = declaration
    place = inflater.place
  }

  /// An upper bound of the bytes still to come; nil for a pipe, which does not tell.
  ///
  /// Exact for files and memory. What a decompressor can make is bounded by deflate's ratio.
  public var remainingBound: Int? {
    if let declaration { return declaration.byteCount - offset }
    switch origin {
    case .file(_, let end): return end.map { $0 - start - offset }
    case .memory(_, let end): return end - start - offset
    case .inflate(let inflater): return inflater.outputBound.map { $0 &+ ahead.count }
    }
  }

  /// Whether ``remainingBound`` is the exact number of bytes to come.
  var knowsRemaining: Bool {
    switch origin {
    case .file(_, let end): end != nil
    case .memory: true
    case .inflate: false
    }
  }

  /// Delivers up to `buffer.count` bytes.
  ///
  /// - Returns: the number delivered; 0 only at the end, or for an empty buffer.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    guard ahead.isEmpty else {
      let count = min(buffer.count, ahead.count)
      buffer.copyBytes(from: ahead[..<count])
      ahead.removeFirst(count)
      return count
    }
    return try take(into: buffer)
  }

  private func take(into whole: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
    var buffer = whole
    if let declaration {
      let left = declaration.byteCount - taken
      guard left > 0 else {
        try verify(declaration)
        return 0
      }
      buffer = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)])
    }
    let count: Int
    switch origin {
    case .file(let file, let end):
      let limit = end.map { min(buffer.count, $0 - start - taken) } ?? buffer.count
      count =
        limit <= 0
        ? 0
        : try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit]), at: start + taken)
    case .memory(let bytes, let end):
      let position = start + taken
      count = min(buffer.count, end - position)
      buffer.copyBytes(from: bytes[position..<position + count])
    case .inflate(let inflater):
      count = try inflater.read(into: buffer)
    }
    taken += count
    if let declaration {
      guard count > 0 else {
        throw .damaged(
          place.at(.byte(taken)),
          .truncated(
            .zip, part: "the member", neededBytes: declaration.byteCount - taken,
            availableBytes: 0))
      }
      crc = crc32_z(
        crc, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
      if taken == declaration.byteCount { try verify(declaration) }
    }
    return count
  }

  /// Checks that the member's bytes end where the archive says, and their CRC.
  private func verify(_ declaration: Declaration) throws(ImportError) {
    guard !isVerified else { return }
    isVerified = true
    if case .inflate(let inflater) = origin { try inflater.expectEnd() }
    guard UInt32(truncatingIfNeeded: crc) == declaration.crc else {
      throw .damaged(
        place, .zipCRC(declared: declaration.crc, computed: UInt32(truncatingIfNeeded: crc)))
    }
  }

  /// Fills `buffer`.
  ///
  /// - Throws: ``ImportError/Defect/truncated(_:part:neededBytes:availableBytes:)`` at the end.
  func readFully(
    into buffer: UnsafeMutableRawBufferPointer, part: String, container: ImportError.Container
  ) throws(ImportError) {
    let begin = offset
    var filled = 0
    while filled < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
      guard count > 0 else {
        throw .damaged(
          place.at(.byte(begin)),
          .truncated(
            container, part: part, neededBytes: buffer.count, availableBytes: filled))
      }
      filled += count
    }
  }

  /// The next `count` bytes; memory grows with the bytes that arrive, not with `count`.
  func readExactly(
    _ count: Int, part: String, container: ImportError.Container
  ) throws(ImportError) -> [UInt8] {
    let begin = offset
    let bytes = try readElements(UInt8.self, atMost: count)
    guard bytes.count == count else {
      throw .damaged(
        place.at(.byte(begin)),
        .truncated(container, part: part, neededBytes: count, availableBytes: bytes.count))
    }
    return bytes
  }

  /// All bytes that are left.
  ///
  /// - Throws: ``ImportError/Defect/limit(_:limitBytes:)`` if they are more than `limit`.
  public func readAll(limit: Int = ByteSource.defaultLimit) throws(ImportError) -> [UInt8] {
    if knowsRemaining, let remaining = remainingBound, remaining > limit {
      throw .damaged(place, .limit(.file, limitBytes: limit))
    }
    let bytes = try readElements(UInt8.self, atMost: limit)
    if bytes.count >= limit, !(try peek(1).isEmpty) {
      throw .damaged(place, .limit(.file, limitBytes: limit))
    }
    return bytes
  }

  /// The next `count` bytes, or as many as there are, without delivering them.
  func peek(_ count: Int) throws(ImportError) -> [UInt8] {
    while ahead.count < count {
      var chunk = [UInt8](repeating: 0, count: count - ahead.count)
      let got = try withBytes(of: &chunk) { (buffer) throws(ImportError) in
        try take(into: buffer)
      }
      guard got > 0 else { break }
      ahead += chunk[..<got]
    }
    return [UInt8](ahead.prefix(count))
  }

  /// Up to `limit` elements as they lie in the stream, in the machine's byte order.
  ///
  /// Where the length of the content is known one block is allocated; else memory at most doubles
  /// with what has arrived.
  /// - Returns: fewer than `limit` elements at the end; a last partial element is dropped.
  func readElements<Element: BitwiseCopyable>(
    _ type: Element.Type, atMost limit: Int
  ) throws(ImportError) -> [Element] {
    let stride = MemoryLayout<Element>.stride
    var result: [Element] = []
    let first = 1 << 16
    var capacity = min(limit, first / stride)
    if let remaining = remainingBound {
      let bound = min(limit, max(0, remaining) / stride)
      capacity = knowsRemaining ? bound : min(bound, capacity)
      if knowsRemaining || bound == 0 {
        return try block(type, count: bound)
      }
    }
    while result.count < limit {
      let wanted = min(limit - result.count, max(capacity, result.count))
      let next = try block(type, count: wanted)
      result.append(contentsOf: next)
      if next.count < wanted { break }
    }
    return result
  }

  /// Up to `count` elements, in one allocation of that many.
  private func block<Element: BitwiseCopyable>(
    _ type: Element.Type, count: Int
  ) throws(ImportError) -> [Element] {
    var failure: ImportError?
    let result = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: raw[..<(count * MemoryLayout<Element>.stride)])
      var filled = 0
      do throws(ImportError) {
        while filled < bytes.count {
          let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))
          if got == 0 { break }
          filled += got
        }
      } catch {
        failure = error
      }
      initialized = filled / MemoryLayout<Element>.stride
    }
    if let failure { throw failure }
    return result
  }
}

/// Runs `body` on the bytes of `elements`, keeping the type of what it throws.
func withBytes<Element: BitwiseCopyable, Result>(
  of elements: inout [Element],
  _ body: (UnsafeMutableRawBufferPointer) throws(ImportError) -> Result
) throws(ImportError) -> Result {
  try elements.withUnsafeMutableBufferPointer { (buffer) throws(ImportError) in
    try body(UnsafeMutableRawBufferPointer(buffer))
  }
}
