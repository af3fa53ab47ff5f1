import ArgumentParser
import Documents
import QuantGraph
import Sessions

/// When words are coloured.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
  case auto, always, never

  /// The style for text on `stream`.
  ///
  /// `auto` colours a terminal unless `NO_COLOR` is set and not empty, or `TERM` is `dumb`.
  func style(on stream: StandardStream) -> Style {
    let usesColor: Bool
    switch self {
    case .always: usesColor = true
    case .never: usesColor = false
    case .auto:
      let isWanted = (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
      usesColor = isWanted && stream.isTerminal
    }
    return Style(usesColor: usesColor, width: stream.width)
  }
}

/// Options of every command: what the answer looks like and where it goes.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document instead of text (schema: hwsim schema NAME).")
  var json = false

  @Option(
    help: .init("Also write the JSON document to FILE, whole or not at all.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var jsonFile: String?

  @Option(help: .init("Colour words: auto, always or never.", valueName: "WHEN"))
  var color = ColorChoice.auto

  @Option(
    help: .init(
      "Progress on a terminal alone (auto), or as a JSON object a line (json).", valueName: "FORM"))
  var progress = ProgressChoice.auto

  @Flag(help: "Hide progress.")
  var quiet = false
}

/// Options of commands whose answer is a table.
struct TableOptions: ParsableArguments {
  @Flag(help: "Print the table as comma-separated values.")
  var csv = false

  @Flag(help: "Show every row of a long table.")
  var all = false
}

/// Options of commands that compute.
struct RunOptions: ParsableArguments {
  @Option(
    help: .init(
      "Threads to use, 1 to 1024; never changes a result (default: all cores).", valueName: "N"))
  var threads: Int?

  @Option(help: .init("Seed of every random choice.", valueName: "S"))
  var seed: UInt64 = 0

  @Option(
    help: .init("Read options from this JSON file; - is standard input.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var config: String?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is outside 1 to 1024.")
    }
  }
}

/// A command that answers with a ``Report``.
protocol ReportingCommand: ParsableCommand {
  var outputOptions: OutputOptions { get }
  /// Nil where the answer is no table.
  var tableOptions: TableOptions? { get }
  /// Nil where the answer is neither yes nor no.
  var caseOptions: CaseOptions? { get }
  /// Does the command's work; prints nothing but progress.
  func report(_ session: Session) throws(Failure) -> Report
}

extension ReportingCommand {
  var tableOptions: TableOptions? { nil }
  var caseOptions: CaseOptions? { nil }
}

/// A command whose options may also stand in a configuration file.
///
/// Its options are never required by the parser: the typed words alone must parse, so that a fault
/// of theirs is told apart from a fault of the file.
protocol ConfigurableCommand: ReportingCommand {
  var computing: RunOptions { get }
}
