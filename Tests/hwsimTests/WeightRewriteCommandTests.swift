import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

/// Rewrites of weights and BitMoD's groups: one allocation file for what a network computes and for
/// what it costs.
@Suite("Command line: rewritten weights and groups on bit-serial arrays")
struct WeightRewriteCommandTests {
  private static let cnn = "examples/digits_cnn/"
  private static let digits = "examples/digits/"

  private func document(_ run: ToolRun, schema: String) throws -> JSONValue {
    #expect(run.code == 0, "\(run.error)")
    let document = try JSONValue(run.output)
    let problems = SchemaValidator.problems(
      document, try JSONValue(ToolRun("schema", schema).output))
    #expect(problems == [])
    return document
  }

  private func number(_ document: JSONValue, _ key: String) -> Double? {
    document["result"]?["quantities"]?.elements.first { $0["key"]?.text == key }?["value"]?.number
  }

  @Test("an allocation with a rewrite changes what a TFLite model computes, and what it costs")
  func file() throws {
    let folder = try TemporaryFolder()
    let path = "examples/accelerators/flip.json"
    let output = folder.file("y.npz")
    let plain = folder.file("x.npz")
    func run(_ output: String, _ more: [String]) throws -> [Int64] {
      let run = try ToolRun(
        arguments: [
          "run", Self.cnn + "model.tflite", "--inputs", Self.cnn + "input.npy", "-o", output,
        ] + more)
      #expect(run.code == 0, "\(run.error)")
      let archive = try NPZ.open(output)
      let name = try #require(archive.names.first)
      return try #require(archive.read(name).integers())
    }
    #expect(try run(output, ["--allocation", path]) != run(plain, []))
    func cycles(_ more: [String]) throws -> Double {
      let run = try ToolRun(
        arguments: ["estimate", Self.cnn + "model.tflite", "--target", "pragmatic", "--json"] + more
      )
      let answer = try document(run, schema: "estimate")
      return try #require(number(answer, "cycles"))
    }
    #expect(try cycles(["--allocation", path]) < cycles([]))
    let allocation = try folder.write(
      Array(
        #"""
        {"schema": "hwsim.allocation/1", "layers": {"conv_relu": {"choices":
        {"weight_rewrite": "bit-flip<5,32>"}}}}
        """#.utf8), to: "flip.json")
    let wrong = try ToolRun(
      "run", Self.cnn + "model.tflite", "--inputs", Self.cnn + "input.npy", "-o", output,
      "--allocation", allocation)
    #expect(wrong.code == 65 && wrong.error.contains("conv_relu"))
  }

  /// Every point's right answers by `run`, and its costs by `estimate`, from its file.
  private func expectReproduced(
    model: String, inputs: String, labels: String, target: String, arguments: [String],
    costs: [String], correct: (String) throws -> Int
  ) throws -> [JSONValue] {
    let folder = try TemporaryFolder()
    let run = try ToolRun(
      arguments: [
        "search", model, "--inputs", inputs, "--labels", labels, "--target", target, "-o",
        folder.file("out"), "--json",
      ] + arguments)
    let answer = try document(run, schema: "search")
    let result = try #require(answer["result"])
    let points = result["points"]?.elements ?? []
    for point in points {
      let file = try #require(point["allocation"]?.text)
      let allocation = folder.file("out/" + file)
      let output = folder.file("y.npz")
      let applied = try ToolRun(
        "run", model, "--inputs", inputs, "--allocation", allocation, "-o", output)
      #expect(applied.code == 0, "\(applied.error)")
      #expect(try correct(output) == point["correct"]?.integer)
      let estimate = try document(
        ToolRun("estimate", model, "--target", target, "--allocation", allocation, "--json"),
        schema: "estimate")
      for cost in costs {
        #expect(number(estimate, cost) == point[cost]?.number, "\(cost)")
      }
    }
    return points
  }

  private func right(_ output: String, of labels: String) throws -> Int {
    let archive = try NPZ.open(output)
    let name = archive.names.first { $0.hasSuffix(".sum") } ?? archive.names.first
    let array = try archive.read(#require(name))
    let values = try #require(array.doubles())
    let truth = try NPY.read(SharedData.packageRoot + "/" + labels)
    let labels: [Int64] = try #require(truth.integers())
    let count = values.count / labels.count
    return labels.indices.count { row in
      let scores = values[row * count..<(row + 1) * count]
      let best = scores.indices.first { scores[$0] == scores.max() } ?? scores.startIndex
      return Int64(best - scores.startIndex) == labels[row]
    }
  }

  @Test("a search chooses rewrites a layer; run and estimate say the same of a point's file")
  func rewrites() throws {
    let labels = Self.cnn + "labels.npy"
    let points = try expectReproduced(
      model: Self.cnn + "model.tflite", inputs: Self.cnn + "input.npy", labels: labels,
      target: "bitwave",
      arguments: [
        "--objective", "accuracy,cycles,energy,dram_bytes", "--space", "w_only", "--candidates",
        "model+bit-flip<0>,model+bit-flip<3>,model+bit-flip<5>", "--evaluations", "12",
        "--screening", "0",
      ], costs: ["cycles", "energy_joules", "dram_bytes"]
    ) { try right($0, of: labels) }
    #expect(points.count > 1)
  }

  @Test("BitMoD's groups as candidates of a float network: numerics and cost from one file")
  func groups() throws {
    let labels = Self.digits + "classes.npy"
    let points = try expectReproduced(
      model: Self.digits + "network.onnx", inputs: Self.digits + "images.npy", labels: labels,
      target: "bitmod",
      arguments: [
        "--calibration", Self.digits + "calibration.npy",
        "--objective", "accuracy,cycles,dram_bytes",
        "--candidates", "bitmod<3>/float,bitmod<4>/float,group<int<6>,128>/float,w8/float",
        "--evaluations", "10", "--screening", "0",
      ], costs: ["cycles", "dram_bytes"]
    ) { try right($0, of: labels) }
    #expect(points.count > 1)
  }

  @Test(
    "cycles, energy and DRAM traffic are objectives of every kind of model",
    arguments: [
      ("stripes", cnn + "model.tflite", cnn + "input.npy", cnn + "labels.npy"),
      ("bitfusion", digits + "network.onnx", digits + "images.npy", digits + "classes.npy"),
      ("bitlet", digits + "project", digits + "input.npy", digits + "labels.npy"),
    ])
  func objectives(target: String, model: String, inputs: String, labels: String) throws {
    let run = try ToolRun(
      "search", model, "--inputs", inputs, "--labels", labels, "--target", target, "--objective",
      "accuracy,cycles,energy,dram_bytes", "--bits", "4,8", "--evaluations", "6", "--screening",
      "0", "--json")
    let answer = try document(run, schema: "search")
    let points = try #require(answer["result"]?["points"]?.elements)
    #expect(!points.isEmpty)
    for point in points {
      for key in ["cycles", "energy_joules", "dram_bytes"] {
        #expect(try #require(point[key]?.number) > 0)
      }
    }
  }

  /// Scores of all linear layers of a model of 28 blocks together, made up.
  private func scores(_ folder: borrowing TemporaryFolder) throws -> String {
    let names = [
      "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
      "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
    ]
    let layers = (0..<28).flatMap { block in names.map { #""model.layers.\#(block).\#($0)""# } }
    return try folder.write(
      Array(
        (#"{"schema": "hwsim.scores/1", "groups": [{"group": "all", "layers": ["#
          + layers.joined(separator: ", ")
          + #"], "formats": ["W4A16_AWQ", "W8A16"], "scores": [1, 0]}]}"#).utf8),
      to: "scores.json")
  }

  @Test("layers of a transformer cost what estimate says of them, for every choice of formats")
  func transformer() throws {
    let folder = try TemporaryFolder()
    let config = "examples/transformers/qwen3-0.6b.json"
    let run = try ToolRun(
      "search", config, "--sensitivity", try scores(folder), "--target", "bitmod", "--objective",
      "score,cycles,dram_bytes", "--ties", "none", "--sequence", "256", "--json")
    let answer = try document(run, schema: "search")
    let problem = try #require(answer["result"]?["problems"]?.elements.first)
    let points = problem["points"]?.elements ?? []
    #expect(points.count == 2)
    let bytes = [UInt8](
      try Data(contentsOf: URL(filePath: SharedData.packageRoot + "/" + config)))
    let workload = try TransformerConfiguration(parsing: bytes)
      .shapes(TransformerRun(sizes: ["sequence": 256])).workload
    let families = DeviceFamilies([BitSerialFamily()])
    let description = try #require(try families.library.description(named: "bitmod"))
    let device = try #require(families.device(description) as? any RunsTransformers)
    for (bits, best) in [("w4a16", false), ("w8a16", true)] {
      let estimate = try device.estimate(workload, formats: bits, devices: 1)
      let phase = try #require(estimate.phase("decode"))
      for (key, quantity) in [("cycles", CostQuantity.cycles), ("dram_bytes", .dramTraffic)] {
        let sum = phase.schedule.steps.filter { $0.name.hasSuffix("_proj") }
          .reduce(0) { $0 + ($1.terms[quantity]?.value ?? .nan) }
        let found = points.compactMap { $0["costs"]?[key]?.number }
        let end = try #require(best ? found.max() : found.min())
        #expect((end - sum).magnitude <= 1e-9 * sum, "\(bits) \(key)")
      }
    }
    let refused = try ToolRun(
      "search", config, "--sensitivity", folder.file("scores.json"), "--target", "stm32f746",
      "--objective", "score,cycles")
    #expect(refused.code != 0 && refused.error.contains("family bitserial"))
  }
}
