import Arith
import QuantGraph

extension HLSFixed {
  /// A fast kernel that provably gives the definition's codes, or nil where there is none.
  func fastPlan(
    _ binding: HLSBinding, inputs: [PlannedTensor], width: Int
  ) throws(DatapathError) -> PlannedNode? {
    guard width <= 63,
      inputs.allSatisfy({ ($0.storage == .int32 || $0.storage == .int64) && $0.bound != nil })
    else { return nil }
    if let (geometry, types) = try binding.accumulation() {
      return try accumulateKernel(binding, geometry, types, input: inputs[0])
    }
    if case .copy = binding.node.operation, let bound = inputs[0].bound {
      return try copyKernel(binding, bound: bound)
    }
    if binding.node.outputs.count == 1, let kernel = try elementwise(binding, inputs: inputs) {
      return kernel
    }
    return nil
  }

  private func accumulateKernel(
    _ binding: HLSBinding, _ geometry: AccumulationGeometry, _ types: AccumulationTypes,
    input: PlannedTensor
  ) throws(DatapathError) -> PlannedNode? {
    guard let bound = input.bound else { return nil }
    let weights = try binding.constant(1).map(\.low64)
    var initial = [Int64](repeating: 0, count: geometry.outputsPerPosition)
    if let bias = types.bias {
      let assignment = Assignment(to: types.accumulator, fromFractionBits: bias.fractionBits)
      initial = try binding.constant(2).map { assignment($0).low64 }
    }
    let linear = LinearProducts(types: types, weights: weights)
    if let linear,
      let kernel = ExactAccumulateKernel(
        geometry: geometry, types: types, products: linear, initial: initial, data: bound,
        dataIs64: input.storage == .int64)
    {
      return PlannedNode(kernel: kernel, outputs: [kernel.planned])
    }
    if let linear, input.storage == .int32,
      let kernel = RoundedAccumulateKernel(
        geometry: geometry, types: types, products: linear, initial: initial, data: bound,
        elements: binding.tensor(0).shape.count)
    {
      return PlannedNode(kernel: kernel, outputs: [kernel.planned])
    }
    if input.storage == .int32,
      let kernel = OrderedAccumulateKernel(
        geometry: geometry, types: types, weights: weights, initial: initial, data: bound)
    {
      return PlannedNode(kernel: kernel, outputs: [kernel.planned])
    }
    return nil
  }
}

/// Products written as `factor * data + constant`, exactly, in product units.
struct LinearProducts {
  let factors: [Int64]
  let constants: [Int64]

  /// Returns nil where a product is not linear in the data (a shift that loses bits).
  init?(types: AccumulationTypes, weights: [Int64]) {
    guard !types.wrapsProducts else { return nil }
    switch types.rule {
    case .multiply:
      factors = weights
      constants = []
    case .weightBinary:
      factors = weights.map { $0 == 0 ? -1 : 1 }
      constants = []
    case .weightTernary:
      factors = weights.map { $0 == 0 ? 0 : $0 < 0 ? -1 : 1 }
      constants = []
    case .dataBinary:
      // A data code of 0 negates the weight: (2x - 1) * w for one-bit data.
      guard types.data.width == 1, !types.data.isSigned else { return nil }
      factors = weights.map { 2 * $0 }
      constants = weights.map { -$0 }
    case .bothBinary:
      guard types.data.width == 1, !types.data.isSigned else { return nil }
      factors = weights.map { $0 == 0 ? -1 : 1 }
      constants = weights.map { $0 == 0 ? 1 : 0 }
    case .weightExponential:
      guard let shiftType = types.shiftType else { return nil }
      let align = shiftType.fractionBits - types.data.fractionBits
      var factors: [Int64] = []
      for weight in weights {
        let shift = align + Int(weight >> 1)
        // No bit may fall off either end of the shift's type, nor may a negation wrap there.
        let bits = types.data.signedWidth + shift + Int(weight & 1)
        guard align >= 0, shift >= 0, bits <= shiftType.width, shift < 62 else { return nil }
        factors.append((weight & 1 == 0 ? 1 : -1) << Int64(shift))
      }
      self.factors = factors
      constants = []
    }
  }
}
