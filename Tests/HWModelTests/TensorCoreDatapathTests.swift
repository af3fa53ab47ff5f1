import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

@Suite("graphs on tensor cores")
struct TensorCoreDatapathTests {
  /// One convolution with constant weights and a bias, channels first.
  private static func graph(
    data: [Int], filters: Int, groups: Int, kernel: [Int], strides: [Int], dilations: [Int],
    margin: [Int], result: [Int], weights: [Float], bias: [Float], encoding: Encoding
  ) throws -> Graph {
    let convolution = Convolution(
      kernel: kernel, strides: strides, dilations: dilations, paddingBefore: margin,
      paddingAfter: margin, layout: .channelsFirst, grouping: .groups(groups),
      weightLayout: .filtersChannelsKernel)
    func codes(_ values: [Float]) -> Codes {
      encoding == .float(.float16)
        ? .uint16(values.map { Float16($0).bitPattern }) : .float32(values)
    }
    let tensors = [
      Tensor(name: "x", shape: try Shape(data), encoding: encoding),
      Tensor(
        name: "w", shape: try Shape([filters, data[1] / groups] + kernel), encoding: encoding,
        constant: codes(weights)),
      Tensor(
        name: "b", shape: try Shape([filters]), encoding: encoding, constant: codes(bias)),
      Tensor(name: "y", shape: try Shape(result), encoding: encoding),
    ]
    return try Graph(
      name: "g", tensors: tensors,
      nodes: [
        Node(
          name: "conv", operation: .convolution(convolution),
          inputs: [TensorID(0), TensorID(1), TensorID(2)], outputs: [TensorID(3)])
      ], inputs: [TensorID(0)], outputs: [TensorID(3)])
  }

  private static func run(_ plan: Plan, _ data: [Float], isHalf: Bool = false) throws -> [Float] {
    let runner = PlanRunner(plan)
    let input = try #require(runner.buffer(of: plan.graph.inputs[0]))
    for (index, value) in data.enumerated() {
      if isHalf {
        input.elements(as: UInt16.self)[index] = Float16(value).bitPattern
      } else {
        input.elements(as: Float.self)[index] = value
      }
    }
    runner.run(usedLanes: 1)
    let id = plan.graph.outputs[0]
    let output = try #require(runner.buffer(of: id))
    return (0..<plan.graph[id].shape.count).map {
      isHalf
        ? Float(Float16(bitPattern: output.elements(as: UInt16.self)[$0]))
        : output.elements(as: Float.self)[$0]
    }
  }

  @Test(
    "a convolution is the blocks of its definition: kernel rows, columns, channels of the group",
    arguments: [
      TensorCoreGeneration.volta, .turing, .ampere, .hopper, .rtxBlackwell,
    ])
  func convolution(generation: TensorCoreGeneration) throws {
    var generator = SeededGenerator(seed: 7)
    let (batch, channels, filters, groups) = (2, 6, 4, 2)
    let (rows, columns) = (7, 5)
    let data = (0..<batch * channels * rows * columns).map { _ in
      Float(Float16(Float.random(in: -2...2, using: &generator)))
    }
    let weights = (0..<filters * channels / groups * 6).map { _ in
      Float(Float16(Float.random(in: -1...1, using: &generator)))
    }
    let bias: [Float] = [0.5, -1, 0, 3]
    // Kernel 3 x 2, strides 2 and 1, dilations 1 and 2, margins of one.
    let (outRows, outColumns) = (4, 5)
    for isHalf in [false, true] {
      let graph = try Self.graph(
        data: [batch, channels, rows, columns], filters: filters, groups: groups, kernel: [3, 2],
        strides: [2, 1], dilations: [1, 2], margin: [1, 1],
        result: [batch, filters, outRows, outColumns], weights: weights, bias: bias,
        encoding: isHalf ? .float(.float16) : .float(.float32))
      let rules = try TensorCoreRules(generation, operands: .float(.float16))
      let found = try Self.run(
        try Plan(graph, on: TensorCoreDatapath(rules, base: ONNXReferenceDatapath())), data,
        isHalf: isHalf)
      let unit = try TensorCoreUnit(generation, a: .float(.float16), b: .float(.float16))
      guard case .blocks(_, let sum) = unit.arithmetic else {
        Issue.record("no blocks")
        return
      }
      for n in 0..<batch {
        for f in 0..<filters {
          for r in 0..<outRows {
            for c in 0..<outColumns {
              var terms: [(a: UInt64, b: UInt64)] = []
              for kr in 0..<3 {
                for kc in 0..<2 {
                  for channel in 0..<channels / groups {
                    let (y, x) = (r * 2 + kr - 1, c + kc * 2 - 1)
                    let group = f / (filters / groups)
                    let inside = (0..<rows).contains(y) && (0..<columns).contains(x)
                    let plane = n * channels + group * channels / groups + channel
                    let value = inside ? data[(plane * rows + y) * columns + x] : 0
                    let weight = weights[((f * channels / groups + channel) * 3 + kr) * 2 + kc]
                    terms.append(
                      (UInt64(Float16(value).bitPattern), UInt64(Float16(weight).bitPattern)))
                  }
                }
              }
              var code: UInt32 = 0
              for first in stride(from: 0, to: terms.count, by: sum.length) {
                code = sum.definition(
                  Array(terms[first..<min(first + sum.length, terms.count)]), accumulator: code)
              }
              var expected = Float(bitPattern: code) + bias[f]
              if isHalf { expected = Float(Float16(expected)) }
              let index = ((n * filters + f) * outRows + r) * outColumns + c
              #expect(
                found[index].bitPattern == expected.bitPattern,
                "\(generation) half \(isHalf) [\(n), \(f), \(r), \(c)]: \(found[index])")
            }
          }
        }
      }
    }
  }

  /// `x * w` of [rows, depth] and [depth, columns] in float32.
  private static func product(_ rows: Int, _ depth: Int, _ weights: [Float]) throws -> Graph {
    let columns = weights.count / depth
    return try Graph(
      name: "g",
      tensors: [
        Tensor(name: "x", shape: try Shape([rows, depth]), encoding: .float(.float32)),
        Tensor(
          name: "w", shape: try Shape([depth, columns]), encoding: .float(.float32),
          constant: .float32(weights)),
        Tensor(name: "y", shape: try Shape([rows, columns]), encoding: .float(.float32)),
      ],
      nodes: [
        Node(
          name: "mm", operation: .matMul(MatMul()), inputs: [TensorID(0), TensorID(1)],
          outputs: [TensorID(2)])
      ], inputs: [TensorID(0)], outputs: [TensorID(2)])
  }

  @Test("generations differ where their blocks do, and float32 is rounded to the operands")
  func generations() throws {
    // 1 + 2^-24 + 2^-24: kept together by 24 bits below one, lost term by term with 23.
    let graph = try Self.product(1, 3, [1, 0x1p-12, 0x1p-12])
    func result(_ generation: TensorCoreGeneration, _ operands: String) throws -> Float {
      let rules = try TensorCoreRules(generation, operands: try Encoding(name: operands))
      return try Self.run(
        try Plan(graph, on: TensorCoreDatapath(rules, base: ONNXReferenceDatapath())),
        [1, 0x1p-12, 0x1p-12])[0]
    }
    #expect(try result(.volta, "float16") == 1)
    #expect(try result(.ampere, "float16") == 1 + 0x1p-23)
    // TF32 has 10 bits of mantissa; ties go away from zero, float16's to even.
    let ties = try Self.product(1, 1, [1])
    for (operands, expected) in [("tf32", Float(1 + 0x1p-10)), ("float16", 1)] {
      let rules = try TensorCoreRules(.ampere, operands: try Encoding(name: operands))
      let found = try Self.run(
        try Plan(ties, on: TensorCoreDatapath(rules, base: ONNXReferenceDatapath())),
        [1 + 0x1p-11])
      #expect(found == [expected], "\(operands)")
    }
  }

  @Test("what a generation does not multiply is refused before anything runs")
  func refusals() throws {
    #expect(throws: TensorCoreError.self) {
      try TensorCoreRules(.ampere, operands: try Encoding(name: "e4m3"))
    }
    #expect(throws: TensorCoreError.self) {
      try TensorCoreRules(.volta, operands: try Encoding(name: "tf32"))
    }
    let planes = try TensorCoreRules(.ampere, instruction: .bitplane)
    let error = #expect(throws: PlanProblems.self) {
      try Plan(
        try Self.product(1, 2, [1, 2]),
        on: TensorCoreDatapath(planes, base: ONNXReferenceDatapath()))
    }
    #expect(error?.diagnostics(file: nil).first?.code == "unit.no-instruction")
  }

  @Test("layers with formats: integers exact, bytes with their scales outside the sum")
  func formats() throws {
    let weights: [Float] = [0.5, -1, 0.25, 2, 1, -0.125]
    let graph = try Self.product(1, 3, weights)
    let data: [Float] = [1, 0.75, -2]
    func run(_ formats: LayerFormats, _ cores: TensorCoreRules?) throws -> [Float] {
      let layer = LayerQuantization(formats, inputRange: InputRange(minimum: -2, maximum: 2))
      return try Self.run(
        try Plan(graph, on: FakeQuantized(layers: ["mm": layer], cores: cores)), data)
    }
    let ada = try TensorCoreRules(.ada)
    let integers = LayerFormats(
      weights: try Encoding(name: "int<4>"), activations: try Encoding(name: "int<8>"))
    #expect(try run(integers, ada) == run(integers, nil))
    // Exact in both where no bit is lost: codes of bytes are small integers.
    let bytes = LayerFormats(
      weights: try Encoding(name: "e4m3"), activations: try Encoding(name: "e5m2"))
    for (found, expected) in zip(try run(bytes, ada), try run(bytes, nil)) {
      #expect(abs(found - expected) <= 0x1p-12 * abs(expected))
    }
    for (weights, activations, generation) in [
      ("int<12>", "int<8>", TensorCoreGeneration.ada), ("int<8>", "int<8>", .volta),
      ("e4m3", "e4m3", .ampere), ("mxfp4", "mxfp4", .blackwell),
    ] {
      let formats = LayerFormats(
        weights: try Encoding(name: weights), activations: try Encoding(name: activations))
      #expect(throws: PlanProblems.self, "\(weights) \(generation)") {
        try run(formats, try TensorCoreRules(generation))
      }
    }
  }
}
