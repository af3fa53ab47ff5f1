import Knapsack
import Search

/// Two frontiers measured by what they dominate.
enum FrontierVolume {
  /// The share that each frontier dominates of the box between the best and the worst value that
  /// either has in each objective.
  ///
  /// - Returns: Nil where a frontier has no point with finite numbers, or there are more than three
  ///   objectives.
  static func shares(_ a: SearchData, _ b: SearchData) -> (a: Double, b: Double)? {
    let frontiers = [a, b].map { data in
      data.frontier.compactMap { point -> [Double]? in
        let values = zip(data.objectives, point.values).compactMap { objective, value in
          value.flatMap {
            Scale.canShow($0) ? (objective.isMaximized ? -$0 : $0) : nil
          }
        }
        return values.count == data.objectives.count ? values : nil
      }
    }
    guard frontiers.allSatisfy({ !$0.isEmpty }) else { return nil }
    let all = frontiers[0] + frontiers[1]
    let bounds = a.objectives.indices.map { index in
      let values = all.map { $0[index] }
      return (low: values.min() ?? 0, high: values.max() ?? 0)
    }
    let volumes = frontiers.map { points in
      Hypervolume.volume(
        of: points.map { point in
          zip(point, bounds).map { value, bound in
            bound.high > bound.low ? (value - bound.low) / (bound.high - bound.low) : 0
          }
        }, reference: [Double](repeating: 1, count: bounds.count))
    }
    guard let first = volumes[0], let second = volumes[1] else { return nil }
    return (first, second)
  }
}
