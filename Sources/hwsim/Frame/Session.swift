/// What a command is given besides its options.
struct Session: Sendable {
  private let watching: ProgressOptions
  /// The files whose settings were added to the typed words; nil for commands that take none.
  let configuration: Configuration?
  /// The command's own words, what the files add among them.
  let words: [String]

  init(progress: ProgressOptions, configuration: Configuration?, words: [String] = []) {
    watching = progress
    self.configuration = configuration
    self.words = words
  }

  /// A progress line that counts `things`; silent with `--quiet` or, if not asked for, away from a
  /// terminal.
  func progress(_ things: String) -> ProgressLine {
    let form: ProgressLine.Form =
      switch watching.progress {
      case .json: .json
      case .auto: StandardStream.error.isTerminal ? .line : .nothing
      }
    return ProgressLine(things, form: watching.quiet ? .nothing : form)
  }
}
