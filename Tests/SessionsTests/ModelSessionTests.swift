import Arith
import Documents
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Sessions
import TestSupport
import Testing

/// What commands do with models, in process.
@Suite("models: recognise, check, run, inspect")
struct ModelSessionTests {
  static func example(_ name: String) -> String { SharedData.packageRoot + "/examples/" + name }

  private static let digits = example("digits/")
  private static let cnn = example("digits_cnn/")

  private func checkOptions() -> ModelCheck.Options {
    var options = ModelCheck.Options()
    options.inputs = [Self.digits + "input.npy"]
    options.expected = [Self.digits + "output.npy"]
    return options
  }

  // MARK: Batches

  @Test(
    "images of any size run one by one where no sample reads another",
    arguments: [("Relu", true), ("Softmax", false)])
  func batches(operation: String, isApart: Bool) throws {
    let folder = try TemporaryFolder()
    let bytes = ONNXBytes.model { graph in
      graph.value(11, "x", [nil, 3, 1024, 1024])
      graph.value(12, "y", [nil, 3, 1024, 1024])
      graph.node(operation, ["x"], ["y"]) { node in
        guard operation == "Softmax" else { return }
        // Over the batch.
        node.message(5) {
          $0.text(1, "axis")
          $0.number(3, 0)
          $0.number(20, 2)
        }
      }
    }
    let file = try ModelFile(path: try folder.write(bytes, to: "open.onnx"))
    let extent = try file.batched { 3 }.graph[file.graph.inputs[0]].shape[0]
    #expect(extent == (isApart ? 1 : 3))
  }

  // MARK: Recognition

  @Test(
    "files are recognised by content, whatever they are called",
    arguments: [
      ("digits_cnn/model.onnx", "onnx", "onnx-integer"),
      ("digits_cnn/model.tflite", "tflite", "tflite-reference"),
      ("digits/project", "hls4ml", "hls-fixed"),
    ])
  func recognition(name: String, kind: String, datapath: String) throws {
    let file = try ModelFile(path: Self.example(name))
    #expect(file.kind == kind)
    #expect(file.defaultDatapath == datapath)
    guard !file.isProject else {
      #expect(file.byteCount == nil)
      return
    }
    #expect(file.byteCount == (try Data(contentsOf: URL(filePath: file.path))).count)
    let folder = try TemporaryFolder()
    let copy = folder.file("no-extension")
    try FileManager.default.copyItem(atPath: Self.example(name), toPath: copy)
    let again = try ModelFile(path: copy)
    #expect(again.kind == kind)
    #expect(again.graph.tensors == file.graph.tensors && again.graph.nodes == file.graph.nodes)
    #expect(again.byteCount == file.byteCount)
  }

  @Test("what is no model says what there was")
  func unrecognised() throws {
    let folder = try TemporaryFolder()
    let text = try folder.write(Array("hello".utf8), to: "model.onnx")
    let failure = #expect(throws: Failure.self) { try ModelFile(path: text) }
    #expect(failure?.problems.first?.location?.contains(text) == true)
    let missing = #expect(throws: Failure.self) { try ModelFile(path: folder.file("none")) }
    #expect(missing?.problems.map(\.code) == ["file.unreadable"])
    var options = ModelOptions()
    options.shapes = ["x=1x2"]
    let refused = #expect(throws: Failure.self) {
      try ModelFile(path: Self.cnn + "model.tflite", options: options)
    }
    #expect(refused?.problems.map(\.code) == ["usage.arguments"])
  }

  // MARK: Rules

  @Test("every registered datapath is found by its own name, and no other name is one")
  func registry() throws {
    let names = DatapathEntry.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names == DatapathChoice.names)
    for entry in DatapathEntry.all where !entry.takesTarget {
      #expect(try DatapathChoice(entry.name).name == entry.name)
    }
    #expect(try DatapathChoice("tensor-core@a100").name == "tensor-core@ampere")
    let missing = #expect(throws: Failure.self) { try DatapathChoice("tensor-core") }
    #expect(missing?.problems.first?.remedy?.contains("--target") == true)
    let failure = #expect(throws: Failure.self) { try DatapathChoice("hls_fixed") }
    #expect(failure?.problems.first?.code == "usage.unknown-datapath")
    #expect(failure?.problems.first?.remedy?.contains("'hls-fixed'") == true)
  }

  @Test("a tie rule reaches the datapath that takes one", arguments: TieRule.allCases)
  func ties(rule: TieRule) throws {
    let takers = DatapathEntry.all.filter(\.takesTieRule)
    #expect(takers.map(\.name) == ["dyadic"])
    let chosen = try DatapathChoice(
      "dyadic", DatapathParameters(requantize: rule))
    #expect((chosen.datapath as? DyadicDatapath)?.ties == rule)
  }

  @Test("the matrix of operators agrees with the rules themselves")
  func operators() throws {
    let all = try OperatorMatrix(datapath: nil)
    #expect(all.datapaths == DatapathChoice.names)
    for name in DatapathChoice.names {
      let one = try OperatorMatrix(datapath: name)
      let shared = all.rows.filter { $0.datapaths.contains(name) }.map(\.name)
      #expect(one.rows.filter { !$0.datapaths.isEmpty }.map(\.name) == shared)
      #expect(!shared.isEmpty)
    }
  }

  // MARK: check

  @Test("an example matches its C-simulation, as codes and as printed")
  func match() throws {
    let file = try ModelFile(path: Self.digits + "project")
    let choice = try DatapathChoice(nil, for: file)
    var counted: [Int] = []
    let check = try ModelCheck(file, by: choice, options: checkOptions()) { done, total in
      counted.append(done)
      #expect(total.map { done <= $0 } ?? true)
    }
    #expect(check.verdict == .bitExact)
    #expect(check.answer.json["verdict"]?.text == "BIT-EXACT")
    #expect(check.answer.json["samples"] == counted.last.map(JSON.integer))
    #expect(check.records.map(\.role) == ["inputs", "expected"])
    let bench = try ModelCheck(file, by: choice, options: ModelCheck.Options())
    #expect(bench.verdict == .exactAsPrinted)
  }

  @Test("a changed value is found, in its place")
  func mismatch() throws {
    let file = try ModelFile(path: Self.digits + "project")
    let folder = try TemporaryFolder()
    var bytes = try [UInt8](contentsOf: Self.digits + "output.npy")
    bytes[bytes.count - 1] ^= 1
    var options = checkOptions()
    options.expected = [try folder.write(bytes, to: "y.npy")]
    let check = try ModelCheck(file, by: DatapathChoice("hls-fixed"), options: options)
    #expect(check.verdict == .mismatch)
    let listed = try #require(check.answer.json["mismatches"]?.elements)
    #expect(listed.count == 1)
    #expect(check.answer.text(.plain).contains("MISMATCH"))
    options.tolerance = .max
    #expect(
      try ModelCheck(file, by: DatapathChoice("hls-fixed"), options: options).verdict == .within)
  }

  @Test("two sets of rules are compared on drawn codes, the same for a seed")
  func against() throws {
    let file = try ModelFile(path: Self.cnn + "model.tflite")
    let reference = try DatapathChoice("tflite-reference")
    var options = ModelCheck.Options()
    options.first = 3
    let same = try ModelCheck(file, by: reference, against: reference, options: options)
    #expect(same.verdict == .bitExact)
    #expect(same.answer.json["against"]?["drawn_inputs"]?.flag == true)
    let other = try ModelCheck(
      file, by: reference, against: DatapathChoice("dyadic"), options: options)
    let again = try ModelCheck(
      file, by: reference, against: DatapathChoice("dyadic"), options: options)
    #expect(other.answer.json == again.answer.json)
  }

  @Test("files that are not the model's are refused by name")
  func wrongFiles() throws {
    let file = try ModelFile(path: Self.digits + "project")
    var options = checkOptions()
    options.inputs = ["nobody=" + Self.digits + "input.npy"]
    let failure = #expect(throws: Failure.self) {
      try ModelCheck(file, by: DatapathChoice("hls-fixed"), options: options)
    }
    #expect(failure?.problems.map(\.code) == ["array.names"])
    options.inputs = []
    options.expected = []
    let tflite = try ModelFile(path: Self.cnn + "model.tflite")
    let nothing = #expect(throws: Failure.self) {
      try ModelCheck(tflite, by: DatapathChoice("tflite-reference"), options: options)
    }
    #expect(nothing?.problems.map(\.code) == ["check.no-data"])
  }

  // MARK: run

  @Test("what a run stores is what a check expects, codes and values")
  func run() throws {
    let folder = try TemporaryFolder()
    let file = try ModelFile(path: Self.digits + "project")
    for storesValues in [false, true] {
      var options = ModelRun.Options(output: folder.file("y\(storesValues).npz"))
      options.inputs = [Self.digits + "input.npy"]
      options.trace = folder.file("t\(storesValues).npz")
      options.storesValues = storesValues
      options.countsEvents = true
      let run = try ModelRun(file, by: DatapathChoice("hls-fixed"), options: options)
      let tensors = try #require(run.answer.json["tensors"]?.elements)
      #expect(!tensors.isEmpty)
      #expect(tensors.contains { $0["accumulator_overflows"] != .null })
      var check = ModelCheck.Options()
      check.inputs = options.inputs
      check.expected = [try #require(options.output)]
      check.layers = options.trace
      let found = try ModelCheck(file, by: DatapathChoice("hls-fixed"), options: check)
      #expect(found.verdict == .bitExact)
    }
  }

  @Test(
    "a trace has constants that the rules form once, and what depends on inputs for every sample")
  func tracedConstants() throws {
    let folder = try TemporaryFolder()
    let file = try ModelFile(path: Self.cnn + "model.onnx")
    let image = file.graph[file.graph.inputs[0]]
    let values = (0..<3 * image.shape.count).map { Float($0 % 17 - 8) / 8 }
    let inputs = folder.file("x.npz")
    let writer = try NPZWriter(path: inputs)
    try writer.add(
      image.name, NDArray(shape: [3] + Array(image.shape.extents.dropFirst()), values))
    try writer.finish()
    var options = ModelRun.Options(output: folder.file("y.npz"))
    options.inputs = [inputs]
    options.trace = folder.file("t.npz")
    _ = try ModelRun(file, by: DatapathChoice("onnx-integer"), options: options)
    // Without a trace the float values of weights are not formed; outputs are the same.
    var alone = ModelRun.Options(output: folder.file("z.npz"))
    alone.inputs = [inputs]
    _ = try ModelRun(file, by: DatapathChoice("onnx-integer"), options: alone)
    let output = file.graph[file.graph.outputs[0]].name
    let first = try ArrayInput(path: folder.file("y.npz")).read(output)
    #expect(try ArrayInput(path: folder.file("z.npz")).read(output) == first)
    #expect(first.shape.first == 3)
    let trace = try ArrayInput(path: folder.file("t.npz"))
    #expect(try trace.read("classes_w_DequantizeLinear_Output").shape == [32, 10])
    #expect(try trace.read("image_QuantizeLinear_Output").shape.first == 3)
  }

  @Test("a run that fails leaves no file")
  func failedRun() throws {
    let folder = try TemporaryFolder()
    let file = try ModelFile(path: Self.digits + "project")
    var options = ModelRun.Options(output: folder.file("y.npz"))
    options.inputs = [Self.cnn + "input.npy"]
    #expect(throws: Failure.self) {
      try ModelRun(file, by: DatapathChoice("hls-fixed"), options: options)
    }
    #expect(!FileManager.default.fileExists(atPath: try #require(options.output)))
  }

  // MARK: inspect

  @Test("a graph as JSON, table and drawing, and the bounds of its accumulators")
  func inspection() throws {
    let file = try ModelFile(path: Self.digits + "project")
    let choice = try DatapathChoice("hls-fixed")
    let answer = try InspectAnswer(file, by: choice, withRanges: true)
    let nodes = try #require(answer.json["nodes"]?.elements)
    #expect(nodes.compactMap { $0["name"]?.text } == file.graph.nodes.map(\.name))
    let ranges = try #require(answer.json["ranges"]?.elements)
    #expect(!ranges.isEmpty)
    for range in ranges {
      #expect(nodes.contains { $0["name"] == range["node"] })
    }
    let plain = try InspectAnswer(file, by: choice)
    #expect(plain.table.rows.count == nodes.count)
    #expect(plain.dot.hasPrefix("digraph"))
    let one = try InspectAnswer(file, by: choice, node: file.graph.nodes[0].name)
    #expect(one.json["nodes"]?.elements?.count == 1)
    let failure = #expect(throws: Failure.self) {
      try InspectAnswer(file, by: choice, node: "nobody")
    }
    #expect(failure?.problems.map(\.code) == ["usage.unknown-layer"])
  }
}
