/// Two metrics at once: some layers by one of them, the rest by the other.
///
/// MixDQ (Zhao et al., ECCV 2024, arXiv 2405.17873) finds that layers that decide what an image shows and
/// layers that decide its quality need different measures, scores each kind with its own, and gives
/// each kind a part of the budget by an integer program. Here the scores of each kind are divided by
/// their sum over its layers at the candidate of the largest score, and weighted with ``share`` and
/// `1 - share`: a search over the share is a search over the parts of the budget. The weighting is
/// this program's choice: only the paper's abstract and the project's page were at hand.
public struct MetricPair: Sendable, Hashable {
  /// Layers that `second` scores; the others are scored by the first.
  public var layersOfSecond: Set<String>
  /// Weight of the first kind, 0 to 1.
  public var share: Double

  public init(layersOfSecond: Set<String>, share: Double = 0.5) {
    self.layersOfSecond = layersOfSecond
    self.share = share
  }

  /// Losses of every candidate of every layer.
  ///
  /// What is no finite number stays as it is, and does not count among the largest.
  ///
  /// - Precondition: both have the same layers and candidates.
  public func losses(_ first: SensitivityScores, _ second: SensitivityScores) -> [[Double]] {
    precondition(
      first.layers == second.layers && first.candidates == second.candidates,
      "the same layers and candidates")
    let rows = first.layers.indices.map { layer in
      layersOfSecond.contains(first.layers[layer]) ? second.losses[layer] : first.losses[layer]
    }
    func total(_ isSecond: Bool) -> Double {
      var sum = 0.0
      for (layer, row) in rows.enumerated()
      where layersOfSecond.contains(first.layers[layer]) == isSecond {
        sum += row.filter(\.isFinite).map(\.magnitude).max() ?? 0
      }
      return sum > 0 ? sum : 1
    }
    let totals = (first: total(false), second: total(true))
    return rows.enumerated().map { layer, row in
      let isSecond = layersOfSecond.contains(first.layers[layer])
      let factor = isSecond ? (1 - share) / totals.second : share / totals.first
      return row.map { $0 * factor }
    }
  }
}
