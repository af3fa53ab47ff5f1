import Dispatch
import Synchronization

/// Loops whose turns run on several threads; results never depend on how many there are.
public enum ParallelFor {
  /// Calls `body` once for each of `0..<count`, in any order, on at most `threads` workers.
  ///
  /// - Parameters:
  ///   - count: turns.
  ///   - threads: workers, at least one.
  ///   - state: makes what one worker keeps between its turns.
  ///   - body: takes a worker's state and a turn.
  /// - Returns: what the turns gave, in their order.
  public static func map<State, Result: Sendable>(
    _ count: Int, threads: Int, state: @Sendable () -> State,
    _ body: @Sendable (State, Int) -> Result
  ) -> [Result] {
    let next = Atomic<Int>(0)
    var results = [Result?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { buffer in
      // Each turn is taken by one worker, which alone writes its place.
      nonisolated(unsafe) let places = buffer
      DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
        var own: State?
        while true {
          let turn = next.add(1, ordering: .relaxed).oldValue
          guard turn < count else { return }
          let state = own ?? state()
          own = state
          places[turn] = body(state, turn)
        }
      }
    }
    return results.compactMap { $0 }
  }

  /// The same without a state.
  public static func map<Result: Sendable>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    map(count, threads: threads, state: {}) { _, turn in body(turn) }
  }

  /// Calls `body` for each of `0..<count` until one fails; the error of the smallest that does.
  public static func firstError<Failure: Error>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) throws(Failure) -> Void
  ) -> Failure? {
    let found = Mutex<(turn: Int, error: Failure)?>(nil)
    _ = map(count, threads: threads) { turn in
      if let known = found.withLock({ $0?.turn }), known < turn { return }
      do throws(Failure) {
        try body(turn)
      } catch {
        found.withLock { if turn < ($0?.turn ?? .max) { $0 = (turn, error) } }
      }
    }
    return found.withLock { $0?.error }
  }
}
