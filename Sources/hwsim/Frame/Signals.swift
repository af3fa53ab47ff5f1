import Glibc

/// What happens when the process is interrupted or hits a bug.
///
/// Handlers only call what POSIX lists as async-signal-safe: `write`, `unlink`, `_exit`.
enum Signals {
  // Trivial types with constant initial values are laid out statically, so that a handler reads them
  // without running code. The main thread alone writes them, a handler only reads.
  nonisolated(unsafe) private static var partialFile: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private static var isProgressShown = false

  /// Makes Ctrl-C end the process at once with 130 (SIGTERM 143, SIGHUP 129), a trap end it with 70
  /// and a request to report it, and a closed pipe an error of `write` instead of a death.
  static func install() {
    signal(SIGPIPE, SIG_IGN)
    // A stack of its own for the handler of a stack overflow; it lives as long as the process.
    let size = 1 << 16
    var alternate = stack_t()
    alternate.ss_sp = malloc(size)
    alternate.ss_size = size
    if alternate.ss_sp != nil { sigaltstack(&alternate, nil) }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // What the caller ignores stays ignored: nohup, a script's background job.
      var earlier = sigaction()
      sigaction(number, nil, &earlier)
      if unsafeBitCast(earlier.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      handle(number) { number in
        if let file = Signals.partialFile { unlink(file) }
        if Signals.isProgressShown { Signals.say("\r\u{1B}[K") }
        if number == SIGINT { Signals.say("interrupted\n") }
        _exit(128 + number)
      }
    }
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      handle(number) { _ in
        if let file = Signals.partialFile { unlink(file) }
        Signals.say(
          """
          error[internal.crash]: hwsim stopped at a state that should not exist; this is a bug of hwsim
          help: report it with the whole command line, the lines above, and the input files or their \
          sums (sha256sum FILE...).

          """)
        _exit(ExitStatus.bug.rawValue)
      }
    }
  }

  /// Remembers a half-written file that must not outlive an interrupt.
  static func unlinkOnInterrupt(_ path: String) {
    forgetUnlink()
    partialFile = strdup(path)
  }

  /// The file is complete or gone.
  static func forgetUnlink() {
    let file = partialFile
    partialFile = nil
    free(file)
  }

  /// Whether a progress line stands on the terminal, to be wiped by an interrupt.
  static func setProgressShown(_ isShown: Bool) { isProgressShown = isShown }

  private static func handle(_ number: Int32, by handler: @escaping @convention(c) (Int32) -> Void)
  {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND) | UInt32(SA_ONSTACK))
    sigaction(number, &action, nil)
  }

  private static func say(_ text: StaticString) {
    _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
  }
}
