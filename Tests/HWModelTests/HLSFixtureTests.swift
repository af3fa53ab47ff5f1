import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Small C-simulation cases of layers beyond the shared ones (Tests/Fixtures/hls/README.md): every
/// output and every traced layer must be equal, value for value.
@Suite("hls4ml C simulation, committed cases")
struct HLSFixtureTests {
  private static let root = SharedData.packageRoot + "/Tests/Fixtures/hls"

  static let names: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.sorted().filter {
      FileManager.default.fileExists(atPath: root + "/" + $0 + "/input.npy")
    }
  }()

  @Test("the cases are there")
  func present() {
    #expect(Self.names.count >= 8)
  }

  @Test("outputs and layers are C simulation's", arguments: names, [true, false])
  func equality(name: String, usesFastKernels: Bool) throws {
    let folder = Self.root + "/" + name
    let graph = try HLS4ML.importModel(folder + "/project").graph
    var expected: [(id: TensorID, values: [Double])] = []
    let trace = try NPZ.open(folder + "/trace.npz")
    for layer in trace.names {
      let id = try #require(graph.tensor(named: layer), "layer \(layer)")
      expected.append((id, try #require(try trace.read(layer).doubles())))
    }
    for (index, id) in graph.outputs.enumerated() {
      let file = graph.outputs.count == 1 ? "output.npy" : "output\(index).npy"
      expected.append((id, try #require(try NPY.read(folder + "/" + file).doubles())))
    }
    let input = try #require(try NPY.read(folder + "/input.npy").doubles())
    let plan = try Plan(graph, on: HLSFixed(usesFastKernels: usesFastKernels))
    let runner = PlanRunner(plan, keeping: Set(expected.map(\.id)))
    let samples = input.count / graph[graph.inputs[0]].shape.count
    var wrong = 0
    for first in stride(from: 0, to: samples, by: runner.lanes) {
      let count = min(runner.lanes, samples - first)
      try runner.load(.values(input), first: first, count: count, into: graph.inputs[0])
      runner.run(usedLanes: count)
      for (id, values) in expected {
        guard case .fixed(let format) = graph[id].encoding else { continue }
        let elements = graph[id].shape.count
        try #require(values.count == samples * elements, "\(graph[id].name)")
        for lane in 0..<count {
          for (element, code) in runner.wideCodes(of: id, lane: lane).enumerated() {
            let wanted = values[(first + lane) * elements + element]
            if format.value(of: code) != wanted {
              wrong += 1
              if wrong <= 3 {
                Issue.record(
                  """
                  \(graph[id].name)[\(element)] of sample \(first + lane): \
                  \(format.value(of: code)), C simulation has \(wanted)
                  """)
              }
            }
          }
        }
      }
    }
    #expect(wrong == 0)
  }
}
