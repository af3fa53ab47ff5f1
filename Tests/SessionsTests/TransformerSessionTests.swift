import Documents
import Importers
import QuantGraph
import Search
import Sessions
import TestSupport
import Testing

/// Answers about transformers, in process; the counts are those of Llama 2 7B's configuration.
@Suite("transformers: answers and costs of layers")
struct TransformerSessionTests {
  private static func file() throws -> TransformerFile {
    try #require(
      try TransformerFile(path: SharedData.packageRoot + "/examples/transformer/config.json"))
  }

  @Test("shapes, work and caches")
  func answer() throws {
    let run = TransformerRun(sizes: ["batch": 1, "sequence": 10])
    let answer = try TransformerAnswer(Self.file(), run: run, cache: "fp8")
    // Attention 4 h^2, gates 3 h i, two norms a layer; embedding, head, last norm.
    let (h, i, v): (Int, Int, Int) = (4096, 11008, 32000)
    let layer: Int = 4 * h * h + 3 * h * i + 2 * h
    let parameters: Int = 32 * layer + 2 * v * h + h
    #expect(answer.json["parameters"] == .integer(parameters))
    // A token reads one row of the embedding.
    let active: Int = parameters - v * h + h
    #expect(answer.json["active_parameters"] == .integer(active))
    #expect(answer.json["cache"]?["bytes"] == .integer(10 * 32 * 2 * h))
    for phase in answer.json["macs"]?.members ?? [] {
      let parts = (phase.value["by_kind"]?.members ?? []).reduce(0) { sum, part in
        if case .integer(let count) = part.value { sum + count } else { sum }
      }
      #expect(phase.value["total"] == .integer(parts), "\(phase.key)")
    }
    #expect(answer.text(Style(usesColor: false, width: 100)).contains("6,738,415,616 parameters"))
    #expect(answer.table.csv.split(separator: "\n").count > 5)
    #expect(throws: Failure.self) { try TransformerAnswer(Self.file(), run: run, cache: "kv99") }
  }

  private static func scores(_ groups: [(String, [String])], role: ScoreFile.Role = .linear) throws
    -> ScoreFile
  {
    try ScoreFile(
      groups: groups.map { name, formats in
        ScoreFile.Group(
          name: name, layers: [name], role: role, formats: formats,
          scores: formats.indices.map { Double($0 + 1) }, costs: [])
      }, costNames: [], metric: nil, modelDigest: nil)
  }

  @Test("bytes of a layer under formats of checkpoints; projections that are fused take one format")
  func costs() throws {
    let costs = try TransformerCosts(
      Self.file(), run: TransformerRun(sizes: ["batch": 1, "sequence": 8]), ties: nil)
    let layer = "model.layers.0.self_attn."
    let priced = try costs.priced(
      Self.scores([
        (layer + "q_proj", ["FP8", "none"]), (layer + "k_proj", ["none", "FP8"]),
        (layer + "v_proj", ["FP8", "none"]), (layer + "o_proj", ["none"]),
      ]), at: "scores.json")
    #expect(priced.costNames == ["cache", "size"])
    #expect(priced.groups.count == 2)
    let fused = priced.groups[0]
    #expect(fused.layers.count == 3 && fused.formats == ["FP8", "none"])
    let sums: [Double] = [4, 5]
    #expect(fused.scores == sums)
    // float32 of three matrices, since the configuration names no type; FP8 is a quarter and scales.
    let weights: Double = 4096 * 4096
    #expect(fused.costs[1][1] == 12 * weights)
    let scales: Double = fused.costs[1][0] - 3 * weights
    #expect(scales >= 0 && scales < 4096)
    #expect(priced.groups[1].costs[1] == [4 * weights])
    let missing = costs.layers(without: priced)
    #expect(!missing.contains(layer + "q_proj") && missing.contains("model.layers.1.mlp.up_proj"))
    let unknown = #expect(throws: Failure.self) {
      try costs.priced(Self.scores([("model.layers.99.mlp", ["FP8"])]), at: "scores.json")
    }
    #expect(unknown?.problems.first?.code == "usage.unknown-layer")
    let apart = #expect(throws: Failure.self) {
      try costs.priced(
        Self.scores([(layer + "q_proj", ["FP8"]), (layer + "k_proj", ["none"])]), at: "scores.json")
    }
    #expect(apart?.problems.first?.code == "search.space")
  }

  @Test("ties may be left out, and are known by name")
  func ties() throws {
    let run = TransformerRun(sizes: [:])
    let costs = try TransformerCosts(Self.file(), run: run, ties: "none")
    let layer = "model.layers.0.self_attn."
    let groups = try costs.priced(
      Self.scores([(layer + "q_proj", ["FP8"]), (layer + "k_proj", ["none"])]), at: "s.json"
    ).groups
    #expect(groups.count == 2)
    #expect(throws: Failure.self) {
      try TransformerCosts(Self.file(), run: run, ties: "qkw")
    }
  }

  @Test("keys and values cost bytes of the cache")
  func caches() throws {
    let costs = try TransformerCosts(
      Self.file(), run: TransformerRun(sizes: ["batch": 2, "sequence": 8]), ties: nil)
    let priced = try costs.priced(
      Self.scores([("model.layers.3.self_attn", ["none", "FP8"])], role: .keyValue), at: "s.json")
    let numbers: Double = 2 * 8 * 2 * 4096
    #expect(priced.groups[0].costs[0] == [2 * numbers, numbers])
    #expect(priced.groups[0].costs[1] == [0, 0])
    #expect(throws: Failure.self) {
      try costs.priced(Self.scores([("kv", ["INT3"])], role: .keyValue), at: "s.json")
    }
  }
}
