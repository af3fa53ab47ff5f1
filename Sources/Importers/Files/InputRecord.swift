public import Documents
import Glibc
public import QuantGraph

/// A file or folder that a command read, as the envelope's `inputs` lists it.
public struct InputRecord: Sendable {
  public enum Content: Sendable {
    /// A file at the path.
    case file
    /// Files below the folder at the path, relative to it.
    case folder([String])
    /// What standard input held.
    case bytes([UInt8])
  }

  /// What the command used it for: `model`, `inputs`, `expected`, ...
  public let role: String
  /// As the user typed it.
  public let path: String
  /// What it was recognised as: `hls4ml`, `npy`, ...
  public let kind: String
  public let content: Content

  public init(role: String, path: String, kind: String, content: Content = .file) {
    self.role = role
    self.path = path
    self.kind = kind
    self.content = content
  }

  /// The entry of the envelope: role, path, kind, size and SHA-256.
  ///
  /// A folder's sum is that of the files that were read, in ascending order of the bytes of their
  /// relative paths: for each the path in UTF-8, a zero byte, the size in bytes as a 64-bit
  /// little-endian number, and the contents. Its size is the sum of theirs.
  ///
  /// - Throws: a `Failure` with code `file.unreadable` if a file is gone by now.
  public func record() throws(Failure) -> JSON {
    var hash = SHA256()
    var total = 0
    switch content {
    case .file: total = try Self.update(&hash, withFile: path, sized: nil)
    case .bytes(let bytes):
      hash.update(bytes)
      total = bytes.count
    case .folder(let files):
      let sorted = Set(files).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      for name in sorted {
        total += try Self.update(&hash, withFile: "\(path)/\(name)", sized: name)
      }
    }
    return [
      "role": .string(role), "path": .string(path), "kind": .string(kind),
      "bytes": .integer(total), "sha256": .string(hash.hexadecimal),
    ]
  }

  /// Feeds a file to `hash` in pieces, after its name and size if `name` is given; returns its size.
  private static func update(
    _ hash: inout SHA256, withFile path: String, sized name: String?
  ) throws(Failure) -> Int {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    if let name {
      var information = stat()
      guard fstat(descriptor, &information) == 0 else { throw unreadable(path, errno) }
      hash.update(Array(name.utf8) + [0])
      let size = UInt64(bitPattern: Int64(information.st_size))
      hash.update((0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * UInt64($0))) })
    }
    var total = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw unreadable(path, errno)
      }
      if count == 0 { return total }
      hash.update(buffer.span.extracting(..<count))
      total += count
    }
  }

  /// The problem of a file that cannot be opened or read.
  static func unreadable(_ path: String, _ code: Int32) -> Failure {
    Failure(
      "file.unreadable", "cannot be read: \(systemMessage(code))", at: path,
      remedy: code == ENOENT ? "check the path; it is relative to the current folder." : nil)
  }

  /// The first bytes of a file, at most `count`.
  ///
  /// - Throws: a ``Failure`` with code `file.unreadable`.
  package static func prefix(of path: String, count: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    // Room for the file or, where its size is unknown, for a piece of it.
    var buffer = [UInt8](repeating: 0, count: min(count, max(size(of: path) ?? 0, 1 << 12)))
    var filled = 0
    while filled < count {
      if filled == buffer.count {
        buffer.append(contentsOf: repeatElement(0, count: min(filled, count - filled)))
      }
      let room = buffer.count - filled
      let found = buffer.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress.map { $0 + filled }, room)
      }
      if found < 0 {
        if errno == EINTR { continue }
        throw unreadable(path, errno)
      }
      if found == 0 { break }
      filled += found
    }
    buffer.removeLast(buffer.count - filled)
    return buffer
  }

  /// Bytes of a file; nil for what is no regular file or is not there.
  package static func size(of path: String) -> Int? {
    var information = stat()
    guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(information.st_size)
  }
}

/// The system's words for an error number.
package func systemMessage(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text)
}
