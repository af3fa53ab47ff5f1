public import Documents
public import QuantGraph

/// What the code of an error or warning means, at length.
public struct Explanation: Sendable {
  /// As in brackets after `error`, such as `graph.cycle`.
  public let code: String
  /// In one line.
  public let title: String
  /// The exit code of a command that it ends.
  public let status: ExitStatus
  /// Why it happens and what to do, in lines of at most 100 characters.
  public let text: String

  /// - Parameters:
  ///   - code: As in brackets after `error`.
  ///   - title: What it means, in one line.
  ///   - status: Left out for input that is broken or unsupported, as most codes say.
  ///   - text: At length.
  init(_ code: String, _ title: String, status: ExitStatus = .badInput, _ text: String) {
    self.code = code
    self.title = title
    self.status = status
    self.text = text
  }

  /// Every code, sorted.
  public static let all: [Explanation] =
    (frame + graph + models + onnx + containers + arrays + hls + hardware + schedules + formats
    + gpus + targets + transformers + results + sensitivities + search)
    .sorted { $0.code < $1.code }

  /// The explanation of a code; nil where there is none.
  public static func of(_ code: String) -> Explanation? { all.first { $0.code == code } }

  /// The codes that begin with `family` and a dot, sorted.
  public static func family(_ family: String) -> [Explanation] {
    all.filter { $0.code.hasPrefix(family + ".") }
  }

  /// The exit code for a problem; a code without explanation is input that is not understood.
  public static func status(for code: String) -> ExitStatus { of(code)?.status ?? .badInput }

  /// The entry of a document of `hwsim explain`: code, title, exit code and, if asked for, the text.
  public func json(withText: Bool) -> JSON {
    ManualEntry.json(
      code, title, exit: .integer(Int(status.rawValue)), text: withText ? text : nil)
  }
}

extension Failure {
  /// The status that the first problem's explanation names.
  public var status: ExitStatus { Explanation.status(for: problems[0].code) }
}

/// What an explanation and a topic look like in a document.
enum ManualEntry {
  static func json(_ code: String, _ title: String, exit: JSON, text: String?) -> JSON {
    .object(
      [
        .init(key: "code", value: .string(code)), .init(key: "title", value: .string(title)),
        .init(key: "exit_code", value: exit),
      ] + (text.map { [.init(key: "text", value: .string($0))] } ?? []))
  }
}
