/// The best arrangement that a bounded search finds, and what no arrangement can beat.
public struct OfflinePlan: Sendable, Hashable {
  public let plan: ArenaPlan
  /// ``ArenaRequest/livenessBound``: no plan needs less.
  public let lowerBound: Int
  /// Whether no better plan exists: the bound is met, or the search was exhaustive.
  public let isOptimal: Bool

  /// Searches for a plan smaller than the greedy one.
  ///
  /// First-fit in a few orders, then depth-first search over arrangements in ascending offset:
  /// placing the buffers of any valid plan in the order of their offsets, each on top of those
  /// already there, gives a plan that is no larger, so the search misses none. The same
  /// request gives the same plan.
  ///
  /// - Parameters:
  ///   - request: the buffers to place.
  ///   - work: placements tried at most by the search; time is proportional to it.
  public init(_ request: ArenaRequest, work: Int = 20_000) {
    let bound = request.livenessBound
    var best = ArenaPlan.greedy(request)
    for order in Self.orders(request) where best.bytes > bound {
      let plan = ArenaPlan.firstFit(request, order: order)
      if plan.bytes < best.bytes { best = plan }
    }
    var search = SkylineSearch(request, best: best, bound: bound, work: work)
    let isExhausted = search.run()
    plan = search.best
    lowerBound = bound
    isOptimal = search.best.bytes == bound || isExhausted
  }

  private static func orders(_ request: ArenaRequest) -> [[Int]] {
    let sizes = request.alignedBytes
    let spans = request.buffers.map { $0.lifetime.last - $0.lifetime.first + 1 }
    func order(_ key: (Int) -> (Double, Double)) -> [Int] {
      let keys = sizes.indices.map(key)
      return sizes.indices.sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
    }
    return [
      order { (Double(sizes[$0]), 0) },
      order { (Double(sizes[$0]), Double(spans[$0])) },
      order { (Double(sizes[$0]) * Double(spans[$0]), 0) },
      order { (Double(spans[$0]), Double(sizes[$0])) },
      order { (-Double(request.buffers[$0].lifetime.first), Double(sizes[$0])) },
      order { (Double(request.buffers[$0].lifetime.last), Double(sizes[$0])) },
    ]
  }
}

/// Depth-first search that stacks buffers on the heights reached at each step.
private struct SkylineSearch {
  private let sizes: [Int]
  /// First and last step of each buffer, counted in the steps at which some buffer begins.
  private let spans: [ClosedRange<Int>]
  private let request: ArenaRequest
  private let bound: Int
  private(set) var best: ArenaPlan
  private var work: Int

  private var heights: [Int]
  /// Bytes still to be placed at each step.
  private var waiting: [Int]
  private var offsets: [Int]
  private var isPlaced: [Bool]

  init(_ request: ArenaRequest, best: ArenaPlan, bound: Int, work: Int) {
    self.request = request
    self.best = best
    self.bound = bound
    self.work = work
    sizes = request.alignedBytes
    let starts = Set(request.buffers.map(\.lifetime.first)).sorted()
    spans = request.buffers.map { buffer in
      // A buffer's own beginning is among the starts, so both searches find one.
      let first = starts.firstIndex { $0 >= buffer.lifetime.first } ?? 0
      let last = starts.lastIndex { $0 <= buffer.lifetime.last } ?? first
      return first...max(first, last)
    }
    heights = [Int](repeating: 0, count: max(starts.count, 1))
    waiting = heights
    for (index, span) in spans.enumerated() {
      for step in span { waiting[step] += sizes[index] }
    }
    offsets = [Int](repeating: 0, count: sizes.count)
    isPlaced = [Bool](repeating: false, count: sizes.count)
  }

  /// Whether the whole space was searched.
  mutating func run() -> Bool {
    guard best.bytes > bound else { return true }
    return descend(remaining: sizes.count, floor: 0)
  }

  private mutating func descend(remaining: Int, floor: Int) -> Bool {
    if remaining == 0 {
      let plan = ArenaPlan(offsets: offsets, sizes: sizes)
      if plan.bytes < best.bytes { best = plan }
      return true
    }
    var isComplete = true
    for candidate in candidates(floor: floor) {
      guard best.bytes > bound else { return isComplete }
      guard work > 0 else { return false }
      work -= 1
      let span = spans[candidate.buffer]
      let saved = Array(heights[span])
      for step in span {
        heights[step] = candidate.offset + sizes[candidate.buffer]
        waiting[step] -= sizes[candidate.buffer]
      }
      if (heights.indices.allSatisfy { heights[$0] + waiting[$0] < best.bytes }) {
        offsets[candidate.buffer] = candidate.offset
        isPlaced[candidate.buffer] = true
        if !descend(remaining: remaining - 1, floor: candidate.offset) { isComplete = false }
        isPlaced[candidate.buffer] = false
      }
      for (step, height) in zip(span, saved) {
        heights[step] = height
        waiting[step] += sizes[candidate.buffer]
      }
    }
    return isComplete
  }

  /// Buffers that may come next, lowest first, larger first among equals.
  private func candidates(floor: Int) -> [(buffer: Int, offset: Int)] {
    var found: [(buffer: Int, offset: Int)] = []
    for buffer in sizes.indices where !isPlaced[buffer] {
      let offset = heights[spans[buffer]].reduce(0, max)
      // Ascending offsets: what would lie lower was to be placed earlier. Equal offsets of buffers
      // that never meet may come in any order; the index decides.
      guard offset >= floor else { continue }
      found.append((buffer, offset))
    }
    return found.sorted {
      $0.offset != $1.offset
        ? $0.offset < $1.offset
        : sizes[$0.buffer] != sizes[$1.buffer]
          ? sizes[$0.buffer] > sizes[$1.buffer] : $0.buffer < $1.buffer
    }
  }
}
