import Dispatch
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

  // MARK: Streams

  /// Samples that were read together.
  public struct Batch: Sendable {
    /// Values of each graph input, in the graph's order.
    public let inputs: [TensorValues]
    /// Samples.
    public let count: Int

    public init(inputs: [TensorValues], count: Int) {
      self.inputs = inputs
      self.count = count
    }
  }

  /// Samples that a thread takes at a time: as many as stay in its processor's cache with what was read.
  private var streamedSamples: Int {
    let lanes = runners[0].lanes
    let numbers = plan.graph.inputs.reduce(0) { $0 + plan.graph[$1].shape.count }
    return max(1, (1 << 20) / max(runners[0].byteCount + 8 * numbers * lanes, 1)) * lanes
  }

  /// Reads, runs and hands over samples until none is left.
  ///
  /// One thread at a time reads, and one hands over, in the order of the samples; meanwhile the others
  /// run theirs. Nothing depends on the number of threads.
  ///
  /// - Parameters:
  ///   - wrapsCodes: whether codes out of range are brought into range by the input's rule.
  ///   - failure: what an input error of a sample is to the caller.
  ///   - next: the next samples, at most so many, after so many were read; none at the end.
  ///   - collect: called on the thread that ran a block with its runner and the number of its samples.
  ///   - store: takes a batch and what its blocks gave, after so many samples.
  /// - Throws: the error of the first samples that have one; nothing is stored after it.
  public func stream<Partial: Sendable, Failure: Error>(
    wrapsCodes: Bool = false, failure: @Sendable (InputError) -> Failure,
    next: @Sendable (_ wanted: Int, _ done: Int) throws(Failure) -> Batch,
    collect: @Sendable (PlanRunner, Int) -> Partial,
    store: @Sendable (Batch, [Partial], _ done: Int) throws(Failure) -> Void
  ) throws(Failure) {
    typealias Done = (batch: Batch, parts: [Partial], first: Int)
    let line = OrderedLine<Done, Failure>(ahead: 4 * runners.count)
    let size = streamedSamples
    nonisolated(unsafe) let runners = self.runners
    DispatchQueue.concurrentPerform(iterations: runners.count) { worker in
      while true {
        let turn = line.take { done throws(Failure) in
          let batch = try next(size, done)
          return batch.count == 0 ? nil : ((batch, done), count: batch.count)
        }
        guard let (number, read): (Int, Result<(Batch, Int), Failure>) = turn else { return }
        let result: Result<Done, Failure>
        switch read {
        case .failure(let error): result = .failure(error)
        case .success((let batch, let first)):
          do throws(InputError) {
            let parts = try Self.blocks(
              batch, on: runners[worker], firstSample: first, wrapsCodes: wrapsCodes, collect)
            result = .success((batch, parts, first))
          } catch {
            result = .failure(failure(error))
          }
        }
        line.give(number, result) { done throws(Failure) in
          try store(done.batch, done.parts, done.first)
        }
      }
    }
    try line.finish()
  }

  private static func blocks<Partial>(
    _ batch: Batch, on runner: PlanRunner, firstSample: Int, wrapsCodes: Bool,
    _ collect: (PlanRunner, Int) -> Partial
  ) throws(InputError) -> [Partial] {
    var parts: [Partial] = []
    for first in stride(from: 0, to: batch.count, by: runner.lanes) {
      let used = min(runner.lanes, batch.count - first)
      let plan = runner.plan
      for (id, values) in zip(plan.graph.inputs, batch.inputs) {
        guard values.count == batch.count * plan.graph[id].shape.count else {
          throw .shape(
            tensor: plan.graph[id].name, expected: plan.graph[id].shape.extents,
            found: values.count)
        }
        try runner.load(
          values, first: first, count: used, into: id, firstSample: firstSample + first,
          wrapsCodes: wrapsCodes)
      }
      runner.run(usedLanes: used)
      parts.append(collect(runner, used))
    }
    return parts
  }
}
