/// Branch and bound over partial allocations, breadth first with dominance and Lagrangian bounds.
struct ExactSearch {
  enum Stop: Error {
    case cancelled(best: [Int]?, lowerBound: Double)
    case stateLimit(best: [Int]?, lowerBound: Double)
  }

  private var limit: SIMD4<Double>
  /// The smallest difference of two losses if losses are summed exactly, else 0.
  private var lossStep: Double
  /// What losses have been multiplied by, a power of two.
  private var lossScale = 1.0
  /// Lanes that dominance compares: the loss and costs whose budget can bind.
  private let lanes: [Int]
  private var table: OptionTable
  private let groupCount: Int
  /// The best loss known, and its option (label) for each group of the problem.
  private var bestLoss: Double
  private var best: [Int]?
  /// A loss that no allocation is below, in scaled losses.
  private var lowerBound = -Double.infinity

  init(table: OptionTable, limit: SIMD4<Double>, lossStep: Double) {
    let largest = table.maximum()
    let idle = (1...3).filter { largest[$0] <= limit[$0] }
    var limit = limit
    for lane in idle { limit[lane] = .infinity }
    self.limit = limit
    self.lossStep = lossStep
    lanes = [0] + (1...3).filter { !idle.contains($0) }
    groupCount = table.count
    bestLoss = .infinity
    self.table = table.clearing(lanes: idle)
  }

  /// A bound from which on nothing better than the best known loss can follow.
  private var threshold: Double { bestLoss - lossStep / 2 }

  /// Returns the label of the chosen option for each group, nil if nothing is feasible.
  mutating func run(effort: AllocationEffort) throws(Stop) -> [Int]? {
    reduce()
    rescale()
    guard (0..<table.count).allSatisfy({ !table.options(of: $0).isEmpty }) else { return nil }
    var root = relaxation()
    if dropHopelessLosses() {
      // Losses far above the optimum (penalties) set the scale: once more without them.
      reduce()
      // Whatever is better than the best known has an option of every group left.
      guard (0..<table.count).allSatisfy({ !table.options(of: $0).isEmpty }) else { return best }
      rescale()
      root = relaxation()
    }
    var multipliers = [1, 0.93, 1.07, 0.8, 1.25, 0.5, 2].map { factor in
      var scaled = root.multipliers * factor
      scaled[0] = 1
      return scaled
    }
    // A state is remembered in every level: 8 bytes each, 400 MB in all.
    let stateLimit = min(effort.stateLimit, max(1000, 50_000_000 / max(table.count, 1)))
    var width = 8
    while true {
      let core = core(root.multipliers)
      if core.isProven { return best }
      var run = BeamRun(core: core, limit: limit, lanes: lanes, multipliers: multipliers)
      let known = bestLoss
      guard
        run.search(
          width: min(width, stateLimit), bestLoss: bestLoss, lossStep: lossStep, effort: effort)
      else {
        throw .cancelled(
          best: best, lowerBound: min(max(lowerBound, root.value), bestLoss) / lossScale)
      }
      if run.bestLoss < bestLoss {
        bestLoss = run.bestLoss
        best = core.labels(groupCount: groupCount, chosen: run.bestOptions)
      }
      if run.smallestDropped >= threshold { return best }
      lowerBound = max(lowerBound, min(run.smallestDropped, bestLoss))
      guard width < stateLimit else {
        throw .stateLimit(
          best: best, lowerBound: min(run.smallestDropped, bestLoss) / lossScale)
      }
      multipliers = run.multipliers
      // A better loss shrinks the core: while runs still find one, widen slowly.
      width *= bestLoss < known ? 4 : 8
    }
  }

  /// Drops options that cannot be part of an optimum: dominated, or over a budget by themselves.
  private mutating func reduce() {
    while true {
      let size = table.values.count
      let minimum = table.minimum()
      table = table.selecting { group, option in
        var smallest = SIMD4<Double>(repeating: .infinity)
        for other in table.options(of: group) {
          smallest = pointwiseMin(smallest, table.values[other])
        }
        // Rounding of sums that are not exact must not drop an option that just fits.
        let total = minimum - smallest + table.values[option]
        return lanes.dropFirst().allSatisfy { total[$0] <= limit[$0] + 0x1p-40 }
      }
      table = table.withoutDominatedOptions(lanes: lanes)
      if table.values.count == size { return }
    }
  }

  /// Multiplies lanes by powers of two so that totals reach 1/2 to 1 in each.
  private mutating func rescale() {
    let magnitude = table.magnitude()
    var factors = SIMD4<Double>(repeating: 1)
    for lane in 0..<4 where magnitude[lane] > 0 {
      factors[lane] = Double(sign: .plus, exponent: -(magnitude[lane].exponent + 1), significand: 1)
    }
    table = table.scaled(by: factors)
    limit *= factors
    lossStep *= factors[0]
    lossScale *= factors[0]
    bestLoss *= factors[0]
    if best == nil {
      // Above every loss: bounds that reach it prove that nothing is feasible.
      bestLoss = table.maximum()[0] + 0.5
    }
  }

  /// The linear relaxation; adopts the feasible choices met on the way.
  private mutating func relaxation() -> LagrangianBound {
    let root = LagrangianBound(
      table, from: 0, limit: limit, minimum: table.minimum(), target: .infinity, iterations: 200,
      collectsIncumbent: true)
    if let incumbent = root.incumbent {
      adopt(incumbent.loss, labels: incumbent.options.map { table.labels[$0] }, of: table)
      improve(incumbent.options)
    }
    return root
  }

  /// Drops options whose loss with the smallest of all others is above the best known.
  ///
  /// - Returns: whether that shrinks the losses by so much that bounds become sharper.
  private mutating func dropHopelessLosses() -> Bool {
    guard best != nil else { return false }
    let total = table.minimum()[0]
    let before = table.magnitude()
    // The options of the best known itself must stay, however their sum was rounded.
    let error = summationError(terms: table.count, magnitude: before[0])
    let kept = table.selecting { group, option in
      let smallest = table.options(of: group).reduce(Double.infinity) {
        min($0, table.values[$1][0])
      }
      let bound = total - smallest + table.values[option][0]
      return option == table.options(of: group).min { table.values[$0][0] < table.values[$1][0] }
        || bound - error <= bestLoss
    }
    let after = kept.magnitude()
    guard after[0] * 16 < before[0] else { return false }
    table = kept
    return true
  }

  private mutating func adopt(_ loss: Double, labels: [Int], of table: OptionTable) {
    guard loss < bestLoss else { return }
    bestLoss = loss
    var byGroup = [Int](repeating: 0, count: groupCount)
    for (position, label) in labels.enumerated() { byGroup[table.groups[position]] = label }
    best = byGroup
  }

  /// Uses up what the budgets leave: single changes that lower the loss most, until none fits.
  private mutating func improve(_ options: [Int]) {
    var options = options
    var total = options.reduce(SIMD4<Double>()) { $0 + table.values[$1] }
    for _ in 0..<4 * table.count {
      var gain = 0.0
      var change: (group: Int, option: Int)?
      for group in 0..<table.count {
        for option in table.options(of: group) {
          let difference = table.values[option] - table.values[options[group]]
          if -difference[0] > gain, LagrangianBound.fits(total + difference, limit) {
            gain = -difference[0]
            change = (group, option)
          }
        }
      }
      guard let change else { break }
      total += table.values[change.option] - table.values[options[change.group]]
      options[change.group] = change.option
    }
    // Summed anew: repeated differences would leave rounding errors behind.
    total = options.reduce(SIMD4<Double>()) { $0 + table.values[$1] }
    if LagrangianBound.fits(total, limit) {
      adopt(total[0], labels: options.map { table.labels[$0] }, of: table)
    }
  }

  /// Fixes what reduced costs decide and orders the rest.
  private func core(_ multipliers: SIMD4<Double>) -> Core {
    var value = -(multipliers * finiteLimit).sum() + finiteLimit[0]
    var magnitude = (multipliers * abs4(finiteLimit)).sum()
    var smallest = [Double](repeating: .infinity, count: table.count)
    for group in 0..<table.count {
      for option in table.options(of: group) {
        smallest[group] = min(smallest[group], (multipliers * table.values[option]).sum())
      }
      value += smallest[group]
      magnitude += abs(smallest[group])
    }
    let error = summationError(terms: table.count, magnitude: magnitude)
    let kept = table.selecting { group, option in
      value - smallest[group] + (multipliers * table.values[option]).sum() - error < threshold
    }
    guard (0..<kept.count).allSatisfy({ !kept.options(of: $0).isEmpty }) else {
      return Core(isProven: true)
    }
    var base = SIMD4<Double>()
    var decided: [(group: Int, label: Int)] = []
    var open: [(range: Double, group: Int)] = []
    for group in 0..<kept.count {
      let options = kept.options(of: group)
      if options.count == 1 {
        base += kept.values[options.lowerBound]
        decided.append((kept.groups[group], kept.labels[options.lowerBound]))
        continue
      }
      var (low, high) = (Double.infinity, -Double.infinity)
      for option in options {
        let weighted = (multipliers * kept.values[option]).sum() - kept.values[option][0]
        low = min(low, weighted)
        high = max(high, weighted)
      }
      open.append((high - low, group))
    }
    open.sort { $0.range != $1.range ? $0.range > $1.range : $0.group < $1.group }
    return Core(
      isProven: false, base: base, decided: decided,
      table: kept.selecting(order: open.map(\.group)) { _, _ in true })
  }

  private var finiteLimit: SIMD4<Double> {
    limit.replacing(with: 0, where: limit .== .infinity)
  }
}

/// The groups that reduced costs leave open, in branching order, and what the others add.
struct Core {
  /// No allocation better than the best known one is left.
  let isProven: Bool
  var base = SIMD4<Double>()
  var decided: [(group: Int, label: Int)] = []
  var table = OptionTable()

  func labels(groupCount: Int, chosen: [Int]) -> [Int] {
    var labels = [Int](repeating: 0, count: groupCount)
    for (group, label) in decided { labels[group] = label }
    for (position, option) in chosen.enumerated() {
      labels[table.groups[position]] = table.labels[option]
    }
    return labels
  }
}

/// Bound of the rounding error of a sum in binary64 (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 4.2), with room for the products inside its terms.
func summationError(terms: Int, magnitude: Double) -> Double {
  Double(terms + 16) * 0x1p-52 * magnitude
}

func abs4(_ value: SIMD4<Double>) -> SIMD4<Double> {
  value.replacing(with: -value, where: value .< 0)
}
