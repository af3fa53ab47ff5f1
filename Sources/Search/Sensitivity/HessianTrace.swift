internal import Arith
internal import HWModel

/// Second derivatives of the loss in a layer's weights, by finite differences of forward runs.
public struct HessianTrace: Sendable, Hashable {
  /// Length of a step along each weight: a thousandth of the weights' root mean square.
  public let step: Double
  /// Samples of `v' G v`, G the Gauss-Newton matrix of the cross-entropy, v of signs.
  ///
  /// `J = (f(W + step v) - f(W - step v)) / (2 step)`; the mean over images of
  /// `sum p J^2 - (sum p J)^2`. Labels are not needed.
  public let gaussNewton: [Double]
  /// Samples of `v' H v` with H of the loss itself; empty without labels.
  ///
  /// `(L(W + step v) - 2 L(W) + L(W - step v)) / step^2`, noisy where ReLUs switch.
  public let loss: [Double]
  /// Weights of the layer.
  public let weightCount: Int

  /// The mean of the samples: Hutchinson's estimate of the trace.
  public var estimate: Double { gaussNewton.reduce(0, +) / Double(gaussNewton.count) }
  /// The mean second derivative of a weight, HAWQ-V2's measure.
  public var perWeight: Double { estimate / Double(weightCount) }
}

extension SensitivityAnalysis {
  /// Hutchinson's estimate from random signs.
  ///
  /// The sign of weight k (from 0, in the model's order) of sample t is + where the top bit of output
  /// k + 1 of splitmix64 started at `1000 * layer + t` is 0. `samples` directions, 1 or more.
  ///
  /// - Throws: ``SensitivityError/cancelled``.
  public func hessianTrace(
    layer: Int, samples: Int = 8, threads: Int = 1,
    isCancelled: @Sendable () -> Bool = { false }
  ) throws(SensitivityError) -> HessianTrace {
    let count = network.parameters(layer).weights.count
    let directions = (0..<max(samples, 1)).map { sample in
      var generator = SplitMix64(seed: UInt64(truncatingIfNeeded: 1000 * layer + sample))
      return (0..<count).map { _ in generator.next() >> 63 == 0 ? 1.0 : -1.0 }
    }
    let step = stepLength(layer)
    let curvatures = try curvature(
      layer: layer, directions: directions, step: step, threads: threads, isCancelled: isCancelled)
    return HessianTrace(
      step: step, gaussNewton: curvatures.map(\.gaussNewton),
      loss: data.labels == nil ? [] : curvatures.map(\.loss), weightCount: count)
  }

  /// The trace of the Gauss-Newton matrix, one direction a weight: two runs of what follows the layer
  /// for each, so for small layers.
  ///
  /// - Throws: ``SensitivityError/cancelled``.
  public func exactTrace(
    layer: Int, threads: Int = 1, isCancelled: @Sendable () -> Bool = { false }
  ) throws(SensitivityError) -> Double {
    let count = network.parameters(layer).weights.count
    let step = stepLength(layer)
    var sum = 0.0
    // So many at a time that their copies of the weights stay small.
    for first in stride(from: 0, to: count, by: 64) {
      let directions = (first..<min(first + 64, count)).map { index in
        var direction = [Double](repeating: 0, count: count)
        direction[index] = 1
        return direction
      }
      let curvatures = try curvature(
        layer: layer, directions: directions, step: step, threads: threads,
        isCancelled: isCancelled)
      for curvature in curvatures { sum += curvature.gaussNewton }
    }
    return sum
  }

  private func stepLength(_ layer: Int) -> Double {
    let weights = network.parameters(layer).weights
    return 1e-3 * (squaredWeights(layer) / Double(weights.count)).squareRoot()
  }

  private struct Curvature: ProbeSum {
    var gaussNewton = 0.0
    var loss = 0.0

    static func += (total: inout Curvature, part: Curvature) {
      total.gaussNewton += part.gaussNewton
      total.loss += part.loss
    }
  }

  private func curvature(
    layer: Int, directions: [[Double]], step: Double, threads: Int,
    isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [Curvature] {
    let weights = network.parameters(layer).weights.map { Double($0) }
    func probe(_ direction: [Double], _ length: Double) -> Probe {
      Probe(
        layer: layer,
        weights: LayerWeights(numbers: zip(weights, direction).map { $0 + length * $1 }))
    }
    let labels = data.labels
    let totals = try sums(
      count: directions.count, keeping: [], threads: threads, isCancelled: isCancelled,
      none: Curvature(), probes: { [probe(directions[$0], step), probe(directions[$0], -step)] }
    ) { block, _, scores -> Curvature in
      var total = Curvature()
      for sample in 0..<block.range.count {
        let base = block.unchanged.logProbabilities(sample)
        let forward = ClassScores.ofClasses(scores[0].row(sample))
        let backward = ClassScores.ofClasses(scores[1].row(sample))
        var (mean, square) = (0.0, 0.0)
        for index in base.indices {
          let slope = (forward[index] - backward[index]) / (2 * step)
          let probability = StableExponential.exp(base[index])
          mean += probability * slope
          square += probability * slope * slope
        }
        total.gaussNewton += square - mean * mean
        if let label = labels?[block.range.lowerBound + sample] {
          let ahead = ClassScores.logSoftmax(forward)[label]
          let behind = ClassScores.logSoftmax(backward)[label]
          total.loss -= ahead - 2 * base[label] + behind
        }
      }
      return total
    }
    let count = Double(data.count)
    return totals.map {
      Curvature(gaussNewton: $0.gaussNewton / count, loss: $0.loss / (step * step) / count)
    }
  }
}
