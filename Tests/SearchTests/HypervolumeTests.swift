import Knapsack
import Search
import TestSupport
import Testing

@Suite("Hypervolume")
struct HypervolumeTests {
  /// Unit cells of a grid up to `size` that some point with whole coordinates dominates.
  private static func cells(_ points: [[Double]], size: Int) -> Double {
    let dimensions = points.first?.count ?? 2
    var count = 0
    func visit(_ corner: [Int]) {
      guard corner.count == dimensions else {
        for next in 0..<size { visit(corner + [next]) }
        return
      }
      if points.contains(where: { zip($0, corner).allSatisfy { $0 <= Double($1) } }) { count += 1 }
    }
    visit([])
    return Double(count)
  }

  @Test("equals the number of dominated cells on a grid", arguments: [1, 2, 3])
  func grid(dimensions: Int) throws {
    var generator = SeededGenerator(seed: UInt64(dimensions))
    for round in 0..<60 {
      let size = 9
      let points = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
        // Some lie on or beyond the reference and add nothing.
        (0..<dimensions).map { _ in Double(Int.random(in: 0...size + 1, using: &generator)) }
      }
      let reference = [Double](repeating: Double(size), count: dimensions)
      let volume = Hypervolume.volume(of: points, reference: reference)
      #expect(volume == Self.cells(points, size: size), "round \(round): \(points)")
      #expect(
        volume == Hypervolume.volume(of: points.shuffled(using: &generator), reference: reference))
    }
  }

  @Test("nothing, equal points, numbers that are none, and too many objectives")
  func edges() {
    #expect(Hypervolume.volume(of: [], reference: [1, 1]) == 0)
    #expect(Hypervolume.volume(of: [[0, 0], [0, 0]], reference: [1, 1]) == 1)
    #expect(Hypervolume.volume(of: [[0, .nan], [0.5, 0.5]], reference: [1, 1]) == 0.25)
    #expect(Hypervolume.volume(of: [[1, 0]], reference: [1, 1]) == 0)
    #expect(Hypervolume.volume(of: [[0, 0]], reference: [1, 1, 1]) == nil)
    #expect(Hypervolume.volume(of: [[0, 0, 0, 0]], reference: [1, 1, 1, 1]) == nil)
    #expect(Hypervolume.volume(of: [], reference: []) == nil)
  }
}
