import QuantGraph
import Testing

@Suite("Adder graphs")
struct AdderGraphTests {
  /// a + b, then the sum less a.
  private let graph = AdderGraph(
    values: [
      .init(bits: 8), .init(bits: 8), .init(bits: 9, adderBits: 8, operands: [0, 1]),
      .init(bits: 10, adderBits: 9, operands: [2, 0]),
    ], outputs: [3])

  @Test("adders, their bits and depth")
  func counts() {
    #expect(graph.adders == 2 && graph.adderBits == 17 && graph.depth == 2)
    #expect(graph.depths == [0, 0, 1, 2])
  }

  @Test("what a stage keeps for the next")
  func registers() {
    // One adder a stage: a for two stages, b and the sum for one.
    #expect(graph.registerBits(levelsPerStage: 1) == 16 + 8 + 9)
    // Two a stage: the result is in the second, which reads a and the sum.
    #expect(graph.registerBits(levelsPerStage: 2) == 8 + 9)
    #expect(graph.registerBits(levelsPerStage: 3) == 0)
  }
}
