import Arith
import Documents
import QuantGraph
import Testing

/// What allocations say, and what is said of bad ones.
@Suite struct AllocationTests {
  /// A chain of so many matrix products that share no weights: `x0 -> fc0 -> x1 -> fc1 -> ...`.
  private func chain(_ count: Int) throws -> Graph {
    var tensors = [Tensor(name: "x0", shape: [1, 2], encoding: .float(.float32))]
    var nodes: [Node] = []
    for layer in 0..<count {
      let data = tensors.count - 1
      tensors.append(
        Tensor(
          name: "w\(layer)", shape: [2, 2], encoding: .float(.float32),
          constant: .float32([1, 0, 0, 1])))
      tensors.append(Tensor(name: "x\(layer + 1)", shape: [1, 2], encoding: .float(.float32)))
      nodes.append(
        Node(
          name: "fc\(layer)", operation: .matMul(MatMul()),
          inputs: [TensorID(data), TensorID(data + 1)], outputs: [TensorID(data + 2)]))
    }
    return try Graph(
      name: "chain", tensors: tensors, nodes: nodes, inputs: [TensorID(0)],
      outputs: [TensorID(tensors.count - 1)])
  }

  private func read(_ text: String) throws -> Allocation {
    try Allocation(try JSON(parsing: Array(text.utf8)))
  }

  private func problems(_ text: String) throws -> [Diagnostic] {
    let document = try JSON(parsing: Array(text.utf8))
    do throws(AllocationRefusal) {
      _ = try Allocation(document)
      return []
    } catch {
      return error.problems
    }
  }

  @Test("patterns, numbers and beginnings name layers; full names stand before patterns")
  func patterns() throws {
    let graph = try chain(12)
    let layers = graph.nodes.map(\.name)
    func bits(_ text: String) throws -> [Int?] {
      let formats = try read(text).formats(ofLayers: layers, in: graph)
      let nodes = try GraphAllocation(read(text), in: graph).nodes
      #expect(formats == nodes)
      return formats.map { $0[.weights]?.scalarWidth }
    }
    let all = try bits(
      #"{"schema": "hwsim.allocation/1", "layers": {"fc3": {"weights": "int<8>"}, "fc*": {"weights": "int<4>"}}}"#
    )
    #expect(all == layers.indices.map { $0 == 3 ? 8 : 4 })
    let some = try bits(
      #"{"schema": "hwsim.allocation/1", "layers": {"fc?": {"weights": "int<4>"}, "11": {"weights": "int<2>"}}}"#
    )
    #expect(some == layers.indices.map { $0 < 10 ? 4 : $0 == 10 ? 2 : nil })
    for text in [
      #"{"schema": "hwsim.allocation/1", "layers": {"fc1?": {"weights": "int<4>"}, "*1": {"weights": "int<2>"}}}"#,
      #"{"schema": "hwsim.allocation/1", "layers": {"f": {"weights": "int<4>"}}}"#,
      #"{"schema": "hwsim.allocation/1", "layers": {"g*": {"weights": "int<4>"}}}"#,
    ] {
      let allocation = try read(text)
      #expect(throws: AllocationRefusal.self) {
        try allocation.formats(ofLayers: layers, in: graph)
      }
      #expect(throws: AllocationRefusal.self) { try GraphAllocation(allocation, in: graph) }
    }
  }

  @Test("every role, granularity and choice comes back as it was written")
  func roundTrip() throws {
    let text = #"""
      {"schema": "hwsim.allocation/1", "model": {"sha256": null}, "layers": {
        "b": {"weights": "int<4>", "activations": "uint<8>", "second_operand": "int<8>",
              "bias": "int<16>", "accumulator": "int<32>", "result": "uint<4>",
              "state": {"format": "int<4>", "granularity": "blocks<1,32>"},
              "grouping": "runs<32>", "input_range": [-1, 2.5], "weight_scale": "mse",
              "choices": {"reuse_factor": 4, "strategy": "resource"}},
        "a": {}}, "tensors": {"t": "int<8>"}}
      """#
    let allocation = try read(text)
    let document = try JSON(parsing: Array(text.utf8))
    #expect(allocation.document == document)
    #expect(allocation.nodeNames == ["b", "a"] && allocation.tensorNames == ["t"])
    let layer = try #require(allocation[node: "b"])
    #expect(layer.roles == OperandRole.allCases)
    #expect(layer.granularity(of: .state) == .blocks(axis: 1, size: 32))
    #expect(layer.choices == ["reuse_factor": .integer(4), "strategy": .text("resource")])
    #expect(
      layer.unknown(roles: [.weights, .activations, .accumulator, .bias, .result])
        == [
          "second_operand", "state", "state.granularity", "choices.reuse_factor",
          "choices.strategy",
        ])
    #expect(try #require(allocation[node: "a"]).isUnchanged)
  }

  @Test("null is nothing, and names that are set twice keep their place")
  func absence() throws {
    var allocation = try read(
      #"{"schema": "hwsim.allocation/1", "layers": {"a": null, "b": {"weights": null}}}"#)
    #expect(allocation.nodeNames == ["a", "b"])
    allocation[node: "a"] = NodeAllocation(weights: try Encoding(name: "int<4>"))
    allocation[node: "c"] = NodeAllocation()
    #expect(allocation.nodeNames == ["a", "b", "c"])
    allocation[node: "b"] = nil
    #expect(allocation.nodeNames == ["a", "c"])
  }

  @Test("all problems of a document are told together, by key path")
  func everyProblem() throws {
    let found = try problems(
      #"""
      {"schema": "hwsim.allocation/2", "modl": {}, "model": {"sha256": "12"}, "layers": {
        "a": {"weights": 4, "activation": "int<4>", "input_range": [3, 1], "choices": {"tile": []}},
        "b": {"state": {"granularity": "axis<-1>", "size": 3}, "grouping": "pairs",
              "weight_scale": "percentile:0", "input_range": [0, 1e300]},
        "c": 3}, "tensors": {"t": "int<"}}
      """#)
    #expect(
      Set(found.compactMap(\.location)) == [
        "schema", "modl", "model.sha256", "layers.a.weights", "layers.a.activation",
        "layers.a.input_range", "layers.a.choices.tile", "layers.b.state.granularity",
        "layers.b.state.size", "layers.b.grouping", "layers.b.weight_scale", "layers.b.input_range",
        "layers.c", "tensors.t",
      ])
    #expect(found.allSatisfy { $0.remedy != nil })
    #expect(try problems("[1]").count == 1)
  }

  @Test("tensors stand for the layers that read or write them; contradictions are refused")
  func tensors() throws {
    let graph = try chain(3)
    let layers = graph.nodes.map(\.name)
    var allocation = Allocation()
    let (narrow, wide) = (try Encoding(name: "int<4>"), try Encoding(name: "int<8>"))
    allocation[tensor: "w1"] = narrow
    allocation[tensor: "x2"] = wide
    allocation[node: "fc0"] = NodeAllocation(activations: wide)
    let formats = try allocation.formats(ofLayers: layers, in: graph)
    #expect(formats[0] == NodeAllocation(activations: wide))
    #expect(formats[1] == NodeAllocation(weights: narrow))
    #expect(formats[2] == NodeAllocation(activations: wide))
    var last = Allocation()
    last[tensor: "x3"] = wide
    #expect(try last.formats(ofLayers: layers, in: graph)[2][.result] == wide)
    allocation[node: "fc1"] = NodeAllocation(weights: wide)
    allocation[node: "fc9"] = NodeAllocation()
    do throws(AllocationRefusal) {
      _ = try allocation.formats(ofLayers: layers, in: graph)
      Issue.record("two problems")
    } catch {
      let places = error.located(in: "a.json").problems.compactMap(\.location)
      #expect(places == ["a.json: layers.fc9", "a.json: tensors.w1"])
      #expect(error.problems[0].remedy?.contains("'fc0'") == true)
    }
    let bound = try GraphAllocation(
      try read(
        #"{"schema": "hwsim.allocation/1", "layers": {"fc2": {"weights": "int<4>"}}, "tensors": {"x1": "int<8>"}}"#
      ), in: graph)
    #expect(bound.nodes[2].weights == narrow && bound.tensors[2] == wide)
    #expect(try GraphAllocation(bound.named(in: graph), in: graph) == bound)
  }

  @Test(
    "files with 100,000 layers are read, bound or refused in linear time", .timeLimit(.minutes(1)))
  func many() throws {
    let count = 100_000
    func document(_ layer: (Int) -> String) throws -> JSON {
      let layers = (0..<count).map(layer).joined(separator: ",")
      let text = #"{"schema": "hwsim.allocation/1", "layers": {\#(layers)}}"#
      return try JSON(parsing: Array(text.utf8))
    }
    let allocation = try Allocation(try document { "\"fc\($0)\": {\"weights\": \"int<4>\"}" })
    #expect(allocation.nodeNames.count == count)
    let graph = try chain(1000)
    do throws(AllocationRefusal) {
      _ = try GraphAllocation(allocation, in: graph)
      Issue.record("most names are unknown")
    } catch {
      #expect(error.problems.count == count - 1000)
    }
    #expect(throws: AllocationRefusal.self) {
      try allocation.formats(ofLayers: graph.nodes.map(\.name), in: graph)
    }
    let unreadable = try document { "\"fc\($0)\": {\"weights\": \"int\($0)<\"}" }
    do throws(AllocationRefusal) {
      _ = try Allocation(unreadable)
      Issue.record("no format has these names")
    } catch {
      #expect(error.problems.count == 1001)
    }
  }

  @Test("a suggestion is near, and words that nobody types are compared with nothing")
  func suggestions() {
    let names = (0..<1000).map { "layer\($0)" }
    #expect(Suggestion.nearest(to: "layr7", among: names).first == "layer7")
    #expect(Suggestion.nearest(to: "lay", among: names) == ["layer0", "layer1", "layer10"])
    #expect(Suggestion.nearest(to: String(repeating: "layer", count: 50), among: names).isEmpty)
    #expect(Suggestion.sentence(for: "conv", among: ["dense"]) == nil)
  }
}
