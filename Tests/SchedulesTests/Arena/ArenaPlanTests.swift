import Schedules
import TestSupport
import Testing

@Suite("Placing buffers") struct ArenaPlanTests {
  /// Requests of a few buffers with sizes that are not multiples of the alignment.
  static func request(
    count: Int, steps: Int, using generator: inout SeededGenerator
  ) throws -> ArenaRequest {
    let buffers = (0..<count).map { index in
      let first = Int.random(in: 0..<steps, using: &generator)
      return ArenaBuffer(
        contents: [.scratch(step: first, number: index)],
        bytes: Int.random(in: 1...100, using: &generator),
        lifetime: Lifetime(first: first, last: Int.random(in: first..<steps, using: &generator)))
    }
    return try ArenaRequest(buffers: buffers)
  }

  /// The largest sum over all steps, by definition.
  static func bound(_ request: ArenaRequest, steps: Int) -> Int {
    (0..<steps).map { step in
      zip(request.buffers, request.alignedBytes).reduce(0) {
        $0 + ($1.0.lifetime.first <= step && step <= $1.0.lifetime.last ? $1.1 : 0)
      }
    }.max() ?? 0
  }

  /// The smallest arena there is: every buffer at every multiple of the alignment.
  static func smallest(_ request: ArenaRequest, limit: Int) -> Int {
    let sizes = request.alignedBytes
    var offsets: [Int] = []
    var best = limit
    func place(_ index: Int, _ height: Int) {
      guard height < best else { return }
      guard index < sizes.count else {
        best = height
        return
      }
      var offset = 0
      while offset + sizes[index] < best {
        let collides = offsets.indices.contains { other in
          request.buffers[other].lifetime.overlaps(request.buffers[index].lifetime)
            && offsets[other] < offset + sizes[index] && offset < offsets[other] + sizes[other]
        }
        if !collides {
          offsets.append(offset)
          place(index + 1, max(height, offset + sizes[index]))
          offsets.removeLast()
        }
        offset += request.alignment
      }
    }
    place(0, 0)
    return best
  }

  /// The greedy rule as its source states it: repeated passes that exchange neighbours for the order,
  /// every multiple of the alignment tried for the place.
  static func greedyByDefinition(_ request: ArenaRequest) -> [Int] {
    let sizes = request.alignedBytes
    var order = Array(sizes.indices.reversed())
    var swapped = true
    while swapped {
      swapped = false
      for index in order.indices.dropFirst() where sizes[order[index - 1]] < sizes[order[index]] {
        order.swapAt(index - 1, index)
        swapped = true
      }
    }
    var offsets: [Int: Int] = [:]
    for buffer in order {
      var offset = 0
      while offsets.contains(where: { other, start in
        request.buffers[other].lifetime.overlaps(request.buffers[buffer].lifetime)
          && start < offset + sizes[buffer] && offset < start + sizes[other]
      }) {
        offset += request.alignment
      }
      offsets[buffer] = offset
    }
    return sizes.indices.map { offsets[$0] ?? 0 }
  }

  @Test("random requests against the definitions")
  func randomRequests() throws {
    var generator = SeededGenerator(seed: 11)
    var improved = 0
    for round in 0..<(sweep ? 3000 : 120) {
      let steps = Int.random(in: 1...8, using: &generator)
      let request = try Self.request(
        count: Int.random(in: 0...6, using: &generator), steps: steps, using: &generator)
      let greedy = ArenaPlan.greedy(request)
      #expect(greedy.offsets == Self.greedyByDefinition(request), "round \(round)")
      #expect(greedy.conflict(in: request) == nil, "round \(round)")
      #expect(request.livenessBound == Self.bound(request, steps: steps), "round \(round)")
      let offline = OfflinePlan(request)
      #expect(offline.plan.conflict(in: request) == nil, "round \(round)")
      #expect(offline.isOptimal, "round \(round)")
      #expect(offline.plan.bytes == Self.smallest(request, limit: greedy.bytes), "round \(round)")
      if offline.plan.bytes < greedy.bytes { improved += 1 }
    }
    #expect(improved > 0)
  }

  @Test("larger requests: bound <= best <= greedy, and no buffers collide")
  func largeRequests() throws {
    var generator = SeededGenerator(seed: 12)
    for round in 0..<40 {
      let request = try Self.request(count: 40, steps: 20, using: &generator)
      let greedy = ArenaPlan.greedy(request)
      let offline = OfflinePlan(request, work: 2000)
      #expect(greedy.conflict(in: request) == nil, "round \(round)")
      #expect(offline.plan.conflict(in: request) == nil, "round \(round)")
      #expect(offline.lowerBound <= offline.plan.bytes && offline.plan.bytes <= greedy.bytes)
      #expect(OfflinePlan(request, work: 2000) == offline)
    }
  }

  @Test("equal sizes: the later one is placed first")
  func ties() throws {
    let all = Lifetime(first: 0, last: 1)
    let buffers = (0..<3).map { index in
      ArenaBuffer(contents: [.scratch(step: 0, number: index)], bytes: 10, lifetime: all)
    }
    #expect(ArenaPlan.greedy(try ArenaRequest(buffers: buffers)).offsets == [32, 16, 0])
  }

  @Test("sizes beyond the machine's integers are errors")
  func overflow() throws {
    let huge = ArenaBuffer(contents: [], bytes: .max, lifetime: Lifetime(first: 0, last: 0))
    #expect(throws: ArenaError.sizeOverflow(object: "a buffer")) {
      try ArenaRequest(buffers: [huge])
    }
    let half = ArenaBuffer(contents: [], bytes: .max / 2, lifetime: Lifetime(first: 0, last: 0))
    #expect(throws: ArenaError.sizeOverflow(object: "all buffers together")) {
      try ArenaRequest(buffers: [half, half, half])
    }
    let negative = ArenaBuffer(contents: [], bytes: -1, lifetime: Lifetime(first: 0, last: 0))
    #expect(throws: ArenaError.invalidRequest(reason: "a buffer of -1 bytes")) {
      try ArenaRequest(buffers: [negative])
    }
  }

  @Test("an empty request needs nothing")
  func empty() throws {
    let request = try ArenaRequest(buffers: [])
    #expect(ArenaPlan.greedy(request).bytes == 0)
    #expect(OfflinePlan(request).isOptimal)
  }
}
