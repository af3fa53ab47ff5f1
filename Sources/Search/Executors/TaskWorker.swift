import Glibc
package import QuantGraph
import Synchronization

/// One task, on the machine that runs it.
package final class TaskWorker: Sendable {
  package let job: TaskJob
  package let batch: TaskBatch
  private let paths: TaskPaths
  private let number: Int
  /// Whether the scheduler gave the task to another process.
  private let isGuest: Bool

  /// Reads what a task is to do.
  ///
  /// - Parameters:
  ///   - folder: of the batch.
  ///   - index: the task's number, from 0.
  ///   - isGuest: whether the scheduler gave it to another process.
  /// - Throws: a ``Failure`` for a folder that is none, or a number that it does not have.
  package init(folder: String, index: Int, isGuest: Bool = false) throws(Failure) {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    paths = TaskPaths(folder: folder)
    number = index
    self.isGuest = isGuest
    do throws(StudyError) {
      batch = try TaskBatch(folder: folder)
      job = try TaskJob(ofBatch: folder)
    } catch {
      throw Failure(Diagnostic(error))
    }
    guard batch.tasks.indices.contains(index) else {
      throw Failure(
        "search.task", "the batch has no task \(index)", at: folder,
        notes: ["it has \(batch.tasks.count), counted from 0"], remedy: "give --index one of them.")
    }
  }

  /// Does what is left of the task, if no other process does it.
  ///
  /// - Parameter body: measures items, and hands over each as it is done; it ends where `isStopped` says
  ///   so.
  /// - Returns: how many items this process measured; nil if there was nothing to do.
  /// - Throws: what `body` throws, which the search is told too.
  package func run(
    _ body: (
      _ items: [[Int]], _ isStopped: @Sendable () -> Bool, _ report: (TaskItem) -> Void
    ) throws(Failure) -> Void
  ) throws(Failure) -> Int? {
    var failure: Failure?
    let count: Int?
    do throws(StudyError) {
      count = try work(body, &failure)
    } catch {
      throw Failure(Diagnostic(error))
    }
    if let failure { throw failure }
    return count
  }

  private func work(
    _ body: (
      _ items: [[Int]], _ isStopped: @Sendable () -> Bool, _ report: (TaskItem) -> Void
    ) throws(Failure) -> Void, _ failure: inout Failure?
  ) throws(StudyError) -> Int? {
    guard let claim = try claim() else { return nil }
    defer { claim.release() }
    // After the claim: a search that closes the batch looks for claims afterwards.
    if Self.has(paths.closed) || Self.has(paths.dead(number)) { return nil }
    let done = try TaskItem.read(paths, number)
    let known = Set(done.map(\.item))
    var bytes: [UInt8] = []
    for item in done { bytes += try StudyFiles.encode(item, path: paths.part(number)) }
    // A line that was cut off goes.
    try StudyFiles.replace(paths.part(number), with: bytes)
    let file = try PartFile(paths.part(number))
    let left = batch.tasks[number].filter { !known.contains($0) }
    let dead = paths.dead(number)
    do throws(Failure) {
      try body(left, { claim.wasTaken || Self.has(dead) }) { file.append($0) }
    } catch {
      failure = error
    }
    if claim.wasTaken || Self.has(dead) { return file.count }
    try file.check()
    if let failure {
      try StudyFiles.replace(
        paths.failed(number),
        with: StudyFiles.encode(TaskFailure(failure), path: paths.failed(number)))
      return file.count
    }
    guard file.count == left.count else { return file.count }
    guard rename(paths.part(number), paths.result(number)) == 0 else {
      throw .notWritten(path: paths.result(number), reason: StudyFiles.reason())
    }
    return file.count
  }

  /// The claim; nil if the task is done, given up, or another living process has it.
  private func claim() throws(StudyError) -> TaskClaim? {
    let path = paths.claim(number)
    var watch = ClaimWatch(beat: batch.beat)
    while !Self.has(paths.result(number)), !Self.has(paths.closed), !Self.has(paths.dead(number)) {
      if let claim = try TaskClaim(path, beat: batch.beat, isGuest: isGuest) { return claim }
      if isGuest { return nil }
      // A scheduler that runs a task again leaves the claim of the one that died.
      guard let owner = TaskClaim.owner(of: path) else { continue }
      if watch.isDead(owner) {
        TaskClaim.remove(path, of: owner)
      } else {
        usleep(UInt32(min(batch.beat, 1) * 1e6))
      }
    }
    return nil
  }

  /// Another task of the same search that nobody has begun, for a process that is done with this one.
  ///
  /// A scheduler takes a second or more to begin a task; who runs already begins at once. Waits a
  /// little for one while the search goes on.
  ///
  /// - Parameter begun: when this process began; it helps until it has run as long as a task should.
  /// - Returns: nil where there is none, or no time left.
  package func next(begun: ContinuousClock.Instant) -> TaskWorker? {
    let parent = TaskPaths.parent(of: paths.folder)
    // The file may say anything.
    let seconds = min(max(batch.seconds, 0), 1e6)
    let patience = Duration.seconds(min(max(1, seconds / 20), 5))
    let idle = ContinuousClock.now + patience
    var over: Set<String> = []
    var pause = 20_000.0
    while ContinuousClock.now - begun < .seconds(seconds) {
      if let found = unbegun(in: parent, over: &over) { return found }
      // The search holds this claim until it ends.
      guard Self.has(parent + "/coordinator"), ContinuousClock.now < idle else { return nil }
      usleep(UInt32(pause))
      pause = min(pause * 1.2, 1e6)
    }
    return nil
  }

  /// The last task that nobody has begun, of this batch or a later one; `over` are folders without any.
  private func unbegun(in parent: String, over: inout Set<String>) -> TaskWorker? {
    let own = paths.folder.split(separator: "/").last.map(String.init) ?? ""
    let batches = ((try? StudyFiles.names(in: parent)) ?? []).filter {
      Int($0) != nil && ($0.count, $0) >= (own.count, own) && !over.contains($0)
    }
    for name in batches.sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
      let folder = "\(parent)/\(name)"
      guard let names = (try? StudyFiles.names(in: folder)).map(Set.init),
        names.contains("batch.json"), let batch = try? TaskBatch(folder: folder)
      else { continue }
      let open = batch.tasks.indices.filter { task in
        !["result", "dead", "failed"].contains { names.contains("\(task).\($0)") }
      }
      if open.isEmpty || names.contains("closed") { over.insert(name) }
      guard !names.contains("closed"),
        let task = open.last(where: { !names.contains("\($0).claim") })
      else { continue }
      return try? TaskWorker(folder: folder, index: task, isGuest: true)
    }
    return nil
  }

  private static func has(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// The file that a task appends to.
private final class PartFile {
  private let path: String
  private let descriptor: Int32
  private var problem: StudyError?
  private(set) var count = 0

  init(_ path: String) throws(StudyError) {
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: StudyFiles.reason()) }
  }

  deinit { close(descriptor) }

  /// Appends an item; a problem is kept for ``check()``.
  func append(_ item: TaskItem) {
    guard problem == nil else { return }
    do throws(StudyError) {
      try StudyFiles.append(
        StudyFiles.encode(item, path: path), to: descriptor, path: path)
      count += 1
    } catch {
      problem = error
    }
  }

  func check() throws(StudyError) { if let problem { throw problem } }
}
