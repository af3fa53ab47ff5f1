import Arith
public import QuantGraph

/// Searches for a single change to a model that reproduces what was observed.
public struct Diagnosis {
  public let graph: Graph
  let datapath: HLSFixed
  let originals: [TensorID: [Double]]
  let matchesPrinted: PrintedMatch
  let threads: Int
  let limits: ExplanationLimits

  /// - Parameters:
  ///   - graph: the model's graph.
  ///   - originals: values of constants before they were assigned to their types.
  ///   - threads: changes tried at a time; the outcome does not depend on it.
  ///   - limits: how much the search may do.
  ///   - matchesPrinted: whether a value prints as a number of a text log.
  public init(
    graph: Graph, originals: [TensorID: [Double]] = [:], threads: Int = 1,
    limits: ExplanationLimits = .init(), matchesPrinted: @escaping PrintedMatch
  ) {
    self.graph = graph
    datapath = HLSFixed()
    self.originals = originals
    self.threads = threads
    self.limits = limits
    self.matchesPrinted = matchesPrinted
  }

  /// Explains why `observed` differs from the graph's results, first at `divergent`.
  ///
  /// Where the divergent node's own values were observed, changes at that node and at unobserved
  /// nodes before it are tried; else changes at every node that leads to an observed tensor.
  ///
  /// - Throws: a `Diagnostic` if the graph cannot run.
  public func explain(
    _ observed: ObservedSamples, divergent: Int
  ) throws(Diagnostic) -> MismatchExplanation {
    var search = try DiagnosisSearch(self, observed: observed, divergent: divergent)
    return try search.run()
  }
}

extension HLSFixed: ExplainsMismatch {
  public func explain(
    _ observed: ObservedSamples, divergent: Int, in graph: Graph,
    originals: [TensorID: [Double]], threads: Int, limits: ExplanationLimits,
    matchesPrinted: @escaping PrintedMatch
  ) throws(Diagnostic) -> MismatchExplanation {
    try Diagnosis(
      graph: graph, originals: originals, threads: threads, limits: limits,
      matchesPrinted: matchesPrinted
    ).explain(observed, divergent: divergent)
  }
}
