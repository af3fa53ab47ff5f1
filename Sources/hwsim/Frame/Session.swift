/// What a command is given besides its options.
struct Session: Sendable {
  private let output: OutputOptions
  /// The files whose settings were added to the typed words; nil for commands that take none.
  let configuration: Configuration?
  /// The command's own words, what the files add among them.
  let words: [String]

  init(output: OutputOptions, configuration: Configuration?, words: [String] = []) {
    self.output = output
    self.configuration = configuration
    self.words = words
  }

  /// A progress line that counts `things`; silent with `--quiet` or away from a terminal.
  func progress(_ things: String) -> ProgressLine {
    ProgressLine(things, isEnabled: !output.quiet && StandardStream.error.isTerminal)
  }
}
