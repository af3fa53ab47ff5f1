import ArgumentParser
import Documents
import Importers
import Manual
import QuantGraph
import Reports

/// One run of the tool: parse, let the command work, print, say the exit code.
struct Invocation {
  private let arguments: [String]
  /// Whether errors are documents; read from the raw words, since parsing may be what fails.
  private let wantsJSON: Bool
  private let errorStyle: Style

  init(_ given: [String]) {
    let arguments = Self.joiningNumbers(given)
    self.arguments = arguments
    let options = arguments.prefix { $0 != "--" }
    wantsJSON = options.contains("--json")
    var choice = ColorChoice.auto
    for (index, word) in options.enumerated() {
      if word == "--color", index + 1 < options.count {
        choice = ColorChoice(rawValue: options[index + 1]) ?? choice
      } else if word.hasPrefix("--color=") {
        choice = ColorChoice(rawValue: String(word.dropFirst(8))) ?? choice
      }
    }
    errorStyle = choice.style(on: .error)
  }

  /// The words with a negative number joined to the option before it, which the parser would take for
  /// options of their own: `--encode -0.3` is `--encode=-0.3`.
  private static func joiningNumbers(_ words: [String]) -> [String] {
    var joined: [String] = []
    var isOpen = true
    for word in words {
      if word == "--" { isOpen = false }
      if isOpen, word.hasPrefix("-"), word.count > 1, Double(word) != nil,
        let option = joined.last, option.hasPrefix("--"), option.count > 2, !option.contains("=")
      {
        joined[joined.count - 1] = "\(option)=\(word)"
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  /// Runs to the end and returns the exit code.
  func run() -> Int32 {
    do throws(Failure) {
      return try parseAndRun().rawValue
    } catch {
      return print(error)
    }
  }

  private func parseAndRun() throws(Failure) -> ExitStatus {
    try checkCommandName()
    if arguments == ["help", "--man"] {
      try StandardStream.output.write(ManualPage().text)
      return .yes
    }
    if let help = try CommandHelp.asked(arguments) {
      try StandardStream.output.write(help.text(width: StandardStream.output.width))
      return .yes
    }
    let command: any ReportingCommand
    let session: Session
    switch try parse() {
    case .command(let parsed, let itsSession): (command, session) = (parsed, itsSession)
    case .text(let text):
      try StandardStream.output.write(text)
      return .yes
    }
    if command.outputOptions.json, command.asksCSV {
      throw Failure(
        "usage.arguments", "--json and --csv exclude each other",
        remedy: "give one of them; --json-file FILE adds the JSON document to a table.")
    }
    return try print(command.report(session), for: command)
  }

  private enum Parsed {
    case command(any ReportingCommand, Session)
    /// Help, a version, a completion script: asked for, so printed as a result.
    case text(String)
  }

  /// Parses the words typed and, where the command takes `--config`, what the configuration adds.
  private func parse() throws(Failure) -> Parsed {
    let typed = try parse(arguments, blaming: nil)
    guard case .command(let command as any ConfigurableCommand, _) = typed,
      let name = arguments.first
    else { return typed }
    // The list of all options takes most of a short command's time: only files need it.
    guard Configuration.hasFiles(explicit: command.computing.config) || command is ConfigCommand
    else { return typed }
    let configuration = try Configuration.load(explicit: command.computing.config)
    let added = configuration.words(for: name, typed: arguments)
    return try parse([name] + added + arguments.dropFirst(), blaming: configuration)
  }

  private func parse(
    _ words: [String], blaming configuration: Configuration?
  ) throws(Failure) -> Parsed {
    do {
      var command = try HWSim.parseAsRoot(words)
      if let reporting = command as? any ReportingCommand {
        return .command(
          reporting,
          Session(
            progress: reporting.watching, configuration: configuration,
            words: Array(words.dropFirst())))
      }
      // The parser's own commands (help) end by throwing what they print.
      try command.run()
      return .text("")
    } catch {
      guard HWSim.exitCode(for: error) != .success else {
        // A version, a script of the shell, the parser's description of itself.
        return .text(HWSim.fullMessage(for: error, columns: StandardStream.output.width) + "\n")
      }
      let message = Self.oneLine(HWSim.message(for: error))
      if let configuration {
        throw Failure(
          "config.value", message, at: configuration.files.joined(separator: ", "),
          remedy: "correct the value; hwsim config shows what each file sets.")
      }
      let command = HWSim.command(named: arguments.first)
      throw Failure(
        "usage.arguments", message, notes: ["usage: \(Self.usage(of: command))"],
        remedy: "hwsim \(command.map { $0._commandName + " " } ?? "")--help shows every option.")
    }
  }

  private static func usage(of command: (any ParsableCommand.Type)?) -> String {
    command?.configuration.usage ?? "hwsim COMMAND [options]"
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(separator: " ")
  }

  /// The parser suggests options only; commands are looked up here first.
  private func checkCommandName() throws(Failure) {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help",
      HWSim.command(named: word) == nil
    else { return }
    throw .unknown(
      "command", word, code: "usage.unknown-command", among: HWSim.commandNames,
      listedBy: "hwsim --help")
  }

  private func print(
    _ report: Report, for command: any ReportingCommand
  ) throws(Failure) -> ExitStatus {
    let options = command.outputOptions
    let document =
      options.json || options.jsonFile != nil ? try report.envelope().document : ""
    if !report.warnings.isEmpty {
      Self.tell(DiagnosticText.warnings(report.warnings, style: errorStyle))
    }
    if let file = options.jsonFile { try TextFile.replace(file, with: document) }
    let cases = command.caseOptions.map {
      (
        $0,
        CaseReport(
          report.schema, report.result, of: report.inputs.first?.path ?? "",
          isYes: report.status == .yes)
      )
    }
    if let (options, cases) = cases, let file = options.junit {
      try TextFile.replace(file, with: cases.junit)
    }
    if options.json {
      try StandardStream.output.write(document)
    } else if command.asksCSV, let table = report.table {
      try StandardStream.output.write(table.csv)
    } else {
      let style = options.color.style(on: .output)
      let text = report.text(style)
      try StandardStream.output.write(
        report.isVerbatim ? text : Prose.fitted(text, width: style.width))
      if let (options, cases) = cases, let form = options.annotations {
        try StandardStream.output.write(cases.annotations(form))
      }
    }
    return report.status
  }

  /// Problems on standard error; a log that is no terminal keeps one line each.
  private static func tell(_ text: String) {
    let stream = StandardStream.error
    stream.attempt(stream.knownWidth.map { Prose.fitted(text, width: $0) } ?? text)
  }

  private func print(_ failure: Failure) -> Int32 {
    Self.tell(DiagnosticText.errors(failure.problems, style: errorStyle))
    if wantsJSON { try? StandardStream.output.write(failure.envelope.document) }
    return failure.status.rawValue
  }
}
