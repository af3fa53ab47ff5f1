import QuantGraph

/// An evaluator whose network runs elsewhere, as tasks of a scheduler.
package struct TaskEvaluator: Evaluator {
  package let layers: [SearchLayer]
  private let space: SearchSpace
  private let coordinator: TaskCoordinator
  private let work: TaskBatch.Work
  private let status: @Sendable (TaskCoordinator.Status) -> Void

  /// - Parameters:
  ///   - space: whose candidates allocations are made of.
  ///   - work: ``TaskBatch/Work/evaluation`` or ``TaskBatch/Work/screening``.
  ///   - coordinator: gives out the tasks.
  ///   - status: told what runs and what waits.
  package init(
    _ space: SearchSpace, _ work: TaskBatch.Work, by coordinator: TaskCoordinator,
    status: @escaping @Sendable (TaskCoordinator.Status) -> Void
  ) {
    layers = space.layers
    self.space = space
    self.work = work
    self.coordinator = coordinator
    self.status = status
  }

  package func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    var choices: [[Int]] = []
    // Allocations that are equal in their formats are one item.
    var positions: [[Int]: [Int]] = [:]
    for (index, allocation) in allocations.enumerated() {
      guard let choice = space.choice(of: allocation) else {
        throw .layerCount(expected: layers.count, found: allocation.count)
      }
      if positions[choice] == nil { choices.append(choice) }
      positions[choice, default: []].append(index)
    }
    do throws(Failure) {
      try coordinator.run(choices, work, isCancelled: isCancelled, status: status) { index, item in
        guard let quality = item.quality else { return }
        for position in positions[choices[index]] ?? [] { report(position, quality) }
      }
    } catch {
      throw .task(error)
    }
  }
}

extension SearchSpace {
  /// The candidates that have these formats; nil where a layer has none.
  func choice(of formats: [Candidate]) -> [Int]? {
    guard formats.count == layers.count else { return nil }
    var choice: [Int] = []
    for (list, candidate) in zip(candidates, formats) {
      guard let option = list.firstIndex(where: { $0.formats == candidate }) else { return nil }
      choice.append(option)
    }
    return choice
  }
}
