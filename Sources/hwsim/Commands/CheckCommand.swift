import Arith
import ArgumentParser
import Documents
import FoundationEssentials
import HWModel
import Importers
import QuantGraph

/// `hwsim check MODEL`: whether the model computes what was observed, bit for bit.
struct CheckCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Says whether a model matches observed outputs bit for bit, and if not, where and why.",
    usage:
      "hwsim check MODEL [--inputs FILE]... [--expected FILE]... [--layers FILE|DIR] [options]",
    discussion: """
      MODEL is an hls4ml project folder or .fml file, a .tflite or an .onnx file. Arrays are .npy,
      .npz or text logs, each also through gzip. Without --inputs and --expected a project's own
      tb_data/ is used. --against compares two sets of rules instead: which node and element part
      first, how many values differ and by how much; without --inputs on drawn codes.

      EXAMPLES:
        hwsim check my_project/                                     after build(csim=True)
        hwsim check model.fml --inputs x.npy --expected y.npy --layers trace.npz
        hwsim check model.tflite --against dyadic --requantize half-up
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
    help: .init(
      "Expected output array, or NAME=FILE; repeat for several outputs.", valueName: "FILE"),
    completion: .file())
  var expected: [String] = []

  @Option(
    help: .init(
      "Expected values of layers: an .npz named by layer, or a folder of LAYER.npy.",
      valueName: "FILE|DIR"),
    completion: .file())
  var layers: String?

  @Option(
    help: .init(
      "Compare with what these rules compute, every tensor, instead of with --expected.",
      valueName: "NAME"),
    completion: .list(DatapathChoice.names))
  var against: String?

  @Option(
    help: .init(
      "Differences up to this many units of the last place count as WITHIN.",
      valueName: "LSB"))
  var tolerance = 0

  @Option(help: .init("Look at the first N samples only.", valueName: "N"))
  var first: Int?

  @Option(help: .init("Mismatches to list: a number or all.", valueName: "N"))
  var maxReports = ReportLimit(count: 5)

  @Flag(help: "Bring integer inputs outside their format into range by the input's own rule.")
  var allowOverflow = false

  @OptionGroup var binding: ModelArguments
  @OptionGroup var allocating: AllocationOption
  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if tolerance < 0 { throw ValidationError("--tolerance \(tolerance) is negative.") }
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    var given = try ModelFile(path: model, options: try binding.options())
    if let allocation = try allocating.file(for: given) {
      if given.isFloatNetwork {
        return try FloatCheck(self, file: given, allocation: allocation).report(session)
      }
      given = try given.applying(allocation)
    }
    if let against { return try report(given, against: against, session) }
    let choice = try binding.choice(for: given)
    let data = try CheckData(self, model: given)
    let file = data.model
    let plan = try choice.plan(file)
    let threads = computing.threads ?? Processors.count
    let check = Check(
      plan: plan, tolerance: Double(tolerance), threads: threads,
      maxReports: max(maxReports.count, 64),
      firstSamples: first, wrapsCodes: allowOverflow
    ) { Printed.matches($0, token: $1, digits: $2) }
    let sources = try data.open()
    let printed = sources.expected.map { PrintedResolution($0.source, of: plan.graph[$0.tensor]) }
    let progress = session.progress("samples")
    let total = first ?? data.inputs.rowCount()
    let result: CheckResult
    do throws(Diagnostic) {
      result = try check.run(
        CheckSources(
          inputs: sources.inputs, expected: zip(sources.expected, printed).map { ($0.tensor, $1) })
      ) { done in if let total { progress.update(done: done, of: total) } }
    } catch {
      progress.finish()
      throw Failure(error)
    }
    progress.finish()
    guard result.samples > 0 else {
      throw Failure(
        "check.no-data", "the files hold no samples", at: model,
        remedy: "give at least one sample of each input.")
    }
    let answer = CheckAnswer(
      file: file, graph: plan.graph, datapath: plan.datapath, labels: data.labels,
      result: result, printed: printed,
      overflows: try OverflowCount(data, plan: plan, check: check, result: result),
      explanation: try explanation(of: result, file: file, plan: plan, data: data),
      usesTestBench: data.usesTestBench, limit: maxReports.count)
    return Report(
      schema: "check", arguments: arguments(choice),
      inputs: [file.record] + allocating.records + data.records,
      warnings: try file.archiveWarnings(),
      result: answer.json,
      status: result.verdict == .mismatch ? .no : .yes,
      text: { style in answer.text(style) })
  }

  private func arguments(_ choice: DatapathChoice) -> JSON {
    binding.json(choice).adding([
      "allocation": .optional(allocating.allocation), "against": .optional(against),
      "tolerance": .integer(tolerance), "first": .optional(first),
      "max_reports": maxReports.json, "allow_overflow": .bool(allowOverflow),
      "seed": .integer(Int(clamping: computing.seed)),
    ])
  }

  /// Samples drawn where no inputs are given and none are asked for.
  private static let drawnSamples = 16

  /// Compares what two sets of rules compute from the same inputs.
  private func report(
    _ given: ModelFile, against name: String, _ session: Session
  ) throws(Failure) -> Report {
    guard expected.isEmpty, layers == nil else {
      throw Failure(
        "usage.arguments",
        "--against computes what is expected; --expected and --layers do not apply",
        remedy: "leave them out, or leave --against out.")
    }
    let choice = try binding.choice(for: given, others: [name])
    let other = try DatapathChoice(name, requantize: binding.requantize, option: "against")
    let role = TensorFiles.Role(option: "inputs", what: "the model's inputs", linesTogether: 1)
    let files =
      inputs.isEmpty
      ? nil : try TensorFiles(inputs, for: given.graph.inputs, of: given.graph, role: role)
    let file = try given.batched { files.map { $0.rowCount() } ?? 1 }
    let plan = try choice.plan(file)
    let reference = try other.plan(file)
    let threads = computing.threads ?? Processors.count
    let tensors = ReferenceRun.comparableTensors(
      plan, reference,
      among: file.writtenTensors
        + file.graph.outputs.filter { id in
          !file.writtenTensors.contains(id)
        })
    guard !tensors.isEmpty else {
      throw Failure(
        "check.no-data", "the two sets of rules have no tensor in common", at: model,
        remedy: "compare rules that keep the model's tensors.")
    }
    func sources() throws(Failure) -> [any SampleSource] {
      guard let files else { return try drawn(file, plan, reference) }
      return try file.inputSources(files, wrapsCodes: allowOverflow)
    }
    let run = ReferenceRun(
      reference, inputs: try sources(), target: plan.graph, tensors: tensors, threads: threads)
    let check = Check(
      plan: plan, tolerance: Double(tolerance), threads: threads,
      maxReports: max(maxReports.count, 64), firstSamples: first, wrapsCodes: allowOverflow,
      steps: run.steps
    ) { Printed.matches($0, token: $1, digits: $2) }
    let progress = session.progress("samples")
    let total = files.map { $0.rowCount() } ?? (first ?? Self.drawnSamples)
    let own = try sources()
    let result: CheckResult
    do throws(Diagnostic) {
      result = try check.run(
        CheckSources(inputs: own, expected: run.sources)
      ) { done in if let total { progress.update(done: done, of: total) } }
    } catch {
      progress.finish()
      throw Failure(error)
    }
    progress.finish()
    let outputs = Set(plan.graph.outputs)
    let labels = tensors.map { id in
      CheckLabel(
        name: plan.graph[id].name, place: "datapath \(name)", isOutput: outputs.contains(id))
    }
    let answer = CheckAnswer(
      file: file, graph: plan.graph, datapath: plan.datapath, labels: labels, result: result,
      against: .init(datapath: name, isDrawn: files == nil), limit: maxReports.count)
    return Report(
      schema: "check", arguments: arguments(choice),
      inputs: [file.record] + allocating.records + (files?.records(role: "inputs") ?? []),
      result: answer.json,
      status: result.verdict == .mismatch ? .no : .yes,
      text: { style in answer.text(style) })
  }

  /// Seeded codes for every input, as numbers where one of the plans takes numbers.
  private func drawn(
    _ file: ModelFile, _ plan: Plan, _ reference: Plan
  ) throws(Failure) -> [any SampleSource] {
    var sources: [any SampleSource] = []
    for (position, id) in file.graph.inputs.enumerated() {
      let tensors = [plan.graph[id], reference.graph[id]]
      let coded = tensors.first { ElementScale($0)?.codeRange != nil }
      guard let coded,
        let source = SeededSamples(
          coded, asValues: tensors[0].encoding != tensors[1].encoding,
          seed: computing.seed &+ UInt64(position), samples: first ?? Self.drawnSamples)
      else {
        throw Failure(
          "check.no-data",
          "input '\(file.graph[id].name)' is \(file.graph[id].encoding.name): there is no range to "
            + "draw codes from", at: model, remedy: "give inputs: --inputs x.npy.")
      }
      sources.append(source)
    }
    return sources
  }

  private func explanation(
    of result: CheckResult, file: ModelFile, plan: Plan, data: CheckData
  ) throws(Failure) -> Diagnosis.Outcome? {
    // What is within the tolerance needs no explanation.
    guard plan.datapath == HLSFixed.name, result.verdict == .mismatch,
      let divergent = result.firstDivergentNode,
      let mismatch = result.firstMismatch, data.canReopen
    else { return nil }
    let sources = try data.open()
    do throws(Diagnostic) {
      let observed = try ObservedSamples.read(
        CheckSources(inputs: sources.inputs, expected: sources.expected), plan: plan,
        firstMismatch: mismatch.sample, limit: min(512, (first ?? .max) - mismatch.sample))
      let originals = file.isProject ? HLS4ML.writtenValues(of: file.graph, inProject: model) : [:]
      return try Diagnosis(
        graph: file.graph, originals: originals, threads: computing.threads ?? Processors.count
      ) {
        Printed.matches($0, token: $1, digits: $2)
      }.explain(observed, divergent: divergent)
    } catch {
      throw Failure(error)
    }
  }
}

/// How many of something are listed: a number, or all.
struct ReportLimit: ExpressibleByArgument {
  let count: Int

  init(count: Int) { self.count = count }

  init?(argument: String) {
    if argument == "all" {
      count = Int.max
    } else {
      guard let number = Int(argument), number >= 0 else { return nil }
      count = number
    }
  }

  var defaultValueDescription: String { count == Int.max ? "all" : String(count) }

  var json: JSON { count == Int.max ? "all" : .integer(count) }
}
