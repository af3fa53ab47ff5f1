import Documents
package import Importers
package import QuantGraph
package import Search

/// Costs of a transformer's layers under the formats of a file of scores, and layers that take one
/// format together.
///
/// Costs are `size`, the bytes of a group's layers in the checkpoint, and `cache`, the bytes of its keys
/// and values for the run's batch and sequence.
package struct TransformerCosts {
  private let file: TransformerFile
  private let shapes: TransformerShapes
  private let plain: StoredForm
  private let ties: Set<String>

  /// Rules of ``ties`` that a transformer knows, all on unless `--ties` says otherwise: serving systems
  /// fuse these projections into one, which has one format.
  static let rules = ["qkv", "gate-up", "experts"]

  /// Matrices of one layer's name: `count` of `outputs x inputs`.
  private struct Matrix {
    let inputs: Int
    let outputs: Int
    let experts: Int
  }

  private var matrices: [String: [Matrix]] = [:]

  /// - Throws: a ``Failure`` if the model has no configuration, or a rule of ties is unknown.
  package init(_ file: TransformerFile, run: TransformerRun, ties: String?) throws(Failure) {
    self.file = file
    guard let shapes = try file.shapes(run) else {
      throw Failure(
        "transformer.unknown-family", "the file's architecture has no description", at: file.path,
        remedy: "give the model's config.json.")
    }
    self.shapes = shapes
    var rules = Set(Self.rules)
    if let ties {
      rules = []
      for word in SearchSettings.list(ties) where word != "none" {
        guard Self.rules.contains(word) else {
          throw .unknown(
            "rule of ties", word, code: "search.space", among: Self.rules + ["none"],
            listedBy: "hwsim search --help", at: "--ties")
        }
        rules.insert(word)
      }
    }
    self.ties = rules
    let stored = try file.stored(shapes)
    plain = stored.flatMap { StoredForm.plain($0.type) } ?? StoredForm.bfloat16
    for linear in shapes.linears where !linear.isTied {
      for name in linear.names {
        matrices[name, default: []].append(
          Matrix(inputs: linear.inputs, outputs: linear.outputs, experts: 1))
      }
    }
    for stack in shapes.experts {
      let matrix = Matrix(
        inputs: stack.inputs, outputs: stack.outputs, experts: stack.shape[0])
      for name in stack.names {
        matrices[name, default: []].append(matrix)
        // The experts of a layer under their common name.
        if let end = name.lastIndex(of: ".") {
          matrices[String(name[..<end]), default: []].append(matrix)
        }
      }
    }
  }

  /// Linear layers and stacks of experts that no group of the file has.
  package func layers(without scores: ScoreFile) -> [String] {
    let scored = Set(scores.groups.flatMap(\.layers))
    var names = shapes.linears.filter { !$0.isTied }.flatMap(\.names)
    // The stacks of a layer under their common name, where no part of it has a score.
    var parts: [String: [String]] = [:]
    for name in shapes.experts.flatMap(\.names) {
      parts[name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name, default: []].append(name)
    }
    for (whole, stacks) in parts where !scored.contains(whole) {
      names += stacks.contains(where: scored.contains) ? stacks : [whole]
    }
    return names.filter { !scored.contains($0) }
  }

  /// The file with ties applied and with the costs of this model.
  ///
  /// - Throws: a ``Failure`` with every layer that the model does not have.
  package func priced(_ scores: ScoreFile, at path: String) throws(Failure) -> ScoreFile {
    var problems: [Diagnostic] = []
    var groups: [ScoreFile.Group] = []
    for group in try tied(scores.groups, at: path) {
      var (sizes, caches): ([Double], [Double]) = ([], [])
      for format in group.formats {
        switch group.role {
        case .linear:
          var total = 0
          for layer in group.layers {
            guard let found = matrices[layer] else {
              let problem = Failure.unknown(
                "layer", layer, code: "usage.unknown-layer", among: matrices.keys.sorted(),
                listedBy: "hwsim inspect \(file.path)", at: path
              ).problems[0]
              if !problems.contains(problem) { problems.append(problem) }
              continue
            }
            for matrix in found {
              total = total &+ (try bytes(of: matrix, in: format, at: path))
            }
          }
          sizes.append(Double(total))
          caches.append(0)
        case .keyValue:
          sizes.append(0)
          caches.append(Double(try cacheBytes(of: group.layers, in: format, at: path)))
        }
      }
      groups.append(
        ScoreFile.Group(
          name: group.name, layers: group.layers, role: group.role, formats: group.formats,
          scores: group.scores, costs: [caches, sizes]))
    }
    guard problems.isEmpty else { throw Failure(problems) }
    do throws(ScoreFileProblems) {
      return try ScoreFile(
        groups: groups, costNames: ["cache", "size"], metric: scores.metric,
        modelDigest: scores.modelDigest)
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: path) })
    }
  }

  // MARK: Bytes

  /// Model Optimizer's algorithms as blocks whose stored forms are known.
  private static let blocks: [String: JSON] = {
    func integers(_ bits: Int, group: Int?) -> JSON {
      [
        "quant_method": "compressed-tensors", "format": "pack-quantized",
        "weights": [
          "num_bits": .integer(bits), "type": "int", "symmetric": true,
          "strategy": group == nil ? "channel" : "group", "group_size": .optional(group),
        ],
      ]
    }
    func modelopt(_ name: String, group: Int? = nil) -> JSON {
      [
        "quant_method": "modelopt", "quant_algo": .string(name), "group_size": .optional(group),
      ]
    }
    return [
      "FP8": modelopt("FP8"), "NVFP4": modelopt("NVFP4", group: 16),
      "NVFP4_AWQ": modelopt("NVFP4", group: 16), "W4A16_NVFP4": modelopt("W4A16_NVFP4", group: 16),
      "W4A8_NVFP4_FP8": modelopt("NVFP4", group: 32), "MXFP8": modelopt("MXFP8"),
      "W4A8_MXFP4_FP8": [
        "quant_method": "quark",
        "global_quant_config": [
          "weight": [
            "dtype": "fp4", "qscheme": "per_group", "group_size": 32, "scale_format": "e8m0",
          ]
        ],
      ],
      "FP8_PER_CHANNEL_PER_TOKEN": ["quant_method": "fbgemm_fp8"],
      "W4A16_AWQ": integers(4, group: 128), "W4A8_AWQ": integers(4, group: 128),
      "W8A16": integers(8, group: nil), "W8A8_SQ_PER_CHANNEL": integers(8, group: nil),
    ]
  }()

  private func bytes(
    of matrix: Matrix, in format: String, at path: String
  ) throws(Failure) -> Int {
    try TransformerFile.reading(path) { () throws(TransformerError) in
      let form: StoredForm
      switch QuantAlgorithm.meaning(of: format) {
      case .unquantized: form = plain
      case .algorithm(let algorithm):
        guard let block = Self.blocks[algorithm.name] else {
          throw TransformerError.quantization(
            "'\(algorithm.name)' has no known stored form", key: format)
        }
        form = try StoredForm(block)
      case nil:
        throw TransformerError.quantization(
          "'\(format)' is no format of a checkpoint; known: "
            + QuantAlgorithm.names.joined(separator: ", "), key: format)
      }
      return try form.bytes(
        inputs: matrix.inputs, outputs: matrix.outputs, experts: matrix.experts)
    }
  }

  private func cacheBytes(
    of layers: [String], in format: String, at path: String
  ) throws(Failure) -> Int {
    let form: CacheForm
    switch KeyValueAlgorithm.meaning(of: format) {
    case .unquantized: form = .bfloat16
    case .algorithm(.fp8), .algorithm(.int8): form = CacheForm(bits: 8)
    // A scale of 8 bits for 16 numbers.
    case .algorithm(.nvfp4): form = CacheForm(bits: 4, group: 16, scaleBits: 8, zeroBits: 0)
    case nil:
      throw Failure(
        "transformer.quantization", "'\(format)' is no format of keys and values", at: path,
        remedy: "take FP8, INT8, NVFP4 or none.")
    }
    let workload = shapes.workload
    let all = workload.cacheBytes(
      batch: workload.batch, tokens: workload.sequence, form: form)
    guard let all else {
      throw Failure(
        "transformer.bad-run", "the cache is beyond 64 bits", at: path,
        remedy: "give a smaller batch or sequence.")
    }
    // Names with a number are layers; others stand for the whole model.
    let numbered = layers.filter { $0.split(separator: ".").contains { Int($0) != nil } }
    let count = Set(workload.cache.flatMap { Array($0.layers) }).count
    return numbered.isEmpty || count == 0 ? all : all / count * numbered.count
  }

  // MARK: Ties

  /// The name of what a layer is fused into; nil if it stands alone.
  private func fusion(of layer: String) -> String? {
    let parts = layer.split(separator: ".").map(String.init)
    guard let last = parts.last else { return nil }
    let base = parts.dropLast().joined(separator: ".")
    if ties.contains("experts"), let place = parts.firstIndex(of: "experts") {
      return parts[...place].joined(separator: ".")
    }
    if ties.contains("qkv"), ["q_proj", "k_proj", "v_proj", "query", "key", "value"].contains(last)
    {
      return base + ".qkv"
    }
    if ties.contains("gate-up"), ["gate_proj", "up_proj"].contains(last) {
      return base + ".gate_up"
    }
    return nil
  }

  /// Groups that hold parts of one fused projection, joined: scores add, formats are those of all.
  private func tied(
    _ groups: [ScoreFile.Group], at path: String
  ) throws(Failure) -> [ScoreFile.Group] {
    var owner: [String: Int] = [:]
    var joined: [[ScoreFile.Group]] = []
    for group in groups {
      let keys = group.role == .linear ? Set(group.layers.compactMap(fusion)) : []
      let found = Set(keys.compactMap { owner[$0] }).sorted()
      let place: Int
      if let first = found.first {
        place = first
        for other in found.dropFirst() {
          joined[place] += joined[other]
          joined[other] = []
          for (key, index) in owner where index == other { owner[key] = place }
        }
        joined[place].append(group)
      } else {
        place = joined.count
        joined.append([group])
      }
      for key in keys { owner[key] = place }
    }
    var result: [ScoreFile.Group] = []
    for parts in joined where !parts.isEmpty {
      guard parts.count > 1 else {
        result.append(parts[0])
        continue
      }
      let formats = parts[0].formats.filter { format in
        parts.allSatisfy { $0.formats.contains(format) }
      }
      guard !formats.isEmpty else {
        throw Failure(
          "search.space", "tied layers have no format in common", at: path,
          notes: parts.prefix(6).map { "\($0.name): \($0.formats.joined(separator: ", "))" },
          remedy: "give them the same formats, or --ties none.")
      }
      let scores = formats.map { format in
        parts.reduce(0.0) { sum, part in
          sum + (part.formats.firstIndex(of: format).map { part.scores[$0] } ?? .nan)
        }
      }
      result.append(
        ScoreFile.Group(
          name: parts.map(\.name).joined(separator: "+"), layers: parts.flatMap(\.layers),
          role: parts[0].role, formats: formats, scores: scores, costs: []))
    }
    return result
  }
}
