import Documents
import Glibc
import Importers
import QuantGraph
import Sessions

/// Standard output and standard error, written through `write`, unbuffered.
enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Writes all of `text`.
  ///
  /// A reader that went away (`hwsim ... | head`) is no failure: what it does not want is dropped.
  ///
  /// - Throws: a ``Failure`` with code `file.not-written` if the stream cannot take it.
  func write(_ text: String) throws(Failure) {
    var text = text
    let code = text.withUTF8 { Self.writeAll($0, to: rawValue) }
    guard code == 0 || code == EPIPE else {
      throw Failure(
        "file.not-written", "standard \(self) cannot be written: \(systemMessage(code))",
        remedy: "free space where it goes, or send it elsewhere.")
    }
  }

  /// Writes what it can; for messages that have nowhere else to go.
  func attempt(_ text: String) {
    var text = text
    _ = text.withUTF8 { Self.writeAll($0, to: rawValue) }
  }

  var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Columns that a line may take: `COLUMNS`, else what a terminal has, else the usual.
  var width: Int { knownWidth ?? Style.usualWidth }

  /// `COLUMNS`, else what a terminal has; nil where neither is known.
  var knownWidth: Int? {
    if let text = environment("COLUMNS"), let columns = Int(text), columns > 0 {
      return min(max(columns, 40), 1000)
    }
    var size = winsize()
    guard ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return max(Int(size.ws_col), 40)
  }

  /// Writes all bytes to a descriptor; 0, or the number of the error.
  static func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(
        descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        return errno
      }
      rest = rest.dropFirst(written)
    }
    return 0
  }
}
