import ArgumentParser
import Arith
import Documents
import HWModel
import Importers
import Manual
import QuantGraph
import Schedules
import Sessions

/// `hwsim estimate MODEL`: how fast, how big, does it fit.
struct EstimateCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Estimates a network's latency, memory and flash on a device, and whether it fits.",
    usage: "hwsim estimate MODEL --target ID|FILE [options]",
    discussion: """
      EXAMPLES:
        hwsim estimate kws.tflite --target nucleo-l4r5zi+tflm
        hwsim estimate kws.tflite --target stm32f746 --bits w8a8,w4a8 --limit sram=64KiB
        hwsim estimate vww.tflite --target stm32f746 --limit sram=128KiB --patch auto
        hwsim estimate llama.json --target a100 --bits w4a16,w8a8kv8 --batch 1,32 --sequence 2048
        hwsim estimate llama.json --graph decode --target a100 --sequence 2048    layer by layer
        hwsim estimate model.onnx --target stm32f746+tinyengine --allocation out/B.json
        hwsim estimate my_project/ --target xcvu9p+vitis-2023.2 --limit dsp=500

      Exit code 1: it does not fit, or a limit is broken. hwsim targets lists the devices.
      """)

  static let essentials = [
    "target", "bits", "allocation", "limit", "batch", "sequence", "patch", "explain", "all",
    "json",
  ]

  @Argument(
    help: .init(
      "The model: a quantized .tflite file, an hls4ml project, a float .onnx network, taken as its "
        + "8-bit form, or a transformer's config.json.", valueName: "MODEL"),
    completion: .file())
  var model: String?

  @Option(
    help: .init(
      "A device's id, alias or .json file; several by repeating it or by commas.",
      valueName: "ID|FILE"), completion: .targets)
  var target: [String] = []

  @Option(
    help: .init("Encodings of layers, as hwsim search writes them.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var allocation: String?

  @Option(
    help: .init(
      "Bits of all weights and activations, such as w4a8; several by commas.",
      valueName: "BITS,..."))
  var bits: String?

  @Option(
    help: .init("Another clock than the device's, such as 80MHz or 8e7.", valueName: "HZ"))
  var clock: String?

  @Option(
    help: .init(
      "A bound, such as sram=320KiB or latency=50ms; repeat for several.",
      valueName: "NAME=AMOUNT"))
  var limit: [String] = []

  @Option(help: .init("The formula of one layer, with numbers and sources.", valueName: "LAYER"))
  var explain: String?

  @Option(
    help: .init(
      "Run the first layers in N x N tiles, or auto: the cheapest schedule that fits.",
      valueName: "N|auto"))
  var patch: String?

  @Option(help: .init("Last block of the layers that run in tiles.", valueName: "BLOCK"))
  var splitAfter: Int?

  @Option(
    help: .init(
      "Shape of an ONNX input with dynamic dimensions, as NAME=1x3x32x32; repeat for several.",
      valueName: "NAME=SHAPE"))
  var shape: [String] = []

  @Option(
    help: .init(
      "Samples at a time, for devices that take several; several values by commas.",
      valueName: "N,..."))
  var batch: String?

  @Option(
    help: .init("Tokens of a sequence, for transformers; several by commas.", valueName: "N,..."))
  var sequence: String?

  @Option(
    help: .init(
      "A choice that a family of devices knows; repeat for several.", valueName: "NAME=VALUE"))
  var option: [String] = []

  @Option(
    help: .init(
      "Transformers: one pass layer by layer, as any network: prefill, decode, encoder, step.",
      valueName: "PASS"))
  var graph: String?

  @Option(help: .init("GPUs that a transformer is spread over.", valueName: "N"))
  var tensorParallel: Int?

  @Option(
    help: .init(
      "The batch at which the faster of two configurations changes, such as w4a16,w8a8.",
      valueName: "BITS,BITS"))
  var crossover: String?

  @Option(
    help: .init(
      "Answer matrix products instead: a table with columns id, device, quant, m, n, k.",
      valueName: "ROWS.csv"), completion: .file(extensions: ["csv"]))
  var gemms: String?

  @Option(
    help: .init(
      "Fit the target's constants to measured products: columns quant, m, n, k, latency_ms.",
      valueName: "ROWS.csv"), completion: .file(extensions: ["csv"]))
  var calibrate: String?

  @Option(
    help: .init(
      "Answer a document of cases instead, in a layout that a family of devices knows.",
      valueName: "FILE.json"), completion: .file(extensions: ["json"]))
  var cases: String?

  @Option(
    help: .init("Arrays that --cases names.", valueName: "FILE.npz"),
    completion: .file(extensions: ["npz"]))
  var arrays: String?

  @OptionGroup var release: HLS4MLVersionOption
  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(visibility: .hidden) var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var verdicts: CaseOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: TableOptions

  var asksCSV: Bool { table.csv }
  var caseOptions: CaseOptions? { verdicts }

  func validate() throws {
    if bits != nil && allocation != nil {
      throw ValidationError("--bits and --allocation exclude each other.")
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    if let questions = try questions() { return questions }
    if let calibrate { return try calibration(calibrate) }
    guard let model else {
      throw Failure(
        "usage.arguments", "no model is given", notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "hwsim estimate MODEL --target ID.")
    }
    let targets = try TargetChoice.list(target)
    guard !targets.isEmpty else {
      throw Failure(
        "usage.arguments", "no target is given",
        remedy: "add --target ID; hwsim targets lists the devices.")
    }
    if graph == nil, let report = try transformerReport(model, targets) { return report }
    guard tensorParallel == nil, crossover == nil else {
      throw Failure(
        "usage.arguments", "--tensor-parallel and --crossover are those of transformers",
        remedy: "leave them out, or name a transformer's configuration.")
    }
    let quantities = Self.quantities(of: targets)
    var limits: [EstimateLimit] = []
    for text in limit { limits.append(try EstimateLimit(text, among: quantities)) }
    var widths: [BitsOption] = []
    if let bits { widths = try BitsOption.list(bits) }
    let deviceOptions = DeviceOptions(clockHz: try Self.clock(clock))
    let options = try WorkloadOptions.read(
      option, for: targets,
      with: ["patch": patch, "split-after": splitAfter.map(String.init)].compactMapValues(\.self))
    let given = try allocation.map { path throws(Failure) in try AllocationFile(path: path) }
    let workloads = try workloads(model, options: options, limits: limits, allocation: given)
    let network = workloads[0].network
    var choices: [(bits: String?, formats: FormatChoices, place: String?)] = []
    if let given {
      try given.checkModel(network.record)
      choices.append((nil, try network.choices(given), given.path))
    }
    choices += widths.map { ($0.text, $0.choices, "--bits \($0.text)") }
    if choices.isEmpty { choices.append((nil, FormatChoices(), nil)) }
    var answers: [EstimateAnswer] = []
    for choice in targets {
      guard let family = choice.family else { continue }
      let device = try choice.device(deviceOptions)
      for (network, workload) in workloads {
        let deployment: any DeployedWorkload
        do throws(DeviceProblems) {
          deployment = try device.deploy(workload)
        } catch {
          throw Failure(error, file: network.path)
        }
        for (bits, formats, place) in choices {
          let schedule: Schedule
          do throws(DeviceProblems) {
            schedule = try deployment.schedule(formats, for: nil)
          } catch {
            throw Failure(error, file: place ?? network.path)
          }
          answers.append(
            EstimateAnswer(
              model: network, device: device, family: family, schedule: schedule, bits: bits,
              sizes: network.sizes.merging(workload.sizes) { $1 }, limits: limits))
        }
      }
    }
    try checkLayer(answers)
    return report(answers, targets: targets, record: network.record)
  }

  /// What devices are asked to run: a file for each of the sizes, or passes of a transformer.
  private func workloads(
    _ path: String, options: [String: String], limits: [EstimateLimit],
    allocation: AllocationFile? = nil
  ) throws(Failure) -> [(network: EstimatedNetwork, workload: Workload)] {
    guard let graph else {
      var modelOptions = ModelOptions()
      modelOptions.shapes = shape
      modelOptions.hls4mlVersion = try release.version
      var file = try ModelFile(path: path, options: modelOptions)
      if let allocation, allocation.namesTiles(of: file.graph) {
        guard case .grid(let grid, let block) = try patchRequest() else {
          throw Failure(
            "allocation.unknown-name", "the allocation names tiles, and no schedule is given",
            at: allocation.path,
            remedy: "add the --patch N and --split-after B that it was searched with.")
        }
        file = try file.patched(grid: grid, splitAfter: block)
      }
      let network = try EstimatedNetwork(file: file)
      return try sizes().map { sizes -> (network: EstimatedNetwork, workload: Workload) in
        var workload = network.workload(options: options, limits: limits)
        workload.sizes = sizes
        return (network, workload)
      }
    }
    guard let source = try TransformerSource(path), shape.isEmpty else {
      throw Failure(
        "usage.arguments", "--graph is about transformers' configurations", at: path,
        remedy: "leave it out; write sizes of a configuration as --batch and --sequence.")
    }
    var found: [(network: EstimatedNetwork, workload: Workload)] = []
    for sizes in try sizes() {
      let network = try EstimatedNetwork(source.file, phase: graph, sizes: sizes)
      found.append((network, network.workload(options: options, limits: limits)))
    }
    return found
  }

  private func patchRequest() throws(Failure) -> PatchRequest? {
    do throws(DeviceProblems) {
      return try PatchRequest(patch: patch, splitAfter: splitAfter)
    } catch {
      throw Failure(error, file: nil)
    }
  }

  /// The quantities of the families of some targets, each once.
  private static func quantities(of targets: [TargetChoice]) -> [CostQuantity] {
    var keys: Set<String> = []
    return targets.compactMap(\.family).flatMap(\.quantities).filter {
      keys.insert($0.key).inserted
    }
  }

  /// The constants that follow from a user's measurements.
  private func calibration(_ path: String) throws(Failure) -> Report {
    guard model == nil, bits == nil, allocation == nil else {
      throw Failure(
        "usage.arguments", "--calibrate takes --target alone",
        remedy: "write hwsim estimate --calibrate ROWS.csv --target ID.")
    }
    let targets = try TargetChoice.list(target)
    guard targets.count == 1, let choice = targets.first else {
      throw Failure(
        "usage.arguments", "--calibrate fits one target", remedy: "add --target ID.")
    }
    let answer = try CalibrationAnswer(
      path, choice, options: DeviceOptions(clockHz: try Self.clock(clock)))
    return Report(
      schema: "estimate",
      arguments: ["target": .string(choice.description.id), "calibrate": .string(path)],
      inputs: [InputRecord(role: "calibrate", path: path, kind: "csv")], target: choice.record,
      result: answer.json, table: answer.table
    ) { style in answer.text(style) }
  }

  /// The answer for a transformer's configuration in rows of prefill and decode; nil for other models.
  private func transformerReport(
    _ path: String, _ targets: [TargetChoice]
  ) throws(Failure) -> Report? {
    guard let model = try TransformerSource(path) else { return nil }
    guard allocation == nil, patch == nil, splitAfter == nil, shape.isEmpty, limit.isEmpty,
      option.isEmpty
    else {
      throw Failure(
        "usage.arguments",
        "transformers take --bits, --batch, --sequence, --tensor-parallel and --crossover",
        remedy: "leave the other options out.")
    }
    let pair = crossover.map { $0.split(separator: ",").map(String.init) } ?? []
    guard crossover == nil || pair.count == 2 else {
      throw Failure(
        "usage.arguments", "--crossover \(crossover ?? "") names no two configurations",
        remedy: "write --crossover w4a16,w8a8.")
    }
    var request = TransformerRows.Request()
    request.targets = targets
    request.options = DeviceOptions(clockHz: try Self.clock(clock))
    request.formats =
      bits.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
    request.sizes = try sizes()
    request.devices = tensorParallel ?? 1
    request.crossover = pair
    let rows = try TransformerRows(path, request) { sizes throws(Failure) in
      try model.workload(sizes)
    }
    let explained = try explain.map { layer throws(Failure) in
      try rows.explanation(of: layer, .plain)
    }
    var inputs = [model.record]
    for choice in targets {
      if let path = choice.path {
        inputs.append(InputRecord(role: "target", path: path, kind: "target"))
      }
    }
    return Report(
      schema: "estimate",
      arguments: [
        "target": .strings(targets.map(\.description.id)), "bits": .optional(bits),
        "clock": .optional(clock), "explain": .optional(explain), "batch": .optional(batch),
        "sequence": .optional(sequence), "tensor-parallel": .optional(tensorParallel),
        "crossover": .optional(crossover),
      ],
      inputs: inputs, target: targets.count == 1 ? targets[0].record : .null,
      result: explained.map { rows.json.adding(["explanation": .string($0)]) } ?? rows.json,
      status: rows.fits ? .yes : .no, table: rows.table
    ) { [all = self.table.all, explain] style in
      // The same question was answered above, for no terminal.
      explained.map { text in
        explain.flatMap { try? rows.explanation(of: $0, style) } ?? text
      } ?? rows.text(style, showsAll: all)
    }
  }

  /// The answer to `--gemms` or `--cases`; nil where a model is asked about.
  private func questions() throws(Failure) -> Report? {
    guard gemms != nil || cases != nil || arrays != nil else { return nil }
    guard model == nil, (gemms != nil) != (cases != nil), arrays == nil || cases != nil else {
      throw Failure(
        "usage.arguments", "MODEL, --gemms and --cases exclude each other",
        notes: ["--arrays goes with --cases"], remedy: "give one of them.")
    }
    let targets = try TargetChoice.list(target)
    let arguments: JSON = [
      "target": .strings(targets.map(\.description.id)), "gemms": .optional(gemms),
      "cases": .optional(cases), "arrays": .optional(arrays), "clock": .optional(clock),
    ]
    var inputs: [InputRecord] = []
    for (role, path) in [("gemms", gemms), ("cases", cases), ("arrays", arrays)] {
      if let path { inputs.append(InputRecord(role: role, path: path, kind: role)) }
    }
    if let gemms {
      let (result, table) = try DeviceQuestions.gemms(
        gemms, targets: targets, options: DeviceOptions(clockHz: try Self.clock(clock)))
      return Report(
        schema: "estimate", arguments: arguments, inputs: inputs, result: result, table: table
      ) { [all = self.table.all] style in table.render(limit: all ? nil : 40, style: style) }
    }
    let result = try DeviceQuestions.cases(cases ?? "", arrays: arrays)
    return Report(
      schema: "estimate", arguments: arguments, inputs: inputs, result: result, isVerbatim: true
    ) { _ in result.document }
  }

  /// Every combination of `--batch` and `--sequence`.
  private func sizes() throws(Failure) -> [[String: Int]] {
    var all: [[String: Int]] = [[:]]
    for (name, text) in [("batch", batch), ("sequence", sequence)] {
      guard let text else { continue }
      var values: [Int] = []
      for word in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let value = Int(word), (1...1 << 40).contains(value) else {
          throw Failure(
            "usage.arguments", "--\(name) \(text) is no list of positive numbers",
            remedy: "write --\(name) 1,8,32.")
        }
        values.append(value)
      }
      all = all.flatMap { sizes in values.map { sizes.merging([name: $0]) { $1 } } }
    }
    return all
  }

  private func report(
    _ answers: [EstimateAnswer], targets: [TargetChoice], record: InputRecord
  ) -> Report {
    let explanations = explain.map { layer in
      answers.compactMap { LayerExplanation($0, layer: layer) }
    }
    var inputs = [record]
    for choice in targets {
      if let path = choice.path {
        inputs.append(InputRecord(role: "target", path: path, kind: "target"))
      }
    }
    if let allocation {
      inputs.append(InputRecord(role: "allocation", path: allocation, kind: "allocation"))
    }
    let documents = answers.map { $0.json(explaining: explain) }
    // One shape for one and several: a single estimate is also the result itself.
    let results: JSON = ["results": .array(documents)]
    let result =
      documents.count == 1 ? documents[0].adding(results) : results
    let table = answers.count == 1 ? answers[0].table : EstimateComparison.table(answers)
    return Report(
      schema: "estimate",
      arguments: [
        "target": .strings(targets.map(\.description.id)), "allocation": .optional(allocation),
        "bits": .optional(bits), "clock": .optional(clock), "limit": .strings(limit),
        "explain": .optional(explain), "patch": .optional(patch),
        "split-after": .optional(splitAfter), "shape": .strings(shape), "graph": .optional(graph),
        "hls4ml_version": .optional(release.hls4mlVersion),
        "batch": .optional(batch), "sequence": .optional(sequence), "option": .strings(option),
      ],
      inputs: inputs, target: targets.count == 1 ? targets[0].record : .null,
      result: result, status: answers.allSatisfy(\.isYes) ? .yes : .no, table: table
    ) { [all = self.table.all] style in
      if let explanations {
        return explanations.isEmpty
          ? "nothing is known of what its layers take on this target\n"
          : explanations.map { $0.text(style) }.joined(separator: "\n")
      }
      return answers.count == 1
        ? answers[0].text(style, showsAll: all)
        : EstimateComparison.text(answers, style: style, showsAll: all)
    }
  }

  /// Refuses a layer to explain that no schedule has.
  private func checkLayer(_ answers: [EstimateAnswer]) throws(Failure) {
    guard let explain, let first = answers.first,
      !answers.contains(where: { $0.schedule.position(of: explain) != nil })
    else { return }
    _ = try first.schedule.names.layer(
      explain, listedBy: "hwsim inspect \(model ?? "MODEL")", at: "--explain")
  }

  /// `80MHz`, `8e7Hz`; nil if nothing is given.
  private static func clock(_ text: String?) throws(Failure) -> Double? {
    guard let text else { return nil }
    if let value = UnitAmount.value(text, unit: "Hz"), value > 0 { return value }
    throw Failure(
      "usage.arguments", "--clock \(text) is no frequency", remedy: "write it with its unit: 80MHz."
    )
  }
}
