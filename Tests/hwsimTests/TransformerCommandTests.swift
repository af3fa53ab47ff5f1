import FoundationEssentials
import TestSupport
import Testing

@Suite("Command line: transformers")
struct TransformerCommandTests {
  private static let small = "examples/transformers/qwen3-0.6b.json"
  private static let mixture = "examples/transformers/qwen3-30b-a3b.json"

  private static func result(_ arguments: String...) throws -> JSONValue {
    try result(arguments: arguments)
  }

  private static func result(arguments: [String]) throws -> JSONValue {
    let run = try ToolRun(arguments: arguments + ["--json"])
    #expect(run.code == 0, "\(run.error)")
    return try #require(try JSONValue(run.output)["result"])
  }

  @Test("inspect counts parameters, work, cache and bytes")
  func inspect() throws {
    let result = try Self.result("inspect", Self.small, "--batch", "2", "--sequence", "10")
    #expect(result["family"]?.text == "qwen3")
    #expect(result["parameters"]?.integer == 596_049_920)
    // 28 layers, a key and a value of 8 heads of 128 numbers.
    #expect(result["cache"]?["elements_per_token"]?.integer == 28 * 2 * 8 * 128)
    #expect(result["cache"]?["elements"]?.integer == 2 * 10 * 28 * 2 * 8 * 128)
    #expect(result["cache"]?["bytes"]?.integer == 2 * 2 * 10 * 28 * 2 * 8 * 128)
    // Scores and values of 16 query heads, over the whole matrix.
    #expect(
      result["macs"]?["prefill"]?["by_kind"]?["attention"]?.integer
        == 28 * 2 * 16 * 10 * 10 * 2 * 128)
    #expect(result["stored"]?["bytes"]?.integer == 2 * 596_049_920)
  }

  @Test("experts: expected distinct ones, what a token meets")
  func experts() throws {
    let result = try Self.result("inspect", Self.mixture, "--batch", "4")
    #expect(result["parameters"]?.integer == 30_532_122_624)
    let entry = try #require(result["experts"]?[0])
    #expect(entry["experts"]?.integer == 128)
    let distinct = 128 * (1 - (120.0 / 128) * (120.0 / 128) * (120.0 / 128) * (120.0 / 128))
    guard case .number(let value)? = entry["expected_distinct"] else {
      Issue.record("no number")
      return
    }
    #expect(abs(value - distinct) < 1e-9)
  }

  @Test("text and options that exclude each other")
  func text() throws {
    let run = try ToolRun("inspect", Self.mixture, "--attention", "causal")
    #expect(run.code == 0)
    #expect(run.output.contains("30,532,122,624 parameters"))
    #expect(run.output.contains("attention causal"))
    for arguments in [
      ["inspect", Self.small, "--ranges"], ["inspect", Self.small, "--cache", "kv99"],
      ["inspect", "examples/digits/project", "--batch", "2"],
    ] {
      #expect(try ToolRun(arguments: arguments).code == 64)
    }
    #expect(try ToolRun("inspect", Self.small, "--latent", "4").code == 65)
    #expect(try ToolRun("inspect", Self.small, "--batch", "0").code == 65)
  }

  @Test("cached values in groups, keys a channel, outliers kept apart")
  func cache() throws {
    let result = try Self.result(
      "inspect", Self.small, "--sequence", "64", "--cache",
      "kv2,group=32,key=channel,outliers=0.01")
    let row = 8 * 128
    let codes = 64 * row * 2
    // Keys: a scale and a zero point for 32 tokens of a channel; values: for 32 numbers of a token.
    let keys = row * 2 * 32
    let values = 64 * 8 * 4 * 32
    let apart = (64 * row * 10_000 + 999_999) / 1_000_000 * 32
    let one = (codes + keys + apart + 7) / 8 + (codes + values + apart + 7) / 8
    #expect(result["cache"]?["bytes"]?.integer == 28 * one)
  }

  @Test("a pass as a graph: formulas of extents, caches that grow, an estimate layer by layer")
  func graph() throws {
    let sizes = ["--batch", "2", "--sequence", "64"]
    let graph = try Self.result(arguments: ["inspect", Self.small, "--graph", "decode"] + sizes)
    #expect(graph["details"]?["sizes"]?["context"]?.integer == 65)
    let state = try #require(graph["states"]?[0])
    #expect(state["grows_along"]?.integer == 2)
    #expect(state["tensor"]?["formulas"]?[2]?.text == "sequence")
    #expect(state["next"]?["formulas"]?[2]?.text == "context")
    let all = try Self.result(arguments: ["inspect", Self.small] + sizes)
    let work = all["macs"]?["decode"]?["total"]?.integer
    #expect(graph["macs"]?.integer == work)
    #expect(graph["parameters"]?.integer == all["parameters"]?.integer)
    let estimate = try Self.result(
      arguments: ["estimate", Self.small, "--graph", "decode", "--target", "a100"] + sizes)
    #expect(estimate["macs"]?.integer == work)
    #expect(estimate["layers"]?.elements.count == graph["nodes"]?.elements.count)
    for command in ["inspect", "estimate"] {
      let run = try ToolRun(
        arguments: [command, Self.small, "--graph", "decoder"]
          + (command == "estimate" ? ["--target", "a100"] : []))
      #expect(run.code == 64 && run.error.contains("prefill"), "\(run.error)")
    }
  }

  @Test("reports and comparisons show a row for each form and batch")
  func reports() throws {
    let scratch = try TemporaryFolder()
    func estimate(_ name: String, _ arguments: String...) throws -> String {
      let path = scratch.file(name)
      let run = try ToolRun(
        arguments: ["estimate", Self.small, "--target", "a100", "--sequence", "256"] + arguments
          + ["--json-file", path])
      #expect(run.code == 0, "\(run.error)")
      return path
    }
    let rows = try estimate("rows.json", "--bits", "w4a16,w8a8", "--batch", "1,8")
    let page = try ToolRun("report", rows, "--markdown")
    #expect(page.code == 0, "\(page.error)")
    #expect(page.output.contains("4 OF 4 FIT"))
    for words in ["w4a16, batch 1, sequence 256", "w8a8, batch 8, sequence 256", "attention"] {
      #expect(page.output.contains(words), "\(words)")
    }
    let layers = try estimate("layers.json", "--graph", "prefill")
    let other = try ToolRun("report", layers, "--markdown")
    #expect(other.output.contains("model.layers.0.mlp.down\\_proj"), "\(other.error)")
    let wider = try estimate("wider.json", "--bits", "w16a16,w8a8", "--batch", "1,8")
    let compared = try ToolRun("compare", rows, wider)
    #expect(compared.output.contains("w8a8, batch 8"), "\(compared.error)")
  }

  @Test("hostile configurations are refused with the key")
  func hostile() throws {
    let scratch = try TemporaryFolder()
    for (text, word) in [
      ("{\"model_type\": \"lama\"}", "llama"),
      ("{\"model_type\": \"llama\", \"num_attention_heads\": -1}", "num_attention_heads"),
      ("{\"model_type\": \"llama\", \"hidden_size\": 9223372036854775807}", "hidden_size"),
      ("{\"model_type\": \"llama\", \"hidden_size\": 4096", "config.json"),
      ("{\"a\": 1}", "model_type"),
    ] {
      let path = try scratch.write(Array(text.utf8), to: "config.json")
      let run = try ToolRun("inspect", path)
      #expect(run.code == 65, "\(text)")
      #expect(run.error.contains(word), "\(text): \(run.error)")
    }
  }

  @Test("formats --stored answers in order")
  func stored() throws {
    let scratch = try TemporaryFolder()
    let path = try scratch.write(
      Array(
        """
        [{"method": "gptq", "config": {"bits": 4, "group_size": 128}, "in": 4096, "out": 4096},
         {"method": "gguf", "config": {"type": "Q4_K"}, "in": 256, "out": 3}]
        """.utf8), to: "cases.json")
    let result = try Self.result("formats", "--stored", path)
    // Codes, zero points, scales and the order of 4,096 inputs.
    let gptq = 4096 * 4096 / 2 + 32 * 512 * 4 + 32 * 4096 * 2 + 4096 * 4
    #expect(result["cases"]?[0]?["stored_bytes"]?.integer == gptq)
    #expect(result["cases"]?[1]?["stored_bytes"]?.integer == 3 * 144)
  }

  @Test("blocks of GGUF are cast to values and back")
  func gguf() throws {
    let scratch = try TemporaryFolder()
    // Q8_0: a scale of 0.5 and codes -16 to 15.
    var npy = Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }) + [1, 0]
    var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 34), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    npy += [UInt8(header.utf8.count), 0] + Array(header.utf8)
    npy += [0x00, 0x38] + (-16..<16).map { UInt8(bitPattern: Int8($0)) }
    let blocks = try scratch.write(npy, to: "blocks.npy")
    let values = scratch.file("values.npy")
    let run = try ToolRun("cast", blocks, "--from", "Q8_0", "--to", "float32", "-o", values)
    #expect(run.code == 0, "\(run.error)")
    let back = scratch.file("back.npy")
    #expect(try ToolRun("cast", values, "--to", "Q4_0", "-o", back).code == 0)
    #expect(try ToolRun("cast", values, "--to", "Q4_K", "-o", back).code == 65)
    #expect(try ToolRun("cast", blocks, "--from", "Q4_K", "--to", "float32", "-o", back).code == 65)
    #expect(try ToolRun("formats", "Q4_K").output.contains("144 bytes"))
  }

  @Test("a search of scores has the model's sizes, and fused projections one format")
  func search() throws {
    let scratch = try TemporaryFolder()
    let path = try scratch.write(
      Array(
        """
        {"schema": "hwsim.scores/1", "groups": [
          {"group": "q", "layers": ["model.layers.0.self_attn.q_proj"],
           "formats": ["NVFP4", "FP8", "none"], "scores": [0.1, 0, 0]},
          {"group": "k", "layers": ["model.layers.0.self_attn.k_proj"],
           "formats": ["NVFP4", "FP8", "none"], "scores": [5, 2, 0]},
          {"group": "down", "layers": ["model.layers.0.mlp.down_proj"],
           "formats": ["NVFP4", "FP8", "none"], "scores": [1, 0.5, 0]}]}
        """.utf8), to: "scores.json")
    // In bfloat16 12,582,912 bytes. Together q and k must be FP8; alone q may be NVFP4 and k stay.
    for (ties, algorithm) in [("qkv,gate-up,experts", "FP8"), ("none", "MIXED_PRECISION")] {
      let folder = scratch.file("out-\(algorithm)")
      let run = try ToolRun(
        "search", Self.small, "--sensitivity", path, "--budget", "size=55%", "--ties", ties,
        "--write", "hf", "-o", folder)
      #expect(run.code == 0, "\(run.error)")
      let document = try JSONValue(ToolRun.contents(folder + "/hf_quant_config.json"))
      #expect(document["quantization"]?["quant_algo"]?.text == algorithm)
    }
    let unknown = try scratch.write(
      Array(
        """
        {"schema": "hwsim.scores/1", "groups": [
          {"group": "q", "layers": ["model.layers.99.self_attn.q_proj"],
           "formats": ["FP8"], "scores": [1]}]}
        """.utf8), to: "unknown.json")
    #expect(
      try ToolRun("search", Self.small, "--sensitivity", unknown, "--objective", "score,size").code
        == 64)
    #expect(try ToolRun("search", Self.small, "--objective", "score,size").code == 64)
  }

  /// Names and counts of what is stored in another form than the rest.
  private static func quantized(_ folder: String) throws -> [String] {
    let result = try result("inspect", folder)
    let layers = try #require(result["stored"]?["layers"]?.elements)
    return layers.filter { $0["form"]?.text != "bfloat16" && $0["form"]?.text != "float32" }.map {
      "\($0["name"]?.text ?? "") \($0["count"]?.integer ?? 0)"
    }.sorted()
  }

  @Test("both files of a search are read as the same layers", arguments: [small, mixture])
  func written(_ model: String) throws {
    let scratch = try TemporaryFolder()
    let feedForward =
      model == Self.small
      ? ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"] : ["mlp.experts", "mlp.gate"]
    var groups: [String] = []
    for layer in 0..<3 {
      for (index, name) in (["self_attn.q_proj", "self_attn.o_proj"] + feedForward).enumerated() {
        let score = (layer * 7 + index * 3) % 5 + 1
        groups.append(
          """
          {"group": "\(layer).\(name)", "layers": ["model.layers.\(layer).\(name)"],
           "formats": ["NVFP4", "FP8", "none"], "scores": [\(score), 0.\(score), 0]}
          """)
      }
    }
    let usable = groups.filter { !$0.contains("mlp.gate\"") }
    let scores = try scratch.write(
      Array(
        "{\"schema\": \"hwsim.scores/1\", \"groups\": [\(usable.joined(separator: ","))]}".utf8),
      to: "scores.json")
    let out = scratch.file("out")
    let run = try ToolRun(
      "search", model, "--sensitivity", scores, "--budget", "size=60%", "--write",
      "hf,compressed-tensors", "-o", out)
    #expect(run.code == 0, "\(run.error)")
    let config = try ToolRun.contents(model)
    let end = try #require(config.lastIndex(of: "}"))
    // The block inside of a configuration, and the file beside one.
    let block = try ToolRun.contents(out + "/quantization_config.json")
    let beside = try ToolRun.contents(out + "/hf_quant_config.json")
    for (name, text) in [
      ("inside/config.json", config[..<end] + ", \"quantization_config\": \(block)}"),
      ("beside/config.json", config[...]), ("beside/hf_quant_config.json", beside[...]),
    ] {
      let folder = scratch.file(String(name.prefix { $0 != "/" }))
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      _ = try scratch.write(Array(text.utf8), to: name)
    }
    let layers = try Self.quantized(scratch.file("inside"))
    #expect(!layers.isEmpty)
    #expect(try layers == Self.quantized(scratch.file("beside")))
  }
}
