public import QuantGraph

/// What is in memory at each step of a run: the data of a memory-over-time plot.
public struct MemoryTimeline: Sendable, Hashable {
  public struct Step: Sendable, Hashable {
    public let name: String
    /// Tensors alive, by number; what shares a buffer is listed together.
    public let tensors: [TensorID]
    /// Aligned bytes of the buffers alive that hold tensors.
    public let tensorBytes: Int
    /// Aligned bytes of scratch.
    public let scratchBytes: Int
    /// End of the highest buffer alive under the plan; equal to ``bytes`` without a plan.
    public let highestByte: Int

    public var bytes: Int { tensorBytes + scratchBytes }
  }

  /// Step 0 is the arrival of the inputs.
  public let steps: [Step]
  /// The first step with the largest ``Step/bytes``; nil for an empty graph.
  public let peakStep: Int?
  /// Bytes of the peak step: ``ArenaRequest/livenessBound``.
  public var peakBytes: Int { peakStep.map { steps[$0].bytes } ?? 0 }

  /// - Parameters:
  ///   - request: the buffers of the run.
  ///   - entries: the run's steps, ``TensorLifetimes/steps``.
  ///   - plan: a plan of `request`, for ``Step/highestByte``.
  public init(_ request: ArenaRequest, steps entries: [ScheduleStep], plan: ArenaPlan? = nil) {
    steps = entries.enumerated().map { number, entry in
      var tensors: [TensorID] = []
      var (tensorBytes, scratchBytes, highest) = (0, 0, 0)
      for (index, buffer) in request.buffers.enumerated()
      where buffer.lifetime.first <= number && number <= buffer.lifetime.last {
        let size = request.alignedBytes[index]
        var holdsTensor = false
        for case .tensor(let id) in buffer.contents {
          tensors.append(id)
          holdsTensor = true
        }
        if holdsTensor { tensorBytes += size } else { scratchBytes += size }
        if let plan { highest = max(highest, plan.offsets[index] + size) }
      }
      return Step(
        name: entry.name, tensors: tensors.sorted(), tensorBytes: tensorBytes,
        scratchBytes: scratchBytes,
        highestByte: plan == nil ? tensorBytes + scratchBytes : highest)
    }
    let bytes = steps.map(\.bytes)
    peakStep = bytes.max().flatMap { bytes.firstIndex(of: $0) }
  }
}
