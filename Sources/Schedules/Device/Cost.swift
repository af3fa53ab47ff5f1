public import HWModel

/// What a network takes on a device: totals, each a fold of the terms of the steps.
public struct Cost: Sendable, Hashable {
  /// How a total follows from the steps.
  public enum Fold: Sendable, Hashable {
    /// The sum of the steps' terms of this quantity, in their order.
    case sum
    /// The largest of them: what no two steps hold at once, the slowest stage of a pipeline.
    case maximum
    /// `other * by / over`: seconds are cycles over the clock.
    case scaled(CostQuantity, by: Double, over: Double)
    /// What belongs to no step: a plan of the memory, a program.
    case whole(CostTerm)
  }

  /// One quantity of the network.
  public struct Total: Sendable, Hashable {
    public let quantity: CostQuantity
    public let fold: Fold
    public let value: Double
    public let basis: CostBasis
    /// What the device has of it; nil for what is no resource, as time is none.
    public let available: Double?
    /// Words about the total that a summary adds.
    public let remark: String?

    /// Whether the device has as much; true of what is no resource.
    public var fits: Bool { available.map { value <= $0 } ?? true }
    /// Whether the value is nearer to what the device has than the largest error that was measured of
    /// such estimates, which then do not tell whether it fits.
    public var isUndecided: Bool {
      guard let available, case .estimate(_, let error?) = basis, let worst = error.worst else {
        return false
      }
      let factor = 1 + worst / 100
      return value * factor > available && value < available * factor
    }
    /// What is left of a `whole` total; nil for folds of steps.
    public var term: CostTerm? {
      if case .whole(let term) = fold { term } else { nil }
    }
  }

  /// A total that is asked for, before its value is known.
  public struct Rule: Sendable, Hashable {
    public let quantity: CostQuantity
    public let fold: Fold
    public let basis: CostBasis
    public let available: Double?
    public let remark: String?

    public init(
      _ quantity: CostQuantity, _ fold: Fold, basis: CostBasis = .exact,
      available: Double? = nil, remark: String? = nil
    ) {
      self.quantity = quantity
      self.fold = fold
      self.basis = basis
      self.available = available
      self.remark = remark
    }
  }

  /// What a step costs, by quantity.
  public typealias StepTerms = [CostQuantity: CostTerm]

  /// In the order of a summary.
  public let totals: [Total]
  /// One entry a step of the schedule, in its order.
  public let steps: [StepTerms]

  /// - Parameters:
  ///   - steps: terms of each step.
  ///   - rules: the totals; a scaled one follows the total that it scales.
  /// - Precondition: what a rule scales stands before it.
  public init(steps: [StepTerms], rules: [Rule]) {
    self.steps = steps
    var totals: [Total] = []
    for rule in rules {
      let value: Double
      switch rule.fold {
      case .sum: value = steps.reduce(0) { $0 + ($1[rule.quantity]?.value ?? 0) }
      case .maximum: value = steps.reduce(0) { max($0, $1[rule.quantity]?.value ?? 0) }
      case .whole(let term): value = term.value
      case .scaled(let other, let factor, let divisor):
        guard let base = totals.first(where: { $0.quantity == other }) else {
          preconditionFailure(
            "'\(rule.quantity.key)' scales '\(other.key)', which is not there yet")
        }
        value = base.value * factor / divisor
      }
      totals.append(
        Total(
          quantity: rule.quantity, fold: rule.fold, value: value, basis: rule.basis,
          available: rule.available, remark: rule.remark))
    }
    self.totals = totals
  }

  /// The total of a quantity by its key; nil if the device cannot say it.
  public subscript(key: String) -> Total? { totals.first { $0.quantity.key == key } }

  /// Whether the device has as much of everything as the network takes.
  public var fits: Bool { totals.allSatisfy(\.fits) }

  /// Whether it fits as far as estimates tell; nil where one is nearer to the limit than its error.
  public var verdict: Bool? {
    if totals.contains(where: { !$0.fits && !$0.isUndecided }) { return false }
    return totals.contains(where: \.isUndecided) ? nil : true
  }

  /// What a step has of a total; nil for totals that are no sums over steps, and for steps that have
  /// nothing of it.
  ///
  /// Of a scaled total it is the step's part, scaled.
  public func part(of key: String, step: Int) -> Double? {
    guard let total = self[key], steps.indices.contains(step) else { return nil }
    switch total.fold {
    case .sum: return steps[step][total.quantity]?.value
    case .scaled(let other, let factor, let divisor):
      return part(of: other.key, step: step).map { $0 * factor / divisor }
    case .maximum, .whole: return nil
    }
  }

  /// Whether a total is the sum of what steps have of it.
  public func isSum(_ key: String) -> Bool {
    switch self[key]?.fold {
    case .sum: true
    case .scaled(let other, _, _): isSum(other.key)
    case .maximum, .whole, nil: false
    }
  }

  /// The quantity whose terms explain a step: `latency_seconds` is explained in cycles.
  public func explained(_ key: String) -> CostQuantity? {
    switch self[key]?.fold {
    case .sum, .maximum: self[key]?.quantity
    case .scaled(let other, _, _): explained(other.key)
    case .whole, nil: nil
    }
  }
}
