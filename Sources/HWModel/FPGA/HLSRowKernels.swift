import Arith
import QuantGraph

extension HLSFixed {
  /// Row kernels of operators that move values or apply a function element by element.
  func elementwise(
    _ binding: HLSBinding, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode? {
    guard let bound = inputs[0].bound else { return nil }
    let data = try binding.format(0)
    let result = try binding.resultFormat()
    let assignment = RowAssignment(
      to: result, fromFractionBits: data.fractionBits, source: bound)
    switch binding.node.operation {
    case .convert(let elements) where !elements.isEmpty:
      return try elementKernel(binding, result: result)
    case .convert, .reshape, .transpose, .pad, .crop, .resizeNearest, .activation(.linear):
      guard let assignment, let source = binding.movement() else { return nil }
      return MoveRowsKernel(source: source, assignment: assignment, isRectified: false).planned
    case .activation(.relu), .activation(.thresholdedReLU):
      guard case .activation(let activation) = binding.node.operation else { return nil }
      if activation == .thresholdedReLU {
        guard try binding.constant(1).allSatisfy({ $0 == Int512.zero }) else { break }
      }
      guard
        let rectified = RowAssignment(
          to: result, fromFractionBits: data.fractionBits,
          source: max(bound.lowerBound, 0)...max(bound.upperBound, 0))
      else { break }
      let source = (0..<binding.output.shape.count).map(Int32.init)
      return MoveRowsKernel(source: source, assignment: rectified, isRectified: true).planned
    case .softmax(let softmax):
      guard
        let kernel = SoftmaxRowsKernel(
          step: try binding.step(Int64.self), softmax: softmax, result: result, data: bound)
      else { return nil }
      return PlannedNode(kernel: kernel, outputs: [Self.planned(result)])
    case .pool(let pool):
      if case .dataWindow = pool.arrangement { return nil }
      guard let kernel = try poolKernel(binding, pool, data: data, result: result, bound: bound)
      else { return nil }
      return kernel
    case .concatenate(let axis):
      return try concatenateKernel(binding, axis: axis, inputs: inputs, result: result)
    default:
      break
    }
    if let table = try tableKernel(binding, bound: bound, result: result) { return table }
    return try elementKernel(binding, result: result)
  }

  private func concatenateKernel(
    _ binding: HLSBinding, axis: Int, inputs: [PlannedTensor], result: FixedPointFormat
  ) throws(DatapathError) -> PlannedNode? {
    var assignments: [RowAssignment] = []
    for (operand, input) in inputs.enumerated() {
      guard let bound = input.bound,
        let assignment = RowAssignment(
          to: result, fromFractionBits: try binding.format(operand).fractionBits, source: bound)
      else { return nil }
      assignments.append(assignment)
    }
    guard inputs.count == binding.node.inputs.count,
      let low = assignments.map(\.bound.lowerBound).min(),
      let high = assignments.map(\.bound.upperBound).max()
    else { return nil }
    let planned = PlannedTensor(
      storage: Storage(signedBits: ExactAccumulateKernel.bits(of: low...high)), bound: low...high)
    return PlannedNode(
      kernel: ConcatenateRowsKernel(
        source: binding.concatenation(axis: axis), assignments: assignments), outputs: [planned])
  }

  /// The definition of one element applied lane by lane, without allocation.
  private func elementKernel(
    _ binding: HLSBinding, result: FixedPointFormat
  ) throws(DatapathError) -> PlannedNode? {
    let counts = binding.node.inputs.filter { binding.graph[$0].constant == nil }.map {
      binding.graph[$0].shape.count
    }
    let count = binding.output.shape.count
    let kernel: any NodeKernel
    switch try binding.step(Int64.self) {
    case let step as ActivationStep<Int64>:
      kernel = ElementRowsKernel(step: step, count: count, operandCounts: counts)
    case let step as ArithmeticStep<Int64>:
      kernel = ElementRowsKernel(step: step, count: count, operandCounts: counts)
    case let step as NormalizeStep<Int64>:
      kernel = ElementRowsKernel(step: step, count: count, operandCounts: counts)
    case let step as ThresholdStep<Int64>:
      kernel = ElementRowsKernel(step: step, count: count, operandCounts: counts)
    case let step as ConvertStep<Int64>:
      kernel = ElementRowsKernel(step: step, count: count, operandCounts: counts)
    default:
      return nil
    }
    return PlannedNode(kernel: kernel, outputs: [Self.planned(result)])
  }

  /// A table over every code within the bound, filled by the definition itself.
  private func tableKernel(
    _ binding: HLSBinding, bound: ClosedRange<Int64>, result: FixedPointFormat
  ) throws(DatapathError) -> PlannedNode? {
    guard case .activation(let activation) = binding.node.operation, activation != .prelu,
      bound.upperBound - bound.lowerBound < 1 << 16, result.signedWidth <= 32
    else { return nil }
    let codes = Array(bound)
    var events = NodeEvents()
    let entries = try binding.step(Int64.self).evaluate([codes], events: &events)[0]
    guard let low = entries.min(), let high = entries.max() else { return nil }
    let kernel = TableRowsKernel(
      entries: entries.map { Int32($0) }, first: bound.lowerBound,
      count: binding.output.shape.count)
    return PlannedNode(
      kernel: kernel, outputs: [PlannedTensor(storage: .int32, bound: low...high)])
  }

  private func poolKernel(
    _ binding: HLSBinding, _ pool: Pool, data: FixedPointFormat, result: FixedPointFormat,
    bound: ClosedRange<Int64>
  ) throws(DatapathError) -> PlannedNode? {
    guard let accumulator = pool.accumulator,
      let intoAccumulator = RowAssignment(
        to: accumulator, fromFractionBits: data.fractionBits, source: bound)
    else { return nil }
    let windows = PoolStep<Int64>.windows(
      pool, data: binding.tensor(0).shape, result: binding.output.shape)
    if pool.reduction == .average {
      return averageKernel(
        pool, windows, accumulator: accumulator, data: data, result: result, bound: bound)
    }
    // A maximum may be taken before the cast only if the cast keeps the order of all values.
    guard accumulator.holds(data), !windows.contains(where: { $0.contains { $0 < 0 } }) else {
      return nil
    }
    guard
      let intoResult = RowAssignment(
        to: result, fromFractionBits: accumulator.fractionBits, source: intoAccumulator.bound)
    else { return nil }
    let kernel = PoolRowsKernel(
      windows: windows, average: nil, align: 0, intoAccumulator: intoAccumulator,
      finish: RowFinish(accumulator: nil, result: intoResult))
    return kernel.planned(intoResult.bound)
  }
}

extension HLSFixed {
  /// An average whose sum may be taken in any order: nothing is rounded on the way into the
  /// accumulator, which wraps or provably never overflows.
  private func averageKernel(
    _ pool: Pool, _ windows: [[Int32]], accumulator: FixedPointFormat, data: FixedPointFormat,
    result: FixedPointFormat, bound: ClosedRange<Int64>
  ) -> PlannedNode? {
    let align = accumulator.fractionBits - data.fractionBits
    let largest = Int64(windows.map(\.count).max() ?? 1)
    guard align >= 0, align <= 40 else { return nil }
    func total(_ value: Int64) -> Int64? {
      let (product, overflow) = value.multipliedReportingOverflow(by: largest)
      return !overflow && product.significantBits + align <= 62 ? product << Int64(align) : nil
    }
    guard let low = total(min(bound.lowerBound, 0)), let high = total(max(bound.upperBound, 0))
    else { return nil }
    var lowest: Int64 = accumulator.minimum()
    if accumulator.overflow == .saturateSymmetric && accumulator.isSigned { lowest += 1 }
    var sum = low...high
    var intoAccumulator: RowAssignment?
    if low < lowest || high > accumulator.maximum() {
      guard accumulator.overflow == .wrap,
        let wrapping = RowAssignment(
          to: accumulator, fromFractionBits: accumulator.fractionBits, source: sum)
      else { return nil }
      intoAccumulator = wrapping
      sum = wrapping.bound
    }
    guard
      let intoResult = RowAssignment(
        to: result, fromFractionBits: accumulator.fractionBits,
        source: min(sum.lowerBound, 0)...max(sum.upperBound, 0))
    else { return nil }
    let countsAll = pool.countsPadding || pool.arrangement != .window
    return PoolRowsKernel(
      windows: windows, average: countsAll ? .window : .overlap, align: align,
      intoAccumulator: intoAccumulator, finish: RowFinish(accumulator: nil, result: intoResult)
    ).planned(intoResult.bound)
  }

  /// Copies of one operand, each assigned to its own type.
  func copyKernel(
    _ binding: HLSBinding, bound: ClosedRange<Int64>
  ) throws(DatapathError) -> PlannedNode? {
    let data = try binding.format(0)
    let source = (0..<binding.tensor(0).shape.count).map(Int32.init)
    var copies: [MoveRowsKernel] = []
    for id in binding.node.outputs {
      guard
        let assignment = RowAssignment(
          to: try HLSBinding.format(binding.graph[id], "copy"),
          fromFractionBits: data.fractionBits, source: bound)
      else { return nil }
      copies.append(MoveRowsKernel(source: source, assignment: assignment, isRectified: false))
    }
    return PlannedNode(
      kernel: CopyRowsKernel(copies: copies), outputs: copies.flatMap(\.planned.outputs))
  }
}

/// Several copies of one operand.
struct CopyRowsKernel: NodeKernel {
  let copies: [MoveRowsKernel]

  func scratchBytes(lanes: Int) -> Int { 2 * lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    for (copy, output) in zip(copies, operands.outputs) {
      copy.run(
        KernelOperands(
          inputs: operands.inputs, outputs: [output], scratch: operands.scratch,
          lanes: operands.lanes, usedLanes: operands.usedLanes))
    }
  }
}

/// Rows copied from where `source` says, rectified if asked, and assigned to the result's type.
struct MoveRowsKernel: NodeKernel {
  let source: [Int32]
  let assignment: RowAssignment
  let isRectified: Bool
  /// Whether every element stays where it is.
  private let movesAll: Bool

  init(source: [Int32], assignment: RowAssignment, isRectified: Bool) {
    (self.source, self.assignment, self.isRectified) = (source, assignment, isRectified)
    movesAll = source.indices.allSatisfy { source[$0] == $0 }
  }

  var planned: PlannedNode {
    let low = min(assignment.bound.lowerBound, 0)
    let high = max(assignment.bound.upperBound, 0)
    let storage = Storage(signedBits: ExactAccumulateKernel.bits(of: low...high))
    return PlannedNode(
      kernel: self, outputs: [PlannedTensor(storage: storage, bound: low...high)])
  }

  func scratchBytes(lanes: Int) -> Int { 2 * lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    if operands.inputs[0].storage == .int64 {
      runWide(operands)
      return
    }
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
    let row = operands.scratch.rows(as: Int64.self)
    let narrow = UnsafeMutableRawPointer(row).assumingMemoryBound(to: Int32.self)
    let finish = RowFinish(accumulator: nil, result: assignment)
    if movesAll, assignment.fitsInt32, operands.outputs[0].storage == .int32 {
      let result = operands.outputs[0].rows(as: Int32.self)
      let count = source.count * lanes
      if isRectified { for index in 0..<count { result[index] = max(data[index], 0) } }
      if !assignment.isIdentity || !isRectified {
        assignment.apply(isRectified ? result : data, to: result, count: count)
      }
      return
    }
    for (element, from) in source.enumerated() {
      let position = element * lanes
      if from < 0 {
        for lane in 0..<lanes { narrow[lane] = 0 }
      } else {
        let input = data + Int(from) * lanes
        if isRectified {
          for lane in 0..<lanes { narrow[lane] = max(input[lane], 0) }
        } else if assignment.isIdentity && operands.outputs[0].storage == .int32 {
          (operands.outputs[0].rows(as: Int32.self) + position).update(from: input, count: lanes)
          continue
        } else {
          narrow.update(from: input, count: lanes)
        }
      }
      finish.store(
        row, are64: false, count: lanes, spare: row + lanes, to: operands.outputs[0], at: position)
    }
  }
}

extension MoveRowsKernel {
  private func runWide(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int64.self)
    let row = operands.scratch.rows(as: Int64.self)
    let finish = RowFinish(accumulator: nil, result: assignment)
    for (element, from) in source.enumerated() {
      if from < 0 {
        for lane in 0..<lanes { row[lane] = 0 }
      } else {
        let input = data + Int(from) * lanes
        if isRectified {
          for lane in 0..<lanes { row[lane] = max(input[lane], 0) }
        } else {
          row.update(from: input, count: lanes)
        }
      }
      finish.store(
        row, are64: true, count: lanes, spare: row + lanes, to: operands.outputs[0],
        at: element * lanes)
    }
  }
}

/// A function of one code, read from a table over the data's whole bound.
struct TableRowsKernel: NodeKernel {
  let entries: [Int32]
  /// The code of the first entry.
  let first: Int64
  let count: Int

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].rows(as: Int32.self)
    let result = operands.outputs[0].rows(as: Int32.self)
    let used = operands.usedLanes
    let lanes = operands.lanes
    let start = Int32(truncatingIfNeeded: first)
    entries.withUnsafeBufferPointer { entries in
      for element in 0..<count {
        let row = element * lanes
        // Lanes beyond the used ones hold no codes within the bound.
        for lane in row..<(row + used) { result[lane] = entries[Int(data[lane] &- start)] }
      }
    }
  }
}

/// Windows reduced row by row.
struct PoolRowsKernel: NodeKernel {
  enum Divisor { case window, overlap }

  let windows: [[Int32]]
  /// What an average divides by; nil for a maximum.
  let average: Divisor?
  /// Left shift from data to accumulator units.
  let align: Int
  let intoAccumulator: RowAssignment?
  let finish: RowFinish

  func planned(_ bound: ClosedRange<Int64>) -> PlannedNode {
    let storage = Storage(signedBits: ExactAccumulateKernel.bits(of: bound))
    return PlannedNode(
      kernel: self, outputs: [PlannedTensor(storage: storage, bound: bound)])
  }

  func scratchBytes(lanes: Int) -> Int { 2 * lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    if operands.inputs[0].storage == .int64 {
      run(operands, operands.inputs[0].rows(as: Int64.self))
    } else if average == nil, intoAccumulator?.isIdentity ?? true {
      runMaximum(operands)
    } else {
      run(operands, operands.inputs[0].rows(as: Int32.self))
    }
  }

  /// Maxima in 32 bits.
  private func runMaximum(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
    let output = operands.outputs[0]
    let row = operands.scratch.rows(as: Int64.self)
    let narrow = UnsafeMutableRawPointer(row).assumingMemoryBound(to: Int32.self)
    let finished =
      finish.keepsCodes && output.storage == .int32 ? output.rows(as: Int32.self) : nil
    for (element, window) in windows.enumerated() {
      let largest = finished.map { $0 + element * lanes } ?? narrow
      window.withUnsafeBufferPointer { taps in
        largest.update(from: data + Int(taps[0]) * lanes, count: lanes)
        for tap in taps.dropFirst() {
          let input = data + Int(tap) * lanes
          for lane in 0..<lanes { largest[lane] = max(largest[lane], input[lane]) }
        }
      }
      if finished == nil {
        finish.store(
          row, are64: false, count: lanes, spare: row + lanes, to: output, at: element * lanes)
      }
    }
  }

  private func run<Code: FixedWidthInteger & BitwiseCopyable>(
    _ operands: KernelOperands, _ data: UnsafePointer<Code>
  ) {
    let lanes = operands.lanes
    let row = operands.scratch.rows(as: Int64.self)
    for (element, window) in windows.enumerated() {
      if let average {
        for lane in 0..<lanes { row[lane] = 0 }
        for tap in window where tap >= 0 {
          let input = data + Int(tap) * lanes
          for lane in 0..<lanes { row[lane] &+= Int64(input[lane]) }
        }
        let overlap = window.count { $0 >= 0 }
        let divisor = Int64(average == .window ? window.count : max(overlap, 1))
        for lane in 0..<lanes { row[lane] = row[lane] << Int64(align) }
        intoAccumulator?.apply(row, to: row, count: lanes)
        if divisor & (divisor - 1) == 0 {
          // Truncation toward zero: a negative sum is rounded up by the shift's own remainder.
          let shift = Int64(divisor.trailingZeroBitCount)
          for lane in 0..<lanes {
            row[lane] = (row[lane] &+ ((row[lane] >> 63) & (divisor - 1))) >> shift
          }
        } else {
          for lane in 0..<lanes { row[lane] = row[lane] / divisor }
        }
      } else {
        let first = data + Int(window[0]) * lanes
        for lane in 0..<lanes { row[lane] = Int64(first[lane]) }
        for tap in window.dropFirst() {
          let input = data + Int(tap) * lanes
          for lane in 0..<lanes { row[lane] = max(row[lane], Int64(input[lane])) }
        }
        intoAccumulator?.apply(row, to: row, count: lanes)
      }
      finish.store(
        row, are64: true, count: lanes, spare: row + lanes, to: operands.outputs[0],
        at: element * lanes)
    }
  }
}

/// A step whose result elements depend on one element of each operand.
protocol HLSElementStep: HLSStep {
  /// The result element from the operands' elements; `b` is 0 where there is one operand.
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw
}

/// An elementwise definition applied to rows.
struct ElementRowsKernel<Step: HLSElementStep>: NodeKernel where Step.Raw == Int64 {
  let step: Step
  let count: Int
  /// Elements of each operand; shorter ones repeat.
  let operandCounts: [Int]

  func scratchBytes(lanes: Int) -> Int { 2 * lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let used = operands.usedLanes
    let a = operands.scratch.rows(as: Int64.self)
    let b = a + lanes
    for lane in 0..<lanes { b[lane] = 0 }
    for element in 0..<count {
      operands.inputs[0].widen(element % operandCounts[0] * lanes, count: used, to: a)
      if operandCounts.count > 1 {
        operands.inputs[1].widen(element % operandCounts[1] * lanes, count: used, to: b)
      }
      for lane in 0..<used { a[lane] = step.element(element, a[lane], b[lane]) }
      operands.outputs[0].store(a, count: used, at: element * lanes)
    }
  }
}

/// Rows of several operands joined, each assigned to the result's type.
struct ConcatenateRowsKernel: NodeKernel {
  let source: [(operand: Int32, element: Int32)]
  let assignments: [RowAssignment]

  func scratchBytes(lanes: Int) -> Int { lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let row = operands.scratch.rows(as: Int64.self)
    for (element, from) in source.enumerated() {
      let operand = Int(from.operand)
      operands.inputs[operand].widen(Int(from.element) * lanes, count: lanes, to: row)
      assignments[operand].apply(row, to: row, count: lanes)
      operands.outputs[0].store(row, count: lanes, at: element * lanes)
    }
  }
}

extension TensorBuffer {
  /// `count` codes from position `first` on as 64-bit numbers.
  ///
  /// - Precondition: the storage is int32 or int64.
  func widen(_ first: Int, count: Int, to row: UnsafeMutablePointer<Int64>) {
    if storage == .int64 {
      row.update(from: rows(as: Int64.self) + first, count: count)
    } else {
      RowKernels.widen(rows(as: Int32.self) + first, to: row, count: count)
    }
  }

  /// Stores `count` 64-bit codes from position `first` on.
  ///
  /// - Precondition: the storage is int64, or int32 and they fit.
  func store(_ row: UnsafePointer<Int64>, count: Int, at first: Int) {
    if storage == .int64 {
      (rows(as: Int64.self) + first).update(from: row, count: count)
    } else {
      RowKernels.narrow(row, to: rows(as: Int32.self) + first, count: count)
    }
  }
}
