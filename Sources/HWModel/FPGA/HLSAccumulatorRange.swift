import Arith
import QuantGraph

extension HLSFixed: BoundsAccumulators {
  /// The ranges of all accumulators of a planned graph, in execution order.
  ///
  /// Bounds come from the weights and from what is proven of each node's data: exact interval
  /// arithmetic, no samples.
  public func accumulatorRanges(_ plan: Plan) -> [AccumulatorRange] {
    plan.graph.nodes.indices.compactMap { Self.range(plan, node: $0) }
  }

  private static func range(_ plan: Plan, node index: Int) -> AccumulatorRange? {
    let node = plan.graph.nodes[index]
    let binding = HLSBinding(node: node, graph: plan.graph)
    guard let data = try? binding.format(0) else { return nil }
    let bound = plan.tensors[node.inputs[0].index]?.bound
    let low = min(bound.map { Int512($0.lowerBound) } ?? data.minimum(), Int512.zero)
    let high = max(bound.map { Int512($0.upperBound) } ?? data.maximum(), Int512.zero)
    if let (geometry, types) = try? binding.accumulation() {
      return range(binding, geometry, types, node: index, low: low, high: high)
    }
    if case .pool(let pool) = node.operation, pool.reduction == .average,
      let accumulator = pool.accumulator
    {
      let windows = PoolStep<Int64>.windows(
        pool, data: binding.tensor(0).shape, result: binding.output.shape)
      let count = Int512(Int64(windows.map(\.count).max() ?? 1))
      return describe(
        node: index, format: accumulator, low: low * count, high: high * count,
        fractionBits: data.fractionBits)
    }
    return nil
  }

  private static func range(
    _ binding: HLSBinding, _ geometry: AccumulationGeometry, _ types: AccumulationTypes,
    node: Int, low: Int512, high: Int512
  ) -> AccumulatorRange? {
    guard types.width <= Int512.bitWidth, !types.wrapsProducts,
      let weights = try? binding.constant(1)
    else { return nil }
    // Products and biases on one grid, fine enough for both.
    let biasFraction = types.bias?.fractionBits ?? types.productFractionBits
    let fraction = max(types.productFractionBits, biasFraction)
    var lowest = Int512.zero
    var highest = Int512.zero
    let biases = types.bias == nil ? [] : (try? binding.constant(2)) ?? []
    for (output, terms) in geometry.terms.enumerated() {
      var sumLow = Int512.zero
      var sumHigh = Int512.zero
      if !biases.isEmpty {
        let bias = biases[output] << (fraction - biasFraction)
        sumLow = min(bias, Int512.zero)
        sumHigh = max(bias, Int512.zero)
      }
      for term in terms {
        let a = types.product(low, weights[term.weight]) << (fraction - types.productFractionBits)
        let b = types.product(high, weights[term.weight]) << (fraction - types.productFractionBits)
        sumLow = sumLow + min(min(a, b), Int512.zero)
        sumHigh = sumHigh + max(max(a, b), Int512.zero)
      }
      lowest = min(lowest, sumLow)
      highest = max(highest, sumHigh)
    }
    return describe(
      node: node, format: types.accumulator, low: lowest, high: highest, fractionBits: fraction)
  }

  private static func describe(
    node: Int, format: FixedPointFormat, low: Int512, high: Int512, fractionBits: Int
  ) -> AccumulatorRange {
    let isSigned = low < Int512.zero
    let bits = max(low.significantBits, high.significantBits) - (isSigned ? 0 : 1)
    let width = max(bits, 1)
    let safe = try? FixedPointFormat(
      width: width, integerBits: width - fractionBits, isSigned: isSigned)
    let shift = fractionBits - format.fractionBits
    let floor = shift > 0 ? low >> shift : low << -shift
    let ceiling = shift > 0 ? (high >> shift) + Int512.one : high << -shift
    return AccumulatorRange(
      node: node, format: format, lowest: low.doubleValue(scaledBy: -fractionBits),
      highest: high.doubleValue(scaledBy: -fractionBits), safe: safe,
      canOverflow: floor < format.minimum()
        || (shift > 0 ? high >> shift : ceiling) > format.maximum(),
      canRound: shift > 0)
  }
}
