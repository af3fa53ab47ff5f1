import Glibc
import Importers
import Manual
import Synchronization

/// What happens when the process is interrupted or hits a bug.
///
/// Handlers only call what POSIX lists as async-signal-safe: `write`, `strlen`, `unlink`, `_exit`.
enum Signals {
  // A trivial type with a constant initial value is laid out statically: a handler reads it without
  // running code. A torn or late read wipes one terminal line too many or too few.
  nonisolated(unsafe) private static var isProgressShown = false
  // Set by the command before it can be interrupted, and by the handler; words that are read late by
  // a step at most.
  nonisolated(unsafe) private static var answersInterrupt = false
  nonisolated(unsafe) private(set) static var isInterrupted = false
  // Slots of half-written files, allocated by install() before any handler can run and never freed.
  // Only the thread that writes files stores to them, one aligned word at a time.
  nonisolated(unsafe) private static var partialFiles:
    UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  private static let partialFileSlots = 8
  // What an interrupt says last, whole before it is stored and never freed.
  nonisolated(unsafe) private static var farewell: UnsafePointer<CChar>?

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
    let slots = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: partialFileSlots)
    slots.initialize(repeating: nil, count: partialFileSlots)
    partialFiles = slots
    OutputFile.temporaryObserver.withLock { $0 = { note($0, exists: $1) } }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      // What the caller ignores stays ignored: nohup, a script's background job.
      var earlier = sigaction()
      sigaction(number, nil, &earlier)
      if unsafeBitCast(earlier.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      handle(number) { number in
        if number == SIGINT, Signals.answersInterrupt, !Signals.isInterrupted {
          Signals.isInterrupted = true
          return
        }
        Signals.removePartialFiles()
        if Signals.isProgressShown { Signals.say("\r\u{1B}[K") }
        if number == SIGINT { Signals.say("interrupted\n") }
        if let farewell = Signals.farewell { _ = write(2, farewell, strlen(farewell)) }
        _exit(128 + number)
      }
    }
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      handle(number) { _ in
        Signals.removePartialFiles()
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

  /// Notes a half-written file that must not outlive an interrupt, or that it is complete or gone.
  private static func note(_ path: String, exists: Bool) {
    guard let slots = partialFiles else { return }
    for slot in 0..<partialFileSlots {
      if exists, slots[slot] == nil {
        slots[slot] = strdup(path)
        return
      }
      if !exists, let file = slots[slot], String(cString: file) == path {
        // The text stays allocated: a handler may be reading it.
        slots[slot] = nil
        return
      }
    }
  }

  private static func removePartialFiles() {
    guard let slots = partialFiles else { return }
    // As many as install() makes; a constant is not read here, since its first use runs code.
    for slot in 0..<8 { if let file = slots[slot] { unlink(file) } }
  }

  /// Whether a progress line stands on the terminal, to be wiped by an interrupt.
  static func setProgressShown(_ isShown: Bool) { isProgressShown = isShown }

  /// Lets a first Ctrl-C only set ``isInterrupted``: the command answers with what it has.
  static func answerInterrupt() { answersInterrupt = true }

  /// What an interrupt says last, such as what was kept; a line.
  static func setFarewell(_ text: String) { farewell = strdup(text).map { UnsafePointer($0) } }

  private static func handle(_ number: Int32, by handler: @escaping @convention(c) (Int32) -> Void)
  {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    // The handler of Ctrl-C may return once and must be there for the next.
    let resets = number == SIGINT ? 0 : UInt32(SA_RESETHAND)
    action.sa_flags = Int32(bitPattern: resets | UInt32(SA_ONSTACK) | UInt32(SA_RESTART))
    sigaction(number, &action, nil)
  }

  private static func say(_ text: StaticString) {
    _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
  }
}
