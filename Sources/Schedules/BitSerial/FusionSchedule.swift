public import HWModel

/// The fastest way to run a layer on a `FusionArray`, of equals the one with the least energy.
public struct FusionSchedule: Hashable, Sendable {
  public let array: FusionArray
  public let layer: ArrayLayer
  public let operands: FusionOperands
  public let tile: FusionTile
  /// Loops from the outermost in.
  public let order: [FusionLoop]
  public let cost: FusionCost
  /// Costs of the ways that tie in cycles and energy, each once, in no particular order.
  public let ties: [FusionCost]

  fileprivate init(
    problem: FusionProblem, tile: FusionTile, order: [FusionLoop], cost: FusionCost,
    ties: [FusionCost]
  ) {
    array = problem.array
    layer = problem.layer
    operands = problem.operands
    self.tile = tile
    self.order = order
    self.cost = cost
    self.ties = ties
  }

  public var cycles: Int { cost.cycles }
  public var energyNJ: Double { cost.energyNJ(array.energy) }

  /// Schedules `layer`.
  ///
  /// The fast way looks at tilings by their least possible cycles and stops where that exceeds the
  /// best found; orders share the traffic of their inner loops. ``exhaustive(_:on:operands:)`` is
  /// what it is tested against.
  ///
  /// - Throws: `BitSerialError` for widths or a layer that the array cannot hold.
  public init(
    _ layer: ArrayLayer, on array: FusionArray, operands: FusionOperands
  ) throws(BitSerialError) {
    let problem = try FusionProblem(layer, on: array, operands: operands)
    var search = FusionSearch(problem)
    search.run()
    self = try search.best(or: problem)
  }

  /// Every tiling in every order of the loops, one after the other: the definition.
  ///
  /// - Throws: as ``init(_:on:operands:)``.
  public static func exhaustive(
    _ layer: ArrayLayer, on array: FusionArray, operands: FusionOperands
  ) throws(BitSerialError) -> FusionSchedule {
    let problem = try FusionProblem(layer, on: array, operands: operands)
    var search = FusionSearch(problem)
    for tiling in problem.tilings() {
      for order in permutations(FusionLoop.allCases) {
        var traffic = FusionTraffic(tiling)
        for loop in order.reversed() {
          traffic.wrap(loop, trips: tiling.trips[loop], of: problem)
        }
        search.offer(tiling, problem.cost(tiling, traffic)) { order }
      }
    }
    return try search.best(or: problem)
  }

  private static func permutations(_ loops: [FusionLoop]) -> [[FusionLoop]] {
    guard loops.count > 1 else { return [loops] }
    return loops.indices.flatMap { index in
      var rest = loops
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }
}

/// The best schedule so far, and the pruned search for it.
private struct FusionSearch {
  private let problem: FusionProblem
  private var found: (tiling: FusionTiling, order: [FusionLoop], cost: FusionCost, energy: Double)?
  private var ties: Set<FusionCost> = []

  init(_ problem: FusionProblem) { self.problem = problem }

  mutating func offer(
    _ tiling: FusionTiling, _ cost: FusionCost, order: () -> [FusionLoop]
  ) {
    if let found, cost.cycles > found.cost.cycles { return }
    let energy = cost.energyNJ(problem.array.energy)
    if let found, cost.cycles == found.cost.cycles {
      if energy > found.energy { return }
      if energy == found.energy {
        ties.insert(cost)
        return
      }
    }
    found = (tiling, order(), cost, energy)
    ties = [cost]
  }

  /// - Throws: ``BitSerialError/bufferTooSmall(layer:buffer:neededBytes:availableBytes:)`` if no tiling
  ///   fits.
  func best(or problem: FusionProblem) throws(BitSerialError) -> FusionSchedule {
    guard let found else { throw problem.tooSmall() }
    return FusionSchedule(
      problem: problem, tile: found.tiling.tile, order: found.order, cost: found.cost,
      ties: Array(ties))
  }

  mutating func run() {
    let tilings = problem.tilings()
    let bounds = tilings.map(problem.leastCycles)
    for index in tilings.indices.sorted(by: { bounds[$0] < bounds[$1] }) {
      if let found, bounds[index] > found.cost.cycles { return }
      let tiling = tilings[index]
      place(tiling, FusionTraffic(tiling), placed: PlacedLoops())
    }
  }

  /// Puts each loop that is not `placed` yet around what there is.
  private mutating func place(
    _ tiling: FusionTiling, _ traffic: FusionTraffic, placed: PlacedLoops
  ) {
    if placed.count == FusionLoop.allCases.count {
      offer(tiling, problem.cost(tiling, traffic)) { placed.outermostFirst }
      return
    }
    // A loop of one trip changes nothing, wherever it stands. Only the first loop that indexes outputs
    // may, where less is drained than filled: it settles what the last drain is.
    let isSettled = tiling.drainBits == tiling.outputBits || placed.indexesOutput
    if let loop = FusionLoop.allCases.first(where: {
      tiling.trips[$0] == 1 && (isSettled || !$0.indexesOutput)
        && placed.mayAdd($0, trips: tiling.trips)
    }) {
      return place(tiling, traffic, placed: placed.adding(loop))
    }
    for loop in FusionLoop.allCases where placed.mayAdd(loop, trips: tiling.trips) {
      var next = traffic
      next.wrap(loop, trips: tiling.trips[loop], of: problem)
      place(tiling, next, placed: placed.adding(loop))
    }
  }
}

/// Loops in the order in which they were put around a tile.
private struct PlacedLoops {
  private(set) var count = 0
  /// A bit a loop, and the loops in order, four bits each.
  private var members: UInt8 = 0
  private var sequence: UInt32 = 0

  /// Whether `loop` is left, and none that is like it comes first in the list.
  ///
  /// Batch, width and height index the same tensors: of those with as many trips one order is enough.
  func mayAdd(_ loop: FusionLoop, trips: FusionTrips) -> Bool {
    guard !contains(loop) else { return false }
    return switch loop {
    case .batch, .inputChannels, .outputChannels: true
    case .outputWidth: contains(.batch) || trips.batch != trips.outputWidth
    case .outputHeight:
      (contains(.batch) || trips.batch != trips.outputHeight)
        && (contains(.outputWidth) || trips.outputWidth != trips.outputHeight)
    }
  }

  /// Whether a loop that indexes outputs is among them.
  var indexesOutput: Bool { FusionLoop.allCases.contains { $0.indexesOutput && contains($0) } }

  private func contains(_ loop: FusionLoop) -> Bool { members >> loop.rawValue & 1 == 1 }

  func adding(_ loop: FusionLoop) -> PlacedLoops {
    var next = self
    next.members |= 1 << loop.rawValue
    next.sequence |= UInt32(loop.rawValue) << UInt32(4 * count)
    next.count += 1
    return next
  }

  var outermostFirst: [FusionLoop] {
    (0..<count).reversed().compactMap {
      FusionLoop(rawValue: Int(sequence >> UInt32(4 * $0) & 15))
    }
  }
}

extension FusionProblem {
  /// Cycles that no order of loops around `tiling` can undercut.
  ///
  /// First fills are at least a tile, and every tensor moves at least once for each of its own
  /// indices.
  func leastCycles(_ tiling: FusionTiling) -> Int {
    let first = tiling.weightBits + tiling.inputBits + tiling.outputBits
    func moved(_ bits: Int, _ indexes: (FusionLoop) -> Bool) -> Int {
      FusionLoop.allCases.reduce(bits) {
        indexes($1) ? $0 * tiling.trips[$1] : $0
      }
    }
    let total =
      moved(tiling.weightBits, \.indexesWeights) + moved(tiling.inputBits, \.indexesInput)
      + moved(tiling.outputBits, \.indexesOutput) + moved(tiling.drainBits, \.indexesOutput)
    let last = min(tiling.outputBits, tiling.drainBits)
    return max(
      tiling.computeCycles + transferCycles(first) + transferCycles(last), transferCycles(total))
  }

  /// Which buffer the smallest tile exceeds.
  func tooSmall() -> BitSerialError {
    let w = operands.weightBits
    let a = operands.inputBits
    let area = layer.kernel.area
    let weightRows: Int
    let inputs: Int
    var outputs = 0
    switch array.kind {
    case .fused:
      weightRows = array.rows * array.fused(a) * array.fused(w)
      inputs = area * a
      outputs = array.columns * 32
    case .columns:
      weightRows = array.rows * array.fused(w)
      let rows = array.columns * array.fused(a)
      inputs = ceilingDivide(area, rows) * rows * a
    }
    let channels =
      array.kind == .fused && !operands.asColumns ? min(array.columns, layer.outputChannels) : 1
    let weights = ceilingDivide(area, weightRows) * weightRows * channels * w
    let needs = [
      ("weight", weights, weightRoom, array.weightBufferBytes),
      ("input", inputs, inputRoom, array.inputBufferBytes),
      ("output", outputs, outputRoom, array.outputBufferBytes),
    ]
    let short = needs.first { $0.1 > $0.2 } ?? needs[0]
    return .bufferTooSmall(
      layer: layer.name, buffer: short.0, neededBytes: ceilingDivide(2 * short.1, 8),
      availableBytes: short.3)
  }
}
