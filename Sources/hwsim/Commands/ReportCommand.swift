import ArgumentParser
import Documents
import Importers
import QuantGraph
import Reports

/// `hwsim report RESULT.json...`: results as a page, a drawing or Markdown.
struct ReportCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Shows results as one self-contained HTML file, as a drawing, or as Markdown.",
    usage: "hwsim report RESULT.json... -o FILE.html [--plot FILE.svg] [--markdown] [options]",
    discussion: """
      RESULT.json is what search, estimate, check or run wrote with --json or --json-file. Searches
      with the same objectives stand on one plot. The page needs no network and no script.

      EXAMPLES:
        hwsim report out/search.json -o report.html
        hwsim report a.json b.json --plot pareto.svg --figure pareto
        hwsim report check.json --markdown >> summary.md
      """)

  @Argument(
    help: .init("Results to show; - is standard input.", valueName: "RESULT.json"),
    completion: .file(extensions: ["json"]))
  var results: [String] = []

  @Option(
    name: [.short, .long],
    help: .init("The page, HTML or with --markdown Markdown.", valueName: "FILE"),
    completion: .file(extensions: ["html"]))
  var output: String?

  @Option(
    help: .init("One figure alone as SVG.", valueName: "FILE.svg"),
    completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(help: .init("Which figure --plot writes (default: the first).", valueName: "NAME"))
  var figure: String?

  @Flag(help: "Write Markdown with tables, on standard output if -o is not given.")
  var markdown = false

  @Flag(help: "Write the page as one HTML element for a page of others; its styles stay inside.")
  var fragment = false

  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(visibility: .hidden) var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions

  func validate() throws {
    if figure != nil, plot == nil { throw ValidationError("--figure needs --plot.") }
    if markdown, output == nil, outputOptions.json {
      throw ValidationError("--markdown and --json both print on standard output; give -o.")
    }
    if fragment, markdown || output == nil {
      throw ValidationError("--fragment is a form of the HTML page; it needs -o and no --markdown.")
    }
    if results.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("standard input can be read once.")
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard !results.isEmpty else {
      throw Failure(
        "usage.arguments", "RESULT.json is missing",
        notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "name a file that --json-file wrote.")
    }
    guard output != nil || plot != nil || markdown else {
      throw Failure(
        "usage.arguments", "-o is missing", notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "name the page with -o, a drawing with --plot, or add --markdown.")
    }
    for product in [output, plot].compactMap(\.self) where results.contains(product) {
      throw Failure(
        "usage.arguments", "'\(product)' is read and would be overwritten",
        remedy: "name another file.")
    }
    try checkSuffix(output, "-o", allowed: markdown ? ["md", "markdown", "txt"] : ["html", "htm"])
    try checkSuffix(plot, "--plot", allowed: ["svg"])
    var files: [ResultFile] = []
    for path in results { files.append(try ResultFile(path: path)) }
    let content = try ReportContent(files)
    let figures = content.figures
    // What cannot be drawn is said before anything is written.
    let drawing = try plot == nil ? nil : chosen(among: figures)
    let page =
      markdown
      ? MarkdownPage(content: content).text
      : fragment ? HTMLPage(content: content).fragment : HTMLPage(content: content).text
    if let output { try TextFile.replace(output, with: page) }
    if let plot, let drawing { try TextFile.replace(plot, with: drawing.document) }
    let printsPage = markdown && output == nil
    let (output, plot) = (output, plot)
    let words = [
      Quantity.count(files.count, "result"), Quantity.count(figures.count, "figure"),
    ].joined(separator: ", ")
    return Report(
      schema: "report",
      arguments: [
        "output": .optional(output), "plot": .optional(plot), "figure": .optional(figure),
        "markdown": .bool(markdown), "fragment": .bool(fragment),
      ],
      inputs: files.map(\.record),
      result: [
        "title": .string(content.title),
        "results": .array(
          files.map {
            [
              "path": .string($0.path), "kind": .string($0.kind.rawValue),
              "schema": .string($0.schema),
            ]
          }),
        "figures": .array(
          figures.map { ["name": .string($0.name), "title": .string($0.title)] }),
        "page": output == nil
          ? .null : ["path": .optional(output), "bytes": .integer(page.utf8.count)],
        "plot": drawing.map { ["path": .optional(plot), "figure": .string($0.name)] } ?? .null,
      ], isVerbatim: printsPage,
      text: { style in
        if printsPage { return page }
        var text = ""
        if let output {
          text += "\(output)   \(words)   \(Quantity.bytes(page.utf8.count))\n"
        }
        if let plot, let drawing { text += "\(plot)   \(drawing.name): \(drawing.title)\n" }
        if plot == nil, figures.count > 1 {
          let names = figures.prefix(6).map(\.name).joined(separator: ", ")
          text +=
            "\(style.hint("hint")): one figure alone: --plot FILE.svg --figure NAME (\(names)"
            + (figures.count > 6 ? ", ...)\n" : ")\n")
        }
        return text
      })
  }

  /// Refuses a suffix of another kind of file; a name without one, a device and `-` are anything.
  private func checkSuffix(
    _ path: String?, _ option: String, allowed: [String]
  ) throws(Failure) {
    guard let path, !path.hasPrefix("/dev/") else { return }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return }
    let suffix = name[name.index(after: dot)...].lowercased()
    guard !allowed.contains(suffix) else { return }
    let kinds = allowed.map { "." + $0 }.joined(separator: ", ")
    throw Failure(
      "report.suffix", "\(option) does not write .\(suffix)", at: path,
      remedy: suffix == "md"
        ? "add --markdown." : "name a file that ends in \(kinds); a browser prints the page as PDF."
    )
  }

  private func chosen(among figures: [Figure]) throws(Failure) -> Figure {
    guard let figure else {
      guard let first = figures.first else {
        throw Failure(
          "report.no-figure", "the results hold nothing that can be drawn",
          remedy: "hwsim report ... -o report.html shows their tables.")
      }
      return first
    }
    guard let found = figures.first(where: { $0.name == figure }) else {
      throw .unknown(
        "figure", figure, code: "usage.unknown-figure", among: figures.map(\.name),
        listedBy: "hwsim report --json")
    }
    return found
  }
}
