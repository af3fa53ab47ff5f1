import Arith
import QuantGraph

/// Softmax by tables: a row of samples at a time where every assignment has a row form, else one sample
/// after the other.
struct SoftmaxRowsKernel: NodeKernel {
  private let step: SoftmaxStep<Int64>
  private let rows: SoftmaxRows?

  init?(
    step: any HLSStep<Int64>, softmax: Softmax, result: FixedPointFormat, data: ClosedRange<Int64>
  ) {
    guard let step = step as? SoftmaxStep<Int64>, result.signedWidth <= 32,
      softmax.implementation == .stable || softmax.implementation == .latency
    else { return nil }
    self.step = step
    rows = softmax.slice <= 1 << 12 ? SoftmaxRows(step, data: data) : nil
  }

  func scratchBytes(lanes: Int) -> Int {
    let count = rows.map { _ in (2 * step.softmax.slice + 1) * lanes } ?? step.softmax.slice
    return count * MemoryLayout<Int64>.stride
  }

  func run(_ operands: KernelOperands) {
    if let rows {
      rows.run(operands)
    } else if operands.inputs[0].storage == .int64 {
      run(operands, operands.inputs[0].rows(as: Int64.self))
    } else {
      run(operands, operands.inputs[0].rows(as: Int32.self))
    }
  }

  private func run<Code: FixedWidthInteger & BitwiseCopyable>(
    _ operands: KernelOperands, _ data: UnsafePointer<Code>
  ) {
    let result = operands.outputs[0].rows(as: Int32.self)
    let slice = operands.scratch.rows(as: Int64.self)
    let softmax = step.softmax
    let stride = softmax.inner * operands.lanes
    for outer in 0..<softmax.outer {
      for inner in 0..<softmax.inner {
        let start = (outer * softmax.slice * softmax.inner + inner) * operands.lanes
        for lane in 0..<operands.usedLanes {
          for index in 0..<softmax.slice {
            slice[index] = Int64(data[start + index * stride + lane])
          }
          step.normalize(slice)
          for index in 0..<softmax.slice {
            result[start + index * stride + lane] = Int32(truncatingIfNeeded: slice[index])
          }
        }
      }
    }
  }
}

/// ``SoftmaxStep/normalize(_:)`` over rows of samples.
private struct SoftmaxRows {
  /// Entries by the top bits of a code.
  private struct Lookup {
    let entries: [Int64]
    let shift: Int64
    let mask: Int64

    init?(_ entries: [Int64], of format: FixedPointFormat) {
      let bits = HLSTables.addressBits(size: entries.count)
      guard format.width >= bits, entries.count == 1 << bits else { return nil }
      self.entries = entries
      shift = Int64(format.width - bits)
      mask = (1 << Int64(bits)) - 1
    }

    var bound: ClosedRange<Int64> { (entries.min() ?? 0)...(entries.max() ?? 0) }

    func apply(_ row: UnsafeMutablePointer<Int64>, count: Int) {
      entries.withUnsafeBufferPointer { entries in
        for lane in 0..<count { row[lane] = entries[Int((row[lane] &>> shift) & mask)] }
      }
    }
  }

  private enum Distance {
    /// Codes themselves are addresses.
    case none
    case below(RowAssignment)
    case above(RowAssignment, RowAssignment)
  }

  private let softmax: Softmax
  private let distance: Distance
  private let exponential: Lookup
  private let total: RowAssignment
  private let address: RowAssignment
  private let inverse: Lookup
  private let result: RowAssignment

  init?(_ step: SoftmaxStep<Int64>, data: ClosedRange<Int64>) {
    let softmax = step.softmax
    self.softmax = softmax
    let accumulator = softmax.accumulator
    var addressed = step.data
    if softmax.implementation == .stable {
      guard let difference = softmax.difference, data.upperBound.significantBits < 62,
        data.lowerBound.significantBits < 62
      else { return nil }
      let span = data.upperBound - data.lowerBound
      switch softmax.distance {
      case .maximumMinusValue:
        guard
          let assignment = RowAssignment(
            to: difference, fromFractionBits: step.data.fractionBits, source: 0...span)
        else { return nil }
        distance = .below(assignment)
        addressed = difference
      case .valueMinusMaximum:
        guard
          let first = RowAssignment(
            to: difference, fromFractionBits: step.data.fractionBits, source: -span...0),
          let second = RowAssignment(
            to: step.data, fromFractionBits: difference.fractionBits, source: first.bound)
        else { return nil }
        distance = .above(first, second)
      }
    } else {
      distance = .none
    }
    // Every entry is assigned to the accumulator before anything else.
    let entries = step.exponential.map {
      accumulator.cast(raw: $0, sourceFractionBits: softmax.exponential.entry.fractionBits)
    }
    let (low, high): (Int64, Int64) = (accumulator.minimum(), accumulator.maximum())
    guard accumulator.signedWidth <= 60, let exponential = Lookup(entries, of: addressed),
      let total = RowAssignment(
        to: accumulator, fromFractionBits: accumulator.fractionBits, source: 2 * low...2 * high),
      let address = RowAssignment(
        to: softmax.inverseInput, fromFractionBits: accumulator.fractionBits, source: low...high),
      let inverse = Lookup(step.inverse, of: softmax.inverseInput)
    else { return nil }
    var (least, most): (Int64, Int64) = (0, 0)
    for a in [exponential.bound.lowerBound, exponential.bound.upperBound] {
      for b in [inverse.bound.lowerBound, inverse.bound.upperBound] {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        guard !overflow else { return nil }
        (least, most) = (min(least, product), max(most, product))
      }
    }
    guard
      let result = RowAssignment(
        to: step.result,
        fromFractionBits: accumulator.fractionBits + softmax.inverse.entry.fractionBits,
        source: least...most)
    else { return nil }
    (self.exponential, self.total, self.address) = (exponential, total, address)
    (self.inverse, self.result) = (inverse, result)
  }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let used = operands.usedLanes
    let values = operands.scratch.rows(as: Int64.self)
    let sums = values + softmax.slice * lanes
    let maximum = sums + softmax.slice * lanes
    for outer in 0..<softmax.outer {
      for inner in 0..<softmax.inner {
        let first = outer * softmax.slice * softmax.inner + inner
        for index in 0..<softmax.slice {
          operands.inputs[0].widen(
            (first + index * softmax.inner) * lanes, count: used, to: values + index * lanes)
        }
        exponentials(values, maximum, lanes: lanes, used: used)
        sums.update(from: values, count: softmax.slice * lanes)
        sum(sums, softmax.slice, lanes: lanes, used: used)
        address.apply(sums, to: sums, count: used)
        inverse.apply(sums, count: used)
        for index in 0..<softmax.slice {
          let row = values + index * lanes
          for lane in 0..<used { row[lane] &*= sums[lane] }
          result.apply(row, to: row, count: used)
          operands.outputs[0].store(
            row, count: used, at: (first + index * softmax.inner) * lanes)
        }
      }
    }
  }

  /// Exponentials in the accumulator's type in place of the values.
  private func exponentials(
    _ values: UnsafeMutablePointer<Int64>, _ maximum: UnsafeMutablePointer<Int64>, lanes: Int,
    used: Int
  ) {
    if case .none = distance {
    } else {
      maximum.update(from: values, count: used)
      for index in 1..<max(softmax.slice, 1) {
        let row = values + index * lanes
        for lane in 0..<used { maximum[lane] = max(maximum[lane], row[lane]) }
      }
    }
    for index in 0..<softmax.slice {
      let row = values + index * lanes
      switch distance {
      case .none: break
      case .below(let assignment):
        for lane in 0..<used { row[lane] = maximum[lane] &- row[lane] }
        assignment.apply(row, to: row, count: used)
      case .above(let first, let second):
        for lane in 0..<used { row[lane] = row[lane] &- maximum[lane] }
        first.apply(row, to: row, count: used)
        second.apply(row, to: row, count: used)
      }
      exponential.apply(row, count: used)
    }
  }

  /// The tree sum of rows, as ``treeReduce(_:_:)``, in the place of the first.
  private func sum(
    _ rows: UnsafeMutablePointer<Int64>, _ count: Int, lanes: Int, used: Int
  ) {
    guard count > 1 else { return }
    let left = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    sum(rows, left, lanes: lanes, used: used)
    sum(rows + left * lanes, count - left, lanes: lanes, used: used)
    let other = rows + left * lanes
    for lane in 0..<used { rows[lane] &+= other[lane] }
    total.apply(rows, to: rows, count: used)
  }
}
