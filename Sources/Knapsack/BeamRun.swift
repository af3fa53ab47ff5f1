/// One pass over the open groups that keeps a limited number of partial allocations a group.
struct BeamRun {
  private let core: Core
  private let limit: SIMD4<Double>
  private let lanes: [Int]
  private var pool: MultiplierPool
  private let suffixMinima: [SIMD4<Double>]

  private(set) var bestLoss = Double.infinity
  private(set) var bestOptions: [Int] = []
  /// The smallest bound among partial allocations that were dropped for lack of room.
  private(set) var smallestDropped = Double.infinity

  /// The multipliers that proved most useful, for the next run.
  var multipliers: [SIMD4<Double>] { pool.mostUsed }

  init(core: Core, limit: SIMD4<Double>, lanes: [Int], multipliers: [SIMD4<Double>]) {
    self.core = core
    self.limit = limit
    self.lanes = lanes
    suffixMinima = core.table.suffixMinima()
    pool = MultiplierPool(core, limit: limit)
    for multiplier in multipliers { pool.insert(multiplier) }
  }

  private struct Level {
    var parents: [Int32] = []
    var options: [Int32] = []
  }

  /// Finds the best completion that is better than `bestLoss`, as far as `width` allows.
  ///
  /// - Returns: false if the effort ended first.
  mutating func search(
    width: Int, bestLoss known: Double, lossStep: Double, effort: AllocationEffort
  ) -> Bool {
    let threshold = known - lossStep / 2
    let table = core.table
    var states = [core.base]
    var levels: [Level] = []
    for group in 0..<table.count {
      if effort.isCancelled() { return false }
      var level = Level()
      var children: [SIMD4<Double>] = []
      var bounds: [Double] = []
      let options = table.options(of: group)
      let rest = suffixMinima[group + 1]
      for (parent, state) in states.enumerated() {
        if parent & 0xfff == 0xfff, effort.isCancelled() { return false }
        for option in options {
          let child = state + table.values[option]
          guard LagrangianBound.fits(child + rest, limit) else { continue }
          let bound = pool.bound(child, level: group + 1, target: threshold)
          guard bound < threshold else { continue }
          children.append(child)
          bounds.append(bound)
          level.parents.append(Int32(truncatingIfNeeded: parent))
          level.options.append(Int32(truncatingIfNeeded: option))
        }
      }
      refine(&children, &bounds, &level, group: group + 1, threshold: threshold)
      prune(&children, &bounds, &level, width: width)
      states = children
      levels.append(level)
      if states.isEmpty { return true }
    }
    guard let last = states.indices.min(by: { states[$0][0] < states[$1][0] }),
      states[last][0] < known
    else { return true }
    bestLoss = states[last][0]
    bestOptions = [Int](repeating: 0, count: table.count)
    var position = last
    for group in stride(from: table.count - 1, through: 0, by: -1) {
      bestOptions[group] = Int(levels[group].options[position])
      position = Int(levels[group].parents[position])
    }
    return true
  }

  /// Adds multipliers that are best for some of many partial allocations, and drops what they prove.
  private mutating func refine(
    _ children: inout [SIMD4<Double>], _ bounds: inout [Double], _ level: inout Level, group: Int,
    threshold: Double
  ) {
    guard group < core.table.count else { return }
    for _ in 0..<3 {
      let before = children.count
      guard before > 128 else { return }
      let samples = min(12, before / 64)
      var added: [Int] = []
      for sample in 0..<samples {
        let state = children[(2 * sample + 1) * before / (2 * samples)]
        let bound = LagrangianBound(
          core.table, from: group, limit: limit - state, minimum: suffixMinima[group],
          target: threshold - state[0], iterations: 40,
          seeds: pool.seeds(state, level: group), collectsIncumbent: false)
        added.append(pool.insert(bound.multipliers))
      }
      var kept = 0
      for index in children.indices {
        let bound = pool.bound(
          children[index], level: group, among: added, above: bounds[index], target: threshold)
        guard bound < threshold else { continue }
        children[kept] = children[index]
        bounds[kept] = bound
        level.parents[kept] = level.parents[index]
        level.options[kept] = level.options[index]
        kept += 1
      }
      children.removeLast(before - kept)
      bounds.removeLast(before - kept)
      level.parents.removeLast(before - kept)
      level.options.removeLast(before - kept)
      pool.shrink()
      // Another round pays only while rounds drop much.
      guard kept * 4 < before * 3 else { return }
    }
  }

  /// Drops dominated partial allocations, then those of largest bound beyond `width`.
  private mutating func prune(
    _ children: inout [SIMD4<Double>], _ bounds: inout [Double], _ level: inout Level, width: Int
  ) {
    guard children.count > 1 else { return }
    let compact = children.map { state in
      var point = SIMD4<Double>()
      for (position, lane) in lanes.enumerated() { point[position] = state[lane] }
      return point
    }
    var kept = Nondominated.positions(of: compact, dimensions: lanes.count)
    if kept.count > width {
      kept.sort { bounds[$0] != bounds[$1] ? bounds[$0] < bounds[$1] : $0 < $1 }
      smallestDropped = min(smallestDropped, bounds[kept[width]])
      kept.removeLast(kept.count - width)
    }
    children = kept.map { children[$0] }
    bounds = kept.map { bounds[$0] }
    level.parents = kept.map { level.parents[$0] }
    level.options = kept.map { level.options[$0] }
  }
}

/// Multipliers with the bounds that they give for what follows each group.
struct MultiplierPool {
  private let table: OptionTable
  private let limit: SIMD4<Double>
  /// No total of a partial allocation has a larger magnitude.
  private let reach: SIMD4<Double>
  private var multipliers: [SIMD4<Double>] = []
  /// `constants[m][g]`: bound of the groups from `g` on at multipliers `m`, rounding deducted.
  private var constants: [[Double]] = []
  private var uses: [Int] = []
  private static let capacity = 64

  init(_ core: Core, limit: SIMD4<Double>) {
    table = core.table
    self.limit = limit
    reach = abs4(core.base) + core.table.magnitude()
  }

  /// Adds multipliers; returns their position.
  @discardableResult
  mutating func insert(_ new: SIMD4<Double>) -> Int {
    if let position = multipliers.firstIndex(of: new) { return position }
    let finite = limit.replacing(with: 0, where: limit .== .infinity)
    var weights = new
    weights[0] = 0
    let spent = (weights * finite).sum()
    // Covers the products with a partial allocation's totals as well.
    var magnitude = (weights * abs4(finite)).sum() + (new * reach).sum()
    var sums = [Double](repeating: 0, count: table.count + 1)
    for group in stride(from: table.count - 1, through: 0, by: -1) {
      var smallest = Double.infinity
      for option in table.options(of: group) {
        smallest = min(smallest, (new * table.values[option]).sum())
      }
      sums[group] = sums[group + 1] + smallest
      magnitude += abs(smallest)
    }
    let error = summationError(terms: table.count, magnitude: magnitude)
    for group in sums.indices { sums[group] -= spent + error }
    multipliers.append(new)
    constants.append(sums)
    uses.append(0)
    return multipliers.count - 1
  }

  /// The largest bound of a partial allocation, or the first found that reaches `target`.
  mutating func bound(_ state: SIMD4<Double>, level: Int, target: Double) -> Double {
    var best = -Double.infinity
    var position = 0
    for index in multipliers.indices {
      let bound = (multipliers[index] * state).sum() + constants[index][level]
      if bound > best {
        best = bound
        position = index
        if bound >= target { break }
      }
    }
    uses[position] += 1
    return best
  }

  /// The same among some multipliers, starting from a bound already known.
  mutating func bound(
    _ state: SIMD4<Double>, level: Int, among positions: [Int], above known: Double, target: Double
  ) -> Double {
    var best = known
    for index in positions {
      let bound = (multipliers[index] * state).sum() + constants[index][level]
      if bound > best {
        best = bound
        uses[index] += 1
        if bound >= target { break }
      }
    }
    return best
  }

  /// The best multipliers for a partial allocation, and some on both sides of them.
  func seeds(_ state: SIMD4<Double>, level: Int) -> [SIMD4<Double>] {
    var best = -Double.infinity
    var nearest = SIMD4<Double>(1, 0, 0, 0)
    for index in multipliers.indices {
      let bound = (multipliers[index] * state).sum() + constants[index][level]
      if bound > best {
        best = bound
        nearest = multipliers[index]
      }
    }
    return [1, 0.8, 1.25].map { factor in
      var scaled = nearest * factor
      scaled[0] = 1
      return scaled
    }
  }

  /// The better half of a full pool, by use and then age.
  private var byUse: ArraySlice<Int> {
    multipliers.indices.sorted { uses[$0] != uses[$1] ? uses[$0] > uses[$1] : $0 < $1 }
      .prefix(Self.capacity / 2)
  }

  var mostUsed: [SIMD4<Double>] { byUse.map { multipliers[$0] } }

  /// Forgets the multipliers of least use when there are too many, and sorts the others by use.
  mutating func shrink() {
    guard multipliers.count > Self.capacity else { return }
    let order = byUse
    multipliers = order.map { multipliers[$0] }
    constants = order.map { constants[$0] }
    uses = order.map { uses[$0] / 2 }
  }
}
