internal import Arith
internal import HWModel
import QuantGraph

/// A way to quantize linear layers that the file `hf_quant_config.json` of a checkpoint names.
///
/// Names and parameters are those that NVIDIA Model Optimizer writes
/// (`modelopt/torch/export/quant_utils.py`, `process_layer_quant_config`) and that TensorRT-LLM reads
/// (`tensorrt_llm/quantization/mode.py`, `QuantAlgo`); the names of Model Optimizer's configurations
/// are those of `modelopt/torch/quantization/config.py`, whose block sizes the group sizes are.
/// Both are public under Apache-2.0.
public struct QuantAlgorithm: Sendable, Hashable {
  public let name: String
  /// Neighbouring weights that share a scale; nil where the file names no number.
  public let groupSize: Int?
  /// Whether inputs are multiplied by a vector of their own first (AWQ); the file then says so, and
  /// that codes have no zero point.
  public let scalesInputs: Bool

  /// Bits of a weight.
  public let weightBits: Int
  /// Bits of an input.
  public let activationBits: Int

  private init(
    _ name: String, _ weightBits: Int, _ activationBits: Int, group groupSize: Int? = nil,
    scalesInputs: Bool = false
  ) {
    self.name = name
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.groupSize = groupSize
    self.scalesInputs = scalesInputs
  }

  /// Every algorithm, with the labels that stand for it: Model Optimizer's configuration, its short
  /// name, and candidates of the same formats.
  private static let table: [(algorithm: QuantAlgorithm, labels: [String])] = [
    (.init("FP8", 8, 8), ["FP8_DEFAULT_CFG", "e4m3"]),
    (.init("FP8_PER_CHANNEL_PER_TOKEN", 8, 8), ["FP8_PER_CHANNEL_PER_TOKEN_CFG", "fp8_pc_pt"]),
    (.init("NVFP4", 4, 4, group: 16), ["NVFP4_DEFAULT_CFG", "nvfp4"]),
    (
      .init("NVFP4_AWQ", 4, 4, group: 16, scalesInputs: true), ["NVFP4_AWQ_LITE_CFG"]
    ),
    (.init("W4A16_NVFP4", 4, 16, group: 16), ["W4A16_NVFP4_CFG"]),
    (.init("W4A8_NVFP4_FP8", 4, 8, group: 32), ["W4A8_NVFP4_FP8_CFG"]),
    (.init("W4A8_MXFP4_FP8", 4, 8, group: 32), ["W4A8_MXFP4_FP8_CFG", "mxfp4_e2m1/e4m3"]),
    (.init("MXFP8", 8, 8, group: 32), ["MXFP8_DEFAULT_CFG", "mxfp8_e4m3"]),
    (.init("W4A16_AWQ", 4, 16, group: 128, scalesInputs: true), ["INT4_AWQ_CFG", "int4_awq"]),
    (.init("W4A8_AWQ", 4, 8, group: 128, scalesInputs: true), ["W4A8_AWQ_BETA_CFG"]),
    (.init("W8A16", 8, 16), ["INT8_WEIGHT_ONLY_CFG", "int8_wo", "w8"]),
    (.init("W8A8_SQ_PER_CHANNEL", 8, 8), ["INT8_SMOOTHQUANT_CFG", "int8_sq", "w8a8"]),
  ]

  /// Every name.
  public static var names: [String] { table.map(\.algorithm.name) }

  /// What a format's label stands for.
  public enum Meaning: Sendable, Hashable {
    case algorithm(QuantAlgorithm)
    /// The layer stays as the checkpoint has it.
    case unquantized
  }

  /// Reads a label: an algorithm's name, one of Model Optimizer's, a candidate of the same formats, or
  /// `none`, `float`, `float16`, `bfloat16` for a layer that is not quantized.
  ///
  /// Letter case does not count, nor does what AutoQuantize adds, as in
  /// `NVFP4_DEFAULT_CFG(effective-bits: 4.5)`. Nil for anything else.
  public static func meaning(of label: String) -> Meaning? {
    let plain = DeploymentLabel.plain(label)
    if DeploymentLabel.unquantized.contains(plain) { return .unquantized }
    if let known = byLabel[plain] { return .algorithm(known) }
    // Reading a label as a candidate is slow, and most are names.
    guard let key = DeploymentLabel.candidateKey(plain), let known = byCandidate[key] else {
      return nil
    }
    return .algorithm(known)
  }

  /// By names and labels in lower case.
  private static let byLabel: [String: QuantAlgorithm] = Dictionary(
    table.flatMap { algorithm, labels in
      (labels + [algorithm.name]).map { ($0.lowercased(), algorithm) }
    }, uniquingKeysWith: { first, _ in first })

  /// By labels that are candidates.
  private static let byCandidate: [String: QuantAlgorithm] = Dictionary(
    table.flatMap { algorithm, labels in
      labels.compactMap { DeploymentLabel.candidateKey($0) }.map { ($0, algorithm) }
    }, uniquingKeysWith: { first, _ in first })
}

/// A way to quantize the stored keys and values of attention.
///
/// The three that TensorRT-LLM knows (`tensorrt_llm/quantization/mode.py`,
/// `KV_CACHE_QUANT_ALGO_LIST`).
public enum KeyValueAlgorithm: String, Sendable, Hashable, CaseIterable {
  case fp8 = "FP8"
  case int8 = "INT8"
  case nvfp4 = "NVFP4"

  /// What a format's label stands for.
  public enum Meaning: Sendable, Hashable {
    case algorithm(KeyValueAlgorithm)
    /// Keys and values are stored as the model computes them.
    case unquantized
  }

  /// Reads a label: a name, Model Optimizer's configuration, a format of the same numbers, or `none` and
  /// its like; nil for anything else.
  public static func meaning(of label: String) -> Meaning? {
    let plain = DeploymentLabel.plain(label)
    if DeploymentLabel.unquantized.contains(plain) { return .unquantized }
    switch plain {
    case "fp8", "fp8_kv_cfg", "e4m3": return .algorithm(.fp8)
    case "int8", "int8_kv_cfg", "int<8>": return .algorithm(.int8)
    case "nvfp4", "nvfp4_kv_cfg": return .algorithm(.nvfp4)
    default: return nil
    }
  }
}

/// Labels of formats as other programs write them.
private enum DeploymentLabel {
  static let unquantized: Set = ["none", "float", "float32", "float16", "bfloat16"]

  /// In lower case, without the remark in parentheses that AutoQuantize adds.
  static func plain(_ label: String) -> String {
    let end = label.firstIndex(of: "(") ?? label.endIndex
    return label[..<end].lowercased().filter { !$0.isWhitespace }
  }

  /// Equal for texts that name one candidate, whatever the sign of its integer inputs.
  static func candidateKey(_ label: String) -> String? {
    guard let candidate = try? SpaceCandidate(label), candidate.formats.grouping == .filters,
      candidate.formats.accumulator == nil, candidate.formats.weightRewrite == nil
    else { return nil }
    guard let bits = candidate.integerBits else {
      return
        "\(candidate.formats.weights?.name ?? "-")/\(candidate.formats.activations?.name ?? "-")"
    }
    return "w\(bits.weights)a\(bits.activations)"
  }
}
