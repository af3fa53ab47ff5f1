import Glibc

/// Files that hwsim writes: whole or not at all.
enum OutputFile {
  /// Replaces `path` by `bytes`.
  ///
  /// The bytes go to a file beside it, which takes the name once it is complete; until then an
  /// earlier file stays as it was. A path that exists and is no regular file (`/dev/stdout`, a pipe)
  /// is written directly.
  ///
  /// - Throws: a ``Failure`` with code `file.not-written` that names the path.
  static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
    var information = stat()
    if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
      return try writeDirectly(bytes, to: path)
    }
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, errno) }
    Signals.unlinkOnInterrupt(temporary)
    defer { Signals.forgetUnlink() }
    var code = bytes.withUnsafeBufferPointer { StandardStream.writeAll($0, to: descriptor) }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, rename(temporary, path) != 0 { code = errno }
    guard code == 0 else {
      unlink(temporary)
      throw failure(path, code)
    }
  }

  /// Replaces `path` by `text` in UTF-8.
  static func replace(_ path: String, with text: String) throws(Failure) {
    try replace(path, with: Array(text.utf8))
  }

  private static func writeDirectly(_ bytes: [UInt8], to path: String) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    var code = bytes.withUnsafeBufferPointer { StandardStream.writeAll($0, to: descriptor) }
    if close(descriptor) != 0, code == 0 { code = errno }
    guard code == 0 || code == EPIPE else { throw failure(path, code) }
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    Failure(
      "file.not-written", "cannot be written: \(systemMessage(code))", at: path,
      remedy: "name a file in a folder that exists and that you may write to.")
  }
}
