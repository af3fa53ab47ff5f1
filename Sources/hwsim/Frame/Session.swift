/// What a command is given besides its options.
struct Session: Sendable {
  private let output: OutputOptions
  /// The files whose settings were added to the typed words; nil for commands that take none.
  let configuration: Configuration?

  init(output: OutputOptions, configuration: Configuration?) {
    self.output = output
    self.configuration = configuration
  }

  /// A progress line that counts `things`; silent with `--quiet` or away from a terminal.
  func progress(_ things: String) -> ProgressLine {
    ProgressLine(things, isEnabled: !output.quiet && StandardStream.error.isTerminal)
  }
}
