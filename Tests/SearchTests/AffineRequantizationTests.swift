import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import Search
import TestSupport
import Testing

/// TensorFlow Lite graphs in other widths against LiteRT running the same change made to the file
/// (Tests/Fixtures/widths/make.py).
@Suite("Widths of TensorFlow Lite graphs")
struct AffineRequantizationTests {
  struct WidthCase: Decodable, CustomTestStringConvertible, Sendable {
    struct Layer: Decodable, Sendable {
      let weights: Int
      let activations: Int
    }
    let name: String
    let model: String
    let tensors: [Int]
    /// Widths of the tensors that changed, by position.
    let widths: [String: Int]
    let layers: [String: Layer]
    var testDescription: String { name }
  }

  private static let folder = SharedData.packageRoot + "/Tests/Fixtures/widths"

  static let cases: [WidthCase] = {
    guard let data = try? Data(contentsOf: URL(filePath: folder + "/cases.json")) else { return [] }
    return (try? JSONDecoder().decode([WidthCase].self, from: data)) ?? []
  }()

  static func model(_ path: String) throws -> Graph {
    try TFLiteModel.read(SharedData.packageRoot + "/" + path).graph
  }

  /// Candidates of a case; layers that it does not name stay.
  private static func allocation(
    _ layers: [String: WidthCase.Layer], _ requantization: AffineRequantization
  ) throws -> [Candidate] {
    var allocation: [Candidate] = []
    for (index, layer) in requantization.layers.enumerated() {
      guard let widths = layers[layer.name] else {
        allocation.append(Candidate(weights: nil, activations: nil))
        continue
      }
      allocation.append(
        try requantization.candidate(
          layer: index, weightBits: widths.weights, activationBits: widths.activations,
          accumulatorBits: nil))
    }
    return allocation
  }

  /// Codes of tensors, sample after sample; inputs are values.
  private static func codes(
    _ plan: Plan, _ values: [Double], samples: Int, tensors: [Int]
  ) throws -> [[Int64]] {
    let ids = tensors.map(TensorID.init)
    let runner = PlanRunner(plan, keeping: Set(ids), lanes: 1)
    var result = [[Int64]](repeating: [], count: tensors.count)
    for sample in 0..<samples {
      try runner.load(.values(values), first: sample, count: 1, into: plan.graph.inputs[0])
      runner.run(usedLanes: 1)
      for (place, id) in ids.enumerated() {
        let buffer = try #require(runner.buffer(of: id))
        result[place] += (0..<plan.graph[id].shape.count).map { buffer.integer(at: $0) }
      }
    }
    return result
  }

  /// What codes of a tensor of `graph` stand for.
  private static func values(_ codes: [Int64], of id: TensorID, in graph: Graph) throws -> [Double]
  {
    guard case .affine(let format) = graph[id].encoding else {
      throw EvaluationError.unsupported(layer: "", role: "input", encoding: "")
    }
    return codes.map { Double($0 - (format.zeroPoints.first ?? 0)) * format.scales[0] }
  }

  @Test("the fixtures are there")
  func fixtures() { #expect(Self.cases.count == 36) }

  @Test("equal to LiteRT running the file with other widths", arguments: cases)
  func litert(_ item: WidthCase) throws {
    let graph = try Self.model(item.model)
    let requantization = AffineRequantization(graph)
    let changed = try requantization.graph(
      try Self.allocation(item.layers, requantization))
    for (index, tensor) in changed.tensors.prefix(graph.tensors.count).enumerated()
    where tensor.constant == nil {
      guard case .affine(let format) = tensor.encoding,
        case .affine(let own) = graph.tensors[index].encoding
      else { continue }
      #expect(format.width == item.widths[String(index)] ?? own.width, "#\(index) \(tensor.name)")
    }
    let archive = try NPZ.open(Self.folder + "/arrays.npz")
    let input = try #require(try archive.read("\(item.name)/input").integers())
    let samples = input.count / graph[graph.inputs[0]].shape.count
    let values = try Self.values(input.map { Int64($0) }, of: graph.inputs[0], in: graph)
    var expected: [[Int64]] = []
    for tensor in item.tensors {
      expected.append(
        try #require(try archive.read("\(item.name)/#\(tensor)").integers()).map { Int64($0) })
    }
    var micro: [[Int64]]?
    for path in [KernelPath.plain, .current] {
      let plan = try Plan(changed, on: TFLiteReference(path: path))
      let found = try Self.codes(plan, values, samples: samples, tensors: item.tensors)
      for (place, tensor) in item.tensors.enumerated() where found[place] != expected[place] {
        let different = zip(found[place], expected[place]).count { $0 != $1 }
        Issue.record(
          "\(path): #\(tensor) '\(graph.tensors[tensor].name)': \(different) of \(found[place].count)"
        )
      }
      let other = try Self.codes(
        try Plan(changed, on: TFLiteMicro(path: path)), values, samples: samples,
        tensors: item.tensors)
      if let micro { #expect(other == micro, "tflm: the fast kernels equal the definitions") }
      micro = other
    }
  }

  @Test(
    "the model's own widths give the model", arguments: Array(Set(cases.map(\.model))).sorted())
  func identity(_ path: String) throws {
    let graph = try Self.model(path)
    let requantization = AffineRequantization(graph)
    #expect(!requantization.layers.isEmpty)
    let open = requantization.layers.map { _ in Candidate(weights: nil, activations: nil) }
    #expect(try requantization.graph(open) == graph)
    var own: [Candidate] = []
    for layer in requantization.layers.indices {
      own.append(
        try requantization.candidate(
          layer: layer, weightBits: nil, activationBits: nil, accumulatorBits: nil))
    }
    #expect(own.allSatisfy { $0.weights != nil && $0.activations != nil })
    #expect(try requantization.graph(own) == graph)
  }

  @Test("random widths: in range, real range and zero kept, the same on every path")
  func random() throws {
    var generator = SeededGenerator(seed: 5)
    for path in Set(Self.cases.map(\.model)).sorted() {
      let graph = try Self.model(path)
      let requantization = AffineRequantization(graph)
      for _ in 0..<(sweep ? 200 : 6) {
        var allocation: [Candidate] = []
        for layer in requantization.layers.indices {
          let isWide = path.hasSuffix("wide.tflite")
          allocation.append(
            try requantization.candidate(
              layer: layer, weightBits: Int.random(in: 2...8, using: &generator),
              activationBits: Int.random(in: isWide ? 9...16 : 2...8, using: &generator),
              accumulatorBits: nil))
        }
        let changed = try requantization.graph(allocation)
        #expect(changed.nodes.map(\.name) == graph.nodes.map(\.name))
        try checkEncodings(changed, of: graph)
        let count = graph[graph.inputs[0]].shape.count
        let values = (0..<count).map { _ in Double.random(in: -8...8, using: &generator) }
        let outputs = graph.outputs.map(\.index)
        let plain = try Self.codes(
          try Plan(changed, on: TFLiteReference(path: .plain)), values, samples: 1,
          tensors: outputs)
        let fast = try Self.codes(
          try Plan(changed, on: TFLiteReference()), values, samples: 1, tensors: outputs)
        #expect(plain == fast)
        for (codes, output) in zip(plain, changed.outputs) {
          guard case .affine(let format) = changed[output].encoding else { continue }
          let half = Int64(1) << Int64(format.width - 1)
          #expect(codes.allSatisfy { (-half..<half).contains($0) })
        }
      }
    }
  }

  private func checkEncodings(_ changed: Graph, of graph: Graph) throws {
    for (new, old) in zip(changed.tensors, graph.tensors) where new.encoding != old.encoding {
      guard case .affine(let after) = new.encoding, case .affine(let before) = old.encoding else {
        continue
      }
      // Biases have 32 or 64 bits.
      guard after.width <= 16 else { continue }
      let half = Int64(1) << Int64(after.width - 1)
      if let codes = new.constant?.int64 {
        #expect(codes.allSatisfy { (-half..<half).contains($0) }, "\(new.name)")
        continue
      }
      let zero = after.zeroPoints.first ?? 0
      #expect((-half..<half).contains(zero), "0 is a code of \(new.name)")
      // Symmetric 16-bit tensors give their lowest code up.
      let levels: (AffineFormat) -> Double = { format in
        let bits = before.width > 8 ? format.width - 1 : format.width
        return Double((Int64(1) << Int64(bits)) - 1)
      }
      let (span, own) = (after.scales[0] * levels(after), before.scales[0] * levels(before))
      #expect(abs(span - own) <= 1e-6 * own, "\(new.name)")
    }
  }

  @Test("layers whose data have one encoding are found, and take the largest width asked for")
  func sharedInputs() throws {
    let branches = AffineRequantization(
      try Self.model("Tests/Fixtures/widths/branches.tflite"))
    func names(_ groups: [[Int]]) -> [[String]] {
      groups.map { $0.map { branches.layers[$0].name } }
    }
    #expect(names(branches.sharedInputs) == [["left", "right"]])
    var allocation = branches.layers.map { _ in Candidate(weights: nil, activations: nil) }
    for (name, bits) in [("left", 3), ("right", 5)] {
      let layer = try #require(branches.layers.firstIndex { $0.name == name })
      allocation[layer] = try branches.candidate(
        layer: layer, weightBits: nil, activationBits: bits, accumulatorBits: nil)
    }
    let changed = try branches.graph(allocation)
    for name in ["joined", "inner", "offsets"] {
      let tensor = changed[try #require(changed.tensor(named: name))]
      guard case .affine(let format) = tensor.encoding else { continue }
      #expect(format.width == 5, "\(name)")
    }
    let shared = AffineRequantization(try Self.model("Tests/Fixtures/widths/shared.tflite"))
    #expect(shared.sharedInputs.map { $0.map { shared.layers[$0].name } } == [["two", "three"]])
  }

  @Test("outputs with encodings of their own stay; asking for others is an error")
  func fixedEncodings() throws {
    let graph = try Self.model("Tests/Fixtures/widths/branches.tflite")
    let requantization = AffineRequantization(graph)
    let gated = try #require(requantization.layers.firstIndex { $0.name == "gated" })
    #expect(!requantization.canChangeActivations(ofLayer: gated))
    let candidate = try requantization.candidate(
      layer: gated, weightBits: 4, activationBits: 4, accumulatorBits: 32)
    #expect(candidate.activations?.name == "int<8>" && candidate.weights?.name == "int<4>")
    var widths = CodeWidths(graph)
    let gate = try #require(graph.tensor(named: "gate"))
    widths.tensorBits[gate.index] = 4
    #expect(throws: EvaluationError.fixedEncoding(tensor: "gate", operation: "Sigmoid")) {
      try requantization.graph(widths: widths)
    }
    widths.tensorBits[gate.index] = 8
    #expect(try requantization.graph(widths: widths) == graph)
  }

  @Test("widths and formats that such graphs do not have are errors that name the layer")
  func refusals() throws {
    let graph = try Self.model("Tests/Fixtures/widths/chain.tflite")
    let requantization = AffineRequantization(graph)
    func refused(_ weights: Int?, _ activations: Int?, _ sums: Int?) -> EvaluationError? {
      do throws(EvaluationError) {
        _ = try requantization.candidate(
          layer: 0, weightBits: weights, activationBits: activations, accumulatorBits: sums)
        return nil
      } catch {
        return error
      }
    }
    #expect(refused(8, 8, 32) == nil && refused(2, 2, nil) == nil)
    let name = requantization.layers[0].name
    #expect(refused(1, 8, nil) == .unsupported(layer: name, role: "weights", encoding: "int<1>"))
    #expect(refused(16, 8, nil) == .unsupported(layer: name, role: "weights", encoding: "int<16>"))
    #expect(
      refused(8, 16, nil) == .unsupported(layer: name, role: "activations", encoding: "int<16>"))
    #expect(
      refused(8, 8, 16) == .unsupported(layer: name, role: "accumulator", encoding: "int<16>"))
    var allocation = requantization.layers.map { _ in Candidate(weights: nil, activations: nil) }
    #expect(throws: EvaluationError.layerCount(expected: allocation.count, found: 0)) {
      try requantization.graph([])
    }
    allocation[1].weights = try Encoding(name: "e4m3")
    #expect(
      throws: EvaluationError.unsupported(
        layer: requantization.layers[1].name, role: "weights", encoding: "e4m3")
    ) { try requantization.graph(allocation) }
    allocation[1].weights = try Encoding(name: "uint<4>")
    #expect(throws: EvaluationError.self) { try requantization.graph(allocation) }
    let wide = AffineRequantization(try Self.model("Tests/Fixtures/widths/wide.tflite"))
    #expect(throws: EvaluationError.self) {
      try wide.candidate(layer: 0, weightBits: 8, activationBits: 8, accumulatorBits: nil)
    }
  }
}
