internal import Arith
internal import HWModel

extension SensitivityAnalysis {
  /// Divergence of scores between a layer with part of its weights masked and the same with the rest
  /// quantized, a mean over four masks.
  ///
  /// After OHQ (Huang et al., arXiv 2309.01945), whose mask-guided estimation compares outputs of a
  /// network with part of an operator masked by their Kullback-Leibler divergence. Here a mask keeps
  /// each weight with probability 1/2: the top bit of output k + 1 of splitmix64 started at
  /// `1000 * layer + mask`, 0 keeps. The ratio, the number of masks and that both networks are masked
  /// are this program's choice: only the paper's abstract was at hand.
  func maskedDivergences(
    _ prepared: [[PreparedCandidate]], threads: Int, isCancelled: @Sendable () -> Bool
  ) throws(SensitivityError) -> [[Double]] {
    let masks = 4
    let totals = try sums(
      count: prepared.count * masks, keeping: [], threads: threads, isCancelled: isCancelled,
      none: Divergences(sums: [])
    ) { group in
      let (layer, mask) = (group / masks, group % masks)
      let own = network.parameters(layer).weights
      var generator = SplitMix64(seed: UInt64(truncatingIfNeeded: 1000 * layer + mask))
      let keeps = own.map { _ in generator.next() >> 63 == 0 }
      let masked = zip(own, keeps).map { $1 ? Double($0) : 0 }
      return [Probe(layer: layer, weights: LayerWeights(numbers: masked))]
        + prepared[layer].map { probe(layer, $0, keeps: keeps) }
    } _: { block, _, scores in
      let before = (0..<block.range.count).map { scores[0].logProbabilities($0) }
      return Divergences(
        sums: scores.dropFirst().map { candidate in
          var sum = 0.0
          for sample in 0..<block.range.count {
            let after = candidate.logProbabilities(sample)
            for (known, found) in zip(before[sample], after) {
              let probability = StableExponential.exp(known)
              if probability > 0 { sum += probability * (known - found) }
            }
          }
          return sum
        })
    }
    // Block after block, the masks of each.
    return prepared.enumerated().map { layer, row in
      row.indices.map { candidate in
        var total = 0.0
        let parts = (0..<masks).map { totals[layer * masks + $0].parts }
        for block in parts[0].indices {
          for mask in 0..<masks { total += parts[mask][block][candidate] }
        }
        return total / Double(data.count * masks)
      }
    }
  }
}

/// Divergences of candidates, block by block.
private struct Divergences: ProbeSum {
  var parts: [[Double]]

  init(sums: [Double]) { parts = sums.isEmpty ? [] : [sums] }

  static func += (total: inout Divergences, part: Divergences) { total.parts += part.parts }
}
