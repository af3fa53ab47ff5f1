internal import QuantGraph

/// Shape arithmetic: operators on constant integers are evaluated while the file is read.
///
/// Only what exporters write around Shape, Reshape, Slice and Expand is folded, so that weights
/// stay tensors that a run computes and a trace shows.
extension ONNXGraphBuilder {
  /// Codes of the results, or nil if the node must run.
  func folded(_ operation: Operator, _ inputs: [TensorID], _ results: [Result]) -> [Codes]? {
    var operands: [Codes] = []
    for id in inputs {
      guard let codes = tensor(id).constant else { return nil }
      operands.append(codes)
    }
    guard !operands.isEmpty, results.allSatisfy({ $0.shape.count <= Self.foldLimit }) else {
      return nil
    }
    // Another shape of a constant is a constant whatever its type.
    if case .reshape = operation { return [operands[0]] }
    // What would make too many of them is left for a run.
    guard
      results.reduce(foldedElements, { $0 + $1.shape.count }) <= Self.totalFoldLimit
    else { return nil }
    // Extents become floats where a model makes coordinates of them.
    if case .cast(.number) = operation, type(inputs[0]) == .int64, let values = operands[0].int64 {
      switch results[0].type {
      case .float32: return [.float32(values.map { Float($0) })]
      case .float64: return [.float64(values.map { Double($0) })]
      default: break
      }
    }
    let isInteger =
      inputs.allSatisfy { [.int64, .int32, .bool].contains(type($0)) }
      && results.allSatisfy { [.int64, .int32, .bool].contains($0.type) }
    guard isInteger else { return nil }
    if let positions = movement(operation, inputs, results) {
      guard case .concatenate = operation else {
        return positions.map { operands[0].picking($0) }
      }
      return [Codes.joining(operands).picking(positions[0])]
    }
    guard results.count == 1, let values = values(operation, inputs, operands, results[0]) else {
      return nil
    }
    switch results[0].type {
    case .int64: return [.int64(values)]
    case .int32:
      guard values.allSatisfy({ Int32(exactly: $0) != nil }) else { return nil }
      return [.int32(values.map { Int32(truncatingIfNeeded: $0) })]
    default: return [.uint8(values.map { $0 == 0 ? 0 : 1 })]
    }
  }

  /// For each result the position in the operand that each element comes from.
  private func movement(
    _ operation: Operator, _ inputs: [TensorID], _ results: [Result]
  ) -> [[Int]]? {
    let data = shape(inputs[0])
    let strides = data.strides
    let result = results[0].shape
    switch operation {
    case .transpose(let permutation):
      return [result.positions(from: 0, steps: permutation.map { strides[$0] })]
    case .slice(let slice):
      guard result.rank == data.rank else { return nil }
      return [
        result.positions(
          from: zip(slice.begin, strides).reduce(0) { $0 + $1.0 * $1.1 },
          steps: zip(slice.strides, strides).map { $0 * $1 })
      ]
    case .broadcast:
      return [result.positions(from: 0, steps: data.broadcastStrides(to: result))]
    case .gatherAxis(let axis):
      guard let indices = tensor(inputs[1]).constant?.int64 else { return nil }
      let inner = strides[axis]
      let outer = data.extents[..<axis].reduce(1, *)
      var positions: [Int] = []
      for block in 0..<outer {
        for index in indices {
          let row = Int(index) + (index < 0 ? data[axis] : 0)
          for element in 0..<inner {
            positions.append((block * data[axis] + row) * inner + element)
          }
        }
      }
      return [positions]
    case .concatenate(let axis):
      var positions: [Int] = []
      let outer = data.extents[..<axis].reduce(1, *)
      for block in 0..<outer {
        var base = 0
        for id in inputs {
          let run = shape(id).count / max(outer, 1)
          positions += (0..<run).map { base + block * run + $0 }
          base += shape(id).count
        }
      }
      return [positions]
    default: return nil
    }
  }

  private func values(
    _ operation: Operator, _ inputs: [TensorID], _ operands: [Codes], _ result: Result
  ) -> [Int64]? {
    let numbers = operands.compactMap(\.int64)
    guard numbers.count == operands.count else { return nil }
    switch operation {
    case .cast(.number): return numbers[0]
    case .unary(.absolute): return exact(numbers[0]) { $0 == .min ? nil : abs($0) }
    case .unary(.negate): return exact(numbers[0]) { $0 == .min ? nil : -$0 }
    case .unary(.not): return numbers[0].map { 1 - $0 }
    case .reduce(let reduction):
      guard reduction.axes.count == shape(inputs[0]).rank else { return nil }
      return reduced(numbers[0], reduction.function).map { [$0] }
    case .binary(let binary):
      let places = inputs.map { id in
        result.shape.positions(from: 0, steps: shape(id).broadcastStrides(to: result.shape))
      }
      var values: [Int64] = []
      for (first, second) in zip(places[0], places[1]) {
        let value = Self.combined(numbers[0][first], numbers[1][second], binary.function)
        guard let value else { return nil }
        values.append(value)
      }
      return values
    case .select:
      let places = inputs.map { id in
        result.shape.positions(from: 0, steps: shape(id).broadcastStrides(to: result.shape))
      }
      return places[0].indices.map { index in
        numbers[0][places[0][index]] != 0
          ? numbers[1][places[1][index]] : numbers[2][places[2][index]]
      }
    default: return nil
    }
  }

  private func exact(_ values: [Int64], _ function: (Int64) -> Int64?) -> [Int64]? {
    let results = values.compactMap(function)
    return results.count == values.count ? results : nil
  }

  private func reduced(_ values: [Int64], _ function: Reduction.Function) -> Int64? {
    switch function {
    case .maximum: return values.max()
    case .minimum: return values.min()
    case .sum, .product:
      var total: Int64 = function == .sum ? 0 : 1
      for value in values {
        let (next, overflow) =
          function == .sum
          ? total.addingReportingOverflow(value) : total.multipliedReportingOverflow(by: value)
        if overflow { return nil }
        total = next
      }
      return total
    default: return nil
    }
  }

  private static func combined(_ a: Int64, _ b: Int64, _ function: Binary.Function) -> Int64? {
    func value(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
      result.overflow ? nil : result.partialValue
    }
    switch function {
    case .add: return value(a.addingReportingOverflow(b))
    case .subtract: return value(a.subtractingReportingOverflow(b))
    case .multiply: return value(a.multipliedReportingOverflow(by: b))
    case .divide: return value(a.dividedReportingOverflow(by: b))
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .equal: return a == b ? 1 : 0
    case .notEqual: return a != b ? 1 : 0
    case .less: return a < b ? 1 : 0
    case .lessOrEqual: return a <= b ? 1 : 0
    case .greater: return a > b ? 1 : 0
    case .greaterOrEqual: return a >= b ? 1 : 0
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    default: return nil
    }
  }
}

extension Shape {
  /// For each element of this shape in order, `start` plus its index times `steps`.
  fileprivate func positions(from start: Int, steps: [Int]) -> [Int] {
    var positions: [Int] = []
    positions.reserveCapacity(count)
    var index = [Int](repeating: 0, count: rank)
    var position = start
    for _ in 0..<count {
      positions.append(position)
      var axis = rank - 1
      while axis >= 0 {
        index[axis] += 1
        position += steps[axis]
        if index[axis] < extents[axis] { break }
        position -= steps[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return positions
  }
}

extension Codes {
  /// The elements at `positions`, in that order.
  func picking(_ positions: [Int]) -> Codes {
    switch self {
    case .int8(let codes): .int8(positions.map { codes[$0] })
    case .uint8(let codes): .uint8(positions.map { codes[$0] })
    case .int16(let codes): .int16(positions.map { codes[$0] })
    case .uint16(let codes): .uint16(positions.map { codes[$0] })
    case .int32(let codes): .int32(positions.map { codes[$0] })
    case .int64(let codes): .int64(positions.map { codes[$0] })
    case .wide(let codes): .wide(positions.map { codes[$0] })
    case .float32(let codes): .float32(positions.map { codes[$0] })
    case .float64(let codes): .float64(positions.map { codes[$0] })
    }
  }

  /// Integer codes one after another, in 64 bits if they differ in storage.
  static func joining(_ parts: [Codes]) -> Codes {
    .int64(parts.flatMap { $0.int64 ?? [] })
  }
}
