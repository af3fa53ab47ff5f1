import Arith
import QuantGraph
import Testing

/// Fusion of quantized products, and graphs moved to integers.
@Suite struct RewriteTests {
  private let float = GraphFixture.float

  /// `x -> QuantizeLinear -> DequantizeLinear -> MatMul(weights) + bias -> QuantizeLinear ->
  /// DequantizeLinear`, as quantizers write it.
  ///
  /// `clamps` stand between the product and QuantizeLinear.
  private func graph(
    biasScale: Float = 0.125, isPerColumn: Bool = false, clamps: [ValueRange] = []
  ) throws -> Graph {
    let byte = try GraphFixture.affine(8)
    let word = try GraphFixture.affine(32)
    var tensors: [Tensor] = []
    func add(_ name: String, _ shape: Shape, _ encoding: Encoding, _ codes: Codes? = nil)
      -> TensorID
    {
      tensors.append(Tensor(name: name, shape: shape, encoding: encoding, constant: codes))
      return TensorID(tensors.count - 1)
    }
    let x = add("x", [1, 2], float)
    let sx = add("sx", [], float, .float32([0.5]))
    let zx = add("zx", [], byte, .int8([3]))
    let qx = add("qx", [1, 2], byte)
    let dx = add("dx", [1, 2], float)
    let w = add("w", [2, 3], byte, .int8([1, -2, 3, -4, 5, -6]))
    let columns: Shape = isPerColumn ? [3] : []
    let sw = add(
      "sw", columns, float, .float32(isPerColumn ? [0.25, 0.5, 0.125] : [0.25]))
    let zw = add("zw", columns, byte, .int8(isPerColumn ? [0, 0, 0] : [0]))
    let dw = add("dw", [2, 3], float)
    let b = add("b", [3], word, .int32([10, 20, 30]))
    let sb = add("sb", [], float, .float32([biasScale]))
    let zb = add("zb", [], word, .int32([0]))
    let db = add("db", [3], float)
    let product = add("product", [1, 3], float)
    var values = [product]
    for index in clamps.indices { values.append(add("cut\(index)", [1, 3], float)) }
    let sy = add("sy", [], float, .float32([2]))
    let zy = add("zy", [], byte, .int8([-1]))
    let qy = add("qy", [1, 3], byte)
    let y = add("y", [1, 3], float)
    let weights: Granularity = isPerColumn ? .axis(1) : .tensor
    let quantize = Operator.quantize(Quantize(granularity: .tensor))
    let nodes = [
      Node(name: "qx", operation: quantize, inputs: [x, sx, zx], outputs: [qx]),
      Node(name: "dx", operation: .dequantize(.tensor), inputs: [qx, sx, zx], outputs: [dx]),
      Node(name: "dw", operation: .dequantize(weights), inputs: [w, sw, zw], outputs: [dw]),
      Node(name: "db", operation: .dequantize(.tensor), inputs: [b, sb, zb], outputs: [db]),
      Node(name: "fc", operation: .matMul(MatMul()), inputs: [dx, dw, db], outputs: [product]),
      Node(name: "qy", operation: quantize, inputs: [values[clamps.count], sy, zy], outputs: [qy]),
      Node(name: "dy", operation: .dequantize(.tensor), inputs: [qy, sy, zy], outputs: [y]),
    ]
    let cuts = clamps.indices.map { index in
      Node(
        name: "cut\(index)", operation: .unary(.clamp(clamps[index])), inputs: [values[index]],
        outputs: [values[index + 1]])
    }
    return try Graph(
      name: "qdq", tensors: tensors, nodes: nodes[..<5] + cuts + nodes[5...], inputs: [x],
      outputs: [y])
  }

  @Test("a product between conversions becomes one operator with codes and values")
  func fusion() throws {
    let graph = try graph()
    let fused = try graph.fusingQuantizedProducts()
    let index = try #require(fused.index.node(named: "fc"))
    guard case .quantized(let quantized) = fused.nodes[index].operation,
      case .matMul = quantized.function
    else {
      Issue.record("not fused: \(fused.nodes[index].operation.name)")
      return
    }
    #expect(quantized.hasBias && quantized.requantizes)
    #expect(
      fused.nodes[index].inputs.map { fused[$0].name }
        == ["qx", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"])
    #expect(fused.nodes[index].outputs.map { fused[$0].name } == ["qy", "product"])
    #expect(fused.index.node(named: "qy") == nil)
    #expect(fused.nodes.count == graph.nodes.count - 1 && fused.tensors == graph.tensors)
  }

  @Test("clamps between a product and QuantizeLinear cut its codes and stay for who reads values")
  func clamps() throws {
    let graph = try graph(clamps: [.relu, ValueRange(minimum: -4, maximum: 6)])
    let fused = try graph.fusingQuantizedProducts()
    let index = try #require(fused.index.node(named: "fc"))
    guard case .quantized(let quantized) = fused.nodes[index].operation else {
      Issue.record("not fused: \(fused.nodes[index].operation.name)")
      return
    }
    #expect(quantized.range == .relu6)
    #expect(fused.nodes[index].outputs.map { fused[$0].name } == ["qy", "product"])
    #expect(fused.index.node(named: "cut1") != nil && fused.index.node(named: "qy") == nil)
    let moved = try graph.movedToIntegers()
    #expect(moved.nodes.map(\.name) == ["qx", "fc", "dy"])
    guard case .matMul(let product) = moved.nodes[1].operation else {
      Issue.record("\(moved.nodes[1].operation.name) instead of a product")
      return
    }
    #expect(product.range == .relu6)
  }

  @Test(
    "one clamp after another is one range",
    arguments: [
      (ValueRange.unbounded, ValueRange.relu, ValueRange.relu), (.relu, .unbounded, .relu),
      (.relu6, .reluOne, ValueRange(minimum: 0, maximum: 1)),
      (.relu, ValueRange(maximum: -2), ValueRange(minimum: -2, maximum: -2)),
      (ValueRange(maximum: 3), ValueRange(minimum: 5), ValueRange(minimum: 5, maximum: 5)),
    ])
  func clampedRanges(_ first: ValueRange, _ second: ValueRange, _ both: ValueRange) {
    #expect(first.clamped(by: second) == both)
  }

  @Test("a bias at another scale than that of the sums stays in float")
  func otherBias() throws {
    let graph = try graph(biasScale: 0.126)
    #expect(try graph.fusingQuantizedProducts() == graph)
  }

  @Test("moved to integers: scales in encodings, inputs and outputs as codes, nothing unread")
  func integers() throws {
    let moved = try graph().movedToIntegers()
    #expect(moved.nodes.map(\.name) == ["qx", "fc", "dy"])
    guard case .matMul = moved.nodes[1].operation else {
      Issue.record("\(moved.nodes[1].operation.name) instead of a product")
      return
    }
    func affine(_ name: String) -> AffineFormat? {
      guard let id = moved.tensor(named: name), case .affine(let format) = moved[id].encoding
      else { return nil }
      return format
    }
    #expect(affine("x")?.scales == [0.5] && affine("x")?.zeroPoints == [3])
    #expect(affine("w")?.scales == [0.25] && affine("y")?.scales == [2])
    #expect(affine("qy")?.zeroPoints == [-1])
    #expect(moved.nodes[0].operation == .copy && moved.nodes[2].operation == .copy)
    #expect(moved.multiplyAccumulates(of: moved.nodes[1]) == 6)
  }

  @Test("one scale a column moves to the columns' axis")
  func perColumn() throws {
    let graph = try graph(biasScale: 0.125, isPerColumn: true)
    // The bias has one scale, the sums three: it is not fused.
    #expect(try graph.fusingQuantizedProducts() == graph)
    let scales = try self.graph(isPerColumn: true).replacing(
      tensors: [
        TensorID(10): Tensor(
          name: "sb", shape: [3], encoding: float, constant: .float32([0.125, 0.25, 0.0625])),
        TensorID(11): Tensor(
          name: "zb", shape: [3], encoding: try GraphFixture.affine(32),
          constant: .int32([0, 0, 0])),
      ],
      nodes: [
        3: Node(
          name: "db", operation: .dequantize(.axis(0)),
          inputs: [TensorID(9), TensorID(10), TensorID(11)], outputs: [TensorID(12)])
      ])
    let moved = try scales.movedToIntegers()
    let weights = try #require(moved.tensor(named: "w"))
    guard case .affine(let format) = moved[weights].encoding else {
      Issue.record("the weights are no integers")
      return
    }
    #expect(format.scales == [0.25, 0.5, 0.125] && format.axis == 1)
  }

  @Test("a float graph has nothing to fuse or to move")
  func floats() throws {
    let chain = try GraphFixture.chain(3)
    #expect(try chain.fusingQuantizedOperators() == chain && chain.firstFloatTensor == "t0")
    #expect(try chain.movedToIntegers().nodes == chain.nodes)
  }
}

@Suite struct SampleAxisTests {
  /// Whether a node whose operands `samples` (the first) hold 7 samples keeps them apart.
  private func apart(
    _ operation: Operator, _ operands: [[Int]], _ results: [[Int]], parameters: Set<Int> = [1],
    samples: [Int] = [0]
  ) throws -> Bool {
    let graph = try GraphFixture.graph(
      operation,
      operands.enumerated().map {
        .init(shape: $0.element, isParameter: parameters.contains($0.offset))
      }, results)
    return graph.keepsSamplesApart(samples.map { TensorID($0) })
  }

  @Test("operators that compute each sample for itself")
  func kept() throws {
    #expect(try apart(.unary(.tanh), [[7, 3]], [[7, 3]]))
    #expect(try apart(.matMul(MatMul()), [[7, 3], [3, 4]], [[7, 4]]))
    #expect(
      try apart(
        .matMul(MatMul()), [[7, 2, 3], [7, 3, 4]], [[7, 2, 4]], parameters: [], samples: [0, 1]))
    #expect(try apart(.matMul(MatMul()), [[7, 2, 3], [1, 3, 4]], [[7, 2, 4]]))
    #expect(
      try apart(
        .gatherAxis(axis: 0), [[5, 3], [7, 2]], [[7, 2, 3]], parameters: [0], samples: [1]))
    #expect(try apart(.tile(repeats: [1, 2]), [[7, 3]], [[7, 6]]))
    #expect(try apart(.binary(Binary(.add)), [[7, 3], [3]], [[7, 3]]))
    #expect(try apart(.binary(Binary(.add)), [[7, 3], [1, 3]], [[7, 3]]))
    #expect(try apart(.axisSoftmax(AxisSoftmax(axis: 1)), [[7, 3]], [[7, 3]]))
    #expect(
      try apart(.reduce(Reduction(.mean, axes: [1], keepsAxes: false)), [[7, 3]], [[7]]))
    #expect(try apart(.transpose(permutation: [0, 2, 1]), [[7, 3, 2]], [[7, 2, 3]]))
    #expect(try apart(.split(axis: 1), [[7, 3]], [[7, 1], [7, 2]]))
    #expect(
      try apart(
        .slice(Slice(begin: [0, 1], extents: [7, 2], strides: [1, 1])), [[7, 3]], [[7, 2]]))
  }

  @Test("operators that mix samples, or take one operand's samples for another's")
  func mixed() throws {
    #expect(try !apart(.axisSoftmax(AxisSoftmax(axis: 0)), [[7, 3]], [[7, 3]]))
    #expect(
      try !apart(.reduce(Reduction(.mean, axes: [0], keepsAxes: true)), [[7, 3]], [[1, 3]]))
    #expect(try !apart(.transpose(permutation: [1, 0]), [[7, 7]], [[7, 7]]))
    #expect(try !apart(.matMul(MatMul(transposesLeft: true)), [[7, 7], [7, 4]], [[7, 4]]))
    #expect(
      try !apart(
        .slice(Slice(begin: [6, 0], extents: [7, 3], strides: [-1, 1])), [[7, 3]], [[7, 3]]))
    #expect(try !apart(.concatenate(axis: 0), [[7, 3], [1, 3]], [[8, 3]]))
    #expect(
      try !apart(
        .matMul(MatMul(transposesRight: true)), [[7, 3], [7, 3]], [[7, 7]], parameters: [],
        samples: [0, 1]))
    #expect(try !apart(.matMul(MatMul()), [[7, 3], [2, 3, 4]], [[2, 7, 4]]))
    #expect(try !apart(.gatherAxis(axis: 0), [[7, 3], [7]], [[7, 3]]))
    #expect(try !apart(.binary(Binary(.add)), [[7, 7], [7, 7]], [[7, 7]]))
    #expect(try !apart(.reshape, [[7, 3]], [[3, 7]]))
  }

  @Test("a graph with state, or an output that no sample reaches")
  func graphs() throws {
    let chain = try GraphFixture.chain(2)
    #expect(chain.keepsSamplesApart([TensorID(0)]))
    #expect(!chain.keepsSamplesApart([]))
  }
}
