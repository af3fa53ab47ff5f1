/// What `hf_quant_config.json` says of a transformer's checkpoint: an algorithm a layer, and how keys
/// and values are stored.
///
/// The keys and their meaning, as NVIDIA Model Optimizer writes them
/// (`modelopt/torch/export/quant_utils.py`, `process_layer_quant_config`): one algorithm for all
/// quantized layers stands under `quant_algo`, with `group_size`, and for AWQ `has_zero_point` and
/// `pre_quant_scale`; several make it `MIXED_PRECISION`, with the same under each layer's name in
/// `quantized_layers`. Layers that are not quantized are in `exclude_modules`, and
/// `kv_cache_quant_algo` counts for the whole model. TensorRT-LLM (`llmapi/llm_utils.py`,
/// `_torch/model_config.py`) reads the layers of a mixed checkpoint from a second file,
/// `quant_cfg.json`, with `quantized_layers` and `kv_cache_quant_algo`; vLLM
/// (`layers/quantization/modelopt.py`) reads them from the first.
public struct QuantizedCheckpoint: Sendable, Hashable {
  /// One layer and its algorithm; nil for a layer that is not quantized.
  public struct Layer: Sendable, Hashable {
    public let name: String
    public let algorithm: QuantAlgorithm?
  }

  /// In the order given.
  public let layers: [Layer]
  public let keyValues: KeyValueAlgorithm?

  /// What one group of layers takes.
  public struct Assignment: Sendable, Hashable {
    public let group: String
    public let layers: [String]
    public let role: ScoreFile.Role
    /// The label of its format.
    public let format: String

    public init(group: String, layers: [String], role: ScoreFile.Role, format: String) {
      self.group = group
      self.layers = layers
      self.role = role
      self.format = format
    }
  }

  /// Reads the labels of an allocation.
  ///
  /// - Throws: ``QuantizedCheckpointProblems`` with every layer whose format no algorithm has.
  public init(_ assignments: [Assignment]) throws(QuantizedCheckpointProblems) {
    var problems: [QuantizedCheckpointProblem] = []
    var layers: [Layer] = []
    var stored: [(group: String, algorithm: KeyValueAlgorithm?)] = []
    for assignment in assignments {
      switch assignment.role {
      case .linear:
        guard let meaning = QuantAlgorithm.meaning(of: assignment.format) else {
          problems.append(
            .format(
              layers: assignment.layers, format: assignment.format, known: QuantAlgorithm.names))
          continue
        }
        let algorithm: QuantAlgorithm? =
          if case .algorithm(let algorithm) = meaning { algorithm } else { nil }
        layers += assignment.layers.map { Layer(name: $0, algorithm: algorithm) }
      case .keyValue:
        guard let meaning = KeyValueAlgorithm.meaning(of: assignment.format) else {
          problems.append(
            .format(
              layers: assignment.layers, format: assignment.format,
              known: KeyValueAlgorithm.allCases.map(\.rawValue)))
          continue
        }
        let algorithm: KeyValueAlgorithm? =
          if case .algorithm(let algorithm) = meaning { algorithm } else { nil }
        stored.append((assignment.group, algorithm))
      }
    }
    if let first = stored.first,
      let other = stored.first(where: { $0.algorithm != first.algorithm })
    {
      problems.append(.keyValues(groups: [first.group, other.group]))
    }
    guard problems.isEmpty else { throw QuantizedCheckpointProblems(problems: problems) }
    self.layers = layers
    keyValues = stored.first?.algorithm
  }

  /// The one algorithm of all quantized layers; nil if there are several or none.
  public var uniform: QuantAlgorithm? {
    let found = Set(layers.compactMap(\.algorithm))
    return found.count == 1 ? found.first : nil
  }

  /// Whether layers have different algorithms; layers that are not quantized do not count.
  public var isMixed: Bool { Set(layers.compactMap(\.algorithm)).count > 1 }

  /// Names of layers that are not quantized, in alphabetical order.
  ///
  /// Readers take every linear layer that is not named for quantized where one algorithm is that of
  /// all. Model Optimizer never quantizes `lm_head` (`modelopt/torch/quantization/config.py`), so that
  /// it is named here unless the layers of a transformer (`model.layers.0...`) have it.
  public var excluded: [String] {
    var names = layers.filter { $0.algorithm == nil }.map(\.name)
    let isTransformer = layers.contains { $0.name.contains("layers.") }
    if !isMixed, isTransformer, !layers.contains(where: { $0.name.hasSuffix("lm_head") }) {
      names.append("lm_head")
    }
    return names.sorted()
  }
}

/// Why an allocation is no such checkpoint.
public enum QuantizedCheckpointProblem: Sendable, Hashable {
  /// A format that no algorithm has.
  case format(layers: [String], format: String, known: [String])
  /// Keys and values of two groups with different formats: the file has one for the whole model.
  case keyValues(groups: [String])
  /// What a program would not read as it is meant.
  case reader(CheckpointReader, reason: String, layers: [String])
}

/// Every problem of an allocation, in its order.
public struct QuantizedCheckpointProblems: Error, Sendable, Hashable {
  public let problems: [QuantizedCheckpointProblem]

  public init(problems: [QuantizedCheckpointProblem]) { self.problems = problems }
}
