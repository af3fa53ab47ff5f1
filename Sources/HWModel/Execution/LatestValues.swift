import Synchronization

/// Values that were made before, the latest of them up to a number of bytes.
///
/// A value is asked for by its key and made again once it was dropped; what is in use stays alive with
/// those who hold it.
public final class LatestValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    let value: Value
    let bytes: Int
    var used: Int
  }

  private struct Contents {
    var entries: [Key: Entry] = [:]
    /// Keys in the order of a use, the oldest first from `head` on.
    var queue: [(key: Key, used: Int)] = []
    var head = 0
    var bytes = 0
    var clock = 0
  }

  private let contents = Mutex(Contents())
  private let limit: Int

  /// - Parameter bytes: the most that is kept; the value that was just made is kept in any case.
  public init(bytes: Int) { limit = bytes }

  /// The value of a key, made by `make` with the bytes that it takes if it is not there.
  public func value<Failure: Error>(
    _ key: Key, make: () throws(Failure) -> (value: Value, bytes: Int)
  ) throws(Failure) -> Value {
    if let known = find(key) { return known }
    let made = try make()
    keep(key, made.value, bytes: made.bytes)
    return made.value
  }

  /// Drops every value.
  public func removeAll() {
    contents.withLock {
      ($0.entries, $0.queue, $0.head, $0.bytes) = ([:], [], 0, 0)
    }
  }

  private func find(_ key: Key) -> Value? {
    contents.withLock {
      guard let known = $0.entries[key]?.value else { return nil }
      $0.clock += 1
      $0.entries[key]?.used = $0.clock
      return known
    }
  }

  private func keep(_ key: Key, _ value: Value, bytes: Int) {
    contents.withLock {
      $0.clock += 1
      $0.bytes += bytes - ($0.entries[key]?.bytes ?? 0)
      $0.entries[key] = Entry(value: value, bytes: bytes, used: $0.clock)
      $0.queue.append((key, $0.clock))
      while $0.bytes > limit, $0.head < $0.queue.count {
        let (oldest, used) = $0.queue[$0.head]
        $0.head += 1
        guard let entry = $0.entries[oldest], oldest != key else { continue }
        if entry.used == used {
          $0.entries[oldest] = nil
          $0.bytes -= entry.bytes
        } else {
          $0.queue.append((oldest, entry.used))
        }
      }
      if $0.head > 1024, $0.head * 2 > $0.queue.count {
        $0.queue.removeFirst($0.head)
        $0.head = 0
      }
    }
  }
}
