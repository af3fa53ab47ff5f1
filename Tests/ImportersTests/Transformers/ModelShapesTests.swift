import Documents
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

extension JSON {
  /// An integer, or nil.
  var count: Int? { if case .integer(let value) = self { value } else { nil } }
}

/// Shapes, work and caches of published configurations, against what transformers 5.24, diffusers
/// 0.42 and torch 2.15 count on the meta device.
@Suite("Transformers: shapes of published models")
struct ModelShapesTests {
  static let root = SharedData.path("conformance/transformers")

  static func document(_ path: String) throws -> JSON {
    try JSON(parsing: Array(Data(contentsOf: URL(filePath: path))))
  }

  static let models: [JSON] = {
    guard let root, let document = try? document(root + "/models.json") else { return [] }
    return document["models"]?.elements ?? []
  }()

  private static func sizes(_ run: JSON) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for name in TransformerRun.sizeNames { sizes[name] = run[name]?.count }
    return sizes
  }

  private static func shape(_ entry: JSON) -> String {
    let extents = (entry["shape"]?.elements ?? []).map { $0.count ?? -1 }
    return "\(entry["name"]?.text ?? "") \(extents) x \(entry["count"]?.count ?? -1)"
  }

  @Test("every required model is equal in every shape and count", .enabled(if: root != nil))
  func shapes() throws {
    let root = try #require(Self.root)
    var compared = 0
    for model in Self.models {
      let name = model["name"]?.text ?? ""
      let bytes = Array(
        try Data(contentsOf: URL(filePath: root + "/" + (model["config"]?.text ?? ""))))
      let configuration: TransformerConfiguration
      do {
        configuration = try TransformerConfiguration(parsing: bytes)
      } catch {
        // What is not described is refused by name.
        #expect(model["required"]?.flag == false, "\(name): \(error)")
        guard case .unknownFamily = error else {
          Issue.record("\(name): \(error)")
          continue
        }
        continue
      }
      for run in model["runs"]?.elements ?? [] {
        let shapes = try configuration.shapes(.init(sizes: Self.sizes(run)))
        #expect(shapes.parameters == model["params_total"]?.count, "\(name)")
        #expect(
          Set(shapes.tensors.map { "\($0.name) \($0.shape) x \($0.count)" })
            == Set((model["parameters"]?.elements ?? []).map(Self.shape)), "\(name)")
        #expect(
          Set(
            shapes.linears.map { "\($0.name) \($0.inputs) \($0.outputs) \($0.hasBias) \($0.count)" }
          )
            == Set(
              (model["linears"]?.elements ?? []).map {
                "\($0["name"]?.text ?? "") \($0["in"]?.count ?? -1) \($0["out"]?.count ?? -1) "
                  + "\($0["bias"]?.flag ?? false) \($0["count"]?.count ?? -1)"
              }), "\(name)")
        #expect(
          Set(shapes.experts.map { "\($0.name) \($0.shape) x \($0.count)" })
            == Set((model["expert_stacks"]?.elements ?? []).map(Self.shape)), "\(name)")
        try Self.compareWork(shapes, run, name: name)
        Self.compareCache(shapes, run, model, name: name)
        compared += 1
      }
    }
    #expect(compared > 100)
  }

  private static func compareWork(_ shapes: TransformerShapes, _ run: JSON, name: String) throws {
    for member in run.members ?? [] {
      guard let expected = member.value["by_kind"] else { continue }
      let phase = try #require(shapes.workload.phase(member.key), "\(name) \(member.key)")
      for kind in TransformerWorkload.Kind.allCases {
        // Scans of Mamba-2 depend on how an implementation cuts a sequence: not compared.
        if kind == .scan, shapes.family == "mamba2" { continue }
        let own = phase.products.filter { $0.kind == kind }.reduce(0) { $0 + $1.macs }
        #expect(own == expected[kind.rawValue]?.count ?? 0, "\(name) \(member.key) \(kind)")
      }
    }
  }

  private static func compareCache(
    _ shapes: TransformerShapes, _ run: JSON, _ model: JSON, name: String
  ) {
    if let elements = run["cache"]?["elements"]?.count {
      let own = shapes.workload.cacheElements(
        batch: shapes.workload.batch, tokens: shapes.workload.sequence)
      #expect(own == elements, "\(name)")
    }
    if let elements = model["kv_elements_per_token_all_layers"]?.count {
      #expect(shapes.cacheElementsPerToken == elements, "\(name)")
    }
  }

  @Test("expected distinct experts", .enabled(if: root != nil))
  func distinctExperts() throws {
    let root = try #require(Self.root)
    let entries = try Self.document(root + "/models.json")["moe_expected_experts"]?.elements ?? []
    #expect(entries.count > 50)
    for entry in entries {
      let expected: Double =
        switch entry["expected_distinct"] {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: .nan
        }
      let own = TransformerWorkload.expectedDistinctExperts(
        experts: entry["experts"]?.count ?? 0, perToken: entry["top_k"]?.count ?? 0,
        tokens: entry["tokens"]?.count ?? 0)
      #expect(abs(own - expected) <= 1e-9 * expected)
    }
  }
}

/// What needs no shared data: totals that public files confirm, and what is refused.
@Suite("Transformers: configurations")
struct TransformerConfigurationTests {
  static func shapes(_ text: String, _ run: TransformerRun = .init()) throws -> TransformerShapes {
    try TransformerConfiguration(parsing: Array(text.utf8)).shapes(run)
  }

  /// The configuration that meta-llama published for Llama-3.1-405B; 405,853,388,800 parameters are
  /// what its safetensors index declares (811,706,777,600 bytes of bfloat16).
  static let large = """
    {"model_type": "llama", "hidden_size": 16384, "intermediate_size": 53248,
     "num_hidden_layers": 126, "num_attention_heads": 128, "num_key_value_heads": 8,
     "vocab_size": 128256, "tie_word_embeddings": false, "torch_dtype": "bfloat16"}
    """

  @Test("Llama-3.1-405B has the parameters that its files declare")
  func parameters() throws {
    let shapes = try Self.shapes(Self.large)
    #expect(shapes.parameters == 405_853_388_800)
    #expect(shapes.cacheElementsPerToken == 126 * 2 * 8 * 128)
    let linear = try #require(shapes.linears.first { $0.name.hasSuffix("q_proj") })
    #expect(linear.names.first == "model.layers.0.self_attn.q_proj")
    #expect(linear.names.last == "model.layers.125.self_attn.q_proj")
  }

  @Test("an explicit null is not the default: no compression of queries")
  func null() throws {
    let keys = """
      "model_type": "deepseek_v2", "num_experts_per_tok": 6, "hidden_size": 2048,
      "num_attention_heads": 16, "num_hidden_layers": 2, "intermediate_size": 10944,
      "moe_intermediate_size": 1408, "first_k_dense_replace": 1
      """
    let missing = try Self.shapes("{\(keys)}")
    let null = try Self.shapes("{\(keys), \"q_lora_rank\": null}")
    #expect(missing.linears.contains { $0.name.hasSuffix("q_a_proj") })
    #expect(null.linears.contains { $0.name.hasSuffix("q_proj") })
    // 1536 x (2048 + 16 x 192) and a norm against 2048 x 16 x 192, a layer.
    #expect(missing.parameters - null.parameters == 2 * (1536 * (2048 + 3072 + 1) - 2048 * 3072))
  }

  @Test("a causal count is the sum over queries, a window cuts it")
  func causal() throws {
    let text = """
      {"model_type": "mistral", "hidden_size": 64, "num_attention_heads": 4,
       "num_key_value_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 10,
       "sliding_window": 5}
      """
    func attention(_ run: TransformerRun) throws -> Int? {
      let phase = try Self.shapes(text, run).workload.phase("prefill")
      return phase?.products.filter { $0.kind == .attention }.reduce(0) { $0 + $1.macs }
    }
    let run = TransformerRun(sizes: ["batch": 3, "sequence": 12], attention: .causal)
    let pairs = (0..<12).reduce(0) { $0 + min($1 + 1, 5) }
    #expect(try attention(run) == 3 * 4 * pairs * 2 * 16)
    #expect(try attention(.init(sizes: run.sizes)) == 3 * 4 * 144 * 2 * 16)
  }

  @Test("absorbed latent attention leaves the expansion of the context out")
  func absorbed() throws {
    let text = """
      {"model_type": "deepseek_v3", "num_hidden_layers": 1, "first_k_dense_replace": 1}
      """
    let run = TransformerRun(sizes: ["sequence": 99])
    var absorbed = run
    absorbed.latentAttention = .absorbed
    func macs(_ run: TransformerRun, _ phase: String, _ kind: TransformerWorkload.Kind) throws
      -> Int
    {
      let products = try Self.shapes(text, run).workload.phase(phase)?.products ?? []
      return products.filter { $0.kind == kind }.reduce(0) { $0 + $1.macs }
    }
    #expect(try macs(run, "prefill", .linear) == macs(absorbed, "prefill", .linear))
    let expansion = 512 * 128 * (128 + 128)
    #expect(
      try macs(run, "decode", .linear) - macs(absorbed, "decode", .linear) == 99 * expansion)
    #expect(try macs(absorbed, "decode", .attention) == 128 * 100 * (576 + 512))
  }

  @Test(
    "what cannot be is refused, and the key is named",
    arguments: [
      ("\"hidden_size\": 9223372036854775807", "hidden_size"),
      ("\"hidden_size\": 9223372036854775808", "hidden_size"),
      ("\"num_attention_heads\": -32", "num_attention_heads"),
      ("\"num_attention_heads\": 0", "num_attention_heads"),
      ("\"num_attention_heads\": 2.5", "num_attention_heads"),
      ("\"num_key_value_heads\": 7", "num_key_value_heads"),
      ("\"num_hidden_layers\": 1000000000000", "num_hidden_layers"),
      ("\"num_hidden_layers\": \"many\"", "num_hidden_layers"),
      ("\"vocab_size\": null", "vocab_size"),
      ("\"intermediate_size\": [1, 2]", "intermediate_size"),
      ("\"tie_word_embeddings\": \"no\"", "tie_word_embeddings"),
      ("\"architectures\": []", "architectures"),
    ])
  func refused(_ pair: String, _ key: String) throws {
    do {
      let shapes = try Self.shapes("{\"model_type\": \"llama\", \(pair)}")
      Issue.record("\(pair) was taken: \(shapes.parameters)")
    } catch let error as TransformerError {
      let problem = error.diagnostic
      let words = [problem.location ?? "", problem.message] + problem.notes
      #expect(words.contains { $0.contains(key) }, "\(pair): \(words)")
    }
  }

  @Test("an unknown kind is refused with the nearest known one")
  func unknown() throws {
    #expect {
      try Self.shapes("{\"model_type\": \"lama\"}")
    } throws: { error in
      guard case TransformerError.unknownFamily("lama", let nearest, let known) = error else {
        return false
      }
      return nearest.first == "llama" && known.count > 30
    }
  }

  @Test("every family is described and has shapes of its defaults, or names the key that it lacks")
  func families() throws {
    for family in TransformerConfiguration.families {
      do {
        let shapes = try Self.shapes("{\"model_type\": \"\(family)\"}")
        #expect(shapes.parameters > 0)
        #expect(!shapes.workload.phases.isEmpty)
      } catch let error as TransformerError {
        switch error {
        case .missingKey, .badExpression: break
        default: Issue.record("\(family): \(error)")
        }
      }
    }
  }

  @Test("families count what the classes of transformers count, from their defaults and variants")
  func counted() throws {
    let document = try ModelShapesTests.document(
      SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/transformers/families.json")
    let models = document["models"]?.elements ?? []
    #expect(models.count > 40)
    for model in models {
      let configuration = try #require(model["config"])
      let shapes = try TransformerConfiguration(configuration).shapes()
      #expect(shapes.parameters == model["parameters"]?.count, "\(configuration)")
      let weights = shapes.linears.reduce(0) { $0 + $1.inputs * $1.outputs * $1.count }
      #expect(weights == model["linear_weights"]?.count, "\(configuration)")
      #expect(
        shapes.linears.reduce(0) { $0 + $1.count } == model["linear_layers"]?.count,
        "\(configuration)")
    }
  }

  @Test("damaged configurations are read or refused, and never end the program")
  func damaged() throws {
    var corruption = Corruption(seed: 13)
    for _ in 0..<Corruption.count {
      let bytes = corruption.mutate(Array(Self.large.utf8))
      do {
        let shapes = try TransformerConfiguration(parsing: bytes).shapes()
        #expect(shapes.parameters > 0)
      } catch {
        #expect(!error.diagnostic.message.isEmpty)
      }
    }
  }

  @Test("five megabytes and deep nesting are answered")
  func large() throws {
    let list = String(repeating: "1,", count: 2_500_000) + "1"
    let shapes = try Self.shapes(String(Self.large.dropLast()) + ", \"more\": [\(list)]}")
    #expect(shapes.parameters == 405_853_388_800)
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: TransformerError.self) { try Self.shapes("{\"model_type\": \(deep)") }
  }
}
