import Arith
import QuantGraph

/// Dense layers and convolutions whose products are rounded on their way into the accumulator, and
/// whose sums may be taken in any order.
///
/// The definition assigns every product to the accumulator's type before it is added, and sums of numbers
/// on that type's grid are exact. So where the accumulator wraps, or provably never overflows, the result
/// is the sum of the separately rounded products, modulo its width: the order does not matter, whatever the
/// rounding mode. Sums are taken in 16-bit lanes where the accumulator has at most 16 bits and cuts off or
/// rounds half up (``NarrowFactors``), else in 32-bit lanes.
struct RoundedAccumulateKernel: NodeKernel {
  let planned: PlannedTensor
  private let arithmetic: Arithmetic
  private let finish: RowFinish
  private let outputs: Int
  private let inputs: Int
  /// Data elements, which 16-bit lanes narrow once.
  private let elements: Int
  private let gathered: GatherLists

  private enum Arithmetic {
    /// Weights `[block][input][low 4, high 4]`, whether a block has a `high`, initial values by output.
    case narrow([Int16], hasHigh: [Bool], initial: [Int16], roundsHalfUp: Bool)
    /// Weights `[block][input][4]`.
    case wide([Int32], initial: [Int32], dropped: Int, quantization: Quantization)
  }

  init?(
    geometry: AccumulationGeometry, types: AccumulationTypes, products: LinearProducts,
    initial: [Int64], data: ClosedRange<Int64>, elements: Int
  ) {
    let accumulator = types.accumulator
    let dropped = types.productFractionBits - accumulator.fractionBits
    // Each input once: the weights of an output are then a row.
    guard types.binarySum == nil, products.constants.isEmpty, (1...30).contains(dropped),
      accumulator.quantization.rowRounding != nil, accumulator.saturationBits == 0,
      accumulator.signedWidth <= 32, Self.readsEachInputOnce(geometry)
    else { return nil }
    let low = min(data.lowerBound, 0)
    let high = max(data.upperBound, 0)
    guard
      let range = Self.sumRange(
        geometry, factors: products.factors, low: low, high: high, initial: initial, dropped)
    else { return nil }
    var lowest: Int64 = accumulator.minimum()
    if accumulator.overflow == .saturateSymmetric && accumulator.isSigned { lowest += 1 }
    let staysInRange = range.lowerBound >= lowest && range.upperBound <= accumulator.maximum()
    guard accumulator.overflow == .wrap || staysInRange else { return nil }

    self.elements = elements
    outputs = geometry.outputsPerPosition
    inputs = geometry.inputsPerPosition
    gathered = GatherLists(geometry)
    let sums: ClosedRange<Int64>
    if accumulator.width <= 16, low >= Int64(Int16.min), high <= Int64(Int16.max),
      let factors = NarrowFactors(
        weights: products.factors, dropped: dropped, quantization: accumulator.quantization)
    {
      arithmetic = Self.narrow(geometry, factors, initial: initial)
      sums = Int64(Int16.min)...Int64(Int16.max)
    } else {
      // Products with the bias of their rounding.
      let limit = (Int64(1) << 31) - (Int64(1) << Int64(dropped))
      for factor in products.factors {
        guard abs(factor) <= Int64(Int32.max),
          max(abs(factor * low), abs(factor * high)) < limit
        else { return nil }
      }
      arithmetic = Self.wide(
        geometry, products.factors, initial: initial, dropped: dropped, accumulator.quantization)
      sums = Int64(Int32.min)...Int64(Int32.max)
    }
    // What lanes hold is the sum modulo their width; one in range is itself.
    let held = staysInRange && sums.contains(range.lowerBound) && sums.contains(range.upperBound)
    // Modulo is no answer to a saturating type whose codes the lanes do not hold.
    guard held || accumulator.overflow == .wrap else { return nil }
    var intoAccumulator: RowAssignment?
    var accumulated = held ? range : sums
    if !held {
      guard
        let assignment = RowAssignment(
          to: accumulator, fromFractionBits: accumulator.fractionBits, source: sums)
      else { return nil }
      intoAccumulator = assignment.isIdentity ? nil : assignment
      accumulated = assignment.bound
    }
    guard
      let result = RowAssignment(
        to: types.result, fromFractionBits: accumulator.fractionBits, source: accumulated)
    else { return nil }
    finish = RowFinish(accumulator: intoAccumulator, result: result)
    planned = PlannedTensor(
      storage: Storage(signedBits: ExactAccumulateKernel.bits(of: result.bound)),
      bound: result.bound)
    guard planned.storage == .int32 || planned.storage == .int64 else { return nil }
  }

  private static func readsEachInputOnce(_ geometry: AccumulationGeometry) -> Bool {
    var seen = [Int](repeating: -1, count: geometry.inputsPerPosition)
    for (output, terms) in geometry.terms.enumerated() {
      for term in terms {
        guard seen[term.input] != output else { return false }
        seen[term.input] = output
      }
    }
    return true
  }

  /// Bounds of every partial sum in any order; nil beyond 62 bits.
  private static func sumRange(
    _ geometry: AccumulationGeometry, factors: [Int64], low: Int64, high: Int64,
    initial: [Int64], _ dropped: Int
  ) -> ClosedRange<Int64>? {
    let limit = Int64(1) << 61
    var (lowest, highest): (Int64, Int64) = (0, 0)
    for (output, terms) in geometry.terms.enumerated() {
      var (sumLow, sumHigh) = (min(initial[output], 0), max(initial[output], 0))
      for term in terms {
        let (a, overflowA) = factors[term.weight].multipliedReportingOverflow(by: low)
        let (b, overflowB) = factors[term.weight].multipliedReportingOverflow(by: high)
        guard !overflowA, !overflowB, a.magnitude < limit, b.magnitude < limit else { return nil }
        // Any rounding gives the number below or above.
        sumLow += min(a, b, 0) >> Int64(dropped)
        sumHigh += (max(a, b, 0) >> Int64(dropped)) + 1
        guard sumLow > -limit, sumHigh < limit else { return nil }
      }
      (lowest, highest) = (min(lowest, sumLow), max(highest, sumHigh))
    }
    return lowest...highest
  }

  private static func narrow(
    _ geometry: AccumulationGeometry, _ factors: NarrowFactors, initial: [Int64]
  ) -> Arithmetic {
    let blocks = (geometry.outputsPerPosition + 3) / 4
    let inputs = geometry.inputsPerPosition
    var weights = [Int16](repeating: 0, count: blocks * inputs * 8)
    var hasHigh = [Bool](repeating: false, count: blocks)
    var start = [Int16](repeating: 0, count: blocks * 4)
    for (output, terms) in geometry.terms.enumerated() {
      start[output] = Int16(truncatingIfNeeded: initial[output])
      for term in terms {
        let place = (output / 4 * inputs + term.input) * 8 + output % 4
        weights[place] = factors.low[term.weight]
        weights[place + 4] = factors.high[term.weight]
        if factors.high[term.weight] != 0 { hasHigh[output / 4] = true }
      }
    }
    return .narrow(
      weights, hasHigh: hasHigh, initial: start, roundsHalfUp: factors.roundsHalfUp)
  }

  private static func wide(
    _ geometry: AccumulationGeometry, _ factors: [Int64], initial: [Int64], dropped: Int,
    _ quantization: Quantization
  ) -> Arithmetic {
    let blocks = (geometry.outputsPerPosition + 3) / 4
    let inputs = geometry.inputsPerPosition
    var weights = [Int32](repeating: 0, count: blocks * inputs * 4)
    var start = [Int32](repeating: 0, count: blocks * 4)
    for (output, terms) in geometry.terms.enumerated() {
      start[output] = Int32(truncatingIfNeeded: initial[output])
      for term in terms {
        weights[(output / 4 * inputs + term.input) * 4 + output % 4] = Int32(factors[term.weight])
      }
    }
    return .wide(weights, initial: start, dropped: dropped, quantization: quantization)
  }

  func scratchBytes(lanes: Int) -> Int {
    // Four rows of sums as they are and widened, a row's list, and the data in 16 bits.
    2 * 4 * lanes * MemoryLayout<Int64>.stride + inputs * MemoryLayout<Int32>.stride
      + elements * lanes * MemoryLayout<Int16>.stride
  }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
    let sums = operands.scratch.rows(as: Int64.self)
    let spare = sums + 4 * lanes
    let list = UnsafeMutableRawPointer(spare + 4 * lanes).assumingMemoryBound(to: Int32.self)
    let blocks = (outputs + 3) / 4
    let words = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Int32.self)
    func store(_ position: Int, _ block: Int) {
      finish.store(
        sums, are64: false, count: min(4, outputs - block * 4) * lanes, spare: spare,
        to: operands.outputs[0], at: (position * outputs + block * 4) * lanes)
    }
    switch arithmetic {
    case .narrow(let weights, let hasHigh, let initial, let roundsHalfUp):
      let halves = UnsafeMutableRawPointer(list + inputs).assumingMemoryBound(to: Int16.self)
      let narrowSums = UnsafeMutableRawPointer(spare).assumingMemoryBound(to: Int16.self)
      RowKernels.narrow(data, to: halves, count: elements * lanes)
      let result = operands.outputs[0]
      let isResult = finish.keepsCodes && result.storage == .int32
      withPointers(weights, initial) { weights, initial in
        gathered.each(list) { position, gather in
          for block in 0..<blocks {
            RowKernels.roundedDot4(
              data: halves, gather: gather, weights: weights + block * inputs * 8,
              terms: inputs, roundsHalfUp: roundsHalfUp, hasHigh: hasHigh[block],
              initial: initial + block * 4, sums: narrowSums, lanes: lanes)
            if isResult {
              RowKernels.widen(
                narrowSums,
                to: result.rows(as: Int32.self) + (position * outputs + block * 4) * lanes,
                count: min(4, outputs - block * 4) * lanes)
            } else {
              RowKernels.widen(narrowSums, to: words, count: 4 * lanes)
              store(position, block)
            }
          }
        }
      }
    case .wide(let weights, let initial, let dropped, let quantization):
      withPointers(weights, initial) { weights, initial in
        gathered.each(list) { position, gather in
          for block in 0..<blocks {
            RowKernels.roundedDot4(
              data: data, gather: gather, weights: weights + block * inputs * 4,
              terms: inputs, dropped: dropped, quantization: quantization,
              initial: initial + block * 4, sums: words, lanes: lanes)
            store(position, block)
          }
        }
      }
    }
  }

  private func withPointers<Element>(
    _ weights: [Element], _ initial: [Element],
    _ body: (UnsafePointer<Element>, UnsafePointer<Element>) -> Void
  ) {
    weights.withUnsafeBufferPointer { weights in
      initial.withUnsafeBufferPointer { initial in
        guard let weights = weights.baseAddress, let initial = initial.baseAddress else { return }
        body(weights, initial)
      }
    }
  }
}
