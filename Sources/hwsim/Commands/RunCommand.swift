import ArgumentParser
import Documents
import HWModel
import Importers
import QuantGraph
import Sessions

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
        hwsim run model.tflite --inputs x.npz --output y.npz --trace t.npz --trace-by-index
        hwsim run model.onnx --inputs x.npy --output y.npz --datapath dyadic --requantize half-up
        hwsim run model.onnx --inputs x.npy --output y.npz --datapath tensor-core --target a100
      """)

  @Argument(
    help: .init(
      "The model: an hls4ml project folder or .fml file, a .tflite or an .onnx file.",
      valueName: "MODEL"),
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

  @Option(help: .init("Run the first N samples only.", valueName: "N"))
  var first: Int?

  @Flag(help: "Bring integer inputs outside their format into range by the input's own rule.")
  var allowOverflow = false

  @OptionGroup var binding: ModelArguments
  @OptionGroup var allocating: AllocationOption
  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard let output else { throw missing("--output") }
    var file = try ModelFile(path: model, options: try binding.options())
    if inputs.isEmpty, !file.graph.inputs.isEmpty { throw missing("--inputs") }
    var rules: DatapathChoice?
    if let allocation = try allocating.file(for: file) {
      if file.isFloatNetwork {
        try binding.refuseRules()
        (file, rules) = try file.fakeQuantized(allocation, cores: try binding.coresOfLayers())
      } else {
        file = try file.applying(allocation)
      }
    }
    let choice: DatapathChoice
    if let rules {
      choice = rules
    } else {
      choice = try binding.choice(for: file)
    }
    var options = ModelRun.Options(output: output)
    options.inputs = inputs
    options.trace = trace
    options.storesValues = values
    options.namesByIndex = traceByIndex
    options.countsEvents = stats
    options.first = first
    options.allowsOverflow = allowOverflow
    options.threads = computing.threads ?? Processors.count
    let progress = session.progress("samples")
    defer { progress.finish() }
    let run = try ModelRun(file, by: choice, options: options, progress: progress.update)
    return Report(
      schema: "run",
      arguments: binding.json(choice).adding([
        "allocation": .optional(allocating.allocation), "output": .string(output),
        "trace": .optional(trace), "values": .bool(values), "trace_by_index": .bool(traceByIndex),
        "stats": .bool(stats),
        "first": .optional(first), "allow_overflow": .bool(allowOverflow),
        "seed": .integer(Int(clamping: computing.seed)),
      ]),
      inputs: [file.record] + allocating.records + run.records,
      result: run.answer.json,
      text: { style in run.answer.text(style) })
  }

  private func missing(_ option: String) -> Failure {
    Failure(
      "usage.arguments", "\(option) is missing",
      notes: ["usage: \(Self.configuration.usage ?? "")"],
      remedy: "hwsim run --help shows every option.")
  }
}
