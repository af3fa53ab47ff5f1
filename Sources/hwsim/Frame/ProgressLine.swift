import Documents
import Synchronization

/// One line on standard error that says how far a long command is; rewritten, never kept.
///
/// Shown only if standard error is a terminal and `--quiet` is not given. It never changes a result.
final class ProgressLine: Sendable {
  private struct State {
    var shown: ContinuousClock.Instant?
    var isVisible = false
    /// Said after the counts.
    var note = ""
  }

  private let label: String
  private let isEnabled: Bool
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameters:
  ///   - label: What is counted, such as `samples`.
  ///   - isEnabled: Whether anything may be shown.
  init(_ label: String, isEnabled: Bool) {
    self.label = label
    self.isEnabled = isEnabled
  }

  /// Says that `done` of `total` are done; the line is redrawn at most ten times a second.
  func update(done: Int, of total: Int) {
    guard isEnabled, total > 0 else { return }
    let time = ContinuousClock.now
    state.withLock { state in
      // Short commands stay silent.
      guard time - (state.shown ?? start) >= .milliseconds(state.shown == nil ? 500 : 100) else {
        return
      }
      state.shown = time
      state.isVisible = true
      Signals.setProgressShown(true)
      StandardStream.error.attempt(
        "\r\u{1B}[K" + line(done: done, of: total, at: time, note: state.note))
    }
  }

  /// What is said besides from the next update on.
  func note(_ text: String) { state.withLock { $0.note = text } }

  /// The same, silent while the total is unknown.
  func update(done: Int, total: Int?) {
    if let total { update(done: done, of: total) }
  }

  /// Wipes the line.
  func finish() {
    state.withLock { state in
      guard state.isVisible else { return }
      state.isVisible = false
      StandardStream.error.attempt("\r\u{1B}[K")
      Signals.setProgressShown(false)
    }
  }

  private func line(
    done: Int, of total: Int, at time: ContinuousClock.Instant, note: String
  ) -> String {
    let percent = Int(Double(done) / Double(total) * 100)
    let text =
      "\(Quantity.count(done)) of \(Quantity.count(total)) \(label) (\(percent)%)"
      + (note.isEmpty ? "" : ", \(note)")
    guard done > 0 else { return text }
    let elapsed = Double((time - start).components.seconds)
    let rest = elapsed / Double(done) * Double(max(total - done, 0))
    return text + ", \(Self.duration(rest)) left"
  }

  private static func duration(_ seconds: Double) -> String {
    guard seconds < 86_400 else { return "more than a day" }
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
