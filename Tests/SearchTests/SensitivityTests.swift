import Arith
import FoundationEssentials
import HWModel
import Knapsack
import QuantGraph
import Search
import TestSupport
import Testing

@Suite("Sensitivities")
struct SensitivityTests {
  struct Setting {
    let network: FloatNetwork
    let analysis: SensitivityAnalysis
    let candidates: [[Candidate]]

    init(isLabelled: Bool = true) throws {
      network = try FloatNetwork(try GraphSketch.rich(seed: 9))
      let samples = GraphSketch.samples(70, of: network, seed: 2)
      let data = try EvaluationData(
        samples, labels: isLabelled ? (0..<70).map { $0 % 3 } : nil, for: network)
      let evaluator = QuantizedEvaluator(network, calibration: data, evaluation: data)
      analysis = SensitivityAnalysis(network, data: data, inputRanges: evaluator.inputRanges)
      candidates = try evaluator.layers.indices.map { layer in
        try [2, 4, 8].map {
          try evaluator.candidate(layer: layer, weightBits: $0, inputBits: $0)
        } + [Candidate(weights: nil, activations: nil)]
      }
    }
  }

  @Test("the same on any number of threads", arguments: SensitivityMetric.allCases)
  func threads(metric: SensitivityMetric) throws {
    let setting = try Setting()
    let traces = setting.network.layers.indices.map { Double($0) }
    let once = try setting.analysis.scores(metric, of: setting.candidates, traces: traces)
    let again = try setting.analysis.scores(
      metric, of: setting.candidates, traces: traces, threads: 5)
    #expect(once.layers == setting.network.layers.map(\.name))
    // NaN is not equal to itself, its bits are.
    #expect(once.values.map { $0.map(\.bitPattern) } == again.values.map { $0.map(\.bitPattern) })
  }

  @Test("a tensor that stays as it is costs nothing, and narrow formats cost more than wide ones")
  func order() throws {
    let setting = try Setting()
    for metric in [SensitivityMetric.weightError, .mse, .kl, .logitMSE, .hessian, .masked] {
      let scores = try setting.analysis.scores(metric, of: setting.candidates)
      for row in scores.values {
        #expect(row[3] == 0, "\(metric)")
        #expect(row[0] > row[2] && row[2] > 0, "\(metric)")
      }
    }
    let ratios = try setting.analysis.scores(.sqnr, of: setting.candidates)
    #expect(ratios.values.allSatisfy { $0[3] == .infinity && $0[0] < $0[1] })
    #expect(ratios.notFinite.count == 6)
    #expect(ratios.notFinite.first?.layer == "grouped")
    #expect(ratios.losses.allSatisfy { $0[3] == 0 && $0[0] > $0[1] })
  }

  @Test("Hutchinson's estimate approaches the exact trace")
  func traces() throws {
    let setting = try Setting()
    let exact = try setting.analysis.exactTrace(layer: 5)
    let estimate = try setting.analysis.hessianTrace(layer: 5, samples: 400)
    #expect(estimate.weightCount == 21)
    #expect(abs(estimate.estimate - exact) < 0.1 * exact)
  }

  @Test("labels, candidates and traces that are missing are named")
  func refusals() throws {
    let setting = try Setting(isLabelled: false)
    #expect(throws: SensitivityError.needsLabels(.loss)) {
      try setting.analysis.scores(.loss, of: setting.candidates)
    }
    #expect(throws: SensitivityError.needsTraces) {
      try setting.analysis.scores(.hawq, of: setting.candidates)
    }
    #expect(throws: SensitivityError.layerCount(expected: 6, found: 0)) {
      try setting.analysis.scores(.kl, of: [])
    }
    #expect(throws: SensitivityError.cancelled) {
      try setting.analysis.scores(.kl, of: setting.candidates, isCancelled: { true })
    }
    var wrong = setting.candidates
    wrong[2][0] = Candidate(weights: try Encoding(name: "uint<4>"), activations: nil)
    #expect(
      throws: SensitivityError.evaluation(
        .unsupported(layer: "multiplier", role: "weights", encoding: "uint<4>"))
    ) { try setting.analysis.scores(.kl, of: wrong) }
    #expect(try setting.analysis.hessianTrace(layer: 5).loss.isEmpty)
  }

  @Test("scores with infinities and NaN survive a file")
  func coding() throws {
    let scores = SensitivityScores(
      metric: .sqnr, layers: ["a", "b"], candidates: [["x"], ["y", "z"]],
      values: [[.infinity], [-.infinity, 0.1]])
    let read = try JSONDecoder().decode(
      SensitivityScores.self, from: JSONEncoder().encode(scores))
    #expect(read == scores)
    let nothing = SensitivityScores(
      metric: .kl, layers: ["a"], candidates: [["x"]], values: [[.nan]])
    let text = String(decoding: try JSONEncoder().encode(nothing), as: UTF8.self)
    #expect(text.contains("\"nan\""))
    #expect(
      throws: DecodingError.self,
      performing: {
        try JSONDecoder().decode(
          SensitivityScores.self,
          from: Data(
            #"{"metric":"kl","layers":["a"],"candidates":[["x","y"]],"values":[[1]]}"#.utf8))
      })
  }

  @Test("two metrics at once: each kind of layer by its own, weighted by the share")
  func pair() {
    let first = SensitivityScores(
      metric: .kl, layers: ["a", "b", "c"], candidates: [["x", "y"], ["x", "y"], ["x", "y"]],
      values: [[3, 1], [1, 0], [9, 9]])
    let second = SensitivityScores(
      metric: .mse, layers: first.layers, candidates: first.candidates,
      values: [[7, 7], [7, 7], [50, 5]])
    let pair = MetricPair(layersOfSecond: ["c"], share: 0.25)
    // Largest scores of the first kind: 3 + 1; of the second: 50.
    #expect(pair.losses(first, second) == [[0.1875, 0.0625], [0.0625, 0], [0.75, 0.075]])
  }

  @Test("files of traces: by order or by name, and what is wrong with them")
  func traceFiles() throws {
    let layers = ["a", "b"]
    func values(_ text: String) throws -> [Double] {
      try HessianTraceFile(json: Data(text.utf8)).values(for: layers)
    }
    #expect(try values("[1, 2.5]") == [1, 2.5])
    #expect(try values(#"{"b": 2, "a": 1}"#) == [1, 2])
    #expect(throws: HessianTraceFile.Problem.layout) { try values("3") }
    #expect(throws: HessianTraceFile.Problem.count(expected: 2, found: 1)) { try values("[1]") }
    #expect(throws: HessianTraceFile.Problem.missing(["b"])) { try values(#"{"a": 1}"#) }
    #expect(throws: HessianTraceFile.Problem.unknown(["c"])) {
      try values(#"{"a": 1, "b": 2, "c": 3}"#)
    }
    #expect(throws: HessianTraceFile.Problem.notFinite(layer: "b", value: .infinity)) {
      try values(#"[1, "inf"]"#)
    }
  }

  @Test("a user's scores are read with their costs, and solved")
  func scoreFile() throws {
    let text = """
      {"schema": "hwsim.scores/1", "groups": [
        {"group": "qkv", "layers": ["q", "k", "v"], "formats": ["NVFP4", "FP8"],
         "scores": [3, 1], "costs": {"size": [4, 8]}},
        {"group": "down", "formats": ["NVFP4", "FP8"], "scores": [9, 2], "costs": {"size": [4, 8]}}
      ]}
      """
    let file = try ScoreFile(json: Data(text.utf8))
    #expect(file.groups.map(\.layers) == [["q", "k", "v"], ["down"]])
    #expect(file.costNames == ["size"] && file.notFinite.isEmpty)
    let solved = try ScoreProblem(file, costs: ["size"], budgets: [12])
    guard case .optimal(let allocation) = try solved.problem.optimum() else {
      Issue.record("feasible")
      return
    }
    #expect(allocation.choice == [0, 1] && allocation.loss == 5)
    let missing = try ScoreFile(
      json: Data(
        text.replacing("[3, 1]", with: #"[null, "inf"]"#).utf8))
    #expect(missing.notFinite.map(\.format) == ["NVFP4", "FP8"])
    #expect(throws: ScoreProblemError.noScores(groups: ["qkv"])) {
      try ScoreProblem(missing, costs: [])
    }
  }

  @Test("everything wrong with a file of scores is named at once")
  func scoreFileProblems() throws {
    let text = """
      {"schema": "hwsim.scores/2", "groups": [
        {"group": "a", "formats": ["x", "x"], "scores": [1], "costs": {"size": [1, 2]}},
        {"group": "a", "layers": ["a"], "formats": ["x"], "scores": [1], "costs": {"time": ["nan"]}}
      ]}
      """
    let found = #expect(throws: ScoreFileProblems.self) { try ScoreFile(json: Data(text.utf8)) }
    let problems = try #require(found).problems
    #expect(problems.contains(.schema("hwsim.scores/2")))
    #expect(problems.contains(.duplicateGroup("a")))
    #expect(problems.contains(.duplicateFormat(group: "a")))
    #expect(problems.contains(.sharedLayer("a", groups: ["a", "a"])))
    #expect(problems.contains(.count(group: "a", of: "scores", expected: 2, found: 1)))
    #expect(problems.contains(.costNames(group: "a", expected: ["size"], found: ["time"])))
    #expect(
      problems.contains {
        if case .costNotFinite(group: "a", cost: "time", value: let value) = $0 {
          value.isNaN
        } else {
          false
        }
      })
    for text in ["", "[]", "{}", #"{"schema": "hwsim.scores/1", "groups": [{"group": 1}]}"#] {
      let found = #expect(throws: ScoreFileProblems.self) { try ScoreFile(json: Data(text.utf8)) }
      #expect(found?.problems.count == 1)
    }
  }
}
