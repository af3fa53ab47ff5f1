import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files of studies and of their tasks, which several machines may read and write in one folder.
///
/// What they are for relies on rename and link alone, which NFS keeps atomic (RFC 1813, 3.3.14 and
/// 3.3.15); no locks, no file that two processes append to.
enum StudyFiles {
  /// Puts `bytes` at `path` whole or not at all.
  static func replace(_ path: String, with bytes: [UInt8]) throws(StudyError) {
    let temporary = "\(path).\(TaskOwner.current.unique).tmp"
    try create(temporary, bytes)
    guard rename(temporary, path) == 0 else {
      let text = reason()
      unlink(temporary)
      throw .notWritten(path: path, reason: text)
    }
  }

  /// Puts `bytes` at `path` unless something is there.
  ///
  /// - Returns: whether it was this call that did.
  static func claim(_ path: String, with bytes: [UInt8]) throws(StudyError) -> Bool {
    let temporary = "\(path).\(TaskOwner.current.unique).tmp"
    try create(temporary, bytes)
    defer { unlink(temporary) }
    if link(temporary, path) == 0 { return true }
    let number = errno
    // A reply that was lost: the link may be there although the call says no.
    var status = stat()
    if stat(temporary, &status) == 0, status.st_nlink > 1 { return true }
    guard number == EEXIST else { throw .notWritten(path: path, reason: words(number)) }
    return false
  }

  private static func create(_ path: String, _ bytes: [UInt8]) throws(StudyError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: reason()) }
    defer { close(descriptor) }
    try append(bytes, to: descriptor, path: path)
  }

  /// Writes all of `bytes`, at once where the system takes them whole, and waits until the disk has
  /// them where it `flushes`.
  static func append(
    _ bytes: [UInt8], to descriptor: Int32, path: String, flushes: Bool = true
  ) throws(StudyError) {
    var start = 0
    while start < bytes.count {
      let written = bytes[start...].withUnsafeBytes {
        write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw .notWritten(path: path, reason: reason())
      }
      start += written
    }
    // A file that is no disk file (a pipe, a device) cannot be flushed and need not be.
    if flushes, fsync(descriptor) != 0, errno != EINVAL, errno != EROFS {
      throw .notWritten(path: path, reason: reason())
    }
  }

  /// The bytes of a file; nil if there is none.
  static func contents(_ path: String, limit: Int = 1 << 30) throws(StudyError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // A file that was replaced meanwhile is stale on NFS.
      if errno == ENOENT || errno == ESTALE { return nil }
      throw .unreadable(path: path, reason: reason())
    }
    defer { close(descriptor) }
    return try contents(of: descriptor, path: path, limit: limit)
  }

  /// The bytes of an open file; nil if it was replaced meanwhile, as NFS tells.
  static func contents(
    of descriptor: Int32, path: String, limit: Int
  ) throws(StudyError) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    lseek(descriptor, 0, SEEK_SET)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        if errno == ESTALE { return nil }
        throw .unreadable(path: path, reason: reason())
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count < limit else {
        throw .unreadable(path: path, reason: "larger than \(limit >> 30) GiB")
      }
    }
  }

  /// Names in a folder, in order; none if it does not exist.
  static func names(in folder: String) throws(StudyError) -> [String] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw .unreadable(path: folder, reason: reason())
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Makes a folder; one that exists is fine.
  static func createFolder(_ path: String) throws(StudyError) {
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw .notWritten(path: path, reason: reason())
    }
  }

  // MARK: Documents

  static func encode(_ value: some Encodable, path: String) throws(StudyError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
    } catch {
      throw .notWritten(path: path, reason: "\(error)")
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Collection<UInt8>)
    -> Value?
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try? decoder.decode(type, from: Data(bytes))
  }

  /// A document that must be there.
  static func document<Value: Decodable>(
    _ type: Value.Type, at path: String
  ) throws(StudyError) -> Value {
    guard let bytes = try contents(path) else {
      throw .unreadable(path: path, reason: "there is no such file")
    }
    guard let value = decode(type, from: bytes) else {
      throw .damaged(path: path, line: 1, reason: "this is no document of a search's tasks")
    }
    return value
  }

  /// The system's words for the last error.
  static func reason() -> String { words(errno) }

  private static func words(_ number: Int32) -> String {
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
  }
}
