import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

@Suite("Kernels of the microcontroller datapaths")
struct MCUKernelTests {
  private func affine(
    _ width: Int, scale: [Double], zero: Int64 = 0, isSigned: Bool = true, axis: Int? = nil
  ) throws -> Encoding {
    .affine(
      try AffineFormat(
        width: width, isSigned: isSigned, scales: scale, zeroPoints: [zero], axis: axis))
  }

  private let tally = VarietyTally()

  /// Runs a graph of one node on every path and expects the codes of the definition.
  private func expectEqual(_ graph: Graph, seed: UInt64, _ name: String) throws {
    try expectEqual(graph, seed: seed, name) { try Plan(graph, on: TFLiteReference(path: $0)) }
    try expectEqual(graph, seed: seed, "micro, " + name) {
      try Plan(graph, on: TFLiteMicro(path: $0))
    }
  }

  private func expectEqual(
    _ graph: Graph, seed: UInt64, _ name: String, _ plan: (KernelPath) throws -> Plan
  ) throws {
    var expected: [Int64] = []
    for path in [KernelPath.plain, .portable, .avx2, .vnni] {
      var generator = SeededGenerator(seed: seed)
      let runner = PlanRunner(try plan(path))
      for id in graph.inputs {
        let buffer = try #require(runner.buffer(of: id))
        for index in 0..<graph[id].shape.count {
          buffer.elements(as: UInt8.self)[index] = UInt8.random(in: 0...255, using: &generator)
        }
      }
      runner.run(usedLanes: 1)
      let result = try #require(runner.buffer(of: graph.outputs[0]))
      let codes = (0..<graph[graph.outputs[0]].shape.count).map { result.integer(at: $0) }
      if path == .plain {
        expected = codes
        tally.note(codes)
      } else if let index = codes.indices.first(where: { codes[$0] != expected[$0] }) {
        Issue.record("\(path) \(name): \(codes[index]) at \(index), expected \(expected[index])")
        return
      }
    }
  }

  @Test("convolutions on every path equal the definition")
  func convolutions() throws {
    defer { tally.expectVariety() }
    var generator = SeededGenerator(seed: 21)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    for number in 0..<(sweep ? 1500 : 60) {
      let isDepthwise = Bool.random(using: &generator)
      let channels = [1, 2, 3, 4, 8, 16, 17, 40, 70][pick(0...8)]
      let filters = isDepthwise ? channels * pick(1...3) : pick(1...70)
      let kernel = [pick(1...4), pick(1...4)]
      let dilations = [pick(1...2), pick(1...2)]
      let strides = [pick(1...3), pick(1...3)]
      let before = [pick(0...2), pick(0...2)]
      let after = [pick(0...2), pick(0...2)]
      let spans = (0..<2).map { axis -> Int in (kernel[axis] - 1) * dilations[axis] + 1 }
      var extents: [Int] = []
      var positions: [Int] = []
      for axis in 0..<2 {
        let margins: Int = before[axis] + after[axis]
        let extent: Int = max(spans[axis] - margins, 1) + pick(0...6)
        extents.append(extent)
        positions.append((extent + margins - spans[axis]) / strides[axis] + 1)
      }
      let batch = pick(1...2)
      let isSigned = number % 3 != 0
      let zero = isSigned ? Int64(pick(-128...127)) : Int64(pick(0...255))
      let depth = kernel[0] * kernel[1] * (isDepthwise ? 1 : channels)
      let weights = (0..<depth * filters).map { _ in Int8.random(in: -127...127, using: &generator)
      }
      // uint8 layers have one scale.
      let scales = (0..<(isSigned ? filters : 1)).map { _ in
        Double(Float.random(in: 0.001...0.01, using: &generator))
      }
      let resultScale = Double(Float(0.01 * Double(depth).squareRoot()))
      let operation = Convolution(
        kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
        paddingAfter: after, layout: .channelsLast,
        grouping: isDepthwise ? .depthwise : .groups(1), weightLayout: .filtersKernelChannels,
        range: number % 4 == 0 ? .relu6 : .unbounded)
      let tensors = [
        Tensor(
          name: "x", shape: try Shape([batch] + extents + [channels]),
          encoding: try affine(8, scale: [0.02], zero: zero, isSigned: isSigned)),
        Tensor(
          name: "w",
          shape: try Shape(
            isDepthwise ? [1] + kernel + [filters] : [filters] + kernel + [channels]),
          encoding: try affine(
            8, scale: scales, axis: isSigned && filters > 1 ? (isDepthwise ? 3 : 0) : nil),
          constant: .int8(weights)),
        Tensor(
          name: "b", shape: try Shape([filters]), encoding: try affine(32, scale: [1]),
          constant: .int32(
            (0..<filters).map { _ in Int32.random(in: -9000...9000, using: &generator) })),
        Tensor(
          name: "y", shape: try Shape([batch] + positions + [filters]),
          encoding: try affine(
            8, scale: [resultScale], zero: isSigned ? -3 : 120, isSigned: isSigned)),
      ]
      let graph = try Graph(
        name: "convolution", tensors: tensors,
        nodes: [
          Node(
            name: "n", operation: .convolution(operation),
            inputs: [TensorID(0), TensorID(1), TensorID(2)], outputs: [TensorID(3)])
        ], inputs: [TensorID(0)], outputs: [TensorID(3)])
      let name = "\(operation) of \(tensors[0].shape)"
      try expectEqual(graph, seed: UInt64(number), name)
      try expectEqual(graph, seed: UInt64(number), "dyadic, " + name) {
        try Plan(graph, on: DyadicDatapath(requantize: .halfUp, path: $0))
      }
    }
  }

  @Test("dense layers on every path equal the definition")
  func dense() throws {
    defer { tally.expectVariety() }
    var generator = SeededGenerator(seed: 22)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    for number in 0..<60 {
      let (rows, depth, results) = (pick(1...5), pick(1...200), pick(1...70))
      let isSigned = number % 3 != 0
      let perChannel = isSigned && number % 2 == 0
      let tensors = [
        Tensor(
          name: "x", shape: try Shape([rows, depth]),
          encoding: try affine(
            8, scale: [0.02], zero: isSigned ? Int64(pick(-128...127)) : Int64(pick(0...255)),
            isSigned: isSigned)),
        Tensor(
          name: "w", shape: try Shape([results, depth]),
          encoding: try affine(
            8,
            scale: (0..<(perChannel ? results : 1)).map { _ in
              Double(Float.random(in: 0.001...0.01, using: &generator))
            }, axis: perChannel && results > 1 ? 0 : nil),
          constant: .int8(
            (0..<results * depth).map { _ in Int8.random(in: -127...127, using: &generator) })),
        Tensor(
          name: "b", shape: try Shape([results]), encoding: try affine(32, scale: [1]),
          constant: .int32(
            (0..<results).map { _ in Int32.random(in: -9000...9000, using: &generator) })),
        Tensor(
          name: "y", shape: try Shape([rows, results]),
          encoding: try affine(
            8, scale: [Double(Float(0.01 * Double(depth).squareRoot()))],
            zero: isSigned ? -3 : 120, isSigned: isSigned)),
      ]
      let graph = try Graph(
        name: "dense", tensors: tensors,
        nodes: [
          Node(
            name: "n",
            operation: .dense(
              Dense(
                weightsAreOutputMajor: true, accumulation: nil, rows: rows,
                range: number % 4 == 0 ? .relu : .unbounded)),
            inputs: [0, 1, 2].map(TensorID.init), outputs: [TensorID(3)])
        ], inputs: [TensorID(0)], outputs: [TensorID(3)])
      let name = "\(rows) x \(depth) x \(results)"
      try expectEqual(graph, seed: UInt64(number), name)
      try expectEqual(graph, seed: UInt64(number), "dyadic, " + name) {
        try Plan(graph, on: DyadicDatapath(requantize: .halfAway, path: $0))
      }
    }
  }

  @Test("pools on every path equal the definition")
  func pools() throws {
    defer { tally.expectVariety() }
    var generator = SeededGenerator(seed: 23)
    func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    for number in 0..<120 {
      let channels = [1, 3, 16, 17, 64, 70][pick(0...5)]
      let extents = [pick(3...9), pick(3...9)]
      // Whole images among the windows.
      let kernel = number % 5 == 0 ? extents : [pick(1...3), pick(1...3)]
      let strides = [pick(1...2), pick(1...2)]
      var (before, after, positions): ([Int], [Int], [Int]) = ([], [], [])
      for axis in 0..<2 {
        let (first, last) = (pick(0...(kernel[axis] - 1)), pick(0...(kernel[axis] - 1)))
        before.append(first)
        after.append(last)
        let padded: Int = extents[axis] + first + last
        positions.append((padded - kernel[axis]) / strides[axis] + 1)
      }
      let isSigned = number % 2 == 0
      let encoding = try affine(8, scale: [0.05], zero: isSigned ? -9 : 77, isSigned: isSigned)
      let tensors = [
        Tensor(name: "x", shape: try Shape([2] + extents + [channels]), encoding: encoding),
        Tensor(name: "y", shape: try Shape([2] + positions + [channels]), encoding: encoding),
      ]
      let pool = Pool(
        reduction: number % 3 == 0 ? .maximum : .average, kernel: kernel, strides: strides,
        dilations: [1, 1], paddingBefore: before, paddingAfter: after, countsPadding: false,
        range: number % 4 == 0 ? .relu6 : .unbounded)
      let graph = try Graph(
        name: "pool", tensors: tensors,
        nodes: [
          Node(name: "n", operation: .pool(pool), inputs: [TensorID(0)], outputs: [TensorID(1)])
        ], inputs: [TensorID(0)], outputs: [TensorID(1)])
      try expectEqual(graph, seed: UInt64(number), "\(pool)")
    }
  }

  @Test("means and sums on every path equal the definition", arguments: [true, false])
  func reductions(isSigned: Bool) throws {
    defer { tally.expectVariety() }
    let shapes = [[2, 3, 4, 70], [1, 7, 7, 16], [3, 5, 1, 1], [2, 1, 9, 33]]
    let encoding = try affine(8, scale: [0.05], zero: isSigned ? -9 : 131, isSigned: isSigned)
    let wider = try affine(8, scale: [0.04], zero: isSigned ? 4 : 120, isSigned: isSigned)
    for (number, extents) in shapes.enumerated() {
      for axes in [[1, 2], [3], [0], [2, 3], [1, 3]] {
        for function in [Reduction.Function.mean, .sum] {
          let kept = extents.indices.map { axes.contains($0) ? 1 : extents[$0] }
          let tensors = [
            Tensor(name: "x", shape: try Shape(extents), encoding: encoding),
            Tensor(name: "y", shape: try Shape(kept), encoding: wider),
          ]
          let graph = try Graph(
            name: "reduction", tensors: tensors,
            nodes: [
              Node(
                name: "n", operation: .reduce(Reduction(function, axes: axes, keepsAxes: true)),
                inputs: [TensorID(0)], outputs: [TensorID(1)])
            ], inputs: [TensorID(0)], outputs: [TensorID(1)])
          try expectEqual(graph, seed: UInt64(number), "\(function) of \(extents) along \(axes)")
        }
      }
    }
  }

  @Test("additions on every path equal the definition", arguments: [true, false])
  func additions(isSigned: Bool) throws {
    defer { tally.expectVariety() }
    for count in [1, 15, 16, 33, 1000] {
      for function in [Binary.Function.add, .subtract] {
        let zero: Int64 = isSigned ? -5 : 99
        let tensors = try [("a", 0.03), ("b", 0.011), ("y", 0.025)].map { name, scale in
          Tensor(
            name: name, shape: try Shape([count]),
            encoding: try affine(
              8, scale: [Double(Float(scale))], zero: zero + Int64(name.utf8.first ?? 0) % 7,
              isSigned: isSigned))
        }
        let graph = try Graph(
          name: "addition", tensors: tensors,
          nodes: [
            Node(
              name: "n", operation: .binary(Binary(function, range: .relu)),
              inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
          ], inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
        try expectEqual(graph, seed: UInt64(count), "\(function) of \(count)")
      }
    }
  }

  @Test("what a datapath has no rule for is named before anything runs")
  func unsupported() throws {
    let tensors = [
      Tensor(name: "x", shape: [4], encoding: .float(.float32)),
      Tensor(name: "y", shape: [4], encoding: .float(.float32)),
    ]
    let graph = try Graph(
      name: "float", tensors: tensors,
      nodes: [
        Node(
          name: "n", operation: .unary(.erf), inputs: [TensorID(0)], outputs: [TensorID(1)])
      ], inputs: [TensorID(0)], outputs: [TensorID(1)])
    let problems = #expect(throws: PlanProblems.self) { try Plan(graph, on: TFLiteMicro()) }
    #expect(
      problems?.problems.map(\.error) == [.unsupported(operation: "Erf", datapath: "tflm")])
  }

  @Test("a state advances from run to run and resets")
  func state() throws {
    // A rank-one filter of one input over two steps: y(t) = w0 x(t-1) + w1 x(t).
    let tensors = [
      Tensor(name: "x", shape: [1, 1], encoding: try affine(8, scale: [1])),
      Tensor(
        name: "f", shape: [1, 1], encoding: try affine(8, scale: [1]), constant: .int8([1])),
      Tensor(
        name: "t", shape: [1, 2], encoding: try affine(16, scale: [1]), constant: .int16([10, 1])),
      Tensor(name: "s", shape: [1, 2], encoding: try affine(16, scale: [1])),
      Tensor(name: "y", shape: [1, 1], encoding: try affine(8, scale: [1])),
      Tensor(name: "s'", shape: [1, 2], encoding: try affine(16, scale: [1])),
    ]
    let graph = try Graph(
      name: "filter", tensors: tensors,
      nodes: [
        Node(
          name: "n", operation: .svdf(SVDF(rank: 1, range: .unbounded)),
          inputs: [0, 1, 2, 3].map(TensorID.init), outputs: [TensorID(4), TensorID(5)])
      ], inputs: [TensorID(0)], outputs: [TensorID(4)],
      states: [
        StateTensor(tensor: TensorID(3), next: TensorID(5), initial: .int16([0, 2]))
      ])
    let runner = PlanRunner(try Plan(graph, on: TFLiteReference()))
    let (input, output) = (runner.buffer(of: TensorID(0)), runner.buffer(of: TensorID(4)))
    func step(_ code: Int8) -> Int64? {
      input?.elements(as: Int8.self)[0] = code
      runner.run(usedLanes: 1)
      return output?.integer(at: 0)
    }
    #expect(step(3) == 23)
    #expect(step(4) == 34)
    #expect(step(-5) == 35)
    runner.resetStates()
    #expect(step(3) == 23)
  }
}
