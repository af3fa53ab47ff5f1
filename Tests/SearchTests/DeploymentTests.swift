import Search
import Testing

@Suite("Checkpoints of transformers")
struct DeploymentTests {
  /// Labels and the algorithm that Model Optimizer's `process_layer_quant_config` writes for them.
  @Test(
    "labels stand for algorithms",
    arguments: [
      ("FP8", "FP8", nil), ("fp8", "FP8", nil),
      ("FP8_DEFAULT_CFG(effective-bits: 8.0)", "FP8", nil),
      ("e4m3", "FP8", nil), ("NVFP4", "NVFP4", 16), ("nvfp4/nvfp4", "NVFP4", 16),
      ("NVFP4_AWQ_LITE_CFG", "NVFP4_AWQ", 16), ("INT4_AWQ_CFG", "W4A16_AWQ", 128),
      ("W4A8_AWQ_BETA_CFG", "W4A8_AWQ", 128), ("W4A8_MXFP4_FP8", "W4A8_MXFP4_FP8", 32),
      ("mxfp4/e4m3", "W4A8_MXFP4_FP8", 32), ("int8_sq", "W8A8_SQ_PER_CHANNEL", nil),
      ("w8a8", "W8A8_SQ_PER_CHANNEL", nil), ("int8/int8", "W8A8_SQ_PER_CHANNEL", nil),
      ("w8", "W8A16", nil), ("INT8_WEIGHT_ONLY_CFG", "W8A16", nil),
    ] as [(String, String, Int?)])
  func labels(label: String, name: String, groupSize: Int?) throws {
    guard case .algorithm(let algorithm)? = QuantAlgorithm.meaning(of: label) else {
      Issue.record("\(label) stands for nothing")
      return
    }
    #expect(algorithm.name == name && algorithm.groupSize == groupSize)
    #expect(algorithm.scalesInputs == name.hasSuffix("_AWQ"))
  }

  @Test func unquantizedAndUnknownLabels() {
    for label in ["float", "NONE(effective-bits: 16.0)", "bfloat16"] {
      #expect(QuantAlgorithm.meaning(of: label) == .unquantized)
      #expect(KeyValueAlgorithm.meaning(of: label) == .unquantized)
    }
    for label in ["w4a8", "e5m2", "mxfp4", "MIXED_PRECISION", "", "NVFP5"] {
      #expect(QuantAlgorithm.meaning(of: label) == nil, "\(label)")
    }
    #expect(KeyValueAlgorithm.meaning(of: "FP8_KV_CFG") == .algorithm(.fp8))
    #expect(KeyValueAlgorithm.meaning(of: "int8") == .algorithm(.int8))
    #expect(KeyValueAlgorithm.meaning(of: "w8a8") == nil)
  }

  private static func linear(_ layers: [String], _ format: String) -> QuantizedCheckpoint.Assignment
  {
    .init(group: layers[0], layers: layers, role: .linear, format: format)
  }

  private static func stored(_ group: String, _ format: String) -> QuantizedCheckpoint.Assignment {
    .init(group: group, layers: [group], role: .keyValue, format: format)
  }

  @Test("one algorithm, several, and layers that stay as they are")
  func checkpoints() throws {
    let uniform = try QuantizedCheckpoint([
      Self.linear(["q", "k"], "FP8"), Self.linear(["b"], "none"), Self.linear(["a"], "none"),
      Self.stored("kv", "NVFP4"),
    ])
    #expect(uniform.uniform?.name == "FP8" && !uniform.isMixed)
    #expect(uniform.excluded == ["a", "b"] && uniform.keyValues == .nvfp4)
    let mixed = try QuantizedCheckpoint([
      Self.linear(["q"], "FP8"), Self.linear(["d"], "NVFP4"), Self.stored("k", "none"),
      Self.stored("v", "float16"),
    ])
    #expect(mixed.isMixed && mixed.uniform == nil && mixed.keyValues == nil)
    let untouched = try QuantizedCheckpoint([Self.linear(["q"], "float")])
    #expect(untouched.uniform == nil && !untouched.isMixed && untouched.excluded == ["q"])
  }

  @Test("formats without an algorithm and unequal keys and values are all named")
  func problems() throws {
    let found = #expect(throws: QuantizedCheckpointProblems.self) {
      try QuantizedCheckpoint([
        Self.linear(["q", "k"], "w3a8"), Self.stored("kv0", "FP8"), Self.stored("kv1", "none"),
        Self.stored("kv2", "e5m2"),
      ])
    }
    #expect(
      found?.problems == [
        .format(layers: ["q", "k"], format: "w3a8", known: QuantAlgorithm.names),
        .format(
          layers: ["kv2"], format: "e5m2", known: KeyValueAlgorithm.allCases.map(\.rawValue)),
        .keyValues(groups: ["kv0", "kv1"]),
      ])
  }
}
