/// Where each buffer of a request lies.
public struct ArenaPlan: Sendable, Hashable {
  /// Byte offset of each buffer, in the request's order.
  public let offsets: [Int]
  /// Bytes from 0 to the end of the highest buffer.
  public let bytes: Int

  init(offsets: [Int], sizes: [Int]) {
    self.offsets = offsets
    // The sum of all sizes fits in Int, and no first-fit offset exceeds it.
    bytes = zip(offsets, sizes).reduce(0) { max($0, $1.0 + $1.1) }
  }

  /// The plan of TensorFlow Lite Micro's greedy planner, exactly.
  ///
  /// Buffers are placed by descending size, among equal sizes the one later in the request first,
  /// each at the lowest gap between placed buffers alive at the same time that is large enough.
  /// Source: tflite-micro, `memory_planner/greedy_memory_planner.cc`; the order of equal sizes is
  /// measured (conformance/mcu/SEMANTICS.md, section 6). Buffers that a file puts somewhere are there
  /// first, in the request's order, whatever overlaps.
  ///
  /// - Complexity: O(n^2) for n buffers.
  public static func greedy(_ request: ArenaRequest) -> ArenaPlan {
    let sizes = request.alignedBytes
    let order = sizes.indices.filter { request.buffers[$0].offset == nil }.sorted {
      sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 > $1
    }
    return firstFit(
      request, order: sizes.indices.filter { request.buffers[$0].offset != nil } + order)
  }

  /// Each buffer of `order` at the lowest offset that is free of the ones placed before it, or where
  /// the file puts it.
  static func firstFit(_ request: ArenaRequest, order: [Int]) -> ArenaPlan {
    let sizes = request.alignedBytes
    var offsets = [Int](repeating: 0, count: sizes.count)
    // Placed buffers by ascending offset.
    var placed: [Int] = []
    placed.reserveCapacity(order.count)
    for buffer in order {
      let lifetime = request.buffers[buffer].lifetime
      var candidate = 0
      if let fixed = request.buffers[buffer].offset {
        candidate = fixed
      } else {
        for other in placed where request.buffers[other].lifetime.overlaps(lifetime) {
          if offsets[other] - candidate >= sizes[buffer] { break }
          candidate = max(candidate, offsets[other] + sizes[other])
        }
      }
      offsets[buffer] = candidate
      var position = placed.count
      while position > 0, offsets[placed[position - 1]] > candidate { position -= 1 }
      placed.insert(buffer, at: position)
    }
    return ArenaPlan(offsets: offsets, sizes: sizes)
  }

  /// Two buffers that are alive at the same step and share bytes, or nil if the plan is sound.
  public func conflict(in request: ArenaRequest) -> (Int, Int)? {
    let sizes = request.alignedBytes
    for first in request.buffers.indices {
      for second in request.buffers.indices.dropFirst(first + 1)
      where request.buffers[first].lifetime.overlaps(request.buffers[second].lifetime) {
        if offsets[first] < offsets[second] + sizes[second],
          offsets[second] < offsets[first] + sizes[first]
        {
          return (first, second)
        }
      }
    }
    return nil
  }
}
