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
        hwsim run kws.tflite --inputs clips.npy --labels words.npy      accuracy, bit for bit
        hwsim run kws.tflite --inputs clips.npy --output y.npz --trace t.npz --trace-by-index
        hwsim run kws.tflite --inputs clips.npy --output y.npz --datapath dyadic
        hwsim run model.onnx --inputs images.npy --output y.npz --datapath tensor-core --target a100
        hwsim run my_project/ --inputs x.npy --golden bench --golden-layer 1 --golden-form coe
      """)

  static let essentials = [
    "inputs", "output", "trace", "labels", "stats", "allocation", "datapath", "json",
  ]

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
    help: .init(
      "Store the outputs here: an .npz archive, or one output as .npy, .csv, .hex, .mem or .coe.",
      valueName: "FILE"),
    completion: .file(extensions: ["npz", "npy", "csv", "hex", "mem", "coe"]))
  var output: String?

  @Option(
    help: .init("Store every tensor that a layer writes in this .npz file.", valueName: "FILE"),
    completion: .file(extensions: ["npz"]))
  var trace: String?

  @Option(
    help: .init(
      "Store the codes of every input and output here, a text file each, for an RTL test bench.",
      valueName: "DIR"), completion: .directory)
  var golden: String?

  @Option(
    help: .init(
      "What --golden writes: hex ($readmemh), mem (with an address), coe (block memory) or csv.",
      valueName: "FORM"), completion: .list(ElementText.Form.allCases.map(\.rawValue)))
  var goldenForm = "hex"

  @Option(help: .init("Inputs and outputs of this layer instead.", valueName: "LAYER"))
  var goldenLayer: String?

  @Option(
    help: .init(
      "Classes of the samples, integers from 0: prints how many the model finds.",
      valueName: "Y.npy"), completion: .file(extensions: ["npy", "npz"]))
  var labels: String?

  @Option(
    help: .init(
      "Store every layer's codes here, with benches for the layers' and the network's own RTL.",
      valueName: "DIR"), completion: .directory)
  var verilogBench: String?

  @Flag(help: "Store exact values as float64 instead of codes.")
  var values = false

  @Flag(help: "Deflate .npz files: smaller, and many times slower to write.")
  var compress = false

  @Flag(help: "Name the arrays of --trace #<tensor index>.")
  var traceByIndex = false

  @Flag(help: "Add the range, roundings and overflows of every layer (slower).")
  var stats = false

  @Option(help: .init("Run the first N samples only.", valueName: "N"))
  var first: Int?

  @Flag(help: "Bring integer inputs outside their format into range by the input's own rule.")
  var allowOverflow = false

  @OptionGroup(title: "Inputs and rules") var binding: ModelArguments
  @OptionGroup(title: "Inputs and rules") var allocating: AllocationOption
  @OptionGroup(title: "How it is computed") var threading: ThreadOption
  @OptionGroup(title: "How it is computed") var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(title: "Output") var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  func validate() throws {
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard output != nil || golden != nil || labels != nil || verilogBench != nil else {
      throw missing("--output")
    }
    var file = try ModelFile(path: model, options: try binding.options(inputs: inputs))
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
    options.golden = try goldenFiles()
    options.storesValues = values
    options.compresses = compress
    options.namesByIndex = traceByIndex
    options.countsEvents = stats
    options.first = first
    options.labels = labels
    options.allowsOverflow = allowOverflow
    options.threads = threading.threads ?? Processors.count
    let progress = session.progress("samples")
    defer { progress.finish() }
    let run = try ModelRun(file, by: choice, options: options, progress: progress.update)
    return Report(
      schema: "run",
      arguments: binding.json(choice).adding([
        "allocation": .optional(allocating.allocation), "output": .optional(output),
        "golden": .optional(golden), "golden_form": .string(goldenForm),
        "golden_layer": .optional(goldenLayer), "verilog_bench": .optional(verilogBench),
        "labels": .optional(labels), "trace": .optional(trace), "values": .bool(values),
        "compress": .bool(compress), "trace_by_index": .bool(traceByIndex),
        "stats": .bool(stats),
        "first": .optional(first), "allow_overflow": .bool(allowOverflow),
        "seed": .integer(Int(clamping: seeding.seed)),
      ]),
      inputs: [file.record] + allocating.records + run.records, warnings: file.warnings,
      result: run.answer.json, table: run.answer.table,
      text: { style in run.answer.text(style) })
  }

  private func goldenFiles() throws(Failure) -> GoldenFiles? {
    if let verilogBench {
      guard golden == nil, goldenLayer == nil else {
        throw Failure(
          "usage.arguments", "--verilog-bench and --golden exclude each other",
          remedy: "give one of them.")
      }
      return GoldenFiles(benches: verilogBench)
    }
    guard let golden else {
      guard goldenLayer == nil else {
        throw Failure(
          "usage.arguments", "--golden-layer is about --golden", remedy: "add --golden DIR.")
      }
      return nil
    }
    return GoldenFiles(
      folder: golden, form: try .named(goldenForm, option: "--golden-form"), layer: goldenLayer)
  }

  private func missing(_ option: String) -> Failure {
    Failure(
      "usage.arguments", "\(option) is missing",
      notes: ["usage: \(Self.configuration.usage ?? "")"],
      remedy: "hwsim run --help shows every option.")
  }
}
