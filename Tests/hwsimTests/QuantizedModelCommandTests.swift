import FoundationEssentials
import Importers
import TestSupport
import Testing

/// The repository's TFLite and ONNX example through the commands that read models.
///
/// Expected values are LiteRT's and onnxruntime's; see examples/digits_cnn/make.py.
@Suite("Command line: TFLite and ONNX files")
struct QuantizedModelCommandTests {
  static let folder = "examples/digits_cnn/"
  static let tflite = folder + "model.tflite"
  static let onnx = folder + "model.onnx"

  private func result(_ run: ToolRun, schema: String) throws -> JSONValue {
    let document = try JSONValue(run.output)
    let problems = SchemaValidator.problems(
      document, try JSONValue(ToolRun("schema", schema).output))
    #expect(problems == [])
    return try #require(document["result"])
  }

  @Test("TFLite outputs and every tensor equal LiteRT's, codes compared")
  func tfliteCheck() throws {
    let run = try ToolRun(
      "check", Self.tflite, "--inputs", Self.folder + "input.npy", "--layers",
      Self.folder + "trace.npz", "--first", "20", "--json")
    #expect(run.code == 0)
    let result = try result(run, schema: "check")
    #expect(result["verdict"]?.text == "BIT-EXACT")
    #expect(result["layers"]?.elements.count == 13)
    #expect(result["compared_values"] == result["equal_values"])
    #expect((result["compared_values"]?.integer ?? 0) > 100_000)
  }

  @Test("a changed expectation is found by node and element")
  func tfliteMismatch() throws {
    let folder = try TemporaryFolder()
    let expected = try ArrayInput(path: SharedData.packageRoot + "/" + Self.folder + "output.npy")
      .read()
    var codes = try #require(expected.values(as: Int8.self))
    codes[37] = codes[37] == 0 ? 1 : 0
    let file = folder.file("expected.npz")
    let changed = NDArray(shape: expected.shape, codes)
    try NPZ.write([("StatefulPartitionedCall_1:0", changed)], to: file)
    let run = try ToolRun(
      "check", Self.tflite, "--inputs", Self.folder + "input.npy", "--expected", file, "--json")
    #expect(run.code == 1)
    let result = try result(run, schema: "check")
    #expect(result["verdict"]?.text == "MISMATCH")
    let index = result["first_divergence"]?["index"]?.elements.compactMap(\.integer)
    // Row 3, class 7; the model's own batch axis is 0.
    #expect(index == [3, 0, 7])
  }

  @Test("ONNX outputs equal onnxruntime's under both rule sets", arguments: ["", "onnx-reference"])
  func onnxCheck(datapath: String) throws {
    let run = try ToolRun(
      arguments: [
        "check", Self.onnx, "--inputs", Self.folder + "onnx_input.npy", "--expected",
        Self.folder + "onnx_output.npy", "--json",
      ] + (datapath.isEmpty ? [] : ["--datapath", datapath]))
    #expect(run.code == 0)
    let result = try result(run, schema: "check")
    #expect(result["verdict"]?.text == "BIT-EXACT")
    #expect(result["compared_values"]?.integer == 1000)
  }

  @Test("two rule sets: where they part, how many values, by how much")
  func against() throws {
    let run = try ToolRun("check", Self.tflite, "--against", "dyadic", "--seed", "3", "--json")
    let result = try result(run, schema: "check")
    #expect(result["against"]?["datapath"]?.text == "dyadic")
    #expect(result["against"]?["drawn_inputs"] == .bool(true))
    #expect(run.code == (result["verdict"]?.text == "BIT-EXACT" ? 0 : 1))
    // A graph against itself parts nowhere, whatever the seed and the threads.
    let same = try ToolRun(
      "check", Self.tflite, "--against", "tflite-reference", "--threads", "3", "--json")
    #expect(same.code == 0)
    #expect(try self.result(same, schema: "check")["verdict"]?.text == "BIT-EXACT")
    let again = try ToolRun("check", Self.tflite, "--against", "dyadic", "--seed", "3", "--json")
    #expect(again.output == run.output)
  }

  @Test("the tie rule belongs to the dyadic datapath, on either side")
  func requantize() throws {
    for arguments in [["--datapath", "dyadic", "--against", "tflm"], ["--against", "dyadic"]] {
      let run = try ToolRun(
        arguments: ["check", Self.tflite] + arguments + ["--requantize", "half-away", "--json"])
      #expect(run.code == 1)
      #expect(try JSONValue(run.output)["arguments"]?["requantize"]?.text == "half-away")
    }
    let refused = try ToolRun("check", Self.tflite, "--against", "tflm", "--requantize", "half-up")
    #expect(refused.code == 64)
    #expect(refused.error.contains("dyadic"))
  }

  @Test("arrays out: codes, values, names by index, ranges")
  func run() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("o.npz")
    let trace = folder.file("t.npz")
    let run = try ToolRun(
      "run", Self.tflite, "--inputs", Self.folder + "input.npy", "--output", output, "--trace",
      trace, "--trace-by-index", "--stats", "--json")
    #expect(run.code == 0)
    let result = try result(run, schema: "run")
    #expect(result["tensors"]?.elements.count == 13)
    let stored = try NPZ.read(output)
    let codes = try #require(stored["StatefulPartitionedCall_1:0"])
    let expected = try ArrayInput(path: SharedData.packageRoot + "/" + Self.folder + "output.npy")
      .read()
    #expect(codes == expected)
    let names = try NPZ.read(trace).names
    #expect(names.count == 13 && names.allSatisfy { $0.hasPrefix("#") })
    let valued = try ToolRun(
      "run", Self.tflite, "--inputs", Self.folder + "input.npy", "--output", output, "--values")
    #expect(valued.code == 0)
    let values = try #require(
      try NPZ.read(output)["StatefulPartitionedCall_1:0"]?.values(as: Double.self))
    // 1/256 and zero point -128: the softmax's fixed format.
    let integers = try #require(expected.integers())
    #expect(zip(values, integers).allSatisfy { $0 == Double($1 + 128) / 256 })
  }

  @Test("float inputs are cast by the input's own rule; codes and values agree")
  func values() throws {
    let folder = try TemporaryFolder()
    let codes = try #require(
      try ArrayInput(path: SharedData.packageRoot + "/" + Self.folder + "input.npy").read()
        .integers())
    let scale = Double(Float(0.003921568859368563))
    let numbers = codes.map { Float(Double($0 + 128) * scale) }
    let file = folder.file("x.npz")
    try NPZ.write(
      [("serving_default_image:0", NDArray(shape: [100, 8, 8, 1], numbers))], to: file)
    let run = try ToolRun(
      "check", Self.tflite, "--inputs", file, "--expected", Self.folder + "output.npy")
    #expect(run.code == 0)
    #expect(run.output.contains("BIT-EXACT   1,000 of 1,000"))
  }

  @Test("the form of quantization is detected and printed; ranges bound the sums")
  func inspect() throws {
    let onnx = try ToolRun("inspect", Self.onnx, "--json")
    #expect(try result(onnx, schema: "inspect")["details"]?["form"]?.text == "QDQ")
    let tflite = try ToolRun("inspect", Self.tflite, "--ranges", "--json")
    let ranges = try #require(try result(tflite, schema: "inspect")["ranges"]?.elements)
    #expect(ranges.count == 10)
    #expect(ranges.allSatisfy { $0["can_overflow"] == .bool(false) })
    let text = try ToolRun("inspect", Self.tflite)
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("errors name the fault: unknown rules, rules without the operator, options of other kinds")
  func errors() throws {
    let unknown = try ToolRun("check", Self.tflite, "--datapath", "tfml")
    #expect(unknown.code == 64)
    #expect(unknown.error.contains("did you mean 'tflm'"))
    let wrong = try ToolRun("inspect", "examples/digits/project", "--shape", "a=1x2")
    #expect(wrong.code == 64)
    let unsupported = try ToolRun(
      "run", Self.tflite, "--inputs", Self.folder + "input.npy", "--output", "unused.npz",
      "--datapath", "hls-fixed")
    #expect(unsupported.code == 65)
    #expect(unsupported.error.contains("datapath.unsupported"))
    let integers = try ToolRun(
      "check", Self.onnx, "--inputs", Self.folder + "input.npy", "--expected",
      Self.folder + "onnx_output.npy")
    #expect(integers.code == 65)
    let cut = try ToolRun("inspect", Self.onnx, "--outputs", "nothing")
    #expect(cut.code == 65)
    #expect(cut.error.contains("onnx.unknown-name"))
  }

  @Test("operators of a rule set are listed; a model's unsupported one is none of them")
  func operators() throws {
    func names(_ datapath: String) throws -> [String] {
      let run = try ToolRun("formats", "--operators", "--datapath", datapath, "--json")
      #expect(run.code == 0)
      let rows = try result(run, schema: "formats")["operators"]?.elements ?? []
      return rows.filter { $0["datapaths"] == .array([.string(datapath)]) }
        .compactMap { $0["name"]?.text }
    }
    let micro = try names("tflm")
    #expect(micro.contains("DwConv2D") && !micro.contains("BatchNorm"))
    let hls = try names("hls-fixed")
    #expect(hls.contains("BatchNorm") && !hls.contains("LSTM") && !hls.contains("Quant"))
    #expect(try ToolRun("formats", "--operators", "--datapath", "tfml").code == 64)
  }

  @Test("a run in patches has the codes of LiteRT at every tensor that it forms")
  func patches() throws {
    for (grid, block) in [(2, 1), (3, 1), (4, 2)] {
      let run = try ToolRun(
        "check", Self.tflite, "--inputs", Self.folder + "input.npy", "--expected",
        Self.folder + "output.npy", "--first", "30", "--patch", "\(grid)", "--split-after",
        "\(block)", "--json")
      #expect(run.code == 0)
      #expect(try result(run, schema: "check")["verdict"]?.text == "BIT-EXACT")
    }
    #expect(try ToolRun("inspect", Self.tflite, "--patch", "2").code == 64)
    #expect(try ToolRun("inspect", Self.tflite, "--patch", "auto").code == 64)
    let deep = try ToolRun("inspect", Self.tflite, "--patch", "2", "--split-after", "99")
    #expect(deep.code == 65)
  }
}
