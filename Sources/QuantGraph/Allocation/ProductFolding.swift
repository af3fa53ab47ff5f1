/// How the products of a layer are made where each layer is hardware of its own (hls4ml's
/// `Strategy`).
public enum ProductStrategy: String, Sendable, Hashable, CaseIterable {
  /// All at once, each by its constant weight.
  case latency
  /// By multipliers that take turns, weights from memories.
  case resource
  /// As `resource`, written out without the zero weights.
  case resourceUnrolled = "resource_unrolled"
  /// By a graph of adders.
  case distributedArithmetic = "distributed_arithmetic"

  /// As hls4ml's configuration writes it.
  public var configurationName: String {
    switch self {
    case .latency: "Latency"
    case .resource: "Resource"
    case .resourceUnrolled: "Resource_unrolled"
    case .distributedArithmetic: "distributed_arithmetic"
    }
  }
}

extension NodeAllocation {
  /// Name of the choice of a ``ProductStrategy``.
  public static let strategyKey = "strategy"
  /// Name of the choice of a reuse factor: turns of each multiplier.
  public static let reuseFactorKey = "reuse_factor"

  /// How products are made; nil as the model has it.
  ///
  /// A choice of that name that is no strategy reads as nil; who counts its cost refuses it.
  public var strategy: ProductStrategy? {
    get {
      guard case .text(let name)? = choices[Self.strategyKey] else { return nil }
      return ProductStrategy(rawValue: name)
    }
    set { choices[Self.strategyKey] = newValue.map { .text($0.rawValue) } }
  }

  /// Turns of each multiplier; nil as the model has it.
  public var reuseFactor: Int? {
    get {
      guard case .integer(let factor)? = choices[Self.reuseFactorKey] else { return nil }
      return factor
    }
    set { choices[Self.reuseFactorKey] = newValue.map { .integer($0) } }
  }
}

extension Accumulation {
  /// The same in another order.
  public func ordered(_ order: AccumulationOrder) -> Accumulation {
    Accumulation(encoding: encoding, order: order, product: product)
  }
}

extension Operator {
  /// The same dense layer or convolution summing in another order; others as they are.
  public func accumulating(order: AccumulationOrder) -> Operator {
    switch self {
    case .dense(let dense):
      .dense(
        Dense(
          weightsAreOutputMajor: dense.weightsAreOutputMajor,
          accumulation: dense.accumulation?.ordered(order), rows: dense.rows, range: dense.range))
    case .convolution(let convolution):
      .convolution(
        Convolution(
          kernel: convolution.kernel, strides: convolution.strides,
          dilations: convolution.dilations, paddingBefore: convolution.paddingBefore,
          paddingAfter: convolution.paddingAfter, outputPadding: convolution.outputPadding,
          layout: convolution.layout, grouping: convolution.grouping,
          weightLayout: convolution.weightLayout,
          accumulation: convolution.accumulation?.ordered(order), range: convolution.range))
    default: self
    }
  }

  /// How a dense layer or convolution sums; nil for others.
  public var accumulation: Accumulation? {
    switch self {
    case .dense(let dense): dense.accumulation
    case .convolution(let convolution): convolution.accumulation
    default: nil
    }
  }
}
