import FoundationEssentials
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

/// A case of patch_ref.py, from conformance/mcu/patch.json or our own runs of that script.
struct PatchCase: Decodable, Sendable {
  struct Case: Decodable, Sendable {
    let network: String
    let alpha: Double
    let resolution: Int
    let patchStageBlocks: Int
    let grid: Int
  }
  struct Bytes: Decodable, Sendable {
    let peakPerLayerSchedule: Int
    let peakLayer: Int?
    let peakPatchStage: Int
    let peakAfterPatchStage: Int
    let peakPatched: Int
  }
  struct Tile: Decodable, Sendable {
    let tile: [Int]
    let inputRows: [Int]
    let inputCols: [Int]
    let rowsPerLayer: [Int]
  }
  let `case`: Case
  let layers: Int
  let patchStageLayers: Int
  let splitFeatureMap: [Int]
  let imageBytes: Int
  let macsFull: Int
  let macsPatchStageFull: Int
  let macsPatchStage: Int
  let macsPatched: Int
  let plain: Bytes
  let inplaceDw: Bytes
  let tiles: [Tile]

  static func read(_ path: String) -> [PatchCase] {
    struct File: Decodable { let cases: [PatchCase] }
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try? decoder.decode(File.self, from: data))?.cases ?? []
  }

  static let shared = SharedData.path("conformance/mcu/patch.json").map(read) ?? []
  /// `patch_ref.py` run over more networks, splits and grids.
  static let own = read(
    SharedData.packageRoot + "/Tests/SchedulesTests/Fixtures/patch_cases.json")

  func graph() throws -> Graph {
    `case`.network == "mobilenet_v1"
      ? try MobileNetGraph.v1(alpha: `case`.alpha, resolution: `case`.resolution)
      : try MobileNetGraph.v2(alpha: `case`.alpha, resolution: `case`.resolution)
  }

  var name: String {
    "\(`case`.network) \(`case`.alpha) \(`case`.resolution) after \(`case`.patchStageBlocks), grid "
      + "\(`case`.grid)"
  }

  /// Compares everything that does not depend on what follows the convolutions.
  func check(_ schedule: PatchSchedule, in graph: Graph, otherMACs: Int = 0) throws {
    #expect(schedule.grid == `case`.grid && schedule.splitAfter == `case`.patchStageBlocks)
    let convolutions = schedule.tiling.stage.nodes.filter {
      graph.nodes[$0].operation.name.contains("Conv")
    }
    #expect(convolutions.count == patchStageLayers, "\(name)")
    #expect(Array(graph[schedule.tiling.stage.output].shape.extents.dropFirst()) == splitFeatureMap)
    #expect(schedule.imageBytes == imageBytes)
    #expect(schedule.unpatchedMACs == macsFull + otherMACs, "\(name)")
    #expect(schedule.stageUnpatchedMACs == macsPatchStageFull, "\(name)")
    #expect(schedule.stageMACs == macsPatchStage, "\(name)")
    #expect(schedule.macs == macsPatched + otherMACs, "\(name)")
    for (convention, bytes) in [(PatchConvention.plain, plain), (.inplaceDepthwise, inplaceDw)] {
      #expect(
        schedule.unpatchedPeakBytes[convention] == bytes.peakPerLayerSchedule, "\(name)")
      #expect(schedule.stagePeakBytes[convention] == bytes.peakPatchStage, "\(name)")
      #expect(schedule.peakBytes[convention] == bytes.peakPatched, "\(name)")
    }
    #expect(schedule.tiles.count == `case`.grid * `case`.grid)
    #expect(schedule.tiles.reduce(0) { $0 + $1.macs } == schedule.stageMACs)
    for expected in tiles {
      let tile = try #require(
        schedule.tiles.first { [$0.row, $0.column] == expected.tile }, "\(name)")
      #expect(
        [tile.input.rows.lowerBound, tile.input.rows.upperBound - 1] == expected.inputRows,
        "\(name)")
      #expect(
        [tile.input.columns.lowerBound, tile.input.columns.upperBound - 1] == expected.inputCols,
        "\(name)")
      #expect(tile.rowsPerLayer == expected.rowsPerLayer, "\(name)")
    }
  }
}

@Suite("Patch schedules of patch_ref.py") struct PatchConformanceTests {
  @Test(
    "cases of patch.json", .enabled(if: SharedData.root != nil),
    arguments: PatchCase.shared.indices)
  func sharedCase(index: Int) throws { try compare(PatchCase.shared[index]) }

  @Test("further cases", arguments: PatchCase.own.indices)
  func ownCase(index: Int) throws { try compare(PatchCase.own[index]) }

  @Test("cases were read") func counts() {
    #expect(PatchCase.own.count >= 30)
    #expect(SharedData.root == nil || PatchCase.shared.count >= 4)
  }

  private func compare(_ expected: PatchCase) throws {
    let graph = try expected.graph()
    let planner = try PatchPlanner(graph)
    let schedule = try planner.schedule(
      grid: expected.case.grid, splitAfter: expected.case.patchStageBlocks)
    try expected.check(schedule, in: graph)
    let hasRest = expected.patchStageLayers < expected.layers
    for (convention, bytes) in [
      (PatchConvention.plain, expected.plain), (.inplaceDepthwise, expected.inplaceDw),
    ] where hasRest {
      #expect(schedule.restPeakBytes[convention] == bytes.peakAfterPatchStage)
    }
  }

  static let files = [
    "mobilenet_v1/0.25/96": "mobilenet/mobilenet_v1_0.25_96_int8",
    "mobilenet_v1/0.25/224": "mobilenet/mobilenet_v1_0.25_224_int8",
    "mobilenet_v2/0.35/128": "mobilenet/mobilenet_v2_0.35_128_int8",
  ]

  /// Cases whose network is one of the shared model files.
  static let ofFiles = (PatchCase.own + PatchCase.shared).compactMap { expected in
    let entry = expected.case
    return files["\(entry.network)/\(entry.alpha)/\(entry.resolution)"].map { ($0, expected) }
  }

  @Test("model files", .enabled(if: SharedData.root != nil), arguments: ofFiles.indices)
  func modelFile(index: Int) throws {
    let (name, expected) = Self.ofFiles[index]
    let graph = try TFLiteModel.read(try #require(SharedData.path("models/\(name).tflite"))).graph
    let others = graph.nodes.filter { !$0.operation.name.contains("Conv") }
      .reduce(0) { $0 + graph.multiplyAccumulates(of: $1) }
    let schedule = try PatchPlanner(graph).schedule(
      grid: expected.case.grid, splitAfter: expected.case.patchStageBlocks)
    try expected.check(schedule, in: graph, otherMACs: others)
  }

  @Test("model files were found") func modelFileCount() { #expect(Self.ofFiles.count >= 10) }
}
