public import QuantGraph

/// Everything that a check reads, opened at the first sample.
public struct CheckSources {
  /// One source a graph input, in the graph's order.
  public var inputs: [any SampleSource]
  /// Tensors with expected values: the outputs, then traced layers.
  public var expected: [(tensor: TensorID, source: any SampleSource)]

  public init(
    inputs: [any SampleSource], expected: [(tensor: TensorID, source: any SampleSource)]
  ) {
    self.inputs = inputs
    self.expected = expected
  }
}

/// The outcome of a comparison, as a word.
public enum Verdict: String, Sendable {
  case bitExact = "BIT-EXACT"
  case exactAsPrinted = "EXACT AS PRINTED"
  case within = "WITHIN"
  case mismatch = "MISMATCH"
}

/// What a check found.
public struct CheckResult: Sendable {
  public private(set) var verdict: Verdict
  /// What the order of float sums can do, where that was looked into.
  public private(set) var rounding: RoundingReport?
  public let samples: Int
  /// One comparison a source of ``CheckSources/expected``, in its order.
  public let comparisons: [(tensor: TensorID, comparison: TensorComparison)]
  /// Position in the graph's nodes of the first node in execution order whose result differs.
  public let firstDivergentNode: Int?
  public let firstMismatch: Mismatch?

  public var comparedValues: Int { comparisons.reduce(0) { $0 + $1.comparison.compared } }
  public var equalValues: Int { comparisons.reduce(0) { $0 + $1.comparison.equal } }
  public var maxLSB: Double { comparisons.map(\.comparison.maxLSB).max() ?? 0 }
  /// The verdict over comparisons of a graph's tensors.
  ///
  /// - Parameters:
  ///   - graph: whose nodes are looked through for the first that differs.
  ///   - comparisons: one a tensor.
  ///   - samples: how many were compared.
  ///   - isPrinted: whether expected values were texts, or rounded by their arrays.
  ///   - tolerance: largest difference in units of the last place that still counts as within.
  public init(
    _ graph: Graph, comparisons: [(tensor: TensorID, comparison: TensorComparison)], samples: Int,
    isPrinted: Bool, tolerance: Double
  ) {
    let differing = comparisons.filter { $0.comparison.equal < $0.comparison.compared }
    var firstNode: Int?
    var mismatch: Mismatch?
    for (index, node) in graph.nodes.enumerated() where firstNode == nil {
      if let found = differing.first(where: { node.outputs.contains($0.tensor) }) {
        firstNode = index
        mismatch = found.comparison.mismatches.first
      }
    }
    let largest = differing.map(\.comparison.maxLSB).max() ?? 0
    verdict =
      differing.isEmpty
      ? (isPrinted ? .exactAsPrinted : .bitExact) : largest <= tolerance ? .within : .mismatch
    self.samples = samples
    self.comparisons = comparisons
    firstDivergentNode = firstNode
    firstMismatch = mismatch
  }

  /// Judges a mismatch by what the order of float sums can do.
  public mutating func judge(_ report: RoundingReport) {
    rounding = report
    if verdict == .mismatch, report.explains { verdict = .within }
  }

  /// Mean over all compared values.
  public var meanLSB: Double {
    let compared = comparedValues
    return compared == 0
      ? 0 : comparisons.reduce(0) { $0 + $1.comparison.sumLSB } / Double(compared)
  }
}

/// Runs a plan on samples and compares tensors with what was observed elsewhere.
public struct Check: Sendable {
  public let plan: Plan
  /// Largest difference in units of the last place that still counts as equal.
  public let tolerance: Double
  public let threads: Int
  /// Mismatches kept a tensor.
  public let maxReports: Int
  /// Samples to look at; nil for all.
  public let firstSamples: Int?
  public let wrapsCodes: Bool
  /// Units in which values of float tensors differ that are codes elsewhere.
  public let steps: [TensorID: ElementScale]
  /// Whether a value, printed with so many digits, shows as a number read from a text.
  public let matchesPrinted: PrintedMatch

  public init(
    plan: Plan, tolerance: Double = 0, threads: Int = 1, maxReports: Int = 5,
    firstSamples: Int? = nil, wrapsCodes: Bool = false, steps: [TensorID: ElementScale] = [:],
    matchesPrinted: @escaping PrintedMatch
  ) {
    self.plan = plan
    self.tolerance = tolerance
    self.threads = threads
    self.maxReports = maxReports
    self.firstSamples = firstSamples
    self.wrapsCodes = wrapsCodes
    self.steps = steps
    self.matchesPrinted = matchesPrinted
  }

  /// Compares every sample.
  ///
  /// - Parameters:
  ///   - sources: inputs and expected values, opened at the first sample.
  ///   - progress: called after each block with the number of samples done.
  /// - Returns: the verdict and the comparison of each source.
  /// - Throws: a `Diagnostic` for unreadable sources, inputs outside their format, or sources of
  ///   different lengths.
  public func run(
    _ sources: CheckSources, progress: (Int) -> Void = { _ in }
  ) throws(Diagnostic) -> CheckResult {
    let kept = Set(sources.expected.map(\.tensor))
    let runner = BatchRunner(plan, keeping: kept, threads: threads)
    var comparisons = [TensorComparison](repeating: .init(), count: sources.expected.count)
    var isPrinted = false
    var samples = 0
    while true {
      let wanted = min(runner.suggestedSamples, (firstSamples ?? .max) - samples)
      let block = try CheckBlock(sources, of: plan.graph, upTo: wanted, from: samples)
      if block.count == 0 { break }
      for case .printed in block.expected { isPrinted = true }
      for case .rounded in block.expected { isPrinted = true }
      let partial = try compare(block, sources: sources, runner: runner, firstSample: samples)
      for (index, part) in partial.enumerated() {
        comparisons[index].merge(part, limit: maxReports)
      }
      samples += block.count
      progress(samples)
    }
    return CheckResult(
      plan.graph, comparisons: zip(sources.expected, comparisons).map { ($0.tensor, $1) },
      samples: samples, isPrinted: isPrinted, tolerance: tolerance)
  }

  private func compare(
    _ block: CheckBlock, sources: CheckSources, runner: BatchRunner, firstSample: Int
  ) throws(Diagnostic) -> [TensorComparison] {
    let tensors = sources.expected.map(\.tensor)
    let (limit, matchesPrinted, steps) = (maxReports, self.matchesPrinted, self.steps)
    let partials: [[TensorComparison]]
    do throws(InputError) {
      partials = try runner.run(
        block.inputs, count: block.count, firstSample: firstSample, wrapsCodes: wrapsCodes
      ) { runner, first, used in
        zip(tensors, block.expected).map { tensor, expected in
          runner.compare(
            tensor, with: expected, first: first, count: used, firstSample: firstSample + first,
            limit: max(limit, 1), steps: steps[tensor], matchesPrinted: matchesPrinted)
        }
      }
    } catch {
      throw Diagnostic(error)
    }
    var merged = [TensorComparison](repeating: .init(), count: tensors.count)
    for partial in partials {
      for (index, part) in partial.enumerated() { merged[index].merge(part, limit: max(limit, 1)) }
    }
    return merged
  }
}

/// The next samples of everything that a check reads.
public struct CheckBlock: Sendable {
  /// Samples in each source.
  public let count: Int
  /// One a graph input.
  public let inputs: [TensorValues]
  /// One an expected tensor.
  public let expected: [TensorValues]

  /// Reads the next samples of every source, at most `wanted`; none at the end.
  ///
  /// - Throws: a `Diagnostic` from a source, or if one has fewer samples than the others.
  public init(
    _ sources: CheckSources, of graph: Graph, upTo wanted: Int, from firstSample: Int
  ) throws(Diagnostic) {
    guard wanted > 0 else {
      (count, inputs, expected) = (0, [], [])
      return
    }
    var count: Int?
    func take(_ source: any SampleSource, _ tensor: Tensor) throws(Diagnostic) -> TensorValues {
      let values = try source.next(wanted)
      let samples = tensor.shape.count == 0 ? 0 : values.count / tensor.shape.count
      if let count, count != samples {
        throw Diagnostic(
          code: "check.sample-count",
          message: "'\(tensor.name)' has \(firstSample + samples) samples, the others have "
            + (samples < count ? "more" : "\(firstSample + count)"),
          remedy: "give inputs and expected values of the same samples.")
      }
      count = samples
      return values
    }
    var inputs: [TensorValues] = []
    for (id, source) in zip(graph.inputs, sources.inputs) {
      inputs.append(try take(source, graph[id]))
    }
    var expected: [TensorValues] = []
    for (id, source) in sources.expected { expected.append(try take(source, graph[id])) }
    self.count = count ?? 0
    self.inputs = inputs
    self.expected = expected
  }
}
