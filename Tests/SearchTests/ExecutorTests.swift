#if DEBUG
  import Dispatch
  import Glibc
  import QuantGraph
  @testable import Search
  import Synchronization
  import TestSupport
  import Testing

  @Suite("Tasks of executors", .serialized)
  struct ExecutorTests {
    static let header = try? StudyHeader(
      space: SearchSpace(
        layers: [SearchLayer(name: "a", weightCount: 1, macs: 1, filters: 1)],
        candidates: [[SpaceCandidate("w4a8"), SpaceCandidate("w8a8")]]),
      operators: ["Gemm"], costs: [], sensitivities: [[0, 0]], settings: [:])

    static func coordinator(
      _ folder: String, command: String, retries: Int = 1, seconds: Double = 60
    ) throws -> TaskCoordinator {
      try TaskCoordinator(
        folder: folder,
        job: TaskJob(build: "b", directory: "/", arguments: [], header: #require(header)),
        settings: ExecutorSettings(
          template: ExecutorTemplate(command, options: nil), retries: retries,
          taskSeconds: seconds, beat: 0.05, tool: "/bin/true"))
    }

    /// A command that ends once a worker says so.
    static let waiting = "while [ ! -e {folder}/over ]; do sleep 0.02; done # {task} {last}"

    static func item(_ choice: [Int]) -> TaskItem {
      TaskItem(
        choice, Quality(correct: choice[0] % 3, samples: 3, loss: Double(choice[0]) / 7), seconds: 1
      )
    }

    /// Runs `work` on each batch that appears, until `body` ends.
    static func serving(
      _ folder: String, _ work: @escaping @Sendable (_ batch: String) -> Void,
      while body: () throws -> Void
    ) rethrows {
      let done = DispatchSemaphore(value: 0)
      let seen = Mutex<Set<String>>(Set((try? StudyFiles.names(in: folder)) ?? []))
      let flag = Flag()
      DispatchQueue.global().async {
        while !flag.isSet {
          for name in (try? StudyFiles.names(in: folder)) ?? [] where Int(name) != nil {
            let batch = "\(folder)/\(name)"
            guard access(batch + "/submit.log", F_OK) == 0,
              seen.withLock({ $0.insert(name).inserted })
            else { continue }
            work(batch)
            _ = try? StudyFiles.replace(batch + "/over", with: [])
          }
          usleep(5000)
        }
        done.signal()
      }
      defer {
        flag.set()
        done.wait()
      }
      try body()
    }

    final class Flag: Sendable {
      private let value = Atomic<Bool>(false)
      var isSet: Bool { value.load(ordering: .acquiring) }
      func set() { value.store(true, ordering: .releasing) }
    }

    /// Does all tasks of a batch as their machines would.
    static func doAll(_ batch: String) {
      guard let tasks = try? TaskBatch(folder: batch).tasks else { return }
      for index in tasks.indices {
        _ = try? TaskWorker(folder: batch, index: index).run { (items, _, report) throws(Failure) in
          for item in items { report(Self.item(item)) }
        }
      }
    }

    @Test("every item is measured once, neighbours together, and results are those of the tasks")
    func whole() throws {
      let scratch = try TemporaryFolder()
      let folder = scratch.file("tasks")
      let items = (0..<200).map { [$0] }
      var found = [TaskItem?](repeating: nil, count: items.count)
      try Self.serving(folder, Self.doAll) {
        let coordinator = try Self.coordinator(folder, command: Self.waiting, seconds: 10)
        try coordinator.run(items, .evaluation) { found[$0] = $1 }
        // What is known is not run again, whoever asks.
        try coordinator.run(Array(items.prefix(3)), .evaluation) { found[$0] = $1 }
        // Up to ten a task, now that an item is known to take a second.
        try coordinator.run([[300], [301], [302]], .evaluation) { _, _ in }
      }
      for (index, item) in found.enumerated() {
        #expect(item?.item == [index] && item?.loss == Double(index) / 7)
      }
      let batches = try StudyFiles.names(in: folder).filter { Int($0) != nil }
      #expect(batches.count == 2)
      let first = try TaskBatch(folder: "\(folder)/\(batches[0])").tasks
      #expect(first.count <= 64 && first.flatMap { $0 } == items)
      let second = try TaskBatch(folder: "\(folder)/\(batches[1])").tasks
      #expect(second.count <= 3 && second.flatMap { $0 } == [[300], [301], [302]])
      // The next search finds all of it.
      let again = try Self.coordinator(folder, command: "exit 9 # {task} {last}", retries: 0)
      var count = 0
      try again.run(items, .evaluation) { _, item in count += item.quality == nil ? 0 : 1 }
      #expect(count == 200)
    }

    @Test("who is done helps with tasks that nobody has begun, and what it does is not lost")
    func helping() throws {
      let scratch = try TemporaryFolder()
      let folder = scratch.file("tasks")
      let helped = Mutex(0)
      var found = 0
      try Self.serving(folder) { batch in
        // The scheduler begins the first task alone; its command ends while the other is helped with.
        guard let first = try? TaskWorker(folder: batch, index: 0) else { return }
        func work(_ worker: TaskWorker, isGuest: Bool) {
          _ = try? worker.run { (items, _, report) throws(Failure) in
            if isGuest {
              _ = try? StudyFiles.replace(batch + "/over", with: [])
              usleep(2_000_000)
            }
            for item in items { report(Self.item(item)) }
          }
        }
        work(first, isGuest: false)
        let begun = ContinuousClock.now
        var last = first
        while let next = last.next(begun: begun) {
          last = next
          helped.withLock { $0 += 1 }
          work(next, isGuest: true)
        }
      } while: {
        let coordinator = try Self.coordinator(folder, command: Self.waiting, retries: 0)
        try coordinator.run([[0], [1]], .evaluation) { _, _ in found += 1 }
      }
      #expect(found == 2 && helped.withLock { $0 } == 1)
      // Where nothing is left, and no search goes on, nobody waits.
      let name = try #require(try StudyFiles.names(in: folder).first { Int($0) != nil })
      let begun = ContinuousClock.now
      #expect(try TaskWorker(folder: "\(folder)/\(name)", index: 0).next(begun: begun) == nil)
      #expect(ContinuousClock.now - begun < .seconds(1))
    }

    @Test("tasks that are lost are given out again; what they had done is kept")
    func lost() throws {
      let scratch = try TemporaryFolder()
      let folder = scratch.file("tasks")
      let runs = Mutex<[[Int]]>([])
      var found: [Int: TaskItem] = [:]
      try Self.serving(folder) { batch in
        if batch.hasSuffix("000001") {
          // One of the two tasks dies after its first item, in the middle of the next line.
          guard let line = try? StudyFiles.encode(Self.item([0]), path: "") else { return }
          _ = try? StudyFiles.replace(batch + "/0.part", with: line + Array("{\"item\":[1".utf8))
          return
        }
        guard let tasks = try? TaskBatch(folder: batch).tasks else { return }
        runs.withLock { $0 += tasks.flatMap { $0 } }
        Self.doAll(batch)
      } while: {
        let coordinator = try Self.coordinator(folder, command: Self.waiting)
        try coordinator.run([[0], [1], [2]], .evaluation) { found[$0] = $1 }
      }
      #expect(found.count == 3 && found[1]?.loss == 1.0 / 7)
      #expect(runs.withLock { $0 } == [[1], [2]])
    }

    @Test("who refuses, who dies and what fails are told apart")
    func endings() throws {
      let scratch = try TemporaryFolder()
      func failure(_ name: String, _ command: String, _ work: @escaping @Sendable (String) -> Void)
        throws -> Failure?
      {
        let folder = scratch.file(name)
        var failure: Failure?
        try Self.serving(folder, work) {
          let coordinator = try Self.coordinator(folder, command: command)
          do throws(Failure) {
            try coordinator.run([[0], [1]], .screening) { _, _ in }
          } catch {
            failure = error
          }
        }
        return failure
      }
      let refused = try failure("refused", "echo no such partition; exit 3 # {task} {last}") { _ in
      }
      #expect(refused?.problems[0].code == "search.executor-refused")
      #expect(refused?.problems[0].notes.contains("no such partition") ?? false)
      let never = try failure("never", "true # {task} {last}") { _ in }
      #expect(never?.problems[0].code == "search.task-lost")
      let silent = try failure("silent", Self.waiting) { batch in
        let owner = TaskOwner(host: "elsewhere", process: 1, started: "2")
        guard let bytes = try? StudyFiles.encode(owner, path: "") else { return }
        _ = try? StudyFiles.claim(batch + "/0.claim", with: bytes)
        _ = try? StudyFiles.claim(batch + "/1.claim", with: bytes)
        // The command lives on: signs of life are what is missing.
        sleep(2)
      }
      #expect(silent?.problems[0].code == "search.task-lost")
      #expect(silent?.problems[0].message.contains("began") ?? false)
      let failed = try failure("failed", Self.waiting) { batch in
        _ = try? TaskWorker(folder: batch, index: 0).run { (_, _, _) throws(Failure) in
          throw Failure("search.unsupported", "no such format", notes: ["n"], remedy: "r.")
        }
      }
      #expect(failed == Failure("search.unsupported", "no such format", notes: ["n"], remedy: "r."))
    }

    @Test("a search that was killed takes up what still runs, and nothing else begins")
    func resumed() throws {
      let scratch = try TemporaryFolder()
      let folder = scratch.file("tasks")
      try StudyFiles.createFolder(folder)
      let batch = folder + "/000001"
      try StudyFiles.createFolder(batch)
      try StudyFiles.replace(
        batch + "/batch.json",
        with: StudyFiles.encode(
          TaskBatch(work: .evaluation, beat: 0.05, seconds: 60, tasks: [[[0]], [[1]], [[2]]]),
          path: ""))
      try StudyFiles.replace(
        folder + "/job.json",
        with: StudyFiles.encode(
          TaskJob(build: nil, directory: "/", arguments: [], header: #require(Self.header)),
          path: ""))
      let started = DispatchSemaphore(value: 0)
      let counts = Mutex<[Int]>([])
      // Task 0 is done, task 1 runs, task 2 waits in the scheduler's queue.
      _ = try TaskWorker(folder: batch, index: 0).run { (items, _, report) throws(Failure) in
        for item in items { report(Self.item(item)) }
      }
      DispatchQueue.global().async {
        let count = try? TaskWorker(folder: batch, index: 1).run {
          (items, _, report) throws(Failure) in
          started.signal()
          usleep(400_000)
          for item in items { report(Self.item(item)) }
        }
        counts.withLock { $0.append((count ?? nil) ?? -1) }
      }
      started.wait()
      var found: [Int: TaskItem] = [:]
      try Self.serving(folder, Self.doAll) {
        let coordinator = try Self.coordinator(folder, command: Self.waiting)
        #expect(throws: StudyError.inUse(path: folder + "/coordinator")) {
          try Self.coordinator(folder, command: Self.waiting)
        }
        // The queue comes to the task of the search that is gone.
        let late = try TaskWorker(folder: batch, index: 2).run { (_, _, _) throws(Failure) in
          Issue.record("a task of a closed batch began")
        }
        #expect(late == nil)
        try coordinator.run([[0], [1], [2]], .evaluation) { found[$0] = $1 }
      }
      #expect(found.count == 3)
      let second = try TaskBatch(folder: folder + "/000002")
      #expect(second.tasks == [[[2]]])
      // The lock went with its owner.
      _ = try Self.coordinator(folder, command: Self.waiting)
    }

    @Test("claims outlive a crash as long as they may be signs of life")
    func claims() throws {
      let scratch = try TemporaryFolder()
      let path = scratch.file("claim")
      let claim = try #require(try TaskClaim(path, beat: 0.02))
      #expect(try TaskClaim(path, beat: 0.02) == nil)
      let first = TaskClaim.owner(of: path)
      // It beats, sooner or later.
      for _ in 0..<500 where TaskClaim.owner(of: path) == first { usleep(20_000) }
      #expect(TaskClaim.owner(of: path) != first)
      var watch = ClaimWatch(beat: 0.02)
      let isDead = watch.isDead(TaskClaim.owner(of: path))
      #expect(!isDead)
      claim.release()
      #expect(TaskClaim.owner(of: path) == nil)
      // Of this machine, by a process that is gone, or by one whose number came again.
      #expect(TaskOwner(host: TaskOwner.current.host, process: getpid(), started: "0").isKnownDead)
      #expect(!TaskOwner.current.isKnownDead)
      // Of another machine: silence alone tells.
      let other = TaskOwner(host: "elsewhere", process: 1, started: "0")
      var silence = ClaimWatch(beat: 0.01)
      var living = other
      living.beat += 1
      var found = [silence.isDead(other)]
      usleep(300_000)
      found += [silence.isDead(other), silence.isDead(living)]
      #expect(found == [false, true, false])
    }

    @Test("templates say what runs, in words of the shell")
    func templates() throws {
      let template = try ExecutorTemplate("run -n {count} {task} {} '{last}'", options: nil)
      #expect(
        template.command(folder: "/a b/it's", count: 3)
          == "run -n 3 '/a b/it'\\''s/task.sh' {} '2'")
      #expect(
        try ExecutorTemplate("slurm", options: "-p x").command(folder: "/a", count: 1)
          == "sbatch --wait --quiet --array=0-0 --job-name=hwsim --output=/a/%a.log -p x /a/task.sh"
      )
      for text in ["", "sbatch {task}", "sbatch {last}"] {
        #expect(throws: Failure.self) { try ExecutorTemplate(text, options: nil) }
      }
      #expect(throws: Failure.self) { try ExecutorTemplate("x {task} {last}", options: "-p") }
    }
  }
#endif
