/// Bytes that can be read at any offset: a regular file, or memory.
public enum ByteSource: Sendable {
  case file(InputFile, byteCount: Int)
  case memory([UInt8], path: String)

  /// The path as the user typed it.
  public var path: String {
    switch self {
    case .file(let file, _): file.path
    case .memory(_, let path): path
    }
  }

  public var byteCount: Int {
    switch self {
    case .file(_, let byteCount): byteCount
    case .memory(let bytes, _): bytes.count
    }
  }

  /// Opens `path`; what is no regular file is read into memory, up to `limit` bytes.
  public init(path: String, limit: Int = ByteSource.defaultLimit) throws(ImportError) {
    let file = try InputFile(path: path)
    if let byteCount = file.byteCount {
      self = .file(file, byteCount: byteCount)
    } else {
      let stream = ByteStream(file)
      self = .memory(try stream.readAll(limit: limit), path: path)
    }
  }

  /// Largest content that is held in memory unless the caller says otherwise: 2 GiB.
  public static let defaultLimit = 1 << 31

  /// Exactly `count` bytes from `offset`; `part` is what an error calls them.
  func bytes(
    at offset: Int, count: Int, part: String, container: ImportError.Container
  ) throws(ImportError) -> [UInt8] {
    let place = ImportError.Place(path: path, position: .byte(max(offset, 0)))
    guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw .damaged(
        place,
        .truncated(
          container, part: part, neededBytes: count, availableBytes: max(0, byteCount - offset)))
    }
    return try stream(offset..<offset + count).readExactly(count, part: part, container: container)
  }

  /// The bytes of `range`, in order.
  ///
  /// - Precondition: the range is within the source.
  func stream(_ range: Range<Int>, member: String? = nil) -> ByteStream {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount, "a range within the source")
    return ByteStream(self, range: range, member: member)
  }

  /// All bytes, in order.
  public func stream() -> ByteStream { stream(0..<byteCount) }
}

extension [UInt8] {
  /// The content of the file at `path`; `-` is standard input.
  ///
  /// - Throws: ``ImportError`` if it cannot be read, or is larger than `limit` bytes.
  public init(contentsOf path: String, limit: Int = ByteSource.defaultLimit) throws(ImportError) {
    let stream = ByteStream(try InputFile(path: path))
    self = try stream.readAll(limit: limit)
  }
}
