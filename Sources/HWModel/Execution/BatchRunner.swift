import Synchronization
public import QuantGraph

/// Runs many samples of a plan on several threads; results do not depend on their number.
public final class BatchRunner {
  public let plan: Plan
  private let runners: [PlanRunner]

  /// - Parameters:
  ///   - plan: what runs.
  ///   - kept: tensors to read after each block, besides inputs and outputs.
  ///   - threads: number of threads, at least 1; a plan with state tensors runs on one.
  public init(_ plan: Plan, keeping kept: Set<TensorID> = [], threads: Int = 1) {
    self.plan = plan
    let count = plan.graph.states.isEmpty ? max(threads, 1) : 1
    let first = PlanRunner(plan, keeping: kept)
    // A thread more is worth its buffers where all of them stay below 1 GiB.
    let affordable = max(1, min(count, (1 << 30) / max(first.byteCount, 1)))
    runners = [first] + (1..<affordable).map { _ in PlanRunner(plan, keeping: kept) }
  }

  /// Samples that keep every thread busy for one call of ``run(_:count:firstSample:wrapsCodes:collect:)``.
  ///
  /// Eight blocks a thread, of small samples so many that waking threads is little beside them; fewer
  /// where the buffers would take more than 1 GiB.
  public var suggestedSamples: Int {
    let lanes = runners[0].lanes
    let numbers = plan.graph.inputs.reduce(0) { $0 + plan.graph[$1].shape.count }
    let bytes = max(runners[0].byteCount / lanes + 8 * numbers, 1)
    let small = runners.count > 1 ? Self.batchBytes / bytes / lanes : 0
    return max(1, min(max(runners.count * 8, small), (1 << 30) / bytes / lanes)) * lanes
  }

  /// Bytes of samples that threads share in one call.
  private static let batchBytes = 1 << 23

  /// Runs `count` samples and collects a value from each block, in sample order.
  ///
  /// - Parameters:
  ///   - inputs: values of each graph input for the samples, in the graph's order.
  ///   - count: number of samples.
  ///   - firstSample: number of the first sample, for messages.
  ///   - wrapsCodes: whether codes out of range are brought into range by the input's rule.
  ///   - collect: called on the block's thread with its runner, the position of its first sample
  ///     within this call, and the number of its samples.
  /// - Returns: what `collect` returned, a block each.
  /// - Throws: the ``InputError`` of the first sample that has one.
  public func run<Partial: Sendable>(
    _ inputs: [TensorValues], count: Int, firstSample: Int = 0, wrapsCodes: Bool = false,
    collect: @Sendable (PlanRunner, Int, Int) -> Partial
  ) throws(InputError) -> [Partial] {
    let ids = plan.graph.inputs
    for (id, values) in zip(ids, inputs) where values.count != count * plan.graph[id].shape.count {
      throw .shape(
        tensor: plan.graph[id].name, expected: plan.graph[id].shape.extents, found: values.count)
    }
    let lanes = runners[0].lanes
    let blocks = (count + lanes - 1) / lanes
    // Each worker takes a runner of its own.
    nonisolated(unsafe) let runners = self.runners
    let taken = Atomic<Int>(0)
    let results = ParallelFor.map(
      blocks, threads: runners.count,
      state: { runners[taken.add(1, ordering: .relaxed).oldValue] }
    ) { runner, block -> Result<Partial, InputError> in
      let first = block * lanes
      let used = min(lanes, count - first)
      do throws(InputError) {
        for (id, values) in zip(ids, inputs) {
          try runner.load(
            values, first: first, count: used, into: id, firstSample: firstSample + first,
            wrapsCodes: wrapsCodes)
        }
        runner.run(usedLanes: used)
        return .success(collect(runner, first, used))
      } catch {
        return .failure(error)
      }
    }
    var collected: [Partial] = []
    collected.reserveCapacity(blocks)
    for result in results { collected.append(try result.get()) }
    return collected
  }

}
