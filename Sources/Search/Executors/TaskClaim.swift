import Dispatch
import Glibc
import QuantGraph
import Synchronization

/// A process that works on something, as others can tell it.
struct TaskOwner: Codable, Hashable {
  let host: String
  let process: Int32
  /// When the process started, in the system's ticks: numbers of processes come again.
  let started: String
  /// Grows while the process lives.
  var beat = 0
  /// Whether the scheduler gave the task to another process, whose end says nothing of this one's.
  var isGuest: Bool?

  /// This process.
  static let current: TaskOwner = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    let host = name.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
    let process = getpid()
    return TaskOwner(host: host, process: process, started: Self.start(of: process) ?? "")
  }()

  /// A word that no other process has.
  var unique: String { "\(host)-\(process)-\(started)" }

  func isSame(as other: TaskOwner) -> Bool { unique == other.unique }

  /// Whether the process is known to be gone, which the same machine alone can tell.
  var isKnownDead: Bool {
    host == Self.current.host && Self.start(of: process) != started
  }

  /// Field 22 of /proc/PID/stat (proc(5)); nil where there is no such process, or only its remains.
  private static func start(of process: Int32) -> String? {
    guard let bytes = try? StudyFiles.contents("/proc/\(process)/stat") else { return nil }
    // The name in parentheses may hold anything.
    guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, fields[0].first != UInt8(ascii: "Z") else { return nil }
    return String(decoding: fields[19], as: UTF8.self)
  }
}

/// A file that says that this process works on something, and that it still lives.
///
/// The file is made by one link and rewritten at every beat; it outlives a crash, but not for long:
/// who sees it unchanged for ``TaskClaim/patience`` beats may take it over (``ClaimWatch``).
final class TaskClaim: Sendable {
  /// Beats that may be missed; NFS shows changes up to a minute late.
  static let patience = 12

  let path: String
  private let queue = DispatchQueue(label: "claim")
  // Sources of Dispatch may be used from any thread.
  nonisolated(unsafe) private let timer: any DispatchSourceTimer
  private let isLost = Atomic<Bool>(false)

  /// Claims `path`; nil if another process has it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - beat: seconds between signs of life.
  ///   - isGuest: whether it is another process's task.
  /// - Throws: ``StudyError/notWritten(path:reason:)``.
  init?(_ path: String, beat: Double, isGuest: Bool = false) throws(StudyError) {
    var owner = TaskOwner.current
    if isGuest { owner.isGuest = true }
    guard try StudyFiles.claim(path, with: StudyFiles.encode(owner, path: path)) else { return nil }
    self.path = path
    let timer = DispatchSource.makeTimerSource(queue: queue)
    self.timer = timer
    timer.schedule(deadline: .now() + beat, repeating: beat)
    timer.setEventHandler { [weak self] in
      // A claim that another process took over is not written again.
      guard TaskClaim.owner(of: path)?.isSame(as: .current) ?? false else {
        self?.isLost.store(true, ordering: .relaxed)
        return
      }
      owner.beat += 1
      if let bytes = try? StudyFiles.encode(owner, path: path) {
        try? StudyFiles.replace(path, with: bytes)
      }
    }
    timer.resume()
  }

  /// Whether another process took it over.
  var wasTaken: Bool { isLost.load(ordering: .relaxed) }

  /// Takes the claim of a process that is gone out of the way.
  static func remove(_ path: String, of owner: TaskOwner) {
    // Of several that try, one renames it; what it renamed may be a new claim already.
    let aside = "\(path).\(TaskOwner.current.unique).gone"
    guard rename(path, aside) == 0 else { return }
    if self.owner(of: aside)?.isSame(as: owner) ?? true {
      unlink(aside)
    } else if link(aside, path) == 0 || errno == EEXIST {
      unlink(aside)
    }
  }

  static func owner(of path: String) -> TaskOwner? {
    (try? StudyFiles.contents(path)).flatMap { $0 }
      .flatMap { StudyFiles.decode(TaskOwner.self, from: $0) }
  }

  /// Gives it back.
  func release() {
    timer.setEventHandler {}
    timer.cancel()
    // A sign of life that is being written is over first, else it would bring the claim back.
    queue.sync {
      if Self.owner(of: path)?.isSame(as: .current) ?? false { unlink(path) }
    }
  }
}

/// What was seen of another process's claim.
struct ClaimWatch {
  private var seen: TaskOwner?
  private var since = ContinuousClock.now
  private let silence: Duration

  /// - Parameter beat: seconds between its signs of life.
  init(beat: Double) { silence = .seconds(beat * Double(TaskClaim.patience)) }

  /// Whether its process is gone: known to be, or silent for too long.
  ///
  /// Ask again and again.
  mutating func isDead(_ owner: TaskOwner?) -> Bool {
    guard let owner else { return false }
    if owner.isKnownDead { return true }
    if owner != seen {
      seen = owner
      since = .now
    }
    return ContinuousClock.now - since > silence
  }
}
