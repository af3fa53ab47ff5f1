public import Arith

/// What one node takes: encodings by role, who shares their scales, and choices of hardware.
///
/// What it does not name stays as the model has it.
///
/// Scales that a format needs and its name does not give follow from ``inputRange`` and
/// ``weightScale``, or from the rule of what applies it. Whoever applies an allocation or counts its
/// cost refuses what it does not know (``unknown(roles:granularities:choices:)``); nothing is left out of account.
public struct NodeAllocation: Hashable, Sendable {
  public var weights: Encoding?
  public var activations: Encoding?
  /// What holds the sums of products.
  public var accumulator: Encoding?
  /// Which weights share a scale or a width.
  public var grouping: WeightGrouping
  /// What calibration saw of the data; scales of a float network's activations follow from it.
  public var inputRange: ObservedRange?
  /// How scales of a float network's weights follow from them; nil for the rule of what applies it.
  public var weightScale: ScaleSearch?
  /// Choices of hardware by name.
  public var choices: [String: HardwareChoice] = [:]
  private var others: [OperandRole: Encoding] = [:]
  private var granularities: [OperandRole: Granularity] = [:]

  /// Everything that is left out stays as the model has it.
  public init(
    weights: Encoding? = nil, activations: Encoding? = nil, accumulator: Encoding? = nil,
    grouping: WeightGrouping = .filters
  ) {
    self.weights = weights
    self.activations = activations
    self.accumulator = accumulator
    self.grouping = grouping
  }

  /// The encoding of a role; nil where the model's stays.
  public subscript(role: OperandRole) -> Encoding? {
    get {
      switch role {
      case .weights: weights
      case .activations: activations
      case .accumulator: accumulator
      case .secondOperand, .bias, .result, .state: others[role]
      }
    }
    set {
      switch role {
      case .weights: weights = newValue
      case .activations: activations = newValue
      case .accumulator: accumulator = newValue
      case .secondOperand, .bias, .result, .state: others[role] = newValue
      }
    }
  }

  /// How many elements of a role share a scale; nil for what its encoding or ``grouping`` says.
  public func granularity(of role: OperandRole) -> Granularity? { granularities[role] }

  /// Says how many elements of a role share a scale; nil takes it back.
  public mutating func setGranularity(_ granularity: Granularity?, of role: OperandRole) {
    granularities[role] = granularity
  }

  /// Whether everything stays as the model has it.
  public var isUnchanged: Bool { self == NodeAllocation() }

  /// Roles that have an encoding or a granularity, in the order of `OperandRole.allCases`.
  public var roles: [OperandRole] {
    OperandRole.allCases.filter { self[$0] != nil || granularities[$0] != nil }
  }

  /// The parts that one who knows these roles and choices does not know, by their keys in a file:
  /// roles, `granularity` of a role and `choices.NAME`; sorted.
  public func unknown(
    roles known: Set<OperandRole>, granularities knowsGranularities: Bool = false,
    choices knownChoices: Set<String> = []
  ) -> [String] {
    var found: [String] = []
    for role in OperandRole.allCases {
      if !known.contains(role), self[role] != nil { found.append(role.rawValue) }
      if !knowsGranularities, granularities[role] != nil {
        found.append("\(role.rawValue).granularity")
      }
    }
    return found
      + choices.keys.filter { !knownChoices.contains($0) }.sorted().map { "choices.\($0)" }
  }

  /// `weights/activations` by the names of their formats, `-` for a tensor that stays as it is; then
  /// the accumulator, other roles, the grouping of the weights and how they are rewritten, if there
  /// are any.
  public var name: String {
    var text = "\(weights?.name ?? "-")/\(activations?.name ?? "-")"
    if let accumulator { text += "/\(accumulator.name)" }
    for role in OperandRole.allCases {
      if let encoding = others[role] { text += " \(role.rawValue)=\(encoding.name)" }
    }
    if grouping != .filters { text += " \(grouping.name)" }
    if let weightRewrite { text += " \(weightRewrite.name)" }
    if let strategy { text += " \(strategy.rawValue)" }
    if let reuseFactor { text += " reuse<\(reuseFactor)>" }
    return text
  }
}
