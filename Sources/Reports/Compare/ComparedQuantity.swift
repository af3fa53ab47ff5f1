/// One number or word of two results, and which of two is better.
struct ComparedQuantity: Sendable {
  /// What would be better.
  enum Direction: String, Sendable {
    case higher, lower
    /// Neither: shown, never judged.
    case none
  }

  enum Verdict: String, Sendable {
    case same, better, within, worse, changed
    case onlyA = "only-a"
    case onlyB = "only-b"
  }

  /// Where the quantity belongs: empty for the whole, else `layers`, `tensors` or `points`.
  let group: String
  let name: String
  let measure: Measure
  let direction: Direction
  let a: Double?
  let b: Double?
  /// Words in place of the numbers, for verdicts.
  var words: (a: String, b: String)?
  /// Whether any step to the worse counts, whatever the threshold: verdicts and fits.
  var isStrict = false

  /// B less A.
  var difference: Double? {
    guard let a, let b else { return nil }
    return b - a
  }

  /// B over A; nil where A is zero or a number is missing.
  var ratio: Double? {
    guard let a, let b, a != 0 else { return nil }
    return b / a
  }

  /// Change from A to B in percent of A's magnitude; infinite if A is zero and B is not.
  var changePercent: Double? {
    guard let difference, let a else { return nil }
    if difference == 0 { return 0 }
    if a == 0 { return difference < 0 ? -.infinity : .infinity }
    return difference / a.magnitude * 100
  }

  /// The layer that a quantity is of, and what of it; nil for other quantities.
  var ofLayer: (layer: String, what: String)? {
    guard group == "layers", let end = name.ranges(of: ": ").last else { return nil }
    return (String(name[..<end.lowerBound]), String(name[end.upperBound...]))
  }

  /// How B stands to A.
  ///
  /// - Parameter threshold: Percent of A by which B may be worse.
  /// - Returns: Worse only beyond the threshold, except for strict quantities.
  func verdict(threshold: Double) -> Verdict {
    guard let a else { return b == nil ? .same : .onlyB }
    guard let b else { return .onlyA }
    if a == b || (a.isNaN && b.isNaN) { return .same }
    if direction == .none { return .changed }
    // A number that is none cannot be better than one that is.
    if b.isNaN { return .worse }
    if a.isNaN { return .better }
    let isBetter = direction == .higher ? b > a : b < a
    if isBetter { return .better }
    if isStrict { return .worse }
    guard let change = changePercent, change.magnitude <= threshold else { return .worse }
    return .within
  }
}
