public import QuantGraph

/// A datapath that can count what its arithmetic does beside its results.
public protocol CountsEvents: Datapath {
  /// What counts, for a plan on these rules.
  ///
  /// - Throws: ``DatapathError`` as planning does.
  func eventCounter(_ plan: Plan) throws(DatapathError) -> any EventCounting
}

/// Counts the roundings and overflows of every node of a plan.
public protocol EventCounting: Sendable {
  /// Products and results of one sample: a measure of how long counting takes.
  var workPerSample: Int { get }

  /// The events of each node over `count` samples.
  ///
  /// - Throws: ``InputError`` for inputs that the graph cannot take.
  func count(
    _ inputs: [TensorValues], samples count: Int, wrapsCodes: Bool
  ) throws(InputError) -> [NodeEvents]
}

/// A datapath that knows which single changes of a model could explain a mismatch.
public protocol ExplainsMismatch: Datapath {
  /// Searches for a single change to `graph` that reproduces what was observed.
  ///
  /// - Parameters:
  ///   - observed: samples, the first that differ among them.
  ///   - divergent: position of the first node that differs.
  ///   - graph: the model's graph.
  ///   - originals: values of constants before they were assigned to their types.
  ///   - threads: changes tried at a time; the outcome does not depend on it.
  ///   - limits: how much the search may do.
  ///   - matchesPrinted: whether a value prints as a number of a text log.
  /// - Returns: the changes that reproduce everything.
  /// - Throws: a `Diagnostic` if the graph cannot run.
  func explain(
    _ observed: ObservedSamples, divergent: Int, in graph: Graph,
    originals: [TensorID: [Double]], threads: Int, limits: ExplanationLimits,
    matchesPrinted: @escaping PrintedMatch
  ) throws(Diagnostic) -> MismatchExplanation
}

/// A datapath that bounds its accumulators for any input.
public protocol BoundsAccumulators: Datapath {
  /// The ranges of the accumulators of a plan on these rules, in execution order: exact, no samples.
  func accumulatorRanges(_ plan: Plan) -> [AccumulatorRange]
}

extension BoundsAccumulators {
  /// Sums of products between codes, see ``Plan/integerAccumulatorRanges``.
  public func accumulatorRanges(_ plan: Plan) -> [AccumulatorRange] {
    plan.integerAccumulatorRanges
  }
}

/// Rules that rewrite graphs so that some nodes are left for traces alone.
public protocol LeavesTracedNodes: Datapath {
  /// Whether nodes stay that no output depends on.
  var keepsUnreadNodes: Bool { get set }
}
