import ArgumentParser
import Documents
import Manual
import QuantGraph

/// `hwsim schema NAME`: the JSON Schema of a document that hwsim writes or reads.
struct SchemaCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of a document that hwsim writes or reads.",
    usage: "hwsim schema [NAME] [options]",
    discussion: """
      EXAMPLES:
        hwsim schema error                  the document that --json prints for errors
        hwsim schema scores                 a file of scores, as --sensitivity and --table take it
        hwsim schema                        the names of all schemas
      """)

  @Argument(
    help: .init("A name, such as error; all names if left out.", valueName: "NAME"),
    completion: .list(Schema.all.map(\.name)))
  var name: String?

  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let name else { return Self.list }
    guard let schema = Schema.named(name) else {
      throw .unknown(
        "schema", name, code: "usage.unknown-schema", among: Schema.all.map(\.name),
        listedBy: "hwsim schema")
    }
    let document = schema.document
    return Report(
      schema: "schema", arguments: ["name": .string(name)],
      result: ["name": .string(name), "schema": document], isVerbatim: true
    ) { _ in document.document }
  }

  private static var list: Report {
    var rows = Table([.text("name"), .text("document", isFlexible: true)])
    for schema in Schema.all { rows.append([.init(schema.name), .init(schema.title)]) }
    let names: [JSON] = Schema.all.map { ["name": .string($0.name), "title": .string($0.title)] }
    return Report(
      schema: "schema", arguments: ["name": .null], result: ["schemas": .array(names)], table: rows
    ) { [rows] style in rows.render(style: style) }
  }
}
