import ArgumentParser
import Documents
import Synchronization

/// Where progress goes.
enum ProgressChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  /// One rewritten line where standard error is a terminal, else nowhere.
  case auto
  /// A JSON object a line, for programs that draw progress themselves.
  case json
}

/// How far a long command is, on standard error; it never changes a result.
///
/// On a terminal one line that is rewritten and never kept; with `--progress json` lines such as
/// `{"progress": {"label": "samples", "done": 12, "total": 40}}`.
final class ProgressLine: Sendable {
  /// What is written.
  enum Form: Sendable {
    case nothing, line, json
  }

  private struct State {
    var shown: ContinuousClock.Instant?
    var isVisible = false
    /// Said after the counts.
    var note = ""
  }

  private let label: String
  private let form: Form
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameters:
  ///   - label: What is counted, such as `samples`.
  ///   - form: What is written.
  init(_ label: String, form: Form) {
    self.label = label
    self.form = form
  }

  /// Says that `done` of `total` are done, at most ten times a second.
  func update(done: Int, of total: Int) {
    if total > 0 { show(done: done, total: total) }
  }

  /// Says on a terminal that `done` are done of a number that nobody knows.
  func update(done: Int) { show(done: done, total: nil) }

  private func show(done: Int, total: Int?) {
    guard form != .nothing else { return }
    let time = ContinuousClock.now
    state.withLock { state in
      if let shown = state.shown {
        guard time - shown >= .milliseconds(100) else { return }
      } else if form == .line {
        // Short commands stay silent on a terminal.
        guard time - start >= .milliseconds(500) else { return }
      }
      state.shown = time
      guard form == .line else {
        guard let total else { return }
        let document: JSON = [
          "progress": [
            "label": .string(label), "done": .integer(done), "total": .integer(total),
          ]
        ]
        return StandardStream.error.attempt(document.compact + "\n")
      }
      state.isVisible = true
      Signals.setProgressShown(true)
      StandardStream.error.attempt(
        "\r\u{1B}[K"
          + (total.map { line(done: done, of: $0, at: time, note: state.note) }
            ?? "\(Quantity.count(done)) \(label)"))
    }
  }

  /// What is said besides from the next update on.
  func note(_ text: String) { state.withLock { $0.note = text } }

  /// Of samples, whose total a file tells: silent while it is unknown.
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
