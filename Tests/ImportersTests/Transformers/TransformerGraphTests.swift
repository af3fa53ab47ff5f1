import Arith
import Documents
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Graphs made of configurations: valid by the checks of graphs, with the parameters, the work and the
/// caches that are counted without a graph.
@Suite("Transformers: graphs")
struct TransformerGraphTests {
  private static func configuration(_ text: String) throws -> TransformerConfiguration {
    try TransformerConfiguration(parsing: Array(text.utf8))
  }

  private static func macs(_ graph: Graph) -> Int {
    graph.nodes.reduce(0) { $0 + graph.multiplyAccumulates(of: $1) }
  }

  /// Work of a pass by the names of modules, with `*` for numbers.
  private static func macs(
    _ graph: Graph, among names: Set<String>, _ words: String
  ) -> [String: Int] {
    var found: [String: Int] = [:]
    for node in graph.nodes {
      let macs = graph.multiplyAccumulates(of: node)
      guard macs > 0 else { continue }
      var parts = node.name.split(separator: ".").map { Int($0) == nil ? $0 : "*" }
      // A module that runs twice has a number at its end.
      while !parts.isEmpty, !names.contains(parts.joined(separator: ".")) { parts.removeLast() }
      #expect(!parts.isEmpty, "\(words): no module computes '\(node.name)'")
      found[parts.joined(separator: "."), default: 0] += macs
    }
    return found
  }

  private static func byKind(
    _ macs: [String: Int], _ phase: TransformerWorkload.Phase
  ) -> [String: Int] {
    var kinds: [String: String] = [:]
    for product in phase.products { kinds[product.name] = product.kind.rawValue }
    var found: [String: Int] = [:]
    for (name, macs) in macs { found[kinds[name] ?? "", default: 0] += macs }
    return found
  }

  private static func compare(
    _ configuration: TransformerConfiguration, _ run: TransformerRun, phase name: String,
    _ words: String
  ) throws -> Graph {
    let shapes = try configuration.shapes(run)
    let graph = try configuration.graph(run, phase: name)
    let phase = try #require(shapes.workload.phase(name))
    var expected: [String: Int] = [:]
    for product in phase.products { expected[product.name, default: 0] += product.macs }
    let found = macs(graph, among: Set(expected.keys), "\(words) \(name)")
    #expect(found == expected, "\(words) \(name)")
    #expect(macs(graph) == phase.macs, "\(words) \(name)")
    for node in graph.nodes where node.operation.name == "Rotary" {
      #expect(node.inputs.count == 3)
    }
    return graph
  }

  private static func parameters(_ graphs: [Graph]) -> [String: [Int]] {
    var found: [String: [Int]] = [:]
    for tensor in graphs.flatMap(\.tensors) where tensor.isParameter {
      found[tensor.name] = tensor.shape.extents
      #expect(tensor.constant == nil)
    }
    return found
  }

  /// Sizes that make a small run of any family.
  private static func run(_ configuration: TransformerConfiguration) throws -> TransformerRun {
    let wanted = [
      "batch": 2, "sequence": 12, "decoder_sequence": 5, "frames": 50, "latent": 20,
      "text_tokens": 7,
    ]
    let known = try configuration.shapes().sizes
    // The sequence of an image is not free.
    return TransformerRun(
      sizes: wanted.filter { known[$0.key] != nil && (known["image"] == nil || $0.key == "batch") })
  }

  private static func check(_ document: JSON, _ words: String) throws {
    let configuration = try TransformerConfiguration(document)
    let run = try run(configuration)
    let shapes = try configuration.shapes(run)
    var graphs: [String: Graph] = [:]
    for phase in shapes.workload.phases {
      graphs[phase.name] = try compare(configuration, run, phase: phase.name, words)
    }
    var expected: [String: [Int]] = [:]
    for tensor in shapes.tensors {
      for name in tensor.names { expected[name] = tensor.shape }
    }
    // A decoder alone, or an encoder, computes with all parameters in each of its passes.
    let all = graphs["encoder"] == nil ? graphs.values.map { [$0] } : [Array(graphs.values)]
    for graphs in all {
      let found = parameters(graphs)
      #expect(found == expected, "\(words)")
      #expect(
        found.values.reduce(0) { $0 + $1.reduce(1, *) } == shapes.parameters, "\(words)")
    }
    guard let decode = graphs["decode"],
      let prefill = graphs["prefill"] ?? graphs["decoder_prefill"]
    else { return }
    let kept = prefill.states.reduce(0) { $0 + prefill[$1.next].shape.count }
    let tokens = try #require(shapes.workload.phase("decode")).context - 1
    #expect(kept == shapes.workload.cacheElements(batch: 2, tokens: tokens), "\(words)")
    // What a prefill leaves is what a decode step finds.
    for state in decode.states {
      let name = decode[state.tensor].name
      let left = try #require(prefill.states.first { prefill[$0.tensor].name == name })
      #expect(decode[state.tensor].shape == prefill[left.next].shape, "\(words) \(name)")
    }
  }

  @Test("families of the fixture: parameters, work and caches")
  func families() throws {
    let document = try ModelShapesTests.document(
      SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/transformers/families.json")
    var compared: Set<String> = []
    for model in document["models"]?.elements ?? [] {
      let configuration = try #require(model["config"])
      let family = try TransformerConfiguration(configuration).family
      do {
        try Self.check(configuration, family)
        compared.insert(family)
      } catch {
        Issue.record("\(family): \(error)")
      }
    }
    #expect(compared.count > 40, "\(compared.sorted())")
  }

  @Test(
    "published models: the work of a graph is what torch counts",
    .enabled(if: ModelShapesTests.root != nil))
  func published() throws {
    let root = try #require(ModelShapesTests.root)
    var compared = 0
    for model in ModelShapesTests.models {
      let name = model["name"]?.text ?? ""
      let document = try ModelShapesTests.document(root + "/" + (model["config"]?.text ?? ""))
      let configuration: TransformerConfiguration
      do {
        configuration = try TransformerConfiguration(document)
      } catch {
        #expect(model["required"]?.flag == false, "\(name): \(error)")
        continue
      }
      try Self.check(document, name)
      guard let run = model["runs"]?.elements?.last else { continue }
      var sizes: [String: Int] = [:]
      for name in TransformerRun.sizeNames { sizes[name] = run[name]?.count }
      for phase in try configuration.shapes(.init(sizes: sizes)).workload.phases {
        guard let kinds = run[phase.name]?["by_kind"] else { continue }
        let graph = try Self.compare(configuration, .init(sizes: sizes), phase: phase.name, name)
        let modules = Self.macs(graph, among: Set(phase.products.map(\.name)), name)
        let found = Self.byKind(modules, phase)
        for kind in TransformerWorkload.Kind.allCases.map(\.rawValue) {
          // How Mamba-2 cuts a sequence is an implementation's choice.
          if kind == "scan", configuration.family == "mamba2" { continue }
          #expect(
            found[kind] ?? 0 == kinds[kind]?.count ?? 0, "\(name) \(phase.name) \(kind)")
        }
        compared += 1
      }
    }
    #expect(compared > 80)
  }

  @Test("formulas of extents hold in runs of other sizes", arguments: ["prefill", "decode"])
  func formulas(_ phase: String) throws {
    for text in [
      """
      {"model_type": "mixtral", "num_hidden_layers": 1, "sliding_window": null}
      """,
      """
      {"model_type": "deepseek_v3", "num_hidden_layers": 2, "first_k_dense_replace": 1}
      """,
      """
      {"model_type": "mamba", "num_hidden_layers": 1}
      """,
      """
      {"model_type": "gpt2", "n_layer": 1}
      """,
    ] {
      let configuration = try Self.configuration(text)
      let sized = try configuration.sizedGraph(
        .init(sizes: ["batch": 2, "sequence": 9]), phase: phase)
      #expect(sized.sizes.first?.name == "batch")
      let other = try configuration.graph(
        .init(sizes: ["batch": 5, "sequence": 33]), phase: phase)
      let third = try configuration.graph(
        .init(sizes: ["batch": 7, "sequence": 57]), phase: phase)
      let values = ["batch": 5, "sequence": 33, "context": 34]
      var formulas = 0
      var varying = 0
      for (index, tensor) in sized.graph.tensors.enumerated() {
        let extents = sized.extents(of: TensorID(index)).map { extent -> Int in
          guard case .formula(let formula) = extent else {
            if case .number(let number) = extent { return number }
            return -1
          }
          formulas += 1
          // A sum of products, read as it is written.
          return formula.split(separator: "+").reduce(0) { sum, term in
            sum
              + term.split(separator: "*").reduce(1) { product, factor in
                let word = factor.filter { $0 != " " }
                return product * (Int(word) ?? values[word] ?? -1)
              }
          }
        }
        let found = try #require(other.tensor(named: tensor.name))
        #expect(extents == other[found].shape.extents, "\(tensor.name)")
        varying += zip(other[found].shape.extents, third[found].shape.extents).count { $0 != $1 }
      }
      // What varies is a formula, and nothing else is.
      #expect(formulas == varying && formulas > 20)
    }
    let text = """
      {"model_type": "llama", "num_hidden_layers": 1}
      """
    let sized = try Self.configuration(text).sizedGraph(phase: "decode")
    let state = try #require(sized.graph.states.first)
    #expect(
      sized.extents(of: state.tensor).map(\.description) == ["batch", "32", "sequence", "128"])
    #expect(sized.extents(of: state.next).map(\.description) == ["batch", "32", "context", "128"])
  }

  @Test("latent attention is absorbed into the queries of a step")
  func absorbed() throws {
    let configuration = try Self.configuration(
      """
      {"model_type": "deepseek_v3", "num_hidden_layers": 2, "first_k_dense_replace": 1}
      """)
    let run = TransformerRun(
      sizes: ["batch": 3, "sequence": 9], latentAttention: .absorbed, logits: .last)
    _ = try Self.compare(configuration, run, phase: "decode", "absorbed")
    _ = try Self.compare(configuration, run, phase: "prefill", "absorbed")
  }

  @Test("a window's cache keeps one token less than the window")
  func window() throws {
    let configuration = try Self.configuration(
      """
      {"model_type": "mistral", "hidden_size": 64, "num_attention_heads": 4,
       "num_key_value_heads": 2, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 10,
       "sliding_window": 5}
      """)
    let graph = try configuration.graph(.init(sizes: ["sequence": 12]), phase: "decode")
    let state = try #require(graph.states.first)
    #expect(graph[state.tensor].shape.extents == [1, 2, 4, 16])
    #expect(graph[state.next].shape.extents == [1, 2, 4, 16])
    let scores = try #require(
      graph.nodes.first { $0.name == "model.layers.0.self_attn.scores" })
    #expect(graph[scores.outputs[0]].shape.extents == [1, 2, 2, 1, 5])
  }

  @Test("operators of sequences refuse shapes that they are not for")
  func operators() {
    func tensor(_ name: String, _ shape: Shape) -> Tensor {
      Tensor(name: name, shape: shape, encoding: .float(.float32), contents: .computed)
    }
    func isValid(_ operation: Operator, _ inputs: [Shape], _ outputs: [Shape]) -> Bool {
      let tensors = (inputs + outputs).enumerated().map { tensor("t\($0.offset)", $0.element) }
      let ids = tensors.indices.map { TensorID($0) }
      let node = Node(
        name: "n", operation: operation, inputs: Array(ids.prefix(inputs.count)),
        outputs: Array(ids.suffix(outputs.count)))
      do {
        _ = try Graph(
          name: "g", tensors: tensors, nodes: [node], inputs: node.inputs, outputs: node.outputs)
        return true
      } catch {
        return false
      }
    }
    let top = Operator.topK(TopK(count: 2))
    #expect(isValid(top, [[3, 5]], [[3, 2], [3, 2]]))
    #expect(!isValid(top, [[3, 1]], [[3, 2], [3, 2]]))
    #expect(!isValid(top, [[3, 5]], [[3, 2], [3, 5]]))
    #expect(!isValid(.topK(TopK(count: 0)), [[3, 5]], [[3, 0], [3, 0]]))
    let turn = Operator.rotary(Rotary(extent: 4, pairsNeighbours: false))
    #expect(isValid(turn, [[2, 7, 6], [7, 2], [7, 2]], [[2, 7, 6]]))
    #expect(!isValid(turn, [[2, 7, 6], [6, 2], [7, 2]], [[2, 7, 6]]))
    #expect(!isValid(turn, [[2, 7, 2], [7, 2], [7, 2]], [[2, 7, 2]]))
    let odd = Operator.rotary(Rotary(extent: 3, pairsNeighbours: false))
    #expect(!isValid(odd, [[7, 6], [7, 1], [7, 1]], [[7, 6]]))
    let scan = Operator.recurrence(Recurrence(axis: 1))
    #expect(isValid(scan, [[2, 7, 6], [2, 7, 6], [2, 6]], [[2, 7, 6], [2, 6]]))
    #expect(!isValid(scan, [[2, 7, 6], [2, 7, 6], [7, 6]], [[2, 7, 6], [7, 6]]))
    let norm = Operator.normalizeRootMeanSquare(epsilon: 1e-6)
    #expect(isValid(norm, [[2, 7, 6], [6]], [[2, 7, 6]]))
    #expect(!isValid(norm, [[2, 7, 6], [7]], [[2, 7, 6]]))
  }
}
