public import QuantGraph

/// An evaluator that knows some qualities beforehand and runs the others.
///
/// A long search shows what uniform allocations reach before it has prepared anything else; when it asks
/// for them they are reported in the place that they would have had, so that a study is the same.
public struct PreparedEvaluator: Evaluator {
  private let base: any Evaluator
  private let known: [[Candidate]: Quality]

  public var layers: [SearchLayer] { base.layers }

  /// Runs some allocations now.
  ///
  /// - Parameters:
  ///   - base: runs them, and the others later.
  ///   - allocations: one candidate a layer each.
  ///   - threads: never changes a result.
  ///   - progress: called with the number of those that were run.
  /// - Throws: ``EvaluationError`` for a candidate that cannot be applied, before anything runs.
  public init(
    _ base: any Evaluator, running allocations: [[Candidate]], threads: Int,
    progress: (Int) -> Void
  ) throws(EvaluationError) {
    self.base = base
    var known: [[Candidate]: Quality] = [:]
    try base.evaluate(allocations, threads: threads, isCancelled: { false }) { index, quality in
      known[allocations[index]] = quality
      progress(known.count)
    }
    base.releaseMemory()
    self.known = known
  }

  public func releaseMemory() { base.releaseMemory() }

  public func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    let missing = allocations.indices.filter { known[allocations[$0]] == nil }
    var next = 0
    func reportKnown(before index: Int) {
      while next < index {
        if let quality = known[allocations[next]] { report(next, quality) }
        next += 1
      }
    }
    try base.evaluate(missing.map { allocations[$0] }, threads: threads, isCancelled: isCancelled) {
      reportKnown(before: missing[$0])
      report(missing[$0], $1)
    }
    reportKnown(before: allocations.count)
  }
}
