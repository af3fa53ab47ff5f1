import FoundationEssentials
import TestSupport
import Testing

/// The example project on FPGAs, through the tool.
@Suite("Command line: FPGAs")
struct FPGAEstimateTests {
  static let project = "examples/digits/project"

  private func estimate(_ words: String...) throws -> (run: ToolRun, result: JSONValue) {
    let run = try ToolRun(arguments: ["estimate", Self.project] + words + ["--json"])
    return (run, try #require(try JSONValue(run.output)["result"], "\(run.error)"))
  }

  private func layer(_ name: String, _ result: JSONValue) throws -> JSONValue {
    let layers = try #require(result["layers"]?.elements)
    return try #require(layers.first { $0["name"]?.text == name })
  }

  @Test("resources, latency, interval and layers under their keys; the schema knows them")
  func keys() throws {
    let (run, result) = try estimate("--target", "xcvu9p+vitis-2022.2")
    #expect(run.code == 0 && run.error.isEmpty)
    let problems = try SchemaValidator.problems(
      JSONValue(run.output), JSONValue(ToolRun("schema", "estimate").output))
    #expect(problems == [])
    for name in ["lut", "ff", "dsp", "bram18", "uram"] {
      let resource = try #require(result["resources"]?[name], "\(name)")
      #expect(resource["used"]?.number != nil && resource["available"]?.number != nil, "\(name)")
    }
    #expect(result["resources"]?["lut"]?["error"]?["median_percent"]?.number != nil)
    #expect(result["latency"]?["cycles"]?.number != nil && result["ii"]?.number == 4)
    // The project asks for 5 ns.
    #expect(result["latency"]?["clock_hz"]?.number == 2e8)
    let sum = try #require(result["layers"]?.elements).reduce(0) {
      $0 + ($1["dsp"]?.number ?? .nan)
    }
    #expect(sum == result["resources"]?["dsp"]?["used"]?.number)
  }

  /// Their nodes are of kinds with reports, but the code that builds them has none.
  @Test(
    "layers without a report are unknown, not those that compute the same",
    arguments: [("einsum_dense", "EinsumDense"), ("layer_normalization", "LayerNormalization")])
  func unreported(name: String, words: String) throws {
    let run = try ToolRun(
      "estimate", "Tests/Fixtures/hls/\(name)/project", "--target", "xcvu13p+vitis-2023.2")
    #expect(run.output.contains("NO VERDICT"), "\(run.output)")
    #expect(run.output.contains("no rule for \(words), of which there is no report"))
  }

  @Test("layers by hand: folded words, distinct products of three signed digits, forced blocks")
  func layers() throws {
    let (_, own) = try estimate("--target", "xcvu9p+vivado-2019.2")
    let hidden = try layer("hidden1", own)
    // 64 x 32 at reuse factor 4: 512 multipliers of 6 x 7 bits in logic, 4 words of 511 * 7 + 5 bits
    // in columns of 36.
    #expect(hidden["strategy"]?.text == "resource" && hidden["reuse_factor"]?.number == 4)
    #expect(hidden["dsp"]?.number == 0 && hidden["bram18"]?.number == 100)
    #expect(hidden["latency"]?.number == 5 && hidden["ii"]?.number == 4)
    // Inputs of 8 bits: products in logic, unless they are forced into blocks; 72 and 44 different
    // pairs of input and weight have three or more signed digits (counted by a script of its own).
    #expect(try layer("hidden2", own)["dsp"]?.number == 0)
    let (_, forced) = try estimate(
      "--target", "xcvu9p+vivado-2019.2", "--option", "products=dsp")
    #expect(try layer("hidden2", forced)["dsp"]?.number == 72)
    #expect(try layer("scores", forced)["dsp"]?.number == 44)
    #expect(try layer("hidden1", forced)["dsp"]?.number == 512)
    let (_, fabric) = try estimate(
      "--target", "xcvu9p+vivado-2019.2", "--option", "products=fabric")
    #expect(fabric["resources"]?["dsp"]?["used"]?.number == 0)
  }

  @Test("allocations change widths, reuse factors and strategies")
  func allocation() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array(
        """
        {"schema": "hwsim.allocation/1", "layers": {
          "hidden1": {"choices": {"reuse_factor": 100}},
          "hidden2": {"choices": {"strategy": "resource", "reuse_factor": 8},
            "weights": "ap_fixed<16,2>"}}}
        """.utf8), to: "a.json")
    let (run, result) = try estimate(
      "--target", "xcvu9p+vitis-2023.2", "--allocation", path)
    #expect(run.error.isEmpty)
    // 100 is no factor of 64 x 32 = 2,048; 128 is the nearest that hls4ml takes.
    #expect(try layer("hidden1", result)["reuse_factor"]?.number == 128)
    let second = try layer("hidden2", result)
    // 32 x 16 / 8 multipliers of 8 x 16 bits.
    #expect(second["dsp"]?.number == 64 && second["strategy"]?.text == "resource")
    #expect(result["ii"]?.number == 128)
  }

  @Test("a part alone is its newest flow with reports; flows of other parts say so")
  func flows() throws {
    for (name, id) in [
      ("vu9p", "xcvu9p+vitis-2023.2"), ("xczu9eg", "xczu9eg+vitis-2023.2"),
      ("pynq-z2", "xc7z020+vitis-2025.1"), ("pynq-z2+vitis-2023.2", "xc7z020+vitis-2023.2"),
      ("ku115", "xcku115+vivado-2019.2"),
    ] {
      #expect(try estimate("--target", name).result["target"]?.text == id)
    }
    let text = try ToolRun("estimate", Self.project, "--target", "vu9p")
    #expect(text.output.contains("'xcvu9p' alone means this flow"))
    let other = try ToolRun("targets", "xc7z020+vitis-2023.2")
    #expect(other.output.contains("no report of this flow is of a part of 7-series"))
  }

  @Test("what does not fit says which resource; limits; clocks")
  func limits() throws {
    let small = try ToolRun("estimate", Self.project, "--target", "xc7z007s+vitis-2021.1")
    #expect(small.code == 1 && small.output.contains("DOES NOT FIT"))
    #expect(small.output.contains("too much") && small.output.contains("fits with"))
    let (run, result) = try estimate(
      "--target", "xcvu9p+vitis-2023.2", "--limit", "dsp=5", "--limit", "ii=4", "--clock", "400MHz")
    #expect(run.code == 1)
    #expect(
      result["limits"]?.elements.map { $0["kept"] } == [.bool(false), .bool(true)])
    #expect(result["latency"]?["clock_hz"]?.number == 4e8)
  }

  @Test("the nearest folding that fits, by hand")
  func fit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array(
        """
        {"schema": "hwsim.target/1", "id": "few", "family": "fpga", "name": "Few multipliers",
          "base": "xcvu9p+vivado-2019.2", "dsp": {"value": 300, "source": "this test"}}
        """.utf8), to: "few.json")
    let (run, result) = try estimate("--target", path, "--option", "products=dsp")
    #expect(run.code == 1 && result["fits"] == .bool(false))
    // 512 + 72 + 44 products and 10 of softmax; 64 x 32 over 16 cycles are 128.
    #expect(result["fit"]?["excess"]?[0]?["used"]?.number == 638)
    let change = try #require(result["fit"]?["change"])
    #expect(change["layer"]?.text == "hidden1" && change["strategy"]?.text == "resource")
    #expect(change["reuse_factor"]?.number == 16 && change["added_cycles"]?.number == 12)
  }

  @Test("other models, options and strategies are refused with what to do")
  func refusals() throws {
    let float = try ToolRun(
      "estimate", "examples/digits/network.onnx", "--target", "xcvu9p")
    #expect(float.code == 65 && float.error.contains("takes hls4ml projects"))
    let option = try ToolRun(
      "estimate", Self.project, "--target", "xcvu9p", "--option", "products=gold")
    #expect(option.code != 0 && option.error.contains("tool, dsp, fabric"))
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array(
        """
        {"schema": "hwsim.allocation/1",
          "layers": {"scores": {"choices": {"strategy": "slow"}}}}
        """.utf8), to: "a.json")
    let strategy = try ToolRun(
      "estimate", Self.project, "--target", "xcvu9p", "--allocation", path)
    #expect(strategy.code != 0 && strategy.error.contains("strategy 'slow' is unknown"))
  }

  @Test("a project's reports stand beside the estimate")
  func reports() throws {
    let folder = try TemporaryFolder()
    let copy = folder.file("project")
    try FileManager.default.copyItem(
      atPath: SharedData.packageRoot + "/" + Self.project, toPath: copy)
    let place = copy + "/myproject_prj/solution1/syn/report"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let report = """
      <profile><AreaEstimates><Resources><BRAM_18K>99</BRAM_18K><DSP>11</DSP><FF>9000</FF>
      <LUT>30000</LUT></Resources></AreaEstimates></profile>
      """
    try Data(report.utf8).write(to: URL(filePath: place + "/csynth.xml"))
    let run = try ToolRun("estimate", copy, "--target", "xcvu9p", "--json")
    let reports = try #require(try JSONValue(run.output)["result"]?["reports"])
    #expect(reports["csynth"]?["resources"]?["dsp"]?.number == 11)
    #expect(reports["post_synth"] == .null)
    let text = try ToolRun("estimate", copy, "--target", "xcvu9p").output
    #expect(text.contains("csynth") && text.contains("30.0 k"))
  }

  @Test("a part without a kind of memory is searched like the others")
  func partWithoutLargeMemories() throws {
    let examples = "examples/digits/"
    let run = try ToolRun(
      "search", Self.project, "--inputs", examples + "input.npy", "--labels",
      examples + "labels.npy", "--target", "xc7z020+vivado-2019.2", "--objective", "accuracy,dsp",
      "--bits", "4,8", "--evaluations", "3", "--screening", "0", "--json")
    #expect(run.code == 0, "\(run.error)")
    #expect(!run.output.contains("uram"))
  }

  @Test("searches have FPGA costs, reuse factors, strategies; points are hls4ml configurations")
  func search() throws {
    let folder = try TemporaryFolder()
    let run = try ToolRun(
      "search", Self.project, "--inputs", "examples/digits/input.npy", "--labels",
      "examples/digits/labels.npy", "--candidates",
      "model,w4,w4+resource+reuse<8>,model+resource+reuse<8>", "--target", "xcvu9p+vitis-2023.2",
      "--objective", "accuracy,lut,ii", "--evaluations", "12", "--screening", "0", "--json", "-o",
      folder.path)
    #expect(run.code == 0, "\(run.error)")
    let points = try #require(try JSONValue(run.output)["result"]?["points"]?.elements)
    #expect(points.count > 1)
    var folded = 0
    for point in points {
      let id = try #require(point["id"]?.text)
      let path = folder.file("\(id).hls4ml.json")
      let document = try JSONValue(
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self))
      for layer in point["layers"]?.elements ?? [] {
        guard let factor = layer["choices"]?["reuse_factor"]?.number else { continue }
        folded += 1
        let own = try #require(document["LayerName"]?[layer["name"]?.text ?? ""])
        #expect(own["ReuseFactor"]?.number == factor && own["Strategy"]?.text == "Resource")
      }
    }
    #expect(folded > 0)
    let refused = try ToolRun(
      "search", "examples/digits_cnn/model.tflite", "--inputs", "examples/digits_cnn/input.npy",
      "--candidates", "w4,w8+reuse<4>", "--evaluations", "4")
    #expect(refused.code != 0 && refused.error.contains("reuse_factor"))
  }

  @Test("QONNX networks take a part under FINN, which a part alone names; keys are the schema's")
  func finn() throws {
    let model = "Tests/Fixtures/qonnx/w4a6.onnx"
    let refused = try ToolRun("estimate", model, "--target", "xc7z020")
    #expect(refused.code > 1 && refused.error.contains("--target xc7z020+finn"))
    let run = try ToolRun(
      "estimate", model, "--target", "pynq-z2+finn", "--option", "fps=100000", "--json")
    let problems = try SchemaValidator.problems(
      JSONValue(run.output), JSONValue(ToolRun("schema", "estimate").output))
    #expect(problems == [])
    let result = try #require(try JSONValue(run.output)["result"], "\(run.error)")
    #expect(result["target"]?.text == "xc7z020+finn-2022.2")
    // 3 x 3 x 3 x 4 products of 36 pixels in fewer than 1,000 cycles: 9 columns at once.
    let first = try layer("first", result)
    #expect(first["pe"]?.number == 1 && first["simd"]?.number == 9 && first["ii"]?.number == 432)
    // A grouped convolution has no unit there.
    let words = try ToolRun("estimate", model, "--target", "xc7z020+finn").output
    #expect(words.contains("NO VERDICT") && words.contains("grouped convolutions ('group')"))
  }

  @Test("energy is that of a table by name, which is printed")
  func energy() throws {
    let (run, own) = try estimate("--target", "xcvu9p+vitis-2022.2")
    let (_, other) = try estimate("--target", "xcvu9p+vitis-2022.2", "--option", "energy=aladdin")
    #expect(run.output.contains("QKeras QTools"))
    let energy = try #require(own["energy_joules"]?.number)
    // 64 x 32, 32 x 32 and 32 x 10 products of 6 x 7, 8 x 6 and 8 x 8 bits or so: between the widths' bounds.
    let macs = try #require(own["macs"]?.number)
    #expect(energy > macs * 0.1e-12 && energy < macs * 0.4e-12)
    #expect(other["energy_joules"]?.number ?? 0 > energy)
    let refused = try ToolRun(
      "estimate", Self.project, "--target", "xcvu9p+vitis-2022.2", "--option", "energy=none")
    #expect(refused.code == 64)
    #expect(refused.error.contains("it knows: qkeras, horowitz, aladdin"))
  }

  @Test("distributed arithmetic: adders as they are written, and no report")
  func adders() throws {
    let run = try ToolRun(
      "estimate", "Tests/Fixtures/hls/hgq2_adder_conv2d/project", "--target", "xcvu9p+vitis-2023.2",
      "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(try JSONValue(run.output)["result"])
    let layer = try layer("q1", result)
    #expect(layer["strategy"]?.text == "distributed_arithmetic" && layer["dsp"]?.number == 0)
    // 402 bits of 35 adders (adders.json) by the flow's constants of an adder, at 16 positions at once.
    func constants(_ file: String) throws -> JSONValue {
      let path = URL(filePath: "Targets/fpga/\(file).json")
      return try JSONValue(String(decoding: Data(contentsOf: path), as: UTF8.self))
    }
    let bit = try #require(
      try constants("hls4ml")["latency_lut"]?["value"]?.elements.first?.number)
    let extra = try #require(try constants("vitis-2023.2")["adder_extra_lut"]?["value"]?.number)
    let expected = 16 * (402 * bit + 35 * extra)
    #expect(abs((layer["lut"]?.number ?? 0) - expected) < 0.01 * expected)
    #expect(result["resources"]?["lut"]?["error"]?["median_percent"]?.number == nil)
    #expect(run.output.contains("there is no report to compare with"))
  }

  @Test("every table of energy has a name, and is named where its numbers are")
  func energyTables() throws {
    var values: Set<Double> = []
    for name in ["qkeras", "horowitz", "aladdin", "bitfusion", "bitmod", "stripes", "zigzag"] {
      let (run, result) = try estimate("--target", "xcvu9p", "--option", "energy=\(name)")
      #expect(run.output.contains("by the table '\(name)'"))
      values.insert(try #require(result["energy_joules"]?.number))
    }
    #expect(values.count == 7)
  }
}
