/// What the code of an error or warning means, at length.
struct Explanation: Sendable {
  let code: String
  /// In one line.
  let title: String
  /// The exit code of a command that it ends.
  let status: ExitStatus
  /// Why it happens and what to do, in lines of at most 90 characters.
  let text: String

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
  static let all: [Explanation] =
    (frame + graph + models + onnx + containers + arrays + hls + hardware + schedules + formats
    + gpus + targets + transformers + results + sensitivities + search)
    .sorted { $0.code < $1.code }

  static func of(_ code: String) -> Explanation? { all.first { $0.code == code } }

  /// The exit code for a problem; a code without explanation is input that is not understood.
  static func status(for code: String) -> ExitStatus { of(code)?.status ?? .badInput }
}
