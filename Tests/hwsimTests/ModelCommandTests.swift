import FoundationEssentials
import Importers
import TestSupport
import Testing

/// The example of the repository through the commands that read models.
@Suite("Command line: check, run, inspect")
struct ModelCommandTests {
  static let example = "examples/digits/project"
  static let input = "examples/digits/input.npy"
  static let output = "examples/digits/output.npy"
  static let trace = "examples/digits/trace.npz"

  private static func path(_ relative: String) -> String {
    SharedData.packageRoot + "/" + relative
  }

  private func schemaProblems(_ run: ToolRun, _ name: String) throws -> [String] {
    try SchemaValidator.problems(
      JSONValue(run.output), JSONValue(ToolRun("schema", name).output))
  }

  /// A copy of the example whose files a test may change.
  private static func copy(into folder: TemporaryFolder) throws -> String {
    let copy = folder.file("project")
    try FileManager.default.copyItem(atPath: path(example), toPath: copy)
    return copy
  }

  // MARK: check

  @Test("a project's own test bench data, printed, agree")
  func testBench() throws {
    let run = try ToolRun("check", Self.example)
    #expect(run.code == 0)
    #expect(run.error.isEmpty)
    #expect(run.output.contains("EXACT AS PRINTED   2,000 of 2,000 values equal (as printed: 6"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("arrays are compared as codes, outputs and layers alike")
  func arrays() throws {
    let run = try ToolRun(
      "check", Self.example, "--inputs", Self.input, "--expected", Self.output, "--layers",
      Self.trace, "--json")
    #expect(run.code == 0)
    #expect(try schemaProblems(run, "check") == [])
    let document = try JSONValue(run.output)
    let result = try #require(document["result"])
    #expect(result["verdict"]?.text == "BIT-EXACT")
    #expect(result["first_divergence"] == .null)
    let layers = try #require(result["layers"]?.elements)
    #expect(layers.count >= 3)
    #expect(layers.allSatisfy { $0["compared"] == $0["equal"] })
    let outputs = try #require(result["outputs"]?.elements)
    let compared = (outputs + layers).compactMap { $0["compared"]?.integer }.reduce(0, +)
    #expect(result["compared_values"]?.integer == compared)
    // Provenance: role, path as typed, and the sum that sha256sum gives.
    let inputs = try #require(document["inputs"]?.elements)
    #expect(inputs.compactMap { $0["role"]?.text } == ["model", "inputs", "expected", "layers"])
    #expect(inputs[1]["path"]?.text == Self.input)
    #expect(
      inputs[1]["bytes"]?.integer
        == (try Data(contentsOf: URL(filePath: Self.path(Self.input)))).count)
  }

  @Test("the sum of a file is its SHA-256")
  func sum() throws {
    let folder = try TemporaryFolder()
    // FIPS 180-2, appendix B.1, of "abc"; the file is no array, but a configuration may be named so.
    let file = try folder.write(Array("{}".utf8), to: "run.json")
    let document = try JSONValue(ToolRun("config", "--config", file, "--json").output)
    // printf '{}' | sha256sum
    #expect(
      document["inputs"]?[0]?["sha256"]?.text
        == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
  }

  @Test("results do not depend on the number of threads, and paths are as typed")
  func threads() throws {
    func run(_ threads: String) throws -> String {
      try ToolRun(
        "check", Self.example, "--inputs", Self.input, "--expected", Self.output, "--json",
        "--threads", threads
      ).output
    }
    let single = try run("1")
    #expect(try run("7") == single)
    #expect(!single.contains(SharedData.packageRoot))
  }

  @Test("a changed weight is found: verdict, layer, element, cause, exit code 1")
  func changedWeight() throws {
    let folder = try TemporaryFolder()
    let project = try Self.copy(into: folder)
    let file = project + "/firmware/weights/w6.txt"
    var weights = try ToolRun.contents(file).split(separator: ",").map(String.init)
    let position = try #require(weights.firstIndex { (Double(Self.trimmed($0)) ?? 0) > 0.1 })
    let value = try #require(Double(Self.trimmed(weights[position])))
    weights[position] = " -\(value)"
    try Data(weights.joined(separator: ",").utf8).write(to: URL(filePath: file))
    // The observed values are those of the unchanged network.
    let arguments = [
      "check", project, "--inputs", Self.input, "--expected", Self.output, "--layers", Self.trace,
      "--first", "40",
    ]
    let json = folder.file("check.json")
    let run = try ToolRun(arguments: arguments + ["--json-file", json])
    #expect(run.code == 1)
    #expect(run.output.contains("\nMISMATCH   "))
    #expect(run.output.contains("value of the weight"))
    #expect(run.output.contains("w6[\(position)]"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 + project.count })
    let document = try JSONValue(ToolRun.contents(json))
    let schema = try JSONValue(ToolRun("schema", "check").output)
    #expect(SchemaValidator.problems(document, schema) == [])
    let result = try #require(document["result"])
    #expect(result["verdict"]?.text == "MISMATCH")
    let divergence = try #require(result["first_divergence"])
    #expect(divergence["node"]?.text == "scores")
    #expect(divergence["cause"]?["kind"]?.text == "value")
    #expect(divergence["cause"]?["object"]?.text == "weight")
    #expect(divergence["candidates"]?[0] == divergence["cause"])
    #expect(divergence["expected"] != divergence["actual"])
    // A tolerance wide enough turns the verdict, not the divergence; --max-reports limits what is
    // listed only.
    let wide = try ToolRun(
      arguments: arguments + ["--json", "--tolerance", "1000000000", "--max-reports", "2"])
    #expect(wide.code == 0)
    let within = try #require(JSONValue(wide.output)["result"])
    #expect(within["verdict"]?.text == "WITHIN")
    #expect(within["first_divergence"]?["node"]?.text == "scores")
    #expect(within["equal_values"] == result["equal_values"])
    // Two of each tensor that differs.
    let names = (within["mismatches"]?.elements ?? []).compactMap { $0["name"]?.text }
    #expect(!names.isEmpty && Set(names).allSatisfy { name in names.count { $0 == name } <= 2 })
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace })
  }

  @Test("a text log that differs is a mismatch; pipes are read, but no cause is searched")
  func pipe() throws {
    let log = try ToolRun.contents(Self.path(Self.example + "/tb_data/csim_results.log"))
    var lines = log.split(separator: "\n").map(String.init)
    let same = try ToolRun(
      "check", Self.example, "--expected", "-", setting: .init(input: log))
    #expect(same.code == 0)
    var values = lines[3].split(separator: " ").map(String.init)
    values[2] = "7.5"
    lines[3] = values.joined(separator: " ")
    let run = try ToolRun(
      "check", Self.example, "--expected", "-", "--json",
      setting: .init(input: lines.joined(separator: "\n") + "\n"))
    #expect(run.code == 1)
    let result = try #require(JSONValue(run.output)["result"])
    #expect(result["equal_values"]?.integer == 1999)
    #expect(result["mismatches"]?[0]?["sample"]?.integer == 3)
    #expect(result["mismatches"]?[0]?["index"] == .array([.integer(2)]))
    #expect(result["mismatches"]?[0]?["expected"] == .number(7.5))
    #expect(result["first_divergence"]?["cause"] == .null)
  }

  @Test("--first looks at that many samples")
  func first() throws {
    let run = try ToolRun("check", Self.example, "--first", "7", "--json")
    #expect(try JSONValue(run.output)["result"]?["compared_values"]?.integer == 70)
  }

  @Test(
    "what is missing, unknown or misshapen is said with its code",
    arguments: [
      (["check", "no/such/model"], "file.unreadable", 66),
      (["check", "examples"], "hls.not-a-model", 66),
      (["check", input], "model.unrecognized", 65),
      (["check", example, "--inputs", input], "check.no-data", 66),
      (["check", example, "--inputs", output, "--expected", output], "array.shape", 65),
      (["check", example, "--inputs", input, "--expected", trace], "array.names", 65),
      (["check", example, "--inputs", "pixls=\(input)"], "array.names", 65),
      (["check", example, "--inputs", input, "--inputs", input], "array.names", 65),
      (["check", example, "--layers", input], "check.layers", 65),
      (["check", example, "--layers", "examples/digits/project"], "check.layers", 65),
      (["check", example, "--datapath", "hls-fixd"], "usage.unknown-datapath", 64),
      (["check", example, "--tolerance", "-1"], "usage.arguments", 64),
      (["check"], "usage.arguments", 64),
      (["run", example, "--output", "x.npz"], "usage.arguments", 64),
      (["run", example, "--inputs", input], "usage.arguments", 64),
      (["run", example, "--inputs", input, "--output", "no/such/x.npz"], "file.not-written", 73),
      (["inspect", example, "--node", "hiden1"], "usage.unknown-layer", 64),
      (["inspect", example, "--dot", "--ranges"], "usage.arguments", 64),
    ])
  func mistakes(arguments: [String], code: String, exit: Int32) throws {
    let run = try ToolRun(arguments: arguments + ["--json"])
    #expect(run.code == exit)
    #expect(try JSONValue(run.output)["error"]?["code"]?.text == code)
    #expect(run.error.hasPrefix("error[\(code)]: "))
    #expect(run.error.contains("\nhelp: "))
  }

  @Test("problems of a model name the file under the path that was typed")
  func damagedModel() throws {
    let folder = try TemporaryFolder()
    let project = try Self.copy(into: folder)
    let file = project + "/firmware/parameters.h"
    let text = try ToolRun.contents(file).replacing("struct", with: "strukt")
    try Data(text.utf8).write(to: URL(filePath: file))
    for typed in [project, project + "/"] {
      let run = try ToolRun("inspect", typed)
      #expect(run.code == 65)
      #expect(run.error.contains("--> \(project)/firmware/"))
    }
  }

  // MARK: run

  @Test(
    "outputs and trace are the recorded codes; the smallest integer types; inputs from a pipe too")
  func run() throws {
    let folder = try TemporaryFolder()
    let (output, trace) = (folder.file("o.npz"), folder.file("t.npz"))
    let run = try ToolRun(
      "run", Self.example, "--inputs", Self.input, "--output", output, "--trace", trace, "--stats",
      "--json")
    #expect(run.code == 0)
    #expect(try schemaProblems(run, "run") == [])
    let result = try #require(JSONValue(run.output)["result"])
    let recorded = try NPZ.read(Self.path(Self.trace))
    let stored = try NPZ.read(trace)
    #expect(recorded.names.count >= 3)
    let rows = try #require(result["traced"]?.elements)
    for name in recorded.names {
      let expected = try #require(recorded[name]?.doubles())
      let array = try #require(stored[name])
      let format = try #require(rows.first { $0["name"]?.text == name }?["format"]?.text)
      // W and I of ap_[u]fixed<W,I,...>.
      let numbers = format.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
      let unit = Double(sign: .plus, exponent: numbers[1] - numbers[0], significand: 1)
      let actual = try #require(array.doubles())
      #expect(actual.map { $0 * unit } == expected, "\(name)")
      #expect(array.elementType.byteCount * 8 >= numbers[0])
      #expect(array.elementType.byteCount == 1 || array.elementType.byteCount * 4 < numbers[0])
      let low = rows.first { $0["name"]?.text == name }?["min"]
      #expect(low == (try JSONValue("[\(expected.min() ?? 0)]"))[0] || expected.min() == 0)
    }
    #expect(result["tensors"]?.elements.count == stored.names.count)
    // Values: exactly what was recorded, and the same from a pipe.
    let values = folder.file("v.npz")
    let bench = try ToolRun.contents(Self.path(Self.example + "/tb_data/tb_input_features.dat"))
    let piped = try ToolRun(
      "run", Self.example, "--inputs", "-", "--output", values, "--values",
      setting: .init(input: bench))
    #expect(piped.code == 0)
    let name = try #require(try NPZ.read(values).names.first)
    #expect(
      try NPZ.read(values)[name]?.doubles() == NPY.read(Self.path(Self.output)).doubles())
  }

  @Test("the suffix of --output is its form; others are refused; --golden writes codes for a bench")
  func forms() throws {
    let folder = try TemporaryFolder()
    func run(_ options: String...) throws -> ToolRun {
      try ToolRun(
        arguments: ["run", Self.example, "--inputs", Self.input, "--first", "2"] + options)
    }
    let archive = folder.file("o.npz")
    #expect(try run("-o", archive).code == 0)
    let name = try #require(try NPZ.read(archive).names.first)
    let codes = try #require(try NPZ.read(archive)[name])
    let single = try run("-o", folder.file("o.npy"))
    #expect(single.code == 0, "\(single.error)")
    #expect(try NPY.read(folder.file("o.npy")) == codes)
    let integers = try #require(codes.doubles()).map { Int($0) }
    #expect(try run("-o", folder.file("o.csv")).code == 0)
    let lines = try ToolRun.contents(folder.file("o.csv")).split(separator: "\n")
    #expect(lines.map { $0.split(separator: ",").map { Int($0) } }.flatMap(\.self) == integers)
    #expect(lines.count == 2)
    let refused = try run("-o", folder.file("o.xlsx"))
    #expect(refused.code == 65 && refused.error.contains("run.suffix"), "\(refused.error)")
    let golden = try run("--golden", folder.file("bench"), "--golden-form", "hex", "--json")
    #expect(golden.code == 0, "\(golden.error)")
    #expect(try schemaProblems(golden, "run") == [])
    let files = try #require(try JSONValue(golden.output)["result"]?["golden"]?.elements)
    #expect(files.count == 2)
    let path = try #require(files.last?["path"]?.text)
    let words = try ToolRun.contents(path).split(separator: "\n").filter { !$0.hasPrefix("//") }
    let width = words[0].count * 4
    let read = words.compactMap { word -> Int? in
      guard let pattern = Int(word, radix: 16) else { return nil }
      // Two's complement of the format's width, which is a multiple of four here or below it.
      return pattern
    }
    #expect(read.count == integers.count)
    #expect(
      zip(read, integers).allSatisfy { ($0 - $1) % 2 == 0 && ($0 == $1 || $1 < 0) }
        && words.allSatisfy { $0.count * 4 == width })
  }

  @Test("--hls4ml-version names the release whose rules count, and refuses others")
  func release() throws {
    let old = "Tests/Fixtures/hls/v081_avgpool2d_parallel/"
    func check(_ options: String...) throws -> ToolRun {
      try ToolRun(
        arguments: [
          "check", old + "project", "--inputs", old + "input.npy", "--expected",
          old + "output.npy", "--explain", "none",
        ] + options)
    }
    #expect(try check().code == 0)
    #expect(try check("--hls4ml-version", "1.1.0").code == 1)
    let unknown = try check("--hls4ml-version", "0.2")
    #expect(unknown.code == 64 && unknown.error.contains("0.6.0 to 1.3"), "\(unknown.error)")
  }

  @Test("--trace-by-index names arrays by tensor, and inputs by index are understood")
  func byIndex() throws {
    let folder = try TemporaryFolder()
    let trace = folder.file("t.npz")
    let run = try ToolRun(
      "run", Self.example, "--inputs", Self.input, "-o", folder.file("o.npz"), "--trace", trace,
      "--trace-by-index", "--first", "3")
    #expect(run.code == 0)
    let names = try NPZ.read(trace).names
    #expect(names.allSatisfy { $0.hasPrefix("#") })
    let check = try ToolRun(
      "check", Self.example, "--layers", trace, "--first", "3", "--inputs", Self.input)
    #expect(check.code == 0)
    #expect(check.output.contains("layers     \(names.count) of \(names.count) equal"))
  }

  @Test("a run that fails leaves no output and keeps an earlier one")
  func noPartialOutput() throws {
    let folder = try TemporaryFolder()
    let output = try folder.write(Array("earlier".utf8), to: "o.npz")
    let damaged = try [UInt8](contentsOf: Self.path(Self.input)).dropLast(64)
    let input = try folder.write(Array(damaged), to: "x.npy")
    let run = try ToolRun("run", Self.example, "--inputs", input, "--output", output)
    #expect(run.code == 65)
    #expect(try ToolRun.contents(output) == "earlier")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == ["o.npz", "x.npy"])
  }

  // MARK: inspect

  @Test("layers, their formats, work and parameters")
  func inspect() throws {
    let run = try ToolRun("inspect", Self.example, "--json", "--ranges")
    #expect(run.code == 0)
    #expect(try schemaProblems(run, "inspect") == [])
    let result = try #require(JSONValue(run.output)["result"])
    // 64-32-16-10: products of the extents, and as many biases as outputs.
    #expect(result["macs"]?.integer == 64 * 32 + 32 * 16 + 16 * 10)
    let dense = try #require(result["nodes"]?.elements.filter { $0["operator"]?.text == "Dense" })
    #expect(dense.map { $0["macs"]?.integer } == [64 * 32, 32 * 16, 16 * 10])
    #expect(dense.map { $0["parameters"]?.integer } == [65 * 32, 33 * 16, 17 * 10])
    #expect(result["ranges"]?.elements.count == 3)
    #expect(result["unsupported"] == .array([]))
  }

  @Test("the table fits 100 columns; --csv has every column; --node and --dot")
  func inspectForms() throws {
    let text = try ToolRun("inspect", Self.example)
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(text.output.contains("2,720 MAC a sample"))
    let csv = try ToolRun("inspect", Self.example, "--csv")
    let lines = csv.output.split(separator: "\n")
    #expect(lines[0] == "number,layer,op,shape out,weights,accumulator,result,MAC,params")
    #expect(lines.count == 7)
    #expect(lines[1].hasPrefix("1,hidden1,Dense,32,\"ap_fixed<"))
    let node = try ToolRun("inspect", Self.example, "--node", "hidden2")
    #expect(node.output.contains("512 MAC, 528 parameters"))
    let dot = try ToolRun("inspect", Self.example, "--dot")
    #expect(dot.output.hasPrefix("digraph "))
    #expect(dot.output.contains("\"hidden1\" -> \"relu1\""))
  }

  @Test("hwsim.json sets options of these commands too")
  func configuration() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array(#"{"first": 5, "json": true}"#.utf8), to: "hwsim.json")
    let project = Self.path(Self.example)
    let run = try ToolRun("check", project, setting: .init(folder: folder.path))
    #expect(try JSONValue(run.output)["result"]?["samples"]?.integer == 5)
    let typed = try ToolRun("check", project, "--first", "6", setting: .init(folder: folder.path))
    #expect(try JSONValue(typed.output)["result"]?["samples"]?.integer == 6)
  }
}
