public import QuantGraph

/// A network whose first layers run tile by tile and the rest layer by layer.
///
/// Rules and conventions are those of conformance/mcu/patch_ref.py. The network's image is not counted
/// while tiles run (``imageBytes`` says how large it is); the whole output of the stage is.
public struct PatchSchedule: Sendable, Hashable {
  /// One tile of the stage's output.
  public struct Tile: Sendable, Hashable {
    public let row: Int
    public let column: Int
    /// Part of the image that it needs.
    public let input: PlaneRegion
    /// Part of the stage's output that it makes.
    public let output: PlaneRegion
    /// Rows that each convolution of the stage reads, then those of the tile itself.
    public let rowsPerLayer: [Int]
    public let columnsPerLayer: [Int]
    public let macs: Int
    /// Largest number of bytes in use while it is computed, the stage's output included.
    public let peakBytes: ConventionBytes
  }

  /// Tiles along rows and along columns.
  public let grid: Int
  /// Number of the stage's last block.
  public let splitAfter: Int
  public let tiling: PatchTiling
  /// Row by row.
  public let tiles: [Tile]

  /// Multiplications of the whole network, recomputed halo included.
  public let macs: Int
  public let unpatchedMACs: Int
  /// Multiplications of the stage alone, in tiles and as a whole.
  public let stageMACs: Int
  public let stageUnpatchedMACs: Int

  /// The larger of ``stagePeakBytes`` and ``restPeakBytes``.
  public let peakBytes: ConventionBytes
  public let unpatchedPeakBytes: ConventionBytes
  public let stagePeakBytes: ConventionBytes
  /// Peak of the layers after the stage; 0 if there are none.
  public let restPeakBytes: ConventionBytes
  /// Bytes of the stage's output.
  public let stageOutputBytes: Int
  /// Bytes of the image as the first layer reads it.
  public let imageBytes: Int

  init(_ planner: PatchPlanner, tiling: PatchTiling, splitAfter: Int) throws(ArenaError) {
    let graph = planner.graph
    let stage = tiling.stage
    let inside = Set(stage.nodes)
    let output = planner.memory.roots[stage.output.index]
    let outputBytes = planner.bytes[stage.output.index]
    let layers = planner.memory.layers.filter { inside.contains($0.node) }
    let convolutions = stage.nodes.filter { graph.isPlaneConvolution($0) }
    var tiles: [Tile] = []
    var stagePeak = ConventionBytes()
    var stageMACs = 0
    var tileBytes = [Int](repeating: 0, count: graph.tensors.count)
    let pieces = Set(layers.flatMap(\.live)).filter {
      $0 != output && !planner.memory.images.contains($0)
    }.sorted()
    let first = convolutions.first.map { graph.nodes[$0].inputs[0] } ?? stage.output
    let image = planner.memory.roots[first.index]
    for row in 0..<tiling.grid {
      for column in 0..<tiling.grid {
        func region(_ id: TensorID) -> PlaneRegion {
          tiling.region(of: id, row: row, column: column)
            ?? PlaneRegion(rows: 0..<0, columns: 0..<0)
        }
        for id in pieces {
          tileBytes[id.index] = try planner.bytes(of: id, region: region(id), axes: stage.axes)
        }
        var peak = ConventionBytes()
        for layer in layers {
          peak = peak.larger(try layer.bytes { tileBytes[$0.index] })
        }
        peak = ConventionBytes(
          plain: try sum(peak.plain, outputBytes, of: "stage"),
          inplaceDepthwise: try sum(peak.inplaceDepthwise, outputBytes, of: "stage"))
        var macs = 0
        for node in convolutions {
          let own = try planner.macs(of: node, region: region(graph.nodes[node].outputs[0]), stage)
          macs = try sum(macs, own, of: "multiplications")
        }
        stageMACs = try sum(stageMACs, macs, of: "multiplications")
        stagePeak = stagePeak.larger(peak)
        let parts =
          convolutions.map { region(planner.memory.roots[graph.nodes[$0].inputs[0].index]) }
          + [region(stage.output)]
        tiles.append(
          Tile(
            row: row, column: column, input: region(image), output: region(stage.output),
            rowsPerLayer: parts.map(\.rows.count), columnsPerLayer: parts.map(\.columns.count),
            macs: macs, peakBytes: peak))
      }
    }
    let whole = stage.nodes.reduce(0) { $0 + planner.macs[$1] }
    grid = tiling.grid
    self.splitAfter = splitAfter
    self.tiling = tiling
    self.tiles = tiles
    self.stageMACs = stageMACs
    stageUnpatchedMACs = whole
    unpatchedMACs = planner.unpatchedMACs
    macs = try sum(planner.unpatchedMACs - whole, stageMACs, of: "multiplications")
    stagePeakBytes = stagePeak
    restPeakBytes = try planner.restPeak(after: inside, output: output)
    peakBytes = stagePeak.larger(restPeakBytes)
    unpatchedPeakBytes = planner.unpatchedPeakBytes
    stageOutputBytes = outputBytes
    imageBytes = planner.bytes[image.index]
  }
}

extension PatchPlanner {
  /// Bytes of a part of a tensor.
  func bytes(
    of id: TensorID, region: PlaneRegion, axes: [Int]
  ) throws(ArenaError) -> Int {
    let tensor = graph[id]
    let area = tensor.shape[axes[0]] * tensor.shape[axes[1]]
    let channels = area > 0 ? tensor.shape.count / area : 0
    return try storage.bytes(
      elements: product(region.area, channels, of: "'\(tensor.name)'"), of: tensor)
  }

  /// Multiplications of a part of a convolution's result.
  func macs(
    of node: Int, region: PlaneRegion, _ stage: PatchStage
  ) throws(ArenaError) -> Int {
    let shape = graph[graph.nodes[node].outputs[0]].shape
    let area = shape[stage.axes[0]] * shape[stage.axes[1]]
    guard area > 0 else { return 0 }
    return try product(region.area, macs[node] / area, of: "multiplications")
  }

  /// Multiplications of the whole network under a tiling.
  ///
  /// Rows and columns of tiles are independent, so that sums along both give those over all tiles.
  func macs(of tiling: PatchTiling) throws(ArenaError) -> Int {
    var total = unpatchedMACs
    for node in tiling.stage.nodes where graph.isPlaneConvolution(node) {
      let result = graph.nodes[node].outputs[0]
      let (shape, axes) = (graph[result].shape, tiling.stage.axes)
      let area = shape[axes[0]] * shape[axes[1]]
      let tiles = 0..<tiling.grid
      let rows = tiles.reduce(0) { $0 + (tiling.rows(of: result, tile: $1)?.count ?? 0) }
      let columns = tiles.reduce(0) { $0 + (tiling.columns(of: result, tile: $1)?.count ?? 0) }
      let own = try product(rows, columns, macs[node] / max(area, 1), of: "multiplications")
      total = try sum(total - macs[node], own, of: "multiplications")
    }
    return total
  }

  /// Peak of the layers outside the stage, whose output is there from the beginning.
  func restPeak(after inside: Set<Int>, output: TensorID) throws(ArenaError) -> ConventionBytes {
    var made: Set<TensorID> = []
    for index in inside {
      for id in graph.nodes[index].outputs { made.insert(memory.roots[id.index]) }
    }
    made.remove(output)
    var peak = ConventionBytes()
    for layer in memory.layers where !inside.contains(layer.node) {
      let used = try layer.bytes { made.contains($0) ? 0 : bytes[$0.index] }
      peak = peak.larger(used)
    }
    return peak
  }
}
