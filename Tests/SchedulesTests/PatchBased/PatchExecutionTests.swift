import Arith
import HWModel
import Importers
import QuantGraph
import Schedules
import TestSupport
import Testing

/// One run of a graph with every tensor kept.
private struct KeptRun {
  let graph: Graph
  let runner: PlanRunner

  init(_ graph: Graph, on datapath: some Datapath) throws {
    self.graph = graph
    let written = Set(graph.nodes.flatMap(\.outputs) + graph.inputs)
    runner = PlanRunner(try Plan(graph, on: datapath), keeping: written)
  }

  func run(_ inputs: [TensorID: Codes]) throws {
    runner.resetStates()
    for id in graph.inputs {
      try #require(runner.buffer(of: id)).fill(with: try #require(inputs[id]))
    }
    runner.run(usedLanes: 1)
  }

  /// Codes of integers, bit patterns of floats.
  func codes(_ id: TensorID) throws -> [Int64] {
    let buffer = try #require(runner.buffer(of: id), "\(graph[id].name) is not computed")
    let count = graph[id].shape.count
    if case .float = graph[id].encoding {
      return buffer.elements(as: Float.self).prefix(count).map { Int64($0.bitPattern) }
    }
    return (0..<count).map { buffer.integer(at: $0) }
  }
}

/// Elements of a rectangle of a `[1, rows, columns, channels]` tensor.
private func part(_ codes: [Int64], of shape: Shape, _ region: PlaneRegion) -> [Int64] {
  var result: [Int64] = []
  for row in region.rows {
    let start = (row * shape[2] + region.columns.lowerBound) * shape[3]
    result += codes[start..<start + region.columns.count * shape[3]]
  }
  return result
}

/// Compares a patched run with the whole one: every tile, the stage's output, every tensor after it.
private func compare(
  _ graph: Graph, _ tiling: PatchTiling, _ borders: PatchBorders = .shared,
  on datapath: some Datapath, inputs: [TensorID: Codes], name: String
) throws -> Int {
  let patched = try graph.patched(by: tiling, borders: borders)
  let whole = try KeptRun(graph, on: datapath)
  let tiled = try KeptRun(patched.graph, on: datapath)
  try whole.run(inputs)
  try tiled.run(inputs)
  var compared = 0
  let inside = Set(tiling.stage.nodes)
  let after = graph.nodes.indices.filter { !inside.contains($0) }
    .flatMap { graph.nodes[$0].outputs }
  for id in [tiling.stage.output] + after {
    let expected = try whole.codes(id)
    #expect(try tiled.codes(id) == expected, "\(name): \(graph[id].name)")
    compared += expected.count
  }
  #expect(patched.tiles.count == tiling.grid * tiling.grid)
  guard tiling.grid > 1 else { return compared }
  for (number, map) in patched.tiles.enumerated() {
    for (id, tile) in map.sorted(by: { $0.key < $1.key }) {
      let region = try #require(
        tiling.region(of: id, row: number / tiling.grid, column: number % tiling.grid))
      let expected = part(try whole.codes(id), of: graph[id].shape, region)
      #expect(try tiled.codes(tile) == expected, "\(name): \(patched.graph[tile].name)")
      compared += expected.count
    }
  }
  return compared
}

@Suite("Patched execution") struct PatchExecutionTests {
  /// A random image network and the tensor to cut.
  private static func randomGraph(seed: UInt64) throws -> (Graph, TensorID) {
    var builder = ImageGraphBuilder(seed: seed, drawsWeights: true)
    var generator = SeededGenerator(seed: seed &+ 0x5EED)
    func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func window(_ extents: [Int], strides: ClosedRange<Int> = 1...3) -> ImageGraphBuilder.Window {
      var window = ImageGraphBuilder.Window()
      window.strides = [random(strides), random(strides)]
      for axis in 0..<2 {
        window.kernel[axis] = min(random(1...5), extents[axis + 1])
        let fits = (extents[axis + 1] - 1) / max(window.kernel[axis] - 1, 1)
        window.dilations[axis] = random(1...max(1, min(2, fits)))
      }
      if random(0...2) == 0 {
        // Padding of its own, smaller than the window.
        let spans = (0..<2).map { (window.kernel[$0] - 1) * window.dilations[$0] }
        window.before = spans.map { random(0...$0) }
        window.after = spans.map { random(0...$0) }
      }
      return window
    }
    let input = try builder.activation(
      rows: random(5...14), columns: random(5...14), channels: random(1...4))
    var data = input
    for _ in 0..<random(1...6) {
      let extents = builder.extents(data)
      let filters = random(1...6)
      switch random(0...7) {
      case 0, 1:
        data = try builder.convolution(data, filters: filters, window: window(extents))
      case 2:
        data = try builder.convolution(
          data, filters: 0, window: window(extents), isDepthwise: true, range: .relu6)
      case 3:
        var window = window(extents)
        window.dilations = [1, 1]
        data = try builder.pool(data, random(0...1) == 0 ? .maximum : .average, window: window)
      case 4: data = try builder.leakyReLU(data)
      case 5:
        let before = random(0...2)
        data = try builder.pad(data, before: before, after: random(0...2))
      case 6:
        // A residual: both branches of the same extents, with windows of different sizes.
        let first = try builder.convolution(
          data, filters: filters, window: .init(kernel: [3, 5]))
        let second = try builder.convolution(data, filters: filters, window: .init())
        data = try builder.add(first, second)
      default:
        let inner = try builder.convolution(
          data, filters: extents[3], window: .init(kernel: [3, 3]))
        data = try builder.add(data, inner)
      }
    }
    if data == input {
      data = try builder.convolution(data, filters: 2, window: .init(kernel: [3, 3]))
    }
    let exit = data
    data = try builder.convolution(data, filters: 2, window: .init())
    return (try builder.graph(inputs: [input], outputs: [data]), exit)
  }

  /// Nil if a tile would be padding alone.
  private static func tiling(
    _ graph: Graph, _ stage: PatchStage, grid: Int
  ) throws -> PatchTiling? {
    do throws(PatchError) {
      return try PatchTiling(graph, stage: stage, grid: grid)
    } catch {
      if case .emptyTile = error { return nil }
      throw error
    }
  }

  @Test("random graphs: tiles, border and outputs have the codes of the whole run")
  func randomGraphs() throws {
    var ran = 0
    var refused = 0
    for seed in 0..<UInt64(sweep ? 4000 : 250) {
      let (graph, exit) = try Self.randomGraph(seed: seed)
      var generator = SeededGenerator(seed: seed ^ 0xA11CE)
      let input = graph.inputs[0]
      let values = (0..<graph[input].shape.count).map { _ in
        Int8.random(in: -128...127, using: &generator)
      }
      let stage = try PatchStage(graph, output: exit)
      let extents = graph[exit].shape.extents
      let grid = Int.random(in: 1...min(4, extents[1], extents[2]), using: &generator)
      guard let tiling = try Self.tiling(graph, stage, grid: grid) else {
        refused += 1
        continue
      }
      let inputs = [input: Codes.int8(values)]
      _ = try compare(
        graph, tiling, on: TFLiteMicro(), inputs: inputs, name: "seed \(seed), grid \(grid)")
      // With conversions at borders, which are identities between equal encodings.
      if seed % 3 == 0 {
        _ = try compare(
          graph, tiling, .conversions, on: TFLiteMicro(), inputs: inputs,
          name: "seed \(seed), grid \(grid), conversions")
      }
      if seed % 5 == 0 {
        _ = try compare(
          graph, tiling, on: TFLiteReference(), inputs: inputs, name: "seed \(seed) litert")
      }
      ran += 1
    }
    print("\(ran) random graphs ran in tiles, \(refused) had a tile of padding alone")
    #expect(ran > 10 * refused)
  }

  @Test("what cannot be cut is refused with the reason")
  func refusals() throws {
    var builder = ImageGraphBuilder(seed: 3, drawsWeights: true)
    let input = try builder.activation(rows: 6, columns: 5, channels: 2)
    let first = try builder.convolution(input, filters: 2, window: .init(kernel: [3, 3]))
    let second = try builder.convolution(first, filters: 2, window: .init(kernel: [3, 3]))
    let third = try builder.add(first, second)
    let graph = try builder.graph(inputs: [input], outputs: [third])
    #expect(throws: PatchError.severalExits(tensor: graph[first].name)) {
      try PatchStage(graph, output: second)
    }
    #expect(throws: PatchError.output(tensor: graph[input].name)) {
      try PatchStage(graph, output: input)
    }
    let stage = try PatchStage(graph, output: third)
    #expect(throws: PatchError.grid(6, extent: 5)) {
      try PatchTiling(graph, stage: stage, grid: 6)
    }
    #expect(throws: PatchError.grid(0, extent: 6)) {
      try PatchTiling(graph, stage: stage, grid: 0)
    }
    #expect(throws: PatchScheduleError.noSuchBlock(7, blocks: 1)) {
      try PatchPlanner(graph).schedule(grid: 2, splitAfter: 7)
    }
  }

  static let models = [
    "mobilenet/mobilenet_v1_0.25_96_int8", "mobilenet/mobilenet_v2_0.35_128_int8",
    "tinyengine/mcunet_vww",
  ]

  @Test(
    "model files: every tile and every tensor after the stage",
    .enabled(if: SharedData.root != nil),
    arguments: models)
  func modelFile(name: String) throws {
    let model = try TFLiteModel.read(try #require(SharedData.path("models/\(name).tflite")))
    let graph = model.graph
    var generator = SeededGenerator(seed: 77)
    var inputs: [TensorID: Codes] = [:]
    for id in graph.inputs {
      let count = graph[id].shape.count
      if case .float = graph[id].encoding {
        inputs[id] = .float32(
          (0..<count).map { _ in Float.random(in: -2...2, using: &generator) })
      } else {
        inputs[id] = .int8(
          (0..<count).map { _ in Int8.random(in: -128...127, using: &generator) })
      }
    }
    let planner = try PatchPlanner(graph)
    let splits = sweep ? planner.blocks.blocks.map(\.number) : [1, 4, 6]
    var compared = 0
    for block in splits {
      for grid in sweep ? [2, 3, 4] : [3] {
        guard let schedule = try? planner.schedule(grid: grid, splitAfter: block) else { continue }
        compared += try compare(
          graph, schedule.tiling, on: TFLiteMicro(), inputs: inputs,
          name: "\(name) after \(block), grid \(grid)")
        if block == splits.last {
          compared += try compare(
            graph, schedule.tiling, .conversions, on: TFLiteReference(), inputs: inputs,
            name: "\(name) after \(block), grid \(grid), litert")
        }
      }
    }
    print("\(name): \(compared) codes of tiles and tensors equal to the whole run")
    #expect(compared > 100_000)
  }
}
