public import QuantGraph

/// The arena of a graph under TensorFlow Lite Micro: what the runtime reports after allocation.
public struct TFLMPlan: Sendable, Hashable {
  public let lifetimes: TensorLifetimes
  /// Tensors and scratch of the non-persistent part, the head.
  public let request: ArenaRequest
  /// Offsets of ``request``'s buffers from the arena's beginning.
  public let plan: ArenaPlan
  /// The persistent part.
  public let tail: PersistentTail

  /// Bytes of the non-persistent part.
  public var headBytes: Int { plan.bytes }
  /// Bytes of both parts; an estimate if ``PersistentTail/Host/isEstimate``.
  public let totalBytes: Int

  /// - Parameters:
  ///   - graph: as `TFLiteModel` gives it: tensors in the file's order.
  ///   - host: processor and build of the runtime.
  ///   - scratch: whose kernels run.
  /// - Throws: ``ArenaError/sizeOverflow(object:)`` if a size is beyond `Int`.
  public init(
    _ graph: Graph, host: PersistentTail.Host = .host64, scratch: ScratchModel = .tflmReference
  ) throws(ArenaError) {
    lifetimes = TensorLifetimes(graph)
    request = try ArenaRequest(
      graph, lifetimes: lifetimes, storage: .wholeBytes, scratch: scratch,
      pointerBytes: host == .host64 ? 8 : 4)
    plan = ArenaPlan.greedy(request)
    tail = try PersistentTail(graph, steps: lifetimes.steps, host: host, scratch: scratch)
    totalBytes = try sum(plan.bytes, tail.bytes, of: "head and tail")
  }

  /// Memory at each step, with the plan's own heights.
  public var timeline: MemoryTimeline {
    MemoryTimeline(request, steps: lifetimes.steps, plan: plan)
  }
}
