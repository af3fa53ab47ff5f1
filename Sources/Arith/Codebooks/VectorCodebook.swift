/// A format whose codes stand for vectors: a tensor in it has a trailing axis of ``dimensions``.
public enum VectorCodebook: Hashable, Sendable {
  /// `{+1, -1, +i, -i}` as (real, imaginary), codes 0 to 3 (iFairy, arXiv 2508.05571; the order of the
  /// codes is ours, the paper's could not be checked). Scales of the two parts are kept apart.
  case complexUnits
  /// Integer vectors of `dimensions` elements whose magnitudes sum to `pulses`, times one radius.
  ///
  /// Codes follow Fischer's enumeration of the pyramid (A pyramid vector quantizer, IEEE Trans. Inf.
  /// Theory 1986) in the order that ``encode(_:)`` states.
  case pyramid(dimensions: Int, pulses: Int)

  /// Pyramid vectors of this shape.
  ///
  /// - Throws: ``FormatError`` if a parameter is outside 1...1024 or there are 2^63 vectors or more.
  public static func pyramid(
    checked dimensions: Int, pulses: Int
  ) throws(FormatError) -> VectorCodebook {
    guard (1...1024).contains(dimensions) else {
      throw .parameterOutOfRange("dimensions", value: dimensions, allowed: 1...1024)
    }
    guard (1...1024).contains(pulses) else {
      throw .parameterOutOfRange("pulses", value: pulses, allowed: 1...1024)
    }
    guard pyramidCounts(dimensions: dimensions, pulses: pulses) != nil else {
      throw .unreadable(
        "pyramid<\(dimensions),\(pulses)>", reason: "more than 2^63 vectors do not fit a code")
    }
    return .pyramid(dimensions: dimensions, pulses: pulses)
  }

  /// Length of a vector.
  public var dimensions: Int {
    switch self {
    case .complexUnits: 2
    case .pyramid(let dimensions, _): dimensions
    }
  }

  /// Number of codes.
  public var count: Int64 {
    switch self {
    case .complexUnits: 4
    case .pyramid(let dimensions, let pulses):
      Self.pyramidCounts(dimensions: dimensions, pulses: pulses)?[dimensions][pulses] ?? 0
    }
  }

  /// Number of bits of a code.
  public var width: Int { max(1, (count - 1).significantBits - 1) }

  /// `counts[n][k]`: vectors of length n with k pulses, from the recurrence
  /// `N(n, k) = N(n-1, k) + N(n, k-1) + N(n-1, k-1)`; nil if one exceeds `Int64`.
  static func pyramidCounts(dimensions: Int, pulses: Int) -> [[Int64]]? {
    var counts = [[Int64]](
      repeating: [Int64](repeating: 0, count: pulses + 1), count: dimensions + 1)
    for n in 0...dimensions { counts[n][0] = 1 }
    for n in 1...dimensions {
      for k in 1...pulses {
        let (first, a) = counts[n - 1][k].addingReportingOverflow(counts[n][k - 1])
        let (sum, b) = first.addingReportingOverflow(counts[n - 1][k - 1])
        if a || b { return nil }
        counts[n][k] = sum
      }
    }
    return counts
  }

  /// The vector of `code`, or nil if the code is out of range.
  public func decode(_ code: Int64) -> [Int]? {
    guard code >= 0, code < count else { return nil }
    switch self {
    case .complexUnits: return [[1, 0], [-1, 0], [0, 1], [0, -1]][Int(code)]
    case .pyramid(let dimensions, let pulses):
      guard let counts = Self.pyramidCounts(dimensions: dimensions, pulses: pulses) else {
        return nil
      }
      var vector: [Int] = []
      var rest = code
      var left = pulses
      for position in 0..<dimensions {
        let after = dimensions - position - 1
        var element = 0
        // Elements are ordered 0, +1, -1, +2, -2, ...
        while rest >= counts[after][left - abs(element)] {
          rest -= counts[after][left - abs(element)]
          element = element > 0 ? -element : 1 - element
        }
        vector.append(element)
        left -= abs(element)
      }
      return vector
    }
  }

  /// The code of an integer vector, or nil if the vector is not in the codebook.
  ///
  /// Vectors are ordered by their first element in the order 0, +1, -1, +2, -2, ..., then by the
  /// next.
  public func encode(_ vector: [Int]) -> Int64? {
    guard vector.count == dimensions else { return nil }
    switch self {
    case .complexUnits:
      return [[1, 0], [-1, 0], [0, 1], [0, -1]].firstIndex(of: vector).map(Int64.init)
    case .pyramid(_, let pulses):
      guard vector.allSatisfy({ abs($0) <= pulses }),
        vector.reduce(0, { $0 + abs($1) }) == pulses,
        let counts = Self.pyramidCounts(dimensions: vector.count, pulses: pulses)
      else { return nil }
      var code: Int64 = 0
      var left = pulses
      for (position, target) in vector.enumerated() {
        let after = vector.count - position - 1
        var element = 0
        while element != target {
          code += counts[after][left - abs(element)]
          element = element > 0 ? -element : 1 - element
        }
        left -= abs(target)
      }
      return code
    }
  }

  /// The vector of the codebook nearest in direction to `values`, as its code.
  ///
  /// Pyramid: scaled to `pulses`, each magnitude rounded down, the missing pulses given one each to
  /// the largest remainders, earlier elements first among equals. Complex units: the unit on the
  /// axis of the larger magnitude, the real one among equals; zero is +1. Nil if a value is not
  /// finite or the length differs.
  public func encode(nearest values: [Double]) -> Int64? {
    guard values.count == dimensions, values.allSatisfy(\.isFinite) else { return nil }
    switch self {
    case .complexUnits:
      if values[0].magnitude >= values[1].magnitude { return values[0] < 0 ? 1 : 0 }
      return values[1] < 0 ? 3 : 2
    case .pyramid(_, let pulses):
      let total = values.reduce(0) { $0 + $1.magnitude }
      guard total > 0, total.isFinite else {
        return encode([pulses] + [Int](repeating: 0, count: values.count - 1))
      }
      let scaled = values.map { $0.magnitude / total * Double(pulses) }
      var magnitudes = scaled.map { min(Int($0), pulses) }
      var missing = pulses - magnitudes.reduce(0, +)
      let order = scaled.indices.sorted {
        let a = scaled[$0] - Double(magnitudes[$0])
        let b = scaled[$1] - Double(magnitudes[$1])
        return a == b ? $0 < $1 : a > b
      }
      var next = 0
      while missing > 0 {
        magnitudes[order[next % order.count]] += 1
        missing -= 1
        next += 1
      }
      while missing < 0 {
        // Rounding of the scaled sum can leave one pulse too many.
        if let index = order.last(where: { magnitudes[$0] > 0 }) { magnitudes[index] -= 1 }
        missing += 1
      }
      return encode(zip(values, magnitudes).map { $0 < 0 ? -$1 : $1 })
    }
  }
}
