import QuantGraph

/// Evaluates choices, each once, up to a limit, and remembers them.
///
/// What a study holds is not run again, but counts towards the limit as it did when it was made, so
/// that a resumed search takes the same course as one that was never stopped.
final class EvaluationLedger {
  private let task: SearchTask
  private let evaluator: any Evaluator
  private let study: Study?
  private let threads: Int
  private let isCancelled: @Sendable () -> Bool
  private let progress: (Int, Int) -> Void
  private var known: [[Int]: Evaluation] = [:]
  /// Choices in the order they were asked for.
  private(set) var order: [[Int]] = []
  private var asked: Set<[Int]> = []
  /// Evaluations that ran the network in this process.
  private(set) var runs = 0
  /// Whether the time limit ended before all that was asked for was run.
  private(set) var wasStopped = false

  init(
    task: SearchTask, evaluator: any Evaluator, study: Study?, threads: Int,
    isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (Int, Int) -> Void
  ) {
    self.task = task
    self.evaluator = evaluator
    self.study = study
    self.threads = threads
    self.isCancelled = isCancelled
    self.progress = progress
    for evaluation in study?.evaluations ?? [] { known[evaluation.choice] = evaluation }
  }

  /// How many more choices may be asked for.
  var remaining: Int { wasStopped ? 0 : max(0, task.evaluations - order.count) }

  func isAsked(_ choice: [Int]) -> Bool { asked.contains(choice) }

  subscript(choice: [Int]) -> Evaluation? { asked.contains(choice) ? known[choice] : nil }

  /// Evaluations asked for, in that order.
  var evaluations: [Evaluation] { order.compactMap { known[$0] } }

  /// Evaluates those of `choices` that were not asked for before, in this order, as far as the limit
  /// allows; choices of other shards and over a budget are passed over.
  func evaluate(_ choices: [[Int]]) throws(SearchError) {
    var wanted: [[Int]] = []
    var missing: [(choice: [Int], totals: [Double])] = []
    for choice in choices where wanted.count < remaining && !asked.contains(choice) {
      guard task.shard?.owns(choice) ?? true else { continue }
      let totals: [Double]
      do throws(CostError) {
        totals = try task.totals(choice)
      } catch {
        throw .cost(error)
      }
      guard task.meetsBudgets(totals) else { continue }
      asked.insert(choice)
      wanted.append(choice)
      if known[choice] == nil { missing.append((choice, totals)) }
    }
    // Neighbours in this order share the longest prefixes of layers, which evaluators run once.
    missing.sort { $0.choice.lexicographicallyPrecedes($1.choice) }
    if !missing.isEmpty { try run(missing, before: order.count + wanted.count - missing.count) }
    let done = wanted.filter { known[$0] != nil }
    for choice in wanted where known[choice] == nil { asked.remove(choice) }
    order += done
    progress(order.count, task.evaluations)
  }

  private func run(
    _ choices: [(choice: [Int], totals: [Double])], before: Int
  ) throws(SearchError) {
    var failure: SearchError?
    var finished = 0
    do throws(EvaluationError) {
      try evaluator.evaluate(
        choices.map { task.space.formats(of: $0.choice) }, threads: threads,
        isCancelled: isCancelled
      ) { index, quality in
        guard failure == nil else { return }
        do throws(SearchError) {
          try keep(
            Evaluation(
              choice: choices[index].choice, quality: quality, costs: choices[index].totals))
        } catch {
          failure = error
        }
        finished += 1
        runs += 1
        progress(before + finished, task.evaluations)
      }
    } catch {
      throw .evaluation(error)
    }
    if let failure { throw failure }
    if finished < choices.count { wasStopped = true }
  }

  private func keep(_ evaluation: Evaluation) throws(SearchError) {
    do throws(StudyError) {
      try study?.append(evaluation)
    } catch {
      throw .study(error)
    }
    known[evaluation.choice] = evaluation
  }
}
