/// The steps of a schedule during which a buffer is in use.
public struct Lifetime: Sendable, Hashable {
  /// Step that writes the buffer.
  public let first: Int
  /// Last step that reads it; the writer's own if nothing does.
  public let last: Int

  public init(first: Int, last: Int) {
    self.first = first
    self.last = max(first, last)
  }

  /// Whether some step needs both buffers.
  public func overlaps(_ other: Lifetime) -> Bool {
    first <= other.last && other.first <= last
  }
}
