import Arith
import QuantGraph

/// Dense layers and convolutions whose accumulation may be reordered.
///
/// That holds where no product is rounded on its way into the accumulator, and the accumulator
/// either wraps (sums are then exact modulo its width) or provably never overflows. The sums are
/// computed as 32-bit or 64-bit integers, whichever holds them exactly or modulo the
/// accumulator's width.
struct ExactAccumulateKernel: NodeKernel {
  let planned: PlannedTensor
  private let gathered: GatherLists
  /// Per output block of four: weights of each term, interleaved by four.
  private let termsPerPosition: Int
  private let weights: [Int32]
  private let initial32: [Int32]
  private let initial64: [Int64]
  private let usesInt64: Bool
  private let dataIs64: Bool
  private let finish: RowFinish
  private let outputs: Int

  init?(
    geometry: AccumulationGeometry, types: AccumulationTypes, products: LinearProducts,
    initial: [Int64], data: ClosedRange<Int64>, dataIs64: Bool
  ) {
    self.dataIs64 = dataIs64
    let accumulator = types.accumulator
    let shift = accumulator.fractionBits - types.productFractionBits
    guard types.binarySum == nil else { return nil }
    // Factors in accumulator units; a right shift must drop only zeros.
    var factors: [Int64] = []
    for factor in products.factors {
      if shift >= 0 {
        guard factor.significantBits + shift <= 62 else { return nil }
        factors.append(factor << shift)
      } else {
        guard -shift < 62, factor & ((1 << Int64(-shift)) - 1) == 0 else { return nil }
        factors.append(factor >> -shift)
      }
    }
    var constants: [Int64] = []
    for constant in products.constants {
      guard shift >= 0, constant.significantBits + shift <= 62 else { return nil }
      constants.append(constant << shift)
    }
    guard
      let range = Self.sumRange(
        geometry: geometry, factors: factors, constants: constants, initial: initial, data: data)
    else { return nil }
    let wraps = accumulator.overflow == .wrap && accumulator.saturationBits == 0
    var lowest: Int64 = accumulator.minimum()
    if accumulator.overflow == .saturateSymmetric && accumulator.isSigned { lowest += 1 }
    let highest: Int64 = accumulator.maximum()
    let staysInRange = range.lowerBound >= lowest && range.upperBound <= highest
    guard wraps || staysInRange else { return nil }

    // What the rows hold: the exact sum where it fits, else the sum modulo 2^32.
    let fitsExactly =
      range.lowerBound >= Int64(Int32.min) && range.upperBound <= Int64(Int32.max)
    let fitsModulo = wraps && accumulator.width <= 32
    usesInt64 = dataIs64 || !(fitsExactly || fitsModulo)
    let rowRange =
      fitsExactly || usesInt64 ? range : Int64(Int32.min)...Int64(Int32.max)
    var accumulated = range
    var intoAccumulator: RowAssignment?
    if !staysInRange {
      guard
        let assignment = RowAssignment(
          to: accumulator, fromFractionBits: accumulator.fractionBits, source: rowRange)
      else { return nil }
      intoAccumulator = assignment
      accumulated = assignment.bound
    }
    guard
      let intoResult = RowAssignment(
        to: types.result, fromFractionBits: accumulator.fractionBits, source: accumulated)
    else { return nil }
    finish = RowFinish(accumulator: intoAccumulator, result: intoResult)
    planned = PlannedTensor(
      storage: Storage(signedBits: Self.bits(of: intoResult.bound)), bound: intoResult.bound)
    guard planned.storage == .int32 || planned.storage == .int64 else { return nil }
    gathered = GatherLists(geometry)
    outputs = geometry.outputsPerPosition
    termsPerPosition = geometry.inputsPerPosition
    let (wide, start) = Self.interleave(
      geometry: geometry, factors: factors, constants: constants, initial: initial)
    guard !usesInt64 || wide.allSatisfy({ Int64(Int32(truncatingIfNeeded: $0)) == $0 }) else {
      return nil
    }
    weights = wide.map { Int32(truncatingIfNeeded: $0) }
    initial64 = start
    initial32 = start.map { Int32(truncatingIfNeeded: $0) }
  }

  static func bits(of bound: ClosedRange<Int64>) -> Int {
    max(bound.lowerBound.significantBits, bound.upperBound.significantBits)
  }

  /// Bounds of every partial sum in any order, with and without the initial value; nil beyond 62 bits.
  private static func sumRange(
    geometry: AccumulationGeometry, factors: [Int64], constants: [Int64], initial: [Int64],
    data: ClosedRange<Int64>
  ) -> ClosedRange<Int64>? {
    let limit = Int64(1) << 62
    // Padding reads 0.
    let low = min(data.lowerBound, 0)
    let high = max(data.upperBound, 0)
    var lowest: Int64 = 0
    var highest: Int64 = 0
    for (output, terms) in geometry.terms.enumerated() {
      var sumLow = min(initial[output], 0)
      var sumHigh = max(initial[output], 0)
      for term in terms {
        let constant = constants.isEmpty ? 0 : constants[term.weight]
        let (a, overflowA) = factors[term.weight].multipliedReportingOverflow(by: low)
        let (b, overflowB) = factors[term.weight].multipliedReportingOverflow(by: high)
        guard !overflowA, !overflowB, a.magnitude < limit, b.magnitude < limit else { return nil }
        sumLow += min(a, b, 0) + min(constant, 0)
        sumHigh += max(a, b, 0) + max(constant, 0)
        guard sumLow > -limit, sumHigh < limit else { return nil }
      }
      lowest = min(lowest, sumLow)
      highest = max(highest, sumHigh)
    }
    return lowest...highest
  }

  /// Weights by block of four outputs, `[block][input][4]`, and initial values by output.
  private static func interleave(
    geometry: AccumulationGeometry, factors: [Int64], constants: [Int64], initial: [Int64]
  ) -> ([Int64], [Int64]) {
    let inputs = geometry.inputsPerPosition
    let blocks = (geometry.outputsPerPosition + 3) / 4
    var weights = [Int64](repeating: 0, count: blocks * inputs * 4)
    var start = [Int64](repeating: 0, count: blocks * 4)
    for (output, terms) in geometry.terms.enumerated() {
      start[output] = initial[output]
      for term in terms {
        let position = (output / 4 * inputs + term.input) * 4 + output % 4
        // A reuse-factor loop may meet an input twice; both products count.
        weights[position] += factors[term.weight]
        if !constants.isEmpty { start[output] += constants[term.weight] }
      }
    }
    return (weights, start)
  }

  func scratchBytes(lanes: Int) -> Int {
    2 * 4 * lanes * MemoryLayout<Int64>.stride + termsPerPosition * MemoryLayout<Int32>.stride
  }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let blocks = (outputs + 3) / 4
    let data = operands.inputs[0]
    let sums = operands.scratch.rows(as: Int64.self)
    let list = UnsafeMutableRawPointer(sums + 8 * lanes).assumingMemoryBound(to: Int32.self)
    weights.withUnsafeBufferPointer { weights in
      guard let weights = weights.baseAddress else { return }
      gathered.each(list) { position, gather in
        for block in 0..<blocks {
          sum(
            data: data, gather: gather, weights: weights + block * termsPerPosition * 4,
            block: block, into: sums, lanes: lanes)
          finish.store(
            sums, are64: usesInt64, count: min(4, outputs - block * 4) * lanes,
            spare: sums + 4 * lanes, to: operands.outputs[0],
            at: (position * outputs + block * 4) * lanes)
        }
      }
    }
  }

  /// Four rows of sums, as 64-bit numbers or, where they fit, as 32-bit numbers from the same start.
  private func sum(
    data: TensorBuffer, gather: UnsafePointer<Int32>, weights: UnsafePointer<Int32>,
    block: Int, into sums: UnsafeMutablePointer<Int64>, lanes: Int
  ) {
    if usesInt64 {
      initial64.withUnsafeBufferPointer { initial in
        guard let initial = initial.baseAddress else { return }
        if dataIs64 {
          RowKernels.dot4(
            data: data.rows(as: Int64.self), gather: gather, weights: weights,
            terms: termsPerPosition, initial: initial + block * 4, sums: sums, lanes: lanes)
        } else {
          RowKernels.dot4(
            data: data.rows(as: Int32.self), gather: gather, weights: weights,
            terms: termsPerPosition, initial: initial + block * 4, sums: sums, lanes: lanes)
        }
      }
    } else {
      initial32.withUnsafeBufferPointer { initial in
        guard let initial = initial.baseAddress else { return }
        let narrow = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Int32.self)
        RowKernels.dot4(
          data: data.rows(as: Int32.self), gather: gather, weights: weights,
          terms: termsPerPosition, initial: initial + block * 4, sums: narrow, lanes: lanes)
      }
    }
  }
}

/// The assignments after a sum: into the accumulator's range if that is needed, then to the result.
struct RowFinish {
  let accumulator: RowAssignment?
  let result: RowAssignment

  /// Whether every sum is the result's code already.
  var keepsCodes: Bool { accumulator == nil && result.isIdentity }

  private var fitsInt32: Bool { result.fitsInt32 && (accumulator?.fitsInt32 ?? true) }

  /// Assigns `count` sums and stores them from position `at` of `destination` on.
  ///
  /// `sums` hold 64-bit numbers, or 32-bit numbers packed from the same start; `spare` has room for
  /// as many 64-bit numbers.
  func store(
    _ sums: UnsafeMutablePointer<Int64>, are64: Bool, count: Int,
    spare: UnsafeMutablePointer<Int64>, to destination: TensorBuffer, at position: Int
  ) {
    let narrow = UnsafeMutableRawPointer(sums).assumingMemoryBound(to: Int32.self)
    if !are64 && keepsCodes && destination.storage == .int32 {
      (destination.rows(as: Int32.self) + position).update(from: narrow, count: count)
      return
    }
    if !are64 && fitsInt32 && destination.storage == .int32 {
      accumulator?.apply(narrow, to: narrow, count: count)
      result.apply(narrow, to: destination.rows(as: Int32.self) + position, count: count)
      return
    }
    var wide = sums
    if !are64 {
      RowKernels.widen(narrow, to: spare, count: count)
      wide = spare
    }
    accumulator?.apply(wide, to: wide, count: count)
    if destination.storage == .int64 {
      result.apply(wide, to: destination.rows(as: Int64.self) + position, count: count)
    } else {
      result.apply(wide, to: wide, count: count)
      RowKernels.narrow(wide, to: destination.rows(as: Int32.self) + position, count: count)
    }
  }
}
