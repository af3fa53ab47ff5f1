#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
public import Synchronization

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file beside the target, which ``commit()`` renames into place; without
/// it nothing remains. A target that is no regular file (`-` for standard output, a device, a
/// pipe) cannot be replaced: its bytes are kept in memory and written by ``commit()``. Not for
/// use from several threads.
public final class OutputFile {
  private enum Target {
    /// Open temporary file, its path, and the path it is renamed to.
    case temporary(Int32, path: String, final: String)
    case memory
    case closed
  }

  /// Called with the path of a temporary file before it exists (`true`) and after it is gone
  /// (`false`), so that a process that is interrupted can remove it.
  public static let temporaryObserver = Mutex<(@Sendable (String, Bool) -> Void)?>(nil)

  /// The path as the user typed it; `-` is standard output.
  public let path: String
  /// Bytes written so far.
  public private(set) var byteCount = 0

  private var target: Target
  private var buffer: [UInt8] = []

  private static let bufferBytes = 1 << 18

  /// Creates the temporary file.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)`` if the folder is missing or not writable,
  ///   or `path` is a folder.
  public init(path: String) throws(ImportError) {
    self.path = path
    target = .closed
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .notWritten(path: path, reason: "the path is empty or has a zero byte")
    }
    var status = stat()
    let exists = stat(path, &status) == 0
    if path == "-" || (exists && status.st_mode & S_IFMT != S_IFREG) {
      guard path == "-" || status.st_mode & S_IFMT != S_IFDIR else {
        throw .notWritten(path: path, reason: "it is a folder")
      }
      target = .memory
      return
    }
    // The file that a link points to is replaced, not the link.
    let final = exists ? resolved(path) ?? path : path
    let folder = String(final.lastIndex(of: "/").map { final[...$0] } ?? "")
    for attempt in 0..<100 {
      let temporary = folder + ".hwsim-\(getpid())-\(attempt).tmp"
      Self.observe(temporary, true)
      let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0 { Self.observe(temporary, false, keepingErrno: true) }
      if descriptor >= 0 {
        if exists { fchmod(descriptor, status.st_mode & 0o777) }
        target = .temporary(descriptor, path: temporary, final: final)
        return
      }
      guard errno == EEXIST || errno == EINTR else { break }
    }
    throw .notWritten(path: path, reason: systemReason())
  }

  deinit {
    if case .temporary(let descriptor, let temporary, _) = target {
      close(descriptor)
      unlink(temporary)
      Self.observe(temporary, false)
    }
  }

  private static func observe(_ temporary: String, _ exists: Bool, keepingErrno: Bool = false) {
    let code = errno
    temporaryObserver.withLock { $0 }?(temporary, exists)
    if keepingErrno { errno = code }
  }

  /// Appends `bytes`.
  public func write(_ bytes: [UInt8]) throws(ImportError) {
    try write(bytes.span.bytes)
  }

  /// Appends `bytes`.
  public func write(_ bytes: RawSpan) throws(ImportError) {
    byteCount += bytes.byteCount
    guard case .temporary(let descriptor, _, _) = target else {
      bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
      return
    }
    if buffer.count + bytes.byteCount > Self.bufferBytes { try flush() }
    try bytes.withUnsafeBytes { (raw) throws(ImportError) in
      if raw.count > Self.bufferBytes {
        try self.writeAll(raw, to: descriptor)
      } else {
        self.buffer.append(contentsOf: raw)
      }
    }
  }

  /// Overwrites bytes that were written before.
  ///
  /// - Precondition: they are within what was written.
  public func overwrite(_ bytes: [UInt8], at offset: Int) throws(ImportError) {
    precondition(
      offset >= 0 && bytes.count <= byteCount - offset, "only written bytes are overwritten")
    guard case .temporary(let descriptor, _, _) = target else {
      buffer.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return
    }
    try flush()
    let written = bytes.withUnsafeBytes {
      pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
    }
    guard written == bytes.count else {
      throw .notWritten(path: path, reason: written < 0 ? systemReason() : "the disk is full")
    }
  }

  /// Puts the file in its place.
  ///
  /// - Throws: ``ImportError/notWritten(path:reason:)``; a previous file is left as it was.
  public func commit() throws(ImportError) {
    switch target {
    case .temporary(let descriptor, let temporary, let final):
      try flush()
      // Some file systems tell only now that the disk is full.
      target = .closed
      guard close(descriptor) == 0, rename(temporary, final) == 0 else {
        let reason = systemReason()
        unlink(temporary)
        Self.observe(temporary, false)
        throw .notWritten(path: path, reason: reason)
      }
      Self.observe(temporary, false)
    case .memory:
      target = .closed
      let descriptor = path == "-" ? 1 : open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .notWritten(path: path, reason: systemReason()) }
      defer { if path != "-" { close(descriptor) } }
      try buffer.withUnsafeBufferPointer { (bytes) throws(ImportError) in
        try self.writeAll(UnsafeRawBufferPointer(bytes), to: descriptor)
      }
      buffer = []
    case .closed:
      preconditionFailure("a file is committed once")
    }
  }

  private func flush() throws(ImportError) {
    guard case .temporary(let descriptor, _, _) = target, !buffer.isEmpty else { return }
    try buffer.withUnsafeBufferPointer { (bytes) throws(ImportError) in
      try self.writeAll(UnsafeRawBufferPointer(bytes), to: descriptor)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) throws(ImportError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = systemWrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw .notWritten(path: path, reason: systemReason())
      }
      done += count
    }
  }
}

/// The path that `path` leads to through links, or nil if the system does not tell.
private func resolved(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}

/// `write(2)`, under a name that methods called `write` do not hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}

/// Bytes set aside in an unnamed file until they are wanted, many streams in one file.
final class SpoolFile {
  private let descriptor: Int32
  private let path: String
  private(set) var byteCount = 0

  /// A file in the folder of `path`, without a name.
  init(beside path: String) throws(ImportError) {
    self.path = path
    let folder = path == "-" ? "/tmp/" : String(path.lastIndex(of: "/").map { path[...$0] } ?? "")
    for attempt in 0..<100 {
      let name = folder + ".hwsim-\(getpid())-\(attempt).spool"
      let opened = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      if opened >= 0 {
        unlink(name)
        descriptor = opened
        return
      }
      guard errno == EEXIST || errno == EINTR else { break }
    }
    throw .notWritten(path: path, reason: systemReason())
  }

  deinit { close(descriptor) }

  /// Appends `bytes` and returns where they are.
  func append(_ bytes: [UInt8]) throws(ImportError) -> Range<Int> {
    let begin = byteCount
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(begin + done))
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .notWritten(path: path, reason: systemReason())
      }
      done += count
    }
    byteCount += bytes.count
    return begin..<byteCount
  }

  /// The bytes at `range`, which was returned by ``append(_:)``.
  func bytes(_ range: Range<Int>) throws(ImportError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < range.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(
          descriptor, $0.baseAddress.map { $0 + done }, $0.count - done,
          off_t(range.lowerBound + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .notWritten(path: path, reason: "temporary data cannot be read back")
      }
      done += count
    }
    return bytes
  }
}
