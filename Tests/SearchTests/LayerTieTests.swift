import Arith
import FoundationEssentials
import QuantGraph
import Search
import Testing

@Suite("Ties and neighbours found from the graph")
struct LayerTieTests {
  private func layers(_ names: [String]) -> [SearchLayer] {
    names.map { SearchLayer(name: $0, weightCount: 1, macs: 1) }
  }

  /// Names of the members of each group.
  private func groups(_ tie: LayerTie, _ names: [String], _ graph: Graph) -> [[String]] {
    tie.groups(of: layers(names), in: graph).map { $0.map { names[$0] } }
  }

  @Test("layers that read one tensor, also by way of a view, are tied; a ReLU makes another tensor")
  func sharedInput() throws {
    var sketch = GraphSketch(seed: 1)
    let input = try sketch.tensor([1, 8])
    let view = try sketch.node(.reshape, [input], [1, 8])
    let q = try sketch.dense(input, filters: 8, name: "q")
    let k = try sketch.dense(view, filters: 8, name: "k")
    let sum = try sketch.add(q, k)
    let other = try sketch.dense(try sketch.relu(input), filters: 8, name: "other")
    let result = try sketch.add(sum, other)
    let graph = try sketch.graph(input, result)
    #expect(groups(.sharedInput, ["q", "k", "other"], graph) == [["q", "k"]])
    #expect(groups(.sharedInput, ["q", "other"], graph) == [])
  }

  /// conv0 -> relu -> (a -> relu -> b) + skip -> relu -> (c) + skip -> d.
  private func residualGraph() throws -> Graph {
    var sketch = GraphSketch(seed: 2)
    func convolution(_ data: TensorID, _ name: String) throws -> TensorID {
      try sketch.convolution(data, filters: 4, kernel: [1, 1], name: name)
    }
    let input = try sketch.tensor([1, 4, 2, 2])
    var stream = try sketch.relu(try convolution(input, "conv0"))
    let branch = try convolution(try sketch.relu(try convolution(stream, "a")), "b")
    stream = try sketch.relu(try sketch.add(branch, stream))
    stream = try sketch.add(try convolution(stream, "c"), stream)
    let result = try convolution(stream, "d")
    return try sketch.graph(input, result)
  }

  @Test("layers that read one residual stream are tied across additions, those inside branches not")
  func residual() throws {
    let graph = try residualGraph()
    #expect(groups(.residual, ["conv0", "a", "b", "c", "d"], graph) == [["a", "c", "d"]])
  }

  @Test("a network without additions has no residual ties")
  func noResidual() throws {
    var sketch = GraphSketch(seed: 3)
    let input = try sketch.tensor([1, 4])
    let data = try sketch.dense(
      try sketch.relu(try sketch.dense(input, filters: 4, name: "x")), filters: 2, name: "y")
    #expect(groups(.residual, ["x", "y"], try sketch.graph(input, data)) == [])
  }

  @Test("a depthwise convolution is tied to the layer before it and the layers after it")
  func depthwise() throws {
    var sketch = GraphSketch(seed: 4)
    let input = try sketch.tensor([1, 3, 4, 4])
    var data = try sketch.convolution(input, filters: 6, kernel: [1, 1], name: "expand")
    data = try sketch.convolution(
      try sketch.relu(data), filters: 6, kernel: [3, 3], before: [1, 1], after: [1, 1], groups: 6,
      name: "depth")
    data = try sketch.convolution(
      try sketch.relu(data), filters: 4, kernel: [1, 1], name: "project")
    // Two groups of two channels: grouped, not depthwise.
    data = try sketch.convolution(data, filters: 4, kernel: [1, 1], groups: 2, name: "grouped")
    let result = try sketch.dense(try sketch.flatten(data), filters: 2, name: "fc")
    let graph = try sketch.graph(input, result)
    let names = ["expand", "depth", "project", "grouped", "fc"]
    #expect(groups(.depthwise, names, graph) == [["expand", "depth", "project"]])
  }

  @Test("neighbours: both operands of an addition reach the layer after it; layers end the way")
  func neighbours() throws {
    let graph = try residualGraph()
    #expect(
      graph.neighbours(among: layers(["conv0", "a", "b", "c", "d"])) == [
        ["conv0", "a"], ["a", "b"], ["conv0", "c"], ["b", "c"], ["conv0", "d"], ["b", "d"],
        ["c", "d"],
      ])
    // Layers that are not searched are passed through.
    #expect(graph.neighbours(among: layers(["conv0", "b"])) == [["conv0", "b"]])
  }
}
