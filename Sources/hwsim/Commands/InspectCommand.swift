import ArgumentParser
import Documents
import HWModel
import QuantGraph
import Sessions

/// `hwsim inspect MODEL`: what the graph is.
struct InspectCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Lists a model's layers: operators, shapes, number formats, work and parameters.",
    usage: "hwsim inspect MODEL [--ranges | --node NAME | --dot] [options]",
    discussion: """
      EXAMPLES:
        hwsim inspect my_project/               the layers
        hwsim inspect model.fml --ranges        what each accumulator can reach, and a safe type
      """)

  @Argument(
    help: .init(
      "The model: an hls4ml project folder or .fml file, a .tflite or an .onnx file.",
      valueName: "MODEL"),
    completion: .file())
  var model: String

  @Flag(help: "Bound every accumulator for any input, and name the smallest safe type.")
  var ranges = false

  @Option(help: .init("Everything about one layer.", valueName: "NAME"))
  var node: String?

  @Flag(help: "Print the graph in the language of Graphviz.")
  var dot = false

  @OptionGroup var binding: ModelArguments
  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions
  @OptionGroup var table: TableOptions

  var tableOptions: TableOptions? { table }

  func validate() throws {
    if [ranges, node != nil, dot].count(where: \.self) > 1 {
      throw ValidationError("--ranges, --node and --dot exclude each other.")
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let file = try ModelFile(path: model, options: try binding.options())
    let choice = try binding.choice(for: file)
    let answer = try InspectAnswer(file, by: choice, node: node, withRanges: ranges)
    return Report(
      schema: "inspect",
      arguments: binding.json(choice).adding([
        "ranges": .bool(ranges), "node": .optional(node), "dot": .bool(dot),
      ]),
      inputs: [file.record], result: answer.json, table: answer.table,
      text: { [dot, all = table.all] style in
        dot ? answer.dot : answer.text(style, showsAll: all)
      })
  }
}
