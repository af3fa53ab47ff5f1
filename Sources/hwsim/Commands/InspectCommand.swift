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
    usage: "hwsim inspect MODEL [--ranges | --node NAME | --dot] [options]\n"
      + "       hwsim inspect CONFIG [--batch N] [--sequence N] [--attention causal] [options]\n"
      + "       hwsim inspect CONFIG --graph PASS [--node NAME | --dot] [options]",
    discussion: """
      EXAMPLES:
        hwsim inspect my_project/               the layers
        hwsim inspect my_project/ --ranges      what each accumulator can reach, and a safe type
        hwsim inspect config.json --batch 8 --sequence 4096   a transformer: shapes, work, cache
      """)

  static let essentials = ["ranges", "node", "batch", "sequence", "graph", "dot", "all", "json"]

  @Argument(
    help: .init(
      "The model: an hls4ml project folder or .fml file, a .tflite or an .onnx file; a transformer's "
        + "config.json, a folder that holds one, or a .gguf file.",
      valueName: "MODEL"),
    completion: .file())
  var model: String

  @Flag(help: "Bound every accumulator for any input, and name the smallest safe type.")
  var ranges = false

  @Option(help: .init("Everything about one layer.", valueName: "NAME"))
  var node: String?

  @Flag(help: "Print the graph in the language of Graphviz.")
  var dot = false

  @Option(
    help: .init(
      "Transformers: one pass as a graph of shapes: prefill, decode, encoder, decoder_prefill, step.",
      valueName: "PASS"))
  var graph: String?

  @OptionGroup(title: "Inputs and rules") var binding: ModelArguments
  @OptionGroup var transformer: TransformerArguments
  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(visibility: .hidden) var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: TableOptions

  var asksCSV: Bool { table.csv }

  func validate() throws {
    if [ranges, node != nil, dot].count(where: \.self) > 1 {
      throw ValidationError("--ranges, --node and --dot exclude each other.")
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    if let file = try TransformerFile(path: model) {
      if let graph, !ranges { return try report(file, phase: graph) }
      guard !ranges, node == nil, !dot else {
        throw Failure(
          "usage.arguments", "--ranges is about graphs of codes, --node and --dot about graphs",
          remedy: "leave --ranges out; give --graph and the name of a pass with the others.")
      }
      let answer = try TransformerAnswer(file, run: transformer.run, cache: transformer.cache)
      return Report(
        schema: "inspect", arguments: transformer.json, inputs: [file.record],
        warnings: answer.warnings, result: answer.json, table: answer.table, text: answer.text)
    }
    guard transformer.isEmpty, graph == nil else {
      throw Failure(
        "usage.arguments", "sizes of a run are about transformers' configurations", at: model,
        remedy: "leave them out, or name a config.json, a folder that holds one or a .gguf file.")
    }
    let file = try ModelFile(path: model, options: try binding.options())
    let choice = try binding.choice(for: file)
    let answer = try InspectAnswer(file, by: choice, node: node, withRanges: ranges)
    return Report(
      schema: "inspect",
      arguments: binding.json(choice).adding([
        "ranges": .bool(ranges), "node": .optional(node), "dot": .bool(dot),
      ]),
      inputs: [file.record], warnings: file.warnings, result: answer.json, isVerbatim: dot,
      table: answer.table,
      text: { [dot, all = table.all] style in
        dot ? answer.dot : answer.text(style, showsAll: all)
      })
  }

  /// A graph of shapes, shown as any graph.
  private func report(_ file: TransformerFile, phase: String) throws(Failure) -> Report {
    let shapes = try file.graph(transformer.run, phase: phase)
    let answer = try InspectAnswer(file, graph: shapes, node: node)
    return Report(
      schema: "inspect",
      arguments: transformer.json.adding([
        "graph": .string(phase), "node": .optional(node), "dot": .bool(dot),
      ]),
      inputs: [file.record], result: answer.json, isVerbatim: dot, table: answer.table,
      text: { [dot, all = table.all] style in
        dot ? answer.dot : answer.text(style, showsAll: all)
      })
  }
}
