import ArgumentParser
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
      MODEL is an hls4ml project folder or .fml file. Arrays are .npy, .npz or text logs, each also
      through gzip. Without --inputs and --expected a project's own tb_data/ is used.

      EXAMPLES:
        hwsim check my_project/                                     after build(csim=True)
        hwsim check model.fml --inputs x.npy --expected y.npy --layers trace.npz
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
    help: .init("Rules of the hardware (default: by the model's kind).", valueName: "NAME"),
    completion: .list(ModelFile.datapaths))
  var datapath: String?

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

  @OptionGroup var computing: RunOptions
  @OptionGroup var outputOptions: OutputOptions

  func validate() throws {
    if tolerance < 0 { throw ValidationError("--tolerance \(tolerance) is negative.") }
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let file = try ModelFile(path: model)
    let plan = try file.plan(on: datapath)
    let data = try CheckData(self, model: file)
    let threads = computing.threads ?? Processors.count
    let check = Check(
      plan: plan, tolerance: Double(tolerance), threads: threads,
      maxReports: max(maxReports.count, 64),
      firstSamples: first, wrapsCodes: allowOverflow
    ) { Printed.matches($0, token: $1, digits: $2) }
    let sources = try data.open()
    let printed = sources.expected.map { PrintedResolution($0.source, of: file.graph[$0.tensor]) }
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
      file: file, plan: plan, data: data, result: result, printed: printed,
      overflows: try OverflowCount(data, plan: plan, check: check, result: result),
      explanation: try explanation(of: result, file: file, plan: plan, data: data),
      limit: maxReports.count)
    return Report(
      schema: "check",
      arguments: [
        "datapath": .string(plan.datapath), "tolerance": .integer(tolerance),
        "first": .optional(first), "max_reports": maxReports.json,
        "allow_overflow": .bool(allowOverflow), "seed": .integer(Int(clamping: computing.seed)),
      ],
      inputs: [file.record] + data.records, warnings: try file.archiveWarnings(),
      result: answer.json,
      status: result.verdict == .mismatch ? .no : .yes,
      text: { style in answer.text(style) })
  }

  private func explanation(
    of result: CheckResult, file: ModelFile, plan: Plan, data: CheckData
  ) throws(Failure) -> Diagnosis.Outcome? {
    // What is within the tolerance needs no explanation.
    guard result.verdict == .mismatch, let divergent = result.firstDivergentNode,
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
