import Arith
import Knapsack
import Search

/// A random problem with small numbers, so that ties and equal sums are common.
struct RandomProblem {
  var generator: SplitMix64

  init(seed: UInt64) {
    generator = SplitMix64(seed: seed)
  }

  mutating func draw(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(generator.next() % UInt64(range.count))
  }

  /// A problem whose numbers are multiples of `1 / perOne`, some of them negative, with ties and fixed
  /// layers now and then; budgets are a share of the range of each cost, in percent.
  mutating func problem(
    layers layerCount: Int, options: ClosedRange<Int>, costs: Int, perOne: Double = 1,
    tightness: ClosedRange<Int> = 0...60, budgeted: Bool = true
  ) throws -> AllocationProblem {
    var layers: [AllocationLayer] = []
    let span = draw(3...60)
    for _ in 0..<layerCount {
      let count = draw(options)
      func numbers(_ from: Int) -> [Double] {
        (0..<count).map { _ in Double(draw(from...span)) / perOne }
      }
      layers.append(
        AllocationLayer(
          losses: numbers(-2), costs: (0..<costs).map { _ in numbers(draw(0...4) == 0 ? -3 : 0) }))
    }
    var ties: [[Int]] = []
    for _ in 0..<draw(0...2) {
      let first = draw(0...layerCount - 1)
      let equal = layers.indices.filter { layers[$0].losses.count == layers[first].losses.count }
      ties.append(Array(equal.prefix(draw(1...3))))
    }
    var fixed: [Int: Int] = [:]
    if draw(0...3) == 0 {
      let layer = draw(0...layerCount - 1)
      fixed[layer] = draw(0...layers[layer].losses.count - 1)
    }
    var budgets: [Double] = []
    if budgeted {
      for cost in 0..<costs {
        let units = layers.map { layer in layer.costs[cost].map { ($0 * perOne).rounded() } }
        let low = units.reduce(0) { $0 + ($1.min() ?? 0) }
        let high = units.reduce(0) { $0 + ($1.max() ?? 0) }
        let steps = ((high - low) * Double(draw(tightness)) / 100).rounded(.down)
        budgets.append((low + steps - 1) / perOne)
      }
    }
    return try AllocationProblem(layers: layers, ties: ties, budgets: budgets, fixed: fixed)
  }
}

/// Every choice that ties and fixed options allow: the plain definition.
func allChoices(of problem: AllocationProblem) -> [[Int]] {
  var choices: [[Int]] = [[]]
  for layer in problem.layers {
    choices = choices.flatMap { choice in layer.losses.indices.map { choice + [$0] } }
  }
  return choices.filter { choice in
    problem.ties.allSatisfy { tie in tie.allSatisfy { choice[$0] == choice[tie[0]] } }
      && problem.fixed.allSatisfy { choice[$0.key] == $0.value }
  }
}

/// Loss and costs of a choice in whole units, by integer addition.
func wholeTotals(of choice: [Int], in problem: AllocationProblem, perOne: Double) -> [Int] {
  var totals = [Int](repeating: 0, count: problem.costCount + 1)
  for (layer, option) in zip(problem.layers, choice) {
    totals[0] += Int((layer.losses[option] * perOne).rounded())
    for cost in layer.costs.indices {
      totals[cost + 1] += Int((layer.costs[cost][option] * perOne).rounded())
    }
  }
  return totals
}

func wholeBudgets(_ problem: AllocationProblem, perOne: Double) -> [Int] {
  problem.budgets.map { Int(($0 * perOne).rounded()) }
}
