import ArgumentParser
import HWModel
import Importers
import QuantGraph

/// `hwsim run MODEL`: executes and stores what was computed.
struct RunCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Executes a model bit for bit and stores its outputs, and every tensor if asked.",
    usage: "hwsim run MODEL --inputs FILE... --output FILE.npz [--trace FILE.npz] [options]",
    discussion: """
      Arrays hold integer codes in the smallest integer type that holds the format, or with --values
      the exact values as float64. They are named as the model's tensors.

      EXAMPLES:
        hwsim run my_project/ --inputs x.npy --output y.npz
        hwsim run model.fml --inputs a=a.npy --inputs b=b.npy --output y.npz --trace t.npz --stats
      """)

  @Argument(
    help: .init("The model: an hls4ml project folder or .fml file.", valueName: "MODEL"),
    completion: .file())
  var model: String

  @Option(
    help: .init(
      "Input array, or NAME=FILE; repeat for several inputs, in the model's order.",
      valueName: "FILE"),
    completion: .file())
  var inputs: [String] = []

  @Option(
    name: [.short, .long],
    help: .init("Store the outputs in this .npz file.", valueName: "FILE"),
    completion: .file(extensions: ["npz"]))
  var output: String?

  @Option(
    help: .init("Store every tensor that a layer writes in this .npz file.", valueName: "FILE"),
    completion: .file(extensions: ["npz"]))
  var trace: String?

  @Flag(help: "Store exact values as float64 instead of codes.")
  var values = false

  @Flag(help: "Name the arrays of --trace #<tensor index>.")
  var traceByIndex = false

  @Flag(help: "Add the range, roundings and overflows of every layer (slower).")
  var stats = false

  @Option(
    help: .init("Rules of the hardware (default: by the model's kind).", valueName: "NAME"),
    completion: .list(ModelFile.datapaths))
  var datapath: String?

  @Option(help: .init("Run the first N samples only.", valueName: "N"))
  var first: Int?

  @Flag(help: "Bring integer inputs outside their format into range by the input's own rule.")
  var allowOverflow = false

  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard !inputs.isEmpty, let output else {
      throw Failure(
        "usage.arguments", inputs.isEmpty ? "--inputs is missing" : "--output is missing",
        notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "hwsim run --help shows every option.")
    }
    let file = try ModelFile(path: model)
    let plan = try file.plan(on: datapath)
    let files = try TensorFiles(
      inputs, for: file.graph.inputs, of: file.graph,
      role: .init(option: "inputs", what: "the model's inputs", linesTogether: 1))
    var run = try ModelRun(
      plan, output: output, trace: trace, storesValues: values, namesByIndex: traceByIndex,
      countsEvents: stats)
    let progress = session.progress("samples")
    let total = first ?? files.rowCount()
    do throws(Failure) {
      try run.execute(
        try files.open(file.graph).map(\.source), threads: computing.threads ?? Processors.count,
        limit: first, wrapsCodes: allowOverflow
      ) { done in if let total { progress.update(done: done, of: total) } }
    } catch {
      progress.finish()
      throw error
    }
    progress.finish()
    let answer = RunAnswer(file: file, run: run, output: output, trace: trace)
    return Report(
      schema: "run",
      arguments: [
        "datapath": .string(plan.datapath), "output": .string(output), "trace": .optional(trace),
        "values": .bool(values), "trace_by_index": .bool(traceByIndex), "stats": .bool(stats),
        "first": .optional(first), "allow_overflow": .bool(allowOverflow),
        "seed": .integer(Int(clamping: computing.seed)),
      ],
      inputs: [file.record] + files.records(role: "inputs"), result: answer.json,
      text: { style in answer.text(style) })
  }
}
