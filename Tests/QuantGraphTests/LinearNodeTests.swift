import QuantGraph
import Testing

@Suite struct LinearNodeTests {
  private func linear(
    _ operation: Operator, _ operands: [[Int]], _ result: [Int], parameters: Set<Int> = [1]
  ) throws -> (Graph, LinearNode) {
    let graph = try GraphFixture.graph(
      operation,
      operands.enumerated().map {
        .init(shape: $0.element, isParameter: parameters.contains($0.offset))
      }, [result])
    return (graph, try #require(graph.linear(graph.nodes[0])))
  }

  @Test("a dense layer on three vectors")
  func dense() throws {
    let dense = Dense(weightsAreOutputMajor: true, accumulation: nil, rows: 3)
    let (graph, linear) = try linear(.dense(dense), [[3, 4], [5, 4], [5]], [3, 5])
    #expect(linear.data == TensorID(0) && linear.weights == TensorID(1))
    #expect(linear.bias == TensorID(2) && linear.result == TensorID(3))
    #expect(linear.filters == 5 && linear.depth == 4 && linear.products == 60)
    #expect(linear.isFilterMajor == true && linear.parameters == nil && !linear.isDepthwise)
    #expect(graph.multiplyAccumulates(of: graph.nodes[0]) == 60)
  }

  @Test("attention's product: two computed operands, batches, one transposed")
  func attention() throws {
    let product = MatMul(transposesRight: true)
    let (graph, linear) = try linear(
      .matMul(product), [[2, 8, 10, 64], [2, 8, 12, 64]], [2, 8, 10, 12], parameters: [])
    #expect(!graph[linear.weights].isParameter && linear.isFilterMajor == nil)
    #expect(linear.filters == 12 && linear.depth == 64)
    #expect(linear.products == 2 * 8 * 10 * 12 * 64)
  }

  @Test("products of vectors and matrices as numpy shapes them")
  func vectors() throws {
    let plain = Operator.matMul(MatMul())
    let vectorMatrix = try linear(plain, [[4], [4, 6]], [6]).1
    #expect(vectorMatrix.products == 24 && vectorMatrix.filters == 6)
    #expect(vectorMatrix.isFilterMajor == false)
    let matrixVector = try linear(plain, [[3, 4], [4]], [3]).1
    #expect(matrixVector.products == 12 && matrixVector.filters == 1)
    let turned = try linear(.matMul(MatMul(transposesLeft: true)), [[4, 3], [4, 6]], [3, 6]).1
    #expect(turned.products == 72 && turned.depth == 4)
    let inner = try linear(.dot(nil), [[7], [7]], [1]).1
    #expect(inner.products == 7 && inner.depth == 7 && inner.filters == 1)
  }

  @Test(
    "convolutions in every layout of weights: 3 x 3 on 8 x 8, 4 channels to 6 filters in 2 groups",
    arguments: Convolution.WeightLayout.allCases)
  func convolutions(layout: Convolution.WeightLayout) throws {
    let convolution = Convolution(
      kernel: [3, 3], strides: [1, 1], dilations: [1, 1], paddingBefore: [0, 0],
      paddingAfter: [0, 0], layout: .channelsFirst, grouping: .groups(2), weightLayout: layout)
    let (_, linear) = try linear(
      .convolution(convolution), [[5, 4, 8, 8], [6 * 2 * 9], [6]], [5, 6, 6, 6])
    #expect(linear.filters == 6 && linear.depth == 2 * 9)
    #expect(linear.products == 5 * 6 * 36 * 18)
    #expect(linear.isFilterMajor == (layout != .kernelChannelsFilters))
  }

  @Test("a depthwise convolution sees one channel a filter")
  func depthwise() throws {
    let convolution = Convolution(
      kernel: [3], strides: [2], dilations: [1], paddingBefore: [1], paddingAfter: [1],
      isDepthwise: true)
    let (_, linear) = try linear(.convolution(convolution), [[9, 4], [3, 8]], [5, 8])
    #expect(linear.isDepthwise && linear.filters == 8 && linear.depth == 3)
    #expect(linear.products == 5 * 8 * 3 && linear.isFilterMajor == false)
  }

  @Test("a transposed convolution multiplies each of its data with a whole kernel")
  func transposed() throws {
    let convolution = Convolution(
      kernel: [3], strides: [2], dilations: [1], paddingBefore: [0], paddingAfter: [0])
    let (_, linear) = try linear(
      .transposedConvolution(convolution), [[4, 2], [3, 2, 5]], [9, 5])
    #expect(linear.products == 4 * 2 * 3 * 5 && linear.filters == 5)
  }

  @Test("operators on codes: scale and zero point stand beside each operand")
  func quantized() throws {
    let scalar: [Int] = []
    let graph = try GraphFixture.graph(
      .quantized(Quantized(.matMul(MatMul()), hasBias: true)),
      [
        .init(shape: [2, 3]), .init(shape: scalar, isParameter: true),
        .init(shape: scalar, isParameter: true), .init(shape: [3, 4], isParameter: true),
        .init(shape: [4], isParameter: true), .init(shape: [4], isParameter: true),
        .init(shape: scalar, isParameter: true), .init(shape: scalar, isParameter: true),
        .init(shape: [4], isParameter: true),
      ], [[2, 4]])
    let linear = try #require(graph.linear(graph.nodes[0]))
    #expect(linear.data == TensorID(0) && linear.weights == TensorID(3))
    #expect(linear.bias == TensorID(8) && linear.products == 24)
    #expect(linear.parameters?.data.scale == TensorID(1))
    #expect(linear.parameters?.weights.zeroPoint == TensorID(5))
    #expect(graph.multiplyAccumulates(of: graph.nodes[0]) == 0)
    let product = try GraphFixture.graph(
      .integerProduct(.matMul(MatMul())),
      [.init(shape: [2, 3]), .init(shape: scalar), .init(shape: [3, 4]), .init(shape: [4])],
      [[2, 4]])
    let sums = try #require(product.linear(product.nodes[0]))
    #expect(sums.weights == TensorID(2) && sums.parameters?.weights.scale == nil)
    #expect(sums.parameters?.weights.zeroPoint == TensorID(3) && sums.bias == nil)
  }

  @Test("other nodes are none, and more products than an Int holds are Int.max")
  func others() throws {
    let chain = try GraphFixture.chain(1)
    #expect(chain.linear(chain.nodes[0]) == nil && chain.window(chain.nodes[0]) == nil)
    let (_, linear) = try linear(
      .matMul(MatMul()), [[1 << 27, 1 << 27], [1 << 27, 1 << 26]], [1 << 27, 1 << 26],
      parameters: [])
    #expect(linear.products == Int.max)
  }
}
