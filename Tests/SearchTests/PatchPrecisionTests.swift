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
  func fixtures() throws {
    #expect(Self.cases.count == 36)
    #expect(Self.cases.count { !$0.tensors.isEmpty } >= 24)
    #expect(Set(Self.cases.map(\.model)).count == 3)
    let archive = try NPZ.open(Self.folder + "/arrays.npz")
    let changed = try Self.cases.count { item in
      let plain = item.name.split(separator: "-").dropLast().joined(separator: "-") + "-equal"
      let codes: [Int64]? = try archive.read("\(item.name)/output").integers()
      return try codes != archive.read("\(plain)/output").integers()
    }
    #expect(changed >= 20, "widths change what is computed")
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
    if item.tensors.isEmpty { #expect(plain == expected, "equal encodings change nothing") }
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

  // MARK: Classes and widths

  private static func search(
    _ options: PatchPrecision, samples: [[Double]]? = nil
  ) throws -> (tiled: Tiled, search: PatchPrecisionSearch, space: SearchSpace) {
    let tiled = try Tiled(folder + "/residual.tflite", grid: 3, splitAfter: 2)
    let archive = try NPZ.open(folder + "/arrays.npz")
    let codes: [Int64] = try #require(try archive.read("residual/input").integers())
    // The network's image has scale 0.05 and zero point -11.
    let values = samples ?? [codes.map { Double($0 + 11) * Double(Float(0.05)) }]
    let layers = tiled.requantization.layers
    let search = try PatchPrecisionSearch(
      tiled.whole, tiling: tiled.tiling, tiles: tiled.patched, layers: layers,
      on: TFLiteReference(), samples: values, options: options)
    let tiles = layers.indices.filter { layers[$0].name.contains("@r") }
    let kept = Set(layers.indices).subtracting(tiles)
    let space = try SearchSpace(
      layers: layers,
      candidates: layers.indices.map { layer in
        kept.contains(layer)
          ? [.asModel]
          : [try SpaceCandidate("a2"), try SpaceCandidate("a4"), try SpaceCandidate("a8")]
      }, ties: tiled.requantization.sharedInputs,
      fixed: Dictionary(uniqueKeysWithValues: kept.map { ($0, 0) }))
    return (tiled, search, space)
  }

  @Test("outlier patches are those that hold the one bright corner, halo included")
  func outliers() throws {
    var options = PatchPrecision()
    options.deviations = 3
    // 12 x 13 x 3 values around 0, and one far off at the last position.
    var image = (0..<12 * 13 * 3).map { Double($0 % 3) * 0.05 }
    image[image.count - 1] = 6
    let found = try Self.search(options, samples: [image]).search
    let holding = found.patches.map {
      $0.region.rows.contains(11) && $0.region.columns.contains(12)
    }
    #expect(found.patches.map(\.isOutlier) == holding)
    #expect(holding.last == true && holding.count { $0 } < 4)
    let mean = image.reduce(0, +) / Double(image.count)
    let variance = image.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(image.count)
    #expect(abs(found.mean - mean) < 0.01 && abs(found.deviation - variance.squareRoot()) < 0.01)
    #expect(abs(found.patches[8].outliers - 1 / Double(found.patches[8].region.area * 3)) < 1e-12)
    options.outlierShare = 0.5
    #expect(try Self.search(options, samples: [image]).search.outlierPatches == 0)
    options.map = "nothing"
    #expect(throws: PatchPrecisionError.self) { try Self.search(options, samples: [image]) }
  }

  /// All allocations alike.
  private struct Even: Evaluator {
    let layers: [SearchLayer]

    func evaluate(
      _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
      report: (Int, Quality) -> Void
    ) {
      for index in allocations.indices { report(index, Quality(correct: nil, samples: 1, loss: 0)) }
    }
  }

  /// The choice of one lambda under a limit of bit operations.
  private static func choice(
    _ options: PatchPrecision, bops limit: Double = .infinity
  ) throws -> (choice: [Int], space: SearchSpace, bops: Double) {
    let (_, search, space) = try search(options)
    var task = SearchTask(
      space: space, quality: .loss, costs: [BitCost.bitOperations], objectiveCount: 1,
      budgets: [limit], method: .quantMCU, evaluations: 8, screening: 0, seed: 1,
      sensitivities: space.candidates.map { $0.map { _ in 0 } })
    task.patches = search
    let outcome = try task.run(evaluator: Even(layers: space.layers))
    let last = try #require(outcome.evaluations.last)
    return (last.choice, space, last.costs[0])
  }

  @Test("lambda 0 narrows every free map, lambda 1 none, and a limit is kept where it can be")
  func scores() throws {
    var options = PatchPrecision()
    options.deviations = 100
    options.lambdas = [0]
    let narrow = try Self.choice(options)
    let tiles = narrow.space.layers.indices.filter { narrow.space.layers[$0].name.contains("@r") }
    #expect(tiles.allSatisfy { narrow.choice[$0] == 0 })
    options.lambdas = [1]
    let wide = try Self.choice(options)
    #expect(tiles.allSatisfy { wide.choice[$0] == 2 })
    #expect(narrow.bops < wide.bops)
    let limit = (narrow.bops + wide.bops) / 2
    let held = try Self.choice(options, bops: limit)
    #expect(held.bops <= limit && held.bops > narrow.bops)
    #expect(try Self.choice(options, bops: limit).choice == held.choice)
    options.order = .size
    let other = try Self.choice(options, bops: limit)
    #expect(other.bops <= limit)
    #expect(other.choice != held.choice, "the order says which maps are narrowed first")
    // Patches with outliers stay.
    options.deviations = 0.5
    options.lambdas = [0]
    options.order = .score
    let kept = try Self.choice(options)
    #expect(tiles.allSatisfy { kept.choice[$0] == 2 })
  }

  @Test("parameters out of range are refused")
  func parameters() throws {
    func refusal(_ change: (inout PatchPrecision) -> Void) -> Bool {
      var options = PatchPrecision()
      change(&options)
      do throws(PatchPrecisionError) {
        try options.check()
        return false
      } catch {
        if case .parameter = error { return true }
        return false
      }
    }
    #expect(refusal { $0.lambdas = [0.5, 1.5] })
    #expect(refusal { $0.lambdas = [.nan] })
    #expect(refusal { $0.lambdas = [] })
    #expect(refusal { $0.deviations = 0 })
    #expect(refusal { $0.outlierShare = -0.1 })
    #expect(refusal { $0.bins = 1 })
    #expect(!refusal { $0.lambdas = [0, 1] })
  }
}
