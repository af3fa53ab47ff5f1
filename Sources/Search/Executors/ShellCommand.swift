import Glibc
import QuantGraph

/// A command of the shell that runs beside this process, its output in a file.
final class ShellCommand {
  private let process: pid_t
  private var status: Int32?

  /// - Throws: ``StudyError/notWritten(path:reason:)`` if it cannot start or its log cannot be made.
  init(_ line: String, log: String) throws(StudyError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // What this process ignores (a closed pipe) is the command's own matter.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var words = ["/bin/sh", "-c", line].map { (word: String) in strdup(word) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let error = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, environ)
    guard error == 0 else {
      throw .notWritten(
        path: log, reason: strerror(error).map { String(cString: $0) } ?? "error \(error)")
    }
    self.process = process
  }

  // A command that nobody waits for any more is told to end; what it gave to a scheduler stays there.
  deinit { if exitStatus == nil { kill(process, SIGTERM) } }

  /// The exit status, 128 and the signal where one ended it; nil while it runs.
  var exitStatus: Int32? {
    if let status { return status }
    var raw: Int32 = 0
    guard waitpid(process, &raw, WNOHANG) == process else { return nil }
    status = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
    return status
  }
}
