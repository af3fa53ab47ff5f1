import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import Search
import TestSupport
import Testing

/// Patches with encodings of their own against a second computation in numpy
/// (Tests/Fixtures/patches/make.py).
@Suite("Patches with encodings of their own")
struct PatchPrecisionTests {
  struct PatchCase: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let model: String
    let grid: Int
    let splitAfter: Int
    /// Formats of tiles' tensors by name.
    let tensors: [String: String]
    let macs: Int
    let bops: Int
    let stageBops: Int
    let peak: [String: Int]
    let stagePeak: [String: Int]
    var testDescription: String { name }
  }

  static let folder = SharedData.packageRoot + "/Tests/Fixtures/patches"

  static let cases: [PatchCase] = {
    guard let data = try? Data(contentsOf: URL(filePath: folder + "/cases.json")) else { return [] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? decoder.decode([PatchCase].self, from: data)) ?? []
  }()

  /// A network with a stage in tiles.
  struct Tiled {
    let whole: Graph
    let planner: PatchPlanner
    let tiling: PatchTiling
    let patched: PatchedGraph
    let requantization: AffineRequantization

    init(_ path: String, grid: Int, splitAfter: Int) throws {
      whole = try TFLiteModel.read(path).graph
      planner = try PatchPlanner(whole)
      tiling = try planner.schedule(grid: grid, splitAfter: splitAfter).tiling
      patched = try whole.patched(by: tiling, borders: .conversions)
      requantization = AffineRequantization(patched.graph)
    }
  }

  private static func allocation(_ item: PatchCase) throws -> Allocation {
    var allocation = Allocation()
    for (name, format) in item.tensors { allocation[tensor: name] = try Encoding(name: format) }
    return allocation
  }

  private static func outputs(
    _ graph: Graph, on datapath: some Datapath, _ input: [Int64], samples: Int
  ) throws -> [Int64] {
    let runner = PlanRunner(try Plan(graph, on: datapath), lanes: 1)
    let size = graph[graph.inputs[0]].shape.count
    var codes: [Int64] = []
    for sample in 0..<samples {
      let part = input[sample * size..<(sample + 1) * size].map { Int8($0) }
      try #require(runner.buffer(of: graph.inputs[0])).fill(with: .int8(part))
      runner.run(usedLanes: 1)
      let output = graph.outputs[0]
      codes += (0..<graph[output].shape.count).map { runner.code(of: output, element: $0, lane: 0) }
    }
    return codes
  }

  @Test("the fixtures are there, and patches differ in them")
  func fixtures() {
    #expect(Self.cases.count == 36)
    #expect(Self.cases.count { !$0.tensors.isEmpty } >= 24)
    #expect(Set(Self.cases.map(\.model)).count == 3)
  }

  @Test("codes, bit operations and peak memory are those of the reference", arguments: cases)
  func reference(_ item: PatchCase) throws {
    let tiled = try Tiled(
      Self.folder + "/" + item.model, grid: item.grid, splitAfter: item.splitAfter)
    let graph = try tiled.patched.graph.applying(
      try Self.allocation(item), by: tiled.requantization)
    let archive = try NPZ.open(Self.folder + "/arrays.npz")
    let model = String(item.model.prefix { $0 != "." })
    let input: [Int64] = try #require(try archive.read("\(model)/input").integers())
    let expected: [Int64] = try #require(try archive.read("\(item.name)/output").integers())
    let samples = input.count / tiled.whole[tiled.whole.inputs[0]].shape.count
    for path in [KernelPath.plain, .current] {
      let found = try Self.outputs(graph, on: TFLiteReference(path: path), input, samples: samples)
      #expect(found == expected, "\(path)")
      #expect(
        try Self.outputs(graph, on: TFLiteMicro(path: path), input, samples: samples) == expected)
    }
    let plain = try Self.outputs(tiled.whole, on: TFLiteReference(), input, samples: samples)
    #expect((plain == expected) == item.tensors.isEmpty, "widths change what is computed")
    let formats = try Self.allocation(item).formats(
      ofLayers: tiled.requantization.layerNames, in: tiled.patched.graph)
    let widths = try tiled.requantization.effective(
      try tiled.requantization.requested(formats).widths)
    let schedule = try tiled.planner.schedule(
      grid: item.grid, splitAfter: item.splitAfter,
      widths: PatchWidths(widths, of: tiled.patched, in: tiled.whole))
    #expect(schedule.macs == item.macs)
    #expect(schedule.bitOperations == item.bops)
    #expect(schedule.stageBitOperations == item.stageBops)
    #expect(schedule.tiles.reduce(0) { $0 + $1.bitOperations } == item.stageBops)
    for convention in PatchConvention.allCases {
      #expect(schedule.stagePeakBytes[convention] == item.stagePeak[convention.rawValue])
      #expect(schedule.peakBytes[convention] == item.peak[convention.rawValue])
    }
    if item.tensors.isEmpty {
      #expect(schedule.tiles.allSatisfy { $0.convertedValues == 0 })
      let own = try tiled.planner.schedule(grid: item.grid, splitAfter: item.splitAfter)
      #expect(schedule.peakBytes == own.peakBytes && schedule.bitOperations == own.bitOperations)
    }
  }
}
