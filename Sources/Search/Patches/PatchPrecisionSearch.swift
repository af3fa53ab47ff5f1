internal import Arith
public import HWModel
public import QuantGraph

/// Widths of the maps of a patch schedule, chosen by the values of its patches.
///
/// A patch whose part of one tensor holds values far from the mean of a Gaussian fit keeps the widths
/// that the model has, along its whole branch. Of the other patches each map i, which is what layers
/// of a branch read, has for each width b the score
///
///     S(i, b) = -lambda * Omega(i, b) + (1 - lambda) * Phi(i, b)
///
/// where Omega is the part of the entropy of the map's values that b bits lose, and Phi the part of the
/// bit operations of its readers that they save. Map by map, in a stated order, takes the width of the
/// largest score. While a limit is broken, the order is gone through again and each map takes the
/// best of its narrower widths, until the limits hold or nothing is narrower.
///
/// Source: QuantMCU; see ``PatchPrecision`` for what of it is known.
public struct PatchPrecisionSearch: Sendable {
  /// A patch and its class.
  public struct Patch: Sendable, Hashable {
    public let row: Int
    public let column: Int
    /// Part of its values that are outliers.
    public let outliers: Double
    /// Whether its branch keeps the model's widths.
    public let isOutlier: Bool
    /// Its part of the tensor that was looked at.
    public let region: PlaneRegion
  }

  public let options: PatchPrecision
  /// Row by row.
  public let patches: [Patch]
  /// Name of the tensor whose values decide, with its mean and standard deviation in real numbers.
  public let tensor: String
  public let mean: Double
  public let deviation: Double

  /// What some layers of one branch read.
  struct Map: Sendable, Hashable {
    let tile: Int
    let tensor: TensorID
    /// Values of the tile's part.
    let count: Int
    /// Positions of the layers among those of the space.
    let layers: [Int]
  }

  let maps: [Map]
  /// Bits of each map as the model has it.
  private let formats: [TensorID: AffineFormat]
  private let statistics: PatchStatistics

  public var outlierPatches: Int { patches.count { $0.isOutlier } }

  /// Classifies the patches, and counts what maps hold.
  ///
  /// - Parameters:
  ///   - graph: the network.
  ///   - tiling: its stage in tiles.
  ///   - tiles: the graph of that.
  ///   - layers: those that a search chooses for, by names of nodes of `tiles`.
  ///   - datapath: the rules that the network runs by.
  ///   - samples: values of each input, samples one after the other.
  ///   - options: see ``PatchPrecision``.
  /// - Throws: ``PatchPrecisionError``.
  public init(
    _ graph: Graph, tiling: PatchTiling, tiles: PatchedGraph, layers: [SearchLayer],
    on datapath: some Datapath, samples: [[Double]], options: PatchPrecision
  ) throws(PatchPrecisionError) {
    try options.check()
    self.options = options
    let stage = tiling.stage
    let inside = stage.nodes.flatMap { graph.nodes[$0].outputs } + stage.sources
    let formats = Dictionary(
      inside.compactMap { id -> (TensorID, AffineFormat)? in
        guard case .affine(let format) = graph[id].encoding, format.scales.count == 1,
          format.width <= 16
        else { return nil }
        return (id, format)
      }, uniquingKeysWith: { first, _ in first })
    self.formats = formats
    let observed = try Self.observed(options.map, graph, tiling, formats)
    maps = Self.maps(graph, tiling, tiles, layers, formats)
    statistics = try PatchStatistics(
      graph, tiling: tiling, tensors: Set(maps.map(\.tensor) + [observed]), on: datapath,
      samples: samples)
    tensor = graph[observed].name
    let format = formats[observed]
    let scale = format?.scales.first ?? 1
    let zero = Double(format?.zeroPoints.first ?? 0)
    let fit =
      statistics.counts[.init(tile: nil, tensor: observed)]?.gaussian ?? (mean: 0, deviation: 0)
    mean = (fit.mean - zero) * scale
    deviation = fit.deviation * scale
    let whole = PlaneRegion(rows: 0..<0, columns: 0..<0)
    var patches: [Patch] = []
    for tile in 0..<tiling.grid * tiling.grid {
      let counts = statistics.counts[.init(tile: tile, tensor: observed)]
      let far = counts?.beyond(options.deviations * fit.deviation, of: fit.mean) ?? 0
      let share = Double(far) / Double(max(counts?.total ?? 1, 1))
      let (row, column) = (tile / tiling.grid, tile % tiling.grid)
      patches.append(
        Patch(
          row: row, column: column, outliers: share, isOutlier: share > options.outlierShare,
          region: tiling.region(of: observed, row: row, column: column) ?? whole))
    }
    self.patches = patches
  }

  /// The tensor that patches are judged by.
  private static func observed(
    _ name: String?, _ graph: Graph, _ tiling: PatchTiling, _ formats: [TensorID: AffineFormat]
  ) throws(PatchPrecisionError) -> TensorID {
    let known = formats.keys.sorted()
    if let name {
      if let id = known.first(where: { graph[$0].name == name }) { return id }
    } else {
      // The image, or the codes that the stage makes of its numbers first.
      let sources = tiling.stage.sources
      if let id = sources.first(where: { formats[$0] != nil }) { return id }
      for node in tiling.stage.nodes {
        if let id = graph.nodes[node].outputs.first, formats[id] != nil { return id }
      }
    }
    throw .map(name: name ?? "", known: known.map { graph[$0].name })
  }

  /// What layers of the branches read: a branch's map with the layers that read it.
  private static func maps(
    _ graph: Graph, _ tiling: PatchTiling, _ tiles: PatchedGraph, _ layers: [SearchLayer],
    _ formats: [TensorID: AffineFormat]
  ) -> [Map] {
    var wholes: [TensorID: (tile: Int, tensor: TensorID)] = [:]
    for (tile, map) in tiles.tiles.enumerated() {
      for (id, part) in map { wholes[part] = (tile, id) }
    }
    // Inner cuts move codes of the tile's tensor.
    for node in tiles.graph.nodes {
      if case .slice = node.operation, let known = wholes[node.inputs[0]],
        let result = node.outputs.first, wholes[result] == nil
      {
        wholes[result] = known
      }
    }
    let shared = SharedEncodings(tiles.graph)
    let nodes = Dictionary(
      tiles.graph.nodes.enumerated().map { ($1.name, $0) },
      uniquingKeysWith: { first, _ in first })
    var places: [Int: Int] = [:]
    var found: [Map] = []
    for (layer, item) in layers.enumerated() {
      guard let node = nodes[item.name], let data = tiles.graph.nodes[node].inputs.first,
        let whole = wholes[data], formats[whole.tensor] != nil, shared.reason(for: data) == nil,
        whole.tensor != tiling.stage.output,
        let region = tiling.region(
          of: whole.tensor, row: whole.tile / tiling.grid, column: whole.tile % tiling.grid)
      else { continue }
      let number = shared.number(of: data)
      if let place = places[number] {
        let known = found[place]
        found[place] = Map(
          tile: known.tile, tensor: known.tensor, count: known.count, layers: known.layers + [layer]
        )
        continue
      }
      places[number] = found.count
      let shape = graph[whole.tensor].shape
      let axes = tiling.stage.axes
      let channels = shape.count / max(shape[axes[0]] * shape[axes[1]], 1)
      found.append(
        Map(
          tile: whole.tile, tensor: whole.tensor, count: region.area * channels, layers: [layer]))
    }
    return found
  }

  /// The score of a map in `bits`; nil for a map without codes.
  func score(_ map: Map, bits: Int, lambda: Double) -> Double? {
    guard let own = formats[map.tensor],
      let counts = statistics.counts[.init(tile: map.tile, tensor: map.tensor)],
      bits != own.width
    else { return formats[map.tensor] == nil ? nil : 0 }
    guard let narrow = AffineWidth.activation(own, bits: bits) else { return nil }
    let before = counts.entropy(own, in: own, bins: options.bins)
    let after = counts.entropy(own, in: narrow, bins: options.bins)
    let lost = before > 0 ? (before - after) / before : 0
    let saved = 1 - Double(bits) / Double(own.width)
    return -lambda * lost + (1 - lambda) * saved
  }

  /// The allocation of one lambda.
  ///
  /// - Parameters:
  ///   - lambda: the weight of entropy.
  ///   - space: candidates by layer; those of a map's layers differ in the width of their data.
  ///   - keepsLimits: whether a choice keeps the limits.
  /// - Returns: one candidate index a layer; layers outside the branches as in ``plain(_:)``.
  /// - Throws: what `keepsLimits` throws.
  func choice<Problem: Error>(
    lambda: Double, in space: SearchSpace, keepsLimits: ([Int]) throws(Problem) -> Bool
  ) throws(Problem) -> [Int] {
    var choice = Self.plain(space)
    var free: [(map: Map, scores: [(option: Int, bits: Int, score: Double)])] = []
    for map in maps where !patches[map.tile].isOutlier {
      guard let layer = map.layers.first, space.fixed[layer] == nil else { continue }
      let scores = space.candidates[layer].enumerated().compactMap {
        option, candidate -> (option: Int, bits: Int, score: Double)? in
        let bits = Int(candidate.activationBits)
        return score(map, bits: bits, lambda: lambda).map { (option, bits, $0) }
      }
      if !scores.isEmpty { free.append((map, scores)) }
    }
    func best(_ scores: [(option: Int, bits: Int, score: Double)]) -> (
      option: Int, bits: Int, score: Double
    )? {
      // Of equal scores the wider.
      scores.max { $0.score != $1.score ? $0.score < $1.score : $0.bits < $1.bits }
    }
    let order = free.indices.sorted { a, b in
      switch options.order {
      case .score:
        let (x, y) = (best(free[a].scores)?.score ?? 0, best(free[b].scores)?.score ?? 0)
        return x != y ? x > y : a < b
      case .execution: return (free[a].map.tile, a) < (free[b].map.tile, b)
      case .size:
        let (x, y) = (free[a].map.count, free[b].map.count)
        return x != y ? x > y : a < b
      }
    }
    func take(_ index: Int, _ option: Int) {
      for layer in space.groups[space.groupOfLayer[free[index].map.layers[0]]] {
        choice[layer] = option
      }
      for layer in free[index].map.layers { choice[layer] = option }
    }
    for index in order {
      if let best = best(free[index].scores) { take(index, best.option) }
    }
    while try !keepsLimits(choice) {
      var isNarrower = false
      for index in order {
        let layer = free[index].map.layers[0]
        let bits = Int(space.candidates[layer][choice[layer]].activationBits)
        guard let next = best(free[index].scores.filter { $0.bits < bits }) else { continue }
        take(index, next.option)
        isNarrower = true
        if try keepsLimits(choice) { return choice }
      }
      guard isNarrower else { break }
    }
    return choice
  }

  /// The choice that changes least: the widest data, of candidates with as many bits the first.
  public static func plain(_ space: SearchSpace) -> [Int] {
    space.layers.indices.map { layer in
      let bits = space.candidates[layer].map(\.activationBits)
      return space.fixed[layer] ?? bits.firstIndex(of: bits.max() ?? 0) ?? 0
    }
  }
}

extension SearchTask {
  /// The allocations of ``PatchPrecisionSearch``: all maps as the model has them, then one a lambda.
  func patchChoices(_ search: PatchPrecisionSearch) throws(SearchError) -> [[Int]] {
    var choices = [PatchPrecisionSearch.plain(space)]
    do throws(CostError) {
      for lambda in search.options.lambdas {
        let choice = try search.choice(lambda: lambda, in: space) { (choice) throws(CostError) in
          meetsBudgets(try totals(choice))
        }
        if !choices.contains(choice) { choices.append(choice) }
      }
    } catch {
      throw .cost(error)
    }
    return choices
  }
}
