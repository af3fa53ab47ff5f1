import Dispatch
import Synchronization

/// Work that several threads take from one place and hand over in the order in which they took it.
final class OrderedLine<Done: Sendable, Failure: Error>: @unchecked Sendable {
  private struct Results {
    var waiting: [Int: Result<Done, Failure>] = [:]
    /// The turn that is handed over next.
    var due = 0
    var isStoring = false
    var failure: Failure?
  }

  private let reading = Mutex((turn: 0, done: 0, isOver: false))
  private let results = Mutex(Results())
  /// Turns that may be taken before the first of them is handed over.
  private let places: DispatchSemaphore

  init(ahead: Int) { places = DispatchSemaphore(value: ahead) }

  /// Reads what is next, one thread at a time; nil at the end and after a failure.
  ///
  /// - Parameter read: takes the sum of the counts so far, and gives what was read with its count.
  /// - Returns: the turn, and what was read or why not.
  func take<Read: Sendable>(
    _ read: @Sendable (Int) throws(Failure) -> (Read, count: Int)?
  ) -> (turn: Int, Result<Read, Failure>)? {
    places.wait()
    let taken = reading.withLock { reading -> (turn: Int, Result<Read, Failure>)? in
      guard !reading.isOver else { return nil }
      do throws(Failure) {
        guard let (found, count) = try read(reading.done) else {
          reading.isOver = true
          return nil
        }
        reading.turn += 1
        reading.done += count
        return (reading.turn - 1, .success(found))
      } catch {
        reading.isOver = true
        reading.turn += 1
        return (reading.turn - 1, .failure(error))
      }
    }
    if taken == nil { places.signal() }
    return taken
  }

  /// Hands over a turn's result; one thread at a time stores what is due, nothing after a failure.
  func give(
    _ turn: Int, _ result: Result<Done, Failure>, _ store: (Done) throws(Failure) -> Void
  ) {
    let isBusy = results.withLock { results -> Bool in
      results.waiting[turn] = result
      defer { results.isStoring = true }
      return results.isStoring
    }
    if isBusy { return }
    while let (due, isStored) = nextDue() {
      do throws(Failure) {
        let done = try due.get()
        if isStored { try store(done) }
      } catch {
        results.withLock { $0.failure = $0.failure ?? error }
        reading.withLock { $0.isOver = true }
      }
      places.signal()
    }
  }

  /// The result that is due and whether it is to be stored; nil where it is not there yet.
  private func nextDue() -> (Result<Done, Failure>, isStored: Bool)? {
    results.withLock { results in
      guard let due = results.waiting.removeValue(forKey: results.due) else {
        results.isStoring = false
        return nil
      }
      results.due += 1
      return (due, results.failure == nil)
    }
  }

  /// - Throws: the first failure.
  func finish() throws(Failure) {
    if let failure = results.withLock({ $0.failure }) { throw failure }
  }
}
