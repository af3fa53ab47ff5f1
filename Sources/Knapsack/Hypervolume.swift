/// How much of objective space a set of points dominates.
///
/// The hypervolume indicator of Zitzler and Thiele (1998, "Multiobjective optimization using
/// evolutionary algorithms", PPSN V): the volume of all places that some point matches or beats in
/// every objective, up to a reference place.
public enum Hypervolume {
  /// The dominated volume, all objectives minimised.
  ///
  /// Computed by slicing along the last objective, and each slice along the one before.
  ///
  /// - Parameters:
  ///   - points: One number an objective each, all as many as `reference`; points that are not
  ///     better than the reference in every objective, and NaN, add nothing.
  ///   - reference: Where the volume ends; finite.
  /// - Returns: The volume, 0 without points; nil beyond three objectives or for points of another
  ///   length.
  /// - Complexity: O(n log n) for two objectives, O(n^2) for three.
  public static func volume(of points: [[Double]], reference: [Double]) -> Double? {
    guard (1...3).contains(reference.count),
      points.allSatisfy({ $0.count == reference.count })
    else { return nil }
    let inside = points.filter { zip($0, reference).allSatisfy { $0 < $1 } }
    switch reference.count {
    case 1: return inside.map { reference[0] - $0[0] }.max() ?? 0
    case 2: return area(inside.sorted { $0[0] < $1[0] }, reference: reference)
    default:
      let byDepth = inside.sorted { $0[2] < $1[2] }
      // Kept in the order of the first objective, so that slices need no sorting.
      var slice: [[Double]] = []
      var volume = 0.0
      for (index, point) in byDepth.enumerated() {
        let position = slice.firstIndex { $0[0] > point[0] } ?? slice.count
        slice.insert(point, at: position)
        let end = index + 1 < byDepth.count ? byDepth[index + 1][2] : reference[2]
        if end > point[2] { volume += (end - point[2]) * area(slice, reference: reference) }
      }
      return volume
    }
  }

  /// The area that points in ascending order of the first objective dominate.
  private static func area(_ sorted: [[Double]], reference: [Double]) -> Double {
    var area = 0.0
    var height = reference[1]
    for point in sorted where point[1] < height {
      area += (reference[0] - point[0]) * (height - point[1])
      height = point[1]
    }
    return area
  }
}
