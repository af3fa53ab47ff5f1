internal import Arith
public import HWModel
public import QuantGraph

/// A quantized graph evaluated under allocations, bit for bit as its datapath computes.
///
/// Every allocation is a graph of its own (``GraphRequantization/graph(_:)``); what it has in common
/// with another one is bound and run once. Rules:
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

  private let runs: AllocationRuns
  /// Logarithms of the class probabilities of the model as it is; empty with labels.
  private let reference: [Double]

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
    let unchanged = [Candidate](repeating: .unchanged, count: requantization.layers.count)
    let graph: Graph
    let plan: Plan
    do throws(EvaluationError) {
      graph = try requantization.graph(unchanged)
    } catch {
      throw .evaluation(error)
    }
    do throws(PlanProblems) {
      plan = try Plan(graph, on: datapath)
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
    let sizes = graph.inputs.map { graph[$0].shape.count }
    runs = AllocationRuns(
      GraphForms(requantization: requantization, datapath: datapath, base: plan),
      head: ScoreHead(graph),
      samples: SampleSet(
        count: sampleCount,
        values: { range in
          zip(inputs, sizes).map {
            .values(Array($0[range.lowerBound * $1..<range.upperBound * $1]))
          }
        }, labels: labels), slot: 1)
    guard labels == nil else {
      reference = []
      return
    }
    do throws(EvaluationError) {
      reference = try runs.scores(of: unchanged, threads: threads).allLogProbabilities
    } catch {
      throw .evaluation(error)
    }
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
    let graph = runs.forms.family().base.graph
    return try runs.scores(
      of: allocation,
      results: node.flatMap { name in graph.nodes.first { $0.name == name }?.outputs.first },
      threads: threads)
  }

  /// The labels that the evaluator was given.
  public var givenLabels: [Int]? { runs.samples.labels }

  public func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    try runs.evaluate(
      allocations, reference: reference, threads: threads, isCancelled: isCancelled,
      report: report)
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

  /// Logarithms of the class probabilities of a sample.
  func logProbabilities(_ sample: Int) -> [Double] {
    ClassScores.logSoftmax(
      ClassScores.ofClasses(scores[sample * width..<(sample + 1) * width]))
  }

  /// Those of all samples, one after the other.
  var allLogProbabilities: [Double] { (0..<samples).flatMap { logProbabilities($0) } }

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
