/// A program that reads `hf_quant_config.json`, and what it makes of it.
///
/// Sources, all Apache-2.0: vLLM at 00155cd, `model_executor/layers/quantization/modelopt.py`
/// (`QUANT_ALGOS`, `KV_CACHE_QUANT_ALGOS`, `ModelOptMixedPrecisionConfig`); SGLang at 003ca3e,
/// `srt/layers/quantization/modelopt_quant.py` (`ModelOptFp8Config`, `ModelOptFp4Config`);
/// TensorRT-LLM, `quantization/mode.py` (`QuantAlgo`) and `quantization/modelopt_config.py`.
public enum CheckpointReader: String, Sendable, Hashable, CaseIterable {
  case vLLM = "vllm"
  case tensorRTLLM = "tensorrt-llm"
  case sgLang = "sglang"

  /// Algorithms that it takes for all quantized layers at once; nil for every one that has a name.
  private var uniform: Set<String>? {
    switch self {
    case .vLLM: ["FP8", "FP8_PER_CHANNEL_PER_TOKEN", "NVFP4", "W4A16_NVFP4", "MXFP8"]
    case .sgLang: ["FP8", "NVFP4"]
    case .tensorRTLLM: nil
    }
  }

  /// Algorithms that it takes layer by layer, an empty set where it reads no mixed file; nil as
  /// ``uniform``.
  private var mixed: Set<String>? {
    switch self {
    // Others are read as layers that are not quantized.
    case .vLLM: ["FP8", "NVFP4", "W4A16_NVFP4"]
    case .sgLang: []
    case .tensorRTLLM: nil
    }
  }

  private var keyValues: Set<KeyValueAlgorithm> {
    switch self {
    case .vLLM: [.fp8, .nvfp4]
    case .sgLang: [.fp8]
    case .tensorRTLLM: Set(KeyValueAlgorithm.allCases)
    }
  }

  /// Layers that vLLM and SGLang compute as one, by the last part of their names; what TensorRT-LLM does
  /// with them was not looked up.
  private static let fused = [["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"]]

  /// What it would refuse or read as something else.
  public func problems(of checkpoint: QuantizedCheckpoint) -> [QuantizedCheckpointProblem] {
    var problems: [QuantizedCheckpointProblem] = []
    func refuse(_ reason: String, _ layers: [String]) {
      problems.append(.reader(self, reason: reason, layers: layers))
    }
    let taken = checkpoint.isMixed ? mixed : uniform
    if checkpoint.isMixed, mixed?.isEmpty == true {
      refuse("reads no checkpoint of several algorithms", [])
    } else if let taken {
      var layers: [String: [String]] = [:]
      for layer in checkpoint.layers {
        guard let name = layer.algorithm?.name, !taken.contains(name) else { continue }
        layers[name, default: []].append(layer.name)
      }
      for (name, list) in layers.sorted(by: { $0.key < $1.key }) {
        refuse(
          "does not read \(name)" + (checkpoint.isMixed ? " among other algorithms" : ""), list)
      }
    }
    if let algorithm = checkpoint.keyValues, !keyValues.contains(algorithm) {
      refuse("does not read keys and values of \(algorithm.rawValue)", [])
    }
    for group in self == .tensorRTLLM ? [] : unequal(checkpoint) {
      refuse("computes them as one layer, and their algorithms differ", group)
    }
    return problems
  }

  /// Groups of layers that are fused and have more than one algorithm.
  private func unequal(_ checkpoint: QuantizedCheckpoint) -> [[String]] {
    var order: [String] = []
    var groups: [String: [QuantizedCheckpoint.Layer]] = [:]
    for layer in checkpoint.layers {
      let parts = layer.name.split(separator: ".", omittingEmptySubsequences: false)
      guard let last = parts.last,
        let kind = Self.fused.firstIndex(where: { $0.contains(String(last)) })
      else { continue }
      let key = parts.dropLast().joined(separator: ".") + ":\(kind)"
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(layer)
    }
    return order.compactMap { key in
      let layers = groups[key] ?? []
      return Set(layers.map(\.algorithm)).count > 1 ? layers.map(\.name) : nil
    }
  }
}
