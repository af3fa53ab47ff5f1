import QuantGraph
import Testing

@Suite struct WindowTests {
  private func convolution(
    kernel: [Int], strides: [Int], dilations: [Int], before: [Int], after: [Int]
  ) -> Convolution {
    Convolution(
      kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
      paddingAfter: after)
  }

  /// The window of a convolution from `extents` to `positions`, one channel each.
  private func window(
    _ extents: [Int], _ positions: [Int], _ convolution: Convolution
  ) throws -> Window? {
    let taps = convolution.kernel.reduce(1) { $0 &* $1 }
    let graph = try GraphFixture.graph(
      .convolution(convolution),
      [.init(shape: extents + [1]), .init(shape: [max(taps, 0)], isParameter: true)],
      [positions + [1]])
    return graph.window(graph.nodes[0])
  }

  @Test("positions and taps of every small window, against counting one by one")
  func exhaustive() throws {
    for extent in 1...5 {
      for kernel in 1...4 {
        for stride in 1...3 {
          for dilation in 1...3 {
            for before in 0...3 {
              for after in 0...2 {
                try check(extent, kernel, stride, dilation, before, after)
              }
            }
          }
        }
      }
    }
  }

  private func check(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int
  ) throws {
    var starts: [Int] = []
    var start = -before
    while start + (kernel - 1) * dilation < extent + after {
      starts.append(start)
      start += stride
    }
    let found = Window.positions(
      extent: extent, kernel: kernel, stride: stride, dilation: dilation, before: before,
      after: after)
    #expect((found ?? 0) == starts.count)
    guard !starts.isEmpty else { return }
    let window = try #require(
      try window(
        [extent], [starts.count],
        convolution(
          kernel: [kernel], strides: [stride], dilations: [dilation], before: [before],
          after: [after])))
    for (position, start) in starts.enumerated() {
      let taps = (0..<kernel).filter { (0..<extent).contains(start + $0 * dilation) }
      #expect(Array(window.tapsInside(axis: 0, at: position)) == taps)
      #expect(window.tapsWithMargins(axis: 0, at: position) == 0..<kernel)
    }
  }

  @Test("what all windows cover is counted, and channels, batch and layouts are found")
  func geometry() throws {
    let pool = Pool(
      reduction: .maximum, kernel: [3, 2], strides: [2, 1], paddingBefore: [1, 0],
      paddingAfter: [1, 1], layout: .channelsFirst)
    let graph = try GraphFixture.graph(.pool(pool), [.init(shape: [4, 5, 7, 6])], [[4, 5, 4, 6]])
    let window = try #require(graph.window(graph.nodes[0]))
    #expect(window.batch == 4 && window.channels == 5 && window.resultChannels == 5)
    #expect(window.extents == [7, 6] && window.positions == [4, 6] && window.taps == 6)
    // Rows -1...1, 1...3, 3...5, 5...7: 2 + 3 + 3 + 2; columns 0...1 to 5...6: 5 * 2 + 1.
    #expect(window.coveredElements == 10 * 11 && window.positionCount == 24)
  }

  @Test("a transposed convolution's window is that of the convolution it transposes")
  func transposed() throws {
    let convolution = convolution(
      kernel: [3], strides: [2], dilations: [2], before: [1], after: [0])
    // (4 - 1) * 2 + (3 - 1) * 2 + 1 - 1 - 0.
    let graph = try GraphFixture.graph(
      .transposedConvolution(convolution),
      [.init(shape: [4, 2]), .init(shape: [3, 2, 5], isParameter: true)], [[10, 5]])
    let window = try #require(graph.window(graph.nodes[0]))
    #expect(window.extents == [10] && window.positions == [4])
    #expect(window.channels == 5 && window.resultChannels == 2)
    #expect(throws: GraphProblems.self) {
      try GraphFixture.graph(
        .transposedConvolution(convolution),
        [.init(shape: [4, 2]), .init(shape: [3, 2, 5], isParameter: true)], [[11, 5]])
    }
  }

  private struct Parameters {
    var kernel = [3, 3]
    var strides = [1, 1]
    var dilations = [1, 1]
    var before = [1, 1]
    var after = [1, 1]
  }

  @Test("parameters out of range are refused, and none of them traps")
  func refused() throws {
    let good = Parameters()
    func check(_ edit: (inout Parameters) -> Void) {
      var parameters = good
      edit(&parameters)
      let convolution = convolution(
        kernel: parameters.kernel, strides: parameters.strides, dilations: parameters.dilations,
        before: parameters.before, after: parameters.after)
      #expect(throws: GraphProblems.self) { try window([4, 4], [4, 4], convolution) }
    }
    #expect(
      try window(
        [4, 4], [4, 4],
        convolution(
          kernel: good.kernel, strides: good.strides, dilations: good.dilations,
          before: good.before, after: good.after))?.taps == 9)
    for extreme in [0, -1, Int.min, Int.max, 1 << 24 + 1, 1 << 62] {
      check { $0.kernel[1] = extreme }
      check { $0.strides[0] = extreme }
      check { $0.dilations[1] = extreme }
    }
    for extreme in [-1, Int.min, Int.max, 1 << 25] {
      check { $0.before[0] = extreme }
      check { $0.after[1] = extreme }
    }
    check { $0.kernel = [3] }
    check { $0.strides = [] }
    check { $0.after = [1, 1, 1] }
    check { $0.kernel = [1 << 20, 1 << 20] }
  }

  @Test("pools have the limit of taps that convolutions have, and one of work")
  func pools() throws {
    func pool(_ kernel: [Int], _ extents: [Int], _ margins: [Int]) throws -> Graph {
      let pool = Pool(
        reduction: .maximum, kernel: kernel, strides: kernel.map { _ in 1 },
        paddingBefore: margins, paddingAfter: margins.map { $0 - 1 })
      return try GraphFixture.graph(.pool(pool), [.init(shape: extents + [1])], [extents + [1]])
    }
    _ = try pool([1 << 10, 1 << 10], [4, 4], [1 << 9, 1 << 9])
    #expect(throws: GraphProblems.self) {
      try pool([1 << 20, 1 << 20], [4, 4], [1 << 19, 1 << 19])
    }
    #expect(throws: GraphProblems.self) { try pool([1 << 20], [1 << 20], [1 << 19]) }
  }

  @Test("images without samples or channels; a pool over the whole image has no windows")
  func empty() throws {
    let pool = Pool(
      reduction: .average, kernel: [2], strides: [2], paddingBefore: [0], paddingAfter: [0])
    _ = try GraphFixture.graph(.pool(pool), [.init(shape: [0, 4, 3])], [[0, 2, 3]])
    _ = try GraphFixture.graph(.pool(pool), [.init(shape: [4, 0])], [[2, 0]])
    #expect(throws: GraphProblems.self) {
      try GraphFixture.graph(.pool(pool), [.init(shape: [0, 3])], [[0, 3]])
    }
    let global = try GraphFixture.graph(.pool(pool), [.init(shape: [4, 3])], [[3]])
    #expect(global.window(global.nodes[0]) == nil)
  }
}
