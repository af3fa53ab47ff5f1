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
}
