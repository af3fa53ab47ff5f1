import ArgumentParser
import QuantGraph
import Search

/// `hwsim search`: the best bit allocations of a network, or of problems given as tables.
struct SearchCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Finds the allocations of bits that give the best trade of quality and cost.",
    usage: "hwsim search --table PROBLEMS.json [options]",
    discussion: """
      EXAMPLES:
        hwsim search --table problems.json          solve knapsacks and frontiers, with proof
        hwsim search --table problems.json --json
      """)

  @Option(
    help: .init(
      "Allocation problems as tables of losses and costs: solve them exactly.",
      valueName: "PROBLEMS.json"),
    completion: .file(extensions: ["json"]))
  var table: String?

  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var tableForm: TableOptions

  var tableOptions: TableOptions? { tableForm }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let table else {
      throw Failure(
        "usage.arguments", "--table is missing", remedy: "hwsim search --help shows the forms.")
    }
    let answer = try TableAnswer(path: table, progress: session.progress("problems"))
    return Report(
      schema: "search", arguments: ["table": .string(table)],
      inputs: [InputRecord(role: "table", path: table, kind: "json")],
      result: answer.json, status: answer.status, table: answer.table
    ) { style in answer.text(style, all: tableForm.all) }
  }
}
