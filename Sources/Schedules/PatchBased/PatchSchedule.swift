public import QuantGraph

/// A network whose first layers run tile by tile and the rest layer by layer.
///
/// Rules and conventions are those of conformance/mcu/patch_ref.py. The network's image is not counted
/// while tiles run (``imageBytes`` says how large it is); the whole output of the stage is.
///
/// Codes of less than a byte are packed. Where a tile's tensors have widths of their own, a piece of
/// memory is as wide as the widest tensor that lies in it, and what a tile converts of the image is
/// counted while a layer reads it.
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
    /// `macs * bits a weight * bits a value`, summed over its layers.
    public let bitOperations: Int
    /// Largest number of bytes in use while it is computed, the stage's output included.
    public let peakBytes: ConventionBytes
    /// Values of the image that are converted for this tile, and of its result.
    public let convertedValues: Int
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
  /// `macs * bits a weight * bits a value` of the whole network, recomputed halo included, and of the
  /// stage alone.
  public let bitOperations: Int
  public let stageBitOperations: Int
  /// Of the network layer by layer, in its own widths.
  public let unpatchedBitOperations: Int
  /// The widths that it is of; nil for the network's own.
  public let widths: PatchWidths?

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

  init(
    _ planner: PatchPlanner, tiling: PatchTiling, splitAfter: Int, widths: PatchWidths? = nil
  ) throws(ArenaError) {
    let graph = planner.graph
    let stage = tiling.stage
    let inside = Set(stage.nodes)
    let output = planner.memory.roots[stage.output.index]
    let outputBytes = try planner.bytes(stage.output, widths)
    let layers = planner.memory.layers.filter { inside.contains($0.node) }
    let convolutions = stage.nodes.filter { graph.isPlaneConvolution($0) }
    var tiles: [Tile] = []
    var stagePeak = ConventionBytes()
    var (stageMACs, stageBits) = (0, 0)
    var tileBytes = [Int](repeating: 0, count: graph.tensors.count)
    let pieces = Set(layers.flatMap(\.live)).sorted()
    // Tensors of the stage that lie in each piece, which is as wide as the widest of them.
    var contents: [TensorID: [TensorID]] = [:]
    for id in stage.nodes.flatMap({ graph.nodes[$0].outputs }) + stage.sources {
      contents[planner.memory.roots[id.index], default: []].append(id)
    }
    let first = convolutions.first.map { graph.nodes[$0].inputs[0] } ?? stage.output
    let image = planner.memory.roots[first.index]
    for row in 0..<tiling.grid {
      for column in 0..<tiling.grid {
        func region(_ id: TensorID) -> PlaneRegion {
          tiling.region(of: id, row: row, column: column)
            ?? PlaneRegion(rows: 0..<0, columns: 0..<0)
        }
        let number = tiles.count
        for id in pieces {
          let held = (contents[id] ?? []).map { planner.bits($0, widths, tile: number) }
          // A tile reads the image and writes the output in place, unless widths differ there.
          var width: Int?
          if planner.memory.images.contains(id) { width = planner.bits(id, widths) }
          if id == output { width = planner.bits(stage.output, widths) }
          if let width, held.allSatisfy({ $0 == width }) {
            tileBytes[id.index] = 0
          } else {
            tileBytes[id.index] = try planner.bytes(
              of: id, region: region(id), axes: stage.axes, bits: widths == nil ? nil : held.max())
          }
        }
        var peak = ConventionBytes()
        for layer in layers {
          peak = peak.larger(try layer.bytes { tileBytes[$0.index] })
        }
        peak = ConventionBytes(
          plain: try sum(peak.plain, outputBytes, of: "stage"),
          inplaceDepthwise: try sum(peak.inplaceDepthwise, outputBytes, of: "stage"))
        var (macs, bits) = (0, 0)
        for node in convolutions {
          let own = try planner.macs(of: node, region: region(graph.nodes[node].outputs[0]), stage)
          macs = try sum(macs, own, of: "multiplications")
          let data = planner.bits(graph.nodes[node].inputs[0], widths, tile: number)
          let operations = try product(
            own, planner.weightBits(node, widths), data, of: "bit operations")
          bits = try sum(bits, operations, of: "bit operations")
        }
        stageMACs = try sum(stageMACs, macs, of: "multiplications")
        stageBits = try sum(stageBits, bits, of: "bit operations")
        var converted = 0
        for id in stage.sources + [stage.output]
        where planner.bits(id, widths, tile: number) != planner.bits(id, widths) {
          converted = try sum(
            converted, planner.elements(of: id, region: region(id), axes: stage.axes),
            of: "conversions")
        }
        stagePeak = stagePeak.larger(peak)
        let parts =
          convolutions.map { region(planner.memory.roots[graph.nodes[$0].inputs[0].index]) }
          + [region(stage.output)]
        tiles.append(
          Tile(
            row: row, column: column, input: region(image), output: region(stage.output),
            rowsPerLayer: parts.map(\.rows.count), columnsPerLayer: parts.map(\.columns.count),
            macs: macs, bitOperations: bits, peakBytes: peak, convertedValues: converted))
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
    stageBitOperations = stageBits
    bitOperations = try sum(
      planner.bitOperations(widths, outside: inside), stageBits, of: "bit operations")
    unpatchedBitOperations = try planner.bitOperations(nil, outside: [])
    self.widths = widths
    stagePeakBytes = stagePeak
    restPeakBytes = try planner.restPeak(after: inside, result: stage.output, widths)
    peakBytes = stagePeak.larger(restPeakBytes)
    unpatchedPeakBytes = planner.unpatchedPeakBytes
    stageOutputBytes = outputBytes
    imageBytes = planner.bytes[image.index]
  }
}

extension PatchPlanner {
  /// Bytes of a part of a tensor, in its own width or in another.
  func bytes(
    of id: TensorID, region: PlaneRegion, axes: [Int], bits: Int? = nil
  ) throws(ArenaError) -> Int {
    let elements = try elements(of: id, region: region, axes: axes)
    guard let bits else { return try storage.bytes(elements: elements, of: graph[id]) }
    return try packed(elements, bits: bits, of: id)
  }

  /// Bytes of a whole tensor.
  func bytes(_ id: TensorID, _ widths: PatchWidths?) throws(ArenaError) -> Int {
    guard let bits = widths?.whole.tensorBits[id.index], graph[id].constant == nil else {
      return bytes[id.index]
    }
    return try packed(graph[id].shape.count, bits: bits, of: id)
  }

  private func packed(_ elements: Int, bits: Int, of id: TensorID) throws(ArenaError) -> Int {
    let total = try product(elements, bits, of: "'\(graph[id].name)'")
    return total / 8 + (total % 8 == 0 ? 0 : 1)
  }

  /// Elements of a part of a tensor.
  func elements(of id: TensorID, region: PlaneRegion, axes: [Int]) throws(ArenaError) -> Int {
    let shape = graph[id].shape
    let area = shape[axes[0]] * shape[axes[1]]
    let channels = area > 0 ? shape.count / area : 0
    return try product(region.area, channels, of: "'\(graph[id].name)'")
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
  func restPeak(
    after inside: Set<Int>, result: TensorID, _ widths: PatchWidths? = nil
  ) throws(ArenaError) -> ConventionBytes {
    let output = memory.roots[result.index]
    var made: Set<TensorID> = []
    for index in inside {
      for id in graph.nodes[index].outputs { made.insert(memory.roots[id.index]) }
    }
    made.remove(output)
    var sizes = bytes
    if let widths {
      var widest: [TensorID: Int] = [:]
      for index in graph.tensors.indices where graph.tensors[index].constant == nil {
        let id = TensorID(index)
        // What tiles hold inside the stage is not there afterwards.
        if id != result, inside.contains(graph.index.producer(of: id) ?? -1) { continue }
        let root = memory.roots[index]
        widest[root] = max(widest[root] ?? 0, bits(id, widths))
      }
      for (root, bits) in widest where bits != ownBits(root) {
        sizes[root.index] = try packed(graph[root].shape.count, bits: bits, of: root)
      }
    }
    var peak = ConventionBytes()
    for layer in memory.layers where !inside.contains(layer.node) {
      let used = try layer.bytes { made.contains($0) ? 0 : sizes[$0.index] }
      peak = peak.larger(used)
    }
    return peak
  }
}
