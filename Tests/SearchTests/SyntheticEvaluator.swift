import QuantGraph
import Search
import Synchronization

/// A network that is a formula: losses of single layers, and of pairs of neighbours on top.
final class SyntheticEvaluator: Evaluator {
  let layers: [SearchLayer]
  private let samples: Int
  private let scale: Double
  /// Allocations run so far.
  let runs = Mutex(0)
  /// Stops after so many runs, as an interrupt would.
  let stopAfter: Int?

  init(layers: Int, samples: Int = 1000, scale: Double = 1, stopAfter: Int? = nil) {
    self.layers = (0..<layers).map {
      SearchLayer(
        name: "layer\($0)", weightCount: 100 * ($0 * 7 % 5 + 1), macs: 1000 * ($0 * 3 % 4 + 1))
    }
    self.samples = samples
    self.scale = scale
    self.stopAfter = stopAfter
  }

  /// What a layer at so many bits adds.
  static func single(_ layer: Int, bits: Double) -> Double {
    let sensitivity = [0.8, 0.1, 2.5, 0.3, 0.05, 1.2, 0.6, 0.2][layer % 8]
    var step = sensitivity
    for _ in 0..<Int(bits) { step /= 3.2 }
    return step
  }

  func loss(_ allocation: [Candidate]) -> Double {
    var loss = 0.02
    var before = 0.0
    for (layer, candidate) in allocation.enumerated() {
      guard let encoding = candidate.weights else { continue }
      let own = Self.single(layer, bits: encoding.storedBits)
      loss += own + 4 * own * before
      before = own
    }
    return loss * scale
  }

  func evaluate(
    _ allocations: [[Candidate]], threads: Int, isCancelled: @Sendable () -> Bool,
    report: (Int, Quality) -> Void
  ) throws(EvaluationError) {
    for (index, allocation) in allocations.enumerated() {
      if isCancelled() { return }
      let count = runs.withLock { count -> Int in
        count += 1
        return count
      }
      if let stopAfter, count > stopAfter { return }
      let loss = loss(allocation)
      let wrong = Int((loss / (1 + loss) * Double(samples)).rounded())
      report(index, Quality(correct: samples - wrong, samples: samples, loss: loss))
    }
  }
}

extension SyntheticEvaluator {
  /// Four candidates a layer.
  func space(ties: [[Int]] = [], fixed: [Int: Int] = [:]) throws -> SearchSpace {
    let candidates = try [2, 3, 4, 8].map { try SpaceCandidate(weightBits: $0, activationBits: 8) }
    return try SearchSpace(
      layers: layers, candidates: layers.map { _ in candidates }, ties: ties, fixed: fixed)
  }

  func task(
    _ space: SearchSpace, method: SearchMethod = .auto, evaluations: Int = 60,
    costs: [any CostModel] = [BitCost.weightBits, BitCost.bitOperations], objectives: Int = 1,
    budgets: [Double]? = nil, seed: UInt64 = 0, shard: SearchShard? = nil
  ) -> SearchTask {
    SearchTask(
      space: space, quality: .accuracy, costs: costs, objectiveCount: objectives,
      budgets: budgets ?? costs.map { _ in .infinity }, method: method, evaluations: evaluations,
      screening: 100, seed: seed, shard: shard,
      sensitivities: space.candidates.enumerated().map { layer, list in
        list.map { Self.single(layer, bits: $0.weightBits) }
      })
  }
}
