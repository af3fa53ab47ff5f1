/// Selection by domination in any number of minimised quantities.
public enum Dominance {
  /// Positions of the rows that no other row matches or beats everywhere, in ascending order.
  ///
  /// Of equal rows the first stays; rows with a NaN all stay and beat none.
  ///
  /// - Complexity: O(n log n) for rows of at most three numbers, O(n log^2 n) for four, beyond
  ///   O(n * kept).
  public static func frontier(_ rows: [[Double]]) -> [Int] {
    let comparable = rows.indices.filter { !rows[$0].contains(where: \.isNaN) }
    let others = rows.indices.filter { rows[$0].contains(where: \.isNaN) }
    guard let dimensions = rows.first?.count else { return [] }
    if (1...4).contains(dimensions) {
      let points = comparable.map { index in
        var point = SIMD4<Double>()
        for (lane, value) in rows[index].enumerated() { point[lane] = value }
        return point
      }
      let kept = Nondominated.positions(of: points, dimensions: dimensions)
      return (kept.map { comparable[$0] } + others).sorted()
    }
    let order = comparable.sorted { a, b in
      rows[a] != rows[b] ? rows[a].lexicographicallyPrecedes(rows[b]) : a < b
    }
    var kept: [Int] = []
    // In this order only what comes earlier can match or beat a row.
    for index in order {
      let isBeaten = kept.contains { zip(rows[$0], rows[index]).allSatisfy { $0 <= $1 } }
      if !isBeaten { kept.append(index) }
    }
    return (kept + others).sorted()
  }
}
