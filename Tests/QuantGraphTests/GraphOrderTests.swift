import QuantGraph
import Testing

@Suite struct GraphOrderTests {
  private func graph(_ edges: [(name: String, from: [Int], to: Int)], _ count: Int) throws -> Graph
  {
    try Graph(
      name: "g",
      tensors: (0..<count).map {
        Tensor(name: "t\($0)", shape: [1], encoding: GraphFixture.float)
      },
      nodes: edges.map {
        Node(
          name: $0.name, operation: $0.from.count == 1 ? .unary(.identity) : .binary(.init(.add)),
          inputs: $0.from.map(TensorID.init), outputs: [TensorID($0.to)])
      }, inputs: [TensorID(0)], outputs: [TensorID(count - 1)])
  }

  @Test("a valid order is kept as it is")
  func kept() throws {
    let graph = try graph([("d", [0], 1), ("c", [0], 2), ("b", [2], 3), ("a", [1, 3], 4)], 5)
    #expect(graph.nodes.map(\.name) == ["d", "c", "b", "a"])
  }

  @Test("an order that is not valid: ready nodes run in the given order")
  func stable() throws {
    let graph = try graph([("a", [1, 3], 4), ("b", [2], 3), ("c", [0], 2), ("d", [0], 1)], 5)
    #expect(graph.nodes.map(\.name) == ["c", "b", "d", "a"])
  }

  @Test("every order of a chain becomes the chain")
  func chains() throws {
    for order in [[3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]] {
      #expect(
        try GraphFixture.chain(4, order: order).nodes.map(\.name) == ["n0", "n1", "n2", "n3"])
    }
  }

  @Test("a node that reads a tensor twice waits for it once")
  func twice() throws {
    let graph = try graph([("b", [1, 1], 2), ("a", [0], 1)], 3)
    #expect(graph.nodes.map(\.name) == ["a", "b"])
  }

  @Test("65,000 nodes, last first, and one node with 15,000 operands, take linear time")
  func large() throws {
    let count = 65_000
    let clock = ContinuousClock()
    let time = try clock.measure {
      let graph = try GraphFixture.chain(count, order: (0..<count).reversed())
      #expect(graph.nodes.first?.name == "n0" && graph.nodes.last?.name == "n\(count - 1)")
      let operands = 15_000
      let tensors = (0...operands).map {
        Tensor(
          name: "t\($0)", shape: $0 == operands ? [15_000] : [1], encoding: GraphFixture.float)
      }
      _ = try Graph(
        name: "g", tensors: tensors,
        nodes: [
          Node(
            name: "n", operation: .concatenate(axis: 0),
            inputs: (0..<operands).map(TensorID.init), outputs: [TensorID(operands)])
        ], inputs: (0..<operands).map(TensorID.init), outputs: [TensorID(operands)])
    }
    #expect(time < .seconds(20))
  }
}

@Suite struct GraphIndexTests {
  @Test("names, producers and readers of a small graph")
  func lookUps() throws {
    let tensors = ["x", "w", "y", "z"].map {
      Tensor(
        name: $0, shape: [2], encoding: GraphFixture.float,
        contents: $0 == "w" ? .parameter(nil) : .computed)
    }
    let graph = try Graph(
      name: "g", tensors: tensors,
      nodes: [
        Node(
          name: "mul", operation: .binary(Binary(.multiply)), inputs: [TensorID(0), TensorID(1)],
          outputs: [TensorID(2)]),
        Node(
          name: "square", operation: .binary(Binary(.multiply)),
          inputs: [TensorID(2), TensorID(2)], outputs: [TensorID(3)]),
      ], inputs: [TensorID(0)], outputs: [TensorID(3)])
    let index = graph.index
    #expect(graph.tensor(named: "y") == TensorID(2) && graph.tensor(named: "v") == nil)
    #expect(index.node(named: "square") == 1 && index.node(named: "x") == nil)
    #expect(tensors.indices.map { index.producer(of: TensorID($0)) } == [nil, nil, 0, 1])
    #expect(tensors.indices.map { index.readers(of: TensorID($0)) } == [[0], [0], [1], []])
    #expect(index.readerCount(of: TensorID(2)) == 1 && index.readerCount(of: TensorID(3)) == 0)
  }

  @Test("the index follows what is exchanged")
  func replacing() throws {
    let graph = try GraphFixture.chain(3)
    let changed = try graph.replacing(
      tensors: [TensorID(1): Tensor(name: "new", shape: [2, 3], encoding: GraphFixture.float)])
    #expect(changed.tensor(named: "new") == TensorID(1) && changed.tensor(named: "t1") == nil)
    #expect(throws: GraphProblems.self) {
      try graph.replacing(
        tensors: [TensorID(1): Tensor(name: "t1", shape: [3], encoding: GraphFixture.float)])
    }
  }
}
