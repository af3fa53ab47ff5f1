import Dispatch
import Synchronization

/// Blocks of samples spread over threads; what each gives is collected in their order.
enum SampleBlocks {
  /// Runs `body` on blocks of `size` samples.
  ///
  /// Each thread makes a state of its own and passes it to its calls. Results do not depend on the
  /// number of threads if `body` depends on its range alone.
  static func map<State, Partial: Sendable>(
    samples: Int, size: Int, threads: Int, state: @Sendable () -> State,
    _ body: @Sendable (State, Range<Int>) -> Partial
  ) -> [Partial] {
    let blocks = (samples + size - 1) / size
    let workers = max(1, min(threads, blocks))
    let next = Atomic<Int>(0)
    var partials = [Partial?](repeating: nil, count: blocks)
    partials.withUnsafeMutableBufferPointer { buffer in
      // Each block is taken by one worker, which alone writes its place.
      nonisolated(unsafe) let places = buffer
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        let own = state()
        while true {
          let block = next.add(1, ordering: .relaxed).oldValue
          guard block < blocks else { return }
          places[block] = body(own, block * size..<min((block + 1) * size, samples))
        }
      }
    }
    return partials.compactMap { $0 }
  }
}
