import Arith

/// Dense layers and convolutions whose accumulator rounds or may saturate: every product and
/// every running sum is assigned in the definition's order, over a row of samples at a time.
struct OrderedAccumulateKernel: NodeKernel {
  let planned: PlannedTensor
  private let geometry: AccumulationGeometry
  private let initial: [Int64]
  /// Weights of each output in the order of its terms.
  private let weights: [[Int64]]
  /// Element of a position's gather list that each term reads, in the same order.
  private let termInputs: [[Int32]]
  private let product: RowAssignment
  private let total: RowAssignment
  private let finish: RowFinish

  init?(
    geometry: AccumulationGeometry, types: AccumulationTypes, weights: [Int64], initial: [Int64],
    data: ClosedRange<Int64>
  ) {
    guard types.binarySum == nil,
      let products = LinearProducts(types: types, weights: weights), products.constants.isEmpty
    else { return nil }
    var lowest: Int64 = 0
    var highest: Int64 = 0
    for factor in products.factors {
      for end in [min(data.lowerBound, 0), max(data.upperBound, 0)] {
        let (value, overflow) = factor.multipliedReportingOverflow(by: end)
        guard !overflow else { return nil }
        lowest = min(lowest, value)
        highest = max(highest, value)
      }
    }
    let accumulator = types.accumulator
    guard
      let product = RowAssignment(
        to: accumulator, fromFractionBits: types.productFractionBits, source: lowest...highest)
    else { return nil }
    let low: Int64 = accumulator.minimum()
    let high: Int64 = accumulator.maximum()
    guard
      let total = RowAssignment(
        to: accumulator, fromFractionBits: accumulator.fractionBits,
        source: (low + product.bound.lowerBound)...(high + product.bound.upperBound)),
      let result = RowAssignment(
        to: types.result, fromFractionBits: accumulator.fractionBits, source: low...high)
    else { return nil }
    self.geometry = geometry
    self.initial = initial
    self.weights = geometry.terms.map { $0.map { products.factors[$0.weight] } }
    termInputs = geometry.terms.map { $0.map { Int32($0.input) } }
    self.product = product
    self.total = total
    finish = RowFinish(accumulator: nil, result: result)
    planned = PlannedTensor(
      storage: Storage(signedBits: ExactAccumulateKernel.bits(of: result.bound)),
      bound: result.bound)
  }

  func scratchBytes(lanes: Int) -> Int {
    let longest = termInputs.map(\.count).max() ?? 0
    return 2 * lanes * MemoryLayout<Int64>.stride
      + (longest + geometry.inputsPerPosition) * MemoryLayout<Int32>.stride
  }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
    let sum = operands.scratch.rows(as: Int64.self)
    let spare = sum + lanes
    let gather = UnsafeMutableRawPointer(spare + lanes).assumingMemoryBound(to: Int32.self)
    let elements = gather + (termInputs.map(\.count).max() ?? 0)
    let outputs = geometry.outputsPerPosition
    for position in 0..<geometry.positions {
      geometry.gather(position: position, into: elements)
      for output in 0..<outputs {
        let inputs = termInputs[output]
        for (term, input) in inputs.enumerated() {
          gather[term] = elements[Int(input)]
        }
        for lane in 0..<lanes { sum[lane] = initial[output] }
        weights[output].withUnsafeBufferPointer { weights in
          guard let weights = weights.baseAddress else { return }
          RowKernels.orderedDot(
            data: data, gather: gather, weights: weights, terms: inputs.count, sum: sum,
            lanes: lanes, product: product, total: total)
        }
        finish.store(
          sum, are64: true, count: lanes, spare: spare, to: operands.outputs[0],
          at: (position * outputs + output) * lanes)
      }
    }
  }
}
