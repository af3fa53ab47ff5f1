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

  private static func compare(
    _ configuration: TransformerConfiguration, _ run: TransformerRun, phase name: String,
    _ words: String
  ) throws -> Graph {
    let shapes = try configuration.shapes(run)
    let graph = try configuration.graph(run, phase: name)
    let phase = try #require(shapes.workload.phase(name))
    #expect(macs(graph) == phase.macs, "\(words) \(name)")
    var found: [String: [Int]] = [:]
    for tensor in graph.tensors where tensor.isParameter {
      found[tensor.name] = tensor.shape.extents
      #expect(tensor.constant == nil)
    }
    var expected: [String: [Int]] = [:]
    for tensor in shapes.tensors {
      for name in tensor.names { expected[name] = tensor.shape }
    }
    #expect(found == expected, "\(words) \(name)")
    #expect(
      graph.tensors.reduce(0) { $0 + ($1.isParameter ? $1.shape.count : 0) } == shapes.parameters,
      "\(words) \(name)")
    for node in graph.nodes where node.operation.name == "Rotary" {
      #expect(node.inputs.count == 3)
    }
    return graph
  }

  /// Families of which no graph is made: encoders, models of images and sound, layers of two kinds.
  private static let refused: Set<String> = [
    "bert", "roberta", "xlm-roberta", "camembert", "electra", "distilbert", "albert", "vit", "deit",
    "whisper", "DiTTransformer2DModel", "UNet2DConditionModel", "qwen3_next", "t5",
  ]

  private static func check(_ document: JSON, _ words: String) throws -> Bool {
    let configuration = try TransformerConfiguration(document)
    let run = TransformerRun(sizes: ["batch": 2, "sequence": 12])
    guard !refused.contains(configuration.family) else {
      #expect(throws: TransformerError.self) { try configuration.graph(phase: "prefill") }
      return false
    }
    let prefill = try compare(configuration, run, phase: "prefill", words)
    let decode = try compare(configuration, run, phase: "decode", words)
    let workload = try configuration.shapes(run).workload
    let kept = prefill.states.reduce(0) { $0 + prefill[$1.next].shape.count }
    #expect(kept == workload.cacheElements(batch: 2, tokens: 12), "\(words)")
    // What a prefill leaves is what a decode step finds.
    for state in decode.states {
      let name = decode[state.tensor].name
      let left = try #require(prefill.states.first { prefill[$0.tensor].name == name })
      #expect(decode[state.tensor].shape == prefill[left.next].shape, "\(words) \(name)")
    }
    return true
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
        if try Self.check(configuration, family) { compared.insert(family) }
      } catch {
        Issue.record("\(family): \(error)")
      }
    }
    #expect(compared.count > 25, "\(compared.sorted())")
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
      guard try Self.check(document, name) else { continue }
      // How Mamba-2 cuts a sequence is an implementation's choice.
      guard let run = model["runs"]?.elements?.last, configuration.family != "mamba2" else {
        continue
      }
      let sizes = ["batch": run["batch"]?.count ?? 1, "sequence": run["sequence"]?.count ?? 1]
      for phase in ["prefill", "decode"] {
        guard let expected = run[phase]?["total"]?.count else { continue }
        let graph = try configuration.graph(.init(sizes: sizes), phase: phase)
        #expect(Self.macs(graph) == expected, "\(name) \(phase)")
        compared += 1
      }
    }
    #expect(compared > 40)
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
