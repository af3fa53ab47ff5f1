public import QuantGraph

/// Why a study cannot be used.
public enum StudyError: Error, Sendable, Hashable {
  case unreadable(path: String, reason: String)
  case notWritten(path: String, reason: String)
  /// Another process is appending to it.
  case inUse(path: String)
  /// A line that is no evaluation of this study; lines count from 1.
  case damaged(path: String, line: Int, reason: String)
  /// It was made under other settings.
  case changed(path: String, differences: [String])
  /// Two studies give different scores to one allocation.
  case contradiction(path: String, choice: [Int])
}

extension Diagnostic {
  /// The message for a study error.
  public init(_ error: StudyError) {
    switch error {
    case .unreadable(let path, let reason):
      self.init(
        code: "study.unreadable", message: "the study cannot be read: \(reason)", location: path,
        remedy: "check the path and its permissions.")
    case .notWritten(let path, let reason):
      self.init(
        code: "study.not-written", message: "the study cannot be written: \(reason)",
        location: path, remedy: "free space where it is, or name another --study.")
    case .inUse(let path):
      self.init(
        code: "study.in-use", message: "another process is writing this study", location: path,
        remedy: "wait for it, or give each of them its own study and --merge them.")
    case .damaged(let path, let line, let reason):
      self.init(
        code: "study.damaged", message: reason, location: "\(path):\(line)",
        remedy: "restore the file, or delete that line: what it holds is evaluated again.")
    case .changed(let path, let differences):
      self.init(
        code: "study.changed",
        message: "the study was made under other settings: \(differences.first ?? "")",
        location: path, notes: Array(differences.dropFirst()),
        remedy: "use the settings of the study, or name another --study.")
    case .contradiction(let path, let choice):
      self.init(
        code: "study.contradiction",
        message: "an allocation has another score here than in the studies before",
        location: path, notes: ["choice \(choice)"],
        remedy: "the studies are not of one model and data; merge those that are.")
    }
  }
}
