import Documents
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Configurations that no model has: each is refused with the key at fault, at once.
@Suite("Transformers: hostile configurations")
struct HostileConfigurationTests {
  private static let fixture =
    SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/transformers/families.json"

  private static func configurations() throws -> [JSON] {
    let document = try ModelShapesTests.document(fixture)
    return (document["models"]?.elements ?? []).compactMap { $0["config"] }
  }

  private static func words(_ error: TransformerError) -> String {
    let problem = error.diagnostic
    return ([problem.location ?? "", problem.message] + problem.notes).joined(separator: " ")
  }

  private static func replacing(_ key: String, in document: JSON, by value: JSON) -> JSON {
    .object(
      (document.members ?? []).map { $0.key == key ? .init(key: key, value: value) : $0 })
  }

  /// Shapes, a graph and a large run; what is refused is refused by one of them.
  private static func use(_ document: JSON) throws(TransformerError) {
    let configuration = try TransformerConfiguration(document)
    _ = try configuration.shapes()
    _ = try configuration.shapes(.init(sizes: ["batch": 64]))
    do throws(TransformerError) {
      _ = try configuration.graph(phase: "decode")
    } catch {
      guard case .noGraph = error else { throw error }
    }
  }

  @Test(
    "a number that is none: every key that is read is named",
    arguments: [
      JSON.number(9_223_372_036_854_775_808), .integer(.max), .integer(-1), .number(2.5),
      .string("many"), .array([.integer(1), .integer(-2)]), .object([]), .null,
    ])
  func numbers(_ value: JSON) throws {
    var refused = 0
    for document in try Self.configurations() {
      for member in document.members ?? [] {
        guard case .integer = member.value else { continue }
        do throws(TransformerError) {
          try Self.use(Self.replacing(member.key, in: document, by: value))
        } catch {
          refused += 1
          // A key that stands for another is named by that one.
          let names = [member.key] + (Self.aliases[member.key] ?? [])
          let words = Self.words(error)
          #expect(
            names.contains { words.contains($0) }, "\(member.key) = \(value): \(words)")
        }
      }
    }
    #expect(refused > 60, "\(value)")
  }

  /// Names by which families read keys that are written otherwise.
  private static let aliases: [String: [String]] = [
    "hidden_size": ["n_embd", "d_model"],
    "num_hidden_layers": ["n_layer", "n_layers", "num_layers"],
    "num_attention_heads": ["n_head", "n_heads", "num_heads"], "d_model": ["hidden_size"],
    "n_layer": ["num_hidden_layers"], "n_head": ["num_attention_heads"],
    "num_experts": ["num_local_experts", "n_routed_experts"],
    "num_local_experts": ["num_experts", "n_routed_experts"],
  ]

  @Test("every truncation is a syntax error with its place")
  func truncated() throws {
    for document in try Self.configurations().prefix(6) {
      let bytes = Array(document.document.utf8)
      for length in stride(from: 0, to: bytes.count - 2, by: 3) {
        #expect {
          try TransformerConfiguration(parsing: Array(bytes.prefix(length)))
        } throws: { error in
          if case TransformerError.syntax = error { true } else { false }
        }
      }
    }
  }

  @Test("nesting, closed and open, of lists and of configurations in configurations")
  func nested() throws {
    let depth = 100_000
    let open = String(repeating: "[", count: depth)
    let lists = open + String(repeating: "]", count: depth)
    let objects =
      String(repeating: "{\"text_config\": ", count: depth) + "1"
      + String(repeating: "}", count: depth)
    for text in [open, lists, objects, "{\"model_type\": \"llama\", \"text_config\": \(objects)}"] {
      #expect(throws: TransformerError.self) {
        try TransformerConfiguration(parsing: Array(text.utf8))
      }
    }
    // A configuration that holds itself, as deep as the reader takes it.
    var text = "{\"model_type\": \"gemma3\"}"
    for _ in 0..<50 { text = "{\"model_type\": \"gemma3\", \"text_config\": \(text)}" }
    #expect(throws: TransformerError.self) {
      try TransformerConfiguration(parsing: Array(text.utf8)).shapes()
    }
  }

  @Test(
    "a family that names itself, a list or nothing",
    arguments: [
      "{\"model_type\": [\"llama\"]}", "{\"model_type\": {\"model_type\": \"llama\"}}",
      "{\"model_type\": null}", "{\"model_type\": \"model_type\"}", "{}", "[]", "null", "\"llama\"",
      "{\"model_type\": \"llama\", \"num_attention_heads\": \"num_attention_heads\"}",
      "{\"model_type\": \"llama\", \"head_dim\": \"head_dim\"}",
    ])
  func circular(_ text: String) {
    #expect(throws: TransformerError.self) {
      try TransformerConfiguration(parsing: Array(text.utf8)).shapes()
    }
  }

  @Test("lists of five megabytes that each of 10,000 layers asks")
  func lists() throws {
    let numbers = String(repeating: "7,", count: 2_500_000) + "3"
    let clock = ContinuousClock()
    let start = clock.now
    let shapes = try TransformerConfiguration(
      parsing: Array(
        """
        {"model_type": "qwen3_moe", "num_hidden_layers": 10000, "mlp_only_layers": [\(numbers)]}
        """.utf8)
    ).shapes()
    #expect(shapes.experts.first?.count == 9_998)
    #expect(clock.now - start < .seconds(60))
  }
}
