import Documents
import TestSupport
import Testing

/// What users' cases asked of searches: units, refusals, files that were changed by hand.
@Suite("Command line: searches as users have them")
struct SearchFieldTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ToolRun {
    try ToolRun(arguments: ["search"] + arguments, setting: .init(folder: folder.path))
  }

  private func scores(_ text: String) throws -> String {
    try folder.write(Array(text.utf8), to: "scores.json")
  }

  private static let groups = """
    {"schema": "hwsim.scores/1", "groups": [
      {"group": "fc", "formats": ["NONE", "FP8"], "scores": [0, 0.1], "costs": {"size": [16, 8]}},
      {"group": "lm_head", "formats": ["NONE", "FP8"], "scores": [0, 0.2], "costs": {"size": [160, 80]}}
    ]}
    """

  @Test("sizes in bytes are bits where a cost counts bits; a bare clock is refused")
  func units() {
    #expect(UnitAmount.value("3KiB", unit: "bit") == 24_576)
    #expect(UnitAmount.value("1.5MB", unit: "bit") == 12_000_000)
    #expect(UnitAmount.value("3k", unit: "bit") == 3_000)
    #expect(UnitAmount.value("3B", unit: "bit") == 24)
    #expect(UnitAmount.value("3kbit", unit: "bit") == 3_000)
    #expect(UnitAmount.value("84", unit: "Hz") == nil)
    #expect(UnitAmount.value("84MHz", unit: "Hz") == 84e6)
    #expect(UnitAmount.value("3KiB", unit: "B") == 3_072)
  }

  @Test(
    "options that would change nothing of a table are refused by name",
    arguments: [
      ["--exclude", "lm_head"], ["--fix", "fc=FP8"], ["--restrict", "fc=FP8"], ["--ties", "qkv"],
      ["--space", "w_only"], ["--shard", "1/2"], ["--inputs", "x.npy"],
      ["--bits", "2,4"], ["--study", "s.jsonl"],
    ])
  func refused(option: [String]) throws {
    let path = try scores(Self.groups)
    let run = try ToolRun(
      arguments: ["search", "--table", path, "--budget", "size=60%"] + option,
      setting: .init(folder: folder.path))
    #expect(run.code == 64)
    #expect(run.error.contains(option[0]), "\(run.error)")
  }

  @Test("a bare NaN is said of its place in the file, not of an option")
  func nan() throws {
    let path = try scores(Self.groups.replacing("0.1", with: "NaN"))
    let run = try run("--table", path, "--budget", "size=50%")
    #expect(run.code == 65)
    #expect(run.error.contains("scores.json:2:") && run.error.contains("\"nan\""), "\(run.error)")
  }

  @Test("a bound of the score asks for the smallest allocation that is good enough")
  func scoreBound() throws {
    let path = try scores(Self.groups)
    let met = try run("--table", path, "--budget", "score<=0.15", "--json")
    #expect(met.code == 0)
    let row = try JSONValue(met.output)["result"]?["problems"]?[0]
    // 168 in FP8 for fc alone; 96 in FP8 for lm_head alone has a score of 0.2.
    #expect(row?["budgets"]?[0]?["total"]?.number == 168)
    #expect(row?["score_limit"]?["limit"]?.number == 0.15)
    let all = try run("--table", path, "--budget", "score<=0.2", "--json")
    let other = try JSONValue(all.output)["result"]?["problems"]?[0]
    #expect(other?["budgets"]?[0]?["total"]?.number == 96)
    let missed = try run("--table", path, "--budget", "score<=-1")
    #expect(missed.code == 1 && missed.output.contains("the smallest is 0"), "\(missed.output)")
    let floor = try run("--table", path, "--budget", "score>=1")
    #expect(floor.code == 64 || floor.code == 65)
    #expect(floor.error.contains("less is better"), "\(floor.error)")
  }

  @Test("a limit missed by a hair is told apart from the minimum")
  func hair() throws {
    let path = try scores(Self.groups)
    let missed = try run("--table", path, "--budget", "size=87.999999")
    #expect(missed.code == 1)
    #expect(missed.output.contains("87.999999") && missed.output.contains("88"), "\(missed.output)")
    let problem = try folder.write(
      Array(
        """
        [{"id": "h", "layers": [{"loss": [0, 1], "costs": [[20, 10]]}], "budgets": [9.999999999999]}]
        """.utf8), to: "problem.json")
    let table = try run("--table", problem)
    #expect(table.code == 1)
    #expect(table.output.contains("9.999999999999") && table.output.contains("smallest 10"))
  }

  /// Cases of conformance/field/search; absent without the shared data.
  private func field(_ name: String) throws -> String? {
    guard let root = SharedData.root else { return nil }
    return root + "/conformance/field/search/" + name + "/files/"
  }

  @Test("dynamic dimensions are those of the samples")
  func dynamicShape() throws {
    guard let place = try field("dynamic_shape_hint") else { return }
    let run = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--bits", "2,4", "--evaluations", "2",
      "--screening", "2")
    #expect(run.code == 0, "\(run.error)")
  }

  /// 396 different weights at 2 bits: 792 bits, not 1,080 (case.json of the field case).
  @Test("layers that share a weight tensor have one format, counted once")
  func sharedWeights() throws {
    guard let place = try field("shared_weights") else { return }
    let run = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--labels", place + "y.npy", "--bits",
      "2,4,8", "--evaluations", "27", "--json")
    #expect(run.code == 0, "\(run.error)")
    let result = try #require(JSONValue(run.output)["result"])
    let points = try #require(result["points"]?.elements)
    let smallest = points.compactMap { $0["weight_bits"]?.number }.min()
    #expect(smallest == 792, "\(run.output.prefix(2000))")
  }

  /// Every allocation is evaluated here, so that the smallest of sufficient accuracy can be looked up.
  @Test("a floor on the quality gives the smallest allocation that has it")
  func floor() throws {
    guard let place = try field("shared_weights") else { return }
    func search(_ budgets: String...) throws -> ToolRun {
      try ToolRun(
        arguments: [
          "search", place + "net.onnx", "--inputs", place + "x.npy", "--labels", place + "y.npy",
          "--bits", "2,4,8", "--evaluations", "27",
        ] + budgets.flatMap { ["--budget", $0] }, setting: .init(folder: folder.path))
    }
    let whole = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--labels", place + "y.npy", "--bits",
      "2,4,8", "--evaluations", "27", "--json")
    let all = try #require(JSONValue(whole.output)["result"]?["evaluations"]?.elements)
    let good = all.filter { ($0["accuracy"]?.number ?? 0) >= 0.23 }
    let bits = good.compactMap { $0["weight_bits"]?.number }
    let smallest = try #require(bits.min())
    let json = folder.file("floor.json")
    let found = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--labels", place + "y.npy", "--bits",
      "2,4,8", "--evaluations", "27", "--budget", "accuracy>=23%", "--json-file", json)
    #expect(found.code == 0, "\(found.error)")
    #expect(found.output.contains("smallest with accuracy of at least 23%: A"), "\(found.output)")
    let document = try JSONValue(ToolRun.contents(json))
    #expect(
      try SchemaValidator.problems(document, JSONValue(ToolRun("schema", "search").output)) == [])
    let result = try #require(document["result"])
    #expect(result["points"]?.elements.first?["weight_bits"]?.number == smallest)
    #expect(result["floor"]?["met"] == .bool(true))
    // Beside a budget, in the other direction, and out of reach.
    #expect(try search("accuracy >= 0.23", "weight_bits<=\(Int(smallest))").code == 0)
    #expect(try search("accuracy>=23%", "weight_bits=\(Int(smallest) - 1)").code == 1)
    let missed = try search("accuracy>=99.9%")
    #expect(missed.code == 1)
    #expect(missed.output.contains("accuracy of at least 99.9% was not reached; the best of 27"))
    for wrong in [
      "accuracy<=50%", "accuracy=50%", "loss<=0.5", "accuracy>=150%", "accuracy>=x",
      "weight_bits>=3",
    ] {
      let refused = try search(wrong)
      #expect(refused.error.contains("search.budget"), "\(wrong): \(refused.error)")
    }
    let loss = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--bits", "2,4,8", "--evaluations", "27",
      "--objective", "loss,weight_bits", "--budget", "loss<=0.1")
    #expect(loss.code == 0 || loss.output.contains("was not reached"), "\(loss.output)")
  }

  /// A subset-sum problem, for which no proof comes within the time.
  @Test("a time limit on a table gives the best so far and what nothing is below")
  func tableTimeLimit() throws {
    guard let place = try field("table_time_limit_ignored") else { return }
    let stopped = try run(
      "--table", place + "problem.json", "--time-limit", "1s", "--json")
    #expect(stopped.code == 0, "\(stopped.error)")
    #expect(stopped.error.contains("search.time-limit"))
    let row = try #require(JSONValue(stopped.output)["result"]?["problems"]?.elements.first)
    #expect(row["status"]?.text == "feasible")
    #expect(row["proved"] == .bool(false))
    let (loss, bound) = (
      try #require(row["objective"]?.number), try #require(row["lower_bound"]?.number)
    )
    #expect(bound <= loss)
    // Ctrl-C gives the same, with its own code.
    var setting = ToolRun.Setting()
    setting.seconds = 2
    setting.timerSignal = "INT"
    let ended = try ToolRun(
      arguments: ["search", "--table", place + "problem.json"], setting: setting)
    #expect(ended.code == 130)
    #expect(ended.output.contains("stopped; none is below"), "\(ended.output) \(ended.error)")
    let wrong = try run("--table", place + "problem.json", "--time-limit", "xx")
    #expect(wrong.code == 64)
  }

  @Test("a merge says which parts of a search are not there")
  func missingPart() throws {
    guard let place = try field("shared_weights") else { return }
    let study = folder.file("a.jsonl")
    let part = try run(
      place + "net.onnx", "--inputs", place + "x.npy", "--labels", place + "y.npy", "--bits",
      "2,4", "--evaluations", "3", "--screening", "2", "--shard", "1/3", "--study", study)
    #expect(part.code == 0, "\(part.error)")
    let merged = try run("--merge", study)
    #expect(merged.error.contains("search.shard-missing"), "\(merged.error)")
    #expect(merged.error.contains("2/3, 3/3"), "\(merged.error)")
  }

  /// vLLM at 00155cd raises "Mixed quant_algo within fused layer", SGLang at 003ca3e knows one
  /// algorithm for all; `lm_head` counts as quantized in a uniform file that does not exclude it.
  @Test("files for a reader are checked by its rules; an unlisted lm_head is excluded")
  func readers() throws {
    func file(_ k: String) throws -> String {
      try scores(
        """
        {"schema": "hwsim.scores/1", "groups": [
          {"group": "model.layers.0.self_attn.q_proj", "formats": ["FP8"], "scores": [0],
           "costs": {"size": [8]}},
          {"group": "model.layers.0.self_attn.k_proj", "formats": ["\(k)"], "scores": [0],
           "costs": {"size": [8]}},
          {"group": "model.layers.0.self_attn.v_proj", "formats": ["FP8"], "scores": [0],
           "costs": {"size": [8]}}
        ]}
        """)
    }
    func search(_ path: String, _ reader: String) throws -> ToolRun {
      try run(
        "--table", path, "--budget", "size=100%", "--write", "hf", "-o", folder.file("hf"), "--for",
        reader)
    }
    let uniform = try file("FP8")
    for reader in ["vllm", "tensorrt-llm", "sglang"] {
      let written = try search(uniform, reader)
      #expect(written.code == 0, "\(written.error)")
    }
    let text = try ToolRun.contents(folder.file("hf/hf_quant_config.json"))
    #expect(text.contains("\"lm_head\"") && text.contains("modelopt"), "\(text)")
    let mixed = try file("NVFP4")
    #expect(try search(mixed, "tensorrt-llm").code == 0)
    let fused = try search(mixed, "vllm")
    #expect(fused.code == 65 && fused.error.contains("as one layer"), "\(fused.error)")
    let several = try search(mixed, "sglang")
    #expect(several.error.contains("several algorithms"), "\(several.error)")
    let unknown = try search(uniform, "ollama")
    #expect(unknown.code == 64, "\(unknown.error)")
  }
}
