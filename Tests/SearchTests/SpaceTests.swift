import Arith
import FoundationEssentials
import HWModel
import QuantGraph
import Search
import Testing

@Suite("Search spaces and costs")
struct SpaceTests {
  private let layers = ["conv1", "conv2", "fc1", "fc2"].enumerated().map {
    SearchLayer(name: $1, weightCount: 10 * ($0 + 1), macs: 100 * ($0 + 1))
  }

  private func candidates(_ names: String...) throws -> [SpaceCandidate] {
    try names.map { try SpaceCandidate($0) }
  }

  @Test(
    "candidates are read by bits, by pairs of formats, and by one format for both",
    arguments: [
      ("w4a8", "int<4>", "uint<8>"), ("w16a2", "int<16>", "uint<2>"), ("e4m3", "e4m3", "e4m3"),
      ("int4/e5m2", "int<4>", "e5m2"),
    ])
  func names(text: String, weights: String, activations: String) throws {
    let candidate = try SpaceCandidate(text)
    #expect(candidate.formats.weights?.name == weights)
    #expect(candidate.formats.activations?.name == activations)
    #expect(try SpaceCandidate(candidate.name) == candidate)
  }

  @Test(
    "groups, unequal filters, accumulators and blocks have canonical names that read back",
    arguments: [
      ("w04a8", "w4a8", "int<4>/uint<8>"), ("w4g32a8", "w4g32a8", "int<4>/uint<8> runs<32>"),
      ("w4ua8", "w4ua8", "int<4>/uint<8> unequal-filters"),
      ("w3u", "w3u", "int<3>/- unequal-filters"),
      ("w8a8p16", "w8a8p16", "int<8>/uint<8>/int<16>"),
      ("w4g16a8p12", "w4g16a8p12", "int<4>/uint<8>/int<12> runs<16>"),
      ("w4p16", "w4p16", "int<4>/-/int<16>"), ("mxfp4", "mxfp4_e2m1", "mxfp4_e2m1/mxfp4_e2m1"),
      ("MXFP4/mxfp8", "mxfp4_e2m1/mxfp8_e4m3", "mxfp4_e2m1/mxfp8_e4m3"),
      ("nvfp4/float", "nvfp4/float", "nvfp4/-"), ("float/int8", "float/int<8>", "-/int<8>"),
      ("w4g128/e4m3", "w4g128/e4m3", "int<4>/e4m3 runs<128>"),
      ("w4/e4m3", "int<4>/e4m3", "int<4>/e4m3"),
      ("int8/uint8/int16", "int<8>/uint<8>/int<16>", "int<8>/uint<8>/int<16>"),
      (
        "int8/uint8/fixed<16,16,TRN,SAT>", "int<8>/uint<8>/fixed<16,16,TRN,SAT>",
        "int<8>/uint<8>/fixed<16,16,TRN,SAT>"
      ),
      ("mx<e2m1,16>/float", "mx<e2m1,16>/float", "mx<e2m1,16>/-"), ("float/float", "float", "-/-"),
    ])
  func canonicalNames(text: String, name: String, formats: String) throws {
    let candidate = try SpaceCandidate(text)
    #expect(candidate.name == name)
    #expect(candidate.formats.name == formats)
    #expect(try SpaceCandidate(candidate.name) == candidate)
  }

  @Test(
    "groupings have names that read back",
    arguments: [
      WeightGrouping.filters, .runs(1), .runs(65_536), .unequalFilters, .widths([2, 3, 16]),
    ])
  func groupings(grouping: WeightGrouping) {
    #expect(WeightGrouping(name: grouping.name) == grouping)
  }

  @Test(
    "what is no grouping has none",
    arguments: [
      "", "run<3>", "runs<0>", "runs<65537>", "runs<1,2>", "runs<>", "widths<1>", "widths<4,>",
    ])
  func badGroupings(text: String) { #expect(WeightGrouping(name: text) == nil) }

  @Test("scales of groups and blocks are counted, those of the last short ones too")
  func storedBits() throws {
    // 3 filters of 40 weights.
    let layer = SearchLayer(name: "conv", weightCount: 120, macs: 1000, filters: 3)
    func bits(_ name: String, _ layer: SearchLayer) throws -> Double {
      try SpaceCandidate(name).weightBits(in: layer)
    }
    #expect(try bits("w4a8", layer) == 480)
    #expect(try bits("w4ua8", layer) == 480)
    #expect(try bits("float", layer) == 3840)
    // 32 + 8 weights: two scales a filter.
    #expect(try bits("w4g32a8", layer) == 480 + 3 * 2 * 16)
    #expect(try bits("w4g8a8", layer) == 480 + 3 * 5 * 16)
    #expect(try bits("w4g500a8", layer) == 480 + 3 * 16)
    #expect(try bits("mxfp4/float", layer) == 480 + 3 * 2 * 8)
    #expect(try bits("nvfp4", layer) == 480 + 3 * 3 * 8)
    #expect(try bits("mxfp8/e4m3", layer) == 960 + 3 * 2 * 8)
    // Without filters blocks count as full: 4.5 bits a weight, like GGUF's Q4_0.
    let unknown = SearchLayer(name: "conv", weightCount: 128, macs: 1000)
    #expect(try SpaceCandidate("w4g32").weightBits == 4.5)
    #expect(try bits("w4g32", unknown) == 4.5 * 128)
    #expect(try bits("mxfp6", unknown) == 6.25 * 128)
    let space = try SearchSpace(
      layers: [layer],
      candidates: [["w4g32a8", "mxfp4/mxfp8", "nvfp4"].map { try SpaceCandidate($0) }])
    #expect(BitCost.weightBits.additive(in: space) == [[576, 528, 552]])
    #expect(BitCost.sizeBytes.additive(in: space) == [[72, 66, 69]])
    #expect(BitCost.bitOperations.additive(in: space) == [[32_000, 32_000, 16_000]])
  }

  @Test(
    "what is no candidate is refused",
    arguments: [
      "", "w", "wa8", "w4a", "w4b8", "a/b/c", "e9q9", "w0a8", "w4a999", "w4g", "w4g0a8", "w4gua8",
      "w4ug32a8", "w4g32u", "w4g65537", "w2ua8", "w16ua8", "w4p", "w4p8a8", "w4a8p", "w4a8p0",
      "mxfp4/uint8/int8/int8", "mxfp5", "e4m3/w4a8", "w4a8/uint8", "w٤a8",
      "w99999999999999999999a8",
    ])
  func badNames(text: String) {
    #expect(throws: SpaceError.self) { try SpaceCandidate(text) }
  }

  @Test func patterns() {
    let cases: [(String, String, Bool)] = [
      ("*", "", true), ("*", "x", true), ("fc*", "fc1", true), ("fc*", "afc", false),
      ("*c*1", "fc1", true), ("f?1", "fc1", true), ("f?1", "f1", false), ("", "x", false),
      ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYb", false), ("**", "ab", true),
    ]
    for (pattern, name, matches) in cases {
      #expect(NamePattern(pattern).matches(name) == matches, "\(pattern) \(name)")
    }
  }

  @Test("rules give candidates, fix and leave out; later ones win; fixed layers are counted")
  func rules() throws {
    var rules = SpaceRules(candidates: try candidates("w2a8", "w8a8"))
    rules.rules = [
      .init(pattern: NamePattern("fc*"), effect: .fixed(try SpaceCandidate("w4a4"))),
      .init(pattern: NamePattern("fc2"), effect: .unchanged),
      .init(pattern: NamePattern("conv1"), effect: .candidates(try candidates("w4a8"))),
    ]
    let space = try rules.space(over: layers)
    #expect(
      space.candidates.map { $0.map(\.name) } == [["w4a8"], ["w2a8", "w8a8"], ["w4a4"], ["float"]])
    #expect(space.configurationCount == 2)
    // 10*4 + 20*2 + 30*4 + 40*32, by hand.
    #expect(BitCost.weightBits.total(of: [0, 0, 0, 0], in: space) == 1480)
    // 100*4*8 + 200*2*8 + 300*4*4 + 400*32*32.
    #expect(BitCost.bitOperations.total(of: [0, 0, 0, 0], in: space) == 420_800)
    // 5 + 5 + 15 + 160 bytes.
    #expect(BitCost.sizeBytes.total(of: [0, 0, 0, 0], in: space) == 185)
  }

  @Test("a pattern that splits a tie group is an error, as is one that matches nothing")
  func splits() throws {
    var rules = SpaceRules(candidates: try candidates("w2a8", "w8a8"))
    rules.ties = [[NamePattern("fc*")]]
    rules.rules = [.init(pattern: NamePattern("fc1"), effect: .fixed(try SpaceCandidate("w8a8")))]
    #expect(throws: SpaceError.splitsTie(pattern: "fc1", layer: "fc1", tiedLayer: "fc2")) {
      try rules.space(over: layers)
    }
    rules.rules = [.init(pattern: NamePattern("gc*"), effect: .unchanged)]
    #expect(throws: SpaceError.unmatched(pattern: "gc*", layers: layers.map(\.name))) {
      try rules.space(over: layers)
    }
    rules.rules = []
    #expect(try rules.space(over: layers).configurationCount == 8)
    rules.untied = [NamePattern("fc2")]
    rules.ties = []
    #expect(
      try rules.space(over: layers, foundTies: [[0, 1], [2, 3]]).configurationCount == 8)
  }

  @Test func files() throws {
    let text = """
      {"schema": "hwsim.space/1", "candidates": ["w4a8", "w8a8"], "ties": [["conv1", "conv2"]],
       "tie_rules": ["residual"], "rules": [{"layers": "fc2", "fixed": "w8a8"}]}
      """
    let file = try SpaceFile(json: Data(text.utf8))
    #expect(file.tieRules == [.residual])
    #expect(try file.rules.space(over: layers).configurationCount == 4)
    for (bad, path) in [
      (text.replacing("ties\"", with: "tied\""), "tied"),
      (text.replacing("\"fixed\"", with: "\"fix\""), "rules[0].fix"),
      (text.replacing("space/1", with: "space/2"), "schema"),
      (text.replacing("residual", with: "resid"), "tie_rules"),
    ] {
      do throws(SpaceError) {
        _ = try SpaceFile(json: Data(bad.utf8))
        Issue.record("\(path) is accepted")
      } catch {
        guard case .malformed(let found, _) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(found == path)
      }
    }
  }

  @Test("presets tie what transformer runtimes fuse")
  func presets() throws {
    let names = [
      "model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.k_proj",
      "model.layers.0.self_attn.v_proj", "model.layers.0.self_attn.o_proj",
      "model.layers.0.mlp.gate_proj", "model.layers.0.mlp.up_proj", "model.layers.0.mlp.down_proj",
      "model.layers.1.mlp.experts.0.w2", "model.layers.1.mlp.experts.1.w2",
      "model.layers.1.self_attn.q_proj",
    ]
    let layers = names.map { SearchLayer(name: $0, weightCount: 1, macs: 1) }
    let graph = try Self.emptyGraph()
    #expect(LayerTie.attention.groups(of: layers, in: graph) == [[0, 1, 2]])
    #expect(LayerTie.gate.groups(of: layers, in: graph) == [[4, 5]])
    #expect(LayerTie.experts.groups(of: layers, in: graph) == [[7, 8]])
  }

  @Test("measured costs: missing entries are named, conversions between neighbours are counted")
  func costTables() throws {
    let space = try SpaceRules(candidates: candidates("w4a8", "w8a8")).space(
      over: Array(layers.prefix(2)))
    let text = """
      {"schema": "hwsim.cost-table/1", "name": "latency_seconds", "unit": "s", "base": 1,
       "error_percent": 5, "layers": {"conv1": {"w4a8": 2, "w8a8": 3},
       "conv2": {"w4a8": 10, "w8a8": 20}}, "conversions": {"w4a8>w8a8": 100}}
      """
    var table = try CostTable(json: Data(text.utf8)).checked(in: space)
    #expect(table.kind == .estimate(model: "cost table", errorPercent: 5))
    #expect(try table.total(of: [0, 1], in: space) == 23)
    #expect(table.additive(in: space) == [[3, 4], [10, 20]])
    table.neighbours = [["conv1", "conv2"]]
    #expect(table.additive(in: space) == nil)
    #expect(try table.total(of: [0, 1], in: space) == 123)
    #expect(try table.total(of: [1, 0], in: space) == 14)
    let lacking = text.replacing(#", "w8a8": 20"#, with: "")
    #expect(throws: CostError.missing(layer: "conv2", candidate: "w8a8")) {
      try CostTable(json: Data(lacking.utf8)).checked(in: space)
    }
  }
}

extension SpaceTests {
  static func emptyGraph() throws -> Graph {
    try Graph(name: "empty", tensors: [], nodes: [], inputs: [], outputs: [])
  }
}
