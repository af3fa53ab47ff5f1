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
    let order = request.buffers.indices.sorted {
      request.buffers[$0].lifetime.first < request.buffers[$1].lifetime.first
    }
    var waiting = order[...]
    var active: [Int] = []
    steps = entries.enumerated().map { number, entry in
      active.removeAll { request.buffers[$0].lifetime.last < number }
      while let next = waiting.first, request.buffers[next].lifetime.first <= number {
        if request.buffers[next].lifetime.last >= number { active.append(next) }
        waiting.removeFirst()
      }
      return Self.step(request, entry, active: active, plan: plan)
    }
    let bytes = steps.map(\.bytes)
    peakStep = bytes.max().flatMap { bytes.firstIndex(of: $0) }
  }

  private static func step(
    _ request: ArenaRequest, _ entry: ScheduleStep, active: [Int], plan: ArenaPlan?
  ) -> Step {
    var tensors: [TensorID] = []
    var (tensorBytes, scratchBytes, highest) = (0, 0, 0)
    for index in active {
      let size = request.alignedBytes[index]
      var holdsTensor = false
      for case .tensor(let id) in request.buffers[index].contents {
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
}
