import ArgumentParser
import Documents
import Manual
import QuantGraph
import Reports

/// `hwsim compare A.json B.json`: whether B is worse than A.
struct CompareCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Says whether a result is worse than an earlier one of the same kind, and by how much.",
    usage: "hwsim compare A.json B.json [--threshold 5%] [options]",
    discussion: """
      A.json and B.json are what search, estimate, check or run wrote with --json or --json-file. B is
      worse, and the exit code 1, if a judged number is worse by more than the threshold, in percent of
      A's number. Judged, and better if
        search    higher  hypervolume (share of the box between the best and worst values of both
                          frontiers), the best of each maximised objective, and the quality that B
                          reaches at the cost of each frontier point of A
                  lower   the best of each minimised objective; of --table each problem's objective
        estimate  lower   latency, cycles, energy, resources used, memory, peak
        check     higher  equal values, also by output and layer
                  lower   largest and mean difference
        run       higher  SQNR
                  lower   saturated, wrapped and overflowed values of each tensor
      A worse verdict (FITS to DOES NOT FIT, BIT-EXACT to MISMATCH) and a judged number that only A has
      count whatever the threshold. Other numbers (layers of an estimate, ranges, evaluations, MAC) are
      shown and not judged.

      B may be the report of C synthesis of the estimate's project (csynth.xml, *_csynth.rpt). Of FPGAs the
      layer is named that is off most: its difference is the largest part of all layers together.

      EXAMPLES:
        hwsim compare before.json after.json
        hwsim compare estimate.json myproject_csynth.rpt
        hwsim compare main.json branch.json --threshold 2% --json
      """)

  @Argument(
    help: .init("The earlier result and the new one.", valueName: "A.json B.json"),
    completion: .file(extensions: ["json"]))
  var results: [String] = []

  @Option(
    help: .init("How much worse a number of B may be, in percent of A's.", valueName: "PERCENT"))
  var threshold = Percentage(value: 5)

  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(visibility: .hidden) var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var cases: CaseOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: TableOptions

  var asksCSV: Bool { table.csv }
  var caseOptions: CaseOptions? { cases }

  /// A result, or the report of C synthesis that an estimate is compared with.
  private func second(_ path: String, beside a: ResultFile) throws(Failure) -> ResultFile {
    if a.kind == .estimate, path.hasSuffix(".rpt") || path.hasSuffix(".xml") {
      if let report = try ResultFile(report: path, of: a) { return report }
    }
    return try ResultFile(path: path)
  }

  func report(_ session: Session) throws(Failure) -> Report {
    guard results.count == 2 else {
      throw Failure(
        "usage.arguments", "two results are compared, found \(results.count)",
        notes: ["usage: \(Self.configuration.usage ?? "")"],
        remedy: "name the earlier result, then the new one.")
    }
    guard results != ["-", "-"] else {
      throw Failure(
        "usage.arguments", "standard input can be read once",
        remedy: "name a file for one of the results.")
    }
    let a = try ResultFile(path: results[0])
    let b = try second(results[1], beside: a)
    let answer = try ComparisonAnswer(a, b, threshold: threshold.value)
    return Report(
      schema: "compare", arguments: ["threshold": .string(threshold.defaultValueDescription)],
      inputs: [a.record, b.record], result: answer.json, status: answer.isWorse ? .no : .yes,
      table: answer.table,
      text: { [showsAll = table.all] style in answer.text(style, showsAll: showsAll) })
  }
}

/// A share given in percent, such as `5%`.
struct Percentage: ExpressibleByArgument {
  /// In percent, at least 0.
  let value: Double

  init(value: Double) { self.value = value }

  init?(argument: String) {
    // A bare 0.05 might mean either; the sign says which.
    guard argument.hasSuffix("%"), let value = Double(argument.dropLast()), value.isFinite,
      value >= 0
    else { return nil }
    self.value = value
  }

  var defaultValueDescription: String {
    value == value.rounded() && value < 1e15 ? "\(Int(value))%" : "\(value)%"
  }
}
