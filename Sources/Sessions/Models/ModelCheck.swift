import Arith
public import HWModel
public import Importers
public import QuantGraph
import Synchronization

/// Whether a model computes what was observed, bit for bit: with files, or with other rules.
public struct ModelCheck: Sendable {
  /// How far a mismatch is looked into.
  ///
  /// Causes are searched for, and the bounds of float rounding are computed, for so long.
  public enum Explain: String, Sendable, CaseIterable {
    case none, fast, full

    /// Asked between steps of a search that may take so long from now on, unless it is full.
    ///
    /// `tried` is told how often it was asked.
    func mayGoOn(
      seconds: Double, tried: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> @Sendable () -> Bool {
      let isInTime = isInTime(seconds: seconds)
      let count = Mutex(0)
      return {
        tried(
          count.withLock { count in
            count += 1
            return count
          })
        return isInTime()
      }
    }

    private func isInTime(seconds: Double) -> @Sendable () -> Bool {
      switch self {
      case .none: return { false }
      case .fast:
        let end = ContinuousClock.now + .seconds(seconds)
        return { ContinuousClock.now < end }
      case .full: return { true }
      }
    }
  }

  /// What is compared, and how.
  public struct Options: Sendable {
    /// Files of the inputs, `NAME=FILE` or in the model's order; none takes a project's own data.
    public var inputs: [String] = []
    /// Files of expected outputs, in the same forms.
    public var expected: [String] = []
    /// An archive or a folder of expected values of layers.
    public var layers: String?
    /// Differences up to this many units of the last place are within.
    public var tolerance = 0
    /// Samples looked at; nil for all.
    public var first: Int?
    /// Mismatches listed; `Int.max` for all.
    public var reportLimit = 5
    /// Whether integer inputs out of range are brought into range.
    public var allowsOverflow = false
    public var threads = Processors.count
    /// How far a mismatch is looked into.
    public var explain = Explain.fast
    /// Of drawn inputs.
    public var seed: UInt64 = 0

    public init() {}
  }

  /// What was found.
  public let answer: CheckAnswer
  public let verdict: Verdict
  /// The files that were read, the model aside.
  public let records: [InputRecord]
  public let warnings: [Diagnostic]

  /// Compares with files, or with the test bench of a project.
  ///
  /// - Parameters:
  ///   - given: the model.
  ///   - choice: the rules to run it by.
  ///   - options: the files, and how they are compared.
  ///   - progress: called with the samples that are done, and how many there are if that is known.
  ///   - searching: called with the steps that the search of causes has taken.
  /// - Throws: a `Failure` for files that cannot be read or do not go with the model, and for a
  ///   model that the rules cannot run.
  public init(
    _ given: ModelFile, by choice: DatapathChoice, options: Options,
    progress: (_ done: Int, _ total: Int?) -> Void = { _, _ in },
    searching: @escaping @Sendable (_ steps: Int) -> Void = { _ in }
  ) throws(Failure) {
    // Of a float network's scores and output either may be given.
    let data: CheckData
    let first = given.takesNumbers ? Array(given.graph.outputs.prefix(1)) : nil
    if first != nil, !options.expected.contains("-"),
      let both = try? CheckData(options, model: given)
    {
      data = both
    } else {
      data = try CheckData(options, model: given, outputs: first)
    }
    let file = data.model
    let plan = try choice.plan(file)
    let check = options.check(plan)
    let sources = try data.open()
    let printed = sources.expected.map { PrintedResolution($0.source, of: plan.graph[$0.tensor]) }
    let total = options.first ?? data.inputs.rowCount()
    var result: CheckResult
    do throws(Diagnostic) {
      result = try check.run(
        CheckSources(
          inputs: sources.inputs, expected: zip(sources.expected, printed).map { ($0.tensor, $1) })
      ) { done in progress(done, total) }
    } catch {
      throw Failure(error)
    }
    let mayGoOn = options.explain.mayGoOn(seconds: 10, tried: searching)
    var findings: Findings?
    if result.verdict == .mismatch, data.canReopen, options.explain != .none {
      findings = try Self.findings(
        of: result, check: check, data: data, options: options, searching: searching)
    }
    if findings?.causes.isEmpty == true {
      let again = try data.open()
      do throws(Diagnostic) {
        let report = try check.rounding(
          again, mayGoOn: mayGoOn, progress: { done in progress(done, total) })
        if let report { result.judge(report) }
      } catch {
        throw Failure(error)
      }
    }
    guard result.samples > 0 else {
      throw Failure(
        "check.no-data", "the files hold no samples", at: file.path,
        remedy: "give at least one sample of each input.")
    }
    answer = CheckAnswer(
      file: file, graph: plan.graph, datapath: plan.datapath, labels: data.labels,
      result: result, printed: printed,
      overflows: try OverflowCount(data, plan: plan, check: check, result: result),
      explanation: try Self.explanation(
        of: result, findings: findings, check: check, data: data, options: options,
        mayGoOn: mayGoOn),
      explains: plan.rules is any ExplainsMismatch, usesTestBench: data.usesTestBench,
      limit: options.reportLimit)
    verdict = result.verdict
    records = data.records
    warnings = try file.archiveWarnings()
  }

  /// What `--against` calls the model as its file has it.
  public static let againstModel = "model"

  /// Samples drawn where no inputs are given and none are asked for.
  private static let drawnSamples = 16

  /// Compares what two sets of rules compute from the same inputs, drawn ones where no file is given.
  ///
  /// - Parameters:
  ///   - given: the model.
  ///   - choice: the rules that are checked.
  ///   - other: the rules that say what is expected.
  ///   - original: the model as its file has it, where the other rules run that instead: without tiles and
  ///     other widths. Tensors of one encoding in both are compared.
  ///   - options: the inputs, and how results are compared; it names no expected values.
  ///   - progress: as of ``init(_:by:options:progress:searching:)``.
  /// - Throws: a `Failure` for inputs that do not go with the model, for a model that one of the
  ///   two cannot run, and for rules without a tensor in common.
  public init(
    _ given: ModelFile, by choice: DatapathChoice, against other: DatapathChoice,
    of original: ModelFile? = nil, options: Options,
    progress: (_ done: Int, _ total: Int?) -> Void = { _, _ in }
  ) throws(Failure) {
    let role = TensorFiles.Role(option: "inputs", what: "the model's inputs", linesTogether: 1)
    let files =
      options.inputs.isEmpty
      ? nil : try TensorFiles(options.inputs, for: given.graph.inputs, of: given.graph, role: role)
    let file = try given.batched { files.map { $0.rowCount() } ?? 1 }
    let plan = try choice.plan(file)
    let reference = try other.plan(original ?? file)
    let all = ReferenceRun.comparableTensors(
      plan, reference,
      among: file.writtenTensors
        + file.graph.outputs.filter { id in
          !file.writtenTensors.contains(id)
        })
    let tensors = all.filter { id in
      original == nil || plan.graph[id].encoding == reference.graph[id].encoding
    }
    let otherName = original == nil ? other.name : Self.againstModel
    guard !tensors.isEmpty else {
      throw Failure(
        "check.no-data", "the two sets of rules have no tensor in common", at: file.path,
        remedy: "compare rules that keep the model's tensors.")
    }
    func sources() throws(Failure) -> [any SampleSource] {
      guard let files else { return try Self.drawn(file, plan, reference, options) }
      return try file.inputSources(files, wrapsCodes: options.allowsOverflow)
    }
    let run = ReferenceRun(
      reference, inputs: try sources(), target: plan.graph, tensors: tensors,
      threads: options.threads)
    let total = files.map { $0.rowCount() } ?? (options.first ?? Self.drawnSamples)
    let own = try sources()
    let result: CheckResult
    do throws(Diagnostic) {
      result = try options.check(plan, steps: run.steps).run(
        CheckSources(inputs: own, expected: run.sources)
      ) { done in progress(done, total) }
    } catch {
      throw Failure(error)
    }
    let outputs = Set(plan.graph.outputs)
    let labels = tensors.map { id in
      CheckLabel(
        name: plan.graph[id].name,
        place: original == nil ? "datapath \(other.name)" : "the model as it is",
        isOutput: outputs.contains(id))
    }
    answer = CheckAnswer(
      file: file, graph: plan.graph, datapath: plan.datapath, labels: labels, result: result,
      explains: plan.rules is any ExplainsMismatch,
      against: .init(datapath: otherName, isDrawn: files == nil), limit: options.reportLimit)
    verdict = result.verdict
    records = files?.records(role: "inputs") ?? []
    warnings = []
  }

  /// Seeded codes for every input, as numbers where one of the plans takes numbers.
  private static func drawn(
    _ file: ModelFile, _ plan: Plan, _ reference: Plan, _ options: Options
  ) throws(Failure) -> [any SampleSource] {
    var sources: [any SampleSource] = []
    for (position, id) in file.graph.inputs.enumerated() {
      let tensors = [plan.graph[id], reference.graph[id]]
      let coded = tensors.first { ElementScale($0)?.codeRange != nil }
      guard let coded,
        let source = SeededSamples(
          coded, asValues: tensors[0].encoding != tensors[1].encoding,
          seed: options.seed &+ UInt64(position), samples: options.first ?? drawnSamples)
      else {
        throw Failure(
          "check.no-data",
          "input '\(file.graph[id].name)' is \(file.graph[id].encoding.name): there is no range to "
            + "draw codes from", at: file.path, remedy: "give inputs: --inputs x.npy.")
      }
      sources.append(source)
    }
    return sources
  }

  /// What the data given say of a mismatch, before anything is thought of the model.
  private struct Findings {
    let observed: ObservedSamples
    /// Position in the graph's nodes of the first that differs.
    let divergent: Int
    let causes: [Cause]
  }

  /// Nil where no node is known to differ.
  private static func findings(
    of result: CheckResult, check: Check, data: CheckData, options: Options,
    searching: @escaping @Sendable (Int) -> Void
  ) throws(Failure) -> Findings? {
    guard let divergent = result.firstDivergentNode, let mismatch = result.firstMismatch else {
      return nil
    }
    // Samples of single changes cost little; those of other rules run the whole network.
    let limit = check.plan.rules is any ExplainsMismatch ? 512 : 64
    let sources = try data.open()
    do throws(Diagnostic) {
      let observed = try ObservedSamples.read(
        sources, plan: check.plan, firstMismatch: mismatch.sample,
        limit: min(limit, (options.first ?? .max) - mismatch.sample))
      let causes = try check.dataCauses(
        observed, result: result,
        open: { () throws(Diagnostic) in try data.reopened() },
        mayGoOn: options.explain.mayGoOn(seconds: 4, tried: searching))
      return Findings(observed: observed, divergent: divergent, causes: causes)
    } catch {
      throw Failure(error)
    }
  }

  /// Nil where nothing was searched for.
  private static func explanation(
    of result: CheckResult, findings: Findings?, check: Check, data: CheckData, options: Options,
    mayGoOn: @escaping @Sendable () -> Bool
  ) throws(Failure) -> MismatchExplanation? {
    // What is within the tolerance, or within rounding, needs no explanation.
    guard let findings, result.verdict == .mismatch else { return nil }
    if !findings.causes.isEmpty {
      return MismatchExplanation(
        causes: findings.causes, tried: findings.causes.count, isComplete: true)
    }
    guard let rules = check.plan.rules as? any ExplainsMismatch else { return nil }
    let file = data.model
    let originals =
      file.project == nil ? [:] : HLS4ML.writtenValues(of: file.graph, inProject: file.path)
    let results = check.plan.graph.nodes[findings.divergent].outputs
    let isOffGrid = result.comparisons.contains {
      $0.comparison.offGrid > 0 && results.contains($0.tensor)
    }
    let limits = ExplanationLimits(
      onlyResultTypes: isOffGrid,
      work: options.explain == .full ? .max : ExplanationLimits().work, mayGoOn: mayGoOn)
    do throws(Diagnostic) {
      return try rules.explain(
        findings.observed, divergent: findings.divergent, in: file.graph, originals: originals,
        threads: options.threads, limits: limits
      ) { Printed.matches($0, token: $1, digits: $2) }
    } catch {
      throw Failure(error)
    }
  }
}

extension ModelCheck.Options {
  fileprivate func check(_ plan: Plan, steps: [TensorID: ElementScale] = [:]) -> Check {
    Check(
      plan: plan, tolerance: Double(tolerance), threads: threads,
      maxReports: max(reportLimit, 64), firstSamples: first, wrapsCodes: allowsOverflow,
      steps: steps
    ) { Printed.matches($0, token: $1, digits: $2) }
  }
}
