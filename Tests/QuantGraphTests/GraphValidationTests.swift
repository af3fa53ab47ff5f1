import Arith
import QuantGraph
import Testing

/// Each rule of a graph, broken once.
@Suite struct GraphValidationTests {
  private typealias Fixture = GraphFixture

  private func tensor(
    _ name: String, _ extents: [Int] = [2], _ contents: Tensor.Contents = .computed,
    _ encoding: Encoding = GraphFixture.float
  ) throws -> Tensor {
    Tensor(name: name, shape: try Shape(extents), encoding: encoding, contents: contents)
  }

  private func node(_ name: String, _ inputs: [Int], _ outputs: [Int]) -> Node {
    Node(
      name: name, operation: .unary(.identity), inputs: inputs.map(TensorID.init),
      outputs: outputs.map(TensorID.init))
  }

  /// The errors of a graph that is refused.
  private func errors(
    _ tensors: [Tensor], _ nodes: [Node] = [], inputs: [Int] = [], outputs: [Int] = [],
    states: [StateTensor] = []
  ) -> [GraphError] {
    do throws(GraphProblems) {
      _ = try Graph(
        name: "g", tensors: tensors, nodes: nodes, inputs: inputs.map(TensorID.init),
        outputs: outputs.map(TensorID.init), states: states)
      return []
    } catch {
      return error.problems.map(\.error)
    }
  }

  @Test("names are unique, and there are no more problems than there are")
  func names() throws {
    let two = [try tensor("a"), try tensor("a"), try tensor("b")]
    #expect(errors(two, [node("n", [0], [1])], inputs: [0]) == [.duplicateTensor("a")])
    let three = [try tensor("a"), try tensor("b"), try tensor("c")]
    #expect(
      errors(three, [node("n", [0], [1]), node("n", [1], [2])], inputs: [0])
        == [.duplicateNode("n")])
  }

  @Test("positions of tensors exist")
  func dangling() throws {
    let one = [try tensor("a")]
    #expect(errors(one, inputs: [1]) == [.danglingTensor(1)])
    #expect(errors(one, outputs: [-1]) == [.danglingTensor(-1)])
    #expect(errors(one, [node("n", [7], [0])]) == [.danglingTensor(7)])
    let state = StateTensor(tensor: TensorID(0), next: TensorID(5), initial: nil)
    #expect(errors(one, states: [state]) == [.danglingTensor(5)])
  }

  @Test("a tensor has one producer: a node, an input, or the model")
  func producers() throws {
    let plain = [try tensor("a"), try tensor("b")]
    #expect(
      errors(plain, [node("n", [0], [1]), node("m", [0], [1])], inputs: [0])
        == [.severalProducers("b")])
    #expect(errors(plain, [node("n", [0], [1])], inputs: [0, 1]) == [.severalProducers("b")])
    let constant = [try tensor("a"), try tensor("b", [2], .parameter(.float32([1, 2])))]
    #expect(errors(constant, [node("n", [0], [1])], inputs: [0]) == [.severalProducers("b")])
    let shapeOnly = [try tensor("a"), try tensor("b", [2], .parameter(nil))]
    #expect(errors(shapeOnly, [node("n", [0], [1])], inputs: [0]) == [.severalProducers("b")])
  }

  @Test("what is read or asked for is there")
  func undefined() throws {
    let two = [try tensor("a"), try tensor("b")]
    #expect(errors(two, [node("n", [0], [1])]) == [.undefinedTensor("a")])
    #expect(errors(two, inputs: [0], outputs: [1]) == [.undefinedTensor("b")])
    #expect(errors([try tensor("p", [2], .parameter(nil))], outputs: [0]) == [])
  }

  @Test("nodes that wait for each other are named")
  func cycle() throws {
    let tensors = try ["a", "b", "c", "d"].map { try tensor($0) }
    let nodes = [
      node("first", [0], [1]),
      Node(
        name: "second", operation: .binary(Binary(.add)), inputs: [TensorID(1), TensorID(3)],
        outputs: [TensorID(2)]),
      node("third", [2], [3]),
    ]
    #expect(errors(tensors, nodes, inputs: [0]) == [.cycle(["second", "third"])])
  }

  @Test("constants have as many codes as elements")
  func counts() throws {
    #expect(
      errors([try tensor("p", [3], .parameter(.float32([1, 2])))])
        == [.constantCount(tensor: "p", expected: 3, found: 2)])
    #expect(errors([try tensor("p", [0, 4], .parameter(.float32([])))]) == [])
  }

  @Test("codes are within their encoding, in a storage that it may have")
  func codes() throws {
    func check(_ encoding: Encoding, _ codes: Codes) throws -> [GraphError] {
      errors([try tensor("p", [codes.count], .parameter(codes), encoding)])
    }
    let nibble = try Fixture.affine(4)
    #expect(try check(nibble, .int8([-8, 7])) == [])
    #expect(
      try check(nibble, .int8([-9, 7])) == [.codeRange(tensor: "p", found: -9, allowed: -8...7)])
    #expect(
      try check(nibble, .int8([0, 8])) == [.codeRange(tensor: "p", found: 8, allowed: -8...7)])
    let unsigned = try Fixture.fixed(3, isSigned: false)
    #expect(try check(unsigned, .uint8([0, 7])) == [])
    #expect(try check(unsigned, .int32([-1])).count == 1)
    #expect(try check(unsigned, .wide([Int512(8)])).count == 1)
    #expect(try check(Fixture.fixed(63, isSigned: false), .int64([0, .max])) == [])
    #expect(try check(Fixture.fixed(63, isSigned: false), .int64([-1])).count == 1)
    // Bit patterns of unsigned 64-bit numbers.
    #expect(try check(Fixture.fixed(64, isSigned: false), .int64([-1, .max])) == [])
    #expect(try check(Fixture.fixed(70), .wide([Int512(1) << 69])).count == 1)
    #expect(try check(Fixture.fixed(70), .wide([(Int512(1) << 69) - Int512(1)])) == [])
    #expect(try check(Fixture.fixed(8), .float32([1])).count == 1)
    #expect(try check(.float(.float32), .int32([1])).count == 1)
    #expect(try check(.float(.float16), .uint16([0xFFFF])) == [])
    #expect(try check(.float(.float16), .int32([0x1_0000])).count == 1)
    #expect(try check(.float(.float64), .float32([1])).count == 1)
  }

  @Test("scales belong to an axis with as many indices")
  func axes() throws {
    func check(_ extents: [Int], _ encoding: Encoding) throws -> Int {
      errors([try tensor("x", extents, .computed, encoding)], inputs: [0]).count
    }
    let three = try Fixture.affine(8, [1, 2, 3], axis: 1)
    #expect(try check([2, 3], three) == 0)
    #expect(try check([3, 2], three) == 1)
    #expect(try check([3], three) == 1)
    #expect(try check([2], Fixture.affine(8, zeroPoints: [1, 2, 3], axis: 0)) == 1)
    #expect(try check([2, 9], Fixture.affine(8, [0.5], axis: 1)) == 0)
  }

  @Test("an affine format is refused where a scale is no finite, positive number, or counts differ")
  func scales() throws {
    for scale in [0, -1, .nan, .infinity, -.infinity, -0.0] {
      #expect(throws: FormatError.self) {
        try AffineFormat(width: 8, isSigned: true, scales: [scale])
      }
    }
    _ = try AffineFormat(width: 8, isSigned: true, scales: [.leastNonzeroMagnitude])
    for (scales, zeroPoints, axis) in [
      ([], [], nil), ([1, 1], [], nil), ([1], [0, 0], nil), ([1, 1], [0, 0, 0], 0),
      ([1, 1, 1], [0, 0], 0), ([1], [], -1),
    ] as [([Double], [Int64], Int?)] {
      #expect(throws: FormatError.self) {
        try AffineFormat(
          width: 8, isSigned: true, scales: scales, zeroPoints: zeroPoints, axis: axis)
      }
    }
    // One bit more than the codes: a zero point of 16 for 4 bits exists in published models.
    _ = try AffineFormat(width: 4, isSigned: false, zeroPoints: [16])
    #expect(throws: FormatError.self) {
      try AffineFormat(width: 4, isSigned: false, zeroPoints: [17])
    }
    _ = try AffineFormat(width: 64, isSigned: true, zeroPoints: [.min])
  }

  @Test("tensors that each can be counted and together cannot")
  func total() throws {
    let huge = [1 << 28, 1 << 27]
    let two = [try tensor("a", huge), try tensor("b", huge)]
    #expect(errors(two, inputs: [0, 1]) == [])
    #expect(
      errors(two + [try tensor("c", [1])], inputs: [0, 1, 2])
        == [.limit("elements of all tensors", Shape.elementLimit)])
  }

  @Test("states: of one encoding and shape with what follows, but for an axis that grows")
  func states() throws {
    func check(
      _ contents: Tensor.Contents, next: [Int], _ encoding: Encoding = GraphFixture.float,
      initial: Codes? = nil
    ) throws -> [GraphError] {
      let tensors = [
        try tensor("s", [2, 3], contents), try tensor("new", next, .computed, encoding),
      ]
      return errors(
        tensors, inputs: [1],
        states: [StateTensor(tensor: TensorID(0), next: TensorID(1), initial: initial)])
    }
    #expect(try check(.computed, next: [2, 3]) == [])
    #expect(try check(.state(growing: 1), next: [2, 7]) == [])
    #expect(try check(.state(growing: 1), next: [2, 2]).count == 1)
    #expect(try check(.state(growing: 1), next: [3, 7]).count == 1)
    #expect(try check(.state(growing: nil), next: [2, 7]).count == 1)
    #expect(try check(.state(growing: 2), next: [2, 3]).count == 1)
    #expect(try check(.computed, next: [2, 3], Fixture.fixed(8)).count == 1)
    #expect(try check(.computed, next: [2, 3], initial: .float32([1])).count == 1)
    #expect(
      errors([try tensor("s", [2], .state(growing: nil))], inputs: []) == [.undefinedTensor("s")])
    // Marked as what it is, also where its maker did not say so.
    let graph = try Graph(
      name: "g", tensors: [try tensor("s"), try tensor("t")], nodes: [], inputs: [TensorID(1)],
      outputs: [], states: [StateTensor(tensor: TensorID(0), next: TensorID(1), initial: nil)])
    #expect(graph.tensors[0].contents == .state(growing: nil))
  }

  @Test("a parameter without codes is named by what needs them")
  func withoutCodes() throws {
    let graph = try Fixture.graph(
      .matMul(MatMul()), [.init(shape: [2, 3]), .init(shape: [3, 4], isParameter: true)], [[2, 4]])
    #expect(graph.parameterWithoutCodes?.name == "in1")
    #expect(graph[TensorID(1)].constant == nil && graph[TensorID(1)].isParameter)
    #expect(try Fixture.chain(2).parameterWithoutCodes == nil)
    #expect(graph.parameterCount(of: graph.nodes[0]) == 12)
  }
}
