/// Indices by falling gain, for gains that can only fall: what is taken is computed again first.
///
/// A binary heap; of equal gains the lower index comes first.
struct GainQueue {
  private var heap: [(gain: Double, index: Int)] = []

  /// One gain an index, from 0.
  init(_ gains: [Double]) {
    heap = gains.enumerated().map { ($0.element, $0.offset) }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
  }

  /// Takes the index whose gain is the largest now; nil if none is left.
  mutating func popFirst(recomputing gain: (Int) -> Double) -> Int? {
    while let top = heap.first {
      let current = gain(top.index)
      if current < top.gain {
        heap[0].gain = current
        sink(0)
        continue
      }
      let last = heap.removeLast()
      if !heap.isEmpty {
        heap[0] = last
        sink(0)
      }
      return top.index
    }
    return nil
  }

  mutating func insert(_ index: Int, gain: Double) {
    heap.append((gain, index))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (p, q) = (heap[a], heap[b])
    return p.gain != q.gain ? p.gain > q.gain : p.index < q.index
  }

  private mutating func sink(_ place: Int) {
    var parent = place
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && precedes(child, best) {
        best = child
      }
      guard best != parent else { return }
      heap.swapAt(parent, best)
      parent = best
    }
  }
}
