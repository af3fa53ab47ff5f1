package import Documents
package import Search

extension QuantizedCheckpoint {
  /// The `quantization_config` of a checkpoint of compressed-tensors: a group of layers an algorithm.
  ///
  /// Keys are those of PyPI compressed-tensors 0.20.1 (`quantization/quant_config.py`,
  /// `quant_scheme.py`); layers stand by their names, experts by an expression over all of a layer,
  /// as `utils/match.py` reads targets.
  ///
  /// - Throws: ``QuantizedCheckpointProblems`` for algorithms and forms of keys and values that the
  ///   format does not have.
  package func compressedDocument() throws(QuantizedCheckpointProblems) -> JSON {
    var problems: [QuantizedCheckpointProblem] = []
    var groups: [JSON.Member] = []
    var formats: Set<String> = []
    var seen: [QuantAlgorithm] = []
    for algorithm in layers.compactMap(\.algorithm) where !seen.contains(algorithm) {
      seen.append(algorithm)
      let names = layers.filter { $0.algorithm == algorithm }.map(\.name)
      guard let scheme = Self.schemes[algorithm.name], let format = scheme["format"]?.text else {
        problems.append(
          .format(layers: names, format: algorithm.name, known: Self.schemes.keys.sorted()))
        continue
      }
      formats.insert(format)
      groups.append(
        .init(
          key: "group_\(groups.count)",
          value: JSON.object([.init(key: "targets", value: .strings(names.map(Self.target)))])
            .adding(scheme)))
    }
    var cache = JSON.null
    if let keyValues {
      if keyValues == .nvfp4 {
        problems.append(
          .format(layers: ["kv"], format: keyValues.rawValue, known: ["FP8", "INT8"]))
      }
      cache = [
        "num_bits": 8, "type": keyValues == .int8 ? "int" : "float", "strategy": "tensor",
        "symmetric": true, "dynamic": false,
      ]
    }
    guard problems.isEmpty else { throw QuantizedCheckpointProblems(problems: problems) }
    let format = formats.count == 1 ? formats.first : formats.isEmpty ? nil : "mixed-precision"
    return [
      "quant_method": "compressed-tensors", "format": .optional(format),
      "quantization_status": "compressed", "config_groups": .object(groups),
      "ignore": .strings(excluded.map(Self.target)), "kv_cache_scheme": cache,
    ]
  }

  /// Experts are modules of their own: the name of a stack stands for the matrices of all of them.
  private static func target(_ name: String) -> String {
    let parts: [(suffix: String, expression: String)] = [
      (".experts", "(gate|up|down)_proj"), (".experts.gate_up_proj", "(gate|up)_proj"),
      (".experts.up_proj", "up_proj"), (".experts.down_proj", "down_proj"),
    ]
    for (suffix, expression) in parts where name.hasSuffix(suffix) {
      let base = name.dropLast(suffix.count).split(separator: ".").joined(separator: "\\.")
      return "re:^\(base)\\.experts\\.[0-9]+\\.\(expression)$"
    }
    return name
  }

  private static let schemes: [String: JSON] = {
    func scheme(
      _ bits: Int, _ type: String, _ strategy: String, group: Int? = nil, inputs: JSON = .null,
      _ format: String
    ) -> JSON {
      [
        "weights": [
          "num_bits": .integer(bits), "type": .string(type), "strategy": .string(strategy),
          "group_size": .optional(group), "symmetric": true, "dynamic": false,
        ], "input_activations": inputs, "format": .string(format),
      ]
    }
    func inputs(_ bits: Int, _ type: String, _ strategy: String, _ dynamic: JSON) -> JSON {
      [
        "num_bits": .integer(bits), "type": .string(type), "strategy": .string(strategy),
        "symmetric": true, "dynamic": dynamic,
      ]
    }
    let local = inputs(4, "float", "tensor_group", "local").adding(["group_size": 16])
    return [
      "FP8": scheme(
        8, "float", "tensor", inputs: inputs(8, "float", "tensor", false), "float-quantized"),
      "FP8_PER_CHANNEL_PER_TOKEN": scheme(
        8, "float", "channel", inputs: inputs(8, "float", "token", true), "float-quantized"),
      "NVFP4": scheme(4, "float", "tensor_group", group: 16, inputs: local, "nvfp4-pack-quantized"),
      "W4A16_NVFP4": scheme(4, "float", "tensor_group", group: 16, "nvfp4-pack-quantized"),
      "MXFP8": scheme(
        8, "float", "group", group: 32,
        inputs: inputs(8, "float", "group", true).adding(["group_size": 32]), "mxfp8-quantized"),
      "W4A16_AWQ": scheme(4, "int", "group", group: 128, "pack-quantized"),
      "W8A16": scheme(8, "int", "channel", "pack-quantized"),
      "W8A8_SQ_PER_CHANNEL": scheme(
        8, "int", "channel", inputs: inputs(8, "int", "token", true), "int-quantized"),
    ]
  }()
}
