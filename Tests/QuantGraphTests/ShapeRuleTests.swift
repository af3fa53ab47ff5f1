import Arith
import QuantGraph
import Testing

/// The shape rule of each operator: one case that holds, and cases that break one condition each.
@Suite struct ShapeRuleTests {
  private typealias Operands = [[Int]]

  /// `parameters` are the positions that the rule wants constant; `broken` are other operands and
  /// results.
  private func check(
    _ operation: Operator, _ operands: [[Int]], _ results: [[Int]], parameters: Set<Int> = [],
    broken: [(operands: [[Int]], results: [[Int]])] = [],
    _ location: SourceLocation = #_sourceLocation
  ) {
    func build(_ operands: [[Int]], _ results: [[Int]], constants: Set<Int>) throws {
      _ = try GraphFixture.graph(
        operation,
        operands.enumerated().map {
          .init(shape: $0.element, isParameter: constants.contains($0.offset))
        }, results)
    }
    #expect(throws: Never.self, sourceLocation: location) {
      try build(operands, results, constants: parameters)
    }
    for (other, shapes) in broken {
      #expect(throws: GraphProblems.self, "\(other) -> \(shapes)", sourceLocation: location) {
        try build(other, shapes, constants: parameters)
      }
    }
    // Too few operands, a result too many, a parameter that a run computes.
    #expect(throws: GraphProblems.self, sourceLocation: location) {
      try build(Array(operands.dropLast(operands.count)), results, constants: parameters)
    }
    for parameter in parameters {
      #expect(throws: GraphProblems.self, sourceLocation: location) {
        try build(operands, results, constants: parameters.subtracting([parameter]))
      }
    }
  }

  private let accumulation: Accumulation? = (try? FixedPointFormat(width: 16, integerBits: 8))
    .map { Accumulation(encoding: $0) }

  @Test func products() throws {
    let accumulation = try #require(accumulation)
    check(
      .dense(Dense(weightsAreOutputMajor: false, accumulation: accumulation)), [[4], [4, 3], [3]],
      [[3]], parameters: [1, 2],
      broken: [
        ([[4], [4, 2], [3]], [[3]]), ([[4], [4, 3], [2]], [[3]]), ([[5], [4, 3], [3]], [[3]]),
      ])
    check(
      .dense(Dense(weightsAreOutputMajor: false, accumulation: nil, rows: 2)), [[2, 4], [4, 3]],
      [[2, 3]], broken: [([[3, 3], [4, 3]], [[2, 3]]), ([[2, 4], [4, 3]], [[3, 3]])])
    for rows in [0, -1, Int.min] {
      #expect(throws: GraphProblems.self) {
        try GraphFixture.graph(
          .dense(Dense(weightsAreOutputMajor: false, accumulation: nil, rows: rows)),
          [.init(shape: [2]), .init(shape: [2, 3])], [[3]])
      }
    }
    let endless = Accumulation(encoding: accumulation.encoding, order: .reuse(factor: 0))
    #expect(throws: GraphProblems.self) {
      try GraphFixture.graph(
        .dense(Dense(weightsAreOutputMajor: false, accumulation: endless)),
        [.init(shape: [2]), .init(shape: [2, 3], isParameter: true)], [[3]])
    }
    check(
      .matMul(MatMul()), [[7, 1, 2, 3], [5, 3, 4], [4]], [[7, 5, 2, 4]],
      broken: [
        ([[7, 1, 2, 3], [5, 4, 4]], [[7, 5, 2, 4]]),
        ([[7, 1, 2, 3], [5, 3, 4]], [[7, 5, 4, 2]]),
        ([[7, 2, 2, 3], [5, 3, 4]], [[7, 5, 2, 4]]), ([[], [5, 3, 4]], [[5, 4]]),
        ([[7, 1, 2, 3], [5, 3, 4], [3]], [[7, 5, 2, 4]]),
      ])
    check(.dot(nil), [[5], [5]], [[1]], broken: [([[5], [4]], [[1]]), ([[5], [5]], [[2]])])
  }

  @Test func elementwise() {
    check(.unary(.tanh), [[2, 3]], [[2, 3]], broken: [([[2, 3]], [[3, 2]])])
    check(.cast(.number), [[2, 3]], [[2, 3]], broken: [([[2, 3]], [[6]])])
    check(
      .binary(Binary(.add)), [[2, 1], [3]], [[2, 3]],
      broken: [([[2, 1], [3]], [[3, 2]]), ([[2, 2], [3]], [[2, 3]])])
    check(
      .select, [[2, 1], [3], []], [[2, 3]], broken: [([[2, 1], [3]], [[2, 3]])])
    check(
      .arithmetic(.add), [[2, 3], [3]], [[2, 3]],
      broken: [
        ([[2, 3], [4]], [[2, 3]]), ([[2, 3], [0]], [[2, 3]]), ([[12], [3]], [[2, 3]]),
      ])
    check(
      .activation(.relu), [[6]], [[2, 3]], broken: [([[6]], [[5]])])
    check(
      .activation(.prelu), [[6], [6]], [[6]], parameters: [1],
      broken: [([[6], [1]], [[6]]), ([[6], [5]], [[6]])])
    check(
      .activation(.leakyReLU), [[6], [1]], [[6]], parameters: [1],
      broken: [([[6], [0]], [[6]]), ([[6], [2]], [[6]])])
    check(
      .activation(.hardTanh), [[6], [1], [1]], [[6]], parameters: [1, 2],
      broken: [([[6], [1], [3]], [[6]])])
    check(
      .activation(.lookup), [[6], [256]], [[6]], parameters: [1], broken: [([[6], [0]], [[6]])])
    check(
      .normalize(.multiply), [[2, 3], [3], [3]], [[2, 3]], parameters: [1, 2],
      broken: [([[2, 3], [4], [3]], [[2, 3]]), ([[2, 3], [3], [0]], [[2, 3]])])
    check(
      .threshold, [[6], [6], [1]], [[6]], parameters: [1, 2],
      broken: [([[6], [4], [1]], [[6]])])
  }

  @Test func tables() throws {
    let entry = try FixedPointFormat(width: 18, integerBits: 8)
    for size in [0, -1, Int.max, 1 << 25] {
      let table = LookupTable(size: size, entry: entry)
      for activation in [Activation.sigmoid(table), .tanh(table), .selu(table), .softplus(table)] {
        #expect(throws: GraphProblems.self) {
          try GraphFixture.graph(.activation(activation), [.init(shape: [4])], [[4]])
        }
      }
    }
    func softmax(_ outer: Int, _ slice: Int, _ inner: Int, scale: Float = 1) throws {
      let table = LookupTable(size: 1024, entry: entry)
      _ = try GraphFixture.graph(
        .softmax(
          Softmax(
            implementation: .stable, outer: outer, slice: slice, inner: inner, exponential: table,
            inverse: table, accumulator: entry, inverseInput: entry, difference: entry,
            scale: scale)), [.init(shape: [2, 3, 4])], [[2, 3, 4]])
    }
    try softmax(2, 3, 4)
    for (outer, slice, inner) in [(2, 3, 5), (0, 3, 4), (-2, -3, 4), (1 << 62, 1 << 62, 4)] {
      #expect(throws: GraphProblems.self) { try softmax(outer, slice, inner) }
    }
    #expect(throws: GraphProblems.self) { try softmax(2, 3, 4, scale: .nan) }
  }

  @Test func combining() {
    check(
      .reduce(Reduction(.mean, axes: [0, 2], keepsAxes: false)), [[2, 3, 4]], [[3]],
      broken: [([[2, 3, 4]], [[1, 3, 1]]), ([[2, 3]], [[3]]), ([[0, 3, 4]], [[3]])])
    check(.reduce(Reduction(.sum, axes: [1], keepsAxes: true)), [[0, 3]], [[0, 1]])
    for axes in [[1, 0], [0, 0], [-1], [3], [Int.max]] {
      check(
        .reduce(Reduction(.sum, axes: [0], keepsAxes: true)), [[2, 3, 4]], [[1, 3, 4]], broken: [])
      #expect(throws: GraphProblems.self) {
        try GraphFixture.graph(
          .reduce(Reduction(.sum, axes: axes, keepsAxes: true)), [.init(shape: [2, 3, 4])],
          [[1, 3, 4]])
      }
    }
    check(
      .argument(ArgumentSearch(isMaximum: true, axis: 1, keepsAxis: false)), [[2, 3]], [[2]],
      broken: [([[2, 0]], [[2]]), ([[2]], [[2]]), ([[2, 3]], [[2, 1]])])
    check(.axisSoftmax(AxisSoftmax(axis: 1)), [[2, 3]], [[2, 3]], broken: [([[2]], [[2]])])
    check(
      .concatenate(axis: 1), [[2, 3], [2, 0], [2, 4]], [[2, 7]],
      broken: [
        ([[2, 3], [2, 4]], [[2, 8]]), ([[2, 3], [3, 4]], [[2, 7]]), ([[6], [8]], [[14]]),
      ])
    check(
      .normalizeBatch(epsilon: 0), [[2, 3, 4], [3], [3], [3], [3]], [[2, 3, 4]],
      broken: [
        ([[2, 3, 4], [3], [3], [3], [4]], [[2, 3, 4]]), ([[3], [3], [3], [3], [3]], [[3]]),
      ])
    check(
      .normalizeLayer(axis: 1, epsilon: 0), [[2, 3], [3], [3]], [[2, 3]],
      broken: [([[2, 3], [4], [3]], [[2, 3]]), ([[3], [3], [3]], [[3]])])
  }

  @Test func movement() {
    check(.reshape, [[2, 6]], [[3, 4]], broken: [([[2, 6]], [[3, 5]])])
    check(.reshape, [[0, 5]], [[7, 0]])
    check(.copy, [[2]], [[2], [2]], broken: [([[2]], [[2], [3]]), ([[2]], [])])
    check(
      .transpose(permutation: [2, 0, 1]), [[2, 3, 4]], [[4, 2, 3]],
      broken: [([[2, 3, 4]], [[3, 4, 2]]), ([[2, 3]], [[3, 2]])])
    check(
      .pad(before: [1, 0], after: [0, 2]), [[2, 3]], [[3, 5]],
      broken: [([[2, 3]], [[5, 3]]), ([[2]], [[3]])])
    check(
      .crop(before: [1, 0], after: [0, 2]), [[2, 3]], [[1, 1]],
      broken: [([[2, 1]], [[1, -1 + 1]])])
    check(
      .surround(Surround(before: [2], after: [2], rule: .reflect)), [[3]], [[7]],
      broken: [([[2]], [[6]])])
    check(
      .surround(Surround(before: [3], after: [0], rule: .symmetric)), [[3], [1]], [[6]],
      broken: [([[2], [1]], [[5]]), ([[3], [2]], [[6]])])
    check(
      .surround(Surround(before: [3], after: [0], rule: .edge)), [[1]], [[4]],
      broken: [([[0]], [[3]])])
    check(
      .slice(Slice(begin: [4, 0], extents: [3, 1], strides: [-2, 1])), [[5, 2]], [[3]],
      broken: [([[4, 2]], [[3]]), ([[5, 2]], [[2]]), ([[5]], [[3]])])
    check(.slice(Slice(begin: [9], extents: [0], strides: [1])), [[5]], [[0]])
    check(
      .split(axis: 1), [[2, 5]], [[2, 0], [2, 5]],
      broken: [([[2, 5]], [[2, 2], [2, 2]]), ([[2, 5]], [[1, 2], [2, 3]]), ([[2, 5]], [])])
    check(.broadcast, [[2, 1]], [[4, 2, 3]], broken: [([[2, 3]], [[2, 1]])])
    check(.tile(repeats: [2, 3]), [[2, 0]], [[4, 0]], broken: [([[2, 1]], [[4, 2]])])
    check(
      .resizeNearest, [[2, 3, 4]], [[5, 6, 4]],
      broken: [
        ([[2, 3, 4]], [[5, 0, 4]]), ([[2, 0, 4]], [[5, 6, 4]]), ([[2, 3, 4]], [[5, 6, 3]]),
      ])
    check(
      .resize(
        Resize(interpolation: .linear, coordinates: .halfPixel, layout: .channelsLast)),
      [[1, 2, 3, 4]], [[1, 7, 1, 4]],
      broken: [([[1, 2, 3, 4]], [[1, 7, 0, 4]]), ([[2, 2, 3, 4]], [[1, 7, 1, 4]])])
    check(
      .rearrange(BlockRearrangement(direction: .depthToSpace, block: 2, layout: .channelsLast)),
      [[1, 2, 3, 8]], [[1, 4, 6, 2]],
      broken: [([[1, 2, 3, 6]], [[1, 4, 6, 2]]), ([[1, 2, 3, 8]], [[1, 4, 6, 8]])])
    check(
      .rearrange(BlockRearrangement(direction: .spaceToDepth, block: 2, layout: .channelsFirst)),
      [[1, 2, 4, 6]], [[1, 8, 2, 3]], broken: [([[1, 2, 3, 6]], [[1, 8, 2, 3]])])
    check(
      .gather, [[4], [10, 3]], [[12]], parameters: [1],
      broken: [([[4], [30]], [[12]]), ([[4], [0, 3]], [[12]]), ([[4], [10, 3]], [[4]])])
    check(
      .gatherAxis(axis: 1), [[2, 5, 3], [4, 1]], [[2, 4, 1, 3]],
      broken: [([[2, 0, 3], [4, 1]], [[2, 4, 1, 3]]), ([[2], [4]], [[4]])])
  }

  @Test("attributes at the ends of their ranges are refused and do not trap")
  func extremeAttributes() {
    let extremes = [Int.min, Int.min + 1, -1, 1 << 40, Int.max - 1, Int.max]
    for value in extremes {
      let operators: [Operator] = [
        .concatenate(axis: value), .split(axis: value), .gatherAxis(axis: value),
        .axisSoftmax(AxisSoftmax(axis: value)), .transpose(permutation: [value, 0]),
        .pad(before: [value, 0], after: [0, 0]), .crop(before: [0, value], after: [value, 0]),
        .surround(Surround(before: [value, 1], after: [value, 1], rule: .reflect)),
        .slice(Slice(begin: [value, 0], extents: [1, 1], strides: [1, 1])),
        .slice(Slice(begin: [0, 0], extents: [value, 1], strides: [1, 1])),
        .slice(Slice(begin: [0, 0], extents: [2, 1], strides: [value, 1])),
        .tile(repeats: [value, 1]), .normalizeLayer(axis: value, epsilon: 0),
        .rearrange(
          BlockRearrangement(direction: .depthToSpace, block: value, layout: .channelsLast)),
        .dequantize(.axis(value)), .dequantize(.blocks(axis: 0, size: value)),
        .argument(ArgumentSearch(isMaximum: true, axis: value, keepsAxis: true)),
        .integerTransformer(.softmax(scale: 1, resultBits: value)),
        .integerTransformer(.gelu(scale: .nan)), .integerTransformer(.exponential(scale: 0)),
      ]
      for operation in operators {
        for count in 1...3 {
          #expect(throws: GraphProblems.self, "\(operation)") {
            try GraphFixture.graph(
              operation, (0..<count).map { _ in .init(shape: [2, 3]) }, [[2, 3]])
          }
        }
      }
    }
  }

  @Test("scales that operators take as constants are finite, positive numbers")
  func scaleOperands() throws {
    let codes = try GraphFixture.affine(8)
    func dequantize(_ scale: Float) throws {
      _ = try GraphFixture.graph(
        .dequantize(.tensor),
        [
          .init(shape: [4], encoding: codes), .init(shape: [], codes: .float32([scale])),
          .init(shape: [], encoding: codes, codes: .int8([0])),
        ], [[4]])
    }
    try dequantize(0.5)
    for scale in [0, -1, Float.nan, .infinity] {
      #expect(throws: GraphProblems.self) { try dequantize(scale) }
    }
  }
}
