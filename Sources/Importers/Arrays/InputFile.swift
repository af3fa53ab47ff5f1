#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file, pipe or standard input that is open for reading.
///
/// Closed when the last reference goes away.
public final class InputFile: Sendable {
  /// The path as the user typed it; `-` is standard input.
  public let path: String
  /// Size in bytes of a regular file; nil for a pipe or device, which is read once from the start.
  public let byteCount: Int?

  private let descriptor: Int32
  private let ownsDescriptor: Bool

  /// Opens the file at `path`.
  ///
  /// - Throws: ``ImportError/unreadable(path:reason:)`` if it is missing, is a folder, or the
  ///   system refuses.
  public convenience init(path: String) throws(ImportError) {
    try self.init(path: path, flags: 0)
  }

  /// Opens a regular file; a pipe or device is refused and not waited for.
  ///
  /// - Throws: ``ImportError/unreadable(path:reason:)`` as ``init(path:)``, and for all else.
  public convenience init(regularFile path: String) throws(ImportError) {
    try self.init(path: path, flags: O_NONBLOCK)
    guard byteCount != nil else {
      throw .unreadable(path: path, reason: "it is no regular file")
    }
  }

  private init(path: String, flags: Int32) throws(ImportError) {
    self.path = path
    if path == "-" {
      descriptor = 0
      ownsDescriptor = false
    } else {
      guard !path.isEmpty else { throw .unreadable(path: path, reason: "the path is empty") }
      guard !path.utf8.contains(0) else {
        throw .unreadable(path: path, reason: "the path has a zero byte")
      }
      var opened: Int32
      repeat {
        opened = open(path, O_RDONLY | O_CLOEXEC | flags)
      } while opened < 0 && errno == EINTR
      guard opened >= 0 else { throw .unreadable(path: path, reason: systemReason()) }
      descriptor = opened
      ownsDescriptor = true
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = systemReason()
      if ownsDescriptor { close(descriptor) }
      throw .unreadable(path: path, reason: reason)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      if ownsDescriptor { close(descriptor) }
      throw .unreadable(path: path, reason: "it is a folder")
    case S_IFREG where ownsDescriptor:
      byteCount = Int(status.st_size)
    default:
      // Standard input redirected from a file may already be positioned: it is read like a pipe.
      byteCount = nil
    }
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  /// Reads up to `buffer.count` bytes, from `offset` of a regular file, or the next of a pipe.
  ///
  /// - Returns: the number of bytes read; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(ImportError) -> Int {
    var total = 0
    while total < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
      // Linux transfers at most 2^31 - 4096 bytes a call (read(2)).
      let wanted = min(rest.count, 1 << 30)
      let got =
        byteCount == nil
        ? systemRead(descriptor, rest.baseAddress, wanted)
        : pread(descriptor, rest.baseAddress, wanted, off_t(offset + total))
      if got < 0 {
        if errno == EINTR { continue }
        throw .unreadable(path: path, reason: systemReason())
      }
      if got == 0 { break }
      total += got
      if byteCount == nil { break }
    }
    return total
  }
}

/// The system's words for the current `errno`.
func systemReason() -> String {
  String(cString: strerror(errno)).lowercased()
}

/// `read(2)`, under a name that methods called `read` do not hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
  -> Int
{
  read(descriptor, buffer, count)
}
