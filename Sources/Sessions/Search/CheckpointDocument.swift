package import Documents
package import QuantGraph
package import Search

extension QuantizedCheckpoint {
  /// `hf_quant_config.json`: keys in the order in which Model Optimizer writes them.
  ///
  /// vLLM (transformers_utils/model_arch_config_convertor.py at 00bb6f59) takes mixed files of any
  /// producer where `quant_method` says whose layout they have.
  package var document: JSON {
    var members: [JSON.Member] = [
      .init(
        key: "quant_algo",
        value: isMixed ? "MIXED_PRECISION" : .optional(uniform?.name)),
      .init(key: "kv_cache_quant_algo", value: .optional(keyValues?.rawValue)),
    ]
    members += uniform?.parameters ?? []
    if isMixed { members.append(.init(key: "quantized_layers", value: quantizedLayers)) }
    members.append(.init(key: "exclude_modules", value: .strings(excluded.map(Self.pattern))))
    return [
      "quant_method": "modelopt",
      "producer": ["name": "hwsim", "version": .string(ResultVersion.tool)],
      "quantization": .object(members),
    ]
  }

  /// Experts are modules below the name of all of them.
  private static func pattern(_ name: String) -> String {
    name.hasSuffix(".experts") ? name + "*" : name
  }

  /// `quant_cfg.json`, where TensorRT-LLM looks for the layers of a mixed checkpoint; nil for others.
  package var layerDocument: JSON? {
    guard isMixed else { return nil }
    return [
      "quant_algo": "MIXED_PRECISION", "kv_cache_quant_algo": .optional(keyValues?.rawValue),
      "quantized_layers": quantizedLayers,
    ]
  }

  private var quantizedLayers: JSON {
    .object(
      layers.compactMap { layer in
        layer.algorithm.map { algorithm in
          JSON.Member(
            key: layer.name,
            value: .object(
              [.init(key: "quant_algo", value: .string(algorithm.name))] + algorithm.parameters))
        }
      })
  }

  /// The files that are asked for, under their names in `folder`, which ends in a slash or is empty.
  ///
  /// - Throws: ``QuantizedCheckpointProblems`` for what compressed-tensors does not have, and what the
  ///   program that they are for would not read as it is meant.
  package func files(
    in folder: String, _ products: SearchProducts
  ) throws(QuantizedCheckpointProblems) -> [(name: String, document: JSON)] {
    var files: [(name: String, document: JSON)] = []
    let problems = products.reader?.problems(of: self) ?? []
    guard problems.isEmpty else { throw QuantizedCheckpointProblems(problems: problems) }
    if products.checkpoints {
      files.append(("\(folder)hf_quant_config.json", document))
      if let layerDocument { files.append(("\(folder)quant_cfg.json", layerDocument)) }
    }
    if products.compressed {
      files.append(("\(folder)quantization_config.json", try compressedDocument()))
    }
    return files
  }
}

extension QuantAlgorithm {
  /// What stands beside the algorithm's name.
  fileprivate var parameters: [JSON.Member] {
    var members: [JSON.Member] = []
    if let groupSize { members.append(.init(key: "group_size", value: .integer(groupSize))) }
    if scalesInputs {
      members += [
        .init(key: "has_zero_point", value: false), .init(key: "pre_quant_scale", value: true),
      ]
    }
    return members
  }
}

extension SearchAnswer {
  /// Files of each point's checkpoint, in a folder of its name.
  ///
  /// - Throws: a ``Failure`` with every layer whose candidate no algorithm has.
  package func checkpointFiles(
    _ products: SearchProducts
  ) throws(Failure) -> [(name: String, document: JSON)] {
    var files: [(name: String, document: JSON)] = []
    var problems: [Diagnostic] = []
    for point in points {
      do throws(QuantizedCheckpointProblems) {
        let checkpoint = try QuantizedCheckpoint(
          space.layers.indices.map { layer in
            let name = space.layers[layer].name
            return .init(
              group: name, layers: [name], role: .linear,
              format: space.candidates[layer][point.choice[layer]].name)
          })
        files += try checkpoint.files(in: "\(point.id)/", products)
      } catch {
        for problem in Diagnostic.messages(error, place: "--write")
        where !problems.contains(problem) { problems.append(problem) }
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return files
  }
}
