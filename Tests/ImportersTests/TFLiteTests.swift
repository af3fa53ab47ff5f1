import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("TFLite reader")
struct TFLiteTests {
  typealias Value = FlatBufferWriter.Value

  /// One tensor of a test file; int8 with a scale unless told otherwise.
  static func tensor(
    _ name: String, _ shape: [Int32], type: UInt8 = 9, scales: [Float] = [0.5],
    zeroPoints: [Int64] = [3], dimension: Int32 = 0, buffer: Int32 = 0, more: [Int: Value] = [:]
  ) -> [Int: Value] {
    var fields: [Int: Value] = [
      0: .ints(shape), 1: .byte(type), 2: .int(buffer), 3: .text(name),
    ]
    if !scales.isEmpty {
      fields[4] = .table([2: .floats(scales), 3: .longs(zeroPoints), 6: .int(dimension)])
    }
    return fields.merging(more) { $1 }
  }

  static func operation(
    _ code: Int32, _ inputs: [Int32], _ outputs: [Int32], options: [Int: Value]? = nil
  ) -> [Int: Value] {
    var fields: [Int: Value] = [0: .int(code), 1: .ints(inputs), 2: .ints(outputs)]
    if let options { fields[4] = .table(options) }
    return fields
  }

  /// A file whose operator codes are the built-in ones, each at the position of its number.
  static func file(
    tensors: [[Int: Value]], operators: [[Int: Value]], inputs: [Int32], outputs: [Int32],
    buffers: [[UInt8]] = [], version: Int32 = 3, subgraphs: Int = 1, custom: String? = nil
  ) -> [UInt8] {
    var codes: [[Int: Value]] = (0...160).map { code in
      [0: .byte(UInt8(min(code, 127))), 3: .int(Int32(code))]
    }
    if let custom { codes[32][1] = .text(custom) }
    let main: [Int: Value] = [
      0: .tables(tensors), 1: .ints(inputs), 2: .ints(outputs), 3: .tables(operators),
    ]
    return FlatBufferWriter.file([
      0: .int(version), 1: .tables(codes),
      2: .tables([[Int: Value]](repeating: main, count: subgraphs)), 3: .text("test"),
      4: .tables([[:]] + buffers.map { [0: .bytes($0)] }),
    ])
  }

  static func problems(_ bytes: [UInt8]) -> [TFLiteProblem] {
    do throws(TFLiteError) {
      _ = try TFLiteModel(bytes, path: "m.tflite")
      return []
    } catch {
      guard case .problems(_, let problems) = error else { return [] }
      #expect(error.diagnostics.count == problems.count)
      for diagnostic in error.diagnostics {
        #expect(diagnostic.code.hasPrefix("tflite.") || diagnostic.code.hasPrefix("graph."))
        #expect(diagnostic.location?.hasPrefix("m.tflite") == true)
        #expect(!diagnostic.message.isEmpty && diagnostic.remedy != nil)
      }
      return problems
    }
  }

  @Test("a small file becomes a graph whose tensors keep their numbers")
  func small() throws {
    let bytes = Self.file(
      tensors: [
        Self.tensor("same", [1, 4]), Self.tensor("same", [1, 4]),
        Self.tensor("w", [2, 4], type: 17, scales: [0.25], zeroPoints: [0], buffer: 1),
        Self.tensor("y", [1, 2]), Self.tensor("", [1, 4]),
      ],
      operators: [
        Self.operation(19, [0], [1]), Self.operation(19, [1], [4]),
        Self.operation(9, [4, 2, -1], [3], options: [0: .byte(1)]),
      ], inputs: [0], outputs: [3], buffers: [[0x21, 0xF8, 0x7F, 0x08]])
    let model = try TFLiteModel(bytes, path: "dir/m.tflite")
    #expect(model.graph.tensors.map(\.name) == ["same", "same#1", "w", "y", "#4"])
    #expect(model.tensorCount == 5 && model.operatorCount == 3 && model.description == "test")
    #expect(model.tensor(numbered: 3) == TensorID(3) && model.tensor(numbered: 5) == nil)
    // Low nibble first, sign-extended.
    #expect(model.graph[TensorID(2)].constant == .int8([1, 2, -8, -1, -1, 7, -8, 0]))
    guard case .dense(let dense) = model.graph.nodes[2].operation else {
      Issue.record("not dense")
      return
    }
    #expect(dense.range == .relu && dense.weightsAreOutputMajor && dense.rows == 1)
    #expect(model.graph.nodes[2].inputs == [TensorID(4), TensorID(2)])
  }

  @Test("a graph ended at a tensor needs no rule for what follows it")
  func endings() throws {
    let bytes = Self.file(
      tensors: [
        Self.tensor("x", [1, 4]), Self.tensor("y", [1, 4]), Self.tensor("z", [1, 4], type: 5),
        Self.tensor("", [1, 4]),
      ],
      operators: [
        Self.operation(33, [0], [2]), Self.operation(19, [0], [1]), Self.operation(33, [1], [2]),
        Self.operation(19, [1], [3]),
      ], inputs: [0], outputs: [2])
    #expect(throws: TFLiteError.self) { try TFLiteModel(bytes, path: "m") }
    let model = try TFLiteModel(bytes, path: "m", outputs: ["y"])
    #expect(model.graph.nodes.map(\.origin) == ["operator 1 (RELU)"])
    #expect(model.graph.outputs == [TensorID(1)] && model.tensorCount == 4)
    #expect(try TFLiteModel(bytes, path: "m", outputs: ["#3", "y"]).graph.nodes.count == 2)
    // An input is no result of an operator.
    for name in ["x", "w", "#9", ""] {
      do throws(TFLiteError) {
        _ = try TFLiteModel(bytes, path: "m", outputs: [name])
        Issue.record("'\(name)' is a tensor")
      } catch {
        #expect(error.diagnostics.map(\.code) == ["tflite.unknown-name"])
      }
    }
  }

  @Test("products whose kernels would read one of several scales are refused")
  func productScales() {
    let bytes = Self.file(
      tensors: [
        Self.tensor("x", [1, 4]),
        Self.tensor("w", [4, 2], scales: [1, 2], dimension: 1, buffer: 1),
        Self.tensor("y", [1, 2]),
      ], operators: [Self.operation(126, [0, 1], [2])], inputs: [0], outputs: [2],
      buffers: [[UInt8](repeating: 1, count: 8)])
    guard case .unsupportedOption(let reason)? = Self.problems(bytes).first?.kind else {
      Issue.record("not refused")
      return
    }
    #expect(reason.contains("'w' has 2 scales"))
  }

  @Test("files of another kind are told apart")
  func identifier() {
    #expect(Self.problems([]).map(\.kind) == [.notTFLite(firstBytes: [])])
    #expect(
      Self.problems(Array("abcdTFL2....".utf8)).map(\.kind)
        == [.notTFLite(firstBytes: Array("TFL2".utf8))])
    #expect(
      #expect(throws: TFLiteError.self) { try TFLiteModel.read("/nonexistent.tflite") }
        .map { if case .file = $0 { true } else { false } } == true)
  }

  @Test("each kind of problem has its own error")
  func kinds() {
    let x = Self.tensor("x", [1, 4])
    let y = Self.tensor("y", [1, 4])
    func file(
      _ tensors: [[Int: Value]], _ operators: [[Int: Value]]? = nil, buffers: [[UInt8]] = []
    ) -> [TFLiteProblem.Kind] {
      Self.problems(
        Self.file(
          tensors: tensors, operators: operators ?? [Self.operation(19, [0], [1])], inputs: [0],
          outputs: [1], buffers: buffers)
      ).map(\.kind)
    }
    #expect(file([x, y]).isEmpty)
    let float = Self.tensor("f", [1, 4], type: 0, scales: [])
    #expect(file([float, float]).isEmpty)
    #expect(
      file([Self.tensor("x", [1, 4], more: [7: .ints([1, -1])]), y]) == [.dynamicShape([1, -1])])
    // A leading -1 is the batch.
    #expect(file([Self.tensor("x", [1, 4], more: [7: .ints([-1, 4])]), y]).isEmpty)
    #expect(file([Self.tensor("x", [-1, 4]), y]) == [.dynamicShape([-1, 4])])
    #expect(file([x, Self.tensor("y", [1, 4], more: [6: .table([:])])]) == [.sparse])
    #expect(file([x, Self.tensor("y", [1, 4], type: 5)]) == [.tensorType("string")])
    #expect(file([x, Self.tensor("y", [1, 4], type: 99)]) == [.tensorType("number 99")])
    #expect(file([x, y], [Self.operation(33, [0], [1])]) == [.unsupportedOperator(reads: ["x"])])
    #expect(file([x, y], [Self.operation(32, [0], [1])]) == [.unsupportedOperator(reads: ["x"])])
    #expect(
      file([x, Self.tensor("y", [1, 4], scales: [.nan])])
        == [.quantization(reason: "scale nan is no positive number")])
    #expect(
      file([x, Self.tensor("y", [1, 4], zeroPoints: [128])])
        == [.quantization(reason: "zero point 128 is outside -128 to 127")])
    #expect(
      file([x, Self.tensor("y", [1, 4], scales: [1, 2], dimension: 1)])
        == [.quantization(reason: "2 scales along dimension 1 of shape [1, 4]")])
    #expect(
      file(
        [x, y, Self.tensor("c", [3], buffer: 1)], [Self.operation(0, [0, 2], [1])],
        buffers: [[1, 2]])
        == [.constant(expectedBytes: 3, foundBytes: 2)])
    #expect(
      file([x, y], [Self.operation(19, [7], [1])]) == [.operand("operand 7 is no tensor of 2")])
    #expect(
      file([x, Self.tensor("y", [1, 5])])
        == [.graph(.shapeMismatch(operand: "result", expected: [1, 4], found: [1, 5]))])
    #expect(file([x, y], []) == [.graph(.undefinedTensor("y"))])
    #expect(
      file([x, y], [Self.operation(22, [0], [1]), Self.operation(22, [0], [1])])
        == [.graph(.severalProducers("y"))])
    let versioned = Self.file(
      tensors: [x, y], operators: [], inputs: [0], outputs: [1], version: 2, subgraphs: 0)
    #expect(Self.problems(versioned).map(\.kind) == [.schemaVersion(2), .noSubgraph])
    // A second subgraph that nothing calls is no problem; those of the first are told.
    func several(_ code: Int32) -> [TFLiteProblem.Kind] {
      Self.problems(
        Self.file(
          tensors: [x, y], operators: [Self.operation(code, [0], [1])], inputs: [0], outputs: [1],
          subgraphs: 2)
      ).map(\.kind)
    }
    #expect(several(19) == [])
    #expect(several(33) == [.unsupportedOperator(reads: ["x"])])
  }

  @Test("all problems of a file are told at once, with their places")
  func together() {
    let bytes = Self.file(
      tensors: [
        Self.tensor("x", [1, 4]), Self.tensor("y", [1, 4], more: [6: .table([:])]),
        Self.tensor("z", [1, 4], scales: [-1]),
      ],
      operators: [
        Self.operation(19, [0], [1]), Self.operation(33, [1], [2]),
        Self.operation(9, [2, -1], [2]),
      ], inputs: [0], outputs: [2])
    let problems = Self.problems(bytes)
    #expect(
      problems.map(\.place) == [
        .tensor(index: 1, name: "y"), .tensor(index: 2, name: "z"),
        .operator(index: 1, name: "EMBEDDING_LOOKUP_SPARSE"),
        .operator(index: 2, name: "FULLY_CONNECTED"),
      ])
  }

  @Test("vectors that are referred to again and again are refused")
  func budget() {
    // A thousand tensors whose shape vectors are one long vector would copy a thousand of it.
    var bytes = Self.file(
      tensors: [[Int: Value]](repeating: Self.tensor("x", [1]), count: 1000),
      operators: [], inputs: [0], outputs: [0])
    let shape = bytes.count
    let count = 10_000
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: count >> shift))
    }
    bytes += [UInt8](repeating: 1, count: 4 * count)
    // Tensors begin with the offset of their shape, right after the table's own four bytes; find
    // them by the one-element vector they point to.
    func word(_ at: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
    var redirected = 0
    for at in 0..<(shape - 8) {
      let distance = word(at)
      guard distance > 0, distance < 64, at + distance + 8 <= shape, word(at + distance) == 1,
        word(at + distance + 4) == 1
      else { continue }
      let target = UInt32(shape - at)
      for byte in 0..<4 {
        bytes[at + byte] = UInt8(truncatingIfNeeded: target >> (8 * UInt32(byte)))
      }
      redirected += 1
    }
    #expect(redirected >= 500)
    let problems = Self.problems(bytes)
    #expect(
      problems.map(\.kind) == [
        .damaged(reason: "vectors are referred to so often that they exceed memory")
      ])
  }

  static let seeds: [(name: String, path: String)] = {
    ["tflm/hello_world_int8", "tflm/mnist_lstm_int8", "mlperf_tiny/kws_int8"].compactMap { name in
      SharedData.path("models/\(name).tflite").map { (name, $0) }
    }
  }()

  @Test("damaged files throw or run, and never trap", arguments: seeds.map(\.path))
  func corruption(path: String) throws {
    let original = try [UInt8](contentsOf: path)
    var corruption = Corruption(seed: 77)
    var read = 0
    var ran = 0
    let count = Corruption.count / (sweep ? 1 : Self.seeds.count)
    let limits = Limits()
    let clock = ContinuousClock()
    for number in 0..<count {
      let damaged = corruption.mutate(original)
      let began = clock.now
      defer { #expect(clock.now - began < Limits.time, "copy \(number)") }
      guard let model = try? TFLiteModel(damaged, path: "damaged") else { continue }
      read += 1
      let elements = model.graph.tensors.reduce(0) { $0 + min($1.shape.count, 1 << 32) }
      guard elements < 1 << 20 else { continue }
      for isMicro in [false, true] {
        let plan =
          isMicro
          ? try? Plan(model.graph, on: TFLiteMicro())
          : try? Plan(model.graph, on: TFLiteReference())
        guard let plan else { continue }
        ran += 1
        // Whole networks are slow without optimization; small ones run.
        guard original.count < 4096 || ran % 50 == 0 else { continue }
        PlanRunner(plan).run(usedLanes: 1)
      }
    }
    print(
      "\(path.split(separator: "/").last ?? ""): \(read) of \(count) read, \(ran) planned"
    )
    #expect(read > 0 && ran > 0)
    #expect(limits.grownBytes < Limits.memory)
  }
}
