internal import Arith

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
    struct Masked: Sendable {
      let reference: Probe
      let candidates: [Probe]
    }
    let masks = 4
    var groups: [Masked] = []
    for layer in prepared.indices {
      let own = network.parameters[layer].weights.map { Double($0) }
      for mask in 0..<masks {
        var generator = SplitMix64(seed: UInt64(truncatingIfNeeded: 1000 * layer + mask))
        let keeps = own.map { _ in generator.next() >> 63 == 0 }
        let masked = zip(own, keeps).map { $1 ? $0 : 0 }
        groups.append(
          Masked(
            reference: Probe(layer: layer, weights: realLayer(layer, masked), input: .unchanged),
            candidates: prepared[layer].map { probe(layer, $0, keeps: keeps) }))
      }
    }
    let size = blockSamples
    let all = groups
    let partials = SampleBlocks.map(samples: data.count, size: size, threads: threads) {
      ProbeBuffers(network, real, samples: size)
    } _: { buffers, range -> [[Double]]? in
      if isCancelled() { return nil }
      buffers.load(data, range)
      return all.map { group in
        buffers.run(group.reference, samples: range.count)
        let before = (0..<range.count).map {
          ClassScores.logSoftmax(Array(buffers.scores($0, changed: true)))
        }
        return group.candidates.map { candidate in
          buffers.run(candidate, samples: range.count)
          var sum = 0.0
          for sample in 0..<range.count {
            let after = ClassScores.logSoftmax(Array(buffers.scores(sample, changed: true)))
            for (known, found) in zip(before[sample], after) {
              let probability = StableExponential.exp(known)
              if probability > 0 { sum += probability * (known - found) }
            }
          }
          return sum
        }
      }
    }
    var totals = prepared.map { [Double](repeating: 0, count: $0.count) }
    for partial in partials {
      guard let partial else { throw .cancelled }
      for (group, row) in partial.enumerated() {
        for (index, part) in row.enumerated() { totals[group / masks][index] += part }
      }
    }
    return totals.map { $0.map { $0 / Double(data.count * masks) } }
  }
}
