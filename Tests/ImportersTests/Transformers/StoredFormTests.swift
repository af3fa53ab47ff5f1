import Arith
import Documents
import FoundationEssentials
import Importers
import TestSupport
import Testing

/// Stored bytes against the packages that write the forms (quant_metadata.json names them).
@Suite("Transformers: stored forms")
struct StoredFormTests {
  private static let root = ModelShapesTests.root

  private static func metadata() throws -> JSON {
    try ModelShapesTests.document(#require(root) + "/quant_metadata.json")
  }

  @Test("bytes of every case are equal, tensor by tensor", .enabled(if: root != nil))
  func cases() throws {
    let cases = try Self.metadata()["cases"]?.elements ?? []
    #expect(cases.count == 188)
    var unequal = 0
    for entry in cases {
      let method = entry["method"]?.text ?? ""
      let form = try StoredForm(entry["config"] ?? [:], method: method)
      let tensors = try form.tensors(
        inputs: entry["in"]?.count ?? 0, outputs: entry["out"]?.count ?? 0)
      let expected = (entry["tensors"]?.members ?? []).map { $0.value["bytes"]?.count ?? -1 }
      let own = tensors.map(\.bytes)
      if method == "bitsandbytes", entry["config"]?["bnb_4bit_use_double_quant"]?.flag == true {
        // The state is a text whose length depends on the decimal form of a mean of the weights.
        let difference = own.reduce(0, +) - expected.reduce(0, +)
        #expect(abs(difference) <= 3, "\(entry["config"] ?? .null)")
        if difference != 0 { unequal += 1 }
      } else {
        #expect(own.sorted() == expected.sorted(), "\(method) \(entry["config"] ?? .null)")
      }
    }
    #expect(unequal <= 6)
  }

  @Test("bytes of whole checkpoints are equal", .enabled(if: root != nil))
  func models() throws {
    let root = try #require(Self.root)
    var compared = 0
    for entry in try Self.metadata()["model_cases"]?.elements ?? [] {
      let name = entry["model"]?.text ?? ""
      let document = try ModelShapesTests.document(root + "/configs/\(name).json")
      let shapes = try TransformerConfiguration(document).shapes()
      let block: QuantizationBlock?
      switch entry["method"]?.text ?? "" {
      case "bfloat16": block = nil
      case "compressed-tensors":
        let preset = entry["preset"]?.text ?? ""
        block = try QuantizationBlock([
          "quant_method": "compressed-tensors",
          "config_groups": .object([.init(key: preset, value: ["Linear"])]),
          "ignore": entry["ignore"] ?? [],
        ])
      default:
        block = try QuantizationBlock([
          "quant_method": "fp8", "weight_block_size": [128, 128], "activation_scheme": "dynamic",
        ])
      }
      let stored = try StoredModel(
        shapes, document: ["torch_dtype": "bfloat16"], block: block)
      #expect(stored.bytes == entry["bytes"]?.count, "\(name) \(entry["preset"] ?? .null)")
      compared += 1
    }
    #expect(compared == 11)
  }

  @Test("every published block is read", .enabled(if: root != nil))
  func published() throws {
    let metadata = try Self.metadata()
    for key in ["blocks_published", "hf_quant_config_published"] {
      let blocks = metadata[key]?.members ?? []
      #expect(!blocks.isEmpty)
      for member in blocks {
        let block = try #require(member.value["block"])
        // Ignore lists of the data are cut off with a text that is no name.
        if member.key.contains("over fp8") || member.key.hasSuffix("MIXED_PRECISION") { continue }
        _ = try QuantizationBlock(block)
      }
    }
  }

  /// The block that moonshotai published for Kimi-K2.5: experts alone are stored in 4 bits.
  @Test("ignore lists decide which layers are quantized")
  func ignored() throws {
    let block = try QuantizationBlock([
      "quant_method": "compressed-tensors", "format": "pack-quantized",
      "config_groups": [
        "group_0": [
          "targets": ["Linear"],
          "weights": [
            "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": true,
          ],
        ]
      ],
      "ignore": [
        "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
        "re:.*mlp\\.(gate|up|gate_up|down)_proj.*",
      ],
    ])
    func isStored(_ name: String) -> Bool {
      block.form(of: name, isHead: false, isExpert: false) != nil
    }
    #expect(!isStored("lm_head"))
    #expect(!isStored("model.layers.3.self_attn.q_a_proj"))
    #expect(!isStored("model.layers.0.mlp.gate_proj"))
    #expect(!isStored("model.layers.9.mlp.shared_experts.up_proj"))
    #expect(isStored("model.layers.9.mlp.experts.17.gate_proj"))
  }

  @Test("wildcards of ModelOpt, prefixes of transformers, heads that stay")
  func wildcards() throws {
    let modelopt = try QuantizationBlock([
      "quantization": [
        "quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": 16,
        "exclude_modules": ["lm_head", "model.layers.0*", "*.self_attn.kv_?_proj"],
      ]
    ])
    #expect(modelopt.cacheForm == "FP8")
    #expect(modelopt.form(of: "lm_head", isHead: true, isExpert: false) == nil)
    #expect(
      modelopt.form(of: "model.layers.0.mlp.up_proj", isHead: false, isExpert: false) == nil)
    #expect(
      modelopt.form(of: "model.layers.7.self_attn.kv_b_proj", isHead: false, isExpert: false)
        == nil)
    #expect(
      modelopt.form(of: "model.layers.7.self_attn.q_b_proj", isHead: false, isExpert: false)
        != nil)
    let gptq = try QuantizationBlock(["quant_method": "gptq", "bits": 4, "group_size": 128])
    #expect(gptq.form(of: "lm_head", isHead: true, isExpert: false) == nil)
    let experts = try QuantizationBlock([
      "quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"],
    ])
    #expect(
      experts.form(of: "model.layers.0.self_attn.q_proj", isHead: false, isExpert: false) == nil)
    #expect(
      experts.form(of: "model.layers.0.mlp.experts.0.up_proj", isHead: false, isExpert: true)
        != nil)
  }

  private static let refusals: [(JSON, String)] = [
    (["quant_method": "vptq"], "vptq"),
    (["quant_method": "gptq", "bits": 5], "5"),
    (["quant_method": "gptq", "bits": 4, "group_size": 0], "group_size"),
    (["quant_method": "gptq", "bits": -4], "bits"),
    (["quant_method": "awq", "bits": 4, "version": "marlin"], "marlin"),
    (["quant_method": "fp8", "weight_block_size": [0, 128]], "weight_block_size"),
    (["quant_method": "fp8", "weight_block_size": 128], "weight_block_size"),
    ([:], "quant_method"),
  ]

  @Test("forms that are not known are refused by name", arguments: refusals)
  func refused(_ block: JSON, _ word: String) throws {
    do {
      _ = try QuantizationBlock(block)
      Issue.record("\(block) was taken")
    } catch {
      let problem = error.diagnostic
      #expect((problem.message + (problem.location ?? "")).contains(word))
    }
  }
}
