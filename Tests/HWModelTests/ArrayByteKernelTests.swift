import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

/// Builds graphs of one operation between quantized tensors with constant scales.
private struct QuantizedGraph {
  var generator: SeededGenerator
  private(set) var tensors: [Tensor] = []
  private(set) var inputs: [TensorID] = []

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

  mutating func add(_ shape: [Int], _ encoding: Encoding, _ constant: Codes? = nil) throws
    -> TensorID
  {
    tensors.append(
      Tensor(
        name: "t\(tensors.count)", shape: try Shape(shape), encoding: encoding,
        constant: constant))
    return TensorID(tensors.count - 1)
  }

  static func bytes(isSigned: Bool, width: Int = 8) throws -> Encoding {
    .affine(try AffineFormat(width: width, isSigned: isSigned))
  }

  mutating func codes(_ count: Int, isSigned: Bool) -> Codes {
    let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return isSigned ? .int8(bytes.map { Int8(bitPattern: $0) }) : .uint8(bytes)
  }

  /// `codes, scale, zero point` of a computed or constant tensor; `axis` has scales of its own.
  mutating func operand(
    _ shape: [Int], isSigned: Bool, isConstant: Bool = false, axis: Int? = nil,
    scale: ClosedRange<Float> = 0.01...0.1, zero: Int? = nil
  ) throws -> [TensorID] {
    let count = shape.reduce(1, *)
    let encoding = try Self.bytes(isSigned: isSigned)
    let constant = isConstant ? codes(count, isSigned: isSigned) : nil
    let data = try add(shape, encoding, constant)
    if !isConstant { inputs.append(data) }
    let numbers = axis.map { shape[$0] } ?? 1
    let scales = (0..<numbers).map { _ in Float.random(in: scale, using: &generator) }
    let zeros = (0..<numbers).map { _ in
      zero ?? (isSigned ? pick(-20...20) : pick(100...150))
    }
    let extents = axis == nil ? [] : [numbers]
    let zeroCodes: Codes =
      isSigned
      ? .int8(zeros.map { Int8(truncatingIfNeeded: $0) })
      : .uint8(zeros.map { UInt8(truncatingIfNeeded: $0) })
    return [
      data, try add(extents, .float(.float32), .float32(scales)),
      try add(extents, encoding, zeroCodes),
    ]
  }

  /// A graph of one node whose results are codes and their values.
  mutating func graph(
    _ function: Quantized.Function, _ operands: [TensorID], shape: [Int], isSigned: Bool,
    scale: Float, bias: TensorID? = nil
  ) throws -> Graph {
    // Some ranges hold one code.
    let wide = Double(scale) * 60
    let ranges: [ValueRange] = [
      ValueRange(minimum: 1e9), ValueRange(minimum: -3, maximum: -3),
      .relu, ValueRange(minimum: -wide, maximum: wide), ValueRange(maximum: wide),
    ]
    let choice = pick(0...60)
    let range =
      ranges.indices.contains(choice) ? ranges[choice] : choice < 30 ? .unbounded : ranges[3]
    let encoding = try Self.bytes(isSigned: isSigned)
    let target = [
      try add([], .float(.float32), .float32([scale])),
      try add([], encoding, isSigned ? .int8([-3]) : .uint8([130])),
    ]
    let codes = try add(shape, encoding)
    let values = try add(shape, .float(.float32))
    return try Graph(
      name: "quantized", tensors: tensors,
      nodes: [
        Node(
          name: "n",
          operation: .quantized(Quantized(function, hasBias: bias != nil, range: range)),
          inputs: operands + target + (bias.map { [$0] } ?? []), outputs: [codes, values])
      ], inputs: inputs, outputs: [codes, values])
  }
}

@Suite("Kernels of bytes for ONNX equal the definitions")
struct ArrayByteKernelTests {
  private let tally = VarietyTally()

  /// Runs on every path; the kernel's type must not be that of the definition.
  private func expectEqual(_ graph: Graph, seed: UInt64, _ name: String) throws {
    var expected: [[Int64]] = []
    for path in [KernelPath.plain, .portable, .avx2, .vnni] {
      var generator = SeededGenerator(seed: seed)
      let plan = try Plan(graph, on: ONNXIntegerDatapath(path: path))
      #expect((plan.kernelNames[0] == "ArrayKernel") == (path == .plain), "\(path) \(name)")
      let runner = PlanRunner(plan)
      for id in graph.inputs {
        let buffer = try #require(runner.buffer(of: id))
        for index in 0..<graph[id].shape.count {
          buffer.elements(as: UInt8.self)[index] = UInt8.random(in: 0...255, using: &generator)
        }
      }
      runner.run(usedLanes: 1)
      var results: [[Int64]] = []
      for id in graph.outputs {
        let buffer = try #require(runner.buffer(of: id))
        results.append(
          (0..<graph[id].shape.count).map {
            buffer.storage == .float32
              ? Int64(buffer.elements(as: Float.self)[$0].bitPattern) : buffer.integer(at: $0)
          })
      }
      if path == .plain {
        expected = results
        tally.note(results[0])
      } else if let output = results.indices.first(where: { results[$0] != expected[$0] }),
        let index = results[output].indices.first(where: {
          results[output][$0] != expected[output][$0]
        })
      {
        Issue.record(
          "\(path) \(name), result \(output): \(results[output][index]) at \(index), expected \(expected[output][index])"
        )
        return
      }
    }
  }

  @Test("convolutions: groups, one and two axes, wide zero points, a batch")
  func convolutions() throws {
    defer { tally.expectVariety() }
    for seed in 0..<(sweep ? 1200 : 60) {
      var build = QuantizedGraph(seed: UInt64(seed))
      let axes = build.pick(1...4) == 1 ? 1 : 2
      let groups = [1, 1, 1, 2, 3][build.pick(0...4)]
      let isDepthwise = build.pick(0...2) == 0
      let each = isDepthwise ? 1 : [1, 2, 3, 8, 17][build.pick(0...4)]
      let groupCount = isDepthwise ? [2, 8, 16, 33][build.pick(0...3)] : groups
      let share = isDepthwise ? build.pick(1...2) : [1, 2, 5, 16, 20][build.pick(0...4)]
      let (channels, filters) = (groupCount * each, groupCount * share)
      func numbers(_ range: ClosedRange<Int>) -> [Int] { (0..<axes).map { _ in build.pick(range) } }
      let kernel = numbers(1...3)
      let dilations = numbers(1...2)
      let strides = numbers(1...2)
      let before = numbers(0...2)
      let after = numbers(0...2)
      var extents: [Int] = []
      var positions: [Int] = []
      for axis in 0..<axes {
        let span = (kernel[axis] - 1) * dilations[axis] + 1
        let margins = before[axis] + after[axis]
        let extent = max(span - margins, 1) + build.pick(0...9)
        extents.append(extent)
        positions.append((extent + margins - span) / strides[axis] + 1)
      }
      let batch = build.pick(1...2)
      let isSigned = seed % 2 == 0
      let data = try build.operand([batch, channels] + extents, isSigned: isSigned)
      // Unsigned weights less a zero point of 20 do not fit in int8.
      let weightsSigned = seed % 3 != 0
      let weights = try build.operand(
        [filters, each] + kernel, isSigned: weightsSigned, isConstant: true,
        axis: seed % 4 == 0 ? nil : 0,
        zero: weightsSigned ? 0 : seed % 4 == 0 && (each > 1 || groupCount == 1) ? 20 : 128)
      var bias: TensorID?
      if seed % 5 != 0 {
        let codes = (0..<filters).map { _ in
          Int32.random(in: -9000...9000, using: &build.generator)
        }
        bias = try build.add(
          [filters], .affine(try AffineFormat(width: 32, isSigned: true)), .int32(codes))
      }
      let operation = Convolution(
        kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
        paddingAfter: after, layout: .channelsFirst, grouping: .groups(groupCount),
        weightLayout: .filtersChannelsKernel)
      let depth = Float(each * kernel.reduce(1, *))
      let graph = try build.graph(
        .convolution(operation), data + weights, shape: [batch, filters] + positions,
        isSigned: isSigned, scale: 0.3 * depth.squareRoot(), bias: bias)
      try expectEqual(graph, seed: UInt64(seed), "seed \(seed): \(operation)")
    }
  }

  @Test("matrix products with a constant matrix")
  func products() throws {
    defer { tally.expectVariety() }
    for seed in 0..<60 {
      var build = QuantizedGraph(seed: UInt64(seed))
      let (rows, inner, columns) = (build.pick(1...20), build.pick(1...70), build.pick(1...40))
      let isSigned = seed % 2 == 0
      let transposes = seed % 3 == 0
      let leading = seed % 4 == 0 ? [2] : []
      let data = try build.operand(leading + [rows, inner], isSigned: isSigned)
      let weights = try build.operand(
        transposes ? [columns, inner] : [inner, columns], isSigned: seed % 5 != 0,
        isConstant: true, axis: seed % 7 == 0 ? nil : transposes ? 0 : 1,
        zero: seed % 5 != 0 ? 0 : seed % 7 == 0 ? 9 : 128)
      var bias: TensorID?
      if seed % 4 != 1 {
        let count = seed % 8 == 0 ? 1 : columns
        let codes = (0..<count).map { _ in
          Int32.random(in: -900...900, using: &build.generator)
        }
        bias = try build.add(
          [count], .affine(try AffineFormat(width: 32, isSigned: true)), .int32(codes))
      }
      let operation = MatMul(
        transposesLeft: false, transposesRight: transposes,
        productFactor: seed % 6 == 0 ? 0.75 : 1, biasFactor: 1)
      let graph = try build.graph(
        .matMul(operation), data + weights, shape: leading + [rows, columns], isSigned: isSigned,
        scale: 0.2 * Float(inner).squareRoot(), bias: bias)
      try expectEqual(graph, seed: UInt64(seed), "seed \(seed): \(rows) x \(inner) x \(columns)")
    }
  }

  @Test("matrix products of two computed matrices")
  func pairs() throws {
    defer { tally.expectVariety() }
    for seed in 0..<60 {
      var build = QuantizedGraph(seed: UInt64(seed))
      let (rows, inner, columns) = (build.pick(1...20), build.pick(1...70), build.pick(1...40))
      let (isSigned, turnsLeft, turnsRight) = (seed % 2 == 0, seed % 3 == 0, seed % 5 < 2)
      let leading = seed % 4 == 0 ? [2, 3] : []
      let left = try build.operand(
        leading + (turnsLeft ? [inner, rows] : [rows, inner]), isSigned: isSigned)
      // One right matrix for all, or one each.
      let right = try build.operand(
        (seed % 8 == 0 ? [1, 3] : leading) + (turnsRight ? [columns, inner] : [inner, columns]),
        isSigned: seed % 7 < 3)
      let operation = MatMul(
        transposesLeft: turnsLeft, transposesRight: turnsRight,
        productFactor: seed % 6 == 0 ? 0.75 : 1, biasFactor: 1)
      let graph = try build.graph(
        .matMul(operation), left + right, shape: leading + [rows, columns], isSigned: isSigned,
        scale: 0.2 * Float(inner).squareRoot())
      try expectEqual(graph, seed: UInt64(seed), "seed \(seed): \(rows) x \(inner) x \(columns)")
    }
  }

  @Test("sums, differences, products, functions, means and pools")
  func elementwise() throws {
    defer { tally.expectVariety() }
    for seed in 0..<40 {
      for function in [Binary.Function.add, .subtract, .multiply] {
        var build = QuantizedGraph(seed: UInt64(seed))
        let shape = [build.pick(1...3), build.pick(1...40)]
        let operands =
          try build.operand(shape, isSigned: seed % 2 == 0)
          + build.operand(shape, isSigned: seed % 3 == 0)
        let graph = try build.graph(
          .binary(function), operands, shape: shape, isSigned: seed % 2 == 0, scale: 0.06)
        try expectEqual(graph, seed: UInt64(seed), "\(function) of \(shape)")
      }
      var build = QuantizedGraph(seed: UInt64(seed))
      let shape = [1, build.pick(1...5), build.pick(4...9), build.pick(4...9)]
      let isSigned = seed % 2 == 0
      let data = try build.operand(shape, isSigned: isSigned)
      var other = build
      var third = build
      var fourth = build
      var fifth = build
      let turned = try fourth.graph(
        .transpose(permutation: [0, 2, 3, 1]), data,
        shape: [1, shape[2], shape[3], shape[1]], isSigned: isSigned, scale: 0.05)
      try expectEqual(turned, seed: UInt64(seed), "transposition of \(shape)")
      let second = try fifth.operand([1, 2, shape[2], shape[3]], isSigned: !isSigned)
      let joined = try fifth.graph(
        .concatenate(axis: 1), data + second, shape: [1, shape[1] + 2, shape[2], shape[3]],
        isSigned: isSigned, scale: 0.07)
      try expectEqual(joined, seed: UInt64(seed), "concatenation")
      let unary = try build.graph(
        .unary(.sigmoid), data, shape: shape, isSigned: isSigned, scale: 0.004)
      try expectEqual(unary, seed: UInt64(seed), "sigmoid")
      let mean = try other.graph(
        .mean(axes: [2, 3], keepsAxes: true), data, shape: [1, shape[1], 1, 1],
        isSigned: isSigned, scale: 0.01)
      try expectEqual(mean, seed: UInt64(seed), "mean")
      let pool = Pool(
        reduction: seed % 3 == 0 ? .maximum : .average, kernel: [3, 2], strides: [2, 1],
        dilations: [1, 1],
        paddingBefore: [1, 0], paddingAfter: [1, 1], countsPadding: seed % 4 == 0,
        layout: .channelsFirst)
      let positions = [(shape[2] + 2 - 3) / 2 + 1, shape[3] + 1 - 2 + 1]
      let pooled = try third.graph(
        .pool(pool), data, shape: [1, shape[1]] + positions, isSigned: isSigned, scale: 0.04)
      try expectEqual(pooled, seed: UInt64(seed), "pool \(pool)")
    }
  }

  @Test(
    "sums, differences, products and quotients of floats, one operand repeated",
    arguments: [
      ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [3, 4]), ([2, 3, 4], [1, 1, 4]), ([2, 3, 4], [1]),
      ([4], [2, 3, 4]), ([], [2, 3, 4]), ([1, 1], [1]),
    ])
  func floatPairs(_ first: [Int], _ second: [Int]) throws {
    for constant in [nil, 0, 1] as [Int?] {
      for function in [Binary.Function.add, .subtract, .multiply, .divide] {
        var build = QuantizedGraph(seed: 7)
        let shapes = [first, second]
        var ids: [TensorID] = []
        for (index, shape) in shapes.enumerated() {
          let numbers = (0..<shape.reduce(1, *)).map { _ in
            Float.random(in: -4...4, using: &build.generator)
          }
          ids.append(
            try build.add(
              shape, .float(.float32), index == constant ? .float32(numbers) : nil))
        }
        let longest = first.count > second.count ? first : second
        let shape = first.reduce(1, *) == 1 && second.reduce(1, *) == 1 ? longest : [2, 3, 4]
        let result = try build.add(shape, .float(.float32))
        let graph = try Graph(
          name: "floats", tensors: build.tensors,
          nodes: [
            Node(
              name: "n", operation: .binary(Binary(function)), inputs: ids, outputs: [result])
          ], inputs: ids.indices.filter { $0 != constant }.map { ids[$0] }, outputs: [result])
        var expected: [Float] = []
        for path in [KernelPath.plain, .portable] {
          let plan = try Plan(graph, on: ONNXReferenceDatapath(path: path))
          #expect(plan.kernelNames == [path == .plain ? "ArrayKernel" : "ArrayFloatBinary"])
          let runner = PlanRunner(plan)
          var generator = SeededGenerator(seed: 3)
          for id in graph.inputs {
            let buffer = try #require(runner.buffer(of: id))
            for index in 0..<graph[id].shape.count {
              buffer.elements(as: Float.self)[index] = .random(in: -4...4, using: &generator)
            }
          }
          runner.run(usedLanes: 1)
          let buffer = try #require(runner.buffer(of: result))
          let found = (0..<graph[result].shape.count).map { buffer.elements(as: Float.self)[$0] }
          if path == .plain { expected = found } else { #expect(found == expected) }
        }
      }
    }
  }

  @Test("softmax and normalization of rows of floats have the bits of the definition")
  func floatRows() throws {
    for shape in [[3, 5, 17], [1, 1], [9, 2, 3], [2, 7, 1]] {
      for round in 0..<6 {
        var build = QuantizedGraph(seed: UInt64(round))
        let data = try build.add(shape, .float(.float32))
        var inputs = [data]
        var operation = Operator.axisSoftmax(
          AxisSoftmax(axis: shape.count - 1, beta: round == 1 ? 0.5 : 1, isLogarithm: round == 2))
        let axis = round == 5 ? shape.count - 1 : max(shape.count - 2, 0)
        if round >= 3 {
          operation = .normalizeLayer(axis: axis, epsilon: 1e-5)
          let inner = Array(shape[axis...])
          for _ in 0..<(round == 3 ? 1 : 2) {
            let numbers = (0..<inner.reduce(1, *)).map { _ in
              Float.random(in: -2...2, using: &build.generator)
            }
            inputs.append(try build.add(inner, .float(.float32), .float32(numbers)))
          }
        }
        let result = try build.add(shape, .float(.float32))
        let graph = try Graph(
          name: "rows", tensors: build.tensors,
          nodes: [Node(name: "n", operation: operation, inputs: inputs, outputs: [result])],
          inputs: [data], outputs: [result])
        var expected: [UInt32] = []
        for path in [KernelPath.plain, .portable] {
          let plan = try Plan(graph, on: ONNXReferenceDatapath(path: path))
          let fast = round >= 3 ? "ArrayFloatLayerNormalization" : "ArrayFloatSoftmax"
          #expect(plan.kernelNames == [path == .plain ? "ArrayKernel" : fast])
          let runner = PlanRunner(plan)
          var generator = SeededGenerator(seed: 3)
          let buffer = try #require(runner.buffer(of: data))
          for index in 0..<shape.reduce(1, *) {
            buffer.elements(as: Float.self)[index] = .random(in: -4...4, using: &generator)
          }
          if round == 0, shape[0] > 1 {
            buffer.elements(as: Float.self)[1] = .infinity
            buffer.elements(as: Float.self)[shape.reduce(1, *) - 1] = .nan
          }
          runner.run(usedLanes: 1)
          let found = try #require(runner.buffer(of: result)).elements(as: Float.self)
          let bits = found[..<shape.reduce(1, *)].map { $0.isNaN ? 1 : $0.bitPattern }
          if path == .plain { expected = bits } else { #expect(bits == expected) }
        }
      }
    }
  }

  @Test("nodes that nothing reads do not run, unless they are kept")
  func unread() throws {
    var build = QuantizedGraph(seed: 1)
    let data = try build.operand([1, 8], isSigned: true)
    let values = try build.add([1, 8], .float(.float32))
    let clamped = try build.add([1, 8], .float(.float32))
    let unread = try build.add([1, 8], .float(.float32))
    let graph = try Graph(
      name: "unread", tensors: build.tensors,
      nodes: [
        Node(
          name: "d", operation: .dequantize(.tensor), inputs: data, outputs: [values]),
        Node(
          name: "c", operation: .unary(.clamp(.relu)), inputs: [values], outputs: [clamped]),
        Node(
          name: "u", operation: .unary(.negate), inputs: [values], outputs: [unread]),
      ], inputs: [data[0]], outputs: [clamped])
    func run(keeping kept: Set<TensorID>) throws -> (output: [Float], unread: [Float]) {
      let runner = PlanRunner(try Plan(graph, on: ONNXIntegerDatapath()), keeping: kept)
      let buffer = try #require(runner.buffer(of: data[0]))
      for index in 0..<8 { buffer.elements(as: Int8.self)[index] = Int8(index * 9 - 40) }
      runner.run(usedLanes: 1)
      let (a, b) = (
        try #require(runner.buffer(of: clamped)), try #require(runner.buffer(of: unread))
      )
      return (Array(a.elements(as: Float.self)[..<8]), Array(b.elements(as: Float.self)[..<8]))
    }
    let (without, with) = (try run(keeping: []), try run(keeping: [unread]))
    #expect(without.output == with.output)
    #expect(without.output.contains { $0 > 0 })
    #expect(with.unread.contains { $0 > 0 } && with.unread.contains { $0 < 0 })
    #expect(without.unread.allSatisfy { $0 == 0 })
  }
}
