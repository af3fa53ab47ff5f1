import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Requantization by dyadic numbers: recorded rows, multipliers and layers.
///
/// Producer: gen_dyadic.py of the shared data, in exact integers, and HAWQ's published module.
@Suite struct DyadicConformanceTests {
  /// A binary64 number as C's `%a` prints it.
  static func hexadecimal(_ text: some StringProtocol) throws -> Double {
    try #require(Double(String(text)), "'\(text)' is no number")
  }

  @Test("requant.csv.gz, every column", .enabled(if: SharedData.root != nil))
  func rows() throws {
    let path = try #require(SharedData.path("conformance/arith/dyadic/requant.csv.gz"))
    let bytes = try ByteStream(InputFile(path: path)).gunzipped().readAll()
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 3001)
    var wrong = [Int](repeating: 0, count: 15)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let data = Float(try Self.hexadecimal(fields[0]))
      let weights = Float(try Self.hexadecimal(fields[1]))
      let result = Float(try Self.hexadecimal(fields[2]))
      let factor = DyadicScale.factor(data: data, weights: weights, result: result)
      let scale = try #require(DyadicScale(approximating: factor))
      let sum = try #require(Int64(fields[4]))
      let quantized = QuantizedMultiplier(factor)
      if try Self.hexadecimal(fields[3]) != factor { wrong[3] += 1 }
      if fields[5] != "\(scale.multiplier)" { wrong[5] += 1 }
      if fields[6] != "\(scale.exponent)" { wrong[6] += 1 }
      for (column, ties) in [(7, TieRule.halfEven), (8, .halfUp), (9, .halfAway)]
      where fields[column] != "\(scale.applied(to: sum, ties: ties))" {
        wrong[column] += 1
      }
      if fields[10] != "\(Int64(scale.appliedInBinary64(to: sum)))" { wrong[10] += 1 }
      if fields[11] != "\(quantized.multiplier)" { wrong[11] += 1 }
      if fields[12] != "\(quantized.shift)" { wrong[12] += 1 }
      let narrow = Int32(truncatingIfNeeded: sum)
      if !fields[13].isEmpty, fields[13] != "\(quantized.appliedRoundingTwice(to: narrow))" {
        wrong[13] += 1
      }
      // The recorded single rounding saturates where the runtime's wraps.
      if let expected = Int32(fields[14]), expected != .max, expected != .min,
        expected != quantized.appliedRoundingOnce(to: narrow)
      {
        wrong[14] += 1
      }
    }
    print("dyadic/requant.csv.gz: 3000 rows, wrong by column \(wrong)")
    #expect(wrong == [Int](repeating: 0, count: 15))
  }

  private struct Multipliers: Decodable { let rows: [[JSONCell]] }

  private enum JSONCell: Decodable {
    case number(Int64)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int64.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var number: Int64? { if case .number(let number) = self { number } else { nil } }
    var text: String { if case .text(let text) = self { text } else { "" } }
  }

  @Test("multiplier.json", .enabled(if: SharedData.root != nil))
  func multipliers() throws {
    let path = try #require(SharedData.path("conformance/arith/dyadic/multiplier.json"))
    let file = try JSONDecoder().decode(
      Multipliers.self, from: Data(try [UInt8](contentsOf: path)))
    #expect(file.rows.count == 218)
    for row in file.rows {
      let real = try Self.hexadecimal(row[0].text)
      let scale = try #require(DyadicScale(approximating: real))
      let quantized = QuantizedMultiplier(real)
      #expect(
        [
          scale.multiplier, Int64(scale.exponent), Int64(quantized.multiplier),
          Int64(quantized.shift),
        ] == row[1...].compactMap(\.number), "\(row[0].text)")
    }
  }

  struct Layer: Decodable {
    let bits: Int
    let mode: String
    let clamp: [Int64]
    let s_act: String
    let s_out: String
    let s_w: [String]
    let s_id: String
    let s_wid: [String]
    let m: [Int64]
    let e: [Int]
    let m_id: [Int64]
    let e_id: [Int]
    let acc: [[Int64]]
    let acc_id: [[Int64]]
    let out_case0_clamped: [[Int64]]
    let out_case1_unclamped: [[Int64]]

    static func all() throws -> [Layer] {
      let path = try #require(SharedData.path("conformance/arith/dyadic/layers.json"))
      return try JSONDecoder().decode([Layer].self, from: Data(try [UInt8](contentsOf: path)))
    }
  }

  /// A block as HAWQV3 builds it: two products whose accumulators, each with one scale a channel,
  /// are requantized apart and added; the first is requantized to the layer's bits as well.
  ///
  /// The recorded sums are the data of products with unit matrices.
  private func block(_ layer: Layer) throws -> Graph {
    let channels = layer.s_w.count
    let rows = layer.acc.count
    func tensor(
      _ name: String, _ shape: [Int], width: Int, isSigned: Bool = true, _ scales: [Double],
      axis: Int? = nil, constant: Codes? = nil
    ) throws -> Tensor {
      Tensor(
        name: name, shape: try Shape(shape),
        encoding: .affine(
          try AffineFormat(width: width, isSigned: isSigned, scales: scales, axis: axis)),
        constant: constant)
    }
    let unit = (0..<channels * channels).map { Int8($0 % channels == $0 / channels ? 1 : 0) }
    let act = Float(try Self.hexadecimal(layer.s_act))
    let identity = Float(try Self.hexadecimal(layer.s_id))
    let out = try Self.hexadecimal(layer.s_out)
    let weights = try layer.s_w.map { Float(try Self.hexadecimal($0)) }
    let weightsID = try layer.s_wid.map { Float(try Self.hexadecimal($0)) }
    func sums(_ data: Float, _ weights: [Float]) -> [Double] {
      weights.map { DyadicScale.factor(data: data, weights: $0, result: 1) }
    }
    let tensors = [
      try tensor("x", [rows, channels], width: 16, [Double(act)]),
      try tensor("identity", [rows, channels], width: 16, [Double(identity)]),
      try tensor(
        "w", [channels, channels], width: 8, weights.map(Double.init), axis: 1,
        constant: .int8(unit)),
      try tensor(
        "wid", [channels, channels], width: 8, weightsID.map(Double.init), axis: 1,
        constant: .int8(unit)),
      try tensor(
        "quantized", [rows, channels], width: layer.bits, isSigned: layer.mode == "symmetric",
        [out]),
      try tensor("acc", [rows, channels], width: 32, sums(act, weights), axis: 1),
      try tensor("acc_id", [rows, channels], width: 32, sums(identity, weightsID), axis: 1),
      try tensor("sum", [rows, channels], width: 32, [out]),
    ]
    func id(_ index: Int) -> TensorID { TensorID(index) }
    return try Graph(
      name: "block", tensors: tensors,
      nodes: [
        Node(
          name: "layer", operation: .matMul(MatMul()), inputs: [id(0), id(2)], outputs: [id(4)]),
        Node(
          name: "branch", operation: .matMul(MatMul()), inputs: [id(0), id(2)], outputs: [id(5)]),
        Node(
          name: "shortcut", operation: .matMul(MatMul()), inputs: [id(1), id(3)], outputs: [id(6)]),
        Node(
          name: "residual", operation: .binary(Binary(.add)), inputs: [id(5), id(6)],
          outputs: [id(7)]),
      ], inputs: [id(0), id(1)], outputs: [id(4), id(7)])
  }

  @Test("a residual block from layers.json, integers only", .enabled(if: SharedData.root != nil))
  func layers() throws {
    let layers = try Layer.all()
    #expect(layers.count == 8)
    var compared = 0
    for layer in layers {
      for (index, text) in layer.s_w.enumerated() {
        let factor = DyadicScale.factor(
          data: Float(try Self.hexadecimal(layer.s_act)),
          weights: Float(try Self.hexadecimal(text)),
          result: Float(try Self.hexadecimal(layer.s_out)))
        #expect(
          DyadicScale(approximating: factor)
            == DyadicScale(multiplier: layer.m[index], exponent: layer.e[index]))
      }
      let graph = try block(layer)
      let plan = try Plan(graph, on: DyadicDatapath(requantize: .halfEven))
      #expect(plan.floatingPointContents == [])
      let runner = PlanRunner(plan)
      for (input, rows) in zip(plan.graph.inputs, [layer.acc, layer.acc_id]) {
        let buffer = try #require(runner.buffer(of: input))
        _ = buffer.elements(as: Int16.self)
          .update(fromContentsOf: rows.flatMap { $0 }.map { Int16(clamping: $0) })
      }
      runner.run(usedLanes: 1)
      for (output, rows) in zip(
        plan.graph.outputs, [layer.out_case0_clamped, layer.out_case1_unclamped])
      {
        let expected = rows.flatMap { $0 }
        let found = expected.indices.map { runner.code(of: output, element: $0, lane: 0) }
        #expect(
          found == expected, "\(layer.bits) bits, \(layer.mode), '\(plan.graph[output].name)'")
        compared += expected.count
      }
    }
    print("dyadic/layers.json: \(compared) values equal or reported")
  }

  struct Transformer: Decodable {
    struct GELU: Decodable {
      let s: String
      let x: [Int64]
      let b: Int64
      let c: Int64
      let shift: Int64
      let y: [Int64]
    }
    struct Exponential: Decodable {
      let s: String
      let x: [Int64]
      let x0: Int64
      let b: Int64
      let c: Int64
      let y: [String]
    }
    struct Normalization: Decodable {
      let x: [Int64]
      let mean: Int64
      let var_sum: Int64
      let std: Int64
      let factor: Int64
      let y: [Int64]
    }
    let igelu: [GELU]
    let iexp: [Exponential]
    let isqrt: [[String]]
    let ilayernorm: [Normalization]
  }

  /// Runs one integer-only operator of the dyadic datapath on 64-bit integers.
  private func run(_ function: IntegerTransformerFunction, _ x: [Int64]) throws -> [Int64] {
    let format = try AffineFormat(width: 64, isSigned: true)
    let tensors = try ["x", "y"].map {
      Tensor(name: $0, shape: try Shape([x.count]), encoding: .affine(format))
    }
    let graph = try Graph(
      name: "f", tensors: tensors,
      nodes: [
        Node(
          name: "f", operation: .integerTransformer(function), inputs: [TensorID(0)],
          outputs: [TensorID(1)])
      ], inputs: [TensorID(0)], outputs: [TensorID(1)])
    // The graph's tensors are integers without scales: nothing in it says that it is quantized.
    let plan = try Plan(graph, on: DyadicDatapath())
    #expect(plan.floatingPointContents == [])
    let runner = PlanRunner(plan)
    let buffer = try #require(runner.buffer(of: TensorID(0)))
    _ = buffer.elements(as: Int64.self).update(fromContentsOf: x)
    runner.run(usedLanes: 1)
    return x.indices.map { runner.code(of: TensorID(1), element: $0, lane: 0) }
  }

  @Test("int_transformer.json", .enabled(if: SharedData.root != nil))
  func transformer() throws {
    let path = try #require(SharedData.path("conformance/arith/extra/int_transformer.json"))
    let file = try JSONDecoder().decode(
      Transformer.self, from: Data(try [UInt8](contentsOf: path)))
    #expect((file.igelu.count, file.iexp.count) == (6, 6))
    #expect((file.isqrt.count, file.ilayernorm.count) == (213, 8))
    for item in file.igelu {
      let scale = try Self.hexadecimal(item.s)
      let gelu = try #require(IntegerTransformer.GELU(scale: scale))
      #expect([gelu.bound, gelu.constant, gelu.one] == [item.b, item.c, item.shift])
      #expect(try run(.gelu(scale: scale), item.x) == item.y)
    }
    for item in file.iexp {
      let scale = try Self.hexadecimal(item.s)
      let function = try #require(IntegerTransformer.Exponential(scale: scale))
      #expect(
        [function.logarithmOfTwo, function.linear, function.constant] == [item.x0, item.b, item.c])
      #expect(try run(.exponential(scale: scale), item.x).map(String.init) == item.y)
    }
    let roots = try file.isqrt.map { try #require(Int64($0[0])) }
    #expect(try run(.squareRoot, roots).map(String.init) == file.isqrt.map { $0[1] })
    for item in file.ilayernorm {
      let row = IntegerTransformer.normalized(item.x)
      #expect(
        [row.mean, row.squareSum, row.deviation, row.factor]
          == [item.mean, item.var_sum, item.std, item.factor])
      #expect(try run(.layerNormalization, item.x) == item.y)
    }
  }
}
