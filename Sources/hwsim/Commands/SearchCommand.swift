import ArgumentParser
import Documents
import HWModel
import QuantGraph
import Reports
import Schedules
import Search
import Sessions

/// `hwsim search`: the best bit allocations of a network, or of problems given as tables.
struct SearchCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Finds the allocations of bits that give the best trade of quality and cost.",
    usage: "hwsim search MODEL --inputs X.npy [--labels Y.npy] [--calibration C.npy] [options]",
    discussion: """
      MODEL is a float ONNX network, or a quantized model (.tflite, QONNX, an hls4ml project or .fml),
      which is searched from what it is: other widths of its weights and activations, run by its own
      rules. Every point of the answer was run on the inputs (a project's own test bench data without
      --inputs); sensitivities are measured on the calibration samples. With -o or
      --study every evaluation is kept in a file, and the same command goes on where it was
      interrupted.

      EXAMPLES:
        hwsim search model.onnx --inputs images.npy --labels classes.npy --bits 2,3,4,8 -o out
        hwsim search model.onnx --inputs images.npy --objective loss,bops --candidates w4a8,w8a8,e4m3
        hwsim search model.onnx --inputs images.npy --target nucleo-l4r5zi --objective loss,latency,sram
        hwsim search model.onnx --inputs images.npy --target t4 --datapath tensor-core --bits 4,8
        hwsim search model.onnx --inputs images.npy --objective kl,weight_bits --sensitivity-of 'conv*=sqnr'
        hwsim search model.onnx --inputs images.npy --sensitivity out/sensitivity.json
        hwsim search kws.tflite --inputs clips.npy --labels words.npy --target stm32f746
        hwsim search kws.tflite --inputs clips.npy --method quantmcu --patch 2 --split-after 2
        hwsim search my_project/ --inputs x.npy --labels truth.npy --bits 4,6,8
        hwsim search why knee 1 -o out              why a point gives a layer what it has
        hwsim search --merge a/study.jsonl b/study.jsonl --budget weight_bits=50%
        hwsim search --table problems.json          solve knapsacks and frontiers, with proof
        hwsim search --table out/sensitivity.json --budget weight_bits=50%      no network is run
        hwsim search --table scores.json --budget size=50% --write hf -o hf     for a transformer
        hwsim search config.json --sensitivity scores.json --objective score,size --budget size=40%
      """)

  static let essentials = [
    "inputs", "labels", "calibration", "bits", "candidates", "objective", "target", "budget",
    "evaluations", "output",
  ]

  @Argument(
    help: .init(
      "The network: a float or QONNX .onnx, a .tflite or .fml file, or an hls4ml project.",
      valueName: "MODEL"),
    completion: .file())
  var model: String?

  @Argument(
    help: .init(
      "After `why`: a point of the result in -o (or ./search.json), and perhaps a layer.",
      valueName: "POINT [LAYER]"))
  var explained: [String] = []

  @OptionGroup(title: "Inputs") var data: SearchDataOptions
  @OptionGroup(title: "What may vary") var spaceOptions: SpaceOptions
  @OptionGroup(title: "What may vary, in patches") var patches: PatchSearchOptions
  @OptionGroup(title: "What is wanted") var goal: SearchGoalOptions
  @OptionGroup(title: "How to search") var how: SearchMethodOptions

  @Option(
    help: .init(
      "Keep every evaluation in this file, and go on from it (default: study.jsonl in -o).",
      valueName: "FILE"), completion: .file(extensions: ["jsonl"]))
  var study: String?

  @Option(
    help: .init("Do the i-th of n parts of the search; --merge joins them.", valueName: "i/n"))
  var shard: String?

  @Option(
    parsing: .upToNextOption,
    help: .init("Join studies and solve again; no network is run.", valueName: "STUDY"),
    completion: .file(extensions: ["jsonl"]))
  var merge: [String] = []

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: .init(
      "Folder for search.json, the study and, a point, an allocation file and a QONNX model.",
      valueName: "DIR"),
    completion: .directory)
  var product: String?

  @Option(
    help: .init(
      "What -o holds beside search.json: allocation (the default), hf (hf_quant_config.json of a "
        + "transformer), compressed-tensors (its quantization_config.json), or none.",
      valueName: "LIST"))
  var write: String?

  @Option(
    name: .customLong("for"),
    help: .init(
      "The program that --write hf is for: what it would refuse or read otherwise is an error.",
      valueName: "vllm|tensorrt-llm|sglang"))
  var reader: String?

  @Option(
    help: .init(
      "Points that -o also holds as QONNX models: all, knee, none, or auto (all, where weights have "
        + "at most 1 MiB).", valueName: "auto|all|knee|none"))
  var qonnx = QONNXChoice.auto

  @Option(
    help: .init(
      "Solve allocation problems, or a file of scores (hwsim schema scores); no network is run.",
      valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var table: String?

  @OptionGroup(title: "Other machines") var execution: ExecutorOptions
  @OptionGroup(title: "Inputs") var transformer: TransformerRunOptions
  @OptionGroup(title: "How to search") var cache: CacheOptions
  @OptionGroup(title: "How to search") var threading: ThreadOption
  @OptionGroup(title: "How to search") var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(title: "Output") var watching: ProgressOptions
  @OptionGroup(title: "Output") var tableForm: TableOptions

  var asksCSV: Bool { tableForm.csv }

  /// `hwsim search why POINT [LAYER]`.
  private func why() throws(Failure) -> Report {
    guard (1...2).contains(explained.count) else {
      throw Failure(
        "usage.arguments", "a point is explained: search why POINT [LAYER]",
        notes: ["usage: hwsim search why POINT [LAYER] -o DIR"],
        remedy: "name a point of the table, or knee.")
    }
    let file = try ResultFile(path: product.map { $0 + "/search.json" } ?? "search.json")
    let answer = try PointReasons(
      file, point: explained[0], layer: explained.count > 1 ? explained[1] : nil)
    return Report(
      schema: "why", arguments: ["why": .strings(explained)], inputs: [file.record],
      result: answer.json, table: answer.table, text: { style in answer.text(style) })
  }

  func report(_ session: Session) throws(Failure) -> Report {
    if let folder = execution.task, let index = execution.index {
      return try TaskRun(folder: folder, index: index).report()
    }
    if model == "why" { return try why() }
    guard explained.isEmpty else {
      throw Failure(
        "usage.arguments", "one model is searched, found '\(explained[0])' after it",
        remedy: "options begin with --; hwsim search why POINT explains a result.")
    }
    let given = [
      ("MODEL", model != nil), ("--table", table != nil), ("--merge", !merge.isEmpty),
    ].filter(\.1).map(\.0)
    guard given.count == 1 else {
      throw Failure(
        "usage.arguments",
        given.isEmpty
          ? "nothing to search: MODEL is missing"
          : "\(given.joined(separator: " and ")) exclude each other",
        remedy: "give a model, --table PROBLEMS.json or --merge STUDY...")
    }
    if let table { return try SearchTable(self, path: table).report(session) }
    if let model, let file = try TransformerFile(path: model) {
      guard let scores = how.sensitivity else {
        throw Failure(
          "usage.arguments", "a configuration has no weights to measure: --sensitivity is missing",
          at: model, remedy: "--sensitivity SCORES.json; hwsim schema scores describes the file.")
      }
      return try SearchTable(self, path: scores, transformer: file).report(session)
    }
    if let model {
      return try SearchJob(self, model: model).report(session)
    }
    return try MergeJob(self).report()
  }
}

/// Where measured sensitivities are kept between runs.
struct CacheOptions: ParsableArguments {
  @Option(
    help: .init(
      "Keep measured sensitivities here (default: HWSIM_CACHE, else hwsim in XDG_CACHE_HOME or "
        + "~/.cache); never changes a result.", valueName: "DIR"), completion: .directory)
  var cache: String?

  @Flag(help: "Measure sensitivities anew, and keep none.")
  var noCache = false

  func validate() throws {
    if cache != nil, noCache {
      throw ValidationError("--cache and --no-cache exclude each other.")
    }
  }
}

/// What the network is run on.
struct SearchDataOptions: ParsableArguments {
  @Option(
    help: .init("Samples that decide, in the model's input shape.", valueName: "X.npy"),
    completion: .file(extensions: ["npy", "npz"]))
  var inputs: String?

  @Option(
    help: .init("Classes of the samples, integers from 0.", valueName: "Y.npy"),
    completion: .file(extensions: ["npy", "npz"]))
  var labels: String?

  @Option(
    help: .init(
      "Samples for ranges and sensitivities (default: those of --inputs).", valueName: "C.npy"),
    completion: .file(extensions: ["npy", "npz"]))
  var calibration: String?

  @Option(
    help: .init(
      "How scales of a float network's weights are chosen: max, mse (smallest squared error) or "
        + "percentile:99.9 of the magnitudes.", valueName: "RULE"))
  var weightScale = "max"

  @Option(help: .init("The same of the inputs of its layers.", valueName: "RULE"))
  var activationScale = "max"

  @Option(
    help: .init(
      "Classes of the calibration samples, for the sensitivity 'loss'.", valueName: "L.npy"),
    completion: .file(extensions: ["npy", "npz"]))
  var calibrationLabels: String?

  @Option(
    help: .init(
      "Rules that a quantized model runs by (default: by its kind); tensor-core: those of the "
        + "--target, for float networks too.", valueName: "NAME"),
    completion: .list(DatapathChoice.names))
  var datapath: String?

  @OptionGroup var cores: TensorCoreForm
  @OptionGroup var release: HLS4MLVersionOption

  @Option(
    help: .init(
      "Shape of an ONNX input with dynamic dimensions that --inputs does not say, as NAME=1x3x32x32.",
      valueName: "NAME=SHAPE"))
  var shape: [String] = []
}

/// What may be chosen.
struct SpaceOptions: ParsableArguments {
  @Option(help: .init("Numbers of bits, such as 2,3,4,8.", valueName: "LIST"))
  var bits: String?

  @Option(help: .init("Number formats, such as e4m3,mxfp4,nvfp4.", valueName: "LIST"))
  var formats: String?

  @Option(
    help: .init(
      "Pairs for weights and activations, such as w4a8,mxfp4/mxfp8; w4g32a8: a scale for every 32 "
        + "weights, w4ua8: filters of unequal widths, w8a8p16: sums of 16 bits that wrap, "
        + "w8a8+bit-flip<3,32>: weights rewritten, w6+resource+reuse<16>: how an hls4ml layer "
        + "is folded.",
      valueName: "LIST"))
  var candidates: String?

  @Option(
    help: .init(
      "w_only (activations of 8 bits), wa_same, wa_free, or a file with ties, fixed layers and "
        + "candidates a layer.", valueName: "w_only|wa_same|wa_free|FILE"))
  var space = "wa_same"

  @Option(
    help: .init(
      "Layers that take the same formats, found by rules: shared-input, residual, depthwise, qkv, "
        + "gate-up, experts, or none (default: shared-input where activations vary).",
      valueName: "RULES"), completion: .ties)
  var ties: String?

  @Option(
    help: .init("Give layers one candidate; names may have * and ?.", valueName: "LAYERS=w8a8"))
  var fix: [String] = []

  @Option(help: .init("Give layers candidates of their own.", valueName: "LAYERS=w4a8,w8a8"))
  var restrict: [String] = []

  @Option(help: .init("Leave layers as the model has them.", valueName: "LAYERS"))
  var exclude: [String] = []
}

/// Patches of a network's first layers that have widths of their own.
struct PatchSearchOptions: ParsableArguments {
  @Option(
    help: .init(
      "Search a TFLite model whose first layers run in N x N tiles, each with widths of its own; auto: "
        + "the cheapest schedule that fits (default of quantmcu).", valueName: "N|auto"))
  var patch: String?

  @Option(help: .init("Last block of the layers that run in tiles.", valueName: "BLOCK"))
  var splitAfter: Int?

  @Option(
    help: .init(
      "quantmcu, and what auto begins with: how much lost entropy weighs against saved bit operations, 0 to 1; several by commas, "
        + "an allocation each.", valueName: "L,..."))
  var lambda = "0.5"

  @Option(
    help: .init(
      "quantmcu: values further from the mean than so many standard deviations are outliers.",
      valueName: "K"))
  var outlierSigma = 3.0

  @Option(
    help: .init(
      "quantmcu: a patch of which more than this share are outliers keeps its widths.",
      valueName: "SHARE"))
  var outlierShare = 0.0

  @Option(
    help: .init(
      "quantmcu: the tensor whose values classify patches (default: the image).",
      valueName: "TENSOR"))
  var outlierMap: String?

  @Option(
    help: .init("quantmcu: bins of the histograms whose entropy counts.", valueName: "N"))
  var entropyBins = 256

  @Option(
    help: .init(
      "quantmcu: the order in which maps get their widths: score, execution or size.",
      valueName: "ORDER"))
  var mapOrder = PatchPrecision.Order.score.rawValue

  /// Whether anything is said that is about patches alone.
  var saysMore: Bool {
    let plain = PatchPrecision()
    return lambda != "0.5" || outlierMap != nil || outlierSigma != plain.deviations
      || outlierShare != plain.outlierShare || entropyBins != plain.bins
      || mapOrder != plain.order.rawValue
  }

  /// The schedule that is asked for; that of `method` where nothing is said.
  func request(_ method: SearchMethod) throws(Failure) -> PatchRequest? {
    do throws(DeviceProblems) {
      let request = try PatchRequest(patch: patch, splitAfter: splitAfter)
      return request ?? (method == .quantMCU ? .automatic : nil)
    } catch {
      throw Failure(error, file: nil)
    }
  }

  /// What the method is told.
  func options() throws(Failure) -> PatchPrecision {
    var options = PatchPrecision()
    options.lambdas = []
    for word in lambda.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Double(word) else {
        throw Failure(
          "usage.arguments", "--lambda \(lambda) is no list of numbers", at: "--lambda",
          remedy: "write --lambda 0.25,0.5,0.75.")
      }
      options.lambdas.append(value)
    }
    options.deviations = outlierSigma
    options.outlierShare = outlierShare
    options.map = outlierMap
    options.bins = entropyBins
    guard let order = PatchPrecision.Order(rawValue: mapOrder) else {
      throw .unknown(
        "order", mapOrder, code: "usage.arguments",
        among: PatchPrecision.Order.allCases.map(\.rawValue), listedBy: "hwsim search --help",
        at: "--map-order", showsAll: true)
    }
    options.order = order
    return options
  }
}

/// What is best.
struct SearchGoalOptions: ParsableArguments {
  @Option(
    help: .init(
      "A quality (accuracy, loss, a metric, or score: the sum of --sensitivity) and costs "
        + "(weight_bits, bops, size, or the --cost-table's).",
      valueName: "QUALITY,COST[,COST]"))
  var objective: String?

  @Option(
    help: .init(
      "The most that a cost may be: size=20KiB, weight_bits=50%, latency=5ms; or what the quality "
        + "must be, for the cheapest that has it: 'accuracy>=96%', 'loss<=0.5', of a table 'score<=0.2'.",
      valueName: "COST=MAX"))
  var budget: [String] = []

  @Option(
    help: .init(
      "A bound, as that of estimate: --limit sram=128KiB. Patch schedules are chosen under it, and it is "
        + "a budget.", valueName: "NAME=AMOUNT"))
  var limit: [String] = []

  @Option(
    help: .init(
      "A device whose latency, memory, flash and energy are costs: an id, alias or .json file.",
      valueName: "ID|FILE"), completion: .targets)
  var target: String?

  @Option(
    help: .init(
      "A choice that the target's family knows, as in estimate; repeat for several.",
      valueName: "NAME=VALUE"))
  var option: [String] = []

  @Option(
    help: .init("Costs of layers that you measured.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var costTable: [String] = []
}

/// How it is looked for.
struct SearchMethodOptions: ParsableArguments {
  @Option(
    help: .init(
      "auto, exact, greedy, bisect, zeroq, nsga2, quantmcu (widths by patches of a microcontroller's "
        + "schedule), autoquantize-gradient or autoquantize-threshold. The last two are published with "
        + "scores from gradients and labels; here they take those of --sensitivity or of the table.",
      valueName: "NAME"), completion: .methods)
  var method = "auto"

  @Option(
    help: .init(
      "Metric of single layers that guides the search: weight-error, sqnr, input-sqnr, mse, kl, "
        + "logit-mse, loss (needs labels), flips, hessian, hessian:FILE, entropy, kurtosis, omse, ohq "
        + "or adapt; or a file of scores (default: kl).", valueName: "METRIC|FILE"),
    completion: .metrics)
  var sensitivity: String?

  @Option(
    help: .init(
      "Measure layers by a second metric, as MixDQ does; names may have * and ?.",
      valueName: "LAYERS=METRIC"))
  var sensitivityOf: [String] = []

  @Option(help: .init("The first metric's part of the weight, 0 to 1.", valueName: "S"))
  var sensitivityShare = 0.5

  @Option(help: .init("The most allocations that are run on the inputs.", valueName: "N"))
  var evaluations = 100

  @Option(
    help: .init(
      "The most allocations that are tried on the calibration samples first (default: 4 for each "
        + "evaluation, 400 to 1,000).", valueName: "N"))
  var screening: Int?

  @Option(
    help: .init("End after this time with what there is: 60s, 5m, 500ms.", valueName: "TIME"))
  var timeLimit: String?
}

extension SearchDataOptions {
  /// The files and rules that are named; `target` is the device of rules that are one's.
  ///
  /// - Throws: a ``Failure`` for names that are none.
  func files(target: String?) throws(Failure) -> SearchDataFiles {
    var files = SearchDataFiles()
    files.inputs = inputs
    files.labels = labels
    files.calibration = calibration
    files.calibrationLabels = calibrationLabels
    files.weightScale = weightScale
    files.activationScale = activationScale
    files.datapath = datapath
    files.shapes = shape
    files.hls4mlVersion = try release.version
    let isOfTarget = datapath.map { $0.hasPrefix(TensorCoreDatapath.name) } ?? false
    files.cores = try cores.choice(isOfTarget ? target : nil).rules()
    return files
  }
}

extension SearchCommand {
  /// The patch schedule that the search is over; nil for a network that runs layer by layer.
  func patchQuestion() throws(Failure) -> PatchQuestion? {
    guard let request = try patches.request(try SearchSettings.method(how.method)) else {
      return nil
    }
    guard let target = goal.target else {
      guard case .grid = request else {
        throw Failure(
          "usage.arguments", "a patch schedule is chosen for a device, and none is named",
          at: "--target", remedy: "add --target ID, or give --patch N --split-after B.")
      }
      return PatchQuestion(request, device: nil, limits: [:])
    }
    let choice = try TargetChoice(target)
    var limits: [String: Double] = [:]
    for text in goal.limit {
      let limit = try EstimateLimit(text, among: choice.family?.quantities ?? [])
      limits[limit.quantity.key] = min(limits[limit.quantity.key] ?? .infinity, limit.bound)
    }
    return PatchQuestion(request, device: try choice.device(), limits: limits)
  }
}

extension SearchGoalOptions {
  /// Every bound on a cost.
  var bounds: [String] { budget + limit }
}

extension SpaceOptions {
  /// What may be chosen.
  var choice: SpaceChoice {
    var choice = SpaceChoice()
    choice.bits = bits
    choice.formats = formats
    choice.candidates = candidates
    choice.space = space
    choice.ties = ties
    choice.fix = fix
    choice.restrict = restrict
    choice.exclude = exclude
    return choice
  }
}

extension QONNXChoice: ExpressibleByArgument {}
