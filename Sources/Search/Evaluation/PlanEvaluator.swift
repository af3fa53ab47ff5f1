internal import Arith
import Dispatch
public import HWModel
public import QuantGraph
import Synchronization

/// A quantized graph evaluated under allocations, bit for bit as its datapath computes.
///
/// Every allocation is a graph of its own (``GraphRequantization/graph(_:)``), bound to the datapath
/// once and run on every sample. Rules:
/// - The class of a sample is the first of the largest outputs. One output alone is binary: class 1
///   if it is over 0.5 where the graph ends in a softmax or sigmoid, else if it is over 0.
/// - The loss is the mean cross-entropy of the scores, in float64: of what a final softmax takes (of
///   the outputs where there is none), by a softmax of its own; of one score s alone the logistic
///   loss, which is the softmax over (0, s).
/// - Without labels the loss is the mean divergence from the model as it is, `sum p ln(p / q)`, with
///   p from the model's scores and q from those of the allocation.
///
/// A result depends on the allocation alone: losses are added in the order of the samples.
public struct PlanEvaluator: Evaluator {
  public let requantization: any GraphRequantization
  public var layers: [SearchLayer] { requantization.layers }
  /// Samples that are run.
  public let sampleCount: Int

  private let bind: @Sendable (Graph) throws(PlanProblems) -> Plan
  private let inputs: [TensorValues]
  private let labels: [Int]?
  /// Scores of the model as it is; empty with labels.
  private let reference: PlanScores

  /// Binds the model as it is, and runs it if there are no labels.
  ///
  /// - Parameters:
  ///   - requantization: the graph, and what formats mean in it.
  ///   - datapath: the rules that it runs by.
  ///   - inputs: values of each graph input, samples one after the other, row-major.
  ///   - labels: one class a sample.
  ///   - threads: of that run; the result does not depend on them.
  /// - Throws: ``PlanEvaluatorError`` for a graph with another number of outputs than one, or that
  ///   the datapath cannot run, and for samples and labels that are not the graph's.
  public init(
    _ requantization: some GraphRequantization, on datapath: some Datapath, inputs: [[Double]],
    labels: [Int]? = nil, threads: Int = 1
  ) throws(PlanEvaluatorError) {
    self.requantization = requantization
    bind = { (graph) throws(PlanProblems) in try Plan(graph, on: datapath) }
    let unchanged = [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: requantization.layers.count)
    let graph: Graph
    let plan: Plan
    do throws(EvaluationError) {
      graph = try requantization.graph(unchanged)
    } catch {
      throw .evaluation(error)
    }
    do throws(PlanProblems) {
      plan = try bind(graph)
    } catch {
      throw .plan(error)
    }
    guard graph.outputs.count == 1 else { throw .outputs(graph.outputs.count) }
    guard graph.states.isEmpty else { throw .states }
    guard inputs.count == graph.inputs.count, let first = graph.inputs.first else {
      throw .inputs(expected: graph.inputs.count, found: inputs.count)
    }
    let size = max(graph[first].shape.count, 1)
    sampleCount = inputs[0].count / size
    for (id, values) in zip(graph.inputs, inputs) {
      let elements = max(graph[id].shape.count, 1)
      guard !values.isEmpty, values.count % elements == 0, values.count / elements == sampleCount
      else { throw .sampleElements(input: graph[id].name, expected: elements, found: values.count) }
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw .notFinite(
          input: graph[id].name, sample: index / elements, element: index % elements)
      }
    }
    if let labels {
      guard labels.count == sampleCount else {
        throw .labelCount(expected: sampleCount, found: labels.count)
      }
      let classes = max(graph[graph.outputs[0]].shape.count, 2)
      if let index = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
        throw .label(sample: index, value: labels[index], classes: classes)
      }
    }
    self.inputs = inputs.map { .values($0) }
    self.labels = labels
    var none = PlanScores()
    do throws(EvaluationError) {
      if labels == nil {
        none = try Self.run(plan, inputs: self.inputs, samples: sampleCount, threads: threads)
      }
    } catch {
      throw .evaluation(error)
    }
    reference = none
  }

  /// Scores, classes and, if a node is named, its results, for every sample under an allocation.
  ///
  /// - Parameters:
  ///   - allocation: one candidate a layer.
  ///   - node: a node of the graph whose first result is wanted as numbers.
  ///   - threads: never changes a result.
  /// - Returns: numbers of all samples.
  /// - Throws: ``EvaluationError``.
  public func scores(
    of allocation: [Candidate], results node: String? = nil, threads: Int = 1
  ) throws(EvaluationError) -> PlanScores {
    let plan = try plan(allocation)
    return try Self.run(
      plan, inputs: inputs, samples: sampleCount, results: node, threads: threads)
  }

  /// The labels that the evaluator was given.
  public var givenLabels: [Int]? { labels }

  public func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    guard !allocations.isEmpty else { return }
    let workers = max(1, min(threads, allocations.count))
    // Every allocation is built once before anything runs, so that a format that does not fit is
    // found then.
    if let error = Self.firstError(
      allocations.count, workers: workers,
      {
        (index) throws(EvaluationError) in _ = try requantization.graph(allocations[index])
      })
    {
      throw error
    }
    let samplesThreads = max(1, threads / workers)
    let stopped = Atomic<Bool>(false)
    let turn = Mutex(())
    var failure: EvaluationError?
    withoutActuallyEscaping(report) { report in
      // Called with the lock held.
      nonisolated(unsafe) let report = report
      failure = Self.firstError(allocations.count, workers: workers) {
        (index) throws(EvaluationError) in
        if stopped.load(ordering: .relaxed) { return }
        if isCancelled() {
          stopped.store(true, ordering: .relaxed)
          return
        }
        let quality = quality(try scores(of: allocations[index], threads: samplesThreads))
        turn.withLock { _ in report(index, quality) }
      }
    }
    if let failure { throw failure }
  }

  private func plan(_ allocation: [Candidate]) throws(EvaluationError) -> Plan {
    let graph = try requantization.graph(allocation)
    do throws(PlanProblems) {
      return try bind(graph)
    } catch {
      let problem = error.diagnostics(file: nil).first
      throw .notRunnable(
        node: error.problems.first?.node.map { error.graph.nodes[$0].name } ?? "",
        reason: problem?.message ?? "no plan")
    }
  }

  /// How good scores are.
  private func quality(_ scores: PlanScores) -> Quality {
    var loss = 0.0
    var correct = 0
    for sample in 0..<sampleCount {
      let logarithms = scores.logProbabilities(sample)
      if let label = labels?[sample] {
        loss -= logarithms[label]
        if scores.labels[sample] == label { correct += 1 }
      } else {
        loss += PlanScores.divergence(reference.logProbabilities(sample), logarithms)
      }
    }
    return Quality(
      correct: labels == nil ? nil : correct, samples: sampleCount,
      loss: loss / Double(sampleCount))
  }

  // MARK: Running

  private static func run(
    _ plan: Plan, inputs: [TensorValues], samples: Int, results node: String? = nil, threads: Int
  ) throws(EvaluationError) -> PlanScores {
    let graph = plan.graph
    let head = ScoreHead(graph)
    let kept = node.flatMap { name in graph.nodes.first { $0.name == name }?.outputs.first }
    let tensors = [head.output, head.scores] + (kept.map { [$0] } ?? [])
    let decoders = tensors.map { TensorDecoder(graph[$0]) }
    let runner = BatchRunner(plan, keeping: Set(tensors), threads: threads)
    let blocks: [[[Double]?]]
    do throws(InputError) {
      blocks = try runner.run(inputs, count: samples) { runner, _, count in
        zip(tensors, decoders).map { id, decoder in
          runner.elements(of: id, count: count).flatMap { decoder.values($0) }
        }
      }
    } catch {
      throw .notRunnable(node: "input", reason: Diagnostic(error).message)
    }
    func joined(_ index: Int) throws(EvaluationError) -> [Double] {
      var all: [Double] = []
      for block in blocks {
        guard let values = block[index] else {
          throw .notRunnable(
            node: graph[tensors[index]].name,
            reason: "its format \(graph[tensors[index]].encoding.name) has no value an element")
        }
        all += values
      }
      return all
    }
    let outputs = try joined(0)
    var scores = PlanScores()
    scores.scores = try joined(1)
    scores.samples = samples
    scores.width = max(scores.scores.count / max(samples, 1), 1)
    let width = max(outputs.count / max(samples, 1), 1)
    scores.labels = (0..<samples).map { head.label(outputs[$0 * width..<($0 + 1) * width]) }
    if kept != nil { scores.results = try joined(2) }
    return scores
  }

  /// Runs `body` for every index on several threads; the error of the smallest index that has one.
  private static func firstError(
    _ count: Int, workers: Int, _ body: @Sendable (Int) throws(EvaluationError) -> Void
  ) -> EvaluationError? {
    let next = Atomic<Int>(0)
    let found = Mutex<(index: Int, error: EvaluationError)?>(nil)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        // Later ones need not run once there is an error.
        if let known = found.withLock({ $0?.index }), known < index { return }
        do throws(EvaluationError) {
          try body(index)
        } catch {
          found.withLock { if index < ($0?.index ?? .max) { $0 = (index, error) } }
        }
      }
    }
    return found.withLock { $0?.error }
  }
}

/// What a graph says of every sample under one allocation.
public struct PlanScores: Sendable, Hashable {
  /// Samples that ran.
  public internal(set) var samples = 0
  /// Scores of a sample.
  public internal(set) var width = 1
  /// `samples * width` scores: what a final softmax or sigmoid takes, else the outputs.
  public internal(set) var scores: [Double] = []
  /// The class of each sample.
  public internal(set) var labels: [Int] = []
  /// Results of the node that was asked for, sample by sample.
  public internal(set) var results: [Double] = []

  init() {}

  /// Logarithms of the class probabilities of a sample; of one score s those of (0, s).
  func logProbabilities(_ sample: Int) -> [Double] {
    let own = scores[sample * width..<(sample + 1) * width]
    return ClassScores.logSoftmax(width == 1 ? [0] + own : Array(own))
  }

  /// `sum p ln(p / q)` of logarithms of probabilities.
  static func divergence(_ p: [Double], _ q: [Double]) -> Double {
    var sum = 0.0
    for (a, b) in zip(p, q) {
      let probability = StableExponential.exp(a)
      // A class without probability has no share of the divergence.
      if probability > 0 { sum += probability * (a - b) }
    }
    return sum
  }
}

/// Why a graph cannot be evaluated.
public enum PlanEvaluatorError: Error, Sendable {
  case evaluation(EvaluationError)
  /// The datapath cannot run the model as it is.
  case plan(PlanProblems)
  /// A number of outputs other than one.
  case outputs(Int)
  /// The model's results depend on the samples before.
  case states
  case inputs(expected: Int, found: Int)
  /// Not as many numbers as samples need, or nothing.
  case sampleElements(input: String, expected: Int, found: Int)
  case notFinite(input: String, sample: Int, element: Int)
  /// Samples that an input does not take.
  case samples(InputError)
  case labelCount(expected: Int, found: Int)
  case label(sample: Int, value: Int, classes: Int)
}
