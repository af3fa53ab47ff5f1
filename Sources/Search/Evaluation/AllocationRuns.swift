internal import Arith
internal import HWModel
internal import QuantGraph
import Synchronization

/// Samples that allocations are judged by.
struct SampleSet: Sendable {
  let count: Int
  /// Values of each graph input for some of them.
  let values: @Sendable (Range<Int>) -> [TensorValues]
  let labels: [Int]?
}

/// Allocations run one after the other on all samples; what two of them have in common runs once.
///
/// Samples are shared among threads, so that a single allocation uses all of them and each thread
/// keeps results for its own samples. Losses are summed in the order of the samples, so that nothing
/// depends on the number of threads.
final class AllocationRuns: Sendable {
  let forms: any AllocationForms
  let head: ScoreHead
  let samples: SampleSet
  /// Samples whose losses are summed before they are added to the others.
  private let slot: Int
  private let stages: Set<Int>
  private let shared: SharedFamily
  private let pool = SeriesPool()

  /// Memory for results that are kept between allocations, of all threads.
  static let keptBytes = 1 << 26
  /// Memory for the kernels of allocations that wait to be run.
  static let waitingBytes = 1 << 26

  init(_ forms: some AllocationForms, head: ScoreHead, samples: SampleSet, slot: Int) {
    self.forms = forms
    shared = SharedFamily()
    self.head = head
    self.samples = samples
    self.slot = slot
    let names = Set(forms.layers.map(\.name))
    let graph = forms.family().base.graph
    stages = Set(graph.nodes.indices.filter { names.contains(graph.nodes[$0].name) })
  }

  /// Runs of the same model on other samples, with the same forms and kernels.
  init(sharing other: AllocationRuns, samples: SampleSet) {
    (forms, shared, head) = (other.forms, other.shared, other.head)
    (slot, stages) = (other.slot, other.stages)
    self.samples = samples
  }

  /// The family of all runs, made anew when it remembers too much.
  private func family() -> PlanFamily {
    shared.family.withLock {
      if let known = $0, !known.isLarge { return known }
      let made = forms.family()
      $0 = made
      return made
    }
  }

  /// Gives back the memory of results and kernels; they are made again when they are asked for.
  func releaseMemory() {
    pool.giveBack([])
    shared.family.withLock { $0 = nil }
    forms.releaseMemory()
  }

  /// How samples are shared: a range a worker, and how many of it a worker runs at once.
  private func shares(
    _ family: PlanFamily, wanted: [TensorID], threads: Int
  ) -> (shares: [Range<Int>], panel: Int) {
    let probe = PlanSeries(family, wanted: wanted, stages: stages)
    let unit = probe.granularity
    let units = (samples.count + unit - 1) / unit
    let workers = max(1, min(threads, units))
    let shares = (0..<workers).map {
      min(
        $0 * units / workers * unit, samples.count)..<min(
          ($0 + 1) * units / workers * unit, samples.count)
    }
    let affordable = Self.keptBytes / 2 / max(probe.bytesPerSample, 1) / workers
    return (shares, max(affordable / probe.granularity, 1) * probe.granularity)
  }

  // MARK: Qualities

  func evaluate(
    _ allocations: [[Candidate]], reference: [Double], threads: Int,
    isCancelled: @Sendable () -> Bool, report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    guard !allocations.isEmpty else { return }
    let family = family()
    // Every form is made before anything runs, so that a format that does not fit is found then;
    // kernels that take too much memory are made again when it is their turn.
    let before = family.kernelBytes
    var known: [PlanForm]? = []
    var results: [[Int]] = []
    for allocation in allocations {
      let form = try forms.form(allocation, in: family)
      results.append(form.results)
      known?.append(form)
      if family.kernelBytes - before > Self.waitingBytes { known = nil }
    }
    let order = allocations.indices.sorted {
      results[$0] == results[$1] ? $0 < $1 : results[$0].lexicographicallyPrecedes(results[$1])
    }
    let wanted = Array(Set([head.scores, head.output])).sorted()
    let (shares, panel) = shares(family, wanted: wanted, threads: threads)
    let isWhole = shares.allSatisfy { $0.count <= panel }
    let size =
      known == nil ? 16 : min(isWhole ? 4096 : 256, max(1, (1 << 23) / max(samples.count, 1)))
    let runs = shares.map { share in
      pool.take(family, wanted, first: share.lowerBound) {
        PlanSeries(
          family, wanted: wanted, stages: stages, bytes: Self.keptBytes / shares.count)
      }
    }
    defer { pool.giveBack(runs) }
    nonisolated(unsafe) let series = runs
    let stopped = Atomic<Bool>(false)
    let failure = Mutex<EvaluationError?>(nil)
    for start in stride(from: 0, to: order.count, by: size) {
      let group = Array(order[start..<min(start + size, order.count)])
      var made: [PlanForm] = []
      for index in group {
        if let known {
          made.append(known[index])
        } else {
          made.append(try forms.form(allocations[index], in: family))
        }
      }
      let waiting = made
      let board = ResultBoard(
        allocations: group.count, samples: samples.count, slot: slot, workers: shares.count)
      withoutActuallyEscaping(report) { report in
        nonisolated(unsafe) let report = report
        _ = ParallelFor.map(shares.count, threads: shares.count) { worker in
          let share = shares[worker]
          for first in stride(from: share.lowerBound, to: share.upperBound, by: panel) {
            let range = first..<min(first + panel, share.upperBound)
            series[worker].select(range, values: samples.values)
            for (position, form) in waiting.enumerated() {
              if stopped.load(ordering: .relaxed) { return }
              if isCancelled() {
                stopped.store(true, ordering: .relaxed)
                return
              }
              do throws(EvaluationError) {
                let found = try found(series[worker], form)
                board.add(position, worker: worker) { losses in
                  judge(found, range, reference, into: losses)
                }
              } catch {
                failure.withLock { $0 = $0 ?? error }
                stopped.store(true, ordering: .relaxed)
                return
              }
              guard range.upperBound == share.upperBound else { continue }
              board.finish(position) { loss, correct in
                report(
                  group[position],
                  Quality(
                    correct: samples.labels == nil ? nil : correct, samples: samples.count,
                    loss: loss / Double(samples.count)))
              }
            }
          }
        }
      }
      if let failure = failure.withLock({ $0 }) { throw failure }
      if stopped.load(ordering: .relaxed) { return }
    }
  }

  /// Scores of the selected samples, and their classes.
  private func found(
    _ series: PlanSeries, _ form: PlanForm
  ) throws(EvaluationError) -> (scores: [Double], labels: [Int]) {
    try Self.run(series, form)
    let scores = try Self.numbers(series, head.scores, form)
    let outputs = head.output == head.scores ? scores : try Self.numbers(series, head.output, form)
    series.drop(head.scores)
    series.drop(head.output)
    let width = outputs.count / max(series.samples.count, 1)
    return (
      scores,
      (0..<series.samples.count).map { head.label(outputs[$0 * width..<($0 + 1) * width]) }
    )
  }

  private static func run(_ series: PlanSeries, _ form: PlanForm) throws(EvaluationError) {
    do throws(InputError) {
      try series.run(form)
    } catch {
      throw .notRunnable(node: "input", reason: Diagnostic(error).message)
    }
  }

  private static func numbers(
    _ series: PlanSeries, _ id: TensorID, _ form: PlanForm
  ) throws(EvaluationError) -> [Double] {
    let tensor = form.graph[id]
    guard let codes = series.elements(of: id), let values = TensorDecoder(tensor).values(codes)
    else {
      throw .notRunnable(
        node: tensor.name, reason: "its format \(tensor.encoding.name) has no value an element")
    }
    return values
  }

  /// Adds the losses of samples to theirs and counts those whose class is right.
  private func judge(
    _ found: (scores: [Double], labels: [Int]), _ range: Range<Int>, _ reference: [Double],
    into losses: UnsafeMutablePointer<Double>
  ) -> Int {
    let width = found.scores.count / max(range.count, 1)
    // One score stands against 0.
    let classes = max(width, 2)
    var correct = 0
    var row = [Double](repeating: 0, count: classes)
    for (index, sample) in range.enumerated() {
      for place in 0..<width { row[classes - width + place] = found.scores[index * width + place] }
      var largest = row[0]
      for value in row where value > largest { largest = value }
      var sum = 0.0
      for value in row { sum += StableExponential.exp(value - largest) }
      let logarithm = StableExponential.log(sum)
      if let label = samples.labels?[sample] {
        losses[sample] += logarithm - (row[label] - largest)
        if found.labels[index] == label { correct += 1 }
      } else {
        for place in 0..<classes {
          let known = reference[sample * classes + place]
          // A class without probability has no share of the divergence.
          let probability = StableExponential.exp(known)
          if probability > 0 {
            losses[sample] += probability * (known - ((row[place] - largest) - logarithm))
          }
        }
      }
    }
    return correct
  }

  // MARK: Scores

  /// Scores, classes and, if a tensor is named, its numbers, for every sample under an allocation.
  func scores(
    of allocation: [Candidate], results: TensorID? = nil, threads: Int
  ) throws(EvaluationError) -> PlanScores {
    let family = family()
    let form = try forms.form(allocation, in: family)
    let wanted = Array(Set([head.scores, head.output] + (results.map { [$0] } ?? []))).sorted()
    let (shares, panel) = shares(family, wanted: wanted, threads: threads)
    let runs = shares.map { share in
      pool.take(family, wanted, first: share.lowerBound) {
        PlanSeries(
          family, wanted: wanted, stages: stages, bytes: Self.keptBytes / shares.count)
      }
    }
    defer { pool.giveBack(runs) }
    nonisolated(unsafe) let series = runs
    let parts = ParallelFor.map(shares.count, threads: shares.count) {
      worker -> Result<PlanScores, EvaluationError> in
      var all = PlanScores()
      let share = shares[worker]
      do throws(EvaluationError) {
        for first in stride(from: share.lowerBound, to: share.upperBound, by: panel) {
          series[worker].select(
            first..<min(first + panel, share.upperBound), values: samples.values)
          try Self.run(series[worker], form)
          if let results { all.results += try Self.numbers(series[worker], results, form) }
          let found = try found(series[worker], form)
          all.scores += found.scores
          all.labels += found.labels
        }
      } catch {
        return .failure(error)
      }
      return .success(all)
    }
    var scores = PlanScores()
    for part in parts {
      let part = try part.get()
      scores.scores += part.scores
      scores.labels += part.labels
      scores.results += part.results
    }
    scores.samples = samples.count
    scores.width = max(scores.scores.count / max(samples.count, 1), 1)
    return scores
  }
}

/// The family that runs of one model have in common.
private final class SharedFamily: Sendable {
  let family = Mutex<PlanFamily?>(nil)
}

/// Losses of samples, and which allocations every thread is done with.
private final class ResultBoard: Sendable {
  private struct Contents {
    var waiting: [Int]
    var correct: [Int]
    var finished: [Int] = []
    var isReporting = false
  }

  private let contents: Mutex<Contents>
  /// Each worker writes those of its own samples.
  private nonisolated(unsafe) let losses: UnsafeMutablePointer<Double>
  private let samples: Int
  private let slot: Int

  init(allocations: Int, samples: Int, slot: Int, workers: Int) {
    (self.samples, self.slot) = (samples, slot)
    losses = .allocate(capacity: max(allocations * samples, 1))
    losses.initialize(repeating: 0, count: allocations * samples)
    contents = Mutex(
      Contents(
        waiting: [Int](repeating: workers, count: allocations),
        correct: [Int](repeating: 0, count: allocations)))
  }

  deinit { losses.deallocate() }

  /// Lets `body` add to an allocation's losses and say how many samples are right.
  func add(_ allocation: Int, worker: Int, _ body: (UnsafeMutablePointer<Double>) -> Int) {
    let correct = body(losses + allocation * samples)
    contents.withLock { $0.correct[allocation] += correct }
  }

  /// Calls `body` with the totals of allocations that all threads have finished; one call at a time,
  /// without a lock.
  func finish(_ allocation: Int, _ body: (Double, Int) -> Void) {
    var isReporter = contents.withLock { contents -> Bool in
      contents.waiting[allocation] -= 1
      if contents.waiting[allocation] == 0 { contents.finished.append(allocation) }
      guard !contents.isReporting, !contents.finished.isEmpty else { return false }
      contents.isReporting = true
      return true
    }
    while isReporter {
      let (ready, correct) = contents.withLock { contents -> ([Int], [Int]) in
        defer { contents.finished = [] }
        return (contents.finished, contents.finished.map { contents.correct[$0] })
      }
      for (allocation, correct) in zip(ready, correct) {
        var loss = 0.0
        for first in stride(from: 0, to: samples, by: slot) {
          var part = 0.0
          for sample in first..<min(first + slot, samples) {
            part += losses[allocation * samples + sample]
          }
          loss += part
        }
        body(loss, correct)
      }
      isReporter = contents.withLock { contents -> Bool in
        contents.isReporting = !contents.finished.isEmpty
        return contents.isReporting
      }
    }
  }
}

/// What evaluations leave for later ones: memory, and results of earlier allocations.
///
/// A run is in the pool or with the one evaluation that took it, never both.
private final class SeriesPool: @unchecked Sendable {
  private let runs = Mutex<[Held]>([])

  private struct Held: @unchecked Sendable {
    let series: PlanSeries
  }

  /// A run of a family; one that holds samples from `first` on if there is one.
  func take(
    _ family: PlanFamily, _ wanted: [TensorID], first: Int, make: () -> PlanSeries
  ) -> PlanSeries {
    let known = runs.withLock { held -> Held? in
      held.removeAll { $0.series.family !== family || $0.series.wanted != wanted }
      let best = held.firstIndex { $0.series.samples.lowerBound == first }
      return best.map { held.remove(at: $0) }
    }
    return known?.series ?? make()
  }

  /// Keeps runs, the latest of as many workers.
  func giveBack(_ finished: [PlanSeries]) {
    nonisolated(unsafe) let finished = finished
    runs.withLock { held in held = finished.map { Held(series: $0) } }
  }
}
