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
}

/// Whether progress is shown; hidden by commands that have none to show.
struct ProgressOptions: ParsableArguments {
  @Option(
    help: .init(
      "Progress on a terminal alone (auto), or as a JSON object a line (json).", valueName: "FORM"))
  var progress = ProgressChoice.auto

  @Flag(help: "Hide progress.")
  var quiet = false
}

/// Options of commands whose answer is a table that is cut where it is long.
struct TableOptions: ParsableArguments {
  @Flag(help: "Print the table as comma-separated values.")
  var csv = false

  @Flag(help: "Show every row of a long table.")
  var all = false
}

/// Options of commands whose answer is a table that is always whole.
struct WholeTableOptions: ParsableArguments {
  @Flag(help: "Print the table as comma-separated values.")
  var csv = false

  @Flag(help: .hidden)
  var all = false
}

/// Where options of a command may stand besides.
struct RunOptions: ParsableArguments {
  @Option(
    help: .init("Read options from this JSON file; - is standard input.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var config: String?
}

/// What random choices begin with; hidden by commands that make none.
struct SeedOption: ParsableArguments {
  @Option(help: .init("Seed of every random choice.", valueName: "S"))
  var seed: UInt64 = 0
}

/// How many threads compute; hidden by commands that use one.
struct ThreadOption: ParsableArguments {
  @Option(
    help: .init(
      "Threads to use, 1 to 1024; never changes a result (default: all cores).", valueName: "N"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads \(threads) is outside 1 to 1024.")
    }
  }
}

/// A command that answers with a ``Report``.
protocol ReportingCommand: ParsableCommand {
  /// Options that come first in the help, by long names, in this order: those that matter.
  static var essentials: [String] { get }
  var outputOptions: OutputOptions { get }
  var watching: ProgressOptions { get }
  /// Whether the answer's table is asked for as comma-separated values.
  var asksCSV: Bool { get }
  /// Nil where the answer is neither yes nor no.
  var caseOptions: CaseOptions? { get }
  /// Does the command's work; prints nothing but progress.
  func report(_ session: Session) throws(Failure) -> Report
}

extension ReportingCommand {
  static var essentials: [String] { [] }
  var asksCSV: Bool { false }
  var caseOptions: CaseOptions? { nil }
}

/// A command whose options may also stand in a configuration file.
///
/// Its options are never required by the parser: the typed words alone must parse, so that a fault
/// of theirs is told apart from a fault of the file.
protocol ConfigurableCommand: ReportingCommand {
  var computing: RunOptions { get }
}
