/// What a command says to the script that called it.
public enum ExitStatus: Int32, Sendable {
  /// Answered, and the answer is yes: matches, fits, found.
  case yes = 0
  /// Answered, and the answer is no: mismatch, does not fit, infeasible.
  case no = 1
  /// Wrong usage (`EX_USAGE`).
  case usage = 64
  /// Input understood as broken or unsupported (`EX_DATAERR`).
  case badInput = 65
  /// Input missing or unreadable (`EX_NOINPUT`).
  case noInput = 66
  /// A bug in hwsim (`EX_SOFTWARE`).
  case bug = 70
  /// Output cannot be written (`EX_CANTCREAT`).
  case noOutput = 73
  /// Ended by Ctrl-C: 128 and the number of SIGINT.
  case interrupted = 130
}
