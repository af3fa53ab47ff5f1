import Documents
package import Importers
package import QuantGraph
package import Search

extension TaskJob {
  /// What tells this build of the program from others; nil where its file cannot be read.
  package static let thisBuild = FileChecksum.text(ofFile: "/proc/self/exe")
}

/// What a task of a search does on the machine that runs it.
package enum TaskWork {
  /// Does a task, and helps with others of its search while it has time left.
  ///
  /// - Parameters:
  ///   - worker: the task.
  ///   - threads: how many may run at once.
  ///   - read: reads the model and data of the search's command line.
  /// - Returns: how many items this process measured; nil if there was nothing to do.
  /// - Throws: a ``Failure``, which the search is told too: another version of the program, other
  ///   contents of the files, or what the work itself refuses.
  package static func run(
    _ worker: TaskWorker, threads: Int,
    reading read: () throws(Failure) -> any SearchSubject
  ) throws(Failure) -> Int? {
    let begun = ContinuousClock.now
    var known: (model: any SearchSubject, space: SearchSpace)?
    var measured = try run(worker, threads: threads, &known, reading: read)
    var last = worker
    while let next = last.next(begun: begun) {
      last = next
      // What goes wrong there is told to the search; this task is done.
      guard let more = try? run(next, threads: threads, &known, reading: read) else { continue }
      measured = (measured ?? 0) + more
    }
    return measured
  }

  /// Does one task; `known` is what was read for earlier ones.
  private static func run(
    _ worker: TaskWorker, threads: Int,
    _ known: inout (model: any SearchSubject, space: SearchSpace)?,
    reading read: () throws(Failure) -> any SearchSubject
  ) throws(Failure) -> Int? {
    try worker.run { (items, isStopped, report) throws(Failure) in
      if known == nil {
        try checkVersion(worker.job)
        let model = try read()
        try check(worker.job, against: model)
        do throws(SpaceError) {
          known = (model, try worker.job.header.space())
        } catch {
          throw Failure(error, at: "job.json")
        }
      }
      guard let (model, space) = known else { return }
      switch worker.batch.work {
      case .evaluation:
        try evaluate(items, space, model.evaluator, threads, isStopped, report)
      case .screening:
        try evaluate(items, space, model.screener, threads, isStopped, report)
      case .sensitivity(let metric):
        try measure(items, metric, space, model, threads, report)
      }
    }
  }

  /// Sums of a search's inputs by their roles, as studies keep them.
  package static func sums(_ records: [InputRecord]) throws(Failure) -> [String: String] {
    var sums: [String: String] = [:]
    for record in records {
      let sum = try record.record()["sha256"]?.text ?? ""
      sums[record.role, default: ""] += (sums[record.role] == nil ? "" : " ") + sum
    }
    return sums
  }

  private static func checkVersion(_ job: TaskJob) throws(Failure) {
    guard job.tool == ResultVersion.tool, job.build == TaskJob.thisBuild else {
      throw Failure(
        "search.task-mismatch", "this machine has another hwsim than the search", at: "job.json",
        notes: [
          "here \(ResultVersion.tool) (\(TaskJob.thisBuild ?? "unknown build"))",
          "there \(job.tool) (\(job.build ?? "unknown build"))",
        ],
        remedy: "give all machines the same program, best in a folder that they share.")
    }
  }

  private static func check(_ job: TaskJob, against model: any SearchSubject) throws(Failure) {
    let sums = try sums(model.records)
    let other = sums.keys.sorted().filter { job.header.settings[$0] != sums[$0] }
    guard other.isEmpty else {
      throw Failure(
        "search.task-mismatch",
        "files of this machine have other contents than those of the search",
        at: model.file.path, notes: other.map { "\($0): sha256 \(sums[$0] ?? "")" },
        remedy: "give all machines the same files.")
    }
  }

  private static func evaluate(
    _ choices: [[Int]], _ space: SearchSpace, _ evaluator: any Evaluator, _ threads: Int,
    _ isStopped: @Sendable () -> Bool, _ report: (TaskItem) -> Void
  ) throws(Failure) {
    for choice in choices
    where choice.count != space.layers.count
      || !zip(choice, space.candidates).allSatisfy({ $1.indices.contains($0) })
    {
      throw Failure(
        "study.damaged", "choice \(choice) does not fit the search's candidates", at: "batch.json",
        remedy: "remove the folder of the study's tasks.")
    }
    var last = ContinuousClock.now
    do throws(EvaluationError) {
      try evaluator.evaluate(
        choices.map(space.formats), threads: threads, isCancelled: isStopped
      ) { index, quality in
        report(TaskItem(choices[index], quality, seconds: Self.seconds(since: &last)))
      }
    } catch {
      throw Failure(error, model: "task")
    }
  }

  private static func measure(
    _ layers: [[Int]], _ metric: SensitivityMetric, _ space: SearchSpace,
    _ model: any SearchSubject,
    _ threads: Int, _ report: (TaskItem) -> Void
  ) throws(Failure) {
    let wanted = Set(layers.flatMap { $0 })
    let candidates = space.candidates.indices.map { layer in
      wanted.contains(layer) ? space.candidates[layer].map(\.formats) : []
    }
    let start = ContinuousClock.now
    let scores: SensitivityScores
    do throws(SensitivityError) {
      scores = try model.sensitivities(metric, of: candidates, traces: nil, threads: threads)
    } catch {
      throw SensitivitySource.failure(error, model: model.file.path)
    }
    var begun = start
    let each = Self.seconds(since: &begun) / Double(max(wanted.count, 1))
    for layer in wanted.sorted() {
      report(TaskItem(layer: layer, values: scores.values[layer], seconds: each))
    }
  }

  private static func seconds(since last: inout ContinuousClock.Instant) -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    let (whole, attoseconds) = (now - last).components
    return Double(whole) + Double(attoseconds) * 1e-18
  }
}
