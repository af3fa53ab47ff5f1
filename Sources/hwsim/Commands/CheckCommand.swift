import ArgumentParser
import Documents
import HWModel
import Manual
import QuantGraph
import Sessions

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
        hwsim check my_project/ --inputs x.npy --expected y.npy --layers trace.npz
        hwsim check kws.tflite --against dyadic --requantize half-up
      """)

  static let essentials = [
    "inputs", "expected", "layers", "against", "tolerance", "explain", "first", "datapath",
    "json",
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
      "Compare with what these rules compute, every tensor, instead of with --expected; model: with the "
        + "model as it is, without --patch and --allocation.",
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

  @Option(
    help: .init(
      "Look for the cause of a mismatch: none; fast (for 10 seconds); or full (to the end).",
      valueName: "EFFORT"))
  var explain = ExplainEffort(effort: .fast)

  @Flag(help: "Bring integer inputs outside their format into range by the input's own rule.")
  var allowOverflow = false

  @OptionGroup(title: "Inputs and rules") var binding: ModelArguments
  @OptionGroup(title: "Inputs and rules") var allocating: AllocationOption
  @OptionGroup(title: "How it is computed") var threading: ThreadOption
  @OptionGroup(title: "How it is computed") var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var cases: CaseOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(title: "Output") var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  var caseOptions: CaseOptions? { cases }

  func validate() throws {
    if tolerance < 0 { throw ValidationError("--tolerance \(tolerance) is negative.") }
    if let first, first < 1 { throw ValidationError("--first \(first) is not positive.") }
  }

  /// What is compared, and how.
  var options: ModelCheck.Options {
    var options = ModelCheck.Options()
    options.inputs = inputs
    options.expected = expected
    options.layers = layers
    options.tolerance = tolerance
    options.first = first
    options.reportLimit = maxReports.count
    options.allowsOverflow = allowOverflow
    options.threads = threading.threads ?? Processors.count
    options.seed = seeding.seed
    options.explain = explain.effort
    return options
  }

  func report(_ session: Session) throws(Failure) -> Report {
    var file = try ModelFile(path: model, options: try binding.options(inputs: inputs))
    let original =
      against == ModelCheck.againstModel
      ? try ModelFile(path: model, options: try binding.options(inputs: inputs, isWhole: true))
      : nil
    if original != nil, file.isFloatNetwork {
      throw Failure(
        "usage.arguments", "--against model is about quantized models",
        remedy: "name rules, or give --expected.")
    }
    var (rules, otherRules): (DatapathChoice?, DatapathChoice?)
    if let allocation = try allocating.file(for: file) {
      if file.isFloatNetwork {
        try binding.refuseRules(others: [against].compactMap(\.self))
        let whole = file
        (file, rules) = try whole.fakeQuantized(allocation, cores: try binding.coresOfLayers())
        if let against {
          (_, otherRules) = try whole.fakeQuantized(
            allocation, cores: try binding.coresOfLayers(against, option: "against"))
        }
      } else {
        file = try file.applying(allocation)
      }
    }
    let choice: DatapathChoice
    if let rules {
      choice = rules
    } else {
      choice = try binding.choice(
        for: file, others: [original == nil ? against : nil].compactMap(\.self))
    }
    let progress = session.progress("samples")
    defer { progress.finish() }
    let check: ModelCheck
    if let against {
      guard expected.isEmpty, layers == nil else {
        throw Failure(
          "usage.arguments",
          "--against computes what is expected; --expected and --layers do not apply",
          remedy: "leave them out, or leave --against out.")
      }
      let other: DatapathChoice
      if original != nil {
        other = choice
      } else if let otherRules {
        other = otherRules
      } else {
        other = try DatapathChoice(
          against, try binding.parameters(), for: file, option: "against")
      }
      check = try ModelCheck(
        file, by: choice, against: other, of: original, options: options,
        progress: progress.update)
    } else {
      let causes = session.progress("steps of the search of causes")
      defer { causes.finish() }
      check = try ModelCheck(
        file, by: choice, options: options, progress: progress.update,
        searching: { steps in
          progress.finish()
          causes.update(done: steps)
        })
    }
    return Report(
      schema: "check",
      arguments: binding.json(choice).adding([
        "allocation": .optional(allocating.allocation), "against": .optional(against),
        "tolerance": .integer(tolerance), "first": .optional(first),
        "max_reports": maxReports.json, "explain": .string(explain.effort.rawValue),
        "allow_overflow": .bool(allowOverflow),
        "seed": .integer(Int(clamping: seeding.seed)),
      ]),
      inputs: [file.record] + allocating.records + check.records, warnings: check.warnings,
      result: check.answer.json, status: check.verdict == .mismatch ? .no : .yes,
      table: check.answer.table,
      text: { style in check.answer.text(style) })
  }
}

/// How far a mismatch is looked into.
struct ExplainEffort: ExpressibleByArgument {
  let effort: ModelCheck.Explain

  init(effort: ModelCheck.Explain) { self.effort = effort }

  init?(argument: String) {
    guard let effort = ModelCheck.Explain(rawValue: argument) else { return nil }
    self.effort = effort
  }

  var defaultValueDescription: String { effort.rawValue }

  static var allValueStrings: [String] { ModelCheck.Explain.allCases.map(\.rawValue) }
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
