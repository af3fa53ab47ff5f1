import Glibc
import QuantGraph

/// What is known of a search's tasks, and how more is found out.
struct TaskLedger {
  /// A task whose result is waited for.
  private struct OpenTask {
    let paths: TaskPaths
    let number: Int
    let items: [[Int]]
    var watch: ClaimWatch
    /// Which command runs it; nil for one of an earlier search.
    let command: Int?
    var isRunning = false
    /// When its claim was read last.
    var looked: ContinuousClock.Instant?
  }

  /// A command that runs a batch, and when it was seen to have ended.
  private struct Submission {
    let command: ShellCommand
    var ended: (status: Int32, at: ContinuousClock.Instant)?
  }

  /// Most tasks of a batch; Slurm's arrays have at most 1,001 by default (slurm.conf(5)).
  private static let batchLimit = 1000
  /// Most tasks of a batch while nobody knows what an item takes.
  private static let firstLimit = 64
  /// After a command's end its last files may be on their way for so long.
  private static let grace = Duration.seconds(1)

  private let folder: String
  private let settings: ExecutorSettings
  private var known: [TaskBatch.Work: [[Int]: TaskItem]] = [:]
  private var open: [TaskBatch.Work: [OpenTask]] = [:]
  private var submissions: [Submission] = []
  private var lastBatch = 0
  private var spent: [TaskBatch.Work: (items: Int, seconds: Double)] = [:]
  /// The most tasks that ran at once.
  private var mostRunning = 1

  /// Takes up what earlier searches left in `folder`.
  init(folder: String, settings: ExecutorSettings) throws(StudyError) {
    self.folder = folder
    self.settings = settings
    for name in try StudyFiles.names(in: folder) {
      guard let number = Int(name) else { continue }
      lastBatch = max(lastBatch, number)
      try takeUp(TaskPaths(folder: "\(folder)/\(name)"))
    }
  }

  /// Takes the results of a batch, and notes its tasks that still run; the others never begin.
  private mutating func takeUp(_ paths: TaskPaths) throws(StudyError) {
    guard try StudyFiles.contents(paths.batch) != nil else { return }
    let batch = try TaskBatch(folder: paths.folder)
    mostRunning = max(mostRunning, min(batch.running, Self.batchLimit))
    // Tasks claim first and look for this afterwards: none begins unseen.
    try StudyFiles.replace(paths.closed, with: [])
    let names = Set(try StudyFiles.names(in: paths.folder))
    for (number, items) in batch.tasks.enumerated() {
      let isOver = ["result", "dead", "failed"].contains { names.contains("\(number).\($0)") }
      if !isOver, names.contains("\(number).claim") {
        open[batch.work, default: []].append(
          OpenTask(
            paths: paths, number: number, items: items, watch: ClaimWatch(beat: batch.beat),
            command: nil, isRunning: true))
      } else {
        try take(paths, number, batch.work)
      }
    }
  }

  /// Takes what a task has found, whole lines only.
  private mutating func take(
    _ paths: TaskPaths, _ number: Int, _ work: TaskBatch.Work
  ) throws(StudyError) {
    let found = try TaskItem.read(paths, number)
    guard found.allSatisfy({ $0.fits(work) }) else {
      throw .damaged(path: paths.result(number), line: 1, reason: "this is no result of a task")
    }
    for item in found where known[work]?[item.item] == nil {
      known[work, default: [:]][item.item] = item
      let before = spent[work] ?? (0, 0)
      spent[work] = (before.items + 1, before.seconds + item.seconds)
    }
  }

  // MARK: Running

  /// What ``TaskCoordinator/run(_:_:isCancelled:status:report:)`` does.
  ///
  /// - Returns: what ended it early, nil if nothing did.
  mutating func run(
    _ items: [[Int]], _ work: TaskBatch.Work, _ isCancelled: () -> Bool,
    _ status: (TaskCoordinator.Status) -> Void, _ report: (Int, TaskItem) -> Void
  ) throws(StudyError) -> Failure? {
    var waiting = Array(items.indices)
    var attempts: [[Int]: Int] = [:]
    var last = ContinuousClock.now
    while true {
      // Results first: what earlier searches left is there at once.
      waiting = waiting.filter { position in
        guard let found = known[work]?[items[position]] else { return true }
        report(position, found)
        last = .now
        return false
      }
      if waiting.isEmpty { return nil }
      if isCancelled() {
        try close(work)
        return nil
      }
      let inTasks = Set((open[work] ?? []).flatMap(\.items))
      let missing = waiting.map { items[$0] }.filter { !inTasks.contains($0) }
      if !missing.isEmpty {
        try submit(missing, work)
        last = .now
      }
      status(current(work))
      // A look too late costs a twentieth of what was waited for.
      let (waited, rest) = (ContinuousClock.now - last).components
      let pause = (Double(waited) + Double(rest) * 1e-18) / 20
      usleep(UInt32(min(max(pause, 0.02), 1) * 1e6))
      let (lost, failure) = try look(work)
      if let failure { return failure }
      for (task, reason) in lost {
        for item in task.items where known[work]?[item] == nil {
          attempts[item, default: 0] += 1
          if attempts[item, default: 0] > settings.retries {
            try close(work)
            return reason
          }
        }
      }
    }
  }

  private func current(_ work: TaskBatch.Work) -> TaskCoordinator.Status {
    var status = TaskCoordinator.Status()
    for task in open[work] ?? [] {
      if task.isRunning {
        status.running += task.items.count
      } else {
        status.queued += task.items.count
      }
    }
    return status
  }

  /// Nothing of a kind that waits shall begin any more; what runs is found by the next search.
  private func close(_ work: TaskBatch.Work) throws(StudyError) {
    for folder in Set((open[work] ?? []).map(\.paths.folder)) {
      try StudyFiles.replace(TaskPaths(folder: folder).closed, with: [])
    }
  }

  /// Gives items out as a batch of tasks, neighbours together.
  private mutating func submit(_ items: [[Int]], _ work: TaskBatch.Work) throws(StudyError) {
    // Every eighth batch finds out whether more run than did.
    let running = lastBatch % 8 == 7 ? 2 * mostRunning : mostRunning
    let limit = lastBatch == 0 ? Self.firstLimit : min(Self.firstLimit, 4 * running)
    var size = (items.count + limit - 1) / limit
    if let spent = spent[work] {
      let each = max(spent.seconds / Double(spent.items), 1e-6)
      size = max(1, Int(min(settings.taskSeconds / each, Double(items.count))))
      // Enough for all that were seen to run at once.
      size = min(size, (items.count + running - 1) / running)
    }
    let count = min((items.count + size - 1) / size, Self.batchLimit)
    let tasks = (0..<count).map { task in
      Array(items[task * items.count / count..<(task + 1) * items.count / count])
    }
    lastBatch += 1
    let digits = String(lastBatch)
    let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let paths = TaskPaths(folder: "\(folder)/\(name)")
    try StudyFiles.createFolder(paths.folder)
    let script = ExecutorTemplate.script(tool: settings.tool, folder: paths.folder)
    try StudyFiles.replace(paths.script, with: Array(script.utf8))
    chmod(paths.script, 0o755)
    try StudyFiles.replace(
      paths.batch,
      with: StudyFiles.encode(
        TaskBatch(
          work: work, beat: settings.beat, seconds: settings.taskSeconds, running: mostRunning,
          tasks: tasks),
        path: paths.batch))
    let line = settings.template.command(folder: paths.folder, count: count)
    submissions.append(Submission(command: try ShellCommand(line, log: paths.log)))
    for (number, items) in tasks.enumerated() {
      open[work, default: []].append(
        OpenTask(
          paths: paths, number: number, items: items, watch: ClaimWatch(beat: settings.beat),
          command: submissions.count - 1))
    }
  }

  // MARK: Looking

  /// Looks once at every task that is waited for.
  ///
  /// - Returns: those that are lost, each with the words for it, and what a task says went wrong.
  private mutating func look(
    _ work: TaskBatch.Work
  ) throws(StudyError) -> (lost: [(OpenTask, Failure)], failure: Failure?) {
    for index in submissions.indices where submissions[index].ended == nil {
      // Before the files: what a command that has ended left undone stays undone.
      if let status = submissions[index].command.exitStatus {
        submissions[index].ended = (status, .now)
      }
    }
    let tasks = open[work] ?? []
    var names: [String: Set<String>] = [:]
    for folder in Set(tasks.map(\.paths.folder)) {
      names[folder] = Set(try StudyFiles.names(in: folder))
    }
    var left: [OpenTask] = []
    var lost: [(OpenTask, Failure)] = []
    for var task in tasks {
      let found = names[task.paths.folder] ?? []
      if found.contains("\(task.number).result") {
        try take(task.paths, task.number, work)
        continue
      }
      if found.contains("\(task.number).failed") {
        let path = task.paths.failed(task.number)
        guard let failure = try StudyFiles.document(TaskFailure.self, at: path).failure else {
          throw .damaged(path: path, line: 1, reason: "a failure without a reason")
        }
        try close(work)
        return ([], failure)
      }
      let isClaimed = found.contains("\(task.number).claim")
      task.isRunning = isClaimed
      // A claim changes once a beat, and a thousand of them are many files.
      let isDue = task.looked.map { ContinuousClock.now - $0 >= .seconds(settings.beat) } ?? true
      if isDue { task.looked = .now }
      let claim = isClaimed && isDue ? TaskClaim.owner(of: task.paths.claim(task.number)) : nil
      let ended = task.command.flatMap { submissions[$0].ended }
      var isOver = ended.map { ContinuousClock.now - $0.at > Self.grace } ?? false
      if isOver, isClaimed, TaskClaim.owner(of: task.paths.claim(task.number))?.isGuest == true {
        isOver = false
      }
      guard task.watch.isDead(claim) || isOver || (task.command == nil && !isClaimed) else {
        left.append(task)
        continue
      }
      try StudyFiles.replace(task.paths.dead(task.number), with: [])
      try take(task.paths, task.number, work)
      lost.append((task, words(for: task, wasClaimed: isClaimed, ended?.status)))
    }
    open[work] = left
    mostRunning = max(mostRunning, left.count(where: \.isRunning))
    return (lost, nil)
  }

  /// Why a task came to nothing.
  private func words(
    for task: OpenTask, wasClaimed: Bool, _ status: Int32?
  ) -> Failure {
    let tries = settings.retries == 0 ? "" : " in each of \(settings.retries + 1) tries"
    if !wasClaimed, let status, status != 0 {
      return Failure(
        "search.executor-refused",
        "the executor ended with \(status) before its tasks began\(tries)",
        at: task.paths.folder, notes: lastLines(of: task.paths.log),
        remedy: "try its command by hand: the batch's task.sh takes the number of a task.")
    }
    return Failure(
      "search.task-lost",
      wasClaimed
        ? "task \(task.number) began and ended without a result\(tries)"
        : "task \(task.number) never began\(tries)",
      at: task.paths.folder,
      notes: lastLines(of: "\(task.paths.folder)/\(task.number).log")
        + lastLines(of: task.paths.log),
      remedy:
        "look at the scheduler's log of that machine; the same command goes on from what is done.")
  }

  private func lastLines(of path: String) -> [String] {
    guard let bytes = (try? StudyFiles.contents(path)).flatMap({ $0 }) else { return [] }
    return String(decoding: bytes.suffix(4096), as: UTF8.self)
      .split(whereSeparator: \.isNewline).suffix(5).map(String.init)
  }
}

extension TaskItem {
  /// The whole lines that a task has written.
  static func read(_ paths: TaskPaths, _ number: Int) throws(StudyError) -> [TaskItem] {
    var bytes = try StudyFiles.contents(paths.result(number))
    if bytes == nil { bytes = try StudyFiles.contents(paths.part(number)) }
    guard let bytes else { return [] }
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    var found: [TaskItem] = []
    for line in bytes[..<end].split(separator: UInt8(ascii: "\n")) {
      guard let item = StudyFiles.decode(TaskItem.self, from: line) else {
        throw .damaged(
          path: paths.part(number), line: found.count + 1, reason: "this is no result of a task")
      }
      found.append(item)
    }
    return found
  }
}
