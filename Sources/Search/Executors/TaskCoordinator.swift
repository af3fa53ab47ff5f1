import Glibc
package import QuantGraph
import Synchronization

/// How the tasks of a search are run and divided.
package struct ExecutorSettings: Sendable {
  package let template: ExecutorTemplate
  /// How often what was lost is given out again.
  package let retries: Int
  /// What a task is meant to take, in seconds.
  package let taskSeconds: Double
  /// Seconds between signs of life.
  package let beat: Double
  /// The program that tasks run.
  package let tool: String

  package init(
    template: ExecutorTemplate, retries: Int, taskSeconds: Double, beat: Double, tool: String
  ) {
    self.template = template
    self.retries = retries
    self.taskSeconds = taskSeconds
    self.beat = beat
    self.tool = tool
  }
}

/// Gives the evaluations of a search to a scheduler as tasks, and takes what they found.
///
/// Everything lies in one folder that all machines see: `job.json`, and a folder a batch with
/// `batch.json`, claims, parts and results. A search that was killed finds there what was done and
/// what still runs; what is there is never run again.
package final class TaskCoordinator: Sendable {
  /// What a search may want to show: items of tasks that have begun, and of those that have not.
  package struct Status: Sendable, Equatable {
    package var running = 0
    package var queued = 0
  }

  private let lock: TaskClaim
  /// Held by whoever uses the ledger.
  private let busy = Mutex(())
  nonisolated(unsafe) private var ledger: TaskLedger

  /// Opens the folder of a search's tasks; what earlier searches left there is taken up.
  ///
  /// - Throws: ``StudyError/inUse(path:)`` while another process works on it.
  package init(
    folder: String, job: TaskJob, settings: ExecutorSettings
  ) throws(StudyError) {
    try StudyFiles.createFolder(folder)
    lock = try Self.lock(folder + "/coordinator", beat: settings.beat)
    do throws(StudyError) {
      try StudyFiles.replace(
        folder + "/job.json", with: StudyFiles.encode(job, path: folder + "/job.json"))
      ledger = try TaskLedger(folder: folder, settings: settings)
    } catch {
      lock.release()
      throw error
    }
  }

  deinit { lock.release() }

  /// The lock, also where the process that had it is gone.
  private static func lock(_ path: String, beat: Double) throws(StudyError) -> TaskClaim {
    if let claim = try TaskClaim(path, beat: beat) { return claim }
    // A crash leaves the lock behind: it counts as long as it may be a sign of life.
    var watch = ClaimWatch(beat: beat)
    let first = TaskClaim.owner(of: path)
    while let owner = TaskClaim.owner(of: path) {
      if watch.isDead(owner) {
        TaskClaim.remove(path, of: owner)
        break
      }
      if owner != first || owner.host == TaskOwner.current.host { throw .inUse(path: path) }
      usleep(200_000)
    }
    guard let claim = try TaskClaim(path, beat: beat) else { throw .inUse(path: path) }
    return claim
  }

  /// Has each of `items` measured, once.
  ///
  /// - Parameters:
  ///   - items: different ones.
  ///   - work: what is measured of them.
  ///   - isCancelled: asked again and again; true ends with what there is.
  ///   - status: told what runs and what waits.
  ///   - report: called with the position of an item as its result arrives.
  /// - Throws: a ``Failure``: what a task says, or what became of those that said nothing.
  package func run(
    _ items: [[Int]], _ work: TaskBatch.Work, isCancelled: () -> Bool = { false },
    status: (Status) -> Void = { _ in }, report: (Int, TaskItem) -> Void
  ) throws(Failure) {
    let failure = busy.withLock { _ in
      do throws(StudyError) {
        return try ledger.run(items, work, isCancelled, status, report)
      } catch {
        return Failure(Diagnostic(error))
      }
    }
    if let failure { throw failure }
  }
}
