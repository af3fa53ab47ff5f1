import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("hls4ml C-simulation cases")
struct HLSCaseTests {
  static let cases: [String] = {
    guard let root = SharedData.root else { return [] }
    let folder = root + "/conformance/hls/cases"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map {
      folder + "/" + $0
    }
  }()

  /// Opens a case's input, outputs and traced layers.
  static func sources(_ folder: String, graph: Graph) throws -> CheckSources {
    func rows(_ path: String, _ name: String? = nil) throws -> ArrayRows {
      try ArrayInput(path: path).rows(name)
    }
    func source(_ rows: ArrayRows, _ id: TensorID, _ path: String) throws -> any SampleSource {
      try ArraySampleSource(
        rows, path: path, tensor: graph[id].name, shape: graph[id].shape)
    }
    let inputs = try graph.inputs.enumerated().map { index, id in
      let single = folder + "/input.npy"
      let path =
        FileManager.default.fileExists(atPath: single) ? single : folder + "/input\(index).npy"
      return try source(try rows(path), id, path)
    }
    var expected: [(tensor: TensorID, source: any SampleSource)] = []
    for (index, id) in graph.outputs.enumerated() {
      let path = folder + (graph.outputs.count == 1 ? "/output.npy" : "/output\(index).npy")
      expected.append((id, try source(try rows(path), id, path)))
    }
    let trace = folder + "/trace.npz"
    for name in try ArrayInput(path: trace).names ?? [] {
      let id = try #require(graph.tensor(named: name), "no tensor \(name)")
      expected.append((id, try source(try rows(trace, name), id, trace)))
    }
    return CheckSources(inputs: inputs, expected: expected)
  }

  @Test("every output and traced layer is equal", arguments: cases, [true, false])
  func equal(folder: String, usesFastKernels: Bool) throws {
    let model = try HLS4ML.importModel(folder + "/project")
    let plan = try Plan(model.graph, on: HLSFixed(usesFastKernels: usesFastKernels))
    let check = Check(plan: plan, threads: 2) { Printed.matches($0, token: $1, digits: $2) }
    let result = try check.run(Self.sources(folder, graph: model.graph))
    for (tensor, comparison) in result.comparisons where comparison.equal < comparison.compared {
      Issue.record(
        "\(model.graph[tensor].name): \(comparison.compared - comparison.equal) of \(comparison.compared) differ, first \(String(describing: comparison.mismatches.first))"
      )
    }
    #expect(result.verdict == .bitExact)
    #expect(result.comparedValues > 0)
  }

  struct Truth: Decodable {
    let mutation: String
    let first_divergent_layer: String?
    let first_divergent_index_sample_then_dims: [Int]?
  }

  static let mutants: [String] = {
    guard let root = SharedData.root else { return [] }
    let folder = root + "/conformance/hls/mutants"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map {
      folder + "/" + $0
    }
  }()

  @Test(
    "the change that made a mutant is found", arguments: mutants, sweep ? [true, false] : [true])
  func explained(folder: String, isTraced: Bool) throws {
    let model = try HLS4ML.importModel(folder + "/project")
    let graph = model.graph
    let truthData = try Data(contentsOf: URL(filePath: folder + "/truth.json"))
    let truth = try JSONDecoder().decode(Truth.self, from: truthData)
    func sources() throws -> CheckSources {
      func source(_ path: String, _ name: String?, _ id: TensorID) throws -> any SampleSource {
        try ArraySampleSource(
          try ArrayInput(path: path).rows(name), path: path, tensor: graph[id].name,
          shape: graph[id].shape)
      }
      var expected = [
        (
          tensor: graph.outputs[0],
          source: try source(folder + "/observed_output.npy", nil, graph.outputs[0])
        )
      ]
      let trace = folder + "/observed_trace.npz"
      for name in isTraced ? try ArrayInput(path: trace).names ?? [] : [] {
        let id = try #require(graph.tensor(named: name))
        expected.append((id, try source(trace, name, id)))
      }
      return CheckSources(
        inputs: [try source(folder + "/input.npy", nil, graph.inputs[0])], expected: expected)
    }
    let plan = try Plan(graph, on: HLSFixed())
    let check = Check(plan: plan) { Printed.matches($0, token: $1, digits: $2) }
    let result = try check.run(sources())
    guard let divergent = result.firstDivergentNode, let mismatch = result.firstMismatch else {
      #expect(truth.first_divergent_layer == nil)
      #expect(result.verdict == .bitExact)
      return
    }
    if isTraced {
      #expect(graph.nodes[divergent].name == truth.first_divergent_layer)
      let shape = graph[graph.nodes[divergent].outputs[0]].shape
      #expect(
        [mismatch.sample] + shape.index(ofOffset: mismatch.element)
          == truth.first_divergent_index_sample_then_dims)
    }
    let observed = try ObservedSamples.read(
      sources(), plan: plan, firstMismatch: mismatch.sample)
    let originals = HLS4ML.writtenValues(of: graph, inProject: folder + "/project")
    let outcome = try Diagnosis(graph: graph, originals: originals) {
      Printed.matches($0, token: $1, digits: $2)
    }
    .explain(observed, divergent: divergent)
    let words = outcome.causes.map { "\($0.kind) \($0.object) \($0.node) \($0.detail)" }
    print(folder.suffix(3), isTraced ? "traced" : "outputs only", outcome.tried, words.prefix(2))
    let expected: [String: (Cause.Kind, Cause.Object)] = [
      "result_rounding": (.rounding, .result), "weight_sign": (.value, .weight),
      "accum_narrowed": (.width, .accumulator), "table_size": (.tableSize, .table),
    ]
    let cause = try #require(outcome.causes.first)
    let truthCause = try #require(expected[truth.mutation])
    #expect(cause.kind == truthCause.0)
    #expect(cause.object == truthCause.1)
    #expect(cause.node == truth.first_divergent_layer)
  }
}
