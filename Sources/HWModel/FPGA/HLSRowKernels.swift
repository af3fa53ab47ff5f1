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
      return nil
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
          step: try binding.step(Int64.self), softmax: softmax, result: result)
      else { return nil }
      return PlannedNode(kernel: kernel, outputs: [Self.planned(result)])
    case .pool(let pool):
      guard let kernel = try poolKernel(binding, pool, data: data, result: result, bound: bound)
      else { return nil }
      return kernel
    default:
      break
    }
    return try tableKernel(binding, bound: bound, result: result)
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
        to: accumulator, fromFractionBits: data.fractionBits, source: bound),
      intoAccumulator.isIdentity || accumulator.holds(data)
    else { return nil }
    // The accumulator holds every data value, so a maximum may be taken before the cast; a sum must
    // not overflow it.
    let windows = PoolStep<Int64>.windows(
      pool, data: binding.tensor(0).shape, result: binding.output.shape)
    let isPadded = windows.contains { $0.contains { $0 < 0 } }
    guard !isPadded || pool.reduction == .average else { return nil }
    if pool.reduction == .average {
      let largest = Int64(windows.map(\.count).max() ?? 1)
      let align = accumulator.fractionBits - data.fractionBits
      let magnitude = max(bound.lowerBound.magnitude, bound.upperBound.magnitude)
      guard align >= 0, align < 40, magnitude < 1 << 30, largest < 1 << 20,
        Int64(magnitude) * largest << align <= accumulator.maximum(as: Int64.self)
      else { return nil }
      guard
        let intoResult = RowAssignment(
          to: result, fromFractionBits: accumulator.fractionBits,
          source: (min(bound.lowerBound, 0) << align)...(max(bound.upperBound, 0) << align))
      else { return nil }
      let kernel = PoolRowsKernel(
        windows: windows, average: pool.countsPadding ? .window : .overlap, align: align,
        intoAccumulator: nil, finish: RowFinish(accumulator: nil, result: intoResult))
      return kernel.planned(intoResult.bound)
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

/// Rows copied from where `source` says, rectified if asked, and assigned to the result's type.
struct MoveRowsKernel: NodeKernel {
  let source: [Int32]
  let assignment: RowAssignment
  let isRectified: Bool

  var planned: PlannedNode {
    let low = min(assignment.bound.lowerBound, 0)
    let high = max(assignment.bound.upperBound, 0)
    let storage = Storage(signedBits: ExactAccumulateKernel.bits(of: low...high))
    return PlannedNode(
      kernel: self, outputs: [PlannedTensor(storage: storage, bound: low...high)])
  }

  func scratchBytes(lanes: Int) -> Int { 2 * lanes * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
    let row = operands.scratch.rows(as: Int64.self)
    let narrow = UnsafeMutableRawPointer(row).assumingMemoryBound(to: Int32.self)
    let finish = RowFinish(accumulator: nil, result: assignment)
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
    let lanes = operands.lanes
    let data = operands.inputs[0].rows(as: Int32.self)
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
        for lane in 0..<lanes { row[lane] = (row[lane] << Int64(align)) / divisor }
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

/// Softmax by tables, one sample after the other without allocation.
struct SoftmaxRowsKernel: NodeKernel {
  private let step: SoftmaxStep<Int64>

  init?(step: any HLSStep<Int64>, softmax: Softmax, result: FixedPointFormat) {
    guard let step = step as? SoftmaxStep<Int64>, result.signedWidth <= 32,
      softmax.implementation == .stable || softmax.implementation == .latency
    else { return nil }
    self.step = step
  }

  func scratchBytes(lanes: Int) -> Int { step.softmax.slice * MemoryLayout<Int64>.stride }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[0].rows(as: Int32.self)
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
