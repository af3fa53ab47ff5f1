internal import Arith
import Dispatch
import Synchronization

/// Allocations run one after the other on all samples, each from where it differs from the last.
///
/// Samples are shared among threads, so that a single allocation uses all of them and each thread
/// keeps the results of a prefix for its own samples. Losses are summed over chunks of 64 samples
/// and then over chunks, both in order, so that nothing depends on the number of threads.
struct AllocationWalk: Sendable {
  let network: FloatNetwork
  let data: EvaluationData
  let reference: [Double]
  /// The prepared candidates of each layer.
  let choices: [[PreparedLayer]]
  /// A candidate number a layer, one row an allocation.
  let rows: [[Int]]

  static let chunk = 64
  /// Memory for results that are kept between allocations, of all threads.
  static let keptBytes = 1 << 29

  struct Partial: Sendable {
    var loss = 0.0
    var correct = 0
  }

  /// Runs allocations in `order`, in groups; samples in panels that fit into memory.
  func run(
    _ order: [Int], threads: Int, pool: StagedRunPool, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) {
    let chunks = (data.count + Self.chunk - 1) / Self.chunk
    let workers = max(1, min(threads, chunks))
    let keptPerSample = StagedRun.keptElements(network) * MemoryLayout<Float>.stride
    let affordable = max(1, Self.keptBytes / max(keptPerSample, 1) / Self.chunk / workers)
    let shares = (0..<workers).map { $0 * chunks / workers..<($0 + 1) * chunks / workers }
    let isWhole = shares.allSatisfy { $0.count <= affordable }
    let groupSize = isWhole ? 4096 : 256
    let runs = shares.map { share in
      pool.take(
        network, first: share.lowerBound * Self.chunk,
        capacity: min(share.count, affordable) * Self.chunk)
    }
    defer { pool.giveBack(runs) }
    nonisolated(unsafe) let states = runs
    nonisolated(unsafe) let report = report
    let stopped = Atomic<Bool>(false)
    for start in stride(from: 0, to: order.count, by: groupSize) {
      let group = Array(order[start..<min(start + groupSize, order.count)])
      let board = ResultBoard(allocations: group.count, chunks: chunks, workers: workers)
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        let share = shares[worker]
        for first in stride(from: share.lowerBound, to: share.upperBound, by: affordable) {
          let panel = first..<min(first + affordable, share.upperBound)
          let samples =
            panel.lowerBound * Self.chunk..<min(panel.upperBound * Self.chunk, data.count)
          states[worker].select(samples, of: data)
          for (position, allocation) in group.enumerated() {
            if stopped.load(ordering: .relaxed) { return }
            if isCancelled() {
              stopped.store(true, ordering: .relaxed)
              return
            }
            states[worker].run(
              rows[allocation].enumerated().map { choices[$0.offset][$0.element] })
            let partials = states[worker].partials(data, reference: reference)
            board.add(partials, firstChunk: panel.lowerBound, allocation: position)
            guard panel.upperBound == share.upperBound else { continue }
            board.finish(position) { partial in
              report(
                allocation,
                Quality(
                  correct: data.labels == nil ? nil : partial.correct, samples: data.count,
                  loss: partial.loss / Double(data.count)))
            }
          }
        }
      }
      if stopped.load(ordering: .relaxed) { return }
    }
  }
}

/// Sums of chunks of samples, and which allocations every thread is done with.
private final class ResultBoard: Sendable {
  private struct Contents {
    var partials: [AllocationWalk.Partial]
    var waiting: [Int]
  }
  private let contents: Mutex<Contents>
  private let chunks: Int

  init(allocations: Int, chunks: Int, workers: Int) {
    self.chunks = chunks
    contents = Mutex(
      Contents(
        partials: [AllocationWalk.Partial](repeating: .init(), count: allocations * chunks),
        waiting: [Int](repeating: workers, count: allocations)))
  }

  func add(_ partials: [AllocationWalk.Partial], firstChunk: Int, allocation: Int) {
    contents.withLock {
      for (index, partial) in partials.enumerated() {
        $0.partials[allocation * chunks + firstChunk + index] = partial
      }
    }
  }

  /// Calls `body` with the totals if all threads have finished; one call at a time.
  func finish(_ allocation: Int, _ body: (AllocationWalk.Partial) -> Void) {
    contents.withLock {
      $0.waiting[allocation] -= 1
      guard $0.waiting[allocation] == 0 else { return }
      var total = AllocationWalk.Partial()
      for partial in $0.partials[allocation * chunks..<(allocation + 1) * chunks] {
        total.loss += partial.loss
        total.correct += partial.correct
      }
      body(total)
    }
  }
}

/// One thread's samples under one allocation after the other.
///
/// A stage is a layer and what follows it up to the next layer. Values that a later stage reads are
/// kept for all samples; what a stage needs itself is kept for a block that fits in a cache.
final class StagedRun {
  private let network: FloatNetwork
  /// Samples that it has room for.
  let capacity: Int
  private let buffers: NetworkBuffers<Float>
  private let isKept: [Bool]
  private let blocks: [Int]
  private(set) var samples = 0..<0
  /// The prepared layers whose results are kept.
  private var current: [PreparedLayer] = []

  private static func kept(_ network: FloatNetwork) -> [Bool] {
    func stage(_ step: Int) -> Int {
      max(0, (network.layerSteps.firstIndex { $0 > step } ?? network.layerSteps.count) - 1)
    }
    var kept = [Bool](repeating: false, count: network.values.count)
    for (index, step) in network.steps.enumerated() {
      for value in network.inputs(of: step) {
        let producer = network.producers[value]
        if producer < 0 || stage(producer) < stage(index) { kept[value] = true }
      }
    }
    kept[network.scores] = true
    return kept
  }

  static func keptElements(_ network: FloatNetwork) -> Int {
    zip(network.values, kept(network)).reduce(0) { $0 + ($1.1 ? $1.0.count : 0) }
  }

  init(_ network: FloatNetwork, capacity: Int) {
    self.network = network
    self.capacity = capacity
    let kept = Self.kept(network)
    isKept = kept
    // Steps before the first layer belong to its stage.
    blocks = network.parameters.indices.map { layer in
      let first = layer == 0 ? 0 : network.layerSteps[layer]
      let largest = network.largestCount(first..<network.stageEnd(layer))
      return max(1, min(64, (1 << 16) / (largest * 4)))
    }
    let block = blocks.max() ?? 1
    buffers = NetworkBuffers(network, capacities: kept.map { $0 ? capacity : block })
  }

  /// Chooses the samples of the next runs; nothing is kept of others.
  func select(_ samples: Range<Int>, of data: EvaluationData) {
    guard samples != self.samples else { return }
    self.samples = samples
    current = []
    let first = samples.lowerBound * network.inputCount
    let target = buffers[network.input]
    data.samples.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      target.update(from: base + first, count: samples.count * network.inputCount)
    }
  }

  /// Runs an allocation from the first layer that differs from the last one.
  func run(_ layers: [PreparedLayer]) {
    var first = 0
    while first < current.count, current[first] === layers[first] { first += 1 }
    for layer in first..<layers.count {
      let prepared = layers[layer]
      let steps =
        (layer == 0 ? 0 : network.layerSteps[layer])..<network.stageEnd(layer)
      let block = blocks[layer]
      for start in stride(from: 0, to: samples.count, by: block) {
        let count = min(block, samples.count - start)
        network.run(
          steps, samples: count,
          address: { value in
            isKept[value]
              ? buffers[value] + start * network.values[value].count : buffers[value]
          }
        ) { _, data, quantized, result in
          prepared.run(
            data, samples: count, quantized: quantized,
            scratch: buffers.scratch(bytes: prepared.scratchBytes(samples: count)), into: result)
        }
      }
    }
    current = layers
  }

  /// Losses and hits of the samples, chunk by chunk.
  func partials(_ data: EvaluationData, reference: [Double]) -> [AllocationWalk.Partial] {
    let classes = network.classCount
    let scores = buffers[network.scores]
    var result: [AllocationWalk.Partial] = []
    for start in stride(from: 0, to: samples.count, by: AllocationWalk.chunk) {
      var partial = AllocationWalk.Partial()
      for sample in start..<min(start + AllocationWalk.chunk, samples.count) {
        let row = scores + sample * classes
        var best = 0
        for index in 1..<max(classes, 1) where row[index] > row[best] { best = index }
        let largest = Double(row[best])
        var sum = 0.0
        for index in 0..<classes { sum += StableExponential.exp(Double(row[index]) - largest) }
        let logarithm = StableExponential.log(sum)
        let number = samples.lowerBound + sample
        if let labels = data.labels {
          partial.loss += logarithm - (Double(row[labels[number]]) - largest)
          if best == labels[number] { partial.correct += 1 }
        } else {
          for index in 0..<classes {
            let known = reference[number * classes + index]
            let found = (Double(row[index]) - largest) - logarithm
            // A class without probability has no share of the divergence.
            let probability = StableExponential.exp(known)
            if probability > 0 { partial.loss += probability * (known - found) }
          }
        }
      }
      result.append(partial)
    }
    return result
  }
}

/// What evaluations leave for later ones: memory, and the results of the last allocation.
///
/// Only prepared layers decide what is reused, so that results do not depend on what is kept.
///
/// A run is in the pool or with the one evaluation that took it, never both.
final class StagedRunPool: @unchecked Sendable {
  private let runs = Mutex<[Held]>([])

  private struct Held: @unchecked Sendable {
    let run: StagedRun
  }

  /// A run with room for so many samples; one that holds samples from `first` if there is one.
  func take(_ network: FloatNetwork, first: Int, capacity: Int) -> StagedRun {
    let known = runs.withLock { held -> Held? in
      let fitting = held.indices.filter { held[$0].run.capacity == capacity }
      let best = fitting.first { held[$0].run.samples.lowerBound == first } ?? fitting.first
      return best.map { held.remove(at: $0) }
    }
    return known?.run ?? StagedRun(network, capacity: capacity)
  }

  /// Keeps runs, the latest 64 of all.
  func giveBack(_ finished: [StagedRun]) {
    nonisolated(unsafe) let finished = finished
    runs.withLock { held in
      // Runs of another size are of another number of threads, which is not coming back.
      let sizes = Set(finished.map(\.capacity))
      held.removeAll { !sizes.contains($0.run.capacity) }
      held += finished.map { Held(run: $0) }
      held.removeFirst(max(0, held.count - 64))
    }
  }
}
