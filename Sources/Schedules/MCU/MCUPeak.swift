public import QuantGraph

/// The step of a run that needs the most memory, and what it holds.
public struct MCUPeak: Sendable, Hashable {
  /// Name of the operator; `inputs` before the first.
  public let layer: String
  /// Sum of what is alive, aligned.
  public let bytes: Int
  public let tensors: [Part]
  public let scratchBytes: Int

  public struct Part: Sendable, Hashable {
    public let tensor: TensorID
    public let bytes: Int
  }
}

extension MCUEstimator {
  /// Bytes alive at each step, and the first step with the most; nil for a graph without steps.
  ///
  /// - Throws: ``ArenaError`` if a size is beyond `Int`.
  public func peak(
    _ allocation: MCUAllocation? = nil
  ) throws(ArenaError) -> (peak: MCUPeak?, liveBytes: [Int]) {
    let request = try request(allocation)
    let timeline = MemoryTimeline(request, steps: lifetimes.steps)
    let live = timeline.steps.map(\.bytes)
    guard let index = timeline.peakStep else { return (nil, live) }
    let step = timeline.steps[index]
    var sizes: [TensorID: Int] = [:]
    for (buffer, size) in zip(request.buffers, request.alignedBytes) {
      for case .tensor(let id) in buffer.contents { sizes[id] = size }
    }
    return (
      MCUPeak(
        layer: step.name, bytes: step.bytes,
        tensors: step.tensors.map { .init(tensor: $0, bytes: sizes[$0] ?? 0) },
        scratchBytes: step.scratchBytes), live
    )
  }
}
