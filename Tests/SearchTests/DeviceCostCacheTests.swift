import Arith
import HWModel
import QuantGraph
import Schedules
import Search
import Synchronization
import TestSupport
import Testing

/// A device that counts the schedules that are asked of it; cycles are the bits of the weights.
private struct CountingDevice: Device {
  final class Count: Sendable {
    let value = Mutex(0)
  }

  let count = Count()
  let description: TargetDescription
  var quantities: [CostQuantity] { [.cycles] }

  init() throws {
    description = try #require(
      try DeviceFamilies.shipped.library.description(named: "stripes@bbs"))
  }

  func basis(of quantity: CostQuantity) -> CostBasis { .exact }

  func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    Deployed(graph: workload.graph, device: self)
  }

  struct Deployed: DeployedWorkload {
    let graph: Graph
    let device: CountingDevice

    func step(ofNode node: Int) -> Int? { node }

    func schedule(
      _ choices: FormatChoices, for keys: Set<String>?
    ) throws(DeviceProblems) -> Schedule {
      device.count.value.withLock { $0 += 1 }
      let steps = graph.nodes.indices.map { node in
        Schedule.Step(
          name: graph.nodes[node].name, node: node, operation: "Dense", path: "", shape: [],
          macs: 0,
          bits: [], traffic: [],
          terms: [.cycles: .count("bits", Double(choices.nodes[node]?.weights?.scalarWidth ?? 8))])
      }
      return Schedule(
        steps: steps, rules: [Cost.Rule(.cycles, .sum, basis: .exact)], macs: 0, clockHz: nil,
        columns: [.cycles])
    }
  }
}

@Suite("Totals that a search keeps")
struct DeviceCostCacheTests {
  @Test("the latest are kept, all stay right, and what is kept does not grow")
  func bounded() throws {
    let graph = try AffineRequantizationTests.model("examples/digits_cnn/model.tflite")
    let requantization = AffineRequantization(graph)
    let layers = requantization.layers
    let device = try CountingDevice()
    let nodes = layers.map { layer in graph.nodes.firstIndex { $0.name == layer.name } }
    // Room for a few allocations.
    let costs = try DeviceCosts(
      device, workload: Workload(graph), layers: layers,
      choices: { FormatChoices($0, nodes: nodes) },
      totalsBytes: 8 * (128 + 512 * layers.count))
    let candidates = try (2...8).map { try SpaceCandidate("w\($0)") }
    let space = try SearchSpace(layers: layers, candidates: layers.map { _ in candidates })
    let cost = costs.cost(.cycles)
    let others = Double(graph.nodes.count - layers.count) * 8
    func ask(_ number: Int) throws {
      var rest = number
      let choice = layers.map { _ in
        defer { rest /= 7 }
        return rest % 7
      }
      let expected = choice.reduce(others) { $0 + Double($1 + 2) }
      #expect(try cost.total(of: choice, in: space) == expected)
    }
    for number in 0..<49 { try ask(number) }
    #expect(device.count.value.withLock { $0 } == 49)
    // The last ones are known, the first were dropped.
    for number in 45..<49 { try ask(number) }
    #expect(device.count.value.withLock { $0 } == 49)
    for number in 0..<20 { try ask(number) }
    #expect(device.count.value.withLock { $0 } == 69)
  }
}
