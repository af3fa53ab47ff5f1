import Arith
import QuantGraph

/// Codes of values in binary32, with one scale.
struct ArrayByteQuantize: NodeKernel {
  let input: Int
  let count: Int
  let scale: Float
  let coding: ByteCoding
  let path: KernelPath

  func run(_ o: KernelOperands) {
    coding.codes(
      of: o.inputs[input].rows(as: Float.self), count: count, scale: scale,
      into: o.outputs[0].memory, path: path)
  }
}

/// Values of codes in binary32: `outer` runs of `inner` codes whose scales take turns.
struct ArrayByteDequantize: NodeKernel {
  let input: Int
  let isSigned: Bool
  let outer: Int
  let inner: Int
  let scales: [Float]
  let zeros: [Int32]
  let path: KernelPath

  func run(_ o: KernelOperands) {
    let codes = UnsafeRawPointer(o.inputs[input].memory)
    let values = o.outputs[0].rows(as: Float.self)
    for block in 0..<outer {
      let channel = block % scales.count
      ByteCodes(codes + block * inner, isSigned: isSigned).values(
        count: inner, zeroPoint: zeros[channel], scale: scales[channel],
        into: values + block * inner, path: path)
    }
  }
}

/// Sums, differences and products of two tensors of codes of one shape.
struct ArrayByteBinary: NodeKernel {
  let function: Binary.Function
  let first: (position: Int, isSigned: Bool)
  let second: (position: Int, isSigned: Bool)
  let count: Int
  let scaleA: Float
  /// Negative for a difference.
  let scaleB: Float
  let zeroA: Int32
  let zeroB: Int32
  let target: Float
  let coding: ByteCoding
  let path: KernelPath

  func run(_ o: KernelOperands) {
    let a = UnsafeRawPointer(o.inputs[first.position].memory)
    let b = UnsafeRawPointer(o.inputs[second.position].memory)
    let (left, right) = (
      ByteCodes(a, isSigned: first.isSigned), ByteCodes(b, isSigned: second.isSigned)
    )
    // The zero point is part of what is rounded.
    let zeroPoint = Float(coding.zeroPoint)
    let plain = ByteCoding(zeroPoint: 0, range: coding.range)
    if function == .multiply {
      plain.product(
        left, zero: zeroA, right, zero: zeroB, factor: scaleA * scaleB / target,
        offset: zeroPoint, count: count, into: o.outputs[0].memory, path: path)
    } else {
      let (ratioA, ratioB) = (scaleA / target, scaleB / target)
      plain.blend(
        left, by: ratioA, right, by: ratioB,
        offset: zeroPoint - (ratioA * Float(zeroA) + ratioB * Float(zeroB)), count: count,
        into: o.outputs[0].memory, path: path)
    }
    guard o.outputs.count > 1, o.isRead(1) else { return }
    let values = o.outputs[1].rows(as: Float.self)
    for index in 0..<count {
      let x = Float(left[index] - zeroA) * scaleA
      let y = Float(right[index] - zeroB) * scaleB
      values[index] = function == .multiply ? x * y : x + y
    }
  }
}

/// What a function makes of each code of one byte, by the code's bit pattern.
struct ByteCodeTable: Sendable {
  /// Position among the buffers.
  let input: Int
  let codes: [UInt8]
  let values: [Float]
}

/// Tabulated functions of the codes of one tensor or of several that are joined, each moved to its
/// place.
struct ArrayByteTable: NodeKernel {
  let parts: [(table: ByteCodeTable, count: Int, copy: StridedCopy)]

  func scratchBytes(lanes: Int) -> Int {
    (parts.map(\.count).max() ?? 0) * MemoryLayout<Float>.stride
  }

  func run(_ o: KernelOperands) {
    for (table, count, copy) in parts {
      let data = o.inputs[table.input].rows(as: UInt8.self)
      if o.isRead(0) {
        let mapped = o.scratch.memory.assumingMemoryBound(to: UInt8.self)
        table.codes.withUnsafeBufferPointer { codes in
          for index in 0..<count { mapped[index] = codes[Int(data[index])] }
        }
        copy.run(mapped, o.outputs[0].rows(as: UInt8.self))
      }
      if o.outputs.count > 1, o.isRead(1) {
        let mapped = o.scratch.memory.assumingMemoryBound(to: Float.self)
        table.values.withUnsafeBufferPointer { values in
          for index in 0..<count { mapped[index] = values[Int(data[index])] }
        }
        copy.run(mapped, o.outputs[1].rows(as: Float.self))
      }
    }
  }
}

/// Averages or maxima of windows of codes: `code(sum * (scale / (target * members)))`, the sum
/// being that of codes less their zero point.
struct ArrayByteAverage: NodeKernel {
  enum Windows: Sendable {
    /// Consecutive codes.
    case rows(length: Int)
    case pool(PoolGeometry)
  }

  let windows: Windows
  let input: (position: Int, isSigned: Bool)
  let count: Int
  let zero: Int64
  let scale: Float
  let target: Float
  let coding: ByteCoding
  let path: KernelPath

  func run(_ o: KernelOperands) {
    let data = UnsafeRawPointer(o.inputs[input.position].memory)
    switch windows {
    case .rows(let length):
      let factor = scale / (target * Float(length))
      for row in 0..<count {
        let codes = ByteCodes(data + row * length, isSigned: input.isSigned)
        let sum = codes.sum(count: length, path: path) - Int64(length) * zero
        store(sum, at: row, factor: factor, members: length, o)
      }
    case .pool(let geometry):
      let codes = ByteCodes(data, isSigned: input.isSigned)
      geometry.forEachByteWindow(codes) { offset, value, present, members in
        let sum = Int64(value) - Int64(present) * zero
        store(sum, at: offset, factor: scale / (target * Float(members)), members: members, o)
      }
    }
  }

  @inline(__always)
  private func store(
    _ sum: Int64, at index: Int, factor: Float, members: Int, _ o: KernelOperands
  ) {
    o.outputs[0].rows(as: UInt8.self)[index] = UInt8(
      truncatingIfNeeded: coding.code(of: Float(sum) * factor))
    if o.outputs.count > 1, o.isRead(1) {
      o.outputs[1].rows(as: Float.self)[index] = Float(
        Double(sum) * Double(scale) / Double(members))
    }
  }
}

extension PoolGeometry {
  /// Calls `body` with each result's offset, the sum of its window's codes and their number, and
  /// what an average divides by; for maxima with the largest code, 1 and 1, where the window is
  /// empty with 0, 0 and 1.
  @inline(__always)
  func forEachByteWindow(
    _ codes: ByteCodes,
    _ body: (_ offset: Int, _ value: Int, _ present: Int, _ members: Int) -> Void
  ) {
    let g = geometry
    let (rowStep, columnStep) = g.planeStrides(g.dataStrides)
    let (resultRowStep, resultColumnStep) = g.planeStrides(g.resultStrides)
    let isMaximum = pool.reduction == .maximum
    for sample in 0..<g.batch {
      for channel in 0..<channels {
        let base = sample * g.dataStrides.batch + channel * g.dataStrides.channel
        let target = sample * g.resultStrides.batch + channel * g.resultStrides.channel
        for row in 0..<g.resultRows {
          let rowMembers = g.kernel.count > 1 ? members(axis: g.kernel.count - 2, at: row) : 1
          let kernelRows = g.kernelRows(at: row)
          for column in 0..<g.resultColumns {
            var sum = 0
            var largest = Int.min
            var present = 0
            let kernelColumns = g.kernelColumns(at: column)
            for kernelRow in kernelRows {
              let y = row * g.rowStride - g.rowsBefore + kernelRow * g.rowDilation
              for kernelColumn in kernelColumns {
                let x = column * g.columnStride - g.columnsBefore + kernelColumn * g.columnDilation
                let code = Int(codes[base + y * rowStep + x * columnStep])
                sum += code
                largest = max(largest, code)
                present += 1
              }
            }
            let offset = target + row * resultRowStep + column * resultColumnStep
            if isMaximum {
              body(offset, present > 0 ? largest : 0, present > 0 ? 1 : 0, 1)
            } else {
              let columnMembers = members(axis: g.kernel.count - 1, at: column)
              body(offset, sum, present, max(rowMembers * columnMembers, 1))
            }
          }
        }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Steps of a row and of a column; 0 for an axis that is missing.
  func planeStrides(_ strides: Strides) -> (row: Int, column: Int) {
    let spatial = strides.spatial
    return (spatial.count > 1 ? spatial[spatial.count - 2] : 0, spatial.last ?? 0)
  }
}

/// The elements in their order, under another shape or type of the same width.
struct ArrayMove: NodeKernel {
  private let input: Int
  private let bytes: Int

  /// Nil for constants and for elements of another width.
  init?(_ node: ArrayNode) {
    guard node.path != .plain, case .input(let input) = node.operands[0].source else { return nil }
    let data = node.operands[0]
    guard
      node.results.allSatisfy({
        $0.kind.storage.stride == data.kind.storage.stride && $0.shape.count == data.shape.count
      })
    else { return nil }
    self.input = input
    bytes = data.shape.count * data.kind.storage.stride
  }

  func run(_ o: KernelOperands) {
    for (index, output) in o.outputs.enumerated() where o.isRead(index) {
      output.memory.copyMemory(from: o.inputs[input].memory, byteCount: bytes)
    }
  }
}

/// Values in binary32 clamped: ReLU and its kin, NaN as it is.
struct ArrayFloatClamp: NodeKernel {
  private let input: Int
  private let count: Int
  private let minimum: Float?
  private let maximum: Float?

  /// Nil for another function, for constants and for other types.
  init?(_ function: UnaryFunction, _ node: ArrayNode) {
    guard node.path != .plain, case .clamp(let range) = function,
      case .input(let input) = node.operands[0].source, node.operands[0].kind == .float32,
      node.result.kind == .float32
    else { return nil }
    self.input = input
    count = node.result.shape.count
    minimum = range.minimum.map { Float($0) }
    maximum = range.maximum.map { Float($0) }
  }

  func run(_ o: KernelOperands) {
    let data = o.inputs[input].rows(as: Float.self)
    let result = o.outputs[0].rows(as: Float.self)
    for index in 0..<count {
      var value = data[index]
      if let minimum, value < minimum { value = minimum }
      if let maximum, value > maximum { value = maximum }
      result[index] = value
    }
  }
}

/// Sums, differences, products and quotients in binary32 of tensors of one shape, or of one that the
/// trailing axes of the other repeat.
struct ArrayFloatBinary: NodeKernel {
  private enum Source: Sendable {
    case input(Int)
    case constant([Float])
  }

  private let function: Binary.Function
  private let sources: [Source]
  /// Elements of each operand before it repeats.
  private let periods: [Int]
  private let count: Int

  /// Nil for another function, for other types and where shapes broadcast in another way.
  init?(_ function: Binary.Function, _ node: ArrayNode) {
    guard node.path != .plain, [.add, .subtract, .multiply, .divide].contains(function),
      node.result.kind == .float32
    else { return nil }
    let whole = node.result.shape.extents
    var (sources, periods): ([Source], [Int]) = ([], [])
    for operand in node.operands.prefix(2) {
      let own = Array(operand.shape.extents.drop { $0 == 1 })
      guard operand.kind == .float32, own.count <= whole.count,
        Array(whole.suffix(own.count)) == own || operand.shape.count == 1
      else { return nil }
      if case .input(let input) = operand.source {
        sources.append(.input(input))
      } else if let numbers = operand.constantReals {
        sources.append(.constant(numbers))
      } else {
        return nil
      }
      periods.append(operand.shape.count)
    }
    count = node.result.shape.count
    guard periods.contains(count), count > 0 else { return nil }
    self.function = function
    self.sources = sources
    self.periods = periods
  }

  func run(_ o: KernelOperands) {
    let result = o.outputs[0].rows(as: Float.self)
    values(0, o) { a in
      values(1, o) { b in
        let period = min(periods[0], periods[1])
        guard period > 1 else {
          switch (function, periods[0] == 1) {
          case (.add, true): for index in 0..<count { result[index] = a[0] + b[index] }
          case (.add, false): for index in 0..<count { result[index] = a[index] + b[0] }
          case (.subtract, true): for index in 0..<count { result[index] = a[0] - b[index] }
          case (.subtract, false): for index in 0..<count { result[index] = a[index] - b[0] }
          case (.divide, true): for index in 0..<count { result[index] = a[0] / b[index] }
          case (.divide, false): for index in 0..<count { result[index] = a[index] / b[0] }
          case (_, true): for index in 0..<count { result[index] = a[0] * b[index] }
          case (_, false): for index in 0..<count { result[index] = a[index] * b[0] }
          }
          return
        }
        for start in stride(from: 0, to: count, by: period) {
          let x = a + (periods[0] == period ? 0 : start)
          let y = b + (periods[1] == period ? 0 : start)
          let z = result + start
          switch function {
          case .add: for index in 0..<period { z[index] = x[index] + y[index] }
          case .subtract: for index in 0..<period { z[index] = x[index] - y[index] }
          case .divide: for index in 0..<period { z[index] = x[index] / y[index] }
          default: for index in 0..<period { z[index] = x[index] * y[index] }
          }
        }
      }
    }
  }

  private func values(
    _ index: Int, _ o: KernelOperands, _ body: (UnsafePointer<Float>) -> Void
  ) {
    switch sources[index] {
    case .input(let input): body(UnsafePointer(o.inputs[input].rows(as: Float.self)))
    case .constant(let numbers):
      numbers.withUnsafeBufferPointer { if let start = $0.baseAddress { body(start) } }
    }
  }
}
